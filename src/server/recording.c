/* A recording of a show: opening it, who writes it, what is known of it. */
#include "recording-private.h"

#include "shows-private.h"

#include <store/error.h>

#include <string.h>

/* The show is kept while the disk looks; the recording is gone when that was closed. */
typedef struct Opening {
    ServerShow *show;
    ServerRecording *recording;
} Opening;

typedef struct Waiting {
    ServerRecordingOpen then;
    gpointer data;
} Waiting;

/* ---- names ---- */

static const char *source_of(const ServerShow *show, const StoreRecording *what)
{
    g_autofree char *id = g_strdup_printf("cam_%u", what->camera);
    int index =
        what->kind != STORE_RECORDING_PROGRAM ? show_sources_find(show->manifest->sources, id) : -1;
    return index >= 0 ? ((const ShowSource *)show->manifest->sources->pdata[index])->id : NULL;
}

gboolean server_recording_parse(const ServerShow *show, const char *name, StoreRecording *what,
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

const char *server_recording_source(const ServerRecording *recording)
{
    return source_of(recording->show, &recording->what);
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

void server_recording_free(ServerRecording *recording)
{
    tell_waiting(recording, NULL);
    store_upload_close(recording->upload);
    g_free(recording->name);
    g_free(recording);
}

/* After a restart a recording may be whole already, and not yet in the manifest with its sum:
 * finishing it again has it indexed. */
static void opened(const GError *error, gpointer data)
{
    Opening *open = data;
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

ServerRecording *server_recording_new(ServerShow *show, const char *name,
                                      const StoreRecording *what, gint64 length_bytes,
                                      GError **error)
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
    Opening *open = g_new(Opening, 1);
    *open = (Opening){show, recording};
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
    ShowFile *file = show_manifest_find(server_show_change(recording->show), recording->name);
    if (file == NULL || file->sha256 != NULL || recording->length < 0)
        return;
    if (file->extra == NULL)
        file->extra = json_object();
    json_object_set_new(file->extra, "length", json_integer(recording->length));
}

/* The disk may have been ill for a moment only. */
static ServerRecording *drop_broken(ServerRecording *recording)
{
    ServerShow *show = recording->show;
    if (!recording->is_broken || recording->writer != NULL)
        return recording;
    show->quota.used_bytes -= recording->found_bytes;
    g_hash_table_remove(show->recordings, recording->name);
    server_recording_free(recording);
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
    file->source = g_strdup(server_recording_source(recording));
    file->extra = json_pack("{s:s}", "state", "recording");
    show_manifest_take_file(server_show_change(show), file);
    note_length(recording);
    server_show_save(show);
}

ServerRecording *server_recording_open(ServerShow *show, const char *name, gint64 length_bytes,
                                       GError **error)
{
    StoreRecording what;
    if (!server_recording_parse(show, name, &what, error))
        return NULL;
    ServerRecording *recording = server_recording_find(show, name);
    if (recording != NULL)
        recording = drop_broken(recording);
    if (recording == NULL)
        recording = server_recording_new(show, name, &what, length_bytes, error);
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
