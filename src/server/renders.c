/* The renders of a server: what is asked for, what people see of it, who does them. What always holds:
 * a show's manifest has one writer, the server; a render writes into a folder of its own, and what it
 * left becomes the show's in render-publish.c and nowhere else. */
#include "renders-state-private.h"

#include "mirror-private.h"
#include "shows-private.h"
#include "socket-private.h"

#include <server/render-wish.h>
#include <store/error.h>

#include <string.h>

#define WORKER "server" /* the one owner of this storage */

ServerRenders *server_renders_ref(ServerRenders *renders)
{
    renders->refs++;
    return renders;
}

void server_renders_unref(ServerRenders *renders)
{
    if (--renders->refs > 0)
        return;
    g_clear_object(&renders->ending);
    g_free(renders);
}

/* ---- what others see ---- */

gboolean server_renders_is_at(const ServerRenders *renders, const char *show_id)
{
    if (renders == NULL || show_id == NULL)
        return FALSE;
    const JobsJob *job = jobs_current(renders->jobs, show_id);
    return server_local_is_at(renders->local, show_id) ||
           (job != NULL && job->state == JOBS_STATE_RUNNING);
}

gboolean server_renders_is_cutting(const ServerRenders *renders, const char *show_id,
                                   const char *cut)
{
    const GPtrArray *jobs = renders != NULL ? jobs_of_session(renders->jobs, show_id) : NULL;
    for (guint i = 0; jobs != NULL && i < jobs->len; i++) {
        const JobsJob *job = jobs->pdata[i];
        g_autofree char *made = server_render_wish_cut(job->settings);
        if (!jobs_state_is_ended(job->state) && g_strcmp0(made, cut) == 0)
            return TRUE;
    }
    return FALSE;
}

json_t *server_renders_json(const ServerRenders *renders, const char *show_id)
{
    const JobsJob *job = renders != NULL ? jobs_current(renders->jobs, show_id) : NULL;
    if (job == NULL)
        return NULL;
    JobsProgress progress = job->progress;
    gboolean is_paused = FALSE;
    if (job->state == JOBS_STATE_RUNNING)
        server_local_see(renders->local, job, &progress, &is_paused);
    g_autofree char *cut = server_render_wish_cut(job->settings);
    g_autofree char *only = server_render_wish_only(job->settings);
    return json_pack("{s:s, s:f, s:o, s:s?, s:s*, s:s*}", "state",
                     is_paused ? "paused" : jobs_state_name(job->state), "progress",
                     (double)(gint64)(progress.percent * 10) / 10, "left",
                     progress.left_ms >= 0 ? json_integer(progress.left_ms) : json_null(), "error",
                     job->error, "cut", cut, "only", only);
}

static void look(ServerRenders *renders)
{
    if (renders->is_freed)
        return;
    if (renders->crew != NULL)
        server_crew_look(renders->crew);
    else if (renders->local != NULL)
        server_local_look(renders->local);
}

static void changed(const char *session, gpointer data)
{
    ServerRenders *renders = data;
    if (renders->local != NULL)
        server_local_note(renders->local, session);
    server_socket_state_changed(renders->server, session);
    look(renders);
}

/* ---- what its parts share ---- */

gboolean server_renders_is_ready(const ServerRenders *renders, const char *show_id)
{
    const ServerShows *shows = renders->server->shows;
    const ServerShow *show = server_shows_open(shows, show_id);
    if (!server_shows_has(shows, show_id) || server_shows_is_complete(shows, show_id, NULL))
        return TRUE;
    return show != NULL && server_show_state(show) == SHOW_STATE_STOPPING;
}

char *server_renders_folder(const ServerRenders *renders, const char *show_id)
{
    g_autoptr(StoreShow) show = store_shows_find(renders->server->store, show_id, NULL);
    return show != NULL ? g_strdup(store_show_place(show)->path) : NULL;
}

char *server_renders_reason(const ServerRenders *renders, const char *show_id, const char *message)
{
    g_autofree char *folder = server_renders_folder(renders, show_id);
    GString *reason = g_string_new(message);
    if (folder != NULL) {
        g_autofree char *within = g_strconcat(folder, "/", NULL);
        g_string_replace(reason, within, "", 0);
        g_string_replace(reason, folder, "this show", 0);
    }
    return g_string_free(reason, FALSE);
}

void server_renders_count(const ServerRenders *renders, const JobsJob *job)
{
    ServerMetrics *metrics = renders->server->metrics;
    if (job->state == JOBS_STATE_DONE) {
        server_metrics_add(metrics, SERVER_METRIC_RENDERS_DONE, 1);
        server_metrics_add(metrics, SERVER_METRIC_RENDER_SECONDS,
                           (guint64)MAX(job->ended_ms - job->taken_ms, 0) / 1000);
    } else if (job->state == JOBS_STATE_FAILED) {
        server_metrics_add(metrics, SERVER_METRIC_RENDERS_FAILED, 1);
    } else if (job->state == JOBS_STATE_WAITING && job->failures > 0) {
        server_metrics_add(metrics, SERVER_METRIC_RENDERS_RETRIED, 1);
    }
}

gboolean server_renders_reach_redis(const ServerRenders *renders)
{
    return renders != NULL && server_crew_is_reached(renders->crew);
}

void server_renders_measure(const ServerRenders *renders)
{
    guint waiting = 0, running = 0;
    if (renders == NULL)
        return;
    jobs_count(renders->jobs, &waiting, &running);
    server_metrics_set(renders->server->metrics, SERVER_METRIC_RENDERS_WAITING, waiting);
    server_metrics_set(renders->server->metrics, SERVER_METRIC_RENDERS_RUNNING, running);
    server_metrics_set(renders->server->metrics, SERVER_METRIC_WORKERS,
                       server_crew_workers(renders->crew));
}

/* ---- asking ---- */

void server_renders_add(ServerRenders *renders, const char *show_id, const char *wish,
                        JobsAnswer answer, gpointer data)
{
    gint64 length_ms = 0;
    server_shows_is_complete(renders->server->shows, show_id, &length_ms);
    JobsWish job = {
        .session = show_id, .kind = "render", .settings = wish, .length_ms = MAX(length_ms, 0)};
    jobs_add(renders->jobs, &job, answer, data);
}

typedef struct Cancel {
    ServerRenders *renders;
    void (*done)(const GError *error, gpointer data);
    gpointer data;
    guint pending;
    GError *error;
} Cancel;

/* What a job left that nobody does now; where one is done here, its end does that. */
static void clean(const Cancel *cancel, const JobsJob *job)
{
    JobsProgress progress;
    gboolean is_paused;
    ServerRenders *renders = cancel->renders;
    if (!renders->is_freed && !server_local_see(renders->local, job, &progress, &is_paused))
        server_renders_clean(renders, job->session, job->id);
}

static void cancelled(const JobsJob *job, const GError *error, gpointer data)
{
    Cancel *cancel = data;
    if (job != NULL)
        clean(cancel, job);
    if (error != NULL && cancel->error == NULL)
        cancel->error = g_error_copy(error);
    if (--cancel->pending > 0)
        return;
    cancel->done(cancel->error, cancel->data);
    server_renders_unref(cancel->renders);
    g_clear_error(&cancel->error);
    g_free(cancel);
}

void server_renders_cancel(ServerRenders *renders, const char *show_id,
                           void (*done)(const GError *error, gpointer data), gpointer data)
{
    const GPtrArray *jobs = jobs_of_session(renders->jobs, show_id);
    Cancel *cancel = g_new0(Cancel, 1);
    *cancel =
        (Cancel){.renders = server_renders_ref(renders), .done = done, .data = data, .pending = 1};
    for (guint i = 0; jobs != NULL && i < jobs->len; i++) {
        const JobsJob *job = jobs->pdata[i];
        if (jobs_state_is_ended(job->state))
            continue;
        cancel->pending++;
        jobs_cancel(renders->jobs, job->id, cancelled, cancel);
    }
    cancelled(NULL, NULL, cancel);
}

/* ---- life ---- */

static gboolean open_jobs(ServerRenders *renders, GError **error)
{
    const Server *server = renders->server;
    g_autofree char *path = g_build_filename(server->config->storage, "server.db", NULL);
    JobsOptions options = {.queue = {.path = path},
                           .worker = WORKER,
                           .context = server->context,
                           .changed = changed,
                           .data = renders};
    renders->jobs = jobs_new(&options, error);
    return renders->jobs != NULL;
}

/* Old recordings may lie in the mirror alone; and whoever renders elsewhere may read all of them there,
 * and leaves there what it made. */
static gboolean open_objects(ServerRenders *renders, GError **error)
{
    const ServerConfig *config = renders->server->config;
    const S3Options options = server_mirror_options(config);
    if (config->mirror == NULL)
        return TRUE;
    renders->objects = s3_client_new(&options, error);
    return renders->objects != NULL;
}

gboolean server_renders_new(Server *server, GError **error)
{
    ServerRenders *renders = g_new0(ServerRenders, 1);
    renders->server = server;
    renders->refs = 1;
    if (!open_jobs(renders, error)) {
        g_free(renders);
        return FALSE;
    }
    server->renders = renders;
    renders->ending = g_cancellable_new();
    renders->asked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    renders->workers = store_workers_new_patient("renders", 1, server->context);
    if (!open_objects(renders, error))
        return FALSE;
    if (server->config->redis != NULL)
        renders->crew = server_crew_new(renders, server->config->redis, error);
    else
        renders->local = server_local_new(renders);
    if (renders->crew == NULL && renders->local == NULL)
        return FALSE;
    server_renders_clean(renders, NULL, 0);
    server_renders_watch(renders);
    look(renders);
    return TRUE;
}

void server_renders_drain(ServerRenders *renders)
{
    if (renders == NULL)
        return;
    renders->is_draining = TRUE;
    server_renders_unwatch(renders);
    if (renders->local != NULL)
        server_local_drain(renders->local);
}

void server_renders_free(ServerRenders *renders)
{
    if (renders == NULL)
        return;
    renders->is_freed = TRUE;
    server_renders_unwatch(renders);
    g_clear_pointer(&renders->local, server_local_free);
    g_clear_pointer(&renders->crew, server_crew_free);
    g_cancellable_cancel(renders->ending);
    g_clear_pointer(&renders->workers, store_workers_free);
    g_clear_pointer(&renders->objects, s3_client_free);
    g_clear_pointer(&renders->jobs, jobs_free);
    g_clear_pointer(&renders->asked, g_hash_table_unref);
    renders->server->renders = NULL;
    server_renders_unref(renders);
}
