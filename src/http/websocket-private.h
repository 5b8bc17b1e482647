/* A WebSocket's fields: for websocket-handshake.c (how it begins), websocket.c (its life) and
 * websocket-frames.c (what it reads). */
#pragma once
#include "http-private.h"
#include <wslay/wslay.h>

typedef enum {
    SOCKET_OPEN = 1,
    SOCKET_CLOSING, /* our close frame is queued or sent; the client's is awaited */
    SOCKET_LEAVING, /* nothing is read any more; ends when everything is sent */
    SOCKET_ENDED,   /* `closed` is due */
} SocketState;

struct HttpWebSocket {
    HttpWatch watch; /* first: it is cast back. fd -1: no socket yet, or none any more */
    HttpServer *server;
    const HttpWebSocketEvents *events;
    gpointer data;
    HttpWebSocketOptions options;
    char *accept_key;
    char *protocol;
    char client[HTTP_ADDRESS_CHARS];
    char peer[HTTP_ADDRESS_CHARS];
    GList link;       /* in server->sockets, once attached */
    GList dirty_link; /* in server->dirty */
    gboolean is_dirty;
    gboolean is_attached;
    gboolean is_lost;    /* it never gets a socket */
    gboolean is_counted; /* among the connections of its peer's address */
    gboolean is_paused;
    gboolean was_full; /* something was sent since `drained` */
    gboolean needs_linger;
    gboolean was_pinged;
    SocketState state;
    guint code;
    char *reason;
    guint32 watched;
    gint64 heard_us;
    gint64 leaving_us; /* since when the close is awaited */

    GQueue out; /* Frame */
    gsize out_bytes;

    wslay_frame_context_ptr frames;
    const guint8 *input;
    gsize input_length;
    GByteArray *held;    /* input that waits for resume() */
    GByteArray *message; /* NULL: none begun */
    gboolean is_binary;
    guint64 frame_bytes; /* of the present frame's payload, so far */
    guint8 control[125];
};

/* Reads frames out of the bytes until they end or the socket pauses. */
void http_websocket_feed(HttpWebSocket *socket, const guint8 *bytes, gsize length);
void http_websocket_frames_init(HttpWebSocket *socket);
void http_websocket_frames_clear(HttpWebSocket *socket);

/* For what it reads: */
void http_websocket_send_frame(HttpWebSocket *socket, guint8 opcode, GBytes *payload);
/* The client broke the rules: says so, and ends. */
void http_websocket_fail(HttpWebSocket *socket, guint code, const char *reason);
/* The client's close frame. */
void http_websocket_client_closes(HttpWebSocket *socket, guint code, const char *reason);

/* `ready` of its watch. */
void http_websocket_ready(HttpWatch *watch, guint32 events);
