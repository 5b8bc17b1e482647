/* The queue of a server that does jobs itself: a thread of its own waits for the disk, and what is
 * known of each session's jobs is at hand without waiting.
 *
 * Everything asked for is done in the order in which it was asked, and answered once, from the loop,
 * never from within the call; after jobs_free() too, where the loop still runs.
 *
 * Threads: the one that runs `context`; one of its own, "jobs". Errors as in jobs/queue.h. Times:
 * durations in ms; the wall clock is read here. */
#pragma once
#include <jobs/queue.h>

typedef struct Jobs Jobs;

typedef struct JobsOptions {
    JobsQueueOptions queue;
    const char *worker;    /* the name under which this process takes jobs */
    GMainContext *context; /* NULL: the thread's default one */
    /* Jobs of a session changed. May be NULL. Not called from within a call to this room. */
    void (*changed)(const char *session, gpointer data);
    gpointer data;
} JobsOptions;

/* Opens the queue, takes leases of this worker back (it has just begun and holds none), and reads
 * what there is. Waits for the disk. */
Jobs *jobs_new(const JobsOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Waits for what was asked for. NULL-safe. */
void jobs_free(Jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Jobs, jobs_free)

/* Jobs of a session, newest first, at most 16 (those that have not ended are among them); NULL: there
 * was none. JobsJob *, borrowed until the loop runs again. */
const GPtrArray *jobs_of_session(const Jobs *jobs, const char *session);
/* The one that people ask about: what runs, else what is next, else what ended last. NULL: none. */
const JobsJob *jobs_current(const Jobs *jobs, const char *session);
/* How many wait and run, for metrics. */
void jobs_count(const Jobs *jobs, guint *waiting, guint *running);
/* How many may be done now or are being done, one of each session. */
guint jobs_count_due(const Jobs *jobs);
/* Job of this id of a session, or NULL; borrowed until the loop runs again. */
const JobsJob *jobs_find(const Jobs *jobs, const char *session, gint64 id);

/* `job`: as it is now, borrowed for the call; NULL with an error, and of a take() that found none
 * without one. */
typedef void (*JobsAnswer)(const JobsJob *job, const GError *error, gpointer data);
/* In all of them `answer` may be NULL. What is given is copied. */
void jobs_add(Jobs *jobs, const JobsWish *wish, JobsAnswer answer, gpointer data);
void jobs_cancel(Jobs *jobs, gint64 job, JobsAnswer answer, gpointer data);
void jobs_take(Jobs *jobs, gint64 lease_ms, JobsAnswer answer, gpointer data);
/* For another worker, as jobs_queue_take_of(). */
void jobs_take_for(Jobs *jobs, const char *worker, const char *session, gint64 lease_ms,
                   JobsAnswer answer, gpointer data);
/* Every lease holds for so long from now at least. */
void jobs_grace(Jobs *jobs, gint64 lease_ms);
void jobs_heartbeat(Jobs *jobs, JobsLease lease, gint64 lease_ms, const JobsProgress *progress,
                    JobsAnswer answer, gpointer data);
void jobs_done(Jobs *jobs, JobsLease lease, JobsAnswer answer, gpointer data);
void jobs_fail(Jobs *jobs, JobsLease lease, const char *reason, gboolean for_good,
               JobsAnswer answer, gpointer data);
/* It may be taken again after `wait_ms`. */
void jobs_give_back(Jobs *jobs, JobsLease lease, gint64 wait_ms, JobsAnswer answer, gpointer data);
/* ms until a take() may find more, at most `most_ms`. As far as this process knows. */
gint64 jobs_wait_ms(const Jobs *jobs, gint64 most_ms);
