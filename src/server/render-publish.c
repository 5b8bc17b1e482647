/* What a render left becomes the show's. What always holds: the lease is asked for after everything
 * was checked and before the first file moves; a show's manifest is written last, and by whoever owns
 * the show at that moment; a crash in between leaves the attempt, which is checked and put in place
 * again. */
#include "renders-state-private.h"

#include "mirror-private.h"
#include "shows-private.h"

#include <jobs/error.h>
#include <server/render-objects.h>
#include <store/attempt.h>
#include <store/folder.h>

#include <string.h>

enum { LEASE_MS = 30 * 60 * 1000 }; /* reading and moving many gigabytes */

typedef struct Publish {
    ServerRenders *renders;
    char *session, *cut;
    JobsLease lease;
    gboolean is_far;
    void (*done)(const GError *error, gpointer data);
    gpointer data;
    /* what came of it */
    char *folder;
    ShowManifest *left;
    ShowManifest *merged; /* of a show that nobody had open */
    GPtrArray *stale;
    GError *error;
} Publish;

static void publish_free(Publish *publish)
{
    server_renders_unref(publish->renders);
    g_free(publish->session);
    g_free(publish->cut);
    g_free(publish->folder);
    g_clear_pointer(&publish->left, show_manifest_free);
    g_clear_pointer(&publish->merged, show_manifest_free);
    g_clear_pointer(&publish->stale, g_ptr_array_unref);
    g_clear_error(&publish->error);
    g_free(publish);
}

static void push(Publish *publish, StoreWork work, StoreWorkDone done)
{
    store_workers_push(publish->renders->workers, work, done, publish);
}

/* ---- the end ---- */

static void tell(Publish *publish)
{
    publish->done(publish->error, publish->data);
    publish_free(publish);
}

static void ended(const JobsJob *job, const GError *error, gpointer data)
{
    Publish *publish = data;
    ServerRenders *renders = publish->renders;
    if (error != NULL && !g_error_matches(error, JOBS_ERROR, JOBS_ERROR_LOST))
        g_warning("the end of a render was not noted, it will be done again error=%s",
                  error->message);
    if (job != NULL && !renders->is_freed) {
        server_renders_count(renders, job);
        if (jobs_state_is_ended(job->state))
            server_renders_clean(renders, job->session, job->id);
    }
    tell(publish);
}

/* Nothing is told of the job before the queue has its end on disk. */
static void end(Publish *publish)
{
    ServerRenders *renders = publish->renders;
    const GError *error = publish->error;
    if (renders->is_freed || g_error_matches(error, JOBS_ERROR, JOBS_ERROR_LOST)) {
        tell(publish);
    } else if (error == NULL) {
        server_mirror_poke(renders->server->mirror);
        g_message("show rendered show=%s job=%" G_GINT64_FORMAT, publish->session,
                  publish->lease.job);
        jobs_done(renders->jobs, publish->lease, ended, publish);
    } else {
        g_autofree char *reason = server_renders_reason(renders, publish->session, error->message);
        g_warning("what a render left was not taken show=%s error=%s", publish->session,
                  error->message);
        jobs_fail(renders->jobs, publish->lease, reason, FALSE, ended, publish);
    }
}

/* ---- the manifest, last ---- */

static void sweep_work(gpointer data)
{
    Publish *publish = data;
    if (publish->stale != NULL)
        store_attempt_sweep(publish->folder, publish->stale);
}

static void sweep_done(gpointer data)
{
    end(data);
}

static void saved(const GError *error, gpointer data)
{
    Publish *publish = data;
    if (error != NULL) {
        publish->error = g_error_copy(error);
        end(publish);
    } else {
        push(publish, sweep_work, sweep_done);
    }
}

static void save_in_show(Publish *publish, ServerShow *show)
{
    g_clear_pointer(&publish->stale, g_ptr_array_unref);
    publish->stale = store_attempt_stale(server_show_manifest(show), publish->left);
    server_show_take_rendered(show, publish->left);
    server_show_save_then(show, saved, publish);
}

/* A show that nobody has open: its manifest lies on disk, and only there. */
static void save_work(gpointer data)
{
    Publish *publish = data;
    publish->merged = store_folder_manifest(publish->folder, &publish->error);
    if (publish->merged == NULL)
        return;
    publish->stale = store_attempt_stale(publish->merged, publish->left);
    store_attempt_take(publish->merged, publish->left);
    store_folder_write_manifest(publish->folder, publish->merged, &publish->error);
}

static void save_done(gpointer data)
{
    Publish *publish = data;
    ServerRenders *renders = publish->renders;
    ServerShow *show =
        renders->is_freed ? NULL : server_shows_open(renders->server->shows, publish->session);
    if (publish->error != NULL) {
        end(publish);
    } else if (show != NULL) { /* somebody opened it meanwhile, with the manifest of before */
        save_in_show(publish, show);
    } else {
        if (!renders->is_freed)
            server_shows_note(renders->server->shows, publish->merged);
        push(publish, sweep_work, sweep_done);
    }
}

/* ---- into its place ---- */

static void move_work(gpointer data)
{
    Publish *publish = data;
    store_attempt_publish(publish->folder, publish->lease.job, publish->lease.take, publish->cut,
                          publish->left, &publish->error);
}

static void move_done(gpointer data)
{
    Publish *publish = data;
    ServerRenders *renders = publish->renders;
    ServerShow *show =
        renders->is_freed ? NULL : server_shows_open(renders->server->shows, publish->session);
    if (publish->error != NULL || publish->cut != NULL || renders->is_freed)
        end(publish);
    else if (show != NULL)
        save_in_show(publish, show);
    else
        push(publish, save_work, save_done);
}

static void holds_still(const JobsJob *job, const GError *error, gpointer data)
{
    Publish *publish = data;
    (void)job;
    if (error != NULL)
        publish->error = g_error_copy(error);
    if (error != NULL || publish->renders->is_freed)
        end(publish);
    else
        push(publish, move_work, move_done);
}

static gboolean fetch(Publish *publish)
{
    const ServerRenders *renders = publish->renders;
    if (!publish->is_far)
        return TRUE;
    if (renders->objects != NULL)
        return server_objects_fetch_attempt(renders->objects, publish->session, publish->folder,
                                            publish->lease, renders->ending, &publish->error);
    g_set_error_literal(&publish->error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                        "its worker left it in object storage, and this studio has no --mirror");
    return FALSE;
}

static void check_work(gpointer data)
{
    Publish *publish = data;
    if (!fetch(publish))
        return;
    publish->left = store_attempt_check(publish->folder, publish->lease.job, publish->lease.take,
                                        publish->cut, NULL, &publish->error);
}

static void check_done(gpointer data)
{
    Publish *publish = data;
    if (publish->error != NULL || publish->renders->is_freed)
        end(publish);
    else
        jobs_heartbeat(publish->renders->jobs, publish->lease, LEASE_MS, NULL, holds_still,
                       publish);
}

static void holds(const JobsJob *job, const GError *error, gpointer data)
{
    Publish *publish = data;
    (void)job;
    if (error != NULL)
        publish->error = g_error_copy(error);
    else if (!publish->renders->is_freed)
        publish->folder = server_renders_folder(publish->renders, publish->session);
    if (publish->folder == NULL)
        end(publish);
    else
        push(publish, check_work, check_done);
}

void server_renders_publish(ServerRenders *renders, const ServerLeft *left,
                            void (*done)(const GError *error, gpointer data), gpointer data)
{
    Publish *publish = g_new0(Publish, 1);
    publish->renders = server_renders_ref(renders);
    publish->session = g_strdup(left->session);
    publish->cut = g_strdup(left->cut);
    publish->lease = left->lease;
    publish->is_far = left->is_far;
    publish->done = done;
    publish->data = data;
    jobs_heartbeat(renders->jobs, left->lease, LEASE_MS, NULL, holds, publish);
}

/* ---- attempts of jobs that have ended ---- */

typedef struct Clean {
    ServerRenders *renders;
    GPtrArray *folders; /* char *: of shows */
    GHashTable *live;   /* gint64 *: jobs that have not ended; NULL: `job` alone */
    gint64 job;
} Clean;

static void clean_objects(const Clean *clean, const char *folder, gint64 job)
{
    const ServerRenders *renders = clean->renders;
    g_autoptr(GError) error = NULL;
    g_autofree char *session = g_path_get_basename(folder);
    if (renders->objects != NULL &&
        !server_objects_remove_attempts(renders->objects, session, job, renders->ending, &error))
        g_warning("what a render left stays in object storage show=%s job=%" G_GINT64_FORMAT
                  " error=%s",
                  session, job, error->message);
}

static void clean_folder(const Clean *clean, const char *folder)
{
    g_autoptr(GArray) jobs = store_attempt_jobs(folder);
    for (guint i = 0; i < jobs->len; i++) {
        g_autoptr(GError) error = NULL;
        gint64 job = g_array_index(jobs, gint64, i);
        gboolean goes =
            clean->live != NULL ? !g_hash_table_contains(clean->live, &job) : job == clean->job;
        if (!goes)
            continue;
        clean_objects(clean, folder, job);
        if (!store_attempt_remove(folder, job, &error))
            g_warning("what a render left stays error=%s", error->message);
    }
}

static void clean_work(gpointer data)
{
    Clean *clean = data;
    for (guint i = 0; i < clean->folders->len; i++)
        clean_folder(clean, clean->folders->pdata[i]);
}

static void clean_done(gpointer data)
{
    Clean *clean = data;
    server_renders_unref(clean->renders);
    g_ptr_array_unref(clean->folders);
    g_clear_pointer(&clean->live, g_hash_table_unref);
    g_free(clean);
}

/* Every show, and the jobs that are still to be done. */
static void take_all(Clean *clean)
{
    ServerRenders *renders = clean->renders;
    g_autoptr(GPtrArray) ids = store_shows_list(renders->server->store, NULL);
    clean->live = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (guint i = 0; ids != NULL && i < ids->len; i++) {
        const GPtrArray *jobs = jobs_of_session(renders->jobs, ids->pdata[i]);
        for (guint k = 0; jobs != NULL && k < jobs->len; k++) {
            const JobsJob *job = jobs->pdata[k];
            if (!jobs_state_is_ended(job->state))
                g_hash_table_add(clean->live, g_memdup2(&job->id, sizeof job->id));
        }
        char *folder = server_renders_folder(renders, ids->pdata[i]);
        if (folder != NULL)
            g_ptr_array_add(clean->folders, folder);
    }
}

void server_renders_clean(ServerRenders *renders, const char *session, gint64 job)
{
    Clean *clean = g_new0(Clean, 1);
    clean->renders = server_renders_ref(renders);
    clean->folders = g_ptr_array_new_with_free_func(g_free);
    clean->job = job;
    char *folder = job != 0 ? server_renders_folder(renders, session) : NULL;
    if (job == 0)
        take_all(clean);
    else if (folder != NULL)
        g_ptr_array_add(clean->folders, folder);
    store_workers_push(renders->workers, clean_work, clean_done, clean);
}
