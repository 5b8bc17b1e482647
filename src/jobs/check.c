/* The commands are those of desk.c and hand.c. */
#include <jobs/check.h>

#include "redis-private.h"

#include <string.h>

/* "redis_version:7.0.15" of what INFO says. */
static void read_version(const char *text, char *version, gsize size)
{
    static const char name[] = "redis_version:";
    const char *at = text != NULL ? strstr(text, name) : NULL;
    gsize length = at != NULL ? strcspn(at + strlen(name), "\r\n") : 0;
    if (at != NULL)
        g_strlcpy(version, at + strlen(name), MIN(size, length + 1));
    for (char *c = version; *c != '\0'; c++)
        if (!g_ascii_isgraph(*c))
            *c = '?';
}

static gboolean ping(JobsRedis *redis, JobsRedisFound *found, GError **error)
{
    if (!jobs_redis_do(redis, error, "PING", NULL)) /* connects */
        return FALSE;
    gint64 begin_us = g_get_monotonic_time();
    if (!jobs_redis_do(redis, error, "PING", NULL))
        return FALSE;
    found->answer_ms = (double)(g_get_monotonic_time() - begin_us) / 1000;
    g_autoptr(JobsRedisReply) info = jobs_redis_ask(redis, 0, NULL, "INFO", "server", NULL);
    if (info != NULL) /* some do not allow it */
        read_version(info->str, found->version, sizeof found->version);
    return TRUE;
}

/* A ticket is made, taken, claimed and done; a word is said and heard. */
static gboolean hand_over(JobsRedis *redis, const char *stream, const char *list, GError **error)
{
    return jobs_redis_make_group(redis, stream, "doctors", error) &&
           jobs_redis_do(redis, error, "XADD", stream, "*", "ticket", "1", NULL) &&
           jobs_redis_do(redis, error, "XREADGROUP", "GROUP", "doctors", "one", "COUNT", "1",
                         "STREAMS", stream, ">", NULL) &&
           jobs_redis_do(redis, error, "XAUTOCLAIM", stream, "doctors", "two", "0", "0", NULL) &&
           jobs_redis_do(redis, error, "RPUSH", list, "word", NULL) &&
           jobs_redis_do(redis, error, "LPOP", list, NULL);
}

gboolean jobs_redis_check(const char *url, JobsRedisFound *found, GError **error)
{
    *found = (JobsRedisFound){0};
    g_autoptr(JobsRedis) redis = jobs_redis_new(url, error);
    if (redis == NULL || !ping(redis, found, error))
        return FALSE;
    g_autofree char *stream =
        g_strdup_printf("crosscut:doctor:%08x%08x", g_random_int(), g_random_int());
    g_autofree char *list = g_strconcat(stream, ":said", NULL);
    gboolean is_good = hand_over(redis, stream, list, error);
    jobs_redis_do(redis, NULL, "DEL", stream, list, NULL);
    return is_good;
}
