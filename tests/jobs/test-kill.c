/* kill -9 at any moment: what was answered is in the queue, and the queue goes on. A child adds,
 * takes and ends jobs and says through a pipe what it was answered; its parent kills it and looks. */
#include "folder.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Answer {
    gint64 job;
    JobsState state;
} Answer;

static void say(int pipe, gint64 job, JobsState state)
{
    Answer answer = {job, state};
    if (write(pipe, &answer, sizeof answer) != sizeof answer)
        _exit(1);
}

static void G_GNUC_NORETURN work_until_killed(const char *path, int pipe)
{
    JobsQueue *queue = open_queue(path);
    for (gint64 now = 0;; now += 1) {
        g_autofree char *session = g_strdup_printf("%d-%" G_GINT64_FORMAT, (int)getpid(), now);
        say(pipe, add(queue, session, 0, now), JOBS_STATE_WAITING);
        g_autoptr(JobsJob) job = take(queue, "child", now);
        if (job == NULL)
            continue;
        say(pipe, job->id, JOBS_STATE_RUNNING);
        if (!jobs_queue_done(queue, jobs_job_lease(job), now, NULL))
            _exit(1);
        say(pipe, job->id, JOBS_STATE_DONE);
    }
}

/* What is in the file may be one step further than what was answered, never behind it. */
static void check(const char *path, const Answer *answers, guint count)
{
    g_autoptr(JobsQueue) queue = open_queue(path);
    for (guint i = 0; i < count; i++) {
        g_autoptr(JobsJob) job = get(queue, answers[i].job);
        g_assert_cmpint(job->state, >=, answers[i].state);
    }
    guint expired = 0;
    g_assert_true(jobs_queue_recover(queue, "child", 10, &expired, NULL));
    g_assert_cmpuint(expired, <=, 1);
}

static void kill_and_check(const char *path)
{
    int pipes[2], status;
    g_assert_cmpint(pipe(pipes), ==, 0);
    pid_t child = fork(); /* this process has no other thread */
    if (child == 0)
        work_until_killed(path, pipes[1]);
    close(pipes[1]);
    g_autoptr(GArray) answers = g_array_new(FALSE, FALSE, sizeof(Answer));
    Answer answer;
    int left = g_test_rand_int_range(1, 60);
    while (read(pipes[0], &answer, sizeof answer) == (ssize_t)sizeof answer) {
        g_array_append_val(answers, answer);
        if (--left == 0)
            g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    close(pipes[0]);
    check(path, (const Answer *)(const void *)answers->data, answers->len);
}

static void test_nothing_answered_is_lost(void)
{
    Fixture fixture;
    set_up(&fixture);
    g_clear_pointer(&fixture.queue, jobs_queue_close);
    for (int round = 0; round < 20; round++)
        kill_and_check(fixture.path);
    tear_down(&fixture);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jobs/kill/r11/nothing-answered-is-lost", test_nothing_answered_is_lost);
    return g_test_run();
}
