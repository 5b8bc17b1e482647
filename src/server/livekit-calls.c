/* Calls about LiveKit: coming in, muting, removing, events that a console hands in for a guest, and
 * LiveKit's own webhooks. */
#include "livekit-private.h"

#include "dispatch-private.h"
#include "route-private.h"
#include "shows-private.h"

#include <string.h>

enum { BODY_BYTES = 16 << 10, HOOK_BYTES = 256 << 10, IDENTITY_BYTES = 64, LATE_MS = 5000 };

/* The running show of the path, for somebody who may see it; answers otherwise. */
static ServerShow *running_show(Server *server, ServerCall *call)
{
    const char *id = server_call_part(call, 0);
    ServerShow *show = NULL;
    if (!server_who_may_see(server_call_who(call), id))
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, "id", "id: this token may not see it");
    else if (!server_shows_has(server->shows, id))
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, "id", "id: there is no such show");
    else if ((show = server_shows_open(server->shows, id)) == NULL ||
             server_show_state(show) != SHOW_STATE_RECORDING)
        server_call_refuse(call, SERVER_ERROR_STOPPED, "id", "id: this show has ended");
    else
        return show;
    return NULL;
}

/* ---- coming in ---- */

static void handle_token(Server *server, ServerCall *call)
{
    GError *error = NULL;
    const ServerShow *show = running_show(server, call);
    if (show == NULL)
        return;
    json_t *answer = server_livekit_join(server->livekit, show, server_call_who(call), &error);
    if (answer == NULL)
        server_call_fail(call, error, NULL);
    else
        server_call_json(call, 201, answer);
}

/* ---- who is in ---- */

static void acted(const GError *error, gpointer data)
{
    if (error != NULL)
        server_call_fail(data, g_error_copy(error), NULL);
    else
        server_call_empty(data, 204);
}

static void handle_remove(Server *server, ServerCall *call)
{
    ServerShow *show = running_show(server, call);
    if (show != NULL)
        server_livekit_remove(server->livekit, show, server_call_part(call, 1), acted, call);
}

static void mute_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    const char *track = server_json_text(body, "track", IDENTITY_BYTES, &error);
    const json_t *muted = json_object_get(body, "muted");
    if (track != NULL && !json_is_boolean(muted))
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_INVALID,
                            "muted: expected true or false");
    if (error != NULL)
        server_call_fail(call, error, NULL);
    else if (running_show(server, call) != NULL)
        server_livekit_mute(server->livekit, server_call_part(call, 0), server_call_part(call, 1),
                            track, json_is_true(muted), acted, call);
}

static void handle_mute(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, mute_with, server);
}

/* ---- events of guests whose Socket.IO is blocked ---- */

static void relayed(gint64 seq, gint64 at_ms, const GError *error, gpointer data)
{
    if (error != NULL)
        server_call_fail(data, g_error_copy(error), NULL);
    else
        server_call_json(data, 200,
                         json_pack("{s:b, s:I, s:I}", "ok", TRUE, "seq", (json_int_t)seq, "at",
                                   (json_int_t)at_ms));
}

/* Whoever hands it in, it is taken as if the guest of this identity had sent it: LiveKit says who that
 * is. Its time is not believed beyond a few seconds. */
static json_t *clamped(const ServerShow *show, const char *source, const json_t *event)
{
    json_t *own = json_deep_copy(event);
    const json_t *t = json_object_get(own, "t");
    gint64 now_ms = server_show_clock_ms(show);
    if (json_is_integer(t))
        json_object_set_new(
            own, "t", json_integer(CLAMP(json_integer_value(t), MAX(now_ms - LATE_MS, 0), now_ms)));
    json_object_del(own, "edge_t");
    if (json_object_get(own, "source") == NULL)
        json_object_set_new(own, "source", json_string(source));
    return own;
}

static void relay_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    const char *identity = server_json_text(body, "identity", IDENTITY_BYTES, &error);
    const json_t *event = json_object_get(body, "event");
    ServerShow *show = NULL;
    ServerWho guest = {.role = SERVER_ROLE_GUEST};
    if (identity != NULL && !json_is_object(event))
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_INVALID, "event: expected an event");
    if (error != NULL) {
        server_call_fail(call, error, NULL);
        return;
    }
    if ((show = running_show(server, call)) == NULL)
        return;
    if (show_sources_find(server_show_sources(show), identity) < 0) {
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, "identity",
                           "identity: this participant has no source");
        return;
    }
    if (!server_livekit_may_relay(server->livekit, server_show_id(show), identity)) {
        server_call_refuse(call, SERVER_ERROR_RATE, "identity",
                           "identity: more events than a guest may send");
        return;
    }
    g_strlcpy(guest.session, server_show_id(show), sizeof guest.session);
    g_strlcpy(guest.source, identity, sizeof guest.source);
    json_t *own = clamped(show, identity, event);
    server_show_event(show, &guest, NULL, own, relayed, call);
    json_decref(own);
}

static void handle_relay(Server *server, ServerCall *call)
{
    const ServerWho *who = server_call_who(call);
    if (who->role != SERVER_ROLE_ADMIN && who->role != SERVER_ROLE_UPLOAD)
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, NULL,
                           "only a host hands in events of guests");
    else
        server_call_json_body(call, BODY_BYTES, relay_with, server);
}

/* ---- LiveKit's own ---- */

static void hook_with(ServerCall *call, GBytes *body, gpointer data)
{
    Server *server = data;
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    const void *bytes = g_bytes_get_data(body, &length);
    const char *token = http_request_header(server_call_request(call), "Authorization");
    const LivekitKeys *keys = livekit_client_keys(server_livekit_client(server->livekit));
    LivekitHook hook;
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    if (!livekit_webhook_verify(keys, token, bytes != NULL ? bytes : "", length, now_s, &error)) {
        g_warning("webhook refused: %s", error->message);
        server_call_refuse(call, SERVER_ERROR_UNAUTHORISED, NULL, "webhook: %s", error->message);
    } else if (!livekit_hook_read(&hook, bytes, length, &error)) {
        server_call_fail(call, g_steal_pointer(&error), NULL);
    } else {
        server_livekit_hook(server->livekit, &hook);
        livekit_hook_clear(&hook);
        server_call_empty(call, 204);
    }
}

static void handle_hook(Server *server, ServerCall *call)
{
    if (server->livekit == NULL)
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, NULL, "LiveKit is not set up");
    else
        server_call_bytes_body(call, HOOK_BYTES, hook_with, server);
}

/* ---- the table ---- */

const ServerRoute server_livekit_routes[] = {
    {"POST", "/sessions/{id}/livekit/token", SERVER_MAY_ANY_TOKEN, handle_token,
     "A token for the show's LiveKit room, with what the caller may do there.", NULL,
     "{\"type\":\"object\",\"required\":[\"url\",\"token\",\"room\",\"identity\",\"role\",\"end\"]"
     "}",
     201},
    {"POST", "/sessions/{id}/livekit/events", SERVER_MAY_ANY_TOKEN, handle_relay,
     "Hands in an event that a guest sent as LiveKit data.",
     "{\"type\":\"object\",\"required\":[\"identity\",\"event\"],\"properties\":{\"identity\":{"
     "\"type\":\"string\"},\"event\":{\"type\":\"object\"}}}",
     "{\"type\":\"object\",\"required\":[\"ok\",\"seq\",\"at\"]}", 200},
    {"DELETE", "/sessions/{id}/livekit/participants/{identity}", SERVER_MAY_ADMIN, handle_remove,
     "Removes somebody from the room, for as long as the show runs.", NULL, NULL, 204},
    {"POST", "/sessions/{id}/livekit/participants/{identity}/mute", SERVER_MAY_ADMIN, handle_mute,
     "Mutes a track of somebody in the room.",
     "{\"type\":\"object\",\"required\":[\"track\",\"muted\"],\"properties\":{\"track\":{\"type\":"
     "\"string\"},\"muted\":{\"type\":\"boolean\"}}}",
     NULL, 204},
    {"POST", "/livekit/webhook", SERVER_MAY_ANYONE, handle_hook,
     "For LiveKit alone: its webhooks, signed with its secret.", NULL, NULL, 204},
    {0},
};
