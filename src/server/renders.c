/* Who does the renders of this server. What always holds: at most one child; a job that this server
 * holds has a child, or its end is being written; the queue knows of an end before the next begins. */
#include "renders-private.h"

#include "render-child-private.h"
#include "render-wish-private.h"
#include "shows-private.h"
#include "socket-private.h"

#include <jobs/error.h>

#include <string.h>

enum {
    LEASE_MS = 60 * 1000,
    BEAT_US = 20 * 1000 * 1000,    /* at the latest: a third of the lease */
    PROGRESS_US = 2 * 1000 * 1000, /* each is a write to the disk */
    TICK_MS = 1000,
    LOOK_MS = 2000, /* while shows are recorded: whether they still are */
    WAIT_MOST_MS = 60000,
    NOT_READY_MS = 10 * 1000,
};

#define WORKER "server" /* the one owner of this storage */

struct ServerRenders {
    Server *server;
    Jobs *jobs;
    guint refs; /* the server, and answers that are due */
    gboolean is_freed, is_draining;
    gboolean is_taking;
    guint take_timer, tick_timer;
    /* what runs; session NULL: nothing */
    char *session, *cut;
    JobsLease lease;
    ServerRenderChild *child; /* NULL: it has ended, and that is being written down */
    JobsProgress progress;
    gboolean has_news;  /* progress that the queue does not know */
    gboolean is_lost;   /* cancelled: nothing more to say */
    gboolean gives_way; /* to the server, which has to write the manifest */
    gboolean is_paused;
    gint64 beat_us;
};

static void look(ServerRenders *renders);

static ServerRenders *ref(ServerRenders *renders)
{
    renders->refs++;
    return renders;
}

static void unref(ServerRenders *renders)
{
    if (--renders->refs == 0)
        g_free(renders);
}

/* ---- what others see ---- */

gboolean server_renders_is_at(const ServerRenders *renders, const char *show_id)
{
    return renders != NULL && g_strcmp0(renders->session, show_id) == 0;
}

static const char *state_word(const ServerRenders *renders, const JobsJob *job)
{
    gboolean is_paused =
        job->state == JOBS_STATE_RUNNING && job->id == renders->lease.job && renders->is_paused;
    return is_paused ? "paused" : jobs_state_name(job->state);
}

json_t *server_renders_json(const ServerRenders *renders, const char *show_id)
{
    const JobsJob *job = renders != NULL ? jobs_current(renders->jobs, show_id) : NULL;
    if (job == NULL)
        return NULL;
    gboolean is_ours = renders->session != NULL && job->id == renders->lease.job;
    JobsProgress progress =
        is_ours && job->state == JOBS_STATE_RUNNING ? renders->progress : job->progress;
    g_autofree char *cut = server_render_wish_cut(job->settings);
    return json_pack("{s:s, s:f, s:o, s:s?, s:s*}", "state", state_word(renders, job), "progress",
                     (double)(gint64)(progress.percent * 10) / 10, "left",
                     progress.left_ms >= 0 ? json_integer(progress.left_ms) : json_null(), "error",
                     job->error, "cut", cut);
}

static void changed(const char *session, gpointer data)
{
    ServerRenders *renders = data;
    const GPtrArray *jobs = jobs_of_session(renders->jobs, session);
    for (guint i = 0; jobs != NULL && i < jobs->len; i++) {
        const JobsJob *job = jobs->pdata[i];
        gboolean is_ours = renders->child != NULL && job->id == renders->lease.job;
        if (is_ours && (job->state != JOBS_STATE_RUNNING || job->take != renders->lease.take)) {
            renders->is_lost = TRUE;
            server_render_child_stop(renders->child);
        }
    }
    server_socket_state_changed(renders->server, session);
    look(renders);
}

/* ---- the end of one ---- */

static void forget(ServerRenders *renders)
{
    g_autofree char *session = g_steal_pointer(&renders->session);
    g_clear_pointer(&renders->cut, g_free);
    renders->progress = (JobsProgress){.left_ms = -1};
    renders->is_lost = renders->gives_way = renders->is_paused = renders->has_news = FALSE;
    ServerShow *show = server_shows_open(renders->server->shows, session);
    if (show != NULL)
        server_show_render_ended(show);
    server_socket_state_changed(renders->server, session);
}

static void was_noted(const JobsJob *job, const GError *error, gpointer data)
{
    ServerRenders *renders = data;
    (void)job;
    if (error != NULL && !g_error_matches(error, JOBS_ERROR, JOBS_ERROR_LOST))
        g_warning("the end of a render was not noted, it will be done again error=%s",
                  error->message);
    if (!renders->is_freed) {
        forget(renders);
        look(renders);
    }
    unref(renders);
}

static void was_reread(const GError *error, gpointer data)
{
    ServerRenders *renders = data;
    if (renders->is_freed) {
        unref(renders);
        return;
    }
    if (error != NULL)
        jobs_fail(renders->jobs, renders->lease, error->message, FALSE, was_noted, renders);
    else
        jobs_done(renders->jobs, renders->lease, was_noted, renders);
}

static void note_end(ServerRenders *renders, const ServerRenderEnd *end)
{
    ref(renders);
    if (end->is_good)
        server_shows_reread(renders->server->shows, renders->session, was_reread, renders);
    else if (renders->gives_way || renders->is_draining)
        jobs_give_back(renders->jobs, renders->lease, renders->gives_way ? NOT_READY_MS : 0,
                       was_noted, renders);
    else
        jobs_fail(renders->jobs, renders->lease, end->reason, end->is_for_good, was_noted, renders);
}

static void ended(const ServerRenderEnd *end, gpointer data)
{
    ServerRenders *renders = data;
    g_clear_pointer(&renders->child, server_render_child_free);
    g_clear_handle_id(&renders->tick_timer, g_source_remove);
    if (end->is_good)
        g_message("show rendered show=%s", renders->session);
    else if (!renders->is_lost && !renders->gives_way && !renders->is_draining)
        g_warning("show not rendered show=%s error=%s", renders->session, end->reason);
    note_end(renders, end);
}

/* ---- while it runs ---- */

static void progressed(double percent, gint64 left_ms, gpointer data)
{
    ServerRenders *renders = data;
    renders->progress = (JobsProgress){percent, left_ms};
    renders->has_news = TRUE;
    server_socket_state_changed(renders->server, renders->session);
}

static gboolean has_to_wait(const ServerRenders *renders)
{
    return server_shows_running(renders->server->shows) > 0 &&
           !renders->server->config->render_while_recording;
}

/* Whatever comes of it, changed() sees the job as it is. */
static void was_beaten(const JobsJob *job, const GError *error, gpointer data)
{
    (void)job;
    if (error != NULL && !g_error_matches(error, JOBS_ERROR, JOBS_ERROR_LOST))
        g_warning("the progress of a render was not noted error=%s", error->message);
    unref(data);
}

static gboolean tick(gpointer data)
{
    ServerRenders *renders = data;
    gint64 now_us = g_get_monotonic_time();
    renders->is_paused = has_to_wait(renders);
    server_render_child_pause(renders->child, renders->is_paused);
    if (now_us - renders->beat_us < (renders->has_news ? PROGRESS_US : BEAT_US))
        return G_SOURCE_CONTINUE;
    renders->beat_us = now_us;
    renders->has_news = FALSE;
    jobs_heartbeat(renders->jobs, renders->lease, LEASE_MS, &renders->progress, was_beaten,
                   ref(renders));
    return G_SOURCE_CONTINUE;
}

static guint add_timer(ServerRenders *renders, guint ms, GSourceFunc function)
{
    return g_timeout_add(ms, function, renders); /* the default context is the server's */
}

/* ---- the beginning ---- */

static gboolean start_child(ServerRenders *renders, const JobsJob *job, GError **error)
{
    g_auto(GStrv) options = server_render_wish_options(job->settings, error);
    g_autoptr(StoreShow) folder =
        options != NULL ? store_shows_find(renders->server->store, job->session, error) : NULL;
    if (folder == NULL)
        return FALSE;
    ServerRenderEvents events = {progressed, ended, renders};
    renders->child =
        server_render_child_new(renders->server->program, store_show_place(folder)->path,
                                (const char *const *)options, &events, error);
    return renders->child != NULL;
}

static void begin(ServerRenders *renders, const JobsJob *job)
{
    g_autoptr(GError) error = NULL;
    renders->session = g_strdup(job->session);
    renders->cut = server_render_wish_cut(job->settings);
    renders->lease = jobs_job_lease(job);
    renders->beat_us = g_get_monotonic_time();
    if (start_child(renders, job, &error)) {
        renders->tick_timer = add_timer(renders, TICK_MS, tick);
        g_message("show being rendered show=%s", job->session);
        return;
    }
    ServerRenderEnd end = {.is_for_good = TRUE, .reason = error->message};
    note_end(renders, &end);
}

/* Complete, and nothing of it is under way. */
static gboolean is_ready(const ServerRenders *renders, const char *show_id)
{
    const ServerShow *show = server_shows_open(renders->server->shows, show_id);
    return !server_shows_has(renders->server->shows, show_id) ||
           (server_shows_is_complete(renders->server->shows, show_id, NULL) &&
            (show == NULL || server_show_is_idle(show)));
}

static gboolean look_again(gpointer data)
{
    ServerRenders *renders = data;
    renders->take_timer = 0;
    look(renders);
    return G_SOURCE_REMOVE;
}

static void taken(const JobsJob *job, const GError *error, gpointer data)
{
    ServerRenders *renders = data;
    renders->is_taking = FALSE;
    if (error != NULL)
        g_warning("no render was taken error=%s", error->message);
    if (job == NULL && !renders->is_freed && renders->take_timer == 0)
        renders->take_timer =
            add_timer(renders, error != NULL ? WAIT_MOST_MS : LOOK_MS, look_again);
    if (job != NULL && !renders->is_freed) {
        if (!renders->is_draining && is_ready(renders, job->session))
            begin(renders, job);
        else
            jobs_give_back(renders->jobs, jobs_job_lease(job), NOT_READY_MS, NULL, NULL);
    }
    unref(renders);
}

/* Takes the next job, or sees to it that it is asked again when there may be one. */
static void look(ServerRenders *renders)
{
    guint waiting = 0, running = 0;
    if (renders->session != NULL || renders->is_taking || renders->is_draining)
        return;
    g_clear_handle_id(&renders->take_timer, g_source_remove);
    jobs_count(renders->jobs, &waiting, &running);
    if (waiting + running == 0)
        return;
    gint64 wait_ms = has_to_wait(renders) ? LOOK_MS : jobs_wait_ms(renders->jobs, WAIT_MOST_MS);
    if (wait_ms > 0) {
        renders->take_timer = add_timer(renders, (guint)wait_ms, look_again);
        return;
    }
    renders->is_taking = TRUE;
    jobs_take(renders->jobs, LEASE_MS, taken, ref(renders));
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
    void (*done)(const GError *error, gpointer data);
    gpointer data;
    guint pending;
    GError *error;
} Cancel;

static void cancelled(const JobsJob *job, const GError *error, gpointer data)
{
    Cancel *cancel = data;
    (void)job;
    if (error != NULL && cancel->error == NULL)
        cancel->error = g_error_copy(error);
    if (--cancel->pending > 0)
        return;
    cancel->done(cancel->error, cancel->data);
    g_clear_error(&cancel->error);
    g_free(cancel);
}

void server_renders_cancel(ServerRenders *renders, const char *show_id,
                           void (*done)(const GError *error, gpointer data), gpointer data)
{
    const GPtrArray *jobs = jobs_of_session(renders->jobs, show_id);
    Cancel *cancel = g_new0(Cancel, 1);
    *cancel = (Cancel){.done = done, .data = data, .pending = 1};
    for (guint i = 0; jobs != NULL && i < jobs->len; i++) {
        const JobsJob *job = jobs->pdata[i];
        if (jobs_state_is_ended(job->state))
            continue;
        cancel->pending++;
        jobs_cancel(renders->jobs, job->id, cancelled, cancel);
    }
    cancelled(NULL, NULL, cancel);
}

gboolean server_renders_give_way(ServerRenders *renders, const char *show_id)
{
    if (!server_renders_is_at(renders, show_id) || renders->cut != NULL)
        return TRUE;
    renders->gives_way = TRUE;
    if (renders->child != NULL)
        server_render_child_stop(renders->child);
    return FALSE;
}

void server_renders_note_complete(ServerRenders *renders, const char *show_id)
{
    if (renders != NULL && renders->server->config->auto_render)
        server_renders_add(renders, show_id, "{}", NULL, NULL);
}

/* ---- life ---- */

gboolean server_renders_new(Server *server, GError **error)
{
    g_autofree char *path = g_build_filename(server->config->storage, "server.db", NULL);
    ServerRenders *renders = g_new0(ServerRenders, 1);
    JobsOptions options = {.queue = {.path = path},
                           .worker = WORKER,
                           .context = server->context,
                           .changed = changed,
                           .data = renders};
    renders->server = server;
    renders->refs = 1;
    renders->progress.left_ms = -1;
    renders->jobs = jobs_new(&options, error);
    if (renders->jobs == NULL) {
        g_free(renders);
        return FALSE;
    }
    server->renders = renders;
    look(renders);
    return TRUE;
}

void server_renders_drain(ServerRenders *renders)
{
    if (renders == NULL)
        return;
    renders->is_draining = TRUE;
    g_clear_handle_id(&renders->take_timer, g_source_remove);
    if (renders->child != NULL)
        server_render_child_stop(renders->child);
}

void server_renders_free(ServerRenders *renders)
{
    if (renders == NULL)
        return;
    renders->is_freed = TRUE;
    g_clear_handle_id(&renders->take_timer, g_source_remove);
    g_clear_handle_id(&renders->tick_timer, g_source_remove);
    if (renders->child != NULL)
        jobs_give_back(renders->jobs, renders->lease, 0, NULL, NULL);
    g_clear_pointer(&renders->child, server_render_child_free);
    g_clear_pointer(&renders->jobs, jobs_free);
    if (renders->session != NULL)
        forget(renders); /* a save that waited goes on */
    renders->server->renders = NULL;
    unref(renders);
}
