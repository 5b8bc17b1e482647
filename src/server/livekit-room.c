/* Looking after a room. What always holds: one that cannot be made or is gone is made again, after growing
 * pauses; nothing of a show waits for it. */
#include "livekit-state-private.h"

#include "live-private.h"
#include "socket-private.h"

#include <string.h>

enum {
    POLL_MS = 3000,
    RENEW_POLLS = 5, /* the room itself is looked at so often: each fifth time */
    EMPTY_S = 3600,  /* LiveKit keeps a room that nobody is in for so long */
    PEOPLE_MAX = 64,
    ATTEMPTS = 3,
};

/* ---- life of one ---- */

void server_room_free(gpointer data)
{
    ServerRoom *room = data;
    g_cancellable_cancel(room->cancellable);
    g_object_unref(room->cancellable);
    g_clear_handle_id(&room->timer, g_source_remove);
    g_clear_handle_id(&room->publish_timer, g_source_remove);
    g_clear_pointer(&room->people, g_ptr_array_unref);
    g_hash_table_unref(room->removed);
    g_hash_table_unref(room->buckets);
    json_decref(room->program);
    g_free(room->why);
    g_free(room->id);
    g_free(room);
}

ServerRoom *server_room_find(const ServerLivekit *livekit, const char *id)
{
    return livekit != NULL ? g_hash_table_lookup(livekit->rooms, id) : NULL;
}

void server_room_call(ServerRoom *room, const char *method, json_t *body, guint attempts,
                      LivekitDone done)
{
    LivekitCall asked = {method, room->id, body, attempts};
    livekit_client_call(room->livekit->client, &asked, room->cancellable, done, room);
}

/* ---- its state ---- */

static const char *const state_names[] = {"making", "ok", "failing"};

const char *server_room_state_name(const ServerRoom *room)
{
    return state_names[room->state];
}

static void set_state(ServerRoom *room, ServerRoomState state, const GError *error)
{
    gboolean is_new = room->state != state;
    room->state = state;
    g_free(room->why);
    room->why = error != NULL ? g_strdup(error->message) : NULL;
    if (!is_new)
        return;
    if (error != NULL)
        g_warning("room failing show=%s error=%s", room->id, error->message);
    else
        g_message("room state=%s show=%s", state_names[state], room->id);
    server_socket_state_changed(room->livekit->server, room->id);
}

/* ---- looking after it ---- */

static void ask(ServerRoom *room);

static gboolean ask_later(gpointer data)
{
    ServerRoom *room = data;
    room->timer = 0;
    ask(room);
    return G_SOURCE_REMOVE;
}

static void plan(ServerRoom *room, guint ms)
{
    g_clear_handle_id(&room->timer, g_source_remove);
    room->timer = g_timeout_add(ms, ask_later, room);
}

/* What comes after an answer: at once when somebody asked for that meanwhile. */
static void plan_next(ServerRoom *room)
{
    gboolean now = room->ask_again;
    room->is_asking = room->ask_again = FALSE;
    plan(room, now ? 1 : POLL_MS);
}

static void failed(ServerRoom *room, const GError *error)
{
    room->is_asking = room->ask_again = FALSE;
    room->polls = 0; /* then the room is made first */
    set_state(room, SERVER_ROOM_FAILING, error);
    plan(room, live_backoff_next_ms(&room->backoff, g_random_double()));
}

static gboolean is_same(const LivekitParticipant *a, const LivekitParticipant *b)
{
    if (strcmp(a->identity, b->identity) != 0 || a->is_active != b->is_active ||
        a->tracks->len != b->tracks->len)
        return FALSE;
    for (guint i = 0; i < a->tracks->len; i++) {
        const LivekitTrack *one = a->tracks->pdata[i], *other = b->tracks->pdata[i];
        if (strcmp(one->sid, other->sid) != 0 || one->is_muted != other->is_muted)
            return FALSE;
    }
    return TRUE;
}

static gboolean are_same(const GPtrArray *a, const GPtrArray *b)
{
    if (a == NULL || a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++)
        if (!is_same(a->pdata[i], b->pdata[i]))
            return FALSE;
    return TRUE;
}

void server_room_ignore(const json_t *answer, const GError *error, gpointer data)
{
    (void)answer, (void)error, (void)data;
}

/* A token counts until it ends: who was removed and comes back with it goes again. */
static void remove_removed(ServerRoom *room)
{
    for (guint i = 0; i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        if (g_hash_table_contains(room->removed, one->identity))
            server_room_call(room, "RoomService/RemoveParticipant",
                             json_pack("{s:s, s:s}", "room", room->id, "identity", one->identity),
                             1, server_room_ignore);
    }
}

static void take_people(ServerRoom *room, GPtrArray *people)
{
    gboolean is_new = !are_same(room->people, people);
    g_clear_pointer(&room->people, g_ptr_array_unref);
    room->people = people;
    remove_removed(room); /* also who left and came back in between */
    if (!is_new)
        return;
    g_info("room participants=%u show=%s", people->len, room->id);
    room->metadata_is_due = room->program != NULL; /* tracks have other names now */
    server_socket_state_changed(room->livekit->server, room->id);
}

static void people_came(const json_t *answer, const GError *error, gpointer data)
{
    ServerRoom *room = data;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE)) {
        failed(room, error);
        return;
    }
    if (error != NULL)
        room->polls = 0;
    else
        take_people(room, livekit_participants_read(answer));
    plan_next(room);
    server_room_publish(room);
}

static void room_came(const json_t *answer, const GError *error, gpointer data)
{
    ServerRoom *room = data;
    if (error != NULL) {
        failed(room, error);
        return;
    }
    live_backoff_reset(&room->backoff);
    const char *metadata = json_string_value(json_object_get(answer, "metadata"));
    if (room->program != NULL) {
        g_autofree char *own = server_room_program_text(room);
        room->metadata_is_due |= g_strcmp0(metadata, own) != 0;
    }
    set_state(room, SERVER_ROOM_OPEN, NULL);
    server_room_call(room, "RoomService/ListParticipants", json_pack("{s:s}", "room", room->id), 1,
                     people_came);
}

/* Making a room that is there only says what it is like. */
static void ask(ServerRoom *room)
{
    if (room->is_asking) {
        room->ask_again = TRUE;
        return;
    }
    room->is_asking = TRUE;
    g_clear_handle_id(&room->timer, g_source_remove);
    if (room->polls++ % RENEW_POLLS == 0)
        server_room_call(room, "RoomService/CreateRoom",
                         json_pack("{s:s, s:i, s:i, s:i}", "name", room->id, "empty_timeout",
                                   EMPTY_S, "departure_timeout", EMPTY_S, "max_participants",
                                   PEOPLE_MAX),
                         1, room_came);
    else
        server_room_call(room, "RoomService/ListParticipants", json_pack("{s:s}", "room", room->id),
                         1, people_came);
}

void server_livekit_hook(ServerLivekit *livekit, const LivekitHook *hook)
{
    ServerRoom *room = hook->room != NULL ? server_room_find(livekit, hook->room) : NULL;
    if (hook->egress_id != NULL && hook->room != NULL)
        server_live_look(livekit->server->live, hook->room);
    g_info("webhook event=%s show=%s", hook->event, room != NULL ? room->id : "-");
    if (room == NULL)
        return;
    if (strcmp(hook->event, "room_finished") == 0)
        room->polls = 0;
    ask(room);
}

/* ---- a show ---- */

/* What of before a restart still holds: the last change, or the show's opening, and who was removed. */
static void read_log(ServerRoom *room, const ServerShow *show)
{
    g_autoptr(ShowLog) log = server_show_read_log(show, NULL);
    const ShowEvent *last = NULL;
    for (guint i = 0; log != NULL && i < log->events->len; i++) {
        const ShowEvent *event = log->events->pdata[i];
        if (event->type == SHOW_EVENT_SWITCH && event->source != NULL)
            last = event;
        if (event->type == SHOW_EVENT_GUEST_REMOVED && event->source != NULL)
            g_hash_table_add(room->removed, g_strdup(event->source));
    }
    if (last != NULL)
        server_room_take_switch(room, last);
}

void server_livekit_begin_show(ServerLivekit *livekit, const ServerShow *show)
{
    const char *show_id = server_show_id(show);
    if (livekit == NULL || server_room_find(livekit, show_id) != NULL)
        return;
    ServerRoom *room = g_new0(ServerRoom, 1);
    room->livekit = livekit;
    room->id = g_strdup(show_id);
    room->cancellable = g_cancellable_new();
    room->removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    room->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(livekit->rooms, room->id, room);
    read_log(room, show);
    ask(room);
}

static void was_deleted(const json_t *answer, const GError *error, gpointer data)
{
    g_autofree char *id = data;
    (void)answer;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE))
        g_warning("room not deleted, LiveKit ends it when it is empty show=%s error=%s", id,
                  error->message);
    else
        g_message("room deleted show=%s", id);
}

void server_livekit_end_show(ServerLivekit *livekit, const char *show_id)
{
    if (server_room_find(livekit, show_id) == NULL)
        return;
    char *id = g_strdup(show_id);
    LivekitCall asked = {"RoomService/DeleteRoom", id, json_pack("{s:s}", "room", id), ATTEMPTS,
                         g_free};
    g_hash_table_remove(livekit->rooms, id);
    livekit_client_call(livekit->client, &asked, NULL, was_deleted, id);
}
