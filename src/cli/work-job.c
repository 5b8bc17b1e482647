/* One job. The main loop runs while files come, the child renders and files go, so that the server
 * hears of it all the time. What always holds: after LOST nothing is delivered; whatever ends a job,
 * the server is told, or its lease ends by itself. */
#include "work.h"

#include <jobs/error.h>
#include <server/render-child.h>
#include <server/render-objects.h>
#include <server/render-wish.h>
#include <store/attempt.h>
#include <store/parts.h>
#include <store/workers.h>

#include <string.h>

enum {
    TICK_MS = 250,
    PARTS_MS = 2000, /* how often finished parts are looked for */
    BEATS = 4,       /* in a lease */
    AWAY_MS = 2000,
    ANSWER_MS = 1000,
    SAY_AGAIN_MS = 5000,
    LAST_WORDS_MS =
        10 * 1000, /* after somebody asked it to end; reclaim notices are 25 s and more */
    DELIVER_MS = 12 * 1000,
    PUBLISH_MS = 45 * 60 * 1000, /* the server reads and moves many gigabytes */
};

typedef struct Job {
    const CliWork *work;
    const JobsWord *word;
    const char *ticket;
    GMainLoop *loop;
    StoreWorkers *workers; /* one thread, for files */
    GCancellable *files;   /* ends what it does */
    ServerRenderChild *child;
    char *folder;          /* the show's, once it is here */
    gboolean is_finished;  /* an earlier take had it whole */
    GError *error;         /* of the thread */
    ServerRenderEnd ended; /* how the child did; its reason is ours to free */
    gboolean is_sending_parts, has_sent_last;
    gint64 parts_us;   /* when that began last */
    char *reason;      /* why the job failed, … */
    gboolean for_good; /* … and whether another try would be the same */
    gboolean is_lost, is_ending;
    CliWorked worked; /* 0: go on */
    JobsProgress progress;
    gint64 beat_us, away_us;
    gint64 last_number; /* of its last word: answers to earlier ones say nothing of that */
    guint tick, deliver_timer;
} Job;

static void send_parts(Job *job);

/* ---- the talk while it runs ---- */

static void stop_all(Job *job)
{
    g_cancellable_cancel(job->files);
    if (job->child != NULL)
        server_render_child_stop(job->child);
}

static gboolean is_of_job(const Job *job, const JobsWord *word)
{
    return word->lease.job == job->word->lease.job && word->lease.take == job->word->lease.take;
}

static void take_word(Job *job, const JobsWord *word)
{
    if (word->say != JOBS_SAY_LOST || !is_of_job(job, word) || job->is_lost)
        return;
    g_message("the job is this worker's no more job=%" G_GINT64_FORMAT, word->lease.job);
    job->is_lost = TRUE;
    stop_all(job);
}

static gboolean beat(Job *job, GError **error)
{
    JobsWord word = {.say = JOBS_SAY_BEAT, .lease = job->word->lease, .progress = job->progress};
    word.session = job->word->session;
    gboolean is_said = jobs_hand_say(job->work->hand, &word, error) &&
                       (job->ticket == NULL || jobs_hand_keep(job->work->hand, job->ticket, error));
    g_free(word.worker);
    return is_said;
}

static void listen(Job *job, GError **error)
{
    for (;;) {
        g_autoptr(JobsWord) word = jobs_hand_hear(job->work->hand, 0, error);
        if (word == NULL)
            return;
        take_word(job, word);
    }
}

static gboolean tick(gpointer data)
{
    Job *job = data;
    g_autoptr(GError) error = NULL;
    gint64 now_us = g_get_monotonic_time();
    gint64 lease_ms = MAX(job->word->lease_ms, 1000);
    if (now_us < job->away_us)
        return G_SOURCE_CONTINUE;
    if (now_us - job->beat_us >= lease_ms * 1000 / BEATS && beat(job, &error))
        job->beat_us = now_us;
    if (job->child != NULL && !job->is_sending_parts && cli_storage_is_far(job->work->storage) &&
        now_us - job->parts_us > (gint64)PARTS_MS * 1000)
        send_parts(job);
    if (error == NULL)
        listen(job, &error);
    if (error != NULL) {
        g_info("the server is not told for a moment error=%s", error->message);
        job->away_us = now_us + (gint64)AWAY_MS * 1000;
    }
    return G_SOURCE_CONTINUE;
}

/* ---- its steps ---- */

static void end(Job *job, CliWorked worked)
{
    job->worked = worked;
    g_main_loop_quit(job->loop);
}

/* TRUE: it is ended where it is. */
static gboolean end_when_asked(Job *job)
{
    if (!job->is_lost && !job->is_ending)
        return FALSE;
    end(job, job->is_lost ? CLI_WORK_LOST : CLI_WORK_BACK);
    return TRUE;
}

static void end_failed(Job *job, const char *reason, gboolean for_good)
{
    g_autofree char *valid = g_utf8_make_valid(reason, -1);
    GString *without = g_string_new(valid);
    if (job->folder != NULL) {
        g_autofree char *within = g_strconcat(job->folder, "/", NULL);
        g_string_replace(without, within, "", 0);
        g_string_replace(without, job->folder, "this show", 0);
    }
    g_string_truncate(without, MIN(without->len, (gsize)JOBS_REASON_BYTES_MAX / 2));
    g_autofree char *cut = g_string_free(without, FALSE);
    job->reason = g_utf8_make_valid(cut, -1);
    job->for_good = for_good;
    end(job, CLI_WORK_FAILED);
}

static void deliver_work(gpointer data)
{
    Job *job = data;
    JobsLease lease = job->word->lease;
    if (!job->is_finished && !store_attempt_finish(job->folder, lease.job, lease.take, &job->error))
        return;
    cli_storage_deliver(job->work->storage, job->word->session, lease, job->files, &job->error);
}

static void deliver_done(gpointer data)
{
    Job *job = data;
    if (job->error == NULL && !job->is_lost)
        end(job, CLI_WORK_DONE);
    else if (!end_when_asked(job))
        end_failed(job, job->error->message, FALSE);
}

static void deliver(Job *job)
{
    store_workers_push(job->workers, deliver_work, deliver_done, job);
}

static void progressed(double percent, gint64 left_ms, gpointer data)
{
    Job *job = data;
    job->progress = (JobsProgress){percent, left_ms};
}

static gboolean give_up_delivering(gpointer data)
{
    Job *job = data;
    job->deliver_timer = 0;
    g_cancellable_cancel(job->files);
    return G_SOURCE_REMOVE;
}

static void child_is_over(Job *job);

/* ---- finished parts go where the next take finds them ---- */

static void parts_work(gpointer data)
{
    Job *job = data;
    cli_storage_send_parts(job->work->storage, job->word->session, job->word->lease, job->files);
}

static void parts_done(gpointer data)
{
    Job *job = data;
    job->is_sending_parts = FALSE;
    if (job->child == NULL)
        child_is_over(job);
}

static void send_parts(Job *job)
{
    job->is_sending_parts = TRUE;
    job->parts_us = g_get_monotonic_time();
    store_workers_push(job->workers, parts_work, parts_done, job);
}

/* While nothing is sent. What it finished last goes before the job is given back. */
static void child_is_over(Job *job)
{
    if (!job->ended.is_good && !job->is_lost && !job->has_sent_last &&
        cli_storage_is_far(job->work->storage)) {
        job->has_sent_last = TRUE;
        send_parts(job);
    } else if (job->ended.is_good && !job->is_lost) {
        deliver(job);
    } else if (!end_when_asked(job)) {
        end_failed(job, job->ended.reason, job->ended.is_for_good);
    }
}

static void child_ended(const ServerRenderEnd *ended, gpointer data)
{
    Job *job = data;
    g_clear_pointer(&job->child, server_render_child_free);
    job->ended = *ended;
    job->ended.reason = g_strdup(ended->reason);
    if (job->is_ending && job->deliver_timer == 0)
        job->deliver_timer = g_timeout_add(DELIVER_MS, give_up_delivering, job);
    if (!job->is_sending_parts)
        child_is_over(job);
}

static const char *settings_of(const Job *job)
{
    return job->word->settings != NULL ? job->word->settings : "{}";
}

static void start_child(Job *job)
{
    g_autoptr(GError) error = NULL;
    JobsLease lease = job->word->lease;
    g_auto(GStrv) wished = server_render_wish_options(settings_of(job), &error);
    g_autofree char *attempt = store_attempt_path(job->folder, lease.job, lease.take);
    g_autofree char *parts = g_build_filename(attempt, STORE_PARTS, NULL);
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_strv_builder_add_many(builder, "--recordings", job->folder, "--resume", parts, NULL);
    if (wished != NULL)
        g_strv_builder_addv(builder, (const char **)wished);
    g_auto(GStrv) options = g_strv_builder_end(builder);
    ServerRenderEvents events = {progressed, child_ended, job};
    if (wished != NULL)
        job->child = server_render_child_new(job->work->program, attempt,
                                             (const char *const *)options, &events, &error);
    if (job->child == NULL)
        end_failed(job, error->message, TRUE);
}

static void fetch_work(gpointer data)
{
    Job *job = data;
    JobsLease lease = job->word->lease;
    job->folder =
        cli_storage_fetch(job->work->storage, job->word->session, lease, job->files, &job->error);
    if (job->folder != NULL &&
        store_attempt_open(job->folder, lease.job, lease.take,
                           server_render_wish_keeps(settings_of(job)), &job->is_finished,
                           &job->error) &&
        !job->is_finished &&
        server_objects_fetch_missing(NULL, job->word->session, job->folder, lease, job->files,
                                     &job->error))
        cli_storage_fetch_parts(job->work->storage, job->word->session, lease, job->files);
}

static void fetch_done(gpointer data)
{
    Job *job = data;
    if (end_when_asked(job))
        return;
    if (job->error != NULL)
        end_failed(job, job->error->message, FALSE);
    else if (job->is_finished)
        deliver(job);
    else
        start_child(job);
}

/* ---- somebody asks it to end ---- */

/* What is rendered already is delivered, if that takes no longer than there is time. */
static gboolean asked_to_end(GCancellable *cancellable, gpointer data)
{
    Job *job = data;
    (void)cancellable;
    job->is_ending = TRUE;
    if (job->child != NULL)
        server_render_child_stop(job->child);
    else
        job->deliver_timer =
            g_timeout_add(job->folder != NULL ? DELIVER_MS : 0, give_up_delivering, job);
    return G_SOURCE_REMOVE;
}

static void run(Job *job)
{
    GSource *asked = g_cancellable_source_new(job->work->cancellable);
    g_source_set_callback(asked, G_SOURCE_FUNC(asked_to_end), job, NULL);
    g_source_attach(asked, NULL);
    job->tick = g_timeout_add(TICK_MS, tick, job);
    store_workers_push(job->workers, fetch_work, fetch_done, job);
    g_main_loop_run(job->loop);
    g_source_destroy(asked);
    g_source_unref(asked);
    g_clear_handle_id(&job->tick, g_source_remove);
    g_clear_handle_id(&job->deliver_timer, g_source_remove);
}

/* ---- the last word ---- */

static JobsSay last_word_of(CliWorked worked)
{
    return worked == CLI_WORK_DONE     ? JOBS_SAY_DONE
           : worked == CLI_WORK_FAILED ? JOBS_SAY_FAIL
                                       : JOBS_SAY_BACK;
}

/* The server's answer to any message of this job that says how it ended, or UNSET. */
static JobsSay wait_for_answer(Job *job, gint64 until_us)
{
    while (g_get_monotonic_time() < until_us) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JobsWord) word = jobs_hand_hear(job->work->hand, ANSWER_MS, &error);
        if (error != NULL)
            g_usleep(ANSWER_MS * 500);
        if (word == NULL || !is_of_job(job, word) || word->number < job->last_number)
            continue;
        if (word->say == JOBS_SAY_BAD)
            g_warning("the server did not take what was rendered error=%s",
                      word->reason != NULL ? word->reason : "");
        return word->say;
    }
    return JOBS_SAY_UNSET;
}

/* Said until it was heard, or for as long as there is time. */
static JobsSay say_last(Job *job)
{
    gint64 began_us = g_get_monotonic_time(), ending_us = 0;
    for (;;) {
        JobsWord word = {.say = last_word_of(job->worked),
                         .lease = job->word->lease,
                         .session = job->word->session,
                         .reason = job->reason,
                         .for_good = job->for_good,
                         .is_far = cli_storage_is_far(job->work->storage),
                         .progress = job->progress};
        g_autoptr(GError) error = NULL;
        JobsSay answer = JOBS_SAY_UNSET;
        if (jobs_hand_say(job->work->hand, &word, &error)) {
            job->last_number = word.number;
            answer = wait_for_answer(job, g_get_monotonic_time() + SAY_AGAIN_MS * 1000);
        } else {
            g_usleep(ANSWER_MS * 1000);
        }
        g_free(word.worker);
        if (answer != JOBS_SAY_UNSET && answer != JOBS_SAY_WAIT)
            return answer;
        gint64 now_us = g_get_monotonic_time();
        if (g_cancellable_is_cancelled(job->work->cancellable) && ending_us == 0)
            ending_us = now_us;
        if ((ending_us != 0 && now_us - ending_us > (gint64)LAST_WORDS_MS * 1000) ||
            now_us - began_us > (gint64)PUBLISH_MS * 1000)
            return JOBS_SAY_UNSET;
        if (answer == JOBS_SAY_WAIT)
            g_usleep(ANSWER_MS * 1000);
    }
}

static CliWorked conclude(Job *job)
{
    if (job->worked == CLI_WORK_LOST)
        return CLI_WORK_LOST;
    JobsSay answer = say_last(job);
    if (answer != JOBS_SAY_LOST && job->worked != CLI_WORK_DONE)
        return job->worked;
    return answer == JOBS_SAY_GOOD   ? CLI_WORK_DONE
           : answer == JOBS_SAY_BAD  ? CLI_WORK_FAILED
           : answer == JOBS_SAY_LOST ? CLI_WORK_LOST
                                     : CLI_WORK_BACK;
}

CliWorked cli_work(const CliWork *work, const JobsWord *word, const char *ticket)
{
    Job job = {.work = work, .word = word, .ticket = ticket, .progress = {.left_ms = -1}};
    job.loop = g_main_loop_new(NULL, FALSE);
    job.workers = store_workers_new("files", 1, NULL);
    job.files = g_cancellable_new();
    job.beat_us = g_get_monotonic_time();
    run(&job);
    CliWorked worked = conclude(&job);
    store_workers_free(job.workers);
    cli_storage_leave(work->storage, word->session);
    g_object_unref(job.files);
    g_main_loop_unref(job.loop);
    g_clear_error(&job.error);
    g_free(job.folder);
    g_free(job.reason);
    g_free((char *)job.ended.reason);
    return worked;
}
