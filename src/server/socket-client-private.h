/* Clients of shows, for the files socket*.c alone. Threads: the server's. */
#pragma once
#include "socket-private.h"

/* What is known of a show that has clients. */
typedef struct SocketRoom {
    ServerSockets *sockets;
    char *id;            /* of the show */
    GHashTable *clients; /* SocketClient, not owned */
    guint keepers;       /* of those: who see to the show (admin, upload) */
    gboolean is_dirty;   /* `state` is due */
    guint rest_timer;
} SocketRoom;

struct ServerSockets {
    Server *server;
    GHashTable *rooms; /* id → SocketRoom, owned */
    guint state_timer;
    guint count; /* clients */
};

typedef struct SocketClient {
    ServerSockets *sockets;
    SocketioSocket *socket; /* NULL: disconnected, and a replay still holds this */
    SocketRoom *room;
    ServerWho who;
    double tokens; /* events it may send at once */
    gint64 filled_us;
    /* what it missed */
    gboolean is_replaying;
    gint64 sent_seq;
} SocketClient;

static inline void socket_emit(SocketioSocket *socket, const char *name, json_t *value)
{
    socketio_socket_emit(socket, name, json_pack("[o]", value), NULL);
}

/* ---- socket-room.c ---- */
SocketRoom *socket_room_of(ServerSockets *sockets, const char *id); /* made where missing */
void socket_room_free(gpointer room);
ServerShow *socket_room_show(const SocketRoom *room); /* NULL: it was closed */
void socket_room_join(SocketClient *client);
void socket_room_leave(SocketClient *client);
json_t *socket_room_state(const SocketRoom *room, const ServerShow *show); /* new reference */

/* ---- socket-missed.c ---- */
/* Sends what came after `last_seq`, then `replayed`, and lets the client into the room of those who
 * are sent every line. */
void socket_missed_start(SocketClient *client, ServerShow *show, gint64 last_seq);
