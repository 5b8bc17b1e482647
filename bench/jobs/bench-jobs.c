/* bench-jobs FOLDER [COUNT]: durable transitions a second of the queue, in a database made in FOLDER
 * (which decides: its disk is what is measured), and what taking costs behind a long queue. */
#include <jobs/queue.h>

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>

static gint64 clock_ms;

static JobsQueue *open_new(const char *path)
{
    g_autoptr(GError) error = NULL;
    JobsQueueOptions options = {.path = path};
    JobsQueue *queue = jobs_queue_open(&options, &error);
    if (queue == NULL) {
        fprintf(stderr, "bench-jobs: %s\n", error->message);
        exit(1);
    }
    return queue;
}

static void check(gboolean is_good, const GError *error)
{
    if (!is_good) {
        fprintf(stderr, "bench-jobs: %s\n", error != NULL ? error->message : "nothing to take");
        exit(1);
    }
}

static void add(JobsQueue *queue, guint i)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *session = g_strdup_printf("show-%u", i);
    JobsWish wish = {.session = session, .kind = "render", .length_ms = 60000 + i % 1000};
    check(jobs_queue_add(queue, &wish, ++clock_ms, &error) != 0, error);
}

/* Take, heartbeat, done. */
static void work(JobsQueue *queue)
{
    g_autoptr(GError) error = NULL;
    JobsProgress progress = {.percent = 50, .left_ms = 1000};
    clock_ms++;
    g_autoptr(JobsJob) job = jobs_queue_take(queue, "bench", clock_ms, clock_ms + 60000, &error);
    check(job != NULL, error);
    JobsLease lease = jobs_job_lease(job);
    check(jobs_queue_heartbeat(queue, lease, clock_ms + 90000, &progress, &error), error);
    check(jobs_queue_done(queue, lease, clock_ms, &error), error);
}

static double seconds_since(gint64 start_us)
{
    return (double)(g_get_monotonic_time() - start_us) / 1e6;
}

int main(int argc, char **argv)
{
    guint count = argc > 2 ? (guint)atoi(argv[2]) : 500; /* NOLINT(cert-err34-c) a number of ours */
    if (argc < 2 || count == 0) {
        fprintf(stderr, "usage: bench-jobs FOLDER [COUNT]\n");
        return 2;
    }
    g_autofree char *path = g_build_filename(argv[1], "bench-jobs.db", NULL);
    g_unlink(path);
    JobsQueue *queue = open_new(path);
    gint64 start_us = g_get_monotonic_time();
    for (guint i = 0; i < count; i++)
        add(queue, i);
    double add_s = seconds_since(start_us);
    start_us = g_get_monotonic_time();
    for (guint i = 0; i < count; i++)
        work(queue);
    double work_s = seconds_since(start_us);
    printf("jobs=%u adds_per_s=%.0f transitions_per_s=%.0f (take, heartbeat, done)\n", count,
           count / add_s, 3 * count / work_s);
    jobs_queue_close(queue);
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
        g_autofree char *file = g_strconcat(path, ends[i], NULL);
        g_unlink(file);
    }
    return 0;
}
