/* The end of a show. Stop answers as soon as events.json and the manifest are on disk; the show is
 * complete when every recording that was begun, or that a client said is due, is whole. */
#include "show-state-private.h"

#include "shows-private.h"
#include "renders-private.h"
#include "socket-private.h"

#include <show/limits.h>
#include <show/log.h>
#include <store/error.h>
#include <store/folder.h>
#include <store/names.h>
#include <store/whole.h>

#include <string.h>

/* Without a recording begun or said to be due, a client may still be about to send one. */
enum { NOTHING_DUE_S = 10 };

typedef struct Stopping {
    ServerShowStopped done;
    gpointer data;
} Stopping;

/* ---- events.json ---- */

/* What a worker writes: the log in the order of seq, then the manifest that names it. */
typedef struct Close {
    ServerShow *show;
    gint64 log_bytes;
    json_t *manifest;
    ShowState state; /* that the manifest says */
    char *events_sha256;
    gint64 events_bytes;
    char *log_sha256;
    GError *error;
} Close;

static gint compare_seq(gconstpointer a, gconstpointer b)
{
    const ShowEvent *left = *(const ShowEvent *const *)a, *right = *(const ShowEvent *const *)b;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

static gboolean write_events(Close *close)
{
    g_autofree char *path = server_show_log_path(close->show);
    g_autoptr(ShowLog) log = show_log_load(path, &close->error);
    if (log == NULL)
        return FALSE;
    g_ptr_array_sort(log->events, compare_seq);
    g_autofree char *text = show_log_array(log);
    if (!store_show_write_whole(close->show->folder, "events.json", text, strlen(text),
                                &close->error))
        return FALSE;
    close->events_bytes = (gint64)strlen(text);
    close->events_sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
    close->log_sha256 = store_sha256(path, &close->log_bytes, NULL, &close->error);
    return close->log_sha256 != NULL;
}

static json_t *file_entry(const char *name, const char *kind, gint64 bytes, const char *sha256)
{
    return json_pack("{s:s, s:s, s:I, s:s}", "name", name, "kind", kind, "bytes", (json_int_t)bytes,
                     "sha256", sha256);
}

/* The manifest was made on the main loop; the sums of what was written here go into it. */
static void close_work(gpointer data)
{
    Close *close = data;
    if (!write_events(close))
        return;
    json_t *files = json_object_get(close->manifest, "files");
    json_array_append_new(
        files, file_entry("events.json", "events", close->events_bytes, close->events_sha256));
    json_array_append_new(files,
                          file_entry(STORE_JOURNAL, "log", close->log_bytes, close->log_sha256));
    g_autofree char *text = show_json_text(close->manifest, TRUE);
    store_show_write_whole(close->show->folder, STORE_MANIFEST, text, strlen(text), &close->error);
}

static void take_file(ServerShow *show, const char *name, const char *kind, gint64 bytes,
                      const char *sha256)
{
    ShowFile *file = show_file_new(name, kind);
    file->bytes = bytes;
    file->sha256 = g_strdup(sha256);
    show_manifest_take_file(server_show_change(show), file);
}

static void answer_stopped(ServerShow *show, const GError *error)
{
    g_autoptr(GArray) waiting = g_steal_pointer(&show->stop_waiting);
    for (guint i = 0; waiting != NULL && i < waiting->len; i++) {
        const Stopping *one = &g_array_index(waiting, Stopping, i);
        if (one->done != NULL)
            one->done(show, error, one->data);
    }
}

static gboolean settle_later(gpointer data);

static void close_done(gpointer data)
{
    Close *close = data;
    ServerShow *show = close->show;
    show->is_stopping = FALSE;
    if (close->error == NULL) {
        show->was_stopped = TRUE;
        show->stopped_us = show->stopped_us != 0 ? show->stopped_us : g_get_monotonic_time();
        server_show_change(show)->state = close->state;
        take_file(show, "events.json", "events", close->events_bytes, close->events_sha256);
        take_file(show, STORE_JOURNAL, "log", close->log_bytes, close->log_sha256);
        server_shows_note(show->server->shows, show->manifest);
        g_message("show %s show=%s seq=%" G_GINT64_FORMAT, show_state_name(close->state),
                  server_show_id(show), show->seq);
    } else {
        g_warning("show not closed show=%s error=%s", server_show_id(show), close->error->message);
        if (!show->is_closed && close->state == SHOW_STATE_COMPLETE && show->settle_timer == 0)
            show->settle_timer = g_timeout_add_seconds(NOTHING_DUE_S, settle_later, show);
    }
    server_show_saved(show);
    if (!show->is_closed)
        server_socket_state_changed(show->server, server_show_id(show));
    answer_stopped(show, close->error);
    if (close->error == NULL && close->state == SHOW_STATE_COMPLETE && !show->is_closed)
        server_renders_note_complete(show->server->renders, server_show_id(show));
    if (close->error == NULL && !show->is_closed)
        server_show_settle(show);
    json_decref(close->manifest);
    g_clear_error(&close->error);
    g_free(close->events_sha256);
    g_free(close->log_sha256);
    g_free(close);
    server_show_unref(show);
}

/* Without what close_work() adds: it has their new sums. */
static json_t *manifest_without_log(const ServerShow *show, ShowState state)
{
    json_t *value = show_manifest_to_json(show->manifest);
    json_object_set_new(value, "state", json_string(show_state_name(state)));
    json_t *files = json_object_get(value, "files");
    for (gsize i = json_array_size(files); i-- > 0;) {
        const char *name = json_string_value(json_object_get(json_array_get(files, i), "name"));
        if (g_strcmp0(name, "events.json") == 0 || g_strcmp0(name, STORE_JOURNAL) == 0)
            json_array_remove(files, i);
    }
    return value;
}

void server_show_close_as(ServerShow *show, ShowState state)
{
    show->is_stopping = TRUE;
    show->close_next = show->is_saving ? state : SHOW_STATE_UNSET;
    if (show->is_saving)
        return;
    Close *close = g_new0(Close, 1);
    close->show = show;
    close->state = state;
    close->manifest = manifest_without_log(show, state);
    show->is_saving = TRUE;
    server_show_ref(show);
    store_workers_push(show->server->disk_workers, close_work, close_done, close);
}

/* ---- stop ---- */

static gint64 program_end_ms(const ServerShow *show)
{
    return MAX(server_show_clock_ms(show), 1);
}

void server_show_stop(ServerShow *show, ServerShowStopped done, gpointer data)
{
    if (show->was_stopped || show->manifest->state == SHOW_STATE_COMPLETE) {
        done(show, NULL, data);
        return;
    }
    if (show->stop_waiting == NULL)
        show->stop_waiting = g_array_new(FALSE, FALSE, sizeof(Stopping));
    Stopping one = {done, data};
    g_array_append_val(show->stop_waiting, one);
    if (show->is_stopping)
        return;
    if (show->manifest->state == SHOW_STATE_RECORDING) {
        server_show_decide(show); /* what is due until now */
        ShowManifest *manifest = server_show_change(show);
        manifest->program_duration_ms = program_end_ms(show);
        manifest->state = SHOW_STATE_STOPPING;
        server_show_arm(show);
    }
    server_show_close_as(show, SHOW_STATE_STOPPING);
}

/* ---- complete ---- */

/* A recording that has to come, and has not: the first one's name, or NULL. */
static const char *first_missing(const ServerShow *show)
{
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, show->expected);
    while (g_hash_table_iter_next(&iter, &name, NULL)) {
        ServerRecording *recording = server_recording_find(show, name);
        if (recording == NULL || !store_upload_is_finished(server_recording_upload(recording)))
            return name;
    }
    return NULL;
}

static gboolean settle_later(gpointer data)
{
    ServerShow *show = data;
    show->settle_timer = 0;
    if (!server_recordings_are_busy(show))
        server_show_close_as(show, SHOW_STATE_COMPLETE);
    return G_SOURCE_REMOVE;
}

void server_show_settle(ServerShow *show)
{
    if (show->manifest->state != SHOW_STATE_STOPPING || !show->was_stopped || show->is_stopping ||
        show->settle_timer != 0)
        return;
    if (first_missing(show) != NULL || !server_recordings_are_settled(show))
        return;
    if (g_hash_table_size(show->expected) > 0 || g_hash_table_size(show->recordings) > 0)
        server_show_close_as(show, SHOW_STATE_COMPLETE);
    else
        show->settle_timer = g_timeout_add_seconds(NOTHING_DUE_S, settle_later, show);
}

void server_show_give_up_idle(ServerShow *show, gint64 idle_s)
{
    gint64 last_us = MAX(show->stopped_us, server_recordings_touched_us(show));
    if (show->manifest->state != SHOW_STATE_STOPPING || !show->was_stopped ||
        server_recordings_are_busy(show) ||
        g_get_monotonic_time() - last_us < idle_s * G_USEC_PER_SEC)
        return;
    g_message("show ended without all of its recordings show=%s", server_show_id(show));
    g_hash_table_remove_all(show->expected);
    server_recordings_give_up(show);
    server_show_settle(show);
}

gboolean server_is_sha256(const char *text)
{
    return text != NULL && strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

gboolean server_show_expect(ServerShow *show, const json_t *files, GError **error)
{
    if (!json_is_array(files) || json_array_size(files) > SHOW_FILES_MAX) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID, "files: expected an array");
        return FALSE;
    }
    for (gsize i = 0; i < json_array_size(files); i++) {
        const json_t *entry = json_array_get(files, i);
        const char *name = json_string_value(json_object_get(entry, "name"));
        const json_t *sum = json_object_get(entry, "sha256");
        if (name == NULL || !store_recording_parse(name, NULL) ||
            (sum != NULL && !server_is_sha256(json_string_value(sum)))) {
            g_set_error(
                error, SERVER_ERROR, SERVER_ERROR_INVALID,
                "files: [%" G_GSIZE_FORMAT "]: expected {\"name\",\"sha256\"} of a recording", i);
            return FALSE;
        }
        g_hash_table_replace(show->expected, g_strdup(name),
                             g_strdup(sum != NULL ? json_string_value(sum) : ""));
    }
    server_show_settle(show);
    return TRUE;
}
