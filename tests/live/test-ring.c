/* The ring: who is slow loses up to the next keyframe, and nobody else waits. */
#include "frames.h"

static const LiveRingLimits roomy = {1 << 20, 10 * G_USEC_PER_SEC};

static void expect(LiveRing *ring, const char *wanted)
{
    g_autofree char *found = take_all(ring);
    g_assert_cmpstr(found, ==, wanted);
}

static void test_frames_come_out_in_their_order(void)
{
    g_autoptr(LiveRing) ring = live_ring_new(&roomy);
    push_bytes(ring, make_config(LIVE_STREAM_PICTURE, 640));
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 0);
    push_packet_of(ring, LIVE_STREAM_SOUND, TRUE, 10000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 40000);
    expect(ring, "C K0 s10 p40 ");
    g_assert_true(live_ring_is_empty(ring));
    g_assert_cmpuint(live_ring_bytes(ring), ==, 0);
    g_assert_cmpuint(live_ring_dropped(ring), ==, 0);
}

static void test_the_first_picture_is_a_keyframe(void)
{
    g_autoptr(LiveRing) ring = live_ring_new(&roomy);
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 0);
    push_packet_of(ring, LIVE_STREAM_SOUND, TRUE, 10000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 40000);
    expect(ring, "s10 K40 ");
    g_assert_cmpuint(live_ring_dropped(ring), ==, 0); /* it was never there to be lost */
}

static void test_too_many_bytes_lose_up_to_the_next_keyframe(void)
{
    LiveRingLimits limits = {500, 10 * G_USEC_PER_SEC};
    g_autoptr(LiveRing) ring = live_ring_new(&limits);
    push_bytes(ring, make_config(LIVE_STREAM_PICTURE, 640));
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 0);
    for (int i = 1; i < 5; i++)
        push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 40000 * i);
    push_packet_of(ring, LIVE_STREAM_SOUND, TRUE, 170000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 200000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 240000);
    expect(ring, "C s170 K200 p240 ");
    g_assert_cmpuint(live_ring_dropped(ring), ==, 5);
}

static void test_too_long_loses_too(void)
{
    LiveRingLimits limits = {1 << 20, 100000};
    g_autoptr(LiveRing) ring = live_ring_new(&limits);
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 0);
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 50000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 150000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 200000);
    expect(ring, "K200 ");
    g_assert_cmpuint(live_ring_dropped(ring), ==, 3);
}

static void test_a_frame_larger_than_the_ring_is_lost_alone(void)
{
    LiveRingLimits limits = {1000, 10 * G_USEC_PER_SEC};
    g_autoptr(LiveRing) ring = live_ring_new(&limits);
    push_bytes(ring, make_packet(LIVE_STREAM_PICTURE, TRUE, 0, 2000));
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 40000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 80000);
    expect(ring, "K80 ");
    g_assert_cmpuint(live_ring_dropped(ring), ==, 2);
}

static void test_a_new_reader_is_given_configurations_and_a_keyframe(void)
{
    g_autoptr(LiveRing) ring = live_ring_new(&roomy);
    push_bytes(ring, make_config(LIVE_STREAM_PICTURE, 640));
    push_bytes(ring, make_config(LIVE_STREAM_SOUND, 0));
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 0);
    expect(ring, "C C K0 ");
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 40000);
    live_ring_restart(ring);
    push_packet_of(ring, LIVE_STREAM_PICTURE, FALSE, 80000);
    push_packet_of(ring, LIVE_STREAM_PICTURE, TRUE, 120000);
    expect(ring, "C C K120 ");
    g_assert_cmpuint(live_ring_dropped(ring), ==, 0);
}

/* Whatever comes and goes: bounded, and a picture that is no keyframe follows the one before it. */
static void test_random_frames_stay_decodable_and_within_bounds(void)
{
    LiveRingLimits limits = {3000, 400000};
    g_autoptr(LiveRing) ring = live_ring_new(&limits);
    gint64 last_picture = -1, n = 0;
    for (int i = 0; i < 20000; i++) {
        gboolean is_sound = g_test_rand_int_range(0, 3) == 0;
        gboolean is_key = g_test_rand_int_range(0, 9) == 0;
        gsize length = (gsize)g_test_rand_int_range(1, 900);
        gint64 t_us = is_sound ? n * 40000 : ++n * 40000;
        push_bytes(ring, make_packet(is_sound ? LIVE_STREAM_SOUND : LIVE_STREAM_PICTURE, is_key,
                                     t_us, length));
        g_assert_cmpuint(live_ring_bytes(ring), <=, limits.bytes);
        for (int k = g_test_rand_int_range(0, 3); k > 0; k--) {
            LiveFrame frame;
            gsize size;
            g_autoptr(GBytes) bytes = live_ring_take(ring);
            if (bytes == NULL)
                break;
            const guint8 *data = g_bytes_get_data(bytes, &size);
            g_assert_true(live_frame_read(&frame, data, size, NULL));
            if (frame.stream != LIVE_STREAM_PICTURE)
                continue;
            g_assert_true(frame.is_key || frame.t_us == last_picture + 40000);
            last_picture = frame.t_us;
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/ring/frames-come-out-in-their-order",
                    test_frames_come_out_in_their_order);
    g_test_add_func("/live/ring/the-first-picture-is-a-keyframe",
                    test_the_first_picture_is_a_keyframe);
    g_test_add_func("/live/ring/too-many-bytes-lose-up-to-the-next-keyframe",
                    test_too_many_bytes_lose_up_to_the_next_keyframe);
    g_test_add_func("/live/ring/too-long-loses-too", test_too_long_loses_too);
    g_test_add_func("/live/ring/a-frame-larger-than-the-ring-is-lost-alone",
                    test_a_frame_larger_than_the_ring_is_lost_alone);
    g_test_add_func("/live/ring/a-new-reader-is-given-configurations-and-a-keyframe",
                    test_a_new_reader_is_given_configurations_and_a_keyframe);
    g_test_add_func("/live/ring/random-frames-stay-decodable-and-within-bounds",
                    test_random_frames_stay_decodable_and_within_bounds);
    return g_test_run();
}
