/* Inside of the rooms at LiveKit, for the files livekit*.c alone. */
#pragma once
#include <live/backoff.h>

#include "livekit-private.h"

typedef enum {
    SERVER_ROOM_MAKING = 0,
    SERVER_ROOM_OPEN,
    SERVER_ROOM_FAILING,
} ServerRoomState;

typedef struct ServerRoom {
    ServerLivekit *livekit;
    char *id; /* of the show, and of the room */
    ServerRoomState state;
    char *why;
    GCancellable *cancellable;
    GPtrArray *people; /* LivekitParticipant */
    guint timer;
    guint polls;
    gboolean is_asking, ask_again;
    LiveBackoff backoff;
    GHashTable *removed; /* identities */
    GHashTable *buckets; /* livekit-people.c: what each guest may still send by way of a console */
    /* the program; livekit-program.c */
    json_t *program; /* what was decided last; NULL: nothing yet */
    gboolean metadata_is_due, message_is_due, is_writing, is_sending;
    gint64 written_us, sent_us;
    guint publish_timer;
} ServerRoom;

struct ServerLivekit {
    Server *server;
    LivekitClient *client;
    char *page;        /* that shows the program; NULL: not asked for yet */
    GHashTable *rooms; /* id → ServerRoom, owned */
    /* rooms whose egresses are to be ended; livekit-ending.c */
    GHashTable *ending; /* id → how often it was tried */
    GCancellable *cancellable;
    guint ending_timer;
};

/* ---- livekit-room.c ---- */

ServerRoom *server_room_find(const ServerLivekit *livekit, const char *id);
void server_room_free(gpointer room);
void server_room_call(ServerRoom *room, const char *method, json_t *body, guint attempts,
                      LivekitDone done);
const char *server_room_state_name(const ServerRoom *room);
/* For calls whose end nobody waits for. */
void server_room_ignore(const json_t *answer, const GError *error, gpointer data);

/* ---- livekit-program.c ---- */

/* It is due, and told by the next server_room_publish(). */
void server_room_take_switch(ServerRoom *room, const ShowEvent *event);

/* What is due of the program is told, now or when it may. */
void server_room_publish(ServerRoom *room);
/* The program as its metadata has it, with the track as it is now. Free with g_free(). */
char *server_room_program_text(const ServerRoom *room);
