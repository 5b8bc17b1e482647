/* The server's side of a WebSocket (RFC 6455), taken from a request. No extensions: compression is
 * never offered. Messages arrive whole. Pings are answered by the room.
 *
 * Life: from accept() until its `closed` callback returns, which comes exactly once, whatever
 * happens. No callback comes from within a function of this header; after http_websocket_close()
 * no `message` comes any more. Threads: the server's. */
#pragma once
#include <http/error.h>
#include <http/request.h>

typedef struct HttpWebSocket HttpWebSocket;

typedef enum {
    HTTP_WEBSOCKET_NORMAL = 1000,
    HTTP_WEBSOCKET_GOING_AWAY = 1001,
    HTTP_WEBSOCKET_PROTOCOL = 1002,
    HTTP_WEBSOCKET_UNSUPPORTED = 1003,
    HTTP_WEBSOCKET_NO_CODE = 1005,  /* received only: a close frame without a code */
    HTTP_WEBSOCKET_ABNORMAL = 1006, /* received only: the connection ended without a close frame */
    HTTP_WEBSOCKET_NOT_UTF8 = 1007,
    HTTP_WEBSOCKET_POLICY = 1008,
    HTTP_WEBSOCKET_TOO_LARGE = 1009,
    HTTP_WEBSOCKET_INTERNAL = 1011,
} HttpWebSocketCode;

typedef struct HttpWebSocketEvents {
    /* A whole message, borrowed: reference it to keep it. Text is valid UTF-8 (it may hold NUL). */
    void (*message)(HttpWebSocket *socket, gboolean is_binary, GBytes *message, gpointer data);
    /* What was sent has left: buffered_bytes() is 0 again. May be NULL. */
    void (*drained)(HttpWebSocket *socket, gpointer data);
    /* The end; the socket is freed when it returns. `code`: what the client's close frame said, or
     * ABNORMAL, or the code this side closed with when the fault was the client's (1002, 1007,
     * 1008, 1009). `reason`: "" or what came with it. */
    void (*closed)(HttpWebSocket *socket, guint code, const char *reason, gpointer data);
} HttpWebSocketEvents;

/* A field that is 0 has the value in parentheses. */
typedef struct HttpWebSocketOptions {
    const char *protocol;     /* the subprotocol chosen (http_websocket_offers()); NULL: none */
    gsize max_message_bytes;  /* a longer message ends it with 1009 (1 MiB) */
    gsize max_buffered_bytes; /* a client that lets more wait in the send queue is closed with 1008,
                                 without waiting for it (4 MiB) */
    guint close_ms;           /* how long the client may take for its close frame (5000) */
    guint ping_ms;            /* a client that was silent for so long is pinged, and one silent for
                                 twice that is closed (ABNORMAL). (30000); G_MAXUINT: never */
} HttpWebSocketOptions;

/* Whether the request has "Upgrade: websocket". Says nothing about whether it is a right one. */
gboolean http_websocket_is_asked(const HttpRequest *request);
/* Whether its Sec-WebSocket-Protocol names this one. */
gboolean http_websocket_offers(const HttpRequest *request, const char *protocol);

/* Makes the request a WebSocket, and ends it: 101 is sent, and messages may be sent at once.
 * `events` has to outlive the socket (a const table). NULL and HTTP_ERROR_NOT_ASKED when it is not
 * an upgrade of version 13 with a key: then the request is still to be replied to (426 with
 * "Sec-WebSocket-Version: 13" or 400). Checking Origin is the caller's, before this. */
HttpWebSocket *http_websocket_accept(HttpRequest *request, const HttpWebSocketOptions *options,
                                     const HttpWebSocketEvents *events, gpointer data,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Queues a message; what is queued in one turn of the loop leaves in one write. The bytes are
 * referenced: one message for many sockets is kept once. Text has to be valid UTF-8. Ignored once
 * the socket is closing. */
void http_websocket_send_text(HttpWebSocket *socket, GBytes *text);
void http_websocket_send_binary(HttpWebSocket *socket, GBytes *bytes);
/* In the send queue, not yet taken by the system; frame headers included. */
gsize http_websocket_buffered_bytes(const HttpWebSocket *socket);

/* Takes no more bytes from the client until resume(): it has to wait. Pings stop. */
void http_websocket_pause(HttpWebSocket *socket);
void http_websocket_resume(HttpWebSocket *socket);

/* Sends what is queued, then a close frame, and waits close_ms for the client's. `reason`: UTF-8 of
 * at most 123 bytes, or NULL. A second call does nothing. */
void http_websocket_close(HttpWebSocket *socket, guint code, const char *reason);
/* Drops the connection: `closed` comes from the next turn of the loop. */
void http_websocket_abort(HttpWebSocket *socket);

const char *http_websocket_client_address(const HttpWebSocket *socket);
