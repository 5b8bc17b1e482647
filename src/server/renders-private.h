/* Renders of shows that were stopped: jobs of kind "render" in server.db, done here one at a time by
 * children, while no show is recorded, or by workers elsewhere, to whom Redis hands them. A server
 * that starts goes on with them.
 *
 * A show's manifest has one writer, the server. A render reads the show and writes into a folder of
 * its own (store/attempt.h); recordings may come meanwhile.
 *
 * Threads: the server's, and that of jobs/jobs.h. All accept NULL. */
#pragma once
#include <jobs/jobs.h>

#include "server-private.h"

gboolean server_renders_new(Server *server, GError **error); /* makes server->renders */
/* The child is killed, its job waits for the next start. Before the shows. */
void server_renders_free(ServerRenders *renders);
void server_renders_drain(ServerRenders *renders); /* the child is asked to end; none begins */

/* {"state","progress","left","error","cut"}, or NULL: there was never one. New reference. */
json_t *server_renders_json(const ServerRenders *renders, const char *show_id);
/* `wish`: of server/render-wish.h. SERVER_ERROR_NOT_FOUND, SERVER_ERROR_CONFLICT when the show is
 * not complete. The answer comes later and once. */
void server_renders_add(ServerRenders *renders, const char *show_id, const char *wish,
                        JobsAnswer answer, gpointer data);
/* All of a show's that have not ended. `done`: how many there were is no matter; once. */
void server_renders_cancel(ServerRenders *renders, const char *show_id,
                           void (*done)(const GError *error, gpointer data), gpointer data);

/* A render of this show is under way, here or elsewhere. */
gboolean server_renders_is_at(const ServerRenders *renders, const char *show_id);
/* A cut of this name is to be made, or is being made. */
gboolean server_renders_is_cutting(const ServerRenders *renders, const char *show_id,
                                   const char *cut);
/* All of a show is there: rendered, when that is wished for and has not been done. */
void server_renders_note_complete(ServerRenders *renders, const char *show_id);
/* Whether Redis, by which renders are handed out, is reached. FALSE too when there is none. */
gboolean server_renders_reach_redis(const ServerRenders *renders);
/* How many wait and run, into the metrics. */
void server_renders_measure(const ServerRenders *renders);
