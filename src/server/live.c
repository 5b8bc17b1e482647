/* Shows on air. What always holds: a destination is in server.db before its live_start is in the log,
 * and until its live_stop is; the log has no key and no address beyond its application; live.json
 * follows what happens, and outlives a server that was killed. */
#include "live-state-private.h"

#include "live-secret-private.h"
#include "livekit-private.h"
#include "metrics-private.h"
#include "shows-private.h"
#include "show-state-private.h"
#include "socket-private.h"

#include <show/json.h>
#include <store/shows.h>

#include <string.h>

enum { SAVE_MS = 1000, SAVE_COUNTS_S = 10 };

/* ---- life of one ---- */

static void air_free(gpointer data)
{
    ServerAir *air = data;
    live_onair_free(air->onair);
    g_clear_handle_id(&air->save_timer, g_source_remove);
    for (guint i = 0; i < G_N_ELEMENTS(air->configs); i++)
        g_clear_pointer(&air->configs[i], g_bytes_unref);
    g_clear_pointer(&air->waiting, g_array_unref);
    g_free(air->id);
    g_free(air);
}

static ServerAir *find(const ServerLive *live, const char *id)
{
    return live != NULL ? g_hash_table_lookup(live->airs, id) : NULL;
}

ServerAir *server_air_need(ServerLive *live, const char *id)
{
    ServerAir *air = find(live, id);
    if (air != NULL)
        return air;
    air = g_new0(ServerAir, 1);
    air->live = live;
    air->id = g_strdup(id);
    g_hash_table_insert(live->airs, air->id, air);
    return air;
}

static void forget_unused(ServerAir *air)
{
    if (air->onair == NULL && air->socket == NULL && !air->is_saving)
        g_hash_table_remove(air->live->airs, air->id);
}

static ServerShow *show_of(const ServerAir *air)
{
    return server_shows_open(air->live->server->shows, air->id);
}

static void count_airs(const ServerLive *live)
{
    gint64 shows = 0;
    GHashTableIter iter;
    gpointer air;
    g_hash_table_iter_init(&iter, live->airs);
    while (g_hash_table_iter_next(&iter, NULL, &air))
        shows += ((const ServerAir *)air)->onair != NULL ? 1 : 0;
    server_metrics_set(live->server->metrics, SERVER_METRIC_LIVE_SHOWS, shows);
}

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

static gboolean log_start(ServerShow *show, const GPtrArray *targets, const ServerLiveWish *wish,
                          GError **error)
{
    ShowEvent *event = show_event_new(SHOW_EVENT_LIVE_START, NULL, server_show_clock_ms(show));
    show_event_set(event, "destinations", places_json(targets));
    show_event_set(event, "delay", json_integer(wish->delay_ms));
    if (wish->egress != LIVE_EGRESS_CONSOLE)
        show_event_set(event, "egress", json_string(live_egress_kind_name(wish->egress)));
    return server_show_append(show, event, NULL, error);
}

static void log_stop(ServerShow *show)
{
    g_autoptr(GError) error = NULL;
    ShowEvent *event = show_event_new(SHOW_EVENT_LIVE_STOP, NULL, server_show_clock_ms(show));
    if (!server_show_append(show, event, NULL, &error))
        g_warning("live_stop not written show=%s error=%s", server_show_id(show), error->message);
}

static void log_change(ServerShow *show, const LiveChange *change)
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

static void answer_all(ServerAir *air, const json_t *report, const GError *error)
{
    g_autoptr(GArray) waiting = g_steal_pointer(&air->waiting);
    for (guint i = 0; waiting != NULL && i < waiting->len; i++) {
        const ServerLiveWaiting *one = &g_array_index(waiting, ServerLiveWaiting, i);
        one->done(report, error, one->data);
    }
}

/* What they were is kept; how they are is over. */
static void keep_counters(ServerAir *air)
{
    LiveTotals *gone = &air->live->gone;
    live_onair_total(air->onair, gone);
    memset(gone->states, 0, sizeof gone->states);
    gone->feed_bytes = gone->queued_ms = 0;
    gone->slates = gone->egresses = gone->egresses_active = 0;
}

static void end_air(ServerAir *air)
{
    json_t *report = live_onair_json(air->onair);
    keep_counters(air);
    g_clear_pointer(&air->onair, live_onair_free);
    air->is_over = FALSE;
    count_airs(air->live);
    server_socket_state_changed(air->live->server, air->id);
    answer_all(air, report, NULL);
    json_decref(report);
}

static void save_now(ServerAir *air, gboolean is_last);

static void save_done(gpointer data)
{
    Save *save = data;
    ServerAir *air = find(save->live, save->id);
    if (save->error != NULL)
        g_warning("live.json not written show=%s error=%s", save->id, save->error->message);
    if (air != NULL) {
        air->is_saving = FALSE;
        if (save->is_last)
            end_air(air);
        else if (air->save_again)
            save_now(air, air->is_over);
        forget_unused(air);
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

static void need_save(ServerAir *air)
{
    if (air->save_timer == 0)
        air->save_timer = g_timeout_add(SAVE_MS, save_later, air);
}

/* ---- what happens on air ---- */

static void on_changed(const LiveChange *change, gpointer data)
{
    ServerAir *air = data;
    ServerShow *show = show_of(air);
    g_message("live destination=%s state=%s code=%s show=%s", change->destination,
              live_state_name(change->state), change->code != NULL ? change->code : "-", air->id);
    if (change->state == LIVE_STATE_RETRYING)
        server_metrics_add(air->live->server->metrics, SERVER_METRIC_LIVE_RETRIES, 1);
    if (show != NULL && !air->is_over && server_show_state(show) == SHOW_STATE_RECORDING)
        log_change(show, change);
    server_socket_state_changed(air->live->server, air->id);
    need_save(air);
}

static void on_counted(gpointer data)
{
    ServerAir *air = data;
    server_socket_state_changed(air->live->server, air->id);
    if (g_get_monotonic_time() - air->saved_us > (gint64)SAVE_COUNTS_S * G_USEC_PER_SEC)
        need_save(air);
}

static void on_stopped(gpointer data)
{
    save_now(data, TRUE);
}

static gint64 clock_of(gpointer data)
{
    const ServerShow *show = show_of(data);
    return show != NULL ? server_show_clock_ms(show) : 0;
}

static const LiveOnAirEvents onair_events = {on_changed, on_counted, on_stopped, clock_of};

static void push_config(ServerAir *air, LiveStream stream)
{
    LiveFrame frame;
    gsize length;
    const guint8 *bytes =
        air->configs[stream] != NULL ? g_bytes_get_data(air->configs[stream], &length) : NULL;
    if (bytes != NULL && live_frame_read(&frame, bytes, length, NULL))
        live_onair_frame(air->onair, air->configs[stream], &frame);
}

static gboolean tracks_of(const char **picture, const char **sound, gpointer data)
{
    const ServerAir *air = data;
    ServerLivekitProgram program;
    gboolean is_there = server_livekit_program(air->live->server->livekit, air->id, &program);
    *picture = program.picture;
    *sound = program.sound;
    return is_there;
}

static void end_later(gpointer data)
{
    const ServerAir *air = data;
    server_livekit_end_egress(air->live->server->livekit, air->id);
}

void server_air_begin(ServerAir *air, ServerShow *show, const ServerLiveWish *wish,
                      const json_t *before)
{
    const ServerConfig *config = air->live->server->config;
    LiveEgressOptions egress = {
        .kind = wish->egress,
        .client = server_livekit_client(air->live->server->livekit),
        .room = air->id,
        .template_url = server_livekit_template(air->live->server->livekit),
        .tracks = tracks_of,
        .end_later = end_later,
        .data = air,
    };
    air->egress = wish->egress;
    LiveOnAirOptions options = {
        .program = air->live->server->program,
        .name = server_show_manifest(show)->name,
        .delay_ms = wish->delay_ms,
        .egress = wish->egress != LIVE_EGRESS_CONSOLE ? &egress : NULL,
        .allow_private = config->allow_private_targets,
        .ca_file = config->live_ca_file,
        .before = before,
    };
    air->onair = live_onair_new(&options, &onair_events, air);
    push_config(air, LIVE_STREAM_PICTURE);
    push_config(air, LIVE_STREAM_SOUND);
    count_airs(air->live);
}

/* ---- start ---- */

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

gboolean server_live_need_secret(ServerLive *live, GError **error)
{
    if (live->secret == NULL)
        live->secret = server_live_secret(live->server->config, error);
    return live->secret != NULL;
}

static gboolean find_targets(Start *start)
{
    gboolean may = start->live->server->config->allow_private_targets;
    if (start->wish.target != NULL)
        g_ptr_array_add(start->targets, g_steal_pointer(&start->wish.target));
    for (char **name = start->wish.names; name != NULL && *name != NULL; name++) {
        LiveTarget *target =
            live_book_find(start->live->book, start->live->secret, *name, may, &start->error);
        if (target == NULL)
            return FALSE;
        g_ptr_array_add(start->targets, target);
    }
    return TRUE;
}

/* All of them are found before one is noted. */
static void start_work(gpointer data)
{
    Start *start = data;
    ServerLive *live = start->live;
    if (!server_live_need_secret(live, &start->error) || !find_targets(start))
        return;
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
    ServerAir *air = find(start->live, start->id);
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
    guint count = air->onair != NULL ? live_onair_count(air->onair) : 0;
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
        !log_start(show, start->targets, &start->wish, error)) {
        forget_unused(air);
        return FALSE;
    }
    if (air->onair == NULL)
        server_air_begin(air, show, &start->wish, NULL);
    return add_all(air, start->targets, error);
}

static void start_done(gpointer data)
{
    Start *start = data;
    ServerShow *show = server_shows_open(start->live->server->shows, start->id);
    if (start->error == NULL && (show == NULL || server_show_state(show) != SHOW_STATE_RECORDING))
        g_set_error_literal(&start->error, SERVER_ERROR, SERVER_ERROR_STOPPED,
                            "sessionId: this show has ended");
    if (start->error == NULL && begin(start, show, &start->error)) {
        server_show_wait_for_last(show, start_logged, start);
        return;
    }
    start->done(NULL, start->error, start->data);
    start_free(start);
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
    store_workers_push(live->workers, start_work, start_done, start);
}

/* ---- stop ---- */

static void stop(ServerAir *air, ServerShow *show)
{
    if (air->is_over)
        return;
    air->is_over = TRUE;
    log_stop(show);
    live_onair_stop(air->onair);
}

void server_live_stop(ServerLive *live, ServerShow *show, ServerLiveDone done, gpointer data)
{
    ServerAir *air = find(live, server_show_id(show));
    if (air == NULL || air->onair == NULL) {
        g_autoptr(GError) error = g_error_new_literal(SERVER_ERROR, SERVER_ERROR_CONFLICT,
                                                      "sessionId: this show is not on air");
        done(NULL, error, data);
        return;
    }
    if (air->waiting == NULL)
        air->waiting = g_array_new(FALSE, FALSE, sizeof(ServerLiveWaiting));
    ServerLiveWaiting one = {done, data};
    g_array_append_val(air->waiting, one);
    stop(air, show);
}

void server_live_end_show(ServerLive *live, ServerShow *show)
{
    ServerAir *air = find(live, server_show_id(show));
    if (air == NULL)
        return;
    if (air->onair != NULL)
        stop(air, show);
    if (air->socket != NULL)
        air->taken(g_steal_pointer(&air->socket));
    forget_unused(air);
}

void server_live_look(ServerLive *live, const char *show_id)
{
    const ServerAir *air = find(live, show_id);
    if (air != NULL && air->onair != NULL)
        live_onair_look(air->onair);
}

json_t *server_live_json(const ServerLive *live, const char *show_id, gboolean is_brief)
{
    const ServerAir *air = find(live, show_id);
    if (air == NULL || air->onair == NULL)
        return NULL;
    return is_brief ? live_onair_brief(air->onair) : live_onair_json(air->onair);
}

void server_live_total(const ServerLive *live, LiveTotals *totals)
{
    GHashTableIter iter;
    gpointer air;
    *totals = (LiveTotals){0};
    if (live == NULL)
        return;
    *totals = live->gone;
    g_hash_table_iter_init(&iter, live->airs);
    while (g_hash_table_iter_next(&iter, NULL, &air))
        if (((const ServerAir *)air)->onair != NULL)
            live_onair_total(((const ServerAir *)air)->onair, totals);
}

/* ---- the console's program ---- */

void server_live_frame(ServerLive *live, const char *show_id, GBytes *bytes, const LiveFrame *frame)
{
    ServerAir *air = find(live, show_id);
    if (air == NULL)
        return;
    if (frame->type == LIVE_FRAME_CONFIG) {
        g_clear_pointer(&air->configs[frame->stream], g_bytes_unref);
        air->configs[frame->stream] = g_bytes_ref(bytes);
    }
    if (air->onair != NULL)
        live_onair_frame(air->onair, bytes, frame);
}

void server_live_take_program(ServerLive *live, const char *show_id, gpointer socket,
                              void (*taken)(gpointer socket))
{
    ServerAir *air = server_air_need(live, show_id);
    if (air->socket != NULL)
        air->taken(air->socket);
    air->socket = socket;
    air->taken = taken;
    if (air->onair != NULL)
        live_onair_restart(air->onair);
}

void server_live_leave_program(ServerLive *live, const char *show_id, gpointer socket)
{
    ServerAir *air = find(live, show_id);
    if (air == NULL || air->socket != socket)
        return;
    air->socket = NULL;
    forget_unused(air);
}

/* ---- life ---- */

gboolean server_live_new(Server *server, GError **error)
{
    g_autofree char *path = g_build_filename(server->config->storage, "server.db", NULL);
    LiveBook *book = live_book_open(path, error);
    if (book == NULL)
        return FALSE;
    ServerLive *live = g_new0(ServerLive, 1);
    live->server = server;
    live->book = book;
    live->workers = store_workers_new("live", 1, server->context);
    live->airs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, air_free);
    server->live = live;
    return server_live_take_up(live, error);
}

void server_live_free(ServerLive *live)
{
    if (live == NULL)
        return;
    store_workers_free(live->workers);
    g_hash_table_unref(live->airs);
    live_book_close(live->book);
    live_secret_free(live->secret);
    g_free(live);
}
