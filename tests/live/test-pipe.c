/* Frames on sockets: whole, in order, with the descriptors that belong to them; nobody waits. */
#include "frames.h"

#include <fcntl.h>
#include <live/pipe.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const LiveRingLimits roomy = {64 << 20, 1000 * G_USEC_PER_SEC};

typedef struct Pair {
    LiveWriter *writer;
    LiveReader *reader;
} Pair;

static Pair open_pair(const LiveRingLimits *limits)
{
    int fds[2];
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    return (Pair){live_writer_new(fds[0], limits), live_reader_new(fds[1])};
}

static void close_pair(Pair *pair)
{
    live_writer_free(pair->writer);
    live_reader_free(pair->reader);
}

static GBytes *read_one(Pair *pair, LiveFrame *frame)
{
    for (int i = 0; i < 10000; i++) {
        g_autoptr(GError) error = NULL;
        GBytes *bytes = live_reader_next(pair->reader, frame, &error);
        g_assert_no_error(error);
        if (bytes != NULL)
            return bytes;
        live_writer_flush(pair->writer);
        g_assert_cmpint(live_reader_fill(pair->reader), !=, LIVE_PIPE_ENDED);
    }
    return NULL;
}

static void test_frames_arrive_whole_and_in_order(void)
{
    Pair pair = open_pair(&roomy);
    for (int i = 0; i < 300; i++)
        push_bytes(live_writer_ring(pair.writer),
                   make_packet(LIVE_STREAM_PICTURE, i == 0, i * 1000, i % 7 == 0 ? 300000 : 50));
    for (int i = 0; i < 300; i++) {
        LiveFrame frame;
        g_autoptr(GBytes) bytes = read_one(&pair, &frame);
        g_assert_nonnull(bytes);
        g_assert_cmpint(frame.t_us, ==, i * 1000);
        g_assert_cmpuint(frame.length, ==, i % 7 == 0 ? 300000 : 50);
    }
    close_pair(&pair);
}

static void test_a_descriptor_comes_with_its_frame(void)
{
    Pair pair = open_pair(&roomy);
    int ends[2];
    char byte = 0;
    g_assert_cmpint(pipe(ends), ==, 0);
    for (int i = 0; i < 20; i++)
        push_bytes(live_writer_ring(pair.writer),
                   make_packet(LIVE_STREAM_PICTURE, i == 0, i, 100000));
    LiveFrame output = {.type = LIVE_FRAME_OUTPUT}, frame = {.type = LIVE_FRAME_UNSET};
    live_writer_flush(pair.writer); /* one frame is half written when it comes */
    live_writer_send(pair.writer, &output, ends[1]);
    while (frame.type != LIVE_FRAME_OUTPUT) {
        g_autoptr(GBytes) bytes = read_one(&pair, &frame);
        g_assert_nonnull(bytes);
    }
    int fd = live_reader_take_fd(pair.reader);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(live_reader_take_fd(pair.reader), ==, -1);
    g_assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    g_assert_cmpint(write(fd, "x", 1), ==, 1);
    g_assert_cmpint(read(ends[0], &byte, 1), ==, 1);
    close(fd);
    g_assert_cmpint(read(ends[0], &byte, 1), ==, 0); /* nobody else has it any more */
    close(ends[0]);
    close_pair(&pair);
}

static void test_a_reader_that_takes_nothing_costs_the_writer_nothing(void)
{
    LiveRingLimits limits = {1 << 20, 1000 * G_USEC_PER_SEC};
    Pair pair = open_pair(&limits);
    for (int i = 0; i < 5000; i++) {
        push_bytes(live_writer_ring(pair.writer),
                   make_packet(LIVE_STREAM_PICTURE, i % 50 == 0, i * 1000, 10000));
        live_writer_flush(pair.writer);
        g_assert_cmpuint(live_ring_bytes(live_writer_ring(pair.writer)), <=, limits.bytes);
    }
    g_assert_cmpuint(live_ring_dropped(live_writer_ring(pair.writer)), >, 4000);
    LiveFrame frame;
    gint64 last = -1;
    while (live_ring_bytes(live_writer_ring(pair.writer)) > 0) {
        g_autoptr(GBytes) bytes = read_one(&pair, &frame);
        g_assert_nonnull(bytes);
        g_assert_true(frame.is_key || frame.t_us == last + 1000);
        last = frame.t_us;
    }
    close_pair(&pair);
}

static void test_an_end_is_seen_by_both_sides(void)
{
    Pair pair = open_pair(&roomy);
    live_writer_free(pair.writer);
    g_assert_cmpint(live_reader_fill(pair.reader), ==, LIVE_PIPE_ENDED);
    live_reader_free(pair.reader);
    pair = open_pair(&roomy);
    live_reader_free(pair.reader);
    push_bytes(live_writer_ring(pair.writer), make_packet(LIVE_STREAM_SOUND, TRUE, 0, 10));
    g_assert_cmpint(live_writer_flush(pair.writer), ==, LIVE_PIPE_ENDED);
    live_writer_free(pair.writer);
}

static void test_what_is_no_frame_is_an_error(void)
{
    static const char *const bad[] = {"\xff\xff\xff\xff", "\0\0\0\x02zz",
                                      "\0\0\0\x10zzzzzzzzzzzzzzzz"};
    static const gsize lengths[] = {4, 6, 20};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        LiveFrame frame;
        int fds[2];
        g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
        g_autoptr(LiveReader) reader = live_reader_new(fds[1]);
        g_assert_cmpint(write(fds[0], bad[i], lengths[i]), ==, (ssize_t)lengths[i]);
        live_reader_fill(reader);
        g_assert_null(live_reader_next(reader, &frame, &error));
        g_assert_error(error, LIVE_ERROR, LIVE_ERROR_FORMAT);
        close(fds[0]);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/pipe/frames-arrive-whole-and-in-order",
                    test_frames_arrive_whole_and_in_order);
    g_test_add_func("/live/pipe/a-descriptor-comes-with-its-frame",
                    test_a_descriptor_comes_with_its_frame);
    g_test_add_func("/live/pipe/a-reader-that-takes-nothing-costs-the-writer-nothing",
                    test_a_reader_that_takes_nothing_costs_the_writer_nothing);
    g_test_add_func("/live/pipe/an-end-is-seen-by-both-sides", test_an_end_is_seen_by_both_sides);
    g_test_add_func("/live/pipe/what-is-no-frame-is-an-error", test_what_is_no_frame_is_an_error);
    return g_test_run();
}
