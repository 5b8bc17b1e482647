/* A running show: its life, its clock, its manifest. What happens in it is in show-events.c, how it
 * ends in show-stop.c, what it records in recording.c. */
#include "show-state-private.h"

#include "renders-private.h"
#include "shows-private.h"

#include <edit/settings.h>
#include <show/log.h>
#include <store/folder.h>
#include <store/names.h>

#include <string.h>
#include <time.h>

enum { MEND_MS = 200 }; /* a log is read again so often, while its disk fails */

/* ---- the session clock ---- */

static gint64 boot_time_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static void read_boot_id(char id[37])
{
    g_autofree char *text = NULL;
    if (g_file_get_contents("/proc/sys/kernel/random/boot_id", &text, NULL, NULL))
        g_strlcpy(id, g_strstrip(text), 37);
    else
        id[0] = '\0';
}

gint64 server_show_clock_ms(const ServerShow *show)
{
    return MAX((boot_time_us() - show->zero_us) / 1000, show->floor_ms);
}

/* {"boot":"<id>","zero":µs}: what the first line says, so that the clock goes on after a restart. */
static json_t *clock_to_json(const ServerShow *show)
{
    return json_pack("{s:s, s:I}", "boot", show->boot_id, "zero", (json_int_t)show->zero_us);
}

/* The same boot: the clock never stopped. Another one: by the wall clock. */
static void take_up_clock(ServerShow *show, const json_t *clock)
{
    const char *boot = json_string_value(json_object_get(clock, "boot"));
    if (boot != NULL && *boot != '\0' && strcmp(boot, show->boot_id) == 0) {
        show->zero_us = json_integer_value(json_object_get(clock, "zero"));
        return;
    }
    g_autoptr(GDateTime) began = g_date_time_new_from_iso8601(show->manifest->started_at, NULL);
    gint64 ago_us =
        began != NULL ? g_get_real_time() - g_date_time_to_unix(began) * G_USEC_PER_SEC : 0;
    show->zero_us = boot_time_us() - MAX(ago_us, 0);
    show->is_by_wall_clock = TRUE;
}

/* A wall clock that was set back meanwhile: the session's goes on from its last line, rather than
 * standing still until the wall clock is there again. */
static void catch_up_clock(ServerShow *show)
{
    gint64 now_us = boot_time_us();
    if (show->is_by_wall_clock && (now_us - show->zero_us) / 1000 < show->floor_ms)
        show->zero_us = now_us - show->floor_ms * 1000;
}

/* ---- life ---- */

static void line_free(gpointer data)
{
    ServerLine *line = data;
    g_clear_pointer(&line->waiting, g_array_unref);
    g_free(line);
}

static gboolean open_live(ServerShow *show, GError **error)
{
    DirectorSettings settings;
    director_settings_defaults(&settings);
    json_t *kept = json_copy(show->manifest->settings);
    json_object_del(kept, "mode"); /* how a render decided */
    gboolean is_good = kept == NULL || edit_settings_apply_json(&settings, "settings", kept, error);
    json_decref(kept);
    if (!is_good)
        return FALSE;
    show->live = edit_live_new(show->manifest->sources, &settings, error);
    return show->live != NULL;
}

static gboolean open_journal(ServerShow *show, GError **error)
{
    StoreJournalOptions options = {
        .place = *store_show_place(show->folder),
        .workers = show->server->log_workers,
        .each = server_show_take_up,
        .data = show,
        .make_room = store_shows_make_room,
        .room_data = show->server->store,
    };
    StoreJournalEnd end;
    show->journal = store_journal_open(&options, &end, error);
    if (show->journal != NULL && end.torn_bytes > 0)
        g_message("log cut behind its last whole line show=%s bytes=%" G_GINT64_FORMAT,
                  server_show_id(show), end.torn_bytes);
    return show->journal != NULL;
}

ServerShow *server_show_new(Server *server, StoreShow *folder, ShowManifest *manifest,
                            GError **error)
{
    ServerShow *show = g_new0(ServerShow, 1);
    show->server = server;
    show->folder = folder;
    show->manifest = manifest;
    show->refs = 1;
    show->is_attended = TRUE;
    show->next_source = -1;
    show->zero_us = boot_time_us();
    show->quota.max_bytes =
        server->config->quota_bytes > 0 ? server->config->quota_bytes : G_MAXINT64;
    show->offsets = g_array_new(FALSE, FALSE, sizeof(gint64));
    show->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, line_free);
    show->speaking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    show->expected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    show->starts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    show->recordings = g_hash_table_new(g_str_hash, g_str_equal);
    read_boot_id(show->boot_id);
    if (!open_live(show, error) || !open_journal(show, error)) {
        g_prefix_error(error, "%s: ", store_show_id(folder));
        server_show_free(show);
        return NULL;
    }
    catch_up_clock(show);
    show->taken_up_seq = show->seq;
    server_recordings_take_up(show);
    return show;
}

gboolean server_show_begin(ServerShow *show, ServerShowAnswer answer, gpointer data, GError **error)
{
    ShowEvent *event = show_event_new(SHOW_EVENT_SESSION_START, NULL, 0);
    json_t *sources = json_array();
    for (guint i = 0; i < show->manifest->sources->len; i++)
        json_array_append_new(sources, show_source_to_json(show->manifest->sources->pdata[i]));
    DirectorSettings settings = edit_live_settings(show->live);
    show_event_set(event, "name", json_string(show->manifest->name));
    show_event_set(event, "sources", sources);
    show_event_set(event, "settings", edit_settings_to_json(&settings));
    show_event_set(event, "version", json_string(CROSSCUT_VERSION));
    show_event_set(event, "director", json_integer(DIRECTOR_VERSION));
    show_event_set(event, "clock", clock_to_json(show));
    event->at_ms = 0;
    if (!server_show_append(show, event, NULL, error))
        return FALSE;
    server_show_wait_for_last(show, answer, data);
    server_show_decide(show);
    return TRUE;
}

void server_show_ref(ServerShow *show)
{
    show->refs++;
}

void server_show_unref(ServerShow *show)
{
    if (--show->refs > 0)
        return;
    g_clear_pointer(&show->manifest, show_manifest_free);
    g_clear_pointer(&show->folder, store_show_close);
    g_array_unref(show->offsets);
    g_hash_table_unref(show->lines);
    g_hash_table_unref(show->speaking);
    g_hash_table_unref(show->expected);
    g_hash_table_unref(show->starts);
    g_hash_table_unref(show->recordings);
    g_free(show);
}

void server_show_free(ServerShow *show)
{
    if (show == NULL || show->is_closed)
        return;
    show->is_closed = TRUE;
    if (show->timer != NULL) {
        g_source_destroy(show->timer);
        g_source_unref(show->timer);
    }
    g_clear_handle_id(&show->settle_timer, g_source_remove);
    server_recordings_close(show);
    g_clear_pointer(&show->journal, store_journal_close);
    g_clear_pointer(&show->live, edit_live_free);
    server_show_unref(show);
}

/* ---- what others ask ---- */

const char *server_show_id(const ServerShow *show)
{
    return store_show_id(show->folder);
}

ShowManifest *server_show_manifest(const ServerShow *show)
{
    return show->manifest;
}

const StoreShow *server_show_folder(const ServerShow *show)
{
    return show->folder;
}

const GPtrArray *server_show_sources(const ServerShow *show)
{
    return show->manifest->sources;
}

ShowState server_show_state(const ServerShow *show)
{
    return show->manifest->state;
}

gint64 server_show_seq(const ServerShow *show)
{
    return show->seq;
}

gint64 server_show_epoch(const ServerShow *show)
{
    return edit_live_epoch(show->live);
}

gint64 server_show_log_offset(const ServerShow *show, gint64 seq)
{
    gint64 index = seq - show->taken_up_seq;
    if (index < 0)
        return 0;
    return index < (gint64)show->offsets->len ? g_array_index(show->offsets, gint64, (guint)index)
                                              : store_journal_bytes(show->journal);
}

guint64 server_show_take_syncs(ServerShow *show)
{
    guint64 fresh = store_journal_syncs(show->journal) - show->counted_syncs;
    show->counted_syncs += fresh;
    return fresh;
}

gint64 server_show_log_bytes(const ServerShow *show)
{
    return store_journal_bytes(show->journal);
}

int server_show_next_source(const ServerShow *show)
{
    return edit_live_next_source(show->live);
}

gboolean server_show_is_quiet(const ServerShow *show)
{
    return show->refs == 1 && !show->is_stopping && !show->is_saving;
}

void server_show_resume(ServerShow *show)
{
    if (show->manifest->state == SHOW_STATE_RECORDING)
        server_show_decide(show);
    else if (show->manifest->state == SHOW_STATE_STOPPING)
        server_show_stop(show, NULL, NULL);
}

gboolean server_show_is_idle(const ServerShow *show)
{
    return server_show_is_quiet(show) && server_recordings_are_settled(show) &&
           !server_recordings_are_busy(show);
}

/* ---- reading a log back ---- */

static void take_up_line(ServerShow *show, const ShowEvent *event)
{
    if (event->id == NULL)
        return;
    ServerLine *line = g_new0(ServerLine, 1);
    line->seq = event->seq;
    line->at_ms = event->at_ms;
    line->is_synced = TRUE;
    g_hash_table_replace(show->lines, g_strdup(event->id), line);
}

gboolean server_show_note_sources(ServerShow *show, const ShowEvent *event)
{
    if (event->type != SHOW_EVENT_SOURCES)
        return FALSE;
    const GPtrArray *sources = edit_live_sources(show->live);
    g_ptr_array_set_size(show->manifest->sources, 0);
    for (guint i = 0; i < sources->len; i++)
        g_ptr_array_add(show->manifest->sources, show_source_dup(sources->pdata[i]));
    return TRUE;
}

void server_show_note_recording(ServerShow *show, const ShowEvent *event)
{
    const char *file = json_string_value(json_object_get(event->fields, "file"));
    const json_t *start = json_object_get(event->fields, "start");
    if (event->type != SHOW_EVENT_RECORD_START || file == NULL)
        return;
    if (!g_hash_table_contains(show->expected, file))
        g_hash_table_insert(show->expected, g_strdup(file), g_strdup(""));
    double start_ms = json_is_number(start) ? json_number_value(start) : (double)event->t_ms;
    g_hash_table_replace(show->starts, g_strdup(file), g_memdup2(&start_ms, sizeof start_ms));
}

/* What the log says was decided, the director has decided again: it is not sent again. What was
 * decided and not written any more stays for the first advance. */
static void forget_decision(ServerShow *show, gint64 at_ms)
{
    DirectorDecision decision = {.source = DIRECTOR_NONE};
    edit_live_advance(show->live, at_ms);
    while (decision.source < 0)
        if (!edit_live_take(show->live, &decision)) {
            g_warning("the log has a decision that its director does not make show=%s "
                      "at=%" G_GINT64_FORMAT,
                      server_show_id(show), at_ms);
            return;
        }
}

gboolean server_show_take_up(const ShowEvent *event, gpointer data, GError **error)
{
    ServerShow *show = data;
    show->floor_ms = MAX(show->floor_ms, MAX(event->t_ms, show_event_at_ms(event)));
    show->seq = MAX(show->seq, event->seq);
    if (event->type == SHOW_EVENT_SESSION_START)
        take_up_clock(show, json_object_get(event->fields, "clock"));
    if (event->type == SHOW_EVENT_SWITCH && event->epoch == edit_live_server_epoch(show->live))
        forget_decision(show, show_event_at_ms(event));
    if (!edit_live_line(show->live, event, error))
        return FALSE;
    take_up_line(show, event);
    server_show_note_sources(show, event);
    server_show_note_recording(show, event);
    return TRUE;
}

/* ---- after a failing disk ---- */

/* What the log has of it. Bytes behind its end are lines that were given back. */
static ShowLog *read_log(const ServerShow *show, GError **error)
{
    g_autofree char *path =
        g_build_filename(store_show_place(show->folder)->path, STORE_JOURNAL, NULL);
    g_autofree char *text = NULL;
    gsize length, wanted = (gsize)store_journal_bytes(show->journal);
    if (!g_file_get_contents(path, &text, &length, error))
        return NULL;
    if (length < wanted) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_FAILED, "the log is shorter than it was");
        return NULL;
    }
    return show_log_parse(STORE_JOURNAL, text, wanted, error);
}

static gboolean feed_again(ServerShow *show, GError **error)
{
    g_autoptr(ShowLog) log = read_log(show, error);
    if (log == NULL)
        return FALSE;
    for (guint i = 0; i < log->events->len; i++) {
        const ShowEvent *event = log->events->pdata[i];
        if (event->type == SHOW_EVENT_SWITCH && event->epoch == edit_live_server_epoch(show->live))
            forget_decision(show, show_event_at_ms(event));
        if (!edit_live_line(show->live, event, error))
            return FALSE;
        server_show_note_sources(show, event);
    }
    return TRUE;
}

/* Numbers that were given away are not given again: a client may have heard them. */
gboolean server_show_mend(ServerShow *show, GError **error)
{
    gint64 now_us = g_get_monotonic_time();
    if (!show->is_torn)
        return TRUE;
    if (now_us < show->mend_after_us ||
        store_journal_synced_bytes(show->journal) < store_journal_bytes(show->journal)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_BUSY,
                            "the log could not be written; try again soon");
        return FALSE;
    }
    show->mend_after_us = now_us + MEND_MS * 1000;
    EditLive *before = g_steal_pointer(&show->live);
    if (!open_live(show, error) || !feed_again(show, error)) {
        edit_live_free(show->live);
        show->live = before;
        return FALSE;
    }
    edit_live_free(before);
    show->is_torn = FALSE;
    show->taken_up_seq = show->seq;
    g_array_set_size(show->offsets, 0);
    g_message("director fed anew from the log show=%s seq=%" G_GINT64_FORMAT, server_show_id(show),
              show->seq);
    return TRUE;
}

/* ---- the manifest ---- */

typedef struct Save {
    ServerShow *show;
    char *text;
    GArray *waiting; /* Saving; NULL: nobody */
    GError *error;
} Save;

typedef struct Saving {
    StoreUploadDone done;
    gpointer data;
} Saving;

static void tell_saved(const Save *save)
{
    for (guint i = 0; save->waiting != NULL && i < save->waiting->len; i++) {
        const Saving *one = &g_array_index(save->waiting, Saving, i);
        one->done(save->error, one->data);
    }
}

static void save_work(gpointer data)
{
    Save *save = data;
    store_show_write_whole(save->show->folder, STORE_MANIFEST, save->text, strlen(save->text),
                           &save->error);
}

static void save_done(gpointer data)
{
    Save *save = data;
    ServerShow *show = save->show;
    if (save->error != NULL)
        g_warning("manifest not written show=%s error=%s", server_show_id(show),
                  save->error->message);
    tell_saved(save);
    g_clear_pointer(&save->waiting, g_array_unref);
    g_clear_error(&save->error);
    g_free(save->text);
    g_free(save);
    server_show_saved(show);
    server_show_unref(show);
}

void server_show_saved(ServerShow *show)
{
    show->is_saving = FALSE;
    if (show->is_closed)
        return;
    if (show->close_next != SHOW_STATE_UNSET)
        server_show_close_as(show, show->close_next);
    else if (show->save_again)
        server_show_save(show);
}

void server_show_save(ServerShow *show)
{
    show->save_again = show->is_saving;
    server_shows_note(show->server->shows, show->manifest);
    if (show->is_saving)
        return;
    if (!server_renders_give_way(show->server->renders, server_show_id(show))) {
        show->save_again = TRUE; /* server_show_render_ended() comes */
        return;
    }
    show->is_saving = TRUE;
    server_show_ref(show);
    Save *save = g_new0(Save, 1);
    save->show = show;
    save->waiting = g_steal_pointer(&show->save_waiting);
    json_t *value = show_manifest_to_json(show->manifest);
    save->text = show_json_text(value, TRUE);
    json_decref(value);
    store_workers_push(show->server->disk_workers, save_work, save_done, save);
}

void server_show_save_then(ServerShow *show, StoreUploadDone done, gpointer data)
{
    if (show->save_waiting == NULL)
        show->save_waiting = g_array_new(FALSE, FALSE, sizeof(Saving));
    Saving one = {done, data};
    g_array_append_val(show->save_waiting, one);
    server_show_save(show);
}

/* ---- what a render wrote ---- */

static gboolean is_ours(const ShowFile *file)
{
    return show_file_is_recording(file) || store_recording_parse(file->name, NULL) ||
           strcmp(file->name, STORE_JOURNAL) == 0 || strcmp(file->name, "events.json") == 0;
}

static ShowFile *copy_file(const ShowFile *file)
{
    ShowFile *copy = show_file_new(file->name, file->kind);
    copy->source = g_strdup(file->source);
    copy->path = g_strdup(file->path);
    copy->clock = file->clock;
    copy->duration_ms = file->duration_ms;
    copy->bytes = file->bytes;
    copy->sha256 = g_strdup(file->sha256);
    copy->video = g_strdup(file->video);
    copy->audio = g_strdup(file->audio);
    copy->gaps = file->gaps != NULL ? g_array_ref(file->gaps) : NULL;
    copy->extra = json_deep_copy(file->extra);
    return copy;
}

void server_show_take_rendered(ServerShow *show, const ShowManifest *rendered)
{
    ShowManifest *own = show->manifest;
    for (guint i = own->files->len; i-- > 0;)
        if (!is_ours(own->files->pdata[i]))
            g_ptr_array_remove_index(own->files, i);
    for (guint i = 0; i < rendered->files->len; i++)
        if (!is_ours(rendered->files->pdata[i]))
            show_manifest_take_file(own, copy_file(rendered->files->pdata[i]));
    own->program_start_ms = rendered->program_start_ms;
    own->program_duration_ms = rendered->program_duration_ms;
    own->rate = rendered->rate;
    json_decref(own->settings);
    own->settings = json_deep_copy(rendered->settings);
    json_decref(own->program_extra);
    own->program_extra = json_deep_copy(rendered->program_extra);
}

void server_show_render_ended(ServerShow *show)
{
    if (!show->is_saving && show->save_again)
        server_show_saved(show);
}
