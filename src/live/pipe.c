/* Frames on sockets. What always holds: a frame that was begun is written whole; a descriptor is
 * closed by who has it last. */
#include <live/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LENGTH_BYTES = 4, READ_BYTES = 64 << 10, FDS_AT_ONCE = 8, FRAMES_PER_TURN = 64 };

typedef union FdRoom {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(FDS_AT_ONCE * sizeof(int))];
} FdRoom;

static void set_nonblocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static LivePipe waits_or_ended(void)
{
    return errno == EAGAIN || errno == EINTR ? LIVE_PIPE_WAITS : LIVE_PIPE_ENDED;
}

/* ---- reading ---- */

struct LiveReader {
    int fd;
    GByteArray *held;
    gsize used;  /* of it */
    GArray *fds; /* int */
};

LiveReader *live_reader_new(int fd)
{
    LiveReader *reader = g_new0(LiveReader, 1);
    reader->fd = fd;
    reader->held = g_byte_array_new();
    reader->fds = g_array_new(FALSE, FALSE, sizeof(int));
    set_nonblocking(fd);
    return reader;
}

void live_reader_free(LiveReader *reader)
{
    if (reader == NULL)
        return;
    for (int fd = live_reader_take_fd(reader); fd >= 0; fd = live_reader_take_fd(reader))
        close(fd);
    g_array_unref(reader->fds);
    g_byte_array_unref(reader->held);
    close(reader->fd);
    g_free(reader);
}

int live_reader_fd(const LiveReader *reader)
{
    return reader->fd;
}

static void keep_fds(LiveReader *reader, struct msghdr *message)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
         head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        gsize count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (gsize i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(head) + i * sizeof fd, sizeof fd);
            g_array_append_val(reader->fds, fd);
        }
    }
}

LivePipe live_reader_fill(LiveReader *reader)
{
    FdRoom room;
    if (reader->used > 0) {
        g_byte_array_remove_range(reader->held, 0, (guint)reader->used);
        reader->used = 0;
    }
    guint before = reader->held->len;
    g_byte_array_set_size(reader->held, before + READ_BYTES);
    struct iovec part = {reader->held->data + before, READ_BYTES};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
    ssize_t n = recvmsg(reader->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    int code = errno;
    g_byte_array_set_size(reader->held, before + (guint)MAX(n, 0));
    errno = code;
    if (n < 0)
        return waits_or_ended();
    keep_fds(reader, &message);
    return n > 0 ? LIVE_PIPE_GOOD : LIVE_PIPE_ENDED;
}

GBytes *live_reader_next(LiveReader *reader, LiveFrame *frame, GError **error)
{
    const guint8 *bytes = reader->held->data + reader->used;
    gsize left = reader->held->len - reader->used;
    if (left < LENGTH_BYTES)
        return NULL;
    gsize length = (gsize)bytes[0] << 24 | (gsize)bytes[1] << 16 | (gsize)bytes[2] << 8 | bytes[3];
    if (length > LIVE_FRAME_BYTES_MAX) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_FORMAT,
                    "not a frame: it has %" G_GSIZE_FORMAT " bytes", length);
        return NULL;
    }
    if (left - LENGTH_BYTES < length)
        return NULL;
    g_autoptr(GBytes) whole = g_bytes_new(bytes + LENGTH_BYTES, length);
    reader->used += LENGTH_BYTES + length;
    if (!live_frame_read_own(frame, g_bytes_get_data(whole, NULL), length, error))
        return NULL;
    return g_steal_pointer(&whole);
}

int live_reader_take_fd(LiveReader *reader)
{
    if (reader->fds->len == 0)
        return -1;
    int fd = g_array_index(reader->fds, int, 0);
    g_array_remove_index(reader->fds, 0);
    return fd;
}

/* ---- writing ---- */

typedef struct Urgent {
    GBytes *bytes;
    int fd;
} Urgent;

struct LiveWriter {
    int fd;
    LiveRing *ring;
    GQueue urgent; /* Urgent */
    /* the frame that is being written; NULL: none */
    GBytes *now;
    guint8 length[LENGTH_BYTES];
    gsize sent; /* of length and frame together */
    int now_fd; /* goes with its first byte; -1: none, or gone along */
};

LiveWriter *live_writer_new(int fd, const LiveRingLimits *limits)
{
    LiveWriter *writer = g_new0(LiveWriter, 1);
    writer->fd = fd;
    writer->now_fd = -1;
    writer->ring = live_ring_new(limits);
    g_queue_init(&writer->urgent);
    set_nonblocking(fd);
    return writer;
}

static void urgent_free(gpointer data)
{
    Urgent *urgent = data;
    g_bytes_unref(urgent->bytes);
    if (urgent->fd >= 0)
        close(urgent->fd);
    g_free(urgent);
}

void live_writer_free(LiveWriter *writer)
{
    if (writer == NULL)
        return;
    g_queue_clear_full(&writer->urgent, urgent_free);
    g_clear_pointer(&writer->now, g_bytes_unref);
    if (writer->now_fd >= 0)
        close(writer->now_fd);
    live_ring_free(writer->ring);
    close(writer->fd);
    g_free(writer);
}

int live_writer_fd(const LiveWriter *writer)
{
    return writer->fd;
}

LiveRing *live_writer_ring(LiveWriter *writer)
{
    return writer->ring;
}

void live_writer_send(LiveWriter *writer, const LiveFrame *frame, int fd)
{
    Urgent *urgent = g_new(Urgent, 1);
    *urgent = (Urgent){live_frame_write(frame), fd};
    g_queue_push_tail(&writer->urgent, urgent);
}

/* FALSE: nothing waits. */
static gboolean begin_next(LiveWriter *writer)
{
    Urgent *urgent = g_queue_pop_head(&writer->urgent);
    writer->now = urgent != NULL ? urgent->bytes : live_ring_take(writer->ring);
    writer->now_fd = urgent != NULL ? urgent->fd : -1;
    g_free(urgent);
    if (writer->now == NULL)
        return FALSE;
    gsize length = g_bytes_get_size(writer->now);
    for (guint i = 0; i < LENGTH_BYTES; i++)
        writer->length[i] = (guint8)(length >> 8 * (LENGTH_BYTES - 1 - i));
    writer->sent = 0;
    return TRUE;
}

static void attach_fd(struct msghdr *message, FdRoom *room, const int *fd)
{
    memset(room, 0, sizeof *room);
    message->msg_control = room;
    message->msg_controllen = CMSG_SPACE(sizeof *fd);
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof *fd);
    memcpy(CMSG_DATA(head), fd, sizeof *fd);
}

static LivePipe write_now(LiveWriter *writer)
{
    gsize size;
    const guint8 *bytes = g_bytes_get_data(writer->now, &size);
    gsize head = MIN(writer->sent, LENGTH_BYTES), body = writer->sent - head;
    struct iovec parts[2] = {{writer->length + head, LENGTH_BYTES - head},
                             {(void *)(bytes + body), size - body}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    FdRoom room;
    if (writer->now_fd >= 0)
        attach_fd(&message, &room, &writer->now_fd);
    ssize_t n = sendmsg(writer->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
        return waits_or_ended();
    if (writer->now_fd >= 0) {
        close(writer->now_fd);
        writer->now_fd = -1;
    }
    writer->sent += (gsize)n;
    if (writer->sent < LENGTH_BYTES + size)
        return LIVE_PIPE_WAITS;
    g_clear_pointer(&writer->now, g_bytes_unref);
    return LIVE_PIPE_GOOD;
}

LivePipe live_writer_flush(LiveWriter *writer)
{
    for (int i = 0; i < FRAMES_PER_TURN; i++) {
        if (writer->now == NULL && !begin_next(writer))
            return LIVE_PIPE_GOOD;
        LivePipe state = write_now(writer);
        if (state != LIVE_PIPE_GOOD)
            return state;
    }
    return LIVE_PIPE_WAITS; /* the other sources have their turn */
}
