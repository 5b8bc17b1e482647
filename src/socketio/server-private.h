/* What the parts of the Socket.IO server know of each other: server.c (options, namespaces),
 * client.c (the packets of a session, who asks to connect), socket.c (what is sent, acks, the end),
 * room.c (who is where).
 *
 * A client is an engine's session and all its sockets; it is referenced by what refers to it, so it
 * outlives its session (`is_gone`) as long as somebody owes it an answer. */
#pragma once
#include <socketio/server.h>
#include "engine-private.h"
#include "packet-private.h"

typedef struct SocketioSpace {
    const char *name;    /* the options' */
    GHashTable *sockets; /* a set of SocketioSocket */
    GHashTable *rooms;   /* name → a set of them; never an empty one */
} SocketioSpace;

struct SocketioServer {
    EngineioServer *engine;
    const SocketioEvents *events;
    gpointer data;
    guint connect_timeout_ms;
    guint max_acks;
    SocketioPacketLimits limits;
    char **space_names;
    GHashTable *spaces;      /* name → SocketioSpace */
    SocketioMetrics metrics; /* but for `engine` */
};

typedef struct SocketioClient {
    guint references;
    SocketioServer *server; /* NULL when gone */
    EngineioSession *session;
    gboolean is_gone;
    gboolean was_connected;  /* to any namespace, ever */
    GPtrArray *sockets;      /* SocketioSocket, referenced */
    GPtrArray *waiting;      /* SocketioConnect, not owned */
    guint connects_owed;     /* answers the owner owes, also to those that wait no more */
    SocketioPacket *partial; /* its attachments are on their way */
    SocketioTimer deadline;  /* to be in a namespace */
} SocketioClient;

struct SocketioConnect {
    SocketioClient *client; /* referenced */
    SocketioSpace *space;   /* only while it waits */
    char *space_name;
    json_t *auth;
    gboolean is_waiting;
};

struct SocketioSocket {
    guint references;
    SocketioClient *client; /* referenced */
    SocketioSpace *space;   /* NULL once it is disconnected */
    char *space_name;
    char id[21];
    json_t *auth;
    GHashTable *rooms; /* a set of names, or NULL */
    GHashTable *acks;  /* id → those that are due from the client; or NULL */
    gint64 next_ack;
    SocketioReason reason; /* once it is disconnected */
    SocketioTimer turn;    /* `disconnect` is due */
    gpointer data;
};

/* ---- client.c ---- */
extern const EngineioEvents socketio_client_events;
SocketioClient *socketio_client_ref(SocketioClient *client);
void socketio_client_unref(SocketioClient *client); /* NULL-safe */
/* A frame of socketio_encode() and its attachments. */
void socketio_client_send(SocketioClient *client, GBytes *frame, const GPtrArray *attachments);

/* ---- socket.c ---- */
/* The frame of an event, an ack or any other packet. Takes `data`. */
GBytes *socketio_encode(SocketioType type, const char *space, gint64 id, json_t *data,
                        const GPtrArray *attachments);
/* The same of an event or (`event` NULL) an ack whose one argument is JSON text already. */
GBytes *socketio_encode_text(SocketioType type, const char *space, gint64 id, const char *event,
                             const char *text);
/* [event, …args]; takes `args`. */
json_t *socketio_event_data(const char *event, json_t *args);
SocketioSocket *socketio_socket_new(SocketioConnect *connect, gpointer data);
SocketioSocket *socketio_socket_ref(SocketioSocket *socket);
void socketio_socket_unref(SocketioSocket *socket); /* NULL-safe */
/* The client's packets for it. */
void socketio_socket_take_event(SocketioSocket *socket, SocketioPacket *packet);
void socketio_socket_take_ack(SocketioSocket *socket, const SocketioPacket *packet);
/* Off its rooms; `disconnect` is due. Twice is once. */
void socketio_socket_end(SocketioSocket *socket, SocketioReason reason);
/* What is due at the end; then the client lets go of it. */
void socketio_socket_deliver_end(SocketioSocket *socket);

/* ---- room.c ---- */
SocketioSpace *socketio_space_new(const char *name);
void socketio_space_free(SocketioSpace *space);
void socketio_space_leave_all(SocketioSocket *socket);
