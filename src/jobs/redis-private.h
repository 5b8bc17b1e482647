/* Redis, for the files of this room alone: one connection that is made when it is needed and made anew
 * when it broke; commands with their answers. Threads: one at a time. No message holds a password. */
#pragma once
#include <glib.h>
#include <hiredis/hiredis.h>

typedef struct JobsRedis JobsRedis;

/* redis://[user:password@]host[:port][/database], unix:///path[?db=0]. JOBS_ERROR_INVALID: it is not;
 * nothing is connected yet. */
JobsRedis *jobs_redis_new(const char *url, GError **error);
void jobs_redis_free(JobsRedis *redis); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobsRedis, jobs_redis_free)

typedef redisReply JobsRedisReply;
static inline void jobs_redis_reply_free(JobsRedisReply *reply)
{
    freeReplyObject(reply);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobsRedisReply, jobs_redis_reply_free)

/* One command, its words up to NULL, at most 32. An answer is waited for `wait_ms` longer than usual:
 * for commands that block so long. JOBS_ERROR_AWAY: not reached, or it broke off, or is still loading;
 * JOBS_ERROR_GONE: it says that there is no such group; JOBS_ERROR_FAILED: it refused. */
JobsRedisReply *jobs_redis_ask(JobsRedis *redis, int wait_ms, GError **error,
                               ...) G_GNUC_NULL_TERMINATED;
/* The same without interest in the answer. */
gboolean jobs_redis_do(JobsRedis *redis, GError **error, ...) G_GNUC_NULL_TERMINATED;
/* Makes a stream and its group where they are not. */
gboolean jobs_redis_make_group(JobsRedis *redis, const char *stream, const char *group,
                               GError **error);
/* How often it was connected: another number than before, and what Redis had may be lost. */
guint jobs_redis_connections(const JobsRedis *redis);
