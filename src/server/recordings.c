/* All recordings of a show: what is said of them, and what a restart finds. */
#include "recording-private.h"

#include <string.h>

/* ---- one walk for all who look ---- */

typedef gboolean (*Look)(ServerRecording *recording, gpointer data);

/* FALSE: at one of them `look` did not want to go on. It takes none out. */
static gboolean walk(const ServerShow *show, Look look, gpointer data)
{
    GHashTableIter iter;
    gpointer recording;
    g_hash_table_iter_init(&iter, show->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &recording))
        if (!look(recording, data))
            return FALSE;
    return TRUE;
}

static gboolean is_settled(ServerRecording *recording, gpointer data)
{
    (void)data;
    return recording->is_settled;
}

gboolean server_recordings_are_settled(const ServerShow *show)
{
    return walk(show, is_settled, NULL);
}

static gboolean is_free(ServerRecording *recording, gpointer data)
{
    (void)data;
    return recording->writer == NULL && !recording->is_indexing;
}

gboolean server_recordings_are_busy(const ServerShow *show)
{
    return !walk(show, is_free, NULL);
}

static gboolean note_touched(ServerRecording *recording, gpointer data)
{
    gint64 *last_us = data;
    *last_us = MAX(*last_us, recording->touched_us);
    return TRUE;
}

gint64 server_recordings_touched_us(const ServerShow *show)
{
    gint64 last_us = 0;
    walk(show, note_touched, &last_us);
    return last_us;
}

static gboolean give_up(ServerRecording *recording, gpointer data)
{
    (void)data;
    if (!recording->is_settled && !recording->is_indexing)
        server_recording_give_up(recording);
    return TRUE;
}

void server_recordings_give_up(ServerShow *show)
{
    walk(show, give_up, NULL);
}

/* ---- what is said of them ---- */

static gint compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(((const ServerRecording *)a)->name, ((const ServerRecording *)b)->name);
}

static const char *state_of(const ServerRecording *recording)
{
    if (recording->is_settled)
        return "done";
    return store_upload_is_finished(recording->upload) ? "indexing" : "growing";
}

json_t *server_recordings_json(const ServerShow *show)
{
    json_t *list = json_array();
    g_autoptr(GList) all = g_list_sort(g_hash_table_get_values(show->recordings), compare_names);
    for (GList *link = all; link != NULL; link = link->next) {
        const ServerRecording *recording = link->data;
        json_t *entry = json_pack("{s:s, s:I, s:s}", "name", recording->name, "bytes",
                                  (json_int_t)store_upload_acknowledged_bytes(recording->upload),
                                  "state", state_of(recording));
        const char *source = server_recording_source(recording);
        if (source != NULL)
            json_object_set_new(entry, "source", json_string(source));
        json_array_append_new(list, entry);
    }
    return list;
}

/* ---- closing, and opening again ---- */

void server_recordings_close(ServerShow *show)
{
    g_autoptr(GList) all = g_hash_table_get_values(show->recordings);
    g_hash_table_remove_all(show->recordings);
    for (GList *link = all; link != NULL; link = link->next)
        server_recording_free(link->data);
}

static gint64 noted_length(const ServerShow *show, const char *name)
{
    const ShowFile *file = show_manifest_find(show->manifest, name);
    const json_t *length = file != NULL ? json_object_get(file->extra, "length") : NULL;
    return json_is_integer(length) && json_integer_value(length) >= 0 ? json_integer_value(length)
                                                                      : -1;
}

static gboolean is_known_whole(const ServerShow *show, const char *name)
{
    const ShowFile *file = show_manifest_find(show->manifest, name);
    return file != NULL && file->sha256 != NULL;
}

static void take_up_one(ServerShow *show, const char *name)
{
    g_autoptr(GError) error = NULL;
    StoreRecording what;
    if (!server_recording_parse(show, name, &what, NULL))
        return;
    ServerRecording *recording =
        server_recording_new(show, name, &what, noted_length(show, name), &error);
    if (recording == NULL) {
        g_warning("recording not taken up show=%s name=%s error=%s", server_show_id(show), name,
                  error->message);
        return;
    }
    recording->is_settled = is_known_whole(show, name);
}

void server_recordings_take_up(ServerShow *show)
{
    g_autoptr(GDir) folder = g_dir_open(store_show_place(show->folder)->path, 0, NULL);
    const char *name;
    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL)
        if (store_recording_parse(name, NULL))
            take_up_one(show, name);
}
