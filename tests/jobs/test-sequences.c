/* Any sequence of takes, ends, deaths and passing time: two workers never hold one job, a session
 * never runs twice, who has lost a lease is told, and every job ends. */
#include "folder.h"

#include <string.h>

enum { WORKERS = 4, SESSIONS = 5, STEPS = 400 };

typedef struct Worker {
    char name[16];
    JobsLease lease; /* job 0: none */
    gint64 until_ms;
} Worker;

typedef struct Model {
    JobsQueue *queue;
    gint64 now_ms;
    Worker workers[WORKERS];
    GHashTable *last_take; /* job → take: who has it by right */
    GHashTable *ended;     /* jobs that a holder ended well or for good, or that were cancelled */
} Model;

static gboolean is_last_holder(const Model *model, const Worker *worker)
{
    gint64 take = GPOINTER_TO_INT(
        g_hash_table_lookup(model->last_take, GINT_TO_POINTER((int)worker->lease.job)));
    return take == worker->lease.take;
}

static gboolean has_ended(const Model *model, gint64 job)
{
    return g_hash_table_contains(model->ended, GINT_TO_POINTER((int)job));
}

static void step_add(Model *model)
{
    g_autofree char *session = g_strdup_printf("s%d", g_test_rand_int_range(0, SESSIONS));
    JobsWish wish = {.session = session,
                     .kind = "render",
                     .priority = g_test_rand_int_range(-2, 3),
                     .length_ms = g_test_rand_int_range(0, 5000)};
    jobs_queue_add(model->queue, &wish, model->now_ms, NULL); /* or the session is full */
}

static void step_take(Model *model, Worker *worker)
{
    if (worker->lease.job != 0)
        return;
    g_autoptr(JobsJob) job = take(model->queue, worker->name, model->now_ms);
    if (job == NULL)
        return;
    worker->lease = jobs_job_lease(job);
    worker->until_ms = model->now_ms + 1000;
    g_assert_false(has_ended(model, job->id));
    for (int i = 0; i < WORKERS; i++) /* nobody whose time has not passed has it */
        if (&model->workers[i] != worker && model->workers[i].lease.job == job->id)
            g_assert_cmpint(model->workers[i].until_ms, <=, model->now_ms);
    g_hash_table_replace(model->last_take, GINT_TO_POINTER((int)job->id),
                         GINT_TO_POINTER((int)job->take));
}

/* Succeeds only for who took it last, and never once it has ended. */
static void check_said(const Model *model, const Worker *worker, gboolean is_good,
                       const GError *error)
{
    if (is_good) {
        g_assert_true(is_last_holder(model, worker));
        g_assert_false(has_ended(model, worker->lease.job));
        return;
    }
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_LOST);
    g_assert_true(worker->until_ms <= model->now_ms || has_ended(model, worker->lease.job));
}

static void step_say(Model *model, Worker *worker)
{
    g_autoptr(GError) error = NULL;
    if (worker->lease.job == 0)
        return;
    JobsLease lease = worker->lease;
    gint64 now = model->now_ms;
    int what = g_test_rand_int_range(0, 5);
    gboolean for_good = what == 3;
    gboolean is_good =
        what == 0   ? jobs_queue_heartbeat(model->queue, lease, now + 1000, NULL, &error)
        : what == 1 ? jobs_queue_done(model->queue, lease, now, &error)
        : what == 4 ? jobs_queue_give_back(model->queue, lease, now, &error)
                    : jobs_queue_fail(model->queue, lease, "x", for_good, now, &error);
    check_said(model, worker, is_good, error);
    if (is_good && what == 0) {
        worker->until_ms = now + 1000;
        return;
    }
    if (is_good && (what == 1 || for_good))
        g_hash_table_add(model->ended, GINT_TO_POINTER((int)lease.job));
    worker->lease.job = 0;
}

static void step_cancel(Model *model)
{
    g_autoptr(GPtrArray) jobs = jobs_queue_list(model->queue, NULL, 1000, NULL);
    if (jobs->len == 0)
        return;
    gint64 id = ((JobsJob *)jobs->pdata[g_test_rand_int_range(0, (gint)jobs->len)])->id;
    g_assert_true(jobs_queue_cancel(model->queue, id, model->now_ms, NULL));
    g_hash_table_add(model->ended, GINT_TO_POINTER((int)id));
}

static void check_all(const Model *model)
{
    g_autoptr(GPtrArray) jobs = jobs_queue_list(model->queue, NULL, 1000, NULL);
    g_autoptr(GHashTable) running = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < jobs->len; i++) {
        JobsJob *job = jobs->pdata[i];
        if (job->state == JOBS_STATE_RUNNING)
            g_assert_true(g_hash_table_add(running, job->session));
        if (has_ended(model, job->id))
            g_assert_true(jobs_state_is_ended(job->state));
        g_assert_cmpuint(job->failures, <=, 3);
    }
}

/* One good worker is left, and time. */
static void finish(Model *model)
{
    gint64 next_ms = 1;
    for (int i = 0; next_ms != 0; i++) {
        g_assert_cmpint(i, <, 10000);
        g_autoptr(JobsJob) job = take(model->queue, "last", model->now_ms);
        if (job != NULL)
            g_assert_true(jobs_queue_done(model->queue, jobs_job_lease(job), model->now_ms, NULL));
        g_assert_true(jobs_queue_next_ms(model->queue, &next_ms, NULL));
        model->now_ms = MAX(model->now_ms, next_ms);
    }
    g_autoptr(GPtrArray) jobs = jobs_queue_list(model->queue, NULL, 1000, NULL);
    for (guint i = 0; i < jobs->len; i++)
        g_assert_true(jobs_state_is_ended(((JobsJob *)jobs->pdata[i])->state));
}

static void step(Model *model, Fixture *fixture)
{
    Worker *worker = &model->workers[g_test_rand_int_range(0, WORKERS)];
    int what = g_test_rand_int_range(0, 100);
    model->now_ms += g_test_rand_int_range(0, 400);
    if (what < 25)
        step_add(model);
    else if (what < 55)
        step_take(model, worker);
    else if (what < 85)
        step_say(model, worker);
    else if (what < 93)
        worker->lease.job = 0; /* killed: it forgets, its lease stays */
    else if (what < 96)
        step_cancel(model);
    else {
        jobs_queue_close(fixture->queue);
        model->queue = fixture->queue = open_queue(fixture->path);
    }
}

static void test_sequences(void)
{
    for (int round = 0; round < 6; round++) {
        Fixture fixture;
        set_up(&fixture);
        Model model = {.queue = fixture.queue,
                       .now_ms = 1000,
                       .last_take = g_hash_table_new(NULL, NULL),
                       .ended = g_hash_table_new(NULL, NULL)};
        for (int i = 0; i < WORKERS; i++)
            g_snprintf(model.workers[i].name, sizeof model.workers[i].name, "w%d", i);
        for (int i = 0; i < STEPS; i++) {
            step(&model, &fixture);
            check_all(&model);
        }
        finish(&model);
        g_hash_table_unref(model.last_take);
        g_hash_table_unref(model.ended);
        tear_down(&fixture);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jobs/sequences/r11/one-worker-one-lease-and-every-job-ends", test_sequences);
    return g_test_run();
}
