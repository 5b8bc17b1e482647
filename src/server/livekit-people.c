/* Who takes part: tokens, removing, muting, and how much a guest may send by way of a console. What always
 * holds: what somebody may do in a room comes from their token here and from nothing they send. */
#include "livekit-state-private.h"

#include "show-state-private.h"
#include "sign-private.h"
#include "socket-private.h"

enum {
    TOKEN_S = 600, /* a token is for going in; LiveKit renews it for who is in */
    ATTEMPTS = 3,
    RELAY_BURST = 40,
    RELAY_PER_S = 20,
};

/* What a guest may still send by way of a console. */
typedef struct Bucket {
    double tokens;
    gint64 filled_us;
} Bucket;

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

gboolean server_livekit_has_removed(const ServerLivekit *livekit, const char *show_id,
                                    const ServerWho *who, GError **error)
{
    const ServerRoom *room = server_room_find(livekit, show_id);
    if (room == NULL || !server_who_is_source(who) ||
        !g_hash_table_contains(room->removed, who->source))
        return FALSE;
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_FORBIDDEN, "the host removed this guest");
    return TRUE;
}

json_t *server_livekit_join(ServerLivekit *livekit, const ServerShow *show, const ServerWho *who,
                            GError **error)
{
    const ServerRoom *room = server_room_find(livekit, server_show_id(show));
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
    if (server_livekit_has_removed(livekit, room->id, who, error))
        return NULL;
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

static ServerRoom *need_room(ServerLivekit *livekit, const char *show_id, ServerLivekitDone done,
                             gpointer data)
{
    ServerRoom *room = server_room_find(livekit, show_id);
    if (room != NULL)
        return room;
    g_autoptr(GError) error =
        g_error_new_literal(SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "this show has no room: it does not run, or LiveKit is "
                            "not set up");
    done(error, data);
    return NULL;
}

/* TRUE where there is nothing to write: a viewer's identity is another one each time they come. */
static gboolean log_removal(ServerShow *show, const char *identity, GError **error)
{
    if (show_sources_find(server_show_sources(show), identity) < 0)
        return TRUE;
    ShowEvent *event =
        show_event_new(SHOW_EVENT_GUEST_REMOVED, identity, server_show_clock_ms(show));
    return server_show_append(show, event, NULL, error);
}

void server_livekit_remove(ServerLivekit *livekit, ServerShow *show, const char *identity,
                           ServerLivekitDone done, gpointer data)
{
    g_autoptr(GError) error = NULL;
    const char *show_id = server_show_id(show);
    ServerRoom *room = need_room(livekit, show_id, done, data);
    if (room == NULL)
        return;
    if (!g_hash_table_contains(room->removed, identity) && !log_removal(show, identity, &error)) {
        done(error, data);
        return;
    }
    g_hash_table_add(room->removed, g_strdup(identity));
    server_socket_end_links(livekit->server);
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
    ServerRoom *room = server_room_find(livekit, show_id);
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
