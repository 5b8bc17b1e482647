/* Retention. What always holds: a file goes before its entry, so that nothing is left behind that
 * nobody names; a sweep that was cut short finds the entry again and goes on. */
#include <store/shows.h>

#include <store/error.h>
#include <store/folder.h>

#include "disk-private.h"
#include "shows-private.h"

#include <errno.h>
#include <string.h>

typedef struct Sweep {
    StoreShows *shows;
    const StoreRule *rules;
    gsize count;
    gint64 now_s;
    const StoreElsewhere *elsewhere; /* NULL: none */
    StoreSwept swept;
} Sweep;

/* Whether this kind may go from a show of this age. */
static gboolean is_due(const Sweep *sweep, const char *kind, gint64 age_s)
{
    gboolean due = FALSE;
    if (g_strcmp0(kind, "log") == 0)
        return FALSE;
    for (gsize i = 0; i < sweep->count; i++) {
        if (g_strcmp0(sweep->rules[i].kind, kind) != 0)
            continue;
        if (age_s < sweep->rules[i].age_s)
            return FALSE;
        due = TRUE;
    }
    return due;
}

static gboolean remove_named(const StorePlace *place, const char *name, GError **error)
{
    return place->io->remove_at(place->io, place->fd, name, 0) == 0 || errno == ENOENT ||
           store_fail_errno(error, errno, place->path, name, "delete it");
}

static gboolean remove_recording(Sweep *sweep, const StorePlace *place, const ShowFile *file,
                                 GError **error)
{
    g_autofree char *index = g_strconcat(file->name, ".index", NULL);
    if (!remove_named(place, index, error) || !remove_named(place, file->name, error))
        return FALSE;
    sweep->swept.files++;
    sweep->swept.bytes += file->bytes;
    return TRUE;
}

static gboolean write_manifest(const StorePlace *place, const ShowManifest *manifest,
                               GError **error)
{
    return store_sync_place(place, error) &&
           store_folder_write_manifest(place->path, manifest, error);
}

/* Whether it is here, and may be deleted. */
static gboolean may_go(const Sweep *sweep, const char *id, const ShowFile *file, gint64 age_s)
{
    return file->path == NULL && strcmp(file->name, STORE_MANIFEST) != 0 &&
           is_due(sweep, file->kind, age_s) && !store_file_is_elsewhere(file) &&
           (sweep->elsewhere == NULL || sweep->elsewhere->has(id, file, sweep->elsewhere->data));
}

/* Its entry goes, or says where it is now. TRUE: it stays in the list. */
static gboolean note_gone(const Sweep *sweep, ShowManifest *manifest, guint i)
{
    ShowFile *file = manifest->files->pdata[i];
    if (sweep->elsewhere == NULL) {
        g_ptr_array_remove_index(manifest->files, i);
        return FALSE;
    }
    if (file->extra == NULL)
        file->extra = json_object();
    json_object_set_new(file->extra, STORE_ELSEWHERE, json_string(sweep->elsewhere->name));
    return TRUE;
}

static gboolean sweep_files(Sweep *sweep, const StorePlace *place, ShowManifest *manifest,
                            gint64 age_s, GError **error)
{
    gboolean good = TRUE, changed = FALSE;
    for (guint i = 0; good && i < manifest->files->len;) {
        const ShowFile *file = manifest->files->pdata[i];
        if (!may_go(sweep, manifest->id, file, age_s)) {
            i++;
            continue;
        }
        good = remove_recording(sweep, place, file, error);
        if (good && note_gone(sweep, manifest, i))
            i++;
        changed = changed || good;
    }
    /* Also after an error: what is gone is not to be named. */
    if (changed)
        good = write_manifest(place, manifest, good ? error : NULL) && good;
    return good;
}

static gboolean sweep_show(Sweep *sweep, const char *id, GError **error)
{
    g_autoptr(StoreShow) show = store_shows_find(sweep->shows, id, error);
    if (show == NULL)
        return FALSE;
    const StorePlace *place = store_show_place(show);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(place->path, error);
    if (manifest == NULL)
        return FALSE;
    g_autoptr(GDateTime) start = g_date_time_new_from_iso8601(manifest->started_at, NULL);
    if (manifest->state != SHOW_STATE_COMPLETE || start == NULL)
        return TRUE;
    gint64 age_s = sweep->now_s - g_date_time_to_unix(start);
    if (!is_due(sweep, "show", age_s))
        return sweep_files(sweep, place, manifest, age_s, error);
    if (!store_shows_trash(sweep->shows, id, sweep->now_s, error))
        return FALSE;
    sweep->swept.shows++;
    return TRUE;
}

/* A folder without a manifest is a show that is just beginning, and no error. */
static gboolean has_manifest(const StoreShows *shows, const char *id)
{
    g_autofree char *path = g_build_filename(shows->sessions.path, id, STORE_MANIFEST, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

gboolean store_shows_sweep(StoreShows *shows, const StoreRule *rules, gsize count, gint64 now_s,
                           const StoreElsewhere *elsewhere, StoreSwept *swept, GError **error)
{
    Sweep sweep = {
        .shows = shows, .rules = rules, .count = count, .now_s = now_s, .elsewhere = elsewhere};
    g_autoptr(GPtrArray) ids = store_shows_list(shows, error);
    gboolean good = ids != NULL;
    for (guint i = 0; ids != NULL && i < ids->len; i++)
        if (has_manifest(shows, ids->pdata[i]))
            good = sweep_show(&sweep, ids->pdata[i], good ? error : NULL) && good;
    if (swept != NULL)
        *swept = sweep.swept;
    return good;
}
