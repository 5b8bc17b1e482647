/* Of folders that only this process uses: shows in the storage go by way of tree.c, which opens each
 * folder below the one above. */
#include <store/folder.h>

#include "disk-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

/* Said once: what comes behind the first failure follows from it. */
static gboolean fail(GError **error, int code, const char *path, const char *doing)
{
    if (error == NULL || *error == NULL)
        store_fail_errno(error, code, path, NULL, doing);
    return FALSE;
}

static gboolean remove_content(const char *path, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL); /* rmdir says what is wrong with it */
    const char *name;
    gboolean good = TRUE;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        good &= store_folder_remove(child, error);
    }
    return good;
}

gboolean store_folder_remove(const char *path, GError **error)
{
    struct stat status;
    if (lstat(path, &status) != 0)
        return errno == ENOENT || fail(error, errno, path, "look at it");
    if (!S_ISDIR(status.st_mode))
        return g_unlink(path) == 0 || errno == ENOENT || fail(error, errno, path, "delete it");
    gboolean is_empty = remove_content(path, error);
    gboolean is_gone = g_rmdir(path) == 0 || errno == ENOENT;
    return (is_gone || fail(error, errno, path, "delete this folder")) && is_empty;
}
