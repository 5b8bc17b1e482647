/* Rooms at LiveKit. What always holds: nothing of a show waits for LiveKit; a room that cannot be made
 * or is gone is made again, after growing pauses; metadata is written at most once a second, a message
 * sent at most ten times a second, and the last change of the program always gets through. */
#include "livekit-private.h"

#include "live-private.h"
#include "metrics-private.h"
#include "shows-private.h"
#include "sign-private.h"
#include "socket-private.h"

#include <live/backoff.h>

#include <string.h>

enum {
    POLL_MS = 3000,
    RENEW_POLLS = 5, /* the room itself is looked at so often: each fifth time */
    METADATA_MS = 1000,
    MESSAGE_MS = 100,
    EMPTY_S = 3600, /* LiveKit keeps a room that nobody is in for so long */
    PEOPLE_MAX = 64,
    TOKEN_S = 600, /* a token is for going in; LiveKit renews it for who is in */
    ATTEMPTS = 3,
    ENDING_MS = 3000,
    ENDING_TRIES = 2400, /* two hours */
    RELAY_BURST = 40,
    RELAY_PER_S = 20,
};

#define TOPIC "crosscut"

typedef enum { ROOM_MAKING = 0, ROOM_OPEN, ROOM_FAILING } RoomState;

/* What a guest may still send by way of a console. */
typedef struct Bucket {
    double tokens;
    gint64 filled_us;
} Bucket;

typedef struct Room {
    ServerLivekit *livekit;
    char *id; /* of the show, and of the room */
    RoomState state;
    char *why;
    GCancellable *cancellable;
    GPtrArray *people; /* LivekitParticipant */
    guint timer;
    guint polls;
    gboolean is_asking, ask_again;
    LiveBackoff backoff;
    GHashTable *removed; /* identities */
    GHashTable *buckets; /* identity → Bucket */
    /* the program */
    json_t *program; /* what was decided last; NULL: nothing yet */
    gboolean metadata_is_due, message_is_due, is_writing, is_sending;
    gint64 written_us, sent_us;
    guint publish_timer;
} Room;

struct ServerLivekit {
    Server *server;
    LivekitClient *client;
    GHashTable *rooms; /* id → Room, owned */
    /* rooms whose egresses are to be ended */
    GHashTable *ending; /* id → how often it was tried */
    GCancellable *cancellable;
    guint ending_timer;
};

/* ---- life of one ---- */

static void room_free(gpointer data)
{
    Room *room = data;
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

static Room *find(const ServerLivekit *livekit, const char *id)
{
    return livekit != NULL ? g_hash_table_lookup(livekit->rooms, id) : NULL;
}

static void call(Room *room, const char *method, json_t *body, guint attempts, LivekitDone done)
{
    LivekitCall asked = {method, room->id, body, attempts};
    livekit_client_call(room->livekit->client, &asked, room->cancellable, done, room);
}

/* ---- its state ---- */

static const char *const state_names[] = {"making", "ok", "failing"};

static void set_state(Room *room, RoomState state, const GError *error)
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

/* ---- the program ---- */

static void publish(Room *room);

static gboolean publish_later(gpointer data)
{
    Room *room = data;
    room->publish_timer = 0;
    publish(room);
    return G_SOURCE_REMOVE;
}

/* The first picture that this source shows in the room, or NULL. */
static const char *picture_of(const Room *room, const char *identity)
{
    for (guint i = 0; room->people != NULL && i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        for (guint j = 0; strcmp(one->identity, identity) == 0 && j < one->tracks->len; j++) {
            const LivekitTrack *track = one->tracks->pdata[j];
            if (track->is_video && !track->is_muted)
                return track->sid;
        }
    }
    return NULL;
}

/* With the track as it is now. */
static char *program_text(const Room *room)
{
    const char *source = json_string_value(json_object_get(room->program, "source"));
    const char *track = source != NULL ? picture_of(room, source) : NULL;
    json_object_set_new(room->program, "track", track != NULL ? json_string(track) : json_null());
    json_t *value = json_pack("{s:O}", "program", room->program);
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

static void was_written(const json_t *answer, const GError *error, gpointer data)
{
    Room *room = data;
    (void)answer;
    room->is_writing = FALSE;
    if (error != NULL)
        room->metadata_is_due = TRUE; /* it is what a late guest reads: again */
    publish(room);
}

static void was_sent(const json_t *answer, const GError *error, gpointer data)
{
    Room *room = data;
    (void)answer, (void)error; /* a message that is late says nothing: metadata does */
    room->is_sending = FALSE;
    publish(room);
}

static void write_metadata(Room *room)
{
    g_autofree char *text = program_text(room);
    room->metadata_is_due = FALSE;
    room->is_writing = TRUE;
    room->written_us = g_get_monotonic_time();
    call(room, "RoomService/UpdateRoomMetadata",
         json_pack("{s:s, s:s}", "room", room->id, "metadata", text), 1, was_written);
}

static void send_message(Room *room)
{
    g_autofree char *text = program_text(room);
    g_autofree char *base64 = g_base64_encode((const guchar *)text, strlen(text));
    room->message_is_due = FALSE;
    room->is_sending = TRUE;
    room->sent_us = g_get_monotonic_time();
    call(room, "RoomService/SendData",
         json_pack("{s:s, s:s, s:s, s:s}", "room", room->id, "data", base64, "kind", "RELIABLE",
                   "topic", TOPIC),
         1, was_sent);
}

/* Milliseconds until it may go; 0: now. */
static gint64 wait_ms(gint64 last_us, gint64 least_ms)
{
    gint64 since_ms = (g_get_monotonic_time() - last_us) / 1000;
    return last_us == 0 ? 0 : MAX(least_ms - since_ms, 0);
}

static void publish(Room *room)
{
    gint64 next_ms = G_MAXINT64;
    if (room->state != ROOM_OPEN || room->program == NULL)
        return;
    if (room->message_is_due && !room->is_sending) {
        gint64 wait = wait_ms(room->sent_us, MESSAGE_MS);
        if (wait == 0)
            send_message(room);
        else
            next_ms = wait;
    }
    if (room->metadata_is_due && !room->is_writing) {
        gint64 wait = wait_ms(room->written_us, METADATA_MS);
        if (wait == 0)
            write_metadata(room);
        else
            next_ms = MIN(next_ms, wait);
    }
    if (next_ms != G_MAXINT64 && room->publish_timer == 0)
        room->publish_timer = g_timeout_add((guint)next_ms, publish_later, room);
}

void server_livekit_switched(ServerLivekit *livekit, const char *show_id, const ShowEvent *event)
{
    Room *room = find(livekit, show_id);
    const json_t *reason = json_object_get(event->fields, "reason");
    if (room == NULL || event->source == NULL)
        return;
    json_decref(room->program);
    room->program =
        json_pack("{s:s, s:I, s:s*, s:I}", "source", event->source, "t", (json_int_t)event->t_ms,
                  "reason", json_string_value(reason), "seq", (json_int_t)event->seq);
    room->metadata_is_due = room->message_is_due = TRUE;
    publish(room);
}

/* ---- looking after it ---- */

static void ask(Room *room);

static gboolean ask_later(gpointer data)
{
    Room *room = data;
    room->timer = 0;
    ask(room);
    return G_SOURCE_REMOVE;
}

static void plan(Room *room, guint ms)
{
    g_clear_handle_id(&room->timer, g_source_remove);
    room->timer = g_timeout_add(ms, ask_later, room);
}

/* What comes after an answer: at once when somebody asked for that meanwhile. */
static void plan_next(Room *room)
{
    gboolean now = room->ask_again;
    room->is_asking = room->ask_again = FALSE;
    plan(room, now ? 1 : POLL_MS);
}

static void failed(Room *room, const GError *error)
{
    room->is_asking = room->ask_again = FALSE;
    room->polls = 0; /* then the room is made first */
    set_state(room, ROOM_FAILING, error);
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

static void ignore(const json_t *answer, const GError *error, gpointer data)
{
    (void)answer, (void)error, (void)data;
}

/* A token counts until it ends: who was removed and comes back with it goes again. */
static void remove_removed(Room *room)
{
    for (guint i = 0; i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        if (g_hash_table_contains(room->removed, one->identity))
            call(room, "RoomService/RemoveParticipant",
                 json_pack("{s:s, s:s}", "room", room->id, "identity", one->identity), 1, ignore);
    }
}

static void take_people(Room *room, GPtrArray *people)
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
    Room *room = data;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE)) {
        failed(room, error);
        return;
    }
    if (error != NULL)
        room->polls = 0;
    else
        take_people(room, livekit_participants_read(answer));
    plan_next(room);
    publish(room);
}

static void room_came(const json_t *answer, const GError *error, gpointer data)
{
    Room *room = data;
    if (error != NULL) {
        failed(room, error);
        return;
    }
    live_backoff_reset(&room->backoff);
    const char *metadata = json_string_value(json_object_get(answer, "metadata"));
    if (room->program != NULL) {
        g_autofree char *own = program_text(room);
        room->metadata_is_due |= g_strcmp0(metadata, own) != 0;
    }
    set_state(room, ROOM_OPEN, NULL);
    call(room, "RoomService/ListParticipants", json_pack("{s:s}", "room", room->id), 1,
         people_came);
}

/* Making a room that is there only says what it is like. */
static void ask(Room *room)
{
    if (room->is_asking) {
        room->ask_again = TRUE;
        return;
    }
    room->is_asking = TRUE;
    g_clear_handle_id(&room->timer, g_source_remove);
    if (room->polls++ % RENEW_POLLS == 0)
        call(room, "RoomService/CreateRoom",
             json_pack("{s:s, s:i, s:i, s:i}", "name", room->id, "empty_timeout", EMPTY_S,
                       "departure_timeout", EMPTY_S, "max_participants", PEOPLE_MAX),
             1, room_came);
    else
        call(room, "RoomService/ListParticipants", json_pack("{s:s}", "room", room->id), 1,
             people_came);
}

void server_livekit_hook(ServerLivekit *livekit, const LivekitHook *hook)
{
    Room *room = hook->room != NULL ? find(livekit, hook->room) : NULL;
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

void server_livekit_begin_show(ServerLivekit *livekit, const char *show_id)
{
    if (livekit == NULL || find(livekit, show_id) != NULL)
        return;
    Room *room = g_new0(Room, 1);
    room->livekit = livekit;
    room->id = g_strdup(show_id);
    room->cancellable = g_cancellable_new();
    room->removed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    room->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_insert(livekit->rooms, room->id, room);
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
    if (find(livekit, show_id) == NULL)
        return;
    char *id = g_strdup(show_id);
    LivekitCall asked = {"RoomService/DeleteRoom", id, json_pack("{s:s}", "room", id), ATTEMPTS,
                         g_free};
    g_hash_table_remove(livekit->rooms, id);
    livekit_client_call(livekit->client, &asked, NULL, was_deleted, id);
}

static const LivekitTrack *host_track(const Room *room, const char *name)
{
    for (guint i = 0; room->people != NULL && i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        for (guint j = 0;
             g_str_has_prefix(one->identity, SERVER_LIVEKIT_HOST) && j < one->tracks->len; j++) {
            const LivekitTrack *track = one->tracks->pdata[j];
            if (g_strcmp0(track->name, name) == 0)
                return track;
        }
    }
    return NULL;
}

gboolean server_livekit_program(const ServerLivekit *livekit, const char *show_id,
                                ServerLivekitProgram *program)
{
    const Room *room = find(livekit, show_id);
    const LivekitTrack *picture = room != NULL ? host_track(room, "program") : NULL;
    const LivekitTrack *sound = room != NULL ? host_track(room, "program-sound") : NULL;
    *program = (ServerLivekitProgram){picture != NULL ? picture->sid : NULL,
                                      sound != NULL ? sound->sid : NULL};
    return picture != NULL && picture->is_video;
}

/* ---- egresses that are to end ---- */

typedef struct Ending {
    ServerLivekit *livekit;
    char *id;
} Ending;

/* None runs any more: it is done. */
static void egresses_came(const json_t *answer, const GError *error, gpointer data)
{
    g_autofree Ending *ending = data;
    g_autofree char *id = ending->id;
    guint active = 0;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE))
        return;
    g_autoptr(GPtrArray) list = livekit_egresses_read(answer);
    for (guint i = 0; i < list->len; i++) {
        const LivekitEgress *one = list->pdata[i];
        if (livekit_egress_is_over(one->status))
            continue;
        active++;
        LivekitCall stop = {"Egress/StopEgress", id, json_pack("{s:s}", "egress_id", one->id), 1};
        if (one->status != LIVEKIT_EGRESS_ENDING)
            livekit_client_call(ending->livekit->client, &stop, ending->livekit->cancellable,
                                ignore, NULL);
    }
    if (active == 0)
        g_hash_table_remove(ending->livekit->ending, id);
}

static void ending_free(gpointer data)
{
    Ending *ending = data;
    g_free(ending->id);
    g_free(ending);
}

static gboolean end_egresses(gpointer data)
{
    ServerLivekit *livekit = data;
    GHashTableIter iter;
    gpointer id, tries;
    g_hash_table_iter_init(&iter, livekit->ending);
    while (g_hash_table_iter_next(&iter, &id, &tries)) {
        if (GPOINTER_TO_UINT(tries) >= ENDING_TRIES) {
            g_warning("an egress may still run at LiveKit room=%s", (const char *)id);
            g_hash_table_iter_remove(&iter);
            continue;
        }
        g_hash_table_iter_replace(&iter, GUINT_TO_POINTER(GPOINTER_TO_UINT(tries) + 1));
        Ending *ending = g_new(Ending, 1);
        *ending = (Ending){livekit, g_strdup(id)};
        LivekitCall list = {"Egress/ListEgress", id,
                            json_pack("{s:s, s:b}", "room_name", id, "active", TRUE), 1,
                            ending_free};
        livekit_client_call(livekit->client, &list, NULL, egresses_came, ending);
    }
    if (g_hash_table_size(livekit->ending) > 0)
        return G_SOURCE_CONTINUE;
    livekit->ending_timer = 0;
    return G_SOURCE_REMOVE;
}

void server_livekit_end_egress(ServerLivekit *livekit, const char *show_id)
{
    if (livekit == NULL)
        return;
    g_hash_table_replace(livekit->ending, g_strdup(show_id), GUINT_TO_POINTER(0));
    if (livekit->ending_timer == 0)
        livekit->ending_timer = g_timeout_add(ENDING_MS, end_egresses, livekit);
}

const char *server_livekit_template(const ServerLivekit *livekit)
{
    return livekit != NULL ? livekit->server->config->egress_template : NULL;
}

/* ---- who takes part ---- */

static char *random_identity(const char *prefix)
{
    guint8 bytes[6];
    server_sign_random(bytes, sizeof bytes);
    g_autofree char *text = server_sign_base64url(bytes, sizeof bytes);
    return g_strconcat(prefix, text, NULL);
}

/* What somebody may do there comes from their token here and from nothing else. */
static LivekitRole role_of(const ServerWho *who, char **identity)
{
    switch (who->role) {
    case SERVER_ROLE_ADMIN:
    case SERVER_ROLE_UPLOAD:
        *identity = random_identity(SERVER_LIVEKIT_HOST);
        return LIVEKIT_ROLE_HOST;
    case SERVER_ROLE_CAMERA:
    case SERVER_ROLE_GUEST:
        *identity = g_strdup(who->source);
        return LIVEKIT_ROLE_GUEST;
    case SERVER_ROLE_VIEWER:
        *identity = random_identity("viewer-");
        return LIVEKIT_ROLE_VIEWER;
    case SERVER_ROLE_NONE:
        break;
    }
    g_assert_not_reached();
}

static const char *label_of(const ServerShow *show, const char *source)
{
    int at = show_sources_find(server_show_sources(show), source);
    return at >= 0 ? ((const ShowSource *)server_show_sources(show)->pdata[at])->label : NULL;
}

static json_t *join_json(const ServerLivekit *livekit, const LivekitGrant *grant, gint64 end_s,
                         const char *token)
{
    static const char *const names[] = {"", "host", "guest", "viewer"};
    g_autofree char *url = livekit_keys_public_url(livekit_client_keys(livekit->client));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "url", url, "token", token, "room",
                     grant->room, "identity", grant->identity, "role", names[grant->role], "end",
                     (json_int_t)end_s);
}

json_t *server_livekit_join(ServerLivekit *livekit, const ServerShow *show, const ServerWho *who,
                            GError **error)
{
    const Room *room = find(livekit, server_show_id(show));
    if (room == NULL) {
        g_set_error_literal(error, SERVER_ERROR,
                            livekit == NULL ? SERVER_ERROR_CONFLICT : SERVER_ERROR_STOPPED,
                            livekit == NULL ? "LiveKit is not set up: CROSSCUT_LIVEKIT_URL, "
                                              "CROSSCUT_LIVEKIT_KEY, CROSSCUT_LIVEKIT_SECRET"
                                            : "this show has ended");
        return NULL;
    }
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    gint64 end_s = who->end_s > 0 ? MIN(who->end_s, now_s + TOKEN_S) : now_s + TOKEN_S;
    g_autofree char *identity = NULL;
    LivekitRole role = role_of(who, &identity);
    if (g_hash_table_contains(room->removed, identity)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_FORBIDDEN,
                            "the host removed this guest");
        return NULL;
    }
    gboolean is_guest = role == LIVEKIT_ROLE_GUEST;
    LivekitGrant grant = {role,
                          room->id,
                          identity,
                          is_guest ? label_of(show, who->source) : NULL,
                          is_guest ? who->source : NULL,
                          end_s - now_s};
    g_autofree char *token = livekit_token(livekit_client_keys(livekit->client), &grant, now_s);
    return join_json(livekit, &grant, end_s, token);
}

typedef struct Act {
    ServerLivekitDone done;
    gpointer data;
} Act;

static void act_ended(const json_t *answer, const GError *error, gpointer data)
{
    g_autofree Act *act = data;
    (void)answer;
    act->done(error, act->data);
}

static void act_on(ServerLivekit *livekit, const char *method, const char *show_id, json_t *body,
                   ServerLivekitDone done, gpointer data)
{
    Act *act = g_new(Act, 1);
    *act = (Act){done, data};
    LivekitCall asked = {method, show_id, body, ATTEMPTS, g_free};
    livekit_client_call(livekit->client, &asked, NULL, act_ended, act);
}

static Room *need_room(ServerLivekit *livekit, const char *show_id, ServerLivekitDone done,
                       gpointer data)
{
    Room *room = find(livekit, show_id);
    if (room != NULL)
        return room;
    g_autoptr(GError) error =
        g_error_new_literal(SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "this show has no room: it does not run, or LiveKit is "
                            "not set up");
    done(error, data);
    return NULL;
}

void server_livekit_remove(ServerLivekit *livekit, const char *show_id, const char *identity,
                           ServerLivekitDone done, gpointer data)
{
    Room *room = need_room(livekit, show_id, done, data);
    if (room == NULL)
        return;
    g_hash_table_add(room->removed, g_strdup(identity));
    act_on(livekit, "RoomService/RemoveParticipant", show_id,
           json_pack("{s:s, s:s}", "room", show_id, "identity", identity), done, data);
}

void server_livekit_mute(ServerLivekit *livekit, const char *show_id, const char *identity,
                         const char *track, gboolean is_muted, ServerLivekitDone done,
                         gpointer data)
{
    if (need_room(livekit, show_id, done, data) == NULL)
        return;
    act_on(livekit, "RoomService/MutePublishedTrack", show_id,
           json_pack("{s:s, s:s, s:s, s:b}", "room", show_id, "identity", identity, "track_sid",
                     track, "muted", is_muted),
           done, data);
}

gboolean server_livekit_may_relay(ServerLivekit *livekit, const char *show_id, const char *identity)
{
    Room *room = find(livekit, show_id);
    if (room == NULL || g_hash_table_contains(room->removed, identity))
        return FALSE;
    gint64 now_us = g_get_monotonic_time();
    Bucket *bucket = g_hash_table_lookup(room->buckets, identity);
    if (bucket == NULL) {
        bucket = g_new0(Bucket, 1);
        *bucket = (Bucket){RELAY_BURST, now_us};
        g_hash_table_insert(room->buckets, g_strdup(identity), bucket);
    }
    double fresh = (double)(now_us - bucket->filled_us) / G_USEC_PER_SEC * RELAY_PER_S;
    bucket->tokens = MIN(bucket->tokens + fresh, (double)RELAY_BURST);
    bucket->filled_us = now_us;
    if (bucket->tokens < 1)
        return FALSE;
    bucket->tokens -= 1;
    return TRUE;
}

/* ---- what is said of it ---- */

static json_t *tracks_json(const LivekitParticipant *one)
{
    json_t *list = json_array();
    for (guint i = 0; i < one->tracks->len; i++) {
        const LivekitTrack *track = one->tracks->pdata[i];
        json_array_append_new(
            list, json_pack("{s:s, s:s*, s:s, s:b}", "sid", track->sid, "name", track->name, "kind",
                            track->is_video ? "picture" : "sound", "muted", track->is_muted));
    }
    return list;
}

json_t *server_livekit_json(const ServerLivekit *livekit, const char *show_id)
{
    const Room *room = find(livekit, show_id);
    if (room == NULL)
        return NULL;
    json_t *people = json_array();
    for (guint i = 0; room->people != NULL && i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        json_array_append_new(people, json_pack("{s:s, s:s*, s:b, s:o}", "identity", one->identity,
                                                "name", one->name, "active", one->is_active,
                                                "tracks", tracks_json(one)));
    }
    return json_pack("{s:s, s:s*, s:o}", "state", state_names[room->state], "why", room->why,
                     "participants", people);
}

ServerLivekitState server_livekit_look(const ServerLivekit *livekit)
{
    ServerLivekitState state = {.is_on = livekit != NULL};
    GHashTableIter iter;
    gpointer value;
    if (livekit == NULL)
        return state;
    LivekitHealth health = livekit_client_health(livekit->client);
    state.is_known = health.is_known;
    state.is_failing = health.is_failing;
    state.errors = health.errors;
    g_hash_table_iter_init(&iter, livekit->rooms);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Room *room = value;
        state.rooms += room->state == ROOM_OPEN ? 1 : 0;
        state.failing_rooms += room->state == ROOM_FAILING ? 1 : 0;
        state.participants += room->people != NULL ? room->people->len : 0;
    }
    return state;
}

/* ---- life ---- */

static LivekitKeys *keys_of(const ServerConfig *config, GError **error)
{
    return livekit_keys_new(config->livekit_url, config->livekit_key, config->livekit_secret,
                            error);
}

static gboolean is_configured(const ServerConfig *config)
{
    return config->livekit_url != NULL || config->livekit_key != NULL ||
           config->livekit_secret != NULL;
}

gboolean server_livekit_check(const ServerConfig *config, GError **error)
{
    if (!is_configured(config))
        return TRUE;
    g_autoptr(LivekitKeys) keys = keys_of(config, error);
    return keys != NULL;
}

gboolean server_livekit_new(Server *server, GError **error)
{
    if (!is_configured(server->config))
        return TRUE;
    LivekitKeys *keys = keys_of(server->config, error);
    LivekitClient *client = keys != NULL ? livekit_client_new(keys, server->context, error) : NULL;
    if (client == NULL)
        return FALSE;
    server->livekit = g_new0(ServerLivekit, 1);
    server->livekit->server = server;
    server->livekit->client = client;
    server->livekit->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, room_free);
    server->livekit->ending = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    server->livekit->cancellable = g_cancellable_new();
    g_message("guests come by LiveKit url=%s", server->config->livekit_url);
    return TRUE;
}

void server_livekit_free(ServerLivekit *livekit)
{
    if (livekit == NULL)
        return;
    g_hash_table_unref(livekit->rooms);
    g_cancellable_cancel(livekit->cancellable);
    g_object_unref(livekit->cancellable);
    g_clear_handle_id(&livekit->ending_timer, g_source_remove);
    g_hash_table_unref(livekit->ending);
    livekit_client_free(livekit->client);
    g_free(livekit);
}

char *server_livekit_origin(const ServerLivekit *livekit)
{
    if (livekit == NULL)
        return NULL;
    const char *url = livekit_client_keys(livekit->client)->url;
    const char *path = strchr(strstr(url, "://") + strlen("://"), '/');
    return path != NULL ? g_strndup(url, (gsize)(path - url)) : g_strdup(url);
}

LivekitClient *server_livekit_client(const ServerLivekit *livekit)
{
    return livekit != NULL ? livekit->client : NULL;
}
