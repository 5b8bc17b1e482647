#include "work.h"

#include "error.h"

#include <store/names.h>

struct CliStorage {
    char *folder; /* of a shared one */
};

CliStorage *cli_storage_new(const char *where, const char *scratch, GError **error)
{
    (void)scratch;
    g_autofree char *sessions = g_build_filename(where, "sessions", NULL);
    if (!g_file_test(sessions, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "--storage: %s: expected the folder that the server has as its storage (there "
                    "is no sessions/ in it)",
                    where);
        return NULL;
    }
    CliStorage *storage = g_new0(CliStorage, 1);
    storage->folder = g_canonicalize_filename(where, NULL);
    return storage;
}

void cli_storage_free(CliStorage *storage)
{
    if (storage == NULL)
        return;
    g_free(storage->folder);
    g_free(storage);
}

char *cli_storage_fetch(CliStorage *storage, const char *session, JobsLease lease,
                        GCancellable *cancellable, GError **error)
{
    (void)lease, (void)cancellable;
    if (!store_id_is_valid(session)) {
        g_set_error_literal(error, CLI_ERROR, CLI_ERROR_FAILED, "the job names no show");
        return NULL;
    }
    g_autofree char *path = g_build_filename(storage->folder, "sessions", session, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return g_steal_pointer(&path);
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "%s: there is no such show in %s", session,
                storage->folder);
    return NULL;
}

gboolean cli_storage_deliver(CliStorage *storage, const char *session, JobsLease lease,
                             GCancellable *cancellable, GError **error)
{
    (void)storage, (void)session, (void)lease, (void)cancellable, (void)error;
    return TRUE; /* the server sees it already */
}

void cli_storage_leave(CliStorage *storage, const char *session)
{
    (void)storage, (void)session;
}
