/* Bytes as a show: settings, sources, events in any order, time in any slices. Whatever comes, the
 * director's promises hold. */
#include <director/director.h>
#include <director/plan.h>
#include <glib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Bytes {
    const uint8_t *at;
    size_t left;
} Bytes;

enum { EVENTS_MAX = 400, LENGTH_MS = 20 * 1000, LATEST_MS = 25 * 1000 };

static uint32_t take(Bytes *bytes, size_t count)
{
    uint32_t value = 0;
    for (; count > 0 && bytes->left > 0; count--, bytes->left--)
        value = value << 8 | *bytes->at++;
    return value;
}

static int take_sources(Bytes *bytes, DirectorSource *sources)
{
    int count = 1 + (int)(take(bytes, 1) % 6);
    for (int i = 0; i < count; i++) {
        uint32_t value = take(bytes, 1);
        sources[i] = (DirectorSource){(DirectorRole)(value % 5), (int)(value >> 4) - 8};
    }
    return count;
}

/* A preset and a few settings, in range: the check itself is tested elsewhere. */
static void take_settings(Bytes *bytes, DirectorSettings *settings)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    const char *const *presets = director_settings_presets();
    uint32_t preset = take(bytes, 1) % 5;
    director_settings_defaults(settings);
    if (preset < 4)
        director_settings_preset(settings, presets[preset]);
    for (uint32_t changes = take(bytes, 1) % 8; changes > 0; changes--) {
        const DirectorSettingInfo *info = &table[take(bytes, 1) % (uint32_t)count];
        uint32_t range_ms = (uint32_t)(info->max_ms - info->min_ms) + 1;
        director_setting_set(settings, info, info->min_ms + (int32_t)(take(bytes, 3) % range_ms));
    }
}

static int64_t take_time(Bytes *bytes)
{
    uint32_t value = take(bytes, 2);
    if (value == 0xffff)
        return INT64_MAX;
    if (value == 0xfffe)
        return INT64_MIN;
    return (int64_t)(value % LATEST_MS) - 500;
}

static DirectorEvent take_event(Bytes *bytes)
{
    uint32_t what = take(bytes, 1);
    DirectorEvent event = {
        .type = (DirectorEventType)(what % 9),
        .source = (int)(take(bytes, 1) % 9) - 1,
        .at_ms = take_time(bytes),
        .edge_ms = what & 64 ? take_time(bytes) : DIRECTOR_MS_NONE,
        .hold_ms = what & 128 ? take_time(bytes) : 0,
    };
    return event;
}

typedef struct Check {
    const DirectorSource *sources;
    const DirectorSettings *settings;
    int n_sources;
    bool begun;
    DirectorDecision last;
} Check;

static void check_decision(Check *check, const DirectorDecision *decision)
{
    g_assert(decision->source >= DIRECTOR_NONE && decision->source < check->n_sources);
    g_assert(decision->lost >= DIRECTOR_NONE && decision->lost < check->n_sources);
    g_assert(decision->reason > DIRECTOR_REASON_UNSET && decision->reason < DIRECTOR_REASONS);
    if (decision->source != DIRECTOR_NONE)
        g_assert(check->sources[decision->source].role != DIRECTOR_ROLE_MIC);
    if (check->begun) {
        g_assert(decision->t_ms > check->last.t_ms);
        g_assert(decision->source != check->last.source);
    }
    check->begun = true;
    check->last = *decision;
}

static void check_live(Check *check, const DirectorDecision *decision)
{
    bool forced = !check->begun || check->last.source == DIRECTOR_NONE ||
                  decision->reason == DIRECTOR_REASON_LOST ||
                  decision->reason == DIRECTOR_REASON_MANUAL;
    if (!forced)
        g_assert(decision->t_ms - check->last.t_ms >= check->settings->min_shot_ms);
    check_decision(check, decision);
}

static void run_live(Check check, const DirectorEvent *events, size_t n_events)
{
    g_autofree void *memory = g_malloc(director_size());
    Director *director = director_init(memory, check.sources, check.n_sources, check.settings, 0);
    g_assert(director != NULL);
    DirectorDecision decision;
    for (size_t i = 0; i < n_events; i++) {
        DirectorEvent event = events[i];
        if (event.at_ms > 2 * LENGTH_MS)
            event.at_ms = 2 * LENGTH_MS;
        director_feed(director, &event);
        if (i % 3 == 0)
            director_advance(director, MIN(events[i].at_ms, LENGTH_MS));
        while (director_take(director, &decision))
            check_live(&check, &decision);
    }
    director_advance(director, 2 * LENGTH_MS);
    while (director_take(director, &decision))
        check_live(&check, &decision);
    g_assert(check.begun);
    g_assert(director_next_source(director) < check.n_sources);
    g_assert(director_deadline_ms(director) > 0);
}

static void run_plan(Check check, const DirectorEvent *events, size_t n_events)
{
    g_autofree void *memory = g_malloc(director_plan_size(check.n_sources));
    DirectorPlan *plan = director_plan_init(memory, check.sources, check.n_sources, check.settings,
                                            events, n_events, 0, LENGTH_MS);
    g_assert(plan != NULL);
    DirectorDecision decision;
    while (director_plan_next(plan, &decision)) {
        g_assert(decision.t_ms >= 0 && decision.t_ms < LENGTH_MS);
        check_decision(&check, &decision);
    }
    g_assert(check.begun);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Bytes bytes = {data, size};
    DirectorSource sources[DIRECTOR_SOURCES_MAX];
    DirectorSettings settings;
    DirectorEvent events[EVENTS_MAX];
    int n_sources = take_sources(&bytes, sources);
    take_settings(&bytes, &settings);
    size_t n_events = 0;
    while (bytes.left > 0 && n_events < EVENTS_MAX)
        events[n_events++] = take_event(&bytes);
    Check check = {.sources = sources, .settings = &settings, .n_sources = n_sources};
    run_live(check, events, n_events);
    run_plan(check, events, n_events);
    return 0;
}
