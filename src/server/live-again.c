/* Shows that were on air when the server ended: the log says which still are, server.db where. */
#include "live-state-private.h"

#include "livekit-private.h"
#include "shows-private.h"

#include <show/json.h>
#include <store/shows.h>

#include <string.h>

/* Whether the log has a live_start without a live_stop behind it. */
static gboolean log_is_live(const ServerShow *show)
{
    g_autoptr(ShowLog) log = server_show_read_log(show, NULL);
    gboolean is_live = FALSE;
    for (guint i = 0; log != NULL && i < log->events->len; i++) {
        const ShowEvent *event = log->events->pdata[i];
        if (event->type == SHOW_EVENT_LIVE_START || event->type == SHOW_EVENT_LIVE_STOP)
            is_live = event->type == SHOW_EVENT_LIVE_START;
    }
    return is_live;
}

static json_t *read_report(const ServerLive *live, const char *id)
{
    g_autoptr(StoreShow) folder = store_shows_find(live->server->store, id, NULL);
    if (folder == NULL)
        return NULL;
    g_autofree char *path =
        g_build_filename(store_show_place(folder)->path, SERVER_LIVE_JSON, NULL);
    g_autoptr(ShowJson) json = show_json_load(path, NULL);
    return json != NULL ? json_deep_copy(show_json_root(json)) : NULL;
}

static LiveEgressKind way_of(const ServerLive *live, const json_t *before)
{
    const char *name = json_string_value(json_object_get(before, "egress"));
    LiveEgressKind kind = live_egress_kind_of(name);
    return kind != LIVE_EGRESS_UNSET && live->server->livekit != NULL ? kind : LIVE_EGRESS_CONSOLE;
}

static gboolean runs_have(const GPtrArray *runs, const char *session, const char *name)
{
    for (guint i = 0; i < runs->len; i++) {
        const LiveRun *run = runs->pdata[i];
        if (strcmp(run->session, session) == 0 && g_strcmp0(run->name, name) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Those that had been removed stay in the report. */
static void keep_ended(ServerAir *air, const json_t *before, const GPtrArray *runs)
{
    const json_t *list = json_object_get(before, "destinations");
    for (gsize i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "name"));
        if (name != NULL && !runs_have(runs, air->id, name))
            live_onair_add_ended(air->onair, name);
    }
}

static void take_up_one(ServerLive *live, ServerShow *show, const LiveRun *run,
                        const GPtrArray *runs)
{
    g_autoptr(GError) error = NULL;
    ServerAir *air = server_air_need(live, run->session);
    if (air->onair == NULL) {
        json_t *before = read_report(live, run->session);
        ServerLiveWish wish = {.delay_ms = run->delay_ms, .egress = way_of(live, before)};
        server_air_begin(air, show, &wish, before);
        keep_ended(air, before, runs);
        json_decref(before);
        g_message("live again show=%s", run->session);
    }
    if (run->target == NULL)
        live_onair_add_failed(air->onair, run->name, "sealed", run->why);
    else if (!live_onair_add(air->onair, live_target_dup(run->target), &error))
        g_warning("a destination is not taken up show=%s error=%s", run->session, error->message);
}

/* It had ended, and the server before was not there to write that down. */
static void close_report(ServerLive *live, const char *id)
{
    json_t *report = read_report(live, id);
    if (json_is_object(report) && !json_is_integer(json_object_get(report, "end"))) {
        g_autoptr(StoreShow) folder = store_shows_find(live->server->store, id, NULL);
        json_object_set_new(report, "state", json_string("ended"));
        if (json_object_get(report, "egress") != NULL)
            server_livekit_end_egress(live->server->livekit, id);
        g_autofree char *text = show_json_text(report, TRUE);
        if (folder != NULL)
            store_show_write_whole(folder, SERVER_LIVE_JSON, text, strlen(text), NULL);
    }
    json_decref(report);
    live_book_end(live->book, id, NULL);
}

gboolean server_live_take_up(ServerLive *live, GError **error)
{
    g_autoptr(GError) why = NULL;
    int count = live_book_count_runs(live->book, error);
    if (count <= 0)
        return count == 0;
    if (!server_live_need_secret(live, &why)) { /* shows go on all the same */
        g_warning("shows that were on air are not any more: %s", why->message);
        return TRUE;
    }
    g_autoptr(GPtrArray) runs = live_book_runs(live->book, live->secret,
                                               live->server->config->allow_private_targets, error);
    for (guint i = 0; runs != NULL && i < runs->len; i++) {
        const LiveRun *run = runs->pdata[i];
        ServerShow *show = server_shows_open(live->server->shows, run->session);
        if (show != NULL && server_show_state(show) == SHOW_STATE_RECORDING && log_is_live(show))
            take_up_one(live, show, run, runs);
        else
            close_report(live, run->session);
    }
    return runs != NULL;
}
