/* The jobs of a server and who does them: one SQLite file, which is the truth about them. What a
 * function said is on disk (WAL, synchronous FULL) and survives kill -9 and a power cut.
 *
 * A job is done by one worker at a time, which holds a lease until a moment that it moves on by
 * heartbeats. A lease whose time has passed goes back, so a job outlives its worker. A session has
 * at most one running job. A job that failed waits longer each time and ends as failed, with its last
 * reason, after a number of tries: nothing is tried for ever. Who gives a job back unfinished has
 * not failed.
 *
 * Order: the one that was added first, but a job counts as added later by its length (a short show is
 * not behind a long one) and earlier by ten minutes for each step of priority. So a job is passed
 * only by those added within its length of it, and never waits for ever.
 *
 * Threads: one at a time, any. All functions wait for the disk: call them in a worker, or use
 * jobs/jobs.h. Several processes may have the file open. Memory: jobs are the caller's, strings in
 * arguments are copied.
 * Times: ms since 1970, UTC, given by the caller. Durations: ms. */
#pragma once
#include <glib.h>

enum {
    JOBS_SETTINGS_BYTES_MAX = 64 << 10, /* of a wish */
    JOBS_TEXT_BYTES_MAX = 128,          /* of a session, a kind and a worker */
    JOBS_REASON_BYTES_MAX = 1024,       /* longer ones are cut */
    JOBS_PRIORITY_MAX = 10,             /* from minus that */
    JOBS_LENGTH_MS_MAX = 24 * 3600 * 1000,
};

typedef enum {
    JOBS_STATE_UNSET = 0,
    JOBS_STATE_WAITING, /* also: for its next try */
    JOBS_STATE_RUNNING,
    JOBS_STATE_DONE,
    JOBS_STATE_FAILED, /* for good */
    JOBS_STATE_CANCELLED,
} JobsState;
const char *jobs_state_name(JobsState state); /* "waiting"; static */
gboolean jobs_state_is_ended(JobsState state);

typedef struct JobsQueue JobsQueue;

typedef struct JobsQueueOptions {
    const char *path;      /* of the database; made where missing, mode as the umask says */
    guint tries_max;       /* 0: 4 */
    gint64 backoff_ms;     /* before the second try, twice as much before each next; 0: 15 s */
    gint64 backoff_max_ms; /* 0: 15 min */
    guint per_session_max; /* that have not ended; 0: 8 */
    gint64 keep_ms;        /* ended jobs are forgotten after; 0: 90 days */
} JobsQueueOptions;

/* Errors: no such folder, no database, one of a newer version; the message says the way out. */
JobsQueue *jobs_queue_open(const JobsQueueOptions *options,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void jobs_queue_close(JobsQueue *queue); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobsQueue, jobs_queue_close)

/* What is asked for. */
typedef struct JobsWish {
    const char *session;  /* whose show */
    const char *kind;     /* "render" */
    const char *settings; /* JSON text, for the worker alone; NULL: "{}" */
    gint priority;        /* -10 … 10, 0 is usual */
    gint64 length_ms;     /* about how long it takes, or the show is; 0: not known */
} JobsWish;

/* By which a worker proves that the job is its own: no two are the same. */
typedef struct JobsLease {
    gint64 job;
    gint64 take; /* how often it had been taken */
} JobsLease;

typedef struct JobsProgress {
    double percent; /* 0 … 100 */
    gint64 left_ms; /* -1: not known */
} JobsProgress;

typedef struct JobsJob {
    gint64 id;
    char *session, *kind, *settings;
    gint priority;
    gint64 length_ms;
    JobsState state;
    gint64 take;
    guint failures;        /* tries that failed, or whose worker went away */
    char *worker;          /* NULL: none */
    gint64 lease_until_ms; /* 0: none */
    gint64 not_before_ms;  /* when it may be taken */
    JobsProgress progress;
    char *error;                         /* why the last try failed; NULL: none did */
    gint64 added_ms, taken_ms, ended_ms; /* 0: not yet */
} JobsJob;
void jobs_job_free(JobsJob *job); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobsJob, jobs_job_free)

/* The job's id, or 0: JOBS_ERROR_INVALID, JOBS_ERROR_BUSY, JOBS_ERROR_FULL. */
gint64 jobs_queue_add(JobsQueue *queue, const JobsWish *wish, gint64 now_ms, GError **error);

/* The next job, leased to `worker` until then, or NULL without an error: there is none to do. Leases
 * whose time has passed go back first. */
JobsJob *jobs_queue_take(JobsQueue *queue, const char *worker, gint64 now_ms, gint64 until_ms,
                         GError **error);
/* What this worker holds already, its lease moved on, or NULL without an error: nothing. Of a worker
 * whose question came twice. */
JobsJob *jobs_queue_held(JobsQueue *queue, const char *worker, gint64 until_ms, GError **error);
/* As take(), of one session only (NULL: of any). */
JobsJob *jobs_queue_take_of(JobsQueue *queue, const char *worker, const char *session,
                            gint64 now_ms, gint64 until_ms, GError **error);
JobsLease jobs_job_lease(const JobsJob *job);
/* Nobody could be heard of for a while: every lease holds at least until then. */
gboolean jobs_queue_grace(JobsQueue *queue, gint64 until_ms, GError **error);

/* What the holder of a lease says. JOBS_ERROR_LOST: it holds it no more, and has to stop; nothing was
 * changed. A lease whose time has passed is good until somebody else has asked. */
gboolean jobs_queue_heartbeat(JobsQueue *queue, JobsLease lease, gint64 until_ms,
                              const JobsProgress *progress /* NULL: as it was */, GError **error);
gboolean jobs_queue_done(JobsQueue *queue, JobsLease lease, gint64 now_ms, GError **error);
/* `reason`: for people, one line. `for_good`: another try would be the same. */
gboolean jobs_queue_fail(JobsQueue *queue, JobsLease lease, const char *reason, gboolean for_good,
                         gint64 now_ms, GError **error);
/* Unfinished, without blame: it may be taken again from then on. */
gboolean jobs_queue_give_back(JobsQueue *queue, JobsLease lease, gint64 not_before_ms,
                              GError **error);

/* A waiting job ends here; a running one too: its worker learns it by JOBS_ERROR_LOST. Of one that
 * has ended: nothing happens. JOBS_ERROR_GONE: no such job. */
gboolean jobs_queue_cancel(JobsQueue *queue, gint64 job, gint64 now_ms, GError **error);

/* Leases whose time has passed go back, and those of `worker` (may be NULL), which has just begun and
 * holds none. `count` (may be NULL): how many. Ended jobs that are old are forgotten. */
gboolean jobs_queue_recover(JobsQueue *queue, const char *worker, gint64 now_ms, guint *count,
                            GError **error);

/* NULL and JOBS_ERROR_GONE: no such job. */
JobsJob *jobs_queue_get(JobsQueue *queue, gint64 job, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Of one session (NULL: of all), newest first, at most `limit`. JobsJob * with free function. */
GPtrArray *jobs_queue_list(JobsQueue *queue, const char *session, guint limit,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* When a take() may find more than now: the next end of a wait or of a lease. 0: nothing is due. */
gboolean jobs_queue_next_ms(JobsQueue *queue, gint64 *next_ms, GError **error);
