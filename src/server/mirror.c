/* The mirror's thread: looks for shows whose manifests are new, sends what they name, waits. What
 * always holds: a file counts as mirrored only when s3/ has verified it and that is written down; a
 * failure changes nothing here but the time of the next attempt; nothing is deleted at the mirror but
 * what was in the trash here. */
#include "mirror-private.h"

#include "mirror-plan-private.h"
#include "mirror-record-private.h"

#include <s3/s3.h>
#include <store/names.h>

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOOK_S = 15,       /* between looks at all shows */
    PAUSE_S_MOST = 60, /* after failures */
    MIRROR_NICE = 10,
    STALE_S = 7 * 86400, /* an upload in parts that nobody goes on with */
    TIDY_S = 86400,
    ADDRESS_S = 15 * 60,
    ATTEMPTS = 3,  /* of a request; the thread tries again by itself */
    REST_MS = 500, /* at least, between two looks */
};

#define TRASHED ".trashed"
#define RECORD  ".json"

/* A show of which something is not at the mirror. */
typedef struct Waiting {
    gint64 since_us; /* first seen */
    char *stamp;     /* when it was last looked at */
    gint64 bytes;    /* that were missing then */
    guint pass;      /* when it was last tried */
} Waiting;

struct ServerMirror {
    S3Client *client;
    gboolean has_tags;
    char *sessions, *trash, *records; /* folders */
    GCancellable *cancellable;
    GThread *thread;
    GHashTable *clean; /* id → stamp of when all of it was there; the thread's alone */
    GHashTable *dirty; /* id → Waiting; the thread's alone */
    guint pass;        /* through those that wait */
    GHashTable
        *complained; /* what was said of files, so that it is said once; the thread's alone */
    gint64 tidied_us;

    GMutex lock; /* of what follows */
    GCond wake;
    gboolean is_poked, is_stopping;
    GHashTable *shows; /* id → record (mirror-record-private.h) */
    ServerMirrorState state;
    gint64 behind_since_us; /* 0: nothing waits */
};

static void free_waiting(gpointer data)
{
    Waiting *waiting = data;
    g_free(waiting->stamp);
    g_free(waiting);
}

static char *key_of(const char *id, const char *name)
{
    return g_strdup_printf("sessions/%s/%s", id, name);
}

/* ---- what is there ---- */

static gboolean has(ServerMirror *mirror, const char *id, const char *name, const char *sha256,
                    gint64 changed_us)
{
    g_mutex_lock(&mirror->lock);
    GHashTable *record = g_hash_table_lookup(mirror->shows, id);
    const MirrorFile *file = record != NULL ? g_hash_table_lookup(record, name) : NULL;
    gboolean is_same = file != NULL && (sha256 == NULL || g_strcmp0(file->sha256, sha256) == 0) &&
                       (changed_us == 0 || file->changed_us == changed_us);
    g_mutex_unlock(&mirror->lock);
    return is_same;
}

gboolean server_mirror_has(ServerMirror *mirror, const char *show_id, const char *name,
                           const char *sha256)
{
    return mirror != NULL && has(mirror, show_id, name, sha256, 0);
}

char *server_mirror_address(ServerMirror *mirror, const char *show_id, const char *name,
                            gboolean as_download)
{
    if (!server_mirror_has(mirror, show_id, name, NULL))
        return NULL;
    g_autofree char *key = key_of(show_id, name);
    return s3_presign(mirror->client, "GET", key, ADDRESS_S, as_download ? name : NULL, NULL);
}

static char *record_path(const ServerMirror *mirror, const char *id, const char *ending)
{
    g_autofree char *name = g_strconcat(id, ending, NULL);
    return g_build_filename(mirror->records, name, NULL);
}

/* Only this thread writes records, so that reading one needs no lock here. */
static void note(ServerMirror *mirror, const char *id, const MirrorItem *item)
{
    g_autofree char *path = record_path(mirror, id, RECORD);
    g_autoptr(GError) error = NULL;
    const MirrorFile file = {item->bytes, item->sha256, item->changed_us};
    g_mutex_lock(&mirror->lock);
    GHashTable *record = g_hash_table_lookup(mirror->shows, id);
    if (record == NULL) {
        record = mirror_record_new();
        g_hash_table_insert(mirror->shows, g_strdup(id), record);
    }
    mirror_record_take(record, item->name, &file);
    mirror->state.waiting_bytes = MAX(mirror->state.waiting_bytes - item->bytes, 0);
    g_mutex_unlock(&mirror->lock);
    if (!mirror_record_save(record, path, &error))
        g_warning("what the mirror has is not written down, it will be asked show=%s error=%s", id,
                  error->message);
}

/* ---- sending ---- */

/* Already there, with these bytes, though nothing here says so: after the record was lost. */
static gboolean is_known_there(ServerMirror *mirror, const char *id, const char *key,
                               const MirrorItem *item)
{
    if (item->sha256 == NULL || has(mirror, id, item->name, NULL, 0))
        return FALSE;
    g_autoptr(S3Object) object = s3_head(mirror->client, key, mirror->cancellable, NULL);
    return object != NULL && object->bytes == item->bytes &&
           g_strcmp0(object->sha256, item->sha256) == 0;
}

static gboolean send_item(ServerMirror *mirror, const char *key, const char *path,
                          const MirrorItem *item, GError **error)
{
    g_autofree char *tags =
        mirror->has_tags && item->kind != NULL ? g_strconcat("kind=", item->kind, NULL) : NULL;
    const S3Transfer how = {.sha256 = item->sha256, .tags = tags};
    struct stat status;
    if (item->text != NULL)
        return s3_put_bytes(mirror->client, key, item->text, &how, mirror->cancellable, error);
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
        return s3_put_file(mirror->client, key, path, &how, mirror->cancellable, error);
    g_set_error(error, S3_ERROR, S3_ERROR_LOCAL, "%s: is not there", path);
    return FALSE;
}

static void count_sent(ServerMirror *mirror, gint64 bytes)
{
    g_mutex_lock(&mirror->lock);
    mirror->state.files++;
    mirror->state.bytes += (guint64)bytes;
    g_mutex_unlock(&mirror->lock);
}

static void count_failure(ServerMirror *mirror)
{
    g_mutex_lock(&mirror->lock);
    mirror->state.errors++;
    g_mutex_unlock(&mirror->lock);
}

/* A file that is not as its manifest says is no reason to stop; the next manifest may name it
 * rightly. */
static void complain(ServerMirror *mirror, const char *id, const GError *error)
{
    count_failure(mirror);
    if (g_hash_table_add(mirror->complained, g_strdup(error->message)))
        g_warning("a file is not mirrored show=%s error=%s", id, error->message);
}

static gboolean do_item(ServerMirror *mirror, const char *id, const char *folder,
                        const MirrorItem *item, GError **error)
{
    g_autofree char *key = key_of(id, item->name);
    g_autofree char *path = g_build_filename(folder, item->name, NULL);
    g_autoptr(GError) why = NULL;
    gint64 start_us = g_get_monotonic_time();
    if (has(mirror, id, item->name, item->sha256, item->changed_us))
        return TRUE;
    if (is_known_there(mirror, id, key, item)) {
        note(mirror, id, item);
        return TRUE;
    }
    if (send_item(mirror, key, path, item, &why)) {
        note(mirror, id, item);
        count_sent(mirror, item->bytes);
        g_debug("file mirrored show=%s file=%s bytes=%" G_GINT64_FORMAT " ms=%" G_GINT64_FORMAT, id,
                item->name, item->bytes, (g_get_monotonic_time() - start_us) / 1000);
        return TRUE;
    }
    if (g_error_matches(why, S3_ERROR, S3_ERROR_LOCAL)) {
        complain(mirror, id, why);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

static gint64 missing_bytes(ServerMirror *mirror, const char *id, const GPtrArray *items)
{
    gint64 bytes = 0;
    for (guint i = 0; i < items->len; i++) {
        const MirrorItem *item = items->pdata[i];
        if (!has(mirror, id, item->name, item->sha256, item->changed_us))
            bytes += item->bytes;
    }
    return bytes;
}

/* The stamp is taken first: what changes meanwhile makes the show dirty again. */
static gboolean do_show(ServerMirror *mirror, const char *id, GError **error)
{
    g_autofree char *folder = g_build_filename(mirror->sessions, id, NULL);
    char *stamp = mirror_plan_stamp(folder);
    g_autoptr(GError) why = NULL;
    g_autoptr(GPtrArray) items = mirror_plan_new(folder, &why);
    gboolean is_good = TRUE;
    gint64 bytes = items != NULL ? missing_bytes(mirror, id, items) : 0;
    if (items == NULL)
        complain(mirror, id, why);
    for (guint i = 0; items != NULL && is_good && i < items->len; i++)
        is_good = do_item(mirror, id, folder, items->pdata[i], error);
    if (!is_good) {
        g_free(stamp);
        return FALSE;
    }
    if (bytes > 0)
        g_message("show mirrored show=%s bytes=%" G_GINT64_FORMAT, id, bytes);
    g_hash_table_replace(mirror->clean, g_strdup(id), stamp);
    g_hash_table_remove(mirror->dirty, id);
    return TRUE;
}

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
    g_autofree char *record = record_path(mirror, id, RECORD);
    g_autofree char *mark = record_path(mirror, id, TRASHED);
    g_mutex_lock(&mirror->lock);
    g_hash_table_remove(mirror->shows, id);
    g_mutex_unlock(&mirror->lock);
    g_hash_table_remove(mirror->clean, id);
    unlink(record);
    unlink(mark); /* last: what was cut short is done again */
}

static gboolean let_go(ServerMirror *mirror, const char *id, GError **error)
{
    g_autofree char *mark = record_path(mirror, id, TRASHED);
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

/* Ids of the files in the folder of records that have this ending. */
static GPtrArray *list_records(const ServerMirror *mirror, const char *ending)
{
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GDir) folder = g_dir_open(mirror->records, 0, NULL);
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *id = g_strndup(name, 36);
        if (store_id_is_valid(id) && strcmp(name + 36, ending) == 0)
            g_ptr_array_add(ids, g_steal_pointer(&id));
    }
    return ids;
}

static gboolean let_go_of_trashed(ServerMirror *mirror, GError **error)
{
    g_autoptr(GPtrArray) ids = list_records(mirror, TRASHED);
    gboolean is_good = TRUE;
    for (guint i = 0; is_good && i < ids->len; i++)
        is_good = let_go(mirror, ids->pdata[i], error);
    return is_good;
}

void server_mirror_note_trash(ServerMirror *mirror)
{
    g_autoptr(GDir) trash = mirror != NULL ? g_dir_open(mirror->trash, 0, NULL) : NULL;
    const char *name;
    while (trash != NULL && (name = g_dir_read_name(trash)) != NULL) {
        g_autofree char *id = g_strndup(name, 36);
        g_autofree char *mark = store_id_is_valid(id) ? record_path(mirror, id, TRASHED) : NULL;
        g_autoptr(GError) error = NULL;
        if (mark != NULL && !g_file_test(mark, G_FILE_TEST_EXISTS) &&
            !g_file_set_contents(mark, "", 0, &error))
            g_warning("the mirror will keep a deleted show show=%s error=%s", id, error->message);
    }
}

/* ---- looking ---- */

static gint64 count_missing(ServerMirror *mirror, const char *id, const char *folder)
{
    g_autoptr(GPtrArray) items = mirror_plan_new(folder, NULL);
    return items != NULL ? missing_bytes(mirror, id, items) : 0;
}

static void look_at_show(ServerMirror *mirror, const char *id)
{
    g_autofree char *folder = g_build_filename(mirror->sessions, id, NULL);
    g_autofree char *stamp = mirror_plan_stamp(folder);
    Waiting *waiting = g_hash_table_lookup(mirror->dirty, id);
    const char *known = waiting != NULL ? waiting->stamp : g_hash_table_lookup(mirror->clean, id);
    if (g_strcmp0(known, stamp) == 0 || *stamp == '\0')
        return;
    if (waiting == NULL) {
        waiting = g_new0(Waiting, 1);
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
        const Waiting *waiting = value;
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
        const Waiting *waiting = value;
        if (waiting->pass == mirror->pass || waiting->since_us >= earliest_us)
            continue;
        found = id;
        earliest_us = waiting->since_us;
    }
    if (found != NULL)
        ((Waiting *)g_hash_table_lookup(mirror->dirty, found))->pass = mirror->pass;
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
        if (!do_show(mirror, id, &why) && is_for_all(why)) {
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
        count_failure(mirror);
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
static gpointer run(gpointer data)
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

void server_mirror_poke(ServerMirror *mirror)
{
    if (mirror == NULL)
        return;
    g_mutex_lock(&mirror->lock);
    mirror->is_poked = TRUE;
    g_cond_signal(&mirror->wake);
    g_mutex_unlock(&mirror->lock);
}

gboolean server_mirror_look(ServerMirror *mirror, ServerMirrorState *state)
{
    if (mirror == NULL)
        return FALSE;
    g_mutex_lock(&mirror->lock);
    *state = mirror->state;
    if (mirror->behind_since_us != 0)
        state->behind_s =
            MAX((g_get_monotonic_time() - mirror->behind_since_us) / G_USEC_PER_SEC, 1);
    g_mutex_unlock(&mirror->lock);
    return TRUE;
}

/* ---- life ---- */

static void load_records(ServerMirror *mirror)
{
    g_autoptr(GPtrArray) ids = list_records(mirror, RECORD);
    for (guint i = 0; i < ids->len; i++) {
        g_autofree char *path = record_path(mirror, ids->pdata[i], RECORD);
        g_hash_table_replace(mirror->shows, g_strdup(ids->pdata[i]), mirror_record_load(path));
    }
}

static S3Client *client_new(const ServerConfig *config, GError **error)
{
    const S3Options options = {
        .url = config->mirror,
        .endpoint = config->s3_endpoint,
        .region = config->s3_region,
        .key_id = config->s3_key_id,
        .secret = config->s3_secret,
        .session_token = config->s3_session_token,
        .send_bytes_per_s = config->mirror_rate_bytes,
        .attempts = ATTEMPTS,
    };
    return s3_client_new(&options, error);
}

gboolean server_mirror_check(const ServerConfig *config, GError **error)
{
    g_autoptr(S3Client) client = config->mirror != NULL ? client_new(config, error) : NULL;
    return config->mirror == NULL || client != NULL;
}

ServerMirror *server_mirror_new(const ServerConfig *config, GError **error)
{
    if (config->mirror == NULL)
        return NULL;
    S3Client *client = client_new(config, error);
    if (client == NULL)
        return NULL;
    ServerMirror *mirror = g_new0(ServerMirror, 1);
    mirror->client = client;
    mirror->has_tags = config->mirror_tags;
    mirror->sessions = g_build_filename(config->storage, "sessions", NULL);
    mirror->trash = g_build_filename(config->storage, "trash", NULL);
    mirror->records = g_build_filename(config->storage, "mirror", NULL);
    mirror->cancellable = g_cancellable_new();
    mirror->clean = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    mirror->dirty = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_waiting);
    mirror->complained = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    mirror->shows =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    g_mutex_init(&mirror->lock);
    g_cond_init(&mirror->wake);
    if (g_mkdir_with_parents(mirror->records, 0700) != 0) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_FAILED, "%s: cannot make this folder: %s",
                    mirror->records, g_strerror(errno));
        server_mirror_free(mirror);
        return NULL;
    }
    load_records(mirror);
    mirror->thread = g_thread_new("mirror", run, mirror);
    return mirror;
}

S3Client *server_mirror_client(ServerMirror *mirror)
{
    return mirror->client;
}

GCancellable *server_mirror_cancellable(ServerMirror *mirror)
{
    return mirror->cancellable;
}

void server_mirror_stop(ServerMirror *mirror)
{
    if (mirror == NULL)
        return;
    g_mutex_lock(&mirror->lock);
    mirror->is_stopping = TRUE;
    g_cond_signal(&mirror->wake);
    g_mutex_unlock(&mirror->lock);
    g_cancellable_cancel(mirror->cancellable);
    if (mirror->thread != NULL)
        g_thread_join(g_steal_pointer(&mirror->thread));
}

void server_mirror_free(ServerMirror *mirror)
{
    if (mirror == NULL)
        return;
    server_mirror_stop(mirror);
    g_object_unref(mirror->cancellable);
    g_hash_table_unref(mirror->clean);
    g_hash_table_unref(mirror->dirty);
    g_hash_table_unref(mirror->complained);
    g_hash_table_unref(mirror->shows);
    g_mutex_clear(&mirror->lock);
    g_cond_clear(&mirror->wake);
    s3_client_free(mirror->client);
    g_free(mirror->sessions);
    g_free(mirror->trash);
    g_free(mirror->records);
    g_free(mirror);
}
