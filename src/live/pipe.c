/* Frames on sockets. What always holds: a frame that was begun is written whole; a descriptor is
 * closed by who has it last. */
#include <live/pipe.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    LENGTH_BYTES = 4,
    READ_BYTES = 64 << 10,
    FDS_AT_ONCE = 8,
    FRAMES_PER_WRITE = 16,
    WRITES_PER_TURN = 8,
};

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

/* A frame on its way, behind its length; `fd` (-1: none) goes with its first byte. */
typedef struct Outgoing {
    GBytes *bytes;
    guint8 length[LENGTH_BYTES];
    int fd;
} Outgoing;

struct LiveWriter {
    int fd;
    LiveRing *ring;
    GQueue urgent;  /* Outgoing */
    GQueue writing; /* Outgoing: taken from the others, to be written whole */
    gsize sent;     /* of the first of them, its length included */
};

LiveWriter *live_writer_new(int fd, const LiveRingLimits *limits)
{
    LiveWriter *writer = g_new0(LiveWriter, 1);
    writer->fd = fd;
    writer->ring = live_ring_new(limits);
    set_nonblocking(fd);
    return writer;
}

static Outgoing *outgoing_new(GBytes *taken, int fd)
{
    Outgoing *out = g_new(Outgoing, 1);
    gsize length = g_bytes_get_size(taken);
    out->bytes = taken;
    out->fd = fd;
    for (guint i = 0; i < LENGTH_BYTES; i++)
        out->length[i] = (guint8)(length >> 8 * (LENGTH_BYTES - 1 - i));
    return out;
}

static void outgoing_free(gpointer data)
{
    Outgoing *out = data;
    g_bytes_unref(out->bytes);
    if (out->fd >= 0)
        close(out->fd);
    g_free(out);
}

void live_writer_free(LiveWriter *writer)
{
    if (writer == NULL)
        return;
    g_queue_clear_full(&writer->urgent, outgoing_free);
    g_queue_clear_full(&writer->writing, outgoing_free);
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
    g_queue_push_tail(&writer->urgent, outgoing_new(live_frame_write(frame), fd));
}

/* So many as one write takes; a descriptor is only ever of the first. */
static void take_more(LiveWriter *writer)
{
    while (writer->writing.length < FRAMES_PER_WRITE) {
        const Outgoing *urgent = g_queue_peek_head(&writer->urgent);
        if (urgent != NULL && urgent->fd >= 0 && writer->writing.length > 0)
            return;
        Outgoing *next = g_queue_pop_head(&writer->urgent);
        GBytes *bytes = next == NULL ? live_ring_take(writer->ring) : NULL;
        if (bytes != NULL)
            next = outgoing_new(bytes, -1);
        if (next == NULL)
            return;
        g_queue_push_tail(&writer->writing, next);
    }
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

static gsize gather(const LiveWriter *writer, struct iovec *parts)
{
    gsize count = 0, skip = writer->sent;
    for (const GList *link = writer->writing.head; link != NULL; link = link->next) {
        Outgoing *out = link->data;
        gsize size, head = MIN(skip, LENGTH_BYTES), body = skip - head;
        const guint8 *bytes = g_bytes_get_data(out->bytes, &size);
        parts[count++] = (struct iovec){out->length + head, LENGTH_BYTES - head};
        parts[count++] = (struct iovec){(void *)(bytes + body), size - body};
        skip = 0;
    }
    return count;
}

static void forget_sent(LiveWriter *writer, gsize n)
{
    writer->sent += n;
    for (Outgoing *out; (out = g_queue_peek_head(&writer->writing)) != NULL;) {
        gsize whole = LENGTH_BYTES + g_bytes_get_size(out->bytes);
        if (writer->sent < whole)
            return;
        writer->sent -= whole;
        outgoing_free(g_queue_pop_head(&writer->writing));
    }
}

static LivePipe write_once(LiveWriter *writer)
{
    struct iovec parts[2 * FRAMES_PER_WRITE];
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = gather(writer, parts)};
    Outgoing *first = g_queue_peek_head(&writer->writing);
    FdRoom room;
    if (first->fd >= 0)
        attach_fd(&message, &room, &first->fd);
    ssize_t n = sendmsg(writer->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0)
        return waits_or_ended();
    if (first->fd >= 0)
        close(first->fd);
    first->fd = -1;
    forget_sent(writer, (gsize)n);
    return writer->writing.length == 0 ? LIVE_PIPE_GOOD : LIVE_PIPE_WAITS;
}

LivePipe live_writer_flush(LiveWriter *writer)
{
    for (int i = 0; i < WRITES_PER_TURN; i++) {
        take_more(writer);
        if (writer->writing.length == 0)
            return LIVE_PIPE_GOOD;
        LivePipe state = write_once(writer);
        if (state != LIVE_PIPE_GOOD)
            return state;
    }
    return LIVE_PIPE_WAITS; /* the other sources have their turn */
}
