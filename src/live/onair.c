/* A show on air. What always holds: while a destination is not over there is a feed, or one is about
 * to be started; a feed that is new gets the settings, then the configurations, then a keyframe. */
#include "egress-private.h"
#include "output-private.h"

#include <child/child.h>
#include <live/backoff.h>
#include <live/pipe.h>

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RING_BYTES = 16 << 20, /* what waits for the feed: 4 s at 30 Mbit/s */
    RING_US = 4000000,
    BATCH_MS = 30,  /* frames go to the feed together: a wake-up costs more than a frame */
    STOP_MS = 6000, /* then what has not ended is killed */
    WARNINGS_MAX = 16,
};

struct LiveOnAir {
    char *program, *name, *ca_file;
    guint delay_ms;
    LiveOnAirEvents events;
    gpointer data;
    LiveOutputOwner owner;
    LiveEgressOptions egress_options;
    LiveEgress *egress; /* instead of all that follows; NULL: none */
    GPtrArray *outputs; /* LiveOutput */
    json_t *before;
    /* the feed */
    Child *feed;
    LiveWriter *writer;
    guint watch; /* of the writer's socket, while it takes no more */
    guint batch; /* timer: what has been pushed is written */
    guint again; /* timer: the feed is started again */
    LiveBackoff backoff;
    GBytes *configs[LIVE_STREAM_SOUND + 1];
    gboolean is_stopping;
    guint stop_timer, stopped_idle;
    /* the report */
    gint64 start_ms, end_ms; /* -1: not yet */
    gint64 slates, slate_ms, frames, dropped, dropped_before;
    guint feed_restarts;
    gboolean is_slate, is_transcoded;
    json_t *warnings;
    LiveTotals gone; /* counters of destinations that were replaced */
};

static void start_feed(LiveOnAir *onair);

/* ---- writing to the feed ---- */

static void flush(LiveOnAir *onair);

static gboolean batch_is_over(gpointer data)
{
    LiveOnAir *onair = data;
    onair->batch = 0;
    flush(onair);
    return G_SOURCE_REMOVE;
}

static void flush_soon(LiveOnAir *onair)
{
    if (onair->batch == 0)
        onair->batch = g_timeout_add(BATCH_MS, batch_is_over, onair);
}

static gboolean can_write(gint fd, GIOCondition condition, gpointer data)
{
    LiveOnAir *onair = data;
    (void)fd, (void)condition;
    onair->watch = 0;
    flush(onair);
    return G_SOURCE_REMOVE;
}

static void flush(LiveOnAir *onair)
{
    if (onair->writer == NULL || onair->watch != 0)
        return;
    /* ENDED: the child's end comes and says why. */
    if (live_writer_flush(onair->writer) == LIVE_PIPE_WAITS)
        onair->watch = g_unix_fd_add(live_writer_fd(onair->writer), G_IO_OUT, can_write, onair);
}

static void send_settings(LiveOnAir *onair)
{
    json_t *value = json_pack("{s:s, s:i}", "name", onair->name, "delay", (int)onair->delay_ms);
    char *text = json_dumps(value, JSON_COMPACT);
    LiveFrame frame = {
        .type = LIVE_FRAME_SETTINGS, .body = (const guint8 *)text, .length = strlen(text)};
    live_writer_send(onair->writer, &frame, -1);
    free(text);
    json_decref(value);
}

static void push_config(LiveOnAir *onair, LiveStream stream)
{
    LiveFrame frame;
    GBytes *bytes = onair->configs[stream];
    gsize length;
    const guint8 *data = bytes != NULL ? g_bytes_get_data(bytes, &length) : NULL;
    if (data != NULL && live_frame_read(&frame, data, length, NULL))
        live_ring_push(live_writer_ring(onair->writer), bytes, &frame);
}

static gboolean connect_output(gpointer data, int fd)
{
    LiveOnAir *onair = data;
    if (onair->writer == NULL) {
        close(fd);
        start_feed(onair);
        return FALSE;
    }
    LiveFrame frame = {.type = LIVE_FRAME_OUTPUT};
    live_writer_send(onair->writer, &frame, fd);
    flush(onair);
    return TRUE;
}

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
    if (onair->feed != NULL) { /* nobody listens any more */
        child_kill(onair->feed);
        return;
    }
    g_clear_handle_id(&onair->stop_timer, g_source_remove);
    onair->stopped_idle = g_idle_add(say_stopped, onair);
}

static void output_ended(gpointer data)
{
    settle(data);
}

static gboolean kill_all(gpointer data)
{
    LiveOnAir *onair = data;
    onair->stop_timer = 0;
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_kill(onair->outputs->pdata[i]);
    return G_SOURCE_REMOVE;
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
    g_clear_handle_id(&onair->again, g_source_remove);
    onair->stop_timer = g_timeout_add(STOP_MS, kill_all, onair);
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_stop(onair->outputs->pdata[i]);
    settle(onair);
}

/* ---- the feed ---- */

static void feed_line(const json_t *value, gpointer data)
{
    LiveOnAir *onair = data;
    const char *warning = json_string_value(json_object_get(value, "warning"));
    const json_t *frames = json_object_get(value, "frames");
    if (warning != NULL && json_array_size(onair->warnings) < WARNINGS_MAX) {
        g_message("live: %s show=%s", warning, onair->name);
        json_array_append_new(onair->warnings, json_string(warning));
    }
    if (frames != NULL) {
        onair->frames = json_integer_value(frames);
        onair->slates = json_integer_value(json_object_get(value, "slates"));
        onair->slate_ms = json_integer_value(json_object_get(value, "slateMs"));
        onair->is_slate = json_is_true(json_object_get(value, "slate"));
        onair->is_transcoded = json_is_true(json_object_get(value, "transcoded"));
    }
    onair->events.counted(onair->data);
}

static void drop_feed(LiveOnAir *onair)
{
    g_clear_handle_id(&onair->watch, g_source_remove);
    g_clear_handle_id(&onair->batch, g_source_remove);
    g_clear_pointer(&onair->feed, child_free);
    if (onair->writer != NULL)
        onair->dropped_before += (gint64)live_ring_dropped(live_writer_ring(onair->writer));
    g_clear_pointer(&onair->writer, live_writer_free);
}

static gboolean start_again(gpointer data)
{
    LiveOnAir *onair = data;
    onair->again = 0;
    start_feed(onair);
    return G_SOURCE_REMOVE;
}

static void plan_again(LiveOnAir *onair, const char *why)
{
    g_autofree char *text = g_strdup_printf("the feed ended: %s", why);
    g_warning("%s show=%s", text, onair->name);
    onair->feed_restarts++;
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_hold(onair->outputs->pdata[i], text);
    onair->again =
        g_timeout_add(live_backoff_next_ms(&onair->backoff, g_random_double()), start_again, onair);
}

static void feed_ended(const ChildEnd *end, gpointer data)
{
    LiveOnAir *onair = data;
    g_autofree char *why = g_strdup(end->reason);
    drop_feed(onair);
    if (onair->is_stopping)
        settle(onair);
    else
        plan_again(onair, why);
}

static Child *spawn(LiveOnAir *onair, int input, GError **error)
{
    static const ChildEvents events = {feed_line, feed_ended};
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    const char *const command[] = {onair->program, "live", "feed", "--parent", parent, NULL};
    ChildOptions options = {.command = command, .input = input, .extra = -1};
    return child_new(&options, &events, onair, error);
}

static void start_feed(LiveOnAir *onair)
{
    static const LiveRingLimits limits = {RING_BYTES, RING_US};
    g_autoptr(GError) error = NULL;
    int pair[2];
    if (onair->writer != NULL || onair->again != 0 || onair->is_stopping)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        plan_again(onair, g_strerror(errno));
        return;
    }
    onair->writer = live_writer_new(pair[0], &limits);
    onair->feed = spawn(onair, pair[1], &error);
    if (onair->feed == NULL) {
        drop_feed(onair);
        plan_again(onair, error->message);
        return;
    }
    send_settings(onair);
    push_config(onair, LIVE_STREAM_PICTURE);
    push_config(onair, LIVE_STREAM_SOUND);
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_start(onair->outputs->pdata[i]);
    flush(onair);
}

/* ---- frames ---- */

void live_onair_frame(LiveOnAir *onair, GBytes *bytes, const LiveFrame *frame)
{
    if (frame->type == LIVE_FRAME_CONFIG) {
        g_clear_pointer(&onair->configs[frame->stream], g_bytes_unref);
        onair->configs[frame->stream] = g_bytes_ref(bytes);
    }
    if (onair->writer == NULL)
        return;
    live_ring_push(live_writer_ring(onair->writer), bytes, frame);
    flush_soon(onair);
}

void live_onair_restart(LiveOnAir *onair)
{
    if (onair->writer != NULL)
        live_ring_restart(live_writer_ring(onair->writer));
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

static LiveOutput *find(const LiveOnAir *onair, const LiveTarget *target)
{
    for (guint i = 0; i < onair->outputs->len; i++) {
        const LiveTarget *own = live_output_target(onair->outputs->pdata[i]);
        if (own != NULL && live_target_is_same(own, target))
            return onair->outputs->pdata[i];
    }
    return NULL;
}

gboolean live_onair_has(const LiveOnAir *onair, const LiveTarget *target)
{
    if (onair->egress != NULL)
        return live_egress_has(onair->egress, target);
    const LiveOutput *output = find(onair, target);
    return output != NULL && !live_output_is_over(output);
}

guint live_onair_count(const LiveOnAir *onair)
{
    if (onair->egress != NULL)
        return live_egress_count(onair->egress);
    return onair->outputs->len;
}

gboolean live_onair_add(LiveOnAir *onair, LiveTarget *target, GError **error)
{
    if (onair->egress != NULL)
        return live_egress_add(onair->egress, target, error);
    g_autoptr(LiveTarget) owned = target;
    LiveOutput *known = find(onair, target);
    json_t *last = NULL;
    if (known != NULL && !live_output_is_over(known)) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_EXISTS, "%s: this show is on air there already",
                    target->name);
        return FALSE;
    }
    if (known == NULL && onair->outputs->len >= LIVE_DESTINATIONS_MAX) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_INVALID, "destinations: at most %d of one show",
                    LIVE_DESTINATIONS_MAX);
        return FALSE;
    }
    if (known != NULL) { /* one that had failed: again */
        last = live_output_json(known, FALSE);
        live_output_total(known, &onair->gone);
        g_ptr_array_remove(onair->outputs, known);
    }
    LiveOutput *output =
        live_output_new(&onair->owner, g_steal_pointer(&owned),
                        last != NULL ? last : live_output_before(onair->before, target->name));
    json_decref(last);
    g_ptr_array_add(onair->outputs, output);
    if (onair->writer == NULL)
        start_feed(onair);
    else
        live_output_start(output);
    return TRUE;
}

void live_onair_add_failed(LiveOnAir *onair, const char *name, const char *code, const char *why)
{
    if (onair->egress != NULL) {
        live_egress_add_failed(onair->egress, name, code, why);
        return;
    }
    g_ptr_array_add(onair->outputs,
                    live_output_new_failed(&onair->owner, name, code, why,
                                           live_output_before(onair->before, name)));
}

/* ---- life ---- */

static void free_output(gpointer output)
{
    live_output_free(output);
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
    onair->warnings = json_array();
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
                                        data, options->before);
    }
    return onair;
}

void live_onair_free(LiveOnAir *onair)
{
    if (onair == NULL)
        return;
    g_clear_handle_id(&onair->again, g_source_remove);
    g_clear_handle_id(&onair->stop_timer, g_source_remove);
    g_clear_handle_id(&onair->stopped_idle, g_source_remove);
    live_egress_free(onair->egress);
    g_ptr_array_unref(onair->outputs);
    drop_feed(onair);
    for (guint i = 0; i < G_N_ELEMENTS(onair->configs); i++)
        g_clear_pointer(&onair->configs[i], g_bytes_unref);
    json_decref(onair->before);
    json_decref(onair->warnings);
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
    add_counters(totals, &onair->gone);
    totals->restarts += onair->feed_restarts;
    totals->feed_dropped += onair->dropped_before;
    totals->slates += onair->feed != NULL && onair->is_slate ? 1 : 0;
    for (guint i = 0; i < onair->outputs->len; i++)
        live_output_total(onair->outputs->pdata[i], totals);
    if (onair->writer == NULL)
        return;
    const LiveRing *ring = live_writer_ring(onair->writer);
    totals->feed_dropped += (gint64)live_ring_dropped(ring);
    totals->feed_bytes += (gint64)live_ring_bytes(ring);
}

static json_t *report(const LiveOnAir *onair, gboolean is_brief)
{
    if (onair->egress != NULL)
        return live_egress_json(onair->egress, is_brief);
    gint64 dropped = onair->dropped_before;
    json_t *list = json_array();
    guint live = 0;
    if (onair->writer != NULL)
        dropped += (gint64)live_ring_dropped(live_writer_ring(onair->writer));
    for (guint i = 0; i < onair->outputs->len; i++) {
        live += live_output_is_live(onair->outputs->pdata[i]) ? 1 : 0;
        json_array_append_new(list, live_output_json(onair->outputs->pdata[i], is_brief));
    }
    const char *state = onair->end_ms >= 0   ? "ended"
                        : onair->is_stopping ? "ending"
                        : live > 0           ? "live"
                                             : "connecting";
    json_t *value =
        json_pack("{s:i, s:s, s:I, s:o, s:i, s:{s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:O}, s:o}",
                  "version", 1, "state", state, "start", (json_int_t)onair->start_ms, "end",
                  onair->end_ms >= 0 ? json_integer(onair->end_ms) : json_null(), "delay",
                  (int)onair->delay_ms, "program", "frames", (json_int_t)onair->frames, "dropped",
                  (json_int_t)dropped, "slates", (json_int_t)onair->slates, "slateMs",
                  (json_int_t)onair->slate_ms, "restarts", (json_int_t)onair->feed_restarts,
                  "slate", onair->is_slate, "transcoded", onair->is_transcoded, "warnings",
                  onair->warnings, "destinations", list);
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
