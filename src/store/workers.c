/* Threads around one queue. What always holds: done() of a work runs once, on the owner's context,
 * after the work. */
#include <store/workers.h>

#include <sys/resource.h>
#include <unistd.h>

enum { PATIENT_NICE = 5 }; /* a third of the weight of the thread that answers */

typedef struct Job {
    StoreWork work;
    StoreWorkDone done;
    gpointer data;
} Job;

struct StoreWorkers {
    GAsyncQueue *queue;
    GSource *returns;
    GPtrArray *threads;
    gboolean is_patient;
};

/* ---- back on the owner's context ---- */

/* One source for all that is done: works that end close together come back in one turn of the loop.
 * It outlives the workers by what has not come back yet. */
typedef struct Returns {
    GSource source;
    GAsyncQueue *jobs;
    gint is_last; /* the workers are gone */
} Returns;

/* Ready before it looks, so that a job that comes meanwhile makes it ready anew. */
static gboolean dispatch_returns(GSource *source, GSourceFunc callback, gpointer data)
{
    Returns *returns = (Returns *)source;
    (void)callback, (void)data;
    g_source_set_ready_time(source, -1);
    gboolean is_last = g_atomic_int_get(&returns->is_last);
    for (int left = g_async_queue_length(returns->jobs); left > 0; left--) {
        g_autofree Job *job = g_async_queue_pop(returns->jobs);
        job->done(job->data);
    }
    return is_last ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void finalize_returns(GSource *source)
{
    g_async_queue_unref(((Returns *)source)->jobs);
}

static const GSourceFuncs returns_functions = {.dispatch = dispatch_returns,
                                               .finalize = finalize_returns};

static GSource *new_returns(GMainContext *context)
{
    GSource *source = g_source_new((GSourceFuncs *)&returns_functions, sizeof(Returns));
    ((Returns *)source)->jobs = g_async_queue_new_full(g_free);
    g_source_set_name(source, "done");
    g_source_attach(source, context);
    return source;
}

static void send_done(StoreWorkers *self, Job *job)
{
    g_async_queue_push(((Returns *)self->returns)->jobs, job);
    g_source_set_ready_time(self->returns, 0);
}

/* A job without work ends its thread. */
static gpointer run_thread(gpointer data)
{
    StoreWorkers *self = data;
    /* On Linux a thread has its own; that it cannot be had changes nothing but the order. */
    if (self->is_patient)
        (void)setpriority(PRIO_PROCESS, (id_t)gettid(), PATIENT_NICE);
    for (;;) {
        Job *job = g_async_queue_pop(self->queue);
        if (job->work == NULL) {
            g_free(job);
            return NULL;
        }
        job->work(job->data);
        send_done(self, job);
    }
}

static StoreWorkers *new_workers(const char *name, guint count, GMainContext *context,
                                 gboolean is_patient)
{
    g_assert(count > 0);
    StoreWorkers *self = g_new0(StoreWorkers, 1);
    self->is_patient = is_patient;
    self->queue = g_async_queue_new();
    g_autoptr(GMainContext) own = g_main_context_ref_thread_default();
    self->returns = new_returns(context != NULL ? context : own);
    self->threads = g_ptr_array_new();
    for (guint i = 0; i < count; i++)
        g_ptr_array_add(self->threads, g_thread_new(name, run_thread, self));
    return self;
}

StoreWorkers *store_workers_new(const char *name, guint count, GMainContext *context)
{
    return new_workers(name, count, context, FALSE);
}

StoreWorkers *store_workers_new_patient(const char *name, guint count, GMainContext *context)
{
    return new_workers(name, count, context, TRUE);
}

GMainContext *store_workers_context(const StoreWorkers *workers)
{
    return g_source_get_context(workers->returns);
}

void store_workers_push(StoreWorkers *workers, StoreWork work, StoreWorkDone done, gpointer data)
{
    Job *job = g_new0(Job, 1);
    *job = (Job){.work = work, .done = done, .data = data};
    g_async_queue_push(workers->queue, job);
}

void store_workers_free(StoreWorkers *workers)
{
    if (workers == NULL)
        return;
    for (guint i = 0; i < workers->threads->len; i++)
        store_workers_push(workers, NULL, NULL, NULL);
    for (guint i = 0; i < workers->threads->len; i++)
        g_thread_join(workers->threads->pdata[i]);
    g_ptr_array_unref(workers->threads);
    g_async_queue_unref(workers->queue);
    g_atomic_int_set(&((Returns *)workers->returns)->is_last, TRUE);
    g_source_set_ready_time(workers->returns, 0);
    g_source_unref(workers->returns);
    g_free(workers);
}
