/* crosscut worker: takes renders from a studio on another machine, by Redis, and does them one at a
 * time. It owns nothing: killed at any moment, its job goes on elsewhere. */
#include "command.h"
#include "error.h"
#include "object-storage.h"
#include "work.h"

#include <jobs/error.h>
#include <server/log.h>

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    TICKET_MS = 1000,
    AWAY_MS = 1000,
    ANSWER_MS = 1000,
    ASK_AGAIN_MS = 5000,
    ONCE_S = 30,    /* with --once: for a job to come */
    NONE_MS = 1000, /* after an answer that there is nothing */
};

typedef struct Worker {
    CliWork work;
    const char *session; /* NULL: of any */
    gboolean once;
    gint64 idle_us;   /* ends when there was nothing to do for so long; 0: goes on */
    gboolean is_away; /* said already */
    int exit_status;
} Worker;

static gboolean is_ending(const Worker *worker)
{
    return g_cancellable_is_cancelled(worker->work.cancellable);
}

static void note_away(Worker *worker, const GError *error)
{
    if (!worker->is_away)
        g_warning("waiting for Redis: %s", error->message);
    worker->is_away = TRUE;
    g_usleep(AWAY_MS * 1000);
}

static void note_reached(Worker *worker)
{
    if (worker->is_away)
        g_message("Redis is reached again");
    worker->is_away = FALSE;
}

/* ---- asking for a job ---- */

/* The answer to the question that was asked last; NULL: none came in time. Waited for also when this
 * worker has to end: a job that it got is given back at once then. */
static JobsWord *wait_for_answer(Worker *worker, gint64 number)
{
    gint64 until_us = g_get_monotonic_time() + ASK_AGAIN_MS * 1000;
    while (g_get_monotonic_time() < until_us) {
        g_autoptr(GError) error = NULL;
        g_autoptr(JobsWord) word = jobs_hand_hear(worker->work.hand, ANSWER_MS, &error);
        if (error != NULL)
            note_away(worker, error);
        if (word != NULL && word->number == number &&
            (word->say == JOBS_SAY_JOB || word->say == JOBS_SAY_NONE))
            return g_steal_pointer(&word);
    }
    return NULL;
}

/* Asked until the server answers: it may begin anew just now. NULL: asked to end. */
static JobsWord *ask(Worker *worker, const char *ticket)
{
    gboolean is_said = FALSE;
    while (!is_ending(worker)) {
        g_autoptr(GError) error = NULL;
        JobsWord word = {.say = JOBS_SAY_TAKE, .progress = {.left_ms = -1}};
        word.session = (char *)worker->session;
        word.is_far = cli_storage_is_far(worker->work.storage);
        gboolean good = jobs_hand_say(worker->work.hand, &word, &error) &&
                        (ticket == NULL || jobs_hand_keep(worker->work.hand, ticket, &error));
        g_free(word.worker);
        if (!good) {
            note_away(worker, error);
            continue;
        }
        note_reached(worker);
        JobsWord *answer = wait_for_answer(worker, word.number);
        if (answer != NULL)
            return answer;
        if (!is_said)
            g_info("the server does not answer; asking on");
        is_said = TRUE;
    }
    return NULL;
}

/* ---- doing it ---- */

static void note_worked(Worker *worker, const JobsWord *job, CliWorked worked)
{
    static const char *const words[] = {[CLI_WORK_DONE] = "done",
                                        [CLI_WORK_FAILED] = "failed",
                                        [CLI_WORK_LOST] = "lost",
                                        [CLI_WORK_BACK] = "given back"};
    g_message("job %s show=%s job=%" G_GINT64_FORMAT, words[worked], job->session, job->lease.job);
    worker->exit_status = worked == CLI_WORK_DONE   ? CLI_EXIT_GOOD
                          : worked == CLI_WORK_BACK ? CLI_EXIT_INTERRUPTED
                                                    : CLI_EXIT_FAILED;
}

/* TRUE: there was a job. */
static gboolean serve(Worker *worker, const char *ticket)
{
    g_autoptr(JobsWord) job = ask(worker, ticket);
    if (job != NULL && job->say == JOBS_SAY_JOB) {
        g_message("job taken show=%s job=%" G_GINT64_FORMAT, job->session, job->lease.job);
        note_worked(worker, job, cli_work(&worker->work, job, ticket));
    }
    if (ticket != NULL)
        jobs_hand_done(worker->work.hand, ticket, NULL);
    return job != NULL && job->say == JOBS_SAY_JOB;
}

static void work_for_session(Worker *worker)
{
    if (!serve(worker, NULL) && !is_ending(worker))
        g_message("there is no render to do for this show show=%s", worker->session);
}

/* TRUE: there was a job. */
static gboolean look_for_ticket(Worker *worker)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *ticket = jobs_hand_ticket(worker->work.hand, TICKET_MS, &error);
    if (error != NULL)
        note_away(worker, error);
    else
        note_reached(worker);
    if (ticket == NULL)
        return FALSE;
    if (serve(worker, ticket))
        return TRUE;
    if (!is_ending(worker))
        g_usleep(NONE_MS * 1000);
    return FALSE;
}

static void work_by_tickets(Worker *worker)
{
    gint64 since_us = g_get_monotonic_time();
    while (!is_ending(worker)) {
        if (look_for_ticket(worker)) {
            since_us = g_get_monotonic_time();
            if (worker->once)
                return;
        }
        if (worker->idle_us > 0 && g_get_monotonic_time() - since_us > worker->idle_us) {
            g_message("there was nothing to do");
            return;
        }
    }
}

/* ---- the process ---- */

static char *own_path(void)
{
    char *path = g_file_read_link("/proc/self/exe", NULL);
    return path != NULL ? path : g_strdup("crosscut");
}

/* Of this process alone, whatever machines are called. */
static char *unique_name(const CliArguments *arguments)
{
    const char *given = cli_value(arguments, "name");
    g_autofree char *base = g_strndup(given != NULL ? given : g_get_host_name(), 64);
    for (char *c = base; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("._-", *c) == NULL)
            *c = '-';
    return g_strdup_printf("%s-%08x", base, g_random_int());
}

/* An option, else a variable, which neither a child nor /proc/PID/environ gets to see. Free with
 * g_free(). */
static char *setting(const CliArguments *arguments, const char *option, const char *variable)
{
    const char *given = cli_value(arguments, option);
    char *hidden = getenv(variable);
    char *value = g_strdup(given != NULL ? given : hidden);
    if (hidden != NULL)
        explicit_bzero(hidden, strlen(hidden));
    unsetenv(variable);
    return value;
}

static gboolean check(const CliArguments *arguments, const char *redis, const char *storage,
                      GError **error)
{
    const char *flag = cli_value(arguments, "redis");
    const char *problem = NULL;
    if (cli_positionals(arguments)->len > 1)
        problem = "worker: expected one session at most";
    else if (redis == NULL)
        problem = "worker: --redis (or CROSSCUT_REDIS) is missing: where the studio hands out "
                  "renders";
    else if (storage == NULL)
        problem = "worker: --storage (or CROSSCUT_STORAGE) is missing: where the shows are";
    else if (flag != NULL && strchr(flag, '@') != NULL)
        problem = "--redis: everybody on this machine can read command lines; give an address with "
                  "a password as CROSSCUT_REDIS";
    if (problem != NULL)
        g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE, problem);
    return problem == NULL;
}

static int run(const CliContext *context, GError **error)
{
    const CliArguments *arguments = context->arguments;
    const GPtrArray *sessions = cli_positionals(arguments);
    g_autofree char *redis = setting(arguments, "redis", "CROSSCUT_REDIS");
    g_autofree char *where = setting(arguments, "storage", "CROSSCUT_STORAGE");
    if (!check(arguments, redis, where, error))
        return CLI_EXIT_USAGE;
    server_log_install(cli_flag(arguments, "json") ? SERVER_LOG_JSON : SERVER_LOG_PLAIN,
                       cli_flag(arguments, "quiet"));
    g_autofree char *name = unique_name(arguments);
    int idle_s = cli_flag(arguments, "once") ? ONCE_S : 0;
    if (!cli_integer(arguments, "idle", 1, 7 * 86400, &idle_s, error))
        return CLI_EXIT_USAGE;
    g_autofree char *program = own_path();
    g_autoptr(CliStorage) storage = cli_storage_new(where, cli_value(arguments, "scratch"), error);
    cli_forget_secrets();
    g_autoptr(JobsHand) hand = storage != NULL ? jobs_hand_new(redis, name, error) : NULL;
    if (hand == NULL)
        return CLI_EXIT_FAILED;
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks looks into the process too */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    Worker worker = {
        .work = {hand, storage, context->cancellable, program},
        .session = sessions->len > 0 ? sessions->pdata[0] : NULL,
        .once = cli_flag(arguments, "once"),
        .idle_us = (gint64)idle_s * G_USEC_PER_SEC,
    };
    g_message("worker ready name=%s", name);
    if (worker.session != NULL)
        work_for_session(&worker);
    else
        work_by_tickets(&worker);
    return worker.once || worker.session != NULL ? worker.exit_status : CLI_EXIT_GOOD;
}

static const CliOption options[] = {
    {"redis", 0, "URL", NULL,
     "Where the studio hands out renders: redis://host:port/database; with a password as "
     "CROSSCUT_REDIS only"},
    {"storage", 0, "WHERE", NULL,
     "Where the shows are: the studio's storage, shared with this machine, or s3://bucket/prefix, "
     "its "
     "--mirror (or CROSSCUT_STORAGE)"},
    {"once", 0, NULL, NULL, "Do one render and end; the exit status says how it went"},
    {"idle", 0, "SECONDS", NULL,
     "End when there was nothing to do for so long (with --once 30; else never)"},
    {"name", 0, "NAME", NULL, "What it is called in logs (the machine's name)"},
    {"scratch", 0, "DIR", NULL, "Room for recordings that are fetched ($TMPDIR)"},
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_worker = {
    .name = "worker",
    .arguments = "[SESSION] --redis URL --storage WHERE [OPTION…]",
    .summary = "Render shows for a studio on another machine",
    .description =
        "Takes renders that `crosscut serve --redis URL` hands out and does them one at a time, in "
        "a "
        "sandbox, into a folder of their own; the studio checks what it left and puts it in its "
        "place. Any number of workers may run; each render becomes the show's once. A worker may "
        "be "
        "killed at any moment: after the studio's --worker-lease its render goes to another. "
        "SIGTERM "
        "gives the render back at once, or delivers what is done, within 25 seconds. With SESSION "
        "it does the render that waits for that show, if there is one, and ends; with --once the "
        "first that comes within half a minute.",
    .options = options,
    .examples =
        (const char *const[]){
            "crosscut worker --redis redis://10.0.0.5/0 --storage /srv/shows",
            "takes renders until it is ended",
            "crosscut worker --once --redis redis://10.0.0.5/0 --storage s3://shows/studio",
            "as a job of a cluster, with object storage", NULL},
    .run = run,
};
