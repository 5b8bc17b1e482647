/* The director for a host without C: a browser, Node. Numbers go in and out as doubles (whole ms),
 * records as pointers into the module's memory, which the host hands out from __heap_base on.
 * Nothing is decided here. */
#include <director/director.h>
#include <director/plan.h>

#define EXPORT(name) __attribute__((export_name(name)))

/* What compilers call on their own account. */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile char *)to)[i] = ((const char *)from)[i];
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    bool up = (const char *)from >= (const char *)to;
    for (size_t n = 0; n < size; n++) {
        size_t i = up ? n : size - 1 - n;
        ((volatile char *)to)[i] = ((const char *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile char *)to)[i] = (char)value;
    return to;
}

/* Not a number: DIRECTOR_MS_NONE. What no clock shows is cut off. */
static int64_t to_ms(double ms)
{
    const double most = 9e15;
    if (ms != ms)
        return DIRECTOR_MS_NONE;
    return (int64_t)(ms > most ? most : ms < -most ? -most : ms);
}

static void give(const DirectorDecision *decision, double *out)
{
    out[0] = (double)decision->t_ms;
    out[1] = (double)decision->decided_ms;
    out[2] = decision->source;
    out[3] = decision->reason;
    out[4] = decision->lost;
    out[5] = (double)decision->hold_ms;
}

/* ---- records ---- */

EXPORT("source_size") size_t wasm_source_size(void)
{
    return sizeof(DirectorSource);
}

EXPORT("source_set")
void wasm_source_set(DirectorSource *sources, int i, int role, int priority)
{
    sources[i] = (DirectorSource){(DirectorRole)role, priority};
}

EXPORT("settings_size") size_t wasm_settings_size(void)
{
    return sizeof(DirectorSettings);
}

EXPORT("settings_defaults") void wasm_settings_defaults(DirectorSettings *settings)
{
    director_settings_defaults(settings);
}

EXPORT("settings_preset") bool wasm_settings_preset(DirectorSettings *settings, const char *name)
{
    return director_settings_preset(settings, name);
}

/* NULL when there is no setting `i`. */
EXPORT("setting_name") const char *wasm_setting_name(int i)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    return i >= 0 && i < count ? table[i].name : NULL;
}

EXPORT("setting_set") void wasm_setting_set(DirectorSettings *settings, int i, double ms)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    int64_t whole_ms = to_ms(ms);
    if (i >= 0 && i < count && whole_ms >= INT32_MIN && whole_ms <= INT32_MAX)
        director_setting_set(settings, &table[i], (int32_t)whole_ms);
}

EXPORT("setting_get") double wasm_setting_get(const DirectorSettings *settings, int i)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    return i >= 0 && i < count ? director_setting_get(settings, &table[i]) : 0;
}

EXPORT("settings_ok") bool wasm_settings_ok(const DirectorSettings *settings)
{
    return director_settings_check(settings) == NULL;
}

EXPORT("event_size") size_t wasm_event_size(void)
{
    return sizeof(DirectorEvent);
}

EXPORT("event_set")
void wasm_event_set(DirectorEvent *events, int i, int type, int source, double at_ms,
                    double edge_ms, double hold_ms)
{
    events[i] = (DirectorEvent){(DirectorEventType)type, source, to_ms(at_ms), to_ms(edge_ms),
                                to_ms(hold_ms)};
}

EXPORT("reason_name") const char *wasm_reason_name(int reason)
{
    return director_reason_name((DirectorReason)reason);
}

EXPORT("reason_text") const char *wasm_reason_text(int reason)
{
    return director_reason_text((DirectorReason)reason);
}

EXPORT("version") int wasm_version(void)
{
    return DIRECTOR_VERSION;
}

/* ---- live ---- */

EXPORT("director_size") size_t wasm_director_size(void)
{
    return director_size();
}

EXPORT("director_init")
Director *wasm_director_init(void *memory, const DirectorSource *sources, int n_sources,
                             const DirectorSettings *settings, double start_ms)
{
    return director_init(memory, sources, n_sources, settings, to_ms(start_ms));
}

EXPORT("director_feed") void wasm_director_feed(Director *director, const DirectorEvent *event)
{
    director_feed(director, event);
}

EXPORT("director_advance") void wasm_director_advance(Director *director, double now_ms)
{
    director_advance(director, to_ms(now_ms));
}

/* out: t, decided, source, reason, lost, hold. */
EXPORT("director_take") bool wasm_director_take(Director *director, double *out)
{
    DirectorDecision decision;
    if (!director_take(director, &decision))
        return false;
    give(&decision, out);
    return true;
}

EXPORT("director_change_settings")
bool wasm_director_change_settings(Director *director, const DirectorSettings *settings)
{
    return director_change_settings(director, settings);
}

EXPORT("director_next_source") int wasm_director_next_source(const Director *director)
{
    return director_next_source(director);
}

EXPORT("director_deadline") double wasm_director_deadline(const Director *director)
{
    return (double)director_deadline_ms(director);
}

/* ---- full knowledge ---- */

EXPORT("plan_size") size_t wasm_plan_size(int n_sources)
{
    return director_plan_size(n_sources);
}

EXPORT("plan_init")
DirectorPlan *wasm_plan_init(void *memory, const DirectorSource *sources, int n_sources,
                             const DirectorSettings *settings, const DirectorEvent *events,
                             size_t n_events, double start_ms, double end_ms)
{
    return director_plan_init(memory, sources, n_sources, settings, events, n_events,
                              to_ms(start_ms), to_ms(end_ms));
}

EXPORT("plan_next") bool wasm_plan_next(DirectorPlan *plan, double *out)
{
    DirectorDecision decision;
    if (!director_plan_next(plan, &decision))
        return false;
    give(&decision, out);
    return true;
}
