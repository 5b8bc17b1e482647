/* The mirror, as others see it: what is there, how it is going, and its life. */
#include "mirror-state-private.h"

#include <store/names.h>

#include <errno.h>
#include <string.h>

enum {
    ADDRESS_S = 15 * 60,
    ATTEMPTS = 3, /* of a request; the thread tries again by itself */
};

char *mirror_key(const char *id, const char *name)
{
    return g_strdup_printf("sessions/%s/%s", id, name);
}

/* ---- what is there ---- */

gboolean mirror_has(ServerMirror *mirror, const char *id, const char *name, const char *sha256,
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
    return mirror != NULL && mirror_has(mirror, show_id, name, sha256, 0);
}

char *server_mirror_address(ServerMirror *mirror, const char *show_id, const char *name,
                            gboolean as_download)
{
    if (!server_mirror_has(mirror, show_id, name, NULL))
        return NULL;
    g_autofree char *key = mirror_key(show_id, name);
    return s3_presign(mirror->client, "GET", key, ADDRESS_S, as_download ? name : NULL, NULL);
}

char *mirror_record_path(const ServerMirror *mirror, const char *id, const char *ending)
{
    g_autofree char *name = g_strconcat(id, ending, NULL);
    return g_build_filename(mirror->records, name, NULL);
}

/* Ids of the files in the folder of records that have this ending. */
GPtrArray *mirror_list_records(const ServerMirror *mirror, const char *ending)
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

void server_mirror_note_trash(ServerMirror *mirror)
{
    g_autoptr(GDir) trash = mirror != NULL ? g_dir_open(mirror->trash, 0, NULL) : NULL;
    const char *name;
    while (trash != NULL && (name = g_dir_read_name(trash)) != NULL) {
        g_autofree char *id = g_strndup(name, 36);
        g_autofree char *mark =
            store_id_is_valid(id) ? mirror_record_path(mirror, id, MIRROR_TRASHED) : NULL;
        g_autoptr(GError) error = NULL;
        if (mark != NULL && !g_file_test(mark, G_FILE_TEST_EXISTS) &&
            !g_file_set_contents(mark, "", 0, &error))
            g_warning("the mirror will keep a deleted show show=%s error=%s", id, error->message);
    }
}

/* ---- how it is going ---- */

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

static void free_waiting(gpointer data)
{
    MirrorWaiting *waiting = data;
    g_free(waiting->stamp);
    g_free(waiting);
}

static void load_records(ServerMirror *mirror)
{
    g_autoptr(GPtrArray) ids = mirror_list_records(mirror, MIRROR_RECORD);
    for (guint i = 0; i < ids->len; i++) {
        g_autofree char *path = mirror_record_path(mirror, ids->pdata[i], MIRROR_RECORD);
        g_hash_table_replace(mirror->shows, g_strdup(ids->pdata[i]), mirror_record_load(path));
    }
}

S3Options server_mirror_options(const ServerConfig *config)
{
    return (S3Options){
        .url = config->mirror,
        .endpoint = config->s3_endpoint,
        .region = config->s3_region,
        .key_id = config->s3_key_id,
        .secret = config->s3_secret,
        .session_token = config->s3_session_token,
    };
}

static S3Client *client_new(const ServerConfig *config, GError **error)
{
    S3Options options = server_mirror_options(config);
    options.send_bytes_per_s = config->mirror_rate_bytes;
    options.attempts = ATTEMPTS;
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
    mirror->thread = g_thread_new("mirror", mirror_run, mirror);
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
