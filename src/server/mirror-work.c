/* The mirror's thread: looks for shows whose manifests are new, has them sent, waits. What always holds:
 * a failure changes nothing here but the time of the next attempt; nothing is deleted at the mirror but
 * what was in the trash here. */
#include "mirror-state-private.h"

#include <store/names.h>

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    LOOK_S = 15,       /* between looks at all shows */
    REST_MS = 500,     /* at least, between two looks */
    PAUSE_S_MOST = 60, /* after failures */
    MIRROR_NICE = 10,
    STALE_S = 7 * 86400, /* an upload in parts that nobody goes on with */
    TIDY_S = 86400,
};

/* ---- letting go ---- */

static gboolean is_there(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* "<id>.<time>" in the trash. */
static gboolean is_in_trash(const ServerMirror *mirror, const char *id)
{
    g_autoptr(GDir) trash = g_dir_open(mirror->trash, 0, NULL);
    const char *name;
    gboolean is_found = FALSE;
    while (trash != NULL && !is_found && (name = g_dir_read_name(trash)) != NULL)
        is_found = strncmp(name, id, strlen(id)) == 0;
    return is_found;
}

static void forget(ServerMirror *mirror, const char *id)
{
    g_autofree char *record = mirror_record_path(mirror, id, MIRROR_RECORD);
    g_autofree char *mark = mirror_record_path(mirror, id, MIRROR_TRASHED);
    g_mutex_lock(&mirror->lock);
    g_hash_table_remove(mirror->shows, id);
    g_mutex_unlock(&mirror->lock);
    g_hash_table_remove(mirror->clean, id);
    unlink(record);
    unlink(mark); /* last: what was cut short is done again */
}

static gboolean let_go(ServerMirror *mirror, const char *id, GError **error)
{
    g_autofree char *mark = mirror_record_path(mirror, id, MIRROR_TRASHED);
    g_autofree char *prefix = g_strdup_printf("sessions/%s/", id);
    guint deleted = 0;
    if (is_there(mirror->sessions, id)) {
        unlink(mark); /* was taken back */
        return TRUE;
    }
    if (is_in_trash(mirror, id))
        return TRUE;
    if (!s3_delete_all(mirror->client, prefix, &deleted, mirror->cancellable, error))
        return FALSE;
    forget(mirror, id);
    g_message("show deleted at the mirror show=%s files=%u", id, deleted);
    return TRUE;
}

static gboolean let_go_of_trashed(ServerMirror *mirror, GError **error)
{
    g_autoptr(GPtrArray) ids = mirror_list_records(mirror, MIRROR_TRASHED);
    gboolean is_good = TRUE;
    for (guint i = 0; is_good && i < ids->len; i++)
        is_good = let_go(mirror, ids->pdata[i], error);
    return is_good;
}

/* ---- looking ---- */

static gint64 count_missing(ServerMirror *mirror, const char *id, const char *folder)
{
    g_autoptr(GPtrArray) items = mirror_plan_new(folder, NULL);
    return items != NULL ? mirror_missing_bytes(mirror, id, items) : 0;
}

static void look_at_show(ServerMirror *mirror, const char *id)
{
    g_autofree char *folder = g_build_filename(mirror->sessions, id, NULL);
    g_autofree char *stamp = mirror_plan_stamp(folder);
    MirrorWaiting *waiting = g_hash_table_lookup(mirror->dirty, id);
    const char *known = waiting != NULL ? waiting->stamp : g_hash_table_lookup(mirror->clean, id);
    if (g_strcmp0(known, stamp) == 0 || *stamp == '\0')
        return;
    if (waiting == NULL) {
        waiting = g_new0(MirrorWaiting, 1);
        waiting->since_us = g_get_monotonic_time();
        g_hash_table_insert(mirror->dirty, g_strdup(id), waiting);
    }
    g_free(waiting->stamp);
    waiting->stamp = g_steal_pointer(&stamp);
    waiting->bytes = count_missing(mirror, id, folder);
}

static void look_at_all(ServerMirror *mirror)
{
    g_autoptr(GDir) sessions = g_dir_open(mirror->sessions, 0, NULL);
    const char *name;
    while (sessions != NULL && (name = g_dir_read_name(sessions)) != NULL)
        if (store_id_is_valid(name))
            look_at_show(mirror, name);
}

/* How much waits, and since when. */
static void count_waiting(ServerMirror *mirror)
{
    gint64 bytes = 0, since_us = 0;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, mirror->dirty);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const MirrorWaiting *waiting = value;
        bytes += waiting->bytes;
        since_us = since_us == 0 ? waiting->since_us : MIN(since_us, waiting->since_us);
    }
    g_mutex_lock(&mirror->lock);
    mirror->state.waiting_bytes = bytes;
    mirror->behind_since_us = since_us;
    g_mutex_unlock(&mirror->lock);
}

/* Of those that were not tried in this pass, the one that has waited longest. Free with g_free(). */
static char *next_show(ServerMirror *mirror)
{
    const char *found = NULL;
    gint64 earliest_us = G_MAXINT64;
    GHashTableIter iter;
    gpointer id, value;
    g_hash_table_iter_init(&iter, mirror->dirty);
    while (g_hash_table_iter_next(&iter, &id, &value)) {
        const MirrorWaiting *waiting = value;
        if (waiting->pass == mirror->pass || waiting->since_us >= earliest_us)
            continue;
        found = id;
        earliest_us = waiting->since_us;
    }
    if (found != NULL)
        ((MirrorWaiting *)g_hash_table_lookup(mirror->dirty, found))->pass = mirror->pass;
    return g_strdup(found);
}

/* Whether other shows would fare no better. */
static gboolean is_for_all(const GError *error)
{
    static const S3ErrorCode codes[] = {S3_ERROR_UNAVAILABLE, S3_ERROR_DENIED, S3_ERROR_NO_BUCKET,
                                        S3_ERROR_CLOCK, S3_ERROR_REDIRECTED};
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
        if (g_error_matches(error, S3_ERROR, (gint)codes[i]))
            return TRUE;
    return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* One that fails by itself keeps no other waiting; the first error is given. */
static gboolean do_shows(ServerMirror *mirror, GError **error)
{
    g_autoptr(GError) first = NULL;
    mirror->pass++;
    for (;;) {
        g_autofree char *id = next_show(mirror);
        g_autoptr(GError) why = NULL;
        if (id == NULL)
            break;
        if (!mirror_do_show(mirror, id, &why) && is_for_all(why)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        if (why != NULL && first == NULL)
            first = g_steal_pointer(&why);
        count_waiting(mirror);
    }
    if (first != NULL)
        g_propagate_error(error, g_steal_pointer(&first));
    return error == NULL || *error == NULL;
}

static gboolean do_all(ServerMirror *mirror, GError **error)
{
    return do_shows(mirror, error) && let_go_of_trashed(mirror, error);
}

static gboolean tidy(ServerMirror *mirror, GError **error)
{
    gint64 now_us = g_get_monotonic_time();
    guint aborted = 0;
    if (mirror->tidied_us != 0 && now_us - mirror->tidied_us < (gint64)TIDY_S * G_USEC_PER_SEC)
        return TRUE;
    if (!s3_abort_stale_uploads(mirror->client, STALE_S, &aborted, mirror->cancellable, error))
        return FALSE;
    mirror->tidied_us = now_us;
    if (aborted > 0)
        g_message("unfinished uploads given up at the mirror count=%u", aborted);
    return TRUE;
}

/* ---- the thread ---- */

/* FALSE: it is to end. */
static gboolean wait_until(ServerMirror *mirror, gint64 end_us, gboolean or_poked)
{
    g_mutex_lock(&mirror->lock);
    while (!mirror->is_stopping && !(or_poked && mirror->is_poked))
        if (!g_cond_wait_until(&mirror->wake, &mirror->lock, end_us))
            break;
    gboolean goes_on = !mirror->is_stopping;
    if (or_poked)
        mirror->is_poked = FALSE;
    g_mutex_unlock(&mirror->lock);
    return goes_on;
}

/* Said once, when it begins and when it ends. */
static void say(ServerMirror *mirror, const GError *error)
{
    g_mutex_lock(&mirror->lock);
    gboolean was_failing = mirror->state.is_failing;
    mirror->state.is_failing = error != NULL;
    g_mutex_unlock(&mirror->lock);
    if (error != NULL)
        mirror_count_failure(mirror);
    if (error != NULL && !was_failing)
        g_warning("the mirror fails, what it lacks stays here mirror=%s error=%s",
                  s3_client_url(mirror->client), error->message);
    else if (error == NULL && was_failing)
        g_message("the mirror goes on mirror=%s", s3_client_url(mirror->client));
}

static gint64 pause_us(guint failures)
{
    return MIN((gint64)1 << MIN(failures - 1, 10), PAUSE_S_MOST) * G_USEC_PER_SEC;
}

/* A poke is looked into soon, but does not end the pause after a failure. */
gpointer mirror_run(gpointer data)
{
    ServerMirror *mirror = data;
    guint failures = 0;
    gint64 next_try_us = 0, look_us = 0;
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), MIRROR_NICE); /* of this thread alone */
    do {
        look_at_all(mirror);
        count_waiting(mirror);
        if (g_get_monotonic_time() >= next_try_us) {
            g_autoptr(GError) error = NULL;
            gboolean is_good = do_all(mirror, &error) && tidy(mirror, &error);
            if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
                break;
            say(mirror, error);
            failures = is_good ? 0 : failures + 1;
            next_try_us = is_good ? 0 : g_get_monotonic_time() + pause_us(failures);
        }
        look_us = g_get_monotonic_time() + (gint64)LOOK_S * G_USEC_PER_SEC;
        if (next_try_us != 0)
            look_us = MIN(look_us, next_try_us);
    } while (wait_until(mirror, g_get_monotonic_time() + (gint64)REST_MS * 1000, FALSE) &&
             wait_until(mirror, look_us, TRUE));
    return NULL;
}
