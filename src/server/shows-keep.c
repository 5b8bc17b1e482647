/* Keeping the shows: room on the disk, trash, retention, shows that nobody uses any more. */
#include "shows-state-private.h"

#include "renders-private.h"
#include "socket-private.h"

#include <store/folder.h>

#include <sys/statvfs.h>

enum { ROOM_S = 2, KEEP_S = 30, SWEEP_S = 3600 };

static void count_syncs(ServerShows *shows)
{
    GHashTableIter iter;
    gpointer show;
    g_hash_table_iter_init(&iter, shows->open);
    while (g_hash_table_iter_next(&iter, NULL, &show))
        server_metrics_add(shows->server->metrics, SERVER_METRIC_SYNCS,
                           server_show_take_syncs(show));
}

/* ---- room ---- */

static gint64 free_bytes(const char *path)
{
    struct statvfs space;
    return statvfs(path, &space) == 0 ? (gint64)space.f_bavail * (gint64)space.f_frsize : 0;
}

static gboolean look_at_room(gpointer data)
{
    ServerShows *shows = data;
    Server *server = shows->server;
    gboolean had_room = shows->has_room;
    count_syncs(shows);
    shows->has_room = store_shows_has_room(server->store);
    shows->free_bytes = free_bytes(server->config->storage);
    server_socket_end_links(server);
    if (had_room != shows->has_room || shows->recent_bytes > 0)
        server_socket_states_changed(server);
    shows->bytes_per_s = shows->bytes_per_s * 0.9 + 0.1 * (double)shows->recent_bytes / ROOM_S;
    shows->recent_bytes = 0;
    store_uploads_set_waiting(server->uploads, !shows->has_room);
    server_metrics_set(server->metrics, SERVER_METRIC_FREE_BYTES, shows->free_bytes);
    server_metrics_set(server->metrics, SERVER_METRIC_HAS_ROOM, shows->has_room);
    server_metrics_set(server->metrics, SERVER_METRIC_SHOWS, server_shows_running(shows));
    server_metrics_set(server->metrics, SERVER_METRIC_FLIGHT_BYTES,
                       (gint64)store_uploads_flight_bytes(server->uploads));
    if (had_room && !shows->has_room)
        g_warning("the disk is nearly full: recordings wait free=%" G_GINT64_FORMAT,
                  shows->free_bytes);
    else if (!had_room && shows->has_room)
        g_message("the disk has room: recordings go on free=%" G_GINT64_FORMAT, shows->free_bytes);
    return G_SOURCE_CONTINUE;
}

void server_shows_note_bytes(ServerShows *shows, gsize bytes)
{
    shows->recent_bytes += (gint64)bytes;
    server_metrics_add(shows->server->metrics, SERVER_METRIC_UPLOAD_BYTES, bytes);
}

json_t *server_shows_storage(const ServerShows *shows)
{
    gint64 room = MAX(shows->free_bytes - shows->server->config->low_bytes, 0);
    json_t *left = shows->bytes_per_s >= 1
                       ? json_integer((json_int_t)((double)room / shows->bytes_per_s))
                       : json_null();
    return json_pack("{s:I, s:I, s:b, s:o}", "free", (json_int_t)shows->free_bytes, "reserve",
                     (json_int_t)store_shows_reserve_bytes(shows->server->store), "hasRoom",
                     shows->has_room, "secondsLeft", left);
}

/* ---- shows that nobody uses, or finishes ---- */

static void give_up_idle(ServerShows *shows)
{
    GHashTableIter iter;
    gpointer show;
    g_hash_table_iter_init(&iter, shows->open);
    while (g_hash_table_iter_next(&iter, NULL, &show))
        server_show_give_up_idle(show, shows->server->config->upload_idle_s);
}

static gboolean is_unused(gpointer id, gpointer show, gpointer data)
{
    const ServerShows *shows = data;
    return server_show_state(show) == SHOW_STATE_COMPLETE && server_show_is_idle(show) &&
           !server_renders_is_at(shows->server->renders, id) &&
           server_socket_watchers(shows->server, id) == 0;
}

/* ---- trash and retention ---- */

typedef struct Sweep {
    ServerShows *shows;
    StoreSwept swept;
    guint emptied;
    GError *error;
} Sweep;

/* Where there is a mirror, nothing goes that it does not have. */
static gboolean mirror_has(const char *id, const ShowFile *file, gpointer mirror)
{
    return file->sha256 != NULL && server_mirror_has(mirror, id, file->name, file->sha256);
}

static void sweep_work(gpointer data)
{
    Sweep *sweep = data;
    const Server *server = sweep->shows->server;
    const StoreElsewhere mirror = {"mirror", mirror_has, server->mirror};
    const ServerConfig *config = server->config;
    const StoreRule all[] = {
        {"iso", config->keep_iso_s},
        {"local", config->keep_iso_s},
        {"program", config->keep_program_s},
        {"camera", config->keep_rendered_s},
        {"highlights", config->keep_rendered_s},
        {"show", config->keep_show_s},
    };
    StoreRule rules[G_N_ELEMENTS(all)];
    gsize count = 0;
    for (guint i = 0; i < G_N_ELEMENTS(all); i++)
        if (all[i].age_s > 0)
            rules[count++] = all[i];
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    if (count > 0)
        store_shows_sweep(server->store, rules, count, now_s,
                          server->mirror != NULL ? &mirror : NULL, &sweep->swept, &sweep->error);
    server_mirror_note_trash(server->mirror);
    store_shows_empty_trash(server->store, now_s, config->trash_s, &sweep->emptied,
                            sweep->error == NULL ? &sweep->error : NULL);
}

static void sweep_done(gpointer data)
{
    Sweep *sweep = data;
    if (sweep->error != NULL)
        g_warning("not all that is old was deleted error=%s", sweep->error->message);
    if (sweep->swept.files + sweep->swept.shows + sweep->emptied > 0)
        g_message("old recordings deleted files=%u shows=%u trash=%u bytes=%" G_GINT64_FORMAT,
                  sweep->swept.files, sweep->swept.shows, sweep->emptied, sweep->swept.bytes);
    if (sweep->swept.files + sweep->swept.shows > 0)
        server_shows_rescan(sweep->shows);
    server_mirror_poke(sweep->shows->server->mirror);
    g_clear_error(&sweep->error);
    g_free(sweep);
}

/* ---- the list anew ---- */

typedef struct Scan {
    ServerShows *shows;
    GPtrArray *summaries; /* ServerSummary */
} Scan;

static void scan_work(gpointer data)
{
    Scan *scan = data;
    StoreShows *store = scan->shows->server->store;
    g_autoptr(GPtrArray) ids = store_shows_list(store, NULL);
    for (guint i = 0; ids != NULL && i < ids->len; i++) {
        g_autoptr(StoreShow) folder = store_shows_find(store, ids->pdata[i], NULL);
        g_autoptr(ShowManifest) manifest =
            folder != NULL ? store_folder_manifest(store_show_place(folder)->path, NULL) : NULL;
        if (manifest != NULL)
            g_ptr_array_add(scan->summaries, server_summary_new(manifest));
    }
}

static void scan_done(gpointer data)
{
    Scan *scan = data;
    ServerShows *shows = scan->shows;
    g_hash_table_remove_all(shows->summaries);
    for (guint i = 0; i < scan->summaries->len; i++) {
        ServerSummary *summary = scan->summaries->pdata[i];
        g_hash_table_replace(shows->summaries, summary->id, summary);
    }
    g_ptr_array_unref(scan->summaries); /* without its elements */
    GHashTableIter iter;
    gpointer show;
    g_hash_table_iter_init(&iter, shows->open);
    while (g_hash_table_iter_next(&iter, NULL, &show))
        server_shows_note(shows, server_show_manifest(show));
    g_free(scan);
}

void server_shows_rescan(ServerShows *shows)
{
    Scan *scan = g_new0(Scan, 1);
    scan->shows = shows;
    scan->summaries = g_ptr_array_new();
    store_workers_push(shows->workers, scan_work, scan_done, scan);
}

/* ---- timers ---- */

static gboolean keep(gpointer data)
{
    ServerShows *shows = data;
    give_up_idle(shows);
    g_hash_table_foreach_remove(shows->open, is_unused, shows);
    gint64 now_us = g_get_monotonic_time();
    if (shows->last_sweep_us != 0 &&
        now_us - shows->last_sweep_us < (gint64)SWEEP_S * G_USEC_PER_SEC)
        return G_SOURCE_CONTINUE;
    shows->last_sweep_us = now_us;
    Sweep *sweep = g_new0(Sweep, 1);
    sweep->shows = shows;
    store_workers_push(shows->workers, sweep_work, sweep_done, sweep);
    return G_SOURCE_CONTINUE;
}

static guint add_timer(ServerShows *shows, guint seconds, GSourceFunc function)
{
    GSource *source = g_timeout_source_new_seconds(seconds);
    g_source_set_callback(source, function, shows, NULL);
    guint id = g_source_attach(source, shows->server->context);
    g_source_unref(source);
    return id;
}

void server_shows_keep_start(ServerShows *shows)
{
    shows->has_room = TRUE;
    look_at_room(shows);
    keep(shows);
    shows->room_timer = add_timer(shows, ROOM_S, look_at_room);
    shows->keep_timer = add_timer(shows, KEEP_S, keep);
}

static void remove_timer(ServerShows *shows, guint *id)
{
    GSource *source =
        *id != 0 ? g_main_context_find_source_by_id(shows->server->context, *id) : NULL;
    if (source != NULL)
        g_source_destroy(source);
    *id = 0;
}

void server_shows_keep_stop(ServerShows *shows)
{
    remove_timer(shows, &shows->room_timer);
    remove_timer(shows, &shows->keep_timer);
}
