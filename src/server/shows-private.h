/* The shows of a server: those that run, and a short word about all of them. Threads: the server's. */
#pragma once
#include "indexer-private.h"
#include "show-private.h"

/* Takes up the shows that were running and reads the manifests of the others. */
ServerShows *server_shows_new(Server *server, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Saves and closes all. NULL-safe. */
void server_shows_free(ServerShows *shows);
/* No new shows; recordings that are being sent are let go of. */
void server_shows_drain(ServerShows *shows);

/* A show that is open: recording, stopping, or complete and still in use. NULL: none such. */
ServerShow *server_shows_open(const ServerShows *shows, const char *id);
/* The same, or opened for a late recording. SERVER_ERROR_NOT_FOUND, … */
ServerShow *server_shows_need(ServerShows *shows, const char *id, GError **error);
ServerIndexer *server_shows_indexer(const ServerShows *shows);
guint server_shows_running(const ServerShows *shows);

/* The call `POST /session/start` in one piece. `done`: `show` or `error`, once. */
typedef void (*ServerShowsStarted)(ServerShow *show, const GError *error, gpointer data);
void server_shows_start(ServerShows *shows, ShowManifest *manifest /* taken */,
                        ServerShowsStarted done, gpointer data);
/* Something in the show's manifest changed: what the list says follows. */
void server_shows_note(ServerShows *shows, const ShowManifest *manifest);

/* [{"id","name","startedAt","state","duration","people","bytes"}…], newest first, those that began
 * before `before` (RFC 3339, or NULL). New reference. */
json_t *server_shows_list(const ServerShows *shows, const char *before, guint limit);
gboolean server_shows_has(const ServerShows *shows, const char *id);
/* All of it is there. `duration_ms` of its program; may be NULL. */
gboolean server_shows_is_complete(const ServerShows *shows, const char *id, gint64 *duration_ms);

typedef void (*ServerShowsDone)(const GError *error, gpointer data);
/* SERVER_ERROR_CONFLICT while it is recording. */
void server_shows_trash(ServerShows *shows, const char *id, ServerShowsDone done, gpointer data);
void server_shows_restore(ServerShows *shows, const char *id, ServerShowsDone done, gpointer data);
/* Recordings grew: for how long the disk lasts. */
void server_shows_note_bytes(ServerShows *shows, gsize bytes);
/* {"free","reserve","hasRoom","secondsLeft"}: as far as known without waiting. New reference. */
json_t *server_shows_storage(const ServerShows *shows);
