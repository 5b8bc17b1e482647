/* The shows of a server. What always holds: a show that is not complete is open, so that its log and
 * its recordings have one owner; what the list says of a show is what its manifest says. */
#include "shows-state-private.h"

#include "renders-private.h"
#include "socket-private.h"

#include <show/error.h>
#include <store/error.h>
#include <store/folder.h>

#include <string.h>

/* ---- summaries ---- */

ServerSummary *server_summary_new(const ShowManifest *manifest)
{
    ServerSummary *summary = g_new0(ServerSummary, 1);
    summary->id = g_strdup(manifest->id);
    summary->name = g_strdup(manifest->name);
    summary->started_at = g_strdup(manifest->started_at);
    summary->state = show_state_name(manifest->state);
    summary->duration_ms = manifest->program_duration_ms;
    summary->people = json_array();
    for (guint i = 0; i < manifest->sources->len; i++) {
        const ShowSource *source = manifest->sources->pdata[i];
        if (source->role == SHOW_ROLE_PERSON)
            json_array_append_new(summary->people, json_string(source->label));
    }
    for (guint i = 0; i < manifest->files->len; i++)
        summary->bytes += ((const ShowFile *)manifest->files->pdata[i])->bytes;
    return summary;
}

void server_summary_free(gpointer data)
{
    ServerSummary *summary = data;
    g_free(summary->id);
    g_free(summary->name);
    g_free(summary->started_at);
    json_decref(summary->people);
    g_free(summary);
}

void server_shows_note(ServerShows *shows, const ShowManifest *manifest)
{
    if (shows == NULL) /* while the registry itself is being made */
        return;
    ServerSummary *summary = server_summary_new(manifest);
    g_hash_table_replace(shows->summaries, summary->id, summary);
}

static gint compare_newest(gconstpointer a, gconstpointer b)
{
    const ServerSummary *left = a, *right = b;
    int order = g_strcmp0(right->started_at, left->started_at);
    return order != 0 ? order : g_strcmp0(left->id, right->id);
}

static json_t *summary_to_json(const ServerSummary *summary)
{
    return json_pack("{s:s, s:s?, s:s, s:s, s:I, s:O, s:I}", "id", summary->id, "name",
                     summary->name, "startedAt", summary->started_at, "state", summary->state,
                     "duration", (json_int_t)summary->duration_ms, "people", summary->people,
                     "bytes", (json_int_t)summary->bytes);
}

json_t *server_shows_list(const ServerShows *shows, const char *before, guint limit)
{
    json_t *list = json_array();
    g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(shows->summaries), compare_newest);
    for (GList *link = all; link != NULL && json_array_size(list) < limit; link = link->next) {
        const ServerSummary *summary = link->data;
        if (before == NULL || g_strcmp0(summary->started_at, before) < 0)
            json_array_append_new(list, summary_to_json(summary));
    }
    return list;
}

gboolean server_shows_has(const ServerShows *shows, const char *id)
{
    return g_hash_table_contains(shows->summaries, id);
}

gboolean server_shows_is_complete(const ServerShows *shows, const char *id, gint64 *duration_ms)
{
    const ServerSummary *summary = g_hash_table_lookup(shows->summaries, id);
    if (summary == NULL)
        return FALSE;
    if (duration_ms != NULL)
        *duration_ms = summary->duration_ms;
    return strcmp(summary->state, show_state_name(SHOW_STATE_COMPLETE)) == 0;
}

/* ---- the registry ---- */

static ShowManifest *read_manifest(const StoreShow *folder, GError **error)
{
    return store_folder_manifest(store_show_place(folder)->path, error);
}

/* Opens a show that is on disk. */
static ServerShow *open_show(ServerShows *shows, const char *id, GError **error)
{
    g_autoptr(StoreShow) folder = store_shows_find(shows->server->store, id, error);
    if (folder == NULL)
        return NULL;
    ShowManifest *manifest = read_manifest(folder, error);
    if (manifest == NULL)
        return NULL;
    ServerShow *show = server_show_new(shows->server, g_steal_pointer(&folder), manifest, error);
    if (show != NULL)
        g_hash_table_insert(shows->open, g_strdup(server_show_id(show)), show);
    return show;
}

static void forget_show(ServerShows *shows, const char *id);

static void take_up(ServerShows *shows, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreShow) folder = store_shows_find(shows->server->store, id, &error);
    g_autoptr(ShowManifest) manifest = folder != NULL ? read_manifest(folder, &error) : NULL;
    if (manifest == NULL) {
        g_warning("show not read show=%s error=%s", id, error->message);
        return;
    }
    server_shows_note(shows, manifest);
    if (manifest->state == SHOW_STATE_COMPLETE)
        return;
    ServerShow *show = open_show(shows, id, &error);
    if (show == NULL) {
        g_warning("show not taken up show=%s error=%s", id, error->message);
        return;
    }
    if (server_show_seq(show) == 0) { /* its first line was never written */
        forget_show(shows, id);
        return;
    }
    g_message("show taken up show=%s state=%s seq=%" G_GINT64_FORMAT, id,
              show_state_name(server_show_state(show)), server_show_seq(show));
    server_show_resume(show);
}

static void free_show(gpointer show)
{
    server_show_free(show);
}

ServerShows *server_shows_new(Server *server, GError **error)
{
    g_autoptr(GPtrArray) ids = store_shows_list(server->store, error);
    if (ids == NULL)
        return NULL;
    ServerShows *shows = g_new0(ServerShows, 1);
    server->shows = shows;
    shows->server = server;
    shows->indexer = server_indexer_new(server->program);
    shows->workers = store_workers_new("shows", 1, server->context);
    shows->open = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_show);
    shows->summaries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, server_summary_free);
    for (guint i = 0; i < ids->len; i++)
        take_up(shows, ids->pdata[i]);
    server_shows_keep_start(shows);
    return shows;
}

void server_shows_free(ServerShows *shows)
{
    if (shows == NULL)
        return;
    server_shows_keep_stop(shows);
    g_clear_pointer(&shows->indexer, server_indexer_free);
    store_workers_free(shows->workers);
    g_hash_table_unref(shows->open);
    g_hash_table_unref(shows->summaries);
    g_free(shows);
}

void server_shows_drain(ServerShows *shows)
{
    shows->is_draining = TRUE;
}

ServerIndexer *server_shows_indexer(const ServerShows *shows)
{
    return shows->indexer;
}

ServerShow *server_shows_open(const ServerShows *shows, const char *id)
{
    return id != NULL ? g_hash_table_lookup(shows->open, id) : NULL;
}

ServerShow *server_shows_need(ServerShows *shows, const char *id, GError **error)
{
    ServerShow *show = server_shows_open(shows, id);
    if (show != NULL)
        return show;
    if (id == NULL || !server_shows_has(shows, id)) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_NOT_FOUND,
                    "sessionId: there is no such show");
        return NULL;
    }
    return open_show(shows, id, error);
}

guint server_shows_running(const ServerShows *shows)
{
    guint running = 0;
    GHashTableIter iter;
    gpointer show;
    g_hash_table_iter_init(&iter, shows->open);
    while (g_hash_table_iter_next(&iter, NULL, &show))
        running += server_show_state(show) == SHOW_STATE_RECORDING ? 1 : 0;
    return running;
}

/* ---- start ---- */

typedef struct Start {
    ServerShows *shows;
    ShowManifest *manifest;
    StoreShow *folder;
    ServerShow *show;
    char *id; /* once there is a folder */
    ServerShowsStarted done;
    gpointer data;
    GError *error;
} Start;

/* Folder, manifest and an empty log are on disk before the show runs, so that opening the log on the
 * main loop has nothing to wait for. */
static void start_work(gpointer data)
{
    Start *start = data;
    start->folder = store_shows_create(start->shows->server->store, &start->error);
    if (start->folder == NULL)
        return;
    start->id = g_strdup(store_show_id(start->folder));
    g_free(start->manifest->id);
    start->manifest->id = g_strdup(store_show_id(start->folder));
    if (store_show_write_whole(start->folder, STORE_JOURNAL, "", 0, &start->error))
        store_folder_write_manifest(store_show_place(start->folder)->path, start->manifest,
                                    &start->error);
}

static void start_free(Start *start)
{
    g_clear_pointer(&start->manifest, show_manifest_free);
    g_clear_pointer(&start->folder, store_show_close);
    g_clear_error(&start->error);
    g_free(start->id);
    g_free(start);
}

static void start_answered(gint64 seq, gint64 at_ms, const GError *error, gpointer data)
{
    Start *start = data;
    (void)seq, (void)at_ms;
    start->shows->starting--;
    start->done(error == NULL ? start->show : NULL, error, start->data);
    if (error != NULL && start->id != NULL)
        forget_show(start->shows, start->id);
    start_free(start);
}

static void start_done(gpointer data)
{
    Start *start = data;
    ServerShows *shows = start->shows;
    if (start->error == NULL)
        start->show = server_show_new(shows->server, g_steal_pointer(&start->folder),
                                      g_steal_pointer(&start->manifest), &start->error);
    if (start->show != NULL) {
        g_hash_table_insert(shows->open, g_strdup(server_show_id(start->show)), start->show);
        server_shows_note(shows, server_show_manifest(start->show));
        if (server_show_begin(start->show, start_answered, start, &start->error)) {
            g_message("show recording show=%s", server_show_id(start->show));
            return;
        }
    }
    start->show = NULL;
    g_autoptr(GError) error = g_error_copy(start->error);
    start_answered(0, 0, error, start);
}

void server_shows_start(ServerShows *shows, ShowManifest *manifest, ServerShowsStarted done,
                        gpointer data)
{
    g_autoptr(GError) error = NULL;
    if (shows->is_draining)
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_BUSY, "this server is stopping");
    else if (server_shows_running(shows) + shows->starting >= shows->server->config->shows)
        g_set_error(&error, SERVER_ERROR, SERVER_ERROR_BUSY,
                    "%u shows are running, more are not allowed (--shows)",
                    shows->server->config->shows);
    if (error != NULL) {
        show_manifest_free(manifest);
        done(NULL, error, data);
        return;
    }
    Start *start = g_new0(Start, 1);
    start->shows = shows;
    start->manifest = manifest;
    start->done = done;
    start->data = data;
    shows->starting++;
    store_workers_push(shows->workers, start_work, start_done, start);
}

/* ---- the trash ---- */

typedef struct Move {
    ServerShows *shows;
    char *id;
    gboolean back;
    ServerShowsDone done;
    gpointer data;
    ServerSummary *summary; /* of what came back */
    GError *error;
} Move;

static void move_work(gpointer data)
{
    Move *move = data;
    StoreShows *store = move->shows->server->store;
    if (!move->back) {
        store_shows_trash(store, move->id, g_get_real_time() / G_USEC_PER_SEC, &move->error);
        return;
    }
    if (!store_shows_restore(store, move->id, &move->error))
        return;
    g_autoptr(StoreShow) folder = store_shows_find(store, move->id, &move->error);
    g_autoptr(ShowManifest) manifest = folder != NULL ? read_manifest(folder, &move->error) : NULL;
    if (manifest != NULL)
        move->summary = server_summary_new(manifest);
}

static void move_done(gpointer data)
{
    Move *move = data;
    if (move->error == NULL && move->summary != NULL)
        g_hash_table_replace(move->shows->summaries, move->summary->id, move->summary);
    else if (move->error == NULL)
        g_hash_table_remove(move->shows->summaries, move->id);
    if (move->error == NULL)
        g_message("show %s show=%s", move->back ? "restored" : "trashed", move->id);
    move->done(move->error, move->data);
    g_clear_error(&move->error);
    g_free(move->id);
    g_free(move);
}

static void start_move(ServerShows *shows, const char *id, gboolean back, ServerShowsDone done,
                       gpointer data)
{
    Move *move = g_new0(Move, 1);
    move->shows = shows;
    move->id = g_strdup(id);
    move->back = back;
    move->done = done;
    move->data = data;
    store_workers_push(shows->workers, move_work, move_done, move);
}

static void forgotten(const GError *error, gpointer data)
{
    (void)data;
    if (error != NULL)
        g_warning("a show that did not begin stays on disk error=%s", error->message);
}

/* A show that did not begin is none: nobody was told of it, and what is there of it goes. */
static void forget_show(ServerShows *shows, const char *id)
{
    g_hash_table_remove(shows->open, id);
    g_hash_table_remove(shows->summaries, id);
    start_move(shows, id, FALSE, forgotten, NULL);
}

/* A show that is open is closed first; FALSE: something of it is under way. */
static gboolean let_go(ServerShows *shows, const char *id, GError **error)
{
    ServerShow *show = server_shows_open(shows, id);
    if (server_renders_is_at(shows->server->renders, id)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "sessionId: this show is being rendered; cancel that first");
        return FALSE;
    }
    if (show == NULL)
        return TRUE;
    if (server_show_state(show) == SHOW_STATE_RECORDING) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "sessionId: this show is recording; stop it first");
        return FALSE;
    }
    if (server_recordings_are_busy(show) || !server_show_is_quiet(show)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "sessionId: files of this show are being written; try again soon");
        return FALSE;
    }
    server_socket_end_show(shows->server, id);
    g_hash_table_remove(shows->open, id);
    return TRUE;
}

void server_shows_trash(ServerShows *shows, const char *id, ServerShowsDone done, gpointer data)
{
    g_autoptr(GError) error = NULL;
    if (!server_shows_has(shows, id))
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_NOT_FOUND,
                            "sessionId: there is no such show");
    if (error != NULL || !let_go(shows, id, &error)) {
        done(error, data);
        return;
    }
    start_move(shows, id, FALSE, done, data);
}

void server_shows_restore(ServerShows *shows, const char *id, ServerShowsDone done, gpointer data)
{
    start_move(shows, id, TRUE, done, data);
}
