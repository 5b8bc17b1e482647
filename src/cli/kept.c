#include "kept.h"

#include "error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <store/names.h>
#include <store/whole.h>

#include <string.h>

struct CliKept {
    GMutex lock; /* over the parts and what is counted: cameras are made side by side */
    StoreParts *parts;
    char *folder;
    char *same;   /* text of what all of them are made of */
    char *render; /* its key */
    MediaParts host;
    GCancellable *cancellable; /* borrowed */
    json_t *files;             /* array: whole outputs that were there */
    gint64 found_parts, made_parts;
};

/* ---- of the same ---- */

static gboolean describe_log(GString *text, const CliKeptPlace *place)
{
    static const char *const names[] = {"events.json", "events.log", NULL};
    for (gsize i = 0; names[i] != NULL; i++) {
        g_autofree char *path = g_build_filename(place->show, names[i], NULL);
        g_autofree char *sum = store_sha256(path, NULL, place->cancellable, NULL);
        if (sum == NULL)
            continue;
        g_string_append_printf(text, "log %s\n", sum);
        return TRUE;
    }
    return FALSE;
}

/* Every recording that the manifest names, whether it is read in the end or not. FALSE: one is growing. */
static gboolean describe_recordings(GString *text, const ShowManifest *manifest)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (file->path == NULL && !store_recording_parse(file->name, NULL))
            continue;
        if (file->sha256 == NULL)
            return FALSE;
        g_string_append_printf(text, "file %s %s %.9f %.9f\n", file->name, file->sha256,
                               file->clock.start_s, file->clock.drift_ppm);
    }
    return TRUE;
}

static char *describe(const CliKeptPlace *place)
{
    g_autoptr(GString) text = g_string_new("crosscut " CROSSCUT_VERSION "\n");
    g_string_append(text, place->settings);
    if (!describe_log(text, place) || !describe_recordings(text, place->manifest))
        return NULL;
    return g_strdup(text->str);
}

static char *key_of(const CliKept *kept, const char *name, const char *what)
{
    g_autofree char *text = g_strconcat(kept->same, name, "\n", what, NULL);
    return store_parts_key(text);
}

/* ---- parts of an encode ---- */

static void take_warnings(const StorePart *part, GPtrArray *warnings)
{
    const json_t *said = json_object_get(part->facts, "warnings");
    for (gsize i = 0; i < json_array_size(said); i++)
        if (json_is_string(json_array_get(said, i)))
            g_ptr_array_add(warnings, g_strdup(json_string_value(json_array_get(said, i))));
}

static char *find_part(const char *name, const char *what, GPtrArray *warnings, gpointer data)
{
    CliKept *kept = data;
    g_autofree char *key = key_of(kept, name, what);
    g_mutex_lock(&kept->lock);
    const StorePart *part = store_parts_find(kept->parts, name, key, kept->cancellable);
    if (part != NULL) {
        take_warnings(part, warnings);
        kept->found_parts++;
    }
    g_mutex_unlock(&kept->lock);
    return part != NULL ? store_parts_path(kept->parts, name) : NULL;
}

static char *place_part(const char *name, gpointer data)
{
    const CliKept *kept = data;
    return store_parts_path(kept->parts, name);
}

static gboolean keep_part(const char *name, const char *what, const GPtrArray *warnings,
                          gpointer data, GError **error)
{
    CliKept *kept = data;
    g_autofree char *key = key_of(kept, name, what);
    json_t *said = json_array();
    for (guint i = 0; i < warnings->len; i++)
        json_array_append_new(said, json_string(warnings->pdata[i]));
    StorePartNew made = {.name = name, .key = key, .facts = json_pack("{s:o}", "warnings", said)};
    g_mutex_lock(&kept->lock);
    kept->made_parts++;
    gboolean good = store_parts_keep(kept->parts, &made, kept->cancellable, error);
    g_mutex_unlock(&kept->lock);
    return good;
}

/* ---- life ---- */

CliKept *cli_kept_open(const CliKeptPlace *place, GError **error)
{
    g_autofree char *same = describe(place);
    if (same == NULL)
        return NULL;
    g_autoptr(StoreParts) parts = store_parts_open(place->folder, error);
    if (parts == NULL)
        return NULL;
    CliKept *kept = g_new0(CliKept, 1);
    g_mutex_init(&kept->lock);
    kept->parts = g_steal_pointer(&parts);
    kept->folder = g_strdup(place->folder);
    kept->render = store_parts_key(same);
    kept->same = g_steal_pointer(&same);
    kept->cancellable = place->cancellable;
    kept->files = json_array();
    kept->host = (MediaParts){find_part, place_part, keep_part, kept};
    return kept;
}

void cli_kept_free(CliKept *kept)
{
    if (kept == NULL)
        return;
    g_mutex_clear(&kept->lock);
    store_parts_free(kept->parts);
    json_decref(kept->files);
    g_free(kept->folder);
    g_free(kept->same);
    g_free(kept->render);
    g_free(kept);
}

const MediaParts *cli_kept_parts(CliKept *kept)
{
    return &kept->host;
}

const char *cli_kept_folder(const CliKept *kept)
{
    return kept->folder;
}

/* ---- whole outputs ---- */

/* The key that it was kept with, when that was in a render of the same; or NULL. */
static char *any_key(const CliKept *kept, const char *name)
{
    const GPtrArray *list = store_parts_list(kept->parts);
    for (guint i = 0; i < list->len; i++) {
        const StorePart *part = list->pdata[i];
        const char *render = json_string_value(json_object_get(part->facts, "render"));
        if (strcmp(part->name, name) == 0 && g_strcmp0(render, kept->render) == 0)
            return g_strdup(part->key);
    }
    return NULL;
}

gboolean cli_kept_find(CliKept *kept, const char *name, const char *what, const json_t **facts)
{
    g_mutex_lock(&kept->lock);
    g_autofree char *key = what != NULL ? key_of(kept, name, what) : any_key(kept, name);
    const StorePart *part =
        key != NULL ? store_parts_find(kept->parts, name, key, kept->cancellable) : NULL;
    if (part != NULL)
        json_array_append_new(kept->files, json_string(name));
    if (part != NULL && facts != NULL)
        *facts = part->facts;
    g_mutex_unlock(&kept->lock);
    return part != NULL;
}

gboolean cli_kept_keep(CliKept *kept, const ShowFile *file, const char *what, json_t *facts_taken,
                       GError **error)
{
    g_autofree char *key = key_of(kept, file->name, what);
    json_t *facts = facts_taken != NULL ? facts_taken : json_object();
    json_object_set_new(facts, "render", json_string(kept->render));
    StorePartNew made = {file->name, key, file->sha256, file->bytes, facts};
    g_mutex_lock(&kept->lock);
    gboolean good = store_parts_keep(kept->parts, &made, kept->cancellable, error);
    g_mutex_unlock(&kept->lock);
    return good;
}

gboolean cli_kept_drop_parts(CliKept *kept, const char *prefix, GError **error)
{
    g_mutex_lock(&kept->lock);
    gboolean good = store_parts_drop(kept->parts, prefix, error);
    g_mutex_unlock(&kept->lock);
    return good;
}

gboolean cli_kept_settle(CliKept *kept, const ShowManifest *manifest, const char *folder,
                         GError **error)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        g_autofree char *from = g_build_filename(kept->folder, file->name, NULL);
        g_autofree char *to = g_build_filename(folder, file->name, NULL);
        if (file->path != NULL || g_rename(from, to) == 0 || errno == ENOENT)
            continue;
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "%s: cannot put it in its place: %s", to,
                    g_strerror(errno));
        return FALSE;
    }
    return TRUE;
}

json_t *cli_kept_account(const CliKept *kept)
{
    if (json_array_size(kept->files) == 0 && kept->found_parts == 0)
        return NULL;
    return json_pack("{s:O,s:I,s:I}", "files", kept->files, "parts", (json_int_t)kept->found_parts,
                     "made", (json_int_t)kept->made_parts);
}
