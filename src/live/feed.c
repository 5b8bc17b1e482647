/* The feed. What always holds: one that is new gets the settings, then the configurations, then a
 * keyframe; what it does not take is lost, up to the next keyframe, and holds up nobody. */
#include "feed-private.h"

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
    BATCH_MS = 30, /* frames go to the feed together: a wake-up costs more than a frame */
    WARNINGS_MAX = 16,
};

struct LiveFeed {
    LiveFeedOwner owner;
    Child *child;
    LiveWriter *writer;
    guint watch; /* of the writer's socket, while it takes no more */
    guint batch; /* timer: what has been pushed is written */
    guint again; /* timer: the feed is started again */
    LiveBackoff backoff;
    GBytes *configs[LIVE_STREAM_SOUND + 1];
    gboolean is_stopping;
    /* the report */
    LiveFeedCounts counts;
    gint64 dropped_before; /* by those that have ended */
};

/* ---- writing to it ---- */

static void flush(LiveFeed *feed);

static gboolean batch_is_over(gpointer data)
{
    LiveFeed *feed = data;
    feed->batch = 0;
    flush(feed);
    return G_SOURCE_REMOVE;
}

static void flush_soon(LiveFeed *feed)
{
    if (feed->batch == 0)
        feed->batch = g_timeout_add(BATCH_MS, batch_is_over, feed);
}

static gboolean can_write(gint fd, GIOCondition condition, gpointer data)
{
    LiveFeed *feed = data;
    (void)fd, (void)condition;
    feed->watch = 0;
    flush(feed);
    return G_SOURCE_REMOVE;
}

static void flush(LiveFeed *feed)
{
    if (feed->writer == NULL || feed->watch != 0)
        return;
    /* ENDED: the child's end comes and says why. */
    if (live_writer_flush(feed->writer) == LIVE_PIPE_WAITS)
        feed->watch = g_unix_fd_add(live_writer_fd(feed->writer), G_IO_OUT, can_write, feed);
}

static void send_settings(LiveFeed *feed)
{
    json_t *value =
        json_pack("{s:s, s:i}", "name", feed->owner.name, "delay", (int)feed->owner.delay_ms);
    char *text = json_dumps(value, JSON_COMPACT);
    LiveFrame frame = {
        .type = LIVE_FRAME_SETTINGS, .body = (const guint8 *)text, .length = strlen(text)};
    live_writer_send(feed->writer, &frame, -1);
    free(text);
    json_decref(value);
}

static void push_config(LiveFeed *feed, LiveStream stream)
{
    LiveFrame frame;
    GBytes *bytes = feed->configs[stream];
    gsize length;
    const guint8 *data = bytes != NULL ? g_bytes_get_data(bytes, &length) : NULL;
    if (data != NULL && live_frame_read(&frame, data, length, NULL))
        live_ring_push(live_writer_ring(feed->writer), bytes, &frame);
}

gboolean live_feed_connect(LiveFeed *feed, int fd)
{
    if (feed->writer == NULL) {
        close(fd);
        live_feed_start(feed);
        return FALSE;
    }
    LiveFrame frame = {.type = LIVE_FRAME_OUTPUT};
    live_writer_send(feed->writer, &frame, fd);
    flush(feed);
    return TRUE;
}

void live_feed_frame(LiveFeed *feed, GBytes *bytes, const LiveFrame *frame)
{
    if (frame->type == LIVE_FRAME_CONFIG) {
        g_clear_pointer(&feed->configs[frame->stream], g_bytes_unref);
        feed->configs[frame->stream] = g_bytes_ref(bytes);
    }
    if (feed->writer == NULL)
        return;
    live_ring_push(live_writer_ring(feed->writer), bytes, frame);
    flush_soon(feed);
}

void live_feed_restart(LiveFeed *feed)
{
    if (feed->writer != NULL)
        live_ring_restart(live_writer_ring(feed->writer));
}

/* ---- what it says ---- */

static void take_line(const json_t *value, gpointer data)
{
    LiveFeed *feed = data;
    LiveFeedCounts *counts = &feed->counts;
    const char *warning = json_string_value(json_object_get(value, "warning"));
    const json_t *frames = json_object_get(value, "frames");
    if (warning != NULL && json_array_size(counts->warnings) < WARNINGS_MAX) {
        g_message("live: %s show=%s", warning, feed->owner.name);
        json_array_append_new(counts->warnings, json_string(warning));
    }
    if (frames != NULL) {
        counts->frames = json_integer_value(frames);
        counts->slates = json_integer_value(json_object_get(value, "slates"));
        counts->slate_ms = json_integer_value(json_object_get(value, "slateMs"));
        counts->is_slate = json_is_true(json_object_get(value, "slate"));
        counts->is_transcoded = json_is_true(json_object_get(value, "transcoded"));
    }
    feed->owner.counted(feed->owner.onair);
}

LiveFeedCounts live_feed_counts(const LiveFeed *feed)
{
    LiveFeedCounts counts = feed->counts;
    counts.dropped = feed->dropped_before;
    if (feed->writer == NULL)
        return counts;
    const LiveRing *ring = live_writer_ring(feed->writer);
    counts.dropped += (gint64)live_ring_dropped(ring);
    counts.waiting_bytes = (gint64)live_ring_bytes(ring);
    return counts;
}

/* ---- its process ---- */

static void drop(LiveFeed *feed)
{
    g_clear_handle_id(&feed->watch, g_source_remove);
    g_clear_handle_id(&feed->batch, g_source_remove);
    g_clear_pointer(&feed->child, child_free);
    if (feed->writer != NULL)
        feed->dropped_before += (gint64)live_ring_dropped(live_writer_ring(feed->writer));
    g_clear_pointer(&feed->writer, live_writer_free);
}

static gboolean start_again(gpointer data)
{
    LiveFeed *feed = data;
    feed->again = 0;
    live_feed_start(feed);
    return G_SOURCE_REMOVE;
}

static void plan_again(LiveFeed *feed, const char *why)
{
    g_autofree char *text = g_strdup_printf("the feed ended: %s", why);
    g_warning("%s show=%s", text, feed->owner.name);
    feed->counts.restarts++;
    feed->again =
        g_timeout_add(live_backoff_next_ms(&feed->backoff, g_random_double()), start_again, feed);
    feed->owner.lost(text, feed->owner.onair);
}

static void was_ended(const ChildEnd *end, gpointer data)
{
    LiveFeed *feed = data;
    g_autofree char *why = g_strdup(end->reason);
    drop(feed);
    if (feed->is_stopping)
        feed->owner.ended(feed->owner.onair);
    else
        plan_again(feed, why);
}

static Child *spawn(LiveFeed *feed, int input, GError **error)
{
    static const ChildEvents events = {take_line, was_ended};
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    const char *const command[] = {feed->owner.program, "live", "feed", "--parent", parent, NULL};
    ChildOptions options = {.command = command, .input = input, .extra = -1};
    return child_new(&options, &events, feed, error);
}

void live_feed_start(LiveFeed *feed)
{
    static const LiveRingLimits limits = {RING_BYTES, RING_US};
    g_autoptr(GError) error = NULL;
    int pair[2];
    if (feed->writer != NULL || feed->again != 0 || feed->is_stopping)
        return;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        plan_again(feed, g_strerror(errno));
        return;
    }
    feed->writer = live_writer_new(pair[0], &limits);
    feed->child = spawn(feed, pair[1], &error);
    if (feed->child == NULL) {
        drop(feed);
        plan_again(feed, error->message);
        return;
    }
    send_settings(feed);
    push_config(feed, LIVE_STREAM_PICTURE);
    push_config(feed, LIVE_STREAM_SOUND);
    feed->owner.began(feed->owner.onair);
    flush(feed);
}

gboolean live_feed_is_running(const LiveFeed *feed)
{
    return feed->child != NULL;
}

void live_feed_stop(LiveFeed *feed)
{
    feed->is_stopping = TRUE;
    g_clear_handle_id(&feed->again, g_source_remove);
}

void live_feed_kill(LiveFeed *feed)
{
    if (feed->child != NULL)
        child_kill(feed->child);
}

/* ---- life ---- */

LiveFeed *live_feed_new(const LiveFeedOwner *owner)
{
    LiveFeed *feed = g_new0(LiveFeed, 1);
    feed->owner = *owner;
    feed->counts.warnings = json_array();
    return feed;
}

void live_feed_free(LiveFeed *feed)
{
    if (feed == NULL)
        return;
    g_clear_handle_id(&feed->again, g_source_remove);
    drop(feed);
    for (guint i = 0; i < G_N_ELEMENTS(feed->configs); i++)
        g_clear_pointer(&feed->configs[i], g_bytes_unref);
    json_decref(feed->counts.warnings);
    g_free(feed);
}
