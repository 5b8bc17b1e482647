/* The shows over Socket.IO. What always holds: a client of a show gets every line once, in order: it
 * is in the show's room from the moment on when it has been sent all that came before. */
#include "socket-private.h"

#include "dispatch-private.h"

#include <director/director.h>
#include <show/json.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    STATE_MS = 1000,      /* `state` comes at most that often */
    UNATTENDED_MS = 1500, /* after the last one who sees to the show left, its director rests */
    REPLAY_BYTES = 256 << 10,
};

/* What is known of a show that has clients. */
typedef struct Room {
    ServerSockets *sockets;
    char *id;            /* of the show */
    GHashTable *clients; /* Client, not owned */
    guint keepers;       /* of those: who see to the show (admin, upload) */
    gboolean is_dirty;   /* `state` is due */
    guint rest_timer;
} Room;

struct ServerSockets {
    Server *server;
    GHashTable *rooms; /* id → Room, owned */
    guint state_timer;
    guint count; /* clients */
};

typedef struct Client {
    ServerSockets *sockets;
    SocketioSocket *socket; /* NULL: disconnected, and a replay still holds this */
    Room *room;
    ServerWho who;
    double tokens; /* events it may send at once */
    gint64 filled_us;
    /* what it missed */
    gboolean is_replaying;
    gint64 sent_seq;
} Client;

static void emit(SocketioSocket *socket, const char *name, json_t *value)
{
    socketio_socket_emit(socket, name, json_pack("[o]", value), NULL);
}

/* ---- rooms ---- */

static void room_free(gpointer data)
{
    Room *room = data;
    g_clear_handle_id(&room->rest_timer, g_source_remove);
    g_hash_table_unref(room->clients);
    g_free(room->id);
    g_free(room);
}

static Room *room_of(ServerSockets *sockets, const char *id)
{
    Room *room = g_hash_table_lookup(sockets->rooms, id);
    if (room != NULL)
        return room;
    room = g_new0(Room, 1);
    room->sockets = sockets;
    room->id = g_strdup(id);
    room->clients = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(sockets->rooms, room->id, room);
    return room;
}

static ServerShow *show_of(const Room *room)
{
    return server_shows_open(room->sockets->server->shows, room->id);
}

static gboolean rest(gpointer data)
{
    Room *room = data;
    room->rest_timer = 0;
    ServerShow *show = show_of(room);
    if (show != NULL && room->keepers == 0)
        server_show_set_attended(show, FALSE);
    return G_SOURCE_REMOVE;
}

static gboolean is_keeper(const Client *client)
{
    return client->who.role == SERVER_ROLE_ADMIN || client->who.role == SERVER_ROLE_UPLOAD;
}

static void join_room(Client *client)
{
    Room *room = client->room;
    g_hash_table_add(room->clients, client);
    if (!is_keeper(client) || ++room->keepers > 1)
        return;
    g_clear_handle_id(&room->rest_timer, g_source_remove);
    ServerShow *show = show_of(room);
    if (show != NULL)
        server_show_set_attended(show, TRUE);
}

static void leave_room(Client *client)
{
    Room *room = client->room;
    client->room = NULL;
    g_hash_table_remove(room->clients, client);
    if (is_keeper(client) && --room->keepers == 0)
        room->rest_timer = g_timeout_add(UNATTENDED_MS, rest, room);
}

guint server_socket_watchers(Server *server, const char *show_id)
{
    const Room *room = g_hash_table_lookup(server->sockets->rooms, show_id);
    return room != NULL ? g_hash_table_size(room->clients) : 0;
}

/* ---- state ---- */

static json_t *clients_json(const Room *room)
{
    json_t *list = json_array();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, room->clients);
    while (g_hash_table_iter_next(&iter, &value, NULL)) {
        const Client *client = value;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s?}", "client", socketio_socket_id(client->socket),
                            "role", server_role_name(client->who.role), "source",
                            client->who.source[0] != '\0' ? client->who.source : NULL));
    }
    return list;
}

static json_t *state_json(const Room *room, const ServerShow *show)
{
    int next = server_show_next_source(show);
    const GPtrArray *sources = server_show_sources(show);
    const char *next_id = next >= 0 && next < (int)sources->len
                              ? ((const ShowSource *)sources->pdata[next])->id
                              : NULL;
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:s?}", "state", show_state_name(server_show_state(show)), "uploads",
        server_recordings_json(show), "storage", server_shows_storage(room->sockets->server->shows),
        "clients", clients_json(room), "next", next_id);
}

static gboolean send_states(gpointer data)
{
    ServerSockets *sockets = data;
    sockets->state_timer = 0;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, sockets->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Room *room = value;
        const ServerShow *show = show_of(room);
        if (!room->is_dirty || show == NULL)
            continue;
        room->is_dirty = FALSE;
        socketio_server_emit_room(sockets->server->socketio, "/", room->id, NULL, "state",
                                  json_pack("[o]", state_json(room, show)), NULL);
    }
    return G_SOURCE_REMOVE;
}

void server_socket_state_changed(Server *server, const char *show_id)
{
    ServerSockets *sockets = server->sockets;
    Room *room = sockets != NULL ? g_hash_table_lookup(sockets->rooms, show_id) : NULL;
    if (room == NULL)
        return;
    room->is_dirty = TRUE;
    if (sockets->state_timer == 0)
        sockets->state_timer = g_timeout_add(STATE_MS, send_states, sockets);
}

void server_socket_send_line(Server *server, const char *show_id, SocketioSocket *except,
                             json_t *line)
{
    if (server->socketio != NULL)
        socketio_server_emit_room(server->socketio, "/", show_id, except, "event",
                                  json_pack("[o]", line), NULL);
    else
        json_decref(line);
}

void server_socket_end_show(Server *server, const char *show_id)
{
    Room *room = g_hash_table_lookup(server->sockets->rooms, show_id);
    g_autoptr(GList) clients = room != NULL ? g_hash_table_get_keys(room->clients) : NULL;
    for (GList *link = clients; link != NULL; link = link->next)
        socketio_socket_disconnect(((Client *)link->data)->socket, FALSE);
}

/* ---- what a client missed ---- */

typedef struct Replay {
    Client *client;
    char *path;
    gint64 offset, end; /* of the log; to be read */
    GByteArray *bytes;
    gsize kept; /* of bytes: the beginning of a line that was cut */
    gboolean failed;
} Replay;

static void replay_work(gpointer data)
{
    Replay *replay = data;
    g_autofree guint8 *block = g_malloc(REPLAY_BYTES);
    int fd = open(replay->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    gsize wanted = (gsize)MIN(replay->end - replay->offset, REPLAY_BYTES);
    ssize_t got = fd >= 0 ? pread(fd, block, wanted, replay->offset) : -1;
    if (got > 0)
        g_byte_array_append(replay->bytes, block, (guint)got);
    replay->offset += MAX(got, 0);
    replay->failed = got <= 0;
    if (fd >= 0)
        close(fd);
}

static void client_free(Client *client);

static void replay_free(Replay *replay)
{
    g_byte_array_unref(replay->bytes);
    g_free(replay->path);
    g_free(replay);
}

static void send_missed(Client *client, const char *text, gsize length)
{
    json_t *line = json_loadb(text, length, 0, NULL);
    gint64 seq = json_integer_value(json_object_get(line, "seq"));
    if (line == NULL || seq <= client->sent_seq) {
        json_decref(line);
        return;
    }
    client->sent_seq = seq;
    emit(client->socket, "event", line);
}

/* Whole lines are sent, the beginning of the next one is kept. */
static void send_lines(Replay *replay)
{
    const char *text = (const char *)replay->bytes->data;
    gsize length = replay->bytes->len, begin = 0;
    for (gsize i = replay->kept; i < length; i++)
        if (text[i] == '\n') {
            send_missed(replay->client, text + begin, i - begin);
            begin = i + 1;
        }
    g_byte_array_remove_range(replay->bytes, 0, (guint)begin);
    replay->kept = replay->bytes->len;
}

static void replay_done(gpointer data);

/* TRUE: there is more to read, and it is being read. */
static gboolean read_more(Replay *replay, const ServerShow *show)
{
    replay->end = server_show_log_bytes(show);
    if (replay->offset >= replay->end || replay->failed)
        return FALSE;
    store_workers_push(replay->client->sockets->server->disk_workers, replay_work, replay_done,
                       replay);
    return TRUE;
}

static void replay_done(gpointer data)
{
    Replay *replay = data;
    Client *client = replay->client;
    ServerShow *show = client->room != NULL ? show_of(client->room) : NULL;
    if (client->socket != NULL && show != NULL) {
        send_lines(replay);
        if (read_more(replay, show))
            return;
        /* Nothing was written since: from here on it gets what the others get. */
        socketio_socket_join(client->socket, client->room->id);
        emit(client->socket, "replayed", json_pack("{s:I}", "seq", (json_int_t)client->sent_seq));
    }
    client->is_replaying = FALSE;
    if (client->socket == NULL)
        client_free(client);
    replay_free(replay);
}

static void start_replay(Client *client, ServerShow *show, gint64 last_seq)
{
    Replay *replay = g_new0(Replay, 1);
    replay->client = client;
    replay->path =
        g_build_filename(store_show_place(server_show_folder(show))->path, STORE_JOURNAL, NULL);
    replay->offset = server_show_log_offset(show, last_seq);
    replay->bytes = g_byte_array_new();
    client->is_replaying = TRUE;
    client->sent_seq = last_seq;
    if (!read_more(replay, show))
        replay_done(replay);
}

/* ---- connecting ---- */

static void client_free(Client *client)
{
    g_free(client);
}

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

static json_t *welcome_json(const Client *client, const ServerShow *show)
{
    json_t *session = show_manifest_to_json(server_show_manifest(show));
    return json_pack("{s:o, s:I, s:I, s:I, s:s, s:o}", "session", session, "clock",
                     (json_int_t)server_show_clock_ms(show), "seq",
                     (json_int_t)server_show_seq(show), "epoch",
                     (json_int_t)server_show_epoch(show), "client",
                     socketio_socket_id(client->socket), "state", state_json(client->room, show));
}

static void welcome(Client *client, ServerShow *show, const json_t *auth)
{
    const json_t *last = json_object_get(auth, "lastSeq");
    emit(client->socket, "welcome", welcome_json(client, show));
    if (json_is_integer(last) && json_integer_value(last) >= 0)
        start_replay(client, show, MIN(json_integer_value(last), server_show_seq(show)));
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
    Client *client = g_new0(Client, 1);
    client->sockets = sockets;
    client->who = who;
    client->tokens = sockets->server->config->event_burst;
    client->filled_us = g_get_monotonic_time();
    client->socket = socketio_connect_accept(connect, client);
    if (client->socket == NULL) {
        client_free(client);
        return;
    }
    client->room = room_of(sockets, id);
    join_room(client);
    server_metrics_set(sockets->server->metrics, SERVER_METRIC_CLIENTS, ++sockets->count);
    welcome(client, show, socketio_socket_auth(client->socket));
}

static void on_disconnect(SocketioSocket *socket, SocketioReason reason, gpointer data)
{
    Client *client = socketio_socket_get_data(socket);
    Server *server = client->sockets->server;
    (void)reason, (void)data;
    server_socket_state_changed(server, client->room->id);
    leave_room(client);
    server_metrics_set(server->metrics, SERVER_METRIC_CLIENTS, --client->sockets->count);
    client->socket = NULL;
    if (!client->is_replaying)
        client_free(client);
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

static void event_answered(gint64 seq, gint64 at_ms, const GError *error, gpointer data)
{
    SocketioAck *ack = data;
    answer(ack, error == NULL ? json_pack("{s:b, s:I, s:I}", "ok", 1, "seq", (json_int_t)seq, "at",
                                          (json_int_t)at_ms)
                              : json_pack("{s:b, s:o}", "ok", 0, "error", error_json(error)));
}

/* A bucket of tokens that fills with time. Milliseconds until there is one; 0: taken. */
static gint64 take_token(Client *client)
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

static void refuse_rate(Client *client, SocketioAck *ack, gint64 wait_ms)
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
static void on_signal(Client *client, const json_t *value, SocketioAck *ack)
{
    const char *to = json_string_value(json_object_get(value, "to"));
    GHashTableIter iter;
    gpointer key;
    gboolean found = FALSE;
    g_hash_table_iter_init(&iter, client->room->clients);
    while (to != NULL && g_hash_table_iter_next(&iter, &key, NULL)) {
        const Client *other = key;
        if (strcmp(socketio_socket_id(other->socket), to) != 0)
            continue;
        found = TRUE;
        emit(other->socket, "signal",
             json_pack("{s:s, s:s, s:s, s:O?}", "from", socketio_socket_id(client->socket), "role",
                       server_role_name(client->who.role), "source", client->who.source, "data",
                       json_object_get(value, "data")));
        break;
    }
    answer(ack, json_pack("{s:b}", "ok", found));
}

static void on_event(SocketioSocket *socket, const char *name, const SocketioArgs *args,
                     SocketioAck *ack, gpointer data)
{
    Client *client = socketio_socket_get_data(socket);
    ServerShow *show = show_of(client->room);
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
    sockets->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, room_free);
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
