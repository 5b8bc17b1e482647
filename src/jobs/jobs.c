/* The queue for a main loop. One worker thread, so that what is asked for happens in that order; each
 * answer brings the jobs of its session along, which replace what was known of them. */
#include <jobs/jobs.h>

#include <jobs/error.h>
#include <store/workers.h>

enum { OF_SESSION_MAX = 16, AT_START_MAX = 100000 };

struct Jobs {
    JobsQueue *queue;
    char *worker;
    StoreWorkers *workers;
    GHashTable *sessions; /* session → GPtrArray of JobsJob, newest first */
    void (*changed)(const char *session, gpointer data);
    gpointer data;
    guint refs; /* its owner, and asks under way */
    gboolean is_freed;
};

typedef enum {
    ASK_ADD = 1,
    ASK_CANCEL,
    ASK_TAKE,
    ASK_TAKE_FOR,
    ASK_GRACE,
    ASK_HEARTBEAT,
    ASK_DONE,
    ASK_FAIL,
    ASK_GIVE_BACK
} AskKind;

typedef struct Ask {
    Jobs *jobs;
    AskKind kind;
    JobsWish wish; /* its texts are owned */
    JobsLease lease;
    gint64 lease_ms; /* of a give_back: until it may be taken again */
    JobsProgress progress;
    gboolean has_progress, for_good;
    char *reason, *worker;
    JobsAnswer answer;
    gpointer data;
    /* what came of it */
    JobsJob *job;
    GPtrArray *of_session;
    GPtrArray *all; /* leases of others went back: everything anew; NULL: none did */
    GError *error;
} Ask;

static gint64 now_ms(void)
{
    return g_get_real_time() / 1000;
}

/* ---- what is known ---- */

static void free_job(gpointer job)
{
    jobs_job_free(job);
}

static void know_all(Jobs *jobs, GPtrArray *all)
{
    g_hash_table_remove_all(jobs->sessions);
    g_ptr_array_set_free_func(all, NULL);
    for (guint i = 0; i < all->len; i++) {
        JobsJob *job = all->pdata[i];
        GPtrArray *of_session = g_hash_table_lookup(jobs->sessions, job->session);
        if (of_session == NULL) {
            of_session = g_ptr_array_new_with_free_func(free_job);
            g_hash_table_insert(jobs->sessions, g_strdup(job->session), of_session);
        }
        g_ptr_array_add(of_session, job);
    }
}

const GPtrArray *jobs_of_session(const Jobs *jobs, const char *session)
{
    return g_hash_table_lookup(jobs->sessions, session);
}

/* Running before waiting before ended; of those that wait the oldest, of those that ended the newest. */
static gboolean goes_before(const JobsJob *job, const JobsJob *best)
{
    if (best == NULL || job->state == JOBS_STATE_RUNNING)
        return TRUE;
    return job->state == JOBS_STATE_WAITING && best->state != JOBS_STATE_RUNNING;
}

const JobsJob *jobs_current(const Jobs *jobs, const char *session)
{
    const GPtrArray *of_session = jobs_of_session(jobs, session);
    const JobsJob *best = NULL;
    for (guint i = 0; of_session != NULL && i < of_session->len; i++)
        if (goes_before(of_session->pdata[i], best))
            best = of_session->pdata[i];
    return best;
}

typedef void (*EachJob)(const JobsJob *job, gpointer data);

static void each_job(const Jobs *jobs, EachJob each, gpointer data)
{
    GHashTableIter iter;
    gpointer of_session;
    g_hash_table_iter_init(&iter, jobs->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &of_session))
        for (guint i = 0; i < ((GPtrArray *)of_session)->len; i++)
            each(((GPtrArray *)of_session)->pdata[i], data);
}

static void count_one(const JobsJob *job, gpointer data)
{
    guint *counts = data;
    counts[0] += job->state == JOBS_STATE_WAITING;
    counts[1] += job->state == JOBS_STATE_RUNNING;
}

void jobs_count(const Jobs *jobs, guint *waiting, guint *running)
{
    guint counts[2] = {0};
    each_job(jobs, count_one, counts);
    *waiting = counts[0];
    *running = counts[1];
}

static void count_due(const JobsJob *job, gpointer data)
{
    guint *due = data;
    *due += job->state == JOBS_STATE_RUNNING ||
            (job->state == JOBS_STATE_WAITING && job->not_before_ms <= now_ms());
}

guint jobs_count_due(const Jobs *jobs)
{
    guint due = 0;
    GHashTableIter iter;
    gpointer session;
    g_hash_table_iter_init(&iter, jobs->sessions);
    while (g_hash_table_iter_next(&iter, &session, NULL))
        count_due(jobs_current(jobs, session), &due);
    return due;
}

const JobsJob *jobs_find(const Jobs *jobs, const char *session, gint64 id)
{
    const GPtrArray *of_session = jobs_of_session(jobs, session);
    for (guint i = 0; of_session != NULL && i < of_session->len; i++)
        if (((const JobsJob *)of_session->pdata[i])->id == id)
            return of_session->pdata[i];
    return NULL;
}

typedef struct Next {
    const Jobs *jobs;
    gint64 at_ms;
} Next;

/* One that waits behind another of its session is due with that one. */
static void look_when(const JobsJob *job, gpointer data)
{
    Next *next = data;
    const JobsJob *current = jobs_current(next->jobs, job->session);
    if (job->state == JOBS_STATE_WAITING && current->state == JOBS_STATE_WAITING)
        next->at_ms = MIN(next->at_ms, job->not_before_ms);
    else if (job->state == JOBS_STATE_RUNNING)
        next->at_ms = MIN(next->at_ms, job->lease_until_ms);
}

gint64 jobs_wait_ms(const Jobs *jobs, gint64 most_ms)
{
    Next next = {jobs, G_MAXINT64};
    gint64 now = now_ms();
    each_job(jobs, look_when, &next);
    return next.at_ms <= now ? 0 : MIN(next.at_ms - now, most_ms);
}

/* ---- life ---- */

static void free_array(gpointer array)
{
    g_ptr_array_unref(array);
}

Jobs *jobs_new(const JobsOptions *options, GError **error)
{
    g_autoptr(JobsQueue) queue = jobs_queue_open(&options->queue, error);
    guint count = 0;
    if (queue == NULL || !jobs_queue_recover(queue, options->worker, now_ms(), &count, error))
        return NULL;
    g_autoptr(GPtrArray) all = jobs_queue_list(queue, NULL, AT_START_MAX, error);
    if (all == NULL)
        return NULL;
    if (count > 0)
        g_message("jobs of a worker that went away wait again count=%u", count);
    Jobs *jobs = g_new0(Jobs, 1);
    jobs->queue = g_steal_pointer(&queue);
    jobs->worker = g_strdup(options->worker);
    jobs->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_array);
    jobs->changed = options->changed;
    jobs->data = options->data;
    jobs->refs = 1;
    jobs->workers = store_workers_new("jobs", 1, options->context);
    know_all(jobs, all);
    return jobs;
}

static void unref(Jobs *jobs)
{
    if (--jobs->refs > 0)
        return;
    g_hash_table_unref(jobs->sessions);
    g_free(jobs->worker);
    g_free(jobs);
}

void jobs_free(Jobs *jobs)
{
    if (jobs == NULL)
        return;
    jobs->is_freed = TRUE;
    g_clear_pointer(&jobs->workers, store_workers_free);
    g_clear_pointer(&jobs->queue, jobs_queue_close);
    unref(jobs);
}

/* ---- asking ---- */

/* What a worker that is asking holds does not go back before it has it again. */
static gboolean carry_out_take(Ask *ask, gint64 now, gint64 *id)
{
    JobsQueue *queue = ask->jobs->queue;
    const char *worker = ask->worker != NULL ? ask->worker : ask->jobs->worker;
    gint64 until = now + ask->lease_ms;
    guint count = 0;
    if (ask->kind == ASK_TAKE_FOR)
        ask->job = jobs_queue_held(queue, worker, until, &ask->error);
    if (ask->job == NULL && ask->error == NULL &&
        jobs_queue_recover(queue, NULL, now, &count, &ask->error))
        ask->job = jobs_queue_take_of(queue, worker, ask->wish.session, now, until, &ask->error);
    *id = ask->job != NULL ? ask->job->id : 0;
    if (count > 0)
        ask->all = jobs_queue_list(queue, NULL, AT_START_MAX, NULL);
    return ask->job != NULL;
}

static gboolean carry_out(Ask *ask, gint64 *id)
{
    JobsQueue *queue = ask->jobs->queue;
    gint64 now = now_ms();
    *id = ask->lease.job;
    switch (ask->kind) {
    case ASK_ADD:
        *id = jobs_queue_add(queue, &ask->wish, now, &ask->error);
        return *id != 0;
    case ASK_CANCEL:
        return jobs_queue_cancel(queue, *id, now, &ask->error);
    case ASK_HEARTBEAT:
        return jobs_queue_heartbeat(queue, ask->lease, now + ask->lease_ms,
                                    ask->has_progress ? &ask->progress : NULL, &ask->error);
    case ASK_DONE:
        return jobs_queue_done(queue, ask->lease, now, &ask->error);
    case ASK_FAIL:
        return jobs_queue_fail(queue, ask->lease, ask->reason, ask->for_good, now, &ask->error);
    case ASK_GIVE_BACK:
        return jobs_queue_give_back(queue, ask->lease, now + ask->lease_ms, &ask->error);
    case ASK_GRACE:
        return jobs_queue_grace(queue, now + ask->lease_ms, &ask->error);
    case ASK_TAKE:
    case ASK_TAKE_FOR:
        break;
    }
    return carry_out_take(ask, now, id);
}

/* Also after a refusal: a lease that was lost means that something changed. */
static void ask_work(gpointer data)
{
    Ask *ask = data;
    gint64 id = 0;
    carry_out(ask, &id);
    if (id != 0 && ask->job == NULL)
        ask->job = jobs_queue_get(ask->jobs->queue, id, NULL);
    if (ask->job != NULL)
        ask->of_session =
            jobs_queue_list(ask->jobs->queue, ask->job->session, OF_SESSION_MAX, NULL);
}

static void ask_free(Ask *ask)
{
    g_free((char *)ask->wish.session);
    g_free((char *)ask->wish.kind);
    g_free((char *)ask->wish.settings);
    g_free(ask->reason);
    g_free(ask->worker);
    jobs_job_free(ask->job);
    g_clear_pointer(&ask->of_session, g_ptr_array_unref);
    g_clear_pointer(&ask->all, g_ptr_array_unref);
    g_clear_error(&ask->error);
    unref(ask->jobs);
    g_free(ask);
}

static void ask_done(gpointer data)
{
    Ask *ask = data;
    Jobs *jobs = ask->jobs;
    if (ask->all != NULL)
        know_all(jobs, ask->all);
    if (ask->of_session != NULL)
        g_hash_table_replace(jobs->sessions, g_strdup(ask->job->session),
                             g_steal_pointer(&ask->of_session));
    if (ask->answer != NULL)
        ask->answer(ask->error == NULL ? ask->job : NULL, ask->error, ask->data);
    else if (ask->error != NULL)
        g_warning("a job was not changed error=%s", ask->error->message);
    if (ask->job != NULL && jobs->changed != NULL && !jobs->is_freed)
        jobs->changed(ask->job->session, jobs->data);
    ask_free(ask);
}

static Ask *ask_new(Jobs *jobs, AskKind kind, JobsAnswer answer, gpointer data)
{
    Ask *ask = g_new0(Ask, 1);
    ask->jobs = jobs;
    ask->kind = kind;
    ask->answer = answer;
    ask->data = data;
    jobs->refs++;
    return ask;
}

static void push(Ask *ask)
{
    store_workers_push(ask->jobs->workers, ask_work, ask_done, ask);
}

void jobs_add(Jobs *jobs, const JobsWish *wish, JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_ADD, answer, data);
    ask->wish = *wish;
    ask->wish.session = g_strdup(wish->session);
    ask->wish.kind = g_strdup(wish->kind);
    ask->wish.settings = g_strdup(wish->settings);
    push(ask);
}

void jobs_cancel(Jobs *jobs, gint64 job, JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_CANCEL, answer, data);
    ask->lease.job = job;
    push(ask);
}

void jobs_take(Jobs *jobs, gint64 lease_ms, JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_TAKE, answer, data);
    ask->lease_ms = lease_ms;
    push(ask);
}

void jobs_take_for(Jobs *jobs, const char *worker, const char *session, gint64 lease_ms,
                   JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_TAKE_FOR, answer, data);
    ask->worker = g_strdup(worker);
    ask->wish.session = g_strdup(session);
    ask->lease_ms = lease_ms;
    push(ask);
}

void jobs_grace(Jobs *jobs, gint64 lease_ms)
{
    Ask *ask = ask_new(jobs, ASK_GRACE, NULL, NULL);
    ask->lease_ms = lease_ms;
    push(ask);
}

void jobs_heartbeat(Jobs *jobs, JobsLease lease, gint64 lease_ms, const JobsProgress *progress,
                    JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_HEARTBEAT, answer, data);
    ask->lease = lease;
    ask->lease_ms = lease_ms;
    ask->has_progress = progress != NULL;
    if (progress != NULL)
        ask->progress = *progress;
    push(ask);
}

void jobs_done(Jobs *jobs, JobsLease lease, JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_DONE, answer, data);
    ask->lease = lease;
    push(ask);
}

void jobs_fail(Jobs *jobs, JobsLease lease, const char *reason, gboolean for_good,
               JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_FAIL, answer, data);
    ask->lease = lease;
    ask->reason = g_strdup(reason);
    ask->for_good = for_good;
    push(ask);
}

void jobs_give_back(Jobs *jobs, JobsLease lease, gint64 wait_ms, JobsAnswer answer, gpointer data)
{
    Ask *ask = ask_new(jobs, ASK_GIVE_BACK, answer, data);
    ask->lease = lease;
    ask->lease_ms = wait_ms;
    push(ask);
}
