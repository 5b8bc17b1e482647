/* The key that seals stream keys. What always holds: it does not lie where what it seals lies. */
#include "live-secret-private.h"

#include <server/error.h>

#include <stdlib.h>
#include <string.h>

#define FILE_NAME "secret-key"

static char *real_path(const char *path)
{
    char *found = realpath(path, NULL);
    char *copy = found != NULL ? g_strdup(found) : g_canonicalize_filename(path, NULL);
    free(found);
    return copy;
}

static gboolean lies_within(const char *folder, const char *storage)
{
    g_autofree char *inner = real_path(folder);
    g_autofree char *outer = real_path(storage);
    g_autofree char *prefix = g_strconcat(outer, "/", NULL);
    return strcmp(inner, outer) == 0 || g_str_has_prefix(inner, prefix);
}

/* NULL: none. */
static char *own_file(const ServerConfig *config)
{
    const char *given = g_getenv("STATE_DIRECTORY");
    g_auto(GStrv) folders = g_strsplit(given != NULL ? given : "", ":", -1);
    for (char **folder = folders; *folder != NULL; folder++)
        if (**folder == '/' && !lies_within(*folder, config->storage))
            return g_build_filename(*folder, FILE_NAME, NULL);
    g_autofree char *user = g_build_filename(g_get_user_data_dir(), "crosscut", NULL);
    if (given != NULL || lies_within(user, config->storage))
        return NULL;
    return g_build_filename(user, FILE_NAME, NULL);
}

LiveSecret *server_live_secret(const ServerConfig *config, GError **error)
{
    if (config->secret_key != NULL)
        return live_secret_from_text(config->secret_key, error);
    if (config->secret_key_file != NULL)
        return live_secret_from_file(config->secret_key_file, FALSE, error);
    g_autofree char *path = own_file(config);
    if (path != NULL)
        return live_secret_from_file(path, TRUE, error);
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_FAILED,
                        "stream keys need a secret key outside of the storage: give one with "
                        "--secret-key-file or CROSSCUT_SECRET_KEY");
    return NULL;
}
