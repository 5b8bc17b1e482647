/* Long bodies, read from the socket to where the handler wants them. MHD reads 32 KiB at a time into
 * memory of its own, wakes up for each, and everything is copied once more; for gigabytes that is
 * most of what a server does (bench/server).
 *
 * MHD cannot be told that a body was read by somebody else. So it is left: it has read the headers
 * and the body's first piece, is suspended while the rest is read here, and when the reply is written
 * the socket goes back to it as a new connection. In between MHD is given a dead socket to close.
 *
 * What always holds: while is_own, MHD is suspended and nobody but this file reads the socket; the
 * handler is called from the loop alone (step()). */
#include "http-private.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    LONG_BYTES = 256 << 10, /* what must be left of a body, for all that to be worth it */
    LOW_WATER = 512 << 10,  /* so much wakes the loop; the tick takes what is less */
    TURN_BYTES = 1 << 20,   /* then the loop looks whether somebody waits for an answer */
};

static gsize left_of(const HttpConnection *connection)
{
    return (gsize)(connection->body_length - (gint64)connection->received);
}

static void set_low_water(HttpConnection *connection, gsize bytes)
{
    int value = (int)CLAMP(bytes, 1, LOW_WATER);
    if (connection->low_water == value)
        return;
    connection->low_water = value;
    setsockopt(connection->watch.fd, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof value);
}

static void set_reading(HttpConnection *connection, gboolean is_reading)
{
    http_connection_phase(connection, is_reading ? HTTP_PHASE_BODY : HTTP_PHASE_HANDLER);
    if (connection->is_watched == is_reading)
        return;
    connection->is_watched = is_reading;
    http_watch_change(connection->server, &connection->watch,
                      EPOLLRDHUP | (is_reading ? EPOLLIN : EPOLLET));
}

/* ---- taking it over ---- */

gboolean http_body_is_long(const HttpConnection *connection)
{
    return connection->request && http_request_has_room(connection->request) &&
           connection->body_length >= 0 && left_of(connection) >= LONG_BYTES;
}

void http_body_take_over(HttpConnection *connection)
{
    const HttpRequest *request = connection->request;
    connection->is_own = TRUE;
    connection->is_suspended = TRUE;
    connection->keeps = http_request_is_http_1_1(request) &&
                        !http_request_header_has(request, "Connection", "close");
    MHD_suspend_connection(connection->mhd);
    http_body_go_on(connection);
}

void http_body_go_on(HttpConnection *connection)
{
    if (connection->due.data)
        return;
    connection->due.data = connection;
    g_queue_push_tail_link(&connection->server->due, &connection->due);
}

void http_body_leave(HttpConnection *connection)
{
    if (connection->due.data)
        g_queue_unlink(&connection->server->due, &connection->due);
    connection->due.data = NULL;
    connection->is_own = FALSE;
}

/* ---- the end ---- */

/* MHD closes a dead socket in place of this one, which lives on as the descriptor given back. */
static int take_socket(HttpConnection *connection)
{
    HttpServer *server = connection->server;
    set_low_water(connection, 1);
    http_watch_remove(server, &connection->watch);
    int fd = fcntl(connection->watch.fd, F_DUPFD_CLOEXEC, 0);
    connection->was_taken = fd >= 0;
    connection->is_doomed = TRUE;
    dup3(server->dead, connection->watch.fd, O_CLOEXEC);
    http_body_leave(connection);
    http_connection_resume(connection);
    return fd;
}

static void hand_back(HttpServer *server, int fd, const char *peer)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getpeername(fd, (struct sockaddr *)&address, &length) == 0) {
        http_connection_accept(server, fd, (struct sockaddr *)&address, length, peer,
                               HTTP_PHASE_IDLE);
        return;
    }
    close(fd);
    http_server_forget_address(server, peer);
}

static void send_reply(HttpConnection *connection)
{
    HttpServer *server = connection->server;
    g_autoptr(HttpReply) reply = g_steal_pointer(&connection->reply);
    gboolean keeps = connection->keeps && left_of(connection) == 0 && !server->draining &&
                     !connection->is_half_closed;
    g_autoptr(GBytes) bytes = http_reply_serialise(reply, connection->is_head, keeps);
    char peer[HTTP_ADDRESS_CHARS];
    g_strlcpy(peer, connection->peer, sizeof peer);
    int fd = take_socket(connection);
    if (fd < 0)
        return;
    if (!keeps) {
        http_linger(server, fd, bytes, peer);
        return;
    }
    gsize length;
    const void *data = g_bytes_get_data(bytes, &length);
    ssize_t sent = send(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)length) {
        hand_back(server, fd, peer);
        return;
    }
    g_autoptr(GBytes) rest =
        g_bytes_new_from_bytes(bytes, (gsize)MAX(sent, 0), length - (gsize)MAX(sent, 0));
    http_linger(server, fd, rest, peer);
}

/* ---- what comes next ---- */

/* How much there was. */
static gsize read_some(HttpConnection *connection)
{
    HttpServer *server = connection->server;
    gsize length = 0;
    guint8 *place = http_request_room(connection->request, &length);
    if (length == 0) {
        place = server->scratch;
        length = sizeof server->scratch;
    }
    ssize_t got = recv(connection->watch.fd, place, MIN(length, left_of(connection)), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        http_connection_doom(connection);
    if (got <= 0)
        return 0;
    connection->received += (guint64)got;
    http_request_give(connection->request, place, (gsize)got);
    return (gsize)got;
}

/* After bytes, and after a word of the handler's. */
static void go_on(HttpConnection *connection)
{
    HttpRequest *request = connection->request;
    gboolean is_paused = request && http_request_is_paused(request);
    if (request && !is_paused && left_of(connection) == 0 && !connection->is_complete) {
        connection->is_complete = TRUE;
        http_request_complete(request);
    }
    if (connection->reply) {
        send_reply(connection);
        return;
    }
    gboolean is_reading = !is_paused && left_of(connection) > 0;
    if (!is_reading && connection->is_half_closed) {
        http_connection_doom(connection);
        return;
    }
    set_low_water(connection, left_of(connection));
    set_reading(connection, is_reading);
}

static gsize step(HttpConnection *connection)
{
    gboolean reads = connection->has_bytes && connection->is_watched && connection->request;
    connection->has_bytes = FALSE;
    gsize got = reads ? read_some(connection) : 0;
    if (connection->is_own)
        go_on(connection);
    return got;
}

void http_body_run(HttpServer *server)
{
    /* Those that come meanwhile have their turn in the next one. */
    gsize got = 0;
    for (guint left = server->due.length; left > 0 && server->due.length > 0 && got < TURN_BYTES;
         left--) {
        GList *link = g_queue_pop_head_link(&server->due);
        got += step(g_steal_pointer(&link->data));
    }
}

void http_body_read(HttpConnection *connection)
{
    connection->has_bytes = TRUE;
    http_body_go_on(connection);
}
