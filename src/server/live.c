/* Shows on air: which there are, what happens on them, and the console's program on its way to them. What
 * always holds: a destination is in server.db before its live_start is in the log, and until its end or
 * the show's live_stop is. */
#include "live-state-private.h"

#include "live-secret-private.h"
#include "livekit-private.h"
#include "metrics-private.h"
#include "shows-private.h"
#include "show-state-private.h"
#include "socket-private.h"

#include <string.h>

/* ---- life of one ---- */

static void air_free(gpointer data)
{
    ServerAir *air = data;
    live_onair_free(air->onair);
    g_clear_handle_id(&air->save_timer, g_source_remove);
    for (guint i = 0; i < G_N_ELEMENTS(air->configs); i++)
        g_clear_pointer(&air->configs[i], g_bytes_unref);
    g_ptr_array_unref(air->waiting);
    g_free(air->id);
    g_free(air);
}

ServerAir *server_air_find(const ServerLive *live, const char *id)
{
    return live != NULL ? g_hash_table_lookup(live->airs, id) : NULL;
}

ServerAir *server_air_need(ServerLive *live, const char *id)
{
    ServerAir *air = server_air_find(live, id);
    if (air != NULL)
        return air;
    air = g_new0(ServerAir, 1);
    air->live = live;
    air->id = g_strdup(id);
    air->waiting = g_ptr_array_new_with_free_func(server_live_waiting_free);
    g_hash_table_insert(live->airs, air->id, air);
    return air;
}

void server_air_forget_unused(ServerAir *air)
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

/* What they were is kept; how they are is over. */
static void keep_counters(ServerAir *air)
{
    LiveTotals *gone = &air->live->gone;
    live_onair_total(air->onair, gone);
    memset(gone->states, 0, sizeof gone->states);
    gone->feed_bytes = gone->queued_ms = 0;
    gone->slates = gone->egresses = gone->egresses_active = 0;
}

void server_air_ended(ServerAir *air)
{
    json_t *report = live_onair_json(air->onair);
    keep_counters(air);
    g_clear_pointer(&air->onair, live_onair_free);
    air->is_over = FALSE;
    count_airs(air->live);
    server_socket_state_changed(air->live->server, air->id);
    server_air_answer_all(air, report);
    json_decref(report);
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
        server_live_log_change(show, change);
    server_socket_state_changed(air->live->server, air->id);
    if (change->state == LIVE_STATE_ENDED && !air->is_over) /* it was removed: for good */
        server_live_save_at_once(air);
    else
        server_live_save_soon(air);
    server_air_answer_removed(air);
}

static void on_counted(gpointer data)
{
    ServerAir *air = data;
    server_socket_state_changed(air->live->server, air->id);
    server_live_save_counts(air);
}

static void on_stopped(gpointer data)
{
    server_live_save_last(data);
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

static const char *page_of(gpointer data)
{
    const ServerAir *air = data;
    return server_livekit_page(air->live->server->livekit);
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
        .page = page_of,
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

void server_live_end_show(ServerLive *live, ServerShow *show)
{
    ServerAir *air = server_air_find(live, server_show_id(show));
    if (air == NULL)
        return;
    if (air->onair != NULL)
        server_air_stop(air, show);
    if (air->socket != NULL)
        air->taken(g_steal_pointer(&air->socket));
    server_air_forget_unused(air);
}

void server_live_look(ServerLive *live, const char *show_id)
{
    const ServerAir *air = server_air_find(live, show_id);
    if (air != NULL && air->onair != NULL)
        live_onair_look(air->onair);
}

json_t *server_live_json(const ServerLive *live, const char *show_id, gboolean is_brief)
{
    const ServerAir *air = server_air_find(live, show_id);
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
    ServerAir *air = server_air_find(live, show_id);
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
    ServerAir *air = server_air_find(live, show_id);
    if (air == NULL || air->socket != socket)
        return;
    air->socket = NULL;
    server_air_forget_unused(air);
}

/* ---- life ---- */

gboolean server_live_need_secret(ServerLive *live, GError **error)
{
    if (live->secret == NULL)
        live->secret = server_live_secret(live->server->config, error);
    return live->secret != NULL;
}

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
    live->tests = g_ptr_array_new_with_free_func(server_live_test_free);
    server->live = live;
    return server_live_take_up(live, error);
}

void server_live_free(ServerLive *live)
{
    if (live == NULL)
        return;
    store_workers_free(live->workers);
    g_ptr_array_unref(live->tests);
    g_hash_table_unref(live->airs);
    live_book_close(live->book);
    live_secret_free(live->secret);
    g_free(live);
}
