/* When a show is rendered by itself: when all of it is there; when its program is, and what else is
 * under way takes long; or some minutes after the stop with what is there. Recordings that come later
 * change the manifest and no program that was whole: its timelines are made when all is there. Where the
 * program itself was not whole it is rendered again. */
#include "renders-state-private.h"

#include "show-state-private.h"
#include "shows-private.h"
#include "shows-state-private.h"

#include <store/folder.h>
#include <store/names.h>

#include <sys/stat.h>

enum { LOOK_MS = 1000, PATIENCE_PARTS = 10, MISSED_S = 3600 };

/* What tells such renders from others, in their settings: the program was not whole, or only the rest
 * of the show was not. */
#define INCOMPLETE "incomplete"
#define EARLY      "early"
#define WITHOUT    "{\"" INCOMPLETE "\":true}"
#define BEFORE     "{\"" EARLY "\":true}"
/* What an early one could not make; cheap, since the program stays. */
#define THE_REST "{\"only\":\"timelines\"}"

/* ---- the program ---- */

typedef struct Program {
    guint parts;
    gboolean is_whole, is_copied; /* H.264: the cameras are not needed for it */
} Program;

static void look_at(Program *program, const ServerShow *show, const char *name)
{
    StoreRecording what;
    if (!store_recording_parse(name, &what) || what.kind != STORE_RECORDING_PROGRAM)
        return;
    const ServerRecording *recording = server_recording_find(show, name);
    program->parts++;
    program->is_copied = program->is_copied && what.format == STORE_FORMAT_MKV;
    program->is_whole = program->is_whole && recording != NULL &&
                        store_upload_is_finished(server_recording_upload(recording));
}

static Program program_of(const ServerShow *show)
{
    Program program = {.is_whole = TRUE, .is_copied = TRUE};
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, show->recordings);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        look_at(&program, show, name);
    g_hash_table_iter_init(&iter, show->expected);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        look_at(&program, show, name);
    program.is_whole = program.is_whole && program.parts > 0;
    return program;
}

/* ---- the rule ---- */

/* What was rendered last of the show itself, or NULL. */
static const JobsJob *last_of(const ServerRenders *renders, const char *show_id)
{
    const GPtrArray *jobs = jobs_of_session(renders->jobs, show_id);
    return jobs != NULL && jobs->len > 0 ? jobs->pdata[0] : NULL;
}

static gboolean was(const JobsJob *job, const char *what)
{
    json_t *settings = json_loads(job->settings, 0, NULL);
    gboolean was = json_is_true(json_object_get(settings, what));
    json_decref(settings);
    return was;
}

typedef struct Asked {
    ServerRenders *renders;
    char *session;
} Asked;

static void added(const JobsJob *job, const GError *error, gpointer data)
{
    Asked *asked = data;
    (void)job;
    if (error != NULL)
        g_warning("no render was asked for show=%s error=%s", asked->session, error->message);
    if (!asked->renders->is_freed)
        g_hash_table_remove(asked->renders->asked, asked->session);
    server_renders_unref(asked->renders);
    g_free(asked->session);
    g_free(asked);
}

/* Until the queue has it on disk, a second look must not ask again. */
static void add_once(ServerRenders *renders, const char *show_id, const char *wish)
{
    if (!g_hash_table_add(renders->asked, g_strdup(show_id)))
        return;
    Asked *asked = g_new0(Asked, 1);
    asked->renders = server_renders_ref(renders);
    asked->session = g_strdup(show_id);
    server_renders_add(renders, show_id, wish, added, asked);
}

/* What a show wants that is complete now; NULL: nothing. */
static const char *wish_of_complete(const ServerRenders *renders, const char *show_id)
{
    const JobsJob *last = last_of(renders, show_id);
    if (last == NULL || was(last, INCOMPLETE))
        return "{}";
    if (!was(last, EARLY) || last->state == JOBS_STATE_CANCELLED)
        return NULL;
    return last->state == JOBS_STATE_FAILED ? "{}" : THE_REST;
}

void server_renders_note_complete(ServerRenders *renders, const char *show_id)
{
    if (renders == NULL || !renders->server->config->auto_render)
        return;
    const char *wish = wish_of_complete(renders, show_id);
    if (wish != NULL)
        add_once(renders, show_id, wish);
}

static gboolean is_due(const ServerRenders *renders, const ServerShow *show, gboolean *is_whole)
{
    gint64 after_us = renders->server->config->render_after_s * G_USEC_PER_SEC;
    gint64 waited_us = g_get_monotonic_time() - show->stopped_us;
    Program program = program_of(show);
    *is_whole = program.is_whole;
    if (program.is_whole && program.is_copied)
        after_us /= PATIENCE_PARTS;
    return waited_us >= after_us;
}

static void look_at_show(ServerRenders *renders, const ServerShow *show)
{
    gboolean is_whole = FALSE;
    if (show->manifest->state != SHOW_STATE_STOPPING || !show->was_stopped || show->is_stopping ||
        g_hash_table_size(show->recordings) == 0 ||
        last_of(renders, server_show_id(show)) != NULL || !is_due(renders, show, &is_whole))
        return;
    g_message("show rendered with what is there show=%s program=%s", server_show_id(show),
              is_whole ? "whole" : "not whole");
    add_once(renders, server_show_id(show), is_whole ? BEFORE : WITHOUT);
}

static gboolean look(gpointer data)
{
    ServerRenders *renders = data;
    GHashTableIter iter;
    gpointer show;
    g_hash_table_iter_init(&iter, renders->server->shows->open);
    while (g_hash_table_iter_next(&iter, NULL, &show))
        look_at_show(renders, show);
    return G_SOURCE_CONTINUE;
}

/* ---- at the start ---- */

static gboolean was_just_written(const ServerRenders *renders, const char *show_id)
{
    g_autofree char *folder = server_renders_folder(renders, show_id);
    g_autofree char *path = folder != NULL ? g_build_filename(folder, STORE_MANIFEST, NULL) : NULL;
    struct stat status;
    return path != NULL && stat(path, &status) == 0 &&
           g_get_real_time() / G_USEC_PER_SEC - status.st_mtime < MISSED_S;
}

/* Shows that became complete in the moment before a server died. Older ones without a render were
 * never meant to have one. */
static void look_for_missed(ServerRenders *renders)
{
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, renders->server->shows->summaries);
    while (g_hash_table_iter_next(&iter, &id, NULL))
        if (server_shows_is_complete(renders->server->shows, id, NULL) &&
            was_just_written(renders, id))
            server_renders_note_complete(renders, id);
}

void server_renders_watch(ServerRenders *renders)
{
    if (!renders->server->config->auto_render)
        return;
    look_for_missed(renders);
    renders->when_timer = g_timeout_add(LOOK_MS, look, renders);
}

void server_renders_unwatch(ServerRenders *renders)
{
    g_clear_handle_id(&renders->when_timer, g_source_remove);
}
