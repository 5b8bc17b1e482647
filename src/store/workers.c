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
    GMainContext *context;
    GPtrArray *threads;
    gboolean is_patient;
};

static gboolean run_done(gpointer data)
{
    Job *job = data;
    job->done(job->data);
    return G_SOURCE_REMOVE;
}

/* Not g_main_context_invoke(): that may run it right here, in the worker. */
static void send_done(StoreWorkers *self, Job *job)
{
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, run_done, job, g_free);
    g_source_attach(source, self->context);
    g_source_unref(source);
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
    self->context =
        context != NULL ? g_main_context_ref(context) : g_main_context_ref_thread_default();
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
    g_main_context_unref(workers->context);
    g_free(workers);
}
