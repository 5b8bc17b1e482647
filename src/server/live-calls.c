/* Calls about live streams: start, stop, how it goes; and the table of all of them. */
#include "live-calls-private.h"

#include "files-private.h"
#include "livekit-private.h"
#include "shows-private.h"

#include <string.h>

/* ---- start ---- */

static gboolean invalid(GError **error, const char *text)
{
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID, text);
    return FALSE;
}

static gboolean read_delay(ServerLiveWish *wish, const json_t *body, GError **error)
{
    const json_t *delay = json_object_get(body, "delay");
    double seconds = delay != NULL ? json_number_value(delay) : 0;
    if (delay != NULL &&
        (!json_is_number(delay) || seconds < 0 || seconds * 1000 > LIVE_DELAY_MS_MAX))
        return invalid(error, "delay: expected 0 to 30 seconds");
    wish->delay_ms = (guint)(seconds * 1000 + 0.5);
    return TRUE;
}

static gboolean check_egress(const Server *server, const ServerLiveWish *wish, GError **error)
{
    if (wish->egress == LIVE_EGRESS_CONSOLE)
        return TRUE;
    if (server->livekit == NULL)
        return invalid(error, "egress: LiveKit is not set up (CROSSCUT_LIVEKIT_URL)");
    if (wish->delay_ms > 0)
        return invalid(error, "delay: LiveKit's Egress has none");
    if (wish->egress == LIVE_EGRESS_COMPOSITE && !server_livekit_page_is_reached(server->config))
        return invalid(error, "egress: LiveKit's Egress does not reach the page of a server that "
                              "listens to this machine alone; give --public-url or "
                              "--egress-template");
    return TRUE;
}

json_t *server_live_ways(const Server *server)
{
    json_t *ways = json_array();
    for (LiveEgressKind kind = LIVE_EGRESS_CONSOLE; kind <= LIVE_EGRESS_COMPOSITE; kind++)
        if (check_egress(server, &(ServerLiveWish){.egress = kind}, NULL))
            json_array_append_new(ways, json_string(live_egress_kind_name(kind)));
    return json_pack("{s:o, s:s}", "ways", ways, "usual", server->config->egress);
}

static gboolean read_egress(const Server *server, ServerLiveWish *wish, const json_t *body,
                            GError **error)
{
    const json_t *egress = json_object_get(body, "egress");
    wish->egress =
        live_egress_kind_of(egress != NULL ? json_string_value(egress) : server->config->egress);
    if (wish->egress == LIVE_EGRESS_UNSET)
        return invalid(error, "egress: expected console, livekit or livekit-composite");
    return check_egress(server, wish, error);
}

const char *server_live_optional_text(const json_t *body, const char *member, gboolean *is_good)
{
    const json_t *value = json_object_get(body, member);
    *is_good = value == NULL || (json_is_string(value) &&
                                 strlen(json_string_value(value)) == json_string_length(value));
    return json_string_value(value);
}

LiveTarget *server_live_read_target(const Server *server, const json_t *body, const char *name,
                                    GError **error)
{
    gboolean is_good = FALSE;
    const char *url = server_json_text(body, "url", LIVE_URL_BYTES_MAX, error);
    if (url == NULL)
        return NULL;
    const char *key = server_live_optional_text(body, "key", &is_good);
    if (!is_good) {
        invalid(error, "key: expected a text");
        return NULL;
    }
    gboolean may = server->config->allow_private_targets;
    LiveTarget *target = live_target_new(name != NULL ? name : "stream", url, key, may, error);
    if (target != NULL && name == NULL) {
        g_free(target->name);
        target->name = g_strdup(target->host);
    }
    return target;
}

static gboolean read_names(ServerLiveWish *wish, const json_t *list, GError **error)
{
    g_autoptr(GStrvBuilder) names = g_strv_builder_new();
    gsize count = json_array_size(list);
    if (!json_is_array(list) || count < 1 || count > LIVE_DESTINATIONS_MAX)
        return invalid(error, "destinations: expected names of saved destinations");
    for (gsize i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL || !live_name_is_valid(name))
            return invalid(error, "destinations: expected names of saved destinations");
        for (gsize j = 0; j < i; j++)
            if (g_strcmp0(name, json_string_value(json_array_get(list, j))) == 0)
                return invalid(error, "destinations: one of them is there twice");
        g_strv_builder_add(names, name);
    }
    wish->names = g_strv_builder_end(names);
    return TRUE;
}

static gboolean read_wish(const Server *server, ServerLiveWish *wish, const json_t *body,
                          GError **error)
{
    gboolean is_good = FALSE;
    const json_t *names = json_object_get(body, "destinations");
    const char *name = server_live_optional_text(body, "name", &is_good);
    if (!is_good)
        return invalid(error, "name: expected a text");
    if (!read_delay(wish, body, error) || !read_egress(server, wish, body, error))
        return FALSE;
    if (names != NULL && json_object_get(body, "url") != NULL)
        return invalid(error, "destinations: give either them or url and key");
    if (names != NULL)
        return read_names(wish, names, error);
    wish->target = server_live_read_target(server, body, name, error);
    return wish->target != NULL;
}

/* The running show that a body names; answers otherwise. */
static ServerShow *running_show(Server *server, ServerCall *call, const json_t *body)
{
    GError *error = NULL;
    const char *id = server_json_text(body, "sessionId", 64, &error);
    ServerShow *show = id != NULL ? server_shows_open(server->shows, id) : NULL;
    if (id != NULL && !server_shows_has(server->shows, id))
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_NOT_FOUND,
                            "sessionId: there is no such show");
    else if (id != NULL && (show == NULL || server_show_state(show) != SHOW_STATE_RECORDING))
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_STOPPED,
                            "sessionId: this show has ended");
    if (error == NULL)
        return show;
    server_call_fail(call, error, NULL);
    return NULL;
}

void server_live_answer(ServerCall *call, guint status, const json_t *report, const GError *error)
{
    if (error != NULL)
        server_call_fail(call, g_error_copy(error), NULL);
    else
        server_call_json(call, status, json_deep_copy(report));
}

static void started(const json_t *report, const GError *error, gpointer data)
{
    server_live_answer(data, 202, report, error);
}

static void start_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    ServerLiveWish wish = {0};
    ServerShow *show = running_show(server, call, body);
    if (show == NULL)
        return;
    if (read_wish(server, &wish, body, &error)) {
        server_live_start(server->live, show, &wish, started, call);
        return;
    }
    server_live_wish_clear(&wish);
    server_call_fail(call, error, NULL);
}

static void handle_start(Server *server, ServerCall *call)
{
    server_call_json_body(call, SERVER_LIVE_BODY_BYTES, start_with, server);
}

/* ---- stop and see ---- */

static void stopped(const json_t *report, const GError *error, gpointer data)
{
    server_live_answer(data, 200, report, error);
}

static void stop_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    gboolean is_good = FALSE;
    const char *destination = server_live_optional_text(body, "destination", &is_good);
    if (!is_good) {
        server_call_refuse(call, SERVER_ERROR_INVALID, "destination",
                           "destination: expected the name of one");
        return;
    }
    ServerShow *show = running_show(server, call, body);
    if (show != NULL && destination != NULL)
        server_live_remove(server->live, show, destination, stopped, call);
    else if (show != NULL)
        server_live_stop(server->live, show, stopped, call);
}

static void handle_stop(Server *server, ServerCall *call)
{
    server_call_json_body(call, SERVER_LIVE_BODY_BYTES, stop_with, server);
}

static void handle_see(Server *server, ServerCall *call)
{
    const char *id = server_call_part(call, 0);
    json_t *report = NULL;
    if (!server_who_may_see(server_call_who(call), id))
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, "id", "id: this token may not see it");
    else if (!server_shows_has(server->shows, id))
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, "id", "id: there is no such show");
    else if ((report = server_live_json(server->live, id, FALSE)) != NULL)
        server_call_json(call, 200, report);
    else
        server_files_send(server, call, id, "live.json");
}

/* ---- the table ---- */

#define TARGET_SCHEMA "\"url\":{\"type\":\"string\"},\"key\":{\"type\":\"string\"}"
#define TEST_SCHEMA   "{\"type\":\"object\",\"required\":[\"name\",\"ok\",\"state\",\"why\"]}"
#define REPORT_SCHEMA "{\"type\":\"object\",\"required\":[\"state\",\"destinations\"]}"

const ServerRoute server_live_routes[] = {
    {"POST", "/live/start", SERVER_MAY_ADMIN, handle_start,
     "Takes a running show live, to a given or to saved destinations.",
     "{\"type\":\"object\",\"required\":[\"sessionId\"],\"properties\":{\"sessionId\":{\"type\":"
     "\"string\"}," TARGET_SCHEMA ",\"name\":{\"type\":\"string\"},\"destinations\":{\"type\":"
     "\"array\",\"items\":{\"type\":\"string\"}},\"delay\":{\"type\":\"number\",\"minimum\":0,"
     "\"maximum\":30},\"egress\":{\"enum\":[\"console\",\"livekit\",\"livekit-composite\"]}}}",
     REPORT_SCHEMA, 202},
    {"POST", "/live/stop", SERVER_MAY_ADMIN, handle_stop,
     "Ends a live stream, or takes one destination from it.",
     "{\"type\":\"object\",\"required\":[\"sessionId\"],\"properties\":{\"sessionId\":{\"type\":"
     "\"string\"},\"destination\":{\"type\":\"string\"}}}",
     REPORT_SCHEMA, 200},
    {"POST", "/live/test", SERVER_MAY_ADMIN, server_live_handle_test,
     "Tries whether an address takes a stream with a key: a few seconds of a slate go there.",
     "{\"type\":\"object\",\"required\":[\"url\"],\"properties\":{" TARGET_SCHEMA "}}", TEST_SCHEMA,
     200},
    {"GET", "/live/{id}", SERVER_MAY_ANY_TOKEN, handle_see,
     "How a live stream goes, or went: the live manifest.", NULL, REPORT_SCHEMA, 200},
    {"GET", "/destinations", SERVER_MAY_ADMIN, server_live_handle_list, "The saved destinations.",
     NULL, "{\"type\":\"object\",\"required\":[\"destinations\"]}", 200},
    {"PUT", "/destinations/{name}", SERVER_MAY_ADMIN, server_live_handle_save,
     "Saves a destination, or another address and key for it.",
     "{\"type\":\"object\",\"required\":[\"url\"],\"properties\":{" TARGET_SCHEMA "}}",
     "{\"type\":\"object\",\"required\":[\"name\",\"address\",\"hasKey\"]}", 200},
    {"DELETE", "/destinations/{name}", SERVER_MAY_ADMIN, server_live_handle_remove,
     "Removes a destination.", NULL, NULL, 204},
    {"POST", "/destinations/{name}/test", SERVER_MAY_ADMIN, server_live_handle_test_saved,
     "Tries whether a saved destination takes a stream: a few seconds of a slate go there.", NULL,
     TEST_SCHEMA, 200},
    {"GET", "/sessions/{id}/program", SERVER_MAY_ANY_TOKEN, server_live_handle_program,
     "A WebSocket for the frames of a running show's program.", NULL, NULL, 101},
    {0},
};
