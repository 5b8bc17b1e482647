/* Any frames as what a client sends to a Socket.IO server: the first byte of each says what it is
 * (bit 0: binary; bit 1: a turn of the loop follows; bit 2: the owner answers later), the second how
 * long it is. The server stays within its rules, and nothing is left over at the end. */
#include <socketio/local.h>

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HELD_MAX 64

typedef struct Owner {
    SocketioServer *server;
    gboolean is_late;
    GPtrArray *connects; /* SocketioConnect that wait for their answer */
    GPtrArray *acks;
    guint answers_due; /* of emit_with_ack() */
    guint sockets;     /* connected, less those that `disconnect` came for */
} Owner;

static void on_answered(SocketioSocket *socket, const SocketioArgs *args, gpointer data)
{
    guint *due = data;
    (*due)--;
    if (args != NULL)
        socketio_socket_emit(socket, "thanks", json_incref(args->values), args->attachments);
}

static void let_in(Owner *owner, SocketioConnect *connect)
{
    if (json_object_size(socketio_connect_auth(connect)) > 2)
        socketio_connect_refuse(connect, "no", json_object());
    else if (socketio_connect_accept(connect, NULL) != NULL)
        owner->sockets++;
}

static void on_connect(SocketioConnect *connect, gpointer data)
{
    Owner *owner = data;
    if (owner->is_late && owner->connects->len < HELD_MAX)
        g_ptr_array_add(owner->connects, connect);
    else
        let_in(owner, connect);
}

static void on_event(SocketioSocket *socket, const char *name, const SocketioArgs *args,
                     SocketioAck *ack, gpointer data)
{
    Owner *owner = data;
    const char *space = socketio_socket_space(socket);
    for (size_t i = 0; i < json_array_size(args->values); i++)
        socketio_args_bytes(args, json_array_get(args->values, i));
    switch (name[0]) {
    case 'j':
        socketio_socket_join(socket, name);
        break;
    case 'l':
        socketio_socket_leave(socket, name);
        break;
    case 'r':
        socketio_server_emit_room(owner->server, space, "j", socket, "r", json_incref(args->values),
                                  args->attachments);
        break;
    case 'q':
        owner->answers_due++;
        socketio_socket_emit_with_ack(socket, "q", NULL, NULL, 1, on_answered, &owner->answers_due);
        break;
    case 'x':
        socketio_socket_disconnect(socket, name[1] == 'x');
        break;
    default:
        socketio_socket_emit(socket, "e", json_incref(args->values), args->attachments);
    }
    if (ack != NULL && owner->is_late && owner->acks->len < HELD_MAX)
        g_ptr_array_add(owner->acks, ack);
    else if (ack != NULL)
        socketio_ack_answer(ack, json_incref(args->values), args->attachments);
}

static void on_disconnect(SocketioSocket *socket, SocketioReason reason, gpointer data)
{
    Owner *owner = data;
    g_assert_nonnull(socketio_reason_name(reason));
    g_assert_false(socketio_socket_is_in(socket, "j"));
    owner->sockets--;
}

static void answer_late(Owner *owner)
{
    while (owner->connects->len > 0)
        let_in(owner, g_ptr_array_steal_index(owner->connects, 0));
    while (owner->acks->len > 0)
        socketio_ack_answer(g_ptr_array_steal_index(owner->acks, 0), NULL, NULL);
}

static void feed(Owner *owner, EngineioLocal *local, const uint8_t *data, size_t size)
{
    while (size >= 2) {
        size_t length = MIN(data[1], size - 2);
        g_autoptr(GBytes) frame = g_bytes_new(data + 2, length);
        gboolean is_binary = (data[0] & 1) != 0;
        owner->is_late = (data[0] & 4) != 0;
        if (is_binary || g_utf8_validate_len((const char *)data + 2, length, NULL))
            engineio_local_put(local, is_binary, frame);
        if ((data[0] & 2) != 0) {
            g_main_context_iteration(NULL, FALSE);
            answer_late(owner);
        }
        data += 2 + length;
        size -= 2 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const SocketioEvents events = {
        .connect = on_connect, .event = on_event, .disconnect = on_disconnect};
    static const char *const spaces[] = {"/", "/a", NULL};
    const SocketioOptions options = {.spaces = spaces, .engine.max_queue_bytes = 4096};
    Owner owner = {.connects = g_ptr_array_new(), .acks = g_ptr_array_new()};
    owner.server = socketio_server_new(&options, &events, &owner);
    EngineioServer *engine = socketio_server_get_engine(owner.server);
    EngineioLocal *local = engineio_local_new(engine, "192.0.2.1");
    EngineioLocal *other = engineio_local_new(engine, "192.0.2.2");
    feed(&owner, local, data, size);
    GBytes *frame = NULL;
    while ((frame = engineio_local_take(local, NULL)) != NULL)
        g_bytes_unref(frame);
    engineio_local_free(other);
    gboolean is_freed_last = size % 2 == 0;
    if (!is_freed_last)
        engineio_local_free(local);
    socketio_server_free(owner.server);
    if (is_freed_last)
        engineio_local_free(local);
    answer_late(&owner);
    g_assert_cmpuint(owner.sockets, ==, 0);
    g_assert_cmpuint(owner.answers_due, ==, 0);
    g_ptr_array_unref(owner.connects);
    g_ptr_array_unref(owner.acks);
    return 0;
}
