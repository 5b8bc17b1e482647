/* Calls about renders: ask for one, cancel it. How it is going stands in GET /sessions/{id}. */
#include <server/render-wish.h>
#include "renders-private.h"
#include "route-private.h"
#include "shows-private.h"

#include <string.h>

enum { BODY_BYTES = 32 << 10 };

typedef struct Asked {
    Server *server;
    ServerCall *call;
} Asked;

static void asked(const JobsJob *job, const GError *error, gpointer data)
{
    g_autofree Asked *ask = data;
    if (error != NULL)
        server_call_fail(ask->call, g_error_copy(error), NULL);
    else
        server_call_json(
            ask->call, 202,
            json_pack("{s:o}", "render", server_renders_json(ask->server->renders, job->session)));
}

static gboolean check_show(const Server *server, const char *id, GError **error)
{
    if (!server_shows_has(server->shows, id))
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_NOT_FOUND,
                            "id: there is no such show");
    else if (!server_shows_is_complete(server->shows, id, NULL))
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "id: this show is not complete: stop it, and wait for its recordings");
    else
        return TRUE;
    return FALSE;
}

static void ask_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    const char *id = server_call_part(call, 0);
    g_autofree char *wish =
        check_show(server, id, &error) ? server_render_wish_text(body, &error) : NULL;
    if (wish == NULL) {
        server_call_fail(call, error, NULL);
        return;
    }
    Asked *ask = g_new(Asked, 1);
    *ask = (Asked){server, call};
    server_renders_add(server->renders, id, wish, asked, ask);
}

static void handle_ask(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES, ask_with, server);
}

static void cancelled(const GError *error, gpointer data)
{
    if (error != NULL)
        server_call_fail(data, g_error_copy(error), NULL);
    else
        server_call_empty(data, 204);
}

static void handle_cancel(Server *server, ServerCall *call)
{
    const char *id = server_call_part(call, 0);
    if (!server_shows_has(server->shows, id))
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, "id", "id: there is no such show");
    else
        server_renders_cancel(server->renders, id, cancelled, call);
}

const ServerRoute server_render_routes[] = {
    {"POST", "/sessions/{id}/render", SERVER_MAY_ADMIN, handle_ask,
     "Asks for a render of a complete show.",
     "{\"type\":\"object\",\"properties\":{\"settings\":{\"type\":\"object\"},\"height\":{\"type\":"
     "\"integer\",\"minimum\":90,\"maximum\":2160},\"cut\":{\"type\":\"string\"},\"only\":{"
     "\"enum\":[\"highlights\",\"timelines\"]},"
     "\"highlights\":{"
     "\"type\":\"array\",\"minItems\":1,\"maxItems\":60,\"items\":{\"type\":\"object\","
     "\"required\":["
     "\"start\",\"end\"]}}}}",
     "{\"type\":\"object\",\"required\":[\"render\"]}", 202},
    {"DELETE", "/sessions/{id}/render", SERVER_MAY_ADMIN, handle_cancel,
     "Cancels the renders of a show that have not ended.", NULL, NULL, 204},
    {NULL}};
