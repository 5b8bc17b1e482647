/* A server of Engine.IO v4: sessions that carry messages over polling and WebSockets, move from one
 * to the other, and end when the client is silent. It stands on http/ and knows nothing of
 * Socket.IO (socketio/server.h stands on this).
 *
 * Life of a session: from `open` until `closed` returns, which comes exactly once. No callback comes
 * from within a function of this header, but engineio_server_free(). Threads: those of the
 * HttpServer. */
#pragma once
#include <glib.h>
#include <http/request.h>

typedef struct EngineioServer EngineioServer;
typedef struct EngineioSession EngineioSession;

/* Why a session ended. The names in parentheses are those that Socket.IO gives them. */
typedef enum {
    ENGINEIO_REASON_CLIENT = 1,   /* it closed ("transport close") */
    ENGINEIO_REASON_PING_TIMEOUT, /* no pong came ("ping timeout") */
    ENGINEIO_REASON_ERROR,        /* the connection broke ("transport error") */
    ENGINEIO_REASON_PROTOCOL,     /* what it sent breaks the protocol or a limit ("parse error") */
    ENGINEIO_REASON_SLOW,         /* it let too much wait in its queue ("transport error") */
    ENGINEIO_REASON_SERVER,       /* engineio_session_close() ("forced close") */
    ENGINEIO_REASON_SHUTDOWN,     /* the server ends ("server shutting down") */
} EngineioReason;
const char *engineio_reason_name(EngineioReason reason); /* as in the parentheses */

/* A field that is 0 or NULL has the value in parentheses. Lists are ended by NULL. Everything is
 * copied. */
typedef struct EngineioOptions {
    const char *path;          /* of the requests, ends with '/' ("/engine.io/", "/socket.io/") */
    guint ping_interval_ms;    /* from one pong to the next ping (25000) */
    guint ping_timeout_ms;     /* for the pong (20000): from the ping leaving, or, while nobody
                                 polls for it, from its being due */
    guint upgrade_timeout_ms;  /* from the probe to the upgrade (10000) */
    gsize max_payload_bytes;   /* of a message and of the body of a POST (1000000): more closes */
    guint max_payload_packets; /* in the body of a POST (1024) */
    gsize max_queue_bytes;     /* waiting for one client: more closes the session (4 MiB) */
    guint max_sessions;        /* at once (4096); more are refused with 503 */
    guint max_sessions_per_address; /* of one client address (256); more: 429 */
    guint max_packets_per_s; /* from one session, as an average over some seconds (1000): more
                                 closes it */
    /* Pages that may connect, as browsers write them: "https://studio.example"; "*": any. Requests
     * of others are refused with 403, those without an Origin are not a page's. (NULL: only pages
     * of the scheme and Host that the request itself names.) */
    const char *const *origins;
    gboolean credentials;  /* those pages may send cookies along */
    gboolean no_polling;   /* WebSockets only */
    gboolean no_websocket; /* polling only */
    /* Of the handshake's request, kept with the session: engineio_session_header(), _cookie().
     * At most 4 KiB of each. (none) */
    const char *const *keep_headers;
    const char *const *keep_cookies;
    GMainContext *context; /* of the timers; that of the HttpServer (the thread's default) */
} EngineioOptions;

typedef struct EngineioEvents {
    /* A session began; its open packet is queued. */
    void (*open)(EngineioSession *session, gpointer data);
    /* Borrowed for the call. Text is valid UTF-8. */
    void (*message)(EngineioSession *session, gboolean is_binary, GBytes *message, gpointer data);
    void (*closed)(EngineioSession *session, EngineioReason reason, gpointer data);
} EngineioEvents;

/* `events` has to outlive the server (a const table). */
EngineioServer *engineio_server_new(const EngineioOptions *options, const EngineioEvents *events,
                                    gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* Whether the request is under the server's path: TRUE takes it, and it gets its reply from here. */
gboolean engineio_server_handle(EngineioServer *server, HttpRequest *request);
/* Closes every session: `closed` comes from within, with SHUTDOWN. Before http_server_free(). Not
 * from within a callback. NULL-safe. */
void engineio_server_free(EngineioServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineioServer, engineio_server_free)

/* Since the start, but for `sessions` and `buffered_bytes`, which are now. */
typedef struct EngineioMetrics {
    guint sessions;
    guint sessions_websocket; /* of those, over a WebSocket */
    gsize buffered_bytes;     /* waiting for clients */
    guint64 opened, refused, upgraded;
    guint64 closed[ENGINEIO_REASON_SHUTDOWN + 1]; /* by EngineioReason */
    guint64 packets_in, packets_out, bytes_in, bytes_out;
} EngineioMetrics;
void engineio_server_get_metrics(const EngineioServer *server, EngineioMetrics *metrics);

/* Queues a message; the bytes are referenced, so one for many sessions is kept once. Text has to be
 * valid UTF-8. Ignored once the session is closing. */
void engineio_session_send(EngineioSession *session, gboolean is_binary, GBytes *message);
/* Sends what is queued, then closes; nothing comes in any more, `closed` comes from the loop. A second
 * call does nothing. */
void engineio_session_close(EngineioSession *session);

const char *engineio_session_id(const EngineioSession *session); /* 20 characters, not guessable */
const char *engineio_session_client_address(const EngineioSession *session);
const char *engineio_session_transport(const EngineioSession *session); /* "polling", "websocket" */
/* What was kept of the handshake, or NULL. */
const char *engineio_session_header(const EngineioSession *session, const char *name);
const char *engineio_session_cookie(const EngineioSession *session, const char *name);
/* Waiting for this client, not yet taken by the system. */
gsize engineio_session_buffered_bytes(const EngineioSession *session);
/* One slot of the owner's; it frees what it put there, in `closed` at the latest. */
void engineio_session_set_data(EngineioSession *session, gpointer data);
gpointer engineio_session_get_data(const EngineioSession *session);
