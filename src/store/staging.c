/* A new show beside the old one, until it is complete.
 *
 * What always holds: files in the show's folder are those of the old show or of the new one, and
 * the manifest is renamed last, so that it never names what is not there. */
#include <store/folder.h>

#include <store/error.h>
#include <store/names.h>
#include <store/whole.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define STAGING_NAME ".crosscut.part"

struct StoreStaging {
    char *folder;    /* the show's */
    char *staging;   /* inside it */
    GPtrArray *made; /* folders that open() made, outermost first */
    gboolean published;
};

static gboolean fail_errno(GError **error, int code, const char *path, const char *doing)
{
    gboolean full = code == ENOSPC || code == EDQUOT;
    g_set_error(error, STORE_ERROR, full ? STORE_ERROR_FULL : STORE_ERROR_FAILED,
                "%s: cannot %s: %s; %s", path, doing, g_strerror(code),
                full ? "free some space or choose another disk"
                     : "choose a folder that you may write to");
    return FALSE;
}

/* mkdir -p that remembers what it made. */
static gboolean make_folders(StoreStaging *self, const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return TRUE;
    if (g_file_test(path, G_FILE_TEST_EXISTS)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                    "%s: is a file, not a folder; give another folder to -o", path);
        return FALSE;
    }
    g_autofree char *parent = g_path_get_dirname(path);
    if (!make_folders(self, parent, error))
        return FALSE;
    if (g_mkdir(path, 0777) != 0)
        return fail_errno(error, errno, path, "make this folder");
    g_ptr_array_add(self->made, g_strdup(path));
    return TRUE;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names in a folder, sorted, without a leftover staging. */
static GPtrArray *list_folder(const char *path, GError **error)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, error);
    if (folder == NULL)
        return NULL;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(folder)) != NULL)
        if (strcmp(name, STAGING_NAME) != 0)
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return g_steal_pointer(&names);
}

static gboolean check_empty(const char *path, gboolean overwrite, GError **error)
{
    g_autoptr(GPtrArray) names = list_folder(path, error);
    if (names == NULL)
        return FALSE;
    if (names->len == 0)
        return TRUE;
    g_autofree char *manifest = g_build_filename(path, STORE_MANIFEST, NULL);
    gboolean show = g_file_test(manifest, G_FILE_TEST_EXISTS);
    if (show && overwrite)
        return TRUE;
    g_set_error(error, STORE_ERROR, STORE_ERROR_EXISTS,
                show ? "%s: holds a show already; give another folder, or --overwrite to replace it"
                     : "%s: is not empty and holds no show; give another folder",
                path);
    return FALSE;
}

StoreStaging *store_staging_open(const char *path, gboolean overwrite, GError **error)
{
    g_autoptr(StoreStaging) self = g_new0(StoreStaging, 1);
    self->made = g_ptr_array_new_with_free_func(g_free);
    self->folder = g_canonicalize_filename(path, NULL);
    if (!make_folders(self, self->folder, error) || !check_empty(self->folder, overwrite, error)) {
        return NULL;
    }
    self->staging = g_build_filename(self->folder, STAGING_NAME, NULL);
    store_folder_remove(self->staging, NULL);
    if (g_mkdir(self->staging, 0777) != 0) {
        int code = errno;
        g_clear_pointer(&self->staging, g_free);
        fail_errno(error, code, self->folder, "write into this folder");
        return NULL;
    }
    return g_steal_pointer(&self);
}

const char *store_staging_folder(const StoreStaging *staging)
{
    return staging->staging;
}

static gboolean put_in_place(StoreStaging *self, const char *name, GError **error)
{
    g_autofree char *from = g_build_filename(self->staging, name, NULL);
    g_autofree char *to = g_build_filename(self->folder, name, NULL);
    if (g_rename(from, to) != 0)
        return fail_errno(error, errno, to, "put it in its place");
    return TRUE;
}

/* Removes the files in the folder that only the old manifest names. Recordings stay: a show may be
 * made again from what it was copied from. */
static void remove_stale(StoreStaging *self, const ShowManifest *old, const ShowManifest *new)
{
    for (guint i = 0; old != NULL && i < old->files->len; i++) {
        const ShowFile *file = old->files->pdata[i];
        if (file->path != NULL || show_file_is_recording(file) ||
            store_recording_parse(file->name, NULL) || show_manifest_find(new, file->name) != NULL)
            continue;
        g_autofree char *path = g_build_filename(self->folder, file->name, NULL);
        g_unlink(path);
    }
}

gboolean store_staging_publish(StoreStaging *self, GError **error)
{
    g_autoptr(ShowManifest) old = store_folder_manifest(self->folder, NULL);
    g_autoptr(ShowManifest) new = store_folder_manifest(self->staging, error);
    if (new == NULL)
        return FALSE;
    g_autoptr(GPtrArray) names = list_folder(self->staging, error);
    if (names == NULL || !store_sync_folder(self->staging, error))
        return FALSE;
    for (guint i = 0; i < names->len; i++)
        if (strcmp(names->pdata[i], STORE_MANIFEST) != 0 &&
            !put_in_place(self, names->pdata[i], error))
            return FALSE;
    if (!store_sync_folder(self->folder, error) || !put_in_place(self, STORE_MANIFEST, error))
        return FALSE;
    self->published = TRUE;
    remove_stale(self, old, new);
    return store_sync_folder(self->folder, error);
}

void store_staging_close(StoreStaging *self)
{
    if (self == NULL)
        return;
    if (self->staging != NULL)
        store_folder_remove(self->staging, NULL);
    for (guint i = self->made->len; i > 0 && !self->published; i--)
        g_rmdir(self->made->pdata[i - 1]);
    g_ptr_array_unref(self->made);
    g_free(self->staging);
    g_free(self->folder);
    g_free(self);
}
