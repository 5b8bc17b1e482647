/* Calls about shows: start, stop, list, see, delete, invite. Each parses into a struct, asks the
 * show or the registry, and writes the answer. */
#include "files-private.h"
#include "live-private.h"
#include "livekit-private.h"
#include "renders-private.h"
#include "route-private.h"
#include "shows-private.h"
#include "uploads-private.h"

#include <edit/error.h>
#include <edit/settings.h>
#include <show/error.h>
#include <show/limits.h>
#include <store/folder.h>

#include <string.h>

enum { BODY_BYTES = 256 << 10, LIST_MAX = 200, LIST_USUAL = 50, GUEST_MINUTES_MAX = 7 * 24 * 60 };

/* ---- start ---- */

static gboolean invalid(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean invalid(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID, message);
    return FALSE;
}

/* The sources of this server are cam_1 … cam_16: recordings are named after them. */
static gboolean is_camera_id(const char *id)
{
    for (int i = 1; i <= SHOW_SOURCES_MAX; i++) {
        g_autofree char *own = g_strdup_printf("cam_%d", i);
        if (strcmp(own, id) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean read_source(ShowManifest *manifest, const json_t *entry, gsize i, GError **error)
{
    g_autofree char *where = g_strdup_printf("sources[%" G_GSIZE_FORMAT "]", i);
    g_autoptr(GError) wrong = NULL;
    g_autoptr(ShowSource) source = show_source_from_json("sources", where, entry, &wrong);
    if (source == NULL)
        return invalid(error, "%s", wrong->message);
    if (!is_camera_id(source->id))
        return invalid(error,
                       "sources: [%" G_GSIZE_FORMAT "].id: expected cam_1 to cam_%d, found %s", i,
                       SHOW_SOURCES_MAX, source->id);
    if (show_sources_find(manifest->sources, source->id) >= 0)
        return invalid(error, "sources: %s is there twice", source->id);
    g_ptr_array_add(manifest->sources, g_steal_pointer(&source));
    return TRUE;
}

static gboolean read_sources(ShowManifest *manifest, const json_t *list, GError **error)
{
    gsize count = json_array_size(list);
    if (!json_is_array(list) || count < 1 || count > SHOW_SOURCES_MAX)
        return invalid(error, "sources: expected an array of 1 to %d sources", SHOW_SOURCES_MAX);
    for (gsize i = 0; i < count; i++)
        if (!read_source(manifest, json_array_get(list, i), i, error))
            return FALSE;
    for (guint i = 0; i < manifest->sources->len; i++) {
        const ShowSource *source = manifest->sources->pdata[i];
        if (source->camera != NULL && show_sources_find(manifest->sources, source->camera) < 0)
            return invalid(error, "sources: %s: camera: there is no source %s", source->id,
                           source->camera);
    }
    return TRUE;
}

static gboolean read_settings(ShowManifest *manifest, const json_t *settings, GError **error)
{
    DirectorSettings given;
    director_settings_defaults(&given);
    if (settings != NULL && !edit_settings_apply_json(&given, "settings", settings, error))
        return FALSE;
    manifest->settings = edit_settings_to_json(&given);
    return TRUE;
}

static ShowManifest *read_start(const json_t *body, GError **error)
{
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    const json_t *name = json_object_get(body, "name");
    manifest->state = SHOW_STATE_RECORDING;
    if (name != NULL && !(json_is_string(name) && show_label_is_valid(json_string_value(name)))) {
        invalid(error, "name: expected 1 to %d bytes of text", SHOW_LABEL_BYTES_MAX);
        return NULL;
    }
    g_free(manifest->name);
    manifest->name = g_strdup(name != NULL ? json_string_value(name) : "Untitled show");
    if (!read_sources(manifest, json_object_get(body, "sources"), error) ||
        !read_settings(manifest, json_object_get(body, "settings"), error))
        return NULL;
    return g_steal_pointer(&manifest);
}

static json_t *sources_json(const GPtrArray *sources)
{
    json_t *list = json_array();
    for (guint i = 0; i < sources->len; i++)
        json_array_append_new(list, show_source_to_json(sources->pdata[i]));
    return list;
}

typedef struct Asked {
    Server *server;
    ServerCall *call;
} Asked;

static Asked *asked_new(Server *server, ServerCall *call)
{
    Asked *asked = g_new(Asked, 1);
    asked->server = server;
    asked->call = call;
    return asked;
}

static void fail(ServerCall *call, const GError *error)
{
    server_call_fail(call, g_error_copy(error), NULL);
}

static void started(ServerShow *show, const GError *error, gpointer data)
{
    g_autofree Asked *asked = data;
    if (show == NULL) {
        fail(asked->call, error);
        return;
    }
    server_livekit_begin_show(asked->server->livekit, show);
    const ShowManifest *manifest = server_show_manifest(show);
    g_autofree char *token =
        server_identity_upload_token(asked->server->identity, server_show_id(show));
    server_call_json(asked->call, 201,
                     json_pack("{s:s, s:s, s:s, s:o, s:O, s:s, s:I}", "sessionId",
                               server_show_id(show), "name", manifest->name, "startedAt",
                               manifest->started_at, "sources", sources_json(manifest->sources),
                               "settings", manifest->settings, "uploadToken", token, "clock",
                               (json_int_t)server_show_clock_ms(show)));
}

static void start_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    ShowManifest *manifest = read_start(body, &error);
    if (manifest == NULL)
        server_call_fail(call, error, NULL);
    else
        server_shows_start(server->shows, manifest, started, asked_new(server, call));
}

static void handle_start(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, start_with, server);
}

/* ---- stop ---- */

/* The show that a body names, if the caller may; answers otherwise. `open_it`: also a complete one
 * is opened. */
static ServerShow *named_show(Server *server, ServerCall *call, const json_t *body)
{
    GError *error = NULL;
    const char *id = server_json_text(body, "sessionId", 64, &error);
    ServerShow *show = NULL;
    if (id != NULL && !server_who_may_send(server_call_who(call), id, NULL))
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_FORBIDDEN,
                            "sessionId: this token may not do that");
    else if (id != NULL)
        show = server_shows_need(server->shows, id, &error);
    if (show == NULL)
        server_call_fail(call, error, NULL);
    return show;
}

static void stopped(ServerShow *show, const GError *error, gpointer data)
{
    ServerCall *call = data;
    if (error != NULL) {
        fail(call, error);
        return;
    }
    const ShowManifest *manifest = server_show_manifest(show);
    server_call_json(call, 200,
                     json_pack("{s:s, s:s, s:I}", "sessionId", server_show_id(show), "state",
                               show_state_name(server_show_state(show)), "duration",
                               (json_int_t)manifest->program_duration_ms));
}

static void stop_with(ServerCall *call, const json_t *body, gpointer data)
{
    ServerShow *show = named_show(data, call, body);
    if (show == NULL)
        return;
    server_live_end_show(((Server *)data)->live, show);
    server_livekit_end_show(((Server *)data)->livekit, server_show_id(show));
    server_show_stop(show, stopped, call);
}

static void handle_stop(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, stop_with, server);
}

static void files_with(ServerCall *call, const json_t *body, gpointer data)
{
    GError *error = NULL;
    ServerShow *show = named_show(data, call, body);
    if (show == NULL)
        return;
    if (server_show_state(show) == SHOW_STATE_RECORDING)
        g_set_error_literal(&error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "sessionId: this show is recording; stop it first");
    else
        server_show_expect(show, json_object_get(body, "files"), &error);
    if (error != NULL) {
        server_call_fail(call, error, NULL);
        return;
    }
    server_call_json(call, 200,
                     json_pack("{s:s, s:o}", "state", show_state_name(server_show_state(show)),
                               "files", server_recordings_json(show)));
}

static void handle_files(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, files_with, server);
}

/* ---- see ---- */

/* "render" of those that are being rendered, or wait for it. */
static void add_renders(const Server *server, json_t *list)
{
    for (gsize i = 0; i < json_array_size(list); i++) {
        json_t *show = json_array_get(list, i);
        json_t *render =
            server_renders_json(server->renders, json_string_value(json_object_get(show, "id")));
        const char *state = json_string_value(json_object_get(render, "state"));
        static const char *const under_way[] = {"waiting", "running", "paused", NULL};
        if (state != NULL && g_strv_contains(under_way, state))
            json_object_set(show, "render", render);
        json_decref(render);
    }
}

static void handle_list(Server *server, ServerCall *call)
{
    const HttpRequest *request = server_call_request(call);
    const char *limit = http_request_query(request, "limit");
    guint64 count = LIST_USUAL;
    if (limit != NULL && !g_ascii_string_to_unsigned(limit, 10, 1, LIST_MAX, &count, NULL)) {
        server_call_refuse(call, SERVER_ERROR_INVALID, "limit", "limit: expected 1 to %d",
                           LIST_MAX);
        return;
    }
    json_t *list =
        server_shows_list(server->shows, http_request_query(request, "before"), (guint)count);
    add_renders(server, list);
    server_call_json(call, 200, json_pack("{s:o}", "sessions", list));
}

static json_t *live_json(Server *server, const ServerShow *show)
{
    return json_pack("{s:I, s:I, s:o, s:o}", "clock", (json_int_t)server_show_clock_ms(show), "seq",
                     (json_int_t)server_show_seq(show), "uploads", server_recordings_json(show),
                     "storage", server_shows_storage(server->shows));
}

/* A show that is not open, and of which there was a render: its manifest is read in a worker. */
typedef struct See {
    Server *server;
    ServerCall *call;
    char *id;
    json_t *body;
    GError *error;
} See;

static void see_work(gpointer data)
{
    See *see = data;
    g_autoptr(StoreShow) folder = store_shows_find(see->server->store, see->id, &see->error);
    g_autoptr(ShowManifest) manifest =
        folder != NULL ? store_folder_manifest(store_show_place(folder)->path, &see->error) : NULL;
    if (manifest != NULL)
        see->body = show_manifest_to_json(manifest);
}

static void see_done(gpointer data)
{
    See *see = data;
    json_t *render = server_renders_json(see->server->renders, see->id);
    if (see->body == NULL) {
        server_call_fail(see->call, see->error, NULL);
    } else {
        json_object_set_new(see->body, "render", render != NULL ? render : json_null());
        server_call_json(see->call, 200, see->body);
    }
    g_free(see->id);
    g_free(see);
}

/* The manifest, whose text is kept while it stays the same, and what changes all the time. `render`
 * is taken; may be NULL. */
static void answer_open(Server *server, ServerCall *call, ServerShow *show, json_t *render)
{
    json_t *now = json_pack("{s:o}", "live", live_json(server, show));
    if (render != NULL)
        json_object_set_new(now, "render", render);
    const char *manifest = server_show_manifest_text(show);
    server_call_json_joined(call, 200, manifest, now);
}

static void answer_manifest(Server *server, ServerCall *call, const char *id)
{
    ServerShow *show = server_shows_open(server->shows, id);
    json_t *render = server_renders_json(server->renders, id);
    if (show != NULL) {
        answer_open(server, call, show, render);
        return;
    }
    if (render == NULL) {
        server_files_send(server, call, id, "manifest.json");
        return;
    }
    json_decref(render);
    See *see = g_new0(See, 1);
    *see = (See){.server = server, .call = call, .id = g_strdup(id)};
    store_workers_push(server->disk_workers, see_work, see_done, see);
}

static void handle_see(Server *server, ServerCall *call)
{
    const char *id = server_files_seen(server, call);
    if (id != NULL)
        answer_manifest(server, call, id);
}

static void handle_file(Server *server, ServerCall *call)
{
    const char *id = server_files_seen(server, call);
    if (id != NULL)
        server_files_send(server, call, id, server_call_part(call, 1));
}

static void handle_storage(Server *server, ServerCall *call)
{
    server_call_json(call, 200, server_shows_storage(server->shows));
}

/* ---- delete ---- */

static void moved(const GError *error, gpointer data)
{
    if (error != NULL)
        fail(data, error);
    else
        server_call_empty(data, 204);
}

static void handle_delete(Server *server, ServerCall *call)
{
    server_shows_trash(server->shows, server_call_part(call, 0), moved, call);
}

static void handle_restore(Server *server, ServerCall *call)
{
    server_shows_restore(server->shows, server_call_part(call, 0), moved, call);
}

/* ---- guests ---- */

static gboolean read_guest(const ServerShow *show, const json_t *body, ServerWho *guest,
                           GError **error)
{
    const char *role = server_json_text(body, "role", 16, error);
    if (role == NULL)
        return FALSE;
    const json_t *minutes = json_object_get(body, "minutes");
    const char *source = json_string_value(json_object_get(body, "source"));
    json_int_t length = minutes != NULL ? json_integer_value(minutes) : 12 * 60;
    if (length < 1 || length > GUEST_MINUTES_MAX)
        return invalid(error, "minutes: expected 1 to %d", GUEST_MINUTES_MAX);
    if (strcmp(role, "camera") == 0)
        guest->role = SERVER_ROLE_CAMERA;
    else if (strcmp(role, "guest") == 0)
        guest->role = SERVER_ROLE_GUEST;
    else if (strcmp(role, "viewer") == 0)
        guest->role = SERVER_ROLE_VIEWER;
    else
        return invalid(error, "role: expected camera, guest or viewer");
    if (server_who_is_source(guest) &&
        (source == NULL || show_sources_find(server_show_sources(show), source) < 0))
        return invalid(error, "source: expected the id of a source of this show");
    g_strlcpy(guest->session, server_show_id(show), sizeof guest->session);
    g_strlcpy(guest->source, server_who_is_source(guest) ? source : "", sizeof guest->source);
    guest->end_s = g_get_real_time() / G_USEC_PER_SEC + 60 * length;
    return TRUE;
}

static void guest_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    ServerWho guest = {0};
    ServerShow *show = server_shows_need(server->shows, server_call_part(call, 0), &error);
    if (show == NULL || !read_guest(show, body, &guest, &error)) {
        server_call_fail(call, error, NULL);
        return;
    }
    g_autofree char *token = server_identity_guest_token(server->identity, &guest);
    g_autofree char *link = g_strdup_printf("%s#guest=%s", server_address(server), token);
    server_call_json(
        call, 201,
        json_pack("{s:s, s:s, s:I}", "token", token, "link", link, "end", (json_int_t)guest.end_s));
}

static void handle_guest(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, guest_with, server);
}

/* ---- the table ---- */

#define SHOW_BODY                                                                                \
    "{\"type\":\"object\",\"required\":[\"sessionId\"],\"properties\":{\"sessionId\":{\"type\":" \
    "\"string\",\"format\":\"uuid\"}}}"

const ServerRoute server_session_routes[] = {
    {"POST", "/session/start", SERVER_MAY_ADMIN, handle_start, "Begins a show.",
     "{\"type\":\"object\",\"required\":[\"sources\"],\"properties\":{\"name\":{\"type\":"
     "\"string\"},\"sources\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":16,\"items\":{"
     "\"type\":\"object\",\"required\":[\"id\"]}},\"settings\":{\"type\":\"object\"}}}",
     "{\"type\":\"object\",\"required\":[\"sessionId\",\"uploadToken\"]}", 201},
    {"POST", "/session/stop", SERVER_MAY_ANY_TOKEN, handle_stop,
     "Ends a show; again: the same answer.", SHOW_BODY,
     "{\"type\":\"object\",\"required\":[\"sessionId\",\"state\",\"duration\"]}", 200},
    {"POST", "/session/files", SERVER_MAY_ANY_TOKEN, handle_files,
     "Says which recordings of a stopped show have to come.",
     "{\"type\":\"object\",\"required\":[\"sessionId\",\"files\"],\"properties\":{\"sessionId\":{"
     "\"type\":\"string\"},\"files\":{\"type\":\"array\"}}}",
     "{\"type\":\"object\",\"required\":[\"state\",\"files\"]}", 200},
    {"GET", "/sessions", SERVER_MAY_ADMIN, handle_list, "The shows, newest first.", NULL,
     "{\"type\":\"object\",\"required\":[\"sessions\"]}", 200},
    {"GET", "/sessions/{id}", SERVER_MAY_ANY_TOKEN, handle_see, "The manifest of a show.", NULL,
     "{\"type\":\"object\",\"required\":[\"id\",\"state\",\"files\"]}", 200},
    {"DELETE", "/sessions/{id}", SERVER_MAY_ADMIN, handle_delete, "Moves a show to the trash.",
     NULL, NULL, 204},
    {"POST", "/sessions/{id}/restore", SERVER_MAY_ADMIN, handle_restore,
     "Brings a show back from the trash.", NULL, NULL, 204},
    {"POST", "/sessions/{id}/guests", SERVER_MAY_ADMIN, handle_guest, "Makes a link for a guest.",
     "{\"type\":\"object\",\"required\":[\"role\"],\"properties\":{\"role\":{\"enum\":["
     "\"camera\",\"guest\",\"viewer\"]},\"source\":{\"type\":\"string\"},\"minutes\":{\"type\":"
     "\"integer\"}}}",
     "{\"type\":\"object\",\"required\":[\"token\",\"link\",\"end\"]}", 201},
    {"GET", "/sessions/{id}/{file}", SERVER_MAY_ANY_TOKEN, handle_file, "A file of a show.", NULL,
     NULL, 200},
    {"GET", "/storage", SERVER_MAY_ANY_TOKEN, handle_storage, "How much room there is.", NULL,
     "{\"type\":\"object\",\"required\":[\"free\",\"hasRoom\"]}", 200},
    {0},
};
