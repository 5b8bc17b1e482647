/* A running show and its log: reading it back after a restart, and again when a failing disk has
 * parted it from what the director knows. What always holds: the director is fed the log, in its
 * order; what it had decided before is not decided again. */
#include "show-state-private.h"

#include <edit/settings.h>
#include <show/log.h>

#include <string.h>

enum { MEND_MS = 200 }; /* a log is read again so often, while its disk fails */

/* ---- opening ---- */

gboolean server_show_open_director(ServerShow *show, GError **error)
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

gboolean server_show_open_log(ServerShow *show, GError **error)
{
    StoreJournalOptions options = {
        .place = *store_show_place(show->folder),
        .workers = show->server->log_workers,
        .each = server_show_take_up,
        .data = show,
        .make_room = store_shows_make_room,
        .room_data = show->server->store,
        .synced = server_metrics_synced,
        .synced_data = show->server->metrics,
    };
    StoreJournalEnd end;
    show->journal = store_journal_open(&options, &end, error);
    if (show->journal != NULL && end.torn_bytes > 0)
        g_message("log cut behind its last whole line show=%s bytes=%" G_GINT64_FORMAT,
                  server_show_id(show), end.torn_bytes);
    return show->journal != NULL;
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
    GPtrArray *own = server_show_change(show)->sources;
    g_ptr_array_set_size(own, 0);
    for (guint i = 0; i < sources->len; i++)
        g_ptr_array_add(own, show_source_dup(sources->pdata[i]));
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
        server_show_take_up_clock(show, json_object_get(event->fields, "clock"));
    if (event->type == SHOW_EVENT_SWITCH && event->epoch == edit_live_server_epoch(show->live))
        forget_decision(show, show_event_at_ms(event));
    if (!edit_live_line(show->live, event, error))
        return FALSE;
    take_up_line(show, event);
    server_show_note_sources(show, event);
    server_show_note_recording(show, event);
    return TRUE;
}

char *server_show_log_path(const ServerShow *show)
{
    return g_build_filename(store_show_place(show->folder)->path, STORE_JOURNAL, NULL);
}

ShowLog *server_show_read_log(const ServerShow *show, GError **error)
{
    g_autofree char *path = server_show_log_path(show);
    return show_log_load(path, error);
}

/* ---- after a failing disk ---- */

/* Without what lies behind its end: lines that were given back. */
static ShowLog *read_known(const ServerShow *show, GError **error)
{
    g_autofree char *path = server_show_log_path(show);
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
    g_autoptr(ShowLog) log = read_known(show, error);
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
    if (!server_show_open_director(show, error) || !feed_again(show, error)) {
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
