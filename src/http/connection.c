/* A connection: what MHD calls, and the deadlines it has not.
 *
 * MHD calls on_request() first with the headers, then with each piece of the body, then once more
 * when the body is complete; a reply can be queued in the first or in the last of these calls only
 * (in the first, MHD closes the connection after it). Between, a connection that waits for its
 * handler is suspended, and MHD calls again when it is resumed. */
#include "http-private.h"
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static HttpConnection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

/* ---- phases and deadlines ---- */

static struct tcp_info tcp_info_of(const HttpConnection *connection)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    getsockopt(connection->watch.fd, IPPROTO_TCP, TCP_INFO, &info, &length);
    return info;
}

static guint64 bytes_moved(const HttpConnection *connection)
{
    return connection->phase == HTTP_PHASE_REPLY ? tcp_info_of(connection).tcpi_bytes_acked
                                                 : connection->received + connection->discarded;
}

void http_connection_phase(HttpConnection *connection, HttpPhase phase)
{
    if (connection->phase == phase)
        return;
    connection->phase = phase;
    connection->since_us = connection->moved_us = g_get_monotonic_time();
    if (phase == HTTP_PHASE_BODY)
        connection->progress = connection->seen = bytes_moved(connection);
    else
        connection->progress = connection->seen = G_MAXUINT64; /* asked for at the first check */
    connection->was_kicked = FALSE;
}

static gboolean is_slow(HttpConnection *connection, gint64 now_us, guint window_ms,
                        guint min_bytes_per_s)
{
    guint64 moved = bytes_moved(connection);
    if (connection->progress == G_MAXUINT64)
        connection->progress = connection->seen = moved;
    if (moved != connection->seen) {
        connection->seen = moved;
        connection->moved_us = now_us;
    }
    if (now_us - connection->moved_us > (gint64)window_ms * 1000)
        return TRUE;
    if (now_us - connection->since_us <= (gint64)window_ms * 1000)
        return FALSE;
    gboolean slow = moved - connection->progress < (guint64)min_bytes_per_s * window_ms / 1000;
    connection->since_us = now_us;
    connection->progress = moved;
    return slow;
}

/* After a sendfile() that gave less than it was asked for, MHD waits for room in a socket that has
 * room. So it is made to try once more; when that gives nothing either, the file has no more. */
static gboolean has_stalled(HttpConnection *connection)
{
    struct tcp_info info = tcp_info_of(connection);
    if (info.tcpi_bytes_acked != connection->seen || info.tcpi_unacked > 0 ||
        info.tcpi_notsent_bytes > 0) {
        connection->was_kicked = FALSE;
        return FALSE;
    }
    if (connection->was_kicked)
        return TRUE;
    connection->was_kicked = TRUE;
    MHD_suspend_connection(connection->mhd);
    MHD_resume_connection(connection->mhd);
    connection->server->run_mhd = TRUE;
    return FALSE;
}

static void say_too_slow(const HttpConnection *connection)
{
    static const char text[] = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
                               "Content-Length: 0\r\n\r\n";
    if (send(connection->watch.fd, text, sizeof text - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        g_debug("the client does not take its 408 peer=%s", connection->peer);
}

void http_connection_check(HttpConnection *connection, gint64 now_us)
{
    const HttpLimits *limits = &connection->server->limits;
    gint64 age_us = now_us - connection->since_us;
    gboolean is_over = FALSE;
    if (connection->is_doomed)
        return;
    switch (connection->phase) {
    case HTTP_PHASE_HEADERS:
        is_over = age_us > (gint64)limits->header_ms * 1000;
        if (is_over)
            say_too_slow(connection);
        break;
    case HTTP_PHASE_IDLE:
        is_over = age_us > (gint64)limits->idle_ms * 1000;
        break;
    case HTTP_PHASE_BODY:
        if (connection->is_own)
            http_body_read(connection); /* less than wakes the loop */
        is_over = is_slow(connection, now_us, limits->body_ms, limits->body_min_bytes_per_s);
        break;
    case HTTP_PHASE_REPLY:
        is_over = has_stalled(connection) ||
                  is_slow(connection, now_us, limits->reply_ms, limits->reply_min_bytes_per_s);
        break;
    case HTTP_PHASE_HANDLER:
        break;
    }
    if (is_over) {
        g_debug("too slow phase=%d peer=%s", connection->phase, connection->peer);
        http_connection_doom(connection);
    }
}

/* ---- suspending, resuming, ending ---- */

static enum MHD_Result suspend(HttpConnection *connection)
{
    http_connection_phase(connection, HTTP_PHASE_HANDLER);
    if (!connection->is_suspended) {
        connection->is_suspended = TRUE;
        MHD_suspend_connection(connection->mhd);
    }
    /* Its hang-up was seen while its request was still being read: nobody waits for a reply. */
    if (connection->is_half_closed)
        http_connection_doom(connection);
    return MHD_YES;
}

void http_connection_resume(HttpConnection *connection)
{
    if (connection->is_own) {
        http_body_go_on(connection);
        return;
    }
    if (!connection->is_suspended)
        return;
    connection->is_suspended = FALSE;
    MHD_resume_connection(connection->mhd);
    connection->server->run_mhd = TRUE;
}

void http_connection_doom(HttpConnection *connection)
{
    if (connection->is_doomed)
        return;
    connection->is_doomed = TRUE;
    shutdown(connection->watch.fd, SHUT_RDWR);
    http_body_leave(connection);
    http_connection_resume(connection);
}

void http_connection_drain(HttpConnection *connection)
{
    if (!connection->target && !connection->is_known)
        http_connection_doom(connection);
}

int http_connection_give_up(struct MHD_Connection *mhd)
{
    HttpConnection *connection = connection_of(mhd);
    connection->websocket = NULL;
    http_watch_remove(connection->server, &connection->watch);
    int fd = fcntl(connection->watch.fd, F_DUPFD_CLOEXEC, 0);
    connection->was_taken = fd >= 0;
    return fd;
}

/* The other end hung up, or closed its sending side: once, the watch is edge-triggered then. What it
 * has sent before is still read. */
static void on_ready(HttpWatch *watch, guint32 events)
{
    HttpConnection *connection = (HttpConnection *)(void *)watch;
    connection->is_half_closed |= (events & ~EPOLLIN) != 0;
    if (connection->is_own && connection->is_watched)
        http_body_read(connection);
    else if (connection->is_suspended && connection->is_half_closed)
        http_connection_doom(connection);
}

/* Gives the socket to http_linger() with what it still has to say; MHD closes its own. */
static void leave_to_linger(HttpConnection *connection, GBytes *bytes)
{
    int fd = fcntl(connection->watch.fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return;
    http_linger(connection->server, fd, bytes, connection->peer);
    connection->was_taken = TRUE;
}

/* ---- replies ---- */

static enum MHD_Result queue(HttpConnection *connection, guint status,
                             struct MHD_Response *response)
{
    if (!response)
        return MHD_NO;
    http_connection_phase(connection, HTTP_PHASE_REPLY);
    enum MHD_Result result = MHD_queue_response(connection->mhd, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result queue_reply(HttpConnection *connection, gboolean close)
{
    g_autoptr(HttpReply) reply = g_steal_pointer(&connection->reply);
    return queue(connection, http_reply_status(reply),
                 http_reply_to_mhd(reply, connection, close || connection->server->draining));
}

static enum MHD_Result queue_upgrade(HttpConnection *connection)
{
    return queue(connection, 101, http_websocket_response(connection->websocket));
}

static enum MHD_Result refuse(HttpConnection *connection, guint status)
{
    connection->reply = http_reply_new(status);
    connection->needs_linger = TRUE;
    return queue_reply(connection, TRUE);
}

/* A reply before the end of the body. MHD cannot send it while it reads: a short one is written
 * here, and the connection left; for another one the body is read to its end. */
static enum MHD_Result reply_early(HttpConnection *connection)
{
    gint64 left = connection->body_length - (gint64)connection->received;
    if (!connection->is_reading && connection->expects) {
        connection->needs_linger = TRUE;
        return queue_reply(connection, TRUE);
    }
    gboolean is_short = !http_reply_is_file(connection->reply) &&
                        http_reply_length(connection->reply) <= HTTP_LITTLE_BYTES;
    gboolean is_little = connection->body_length >= 0 && left <= HTTP_LITTLE_BYTES;
    if (is_short && !is_little) {
        g_autoptr(HttpReply) reply = g_steal_pointer(&connection->reply);
        g_autoptr(GBytes) bytes = http_reply_serialise(reply, connection->is_head, FALSE);
        leave_to_linger(connection, bytes);
        return MHD_NO;
    }
    connection->is_reading = TRUE;
    http_connection_phase(connection, HTTP_PHASE_BODY);
    return MHD_YES;
}

/* ---- the calls of MHD ---- */

/* The headers are read, the body is not. */
static enum MHD_Result step_before_body(HttpConnection *connection)
{
    if (connection->request)
        http_request_check_length(connection->request);
    if (connection->reply)
        return reply_early(connection);
    if (!http_request_is_asked(connection->request))
        return suspend(connection);
    connection->is_reading = TRUE;
    http_connection_phase(connection, HTTP_PHASE_BODY);
    return MHD_YES;
}

static enum MHD_Result begin(HttpConnection *connection, const char *method, const char *url,
                             const char *version)
{
    HttpServer *server = connection->server;
    guint status;
    HttpRequest *request = http_request_read(connection, method, url, version, &status);
    connection->is_known = TRUE;
    if (!request)
        return refuse(connection, status);
    http_connection_phase(connection, HTTP_PHASE_HANDLER);
    connection->request = request;
    connection->body_length = http_request_body_length(request);
    connection->expects = http_request_header_has(request, "Expect", "100-continue");
    connection->is_head = strcmp(method, "HEAD") == 0;
    server->handler(request, server->data);
    if (connection->body_length != 0)
        return step_before_body(connection);
    /* The last call follows at once; a reply queued in this one would cost the connection. */
    connection->is_reading = TRUE;
    return MHD_YES;
}

static enum MHD_Result discard(HttpConnection *connection, size_t *size)
{
    connection->discarded += *size;
    connection->received += *size;
    *size = 0;
    return connection->discarded > HTTP_DISCARD_BYTES ? MHD_NO : reply_early(connection);
}

static enum MHD_Result take_body(HttpConnection *connection, const char *bytes, size_t *size)
{
    if (connection->reply)
        return discard(connection, size);
    gsize taken = http_request_take(connection->request, (const guint8 *)bytes, *size);
    *size -= taken;
    connection->received += taken;
    if (connection->reply) {
        gboolean is_all = (guint64)connection->body_length == connection->received;
        return is_all ? MHD_YES : reply_early(connection);
    }
    if (*size == 0 && http_body_is_long(connection)) {
        http_body_take_over(connection);
        return MHD_YES;
    }
    if (http_request_is_paused(connection->request))
        return suspend(connection);
    http_connection_phase(connection, HTTP_PHASE_BODY);
    return MHD_YES;
}

/* Everything is read. */
static enum MHD_Result step_after_body(HttpConnection *connection)
{
    if (connection->request && http_request_is_asked(connection->request) &&
        !connection->is_complete)
        connection->is_complete = http_request_complete(connection->request);
    if (connection->reply)
        return queue_reply(connection, FALSE);
    if (connection->websocket)
        return queue_upgrade(connection);
    return suspend(connection);
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *size, void **slot)
{
    (void)data, (void)slot;
    HttpConnection *connection = connection_of(mhd);
    if (connection->is_doomed)
        return MHD_NO;
    if (!connection->is_known)
        return begin(connection, method, url, version);
    if (*size > 0)
        return take_body(connection, upload, size);
    return connection->is_reading ? step_after_body(connection) : step_before_body(connection);
}

/* The request line was read: the only sign that a request begins on a kept connection. */
static void *on_target(void *data, const char *target, struct MHD_Connection *mhd)
{
    (void)data;
    HttpConnection *connection = connection_of(mhd);
    g_free(connection->target);
    connection->target = g_strdup(target);
    http_connection_phase(connection, HTTP_PHASE_HEADERS);
    return NULL;
}

static void on_completed(void *data, struct MHD_Connection *mhd, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    (void)data, (void)slot, (void)code;
    HttpConnection *connection = connection_of(mhd);
    HttpRequest *request = g_steal_pointer(&connection->request);
    HttpWebSocket *websocket = g_steal_pointer(&connection->websocket);
    g_clear_pointer(&connection->reply, http_reply_free);
    g_clear_pointer(&connection->target, g_free);
    connection->received = connection->discarded = 0;
    connection->body_length = 0;
    connection->is_known = connection->is_reading = connection->is_complete = FALSE;
    connection->expects = connection->is_suspended = FALSE;
    http_connection_phase(connection, HTTP_PHASE_IDLE);
    /* A reply that was queued before the drain said nothing of closing. MHD reads the end. */
    if (connection->server->draining)
        shutdown(connection->watch.fd, SHUT_RD);
    if (request)
        http_request_lost(request);
    if (websocket)
        http_websocket_lost(websocket);
}

static size_t leave_escaped(void *data, struct MHD_Connection *mhd, char *text)
{
    (void)data, (void)mhd;
    return strlen(text);
}

/* ---- birth and end ---- */

static void started(HttpServer *server, struct MHD_Connection *mhd, void **slot)
{
    HttpConnection *connection = g_steal_pointer(&server->accepting);
    connection->mhd = mhd;
    connection->link.data = connection;
    g_queue_push_tail_link(&server->connections, &connection->link);
    http_watch_add(server, &connection->watch, EPOLLRDHUP | EPOLLET);
    *slot = connection;
}

static void ended(HttpConnection *connection)
{
    HttpServer *server = connection->server;
    int unread = 0;
    http_body_leave(connection);
    http_watch_remove(server, &connection->watch);
    if (!connection->was_taken && !connection->is_doomed && !server->is_ending &&
        (connection->needs_linger ||
         (ioctl(connection->watch.fd, FIONREAD, &unread) == 0 && unread > 0)))
        leave_to_linger(connection, NULL);
    g_queue_unlink(&server->connections, &connection->link);
    if (!connection->was_taken)
        http_server_forget_address(server, connection->peer);
    g_free(connection->target);
    g_free(connection);
    http_server_ended_one(server);
}

static void on_connection(void *data, struct MHD_Connection *mhd, void **slot,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        started(data, mhd, slot);
    else if (*slot)
        ended(g_steal_pointer(slot));
}

void http_connection_accept(HttpServer *server, int fd, const struct sockaddr *address,
                            socklen_t length, const char *peer, HttpPhase phase)
{
    HttpConnection *connection = g_new0(HttpConnection, 1);
    connection->server = server;
    connection->watch.fd = fd;
    connection->watch.ready = on_ready;
    g_strlcpy(connection->peer, peer, sizeof connection->peer);
    http_connection_phase(connection, phase);
    server->accepting = connection;
    if (MHD_add_connection(server->mhd, fd, address, length) != MHD_YES)
        g_warning("a connection could not be taken peer=%s: %s", peer, g_strerror(errno));
    if (server->accepting) { /* MHD never had it; it closed the socket */
        g_free(g_steal_pointer(&server->accepting));
        http_server_forget_address(server, peer);
    }
    server->run_mhd = TRUE;
}

static G_GNUC_PRINTF(2, 0) void on_log(void *data, const char *format, va_list arguments)
{
    (void)data;
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    g_debug("libmicrohttpd: %s", g_strchomp(text));
}

struct MHD_Daemon *http_connection_daemon(HttpServer *server)
{
    /* Turbo: no shutdown() when MHD closes its socket, because we may hold on to it.
     * SIGPIPE: without this word MHD quietly sends files without sendfile(). */
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_ALLOW_UPGRADE | MHD_USE_TURBO | MHD_USE_ERROR_LOG;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_request, server, MHD_OPTION_EXTERNAL_LOGGER, on_log, server,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_URI_LOG_CALLBACK, on_target, server,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, server, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)(2 * server->limits.header_bytes + HTTP_POOL_BYTES), MHD_OPTION_CONNECTION_LIMIT,
        2 * server->limits.connections + 1, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_END);
}
