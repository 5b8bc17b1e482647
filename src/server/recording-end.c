/* How a recording ends: finished, looked into by a child, summed, and in the manifest; or deleted, or
 * given up. What always holds: a recording that is settled is in the manifest with its sum, which was
 * made once: by the child that indexed it, or here when there was something to hold it against. */
#include "recording-private.h"

#include "indexer-private.h"
#include "shows-private.h"
#include "socket-private.h"

/* Something under way with a recording. The show is kept meanwhile; the recording is gone when that
 * was closed. */
typedef struct Ending {
    ServerShow *show;
    ServerRecording *recording;
    StoreUploadDone done;
    gpointer data;
} Ending;

static Ending *ending_new(ServerRecording *recording, StoreUploadDone done, gpointer data)
{
    Ending *ending = g_new(Ending, 1);
    *ending = (Ending){server_recording_show(recording), recording, done, data};
    server_show_ref(ending->show);
    return ending;
}

/* Answers, and lets go of the show. */
static void end(Ending *ending, const GError *error)
{
    if (ending->done != NULL)
        ending->done(error, ending->data);
    server_show_unref(ending->show);
    g_free(ending);
}

/* ---- whole ---- */

static double start_of(const ServerRecording *recording)
{
    const double *start = g_hash_table_lookup(recording->show->starts, recording->name);
    return start != NULL ? *start : 0;
}

static char *text_of(const json_t *found, const char *member)
{
    return g_strdup(json_string_value(json_object_get(found, member)));
}

static GArray *gaps_of(const json_t *found)
{
    const json_t *list = json_object_get(found, "gaps");
    if (json_array_size(list) == 0)
        return NULL;
    GArray *gaps = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i);
        ShowGap gap = {(gint64)json_number_value(json_array_get(pair, 0)),
                       (gint64)json_number_value(json_array_get(pair, 1))};
        if (gap.start_ms >= 0 && gap.end_ms > gap.start_ms &&
            (gaps->len == 0 || gap.start_ms >= g_array_index(gaps, ShowGap, gaps->len - 1).end_ms))
            g_array_append_val(gaps, gap);
    }
    return gaps;
}

/* Members that the manifest keeps beside its own. */
static json_t *extra_of(const json_t *found, const GError *error)
{
    static const char *const kept[] = {"width", "height", "rate", "torn"};
    json_t *extra = json_object();
    for (guint i = 0; i < G_N_ELEMENTS(kept); i++) {
        json_t *value = json_object_get(found, kept[i]);
        if (value != NULL)
            json_object_set(extra, kept[i], value);
    }
    if (error != NULL)
        json_object_set_new(extra, "problem", json_string(error->message));
    if (json_object_size(extra) > 0)
        return extra;
    json_decref(extra);
    return NULL;
}

/* What was found of it, its sum apart. */
static ShowFile *describe(const ServerRecording *recording, const json_t *found,
                          const GError *error)
{
    ShowFile *file =
        show_file_new(recording->name, store_recording_kind_name(recording->what.kind));
    file->source = g_strdup(server_recording_source(recording));
    file->bytes = store_upload_acknowledged_bytes(recording->upload);
    file->clock.start_s = start_of(recording) / 1000;
    file->duration_ms = (gint64)json_number_value(json_object_get(found, "duration"));
    file->video = text_of(found, "video");
    file->audio = text_of(found, "audio");
    file->gaps = gaps_of(found);
    file->extra = extra_of(found, error);
    return file;
}

/* Takes `file`. */
static void settle(ServerRecording *recording, ShowFile *file)
{
    ServerShow *show = recording->show;
    show_manifest_take_file(server_show_change(show), file);
    recording->is_indexing = FALSE;
    recording->is_settled = TRUE;
    server_show_save(show);
    server_socket_state_changed(show->server, server_show_id(show));
    server_show_settle(show);
}

/* The child read every byte; what it says of another number of them is of something else. */
static char *sum_found(const ServerRecording *recording, const json_t *found)
{
    const json_t *bytes = json_object_get(found, "bytes");
    const char *sum = json_string_value(json_object_get(found, "sha256"));
    gboolean is_all =
        json_is_integer(bytes) &&
        json_integer_value(bytes) == store_upload_acknowledged_bytes(recording->upload);
    return is_all && server_is_sha256(sum) ? g_strdup(sum) : NULL;
}

/* A file that waits for its sum to be read here. */
typedef struct Summing {
    ServerShow *show;
    ServerRecording *recording;
    ShowFile *file;
} Summing;

static void summed(const GError *error, gpointer data)
{
    g_autofree Summing *summing = data;
    ServerShow *show = summing->show;
    if (error != NULL)
        g_warning("recording not read show=%s error=%s", server_show_id(show), error->message);
    if (error != NULL && !show->is_closed)
        summing->recording->is_indexing = FALSE; /* tried again when the show gives up waiting */
    if (error == NULL && !show->is_closed) {
        summing->file->sha256 = store_upload_sha256(summing->recording->upload);
        settle(summing->recording, g_steal_pointer(&summing->file));
    }
    show_file_free(summing->file);
    server_show_unref(show);
}

/* What a child could not look into is kept all the same, and needs its sum. */
static void read_sum(ServerRecording *recording, ShowFile *file)
{
    Summing *summing = g_new(Summing, 1);
    *summing = (Summing){recording->show, recording, file};
    server_show_ref(recording->show);
    store_upload_read_sum(recording->upload, summed, summing);
}

static void indexed(const json_t *found, const GError *error, gpointer data)
{
    ServerRecording *recording = data;
    ShowFile *file = describe(recording, found, error);
    if (error != NULL)
        g_message("recording not indexed show=%s name=%s error=%s", server_show_id(recording->show),
                  recording->name, error->message);
    file->sha256 = store_upload_sha256(recording->upload);
    if (file->sha256 == NULL)
        file->sha256 = sum_found(recording, found);
    if (file->sha256 == NULL)
        read_sum(recording, file);
    else
        settle(recording, file);
}

static void index_it(ServerRecording *recording)
{
    ServerShow *show = recording->show;
    recording->is_indexing = TRUE;
    g_autofree char *path =
        g_build_filename(store_show_place(show->folder)->path, recording->name, NULL);
    server_indexer_push(server_shows_indexer(show->server->shows), path, indexed, recording);
}

static void finished(const GError *error, gpointer data)
{
    Ending *ending = data;
    ServerRecording *recording = ending->recording;
    if (error == NULL && !ending->show->is_closed && !recording->is_settled &&
        !recording->is_indexing)
        index_it(recording);
    end(ending, error);
}

void server_recording_finish(ServerRecording *recording, const char *sha256, StoreUploadDone done,
                             gpointer data)
{
    store_upload_finish(recording->upload, sha256, finished, ending_new(recording, done, data));
}

/* ---- given up ---- */

void server_recording_give_up(ServerRecording *recording)
{
    if (recording->length < 0 || store_upload_is_finished(recording->upload)) {
        server_recording_finish(recording, NULL, NULL, NULL);
        return;
    }
    ShowFile *file = show_manifest_find(server_show_change(recording->show), recording->name);
    recording->is_settled = TRUE;
    if (file == NULL)
        return;
    file->bytes = store_upload_acknowledged_bytes(recording->upload);
    json_decref(file->extra);
    file->extra = json_pack("{s:s}", "state", "unfinished");
}

/* ---- removing ---- */

static void forget_file(ShowManifest *manifest, const char *name)
{
    ShowFile *file = show_manifest_find(manifest, name);
    if (file != NULL)
        g_ptr_array_remove(manifest->files, file);
}

static void removed(const GError *error, gpointer data)
{
    Ending *ending = data;
    ServerRecording *recording = ending->recording;
    ServerShow *show = ending->show;
    gboolean is_gone = error == NULL && !show->is_closed;
    server_show_ref(show);
    if (is_gone) {
        forget_file(server_show_change(show), recording->name);
        g_hash_table_remove(show->expected, recording->name);
        g_hash_table_remove(show->recordings, recording->name);
        server_show_save(show);
    }
    end(ending, error);
    if (is_gone) {
        server_recording_free(recording);
        if (!show->is_closed)
            server_show_settle(show);
    }
    server_show_unref(show);
}

void server_recording_remove(ServerRecording *recording, StoreUploadDone done, gpointer data)
{
    store_upload_terminate(recording->upload, removed, ending_new(recording, done, data));
}
