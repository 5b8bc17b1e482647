/* A session seen as a Socket.IO client: its packets in their order, binary ones put together, each
 * to the socket of its namespace; and the door to the namespaces. */
#include "server-private.h"

#include <string.h>

#define CONNECTS_OWED_MAX 16 /* answers of the owner that one client may have made due */

static void fail(SocketioClient *client)
{
    engineio_session_fail(client->session, ENGINEIO_REASON_PROTOCOL);
}

/* ---- life ---- */

static void on_deadline(gpointer data)
{
    SocketioClient *client = data;
    engineio_session_close(client->session);
}

static void on_open(EngineioSession *session, gpointer data)
{
    SocketioServer *server = data;
    SocketioClient *client = g_new0(SocketioClient, 1);
    client->references = 1;
    client->server = server;
    client->session = engineio_session_ref(session);
    client->sockets = g_ptr_array_new_with_free_func((GDestroyNotify)socketio_socket_unref);
    client->waiting = g_ptr_array_new();
    client->deadline = (SocketioTimer){.fire = on_deadline, .data = client};
    /* An answer at the last moment is given the time that a pong is given. */
    socketio_timer_set_in(server->engine->timers, &client->deadline,
                          server->connect_timeout_ms + server->engine->options.ping_timeout_ms);
    engineio_session_set_data(session, client);
}

SocketioClient *socketio_client_ref(SocketioClient *client)
{
    client->references++;
    return client;
}

void socketio_client_unref(SocketioClient *client)
{
    if (client == NULL || --client->references > 0)
        return;
    g_assert(client->is_gone);
    g_ptr_array_unref(client->sockets);
    g_ptr_array_unref(client->waiting);
    engineio_session_unref(client->session);
    g_free(client);
}

static SocketioReason reason_of(EngineioReason reason)
{
    switch (reason) {
    case ENGINEIO_REASON_CLIENT:
        return SOCKETIO_REASON_TRANSPORT_CLOSE;
    case ENGINEIO_REASON_PING_TIMEOUT:
        return SOCKETIO_REASON_PING_TIMEOUT;
    case ENGINEIO_REASON_PROTOCOL:
        return SOCKETIO_REASON_PARSE_ERROR;
    case ENGINEIO_REASON_SERVER:
        return SOCKETIO_REASON_SERVER;
    case ENGINEIO_REASON_SHUTDOWN:
        return SOCKETIO_REASON_SHUTDOWN;
    default:
        return SOCKETIO_REASON_TRANSPORT_ERROR;
    }
}

static void stop_waiting(SocketioConnect *connect)
{
    connect->is_waiting = FALSE;
    connect->space = NULL;
    g_ptr_array_remove_fast(connect->client->waiting, connect);
}

static void on_closed(EngineioSession *session, EngineioReason reason, gpointer data)
{
    (void)data;
    SocketioClient *client = engineio_session_get_data(session);
    client->is_gone = TRUE;
    socketio_timer_cancel(&client->deadline);
    while (client->waiting->len > 0)
        stop_waiting(client->waiting->pdata[0]);
    for (guint i = 0; i < client->sockets->len; i++)
        socketio_socket_end(client->sockets->pdata[i], reason_of(reason));
    while (client->sockets->len > 0)
        socketio_socket_deliver_end(client->sockets->pdata[0]);
    g_clear_pointer(&client->partial, socketio_packet_free);
    client->server = NULL;
    socketio_client_unref(client);
}

/* ---- out ---- */

void socketio_client_send(SocketioClient *client, GBytes *frame, const GPtrArray *attachments)
{
    if (client->is_gone)
        return;
    engineio_session_send_frame(client->session, FALSE, frame);
    for (guint i = 0; attachments != NULL && i < attachments->len; i++)
        engineio_session_send_frame(client->session, TRUE, attachments->pdata[i]);
}

static void send_refusal(SocketioClient *client, const char *space, const char *message,
                         json_t *data)
{
    json_t *object = json_pack("{s:s}", "message", message);
    if (data != NULL)
        json_object_set_new(object, "data", data);
    g_autoptr(GBytes) frame =
        socketio_encode(SOCKETIO_CONNECT_ERROR, space, SOCKETIO_NO_ID, object, NULL);
    socketio_client_send(client, frame, NULL);
    if (client->server != NULL)
        client->server->metrics.refused++;
}

/* ---- who asks to connect ---- */

static SocketioSocket *find_socket(const SocketioClient *client, const char *space)
{
    for (guint i = 0; i < client->sockets->len; i++) {
        SocketioSocket *socket = client->sockets->pdata[i];
        if (socket->space != NULL && strcmp(socket->space_name, space) == 0)
            return socket;
    }
    return NULL;
}

static SocketioConnect *find_waiting(const SocketioClient *client, const char *space)
{
    for (guint i = 0; i < client->waiting->len; i++) {
        SocketioConnect *connect = client->waiting->pdata[i];
        if (strcmp(connect->space_name, space) == 0)
            return connect;
    }
    return NULL;
}

static void ask_owner(SocketioClient *client, SocketioSpace *space, const SocketioPacket *packet)
{
    SocketioServer *server = client->server;
    SocketioConnect *connect = g_new0(SocketioConnect, 1);
    connect->client = socketio_client_ref(client);
    connect->space = space;
    connect->space_name = g_strdup(space->name);
    connect->auth = packet->data != NULL ? json_incref(packet->data) : json_object();
    connect->is_waiting = TRUE;
    client->connects_owed++;
    g_ptr_array_add(client->waiting, connect);
    if (server->events->connect != NULL)
        server->events->connect(connect, server->data);
    else
        socketio_connect_accept(connect, NULL);
}

static void take_connect(SocketioClient *client, const SocketioPacket *packet)
{
    SocketioSpace *space = g_hash_table_lookup(client->server->spaces, packet->space);
    if (space == NULL)
        send_refusal(client, packet->space, "Invalid namespace", NULL);
    else if (find_socket(client, packet->space) != NULL ||
             find_waiting(client, packet->space) != NULL ||
             client->connects_owed >= CONNECTS_OWED_MAX)
        fail(client);
    else
        ask_owner(client, space, packet);
}

static void end_connect(SocketioConnect *connect)
{
    if (connect->is_waiting)
        stop_waiting(connect);
    connect->client->connects_owed--;
    socketio_client_unref(connect->client);
    g_free(connect->space_name);
    json_decref(connect->auth);
    g_free(connect);
}

SocketioSocket *socketio_connect_accept(SocketioConnect *connect, gpointer user_data)
{
    SocketioSocket *socket = NULL;
    if (connect->is_waiting) {
        SocketioClient *client = connect->client;
        client->was_connected = TRUE;
        socketio_timer_cancel(&client->deadline);
        client->server->metrics.connected++;
        socket = socketio_socket_new(connect, user_data);
        g_autoptr(GBytes) frame =
            socketio_encode(SOCKETIO_CONNECT, connect->space_name, SOCKETIO_NO_ID,
                            json_pack("{s:s}", "sid", socket->id), NULL);
        socketio_client_send(client, frame, NULL);
    }
    end_connect(connect);
    return socket;
}

void socketio_connect_refuse(SocketioConnect *connect, const char *message, json_t *data)
{
    if (connect->is_waiting)
        send_refusal(connect->client, connect->space_name, message, data);
    else
        json_decref(data);
    end_connect(connect);
}

const char *socketio_connect_space(const SocketioConnect *connect)
{
    return connect->space_name;
}

const json_t *socketio_connect_auth(const SocketioConnect *connect)
{
    return connect->auth;
}

const char *socketio_connect_header(const SocketioConnect *connect, const char *name)
{
    return engineio_session_header(connect->client->session, name);
}

const char *socketio_connect_cookie(const SocketioConnect *connect, const char *name)
{
    return engineio_session_cookie(connect->client->session, name);
}

const char *socketio_connect_client_address(const SocketioConnect *connect)
{
    return engineio_session_client_address(connect->client->session);
}

gboolean socketio_connect_is_waiting(const SocketioConnect *connect)
{
    return connect->is_waiting;
}

/* ---- in ---- */

static void take_disconnect(SocketioClient *client, const SocketioPacket *packet)
{
    SocketioConnect *waiting = find_waiting(client, packet->space);
    SocketioSocket *socket = find_socket(client, packet->space);
    if (waiting != NULL)
        stop_waiting(waiting);
    if (socket != NULL)
        socketio_socket_end(socket, SOCKETIO_REASON_CLIENT);
}

/* For a namespace the client is not in: the server may just have put it out, so it may have been
 * right when it was sent. A client that never was in any is wrong. */
static void take_for_socket(SocketioClient *client, SocketioPacket *packet)
{
    SocketioSocket *socket = find_socket(client, packet->space);
    if (socket == NULL && !client->was_connected)
        fail(client);
    if (socket == NULL)
        return;
    socketio_socket_ref(socket);
    if (packet->type == SOCKETIO_EVENT || packet->type == SOCKETIO_BINARY_EVENT)
        socketio_socket_take_event(socket, packet);
    else
        socketio_socket_take_ack(socket, packet);
    socketio_socket_unref(socket);
}

static void take(SocketioClient *client, SocketioPacket *packet)
{
    switch (packet->type) {
    case SOCKETIO_CONNECT:
        take_connect(client, packet);
        return;
    case SOCKETIO_DISCONNECT:
        take_disconnect(client, packet);
        return;
    case SOCKETIO_CONNECT_ERROR: /* the server's alone */
        fail(client);
        return;
    default:
        take_for_socket(client, packet);
        return;
    }
}

static void take_attachment(SocketioClient *client, GBytes *bytes)
{
    if (client->partial == NULL) {
        fail(client);
        return;
    }
    socketio_packet_add_attachment(client->partial, bytes);
    if (!socketio_packet_is_complete(client->partial))
        return;
    g_autoptr(SocketioPacket) packet = g_steal_pointer(&client->partial);
    take(client, packet);
}

static void take_text(SocketioClient *client, GBytes *message)
{
    gsize length = 0;
    const char *text = g_bytes_get_data(message, &length);
    g_autoptr(SocketioPacket) packet =
        client->partial == NULL ? socketio_packet_parse(text, length, &client->server->limits, NULL)
                                : NULL;
    if (packet == NULL)
        fail(client);
    else if (socketio_packet_is_complete(packet))
        take(client, packet);
    else
        client->partial = g_steal_pointer(&packet);
}

static void on_message(EngineioSession *session, gboolean is_binary, GBytes *message, gpointer data)
{
    (void)data;
    SocketioClient *client = engineio_session_get_data(session);
    if (is_binary)
        take_attachment(client, message);
    else
        take_text(client, message);
}

const EngineioEvents socketio_client_events = {
    .open = on_open, .message = on_message, .closed = on_closed};
