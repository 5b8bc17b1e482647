/* Frames of a program, as a client sends them, and as they come on a socket: the first byte says which,
 * the rest is what comes. */
#include <live/pipe.h>

#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_frame(const LiveFrame *frame, const uint8_t *bytes, size_t size)
{
    LiveConfig config;
    g_assert(frame->body >= bytes && frame->length <= size);
    g_assert(frame->body + frame->length == bytes + size);
    if (frame->type == LIVE_FRAME_CONFIG) {
        g_assert(live_config_read(&config, frame, NULL));
        g_assert(strlen(config.codec) > 0);
        g_assert(config.description_length <= frame->length);
    }
}

static void try_client(const uint8_t *bytes, size_t size)
{
    static const LiveRingLimits limits = {4096, G_USEC_PER_SEC};
    g_autoptr(GError) error = NULL;
    LiveFrame frame;
    gboolean is_read = live_frame_read(&frame, bytes, size, &error);
    g_assert(is_read == (error == NULL));
    if (!is_read)
        return;
    check_frame(&frame, bytes, size);
    g_autoptr(LiveRing) ring = live_ring_new(&limits);
    g_autoptr(GBytes) own = g_bytes_new(bytes, size);
    live_ring_push(ring, own, &frame);
    live_ring_restart(ring);
    g_autoptr(GBytes) out = live_ring_take(ring);
    g_assert((out != NULL) == (frame.type == LIVE_FRAME_CONFIG));
}

static void try_socket(const uint8_t *bytes, size_t size)
{
    int fds[2];
    if (size > 4096 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return;
    g_autoptr(LiveReader) reader = live_reader_new(fds[0]);
    if (write(fds[1], bytes, size) == (ssize_t)size) {
        g_autoptr(GError) error = NULL;
        LiveFrame frame;
        GBytes *found;
        live_reader_fill(reader);
        while ((found = live_reader_next(reader, &frame, &error)) != NULL) {
            gsize length;
            const guint8 *whole = g_bytes_get_data(found, &length);
            check_frame(&frame, whole, length);
            g_bytes_unref(found);
        }
        g_assert(live_reader_take_fd(reader) == -1);
    }
    close(fds[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0)
        try_client(data + 1, size - 1);
    else
        try_socket(data + 1, size - 1);
    return 0;
}
