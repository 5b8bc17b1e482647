/* Shows on air: what the console sends of the program goes to the feed, what destinations do goes into
 * the log, live.json and to everybody in the show; a server that starts goes on with what was on air.
 *
 * A show is on air from its live_start to its live_stop. Keys are in server.db, sealed, and in no other
 * place. Threads: the server's; one worker waits for the disk. All accept NULL. */
#pragma once
#include <live/onair.h>

#include "server-private.h"
#include "show-private.h"

gboolean server_live_new(Server *server, GError **error); /* makes server->live; after the shows */
void server_live_drain(ServerLive *live);                 /* tests end; shows stay on air */
void server_live_free(ServerLive *live); /* children are killed. Before the shows */

/* What /live/start asks for. */
typedef struct ServerLiveWish {
    guint delay_ms;
    LiveEgressKind egress;
    LiveTarget *target; /* or NULL, and: */
    char **names;       /* of saved destinations */
} ServerLiveWish;
void server_live_wish_clear(ServerLiveWish *wish);

/* New reference: {"ways", "usual"}, how shows can go live here, and how they do when nobody says. */
json_t *server_live_ways(const Server *server);

/* `report`: as GET /live/{id} says it, borrowed; or `error`. Once, from the loop or from within. */
typedef void (*ServerLiveDone)(const json_t *report, const GError *error, gpointer data);
/* `wish` is taken (cleared). */
void server_live_start(ServerLive *live, ServerShow *show, ServerLiveWish *wish,
                       ServerLiveDone done, gpointer data);
/* SERVER_ERROR_CONFLICT: it is not on air. */
void server_live_stop(ServerLive *live, ServerShow *show, ServerLiveDone done, gpointer data);
/* Ends this destination alone; the last one that runs ends the stream. SERVER_ERROR_CONFLICT: it is not on
 * air there. */
void server_live_remove(ServerLive *live, ServerShow *show, const char *name, ServerLiveDone done,
                        gpointer data);
/* The show itself ends: it is on air no more. Before its log is closed. */
void server_live_end_show(ServerLive *live, ServerShow *show);

/* All shows on air together, and the counters of those that were; states of these are none. */
void server_live_total(const ServerLive *live, LiveTotals *totals);

/* A webhook says that something happened with its egress. */
void server_live_look(ServerLive *live, const char *show_id);

/* New reference; NULL: it is not on air. `is_brief`: as `state` says it. */
json_t *server_live_json(const ServerLive *live, const char *show_id, gboolean is_brief);

/* ---- saved destinations ---- */

typedef enum { SERVER_LIVE_LIST = 1, SERVER_LIVE_SAVE, SERVER_LIVE_REMOVE } ServerLiveAct;
/* `target` (taken) of SAVE, `name` of REMOVE. `report`: what to answer; NULL of REMOVE. */
void server_live_destinations(ServerLive *live, ServerLiveAct act, LiveTarget *target,
                              const char *name, ServerLiveDone done, gpointer data);

/* A destination is tried for a few seconds: `target` (taken), or the saved one of this name. `report` as
 * live/try.h says it. SERVER_ERROR_CONFLICT: a show is on air there, or it is being tested. */
void server_live_test(ServerLive *live, LiveTarget *target, const char *name, ServerLiveDone done,
                      gpointer data);

/* ---- the console's program ---- */

/* Something of a show's program: a frame (of live/frame.h) and the bytes that hold it. */
void server_live_frame(ServerLive *live, const char *show_id, GBytes *bytes,
                       const LiveFrame *frame);
/* A console begins to send. `taken`: the one before, that another has taken over from. */
void server_live_take_program(ServerLive *live, const char *show_id, gpointer socket,
                              void (*taken)(gpointer socket));
void server_live_leave_program(ServerLive *live, const char *show_id, gpointer socket);
