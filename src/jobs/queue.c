/* The queue. Each function is one transaction. What always holds: a lease is good for one take of one
 * job, and every change by a worker names it in its WHERE, so that who has lost it changes nothing. */
#include <jobs/queue.h>

#include <jobs/error.h>

#include "db-private.h"

#include <string.h>

#define PRIORITY_MS ((gint64)10 * 60 * 1000) /* what a step of priority is worth */

struct JobsQueue {
    JobsDb db;
    JobsQueueOptions options;
};

static const char *const state_names[] = {"unset", "waiting", "running",
                                          "done",  "failed",  "cancelled"};

const char *jobs_state_name(JobsState state)
{
    return state_names[state];
}

gboolean jobs_state_is_ended(JobsState state)
{
    return state >= JOBS_STATE_DONE;
}

void jobs_job_free(JobsJob *job)
{
    if (job == NULL)
        return;
    g_free(job->session);
    g_free(job->kind);
    g_free(job->settings);
    g_free(job->worker);
    g_free(job->error);
    g_free(job);
}

JobsLease jobs_job_lease(const JobsJob *job)
{
    return (JobsLease){.job = job->id, .take = job->take};
}

/* ---- open and close ---- */

JobsQueue *jobs_queue_open(const JobsQueueOptions *options, GError **error)
{
    g_autoptr(JobsQueue) queue = g_new0(JobsQueue, 1);
    JobsQueueOptions *own = &queue->options;
    *own = *options;
    own->path = NULL;
    own->tries_max = own->tries_max > 0 ? own->tries_max : 4;
    own->backoff_ms = own->backoff_ms > 0 ? own->backoff_ms : 15 * 1000;
    own->backoff_max_ms = own->backoff_max_ms > 0 ? own->backoff_max_ms : 15 * 60 * 1000;
    own->per_session_max = own->per_session_max > 0 ? own->per_session_max : 8;
    own->keep_ms = own->keep_ms > 0 ? own->keep_ms : (gint64)90 * 24 * 3600 * 1000;
    if (!jobs_db_open(&queue->db, options->path, error))
        return NULL;
    return g_steal_pointer(&queue);
}

void jobs_queue_close(JobsQueue *queue)
{
    if (queue == NULL)
        return;
    jobs_db_close(&queue->db);
    g_free(queue);
}

/* ---- rows ---- */

#define COLUMNS                                                                         \
    "id, session, kind, settings, priority, length_ms, state, take, failures, worker, " \
    "lease_until_ms, not_before_ms, percent, left_ms, error, added_ms, taken_ms, ended_ms"

static char *text_at(sqlite3_stmt *row, int column)
{
    return g_strdup((const char *)sqlite3_column_text(row, column));
}

static JobsState state_at(sqlite3_stmt *row, int column)
{
    const char *name = (const char *)sqlite3_column_text(row, column);
    for (guint i = 1; i < G_N_ELEMENTS(state_names); i++)
        if (g_strcmp0(name, state_names[i]) == 0)
            return (JobsState)i;
    return JOBS_STATE_UNSET;
}

static JobsJob *job_of(sqlite3_stmt *row)
{
    JobsJob *job = g_new0(JobsJob, 1);
    job->id = sqlite3_column_int64(row, 0);
    job->session = text_at(row, 1);
    job->kind = text_at(row, 2);
    job->settings = text_at(row, 3);
    job->priority = sqlite3_column_int(row, 4);
    job->length_ms = sqlite3_column_int64(row, 5);
    job->state = state_at(row, 6);
    job->take = sqlite3_column_int64(row, 7);
    job->failures = (guint)sqlite3_column_int(row, 8);
    job->worker = text_at(row, 9);
    job->lease_until_ms = sqlite3_column_int64(row, 10);
    job->not_before_ms = sqlite3_column_int64(row, 11);
    job->progress.percent = sqlite3_column_double(row, 12);
    job->progress.left_ms = sqlite3_column_int64(row, 13);
    job->error = text_at(row, 14);
    job->added_ms = sqlite3_column_int64(row, 15);
    job->taken_ms = sqlite3_column_int64(row, 16);
    job->ended_ms = sqlite3_column_int64(row, 17);
    return job;
}

/* The one row of a statement, which is finalised; NULL without an error: there is none. To the end,
 * since a change is only made then. */
static JobsJob *only_row(JobsQueue *queue, sqlite3_stmt *statement, GError **error)
{
    JobsJob *job = NULL;
    int found = statement != NULL ? jobs_db_step(&queue->db, statement, error) : -1;
    if (found == 1) {
        job = job_of(statement);
        found = jobs_db_step(&queue->db, statement, error);
    }
    sqlite3_finalize(statement);
    if (found < 0)
        g_clear_pointer(&job, jobs_job_free);
    return job;
}

/* ---- add ---- */

static gboolean check_text(const char *what, const char *text, gsize max_bytes, GError **error)
{
    if (text != NULL && *text != '\0' && strlen(text) <= max_bytes &&
        g_utf8_validate(text, -1, NULL))
        return TRUE;
    g_set_error(error, JOBS_ERROR, JOBS_ERROR_INVALID,
                "a job's %s: expected 1 to %" G_GSIZE_FORMAT " bytes of text", what, max_bytes);
    return FALSE;
}

static gboolean check_wish(const JobsWish *wish, const char *settings, GError **error)
{
    if (!check_text("session", wish->session, JOBS_TEXT_BYTES_MAX, error) ||
        !check_text("kind", wish->kind, JOBS_TEXT_BYTES_MAX, error) ||
        !check_text("settings", settings, JOBS_SETTINGS_BYTES_MAX, error))
        return FALSE;
    if (ABS(wish->priority) <= JOBS_PRIORITY_MAX && wish->length_ms >= 0)
        return TRUE;
    g_set_error(error, JOBS_ERROR, JOBS_ERROR_INVALID,
                "a job's priority: expected %d to %d; its length: 0 or more", -JOBS_PRIORITY_MAX,
                JOBS_PRIORITY_MAX);
    return FALSE;
}

gint64 jobs_queue_add(JobsQueue *queue, const JobsWish *wish, gint64 now_ms, GError **error)
{
    const char *settings = wish->settings != NULL ? wish->settings : "{}";
    if (!check_wish(wish, settings, error))
        return 0;
    gint64 length_ms = MIN(wish->length_ms, (gint64)JOBS_LENGTH_MS_MAX);
    gint64 rank_ms = now_ms + length_ms - wish->priority * PRIORITY_MS;
    int added = jobs_db_run(
        &queue->db, error,
        "INSERT INTO jobs(session, kind, settings, priority, length_ms, rank_ms, not_before_ms,"
        " added_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7 WHERE"
        " (SELECT count(*) FROM jobs WHERE session = ?1 AND state IN('waiting','running')) < ?8",
        "tttiiiii", wish->session, wish->kind, settings, (gint64)wish->priority, length_ms, rank_ms,
        now_ms, (gint64)queue->options.per_session_max);
    if (added == 0)
        g_set_error(error, JOBS_ERROR, JOBS_ERROR_BUSY,
                    "%s: %u jobs of this session wait already; try again when some have ended",
                    wish->session, queue->options.per_session_max);
    return added == 1 ? sqlite3_last_insert_rowid(queue->db.handle) : 0;
}

/* ---- take ---- */

/* A try that failed: ?1 now, ?2 tries_max, ?3 back-off, ?4 the longest, ?5 reason, ?6 for good. */
#define FAIL_TRY                                                                              \
    "UPDATE jobs SET failures = failures + 1, error = ?5, worker = NULL, lease_until_ms = 0," \
    " percent = 0, left_ms = -1,"                                                             \
    " state = CASE WHEN ?6 OR failures + 1 >= ?2 THEN 'failed' ELSE 'waiting' END,"           \
    " ended_ms = CASE WHEN ?6 OR failures + 1 >= ?2 THEN ?1 ELSE 0 END,"                      \
    " not_before_ms = ?1 + min(?3 << min(failures, 20), ?4) WHERE state = 'running' AND "

static int expire(JobsQueue *queue, const char *worker, gint64 now_ms, GError **error)
{
    const JobsQueueOptions *options = &queue->options;
    return jobs_db_run(&queue->db, error, FAIL_TRY "(lease_until_ms <= ?1 OR worker = ?7)",
                       "iiiitit", now_ms, (gint64)options->tries_max, options->backoff_ms,
                       options->backoff_max_ms, "its worker went away", (gint64)0, worker);
}

static JobsJob *take_next(JobsQueue *queue, const char *worker, const char *session, gint64 now_ms,
                          gint64 until_ms, GError **error)
{
    return only_row(
        queue,
        jobs_db_prepare(
            &queue->db, error,
            "UPDATE jobs SET state = 'running', worker = ?1, lease_until_ms = ?3,"
            " taken_ms = ?2, take = take + 1, percent = 0, left_ms = -1 WHERE id ="
            " (SELECT id FROM jobs AS next WHERE state = 'waiting' AND not_before_ms <= ?2"
            "  AND (?4 IS NULL OR session = ?4)"
            "  AND NOT EXISTS(SELECT 1 FROM jobs AS other WHERE other.state = 'running'"
            "   AND other.session = next.session) ORDER BY rank_ms, id LIMIT 1)"
            " RETURNING " COLUMNS,
            "tiit", worker, now_ms, until_ms, session),
        error);
}

JobsJob *jobs_queue_held(JobsQueue *queue, const char *worker, gint64 until_ms, GError **error)
{
    return only_row(queue,
                    jobs_db_prepare(&queue->db, error,
                                    "UPDATE jobs SET lease_until_ms = max(lease_until_ms, ?2)"
                                    " WHERE id = (SELECT id FROM jobs WHERE state = 'running'"
                                    "  AND worker = ?1 LIMIT 1) RETURNING " COLUMNS,
                                    "ti", worker, until_ms),
                    error);
}

JobsJob *jobs_queue_take_of(JobsQueue *queue, const char *worker, const char *session,
                            gint64 now_ms, gint64 until_ms, GError **error)
{
    GError *own = NULL;
    if (!check_text("worker", worker, JOBS_TEXT_BYTES_MAX, error) ||
        !jobs_db_begin(&queue->db, error))
        return NULL;
    JobsJob *job = NULL;
    if (expire(queue, NULL, now_ms, &own) >= 0)
        job = take_next(queue, worker, session, now_ms, until_ms, &own);
    if (!jobs_db_end(&queue->db, own == NULL, own == NULL ? &own : NULL))
        g_clear_pointer(&job, jobs_job_free);
    if (own != NULL)
        g_propagate_error(error, own);
    return job;
}

JobsJob *jobs_queue_take(JobsQueue *queue, const char *worker, gint64 now_ms, gint64 until_ms,
                         GError **error)
{
    return jobs_queue_take_of(queue, worker, NULL, now_ms, until_ms, error);
}

gboolean jobs_queue_grace(JobsQueue *queue, gint64 until_ms, GError **error)
{
    return jobs_db_run(&queue->db, error,
                       "UPDATE jobs SET lease_until_ms = max(lease_until_ms, ?1)"
                       " WHERE state = 'running'",
                       "i", until_ms) >= 0;
}

/* ---- what the holder of a lease says ---- */

static gboolean held(int changed, JobsLease lease, GError **error)
{
    if (changed == 0)
        g_set_error(error, JOBS_ERROR, JOBS_ERROR_LOST,
                    "job %" G_GINT64_FORMAT ": this worker's lease is over", lease.job);
    return changed == 1;
}

gboolean jobs_queue_heartbeat(JobsQueue *queue, JobsLease lease, gint64 until_ms,
                              const JobsProgress *progress, GError **error)
{
    JobsProgress said = progress != NULL ? *progress : (JobsProgress){0};
    return held(jobs_db_run(&queue->db, error,
                            "UPDATE jobs SET lease_until_ms = max(lease_until_ms, ?3),"
                            " percent = CASE WHEN ?4 THEN ?5 ELSE percent END,"
                            " left_ms = CASE WHEN ?4 THEN ?6 ELSE left_ms END"
                            " WHERE state = 'running' AND id = ?1 AND take = ?2",
                            "iiiidi", lease.job, lease.take, until_ms, (gint64)(progress != NULL),
                            CLAMP(said.percent, 0, 100), MAX(said.left_ms, -1)),
                lease, error);
}

gboolean jobs_queue_done(JobsQueue *queue, JobsLease lease, gint64 now_ms, GError **error)
{
    return held(jobs_db_run(&queue->db, error,
                            "UPDATE jobs SET state = 'done', worker = NULL, lease_until_ms = 0,"
                            " percent = 100, left_ms = 0, error = NULL, ended_ms = ?3"
                            " WHERE state = 'running' AND id = ?1 AND take = ?2",
                            "iii", lease.job, lease.take, now_ms),
                lease, error);
}

/* Cut at a character, and never empty. */
static char *clean_reason(const char *reason)
{
    g_autofree char *valid = g_utf8_make_valid(reason != NULL ? reason : "", -1);
    gsize length = MIN(strlen(valid), (gsize)JOBS_REASON_BYTES_MAX);
    while (length > 0 && (valid[length] & 0xc0) == 0x80)
        length--;
    return length > 0 ? g_strndup(valid, length) : g_strdup("it failed without a reason");
}

gboolean jobs_queue_fail(JobsQueue *queue, JobsLease lease, const char *reason, gboolean for_good,
                         gint64 now_ms, GError **error)
{
    const JobsQueueOptions *options = &queue->options;
    g_autofree char *clean = clean_reason(reason);
    return held(jobs_db_run(&queue->db, error, FAIL_TRY "id = ?7 AND take = ?8", "iiiitiii", now_ms,
                            (gint64)options->tries_max, options->backoff_ms,
                            options->backoff_max_ms, clean, (gint64)(for_good != FALSE), lease.job,
                            lease.take),
                lease, error);
}

gboolean jobs_queue_give_back(JobsQueue *queue, JobsLease lease, gint64 not_before_ms,
                              GError **error)
{
    return held(jobs_db_run(&queue->db, error,
                            "UPDATE jobs SET state = 'waiting', worker = NULL, lease_until_ms = 0,"
                            " percent = 0, left_ms = -1, not_before_ms = ?3"
                            " WHERE state = 'running' AND id = ?1 AND take = ?2",
                            "iii", lease.job, lease.take, not_before_ms),
                lease, error);
}

/* ---- others ---- */

gboolean jobs_queue_cancel(JobsQueue *queue, gint64 job, gint64 now_ms, GError **error)
{
    int changed =
        jobs_db_run(&queue->db, error,
                    "UPDATE jobs SET state = 'cancelled', worker = NULL, lease_until_ms = 0,"
                    " left_ms = -1, ended_ms = ?2"
                    " WHERE id = ?1 AND state IN('waiting','running')",
                    "ii", job, now_ms);
    if (changed != 0)
        return changed == 1;
    g_autoptr(JobsJob) found = jobs_queue_get(queue, job, error);
    return found != NULL;
}

gboolean jobs_queue_recover(JobsQueue *queue, const char *worker, gint64 now_ms, guint *count,
                            GError **error)
{
    int expired = expire(queue, worker, now_ms, error);
    if (count != NULL)
        *count = (guint)MAX(expired, 0);
    return expired >= 0 &&
           jobs_db_run(&queue->db, error,
                       "DELETE FROM jobs WHERE state IN('done','failed','cancelled')"
                       " AND ended_ms < ?1",
                       "i", now_ms - queue->options.keep_ms) >= 0;
}

JobsJob *jobs_queue_get(JobsQueue *queue, gint64 job, GError **error)
{
    GError *own = NULL;
    JobsJob *found = only_row(
        queue,
        jobs_db_prepare(&queue->db, &own, "SELECT " COLUMNS " FROM jobs WHERE id = ?1", "i", job),
        &own);
    if (found == NULL && own == NULL)
        g_set_error(&own, JOBS_ERROR, JOBS_ERROR_GONE, "job %" G_GINT64_FORMAT ": there is none",
                    job);
    if (own != NULL)
        g_propagate_error(error, own);
    return found;
}

static void free_job(gpointer job)
{
    jobs_job_free(job);
}

GPtrArray *jobs_queue_list(JobsQueue *queue, const char *session, guint limit, GError **error)
{
    g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func(free_job);
    sqlite3_stmt *statement =
        jobs_db_prepare(&queue->db, error,
                        session != NULL ? "SELECT " COLUMNS
                                          " FROM jobs WHERE session = ?2 ORDER BY id DESC LIMIT ?1"
                                        : "SELECT " COLUMNS " FROM jobs ORDER BY id DESC LIMIT ?1",
                        session != NULL ? "it" : "i", (gint64)limit, session);
    int found = statement != NULL ? 1 : -1;
    while (found == 1) {
        found = jobs_db_step(&queue->db, statement, error);
        if (found == 1)
            g_ptr_array_add(jobs, job_of(statement));
    }
    sqlite3_finalize(statement);
    return found == 0 ? g_steal_pointer(&jobs) : NULL;
}

gboolean jobs_queue_next_ms(JobsQueue *queue, gint64 *next_ms, GError **error)
{
    sqlite3_stmt *statement = jobs_db_prepare(
        &queue->db, error,
        "SELECT min(CASE state WHEN 'running' THEN lease_until_ms ELSE not_before_ms END)"
        " FROM jobs AS one WHERE state = 'running' OR (state = 'waiting' AND NOT EXISTS"
        " (SELECT 1 FROM jobs AS other WHERE other.state = 'running'"
        "  AND other.session = one.session))",
        "");
    int found = statement != NULL ? jobs_db_step(&queue->db, statement, error) : -1;
    if (found == 1)
        *next_ms = sqlite3_column_int64(statement, 0); /* null is 0 */
    sqlite3_finalize(statement);
    return found == 1;
}
