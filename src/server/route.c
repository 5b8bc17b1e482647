/* Dispatch: finds the route of a request, sees to it that whoever calls may, and hands over. What
 * always holds: no handler runs for a Host that is not ours, for a method it does not name, for
 * somebody without the token it asks for, or for a page of another site that has only our cookie. */
#include "route-private.h"

#include "dispatch-private.h"
#include "server-private.h"

#include <string.h>

/* The first that fits has a path: words of /sessions/{id}/… stand before the names of files. */
static const ServerRoute *const tables[] = {
    server_gate_routes,   server_archive_routes, server_live_routes,   server_session_routes,
    server_upload_routes, server_direct_routes,  server_render_routes, server_livekit_routes};

typedef struct Match {
    const ServerRoute *route; /* NULL: none of this method */
    gboolean is_known;        /* some method has the path */
    GPtrArray *parts;
    GString *methods; /* "GET, HEAD, POST, OPTIONS" */
} Match;

/* The {…} of the pattern, or NULL. A {…} takes one segment that is not empty. */
static GPtrArray *match_pattern(const char *pattern, const char *path)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);
    while (*pattern != '\0') {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return NULL;
            continue;
        }
        gsize length = strcspn(path, "/");
        if (length == 0)
            return NULL;
        g_ptr_array_add(parts, g_strndup(path, length));
        path += length;
        pattern = strchr(pattern, '}') + 1;
    }
    return *path == '\0' ? g_steal_pointer(&parts) : NULL;
}

static gboolean takes_method(const ServerRoute *route, const char *method)
{
    return strcmp(route->method, method) == 0 ||
           (strcmp(route->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static void add_method(GString *methods, const char *method)
{
    if (methods->len > 0)
        g_string_append(methods, ", ");
    g_string_append(methods, method);
    if (strcmp(method, "GET") == 0)
        g_string_append(methods, ", HEAD");
}

/* An exact HEAD goes before the one that GET answers too; the first of others. */
static void consider(Match *match, const ServerRoute *route, const char *method, GPtrArray *parts)
{
    match->is_known = TRUE;
    add_method(match->methods, route->method);
    gboolean is_exact = strcmp(route->method, method) == 0;
    gboolean is_better =
        match->route == NULL || (is_exact && strcmp(match->route->method, method) != 0);
    if (!takes_method(route, method) || !is_better) {
        g_ptr_array_unref(parts);
        return;
    }
    g_clear_pointer(&match->parts, g_ptr_array_unref);
    match->route = route;
    match->parts = parts;
}

static void find_route(const char *method, const char *path, Match *match)
{
    match->methods = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
        for (const ServerRoute *route = tables[i]; route->method != NULL; route++) {
            GPtrArray *parts = match_pattern(route->pattern, path);
            if (parts != NULL)
                consider(match, route, method, parts);
        }
    if (strstr(match->methods->str, "OPTIONS") == NULL)
        add_method(match->methods, "OPTIONS");
}

static void clear_match(Match *match)
{
    g_clear_pointer(&match->parts, g_ptr_array_unref);
    g_string_free(match->methods, TRUE);
}

/* ---- who may ---- */

static gboolean changes_something(const char *method)
{
    return strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0 &&
           strcmp(method, "OPTIONS") != 0;
}

/* Probes come from the machine itself or its orchestrator, by whatever name; whoever knows a token
 * is no page that was led here. */
static gboolean host_may(const Server *server, const HttpRequest *request)
{
    const char *path = http_request_path(request);
    return server_origin_host_is_ours(server, request) ||
           http_request_header(request, "Authorization") != NULL || strcmp(path, "/healthz") == 0 ||
           strcmp(path, "/readyz") == 0;
}

static gboolean origin_may(const Server *server, const HttpRequest *request, const ServerWho *who)
{
    const char *origin = http_request_header(request, "Origin");
    if (!changes_something(http_request_method(request)) ||
        server_origin_is_ours(server, request, origin))
        return TRUE;
    /* A page of a site that was allowed brings a token. What is no page names no Origin. */
    if (who->by_cookie)
        return FALSE;
    return origin == NULL || server_origin_is_allowed(server, origin);
}

static void refuse_unidentified(ServerCall *call, GError *error)
{
    server_call_fail(call, error, NULL);
}

/* FALSE: it was answered. */
static gboolean let_in(Server *server, ServerCall *call, ServerMay may)
{
    HttpRequest *request = server_call_request(call);
    ServerWho *who = server_call_identify(call);
    GError *error = NULL;
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    if (!server_identity_who(server->identity, request, now_s, who, &error)) {
        memset(who, 0, sizeof *who);
        if (may != SERVER_MAY_ANYONE) {
            refuse_unidentified(call, error);
            return FALSE;
        }
        g_clear_error(&error);
    }
    if (may == SERVER_MAY_ADMIN && who->role != SERVER_ROLE_ADMIN) {
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, NULL, "only the admin may do this");
        return FALSE;
    }
    if (!origin_may(server, request, who)) {
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, NULL,
                           "pages of other sites may not do this");
        return FALSE;
    }
    return TRUE;
}

/* ---- dispatch ---- */

static void handle_unknown(Server *server, ServerCall *call)
{
    const char *method = http_request_method(server_call_request(call));
    if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0)
        server_console_handle(server, call);
    else if (strcmp(method, "OPTIONS") == 0)
        server_origin_options(server, call, "GET, HEAD, OPTIONS");
    else
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, NULL, "there is nothing at %s",
                           http_request_path(server_call_request(call)));
}

static void handle_match(Server *server, ServerCall *call, Match *match)
{
    HttpRequest *request = server_call_request(call);
    const char *method = http_request_method(request);
    gboolean is_preflight = strcmp(method, "OPTIONS") == 0 &&
                            (match->route == NULL ||
                             http_request_header(request, "Access-Control-Request-Method") != NULL);
    if (is_preflight) {
        server_origin_options(server, call, match->methods->str);
    } else if (match->route == NULL) {
        server_call_set_allow(call, match->methods->str);
        server_call_refuse(call, SERVER_ERROR_METHOD, NULL, "%s is not for this; %s are", method,
                           match->methods->str);
    } else if (let_in(server, call, match->route->may)) {
        server_call_set_parts(call, g_steal_pointer(&match->parts));
        match->route->handle(server, call);
    }
}

/* tus 1.0.0, X-HTTP-Method-Override: for clients behind proxies that know no PATCH. Of a POST only,
 * so that what a POST may not do no other method may. */
static const char *method_of(const HttpRequest *request)
{
    const char *method = http_request_method(request);
    const char *meant = http_request_header(request, "X-HTTP-Method-Override");
    gboolean counts = meant != NULL && strcmp(method, "POST") == 0 &&
                      g_str_has_prefix(http_request_path(request), "/upload/") &&
                      (strcmp(meant, "PATCH") == 0 || strcmp(meant, "DELETE") == 0);
    return counts ? meant : method;
}

void server_route_handle(Server *server, HttpRequest *request)
{
    ServerCall *call = server_call_new(server, request);
    if (!host_may(server, request)) {
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, NULL,
                           "this is not an address of this server; --public-url names one");
        return;
    }
    Match match = {0};
    find_route(method_of(request), http_request_path(request), &match);
    if (match.is_known)
        handle_match(server, call, &match);
    else
        handle_unknown(server, call);
    clear_match(&match);
}
