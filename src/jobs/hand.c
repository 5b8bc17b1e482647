/* A worker and Redis. What always holds: a ticket is this worker's until it is done or claimed by
 * another, which only happens when this one was silent for longer than a lease. */
#include <jobs/hand.h>

#include <jobs/error.h>

#include "keys-private.h"
#include "redis-private.h"

#include <string.h>

enum {
    LEASE_MS = 60 * 1000, /* where Redis does not know it */
    SAID_MAX = 10000,     /* messages to a server that is away */
    HERE_MS = 1000,       /* between two times that it says that it is here */
    CLAIM_PART = 2,       /* of a lease, between two looks for tickets of the dead */
};

struct JobsHand {
    JobsRedis *redis;
    char *name, *key, *here;
    gint64 number;
    gint64 lease_ms; /* as Redis last said */
    gint64 here_us;  /* when to say again that it is here */
    gint64 claim_us; /* when to look next */
};

JobsHand *jobs_hand_new(const char *redis, const char *name, GError **error)
{
    JobsRedis *connection = jobs_redis_new(redis, error);
    if (connection == NULL)
        return NULL;
    JobsHand *hand = g_new0(JobsHand, 1);
    hand->redis = connection;
    hand->name = g_strdup(name);
    hand->key = g_strconcat(KEY_TO, name, NULL);
    hand->here = g_strconcat(KEY_HERE, name, NULL);
    hand->lease_ms = LEASE_MS;
    return hand;
}

void jobs_hand_free(JobsHand *hand)
{
    if (hand == NULL)
        return;
    /* The group forgets it only where it holds nothing: a pending ticket must stay claimable. */
    g_autoptr(JobsRedisReply) pending = jobs_redis_ask(
        hand->redis, 0, NULL, "XPENDING", KEY_TICKETS, GROUP, "-", "+", "1", hand->name, NULL);
    if (pending != NULL && pending->type == REDIS_REPLY_ARRAY && pending->elements == 0)
        jobs_redis_do(hand->redis, NULL, "XGROUP", "DELCONSUMER", KEY_TICKETS, GROUP, hand->name,
                      NULL);
    if (pending != NULL)
        jobs_redis_do(hand->redis, NULL, "DEL", hand->key, hand->here, NULL);
    jobs_redis_free(hand->redis);
    g_free(hand->name);
    g_free(hand->key);
    g_free(hand->here);
    g_free(hand);
}

/* For those who count workers; nothing depends on it. */
static void say_here(JobsHand *hand)
{
    gint64 now_us = g_get_monotonic_time();
    if (now_us < hand->here_us)
        return;
    g_autofree char *ms = g_strdup_printf("%" G_GINT64_FORMAT, hand->lease_ms);
    if (jobs_redis_do(hand->redis, NULL, "SET", hand->here, "1", "PX", ms, NULL))
        hand->here_us = now_us + (gint64)HERE_MS * 1000;
}

/* ---- tickets ---- */

/* The id of the first entry of what XREADGROUP or XAUTOCLAIM gave, or NULL. */
static char *id_of(const JobsRedisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? g_strndup(reply->str, (gsize)reply->len) : NULL;
}

static const JobsRedisReply *at(const JobsRedisReply *reply, gsize index)
{
    return reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements > index
               ? reply->element[index]
               : NULL;
}

static gint64 lease_ms(JobsHand *hand)
{
    g_autoptr(JobsRedisReply) reply = jobs_redis_ask(hand->redis, 0, NULL, "GET", KEY_LEASE, NULL);
    gint64 ms = 0;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING &&
        g_ascii_string_to_signed(reply->str, 10, 100, 24 * 3600 * 1000, &ms, NULL))
        return ms;
    return LEASE_MS;
}

/* Of workers that are silent. */
static char *claim(JobsHand *hand, GError **error)
{
    gint64 now_us = g_get_monotonic_time();
    if (now_us < hand->claim_us)
        return NULL;
    gint64 idle_ms = hand->lease_ms = lease_ms(hand);
    g_autofree char *idle = g_strdup_printf("%" G_GINT64_FORMAT, idle_ms);
    g_autoptr(JobsRedisReply) reply =
        jobs_redis_ask(hand->redis, 0, error, "XAUTOCLAIM", KEY_TICKETS, GROUP, hand->name, idle,
                       "0", "COUNT", "1", "JUSTID", NULL);
    const JobsRedisReply *first = at(at(reply, 1), 0);
    if (reply != NULL && first == NULL)
        hand->claim_us = now_us + idle_ms * 1000 / CLAIM_PART;
    return first != NULL ? id_of(first) : NULL;
}

static char *read_new(JobsHand *hand, int wait_ms, GError **error)
{
    g_autofree char *block = g_strdup_printf("%d", MAX(wait_ms, 1));
    g_autoptr(JobsRedisReply) reply =
        jobs_redis_ask(hand->redis, wait_ms, error, "XREADGROUP", "GROUP", GROUP, hand->name,
                       "COUNT", "1", "BLOCK", block, "STREAMS", KEY_TICKETS, ">", NULL);
    /* [[stream, [[id, [field, value]]]]], or nil */
    const JobsRedisReply *id = at(at(at(at(reply, 0), 1), 0), 0);
    return id != NULL ? id_of(id) : NULL;
}

char *jobs_hand_ticket(JobsHand *hand, int wait_ms, GError **error)
{
    g_autoptr(GError) failed = NULL;
    char *ticket = claim(hand, &failed);
    if (failed == NULL)
        say_here(hand);
    if (ticket == NULL && failed == NULL)
        ticket = read_new(hand, wait_ms, &failed);
    /* A Redis that began anew has no group; the server makes it, and whoever is first. */
    if (g_error_matches(failed, JOBS_ERROR, JOBS_ERROR_GONE)) {
        g_clear_error(&failed);
        jobs_redis_make_group(hand->redis, KEY_TICKETS, GROUP, &failed);
    }
    if (failed != NULL)
        g_propagate_error(error, g_steal_pointer(&failed));
    return ticket;
}

gboolean jobs_hand_keep(JobsHand *hand, const char *ticket, GError **error)
{
    g_autoptr(GError) failed = NULL;
    if (jobs_redis_do(hand->redis, &failed, "XCLAIM", KEY_TICKETS, GROUP, hand->name, "0", ticket,
                      "JUSTID", NULL) ||
        g_error_matches(failed, JOBS_ERROR, JOBS_ERROR_GONE)) { /* the server makes others */
        say_here(hand);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
}

gboolean jobs_hand_done(JobsHand *hand, const char *ticket, GError **error)
{
    g_autoptr(GError) failed = NULL;
    if ((jobs_redis_do(hand->redis, &failed, "XACK", KEY_TICKETS, GROUP, ticket, NULL) &&
         jobs_redis_do(hand->redis, &failed, "XDEL", KEY_TICKETS, ticket, NULL)) ||
        g_error_matches(failed, JOBS_ERROR, JOBS_ERROR_GONE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failed));
    return FALSE;
}

/* ---- the talk ---- */

gboolean jobs_hand_say(JobsHand *hand, JobsWord *word, GError **error)
{
    g_free(word->worker);
    word->worker = g_strdup(hand->name);
    word->number = ++hand->number;
    g_autofree char *text = jobs_word_text(word);
    g_autofree char *most = g_strdup_printf("-%d", SAID_MAX);
    return jobs_redis_do(hand->redis, error, "RPUSH", KEY_SAID, text, NULL) &&
           jobs_redis_do(hand->redis, error, "LTRIM", KEY_SAID, most, "-1", NULL);
}

/* BLPOP counts in seconds, with a fraction from Redis 6 on. */
JobsWord *jobs_hand_hear(JobsHand *hand, int wait_ms, GError **error)
{
    g_autofree char *seconds = g_strdup_printf("%d.%03d", wait_ms / 1000, wait_ms % 1000);
    g_autoptr(JobsRedisReply) reply =
        wait_ms > 0 ? jobs_redis_ask(hand->redis, wait_ms, error, "BLPOP", hand->key, seconds, NULL)
                    : jobs_redis_ask(hand->redis, 0, error, "LPOP", hand->key, NULL);
    const JobsRedisReply *text = wait_ms > 0 ? at(reply, 1) : reply;
    if (text == NULL || text->type != REDIS_REPLY_STRING)
        return NULL;
    return jobs_word_parse(text->str, (gsize)text->len, error);
}
