/* Renders by workers elsewhere: what they say is answered here, from the queue. What always holds:
 * only the queue says who has a job; a message that comes twice is answered twice and changes nothing
 * the second time; nothing that a worker says is believed but numbers and its reason. */
#include "renders-state-private.h"

#include "mirror-private.h"

#include <jobs/desk.h>
#include <jobs/error.h>
#include <server/error.h>
#include <server/render-wish.h>
#include <store/folder.h>
#include <store/names.h>
#include <store/whole.h>

#include <string.h>

enum { LOOK_MS = 1000, NOT_READY_MS = 10 * 1000 };

struct ServerCrew {
    ServerRenders *renders;
    JobsDesk *desk;
    GHashTable *publishing; /* gint64 *: jobs whose results are being checked and put in place */
    guint refs;             /* its owner, and answers that are due */
    guint timer;
    gboolean is_freed, is_reached;
};

static ServerCrew *ref(ServerCrew *crew)
{
    crew->refs++;
    return crew;
}

static void unref(ServerCrew *crew)
{
    if (--crew->refs > 0)
        return;
    server_renders_unref(crew->renders);
    g_hash_table_unref(crew->publishing);
    g_free(crew);
}

/* ---- answers ---- */

/* One question, until it is answered. */
typedef struct Question {
    ServerCrew *crew;
    char *worker, *session;
    gint64 number;
    JobsLease lease;
    gboolean is_far;
    JobsWord *job; /* that it may have, when the mirror has its show */
    char *folder;  /* of that show */
    gboolean is_mirrored;
} Question;

static Question *question_new(ServerCrew *crew, const JobsWord *word)
{
    Question *question = g_new0(Question, 1);
    question->crew = ref(crew);
    question->worker = g_strdup(word->worker);
    question->session = g_strdup(word->session);
    question->number = word->number;
    question->lease = word->lease;
    question->is_far = word->is_far;
    return question;
}

static void question_free(Question *question)
{
    unref(question->crew);
    g_free(question->worker);
    g_free(question->session);
    g_free(question->folder);
    jobs_word_free(question->job);
    g_free(question);
}

/* `answer`: its say, and what belongs to that; the rest is the question's. */
static void say(const Question *question, JobsWord *answer)
{
    if (question->crew->is_freed)
        return;
    answer->worker = question->worker;
    answer->number = question->number;
    answer->lease_ms = question->crew->renders->server->config->worker_lease_ms;
    if (answer->lease.job == 0)
        answer->lease = question->lease;
    jobs_desk_say(question->crew->desk, answer);
}

static void say_only(const Question *question, JobsSay word)
{
    JobsWord answer = {.say = word, .progress = {.left_ms = -1}};
    say(question, &answer);
}

/* Lost for a worker: somebody else's, cancelled, or of a show that is gone. */
static JobsSay word_of(const GError *error)
{
    if (error == NULL)
        return JOBS_SAY_GOOD;
    return g_error_matches(error, JOBS_ERROR, JOBS_ERROR_LOST) ||
                   g_error_matches(error, JOBS_ERROR, JOBS_ERROR_GONE)
               ? JOBS_SAY_LOST
               : JOBS_SAY_WAIT;
}

/* ---- take ---- */

static void give_back(Question *question, JobsLease lease)
{
    jobs_give_back(question->crew->renders->jobs, lease, NOT_READY_MS, NULL, NULL);
    say_only(question, JOBS_SAY_NONE);
}

static void hand_out(Question *question)
{
    JobsWord *job = question->job;
    g_message("show being rendered show=%s job=%" G_GINT64_FORMAT " worker=%s", job->session,
              job->lease.job, question->worker);
    say(question, job);
    job->worker = NULL; /* the question's */
}

/* What it reads from the mirror is there, as it is here. */
static gboolean has_all(ServerMirror *mirror, const char *session, const char *folder)
{
    g_autofree char *path = g_build_filename(folder, STORE_MANIFEST, NULL);
    g_autofree char *sum = store_sha256(path, NULL, NULL, NULL);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(folder, NULL);
    if (manifest == NULL || sum == NULL || !server_mirror_has(mirror, session, STORE_MANIFEST, sum))
        return FALSE;
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (store_recording_parse(file->name, NULL) && file->path == NULL && file->sha256 != NULL &&
            !server_mirror_has(mirror, session, file->name, file->sha256))
            return FALSE;
    }
    return TRUE;
}

static void mirror_work(gpointer data)
{
    Question *question = data;
    ServerMirror *mirror = question->crew->renders->server->mirror;
    question->is_mirrored =
        mirror != NULL && has_all(mirror, question->job->session, question->folder);
}

static void mirror_done(gpointer data)
{
    Question *question = data;
    if (question->is_mirrored && !question->crew->is_freed)
        hand_out(question);
    else if (!question->crew->is_freed)
        give_back(question, question->job->lease);
    question_free(question);
}

static JobsWord *word_for(const JobsJob *job)
{
    JobsWord *word = g_new0(JobsWord, 1);
    word->say = JOBS_SAY_JOB;
    word->lease = jobs_job_lease(job);
    word->session = g_strdup(job->session);
    word->settings = g_strdup(job->settings);
    word->progress = job->progress;
    return word;
}

static void taken(const JobsJob *job, const GError *error, gpointer data)
{
    Question *question = data;
    ServerRenders *renders = question->crew->renders;
    if (question->crew->is_freed) {
        question_free(question);
        return;
    }
    if (error != NULL)
        g_warning("no render was taken error=%s", error->message);
    if (job == NULL) {
        say_only(question, JOBS_SAY_NONE);
    } else if (renders->is_draining || !server_renders_is_ready(renders, job->session)) {
        give_back(question, jobs_job_lease(job));
    } else {
        question->job = word_for(job);
        question->folder = server_renders_folder(renders, job->session);
        if (question->is_far && question->folder != NULL) {
            store_workers_push(renders->workers, mirror_work, mirror_done, question);
            return;
        }
        hand_out(question);
    }
    question_free(question);
}

static void take(ServerCrew *crew, const JobsWord *word)
{
    ServerRenders *renders = crew->renders;
    if (renders->is_draining)
        return; /* it asks again, and then whoever is there */
    jobs_take_for(renders->jobs, word->worker, word->session,
                  renders->server->config->worker_lease_ms, taken, question_new(crew, word));
}

/* ---- while it is done ---- */

static void beaten(const JobsJob *job, const GError *error, gpointer data)
{
    (void)job;
    say_only(data, word_of(error));
    question_free(data);
}

static void ended(const JobsJob *job, const GError *error, gpointer data)
{
    Question *question = data;
    ServerRenders *renders = question->crew->renders;
    if (job != NULL && !renders->is_freed) {
        server_renders_count(renders, job);
        if (jobs_state_is_ended(job->state))
            server_renders_clean(renders, job->session, job->id);
    }
    say_only(question, word_of(error));
    question_free(question);
}

static void fail(ServerCrew *crew, const JobsWord *word)
{
    g_warning("show not rendered worker=%s job=%" G_GINT64_FORMAT " error=%s", word->worker,
              word->lease.job, word->reason != NULL ? word->reason : "");
    jobs_fail(crew->renders->jobs, word->lease, word->reason, word->for_good, ended,
              question_new(crew, word));
}

/* ---- done ---- */

static void published(const GError *error, gpointer data)
{
    Question *question = data;
    g_hash_table_remove(question->crew->publishing, &question->lease.job);
    JobsWord answer = {.say = word_of(error), .progress = {.left_ms = -1}};
    if (answer.say == JOBS_SAY_WAIT) { /* it was noted as failed */
        answer.say = JOBS_SAY_BAD;
        answer.reason = server_error_message(error);
    }
    say(question, &answer);
    g_free(answer.reason);
    question_free(question);
}

/* Said again, since the first answer was lost: TRUE when this very take is done. */
static gboolean is_done(const ServerCrew *crew, const JobsWord *word)
{
    const JobsJob *job = jobs_find(crew->renders->jobs, word->session, word->lease.job);
    return job != NULL && job->state == JOBS_STATE_DONE && job->take == word->lease.take;
}

static void publish(ServerCrew *crew, const JobsWord *word)
{
    Question *question = question_new(crew, word);
    const JobsJob *job = word->session != NULL
                             ? jobs_find(crew->renders->jobs, word->session, word->lease.job)
                             : NULL;
    if (job == NULL || is_done(crew, word) ||
        g_hash_table_contains(crew->publishing, &word->lease.job)) {
        say_only(question, job == NULL           ? JOBS_SAY_LOST
                           : is_done(crew, word) ? JOBS_SAY_GOOD
                                                 : JOBS_SAY_WAIT);
        question_free(question);
        return;
    }
    g_autofree char *cut = server_render_wish_cut(job->settings);
    ServerLeft left = {
        .session = word->session, .cut = cut, .lease = word->lease, .is_far = word->is_far};
    g_hash_table_add(crew->publishing, g_memdup2(&word->lease.job, sizeof word->lease.job));
    server_renders_publish(crew->renders, &left, published, question);
}

/* ---- what is said ---- */

static void heard(const JobsWord *word, gpointer data)
{
    ServerCrew *crew = data;
    ServerRenders *renders = crew->renders;
    switch (word->say) {
    case JOBS_SAY_TAKE:
        take(crew, word);
        return;
    case JOBS_SAY_BEAT:
        jobs_heartbeat(renders->jobs, word->lease, renders->server->config->worker_lease_ms,
                       &word->progress, beaten, question_new(crew, word));
        return;
    case JOBS_SAY_DONE:
        publish(crew, word);
        return;
    case JOBS_SAY_FAIL:
        fail(crew, word);
        return;
    case JOBS_SAY_BACK:
        jobs_give_back(renders->jobs, word->lease, 0, ended, question_new(crew, word));
        return;
    case JOBS_SAY_UNSET:
    case JOBS_SAY_JOB:
    case JOBS_SAY_NONE:
    case JOBS_SAY_GOOD:
    case JOBS_SAY_WAIT:
    case JOBS_SAY_LOST:
    case JOBS_SAY_BAD:
        break; /* a server's words */
    }
}

/* Whoever could not be heard while Redis was away has not gone. */
static void reached(gboolean is_reached, gpointer data)
{
    ServerCrew *crew = data;
    crew->is_reached = is_reached;
    if (!is_reached)
        return;
    g_message("workers can be reached");
    jobs_grace(crew->renders->jobs, crew->renders->server->config->worker_lease_ms);
    server_crew_look(crew);
}

void server_crew_look(ServerCrew *crew)
{
    if (!crew->renders->is_draining)
        jobs_desk_tickets(crew->desk, jobs_count_due(crew->renders->jobs));
}

gboolean server_crew_is_reached(const ServerCrew *crew)
{
    return crew != NULL && crew->is_reached;
}

guint server_crew_workers(const ServerCrew *crew)
{
    return server_crew_is_reached(crew) ? jobs_desk_workers(crew->desk) : 0;
}

static gboolean look(gpointer data)
{
    server_crew_look(data);
    return G_SOURCE_CONTINUE;
}

/* ---- life ---- */

ServerCrew *server_crew_new(ServerRenders *renders, const char *redis, GError **error)
{
    ServerCrew *crew = g_new0(ServerCrew, 1);
    JobsDeskOptions options = {.redis = redis,
                               .lease_ms = renders->server->config->worker_lease_ms,
                               .context = renders->server->context,
                               .heard = heard,
                               .reached = reached,
                               .data = crew};
    crew->desk = jobs_desk_new(&options, error);
    if (crew->desk == NULL) {
        g_free(crew);
        return NULL;
    }
    crew->renders = server_renders_ref(renders);
    crew->refs = 1;
    crew->publishing = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    crew->timer = g_timeout_add(LOOK_MS, look, crew);
    return crew;
}

void server_crew_free(ServerCrew *crew)
{
    if (crew == NULL)
        return;
    crew->is_freed = TRUE;
    g_clear_handle_id(&crew->timer, g_source_remove);
    g_clear_pointer(&crew->desk, jobs_desk_free);
    unref(crew);
}
