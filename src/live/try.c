/* Trying a destination. What always holds: the verdict is given once, by the first trouble or by the end
 * of the few seconds; the answer comes when nothing runs any more. */
#include <live/try.h>

#define SLATE "Crosscut test"

enum {
    LIVE_MS = 5000, /* so long it has to take the slate */
    MOST_MS = 25000 /* until it is live: the slate takes 2 s to begin, a connection up to 12 */
};

struct LiveTry {
    LiveTarget *target;
    LiveOnAir *onair;
    LiveTryDone done;
    gpointer data;
    guint timer, stop_idle;
    gint64 began_us, live_us, over_us; /* 0: not yet */
    /* the verdict */
    gboolean is_known, is_good;
    char *code, *why;
};

/* ---- the verdict ---- */

static gboolean stop(gpointer data)
{
    LiveTry *one = data;
    one->stop_idle = 0;
    live_onair_stop(one->onair);
    return G_SOURCE_REMOVE;
}

/* A change of a state is no moment to stop in: an idle source does. */
static void decide(LiveTry *one, gboolean is_good, const char *code, const char *why)
{
    if (one->is_known)
        return;
    one->is_known = TRUE;
    one->is_good = is_good;
    one->code = g_strdup(code);
    one->why = g_strdup(why != NULL ? why : "no reason was given");
    one->over_us = g_get_monotonic_time();
    g_clear_handle_id(&one->timer, g_source_remove);
    one->stop_idle = g_idle_add(stop, one);
}

static gboolean took_it(gpointer data)
{
    LiveTry *one = data;
    one->timer = 0;
    decide(one, TRUE, NULL, "it took the stream: five seconds of a test picture went there");
    return G_SOURCE_REMOVE;
}

static gboolean is_late(gpointer data)
{
    LiveTry *one = data;
    one->timer = 0;
    decide(one, FALSE, "timeout", "it was not live in time");
    return G_SOURCE_REMOVE;
}

static void on_changed(const LiveChange *change, gpointer data)
{
    LiveTry *one = data;
    if (change->state == LIVE_STATE_LIVE && one->live_us == 0) {
        one->live_us = g_get_monotonic_time();
        g_clear_handle_id(&one->timer, g_source_remove);
        one->timer = g_timeout_add(LIVE_MS, took_it, one);
    } else if (change->state == LIVE_STATE_RETRYING || change->state == LIVE_STATE_FAILED) {
        decide(one, FALSE, change->code, change->why);
    }
}

/* ---- the answer ---- */

static gint64 passed_ms(gint64 from_us, gint64 to_us)
{
    return from_us > 0 && to_us > from_us ? (to_us - from_us) / 1000 : 0;
}

static json_t *result_json(const LiveTry *one)
{
    json_t *report = live_onair_json(one->onair);
    json_t *result = json_deep_copy(json_array_get(json_object_get(report, "destinations"), 0));
    static const char *const others[] = {"start",    "end",     "states", "reconnects",
                                         "restarts", "dropped", "code"};
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        json_object_del(result, others[i]);
    json_t *verdict =
        json_pack("{s:b, s:s, s:s*, s:s, s:I, s:I}", "ok", one->is_good, "state",
                  one->is_good ? "live" : "failed", "code", one->code, "why", one->why, "connected",
                  (json_int_t)passed_ms(one->began_us, one->live_us), "sent",
                  (json_int_t)passed_ms(one->live_us, one->over_us));
    json_object_update(result, verdict);
    json_decref(verdict);
    json_decref(report);
    return result;
}

static void on_stopped(gpointer data)
{
    LiveTry *one = data;
    LiveTryDone done = one->done;
    gpointer owner = one->data;
    json_t *result = result_json(one);
    done(result, owner);
    json_decref(result);
}

static void on_counted(gpointer data)
{
    (void)data;
}

static gint64 clock_ms(gpointer data)
{
    const LiveTry *one = data;
    return (g_get_monotonic_time() - one->began_us) / 1000;
}

/* ---- life ---- */

LiveTry *live_try_new(const LiveTryOptions *options, LiveTarget *target, LiveTryDone done,
                      gpointer data)
{
    static const LiveOnAirEvents events = {on_changed, on_counted, on_stopped, clock_ms};
    LiveOnAirOptions onair_options = {.program = options->program,
                                      .name = SLATE,
                                      .allow_private = options->allow_private,
                                      .ca_file = options->ca_file};
    LiveTry *one = g_new0(LiveTry, 1);
    one->target = live_target_dup(target);
    one->done = done;
    one->data = data;
    one->began_us = g_get_monotonic_time();
    one->timer = g_timeout_add(MOST_MS, is_late, one);
    one->onair = live_onair_new(&onair_options, &events, one);
    gboolean is_added = live_onair_add(one->onair, target, NULL); /* the only one: it is */
    g_assert(is_added);
    return one;
}

void live_try_free(LiveTry *one)
{
    if (one == NULL)
        return;
    g_clear_handle_id(&one->timer, g_source_remove);
    g_clear_handle_id(&one->stop_idle, g_source_remove);
    live_onair_free(one->onair);
    live_target_free(one->target);
    g_free(one->code);
    g_free(one->why);
    g_free(one);
}

const LiveTarget *live_try_target(const LiveTry *one)
{
    return one->target;
}
