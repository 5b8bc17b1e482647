/* A show on air. What always holds: while a destination is not over there is a feed, or one is about
 * to be started; where LiveKit's Egress sends, there is neither, and egress.c answers. */
#include "egress-private.h"
#include "feed-private.h"
#include "output-private.h"

struct LiveOnAir {
    char *program, *name, *ca_file;
    guint delay_ms;
    LiveOnAirEvents events;
    gpointer data;
    LiveOutputOwner owner;
    LiveEgressOptions egress_options;
    LiveEgress *egress; /* instead of all that follows; NULL: none */
    GPtrArray *outputs; /* LiveOutput */
    LiveFeed *feed;
    json_t *before;
    gboolean is_stopping;
    guint stopped_idle;
    gint64 start_ms, end_ms; /* -1: not yet */
    LiveTotals gone;         /* counters of destinations that were replaced */
};

/* ---- the end ---- */

static gboolean say_stopped(gpointer data)
{
    LiveOnAir *onair = data;
    onair->stopped_idle = 0;
    onair->end_ms = onair->events.clock_ms(onair->data);
    onair->events.stopped(onair->data);
    return G_SOURCE_REMOVE;
}

static void settle(LiveOnAir *onair)
{
    if (!onair->is_stopping || onair->stopped_idle != 0 || onair->end_ms >= 0)
        return;
    for (guint i = 0; i < onair->outputs->len; i++)
        if (live_output_is_running(onair->outputs->pdata[i]))
            return;
    if (live_feed_is_running(onair->feed)) {
        live_feed_kill(onair->feed);
        return;
    }
    onair->stopped_idle = g_idle_add(say_stopped, onair);
}

void live_onair_stop(LiveOnAir *onair)
{
    if (onair->egress != NULL) {
        live_egress_stop(onair->egress);
        return;
    }
    if (onair->is_stopping)
        return;
    onair->is_stopping = TRUE;
    live_feed_stop(onair->feed);
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_stop(onair->outputs->pdata[i]);
    settle(onair);
}

/* ---- what its processes do ---- */

static gboolean connect_output(gpointer data, int fd)
{
    const LiveOnAir *onair = data;
    return live_feed_connect(onair->feed, fd);
}

static void output_ended(gpointer data)
{
    settle(data);
}

static void feed_began(gpointer data)
{
    const LiveOnAir *onair = data;
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_start(onair->outputs->pdata[i]);
}

static void feed_lost(const char *why, gpointer data)
{
    const LiveOnAir *onair = data;
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_hold(onair->outputs->pdata[i], why);
}

static void feed_ended(gpointer data)
{
    settle(data);
}

static void feed_counted(gpointer data)
{
    const LiveOnAir *onair = data;
    onair->events.counted(onair->data);
}

/* ---- frames ---- */

void live_onair_frame(LiveOnAir *onair, GBytes *bytes, const LiveFrame *frame)
{
    live_feed_frame(onair->feed, bytes, frame);
}

void live_onair_restart(LiveOnAir *onair)
{
    live_feed_restart(onair->feed);
}

/* ---- by way of LiveKit ---- */

static const char *const kind_names[] = {"", "console", "livekit", "livekit-composite"};

const char *live_egress_kind_name(LiveEgressKind kind)
{
    return kind_names[kind];
}

LiveEgressKind live_egress_kind_of(const char *name)
{
    for (guint i = LIVE_EGRESS_CONSOLE; i < G_N_ELEMENTS(kind_names); i++)
        if (g_strcmp0(name, kind_names[i]) == 0)
            return (LiveEgressKind)i;
    return LIVE_EGRESS_UNSET;
}

void live_onair_look(LiveOnAir *onair)
{
    if (onair->egress != NULL)
        live_egress_look(onair->egress);
}

/* ---- destinations ---- */

static const GPtrArray *destinations_of(const LiveOnAir *onair)
{
    return onair->egress != NULL ? live_egress_destinations(onair->egress) : onair->outputs;
}

gboolean live_onair_has(const LiveOnAir *onair, const LiveTarget *target)
{
    const LiveDestination *found = live_destinations_find(destinations_of(onair), target);
    return found != NULL && !live_destination_is_over(found);
}

gboolean live_onair_sends_to(const LiveOnAir *onair, const LiveTarget *target)
{
    return live_destinations_send_to(destinations_of(onair), target);
}

gboolean live_onair_runs(const LiveOnAir *onair, const char *name)
{
    return live_destinations_find_running(destinations_of(onair), name) != NULL;
}

guint live_onair_running(const LiveOnAir *onair)
{
    return live_destinations_running(destinations_of(onair));
}

gboolean live_onair_is_last(const LiveOnAir *onair, const char *name)
{
    return live_destinations_is_last(destinations_of(onair), name);
}

static void add_output(LiveOnAir *onair, LiveTarget *target, LiveOutput *known,
                       const json_t *before)
{
    if (known != NULL) {
        live_output_total(known, &onair->gone);
        g_ptr_array_remove(onair->outputs, known);
    }
    LiveOutput *output = live_output_new(&onair->owner, target, before);
    g_ptr_array_add(onair->outputs, output);
    if (live_feed_is_running(onair->feed))
        live_output_start(output);
    else
        live_feed_start(onair->feed);
}

/* What a destination goes on from: what it was until now, or before the server ended. New reference, or
 * NULL. */
static json_t *report_before(const LiveOnAir *onair, const LiveDestination *known, const char *name)
{
    if (known == NULL)
        return json_incref((json_t *)live_destination_before(onair->before, name));
    return onair->egress != NULL ? live_destination_json(known, FALSE)
                                 : live_output_json((const LiveOutput *)known, FALSE);
}

/* One that was over begins again, and its report goes on. */
gboolean live_onair_add(LiveOnAir *onair, LiveTarget *target, GError **error)
{
    g_autoptr(LiveTarget) owned = target;
    LiveDestination *known = live_destinations_find(destinations_of(onair), target);
    if (known != NULL && !live_destination_is_over(known)) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_EXISTS, "%s: this show is on air there already",
                    target->name);
        return FALSE;
    }
    if (live_onair_running(onair) >= LIVE_DESTINATIONS_MAX) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_INVALID, "destinations: at most %d of one show",
                    LIVE_DESTINATIONS_MAX);
        return FALSE;
    }
    json_t *before = report_before(onair, known, target->name);
    if (onair->egress != NULL)
        live_egress_add(onair->egress, g_steal_pointer(&owned), known, before);
    else
        add_output(onair, g_steal_pointer(&owned), (LiveOutput *)known, before);
    json_decref(before);
    return TRUE;
}

void live_onair_add_failed(LiveOnAir *onair, const char *name, const char *code, const char *why)
{
    const json_t *before = live_destination_before(onair->before, name);
    if (onair->egress != NULL)
        live_egress_add_failed(onair->egress, name, code, why, before);
    else
        g_ptr_array_add(onair->outputs,
                        live_output_new_failed(&onair->owner, name, code, why, before));
}

void live_onair_add_ended(LiveOnAir *onair, const char *name)
{
    const json_t *before = live_destination_before(onair->before, name);
    if (before == NULL)
        return;
    if (onair->egress != NULL)
        live_egress_add_ended(onair->egress, name, before);
    else
        g_ptr_array_add(onair->outputs, live_output_new_ended(&onair->owner, name, before));
}

gboolean live_onair_remove(LiveOnAir *onair, const char *name)
{
    if (onair->egress != NULL)
        return live_egress_remove(onair->egress, name);
    LiveDestination *found = live_destinations_find_running(onair->outputs, name);
    if (found != NULL)
        live_output_stop((LiveOutput *)found);
    return found != NULL;
}

/* ---- life ---- */

static void free_output(gpointer output)
{
    live_output_free(output);
}

static LiveFeed *make_feed(LiveOnAir *onair)
{
    LiveFeedOwner owner = {.program = onair->program,
                           .name = onair->name,
                           .delay_ms = onair->delay_ms,
                           .began = feed_began,
                           .lost = feed_lost,
                           .ended = feed_ended,
                           .counted = feed_counted,
                           .onair = onair};
    return live_feed_new(&owner);
}

LiveOnAir *live_onair_new(const LiveOnAirOptions *options, const LiveOnAirEvents *events,
                          gpointer data)
{
    LiveOnAir *onair = g_new0(LiveOnAir, 1);
    onair->program = g_strdup(options->program);
    onair->name = g_strdup(options->name);
    onair->ca_file = g_strdup(options->ca_file);
    onair->delay_ms = options->delay_ms;
    onair->before = options->before != NULL ? json_deep_copy(options->before) : NULL;
    onair->events = *events;
    onair->data = data;
    onair->outputs = g_ptr_array_new_with_free_func(free_output);
    onair->feed = make_feed(onair);
    const json_t *start = json_object_get(onair->before, "start");
    onair->start_ms = start != NULL ? json_integer_value(start) : events->clock_ms(data);
    onair->end_ms = -1;
    onair->owner = (LiveOutputOwner){
        .program = onair->program,
        .allow_private = options->allow_private,
        .ca_file = onair->ca_file,
        .events = &onair->events,
        .data = data,
        .connect = connect_output,
        .ended = output_ended,
        .onair = onair,
    };
    if (options->egress != NULL) {
        onair->egress_options = *options->egress;
        onair->egress = live_egress_new(&onair->egress_options, options->allow_private, events,
                                        data, onair->start_ms);
    }
    return onair;
}

void live_onair_free(LiveOnAir *onair)
{
    if (onair == NULL)
        return;
    g_clear_handle_id(&onair->stopped_idle, g_source_remove);
    live_egress_free(onair->egress);
    g_ptr_array_unref(onair->outputs);
    live_feed_free(onair->feed);
    json_decref(onair->before);
    g_free(onair->program);
    g_free(onair->name);
    g_free(onair->ca_file);
    g_free(onair);
}

/* ---- the report ---- */

static void add_counters(LiveTotals *totals, const LiveTotals *more)
{
    totals->bytes += more->bytes;
    totals->frames += more->frames;
    totals->dropped += more->dropped;
    totals->reconnects += more->reconnects;
    totals->restarts += more->restarts;
}

void live_onair_total(const LiveOnAir *onair, LiveTotals *totals)
{
    if (onair->egress != NULL) {
        live_egress_total(onair->egress, totals);
        return;
    }
    LiveFeedCounts counts = live_feed_counts(onair->feed);
    add_counters(totals, &onair->gone);
    totals->restarts += counts.restarts;
    totals->feed_dropped += counts.dropped;
    totals->feed_bytes += counts.waiting_bytes;
    totals->slates += live_feed_is_running(onair->feed) && counts.is_slate ? 1 : 0;
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_total(onair->outputs->pdata[i], totals);
}

static const char *state_name(const LiveOnAir *onair, guint live)
{
    if (onair->end_ms >= 0)
        return "ended";
    if (onair->is_stopping)
        return "ending";
    return live > 0 ? "live" : "connecting";
}

static json_t *report(const LiveOnAir *onair, gboolean is_brief)
{
    if (onair->egress != NULL)
        return live_egress_json(onair->egress, is_brief);
    LiveFeedCounts counts = live_feed_counts(onair->feed);
    json_t *list = json_array();
    guint live = 0;
    for (guint i = 0; i < onair->outputs->len; i++) {
        live += ((const LiveDestination *)onair->outputs->pdata[i])->state == LIVE_STATE_LIVE;
        json_array_append_new(list, live_output_json(onair->outputs->pdata[i], is_brief));
    }
    json_t *value = json_pack(
        "{s:i, s:s, s:I, s:o, s:i, s:{s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:O}, s:o}", "version", 1,
        "state", state_name(onair, live), "start", (json_int_t)onair->start_ms, "end",
        onair->end_ms >= 0 ? json_integer(onair->end_ms) : json_null(), "delay",
        (int)onair->delay_ms, "program", "frames", (json_int_t)counts.frames, "dropped",
        (json_int_t)counts.dropped, "slates", (json_int_t)counts.slates, "slateMs",
        (json_int_t)counts.slate_ms, "restarts", (json_int_t)counts.restarts, "slate",
        counts.is_slate, "transcoded", counts.is_transcoded, "warnings", counts.warnings,
        "destinations", list);
    g_assert(value != NULL);
    return value;
}

json_t *live_onair_json(const LiveOnAir *onair)
{
    return report(onair, FALSE);
}

json_t *live_onair_brief(const LiveOnAir *onair)
{
    return report(onair, TRUE);
}
