/* Which pages may connect (the Fetch standard's CORS), and the replies they are given. Browsers do
 * not keep pages of others from opening WebSockets, so the Origin of every request is checked
 * here. */
#include "engine-private.h"

#include <string.h>

/* "https://studio.example:8443" of the request itself. */
static gboolean is_own_page(const HttpRequest *request, const char *origin)
{
    const char *host = http_request_header(request, "Host");
    if (host == NULL)
        return FALSE;
    g_autofree char *own = g_strconcat(http_request_scheme(request), "://", host, NULL);
    return g_ascii_strcasecmp(own, origin) == 0;
}

static gboolean names_any(const EngineioServer *server)
{
    const char *const *origins = server->options.origins;
    return origins != NULL && g_strv_contains(origins, "*");
}

gboolean engineio_origin_is_allowed(const EngineioServer *server, const HttpRequest *request)
{
    const char *origin = http_request_header(request, "Origin");
    if (origin == NULL)
        return TRUE;
    if (server->options.origins == NULL)
        return is_own_page(request, origin);
    if (names_any(server))
        return TRUE;
    for (const char *const *allowed = server->options.origins; *allowed != NULL; allowed++)
        if (g_ascii_strcasecmp(*allowed, origin) == 0)
            return TRUE;
    return FALSE;
}

HttpReply *engineio_reply_new(const EngineioServer *server, const HttpRequest *request,
                              guint status)
{
    HttpReply *reply = http_reply_new(status);
    http_reply_header(reply, "Cache-Control", "no-store");
    http_reply_header(reply, "X-Content-Type-Options", "nosniff");
    if (server->options.origins == NULL)
        return reply;
    http_reply_header(reply, "Vary", "Origin");
    const char *origin = http_request_header(request, "Origin");
    if (origin == NULL || !engineio_origin_is_allowed(server, request))
        return reply;
    http_reply_header(reply, "Access-Control-Allow-Origin", origin);
    if (server->options.credentials && !names_any(server))
        http_reply_header(reply, "Access-Control-Allow-Credentials", "true");
    return reply;
}

static void reply_error(EngineioServer *server, HttpRequest *request, guint status, guint code,
                        const char *message)
{
    server->metrics.refused++;
    HttpReply *reply = engineio_reply_new(server, request, status);
    g_autofree char *json = g_strdup_printf("{\"code\":%u,\"message\":\"%s\"}", code, message);
    http_reply_text(reply, "application/json", json);
    http_request_reply(request, reply);
}

void engineio_reply_refuse(EngineioServer *server, HttpRequest *request, EngineioRefusal why)
{
    static const char *const messages[] = {
        [ENGINEIO_REFUSE_TRANSPORT] = "Transport unknown",
        [ENGINEIO_REFUSE_SESSION] = "Session ID unknown",
        [ENGINEIO_REFUSE_METHOD] = "Bad handshake method",
        [ENGINEIO_REFUSE_REQUEST] = "Bad request",
        [ENGINEIO_REFUSE_FORBIDDEN] = "Forbidden",
        [ENGINEIO_REFUSE_VERSION] = "Unsupported protocol version",
    };
    guint status = why == ENGINEIO_REFUSE_FORBIDDEN ? 403 : 400;
    reply_error(server, request, status, (guint)why - 1, messages[why]);
}

void engineio_reply_busy(EngineioServer *server, HttpRequest *request, guint status)
{
    reply_error(server, request, status, ENGINEIO_REFUSE_FORBIDDEN - 1, "Too many sessions");
}

void engineio_reply_preflight(const EngineioServer *server, HttpRequest *request)
{
    HttpReply *reply = engineio_reply_new(server, request, 204);
    http_reply_header(reply, "Access-Control-Allow-Methods", "GET, POST");
    const char *headers = http_request_header(request, "Access-Control-Request-Headers");
    if (headers != NULL)
        http_reply_header(reply, "Access-Control-Allow-Headers", headers);
    http_reply_header(reply, "Access-Control-Max-Age", "600");
    http_request_reply(request, reply);
}
