/* The clients of a show: who is there, who sees to it, and the state that all of them are told. */
#include "socket-client-private.h"

#include "live-private.h"
#include "livekit-private.h"
#include "renders-private.h"

enum {
    STATE_MS = 1000,      /* `state` comes at most that often */
    UNATTENDED_MS = 1500, /* after the last one who sees to the show left, its director rests */
};

/* ---- rooms ---- */

void socket_room_free(gpointer data)
{
    SocketRoom *room = data;
    g_clear_handle_id(&room->rest_timer, g_source_remove);
    g_hash_table_unref(room->clients);
    g_free(room->id);
    g_free(room);
}

SocketRoom *socket_room_of(ServerSockets *sockets, const char *id)
{
    SocketRoom *room = g_hash_table_lookup(sockets->rooms, id);
    if (room != NULL)
        return room;
    room = g_new0(SocketRoom, 1);
    room->sockets = sockets;
    room->id = g_strdup(id);
    room->clients = g_hash_table_new(NULL, NULL);
    g_hash_table_insert(sockets->rooms, room->id, room);
    return room;
}

ServerShow *socket_room_show(const SocketRoom *room)
{
    return server_shows_open(room->sockets->server->shows, room->id);
}

static gboolean rest(gpointer data)
{
    SocketRoom *room = data;
    room->rest_timer = 0;
    ServerShow *show = socket_room_show(room);
    if (show != NULL && room->keepers == 0)
        server_show_set_attended(show, FALSE);
    return G_SOURCE_REMOVE;
}

static gboolean is_keeper(const SocketClient *client)
{
    return client->who.role == SERVER_ROLE_ADMIN || client->who.role == SERVER_ROLE_UPLOAD;
}

void socket_room_join(SocketClient *client)
{
    SocketRoom *room = client->room;
    g_hash_table_add(room->clients, client);
    if (!is_keeper(client) || ++room->keepers > 1)
        return;
    g_clear_handle_id(&room->rest_timer, g_source_remove);
    ServerShow *show = socket_room_show(room);
    if (show != NULL)
        server_show_set_attended(show, TRUE);
}

void socket_room_leave(SocketClient *client)
{
    SocketRoom *room = client->room;
    client->room = NULL;
    g_hash_table_remove(room->clients, client);
    if (is_keeper(client) && --room->keepers == 0)
        room->rest_timer = g_timeout_add(UNATTENDED_MS, rest, room);
}

guint server_socket_watchers(Server *server, const char *show_id)
{
    const SocketRoom *room = g_hash_table_lookup(server->sockets->rooms, show_id);
    return room != NULL ? g_hash_table_size(room->clients) : 0;
}

/* ---- state ---- */

static json_t *clients_json(const SocketRoom *room)
{
    json_t *list = json_array();
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, room->clients);
    while (g_hash_table_iter_next(&iter, &value, NULL)) {
        const SocketClient *client = value;
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s?}", "client", socketio_socket_id(client->socket),
                            "role", server_role_name(client->who.role), "source",
                            client->who.source[0] != '\0' ? client->who.source : NULL));
    }
    return list;
}

json_t *socket_room_state(const SocketRoom *room, const ServerShow *show)
{
    int next = server_show_next_source(show);
    const GPtrArray *sources = server_show_sources(show);
    const char *next_id = next >= 0 && next < (int)sources->len
                              ? ((const ShowSource *)sources->pdata[next])->id
                              : NULL;
    return json_pack("{s:s, s:o, s:o, s:o, s:s?, s:o?, s:o?, s:o?}", "state",
                     show_state_name(server_show_state(show)), "uploads",
                     server_recordings_json(show), "storage",
                     server_shows_storage(room->sockets->server->shows), "clients",
                     clients_json(room), "next", next_id, "render",
                     server_renders_json(room->sockets->server->renders, room->id), "live",
                     server_live_json(room->sockets->server->live, room->id, TRUE), "livekit",
                     server_livekit_json(room->sockets->server->livekit, room->id));
}

static gboolean send_states(gpointer data)
{
    ServerSockets *sockets = data;
    sockets->state_timer = 0;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, sockets->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        SocketRoom *room = value;
        const ServerShow *show = socket_room_show(room);
        if (!room->is_dirty || show == NULL)
            continue;
        room->is_dirty = FALSE;
        socketio_server_emit_room(sockets->server->socketio, "/", room->id, NULL, "state",
                                  json_pack("[o]", socket_room_state(room, show)), NULL);
    }
    return G_SOURCE_REMOVE;
}

static void set_dirty(ServerSockets *sockets, SocketRoom *room)
{
    room->is_dirty = TRUE;
    if (sockets->state_timer == 0)
        sockets->state_timer = g_timeout_add(STATE_MS, send_states, sockets);
}

void server_socket_state_changed(Server *server, const char *show_id)
{
    ServerSockets *sockets = server->sockets;
    SocketRoom *room = sockets != NULL ? g_hash_table_lookup(sockets->rooms, show_id) : NULL;
    if (room != NULL)
        set_dirty(sockets, room);
}

void server_socket_states_changed(Server *server)
{
    GHashTableIter iter;
    gpointer room;
    if (server->sockets == NULL)
        return;
    g_hash_table_iter_init(&iter, server->sockets->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &room))
        set_dirty(server->sockets, room);
}

void server_socket_send_line(Server *server, const char *show_id, SocketioSocket *except,
                             const char *line)
{
    if (server->socketio != NULL)
        socketio_server_emit_room_text(server->socketio, "/", show_id, except, "event", line);
}

void server_socket_end_show(Server *server, const char *show_id)
{
    SocketRoom *room = g_hash_table_lookup(server->sockets->rooms, show_id);
    g_autoptr(GList) clients = room != NULL ? g_hash_table_get_keys(room->clients) : NULL;
    for (GList *link = clients; link != NULL; link = link->next)
        socketio_socket_disconnect(((SocketClient *)link->data)->socket, FALSE);
}

static gboolean has_ended(const SocketClient *client, gint64 now_s)
{
    const ServerWho *who = &client->who;
    gboolean is_guest = server_who_is_source(who) || who->role == SERVER_ROLE_VIEWER;
    return (is_guest && who->end_s > 0 && who->end_s <= now_s) ||
           server_livekit_has_removed(client->sockets->server->livekit, client->room->id, who,
                                      NULL);
}

void server_socket_end_links(Server *server)
{
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GPtrArray) ended = g_ptr_array_new();
    GHashTableIter rooms, clients;
    gpointer room, client;
    if (server->sockets == NULL)
        return;
    g_hash_table_iter_init(&rooms, server->sockets->rooms);
    while (g_hash_table_iter_next(&rooms, NULL, &room)) {
        g_hash_table_iter_init(&clients, ((SocketRoom *)room)->clients);
        while (g_hash_table_iter_next(&clients, &client, NULL))
            if (has_ended(client, now_s))
                g_ptr_array_add(ended, client);
    }
    for (guint i = 0; i < ended->len; i++)
        socketio_socket_disconnect(((SocketClient *)ended->pdata[i])->socket, FALSE);
}
