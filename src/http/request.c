/* A request as its handler sees it. Everything is copied out of MHD's memory when the headers are
 * complete, so that a request outlives its connection until it was replied to. */
#include "request-private.h"
#include <string.h>

/* ---- what was asked ---- */

const char *http_request_method(const HttpRequest *request)
{
    return request->method;
}

const char *http_request_path(const HttpRequest *request)
{
    return request->path;
}

const char *http_request_target(const HttpRequest *request)
{
    return request->target;
}

const char *http_request_query(const HttpRequest *request, const char *name)
{
    GArray *query = request->query;
    if (!query) {
        query = http_target_query(request->target);
        ((HttpRequest *)request)->query = query; /* kept for the next question */
    }
    for (guint i = 0; i < query->len; i++) {
        const HttpParameter *parameter = &g_array_index(query, HttpParameter, i);
        if (strcmp(parameter->name, name) == 0)
            return parameter->value;
    }
    return NULL;
}

const char *http_request_header(const HttpRequest *request, const char *name)
{
    for (guint i = 0; i < request->header_count; i++)
        if (g_ascii_strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

typedef int (*Compare)(const char *a, const char *b, gsize length);

static int compare_exactly(const char *a, const char *b, gsize length)
{
    return strncmp(a, b, length);
}

static int compare_any_case(const char *a, const char *b, gsize length)
{
    return g_ascii_strncasecmp(a, b, length);
}

/* Whether the list has the token; a parameter after it ("; q=1") is no part of it. */
static gboolean list_has(const char *list, const char *token, Compare compare)
{
    gsize length = strlen(token);
    while (*list) {
        list += strspn(list, " \t,");
        gsize item = strcspn(list, ", \t;");
        if (item == length && item > 0 && compare(list, token, length) == 0)
            return TRUE;
        list += strcspn(list, ",");
    }
    return FALSE;
}

static gboolean headers_have(const HttpRequest *request, const char *name, const char *token,
                             Compare compare)
{
    for (guint i = 0; i < request->header_count; i++)
        if (g_ascii_strcasecmp(request->headers[i].name, name) == 0 &&
            list_has(request->headers[i].value, token, compare))
            return TRUE;
    return FALSE;
}

gboolean http_request_header_has(const HttpRequest *request, const char *name, const char *token)
{
    return headers_have(request, name, token, compare_any_case);
}

gboolean http_request_header_has_exactly(const HttpRequest *request, const char *name,
                                         const char *token)
{
    return headers_have(request, name, token, compare_exactly);
}

static char *find_cookie(const char *line, const char *name)
{
    gsize length = strlen(name);
    while (*line) {
        line += strspn(line, "; \t");
        const char *end = line + strcspn(line, ";");
        if ((gsize)(end - line) > length && strncmp(line, name, length) == 0 &&
            line[length] == '=') {
            line += length + 1;
            while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
                end--;
            if (end - line >= 2 && *line == '"' && end[-1] == '"') {
                line++;
                end--;
            }
            return g_strndup(line, (gsize)(end - line));
        }
        line = end;
    }
    return NULL;
}

const char *http_request_cookie(const HttpRequest *request, const char *name)
{
    for (guint i = 0; i < request->header_count; i++) {
        if (g_ascii_strcasecmp(request->headers[i].name, "Cookie") != 0)
            continue;
        char *value = find_cookie(request->headers[i].value, name);
        if (value) {
            HttpRequest *mutable = (HttpRequest *)request;
            mutable->cookies = g_slist_prepend(mutable->cookies, value);
            return value;
        }
    }
    return NULL;
}

const char *http_request_client_address(const HttpRequest *request)
{
    return request->client;
}

const char *http_request_peer_address(const HttpRequest *request)
{
    return request->peer;
}

const char *http_request_scheme(const HttpRequest *request)
{
    return request->is_https ? "https" : "http";
}

gint64 http_request_body_length(const HttpRequest *request)
{
    return request->body_length;
}

void http_request_set_data(HttpRequest *request, gpointer data, GDestroyNotify destroy)
{
    if (request->destroy)
        request->destroy(request->slot);
    request->slot = data;
    request->destroy = destroy;
}

gpointer http_request_get_data(const HttpRequest *request)
{
    return request->slot;
}

void http_request_on_gone(HttpRequest *request, HttpRequestGone gone, gpointer data)
{
    request->gone = gone;
    request->gone_data = data;
}

gboolean http_request_is_gone(const HttpRequest *request)
{
    return !request->connection;
}

HttpServer *http_request_server(const HttpRequest *request)
{
    return request->connection->server;
}

gboolean http_request_is_http_1_1(const HttpRequest *request)
{
    return request->is_http_1_1;
}

/* ---- its end ---- */

static void request_free(HttpRequest *request)
{
    if (request->destroy)
        request->destroy(request->slot);
    if (request->collected)
        g_byte_array_unref(request->collected);
    if (request->query)
        g_array_unref(request->query);
    g_slist_free_full(request->cookies, g_free);
    g_free(request->path);
    g_free(request->target);
    g_free(request);
}

void http_request_reply(HttpRequest *request, HttpReply *reply)
{
    HttpConnection *connection = request->connection;
    if (connection) {
        connection->request = NULL;
        connection->reply = reply;
        http_connection_resume(connection);
    } else {
        http_reply_free(reply);
    }
    request_free(request);
}

void http_request_reply_text(HttpRequest *request, guint status, const char *content_type,
                             const char *text)
{
    HttpReply *reply = http_reply_new(status);
    http_reply_text(reply, content_type, text);
    http_request_reply(request, reply);
}

void http_request_become(HttpRequest *request, HttpWebSocket *websocket)
{
    HttpConnection *connection = request->connection;
    connection->request = NULL;
    connection->websocket = websocket;
    http_connection_resume(connection);
    request_free(request);
}

void http_request_lost(HttpRequest *request)
{
    request->connection = NULL;
    HttpRequestGone gone = request->gone;
    request->gone = NULL;
    if (gone)
        gone(request, request->gone_data);
}

/* ---- its body ---- */

void http_request_collect(HttpRequest *request, gsize max_bytes, HttpRequestBody done,
                          gpointer data)
{
    g_assert(!request->done && !request->chunk);
    request->done = done;
    request->body_data = data;
    request->max_bytes = max_bytes;
    if (request->connection)
        http_connection_resume(request->connection);
}

void http_request_stream(HttpRequest *request, HttpRequestChunk chunk, gpointer data)
{
    g_assert(!request->done && !request->chunk);
    request->chunk = chunk;
    request->body_data = data;
    if (request->connection)
        http_connection_resume(request->connection);
}

void http_request_stream_into(HttpRequest *request, HttpRequestRoom room, HttpRequestChunk chunk,
                              gpointer data)
{
    request->room = room;
    http_request_stream(request, chunk, data);
}

gboolean http_request_has_room(const HttpRequest *request)
{
    return request->room != NULL;
}

guint8 *http_request_room(HttpRequest *request, gsize *length)
{
    *length = 0;
    return request->room(length, request->body_data);
}

void http_request_give(HttpRequest *request, const guint8 *bytes, gsize length)
{
    request->chunk(request, bytes, length, request->body_data);
}

void http_request_pause(HttpRequest *request)
{
    request->is_paused = TRUE;
}

void http_request_resume(HttpRequest *request)
{
    request->is_paused = FALSE;
    if (request->connection)
        http_connection_resume(request->connection);
}

gboolean http_request_is_asked(const HttpRequest *request)
{
    return request->done || request->chunk;
}

gboolean http_request_is_paused(const HttpRequest *request)
{
    return request->is_paused;
}

static gboolean collect(HttpRequest *request, const guint8 *bytes, gsize length)
{
    if (!request->collected)
        request->collected =
            g_byte_array_sized_new((guint)CLAMP(request->body_length, 512, HTTP_SCRATCH_BYTES));
    gsize room = MIN(request->max_bytes, G_MAXUINT - 1) - request->collected->len;
    if (length > room)
        return FALSE;
    g_byte_array_append(request->collected, bytes, (guint)length);
    return TRUE;
}

static void reply_too_large(HttpRequest *request)
{
    http_request_reply_text(request, 413, "text/plain", "The body is too large.\n");
}

void http_request_check_length(HttpRequest *request)
{
    if (request->done && request->body_length > 0 &&
        (guint64)request->body_length > request->max_bytes)
        reply_too_large(request);
}

gsize http_request_take(HttpRequest *request, const guint8 *bytes, gsize length)
{
    if (request->is_paused)
        return 0;
    if (request->chunk) {
        length = MIN(length, (gsize)HTTP_SCRATCH_BYTES);
        request->chunk(request, bytes, length, request->body_data);
    } else if (!collect(request, bytes, length)) {
        reply_too_large(request);
    }
    return length;
}

gboolean http_request_complete(HttpRequest *request)
{
    if (request->is_paused)
        return FALSE;
    request->is_complete = TRUE;
    if (request->chunk) {
        request->chunk(request, NULL, 0, request->body_data);
        return TRUE;
    }
    GBytes *body = request->collected
                       ? g_byte_array_free_to_bytes(g_steal_pointer(&request->collected))
                       : g_bytes_new(NULL, 0);
    request->done(request, body, request->body_data);
    g_bytes_unref(body);
    return TRUE;
}
