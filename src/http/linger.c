/* The end of a connection whose client may still be sending. Closing a socket with unread bytes
 * makes the system send a reset, which can take the reply away before it was read; so the rest of
 * the reply is written, the sending side closed, and what still comes thrown away for a while. */
#include "http-private.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { LINGER_MS = 3000 };

typedef struct HttpLinger {
    HttpWatch watch; /* first: it is cast back */
    HttpServer *server;
    GList link;
    GBytes *bytes;
    gsize written;
    guint64 discarded;
    gint64 since_us;
    char peer[HTTP_ADDRESS_CHARS];
} HttpLinger;

static void end(HttpLinger *linger)
{
    HttpServer *server = linger->server;
    http_watch_remove(server, &linger->watch);
    close(linger->watch.fd);
    g_queue_unlink(&server->lingers, &linger->link);
    g_clear_pointer(&linger->bytes, g_bytes_unref);
    http_server_forget_address(server, linger->peer);
    g_free(linger);
    http_server_ended_one(server);
}

/* FALSE: the connection is dead. */
static gboolean write_rest(HttpLinger *linger)
{
    gsize length;
    const char *bytes = g_bytes_get_data(linger->bytes, &length);
    while (linger->written < length) {
        ssize_t n = send(linger->watch.fd, bytes + linger->written, length - linger->written,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        linger->written += (gsize)n;
    }
    g_clear_pointer(&linger->bytes, g_bytes_unref);
    shutdown(linger->watch.fd, SHUT_WR);
    return TRUE;
}

/* FALSE: nothing more comes, or too much. */
static gboolean discard(HttpLinger *linger)
{
    ssize_t n = recv(linger->watch.fd, linger->server->scratch, HTTP_SCRATCH_BYTES, MSG_DONTWAIT);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    linger->discarded += (guint64)n;
    return n > 0 && linger->discarded <= HTTP_DISCARD_BYTES;
}

static void on_ready(HttpWatch *watch, guint32 events)
{
    HttpLinger *linger = (HttpLinger *)(void *)watch;
    gboolean was_writing = linger->bytes != NULL;
    if ((was_writing && !write_rest(linger)) ||
        ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) && !discard(linger)))
        end(linger);
    else if (was_writing && !linger->bytes)
        http_watch_change(linger->server, watch, EPOLLIN);
}

void http_linger(HttpServer *server, int fd, GBytes *bytes, const char *peer)
{
    HttpLinger *linger = g_new0(HttpLinger, 1);
    linger->watch = (HttpWatch){fd, on_ready};
    linger->server = server;
    linger->link.data = linger;
    linger->since_us = g_get_monotonic_time();
    linger->bytes = bytes ? g_bytes_ref(bytes) : g_bytes_new(NULL, 0);
    g_strlcpy(linger->peer, peer, sizeof linger->peer);
    g_queue_push_tail_link(&server->lingers, &linger->link);
    http_watch_add(server, &linger->watch, EPOLLIN | EPOLLOUT);
    http_server_need_tick(server, LINGER_MS);
}

void http_linger_check(HttpServer *server, gint64 now_us)
{
    GList *next;
    for (GList *link = server->lingers.head; link; link = next) {
        HttpLinger *linger = link->data;
        next = link->next;
        if (now_us - linger->since_us > (gint64)LINGER_MS * 1000)
            end(linger);
    }
}

void http_linger_end_all(HttpServer *server)
{
    while (server->lingers.head)
        end(server->lingers.head->data);
}
