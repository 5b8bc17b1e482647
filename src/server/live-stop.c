/* How a stream ends: all of it, or one destination. What always holds: server.db forgets a destination
 * that is to be removed before it ends; whoever asked is answered once, when it has ended, or after some
 * seconds in which LiveKit did not confirm it. */
#include "live-state-private.h"

#include "shows-private.h"

enum { REMOVED_MS = 8000 }; /* our own processes are killed before */

/* ---- who waits ---- */

void server_live_waiting_free(gpointer data)
{
    ServerLiveWaiting *one = data;
    g_clear_handle_id(&one->timer, g_source_remove);
    g_free(one->destination);
    g_free(one);
}

static ServerLiveWaiting *wait_for(ServerAir *air, const char *destination, ServerLiveDone done,
                                   gpointer data)
{
    ServerLiveWaiting *one = g_new0(ServerLiveWaiting, 1);
    *one = (ServerLiveWaiting){air, g_strdup(destination), 0, done, data};
    g_ptr_array_add(air->waiting, one);
    return one;
}

static void answer(ServerAir *air, guint at, const json_t *report)
{
    ServerLiveWaiting *one = g_ptr_array_steal_index(air->waiting, at);
    one->done(report, NULL, one->data);
    server_live_waiting_free(one);
}

void server_air_answer_all(ServerAir *air, const json_t *report)
{
    while (air->waiting->len > 0)
        answer(air, 0, report);
}

void server_air_answer_removed(ServerAir *air)
{
    if (air->onair == NULL || air->is_over)
        return;
    for (guint i = air->waiting->len; i-- > 0;) {
        const ServerLiveWaiting *one = air->waiting->pdata[i];
        if (one->destination == NULL || live_onair_runs(air->onair, one->destination))
            continue;
        json_t *report = live_onair_json(air->onair);
        answer(air, i, report);
        json_decref(report);
    }
}

static gboolean answer_late(gpointer data)
{
    ServerLiveWaiting *one = data;
    ServerAir *air = one->air;
    guint at = 0;
    one->timer = 0;
    if (g_ptr_array_find(air->waiting, one, &at)) {
        json_t *report = live_onair_json(air->onair);
        answer(air, at, report);
        json_decref(report);
    }
    return G_SOURCE_REMOVE;
}

/* ---- all of it ---- */

void server_air_stop(ServerAir *air, ServerShow *show)
{
    if (air->is_over)
        return;
    air->is_over = TRUE;
    server_live_log_stop(show);
    live_onair_stop(air->onair);
}

/* NULL, and answered: it is not on air. */
static ServerAir *need_on_air(ServerLive *live, const char *id, ServerLiveDone done, gpointer data)
{
    ServerAir *air = server_air_find(live, id);
    if (air != NULL && air->onair != NULL)
        return air;
    g_autoptr(GError) error = g_error_new_literal(SERVER_ERROR, SERVER_ERROR_CONFLICT,
                                                  "sessionId: this show is not on air");
    done(NULL, error, data);
    return NULL;
}

void server_live_stop(ServerLive *live, ServerShow *show, ServerLiveDone done, gpointer data)
{
    ServerAir *air = need_on_air(live, server_show_id(show), done, data);
    if (air == NULL)
        return;
    wait_for(air, NULL, done, data);
    server_air_stop(air, show);
}

/* ---- one destination ---- */

typedef struct Remove {
    ServerLive *live;
    char *id, *name;
    ServerLiveDone done;
    gpointer data;
    GError *error;
} Remove;

static void remove_work(gpointer data)
{
    Remove *act = data;
    live_book_end_one(act->live->book, act->id, act->name, &act->error);
}

/* The last one ends the stream: nothing would be left of it. */
static void remove_from(ServerAir *air, const Remove *act)
{
    ServerShow *show = server_shows_open(act->live->server->shows, act->id);
    if (live_onair_is_last(air->onair, act->name) && show != NULL) {
        server_live_stop(act->live, show, act->done, act->data);
        return;
    }
    ServerLiveWaiting *one = wait_for(air, act->name, act->done, act->data);
    one->timer = g_timeout_add(REMOVED_MS, answer_late, one);
    live_onair_remove(air->onair, act->name);
    server_air_answer_removed(air);
}

static void remove_done(gpointer data)
{
    Remove *act = data;
    ServerAir *air = NULL;
    if (act->error != NULL)
        act->done(NULL, act->error, act->data);
    else if ((air = need_on_air(act->live, act->id, act->done, act->data)) != NULL)
        remove_from(air, act);
    g_clear_error(&act->error);
    g_free(act->id);
    g_free(act->name);
    g_free(act);
}

void server_live_remove(ServerLive *live, ServerShow *show, const char *name, ServerLiveDone done,
                        gpointer data)
{
    const ServerAir *air = need_on_air(live, server_show_id(show), done, data);
    if (air == NULL)
        return;
    if (!live_onair_runs(air->onair, name)) {
        g_autoptr(GError) error =
            g_error_new(SERVER_ERROR, SERVER_ERROR_CONFLICT,
                        "destination: this show is not on air at \"%s\"", name);
        done(NULL, error, data);
        return;
    }
    Remove *act = g_new0(Remove, 1);
    *act = (Remove){.live = live,
                    .id = g_strdup(server_show_id(show)),
                    .name = g_strdup(name),
                    .done = done,
                    .data = data};
    store_workers_push(live->workers, remove_work, remove_done, act);
}
