/* Manifests say what is finished: a file with a sum does not change any more. */
#include "mirror-plan-private.h"

#include <show/manifest.h>
#include <store/folder.h>

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define CUTS "cuts"

enum { MANIFEST_BYTES_MAX = 16 << 20 };

static void free_item(gpointer data)
{
    MirrorItem *item = data;
    g_free(item->name);
    g_free(item->sha256);
    g_free(item->kind);
    g_clear_pointer(&item->text, g_bytes_unref);
    g_free(item);
}

static gint64 microseconds(const struct timespec *time)
{
    return (gint64)time->tv_sec * G_USEC_PER_SEC + time->tv_nsec / 1000;
}

/* Of a plain file, never of what a link leads to. */
static gboolean look_at(const char *folder, const char *name, struct stat *status)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return lstat(path, status) == 0 && S_ISREG(status->st_mode);
}

static char *below(const char *cut, const char *name)
{
    return cut != NULL ? g_strdup_printf(CUTS "/%s/%s", cut, name) : g_strdup(name);
}

/* What was deleted here and is at the mirror only has an entry that says so. */
static gboolean is_due(const ShowFile *file)
{
    return file->path == NULL && file->sha256 != NULL && strcmp(file->name, STORE_MANIFEST) != 0 &&
           !store_file_is_elsewhere(file);
}

static void add_file(GPtrArray *items, const char *cut, const ShowFile *file)
{
    MirrorItem *item = g_new0(MirrorItem, 1);
    item->name = below(cut, file->name);
    item->bytes = file->bytes;
    item->sha256 = g_strdup(file->sha256);
    item->kind = g_strdup(file->kind);
    g_ptr_array_add(items, item);
}

/* Beside a recording, small, and made again at any time. */
static void add_index(GPtrArray *items, const char *folder, const char *cut, const ShowFile *file)
{
    g_autofree char *beside = g_strconcat(file->name, ".index", NULL);
    struct stat status;
    char *name = below(cut, beside);
    if (!look_at(folder, name, &status)) {
        g_free(name);
        return;
    }
    MirrorItem *item = g_new0(MirrorItem, 1);
    item->name = name;
    item->bytes = status.st_size;
    item->changed_us = microseconds(&status.st_mtim);
    g_ptr_array_add(items, item);
}

static void add_manifest(GPtrArray *items, const char *cut, char *text, gsize length)
{
    MirrorItem *item = g_new0(MirrorItem, 1);
    item->name = below(cut, STORE_MANIFEST);
    item->bytes = (gint64)length;
    item->sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
    item->text = g_bytes_new_take(text, length);
    g_ptr_array_add(items, item);
}

/* The manifest is read once, so that what is sent is what was planned. */
static gboolean add_show(GPtrArray *items, const char *folder, const char *cut, GError **error)
{
    g_autofree char *name = below(cut, STORE_MANIFEST);
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *text = NULL;
    gsize length = 0;
    struct stat status;
    if (!look_at(folder, name, &status))
        return TRUE; /* not yet, or gone */
    if (status.st_size > MANIFEST_BYTES_MAX || !g_file_get_contents(path, &text, &length, error))
        return error == NULL || *error == NULL;
    g_autoptr(ShowJson) json = show_json_parse(path, text, length, error);
    g_autoptr(ShowManifest) manifest = json != NULL ? show_manifest_from_json(json, error) : NULL;
    if (manifest == NULL)
        return FALSE;
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (!is_due(file))
            continue;
        add_file(items, cut, file);
        add_index(items, folder, cut, file);
    }
    add_manifest(items, cut, g_steal_pointer(&text), length);
    return TRUE;
}

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of the cuts that a show has, sorted. */
static GPtrArray *list_cuts(const char *folder)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_build_filename(folder, CUTS, NULL);
    g_autoptr(GDir) cuts = g_dir_open(path, 0, NULL);
    const char *name;
    while (cuts != NULL && (name = g_dir_read_name(cuts)) != NULL)
        if (name[0] != '.' && show_file_name_is_valid(name))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    return names;
}

GPtrArray *mirror_plan_new(const char *folder, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(free_item);
    g_autoptr(GPtrArray) cuts = list_cuts(folder);
    for (guint i = 0; i < cuts->len; i++)
        if (!add_show(items, folder, cuts->pdata[i], error))
            return NULL;
    return add_show(items, folder, NULL, error) ? g_steal_pointer(&items) : NULL;
}

static void add_stamp(GString *stamp, const char *folder, const char *cut)
{
    g_autofree char *name = below(cut, STORE_MANIFEST);
    struct stat status;
    if (look_at(folder, name, &status))
        g_string_append_printf(stamp, "%lx.%" G_GINT64_FORMAT " ", (unsigned long)status.st_ino,
                               microseconds(&status.st_mtim));
}

char *mirror_plan_stamp(const char *folder)
{
    GString *stamp = g_string_new(NULL);
    g_autoptr(GPtrArray) cuts = list_cuts(folder);
    for (guint i = 0; i < cuts->len; i++)
        add_stamp(stamp, folder, cuts->pdata[i]);
    add_stamp(stamp, folder, NULL);
    return g_string_free(stamp, FALSE);
}
