/* The machine around the steps: takes events, moves time over a fixed grid, keeps the rules that
 * hold in every step (lost beats manual beats minimum shot) and queues decisions.
 *
 * Always: decisions have ascending times, no two the same; an event moves nothing before its own
 * time; what is decided depends on the events and their times only, never on how advance() is
 * called. */
#include "bytes-private.h"
#include "director-private.h"

enum { NOT_BEGUN = -2 }; /* a source that is none, not even DIRECTOR_NONE */

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

size_t director_size(void)
{
    return sizeof(Director);
}

/* The longer the program waits, the more of a turn can be awaited for free; one second is a
 * contribution, and more would only skip short answers. */
void director_work_out_rules(Rules *rules, const DirectorSettings *settings)
{
    enum { CONTRIBUTION_MS = 1000, CROWD_MS = 200 };
    int32_t confirm_ms = settings->confirm_ms;
    if (confirm_ms == 0)
        confirm_ms = (int32_t)clamp(settings->look_ahead_ms - TICK_MS, 0, CONTRIBUTION_MS);
    rules->confirm_ms = confirm_ms;
    rules->crowd_ms = confirm_ms > CROWD_MS ? confirm_ms : CROWD_MS;
}

static bool valid_sources(const DirectorSource *sources, int n_sources)
{
    if (n_sources < 1 || n_sources > DIRECTOR_SOURCES_MAX)
        return false;
    for (int i = 0; i < n_sources; i++)
        if (sources[i].role < DIRECTOR_ROLE_UNSET || sources[i].role > DIRECTOR_ROLE_MIC)
            return false;
    return true;
}

static void take_sources(Director *director, const DirectorSource *sources, int n_sources)
{
    director->n_sources = n_sources;
    director->wide = DIRECTOR_NONE;
    for (int i = 0; i < n_sources; i++) {
        director->sources[i] = sources[i];
        if (sources[i].role == DIRECTOR_ROLE_UNSET)
            director->sources[i].role = DIRECTOR_ROLE_PERSON;
        if (sources[i].role == DIRECTOR_ROLE_WIDE && director->wide == DIRECTOR_NONE)
            director->wide = i;
    }
}

bool director_can_show(const Director *director, int source)
{
    return source >= 0 && source < director->n_sources && !director->presence[source].lost &&
           director->sources[source].role != DIRECTOR_ROLE_MIC;
}

/* ---- lost and back ---- */

static bool lost_at(const Presence *presence, int64_t c_ms)
{
    bool lost = presence->lost_before;
    for (int i = 0; i < presence->count && presence->change_ms[i] <= c_ms; i++)
        lost = !lost;
    return lost;
}

static void drop_oldest(Presence *presence)
{
    presence->lost_before = !presence->lost_before;
    presence->count--;
    for (int i = 0; i < presence->count; i++)
        presence->change_ms[i] = presence->change_ms[i + 1];
}

/* A change that is known now. When there are too many within the look-ahead, the oldest count as
 * past. */
static void change_presence(Presence *presence, bool lost, int64_t at_ms)
{
    if (lost_at(presence, INT64_MAX) == lost)
        return;
    if (presence->count == CHANGES_MAX)
        drop_oldest(presence);
    presence->change_ms[presence->count++] = at_ms;
}

/* Content time only goes forward: what is past is folded away. */
static void look_who_is_there(Director *director, int64_t c_ms)
{
    for (int i = 0; i < director->n_sources; i++) {
        Presence *presence = &director->presence[i];
        while (presence->count > 0 && presence->change_ms[0] <= c_ms)
            drop_oldest(presence);
        presence->lost = presence->lost_before;
    }
}

/* The earliest known change, in content time; `none` when there is none. */
static int64_t next_change(const Director *director, int64_t none)
{
    int64_t next_ms = none;
    for (int i = 0; i < director->n_sources; i++)
        if (director->presence[i].count > 0 && director->presence[i].change_ms[0] < next_ms)
            next_ms = director->presence[i].change_ms[0];
    return next_ms;
}

/* ---- decisions ---- */

static void queue_decision(Director *director, const DirectorDecision *decision)
{
    if (director->queue_count == DIRECTOR_QUEUE) {
        director->queue_head = (director->queue_head + 1) % DIRECTOR_QUEUE;
        director->queue_count--;
    }
    uint32_t tail = (director->queue_head + director->queue_count) % DIRECTOR_QUEUE;
    director->queue[tail] = *decision;
    director->queue_count++;
}

static void remember_home(Director *director, const Wish *wish, int64_t c_ms)
{
    bool away = wish->step == STEP_ASIDE || wish->step == STEP_SLIDE;
    if (away)
        return;
    director->home = wish->source;
    director->home_ms = c_ms;
}

static void show(Director *director, const Wish *wish, int64_t c_ms)
{
    director->step = wish->step;
    remember_home(director, wish, c_ms);
    if (wish->source == director->shot.source)
        return;
    int64_t hold_ms = wish->hold_ms;
    if (hold_ms < director->settings.min_shot_ms)
        hold_ms = director->settings.min_shot_ms;
    director->before = director->shot.source;
    director->shot = (Shot){c_ms, hold_ms, wish->source, wish->reason};
    DirectorDecision decision = {
        .t_ms = c_ms,
        .decided_ms = c_ms + director->settings.look_ahead_ms,
        .source = wish->source,
        .reason = wish->reason,
        .lost = director_who_lost(director, wish->source),
        .hold_ms = hold_ms,
    };
    queue_decision(director, &decision);
}

/* Back where it came from is allowed later than to a third: hysteresis. Looks elsewhere are meant
 * to end there. */
static int64_t hold_against(const Director *director, const Wish *wish)
{
    int64_t hold_ms = director->shot.hold_ms;
    bool said = director->step == STEP_PERSON || director->step == STEP_WIDE;
    if (said && wish->source == director->before && hold_ms < director->settings.return_ms)
        hold_ms = director->settings.return_ms;
    return hold_ms;
}

/* Only a loss, a cut by hand and having no picture at all may end a shot before its time. */
static bool may_cut(const Director *director, const Wish *wish, int64_t c_ms)
{
    if (director->shot.source == DIRECTOR_NONE || wish->reason == DIRECTOR_REASON_LOST ||
        wish->reason == DIRECTOR_REASON_MANUAL)
        return true;
    return c_ms - director->shot.t_ms >= hold_against(director, wish);
}

static bool stays(const Director *director, const Wish *wish)
{
    return wish->source == director->shot.source && wish->step == director->step;
}

/* Decides for content time h − look-ahead with what is known at h. */
static void decide(Director *director, int64_t h_ms)
{
    int64_t c_ms = h_ms - director->settings.look_ahead_ms;
    if (director->manual && h_ms >= director->manual_until_ms)
        director->manual = false;
    if (h_ms >= director->slide_until_ms)
        director->slide = DIRECTOR_NONE;
    if (c_ms <= director->shot.t_ms)
        return;
    for (int i = 0; i < director->n_sources; i++)
        voice_hear(&director->voices[i], c_ms + TICK_MS - 1, h_ms, &director->heard[i]);
    look_who_is_there(director, c_ms);
    Wish wish = director_wish(director, c_ms);
    if (!stays(director, &wish) && may_cut(director, &wish, c_ms))
        show(director, &wish, c_ms);
}

/* ---- time ---- */

static int64_t tick_after(const Director *director, int64_t ms)
{
    int64_t tick_ms = ms - director->event_ms < IDLE_AFTER_MS ? TICK_MS : IDLE_TICK_MS;
    int64_t into_ms = ((ms % tick_ms) + tick_ms) % tick_ms;
    int64_t next_ms = ms - into_ms + tick_ms;
    /* A source is left at the moment it is lost, not at the tick after. */
    int64_t change_ms = next_change(director, next_ms - director->settings.look_ahead_ms);
    change_ms += director->settings.look_ahead_ms;
    return change_ms > ms && change_ms < next_ms ? change_ms : next_ms;
}

/* Decides at every tick before `end_ms`; waits when the queue is full, unless it may drop. */
static void run_ticks(Director *director, int64_t end_ms, bool may_drop)
{
    while (may_drop || director->queue_count < DIRECTOR_QUEUE) {
        bool fresh = director->fresh;
        int64_t next_ms = fresh ? director->known_ms : tick_after(director, director->known_ms);
        if (next_ms >= end_ms)
            return;
        director->fresh = false;
        director->known_ms = next_ms;
        decide(director, next_ms);
    }
}

static int64_t valid_time(const Director *director, int64_t ms)
{
    return clamp(ms, director->start_ms, director->start_ms + LONGEST_MS);
}

void director_advance(Director *director, int64_t now_ms)
{
    now_ms = valid_time(director, now_ms);
    if (now_ms > director->target_ms)
        director->target_ms = now_ms;
    run_ticks(director, director->target_ms + 1, false);
}

bool director_take(Director *director, DirectorDecision *decision)
{
    if (director->queue_count == 0)
        run_ticks(director, director->target_ms + 1, false);
    if (director->queue_count == 0)
        return false;
    *decision = director->queue[director->queue_head];
    director->queue_head = (director->queue_head + 1) % DIRECTOR_QUEUE;
    director->queue_count--;
    return true;
}

/* ---- events ---- */

/* The moment in the sound: what the detector says, otherwise its usual delay before. Never later
 * than it was known. */
static int64_t edge_of(const Director *director, const DirectorEvent *event, int64_t at_ms,
                       int32_t delay_ms)
{
    int64_t earliest_ms = director->start_ms - LONGEST_MS;
    if (event->edge_ms == DIRECTOR_MS_NONE)
        return clamp(at_ms - delay_ms, earliest_ms, at_ms);
    return clamp(event->edge_ms, earliest_ms, at_ms);
}

static bool has_voice(const Director *director, int source)
{
    DirectorRole role = director->sources[source].role;
    return role == DIRECTOR_ROLE_PERSON || role == DIRECTOR_ROLE_MIC;
}

static void on_speech(Director *director, const DirectorEvent *event, int64_t at_ms)
{
    if (!has_voice(director, event->source))
        return;
    Voice *voice = &director->voices[event->source];
    const DirectorSettings *settings = &director->settings;
    if (event->type == DIRECTOR_EVENT_SPEAKING_START)
        voice_start(voice, edge_of(director, event, at_ms, settings->start_delay_ms),
                    settings->breath_ms);
    else
        voice_stop(voice, edge_of(director, event, at_ms, settings->stop_delay_ms));
}

static void on_manual_cut(Director *director, const DirectorEvent *event, int64_t at_ms)
{
    if (director->sources[event->source].role == DIRECTOR_ROLE_MIC)
        return;
    int64_t hold_ms = event->hold_ms > 0 ? event->hold_ms : director->settings.manual_hold_ms;
    director->manual = true;
    director->manual_source = event->source;
    director->manual_until_ms = hold_ms > 0 ? at_ms + clamp(hold_ms, 0, LONGEST_MS) : VOICE_OPEN;
}

/* Whose picture is gone is not heard either: no stop would come from there. */
static void on_lost(Director *director, int source, int64_t at_ms)
{
    change_presence(&director->presence[source], true, at_ms);
    voice_stop(&director->voices[source], at_ms);
}

static void on_slide(Director *director, int source, int64_t at_ms)
{
    if (director->sources[source].role != DIRECTOR_ROLE_SCREEN || director->settings.slide_ms == 0)
        return;
    director->slide = source;
    director->slide_until_ms = at_ms + director->settings.slide_ms;
}

static int first_picture(const Director *director)
{
    if (director_can_show(director, director->wide))
        return director->wide;
    int best = DIRECTOR_NONE;
    for (int i = 0; i < director->n_sources; i++) {
        if (director->sources[i].role != DIRECTOR_ROLE_PERSON || !director_can_show(director, i))
            continue;
        if (best == DIRECTOR_NONE ||
            director->sources[i].priority > director->sources[best].priority)
            best = i;
    }
    for (int i = 0; best == DIRECTOR_NONE && i < director->n_sources; i++)
        if (director_can_show(director, i))
            best = i;
    return best;
}

/* The first shot; again when a source turns out to be lost from the start and nobody has taken the
 * decision yet. */
static void open_show(Director *director)
{
    look_who_is_there(director, director->start_ms);
    int source = first_picture(director);
    bool wide = source != DIRECTOR_NONE && source == director->wide;
    Wish first = {
        .step = source == DIRECTOR_NONE ? STEP_NOTHING
                : wide                  ? STEP_OPENING
                                        : STEP_PERSON,
        .source = source,
        .reason = DIRECTOR_REASON_OPENING,
        .hold_ms = wide ? director->settings.opening_ms : 0,
    };
    director->queue_count = 0;
    director->shot.source = NOT_BEGUN;
    director->before = NOT_BEGUN;
    show(director, &first, director->start_ms);
}

static void apply(Director *director, const DirectorEvent *event, int64_t at_ms)
{
    switch (event->type) {
    case DIRECTOR_EVENT_SPEAKING_START:
    case DIRECTOR_EVENT_SPEAKING_STOP:
        on_speech(director, event, at_ms);
        break;
    case DIRECTOR_EVENT_MANUAL_CUT:
        on_manual_cut(director, event, at_ms);
        break;
    case DIRECTOR_EVENT_AUTO_RESUME:
        director->manual = false;
        break;
    case DIRECTOR_EVENT_SOURCE_LOST:
        on_lost(director, event->source, at_ms);
        if (at_ms == director->start_ms && director->queue_count == 1)
            open_show(director);
        break;
    case DIRECTOR_EVENT_SOURCE_BACK:
        change_presence(&director->presence[event->source], false, at_ms);
        break;
    case DIRECTOR_EVENT_SLIDE:
        on_slide(director, event->source, at_ms);
        break;
    case DIRECTOR_EVENT_UNSET:
    default:
        break;
    }
}

/* An event says that all before it were fed: everything up to it can be decided first. */
void director_feed(Director *director, const DirectorEvent *event)
{
    bool needs_source = event->type != DIRECTOR_EVENT_AUTO_RESUME;
    if (needs_source && (event->source < 0 || event->source >= director->n_sources))
        return;
    int64_t at_ms = valid_time(director, event->at_ms);
    if (at_ms < director->target_ms)
        at_ms = director->target_ms;
    if (at_ms < director->known_ms)
        at_ms = director->known_ms;
    if (at_ms > director->known_ms) {
        run_ticks(director, at_ms, true);
        director->known_ms = at_ms;
    }
    director->event_ms = at_ms;
    apply(director, event, at_ms);
    director->fresh = true;
}

/* ---- begin and change ---- */

Director *director_init(void *memory, const DirectorSource *sources, int n_sources,
                        const DirectorSettings *settings, int64_t start_ms)
{
    DirectorSettings defaults;
    director_settings_defaults(&defaults);
    if (settings == NULL)
        settings = &defaults;
    if (memory == NULL || director_settings_check(settings) != NULL ||
        !valid_sources(sources, n_sources))
        return NULL;
    Director *director = memory;
    bytes_clear(director, sizeof *director);
    director->settings = *settings;
    director->slide = DIRECTOR_NONE;
    director->home = DIRECTOR_NONE;
    director_work_out_rules(&director->rules, settings);
    take_sources(director, sources, n_sources);
    director->start_ms = clamp(start_ms, -LONGEST_MS, LONGEST_MS);
    director->known_ms = director->start_ms;
    director->target_ms = director->start_ms;
    director->event_ms = director->start_ms;
    director->slide_until_ms = director->start_ms;
    open_show(director);
    return director;
}

bool director_change_settings(Director *director, const DirectorSettings *settings)
{
    if (director_settings_check(settings) != NULL)
        return false;
    director->settings = *settings;
    director_work_out_rules(&director->rules, settings);
    return true;
}

/* ---- what comes next ---- */

static int64_t now_of(const Director *director)
{
    return director->target_ms > director->known_ms ? director->target_ms : director->known_ms;
}

/* Lets a copy run on without events until it decides; false when nothing is decided in `within`. */
static bool foresee(const Director *director, int64_t within_ms, DirectorDecision *decision)
{
    Director copy;
    bytes_copy(&copy, director, sizeof copy);
    copy.queue_count = 0;
    int64_t end_ms = now_of(director) + within_ms;
    while (copy.queue_count == 0 && (copy.fresh || copy.known_ms < end_ms)) {
        int64_t next_ms = copy.fresh ? copy.known_ms : tick_after(&copy, copy.known_ms);
        copy.fresh = false;
        copy.known_ms = next_ms;
        decide(&copy, next_ms);
    }
    return director_take(&copy, decision);
}

int director_next_source(const Director *director)
{
    DirectorDecision decision;
    return foresee(director, 3000, &decision) ? decision.source : DIRECTOR_NONE;
}

int64_t director_deadline_ms(const Director *director)
{
    DirectorDecision decision;
    if (foresee(director, 1000, &decision))
        return decision.decided_ms;
    return now_of(director) + 1000;
}
