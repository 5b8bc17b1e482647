/* What the files of the room share: the server, its watches, and the connections.
 *
 * Each connection is MHD's, and has an HttpConnection beside it from accept to close. The socket is
 * also in an epoll of the room's own: MHD does not look at a connection that waits for its handler,
 * and a WebSocket is not MHD's any more. */
#pragma once
#include <http/server.h>
#include <http/stream.h>
#include <http/websocket.h>
#include <microhttpd.h>
#include <sys/socket.h>

enum {
    HTTP_SCRATCH_BYTES = 64 * 1024,
    HTTP_LITTLE_BYTES = 64 * 1024, /* of a body that is read and thrown away for a keep-alive */
    HTTP_DISCARD_BYTES = 16 * 1024 * 1024,
    HTTP_ADDRESS_CHARS = 48,
    HTTP_POOL_BYTES = 32 * 1024, /* of MHD's for a connection, besides the headers */
};

typedef struct HttpConnection HttpConnection;

/* ---- watches: descriptors in the room's own epoll ---- */

typedef struct HttpWatch HttpWatch;
struct HttpWatch {
    int fd;
    void (*ready)(HttpWatch *watch, guint32 events);
};

/* `events` as epoll's. FALSE: the system refused. */
gboolean http_watch_add(HttpServer *server, HttpWatch *watch, guint32 events);
void http_watch_change(HttpServer *server, HttpWatch *watch, guint32 events);
/* No `ready` comes after it, not even one of this turn. */
void http_watch_remove(HttpServer *server, HttpWatch *watch);

/* ---- addresses ---- */

typedef struct HttpNetwork {
    guint8 bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
    guint bits;
} HttpNetwork;

/* "127.0.0.1:8080", "[::1]:0". */
gboolean http_address_parse_listen(const char *text, struct sockaddr_storage *address,
                                   socklen_t *length, GError **error);
gboolean http_network_parse(const char *text, HttpNetwork *network, GError **error);
/* Without port and brackets, an IPv4 address in IPv6 as IPv4. FALSE: not an address. */
gboolean http_address_normalise(const char *text, char out[HTTP_ADDRESS_CHARS]);
gboolean http_address_in(const char *address, const HttpNetwork *networks, guint count);
void http_address_format(const struct sockaddr *address, char out[HTTP_ADDRESS_CHARS]);

/* ---- targets ---- */

typedef struct HttpParameter {
    char *name;
    char *value;
} HttpParameter;

/* The path of a request target, decoded and checked. NULL: it has to be refused. */
char *http_target_path(const char *target);
/* The parameters behind the '?' of a target, which may be absent; those that are not UTF-8 or hold
 * a NUL are left out. */
GArray *http_target_query(const char *target);

/* ---- the server ---- */

typedef enum {
    HTTP_PHASE_HEADERS = 1,
    HTTP_PHASE_IDLE,
    HTTP_PHASE_HANDLER, /* it is the handler's turn: no deadline */
    HTTP_PHASE_BODY,
    HTTP_PHASE_REPLY,
} HttpPhase;

struct HttpServer {
    GMainContext *context;
    GSource *source;
    gpointer mhd_tag;
    gpointer epoll_tag;
    struct MHD_Daemon *mhd;
    HttpHandler handler;
    gpointer data;
    HttpLimits limits;
    GArray *trusted; /* HttpNetwork */
    HttpWatch listener;
    guint16 port;
    int epoll;
    HttpConnection *accepting; /* on its way into MHD */
    gboolean run_mhd;          /* something was resumed */
    GQueue connections;        /* HttpConnection, MHD's */
    GQueue sockets;            /* HttpWebSocket */
    GQueue lingers;            /* HttpLinger */
    GQueue dirty;              /* HttpWebSocket: has something to do before the loop sleeps */
    GQueue due;                /* HttpConnection whose body the room reads: the same */
    int dead;                  /* a socket whose other end is closed */
    GHashTable *per_address;   /* peer address → count */
    gint64 next_tick_us;
    guint tick_ms;
    /* Events of the turn that runs, so that a watch can be taken out of them. */
    struct epoll_event *turn;
    int turn_count;
    HttpServerDrained drained;
    gpointer drained_data;
    gboolean draining;
    gboolean is_resting; /* no descriptors left: accepts again at the next tick */
    gboolean is_ending;
    guint8 scratch[HTTP_SCRATCH_BYTES];
};

/* Connections and WebSockets end here: the drain may be over. */
void http_server_ended_one(HttpServer *server);
/* The address of a peer counts once for each connection of it, until it is forgotten. */
void http_server_forget_address(HttpServer *server, const char *address);
/* Makes deadlines finer when this one needs it. */
void http_server_need_tick(HttpServer *server, guint deadline_ms);

/* ---- connections ---- */

struct HttpConnection {
    HttpWatch watch; /* first: it is cast back. Only for the other end's hang-up */
    HttpServer *server;
    struct MHD_Connection *mhd;
    GList link; /* in server->connections */
    GList due;  /* in server->due, if it has data */
    char peer[HTTP_ADDRESS_CHARS];
    HttpPhase phase;
    gint64 since_us;          /* of the phase, or of its present window */
    gint64 moved_us;          /* when the last byte was seen to move */
    guint64 progress;         /* bytes when the window began */
    guint64 seen;             /* bytes at the last look */
    guint64 received;         /* bytes of this request's body */
    char *target;             /* of the request that begins */
    HttpRequest *request;     /* not replied to */
    HttpReply *reply;         /* given, not yet queued with MHD */
    HttpWebSocket *websocket; /* accepted, not yet upgraded */
    gint64 body_length;       /* declared; -1 chunked */
    guint64 discarded;
    int low_water;         /* bytes that wake the loop; 0: as the system has it */
    guint is_known : 1;    /* the access handler saw this request */
    guint is_reading : 1;  /* MHD reads the body */
    guint is_complete : 1; /* the body was read */
    guint expects : 1;     /* 100-continue */
    guint is_head : 1;
    guint is_suspended : 1;
    guint is_half_closed : 1;
    guint is_doomed : 1;    /* to be closed as soon as MHD looks */
    guint was_kicked : 1;   /* MHD was made to go on with the reply */
    guint needs_linger : 1; /* the client may still be sending when it is closed */
    guint was_taken : 1;    /* its socket lives on elsewhere, address still counted */
    guint is_own : 1;       /* the room reads the body, MHD is suspended: body.c */
    guint is_watched : 1;   /* …and bytes are waited for */
    guint has_bytes : 1;    /* …and have come */
    guint keeps : 1;        /* …and the client may ask again on this connection */
};

struct MHD_Daemon *http_connection_daemon(HttpServer *server);
/* Takes the socket, whose address is counted already. `phase`: HEADERS of a new one, IDLE of one on
 * which there was a request. */
void http_connection_accept(HttpServer *server, int fd, const struct sockaddr *address,
                            socklen_t length, const char *peer, HttpPhase phase);
void http_connection_resume(HttpConnection *connection);
/* Ends it, whatever it does. */
void http_connection_doom(HttpConnection *connection);
void http_connection_phase(HttpConnection *connection, HttpPhase phase);
/* Closes it unless a request of it runs. */
void http_connection_drain(HttpConnection *connection);
/* A copy of its socket, which lives on; -1: the system refused. The address stays counted. */
int http_connection_give_up(struct MHD_Connection *mhd);
/* Whether its deadline passed: then it is doomed. */
void http_connection_check(HttpConnection *connection, gint64 now_us);

/* ---- long bodies: body.c ---- */

/* Whether the rest of its body is to be read here: MHD has given all that it had read. */
gboolean http_body_is_long(const HttpConnection *connection);
void http_body_take_over(HttpConnection *connection);
/* Something may be done: the handler has replied, paused or gone on. From the loop, soon. */
void http_body_go_on(HttpConnection *connection);
void http_body_run(HttpServer *server);          /* those of which that was said */
void http_body_read(HttpConnection *connection); /* what has come, soon */
/* Ends is_own: MHD closes the connection when it is resumed. */
void http_body_leave(HttpConnection *connection);

/* ---- requests ---- */

/* What MHD read, checked. NULL and `status`: it is refused. */
HttpRequest *http_request_read(HttpConnection *connection, const char *method, const char *url,
                               const char *version, guint *status);
/* The connection is gone; calls `gone`. */
void http_request_lost(HttpRequest *request);
/* Refuses a body that says itself that it is longer than is collected. May end the request. */
void http_request_check_length(HttpRequest *request);
/* How many of `length` bytes were taken; fewer: it pauses. May end the request. */
gsize http_request_take(HttpRequest *request, const guint8 *bytes, gsize length);
/* The body is complete; FALSE: paused before it could be said. May end the request. */
gboolean http_request_complete(HttpRequest *request);
gboolean http_request_is_asked(const HttpRequest *request); /* for its body */
/* Whether the handler has a place for the bytes; where it is, and how much goes there: 0: nothing. */
gboolean http_request_has_room(const HttpRequest *request);
guint8 *http_request_room(HttpRequest *request, gsize *length);
/* Bytes that are not of MHD. May end the request. */
void http_request_give(HttpRequest *request, const guint8 *bytes, gsize length);
gboolean http_request_is_paused(const HttpRequest *request);
HttpServer *http_request_server(const HttpRequest *request);
/* Unlike _has(): tokens in the same case. */
gboolean http_request_header_has_exactly(const HttpRequest *request, const char *name,
                                         const char *token);
gboolean http_request_is_http_1_1(const HttpRequest *request);
/* Ends the request without a reply of its own: the WebSocket has it. */
void http_request_become(HttpRequest *request, HttpWebSocket *websocket);

/* ---- replies ---- */

/* NULL: the system refused. */
struct MHD_Response *http_reply_to_mhd(HttpReply *reply, HttpConnection *connection,
                                       gboolean close);
void http_reply_set_status(HttpReply *reply, guint status);
/* Its body is not in memory. */
gboolean http_reply_is_file(const HttpReply *reply);
gsize http_reply_length(const HttpReply *reply);
/* The whole reply as bytes, saying "Connection: close" unless it `keeps` it. Not for files. */
GBytes *http_reply_serialise(const HttpReply *reply, gboolean without_body, gboolean keeps);

HttpStream *http_stream_new(gint64 length_bytes, const HttpStreamEvents *events, gpointer data);
gint64 http_stream_length(const HttpStream *stream);
void http_stream_free(HttpStream *stream); /* says `closed`. NULL-safe */
/* Takes the stream. NULL: the system refused. */
struct MHD_Response *http_stream_to_mhd(HttpStream *stream, HttpConnection *connection);

/* ---- sockets that are no longer MHD's ---- */

/* Writes what is left, closes the sending side, and throws away what still comes, so that the client
 * reads the reply instead of a reset. Takes `fd`. `bytes` may be NULL. */
void http_linger(HttpServer *server, int fd, GBytes *bytes, const char *peer);
void http_linger_check(HttpServer *server, gint64 now_us);
void http_linger_end_all(HttpServer *server);

/* ---- WebSockets ---- */

struct MHD_Response *http_websocket_response(HttpWebSocket *socket);
/* It has its socket, and the bytes that came behind the request. */
void http_websocket_attach(HttpWebSocket *socket, int fd, const char *extra, gsize length);
/* The connection ended before it had its socket. */
void http_websocket_lost(HttpWebSocket *socket);
void http_websocket_flush(HttpServer *server);
void http_websocket_check(HttpServer *server, gint64 now_us);
void http_websocket_end_all(HttpServer *server);
