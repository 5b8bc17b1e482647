/* crosscut live send: one destination. Standard input has its address and key, on one line, and ends
 * when the stream is to end; descriptor 3 has the stream; what happens is said as JSON lines.
 * Two threads: "send" waits for the network, the main one for everything else. */
#include "live.h"

#include "error.h"
#include "say.h"
#include <live/backoff.h>
#include <live/pipe.h>
#include <live/target.h>
#include <media/limits.h>
#include <media/live-send.h>

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    STREAM_FD = 3,
    SETTINGS_BYTES_MAX = 8192,
    RING_BYTES = 12 << 20, /* what waits for a destination that is slow */
    RING_US = 8000000,
    STATS_US = 1000000,
    GRACE_MS = 2500,    /* for the end of the stream */
    WELL_US = 30000000, /* live for so long: the back-off begins anew */
    REFUSALS_MAX = 6,   /* of one that never was live: then it has failed */
    EXIT_FAILED = 3,    /* trying again would be the same */
    EXIT_ORPHAN = 4,    /* the feed has gone */
    BUSY_SAMPLES = 10,  /* seconds over which a platform's limit counts */
};

typedef struct Counters {
    gint64 bytes, frames, reconnects, sent_us; /* the stream's time of the newest packet */
} Counters;

typedef struct Sender {
    MediaSend *send;
    LiveReader *stream;
    const LivePlatform *platform;
    /* the lock guards what follows */
    GMutex lock;
    GCond news;
    LiveRing *ring;
    gint64 newest_us;
    gboolean is_over, has_failed;
    Counters counters;
    /* of the thread "send" */
    LiveBackoff backoff;
    guint refusals, was_live;
    /* of the main thread */
    gint64 said_us, said_bytes;
    guint busy;
    gboolean warned;
} Sender;

/* ---- what it says ---- */

static void say_state(const char *state)
{
    cli_say(json_pack("{s:s}", "state", state));
}

static void say_trouble(const char *state, const GError *why, guint wait_ms)
{
    cli_say(json_pack("{s:s, s:s, s:s, s:i}", "state", state, "code", media_send_error_name(why),
                      "why", why->message, "wait", (int)wait_ms));
}

/* A platform that gets more than it takes drops what it likes. */
static void watch_rate(Sender *sender, gint64 kbps)
{
    if (sender->platform == NULL || sender->warned)
        return;
    sender->busy = kbps > sender->platform->kbps_max ? sender->busy + 1 : 0;
    if (sender->busy < BUSY_SAMPLES)
        return;
    sender->warned = TRUE;
    g_autofree char *text =
        g_strdup_printf("%s takes %u kbit/s at most, and this stream has %" G_GINT64_FORMAT,
                        sender->platform->name, sender->platform->kbps_max, kbps);
    cli_say(json_pack("{s:s}", "warning", text));
}

static void say_counters(Sender *sender)
{
    gint64 now_us = g_get_monotonic_time(), passed_us = now_us - sender->said_us;
    if (passed_us < STATS_US)
        return;
    g_mutex_lock(&sender->lock);
    Counters counters = sender->counters;
    gint64 dropped = (gint64)live_ring_dropped(sender->ring);
    gint64 queued_us = MAX(sender->newest_us - counters.sent_us, 0);
    g_mutex_unlock(&sender->lock);
    gint64 kbps = (counters.bytes - sender->said_bytes) * 8000 / passed_us;
    sender->said_us = now_us;
    sender->said_bytes = counters.bytes;
    watch_rate(sender, kbps);
    cli_say(json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "bytes", (json_int_t)counters.bytes,
                      "frames", (json_int_t)counters.frames, "reconnects",
                      (json_int_t)counters.reconnects, "dropped", (json_int_t)dropped, "kbps",
                      (json_int_t)kbps, "queued",
                      (json_int_t)(counters.frames > 0 ? queued_us / 1000 : 0)));
}

/* ---- the thread "send": publishing ---- */

static gboolean is_over(Sender *sender)
{
    g_mutex_lock(&sender->lock);
    gboolean over = sender->is_over;
    g_mutex_unlock(&sender->lock);
    return over;
}

/* The next frame of the stream; NULL: it is over. */
static GBytes *wait_for_frame(Sender *sender)
{
    g_mutex_lock(&sender->lock);
    while (!sender->is_over && live_ring_is_empty(sender->ring))
        g_cond_wait(&sender->news, &sender->lock);
    GBytes *bytes = live_ring_take(sender->ring);
    g_mutex_unlock(&sender->lock);
    return bytes;
}

static void take_format(Sender *sender, const LiveFrame *frame)
{
    LiveConfig config;
    if (!live_config_read(&config, frame, NULL))
        return;
    MediaLiveFormat format = {.is_sound = frame->stream == LIVE_STREAM_SOUND,
                              .width = (int)config.width,
                              .height = (int)config.height,
                              .description = config.description,
                              .length = config.description_length};
    media_send_format(sender->send, &format);
}

static void count(Sender *sender, const LiveFrame *frame)
{
    g_mutex_lock(&sender->lock);
    sender->counters.bytes += (gint64)frame->length;
    sender->counters.frames += frame->stream == LIVE_STREAM_PICTURE ? 1 : 0;
    sender->counters.sent_us = frame->t_us;
    g_mutex_unlock(&sender->lock);
}

static gboolean send_frame(Sender *sender, const LiveFrame *frame, GError **error)
{
    MediaLivePacket packet = {.is_sound = frame->stream == LIVE_STREAM_SOUND,
                              .is_key = frame->is_key,
                              .t_us = frame->t_us,
                              .bytes = frame->body,
                              .length = frame->length};
    if (frame->type == LIVE_FRAME_CONFIG)
        take_format(sender, frame);
    if (frame->type != LIVE_FRAME_PACKET)
        return TRUE;
    if (!media_send_packet(sender->send, &packet, error))
        return FALSE;
    count(sender, frame);
    return TRUE;
}

/* Both formats have to be known before anything is connected. */
static void wait_for_formats(Sender *sender)
{
    while (!media_send_has_formats(sender->send)) {
        LiveFrame frame;
        gsize length;
        g_autoptr(GBytes) bytes = wait_for_frame(sender);
        if (bytes == NULL)
            return;
        const guint8 *data = g_bytes_get_data(bytes, &length);
        if (live_frame_read(&frame, data, length, NULL) && frame.type == LIVE_FRAME_CONFIG)
            take_format(sender, &frame);
    }
}

/* From a keyframe on until something fails, or all of it was sent. */
static void publish(Sender *sender, GError **error)
{
    gboolean is_begun = FALSE;
    g_mutex_lock(&sender->lock);
    live_ring_restart(sender->ring);
    g_mutex_unlock(&sender->lock);
    for (;;) {
        LiveFrame frame;
        gsize length;
        g_autoptr(GBytes) bytes = wait_for_frame(sender);
        if (bytes == NULL)
            return;
        const guint8 *data = g_bytes_get_data(bytes, &length);
        if (!live_frame_read(&frame, data, length, NULL))
            continue;
        /* Sound alone would be the first that a platform sees. */
        is_begun |= frame.type == LIVE_FRAME_PACKET && frame.stream == LIVE_STREAM_PICTURE;
        if ((is_begun || frame.type == LIVE_FRAME_CONFIG) && !send_frame(sender, &frame, error))
            return;
    }
}

static void go_live(Sender *sender, GError **error)
{
    gint64 began_us = g_get_monotonic_time();
    say_state("connecting");
    if (!media_send_connect(sender->send, error))
        return;
    g_mutex_lock(&sender->lock);
    sender->counters.reconnects += sender->was_live > 0 ? 1 : 0;
    g_mutex_unlock(&sender->lock);
    sender->was_live++;
    sender->refusals = 0;
    say_state("live");
    publish(sender, error);
    media_send_disconnect(sender->send);
    if (g_get_monotonic_time() - began_us > WELL_US)
        live_backoff_reset(&sender->backoff);
}

static gboolean is_hopeless(Sender *sender, const GError *why)
{
    if (g_error_matches(why, MEDIA_SEND_ERROR, MEDIA_SEND_ERROR_PRIVATE))
        return TRUE;
    gboolean is_refused = g_error_matches(why, MEDIA_SEND_ERROR, MEDIA_SEND_ERROR_REFUSED) ||
                          g_error_matches(why, MEDIA_SEND_ERROR, MEDIA_SEND_ERROR_TLS);
    sender->refusals = is_refused ? sender->refusals + 1 : 0;
    return sender->was_live == 0 && sender->refusals >= REFUSALS_MAX;
}

static void wait_to_try_again(Sender *sender, guint wait_ms)
{
    gint64 until_us = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    g_mutex_lock(&sender->lock);
    while (!sender->is_over && g_get_monotonic_time() < until_us)
        g_cond_wait_until(&sender->news, &sender->lock, until_us);
    g_mutex_unlock(&sender->lock);
}

static gpointer send_stream(gpointer data)
{
    Sender *sender = data;
    wait_for_formats(sender);
    while (!is_over(sender)) {
        g_autoptr(GError) why = NULL;
        go_live(sender, &why);
        if (why == NULL || is_over(sender))
            continue;
        if (is_hopeless(sender, why)) {
            say_trouble("failed", why, 0);
            g_mutex_lock(&sender->lock);
            sender->has_failed = sender->is_over = TRUE;
            g_mutex_unlock(&sender->lock);
            return NULL;
        }
        guint wait_ms = live_backoff_next_ms(&sender->backoff, g_random_double());
        say_trouble("retrying", why, wait_ms);
        wait_to_try_again(sender, wait_ms);
    }
    return NULL;
}

/* ---- the main thread: everything else ---- */

/* FALSE: the feed has gone. */
static gboolean take_stream(Sender *sender)
{
    LivePipe state = live_reader_fill(sender->stream);
    LiveFrame frame;
    GBytes *bytes;
    g_mutex_lock(&sender->lock); /* once for all that came: so the thread is woken once */
    while ((bytes = live_reader_next(sender->stream, &frame, NULL)) != NULL) {
        live_ring_push(sender->ring, bytes, &frame);
        sender->newest_us = frame.type == LIVE_FRAME_PACKET ? frame.t_us : sender->newest_us;
        g_bytes_unref(bytes);
    }
    g_cond_signal(&sender->news);
    g_mutex_unlock(&sender->lock);
    return state != LIVE_PIPE_ENDED;
}

static void end_it(Sender *sender)
{
    media_send_stop(sender->send, GRACE_MS);
    g_mutex_lock(&sender->lock);
    sender->is_over = TRUE;
    g_cond_broadcast(&sender->news);
    g_mutex_unlock(&sender->lock);
}

/* TRUE: the studio has closed it, which ends the stream. */
static gboolean input_has_ended(const struct pollfd *input)
{
    char byte;
    return (input->revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
           read(STDIN_FILENO, &byte, 1) == 0;
}

static int watch(Sender *sender)
{
    while (!is_over(sender)) {
        struct pollfd fds[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                               {.fd = live_reader_fd(sender->stream), .events = POLLIN}};
        poll(fds, G_N_ELEMENTS(fds), 500);
        if (input_has_ended(&fds[0]))
            return CLI_EXIT_GOOD;
        if (fds[1].revents != 0 && !take_stream(sender))
            return EXIT_ORPHAN;
        say_counters(sender);
    }
    return EXIT_FAILED;
}

/* ---- its settings ---- */

/* One line, and not a byte more: what follows is the end. */
static json_t *read_settings(GError **error)
{
    char line[SETTINGS_BYTES_MAX];
    gsize length = 0;
    while (length < sizeof line && read(STDIN_FILENO, line + length, 1) == 1 &&
           line[length] != '\n')
        length++;
    json_t *value = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
    explicit_bzero(line, sizeof line);
    if (!json_is_string(json_object_get(value, "url")) ||
        !json_is_string(json_object_get(value, "host"))) {
        g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE,
                            "live send: no settings on standard input; the studio starts it");
        json_decref(value);
        return NULL;
    }
    return value;
}

static gboolean is_public(const struct sockaddr *address)
{
    return !live_address_is_private(address);
}

static MediaSendTarget target_of(const json_t *settings, const char *ca_file)
{
    return (MediaSendTarget){
        .url = json_string_value(json_object_get(settings, "url")),
        .host = json_string_value(json_object_get(settings, "host")),
        .port = (guint16)json_integer_value(json_object_get(settings, "port")),
        .is_tls = json_is_true(json_object_get(settings, "tls")),
        .ca_file = ca_file,
        .may = json_is_true(json_object_get(settings, "private")) ? NULL : is_public,
    };
}

static int run_sender(Sender *sender)
{
    GThread *thread = g_thread_new("send", send_stream, sender);
    int status = watch(sender);
    end_it(sender);
    g_thread_join(thread);
    sender->said_us = 0;
    say_counters(sender);
    if (status == CLI_EXIT_GOOD && sender->has_failed)
        status = EXIT_FAILED;
    return status;
}

int cli_live_send(const char *ca_file, GError **error)
{
    static const LiveRingLimits limits = {RING_BYTES, RING_US};
    json_t *settings = read_settings(error);
    if (settings == NULL)
        return CLI_EXIT_USAGE;
    media_limit_process(1);
    MediaSendTarget target = target_of(settings, ca_file);
    Sender sender = {.send = media_send_new(&target),
                     .stream = live_reader_new(STREAM_FD),
                     .platform = live_platform_of(target.host),
                     .ring = live_ring_new(&limits)};
    g_mutex_init(&sender.lock);
    g_cond_init(&sender.news);
    int status = run_sender(&sender);
    media_send_free(sender.send);
    live_reader_free(sender.stream);
    live_ring_free(sender.ring);
    g_mutex_clear(&sender.lock);
    g_cond_clear(&sender.news);
    json_decref(settings);
    return status;
}
