/* Renders here, one at a time, by a child, while no show is recorded. What always holds: a job that
 * this server holds has a child, or its attempt is being made, or its end is being written; the queue
 * knows of an end before the next begins. */
#include "renders-state-private.h"

#include "shows-private.h"
#include "socket-private.h"

#include <jobs/error.h>
#include <server/render-child.h>
#include <server/render-objects.h>
#include <server/render-wish.h>
#include <store/attempt.h>
#include <store/parts.h>

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

struct ServerLocal {
    ServerRenders *renders;
    guint refs; /* its owner, and what is under way */
    gboolean is_freed, is_taking;
    guint take_timer, tick_timer;
    /* what runs; session NULL: nothing */
    char *session, *cut, *settings;
    JobsLease lease;
    ServerRenderChild *child; /* NULL: it has not begun, or has ended */
    JobsProgress progress;
    gboolean has_news; /* progress that the queue does not know */
    gboolean is_lost;  /* cancelled: nothing more to say */
    gboolean is_paused;
    gint64 beat_us;
};

static void unref(ServerLocal *local)
{
    if (--local->refs > 0)
        return;
    server_renders_unref(local->renders);
    g_free(local);
}

static ServerLocal *ref(ServerLocal *local)
{
    local->refs++;
    return local;
}

/* ---- what others see ---- */

gboolean server_local_is_at(const ServerLocal *local, const char *session)
{
    return local != NULL && g_strcmp0(local->session, session) == 0;
}

gboolean server_local_see(const ServerLocal *local, const JobsJob *job, JobsProgress *progress,
                          gboolean *is_paused)
{
    if (local == NULL || local->session == NULL || job->id != local->lease.job)
        return FALSE;
    *progress = local->progress;
    *is_paused = local->is_paused;
    return TRUE;
}

void server_local_note(ServerLocal *local, const char *session)
{
    const GPtrArray *jobs = jobs_of_session(local->renders->jobs, session);
    for (guint i = 0; local->session != NULL && jobs != NULL && i < jobs->len; i++) {
        const JobsJob *job = jobs->pdata[i];
        if (job->id != local->lease.job ||
            (job->state == JOBS_STATE_RUNNING && job->take == local->lease.take))
            continue;
        local->is_lost = TRUE;
        if (local->child != NULL)
            server_render_child_stop(local->child);
    }
}

/* ---- the end of one ---- */

static void forget(ServerLocal *local)
{
    g_autofree char *session = g_steal_pointer(&local->session);
    g_clear_pointer(&local->cut, g_free);
    g_clear_pointer(&local->settings, g_free);
    local->progress = (JobsProgress){.left_ms = -1};
    local->is_lost = local->is_paused = local->has_news = FALSE;
    server_socket_state_changed(local->renders->server, session);
}

static void go_on(ServerLocal *local)
{
    if (!local->is_freed) {
        forget(local);
        server_local_look(local);
    }
    unref(local);
}

static void was_noted(const JobsJob *job, const GError *error, gpointer data)
{
    ServerLocal *local = data;
    if (error != NULL && !g_error_matches(error, JOBS_ERROR, JOBS_ERROR_LOST))
        g_warning("the end of a render was not noted, it will be done again error=%s",
                  error->message);
    if (job != NULL)
        server_renders_count(local->renders, job);
    if (!local->is_freed && (job == NULL || jobs_state_is_ended(job->state)))
        server_renders_clean(local->renders, local->session, local->lease.job);
    go_on(local);
}

static void published(const GError *error, gpointer data)
{
    (void)error; /* said and noted where it was seen */
    go_on(data);
}

static void publish(ServerLocal *local)
{
    ServerLeft left = {.session = local->session, .cut = local->cut, .lease = local->lease};
    server_renders_publish(local->renders, &left, published, ref(local));
}

static void note_failed(ServerLocal *local, const char *reason, gboolean is_for_good)
{
    ServerRenders *renders = local->renders;
    if (renders->is_draining) {
        jobs_give_back(renders->jobs, local->lease, 0, was_noted, ref(local));
        return;
    }
    if (!local->is_lost)
        g_warning("show not rendered show=%s error=%s", local->session, reason);
    jobs_fail(renders->jobs, local->lease, reason, is_for_good, was_noted, ref(local));
}

/* ---- a work for its attempt ---- */

typedef struct Work {
    ServerLocal *local;
    char *folder, *session;
    JobsLease lease;
    StoreKeep keep;
    gboolean is_finished;
    GError *error;
} Work;

static void push(ServerLocal *local, char *folder_taken, StoreWork work, StoreWorkDone done)
{
    Work *own = g_new0(Work, 1);
    own->local = ref(local);
    own->folder = folder_taken;
    own->session = g_strdup(local->session);
    own->lease = local->lease;
    own->keep = server_render_wish_keeps(local->settings);
    store_workers_push(local->renders->workers, work, done, own);
}

/* Ends a work: what it says goes to the local one, if that is there still. */
static ServerLocal *end_work(Work *work, gboolean *is_finished, char **reason)
{
    ServerLocal *local = work->local;
    *is_finished = work->is_finished;
    *reason = work->error != NULL && !local->is_freed
                  ? server_renders_reason(local->renders, local->session, work->error->message)
                  : NULL;
    g_clear_error(&work->error);
    g_free(work->folder);
    g_free(work->session);
    g_free(work);
    return local;
}

static void finish_work(gpointer data)
{
    Work *work = data;
    store_attempt_finish(work->folder, work->lease.job, work->lease.take, &work->error);
}

static void finish_done(gpointer data)
{
    gboolean is_finished;
    g_autofree char *reason = NULL;
    ServerLocal *local = end_work(data, &is_finished, &reason);
    if (!local->is_freed) {
        if (reason != NULL)
            note_failed(local, reason, FALSE);
        else
            publish(local);
    }
    unref(local);
}

static void ended(const ServerRenderEnd *end, gpointer data)
{
    ServerLocal *local = data;
    g_clear_pointer(&local->child, server_render_child_free);
    g_clear_handle_id(&local->tick_timer, g_source_remove);
    char *folder = end->is_good ? server_renders_folder(local->renders, local->session) : NULL;
    if (folder != NULL)
        push(local, folder, finish_work, finish_done);
    else
        note_failed(local, end->is_good ? "the show is gone" : end->reason, end->is_for_good);
}

/* ---- while it runs ---- */

static void progressed(double percent, gint64 left_ms, gpointer data)
{
    ServerLocal *local = data;
    local->progress = (JobsProgress){percent, left_ms};
    local->has_news = TRUE;
    server_socket_state_changed(local->renders->server, local->session);
}

static gboolean has_to_wait(const ServerLocal *local)
{
    const Server *server = local->renders->server;
    return server_shows_running(server->shows) > 0 && !server->config->render_while_recording;
}

/* Whatever comes of it, note() sees the job as it is. */
static void was_beaten(const JobsJob *job, const GError *error, gpointer data)
{
    (void)job;
    if (error != NULL && !g_error_matches(error, JOBS_ERROR, JOBS_ERROR_LOST))
        g_warning("the progress of a render was not noted error=%s", error->message);
    unref(data);
}

static gboolean tick(gpointer data)
{
    ServerLocal *local = data;
    gint64 now_us = g_get_monotonic_time();
    local->is_paused = has_to_wait(local);
    server_render_child_pause(local->child, local->is_paused);
    if (now_us - local->beat_us < (local->has_news ? PROGRESS_US : BEAT_US))
        return G_SOURCE_CONTINUE;
    local->beat_us = now_us;
    local->has_news = FALSE;
    jobs_heartbeat(local->renders->jobs, local->lease, LEASE_MS, &local->progress, was_beaten,
                   ref(local));
    return G_SOURCE_CONTINUE;
}

static guint add_timer(ServerLocal *local, guint ms, GSourceFunc function)
{
    return g_timeout_add(ms, function, local); /* the default context is the server's */
}

/* ---- the beginning ---- */

/* `folder`: of the show. */
static gboolean start_child(ServerLocal *local, const char *folder, GError **error)
{
    g_auto(GStrv) wished = server_render_wish_options(local->settings, error);
    if (wished == NULL)
        return FALSE;
    g_autofree char *attempt = store_attempt_path(folder, local->lease.job, local->lease.take);
    g_autofree char *parts = g_build_filename(attempt, STORE_PARTS, NULL);
    g_autoptr(GStrvBuilder) options = g_strv_builder_new();
    g_strv_builder_add_many(options, "--recordings", folder, "--resume", parts, NULL);
    g_strv_builder_addv(options, (const char **)wished);
    g_auto(GStrv) all = g_strv_builder_end(options);
    ServerRenderEvents events = {progressed, ended, local};
    local->child = server_render_child_new(local->renders->server->program, attempt,
                                           (const char *const *)all, &events, error);
    return local->child != NULL;
}

static void start(ServerLocal *local)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *folder = server_renders_folder(local->renders, local->session);
    if (folder == NULL) {
        note_failed(local, "the show is gone", TRUE);
    } else if (start_child(local, folder, &error)) {
        local->tick_timer = add_timer(local, TICK_MS, tick);
        g_message("show being rendered show=%s job=%" G_GINT64_FORMAT, local->session,
                  local->lease.job);
    } else {
        note_failed(local, error->message, TRUE);
    }
}

static void open_work(gpointer data)
{
    Work *work = data;
    const ServerRenders *renders = work->local->renders;
    if (store_attempt_open(work->folder, work->lease.job, work->lease.take, work->keep,
                           &work->is_finished, &work->error) &&
        !work->is_finished)
        server_objects_fetch_missing(renders->objects, work->session, work->folder, work->lease,
                                     renders->ending, &work->error);
}

static void open_done(gpointer data)
{
    gboolean is_finished;
    g_autofree char *reason = NULL;
    ServerLocal *local = end_work(data, &is_finished, &reason);
    if (!local->is_freed) {
        if (reason != NULL)
            note_failed(local, reason, FALSE);
        else if (local->is_lost || local->renders->is_draining)
            note_failed(local, "it was ended", FALSE);
        else if (is_finished)
            publish(local);
        else
            start(local);
    }
    unref(local);
}

static void begin(ServerLocal *local, const JobsJob *job)
{
    local->session = g_strdup(job->session);
    local->settings = g_strdup(job->settings);
    local->cut = server_render_wish_cut(job->settings);
    local->lease = jobs_job_lease(job);
    local->beat_us = g_get_monotonic_time();
    char *folder = server_renders_folder(local->renders, job->session);
    if (folder != NULL)
        push(local, folder, open_work, open_done);
    else
        note_failed(local, "the show is gone", TRUE);
}

static gboolean look_again(gpointer data)
{
    ServerLocal *local = data;
    local->take_timer = 0;
    server_local_look(local);
    return G_SOURCE_REMOVE;
}

static void taken(const JobsJob *job, const GError *error, gpointer data)
{
    ServerLocal *local = data;
    ServerRenders *renders = local->renders;
    local->is_taking = FALSE;
    if (error != NULL)
        g_warning("no render was taken error=%s", error->message);
    if (job == NULL && !local->is_freed && local->take_timer == 0)
        local->take_timer = add_timer(local, error != NULL ? WAIT_MOST_MS : LOOK_MS, look_again);
    if (job != NULL && !local->is_freed) {
        if (!renders->is_draining && server_renders_is_ready(renders, job->session))
            begin(local, job);
        else
            jobs_give_back(renders->jobs, jobs_job_lease(job), NOT_READY_MS, NULL, NULL);
    }
    unref(local);
}

void server_local_look(ServerLocal *local)
{
    ServerRenders *renders = local->renders;
    guint waiting = 0, running = 0;
    if (local->session != NULL || local->is_taking || renders->is_draining)
        return;
    g_clear_handle_id(&local->take_timer, g_source_remove);
    jobs_count(renders->jobs, &waiting, &running);
    if (waiting + running == 0)
        return;
    gint64 wait_ms = has_to_wait(local) ? LOOK_MS : jobs_wait_ms(renders->jobs, WAIT_MOST_MS);
    if (wait_ms > 0) {
        local->take_timer = add_timer(local, (guint)wait_ms, look_again);
        return;
    }
    local->is_taking = TRUE;
    jobs_take(renders->jobs, LEASE_MS, taken, ref(local));
}

/* ---- life ---- */

ServerLocal *server_local_new(ServerRenders *renders)
{
    ServerLocal *local = g_new0(ServerLocal, 1);
    local->renders = server_renders_ref(renders);
    local->refs = 1;
    local->progress.left_ms = -1;
    return local;
}

void server_local_drain(ServerLocal *local)
{
    g_clear_handle_id(&local->take_timer, g_source_remove);
    if (local->child != NULL)
        server_render_child_stop(local->child);
}

void server_local_free(ServerLocal *local)
{
    if (local == NULL)
        return;
    local->is_freed = TRUE;
    g_clear_handle_id(&local->take_timer, g_source_remove);
    g_clear_handle_id(&local->tick_timer, g_source_remove);
    if (local->session != NULL)
        jobs_give_back(local->renders->jobs, local->lease, 0, NULL, NULL);
    g_clear_pointer(&local->child, server_render_child_free);
    g_clear_pointer(&local->session, g_free);
    g_clear_pointer(&local->cut, g_free);
    g_clear_pointer(&local->settings, g_free);
    unref(local);
}
