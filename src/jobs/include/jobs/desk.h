/* The server's side of Redis: tickets for workers, what they say, what they are answered. The truth
 * is the queue; what Redis loses is put in again.
 *
 * Threads: the one that runs `context`, where heard() and reached() come, never from within a call;
 * two of its own, "desk" (listens) and "desk-say" (speaks), so that a Redis that hangs holds up
 * nobody. */
#pragma once
#include <jobs/word.h>

typedef struct JobsDesk JobsDesk;

typedef struct JobsDeskOptions {
    const char *redis; /* its address: redis://host:port/database, unix:///path */
    gint64 lease_ms;   /* of workers */
    GMainContext *context;
    void (*heard)(const JobsWord *word, gpointer data);
    /* Redis was reached again after it was not, at the start too; or it is not reached. */
    void (*reached)(gboolean is_reached, gpointer data);
    gpointer data;
} JobsDeskOptions;

/* JOBS_ERROR_INVALID: no address. Whether Redis is there comes by reached(). */
JobsDesk *jobs_desk_new(const JobsDeskOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Waits up to some seconds for its threads. No callback comes any more. NULL-safe. */
void jobs_desk_free(JobsDesk *desk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobsDesk, jobs_desk_free)

/* To word->worker. Lost when Redis is not there: workers ask again. */
void jobs_desk_say(JobsDesk *desk, const JobsWord *word);
/* There shall be at least so many tickets: those of jobs that wait and may be done now, and of jobs
 * that are being done. Missing ones are made; too many do no harm. */
void jobs_desk_tickets(JobsDesk *desk, guint wanted);
/* How many workers there are, at work or waiting for it, as of the last jobs_desk_tickets(): those that
 * Redis heard of within a lease, and that have not said that they go. */
guint jobs_desk_workers(const JobsDesk *desk);
