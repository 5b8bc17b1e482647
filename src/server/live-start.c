/* How a show goes live: destinations are found by the worker, may be, are noted by the worker, and the show is
 * on air. What always holds: a destination is in server.db before its live_start is in the log, and not
 * because of a start that was refused. */
#include "live-state-private.h"

#include "livekit-private.h"
#include "show-state-private.h"
#include "shows-private.h"

void server_live_wish_clear(ServerLiveWish *wish)
{
    live_target_free(wish->target);
    g_strfreev(wish->names);
    *wish = (ServerLiveWish){0};
}

typedef struct Start {
    ServerLive *live;
    char *id;
    ServerLiveWish wish;
    GPtrArray *targets; /* LiveTarget */
    ServerLiveDone done;
    gpointer data;
    GError *error;
} Start;

static void free_target(gpointer target)
{
    live_target_free(target);
}

/* All of them, or an error. */
static void find_work(gpointer data)
{
    Start *start = data;
    gboolean may = start->live->server->config->allow_private_targets;
    if (!server_live_need_secret(start->live, &start->error))
        return;
    if (start->wish.target != NULL)
        g_ptr_array_add(start->targets, g_steal_pointer(&start->wish.target));
    for (char **name = start->wish.names; name != NULL && *name != NULL; name++) {
        LiveTarget *target =
            live_book_find(start->live->book, start->live->secret, *name, may, &start->error);
        if (target == NULL)
            return;
        g_ptr_array_add(start->targets, target);
    }
}

static void note_work(gpointer data)
{
    Start *start = data;
    ServerLive *live = start->live;
    for (guint i = 0; i < start->targets->len && start->error == NULL; i++)
        live_book_begin(live->book, live->secret, start->id, start->wish.delay_ms,
                        start->targets->pdata[i], &start->error);
}

static void start_free(Start *start)
{
    server_live_wish_clear(&start->wish);
    g_ptr_array_unref(start->targets);
    g_clear_error(&start->error);
    g_free(start->id);
    g_free(start);
}

static void start_logged(gint64 seq, gint64 at_ms, const GError *error, gpointer data)
{
    Start *start = data;
    (void)seq, (void)at_ms;
    ServerAir *air = server_air_find(start->live, start->id);
    json_t *report = air != NULL && air->onair != NULL ? live_onair_json(air->onair) : NULL;
    g_autoptr(GError) gone =
        error == NULL && report == NULL
            ? g_error_new_literal(SERVER_ERROR, SERVER_ERROR_STOPPED, "sessionId: it was stopped")
            : NULL;
    start->done(report, error != NULL ? error : gone, start->data);
    json_decref(report);
    start_free(start);
}

static gboolean is_free(const ServerAir *air, const GPtrArray *targets, LiveEgressKind egress,
                        GError **error)
{
    if (air->onair != NULL && air->egress != egress) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                    "egress: this show is on air by way of %s", live_egress_kind_name(air->egress));
        return FALSE;
    }
    if (air->is_over) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_BUSY,
                            "sessionId: this show is just ending its stream; try again");
        return FALSE;
    }
    guint count = air->onair != NULL ? live_onair_running(air->onair) : 0;
    if (count + targets->len > LIVE_DESTINATIONS_MAX) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                    "destinations: a show has at most %d", LIVE_DESTINATIONS_MAX);
        return FALSE;
    }
    for (guint i = 0; air->onair != NULL && i < targets->len; i++)
        if (live_onair_has(air->onair, targets->pdata[i])) {
            g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                        "sessionId: this show is on air at \"%s\" already",
                        ((const LiveTarget *)targets->pdata[i])->name);
            return FALSE;
        }
    return TRUE;
}

static gboolean add_all(ServerAir *air, const GPtrArray *targets, GError **error)
{
    for (guint i = 0; i < targets->len; i++)
        if (!live_onair_add(air->onair, live_target_dup(targets->pdata[i]), error))
            return FALSE;
    return TRUE;
}

static gboolean begin(Start *start, ServerShow *show, GError **error)
{
    ServerAir *air = server_air_need(start->live, start->id);
    if (!is_free(air, start->targets, start->wish.egress, error) ||
        !server_live_log_start(show, start->targets, &start->wish, error)) {
        server_air_forget_unused(air);
        return FALSE;
    }
    server_live_tests_yield(start->live, start->targets);
    if (air->onair == NULL)
        server_air_begin(air, show, &start->wish, NULL);
    return add_all(air, start->targets, error);
}

/* NULL, with an error: it does not run any more. */
static ServerShow *running_show(const Start *start, GError **error)
{
    ServerShow *show = server_shows_open(start->live->server->shows, start->id);
    if (show != NULL && server_show_state(show) == SHOW_STATE_RECORDING)
        return show;
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_STOPPED,
                        "sessionId: this show has ended");
    return NULL;
}

static void refuse(Start *start)
{
    start->done(NULL, start->error, start->data);
    start_free(start);
}

static void note_done(gpointer data)
{
    Start *start = data;
    ServerShow *show = start->error == NULL ? running_show(start, &start->error) : NULL;
    if (show != NULL && begin(start, show, &start->error))
        server_show_wait_for_last(show, start_logged, start);
    else
        refuse(start);
}

static void find_done(gpointer data)
{
    Start *start = data;
    const ServerAir *air = server_air_find(start->live, start->id);
    if (start->error == NULL && running_show(start, &start->error) != NULL &&
        (air == NULL || is_free(air, start->targets, start->wish.egress, &start->error)))
        store_workers_push(start->live->workers, note_work, note_done, start);
    else
        refuse(start);
}

void server_live_start(ServerLive *live, ServerShow *show, ServerLiveWish *wish,
                       ServerLiveDone done, gpointer data)
{
    Start *start = g_new0(Start, 1);
    start->live = live;
    start->id = g_strdup(server_show_id(show));
    start->wish = *wish;
    *wish = (ServerLiveWish){0};
    start->targets = g_ptr_array_new_with_free_func(free_target);
    start->done = done;
    start->data = data;
    store_workers_push(live->workers, find_work, find_done, start);
}
