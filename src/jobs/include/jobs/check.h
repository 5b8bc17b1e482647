/* Whether a Redis will do to hand out work, tried on keys that are gone afterwards. Waits for it, some
 * seconds where it hangs. Threads: any. */
#pragma once
#include <jobs/error.h>

typedef struct JobsRedisFound {
    char version[32]; /* "7.0.15"; "" where it does not say */
    double answer_ms; /* of a PING */
} JobsRedisFound;

/* JOBS_ERROR_INVALID: no address; JOBS_ERROR_AWAY: not reached; JOBS_ERROR_FAILED: it refused, or is
 * older than what is used here (streams with XAUTOCLAIM: 6.2). `found` is filled as far as it got. */
gboolean jobs_redis_check(const char *url, JobsRedisFound *found, GError **error);
