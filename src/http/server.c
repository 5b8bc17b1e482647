/* The server: one GSource over two epoll descriptors, MHD's and the room's own, and the tick that
 * keeps the deadlines. It accepts by itself, so that limits come before any memory of MHD's. */
#include "http-private.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { EVENTS_PER_TURN = 64, ACCEPTS_PER_TURN = 64, RUNS_PER_TURN = 4, TICK_MAX_MS = 500 };

typedef struct Source {
    GSource source;
    HttpServer *server;
} Source;

/* ---- watches ---- */

gboolean http_watch_add(HttpServer *server, HttpWatch *watch, guint32 events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    return epoll_ctl(server->epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

void http_watch_change(HttpServer *server, HttpWatch *watch, guint32 events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    epoll_ctl(server->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void http_watch_remove(HttpServer *server, HttpWatch *watch)
{
    epoll_ctl(server->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < server->turn_count; i++)
        if (server->turn[i].data.ptr == watch)
            server->turn[i].data.ptr = NULL;
}

/* ---- accepting ---- */

static guint count_of(const HttpServer *server, const char *address)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(server->per_address, address));
}

static void set_count(HttpServer *server, const char *address, guint count)
{
    if (count == 0)
        g_hash_table_remove(server->per_address, address);
    else
        g_hash_table_insert(server->per_address, g_strdup(address), GUINT_TO_POINTER(count));
}

void http_server_forget_address(HttpServer *server, const char *address)
{
    set_count(server, address, count_of(server, address) - 1);
}

static gboolean is_too_many(const HttpServer *server, const char *peer)
{
    const HttpNetwork *trusted = (const HttpNetwork *)(void *)server->trusted->data;
    if (http_server_connections(server) >= server->limits.connections)
        return TRUE;
    return count_of(server, peer) >= server->limits.connections_per_address &&
           !http_address_in(peer, trusted, server->trusted->len);
}

static void accept_one(HttpServer *server, int fd, const struct sockaddr *address, socklen_t length)
{
    char peer[HTTP_ADDRESS_CHARS];
    int on = 1;
    http_address_format(address, peer);
    if (is_too_many(server, peer)) {
        g_info("too many connections: closed peer=%s open=%u", peer,
               http_server_connections(server));
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    set_count(server, peer, count_of(server, peer) + 1);
    http_connection_accept(server, fd, address, length, peer, HTTP_PHASE_HEADERS);
}

static void on_listener(HttpWatch *watch, guint32 events)
{
    (void)events;
    HttpServer *server =
        (HttpServer *)(void *)((char *)watch - G_STRUCT_OFFSET(HttpServer, listener));
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof address;
        int fd =
            accept4(watch->fd, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            accept_one(server, fd, (struct sockaddr *)&address, length);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* Rest until the next tick instead of spinning on a socket that stays readable. */
            g_warning("no connection can be accepted: %s", g_strerror(errno));
            http_watch_remove(server, watch);
            server->is_resting = TRUE;
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

/* ---- the source ---- */

static void tick(HttpServer *server, gint64 now_us)
{
    server->next_tick_us = now_us + (gint64)server->tick_ms * 1000;
    if (server->is_resting) {
        server->is_resting = FALSE;
        http_watch_add(server, &server->listener, EPOLLIN);
    }
    for (GList *link = server->connections.head; link; link = link->next)
        http_connection_check(link->data, now_us);
    http_websocket_check(server, now_us);
    http_linger_check(server, now_us);
}

static gboolean has_deadlines(const HttpServer *server)
{
    return http_server_connections(server) > 0 || server->is_resting;
}

void http_server_need_tick(HttpServer *server, guint deadline_ms)
{
    server->tick_ms = CLAMP(deadline_ms / 4, 1, server->tick_ms);
    gint64 latest_us = g_get_monotonic_time() + (gint64)server->tick_ms * 1000;
    server->next_tick_us = MIN(server->next_tick_us, latest_us);
}

static gboolean mhd_has_more(const HttpServer *server)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    return MHD_get_timeout(server->mhd, &timeout) == MHD_YES && timeout == 0;
}

static gboolean prepare(GSource *source, int *timeout_ms)
{
    HttpServer *server = ((Source *)source)->server;
    *timeout_ms = -1;
    if (server->run_mhd || server->dirty.length > 0 || server->due.length > 0 ||
        mhd_has_more(server))
        return TRUE;
    if (!has_deadlines(server)) {
        server->next_tick_us = 0;
        return FALSE;
    }
    gint64 now_us = g_source_get_time(source);
    if (server->next_tick_us == 0)
        server->next_tick_us = now_us + (gint64)server->tick_ms * 1000;
    gint64 left_us = server->next_tick_us - now_us;
    *timeout_ms = left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
    return left_us <= 0;
}

static gboolean check(GSource *source)
{
    const Source *self = (Source *)source;
    const HttpServer *server = self->server;
    return g_source_query_unix_fd(source, server->mhd_tag) ||
           g_source_query_unix_fd(source, server->epoll_tag) || server->run_mhd ||
           server->dirty.length > 0 || server->due.length > 0 ||
           (server->next_tick_us > 0 && g_source_get_time(source) >= server->next_tick_us);
}

/* MHD moves one block of each connection per run: a few runs a turn spare the loop's own work. */
static void run_mhd(HttpServer *server)
{
    for (int i = 0; i < RUNS_PER_TURN; i++) {
        server->run_mhd = FALSE;
        MHD_run(server->mhd);
        if (!server->run_mhd && !mhd_has_more(server))
            return;
    }
    server->run_mhd = TRUE;
}

static void run_watches(HttpServer *server)
{
    struct epoll_event events[EVENTS_PER_TURN];
    int count = epoll_wait(server->epoll, events, EVENTS_PER_TURN, 0);
    server->turn = events;
    server->turn_count = MAX(count, 0);
    for (int i = 0; i < server->turn_count; i++) {
        HttpWatch *watch = events[i].data.ptr;
        if (watch)
            watch->ready(watch, events[i].events);
    }
    server->turn = NULL;
    server->turn_count = 0;
}

static void end_drain(HttpServer *server)
{
    if (!server->draining || server->is_ending || http_server_connections(server) > 0)
        return;
    HttpServerDrained drained = server->drained;
    server->drained = NULL;
    if (drained)
        drained(server->drained_data);
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    (void)callback, (void)data;
    HttpServer *server = ((Source *)source)->server;
    if (g_source_query_unix_fd(source, server->epoll_tag))
        run_watches(server);
    http_body_run(server);
    if (server->run_mhd || g_source_query_unix_fd(source, server->mhd_tag) || mhd_has_more(server))
        run_mhd(server);
    http_websocket_flush(server);
    gint64 now_us = g_get_monotonic_time();
    if (server->next_tick_us > 0 && now_us >= server->next_tick_us)
        tick(server, now_us);
    end_drain(server);
    return G_SOURCE_CONTINUE;
}

static const GSourceFuncs source_funcs = {.prepare = prepare, .check = check, .dispatch = dispatch};

/* ---- life ---- */

static void set_default(guint *field, guint value)
{
    if (*field == 0)
        *field = value;
}

static void take_limits(HttpServer *server, const HttpLimits *limits)
{
    HttpLimits *own = &server->limits;
    *own = *limits;
    set_default(&own->connections, 4096);
    set_default(&own->connections_per_address, 1024);
    set_default(&own->header_ms, 10000);
    set_default(&own->idle_ms, 60000);
    set_default(&own->body_ms, 30000);
    set_default(&own->body_min_bytes_per_s, 256);
    set_default(&own->reply_ms, 30000);
    set_default(&own->reply_min_bytes_per_s, 256);
    if (own->header_bytes == 0)
        own->header_bytes = 16384;
    server->tick_ms = TICK_MAX_MS;
    const guint deadlines[] = {own->header_ms, own->idle_ms, own->body_ms, own->reply_ms};
    for (guint i = 0; i < G_N_ELEMENTS(deadlines); i++)
        server->tick_ms = CLAMP(deadlines[i] / 4, 1, server->tick_ms);
}

static gboolean take_proxies(HttpServer *server, const char *const *proxies, GError **error)
{
    for (; proxies && *proxies; proxies++) {
        HttpNetwork network;
        if (!http_network_parse(*proxies, &network, error))
            return FALSE;
        g_array_append_val(server->trusted, network);
    }
    return TRUE;
}

static gboolean cannot(GError **error, int code, const char *what, const char *which)
{
    int why = errno;
    g_set_error(error, HTTP_ERROR, code, "cannot %s %s: %s", what, which, g_strerror(why));
    return FALSE;
}

static gboolean listen_on(HttpServer *server, const char *text, GError **error)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    int on = 1;
    if (!http_address_parse_listen(text, &address, &length, error))
        return FALSE;
    int fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    server->listener = (HttpWatch){fd, on_listener};
    if (fd < 0)
        return cannot(error, HTTP_ERROR_FAILED, "open a socket for", text);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, SOMAXCONN) != 0)
        return cannot(error, HTTP_ERROR_ADDRESS, "listen on", text);
    if (getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        return cannot(error, HTTP_ERROR_FAILED, "ask for the address of", text);
    server->port =
        ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port
                                            : ((struct sockaddr_in *)(void *)&address)->sin_port);
    return http_watch_add(server, &server->listener, EPOLLIN) ||
           cannot(error, HTTP_ERROR_FAILED, "watch", text);
}

static gboolean start_mhd(HttpServer *server, GError **error)
{
    server->mhd = http_connection_daemon(server);
    if (!server->mhd) {
        g_set_error(error, HTTP_ERROR, HTTP_ERROR_FAILED, "cannot start libmicrohttpd: %s",
                    g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

/* What MHD is given to close in place of a socket that it is to forget: it reads as ended. */
static gboolean open_dead(HttpServer *server, GError **error)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0)
        return cannot(error, HTTP_ERROR_FAILED, "open", "a pair of sockets");
    server->dead = pair[0];
    close(pair[1]);
    return TRUE;
}

static void attach(HttpServer *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->mhd, MHD_DAEMON_INFO_EPOLL_FD_LINUX_ONLY);
    server->source = g_source_new((GSourceFuncs *)&source_funcs, sizeof(Source));
    ((Source *)server->source)->server = server;
    g_source_set_static_name(server->source, "http");
    server->mhd_tag = g_source_add_unix_fd(server->source, info->epoll_fd, G_IO_IN);
    server->epoll_tag = g_source_add_unix_fd(server->source, server->epoll, G_IO_IN);
    g_source_attach(server->source, server->context);
}

HttpServer *http_server_new(const HttpServerOptions *options, GError **error)
{
    HttpServer *server = g_new0(HttpServer, 1);
    server->context = options->context ? g_main_context_ref(options->context)
                                       : g_main_context_ref_thread_default();
    server->handler = options->handler;
    server->data = options->data;
    server->trusted = g_array_new(FALSE, FALSE, sizeof(HttpNetwork));
    server->per_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    server->listener.fd = server->dead = -1;
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    take_limits(server, &options->limits);
    /* sendfile() has no MSG_NOSIGNAL. Who set a handler keeps it. */
    struct sigaction pipe_action;
    if (sigaction(SIGPIPE, NULL, &pipe_action) == 0 && pipe_action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
    if (server->epoll < 0)
        cannot(error, HTTP_ERROR_FAILED, "make", "an epoll descriptor");
    else if (take_proxies(server, options->trusted_proxies, error) &&
             listen_on(server, options->listen, error) && open_dead(server, error) &&
             start_mhd(server, error))
        attach(server);
    if (!server->source)
        g_clear_pointer(&server, http_server_free);
    return server;
}

guint16 http_server_port(const HttpServer *server)
{
    return server->port;
}

guint http_server_connections(const HttpServer *server)
{
    return server->connections.length + server->sockets.length + server->lingers.length;
}

void http_server_ended_one(HttpServer *server)
{
    /* So that the drain's end is seen in this turn or in one that follows at once. */
    if (server->draining)
        server->run_mhd = TRUE;
}

static void stop_listening(HttpServer *server)
{
    if (server->listener.fd < 0)
        return;
    http_watch_remove(server, &server->listener);
    close(server->listener.fd);
    server->listener.fd = -1;
    server->is_resting = FALSE;
}

void http_server_drain(HttpServer *server, HttpServerDrained drained, gpointer data)
{
    g_assert(!server->draining);
    server->draining = TRUE;
    server->drained = drained;
    server->drained_data = data;
    server->run_mhd = TRUE;
    stop_listening(server);
    for (GList *link = server->connections.head; link; link = link->next)
        http_connection_drain(link->data);
    for (GList *link = server->sockets.head; link; link = link->next)
        http_websocket_close(link->data, HTTP_WEBSOCKET_GOING_AWAY, NULL);
}

static void end_connections(HttpServer *server)
{
    for (GList *link = server->connections.head; link; link = link->next)
        http_connection_doom(link->data);
    /* MHD panics when it is stopped with suspended connections. */
    while (server->connections.length > 0 || server->run_mhd) {
        server->run_mhd = FALSE;
        MHD_run(server->mhd);
    }
    http_websocket_end_all(server);
    http_linger_end_all(server);
}

void http_server_free(HttpServer *server)
{
    if (!server)
        return;
    server->is_ending = TRUE;
    stop_listening(server);
    if (server->mhd) {
        end_connections(server);
        MHD_stop_daemon(server->mhd);
    }
    if (server->source) {
        g_source_destroy(server->source);
        g_source_unref(server->source);
    }
    if (server->epoll >= 0)
        close(server->epoll);
    if (server->dead >= 0)
        close(server->dead);
    g_hash_table_unref(server->per_address);
    g_array_unref(server->trusted);
    g_main_context_unref(server->context);
    g_free(server);
}
