/* A Socket.IO v5 server: clients connect to namespaces, send and get events with JSON and bytes,
 * answer each other's acks, and are in rooms. It works with the public clients (JavaScript: 3 and 4).
 * It knows nothing of what the events mean.
 *
 * Life of a socket (a client's connection to one namespace): from socketio_connect_accept() until
 * the `disconnect` callback returns, which comes exactly once. No callback comes from within a
 * function of this header, but socketio_server_free(). Threads: those of the HttpServer.
 *
 * JSON: what a callback gets is borrowed for the call; json_incref() keeps it. What a function of
 * this header is given as `args`, `data` or `message` says whether it is taken. */
#pragma once
#include <jansson.h>
#include <socketio/engine.h>
#include <socketio/packet.h>

typedef struct SocketioServer SocketioServer;
typedef struct SocketioSocket SocketioSocket;

/* ---- arguments ---- */

/* What came with an event (without its name) or with an ack. Borrowed for the call. */
typedef struct SocketioArgs {
    json_t *values;         /* an array; arguments that are bytes are placeholders in it */
    GPtrArray *attachments; /* of GBytes, or NULL */
} SocketioArgs;

/* The bytes that a value anywhere in `values` stands for, borrowed with it; NULL: it is plain JSON. */
GBytes *socketio_args_bytes(const SocketioArgs *args, const json_t *value);
/* What stands in `args` for the attachment of that number when sending. A new reference. */
json_t *socketio_placeholder_new(guint number) G_GNUC_WARN_UNUSED_RESULT;

/* ---- a client that asks to connect ---- */

/* Valid until accept() or refuse(), of which it gets one, now or later; if the client goes away
 * meanwhile that changes nothing (accept() then returns NULL). */
typedef struct SocketioConnect SocketioConnect;

const char *socketio_connect_space(const SocketioConnect *connect); /* "/", "/custom" */
/* The handshake's auth: an object, empty when the client sent none. */
const json_t *socketio_connect_auth(const SocketioConnect *connect);
/* Of the request that began the session, those named in keep_headers and keep_cookies; or NULL. */
const char *socketio_connect_header(const SocketioConnect *connect, const char *name);
const char *socketio_connect_cookie(const SocketioConnect *connect, const char *name);
const char *socketio_connect_client_address(const SocketioConnect *connect);
/* Whether the client still waits. */
gboolean socketio_connect_is_waiting(const SocketioConnect *connect);

/* The client is told; events may be sent to it at once, and follow that. Ends `connect`. NULL: it
 * went away, and no `disconnect` comes. `user_data` is socketio_socket_get_data()'s. */
SocketioSocket *socketio_connect_accept(SocketioConnect *connect, gpointer user_data);
/* CONNECT_ERROR {"message":…,"data":…}. `data` is taken, may be NULL. Ends `connect`. */
void socketio_connect_refuse(SocketioConnect *connect, const char *message, json_t *data);

/* ---- acks ---- */

/* The client asked for an answer: it gets one at most. Owned by whoever was given it, for as long as
 * wanted, also when the socket or the server is gone (the answer is then thrown away). */
typedef struct SocketioAck SocketioAck;

/* Takes `ack` and `args` (an array; NULL: no arguments). `attachments`: GBytes, or NULL. */
void socketio_ack_answer(SocketioAck *ack, json_t *args, GPtrArray *attachments);
/* The same with one argument that is JSON text already. */
void socketio_ack_answer_text(SocketioAck *ack, const char *text);
void socketio_ack_free(SocketioAck *ack); /* without an answer. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketioAck, socketio_ack_free)

/* The client's answer to emit_with_ack(); `args` NULL: none came in time, or it went away. Exactly
 * once, before `disconnect`. */
typedef void (*SocketioAnswered)(SocketioSocket *socket, const SocketioArgs *args, gpointer data);

/* ---- the server ---- */

typedef enum {
    SOCKETIO_REASON_CLIENT = 1, /* left the namespace ("client namespace disconnect") */
    SOCKETIO_REASON_SERVER,     /* socketio_socket_disconnect() ("server namespace disconnect") */
    SOCKETIO_REASON_TRANSPORT_CLOSE, /* the client closed ("transport close") */
    SOCKETIO_REASON_TRANSPORT_ERROR, /* the connection broke, or its queue was full
                                        ("transport error") */
    SOCKETIO_REASON_PING_TIMEOUT,    /* ("ping timeout") */
    SOCKETIO_REASON_PARSE_ERROR,     /* it broke the protocol or a limit ("parse error") */
    SOCKETIO_REASON_SHUTDOWN,        /* the server ends ("server shutting down") */
} SocketioReason;
const char *socketio_reason_name(SocketioReason reason); /* as in the parentheses */

typedef struct SocketioEvents {
    /* A client asks for a namespace of `spaces`: accept or refuse, from here or later. NULL:
     * everybody is accepted. */
    void (*connect)(SocketioConnect *connect, gpointer data);
    /* An event. `ack`: yours, NULL when the client asked for none. */
    void (*event)(SocketioSocket *socket, const char *name, const SocketioArgs *args,
                  SocketioAck *ack, gpointer data);
    /* The end: the socket has left its rooms, what is sent to it is ignored. May be NULL. */
    void (*disconnect)(SocketioSocket *socket, SocketioReason reason, gpointer data);
} SocketioEvents;

/* A field that is 0 or NULL has the value in parentheses. Everything is copied. */
typedef struct SocketioOptions {
    EngineioOptions engine;    /* path ("/socket.io/"), heartbeat, limits, origins */
    const char *const *spaces; /* namespaces there are, ended by NULL ({"/"}); others are refused
                                   with "Invalid namespace" */
    guint connect_timeout_ms; /* until a session is in a namespace (45000), and the ping timeout for
                                  that to travel: else it is closed */
    guint max_acks;           /* answers one socket may owe (1024); more: emit_with_ack() is not
                                   sent, its callback comes at once from the loop with NULL */
    SocketioPacketLimits packet; /* of a client's packets */
} SocketioOptions;

/* `events` has to outlive the server (a const table). */
SocketioServer *socketio_server_new(const SocketioOptions *options, const SocketioEvents *events,
                                    gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* Whether the request is under the server's path: TRUE takes it, and it gets its reply from here. */
gboolean socketio_server_handle(SocketioServer *server, HttpRequest *request);
/* Disconnects everybody: `disconnect` comes from within, with SHUTDOWN. Before http_server_free().
 * Not from within a callback. NULL-safe. */
void socketio_server_free(SocketioServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketioServer, socketio_server_free)

/* To everybody in a room of a namespace (`room` NULL: in the namespace), but `except` (may be NULL).
 * Encoded once. `args` is taken (an array; NULL: no arguments); `attachments`: GBytes, or NULL. How
 * many it was sent to. */
guint socketio_server_emit_room(SocketioServer *server, const char *space, const char *room,
                                SocketioSocket *except, const char *event, json_t *args,
                                GPtrArray *attachments);
/* The same with one argument that is JSON text already. `event` needs no escaping in JSON. */
guint socketio_server_emit_room_text(SocketioServer *server, const char *space, const char *room,
                                     const SocketioSocket *except, const char *event,
                                     const char *text);
/* Calls for each socket of a room (NULL: of the namespace); it may leave, join or disconnect. */
typedef void (*SocketioEach)(SocketioSocket *socket, gpointer data);
void socketio_server_each(SocketioServer *server, const char *space, const char *room,
                          SocketioEach each, gpointer data);

/* Since the start, but for `sockets`, which is now. */
typedef struct SocketioMetrics {
    EngineioMetrics engine;
    guint sockets;
    guint64 connected, refused;
    guint64 events_in, events_out, acks_in, acks_out;
} SocketioMetrics;
void socketio_server_get_metrics(const SocketioServer *server, SocketioMetrics *metrics);

/* ---- a socket ---- */

/* `args` is taken (an array; NULL: no arguments); `attachments`: GBytes that the placeholders in
 * `args` stand for, referenced, or NULL. Ignored once the socket is disconnected. */
void socketio_socket_emit(SocketioSocket *socket, const char *event, json_t *args,
                          GPtrArray *attachments);
/* The same, and asks for an answer, within `timeout_ms` > 0. */
void socketio_socket_emit_with_ack(SocketioSocket *socket, const char *event, json_t *args,
                                   GPtrArray *attachments, guint timeout_ms,
                                   SocketioAnswered answered, gpointer data);

/* Twice is once. A socket leaves its rooms when it disconnects; empty rooms are gone. */
void socketio_socket_join(SocketioSocket *socket, const char *room);
void socketio_socket_leave(SocketioSocket *socket, const char *room);
gboolean socketio_socket_is_in(const SocketioSocket *socket, const char *room);

/* Out of its namespace, or with `close` the whole session, with what is queued before it still sent.
 * `disconnect` comes from the loop. A second call does nothing. */
void socketio_socket_disconnect(SocketioSocket *socket, gboolean close);

const char *socketio_socket_id(const SocketioSocket *socket); /* 20 characters; the client's
                                                                 socket.id, not the session's */
const char *socketio_socket_space(const SocketioSocket *socket);
const json_t *socketio_socket_auth(const SocketioSocket *socket); /* the handshake's, an object */
const char *socketio_socket_client_address(const SocketioSocket *socket);
const char *socketio_socket_transport(const SocketioSocket *socket); /* "polling", "websocket" */
/* Waiting for this client's session, not yet taken by the system. */
gsize socketio_socket_buffered_bytes(const SocketioSocket *socket);
/* One slot of the owner's; it frees what it put there, in `disconnect` at the latest. */
void socketio_socket_set_data(SocketioSocket *socket, gpointer data);
gpointer socketio_socket_get_data(const SocketioSocket *socket);
