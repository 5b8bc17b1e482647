/* A running show: its life and its clock. Its log is in show-log.c, what happens in it in
 * show-events.c, its decisions in show-decide.c, its manifest in show-manifest.c, how it ends in
 * show-stop.c, what it records in recordings.c. */
#include "show-state-private.h"

#include "livekit-private.h"

#include "shows-private.h"

#include <edit/settings.h>

#include <string.h>
#include <time.h>

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
void server_show_take_up_clock(ServerShow *show, const json_t *clock)
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
    if (!server_show_open_director(show, error) || !server_show_open_log(show, error)) {
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
    show_manifest_free(server_show_change(show));
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
    if (show->manifest->state == SHOW_STATE_RECORDING) {
        server_livekit_begin_show(show->server->livekit, show);
        server_show_decide(show);
    } else if (show->manifest->state == SHOW_STATE_STOPPING)
        server_show_stop(show, NULL, NULL);
}

gboolean server_show_is_idle(const ServerShow *show)
{
    return server_show_is_quiet(show) && server_recordings_are_settled(show) &&
           !server_recordings_are_busy(show);
}
