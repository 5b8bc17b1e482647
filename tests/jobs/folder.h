/* A queue in a folder of its own. */
#pragma once
#include <jobs/error.h>
#include <jobs/queue.h>

#include <glib/gstdio.h>

static const char *const database_files[] = {"server.db", "server.db-wal", "server.db-shm"};

typedef struct Fixture {
    char *folder, *path;
    JobsQueue *queue;
} Fixture;

static inline JobsQueue *open_queue(const char *path)
{
    g_autoptr(GError) error = NULL;
    JobsQueueOptions options = {.path = path,
                                .tries_max = 3,
                                .backoff_ms = 1000,
                                .backoff_max_ms = 3000,
                                .per_session_max = 4,
                                .keep_ms = 100 * 1000};
    JobsQueue *queue = jobs_queue_open(&options, &error);
    g_assert_no_error(error);
    return queue;
}

static inline void set_up(Fixture *fixture)
{
    fixture->folder = g_dir_make_tmp("crosscut-jobs-XXXXXX", NULL);
    fixture->path = g_build_filename(fixture->folder, "server.db", NULL);
    fixture->queue = open_queue(fixture->path);
}

static inline void tear_down(Fixture *fixture)
{
    g_clear_pointer(&fixture->queue, jobs_queue_close);
    for (gsize i = 0; i < G_N_ELEMENTS(database_files); i++) {
        g_autofree char *path = g_build_filename(fixture->folder, database_files[i], NULL);
        g_unlink(path);
    }
    g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
    g_free(fixture->folder);
    g_free(fixture->path);
}

static inline gint64 add(JobsQueue *queue, const char *session, gint64 length_ms, gint64 now_ms)
{
    g_autoptr(GError) error = NULL;
    JobsWish wish = {.session = session, .kind = "render", .length_ms = length_ms};
    gint64 id = jobs_queue_add(queue, &wish, now_ms, &error);
    g_assert_no_error(error);
    g_assert_cmpint(id, >, 0);
    return id;
}

/* NULL: there was none. */
static inline JobsJob *take(JobsQueue *queue, const char *worker, gint64 now_ms)
{
    g_autoptr(GError) error = NULL;
    JobsJob *job = jobs_queue_take(queue, worker, now_ms, now_ms + 1000, &error);
    g_assert_no_error(error);
    return job;
}

static inline JobsJob *get(JobsQueue *queue, gint64 id)
{
    g_autoptr(GError) error = NULL;
    JobsJob *job = jobs_queue_get(queue, id, &error);
    g_assert_no_error(error);
    return job;
}

static inline void assert_state(JobsQueue *queue, gint64 id, JobsState state)
{
    g_autoptr(JobsJob) job = get(queue, id);
    g_assert_cmpstr(jobs_state_name(job->state), ==, jobs_state_name(state));
}
