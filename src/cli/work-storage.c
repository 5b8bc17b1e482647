/* Where shows are for a worker: the studio's own folder, or object storage with room to work here. */
#include "work.h"

#include "error.h"
#include "object-storage.h"

#include <server/render-objects.h>
#include <store/folder.h>
#include <store/names.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

struct CliStorage {
    char *folder;     /* that the server shares; NULL: object storage */
    S3Client *client; /* or NULL */
    char *scratch;    /* a folder of this process; with object storage */
    GHashTable *sent; /* names of parts of the job in hand → their keys: they are there */
};

/* ---- life ---- */

static gboolean check_shared(const char *where, GError **error)
{
    g_autofree char *sessions = g_build_filename(where, "sessions", NULL);
    if (g_file_test(sessions, G_FILE_TEST_IS_DIR))
        return TRUE;
    g_set_error(
        error, CLI_ERROR, CLI_ERROR_USAGE,
        "--storage: %s: expected s3://bucket/prefix, or the folder that the server has as its "
        "storage (there is no sessions/ in it)",
        where);
    return FALSE;
}

static char *make_scratch(const char *above, GError **error)
{
    char *path =
        g_build_filename(above != NULL ? above : g_get_tmp_dir(), "crosscut-worker-XXXXXX", NULL);
    if (g_mkdtemp(path) != NULL)
        return path;
    g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--scratch: %s: cannot make this folder: %s",
                path, g_strerror(errno));
    g_free(path);
    return NULL;
}

CliStorage *cli_storage_new(const char *where, const char *scratch, GError **error)
{
    g_autoptr(CliStorage) storage = g_new0(CliStorage, 1);
    storage->sent = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (!g_str_has_prefix(where, "s3://")) {
        if (!check_shared(where, error))
            return NULL;
        storage->folder = g_canonicalize_filename(where, NULL);
        return g_steal_pointer(&storage);
    }
    storage->client = cli_object_storage_new(where, error);
    if (storage->client != NULL)
        storage->scratch = make_scratch(scratch, error);
    return storage->scratch != NULL ? g_steal_pointer(&storage) : NULL;
}

void cli_storage_free(CliStorage *storage)
{
    if (storage == NULL)
        return;
    if (storage->scratch != NULL)
        g_rmdir(storage->scratch);
    g_clear_pointer(&storage->sent, g_hash_table_unref);
    s3_client_free(storage->client);
    g_free(storage->scratch);
    g_free(storage->folder);
    g_free(storage);
}

gboolean cli_storage_is_far(const CliStorage *storage)
{
    return storage->client != NULL;
}

/* ---- a show ---- */

static char *path_of(const CliStorage *storage, const char *session)
{
    return storage->client != NULL ? g_build_filename(storage->scratch, session, NULL)
                                   : g_build_filename(storage->folder, "sessions", session, NULL);
}

char *cli_storage_fetch(CliStorage *storage, const char *session, JobsLease lease,
                        GCancellable *cancellable, GError **error)
{
    if (!store_id_is_valid(session)) {
        g_set_error_literal(error, CLI_ERROR, CLI_ERROR_FAILED, "the job names no show");
        return NULL;
    }
    g_autofree char *path = path_of(storage, session);
    if (storage->client != NULL)
        return server_objects_fetch_show(storage->client, session, path, lease, cancellable, error)
                   ? g_steal_pointer(&path)
                   : NULL;
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&path);
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "%s: there is no such show in %s", session,
                storage->folder);
    return NULL;
}

void cli_storage_fetch_parts(CliStorage *storage, const char *session, JobsLease lease,
                             GCancellable *cancellable)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of(storage, session);
    g_hash_table_remove_all(storage->sent);
    if (storage->client != NULL &&
        !server_objects_fetch_parts(storage->client, session, path, lease, cancellable, &error))
        g_info("what was finished before is made again show=%s error=%s", session, error->message);
}

void cli_storage_send_parts(CliStorage *storage, const char *session, JobsLease lease,
                            GCancellable *cancellable)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_of(storage, session);
    if (storage->client != NULL && !server_objects_send_parts(storage->client, session, path, lease,
                                                              storage->sent, cancellable, &error))
        g_info("finished parts are not safe yet show=%s error=%s", session, error->message);
}

gboolean cli_storage_deliver(CliStorage *storage, const char *session, JobsLease lease,
                             GCancellable *cancellable, GError **error)
{
    g_autofree char *path = path_of(storage, session);
    return storage->client == NULL || /* the server sees it already */
           server_objects_send_attempt(storage->client, session, path, lease, cancellable, error);
}

void cli_storage_leave(CliStorage *storage, const char *session)
{
    if (storage->client == NULL || !store_id_is_valid(session))
        return;
    g_autofree char *path = path_of(storage, session);
    store_folder_remove(path, NULL);
}
