/* What a queue promises, one by one. Time is a number here. */
#include "folder.h"

#include <string.h>

static void assert_next(JobsQueue *queue, gint64 id, gint64 now_ms)
{
    g_autoptr(JobsJob) job = take(queue, "w", now_ms);
    g_assert_nonnull(job);
    g_assert_cmpint(job->id, ==, id);
    g_assert_true(jobs_queue_done(queue, jobs_job_lease(job), now_ms, NULL));
}

static void assert_none(JobsQueue *queue, gint64 now_ms)
{
    g_autoptr(JobsJob) job = take(queue, "w", now_ms);
    g_assert_null(job);
}

static void test_first_come(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 a = add(fixture->queue, "a", 0, 100), b = add(fixture->queue, "b", 0, 100);
    assert_next(fixture->queue, a, 200);
    assert_next(fixture->queue, b, 200);
    assert_none(fixture->queue, 200);
}

static void test_what_was_asked(Fixture *fixture, gconstpointer data)
{
    (void)data;
    JobsWish wish = {.session = "a",
                     .kind = "render",
                     .settings = "{\"height\":720}",
                     .priority = -3,
                     .length_ms = 5000};
    gint64 id = jobs_queue_add(fixture->queue, &wish, 77, NULL);
    g_autoptr(JobsJob) job = take(fixture->queue, "w", 100);
    g_assert_cmpint(job->id, ==, id);
    g_assert_cmpstr(job->session, ==, "a");
    g_assert_cmpstr(job->kind, ==, "render");
    g_assert_cmpstr(job->settings, ==, "{\"height\":720}");
    g_assert_cmpstr(job->worker, ==, "w");
    g_assert_cmpint(job->priority, ==, -3);
    g_assert_cmpint(job->length_ms, ==, 5000);
    g_assert_cmpint(job->added_ms, ==, 77);
    g_assert_cmpint(job->lease_until_ms, ==, 1100);
    g_assert_cmpint(job->state, ==, JOBS_STATE_RUNNING);
}

static void test_short_first(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 longer = add(fixture->queue, "long", 3600 * 1000, 0);
    gint64 shorter = add(fixture->queue, "short", 60 * 1000, 1000);
    assert_next(fixture->queue, shorter, 2000);
    assert_next(fixture->queue, longer, 2000);
}

/* Short ones keep coming; those that came later than its length do not pass the long one. */
static void test_long_not_for_ever(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 longer = add(fixture->queue, "long", 600 * 1000, 0), now = 0;
    for (int i = 0; i < 1000; i++, now += 10 * 1000) {
        g_autofree char *session = g_strdup_printf("s%d", i);
        add(fixture->queue, session, 1000, now);
        g_autoptr(JobsJob) job = take(fixture->queue, "w", now);
        g_assert_true(jobs_queue_done(fixture->queue, jobs_job_lease(job), now, NULL));
        if (job->id == longer) {
            g_assert_cmpint(now, >, 500 * 1000);
            g_assert_cmpint(now, <, 700 * 1000);
            return;
        }
    }
    g_assert_not_reached();
}

static void test_priority(Fixture *fixture, gconstpointer data)
{
    (void)data;
    JobsWish wish = {.session = "urgent", .kind = "render", .priority = 2};
    gint64 usual = add(fixture->queue, "usual", 0, 0);
    gint64 urgent = jobs_queue_add(fixture->queue, &wish, 19 * 60 * 1000, NULL);
    wish.session = "late";
    gint64 late = jobs_queue_add(fixture->queue, &wish, 21 * 60 * 1000, NULL);
    gint64 now = 22 * 60 * 1000;
    assert_next(fixture->queue, urgent, now);
    assert_next(fixture->queue, usual, now);
    assert_next(fixture->queue, late, now);
}

static void test_one_of_a_session(Fixture *fixture, gconstpointer data)
{
    (void)data;
    add(fixture->queue, "a", 0, 0);
    gint64 second = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) first = take(fixture->queue, "w", 10);
    assert_none(fixture->queue, 10);
    g_assert_true(jobs_queue_done(fixture->queue, jobs_job_lease(first), 20, NULL));
    assert_next(fixture->queue, second, 20);
}

static void test_heartbeat(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 id = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) job = take(fixture->queue, "w", 0);
    JobsProgress progress = {.percent = 25, .left_ms = 3000};
    g_assert_true(jobs_queue_heartbeat(fixture->queue, jobs_job_lease(job), 5000, &progress, NULL));
    g_assert_true(jobs_queue_heartbeat(fixture->queue, jobs_job_lease(job), 4000, NULL, NULL));
    assert_none(fixture->queue, 4999);
    g_autoptr(JobsJob) now = get(fixture->queue, id);
    g_assert_cmpint(now->lease_until_ms, ==, 5000);
    g_assert_cmpfloat(now->progress.percent, ==, 25);
    g_assert_cmpint(now->progress.left_ms, ==, 3000);
}

static void test_lost(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    gint64 id = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) dead = take(fixture->queue, "dead", 0);
    assert_none(fixture->queue, 1000); /* it goes back here, and waits */
    g_autoptr(JobsJob) again = take(fixture->queue, "w", 2000);
    g_assert_cmpint(again->id, ==, id);
    g_assert_cmpstr(again->error, ==, "its worker went away");
    g_assert_cmpuint(again->failures, ==, 1);
    JobsLease lost = jobs_job_lease(dead);
    g_assert_false(jobs_queue_heartbeat(fixture->queue, lost, 9000, NULL, &error));
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_LOST);
    g_assert_false(jobs_queue_done(fixture->queue, lost, 2100, NULL));
    g_assert_false(jobs_queue_fail(fixture->queue, lost, "x", TRUE, 2100, NULL));
    g_assert_false(jobs_queue_give_back(fixture->queue, lost, 2100, NULL));
    g_assert_true(jobs_queue_done(fixture->queue, jobs_job_lease(again), 2200, NULL));
    assert_state(fixture->queue, id, JOBS_STATE_DONE);
}

static void test_late_but_unasked(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 id = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) job = take(fixture->queue, "w", 0);
    g_assert_true(jobs_queue_done(fixture->queue, jobs_job_lease(job), 50000, NULL));
    assert_state(fixture->queue, id, JOBS_STATE_DONE);
}

static void test_poison(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 id = add(fixture->queue, "a", 0, 0);
    static const gint64 waits[] = {1000, 2000};
    gint64 now = 0;
    for (guint i = 0; i < 3; i++) {
        g_autoptr(JobsJob) job = take(fixture->queue, "w", now);
        g_assert_nonnull(job);
        g_assert_true(jobs_queue_fail(fixture->queue, jobs_job_lease(job), "cam_1.webm: no header",
                                      FALSE, now, NULL));
        if (i < 2) {
            assert_none(fixture->queue, now + waits[i] - 1);
            now += waits[i];
        }
    }
    g_autoptr(JobsJob) ended = get(fixture->queue, id);
    g_assert_cmpint(ended->state, ==, JOBS_STATE_FAILED);
    g_assert_cmpstr(ended->error, ==, "cam_1.webm: no header");
    g_assert_cmpuint(ended->failures, ==, 3);
    g_assert_cmpint(ended->ended_ms, ==, now);
    assert_none(fixture->queue, now + 1000000);
}

static void test_for_good(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 id = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) job = take(fixture->queue, "w", 0);
    g_assert_true(jobs_queue_fail(fixture->queue, jobs_job_lease(job), "", TRUE, 5, NULL));
    assert_state(fixture->queue, id, JOBS_STATE_FAILED);
    g_autoptr(JobsJob) ended = get(fixture->queue, id);
    g_assert_cmpstr(ended->error, ==, "it failed without a reason");
}

static void test_reason_is_cut(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 id = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) job = take(fixture->queue, "w", 0);
    GString *reason = g_string_new("\xff");
    while (reason->len < 5000)
        g_string_append(reason, "ü");
    g_assert_true(jobs_queue_fail(fixture->queue, jobs_job_lease(job), reason->str, TRUE, 5, NULL));
    g_autoptr(JobsJob) ended = get(fixture->queue, id);
    g_assert_cmpuint(strlen(ended->error), <=, JOBS_REASON_BYTES_MAX);
    g_assert_cmpuint(strlen(ended->error), >, JOBS_REASON_BYTES_MAX - 4);
    g_assert_true(g_utf8_validate(ended->error, -1, NULL));
    g_string_free(reason, TRUE);
}

static void test_give_back(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 id = add(fixture->queue, "a", 0, 0);
    for (int i = 0; i < 20; i++) {
        g_autoptr(JobsJob) job = take(fixture->queue, "w", i);
        g_assert_cmpint(job->id, ==, id);
        g_assert_cmpuint(job->failures, ==, 0);
        g_assert_true(jobs_queue_give_back(fixture->queue, jobs_job_lease(job), i, NULL));
    }
    g_autoptr(JobsJob) last = take(fixture->queue, "w", 100);
    g_assert_true(jobs_queue_give_back(fixture->queue, jobs_job_lease(last), 500, NULL));
    assert_none(fixture->queue, 499);
    assert_next(fixture->queue, id, 500);
}

static void test_cancel(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    gint64 waiting = add(fixture->queue, "a", 0, 0);
    g_assert_true(jobs_queue_cancel(fixture->queue, waiting, 1, NULL));
    assert_none(fixture->queue, 2);
    gint64 running = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) job = take(fixture->queue, "w", 3);
    g_assert_true(jobs_queue_cancel(fixture->queue, running, 4, NULL));
    g_assert_false(jobs_queue_heartbeat(fixture->queue, jobs_job_lease(job), 9000, NULL, &error));
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_LOST);
    assert_state(fixture->queue, running, JOBS_STATE_CANCELLED);
    gint64 done = add(fixture->queue, "b", 0, 5);
    assert_next(fixture->queue, done, 5);
    g_assert_true(jobs_queue_cancel(fixture->queue, done, 6, NULL));
    assert_state(fixture->queue, done, JOBS_STATE_DONE);
    g_clear_error(&error);
    g_assert_false(jobs_queue_cancel(fixture->queue, 999, 6, &error));
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_GONE);
}

static void test_list(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 a1 = add(fixture->queue, "a", 0, 0);
    gint64 b = add(fixture->queue, "b", 0, 0);
    gint64 a2 = add(fixture->queue, "a", 0, 0);
    g_autoptr(GPtrArray) of_a = jobs_queue_list(fixture->queue, "a", 10, NULL);
    g_assert_cmpuint(of_a->len, ==, 2);
    g_assert_cmpint(((JobsJob *)of_a->pdata[0])->id, ==, a2);
    g_assert_cmpint(((JobsJob *)of_a->pdata[1])->id, ==, a1);
    g_autoptr(GPtrArray) all = jobs_queue_list(fixture->queue, NULL, 2, NULL);
    g_assert_cmpuint(all->len, ==, 2);
    g_assert_cmpint(((JobsJob *)all->pdata[1])->id, ==, b);
}

static void test_refusals(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *text = g_strnfill(JOBS_SETTINGS_BYTES_MAX + 1, 'x');
    const JobsWish wishes[] = {
        {.kind = "render"},
        {.session = "", .kind = "render"},
        {.session = text, .kind = "render"},
        {.session = "a"},
        {.session = "a", .kind = "render", .settings = text},
        {.session = "a", .kind = "render", .settings = "\xff"},
        {.session = "a", .kind = "render", .priority = 11},
        {.session = "a", .kind = "render", .length_ms = -1},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(wishes); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(jobs_queue_add(fixture->queue, &wishes[i], 0, &error), ==, 0);
        g_assert_error(error, JOBS_ERROR, JOBS_ERROR_INVALID);
    }
    assert_none(fixture->queue, 1000);
}

static void test_too_many(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    JobsWish wish = {.session = "a", .kind = "render"};
    gint64 first = add(fixture->queue, "a", 0, 0);
    for (int i = 0; i < 3; i++)
        add(fixture->queue, "a", 0, 0);
    g_assert_cmpint(jobs_queue_add(fixture->queue, &wish, 0, &error), ==, 0);
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_BUSY);
    add(fixture->queue, "b", 0, 0);
    g_assert_true(jobs_queue_cancel(fixture->queue, first, 0, NULL));
    add(fixture->queue, "a", 0, 0);
}

static void test_next(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 next_ms = -1;
    g_assert_true(jobs_queue_next_ms(fixture->queue, &next_ms, NULL));
    g_assert_cmpint(next_ms, ==, 0);
    add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) job = take(fixture->queue, "w", 500);
    g_assert_true(jobs_queue_next_ms(fixture->queue, &next_ms, NULL));
    g_assert_cmpint(next_ms, ==, 1500);
    g_assert_true(jobs_queue_fail(fixture->queue, jobs_job_lease(job), "x", FALSE, 600, NULL));
    g_assert_true(jobs_queue_next_ms(fixture->queue, &next_ms, NULL));
    g_assert_cmpint(next_ms, ==, 1600);
}

static void test_restart(Fixture *fixture, gconstpointer data)
{
    (void)data;
    guint count = 0;
    gint64 mine = add(fixture->queue, "a", 0, 0), other = add(fixture->queue, "b", 0, 0);
    gint64 ended = add(fixture->queue, "c", 0, 0);
    g_autoptr(JobsJob) first = take(fixture->queue, "me", 0);
    g_autoptr(JobsJob) second = take(fixture->queue, "other", 0);
    g_assert_true(jobs_queue_cancel(fixture->queue, ended, 0, NULL));
    jobs_queue_close(fixture->queue);
    fixture->queue = open_queue(fixture->path);
    g_assert_true(jobs_queue_recover(fixture->queue, "me", 10, &count, NULL));
    g_assert_cmpuint(count, ==, 1);
    assert_state(fixture->queue, mine, JOBS_STATE_WAITING);
    assert_state(fixture->queue, other, JOBS_STATE_RUNNING);
    assert_state(fixture->queue, ended, JOBS_STATE_CANCELLED);
    g_assert_true(jobs_queue_recover(fixture->queue, NULL, 200 * 1000, &count, NULL));
    g_assert_cmpuint(count, ==, 1);
    assert_state(fixture->queue, other, JOBS_STATE_WAITING);
    g_autoptr(GError) error = NULL;
    g_autoptr(JobsJob) forgotten = jobs_queue_get(fixture->queue, ended, &error);
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_GONE);
}

/* As two processes would: two connections on one file. */
static void test_two_connections(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(JobsQueue) other = open_queue(fixture->path);
    gint64 a = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) mine = take(fixture->queue, "me", 0);
    g_autoptr(JobsJob) theirs = take(other, "them", 0);
    g_assert_cmpint(mine->id, ==, a);
    g_assert_null(theirs);
    add(other, "b", 0, 1);
    g_autoptr(JobsJob) next = take(fixture->queue, "me", 1);
    g_assert_cmpstr(next->session, ==, "b");
}

static void test_no_database(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *missing = g_build_filename(fixture->folder, "none", "server.db", NULL);
    g_autoptr(GError) error = NULL;
    JobsQueueOptions options = {.path = missing};
    g_assert_null(jobs_queue_open(&options, &error));
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_FAILED);
    g_clear_error(&error);
    g_clear_pointer(&fixture->queue, jobs_queue_close);
    g_autofree char *noise = g_strnfill(10000, 'x');
    g_assert_true(g_file_set_contents(fixture->path, noise, -1, NULL));
    options.path = fixture->path;
    g_assert_null(jobs_queue_open(&options, &error));
    g_assert_error(error, JOBS_ERROR, JOBS_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, fixture->path));
    g_assert_nonnull(strstr(error->message, "move the file away"));
}

static void setup_fixture(Fixture *fixture, gconstpointer data)
{
    (void)data;
    set_up(fixture);
}

static void teardown_fixture(Fixture *fixture, gconstpointer data)
{
    (void)data;
    tear_down(fixture);
}

/* A question that came twice has one answer. */
static void test_held(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    add(fixture->queue, "a", 0, 0);
    add(fixture->queue, "b", 0, 0);
    g_assert_null(jobs_queue_held(fixture->queue, "x", 1000, &error));
    g_autoptr(JobsJob) first = take(fixture->queue, "x", 10);
    g_autoptr(JobsJob) again = jobs_queue_held(fixture->queue, "x", 5000, &error);
    g_assert_no_error(error);
    g_assert_cmpint(again->id, ==, first->id);
    g_assert_cmpint(again->take, ==, first->take);
    g_assert_cmpint(again->lease_until_ms, ==, 5000);
    g_assert_null(jobs_queue_held(fixture->queue, "y", 1000, &error));
}

static void test_of_session(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    add(fixture->queue, "a", 0, 0);
    add(fixture->queue, "b", 0, 0);
    g_autoptr(JobsJob) none = jobs_queue_take_of(fixture->queue, "x", "c", 10, 1000, &error);
    g_assert_null(none);
    g_autoptr(JobsJob) job = jobs_queue_take_of(fixture->queue, "x", "b", 10, 1000, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(job->session, ==, "b");
}

static void test_grace(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gint64 id = add(fixture->queue, "a", 0, 0);
    g_autoptr(JobsJob) job = take(fixture->queue, "x", 0); /* until 1000 */
    g_assert_true(jobs_queue_grace(fixture->queue, 9000, NULL));
    g_autoptr(JobsJob) none = take(fixture->queue, "y", 5000);
    g_assert_null(none);
    assert_state(fixture->queue, id, JOBS_STATE_RUNNING);
    g_assert_true(jobs_queue_grace(fixture->queue, 100, NULL)); /* never shorter */
    g_autoptr(JobsJob) held = get(fixture->queue, id);
    g_assert_cmpint(held->lease_until_ms, ==, 9000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) \
    g_test_add("/jobs/queue/" path, Fixture, NULL, setup_fixture, function, teardown_fixture)
    ADD("first-come-first-served", test_first_come);
    ADD("a-worker-gets-what-was-asked-for", test_what_was_asked);
    ADD("a-short-show-is-not-behind-a-long-one", test_short_first);
    ADD("a-long-show-does-not-wait-for-ever", test_long_not_for_ever);
    ADD("a-step-of-priority-is-ten-minutes", test_priority);
    ADD("a-session-has-one-running-job", test_one_of_a_session);
    ADD("a-heartbeat-moves-the-lease-on", test_heartbeat);
    ADD("a-question-that-came-twice-has-one-answer", test_held);
    ADD("one-show-may-be-asked-for", test_of_session);
    ADD("r11/nobody-is-gone-who-could-not-be-heard", test_grace);
    ADD("who-lost-its-lease-changes-nothing", test_lost);
    ADD("late-is-good-while-nobody-asked", test_late_but_unasked);
    ADD("r11/a-poison-job-ends-with-its-reason", test_poison);
    ADD("what-cannot-succeed-is-not-tried-again", test_for_good);
    ADD("a-long-reason-is-cut-at-a-character", test_reason_is_cut);
    ADD("giving-back-is-no-failure", test_give_back);
    ADD("cancelling-ends-waiting-and-running-jobs", test_cancel);
    ADD("lists-the-newest-first", test_list);
    ADD("refuses-what-is-no-wish", test_refusals);
    ADD("a-session-cannot-fill-the-queue", test_too_many);
    ADD("says-when-to-ask-again", test_next);
    ADD("r11/a-restart-takes-leases-back", test_restart);
    ADD("two-processes-share-it", test_two_connections);
    ADD("says-what-is-wrong-with-the-file", test_no_database);
    return g_test_run();
}
