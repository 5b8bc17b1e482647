/* A socket: what is sent to it, the acks both sides owe each other, and its end. */
#include "server-private.h"

#include "packet-private.h"

#include <string.h>

enum { SHORT_BYTES = 64 }; /* what mostly stands around a frame's text */

/* ---- packets ---- */

json_t *socketio_placeholder_new(guint number)
{
    return json_pack("{s:b,s:i}", "_placeholder", 1, "num", (int)number);
}

GBytes *socketio_args_bytes(const SocketioArgs *args, const json_t *value)
{
    const SocketioPacket packet = {.attachments = args->attachments};
    return socketio_packet_bytes(&packet, value);
}

GBytes *socketio_encode(SocketioType type, const char *space, gint64 id, json_t *data,
                        const GPtrArray *attachments)
{
    guint count = attachments != NULL ? attachments->len : 0;
    if (count > 0)
        type = type == SOCKETIO_EVENT ? SOCKETIO_BINARY_EVENT : SOCKETIO_BINARY_ACK;
    const SocketioPacket packet = {
        .type = type, .space = (char *)space, .id = id, .data = data, .attachments_due = count};
    GBytes *frame = socketio_packet_encode_after("4", &packet);
    json_decref(data);
    return frame;
}

GBytes *socketio_encode_text(SocketioType type, const char *space, gint64 id, const char *event,
                             const char *text)
{
    const SocketioPacket packet = {.type = type, .space = (char *)space, .id = id};
    g_assert(event == NULL ||
             (strpbrk(event, "\"\\") == NULL && !socketio_event_is_reserved(event)));
    GString *frame = socketio_packet_begin("4", &packet, strlen(text) + SHORT_BYTES);
    g_string_append_c(frame, '[');
    if (event != NULL) {
        g_string_append_c(frame, '"');
        g_string_append(frame, event);
        g_string_append(frame, "\",");
    }
    g_string_append(frame, text);
    g_string_append_c(frame, ']');
    return g_string_free_to_bytes(frame);
}

json_t *socketio_event_data(const char *event, json_t *args)
{
    g_assert(!socketio_event_is_reserved(event) && (args == NULL || json_is_array(args)));
    json_t *data = json_array();
    json_array_append_new(data, json_string(event));
    if (args != NULL)
        json_array_extend(data, args);
    json_decref(args);
    return data;
}

/* ---- life ---- */

static void on_turn(gpointer data)
{
    socketio_socket_deliver_end(data);
}

SocketioSocket *socketio_socket_new(SocketioConnect *connect, gpointer data)
{
    SocketioSocket *socket = g_new0(SocketioSocket, 1);
    socket->references = 1;
    socket->client = socketio_client_ref(connect->client);
    socket->space = connect->space;
    socket->space_name = g_strdup(connect->space_name);
    socket->auth = json_incref(connect->auth);
    socket->turn = (SocketioTimer){.fire = on_turn, .data = socket};
    socket->data = data;
    engineio_random_id(socket->id);
    g_hash_table_add(socket->space->sockets, socket);
    g_ptr_array_add(socket->client->sockets, socket);
    socket->client->server->metrics.sockets++;
    return socket;
}

SocketioSocket *socketio_socket_ref(SocketioSocket *socket)
{
    socket->references++;
    return socket;
}

void socketio_socket_unref(SocketioSocket *socket)
{
    if (socket == NULL || --socket->references > 0)
        return;
    g_assert(socket->space == NULL && socket->acks == NULL);
    socketio_client_unref(socket->client);
    g_free(socket->space_name);
    json_decref(socket->auth);
    g_free(socket);
}

static SocketioServer *server_of(const SocketioSocket *socket)
{
    return socket->client->server;
}

/* ---- acks the client owes ---- */

typedef struct DueAck {
    SocketioSocket *socket;
    gint64 id;
    SocketioAnswered answered;
    gpointer data;
    SocketioTimer timer;
} DueAck;

/* `args` NULL: no answer. */
static void settle(DueAck *due, const SocketioArgs *args)
{
    g_hash_table_steal(due->socket->acks, &due->id);
    socketio_timer_cancel(&due->timer);
    due->answered(due->socket, args, due->data);
    g_free(due);
}

static void on_ack_late(gpointer data)
{
    settle(data, NULL);
}

static DueAck *new_due(SocketioSocket *socket, SocketioAnswered answered, gpointer data)
{
    if (socket->acks == NULL)
        socket->acks = g_hash_table_new(g_int64_hash, g_int64_equal);
    DueAck *due = g_new0(DueAck, 1);
    due->socket = socket;
    due->id = socket->next_ack++;
    due->answered = answered;
    due->data = data;
    due->timer = (SocketioTimer){.fire = on_ack_late, .data = due};
    g_hash_table_insert(socket->acks, &due->id, due);
    return due;
}

static void settle_all(SocketioSocket *socket)
{
    GHashTableIter iter;
    gpointer due = NULL;
    while (socket->acks != NULL && g_hash_table_size(socket->acks) > 0) {
        g_hash_table_iter_init(&iter, socket->acks);
        g_hash_table_iter_next(&iter, NULL, &due);
        settle(due, NULL);
    }
    g_clear_pointer(&socket->acks, g_hash_table_unref);
}

void socketio_socket_take_ack(SocketioSocket *socket, const SocketioPacket *packet)
{
    DueAck *due = socket->acks != NULL ? g_hash_table_lookup(socket->acks, &packet->id) : NULL;
    if (due == NULL) /* it came too late, or twice */
        return;
    const SocketioArgs args = {.values = packet->data, .attachments = packet->attachments};
    server_of(socket)->metrics.acks_in++;
    settle(due, &args);
}

/* ---- out ---- */

static void send_event(SocketioSocket *socket, gint64 id, const char *event, json_t *args,
                       const GPtrArray *attachments)
{
    g_autoptr(GBytes) frame = socketio_encode(SOCKETIO_EVENT, socket->space_name, id,
                                              socketio_event_data(event, args), attachments);
    socketio_client_send(socket->client, frame, attachments);
    server_of(socket)->metrics.events_out++;
}

void socketio_socket_emit(SocketioSocket *socket, const char *event, json_t *args,
                          GPtrArray *attachments)
{
    if (socket->space != NULL)
        send_event(socket, SOCKETIO_NO_ID, event, args, attachments);
    else
        json_decref(args);
}

void socketio_socket_emit_with_ack(SocketioSocket *socket, const char *event, json_t *args,
                                   GPtrArray *attachments, guint timeout_ms,
                                   SocketioAnswered answered, gpointer data)
{
    g_assert(timeout_ms > 0);
    SocketioServer *server = server_of(socket);
    gboolean is_sent = socket->space != NULL &&
                       (socket->acks == NULL || g_hash_table_size(socket->acks) < server->max_acks);
    DueAck *due = new_due(socket, answered, data);
    if (is_sent) {
        socketio_timer_set_in(server->engine->timers, &due->timer, timeout_ms);
        send_event(socket, due->id, event, args, attachments);
    } else {
        json_decref(args);
        if (server != NULL)
            socketio_timer_set_soon(server->engine->timers, &due->timer);
    }
}

/* ---- in ---- */

struct SocketioAck {
    SocketioSocket *socket;
    gint64 id;
};

static SocketioAck *new_ack(SocketioSocket *socket, gint64 id)
{
    if (id == SOCKETIO_NO_ID)
        return NULL;
    SocketioAck *ack = g_new(SocketioAck, 1);
    *ack = (SocketioAck){.socket = socketio_socket_ref(socket), .id = id};
    return ack;
}

void socketio_ack_free(SocketioAck *ack)
{
    if (ack == NULL)
        return;
    socketio_socket_unref(ack->socket);
    g_free(ack);
}

void socketio_ack_answer(SocketioAck *ack, json_t *args, GPtrArray *attachments)
{
    SocketioSocket *socket = ack->socket;
    g_assert(args == NULL || json_is_array(args));
    json_t *data = args != NULL ? args : json_array();
    if (socket->space != NULL) {
        g_autoptr(GBytes) frame =
            socketio_encode(SOCKETIO_ACK, socket->space_name, ack->id, data, attachments);
        socketio_client_send(socket->client, frame, attachments);
        server_of(socket)->metrics.acks_out++;
    } else {
        json_decref(data);
    }
    socketio_ack_free(ack);
}

void socketio_ack_answer_text(SocketioAck *ack, const char *text)
{
    SocketioSocket *socket = ack->socket;
    if (socket->space != NULL) {
        g_autoptr(GBytes) frame =
            socketio_encode_text(SOCKETIO_ACK, socket->space_name, ack->id, NULL, text);
        socketio_client_send(socket->client, frame, NULL);
        server_of(socket)->metrics.acks_out++;
    }
    socketio_ack_free(ack);
}

void socketio_socket_take_event(SocketioSocket *socket, SocketioPacket *packet)
{
    SocketioServer *server = server_of(socket);
    json_t *name = json_incref(json_array_get(packet->data, 0));
    json_array_remove(packet->data, 0);
    const SocketioArgs args = {.values = packet->data, .attachments = packet->attachments};
    server->metrics.events_in++;
    server->events->event(socket, json_string_value(name), &args, new_ack(socket, packet->id),
                          server->data);
    json_decref(name);
}

/* ---- its end ---- */

void socketio_socket_end(SocketioSocket *socket, SocketioReason reason)
{
    if (socket->space == NULL)
        return;
    SocketioServer *server = server_of(socket);
    socketio_space_leave_all(socket);
    socket->space = NULL;
    socket->reason = reason;
    server->metrics.sockets--;
    socketio_timer_set_soon(server->engine->timers, &socket->turn);
}

void socketio_socket_deliver_end(SocketioSocket *socket)
{
    SocketioServer *server = server_of(socket);
    socketio_timer_cancel(&socket->turn);
    settle_all(socket);
    if (server->events->disconnect != NULL)
        server->events->disconnect(socket, socket->reason, server->data);
    settle_all(socket);
    g_ptr_array_remove_fast(socket->client->sockets, socket);
}

static void send_disconnect(SocketioSocket *socket)
{
    g_autoptr(GBytes) frame =
        socketio_encode(SOCKETIO_DISCONNECT, socket->space_name, SOCKETIO_NO_ID, NULL, NULL);
    socketio_client_send(socket->client, frame, NULL);
    socketio_socket_end(socket, SOCKETIO_REASON_SERVER);
}

void socketio_socket_disconnect(SocketioSocket *socket, gboolean close)
{
    SocketioClient *client = socket->client;
    if (socket->space == NULL || client->is_gone)
        return;
    if (!close) {
        send_disconnect(socket);
        return;
    }
    for (guint i = 0; i < client->sockets->len; i++) {
        SocketioSocket *one = client->sockets->pdata[i];
        if (one->space != NULL)
            send_disconnect(one);
    }
    engineio_session_close(client->session);
}

/* ---- what it is ---- */

const char *socketio_reason_name(SocketioReason reason)
{
    static const char *const names[] = {
        [SOCKETIO_REASON_CLIENT] = "client namespace disconnect",
        [SOCKETIO_REASON_SERVER] = "server namespace disconnect",
        [SOCKETIO_REASON_TRANSPORT_CLOSE] = "transport close",
        [SOCKETIO_REASON_TRANSPORT_ERROR] = "transport error",
        [SOCKETIO_REASON_PING_TIMEOUT] = "ping timeout",
        [SOCKETIO_REASON_PARSE_ERROR] = "parse error",
        [SOCKETIO_REASON_SHUTDOWN] = "server shutting down",
    };
    g_assert(reason > 0 && reason < G_N_ELEMENTS(names));
    return names[reason];
}

const char *socketio_socket_id(const SocketioSocket *socket)
{
    return socket->id;
}

const char *socketio_socket_space(const SocketioSocket *socket)
{
    return socket->space_name;
}

const json_t *socketio_socket_auth(const SocketioSocket *socket)
{
    return socket->auth;
}

const char *socketio_socket_client_address(const SocketioSocket *socket)
{
    return engineio_session_client_address(socket->client->session);
}

const char *socketio_socket_transport(const SocketioSocket *socket)
{
    return engineio_session_transport(socket->client->session);
}

gsize socketio_socket_buffered_bytes(const SocketioSocket *socket)
{
    return engineio_session_buffered_bytes(socket->client->session);
}

void socketio_socket_set_data(SocketioSocket *socket, gpointer data)
{
    socket->data = data;
}

gpointer socketio_socket_get_data(const SocketioSocket *socket)
{
    return socket->data;
}
