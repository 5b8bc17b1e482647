/* Children that index recordings, two at a time. */
#include "indexer-private.h"

#include <server/error.h>

#include <unistd.h>

enum { AT_ONCE = 2, TRIES = 60, AGAIN_S = 2 };

typedef struct Job {
    ServerIndexer *indexer; /* NULL: it is gone, and nobody waits */
    char *path;
    ServerIndexed done;
    gpointer data;
    GSubprocess *child; /* NULL while it waits to be started again */
    guint tries;
} Job;

struct ServerIndexer {
    char *program;
    GQueue waiting; /* Job * */
    GList *running; /* Job * */
};

static void start_next(ServerIndexer *indexer);

static void job_free(Job *job)
{
    g_clear_object(&job->child);
    g_free(job->path);
    g_free(job);
}

ServerIndexer *server_indexer_new(const char *program)
{
    ServerIndexer *indexer = g_new0(ServerIndexer, 1);
    indexer->program = g_strdup(program);
    g_queue_init(&indexer->waiting);
    return indexer;
}

void server_indexer_free(ServerIndexer *indexer)
{
    if (indexer == NULL)
        return;
    for (GList *link = indexer->running; link != NULL; link = link->next) {
        Job *job = link->data;
        job->indexer = NULL;
        if (job->child != NULL)
            g_subprocess_force_exit(job->child);
    }
    g_list_free(indexer->running);
    g_queue_clear_full(&indexer->waiting, (GDestroyNotify)job_free);
    g_free(indexer->program);
    g_free(indexer);
}

/* People are told the file's name, and not where this machine keeps it. */
static char *without_folder(const Job *job, const char *said)
{
    g_autofree char *folder = g_path_get_dirname(job->path);
    g_autofree char *before = g_strconcat(folder, "/", NULL);
    g_auto(GStrv) parts = g_strsplit(said, before, -1);
    g_autofree char *rest = g_strjoinv("", parts);
    return g_strdup(g_str_has_prefix(rest, "crosscut: ") ? rest + strlen("crosscut: ") : rest);
}

/* The last line of what it said to people is why it failed. */
static void set_failed(GError **error, const Job *job, const char *said)
{
    g_auto(GStrv) lines = g_strsplit(said != NULL ? said : "", "\n", -1);
    const char *last = "it was ended";
    for (guint i = 0; lines[i] != NULL; i++)
        if (*lines[i] != '\0')
            last = lines[i];
    g_autofree char *why = without_folder(job, last);
    g_autofree char *name = g_path_get_basename(job->path);
    g_autofree char *twice = g_strconcat(name, ": ", NULL);
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_TYPE, "%s: cannot be indexed: %s", name,
                g_str_has_prefix(why, twice) ? why + strlen(twice) : why);
}

static void job_ended(GObject *source, GAsyncResult *result, gpointer data)
{
    Job *job = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *out = NULL;
    g_autofree char *said = NULL;
    gboolean good =
        g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &out, &said, &error);
    ServerIndexer *indexer = job->indexer;
    if (indexer == NULL) {
        job_free(job);
        return;
    }
    indexer->running = g_list_remove(indexer->running, job);
    json_t *found = NULL;
    if (good && g_subprocess_get_successful(job->child))
        found = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
    if (found == NULL && error == NULL)
        set_failed(&error, job, said);
    job->done(found, found != NULL ? NULL : error, job->data);
    json_decref(found);
    job_free(job);
    start_next(indexer);
}

/* No descriptors or processes left, most likely: that passes. */
static gboolean try_again(gpointer data)
{
    Job *job = data;
    ServerIndexer *indexer = job->indexer;
    g_autoptr(GError) error = NULL;
    if (indexer == NULL) {
        job_free(job);
        return G_SOURCE_REMOVE;
    }
    indexer->running = g_list_remove(indexer->running, job);
    if (++job->tries < TRIES) {
        g_queue_push_tail(&indexer->waiting, job);
    } else {
        set_failed(&error, job, "this program could not be started");
        job->done(NULL, error, job->data);
        job_free(job);
    }
    start_next(indexer);
    return G_SOURCE_REMOVE;
}

static void start_next(ServerIndexer *indexer)
{
    while (g_list_length(indexer->running) < AT_ONCE && !g_queue_is_empty(&indexer->waiting)) {
        Job *job = g_queue_pop_head(&indexer->waiting);
        g_autofree char *parent =
            g_strdup_printf("%d", (int)getpid()); /* it ends with the server */
        const char *const command[] = {indexer->program, "index",   "--json", "--parent",
                                       parent,           job->path, NULL};
        job->child = g_subprocess_newv(
            command, G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, NULL);
        indexer->running = g_list_prepend(indexer->running, job);
        if (job->child != NULL)
            g_subprocess_communicate_utf8_async(job->child, NULL, NULL, job_ended, job);
        else
            g_timeout_add_seconds(AGAIN_S, try_again, job);
    }
}

void server_indexer_push(ServerIndexer *indexer, const char *path, ServerIndexed done,
                         gpointer data)
{
    Job *job = g_new0(Job, 1);
    job->indexer = indexer;
    job->path = g_strdup(path);
    job->done = done;
    job->data = data;
    g_queue_push_tail(&indexer->waiting, job);
    start_next(indexer);
}
