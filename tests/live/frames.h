/* Frames for tests. */
#pragma once
#include <live/frame.h>
#include <live/ring.h>

static inline GBytes *make_packet(LiveStream stream, gboolean is_key, gint64 t_us, gsize length)
{
    g_autofree guint8 *body = g_malloc0(length);
    LiveFrame frame = {.type = LIVE_FRAME_PACKET,
                       .stream = stream,
                       .is_key = is_key,
                       .t_us = t_us,
                       .body = body,
                       .length = length};
    return live_frame_write(&frame);
}

static inline void push_bytes(LiveRing *ring, GBytes *taken)
{
    LiveFrame frame;
    gsize length;
    const guint8 *bytes = g_bytes_get_data(taken, &length);
    g_assert_true(live_frame_read(&frame, bytes, length, NULL));
    live_ring_push(ring, taken, &frame);
    g_bytes_unref(taken);
}

static inline void push_packet_of(LiveRing *ring, LiveStream stream, gboolean is_key, gint64 t_us)
{
    push_bytes(ring, make_packet(stream, is_key, t_us, 100));
}

static inline GBytes *make_config(LiveStream stream, guint width)
{
    LiveConfig config = {.codec = "avc1.42001f",
                         .width = width,
                         .height = 360,
                         .rate_centi = 2997,
                         .description = (const guint8 *)"abc",
                         .description_length = 3};
    return live_config_write(stream, &config);
}

/* "C" a configuration, "K" a keyframe, "p" another picture, "s" sound; time in ms behind it. */
static inline char *take_all(LiveRing *ring)
{
    GString *text = g_string_new(NULL);
    GBytes *bytes;
    while ((bytes = live_ring_take(ring)) != NULL) {
        LiveFrame frame;
        gsize length;
        const guint8 *data = g_bytes_get_data(bytes, &length);
        g_assert_true(live_frame_read(&frame, data, length, NULL));
        if (frame.type == LIVE_FRAME_CONFIG)
            g_string_append(text, "C ");
        else
            g_string_append_printf(text, "%c%d ",
                                   frame.stream == LIVE_STREAM_SOUND ? 's'
                                   : frame.is_key                    ? 'K'
                                                                     : 'p',
                                   (int)(frame.t_us / 1000));
        g_bytes_unref(bytes);
    }
    return g_string_free(text, FALSE);
}
