/* The recordings of a show: one upload each, one writer at a time, and what the manifest says of
 * them. What always holds: a recording that is whole and indexed is in the manifest with its sum. */
#include "show-state-private.h"

#include "indexer-private.h"
#include "shows-private.h"
#include "socket-private.h"

#include <store/error.h>
#include <store/names.h>

#include <string.h>

struct ServerRecording {
    ServerShow *show;
    char *name;
    StoreRecording what;
    StoreUpload *upload; /* owned */
    gint64 length;       /* declared, or -1 */
    gpointer writer;     /* who writes it now; NULL: nobody */
    void (*stolen)(gpointer writer);
    gint64 touched_us;                /* when a writer last let go of it */
    gint64 found_bytes;               /* that were there when it was opened: of the quota */
    gboolean is_open;                 /* what of it is on disk is known */
    gboolean is_broken;               /* could not be opened: the next who wants it opens it anew */
    GArray *waiting;                  /* Waiting: for that; NULL: nobody */
    gboolean is_indexing, is_settled; /* settled: whole, and in the manifest */
};

/* Something under way with a recording. The show is kept meanwhile; the recording is gone when that
 * was closed. */
typedef struct Finish {
    ServerShow *show;
    ServerRecording *recording;
    StoreUploadDone done;
    gpointer data;
} Finish;

typedef struct Waiting {
    ServerRecordingOpen then;
    gpointer data;
} Waiting;

/* ---- names ---- */

/* The source a recording is of, borrowed; NULL: of the program. */
static const char *source_of(const ServerShow *show, const StoreRecording *what)
{
    g_autofree char *id = g_strdup_printf("cam_%u", what->camera);
    int index =
        what->kind != STORE_RECORDING_PROGRAM ? show_sources_find(show->manifest->sources, id) : -1;
    return index >= 0 ? ((const ShowSource *)show->manifest->sources->pdata[index])->id : NULL;
}

static gboolean check_name(const ServerShow *show, const char *name, StoreRecording *what,
                           GError **error)
{
    if (!store_recording_parse(name, what)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                            "name: expected program.webm, cam_1_iso.mkv, cam_1_iso.2.mkv, "
                            "cam_1_local.webm or such");
        return FALSE;
    }
    if (what->kind == STORE_RECORDING_PROGRAM || source_of(show, what) != NULL)
        return TRUE;
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_INVALID, "name: this show has no source cam_%u",
                what->camera);
    return FALSE;
}

gboolean server_recording_is_of(const char *name, const char *source)
{
    StoreRecording what;
    if (!store_recording_parse(name, &what) || what.kind == STORE_RECORDING_PROGRAM)
        return FALSE;
    g_autofree char *id = g_strdup_printf("cam_%u", what.camera);
    return strcmp(id, source) == 0;
}

/* ---- opening ---- */

static void tell_waiting(ServerRecording *recording, ServerRecording *told)
{
    g_autoptr(GArray) waiting = g_steal_pointer(&recording->waiting);
    for (guint i = 0; waiting != NULL && i < waiting->len; i++) {
        const Waiting *one = &g_array_index(waiting, Waiting, i);
        one->then(told, one->data);
    }
}

void server_recording_when_open(ServerRecording *recording, ServerRecordingOpen then, gpointer data)
{
    if (recording->is_open) {
        then(recording, data);
        return;
    }
    if (recording->waiting == NULL)
        recording->waiting = g_array_new(FALSE, FALSE, sizeof(Waiting));
    Waiting one = {then, data};
    g_array_append_val(recording->waiting, one);
}

/* After a restart a recording may be whole already, and not yet in the manifest with its sum:
 * finishing it again reads the sum and has it indexed. */
static void opened(const GError *error, gpointer data)
{
    Finish *open = data;
    ServerRecording *recording = open->recording;
    ServerShow *show = open->show;
    if (error != NULL && !show->is_closed)
        g_warning("recording not opened show=%s name=%s error=%s", server_show_id(show),
                  recording->name, error->message);
    else if (!show->is_closed && store_upload_is_finished(recording->upload) &&
             !recording->is_settled)
        server_recording_finish(recording, NULL, NULL, NULL);
    if (!show->is_closed) {
        recording->is_open = TRUE;
        recording->is_broken = error != NULL;
        tell_waiting(recording, recording);
    }
    g_free(open);
    server_show_unref(show);
}

static ServerRecording *open_new(ServerShow *show, const char *name, const StoreRecording *what,
                                 gint64 length_bytes, GError **error)
{
    StoreUploadOptions options = {
        .place = *store_show_place(show->folder),
        .name = name,
        .length_bytes = length_bytes,
        .quota = &show->quota,
    };
    ServerRecording *recording = g_new0(ServerRecording, 1);
    recording->show = show;
    recording->name = g_strdup(name);
    recording->what = *what;
    recording->length = length_bytes;
    Finish *open = g_new0(Finish, 1);
    open->show = show;
    open->recording = recording;
    recording->upload = store_upload_open(show->server->uploads, &options, opened, open, error);
    if (recording->upload == NULL) {
        g_free(open);
        g_free(recording->name);
        g_free(recording);
        return NULL;
    }
    server_show_ref(show);
    recording->found_bytes = store_upload_end(recording->upload);
    show->quota.used_bytes += recording->found_bytes;
    g_hash_table_insert(show->recordings, recording->name, recording);
    return recording;
}

ServerRecording *server_recording_find(const ServerShow *show, const char *name)
{
    return g_hash_table_lookup(show->recordings, name);
}

/* A declared length is kept in the manifest, so that a restart knows when the recording is whole. */
static void note_length(const ServerRecording *recording)
{
    ShowFile *file = show_manifest_find(recording->show->manifest, recording->name);
    if (file == NULL || file->sha256 != NULL || recording->length < 0)
        return;
    if (file->extra == NULL)
        file->extra = json_object();
    json_object_set_new(file->extra, "length", json_integer(recording->length));
}

static gint64 noted_length(const ServerShow *show, const char *name)
{
    const ShowFile *file = show_manifest_find(show->manifest, name);
    const json_t *length = file != NULL ? json_object_get(file->extra, "length") : NULL;
    return json_is_integer(length) && json_integer_value(length) >= 0 ? json_integer_value(length)
                                                                      : -1;
}

static void recording_free(ServerRecording *recording);

/* The disk may have been ill for a moment only. */
static ServerRecording *drop_broken(ServerRecording *recording)
{
    ServerShow *show = recording->show;
    if (!recording->is_broken || recording->writer != NULL)
        return recording;
    show->quota.used_bytes -= recording->found_bytes;
    g_hash_table_remove(show->recordings, recording->name);
    recording_free(recording);
    return NULL;
}

/* What the manifest says of a recording that grows. */
static void note_growing(ServerRecording *recording)
{
    ServerShow *show = recording->show;
    if (show_manifest_find(show->manifest, recording->name) != NULL)
        return;
    ShowFile *file =
        show_file_new(recording->name, store_recording_kind_name(recording->what.kind));
    file->source = g_strdup(source_of(show, &recording->what));
    file->extra = json_pack("{s:s}", "state", "recording");
    show_manifest_take_file(show->manifest, file);
    note_length(recording);
    server_show_save(show);
}

ServerRecording *server_recording_open(ServerShow *show, const char *name, gint64 length_bytes,
                                       GError **error)
{
    StoreRecording what;
    if (!check_name(show, name, &what, error))
        return NULL;
    ServerRecording *recording = server_recording_find(show, name);
    if (recording != NULL)
        recording = drop_broken(recording);
    if (recording == NULL)
        recording = open_new(show, name, &what, length_bytes, error);
    if (recording != NULL && !recording->is_settled)
        note_growing(recording);
    return recording;
}

void server_recording_claim(ServerRecording *recording, gpointer writer,
                            void (*stolen)(gpointer writer))
{
    gpointer before = recording->writer;
    void (*tell)(gpointer) = recording->stolen;
    recording->writer = writer;
    recording->stolen = stolen;
    if (before != NULL && before != writer)
        tell(before);
}

void server_recording_release(ServerRecording *recording, gpointer writer)
{
    if (recording == NULL || recording->writer != writer)
        return;
    recording->writer = NULL;
    recording->touched_us = g_get_monotonic_time();
}

gboolean server_recording_is_claimed(const ServerRecording *recording)
{
    return recording->writer != NULL;
}

gint64 server_recording_touched_us(const ServerRecording *recording)
{
    return recording->touched_us;
}

ServerShow *server_recording_show(const ServerRecording *recording)
{
    return recording->show;
}

StoreUpload *server_recording_upload(const ServerRecording *recording)
{
    return recording->upload;
}

const char *server_recording_name(const ServerRecording *recording)
{
    return recording->name;
}

const char *server_recording_expected_sum(const ServerRecording *recording)
{
    const char *sum = g_hash_table_lookup(recording->show->expected, recording->name);
    return sum != NULL && *sum != '\0' ? sum : NULL;
}

gint64 server_recording_length(const ServerRecording *recording)
{
    return recording->length;
}

gboolean server_recording_declare(ServerRecording *recording, gint64 length_bytes, GError **error)
{
    if (recording->length == length_bytes)
        return TRUE;
    if (!store_upload_declare(recording->upload, length_bytes, error))
        return FALSE;
    recording->length = length_bytes;
    note_length(recording);
    server_show_save(recording->show);
    return TRUE;
}

/* WebM and Matroska begin with the same four bytes: the id of an EBML header. A chunk that is
 * shorter is held against as many as it has. */
gboolean server_recording_check_magic(const ServerRecording *recording, gint64 offset,
                                      const guint8 *bytes, gsize length, GError **error)
{
    static const guint8 ebml[] = {0x1A, 0x45, 0xDF, 0xA3};
    if (offset >= (gint64)sizeof ebml || length == 0)
        return TRUE;
    gsize some = MIN(length, sizeof ebml - (gsize)offset);
    if (memcmp(bytes, ebml + offset, some) == 0)
        return TRUE;
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_TYPE,
                "file: expected the bytes of a WebM or Matroska recording, as %s says",
                recording->name);
    return FALSE;
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

static void indexed(const json_t *found, const GError *error, gpointer data)
{
    ServerRecording *recording = data;
    ServerShow *show = recording->show;
    ShowFile *file =
        show_file_new(recording->name, store_recording_kind_name(recording->what.kind));
    file->source = g_strdup(source_of(show, &recording->what));
    file->bytes = store_upload_acknowledged_bytes(recording->upload);
    file->sha256 = store_upload_sha256(recording->upload);
    file->clock.start_s = start_of(recording) / 1000;
    file->duration_ms = (gint64)json_number_value(json_object_get(found, "duration"));
    file->video = text_of(found, "video");
    file->audio = text_of(found, "audio");
    file->gaps = gaps_of(found);
    file->extra = extra_of(found, error);
    if (error != NULL)
        g_message("recording not indexed show=%s name=%s error=%s", server_show_id(show),
                  recording->name, error->message);
    show_manifest_take_file(show->manifest, file);
    recording->is_indexing = FALSE;
    recording->is_settled = TRUE;
    server_show_save(show);
    server_socket_state_changed(show->server, server_show_id(show));
    server_show_settle(show);
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
    Finish *finish = data;
    ServerRecording *recording = finish->recording;
    ServerShow *show = finish->show;
    if (error == NULL && !show->is_closed && !recording->is_settled && !recording->is_indexing)
        index_it(recording);
    if (finish->done != NULL)
        finish->done(error, finish->data);
    g_free(finish);
    server_show_unref(show);
}

void server_recording_finish(ServerRecording *recording, const char *sha256, StoreUploadDone done,
                             gpointer data)
{
    Finish *finish = g_new0(Finish, 1);
    finish->show = recording->show;
    finish->recording = recording;
    finish->done = done;
    finish->data = data;
    server_show_ref(recording->show);
    store_upload_finish(recording->upload, sha256, finished, finish);
}

/* ---- given up ---- */

static void give_up(ServerRecording *recording)
{
    if (recording->length < 0) {
        server_recording_finish(recording, NULL, NULL, NULL);
        return;
    }
    ShowFile *file = show_manifest_find(recording->show->manifest, recording->name);
    recording->is_settled = TRUE;
    if (file == NULL)
        return;
    file->bytes = store_upload_acknowledged_bytes(recording->upload);
    json_decref(file->extra);
    file->extra = json_pack("{s:s}", "state", "unfinished");
}

void server_recordings_give_up(ServerShow *show)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, show->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ServerRecording *recording = value;
        if (!recording->is_settled && !recording->is_indexing)
            give_up(recording);
    }
}

gint64 server_recordings_touched_us(const ServerShow *show)
{
    gint64 last_us = 0;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, show->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        last_us = MAX(last_us, ((const ServerRecording *)value)->touched_us);
    return last_us;
}

/* ---- removing ---- */

static void recording_free(ServerRecording *recording)
{
    tell_waiting(recording, NULL);
    store_upload_close(recording->upload);
    g_free(recording->name);
    g_free(recording);
}

static void forget_file(ShowManifest *manifest, const char *name)
{
    ShowFile *file = show_manifest_find(manifest, name);
    if (file != NULL)
        g_ptr_array_remove(manifest->files, file);
}

static void removed(const GError *error, gpointer data)
{
    Finish *finish = data;
    ServerRecording *recording = finish->recording;
    ServerShow *show = finish->show;
    if (error == NULL && !show->is_closed) {
        forget_file(show->manifest, recording->name);
        g_hash_table_remove(show->expected, recording->name);
        g_hash_table_remove(show->recordings, recording->name);
        server_show_save(show);
    }
    if (finish->done != NULL)
        finish->done(error, finish->data);
    if (error == NULL && !show->is_closed) {
        recording_free(recording);
        server_show_settle(show);
    }
    g_free(finish);
    server_show_unref(show);
}

void server_recording_remove(ServerRecording *recording, StoreUploadDone done, gpointer data)
{
    Finish *finish = g_new0(Finish, 1);
    finish->show = recording->show;
    finish->recording = recording;
    finish->done = done;
    finish->data = data;
    server_show_ref(recording->show);
    store_upload_terminate(recording->upload, removed, finish);
}

/* ---- all of a show's ---- */

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
        const char *source = source_of(show, &recording->what);
        if (source != NULL)
            json_object_set_new(entry, "source", json_string(source));
        json_array_append_new(list, entry);
    }
    return list;
}

gboolean server_recordings_are_settled(const ServerShow *show)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, show->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (!((const ServerRecording *)value)->is_settled)
            return FALSE;
    return TRUE;
}

gboolean server_recordings_are_busy(const ServerShow *show)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, show->recordings);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (((const ServerRecording *)value)->writer != NULL ||
            ((const ServerRecording *)value)->is_indexing)
            return TRUE;
    return FALSE;
}

void server_recordings_close(ServerShow *show)
{
    g_autoptr(GList) all = g_hash_table_get_values(show->recordings);
    g_hash_table_remove_all(show->recordings);
    for (GList *link = all; link != NULL; link = link->next)
        recording_free(link->data);
}

/* ---- after a restart ---- */

static gboolean is_known_whole(const ServerShow *show, const char *name)
{
    const ShowFile *file = show_manifest_find(show->manifest, name);
    return file != NULL && file->sha256 != NULL;
}

static void take_up_one(ServerShow *show, const char *name)
{
    g_autoptr(GError) error = NULL;
    StoreRecording what;
    if (!check_name(show, name, &what, NULL))
        return;
    ServerRecording *recording = open_new(show, name, &what, noted_length(show, name), &error);
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
