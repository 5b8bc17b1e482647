/* What the parts of the engine know of each other: engine.c (server, routes), origin.c (pages and
 * replies), session.c (life, heartbeat, queue), polling.c and websocket.c (how frames travel),
 * local.c (a client without a network).
 *
 * A session is referenced by the server's table until `closed` was delivered, and by everybody who
 * holds it across turns of the loop. */
#pragma once
#include <socketio/engine.h>
#include <socketio/engineio.h>
#include <http/websocket.h>
#include "timers-private.h"

typedef enum {
    ENGINEIO_STATE_OPEN = 1,
    ENGINEIO_STATE_CLOSING, /* nothing comes in; what is queued waits for a poll */
    ENGINEIO_STATE_CLOSED,  /* its transports have gone; `closed` is due */
} EngineioState;

typedef enum {
    ENGINEIO_POLLING = 1,
    ENGINEIO_WEBSOCKET,
    ENGINEIO_LOCAL,
} EngineioTransport;

/* Why a request is refused, and the number that stands in the reply plus one. */
typedef enum {
    ENGINEIO_REFUSE_TRANSPORT = 1,
    ENGINEIO_REFUSE_SESSION,
    ENGINEIO_REFUSE_METHOD,
    ENGINEIO_REFUSE_REQUEST,
    ENGINEIO_REFUSE_FORBIDDEN,
    ENGINEIO_REFUSE_VERSION,
} EngineioRefusal;

/* A WebSocket of a session; it outlives the session until its `closed` came. */
typedef struct EngineioLink EngineioLink;

struct EngineioServer {
    EngineioOptions options; /* with defaults; its texts belong to it */
    const EngineioEvents *events;
    gpointer data;
    SocketioTimers *timers;
    GHashTable *sessions;    /* id → EngineioSession, until `closed` was delivered */
    GHashTable *per_address; /* address → count of sessions that are not closed */
    EngineioMetrics metrics; /* but for buffered_bytes */
};

struct EngineioSession {
    guint references;
    EngineioServer *server; /* NULL when `closed` was delivered */
    EngineioState state;
    EngineioReason reason; /* when closed */
    EngineioTransport transport;
    char id[21];
    char *client_address;
    GHashTable *kept; /* "h" or "c" and the name → value; NULL: nothing */

    HttpRequest *poll;   /* held until there is something to say */
    gboolean is_posting; /* a body is on its way */
    EngineioLink *link;  /* when the transport is a WebSocket */
    EngineioLink *probe; /* a WebSocket that wants to become it */
    GQueue queue;        /* EngineioFrame */
    gsize queue_bytes;

    SocketioTimer heartbeat; /* the next ping, or the end of waiting: for a pong, for a last poll */
    gboolean is_pinged;
    SocketioTimer turn; /* something is to be done in the next turn of the loop */
    double tokens;      /* packets it may send now */
    gint64 tokens_us;   /* when they were counted */
    gpointer data;
};

/* As a WebSocket carries it: text begins with the packet's type. */
typedef struct EngineioFrame {
    gboolean is_binary;
    GBytes *bytes;
} EngineioFrame;

/* ---- engine.c ---- */
void engineio_random_id(char id[static 21]);

/* ---- origin.c ---- */
gboolean engineio_origin_is_allowed(const EngineioServer *server, const HttpRequest *request);
/* A reply that the page may read. */
HttpReply *engineio_reply_new(const EngineioServer *server, const HttpRequest *request,
                              guint status);
void engineio_reply_refuse(EngineioServer *server, HttpRequest *request, EngineioRefusal why);
void engineio_reply_busy(EngineioServer *server, HttpRequest *request, guint status);
void engineio_reply_preflight(const EngineioServer *server, HttpRequest *request);

/* ---- session.c ---- */
/* Registered with the server, which holds the reference. `request` NULL: none. */
EngineioSession *engineio_session_new(EngineioServer *server, EngineioTransport transport,
                                      const HttpRequest *request, const char *client_address);
EngineioSession *engineio_session_ref(EngineioSession *session);
void engineio_session_unref(EngineioSession *session); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineioSession, engineio_session_unref)
/* The open packet as a frame. */
GBytes *engineio_session_greeting(const EngineioSession *session);
/* A packet came. May close the session, and calls the owner. */
void engineio_session_take(EngineioSession *session, const EngineioPacket *packet);
/* The same of a frame; what is no packet closes the session. */
void engineio_session_take_frame(EngineioSession *session, gboolean is_binary, GBytes *frame);
/* Ends it now: `closed` comes in the next turn. Twice is once. */
void engineio_session_fail(EngineioSession *session, EngineioReason reason);
/* Queues a frame of any packet; references it. */
void engineio_session_send_frame(EngineioSession *session, gboolean is_binary, GBytes *frame);
void engineio_session_send_type(EngineioSession *session, EngineioType type);
EngineioFrame *engineio_session_next_frame(EngineioSession *session); /* taken from the queue */
/* Of a frame that did not come from there. */
void engineio_session_note_leaving(EngineioSession *session, gboolean is_binary, GBytes *frame);
void engineio_frame_free(EngineioFrame *frame);
/* Whether no pong came in time, though the timer has not said so yet. */
gboolean engineio_session_is_overdue(const EngineioSession *session);
/* `closed`, and out of the server's table. */
void engineio_session_deliver_closed(EngineioSession *session);
/* One that nobody was told of. */
void engineio_session_discard(EngineioSession *session);

/* ---- polling.c ---- */
void engineio_polling_open(EngineioServer *server, HttpRequest *request);
void engineio_polling_get(EngineioSession *session, HttpRequest *request);
void engineio_polling_post(EngineioSession *session, HttpRequest *request);
/* Answers the poll that is held, if one is, with what is queued. */
void engineio_polling_flush(EngineioSession *session);
/* Answers it with one packet, whatever is queued. */
void engineio_polling_release(EngineioSession *session, EngineioType type);

/* ---- websocket.c ---- */
void engineio_websocket_open(EngineioServer *server, HttpRequest *request);
void engineio_websocket_upgrade(EngineioSession *session, HttpRequest *request);
void engineio_websocket_flush(EngineioSession *session); /* what was queued for polls */
void engineio_websocket_send(EngineioSession *session, gboolean is_binary, GBytes *frame);
gboolean engineio_websocket_has_probed(const EngineioSession *session);
gsize engineio_websocket_buffered_bytes(const EngineioSession *session);
/* Closes link and probe, or drops them; they know the session no more. */
#define ENGINEIO_ABORT 0
void engineio_websocket_end(EngineioSession *session, guint code);
