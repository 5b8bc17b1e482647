/* One connection to Redis. What always holds: after an error of the connection it is closed, and the
 * next command connects anew; nothing is sent twice by itself. */
#include "redis-private.h"

#include <jobs/error.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

enum {
    PORT = 6379,
    CONNECT_MS = 2000,
    ANSWER_MS = 5000,
    WORDS_MAX = 32,
    DATABASES_MAX = 1 << 14,
};

struct JobsRedis {
    char *host, *path; /* path: of a socket; then no host */
    int port, database;
    char *user, *password;
    redisContext *context; /* NULL: not connected */
    guint connections;
};

/* ---- the address ---- */

static gboolean read_database(JobsRedis *redis, const char *text)
{
    guint64 number = 0;
    if (text == NULL || *text == '\0')
        return TRUE;
    if (!g_ascii_string_to_unsigned(text, 10, 0, DATABASES_MAX, &number, NULL))
        return FALSE;
    redis->database = (int)number;
    return TRUE;
}

static gboolean read_url(JobsRedis *redis, const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD, NULL);
    if (uri == NULL || g_uri_get_fragment(uri) != NULL)
        return FALSE;
    const char *scheme = g_uri_get_scheme(uri), *host = g_uri_get_host(uri);
    const char *path = g_uri_get_path(uri), *query = g_uri_get_query(uri);
    redis->user = g_strdup(g_uri_get_user(uri));
    redis->password = g_strdup(g_uri_get_password(uri));
    if (strcmp(scheme, "unix") == 0) {
        redis->path = g_strdup(path);
        return path[0] == '/' && path[1] != '\0' && (host == NULL || *host == '\0') &&
               (query == NULL ||
                (g_str_has_prefix(query, "db=") && read_database(redis, query + 3)));
    }
    redis->host = g_strdup(host);
    redis->port = g_uri_get_port(uri) > 0 ? g_uri_get_port(uri) : PORT;
    return strcmp(scheme, "redis") == 0 && host != NULL && *host != '\0' && query == NULL &&
           read_database(redis, path[0] == '/' ? path + 1 : path);
}

JobsRedis *jobs_redis_new(const char *url, GError **error)
{
    g_autoptr(JobsRedis) redis = g_new0(JobsRedis, 1);
    if (read_url(redis, url))
        return g_steal_pointer(&redis);
    g_set_error_literal(error, JOBS_ERROR, JOBS_ERROR_INVALID,
                        "the address of Redis: expected redis://host:port/database or "
                        "unix:///path (TLS: through a tunnel such as stunnel)");
    return NULL;
}

static void wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void jobs_redis_free(JobsRedis *redis)
{
    if (redis == NULL)
        return;
    g_clear_pointer(&redis->context, redisFree);
    wipe(redis->password);
    g_free(redis->user);
    g_free(redis->host);
    g_free(redis->path);
    g_free(redis);
}

guint jobs_redis_connections(const JobsRedis *redis)
{
    return redis->connections;
}

/* ---- errors ---- */

static gboolean fail(const JobsRedis *redis, JobsErrorCode code, const char *doing, const char *why,
                     GError **error)
{
    if (redis->path != NULL)
        g_set_error(error, JOBS_ERROR, code, "Redis at %s: cannot %s: %s", redis->path, doing, why);
    else
        g_set_error(error, JOBS_ERROR, code, "Redis at %s:%d: cannot %s: %s", redis->host,
                    redis->port, doing, why);
    return FALSE;
}

static gboolean fail_away(JobsRedis *redis, const char *doing, GError **error)
{
    const char *why = redis->context == NULL              ? "no memory"
                      : redis->context->errstr[0] != '\0' ? redis->context->errstr
                                                          : g_strerror(errno);
    fail(redis, JOBS_ERROR_AWAY, doing, why, error);
    g_clear_pointer(&redis->context, redisFree);
    return FALSE;
}

/* What Redis says when it refuses begins with a word. */
static gboolean refused(JobsRedis *redis, const char *doing, const char *said, GError **error)
{
    JobsErrorCode code = JOBS_ERROR_FAILED;
    if (g_str_has_prefix(said, "NOGROUP"))
        code = JOBS_ERROR_GONE;
    else if (g_str_has_prefix(said, "LOADING") || g_str_has_prefix(said, "MASTERDOWN") ||
             g_str_has_prefix(said, "READONLY"))
        code = JOBS_ERROR_AWAY;
    return fail(redis, code, doing, said, error);
}

/* ---- commands ---- */

static struct timeval timeval_of(int ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};
}

static JobsRedisReply *send_words(JobsRedis *redis, int wait_ms, int count, const char **words,
                                  GError **error)
{
    if (redisSetTimeout(redis->context, timeval_of(ANSWER_MS + wait_ms)) != REDIS_OK) {
        fail_away(redis, "set how long to wait", error);
        return NULL;
    }
    JobsRedisReply *reply = redisCommandArgv(redis->context, count, words, NULL);
    if (reply == NULL) {
        fail_away(redis, words[0], error);
        return NULL;
    }
    if (reply->type != REDIS_REPLY_ERROR)
        return reply;
    refused(redis, words[0], reply->str, error);
    freeReplyObject(reply);
    return NULL;
}

static gboolean log_in(JobsRedis *redis, GError **error)
{
    g_autofree char *database = g_strdup_printf("%d", redis->database);
    const char *with_user[] = {"AUTH", redis->user, redis->password};
    const char *without[] = {"AUTH", redis->password};
    const char *select[] = {"SELECT", database};
    gboolean has_user = redis->user != NULL && *redis->user != '\0';
    if (redis->password != NULL) {
        g_autoptr(JobsRedisReply) in = has_user ? send_words(redis, 0, 3, with_user, error)
                                                : send_words(redis, 0, 2, without, error);
        if (in == NULL)
            return FALSE;
    }
    g_autoptr(JobsRedisReply) selected =
        redis->database != 0 ? send_words(redis, 0, 2, select, error) : NULL;
    return redis->database == 0 || selected != NULL;
}

static gboolean connect_to(JobsRedis *redis, GError **error)
{
    if (redis->context != NULL)
        return TRUE;
    redis->context =
        redis->path != NULL
            ? redisConnectUnixWithTimeout(redis->path, timeval_of(CONNECT_MS))
            : redisConnectWithTimeout(redis->host, redis->port, timeval_of(CONNECT_MS));
    if (redis->context == NULL || redis->context->err != 0)
        return fail_away(redis, "connect", error);
    if (redis->path == NULL)
        redisEnableKeepAlive(redis->context);
    if (!log_in(redis, error)) {
        g_clear_pointer(&redis->context, redisFree);
        return FALSE;
    }
    redis->connections++;
    return TRUE;
}

static JobsRedisReply *ask(JobsRedis *redis, int wait_ms, va_list *rest, GError **error)
{
    const char *words[WORDS_MAX];
    int count = 0;
    const char *word;
    while ((word = va_arg(*rest, const char *)) != NULL) {
        g_assert(count < WORDS_MAX);
        words[count++] = word;
    }
    if (!connect_to(redis, error))
        return NULL;
    return send_words(redis, wait_ms, count, words, error);
}

JobsRedisReply *jobs_redis_ask(JobsRedis *redis, int wait_ms, GError **error, ...)
{
    va_list rest;
    va_start(rest, error);
    JobsRedisReply *reply = ask(redis, wait_ms, &rest, error);
    va_end(rest);
    return reply;
}

gboolean jobs_redis_do(JobsRedis *redis, GError **error, ...)
{
    va_list rest;
    va_start(rest, error);
    g_autoptr(JobsRedisReply) reply = ask(redis, 0, &rest, error);
    va_end(rest);
    return reply != NULL;
}

gboolean jobs_redis_make_group(JobsRedis *redis, const char *stream, const char *group,
                               GError **error)
{
    g_autoptr(GError) failed = NULL;
    if (jobs_redis_do(redis, &failed, "XGROUP", "CREATE", stream, group, "0", "MKSTREAM", NULL) ||
        strstr(failed->message, "BUSYGROUP") != NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
}
