/* LiveKit, where it is configured: its rooms (livekit-room.c), and what is said of them. What always holds:
 * nothing of a show waits for LiveKit. */
#include "livekit-state-private.h"

#include <string.h>

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
    const ServerRoom *room = server_room_find(livekit, show_id);
    if (room == NULL)
        return NULL;
    json_t *people = json_array();
    for (guint i = 0; room->people != NULL && i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        json_array_append_new(people, json_pack("{s:s, s:s*, s:b, s:o}", "identity", one->identity,
                                                "name", one->name, "active", one->is_active,
                                                "tracks", tracks_json(one)));
    }
    return json_pack("{s:s, s:s*, s:o}", "state", server_room_state_name(room), "why", room->why,
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
        const ServerRoom *room = value;
        state.rooms += room->state == SERVER_ROOM_OPEN ? 1 : 0;
        state.failing_rooms += room->state == SERVER_ROOM_FAILING ? 1 : 0;
        state.participants += room->people != NULL ? room->people->len : 0;
    }
    return state;
}

/* ---- the page for LiveKit's Egress ---- */

/* Known when the server listens. */
const char *server_livekit_page(ServerLivekit *livekit)
{
    const Server *server = livekit->server;
    if (livekit->page == NULL && server->config->egress_template != NULL)
        livekit->page = g_strdup(server->config->egress_template);
    else if (livekit->page == NULL)
        livekit->page = g_strconcat(server->address, "composite", NULL);
    return livekit->page;
}

static gboolean is_this_machine(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
    return host != NULL && (strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
                            g_str_has_prefix(host, "127."));
}

gboolean server_livekit_page_is_reached(const ServerConfig *config)
{
    return config->egress_template != NULL || config->public_url != NULL ||
           (config->livekit_url != NULL && is_this_machine(config->livekit_url));
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
    server->livekit->rooms = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, server_room_free);
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
    g_free(livekit->page);
    g_free(livekit);
}

LivekitClient *server_livekit_client(const ServerLivekit *livekit)
{
    return livekit != NULL ? livekit->client : NULL;
}

char *server_livekit_origin(const ServerLivekit *livekit)
{
    if (livekit == NULL)
        return NULL;
    const char *url = livekit_client_keys(livekit->client)->url;
    const char *path = strchr(strstr(url, "://") + strlen("://"), '/');
    return path != NULL ? g_strndup(url, (gsize)(path - url)) : g_strdup(url);
}
