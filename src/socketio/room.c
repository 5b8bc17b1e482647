/* Who is where: the sockets of a namespace, and those of its rooms. A room is there while somebody
 * is in it. */
#include "server-private.h"

SocketioSpace *socketio_space_new(const char *name)
{
    SocketioSpace *space = g_new(SocketioSpace, 1);
    space->name = name;
    space->sockets = g_hash_table_new(NULL, NULL);
    space->rooms =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
    return space;
}

void socketio_space_free(SocketioSpace *space)
{
    g_assert(g_hash_table_size(space->sockets) == 0 && g_hash_table_size(space->rooms) == 0);
    g_hash_table_unref(space->sockets);
    g_hash_table_unref(space->rooms);
    g_free(space);
}

void socketio_socket_join(SocketioSocket *socket, const char *room)
{
    if (socket->space == NULL || socketio_socket_is_in(socket, room))
        return;
    if (socket->rooms == NULL)
        socket->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_hash_table_add(socket->rooms, g_strdup(room));
    GHashTable *members = g_hash_table_lookup(socket->space->rooms, room);
    if (members == NULL) {
        members = g_hash_table_new(NULL, NULL);
        g_hash_table_insert(socket->space->rooms, g_strdup(room), members);
    }
    g_hash_table_add(members, socket);
}

static void leave_members(SocketioSocket *socket, const char *room)
{
    GHashTable *members = g_hash_table_lookup(socket->space->rooms, room);
    g_hash_table_remove(members, socket);
    if (g_hash_table_size(members) == 0)
        g_hash_table_remove(socket->space->rooms, room);
}

void socketio_socket_leave(SocketioSocket *socket, const char *room)
{
    if (!socketio_socket_is_in(socket, room))
        return;
    leave_members(socket, room);
    g_hash_table_remove(socket->rooms, room);
}

gboolean socketio_socket_is_in(const SocketioSocket *socket, const char *room)
{
    return socket->rooms != NULL && g_hash_table_contains(socket->rooms, room);
}

void socketio_space_leave_all(SocketioSocket *socket)
{
    GHashTableIter iter;
    gpointer room = NULL;
    if (socket->rooms != NULL) {
        g_hash_table_iter_init(&iter, socket->rooms);
        while (g_hash_table_iter_next(&iter, &room, NULL))
            leave_members(socket, room);
    }
    g_clear_pointer(&socket->rooms, g_hash_table_unref);
    g_hash_table_remove(socket->space->sockets, socket);
}

/* A set of SocketioSocket, or NULL. */
static GHashTable *find_members(const SocketioServer *server, const char *name, const char *room)
{
    const SocketioSpace *space = g_hash_table_lookup(server->spaces, name);
    if (space == NULL)
        return NULL;
    return room != NULL ? g_hash_table_lookup(space->rooms, room) : space->sockets;
}

static guint send_all(SocketioServer *server, GHashTable *members, const SocketioSocket *except,
                      GBytes *frame, const GPtrArray *attachments)
{
    guint count = 0;
    GHashTableIter iter;
    gpointer key = NULL;
    g_hash_table_iter_init(&iter, members);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const SocketioSocket *socket = key;
        if (socket == except)
            continue;
        socketio_client_send(socket->client, frame, attachments);
        count++;
    }
    server->metrics.events_out += count;
    return count;
}

/* Nobody but `except`: nothing to encode. */
static gboolean is_for_nobody(GHashTable *members, const SocketioSocket *except)
{
    return members == NULL || (g_hash_table_size(members) == 1 && except != NULL &&
                               g_hash_table_contains(members, except));
}

guint socketio_server_emit_room(SocketioServer *server, const char *space, const char *room,
                                SocketioSocket *except, const char *event, json_t *args,
                                GPtrArray *attachments)
{
    GHashTable *members = find_members(server, space, room);
    if (is_for_nobody(members, except)) {
        json_decref(args);
        return 0;
    }
    g_autoptr(GBytes) frame = socketio_encode(SOCKETIO_EVENT, space, SOCKETIO_NO_ID,
                                              socketio_event_data(event, args), attachments);
    return send_all(server, members, except, frame, attachments);
}

guint socketio_server_emit_room_text(SocketioServer *server, const char *space, const char *room,
                                     const SocketioSocket *except, const char *event,
                                     const char *text)
{
    GHashTable *members = find_members(server, space, room);
    if (is_for_nobody(members, except))
        return 0;
    g_autoptr(GBytes) frame =
        socketio_encode_text(SOCKETIO_EVENT, space, SOCKETIO_NO_ID, event, text);
    return send_all(server, members, except, frame, NULL);
}

void socketio_server_each(SocketioServer *server, const char *space, const char *room,
                          SocketioEach each, gpointer data)
{
    GHashTable *members = find_members(server, space, room);
    if (members == NULL)
        return;
    g_autoptr(GPtrArray) sockets =
        g_ptr_array_new_with_free_func((GDestroyNotify)socketio_socket_unref);
    GHashTableIter iter;
    gpointer socket = NULL;
    g_hash_table_iter_init(&iter, members);
    while (g_hash_table_iter_next(&iter, &socket, NULL))
        g_ptr_array_add(sockets, socketio_socket_ref(socket));
    for (guint i = 0; i < sockets->len; i++) {
        SocketioSocket *one = sockets->pdata[i];
        if (one->space != NULL && (room == NULL || socketio_socket_is_in(one, room)))
            each(one, data);
    }
}
