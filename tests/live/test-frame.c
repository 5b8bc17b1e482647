/* The format of frames: what is written is read, and nothing else is. */
#include "frames.h"

#include <string.h>

static void test_a_packet_is_read_as_it_was_written(void)
{
    LiveFrame in = {.type = LIVE_FRAME_PACKET,
                    .stream = LIVE_STREAM_SOUND,
                    .is_key = TRUE,
                    .duration_us = 20000,
                    .t_us = G_GINT64_CONSTANT(12345678901234),
                    .body = (const guint8 *)"hello",
                    .length = 5};
    LiveFrame out;
    gsize length;
    g_autoptr(GBytes) bytes = live_frame_write(&in);
    const guint8 *data = g_bytes_get_data(bytes, &length);
    g_assert_cmpuint(length, ==, LIVE_FRAME_HEAD_BYTES + 5);
    g_assert_true(live_frame_read(&out, data, length, NULL));
    g_assert_cmpint(out.t_us, ==, in.t_us);
    g_assert_cmpuint(out.duration_us, ==, in.duration_us);
    g_assert_true(out.is_key && out.stream == in.stream && out.type == in.type);
    g_assert_cmpmem(out.body, out.length, "hello", 5);
}

static void test_a_configuration_is_read_as_it_was_written(void)
{
    LiveFrame frame;
    LiveConfig config;
    gsize length;
    g_autoptr(GBytes) bytes = make_config(LIVE_STREAM_PICTURE, 640);
    const guint8 *data = g_bytes_get_data(bytes, &length);
    g_assert_true(live_frame_read(&frame, data, length, NULL));
    g_assert_true(live_config_read(&config, &frame, NULL));
    g_assert_cmpstr(config.codec, ==, "avc1.42001f");
    g_assert_cmpuint(config.width, ==, 640);
    g_assert_cmpuint(config.height, ==, 360);
    g_assert_cmpuint(config.rate_centi, ==, 2997);
    g_assert_cmpmem(config.description, config.description_length, "abc", 3);
}

/* Byte `at` of a good packet is `value`: not a frame. */
static void refuse_byte(gsize at, guint8 value)
{
    g_autoptr(GError) error = NULL;
    LiveFrame frame;
    gsize length;
    g_autoptr(GBytes) good = make_packet(LIVE_STREAM_PICTURE, TRUE, 1, 8);
    const guint8 *data = g_bytes_get_data(good, &length);
    g_autofree guint8 *bytes = g_memdup2(data, length);
    bytes[at] = value;
    g_assert_false(live_frame_read(&frame, bytes, length, &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_FORMAT);
}

static void test_what_is_no_frame_of_a_client_is_refused(void)
{
    refuse_byte(0, 0);
    refuse_byte(0, 2);
    refuse_byte(1, 0);
    refuse_byte(1, 3);
    refuse_byte(1, LIVE_FRAME_SETTINGS); /* ours, and not a client's to send */
    refuse_byte(1, LIVE_FRAME_OUTPUT);
    refuse_byte(1, LIVE_FRAME_END);
    refuse_byte(3, 0);
    refuse_byte(3, 3);
    refuse_byte(8, 0x80); /* before the show */
    refuse_byte(8, 0x7f); /* in a thousand years */
}

static void test_every_cut_of_a_frame_is_refused_or_whole(void)
{
    gsize length;
    g_autoptr(GBytes) config = make_config(LIVE_STREAM_PICTURE, 640);
    const guint8 *data = g_bytes_get_data(config, &length);
    for (gsize n = 0; n < length; n++) {
        g_autofree guint8 *cut = g_memdup2(data, MAX(n, 1));
        LiveFrame frame;
        gboolean is_read = live_frame_read(&frame, cut, n, NULL);
        g_assert_true(is_read == (n >= length - 3)); /* of its description alone may be missing */
    }
}

static void test_pictures_have_a_size(void)
{
    LiveFrame frame;
    gsize length;
    g_autoptr(GBytes) none = make_config(LIVE_STREAM_PICTURE, 0);
    g_autoptr(GBytes) huge = make_config(LIVE_STREAM_PICTURE, 9000);
    g_autoptr(GBytes) sound = make_config(LIVE_STREAM_SOUND, 0);
    const guint8 *data = g_bytes_get_data(none, &length);
    g_assert_false(live_frame_read(&frame, data, length, NULL));
    data = g_bytes_get_data(huge, &length);
    g_assert_false(live_frame_read(&frame, data, length, NULL));
    data = g_bytes_get_data(sound, &length);
    g_assert_true(live_frame_read(&frame, data, length, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/frame/a-packet-is-read-as-it-was-written",
                    test_a_packet_is_read_as_it_was_written);
    g_test_add_func("/live/frame/a-configuration-is-read-as-it-was-written",
                    test_a_configuration_is_read_as_it_was_written);
    g_test_add_func("/live/frame/what-is-no-frame-of-a-client-is-refused",
                    test_what_is_no_frame_of_a_client_is_refused);
    g_test_add_func("/live/frame/every-cut-is-refused-or-whole",
                    test_every_cut_of_a_frame_is_refused_or_whole);
    g_test_add_func("/live/frame/pictures-have-a-size", test_pictures_have_a_size);
    return g_test_run();
}
