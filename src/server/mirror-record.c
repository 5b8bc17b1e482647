/* storage/mirror/<id>.json: {"version":1,"files":{"program.webm":{"bytes":1,"sha256":"…"}}}. */
#include "mirror-record-private.h"

#include <show/json.h>
#include <store/whole.h>

#include <string.h>

static void free_file(gpointer data)
{
    MirrorFile *file = data;
    g_free(file->sha256);
    g_free(file);
}

GHashTable *mirror_record_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_file);
}

void mirror_record_take(GHashTable *record, const char *name, const MirrorFile *file)
{
    MirrorFile *copy = g_new(MirrorFile, 1);
    *copy = *file;
    copy->sha256 = g_strdup(file->sha256);
    g_hash_table_replace(record, g_strdup(name), copy);
}

GHashTable *mirror_record_load(const char *path)
{
    GHashTable *record = mirror_record_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_load(path, &error);
    if (json == NULL) {
        g_info("the mirror is asked what it has file=%s error=%s", path, error->message);
        return record;
    }
    const char *name;
    json_t *value, *files = json_object_get(show_json_root(json), "files");
    json_object_foreach(files, name, value)
    {
        MirrorFile file = {
            .bytes = json_integer_value(json_object_get(value, "bytes")),
            .sha256 = (char *)json_string_value(json_object_get(value, "sha256")),
            .changed_us = json_integer_value(json_object_get(value, "changed")),
        };
        mirror_record_take(record, name, &file);
    }
    return record;
}

static json_t *to_json(GHashTable *record)
{
    json_t *files = json_object();
    GHashTableIter iter;
    gpointer name, value;
    g_hash_table_iter_init(&iter, record);
    while (g_hash_table_iter_next(&iter, &name, &value)) {
        const MirrorFile *file = value;
        json_t *member =
            json_pack("{s:I, s:s*}", "bytes", (json_int_t)file->bytes, "sha256", file->sha256);
        if (file->changed_us != 0)
            json_object_set_new(member, "changed", json_integer(file->changed_us));
        json_object_set_new(files, name, member);
    }
    return json_pack("{s:i, s:o}", "version", 1, "files", files);
}

gboolean mirror_record_save(GHashTable *record, const char *path, GError **error)
{
    json_t *value = to_json(record);
    g_autofree char *text = show_json_text(value, FALSE);
    json_decref(value);
    return store_write_whole(path, text, strlen(text), error);
}
