/* The server at its desk. Two connections, since one is always waiting for what comes next. What
 * always holds: callbacks come from the owner's loop, and none after the end. */
#include <jobs/desk.h>

#include <jobs/error.h>
#include <store/workers.h>

#include "keys-private.h"
#include "redis-private.h"

#include <string.h>

enum {
    LISTEN_S = 1,
    PAUSE_MS = 500,        /* after an error */
    LETTERS_S = 3600,      /* what nobody fetched goes */
    TICKETS_AT_ONCE = 256, /* the rest a second later */
    PAGES_MAX = 100,       /* of keys, when workers are counted */
};

struct JobsDesk {
    gint refs; /* atomic: the owner, the thread, what is under way to the loop */
    GMainContext *context;
    void (*heard)(const JobsWord *word, gpointer data);
    void (*reached)(gboolean is_reached, gpointer data);
    gpointer data;
    gint is_ended; /* atomic */
    gint crew;     /* atomic: workers that were heard of lately */
    gint64 lease_ms;
    JobsRedis *listening; /* the thread's */
    JobsRedis *speaking;  /* the worker's */
    StoreWorkers *workers;
    GThread *thread;
    guint tickets_pending; /* the owner's: counts under way */
};

static void desk_unref(JobsDesk *desk)
{
    if (!g_atomic_int_dec_and_test(&desk->refs))
        return;
    jobs_redis_free(desk->listening);
    jobs_redis_free(desk->speaking);
    g_main_context_unref(desk->context);
    g_free(desk);
}

static JobsDesk *desk_ref(JobsDesk *desk)
{
    g_atomic_int_inc(&desk->refs);
    return desk;
}

/* ---- to the loop ---- */

typedef struct News {
    JobsDesk *desk;
    JobsWord *word; /* NULL: whether it is reached */
    gboolean is_reached;
} News;

static gboolean tell(gpointer data)
{
    News *news = data;
    JobsDesk *desk = news->desk;
    if (g_atomic_int_get(&desk->is_ended))
        return G_SOURCE_REMOVE;
    if (news->word != NULL)
        desk->heard(news->word, desk->data);
    else
        desk->reached(news->is_reached, desk->data);
    return G_SOURCE_REMOVE;
}

static void news_free(gpointer data)
{
    News *news = data;
    jobs_word_free(news->word);
    desk_unref(news->desk);
    g_free(news);
}

static void send_news(JobsDesk *desk, JobsWord *word_taken, gboolean is_reached)
{
    News *news = g_new0(News, 1);
    news->desk = desk_ref(desk);
    news->word = word_taken;
    news->is_reached = is_reached;
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, tell, news, news_free);
    g_source_attach(source, desk->context);
    g_source_unref(source);
}

/* ---- listening ---- */

/* FALSE: Redis is not there. */
static gboolean listen_once(JobsDesk *desk, GError **error)
{
    g_autofree char *seconds = g_strdup_printf("%d", LISTEN_S);
    g_autoptr(JobsRedisReply) reply =
        jobs_redis_ask(desk->listening, LISTEN_S * 1000, error, "BLPOP", KEY_SAID, seconds, NULL);
    if (reply == NULL)
        return FALSE;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2 ||
        reply->element[1]->type != REDIS_REPLY_STRING)
        return TRUE; /* nothing was said */
    g_autoptr(GError) garbled = NULL;
    JobsWord *word =
        jobs_word_parse(reply->element[1]->str, (gsize)reply->element[1]->len, &garbled);
    if (word != NULL)
        send_news(desk, word, TRUE);
    else
        g_warning("what a worker said was not understood error=%s", garbled->message);
    return TRUE;
}

/* A new connection may be to a Redis that knows nothing. */
static gboolean greet(JobsDesk *desk, GError **error)
{
    g_autofree char *lease = g_strdup_printf("%" G_GINT64_FORMAT, desk->lease_ms);
    return jobs_redis_make_group(desk->listening, KEY_TICKETS, GROUP, error) &&
           jobs_redis_do(desk->listening, error, "SET", KEY_LEASE, lease, NULL);
}

static gpointer run(gpointer data)
{
    JobsDesk *desk = data;
    guint connection = 0;
    gboolean is_first = TRUE, is_reached = FALSE;
    while (!g_atomic_int_get(&desk->is_ended)) {
        g_autoptr(GError) error = NULL;
        gboolean is_good = (connection == jobs_redis_connections(desk->listening) && is_reached) ||
                           greet(desk, &error);
        if (is_good && (!is_reached || connection != jobs_redis_connections(desk->listening)))
            send_news(desk, NULL, TRUE);
        else if (!is_good && (is_reached || is_first))
            send_news(desk, NULL, FALSE);
        if (!is_good && (is_reached || is_first))
            g_warning("renders wait: %s", error->message);
        connection = jobs_redis_connections(desk->listening);
        is_reached = is_good;
        is_first = FALSE;
        if (is_good && !listen_once(desk, &error)) {
            g_info("listening to workers ended error=%s", error->message);
            connection = G_MAXUINT; /* whatever comes is a new one */
        }
        if (error != NULL)
            g_usleep(PAUSE_MS * 1000);
    }
    desk_unref(desk);
    return NULL;
}

/* ---- speaking ---- */

typedef struct Saying {
    JobsDesk *desk;
    char *key, *text; /* key NULL: tickets */
    guint wanted;
} Saying;

static gboolean add_tickets(JobsRedis *redis, guint count, GError **error)
{
    for (guint i = 0; i < MIN(count, TICKETS_AT_ONCE); i++)
        if (!jobs_redis_do(redis, error, "XADD", KEY_TICKETS, "*", "for", "render", NULL))
            return FALSE;
    return TRUE;
}

/* Adds what one page of keys has; TRUE: there are more, from *cursor on. */
static gboolean count_page(JobsRedis *redis, char **cursor, gint *count)
{
    g_autoptr(JobsRedisReply) page = jobs_redis_ask(redis, 0, NULL, "SCAN", *cursor, "MATCH",
                                                    KEY_HERE "*", "COUNT", "1000", NULL);
    if (page == NULL || page->type != REDIS_REPLY_ARRAY || page->elements != 2 ||
        page->element[0]->type != REDIS_REPLY_STRING || page->element[1]->type != REDIS_REPLY_ARRAY)
        return FALSE;
    *count += (gint)page->element[1]->elements;
    g_free(*cursor);
    *cursor = g_strdup(page->element[0]->str);
    return strcmp(*cursor, "0") != 0;
}

static void count_workers(JobsDesk *desk)
{
    g_autofree char *cursor = g_strdup("0");
    gint count = 0;
    for (guint page = 0; page < PAGES_MAX && count_page(desk->speaking, &cursor, &count); page++)
        ;
    g_atomic_int_set(&desk->crew, count);
}

static gboolean refill(JobsRedis *redis, guint wanted, GError **error)
{
    g_autoptr(JobsRedisReply) length = jobs_redis_ask(redis, 0, error, "XLEN", KEY_TICKETS, NULL);
    if (length == NULL)
        return FALSE;
    gint64 there = length->type == REDIS_REPLY_INTEGER ? length->integer : 0;
    return there >= wanted || add_tickets(redis, wanted - (guint)there, error);
}

static gboolean post(JobsRedis *redis, const Saying *saying, GError **error)
{
    g_autofree char *seconds = g_strdup_printf("%d", LETTERS_S);
    return jobs_redis_do(redis, error, "RPUSH", saying->key, saying->text, NULL) &&
           jobs_redis_do(redis, error, "EXPIRE", saying->key, seconds, NULL);
}

static void say_work(gpointer data)
{
    const Saying *saying = data;
    g_autoptr(GError) error = NULL;
    JobsRedis *redis = saying->desk->speaking;
    if (g_atomic_int_get(&saying->desk->is_ended))
        return;
    if (saying->key == NULL)
        count_workers(saying->desk);
    if (saying->key != NULL ? !post(redis, saying, &error) : !refill(redis, saying->wanted, &error))
        g_info("workers were not told error=%s", error->message);
}

static void say_done(gpointer data)
{
    Saying *saying = data;
    if (saying->key == NULL)
        saying->desk->tickets_pending--;
    g_free(saying->key);
    g_free(saying->text);
    desk_unref(saying->desk);
    g_free(saying);
}

void jobs_desk_say(JobsDesk *desk, const JobsWord *word)
{
    Saying *saying = g_new0(Saying, 1);
    saying->desk = desk_ref(desk);
    saying->key = g_strconcat(KEY_TO, word->worker, NULL);
    saying->text = jobs_word_text(word);
    store_workers_push(desk->workers, say_work, say_done, saying);
}

void jobs_desk_tickets(JobsDesk *desk, guint wanted)
{
    if (desk->tickets_pending > 0) /* the next look comes soon */
        return;
    Saying *saying = g_new0(Saying, 1);
    saying->desk = desk_ref(desk);
    saying->wanted = wanted;
    desk->tickets_pending++;
    store_workers_push(desk->workers, say_work, say_done, saying);
}

guint jobs_desk_workers(const JobsDesk *desk)
{
    return (guint)g_atomic_int_get(&desk->crew);
}

/* ---- life ---- */

JobsDesk *jobs_desk_new(const JobsDeskOptions *options, GError **error)
{
    g_autoptr(JobsRedis) listening = jobs_redis_new(options->redis, error);
    JobsRedis *speaking = listening != NULL ? jobs_redis_new(options->redis, error) : NULL;
    if (speaking == NULL)
        return NULL;
    JobsDesk *desk = g_new0(JobsDesk, 1);
    desk->refs = 2; /* one is the thread's */
    desk->context = options->context != NULL ? g_main_context_ref(options->context)
                                             : g_main_context_ref_thread_default();
    desk->heard = options->heard;
    desk->reached = options->reached;
    desk->data = options->data;
    desk->lease_ms = options->lease_ms;
    desk->listening = g_steal_pointer(&listening);
    desk->speaking = speaking;
    desk->workers = store_workers_new("desk-say", 1, desk->context);
    desk->thread = g_thread_new("desk", run, desk);
    return desk;
}

void jobs_desk_free(JobsDesk *desk)
{
    if (desk == NULL)
        return;
    g_atomic_int_set(&desk->is_ended, 1);
    g_clear_pointer(&desk->workers, store_workers_free);
    g_thread_join(g_steal_pointer(&desk->thread));
    desk_unref(desk);
}
