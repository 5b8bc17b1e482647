/* The queue of a main loop: order of answers, what is known without waiting, restarts. */
#include "folder.h"
#include <jobs/jobs.h>

typedef struct Loop {
    Fixture fixture;
    Jobs *jobs;
    GString *said; /* "add:waiting " … in the order of the answers */
    gint64 last;   /* job of the last answer */
    JobsLease lease;
    GError *error;
    guint changes, waited_for;
} Loop;

static void note_change(const char *session, gpointer data)
{
    Loop *loop = data;
    g_assert_nonnull(jobs_of_session(loop->jobs, session));
    loop->changes++;
}

static void open_jobs(Loop *loop)
{
    g_autoptr(GError) error = NULL;
    JobsOptions options = {.queue = {.path = loop->fixture.path},
                           .worker = "here",
                           .changed = note_change,
                           .data = loop};
    loop->jobs = jobs_new(&options, &error);
    g_assert_no_error(error);
}

static void set_up_loop(Loop *loop, gconstpointer data)
{
    (void)data;
    set_up(&loop->fixture);
    g_clear_pointer(&loop->fixture.queue, jobs_queue_close);
    loop->said = g_string_new(NULL);
    open_jobs(loop);
}

static void tear_down_loop(Loop *loop, gconstpointer data)
{
    (void)data;
    jobs_free(loop->jobs);
    g_clear_error(&loop->error);
    g_string_free(loop->said, TRUE);
    tear_down(&loop->fixture);
}

static void answer(const JobsJob *job, const GError *error, gpointer data)
{
    Loop *loop = data;
    loop->waited_for--;
    g_clear_error(&loop->error);
    loop->error = error != NULL ? g_error_copy(error) : NULL;
    loop->last = job != NULL ? job->id : 0;
    if (job != NULL)
        loop->lease = jobs_job_lease(job);
    g_string_append_printf(loop->said, "%s ", job != NULL ? jobs_state_name(job->state) : "none");
}

static void wait_for(Loop *loop, guint count)
{
    loop->waited_for += count;
    while (loop->waited_for > 0)
        g_main_context_iteration(NULL, TRUE);
}

static void ask(Loop *loop, const char *session)
{
    JobsWish wish = {.session = session, .kind = "render"};
    jobs_add(loop->jobs, &wish, answer, loop);
}

static const char *current(Loop *loop, const char *session)
{
    const JobsJob *job = jobs_current(loop->jobs, session);
    return job != NULL ? jobs_state_name(job->state) : "none";
}

static void test_in_order(Loop *loop, gconstpointer data)
{
    (void)data;
    ask(loop, "a");
    jobs_take(loop->jobs, 60000, answer, loop);
    jobs_take(loop->jobs, 60000, answer, loop);
    g_assert_cmpstr(loop->said->str, ==, ""); /* never from within a call */
    wait_for(loop, 3);
    g_assert_cmpstr(loop->said->str, ==, "waiting running none ");
    g_assert_no_error(loop->error);
}

static void test_known_at_once(Loop *loop, gconstpointer data)
{
    (void)data;
    g_assert_cmpstr(current(loop, "a"), ==, "none");
    ask(loop, "a");
    ask(loop, "a");
    wait_for(loop, 2);
    g_assert_cmpstr(current(loop, "a"), ==, "waiting");
    jobs_take(loop->jobs, 60000, answer, loop);
    wait_for(loop, 1);
    g_assert_cmpstr(current(loop, "a"), ==, "running");
    JobsProgress progress = {.percent = 50, .left_ms = 1000};
    jobs_heartbeat(loop->jobs, loop->lease, 60000, &progress, answer, loop);
    wait_for(loop, 1);
    g_assert_cmpfloat(jobs_current(loop->jobs, "a")->progress.percent, ==, 50);
    jobs_done(loop->jobs, loop->lease, answer, loop);
    wait_for(loop, 1);
    g_assert_cmpstr(current(loop, "a"), ==, "waiting"); /* the second one */
    guint waiting, running;
    jobs_count(loop->jobs, &waiting, &running);
    g_assert_cmpuint(waiting, ==, 1);
    g_assert_cmpuint(running, ==, 0);
    g_assert_cmpuint(loop->changes, >=, 4);
    g_assert_cmpint(jobs_wait_ms(loop->jobs, 5000), ==, 0);
}

static void test_cancelled_is_lost(Loop *loop, gconstpointer data)
{
    (void)data;
    ask(loop, "a");
    jobs_take(loop->jobs, 60000, answer, loop);
    wait_for(loop, 2);
    JobsLease lease = loop->lease;
    jobs_cancel(loop->jobs, lease.job, answer, loop);
    jobs_heartbeat(loop->jobs, lease, 60000, NULL, answer, loop);
    wait_for(loop, 2);
    g_assert_error(loop->error, JOBS_ERROR, JOBS_ERROR_LOST);
    g_assert_cmpstr(current(loop, "a"), ==, "cancelled");
}

static void test_restart(Loop *loop, gconstpointer data)
{
    (void)data;
    ask(loop, "a");
    jobs_take(loop->jobs, 3600 * 1000, answer, loop);
    wait_for(loop, 2);
    jobs_free(loop->jobs);
    open_jobs(loop);
    const JobsJob *job = jobs_current(loop->jobs, "a");
    g_assert_cmpint(job->state, ==, JOBS_STATE_WAITING);
    g_assert_cmpuint(job->failures, ==, 1);
    g_assert_cmpstr(job->error, ==, "its worker went away");
    g_assert_cmpint(jobs_wait_ms(loop->jobs, 3600 * 1000), >, 0);
}

/* Given back on the way out: nobody is to blame, and it may be taken at once. */
static void test_free_waits(Loop *loop, gconstpointer data)
{
    (void)data;
    ask(loop, "a");
    jobs_take(loop->jobs, 3600 * 1000, answer, loop);
    wait_for(loop, 2);
    jobs_give_back(loop->jobs, loop->lease, 0, answer, loop);
    jobs_free(loop->jobs);
    wait_for(loop, 1); /* the answer comes all the same */
    open_jobs(loop);
    g_assert_cmpstr(current(loop, "a"), ==, "waiting");
    g_assert_cmpuint(jobs_current(loop->jobs, "a")->failures, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) \
    g_test_add("/jobs/jobs/" path, Loop, NULL, set_up_loop, function, tear_down_loop)
    ADD("answers-come-in-order-and-later", test_in_order);
    ADD("a-sessions-jobs-are-known-without-waiting", test_known_at_once);
    ADD("a-cancelled-job-is-lost-to-its-worker", test_cancelled_is_lost);
    ADD("r11/a-restart-does-it-again", test_restart);
    ADD("what-was-asked-for-is-done-before-the-end", test_free_waits);
    return g_test_run();
}
