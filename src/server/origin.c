/* Pages and addresses. Two things that a browser does on behalf of a stranger's page are kept off:
 * calls that carry our cookie (the Origin has to be ours), and calls under a name of the stranger's
 * that was made to point here (the Host has to be ours). Sites that were allowed by name call with
 * a token of their own, never with the cookie. */
#include "dispatch-private.h"
#include "server-private.h"

#include <gio/gio.h>
#include <string.h>

/* "studio.example:8443" → "studio.example"; "[::1]:80" → "::1". NULL: not a host. */
static char *host_name(const char *host)
{
    const char *end = host + strcspn(host, ":");
    if (*host == '[') {
        end = strchr(host++, ']');
        if (end == NULL || (end[1] != '\0' && end[1] != ':'))
            return NULL;
    }
    g_autofree char *name = g_strndup(host, (gsize)(end - host));
    gsize length = strlen(name);
    if (length > 1 && name[length - 1] == '.')
        name[length - 1] = '\0';
    return *name != '\0' ? g_ascii_strdown(name, -1) : NULL;
}

static gboolean is_public_host(const ServerConfig *config, const char *name)
{
    if (config->public_url == NULL)
        return FALSE;
    g_autofree char *ours = host_name(strstr(config->public_url, "://") + strlen("://"));
    return g_strcmp0(ours, name) == 0;
}

gboolean server_origin_host_is_ours(const Server *server, const HttpRequest *request)
{
    const char *host = http_request_header(request, "Host");
    if (host == NULL)
        return TRUE; /* HTTP/1.0: not a browser */
    g_autofree char *name = host_name(host);
    return name != NULL &&
           (g_hostname_is_ip_address(name) || strcmp(name, "localhost") == 0 ||
            g_str_has_suffix(name, ".localhost") || is_public_host(server->config, name));
}

gboolean server_origin_is_ours(const Server *server, const HttpRequest *request, const char *origin)
{
    const char *host = http_request_header(request, "Host");
    if (origin == NULL)
        return FALSE;
    if (server->config->public_url != NULL && strcmp(origin, server->config->public_url) == 0)
        return TRUE;
    if (host == NULL || !server_origin_host_is_ours(server, request))
        return FALSE;
    g_autofree char *own = g_strdup_printf("%s://%s", http_request_scheme(request), host);
    return g_ascii_strcasecmp(origin, own) == 0;
}

gboolean server_origin_is_allowed(const Server *server, const char *origin)
{
    char **origins = server->config->origins;
    return origin != NULL && origins != NULL &&
           g_strv_contains((const char *const *)origins, origin);
}

void server_origin_headers(const Server *server, const HttpRequest *request, HttpReply *reply)
{
    if (server->config->origins == NULL)
        return;
    const char *origin = http_request_header(request, "Origin");
    http_reply_header(reply, "Vary", "Origin");
    if (!server_origin_is_allowed(server, origin))
        return;
    http_reply_header(reply, "Access-Control-Allow-Origin", origin);
    http_reply_header(reply, "Access-Control-Expose-Headers",
                      "Location, ETag, X-Request-Id, Retry-After, Tus-Resumable, Tus-Version, "
                      "Tus-Extension, Tus-Max-Size, Tus-Checksum-Algorithm, Upload-Offset, "
                      "Upload-Length, Upload-Defer-Length, Upload-Metadata, Upload-Expires");
}

void server_origin_options(Server *server, ServerCall *call, const char *methods)
{
    HttpRequest *request = server_call_request(call);
    const char *origin = http_request_header(request, "Origin");
    HttpReply *reply = http_reply_new(204);
    http_reply_header(reply, "Cache-Control", "no-store");
    if (http_request_header(request, "Access-Control-Request-Method") != NULL &&
        server_origin_is_allowed(server, origin)) {
        http_reply_header(reply, "Access-Control-Allow-Methods", methods);
        http_reply_header(reply, "Access-Control-Allow-Headers",
                          "Authorization, Content-Type, Tus-Resumable, Upload-Offset, "
                          "Upload-Length, Upload-Defer-Length, Upload-Metadata, Upload-Checksum, "
                          "X-HTTP-Method-Override, X-Requested-With, Range");
        http_reply_header(reply, "Access-Control-Max-Age", "600");
    }
    server_call_set_allow(call, methods);
    server_call_reply(call, reply);
}
