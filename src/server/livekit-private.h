/* The rooms of running shows at LiveKit, where it is configured: made when a show begins, looked after,
 * told of each change of the program, deleted when the show ends. LiveKit is a help and never a need:
 * while it does not answer the show goes on, and `state` says so.
 *
 * What LiveKit's webhooks say only makes us ask sooner; what it answers counts. Threads: the server's.
 * All accept NULL: then there is none. */
#pragma once
#include <live/livekit.h>

#include "server-private.h"
#include "show-private.h"

/* Makes server->livekit where it is configured; before the shows. */
gboolean server_livekit_new(Server *server, GError **error);
void server_livekit_free(ServerLivekit *livekit); /* after the shows */
LivekitClient *server_livekit_client(const ServerLivekit *livekit);

/* Where browsers reach it: "https://livekit.example:7443"; NULL: there is none. Free with g_free(). */
char *server_livekit_origin(const ServerLivekit *livekit);

/* Whether address, key and secret will do. */
gboolean server_livekit_check(const ServerConfig *config, GError **error);

/* ---- a show ---- */

/* With what its log says of the program until now. */
void server_livekit_begin_show(ServerLivekit *livekit, const ServerShow *show);
void server_livekit_end_show(ServerLivekit *livekit, const char *show_id);
/* The director decided: a line `switch` of the log. */
void server_livekit_switched(ServerLivekit *livekit, const char *show_id, const ShowEvent *event);

/* The sids of the program's tracks, as a console publishes them: "program" (picture) and
 * "program-sound". FALSE: there is no picture. Borrowed until the loop runs again. */
typedef struct ServerLivekitProgram {
    const char *picture, *sound; /* sound may be NULL */
} ServerLivekitProgram;
gboolean server_livekit_program(const ServerLivekit *livekit, const char *show_id,
                                ServerLivekitProgram *program);

/* {"state","why","participants"}: what `state` says; NULL: there is none. New reference. */
json_t *server_livekit_json(const ServerLivekit *livekit, const char *show_id);

/* ---- who takes part ---- */

/* The identity of a guest with a camera is its source. */
#define SERVER_LIVEKIT_HOST "host-"

/* `who` comes in: {"url","token","room","identity","role","end"}. SERVER_ERROR_CONFLICT: there is no
 * LiveKit, or no such running show; SERVER_ERROR_FORBIDDEN: the host removed them. */
json_t *server_livekit_join(ServerLivekit *livekit, const ServerShow *show, const ServerWho *who,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* `done`: once, from the loop. */
typedef void (*ServerLivekitDone)(const GError *error, gpointer data);
/* Out of the room and of Socket.IO, and not in again: the show's log has it. */
void server_livekit_remove(ServerLivekit *livekit, ServerShow *show, const char *identity,
                           ServerLivekitDone done, gpointer data);
void server_livekit_mute(ServerLivekit *livekit, const char *show_id, const char *identity,
                         const char *track, gboolean is_muted, ServerLivekitDone done,
                         gpointer data);
/* TRUE and why, when `who` is a guest whom the host removed. NULL-safe. */
gboolean server_livekit_has_removed(const ServerLivekit *livekit, const char *show_id,
                                    const ServerWho *who, GError **error);
/* Whether a console may hand in one more event of this guest now; the rate is each guest's own. */
gboolean server_livekit_may_relay(ServerLivekit *livekit, const char *show_id,
                                  const char *identity);

/* Every egress of this room is ended, however long LiveKit does not answer. */
void server_livekit_end_egress(ServerLivekit *livekit, const char *show_id);
/* The page that shows the program to LiveKit's Egress: --egress-template, or this server's own. Once it
 * listens. Borrowed. */
const char *server_livekit_page(ServerLivekit *livekit);
/* FALSE where that page is of this machine alone, and LiveKit is elsewhere. */
gboolean server_livekit_page_is_reached(const ServerConfig *config);

/* A webhook, verified. */
void server_livekit_hook(ServerLivekit *livekit, const LivekitHook *hook);

/* ---- for those who operate it ---- */

typedef struct ServerLivekitState {
    gboolean is_on, is_known, is_failing;
    gint64 rooms, failing_rooms, participants;
    guint64 errors;
} ServerLivekitState;
ServerLivekitState server_livekit_look(const ServerLivekit *livekit);
