/* An HTTP/1.1 server in a GLib main loop, with WebSockets (http/websocket.h). It listens, keeps clients
 * within limits and deadlines, reads requests, and sends the replies it is given. It knows no routes, no
 * identities and no formats.
 *
 * Refused by the room itself, before the handler sees anything: malformed requests (400; what has no
 * request line is closed without an answer), headers beyond the limit (431; 414 for the first line), a
 * method or transfer coding nobody knows (501), slow headers (408). What is ambiguous about where a
 * request ends (Content-Length with Transfer-Encoding, two lengths, two Hosts) is 400 and the end of the
 * connection. RFC 9110, 9112.
 *
 * Threads: everything on the thread that runs the context. Nothing here blocks. SIGPIPE is ignored for
 * the process when nobody handles it: sendfile() would raise it. */
#pragma once
#include <http/error.h>
#include <http/request.h>

typedef struct HttpServer HttpServer;

/* A request whose headers are complete. The handler owes it exactly one reply, now or later
 * (http/request.h says how and until when the request lives). */
typedef void (*HttpHandler)(HttpRequest *request, gpointer data);

/* A field that is 0 has the value in parentheses. Deadlines are kept to within a quarter of the
 * shortest of them, and never coarser than half a second. */
typedef struct HttpLimits {
    guint connections;             /* at once, WebSockets included (4096); more are closed */
    guint connections_per_address; /* of one peer address, seen on the socket (1024); those of
                                      trusted proxies are not counted */
    gsize header_bytes;            /* request line and header lines (16384) */
    guint header_ms;               /* until the headers are complete: from accept, or from the
                                      request's first line on a kept connection (10000) */
    guint idle_ms;                 /* between requests on a kept connection (60000) */
    guint body_ms;                 /* a body that gives no byte for so long ends the
                                      connection (30000). While the handler pauses it, no time runs */
    guint body_min_bytes_per_s;    /* as an average over each body_ms (256) */
    guint reply_ms;                /* a reader that takes nothing for so long is closed (30000) */
    guint reply_min_bytes_per_s;   /* as an average over each reply_ms (256) */
} HttpLimits;

typedef struct HttpServerOptions {
    const char *listen;    /* "127.0.0.1:8080", "[::1]:0", "0.0.0.0:80": numbers, no names. Port 0:
                              the system chooses (http_server_port()) */
    GMainContext *context; /* NULL: the thread's default. Referenced */
    HttpHandler handler;
    gpointer data;
    HttpLimits limits;
    /* Addresses or networks ("10.0.0.0/8", "::1") whose X-Forwarded-For and -Proto are believed,
     * ended by NULL; NULL: none. The client is then the rightmost address that is not one of them. */
    const char *const *trusted_proxies;
} HttpServerOptions;

/* Listens when it returns. Everything in `options` is copied. HTTP_ERROR_ADDRESS, HTTP_ERROR_FAILED. */
HttpServer *http_server_new(const HttpServerOptions *options,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

guint16 http_server_port(const HttpServer *server);
guint http_server_connections(const HttpServer *server); /* now, WebSockets included */

/* Nothing runs any more: the last connection is closed. Once, from the loop. */
typedef void (*HttpServerDrained)(gpointer data);

/* Stops listening, closes idle connections, lets requests that run finish (their replies say
 * "Connection: close"), closes WebSockets with 1001. `drained` may be NULL. Once. The owner sets the
 * deadline: http_server_free() ends what is left. */
void http_server_drain(HttpServer *server, HttpServerDrained drained, gpointer data);

/* Ends every connection at once. `gone` and `closed` callbacks come from within. Requests that were
 * not replied to stay valid until they are. Not from within a callback of the server. NULL-safe. */
void http_server_free(HttpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, http_server_free)
