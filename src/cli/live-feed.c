/* crosscut live feed: frames of the program on standard input, frames of the stream on the sockets that
 * come along with them, what happens as JSON lines on standard output. One thread, which waits in
 * poll() and nowhere else: who takes nothing loses frames, and nobody else notices. */
#include "live.h"

#include "error.h"
#include "say.h"
#include <live/pipe.h>
#include <media/limits.h>
#include <media/live.h>

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
    OUTPUTS_MAX = 64,
    RING_BYTES = 8 << 20, /* what one sender may be behind */
    RING_US = 6000000,
    STATS_US = 1000000,
};

typedef struct Feed {
    LiveReader *input;
    MediaLive *live;    /* NULL: the settings have not come yet */
    GPtrArray *outputs; /* LiveWriter */
    GBytes *formats[LIVE_STREAM_SOUND + 1];
    gboolean is_over;
    gint64 said_us;
    gboolean said_slate;
} Feed;

/* ---- what it says ---- */

static void say_counts(Feed *feed, gint64 now_us)
{
    if (feed->live == NULL)
        return;
    MediaLiveCounts counts = media_live_counts(feed->live);
    if (now_us - feed->said_us < STATS_US && counts.is_slate == feed->said_slate)
        return;
    feed->said_us = now_us;
    feed->said_slate = counts.is_slate;
    cli_say(json_pack("{s:I, s:I, s:I, s:b, s:b}", "frames", (json_int_t)counts.frames, "slates",
                      (json_int_t)counts.slates, "slateMs", (json_int_t)(counts.slate_us / 1000),
                      "slate", counts.is_slate, "transcoded", counts.is_transcoded));
}

static void on_warning(const char *text, gpointer data)
{
    (void)data;
    cli_say(json_pack("{s:s}", "warning", text));
}

/* ---- the stream out ---- */

static void push_to(LiveWriter *output, GBytes *bytes)
{
    LiveFrame frame;
    gsize length;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    if (live_frame_read(&frame, data, length, NULL))
        live_ring_push(live_writer_ring(output), bytes, &frame);
}

static void push_to_all(Feed *feed, GBytes *bytes)
{
    for (guint i = 0; i < feed->outputs->len; i++)
        push_to(feed->outputs->pdata[i], bytes);
}

static void on_format(const MediaLiveFormat *format, gpointer data)
{
    Feed *feed = data;
    LiveStream stream = format->is_sound ? LIVE_STREAM_SOUND : LIVE_STREAM_PICTURE;
    LiveConfig config = {.width = (guint)format->width,
                         .height = (guint)format->height,
                         .description = format->description,
                         .description_length = format->length};
    g_strlcpy(config.codec, format->is_sound ? "mp4a.40.2" : "avc1", sizeof config.codec);
    g_clear_pointer(&feed->formats[stream], g_bytes_unref);
    feed->formats[stream] = live_config_write(stream, &config);
    push_to_all(feed, feed->formats[stream]);
}

static void on_packet(const MediaLivePacket *packet, gpointer data)
{
    LiveFrame frame = {.type = LIVE_FRAME_PACKET,
                       .stream = packet->is_sound ? LIVE_STREAM_SOUND : LIVE_STREAM_PICTURE,
                       .is_key = packet->is_key,
                       .t_us = packet->t_us,
                       .body = packet->bytes,
                       .length = packet->length};
    if (packet->length > LIVE_FRAME_BYTES_MAX - LIVE_FRAME_HEAD_BYTES)
        return;
    g_autoptr(GBytes) bytes = live_frame_write(&frame);
    push_to_all(data, bytes);
}

static void add_output(Feed *feed, int fd)
{
    static const LiveRingLimits limits = {RING_BYTES, RING_US};
    if (fd < 0)
        return;
    if (feed->outputs->len >= OUTPUTS_MAX) {
        close(fd);
        return;
    }
    LiveWriter *output = live_writer_new(fd, &limits);
    for (guint stream = 0; stream < G_N_ELEMENTS(feed->formats); stream++)
        if (feed->formats[stream] != NULL)
            push_to(output, feed->formats[stream]);
    g_ptr_array_add(feed->outputs, output);
}

static void flush_outputs(Feed *feed)
{
    for (guint i = feed->outputs->len; i-- > 0;)
        if (live_writer_flush(feed->outputs->pdata[i]) == LIVE_PIPE_ENDED)
            g_ptr_array_remove_index(feed->outputs, i);
}

/* ---- the program in ---- */

static gboolean take_settings(Feed *feed, const LiveFrame *frame, gint64 now_us, GError **error)
{
    json_t *value =
        json_loadb((const char *)frame->body, frame->length, JSON_REJECT_DUPLICATES, NULL);
    const char *name = json_string_value(json_object_get(value, "name"));
    MediaLiveOptions options = {
        .name = name != NULL ? name : "",
        .delay_us = json_integer_value(json_object_get(value, "delay")) * 1000,
    };
    MediaLiveEvents events = {on_format, on_packet, on_warning, feed};
    if (feed->live == NULL)
        feed->live = media_live_new(&options, &events, now_us, error);
    json_decref(value);
    return feed->live != NULL;
}

/* What cannot go live is said, and the slate is shown: the show itself goes on. */
static void take_config(Feed *feed, const LiveFrame *frame)
{
    g_autoptr(GError) error = NULL;
    LiveConfig config;
    if (!live_config_read(&config, frame, NULL))
        return;
    MediaLiveInput input = {.codec = config.codec,
                            .width = (int)config.width,
                            .height = (int)config.height,
                            .rate = config.rate_centi / 100.0,
                            .description = config.description,
                            .length = config.description_length};
    if (!media_live_format(feed->live, frame->stream == LIVE_STREAM_SOUND, &input, &error))
        on_warning(error->message, NULL);
}

static gboolean take_frame(Feed *feed, const LiveFrame *frame, gint64 now_us, GError **error)
{
    MediaLivePacket packet = {.is_sound = frame->stream == LIVE_STREAM_SOUND,
                              .is_key = frame->is_key,
                              .t_us = frame->t_us,
                              .bytes = frame->body,
                              .length = frame->length};
    switch (frame->type) {
    case LIVE_FRAME_SETTINGS:
        return take_settings(feed, frame, now_us, error);
    case LIVE_FRAME_OUTPUT:
        add_output(feed, live_reader_take_fd(feed->input));
        return TRUE;
    case LIVE_FRAME_CONFIG:
        if (feed->live != NULL)
            take_config(feed, frame);
        return TRUE;
    case LIVE_FRAME_PACKET:
        return feed->live == NULL || media_live_push(feed->live, &packet, now_us, error);
    case LIVE_FRAME_END:
        feed->is_over = TRUE;
        return TRUE;
    default:
        return TRUE;
    }
}

static gboolean take_input(Feed *feed, gint64 now_us, GError **error)
{
    LivePipe state = live_reader_fill(feed->input);
    GError *wrong = NULL;
    LiveFrame frame;
    GBytes *bytes;
    while ((bytes = live_reader_next(feed->input, &frame, &wrong)) != NULL) {
        gboolean is_good = take_frame(feed, &frame, now_us, error);
        g_bytes_unref(bytes);
        if (!is_good)
            return FALSE;
    }
    feed->is_over |= state == LIVE_PIPE_ENDED;
    if (wrong != NULL)
        g_propagate_error(error, wrong);
    return wrong == NULL;
}

/* ---- the loop ---- */

static void wait_for_something(Feed *feed, gint64 until_us)
{
    struct pollfd fds[1 + OUTPUTS_MAX];
    gint64 wait_ms = (until_us - g_get_monotonic_time() + 999) / 1000;
    fds[0] = (struct pollfd){.fd = live_reader_fd(feed->input), .events = POLLIN};
    for (guint i = 0; i < feed->outputs->len; i++) {
        LiveWriter *output = feed->outputs->pdata[i];
        gboolean waits = live_writer_flush(output) == LIVE_PIPE_WAITS;
        fds[1 + i] =
            (struct pollfd){.fd = live_writer_fd(output), .events = (short)(waits ? POLLOUT : 0)};
    }
    poll(fds, 1 + feed->outputs->len, (int)CLAMP(wait_ms, 0, 1000));
}

static gboolean turn(Feed *feed, GError **error)
{
    gint64 now_us = g_get_monotonic_time(), next_us = now_us + STATS_US;
    if (!take_input(feed, now_us, error))
        return FALSE;
    if (feed->live != NULL && !media_live_advance(feed->live, now_us, &next_us, error))
        return FALSE;
    flush_outputs(feed);
    say_counts(feed, now_us);
    if (!feed->is_over)
        wait_for_something(feed, next_us);
    return TRUE;
}

static void free_output(gpointer output)
{
    live_writer_free(output);
}

int cli_live_feed(GError **error)
{
    Feed feed = {.input = live_reader_new(dup(STDIN_FILENO)),
                 .outputs = g_ptr_array_new_with_free_func(free_output)};
    gboolean is_good = TRUE;
    media_limit_process(1);
    while (is_good && !feed.is_over)
        is_good = turn(&feed, error);
    g_ptr_array_unref(feed.outputs);
    media_live_free(feed.live);
    live_reader_free(feed.input);
    for (guint i = 0; i < G_N_ELEMENTS(feed.formats); i++)
        g_clear_pointer(&feed.formats[i], g_bytes_unref);
    return is_good ? CLI_EXIT_GOOD : CLI_EXIT_FAILED;
}
