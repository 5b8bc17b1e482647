/* Speech as the viewer's cost counts it: spans of one person closer than 300 ms are one, spans
 * closer than a breath are a turn, and only turns at least as long as settings.ignore are priced. */
#include "plan-private.h"

enum { MERGE_MS = 300, SPAN_MIN_MS = 50 };

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static bool has_voice(const DirectorPlan *plan, int source)
{
    DirectorRole role = plan->sources[source].role;
    return role == DIRECTOR_ROLE_PERSON || role == DIRECTOR_ROLE_MIC;
}

static int64_t edge_of(const DirectorEvent *event, int64_t at_ms, int32_t delay_ms)
{
    return event->edge_ms == DIRECTOR_MS_NONE ? at_ms - delay_ms : smaller(event->edge_ms, at_ms);
}

void plan_voices_init(DirectorPlan *plan)
{
    for (int i = 0; i < plan->n_sources; i++)
        plan->voices[i] = (PlanVoice){
            .clock_ms = plan->start_ms,
            .last_end_ms = INT64_MIN / 4,
            .ended = !has_voice(plan, i),
        };
}

/* The next event of this source; its time never goes back. */
static const DirectorEvent *next_event(const DirectorPlan *plan, PlanVoice *voice, int source)
{
    while (voice->next_event < plan->n_events) {
        const DirectorEvent *event = &plan->events[voice->next_event++];
        voice->clock_ms = plan_event_ms(plan, event, voice->clock_ms);
        if (event->source == source)
            return event;
    }
    return NULL;
}

static bool find_start(const DirectorPlan *plan, PlanVoice *voice, int source, PlanSpan *span)
{
    const DirectorEvent *event;
    while ((event = next_event(plan, voice, source)) != NULL) {
        if (event->type != DIRECTOR_EVENT_SPEAKING_START)
            continue;
        int64_t edge_ms = edge_of(event, voice->clock_ms, plan->settings.start_delay_ms);
        span->start_ms = greater(greater(edge_ms, voice->last_end_ms), plan->start_ms);
        return true;
    }
    return false;
}

/* Reads one span of speech; one without an end lasts to the end of the show. */
static bool read_raw(const DirectorPlan *plan, PlanVoice *voice, int source, PlanSpan *span)
{
    if (voice->ended || !find_start(plan, voice, source, span)) {
        voice->ended = true;
        return false;
    }
    const DirectorEvent *event;
    int64_t end_ms = plan->end_ms;
    while ((event = next_event(plan, voice, source)) != NULL) {
        if (event->type == DIRECTOR_EVENT_SOURCE_LOST)
            end_ms = voice->clock_ms;
        else if (event->type == DIRECTOR_EVENT_SPEAKING_STOP)
            end_ms = edge_of(event, voice->clock_ms, plan->settings.stop_delay_ms);
        else
            continue;
        break;
    }
    span->end_ms = greater(end_ms, span->start_ms + SPAN_MIN_MS);
    voice->last_end_ms = span->end_ms;
    return true;
}

/* One span with those merged that follow closely. */
static bool read_merged(const DirectorPlan *plan, PlanVoice *voice, int source, PlanSpan *span)
{
    if (!voice->has_raw && !read_raw(plan, voice, source, &voice->raw))
        return false;
    *span = voice->raw;
    while ((voice->has_raw = read_raw(plan, voice, source, &voice->raw)) &&
           voice->raw.start_ms - span->end_ms < MERGE_MS)
        span->end_ms = voice->raw.end_ms;
    return true;
}

/* Reads on until the first of `spans` is priced, or there is none left. */
static void fill(const DirectorPlan *plan, PlanVoice *voice, int source)
{
    PlanSpan span;
    while (!(voice->priced && voice->n_spans > 0)) {
        if (!read_merged(plan, voice, source, &span)) {
            voice->n_spans = 0;
            return;
        }
        if (!voice->in_turn || span.start_ms - voice->turn.end_ms >= plan->settings.breath_ms) {
            voice->in_turn = true;
            voice->n_spans = 0;
            voice->turn.start_ms = span.start_ms;
        }
        voice->turn.end_ms = span.end_ms;
        voice->priced = span.end_ms - voice->turn.start_ms >= plan->settings.ignore_ms;
        if (voice->n_spans < PLAN_TURN_SPANS)
            voice->spans[voice->n_spans++] = span;
    }
}

static void drop_first(PlanVoice *voice)
{
    for (int i = 1; i < voice->n_spans; i++)
        voice->spans[i - 1] = voice->spans[i];
    voice->n_spans--;
}

/* Whether the source speaks at `now`, and until when that stays so at most. */
static bool speaks_at(const DirectorPlan *plan, PlanVoice *voice, int source, int64_t now_ms,
                      int64_t *until_ms)
{
    for (;;) {
        fill(plan, voice, source);
        if (voice->n_spans == 0)
            return false;
        if (voice->spans[0].end_ms > now_ms)
            break;
        drop_first(voice);
    }
    bool speaks = voice->spans[0].start_ms <= now_ms;
    *until_ms = smaller(*until_ms, speaks ? voice->spans[0].end_ms : voice->spans[0].start_ms);
    return speaks;
}

static int rate_of(const DirectorPlan *plan, int screen, uint16_t speaking, int count)
{
    if (screen == plan->n_sources)
        return PLAN_COST_WRONG;
    if (plan->sources[screen].role == DIRECTOR_ROLE_WIDE)
        return count == 1 ? PLAN_COST_WIDE : 0;
    if (speaking & (1U << screen))
        return count == 1 ? 0 : PLAN_COST_OVERLAP;
    return PLAN_COST_WRONG;
}

static void add_cost(DirectorPlan *plan, uint16_t speaking, int count, int64_t length_ms)
{
    plan->speaking |= speaking;
    if (count == 0)
        return;
    for (int screen = 0; screen < plan->n_screens; screen++)
        plan->cost[screen] += length_ms * rate_of(plan, screen, speaking, count);
}

void plan_price(DirectorPlan *plan, int64_t t0_ms, int64_t t1_ms)
{
    plan->speaking = 0;
    for (int screen = 0; screen < plan->n_screens; screen++)
        plan->cost[screen] = 0;
    for (int64_t now_ms = t0_ms; now_ms < t1_ms;) {
        int64_t until_ms = t1_ms;
        uint16_t speaking = 0;
        int count = 0;
        for (int i = 0; i < plan->n_sources; i++) {
            if (!speaks_at(plan, &plan->voices[i], i, now_ms, &until_ms))
                continue;
            speaking |= (uint16_t)(1U << i);
            count++;
        }
        add_cost(plan, speaking, count, until_ms - now_ms);
        now_ms = until_ms;
    }
}

int64_t plan_speech_ms(const DirectorPlan *plan, int source, int64_t t0_ms, int64_t t1_ms)
{
    PlanVoice voice = {.clock_ms = plan->start_ms,
                       .last_end_ms = INT64_MIN / 4,
                       .ended = !has_voice(plan, source)};
    PlanSpan span;
    int64_t sum_ms = 0;
    while (read_raw(plan, &voice, source, &span) && span.start_ms < t1_ms) {
        int64_t from_ms = greater(span.start_ms, t0_ms);
        int64_t to_ms = smaller(span.end_ms, t1_ms);
        if (to_ms > from_ms)
            sum_ms += to_ms - from_ms;
    }
    return sum_ms;
}
