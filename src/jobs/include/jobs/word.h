/* What servers and workers say to each other: JSON of a few members, each message whole in itself, so
 * that one that is lost is said again and one that came twice does no harm.
 * Threads: any, no shared state. Bytes from outside: bounded, and every member is checked. */
#pragma once
#include <jobs/queue.h>

enum { JOBS_WORD_BYTES_MAX = JOBS_SETTINGS_BYTES_MAX + 4096 };

typedef enum {
    JOBS_SAY_UNSET = 0,
    /* of a worker */
    JOBS_SAY_TAKE, /* what is there to do? `session`: of this show only */
    JOBS_SAY_BEAT, /* I am at it: `progress` */
    JOBS_SAY_DONE, /* what I made lies in its attempt */
    JOBS_SAY_FAIL, /* `reason`, `for_good` */
    JOBS_SAY_BACK, /* I cannot go on; somebody else may */
    /* of a server */
    JOBS_SAY_JOB,  /* this one: `lease`, `lease_ms`, `session`, `settings` */
    JOBS_SAY_NONE, /* there is nothing to do */
    JOBS_SAY_GOOD, /* heard; of DONE: it is in its place */
    JOBS_SAY_WAIT, /* heard, and being worked on: ask again */
    JOBS_SAY_LOST, /* that lease is over: stop */
    JOBS_SAY_BAD,  /* of DONE: what you made was not taken: `reason` */
} JobsSay;

typedef struct JobsWord {
    JobsSay say;
    char *worker;  /* who says it, or who is meant */
    gint64 number; /* of a worker's message; its answer has the same */
    JobsLease lease;
    gint64 lease_ms;
    char *session, *settings, *reason; /* NULL: none */
    gboolean for_good;
    gboolean is_far; /* of TAKE, DONE: this worker reads and leaves shows in object storage */
    JobsProgress progress;
} JobsWord;

void jobs_word_free(JobsWord *word); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobsWord, jobs_word_free)
/* One line; free with g_free(). */
char *jobs_word_text(const JobsWord *word);
/* NULL and JOBS_ERROR_INVALID: it is none. */
JobsWord *jobs_word_parse(const char *text, gsize length, GError **error) G_GNUC_WARN_UNUSED_RESULT;
