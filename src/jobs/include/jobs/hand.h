/* A worker's side of Redis: tickets, and the talk with the server.
 *
 * Threads: one at a time. Functions wait for Redis, some seconds where it hangs, and as long as they
 * are told. JOBS_ERROR_AWAY: it is not reached; try again. */
#pragma once
#include <jobs/word.h>

typedef struct JobsHand JobsHand;

/* `name`: of this worker, which no other has. JOBS_ERROR_INVALID: no address. */
JobsHand *jobs_hand_new(const char *redis, const char *name,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Says that it is gone, if Redis is there. NULL-safe. */
void jobs_hand_free(JobsHand *hand);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobsHand, jobs_hand_free)

/* A ticket: of a worker that is silent for longer than a lease, else a new one. NULL without an
 * error: there was none within `wait_ms`. Free with g_free(). */
char *jobs_hand_ticket(JobsHand *hand, int wait_ms, GError **error);
/* It is still held: others may not claim it. */
gboolean jobs_hand_keep(JobsHand *hand, const char *ticket, GError **error);
/* What it was for has ended, or was given back; the server makes another one where that is due. */
gboolean jobs_hand_done(JobsHand *hand, const char *ticket, GError **error);

/* Tells the server; `word` gets this worker's name and its next number. */
gboolean jobs_hand_say(JobsHand *hand, JobsWord *word, GError **error);
/* What the server said next, older answers too. NULL without an error: nothing within `wait_ms` (0:
 * what is there). */
JobsWord *jobs_hand_hear(JobsHand *hand, int wait_ms, GError **error);
