/* The shows over Socket.IO: who may connect, and what clients send. Who is there is in socket-room.c,
 * what somebody missed in socket-missed.c. */
#include "socket-client-private.h"

#include "dispatch-private.h"
#include "livekit-private.h"

#include <string.h>

enum { ANSWER_BYTES = 96 }; /* to an event: two numbers and what stands around them */

/* ---- connecting ---- */

static void refuse(SocketioConnect *connect, GError *error)
{
    json_t *data = json_pack("{s:s}", "code", server_error_code(error));
    socketio_connect_refuse(connect, error->message, data);
    g_error_free(error);
}

static gboolean identify(Server *server, const SocketioConnect *connect, ServerWho *who,
                         GError **error)
{
    const char *token = json_string_value(json_object_get(socketio_connect_auth(connect), "token"));
    if (token == NULL)
        token = socketio_connect_cookie(connect, "crosscut");
    if (token == NULL) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_UNAUTHORISED, "a token is needed");
        return FALSE;
    }
    return server_identity_token_who(server->identity, token, g_get_real_time() / G_USEC_PER_SEC,
                                     who, error);
}

/* The show that a client may join; NULL and why not. */
static ServerShow *find_show(Server *server, const char *id, const ServerWho *who, GError **error)
{
    if (id == NULL)
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                            "sessionId: expected the id of a show");
    else if (!server_who_may_see(who, id))
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_FORBIDDEN,
                            "sessionId: this token is for another show");
    else if (server_livekit_has_removed(server->livekit, id, who, error))
        return NULL;
    else if (server_shows_open(server->shows, id) != NULL &&
             server_socket_watchers(server, id) >= server->config->clients_per_show)
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_BUSY,
                            "sessionId: this show has as many clients as are allowed");
    else if (server_shows_open(server->shows, id) == NULL && server_shows_has(server->shows, id))
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_STOPPED,
                            "sessionId: this show has ended");
    else if (server_shows_open(server->shows, id) == NULL)
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_NOT_FOUND,
                            "sessionId: there is no such show");
    else
        return server_shows_open(server->shows, id);
    return NULL;
}

static json_t *welcome_json(const SocketClient *client, const ServerShow *show)
{
    json_t *session = show_manifest_to_json(server_show_manifest(show));
    return json_pack(
        "{s:o, s:I, s:I, s:I, s:s, s:o}", "session", session, "clock",
        (json_int_t)server_show_clock_ms(show), "seq", (json_int_t)server_show_seq(show), "epoch",
        (json_int_t)server_show_epoch(show), "client", socketio_socket_id(client->socket), "state",
        socket_room_state(client->room, show));
}

static void welcome(SocketClient *client, ServerShow *show, const json_t *auth)
{
    const json_t *last = json_object_get(auth, "lastSeq");
    socket_emit(client->socket, "welcome", welcome_json(client, show));
    if (json_is_integer(last) && json_integer_value(last) >= 0)
        socket_missed_start(client, show, MIN(json_integer_value(last), server_show_seq(show)));
    else
        socketio_socket_join(client->socket, client->room->id);
    server_socket_state_changed(client->sockets->server, client->room->id);
}

static void on_connect(SocketioConnect *connect, gpointer data)
{
    ServerSockets *sockets = data;
    GError *error = NULL;
    ServerWho who;
    const json_t *auth = socketio_connect_auth(connect);
    const char *id = json_string_value(json_object_get(auth, "sessionId"));
    ServerShow *show = NULL;
    if (identify(sockets->server, connect, &who, &error))
        show = find_show(sockets->server, id, &who, &error);
    if (show == NULL) {
        refuse(connect, error);
        return;
    }
    SocketClient *client = g_new0(SocketClient, 1);
    client->sockets = sockets;
    client->who = who;
    client->tokens = sockets->server->config->event_burst;
    client->filled_us = g_get_monotonic_time();
    client->socket = socketio_connect_accept(connect, client);
    if (client->socket == NULL) {
        g_free(client);
        return;
    }
    client->room = socket_room_of(sockets, id);
    socket_room_join(client);
    server_metrics_set(sockets->server->metrics, SERVER_METRIC_CLIENTS, ++sockets->count);
    welcome(client, show, socketio_socket_auth(client->socket));
}

static void on_disconnect(SocketioSocket *socket, SocketioReason reason, gpointer data)
{
    SocketClient *client = socketio_socket_get_data(socket);
    Server *server = client->sockets->server;
    (void)reason, (void)data;
    server_socket_state_changed(server, client->room->id);
    socket_room_leave(client);
    server_metrics_set(server->metrics, SERVER_METRIC_CLIENTS, --client->sockets->count);
    client->socket = NULL;
    if (!client->is_replaying)
        g_free(client);
}

/* ---- what a client sends ---- */

static json_t *error_json(const GError *error)
{
    g_autofree char *field = server_error_field(error);
    g_autofree char *message = server_error_message(error);
    gboolean is_ours = server_error_status(error) == 500;
    return json_pack("{s:s, s:s, s:s*}", "code", server_error_code(error), "message",
                     is_ours ? "this server could not store it" : message, "field", field);
}

/* Takes `ack`. */
static void answer(SocketioAck *ack, json_t *value)
{
    if (ack != NULL)
        socketio_ack_answer(ack, json_pack("[o]", value), NULL);
    else
        json_decref(value);
}

static char *put_number(char *at, gint64 number)
{
    char digits[24];
    guint count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

/* {"ok":true,"seq":1,"at":2}. Both are 0 or more. One for each event, so not by printf(). */
static void write_answer(char text[ANSWER_BYTES], gint64 seq, gint64 at_ms)
{
    char *at = put_number(g_stpcpy(text, "{\"ok\":true,\"seq\":"), seq);
    at = put_number(g_stpcpy(at, ",\"at\":"), MAX(at_ms, 0));
    g_stpcpy(at, "}");
}

static void event_answered(gint64 seq, gint64 at_ms, const GError *error, gpointer data)
{
    SocketioAck *ack = data;
    char text[ANSWER_BYTES];
    if (error != NULL) {
        answer(ack, json_pack("{s:b, s:o}", "ok", 0, "error", error_json(error)));
    } else if (ack != NULL) {
        write_answer(text, seq, at_ms);
        socketio_ack_answer_text(ack, text);
    }
}

/* A bucket of tokens that fills with time. Milliseconds until there is one; 0: taken. */
static gint64 take_token(SocketClient *client)
{
    const ServerConfig *config = client->sockets->server->config;
    gint64 now_us = g_get_monotonic_time();
    double fresh = (double)(now_us - client->filled_us) / G_USEC_PER_SEC * config->events_per_s;
    client->tokens = MIN(client->tokens + fresh, (double)config->event_burst);
    client->filled_us = now_us;
    if (client->tokens >= 1) {
        client->tokens -= 1;
        return 0;
    }
    return 1 + (gint64)((1 - client->tokens) * 1000 / config->events_per_s);
}

static void refuse_rate(SocketClient *client, SocketioAck *ack, gint64 wait_ms)
{
    server_metrics_add(client->sockets->server->metrics, SERVER_METRIC_EVENTS_REFUSED, 1);
    answer(ack, json_pack("{s:b, s:{s:s, s:s, s:I}}", "ok", 0, "error", "code", "rate_limited",
                          "message", "too many events; send this one again later", "retryAfter",
                          (json_int_t)wait_ms));
}

static void refuse_gone(SocketioAck *ack)
{
    answer(ack, json_pack("{s:b, s:{s:s, s:s, s:s}}", "ok", 0, "error", "code", "stopped",
                          "message", "sessionId: this show has ended", "field", "sessionId"));
}

static void on_ping_clock(const ServerShow *show, SocketioAck *ack)
{
    json_int_t clock_ms = server_show_clock_ms(show);
    if (ack != NULL)
        socketio_ack_answer(ack, json_pack("[I, I]", clock_ms, clock_ms), NULL);
}

/* From one client of the show to another: how a phone and the console find each other. */
static void on_signal(SocketClient *client, const json_t *value, SocketioAck *ack)
{
    const char *to = json_string_value(json_object_get(value, "to"));
    GHashTableIter iter;
    gpointer key;
    gboolean found = FALSE;
    g_hash_table_iter_init(&iter, client->room->clients);
    while (to != NULL && g_hash_table_iter_next(&iter, &key, NULL)) {
        const SocketClient *other = key;
        if (strcmp(socketio_socket_id(other->socket), to) != 0)
            continue;
        found = TRUE;
        socket_emit(other->socket, "signal",
                    json_pack("{s:s, s:s, s:s, s:O?}", "from", socketio_socket_id(client->socket),
                              "role", server_role_name(client->who.role), "source",
                              client->who.source, "data", json_object_get(value, "data")));
        break;
    }
    answer(ack, json_pack("{s:b}", "ok", found));
}

static void on_event(SocketioSocket *socket, const char *name, const SocketioArgs *args,
                     SocketioAck *ack, gpointer data)
{
    SocketClient *client = socketio_socket_get_data(socket);
    ServerShow *show = socket_room_show(client->room);
    const json_t *value = json_array_get(args->values, 0);
    (void)data;
    gint64 wait_ms = take_token(client);
    if (wait_ms > 0)
        refuse_rate(client, ack, wait_ms);
    else if (show == NULL)
        refuse_gone(ack);
    else if (strcmp(name, "event") == 0)
        server_show_event(show, &client->who, socket, value, event_answered, ack);
    else if (strcmp(name, "ping_clock") == 0)
        on_ping_clock(show, ack);
    else if (strcmp(name, "signal") == 0 && client->who.role != SERVER_ROLE_VIEWER)
        on_signal(client, value, ack);
    else
        socketio_ack_free(ack);
}

/* ---- the room ---- */

static const SocketioEvents events = {
    .connect = on_connect,
    .event = on_event,
    .disconnect = on_disconnect,
};

gboolean server_socket_new(Server *server, GError **error)
{
    static const char *const cookies[] = {"crosscut", NULL};
    const ServerConfig *config = server->config;
    (void)error;
    ServerSockets *sockets = g_new0(ServerSockets, 1);
    sockets->server = server;
    sockets->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, socket_room_free);
    /* Pages of any site as far as the room is concerned: who may is looked at in handle(). */
    static const char *const any_origin[] = {"*", NULL};
    SocketioOptions options = {
        .engine =
            {
                .path = "/socket.io/",
                .ping_interval_ms = config->ping_interval_ms,
                .ping_timeout_ms = config->ping_timeout_ms,
                .max_payload_bytes = 256 << 10,
                .max_sessions = config->max_sockets,
                .max_sessions_per_address = config->max_sockets,
                .origins = any_origin,
                .credentials = TRUE,
                .keep_cookies = cookies,
                .context = server->context,
            },
        .packet = {.attachments = 1},
    };
    server->sockets = sockets;
    server->socketio = socketio_server_new(&options, &events, sockets);
    return TRUE;
}

void server_socket_free(Server *server)
{
    g_clear_pointer(&server->socketio, socketio_server_free);
    ServerSockets *sockets = g_steal_pointer(&server->sockets);
    if (sockets == NULL)
        return;
    g_clear_handle_id(&sockets->state_timer, g_source_remove);
    g_hash_table_unref(sockets->rooms);
    g_free(sockets);
}

gboolean server_socket_handle(Server *server, HttpRequest *request)
{
    if (!g_str_has_prefix(http_request_path(request), "/socket.io/"))
        return FALSE;
    const char *origin = http_request_header(request, "Origin");
    gboolean is_welcome = origin == NULL || server_origin_is_ours(server, request, origin) ||
                          server_origin_is_allowed(server, origin);
    if (!is_welcome || !server_origin_host_is_ours(server, request)) {
        http_request_reply_text(request, 403, "text/plain",
                                "This server does not talk to pages of other sites.\n");
        return TRUE;
    }
    return socketio_server_handle(server->socketio, request);
}
