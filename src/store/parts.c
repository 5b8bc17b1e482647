/* Finished parts of a render. What always holds: a part is in the list when its file was whole before; who
 * takes one has read all of it and found the bytes that were kept. */
#include <store/parts.h>

#include <store/error.h>
#include <store/whole.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <show/json.h>
#include <show/limits.h>
#include <show/manifest.h>
#include <string.h>

enum { SUM_DIGITS = 64, VERSION = 1 };

struct StoreParts {
    char *folder;    /* NULL: none */
    GPtrArray *list; /* StorePart * */
};

/* ---- the list as text ---- */

static void part_free(gpointer data)
{
    StorePart *part = data;
    g_free(part->name);
    g_free(part->key);
    g_free(part->sha256);
    json_decref(part->facts);
    g_free(part);
}

static gboolean is_sum(const char *text)
{
    return text != NULL && strlen(text) == SUM_DIGITS &&
           strspn(text, "0123456789abcdef") == SUM_DIGITS;
}

static gboolean is_name(const char *name)
{
    return name != NULL && show_file_name_is_valid(name) && name[0] != '.' &&
           strcmp(name, STORE_PARTS_LIST) != 0;
}

static gint64 find(const StoreParts *parts, const char *name)
{
    for (guint i = 0; i < parts->list->len; i++)
        if (strcmp(((const StorePart *)parts->list->pdata[i])->name, name) == 0)
            return i;
    return -1;
}

static gboolean take_part(StoreParts *parts, const json_t *value)
{
    const char *name = json_string_value(json_object_get(value, "name"));
    const char *key = json_string_value(json_object_get(value, "key"));
    const char *sum = json_string_value(json_object_get(value, "sha256"));
    const json_t *bytes = json_object_get(value, "bytes");
    json_t *facts = json_object_get(value, "facts");
    if (!is_name(name) || !is_sum(key) || !is_sum(sum) || !json_is_integer(bytes) ||
        json_integer_value(bytes) < 0 || (facts != NULL && !json_is_object(facts)) ||
        find(parts, name) >= 0 || parts->list->len >= STORE_PARTS_LISTED_MAX)
        return FALSE;
    StorePart *part = g_new0(StorePart, 1);
    *part = (StorePart){g_strdup(name), g_strdup(key), g_strdup(sum), json_integer_value(bytes),
                        json_deep_copy(facts)};
    g_ptr_array_add(parts->list, part);
    return TRUE;
}

static gboolean take_all(StoreParts *parts, const json_t *root)
{
    const json_t *list = json_object_get(root, "parts");
    if (json_integer_value(json_object_get(root, "version")) != VERSION || !json_is_array(list))
        return FALSE;
    for (gsize i = 0; i < json_array_size(list); i++)
        if (!take_part(parts, json_array_get(list, i)))
            return FALSE;
    return TRUE;
}

static StoreParts *parts_new(const char *folder)
{
    StoreParts *parts = g_new0(StoreParts, 1);
    parts->folder = g_strdup(folder);
    parts->list = g_ptr_array_new_with_free_func(part_free);
    return parts;
}

static StoreParts *parts_of(const char *folder, const ShowJson *json, GError **error)
{
    g_autoptr(StoreParts) parts = parts_new(folder);
    if (take_all(parts, show_json_root(json)))
        return g_steal_pointer(&parts);
    g_set_error_literal(error, STORE_ERROR, STORE_ERROR_FAILED,
                        STORE_PARTS_LIST ": this is no list of a render's parts");
    return NULL;
}

StoreParts *store_parts_parse(const char *text, gsize length, GError **error)
{
    g_autoptr(ShowJson) json = show_json_parse(STORE_PARTS_LIST, text, length, error);
    return json != NULL ? parts_of(NULL, json, error) : NULL;
}

static gboolean write_list(const StoreParts *parts, GError **error)
{
    json_t *list = json_array();
    for (guint i = 0; i < parts->list->len; i++) {
        const StorePart *part = parts->list->pdata[i];
        json_t *value = json_pack("{s:s,s:s,s:I,s:s}", "name", part->name, "key", part->key,
                                  "bytes", (json_int_t)part->bytes, "sha256", part->sha256);
        if (part->facts != NULL)
            json_object_set(value, "facts", part->facts);
        json_array_append_new(list, value);
    }
    json_t *root = json_pack("{s:i,s:o}", "version", VERSION, "parts", list);
    g_autofree char *text = show_json_text(root, TRUE);
    g_autofree char *path = g_build_filename(parts->folder, STORE_PARTS_LIST, NULL);
    json_decref(root);
    return store_write_whole(path, text, strlen(text), error);
}

/* ---- the folder ---- */

StoreParts *store_parts_look(const char *folder, GError **error)
{
    g_autofree char *path = g_build_filename(folder, STORE_PARTS_LIST, NULL);
    g_autoptr(ShowJson) json = show_json_load(path, error);
    return json != NULL ? parts_of(folder, json, error) : NULL;
}

/* What was being made when the render before ended. */
static void remove_unnamed(const StoreParts *parts)
{
    g_autoptr(GDir) folder = g_dir_open(parts->folder, 0, NULL);
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *path = g_build_filename(parts->folder, name, NULL);
        if (strcmp(name, STORE_PARTS_LIST) != 0 && find(parts, name) < 0)
            g_unlink(path);
    }
}

StoreParts *store_parts_open(const char *folder, GError **error)
{
    if (g_mkdir(folder, 0777) != 0 && errno != EEXIST) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED, "%s: cannot make this folder: %s",
                    folder, g_strerror(errno));
        return NULL;
    }
    StoreParts *parts = store_parts_look(folder, NULL);
    if (parts == NULL)
        parts = parts_new(folder);
    remove_unnamed(parts);
    return parts;
}

void store_parts_free(StoreParts *parts)
{
    if (parts == NULL)
        return;
    g_ptr_array_unref(parts->list);
    g_free(parts->folder);
    g_free(parts);
}

const GPtrArray *store_parts_list(const StoreParts *parts)
{
    return parts->list;
}

char *store_parts_path(const StoreParts *parts, const char *name)
{
    return g_build_filename(parts->folder, name, NULL);
}

char *store_parts_key(const char *text)
{
    return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
}

/* ---- parts ---- */

static gboolean is_as_kept(const StoreParts *parts, const StorePart *part,
                           GCancellable *cancellable)
{
    gint64 bytes = 0;
    g_autofree char *path = store_parts_path(parts, part->name);
    g_autofree char *sum = NULL;
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
        sum = store_sha256(path, &bytes, cancellable, NULL);
    return sum != NULL && bytes == part->bytes && strcmp(sum, part->sha256) == 0;
}

const StorePart *store_parts_find(StoreParts *parts, const char *name, const char *key,
                                  GCancellable *cancellable)
{
    gint64 index = find(parts, name);
    const StorePart *part = index >= 0 ? parts->list->pdata[index] : NULL;
    if (part != NULL && strcmp(part->key, key) == 0 && is_as_kept(parts, part, cancellable))
        return part;
    if (part == NULL || g_cancellable_is_cancelled(cancellable))
        return NULL;
    g_autofree char *path = store_parts_path(parts, name);
    g_unlink(path);
    g_ptr_array_remove_index(parts->list, (guint)index);
    return NULL;
}

gboolean store_parts_keep(StoreParts *parts, const StorePartNew *made, GCancellable *cancellable,
                          GError **error)
{
    g_assert(is_name(made->name) && is_sum(made->key));
    StorePart *part = g_new0(StorePart, 1);
    g_autofree char *path = store_parts_path(parts, made->name);
    part->name = g_strdup(made->name);
    part->key = g_strdup(made->key);
    part->facts = made->facts;
    part->bytes = made->bytes;
    part->sha256 = made->sha256 != NULL ? g_strdup(made->sha256)
                                        : store_sha256(path, &part->bytes, cancellable, error);
    gint64 before = find(parts, made->name);
    if (part->sha256 == NULL) {
        part_free(part);
        return FALSE;
    }
    if (before >= 0)
        g_ptr_array_remove_index(parts->list, (guint)before);
    g_ptr_array_add(parts->list, part);
    return write_list(parts, error);
}

gboolean store_parts_drop(StoreParts *parts, const char *prefix, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (guint i = parts->list->len; i-- > 0;) {
        const char *name = ((const StorePart *)parts->list->pdata[i])->name;
        if (!g_str_has_prefix(name, prefix))
            continue;
        g_ptr_array_add(paths, store_parts_path(parts, name));
        g_ptr_array_remove_index(parts->list, i);
    }
    if (paths->len == 0)
        return TRUE;
    if (!write_list(parts, error))
        return FALSE;
    for (guint i = 0; i < paths->len; i++)
        g_unlink(paths->pdata[i]);
    return TRUE;
}
