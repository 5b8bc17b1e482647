/* What is written of shows on air: the log, and live.json. What always holds: the log has no key and no
 * address beyond its application; live.json follows what happens, and its last one is written before
 * server.db forgets the show. */
#include "live-state-private.h"

#include "show-state-private.h"

#include <show/json.h>
#include <store/shows.h>

#include <string.h>

enum { SAVE_MS = 1000, SAVE_COUNTS_S = 10 };

/* ---- the log ---- */

static json_t *places_json(const GPtrArray *targets)
{
    json_t *list = json_array();
    for (guint i = 0; i < targets->len; i++) {
        const LiveTarget *target = targets->pdata[i];
        g_autofree char *address = live_target_address(target);
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "name", target->name, "address", address));
    }
    return list;
}

gboolean server_live_log_start(ServerShow *show, const GPtrArray *targets,
                               const ServerLiveWish *wish, GError **error)
{
    ShowEvent *event = show_event_new(SHOW_EVENT_LIVE_START, NULL, server_show_clock_ms(show));
    show_event_set(event, "destinations", places_json(targets));
    show_event_set(event, "delay", json_integer(wish->delay_ms));
    if (wish->egress != LIVE_EGRESS_CONSOLE)
        show_event_set(event, "egress", json_string(live_egress_kind_name(wish->egress)));
    return server_show_append(show, event, NULL, error);
}

void server_live_log_stop(ServerShow *show)
{
    g_autoptr(GError) error = NULL;
    ShowEvent *event = show_event_new(SHOW_EVENT_LIVE_STOP, NULL, server_show_clock_ms(show));
    if (!server_show_append(show, event, NULL, &error))
        g_warning("live_stop not written show=%s error=%s", server_show_id(show), error->message);
}

void server_live_log_change(ServerShow *show, const LiveChange *change)
{
    ShowEvent *event = show_event_new(SHOW_EVENT_LIVE_STATE, NULL, server_show_clock_ms(show));
    show_event_set(event, "destination", json_string(change->destination));
    show_event_set(event, "state", json_string(live_state_name(change->state)));
    if (change->code != NULL)
        show_event_set(event, "code", json_string(change->code));
    if (change->why != NULL)
        show_event_set(event, "why", json_string(change->why));
    if (change->state == LIVE_STATE_RETRYING)
        show_event_set(event, "wait", json_integer(change->wait_ms));
    server_show_append(show, event, NULL, NULL); /* a log that fails says so itself */
}

/* ---- live.json ---- */

typedef struct Save {
    ServerLive *live;
    char *id, *text;
    gboolean is_last; /* and server.db forgets it */
    GError *error;
} Save;

static void save_work(gpointer data)
{
    Save *save = data;
    g_autoptr(StoreShow) folder =
        store_shows_find(save->live->server->store, save->id, &save->error);
    if (folder != NULL)
        store_show_write_whole(folder, SERVER_LIVE_JSON, save->text, strlen(save->text),
                               &save->error);
    if (save->is_last)
        live_book_end(save->live->book, save->id, save->error == NULL ? &save->error : NULL);
}

static void save_now(ServerAir *air, gboolean is_last);

static void save_done(gpointer data)
{
    Save *save = data;
    ServerAir *air = server_air_find(save->live, save->id);
    if (save->error != NULL)
        g_warning("live.json not written show=%s error=%s", save->id, save->error->message);
    if (air != NULL) {
        air->is_saving = FALSE;
        if (save->is_last)
            server_air_ended(air);
        else if (air->save_again)
            save_now(air, air->is_over);
        server_air_forget_unused(air);
    }
    g_clear_error(&save->error);
    g_free(save->id);
    g_free(save->text);
    g_free(save);
}

/* The last one is written when nothing changes any more: its time of end is set. */
static void save_now(ServerAir *air, gboolean is_last)
{
    g_clear_handle_id(&air->save_timer, g_source_remove);
    json_t *report = live_onair_json(air->onair);
    is_last = is_last && json_is_integer(json_object_get(report, "end"));
    air->save_again = air->is_saving;
    if (!air->is_saving) {
        Save *save = g_new0(Save, 1);
        *save = (Save){.live = air->live, .id = g_strdup(air->id), .is_last = is_last};
        save->text = show_json_text(report, TRUE);
        air->is_saving = TRUE;
        air->saved_us = g_get_monotonic_time();
        store_workers_push(air->live->workers, save_work, save_done, save);
    }
    json_decref(report);
}

static gboolean save_later(gpointer data)
{
    ServerAir *air = data;
    air->save_timer = 0;
    save_now(air, FALSE);
    return G_SOURCE_REMOVE;
}

void server_live_save_soon(ServerAir *air)
{
    if (air->save_timer == 0)
        air->save_timer = g_timeout_add(SAVE_MS, save_later, air);
}

void server_live_save_at_once(ServerAir *air)
{
    save_now(air, FALSE);
}

void server_live_save_counts(ServerAir *air)
{
    if (g_get_monotonic_time() - air->saved_us > (gint64)SAVE_COUNTS_S * G_USEC_PER_SEC)
        server_live_save_soon(air);
}

void server_live_save_last(ServerAir *air)
{
    save_now(air, TRUE);
}
