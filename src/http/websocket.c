/* A WebSocket's life once it has its socket: sends, is pinged, closes. RFC 6455, 5.5 and 7. */
#include "websocket-private.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FRAMES_PER_WRITE = 128, REASON_MAX_BYTES = 123 };

typedef struct Frame {
    GList link; /* in socket->out; its data is the frame */
    guint8 header[10];
    guint8 header_length;
    GBytes *payload;
    gsize sent; /* header included */
} Frame;

static void mark_dirty(HttpWebSocket *socket)
{
    if (socket->is_dirty)
        return;
    socket->is_dirty = TRUE;
    socket->dirty_link.data = socket;
    g_queue_push_tail_link(&socket->server->dirty, &socket->dirty_link);
}

static void watch_for(HttpWebSocket *socket, guint32 events)
{
    if (socket->watch.fd < 0 || socket->watched == events)
        return;
    socket->watched = events;
    http_watch_change(socket->server, &socket->watch, events);
}

/* ---- its end ---- */

static void drop_first(HttpWebSocket *socket)
{
    Frame *frame = g_queue_pop_head_link(&socket->out)->data;
    g_bytes_unref(frame->payload);
    g_free(frame);
}

static void drop_out(HttpWebSocket *socket)
{
    while (socket->out.head)
        drop_first(socket);
    socket->out_bytes = 0;
}

static void let_go(HttpWebSocket *socket)
{
    if (socket->watch.fd < 0)
        return;
    http_watch_remove(socket->server, &socket->watch);
    if (socket->needs_linger && !socket->server->is_ending) {
        http_linger(socket->server, socket->watch.fd, NULL, socket->peer);
        socket->is_counted = FALSE;
    } else {
        close(socket->watch.fd);
    }
    socket->watch.fd = -1;
}

static void end(HttpWebSocket *socket, guint code, const char *reason)
{
    if (socket->state == SOCKET_ENDED)
        return;
    socket->state = SOCKET_ENDED;
    socket->code = code;
    if (reason != socket->reason) {
        g_free(socket->reason);
        socket->reason = g_strdup(reason);
    }
    let_go(socket);
    drop_out(socket);
    mark_dirty(socket);
}

static void finish(HttpWebSocket *socket)
{
    HttpServer *server = socket->server;
    socket->events->closed(socket, socket->code, socket->reason, socket->data);
    if (socket->is_dirty)
        g_queue_unlink(&server->dirty, &socket->dirty_link);
    if (socket->is_attached)
        g_queue_unlink(&server->sockets, &socket->link);
    if (socket->is_counted)
        http_server_forget_address(server, socket->peer);
    http_websocket_frames_clear(socket);
    g_free(socket->accept_key);
    g_free(socket->protocol);
    g_free(socket->reason);
    g_free(socket);
    http_server_ended_one(server);
}

/* ---- sending ---- */

static guint8 write_header(guint8 header[10], guint8 opcode, guint64 length)
{
    header[0] = 0x80 | opcode;
    if (length < 126) {
        header[1] = (guint8)length;
        return 2;
    }
    guint bytes = length <= 0xffff ? 2 : 8;
    header[1] = bytes == 2 ? 126 : 127;
    for (guint i = 0; i < bytes; i++)
        header[2 + i] = (guint8)(length >> 8 * (bytes - 1 - i));
    return (guint8)(2 + bytes);
}

void http_websocket_send_frame(HttpWebSocket *socket, guint8 opcode, GBytes *payload)
{
    if (socket->state != SOCKET_OPEN)
        return;
    Frame *frame = g_new0(Frame, 1);
    gsize length = g_bytes_get_size(payload);
    frame->header_length = write_header(frame->header, opcode, length);
    frame->payload = g_bytes_ref(payload);
    frame->link.data = frame;
    g_queue_push_tail_link(&socket->out, &frame->link);
    socket->out_bytes += frame->header_length + length;
    mark_dirty(socket);
    if (socket->out_bytes > socket->options.max_buffered_bytes) {
        g_info("a slow WebSocket is closed client=%s bytes=%" G_GSIZE_FORMAT, socket->client,
               socket->out_bytes);
        end(socket, HTTP_WEBSOCKET_POLICY, "");
    } else if (!wslay_is_ctrl_frame(opcode)) {
        socket->was_full = TRUE;
    }
}

void http_websocket_send_text(HttpWebSocket *socket, GBytes *text)
{
    http_websocket_send_frame(socket, WSLAY_TEXT_FRAME, text);
}

void http_websocket_send_binary(HttpWebSocket *socket, GBytes *bytes)
{
    http_websocket_send_frame(socket, WSLAY_BINARY_FRAME, bytes);
}

gsize http_websocket_buffered_bytes(const HttpWebSocket *socket)
{
    return socket->out_bytes;
}

static int gather(const HttpWebSocket *socket, struct iovec *parts)
{
    int count = 0;
    /* A frame takes one part or two, so there has to be room for two. */
    for (GList *link = socket->out.head; link && count + 2 <= 2 * FRAMES_PER_WRITE;
         link = link->next) {
        Frame *frame = link->data;
        gsize length;
        const guint8 *payload = g_bytes_get_data(frame->payload, &length);
        gsize skip = frame->sent;
        if (skip < frame->header_length) {
            parts[count++] = (struct iovec){frame->header + skip, frame->header_length - skip};
            skip = frame->header_length;
        }
        skip -= frame->header_length;
        if (skip < length)
            parts[count++] = (struct iovec){(void *)(payload + skip), length - skip};
    }
    return count;
}

static void forget_sent(HttpWebSocket *socket, gsize sent)
{
    socket->out_bytes -= sent;
    while (socket->out.head) {
        Frame *frame = socket->out.head->data;
        gsize left = frame->header_length + g_bytes_get_size(frame->payload) - frame->sent;
        if (sent < left) {
            frame->sent += sent;
            return;
        }
        sent -= left;
        drop_first(socket);
    }
}

/* TRUE: everything was sent. */
static gboolean write_out(HttpWebSocket *socket)
{
    while (socket->out.head && socket->watch.fd >= 0) {
        struct iovec parts[2 * FRAMES_PER_WRITE];
        struct msghdr message = {.msg_iov = parts};
        message.msg_iovlen = (size_t)gather(socket, parts);
        ssize_t n = sendmsg(socket->watch.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0)
            forget_sent(socket, (gsize)n);
        else if (errno == EAGAIN)
            return FALSE;
        else if (errno != EINTR)
            end(socket, HTTP_WEBSOCKET_ABNORMAL, "");
    }
    return socket->state != SOCKET_ENDED;
}

/* ---- closing ---- */

static void send_close(HttpWebSocket *socket, guint code, const char *reason, SocketState next)
{
    const guint8 number[2] = {(guint8)(code >> 8), (guint8)code};
    GByteArray *payload = g_byte_array_new();
    if (code != HTTP_WEBSOCKET_NO_CODE)
        g_byte_array_append(payload, number, sizeof number);
    if (reason)
        g_byte_array_append(payload, (const guint8 *)reason,
                            (guint)MIN(strlen(reason), REASON_MAX_BYTES));
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(payload);
    http_websocket_send_frame(socket, WSLAY_CONNECTION_CLOSE, bytes);
    if (socket->state == SOCKET_ENDED)
        return;
    socket->state = next;
    socket->leaving_us = g_get_monotonic_time();
    socket->is_paused = FALSE;
    http_server_need_tick(socket->server, socket->options.close_ms);
    mark_dirty(socket);
}

void http_websocket_close(HttpWebSocket *socket, guint code, const char *reason)
{
    if (socket->state == SOCKET_OPEN)
        send_close(socket, code, reason, SOCKET_CLOSING);
}

void http_websocket_abort(HttpWebSocket *socket)
{
    socket->needs_linger = FALSE;
    end(socket, HTTP_WEBSOCKET_ABNORMAL, "");
}

static void leave_with(HttpWebSocket *socket, guint code, const char *reason)
{
    socket->code = code;
    g_free(socket->reason);
    socket->reason = g_strdup(reason);
    socket->state = SOCKET_LEAVING;
    mark_dirty(socket);
}

void http_websocket_fail(HttpWebSocket *socket, guint code, const char *reason)
{
    g_info("a WebSocket breaks the rules client=%s code=%u: %s", socket->client, code, reason);
    if (socket->state == SOCKET_OPEN)
        send_close(socket, code, reason, SOCKET_LEAVING);
    if (socket->state == SOCKET_ENDED)
        return;
    socket->needs_linger = TRUE;
    leave_with(socket, code, reason);
}

void http_websocket_client_closes(HttpWebSocket *socket, guint code, const char *reason)
{
    if (socket->state == SOCKET_OPEN)
        send_close(socket, code, NULL, SOCKET_LEAVING);
    if (socket->state != SOCKET_ENDED)
        leave_with(socket, code, reason);
}

/* ---- reading ---- */

static void take_in(HttpWebSocket *socket)
{
    guint8 *scratch = socket->server->scratch;
    ssize_t n = recv(socket->watch.fd, scratch, HTTP_SCRATCH_BYTES, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        end(socket, HTTP_WEBSOCKET_ABNORMAL, "");
        return;
    }
    socket->heard_us = g_get_monotonic_time();
    socket->was_pinged = FALSE;
    http_websocket_feed(socket, scratch, (gsize)n);
}

void http_websocket_ready(HttpWatch *watch, guint32 events)
{
    HttpWebSocket *socket = (HttpWebSocket *)(void *)watch;
    gboolean reads = socket->state == SOCKET_OPEN || socket->state == SOCKET_CLOSING;
    if ((events & (EPOLLERR | EPOLLHUP)) && !(events & EPOLLIN))
        end(socket, HTTP_WEBSOCKET_ABNORMAL, "");
    else if ((events & EPOLLIN) && reads && !socket->is_paused)
        take_in(socket);
    mark_dirty(socket);
}

void http_websocket_pause(HttpWebSocket *socket)
{
    if (socket->state != SOCKET_OPEN)
        return;
    socket->is_paused = TRUE;
    mark_dirty(socket);
}

void http_websocket_resume(HttpWebSocket *socket)
{
    if (!socket->is_paused)
        return;
    socket->is_paused = FALSE;
    socket->heard_us = g_get_monotonic_time();
    mark_dirty(socket);
}

/* ---- the turn of the loop ---- */

static void read_held(HttpWebSocket *socket)
{
    if (socket->is_paused || !socket->frames)
        return;
    g_autoptr(GByteArray) held = g_steal_pointer(&socket->held);
    http_websocket_feed(socket, held ? held->data : NULL, held ? held->len : 0);
}

static guint32 events_for(const HttpWebSocket *socket, gboolean is_sent)
{
    gboolean reads =
        !socket->is_paused && (socket->state == SOCKET_OPEN || socket->state == SOCKET_CLOSING);
    return (reads ? (guint32)EPOLLIN : 0) | (is_sent ? 0 : (guint32)EPOLLOUT);
}

static void settle(HttpWebSocket *socket)
{
    if (socket->watch.fd >= 0) {
        read_held(socket);
        gboolean is_sent = write_out(socket);
        if (is_sent && socket->state == SOCKET_LEAVING)
            end(socket, socket->code, socket->reason);
        watch_for(socket, events_for(socket, is_sent));
        if (is_sent && socket->was_full && socket->state == SOCKET_OPEN) {
            socket->was_full = FALSE;
            if (socket->events->drained)
                socket->events->drained(socket, socket->data);
        }
    }
    /* MHD still holds one that it did not give a socket yet. */
    if (socket->state == SOCKET_ENDED && (socket->is_attached || socket->is_lost))
        finish(socket);
}

void http_websocket_flush(HttpServer *server)
{
    /* What becomes dirty meanwhile comes in the next turn, so that other sources have theirs. */
    for (guint left = server->dirty.length; left > 0 && server->dirty.head; left--) {
        HttpWebSocket *socket = server->dirty.head->data;
        g_queue_unlink(&server->dirty, &socket->dirty_link);
        socket->is_dirty = FALSE;
        settle(socket);
    }
}

static void check(HttpWebSocket *socket, gint64 now_us)
{
    gint64 silent_us = now_us - socket->heard_us;
    gint64 ping_us = (gint64)socket->options.ping_ms * 1000;
    if (socket->state == SOCKET_CLOSING || socket->state == SOCKET_LEAVING) {
        if (now_us - socket->leaving_us > (gint64)socket->options.close_ms * 1000)
            end(socket,
                socket->state == SOCKET_LEAVING ? socket->code : (guint)HTTP_WEBSOCKET_ABNORMAL,
                socket->state == SOCKET_LEAVING ? socket->reason : "");
    } else if (socket->state == SOCKET_OPEN && !socket->is_paused &&
               socket->options.ping_ms != G_MAXUINT && silent_us > ping_us) {
        if (silent_us > 2 * ping_us) {
            end(socket, HTTP_WEBSOCKET_ABNORMAL, "");
        } else if (!socket->was_pinged) {
            g_autoptr(GBytes) nothing = g_bytes_new(NULL, 0);
            socket->was_pinged = TRUE;
            http_websocket_send_frame(socket, WSLAY_PING, nothing);
        }
    }
}

void http_websocket_check(HttpServer *server, gint64 now_us)
{
    for (GList *link = server->sockets.head; link; link = link->next)
        check(link->data, now_us);
}

void http_websocket_end_all(HttpServer *server)
{
    for (GList *link = server->sockets.head; link; link = link->next)
        end(link->data, HTTP_WEBSOCKET_ABNORMAL, "");
    while (server->dirty.head)
        http_websocket_flush(server);
}

/* ---- its beginning ---- */

void http_websocket_attach(HttpWebSocket *socket, int fd, const char *extra, gsize length)
{
    HttpServer *server = socket->server;
    socket->is_attached = socket->is_counted = TRUE;
    socket->link.data = socket;
    g_queue_push_tail_link(&server->sockets, &socket->link);
    socket->heard_us = g_get_monotonic_time();
    socket->watched = EPOLLIN;
    if (socket->state == SOCKET_ENDED) { /* aborted before it began */
        close(fd);
        mark_dirty(socket);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* MHD took it back */
    socket->watch.fd = fd;
    http_watch_add(server, &socket->watch, EPOLLIN);
    http_websocket_frames_init(socket);
    if (length > 0) {
        socket->held = g_byte_array_sized_new((guint)length);
        g_byte_array_append(socket->held, (const guint8 *)extra, (guint)length);
    }
    if (socket->options.ping_ms != G_MAXUINT)
        http_server_need_tick(server, socket->options.ping_ms);
    if (server->draining)
        http_websocket_close(socket, HTTP_WEBSOCKET_GOING_AWAY, NULL);
    mark_dirty(socket);
}

void http_websocket_lost(HttpWebSocket *socket)
{
    end(socket, HTTP_WEBSOCKET_ABNORMAL, "");
    socket->is_lost = TRUE;
    mark_dirty(socket);
}

const char *http_websocket_client_address(const HttpWebSocket *socket)
{
    return socket->client;
}
