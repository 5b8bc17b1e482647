/* The console's files, as the program carries them. */
#include "dispatch-private.h"

#include "livekit-private.h"
#include "server-private.h"
#include <console/console.h>

#include <string.h>

static gboolean has_etag(const HttpRequest *request, const char *etag)
{
    const char *given = http_request_header(request, "If-None-Match");
    return given != NULL && (strcmp(given, "*") == 0 || strstr(given, etag) != NULL);
}

static gboolean takes_gzip(const HttpRequest *request)
{
    return http_request_header_has(request, "Accept-Encoding", "gzip");
}

static void add_bytes(HttpReply *reply, const ConsoleFile *file, gboolean is_gzip)
{
    if (is_gzip)
        http_reply_header(reply, "Content-Encoding", "gzip");
    g_autoptr(GBytes) bytes = is_gzip ? g_bytes_new_static(file->gzip, file->gzip_bytes)
                                      : g_bytes_new_static(file->bytes, file->size_bytes);
    http_reply_header(reply, "Content-Type", file->content_type);
    http_reply_bytes(reply, bytes);
}

/* The two forms have two tags: what is the same byte for byte has one. */
static char *etag_of(const ConsoleFile *file, gboolean is_gzip)
{
    if (!is_gzip)
        return g_strdup(file->etag);
    g_autofree char *open = g_strndup(file->etag, strlen(file->etag) - 1);
    return g_strconcat(open, "-gz\"", NULL);
}

/* LiveKit is asked over HTTP why its WebSocket did not open. */
static void add_policy(const Server *server, HttpReply *reply)
{
    g_autofree char *origin = server_livekit_origin(server->livekit);
    g_autofree char *other = origin != NULL ? g_strconcat(" ", origin, NULL) : g_strdup("");
    g_autofree char *policy = g_strdup_printf(CONSOLE_CONTENT_SECURITY_POLICY, other);
    http_reply_header(reply, "Content-Security-Policy", policy);
}

void server_console_handle(Server *server, ServerCall *call)
{
    const HttpRequest *request = server_call_request(call);
    const ConsoleFile *file = console_file_find(http_request_path(request));
    if (file == NULL) {
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, NULL, "there is nothing at %s",
                           http_request_path(request));
        return;
    }
    gboolean is_gzip = file->gzip != NULL && takes_gzip(request);
    g_autofree char *etag = etag_of(file, is_gzip);
    gboolean is_known = has_etag(request, etag);
    HttpReply *reply = http_reply_new(is_known ? 304 : 200);
    http_reply_header(reply, "ETag", etag);
    http_reply_header(reply, "Vary", "Accept-Encoding");
    http_reply_header(reply, "Cache-Control",
                      file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
    add_policy(server, reply);
    if (!is_known)
        add_bytes(reply, file, is_gzip);
    server_call_page(call, reply);
}
