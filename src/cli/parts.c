#include "parts.h"

#include <media/join.h>
#include <store/folder.h>
#include <store/names.h>

#include <string.h>

gboolean cli_parts_is_studio(const ShowFile *file)
{
    return file->path == NULL && store_recording_parse(file->name, NULL);
}

/* ---- lists ---- */

static int compare_starts(gconstpointer a, gconstpointer b)
{
    const ShowFile *first = *(const ShowFile *const *)a, *second = *(const ShowFile *const *)b;
    return (first->clock.start_s > second->clock.start_s) -
           (first->clock.start_s < second->clock.start_s);
}

GPtrArray *cli_parts_of_source(const ShowManifest *manifest, const char *source, const char *kind)
{
    GPtrArray *files = g_ptr_array_new();
    for (guint i = 0; i < manifest->files->len; i++) {
        ShowFile *file = manifest->files->pdata[i];
        if (g_strcmp0(file->kind, kind) == 0 && g_strcmp0(file->source, source) == 0)
            g_ptr_array_add(files, file);
    }
    g_ptr_array_sort(files, compare_starts);
    return files;
}

GPtrArray *cli_parts_of_program(const ShowManifest *manifest)
{
    GPtrArray *files = g_ptr_array_new();
    for (guint i = 0; i < manifest->files->len; i++) {
        ShowFile *file = manifest->files->pdata[i];
        StoreRecording what;
        if (file->path == NULL && store_recording_parse(file->name, &what) &&
            what.kind == STORE_RECORDING_PROGRAM)
            g_ptr_array_add(files, file);
    }
    g_ptr_array_sort(files, compare_starts);
    return files;
}

/* ---- probing ---- */

/* A part that can be read, or NULL. Without an error it is left out. */
static MediaInfo *probe_part(const CliPartsPlace *place, const ShowFile *file, GError **error)
{
    g_autoptr(GError) reason = NULL;
    g_autofree char *path = store_folder_file(place->folder, file);
    MediaInfo *info = media_probe(path, &reason);
    if (info != NULL)
        return info;
    if (cli_parts_is_studio(file))
        cli_report_warning(place->report, "%s; it is left out", reason->message);
    else
        g_propagate_error(error, g_steal_pointer(&reason));
    return NULL;
}

CliParts *cli_parts_new(const CliPartsPlace *place, GPtrArray *files_taken, GError **error)
{
    g_autoptr(CliParts) parts = g_new0(CliParts, 1);
    parts->files = files_taken;
    parts->infos = g_ptr_array_new_with_free_func((GDestroyNotify)media_info_free);
    for (guint i = 0; i < parts->files->len;) {
        g_autoptr(GError) failed = NULL;
        MediaInfo *info = probe_part(place, parts->files->pdata[i], &failed);
        if (failed != NULL) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return NULL;
        }
        if (info == NULL) {
            g_ptr_array_remove_index(parts->files, i);
            continue;
        }
        g_ptr_array_add(parts->infos, info);
        i++;
    }
    return g_steal_pointer(&parts);
}

void cli_parts_free(CliParts *parts)
{
    if (parts == NULL)
        return;
    g_ptr_array_unref(parts->files);
    g_ptr_array_unref(parts->infos);
    g_free(parts);
}

/* ---- joining ---- */

/* That of the first part with a picture. */
static ShowRate rate_of(const GPtrArray *infos)
{
    for (guint i = 0; i < infos->len; i++)
        if (((const MediaInfo *)infos->pdata[i])->has_video)
            return ((const MediaInfo *)infos->pdata[i])->rate;
    return (ShowRate){30, 1};
}

static MediaInfo *join_several(const CliParts *all, const CliPartsPlace *place, const char *path,
                               GError **error)
{
    g_autofree MediaPart *parts = g_new0(MediaPart, all->files->len);
    const ShowFile *first = all->files->pdata[0];
    for (guint i = 0; i < all->files->len; i++) {
        const ShowFile *file = all->files->pdata[i];
        parts[i].path = ((const MediaInfo *)all->infos->pdata[i])->path;
        parts[i].start_s = show_clock_to_source(&first->clock, file->clock.start_s);
    }
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    MediaProgress progress = cli_report_progress(place->report);
    if (!media_join(parts, all->files->len, path, warnings, &progress, place->cancellable, error))
        return NULL;
    for (guint i = 0; i < warnings->len; i++)
        cli_report_warning(place->report, "%s", (const char *)warnings->pdata[i]);
    MediaInfo *info = media_probe(path, error);
    if (info != NULL && info->has_video) {
        info->rate = rate_of(all->infos);
        info->variable_rate = TRUE; /* parts have no grid of frames in common */
    }
    return info;
}

MediaInfo *cli_parts_join(CliParts *parts, const CliPartsPlace *place, const char *path,
                          GError **error)
{
    g_assert(parts->infos->len > 0);
    if (parts->infos->len == 1)
        return g_ptr_array_steal_index(parts->infos, 0);
    return join_several(parts, place, path, error);
}
