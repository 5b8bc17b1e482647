/* Calls. What always holds: each is answered once, counted once and logged once, with its id, and
 * no answer leaves without the security headers. The log has the path and never the query, headers
 * or bodies. */
#include "call-private.h"

#include "dispatch-private.h"
#include "server-private.h"

#include <string.h>

#define CSP_NOTHING "default-src 'none'; frame-ancestors 'none'; sandbox"

struct ServerCall {
    Server *server;
    HttpRequest *request;
    ServerWho who;
    GPtrArray *parts; /* NULL: none */
    char *allow;
    char id[17];
    gint64 began_us;
    gboolean is_answered;
    guint default_status; /* what the room below answers when it ends the call itself */
    void (*gone)(ServerCall *call, gpointer data);
    gpointer gone_data;
    ServerCallJson done;
    ServerCallBytes bytes_done;
    gpointer done_data;
};

/* ---- life ---- */

static void log_answer(const ServerCall *call, guint status)
{
    char took[32], text[16];
    int tenths = (int)MIN((g_get_monotonic_time() - call->began_us + 50) / 100, G_MAXINT);
    g_snprintf(took, sizeof took, "%d.%d", tenths / 10, tenths % 10);
    g_snprintf(text, sizeof text, "%u", status);
    const char *method = http_request_method(call->request);
    const char *path = http_request_path(call->request);
    const char *client = http_request_client_address(call->request);
    g_log_structured(G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "CROSSCUT_REQUEST", call->id,
                     "CROSSCUT_METHOD", method, "CROSSCUT_PATH", path, "CROSSCUT_STATUS", text,
                     "CROSSCUT_CLIENT", client, "CROSSCUT_MS", took, "MESSAGE", "answered");
}

static void answered(ServerCall *call, guint status)
{
    g_assert(!call->is_answered);
    call->is_answered = TRUE;
    server_metrics_answered(call->server->metrics, status);
    log_answer(call, status);
}

static void free_call(gpointer data)
{
    ServerCall *call = data;
    if (!call->is_answered)
        answered(call, call->default_status);
    g_clear_pointer(&call->parts, g_ptr_array_unref);
    g_free(call->allow);
    g_free(call);
}

static void notice_gone(HttpRequest *request, gpointer data)
{
    (void)request;
    ServerCall *call = data;
    call->default_status = 499;
    /* While the body is read by the room below, nobody else is there to answer. */
    if (call->gone != NULL)
        call->gone(call, call->gone_data);
    else if (call->done != NULL)
        server_call_empty(call, 499);
}

ServerCall *server_call_new(Server *server, HttpRequest *request)
{
    ServerCall *call = g_new0(ServerCall, 1);
    call->server = server;
    call->request = request;
    call->began_us = g_get_monotonic_time();
    call->default_status = 500;
    g_snprintf(call->id, sizeof call->id, "%08x%08x", g_random_int(), g_random_int());
    http_request_set_data(request, call, free_call);
    http_request_on_gone(request, notice_gone, call);
    return call;
}

void server_call_set_parts(ServerCall *call, GPtrArray *parts)
{
    g_clear_pointer(&call->parts, g_ptr_array_unref);
    call->parts = parts;
}

ServerWho *server_call_identify(ServerCall *call)
{
    return &call->who;
}

void server_call_set_allow(ServerCall *call, const char *methods)
{
    g_free(call->allow);
    call->allow = g_strdup(methods);
}

HttpRequest *server_call_request(const ServerCall *call)
{
    return call->request;
}

const ServerWho *server_call_who(const ServerCall *call)
{
    return &call->who;
}

const char *server_call_part(const ServerCall *call, guint i)
{
    g_assert(call->parts != NULL && i < call->parts->len);
    return call->parts->pdata[i];
}

const char *server_call_id(const ServerCall *call)
{
    return call->id;
}

void server_call_on_gone(ServerCall *call, void (*gone)(ServerCall *call, gpointer data),
                         gpointer data)
{
    call->gone = gone;
    call->gone_data = data;
}

/* ---- the body ---- */

static void take_body(HttpRequest *request, GBytes *bytes, gpointer data)
{
    (void)request;
    ServerCall *call = data;
    ServerCallJson done = call->done;
    call->done = NULL;
    call->default_status = 500;
    gsize length = 0;
    const char *text = g_bytes_get_data(bytes, &length);
    json_error_t why;
    json_t *body = json_loadb(text != NULL ? text : "", length, JSON_REJECT_DUPLICATES, &why);
    if (body == NULL)
        server_call_refuse(call, SERVER_ERROR_INVALID, NULL, "the body is not JSON: line %d: %s",
                           why.line, why.text);
    else if (!json_is_object(body))
        server_call_refuse(call, SERVER_ERROR_INVALID, NULL, "the body is no JSON object");
    else
        done(call, body, call->done_data);
    json_decref(body);
}

static void take_bytes(HttpRequest *request, GBytes *bytes, gpointer data)
{
    (void)request;
    ServerCall *call = data;
    call->default_status = 500;
    call->bytes_done(call, bytes, call->done_data);
}

static void collect(ServerCall *call, gsize max_bytes, HttpRequestBody done)
{
    if (http_request_body_length(call->request) > (gint64)max_bytes) {
        server_call_refuse(call, SERVER_ERROR_TOO_LARGE, NULL,
                           "the body may have at most %zu bytes", max_bytes);
        return;
    }
    call->default_status = 413; /* the one thing that the room answers itself from here on */
    http_request_collect(call->request, max_bytes, done, call);
}

void server_call_bytes_body(ServerCall *call, gsize max_bytes, ServerCallBytes done, gpointer data)
{
    call->bytes_done = done;
    call->done_data = data;
    collect(call, max_bytes, take_bytes);
}

static gboolean says_json(const char *type)
{
    static const char wanted[] = "application/json";
    if (type == NULL || g_ascii_strncasecmp(type, wanted, strlen(wanted)) != 0)
        return FALSE;
    char after = type[strlen(wanted)];
    return after == '\0' || after == ';' || after == ' ';
}

void server_call_json_body(ServerCall *call, gsize max_bytes, ServerCallJson done, gpointer data)
{
    if (!says_json(http_request_header(call->request, "Content-Type"))) {
        server_call_refuse(call, SERVER_ERROR_TYPE, NULL,
                           "expected a body with Content-Type: application/json");
        return;
    }
    call->done = done;
    call->done_data = data;
    collect(call, max_bytes, take_body);
}

const char *server_json_text(const json_t *body, const char *member, gsize max_bytes,
                             GError **error)
{
    const json_t *value = json_object_get(body, member);
    const char *text = json_string_value(value);
    if (text == NULL || json_string_length(value) == 0) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_INVALID, "%s: expected a text%s", member,
                    value == NULL ? ", found nothing" : "");
        return NULL;
    }
    if (json_string_length(value) > max_bytes || strlen(text) != json_string_length(value)) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                    "%s: expected a text of at most %zu bytes", member, max_bytes);
        return NULL;
    }
    return text;
}

/* ---- a WebSocket instead of an answer ---- */

HttpWebSocket *server_call_websocket(ServerCall *call, const HttpWebSocketOptions *options,
                                     const HttpWebSocketEvents *events, gpointer data)
{
    GError *error = NULL;
    guint before = call->default_status;
    call->default_status = 101;
    HttpWebSocket *socket = http_websocket_accept(call->request, options, events, data, &error);
    if (socket != NULL)
        return socket;
    call->default_status = before;
    server_call_fail(call, error, NULL);
    return NULL;
}

/* ---- the answer ---- */

static void add_headers(ServerCall *call, HttpReply *reply)
{
    http_reply_header(reply, "X-Request-Id", call->id);
    http_reply_header(reply, "X-Content-Type-Options", "nosniff");
    http_reply_header(reply, "Referrer-Policy", "no-referrer");
    http_reply_header(reply, "Cross-Origin-Resource-Policy", "same-origin");
    if (call->server->config->public_url != NULL &&
        g_str_has_prefix(call->server->config->public_url, "https:"))
        http_reply_header(reply, "Strict-Transport-Security", "max-age=31536000");
    if (call->allow != NULL)
        http_reply_header(reply, "Allow", call->allow);
    server_origin_headers(call->server, call->request, reply);
}

static void finish(ServerCall *call, guint status, HttpReply *reply)
{
    HttpRequest *request = call->request;
    answered(call, status);
    http_request_reply(request, reply);
}

void server_call_reply(ServerCall *call, HttpReply *reply)
{
    add_headers(call, reply);
    finish(call, http_reply_status(reply), reply);
}

void server_call_file(ServerCall *call, HttpReply *headers, const HttpFile *file)
{
    HttpRequest *request = call->request;
    add_headers(call, headers);
    http_reply_header(headers, "Content-Security-Policy", CSP_NOTHING);
    answered(call, 200);
    http_request_reply_file(request, headers, file);
}

void server_call_page(ServerCall *call, HttpReply *reply)
{
    http_reply_header(reply, "Cross-Origin-Opener-Policy", "same-origin");
    http_reply_header(reply, "Cross-Origin-Embedder-Policy", "require-corp");
    http_reply_header(reply, "Permissions-Policy",
                      "camera=(self), microphone=(self), display-capture=(self), "
                      "screen-wake-lock=(self), fullscreen=(self), geolocation=(), payment=(), "
                      "usb=(), serial=(), midi=()");
    server_call_reply(call, reply);
}

static HttpReply *new_answer(guint status)
{
    HttpReply *reply = http_reply_new(status);
    http_reply_header(reply, "Cache-Control", "no-store");
    http_reply_header(reply, "Content-Security-Policy", CSP_NOTHING);
    return reply;
}

static char *dump(json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(body);
    g_assert(text != NULL);
    return text;
}

static void answer_json(ServerCall *call, guint status, const char *text)
{
    HttpReply *reply = new_answer(status);
    http_reply_text(reply, "application/json", text);
    add_headers(call, reply);
    finish(call, status, reply);
}

void server_call_json(ServerCall *call, guint status, json_t *body)
{
    char *text = dump(body);
    answer_json(call, status, text);
    free(text); /* jansson's */
}

void server_call_json_joined(ServerCall *call, guint status, const char *text, json_t *body)
{
    char *behind = dump(body);
    GString *joined = g_string_new_len(text, (gssize)strlen(text) - 1); /* less "}" */
    g_string_append_c(joined, ',');
    g_string_append(joined, behind + 1); /* less "{" */
    free(behind);                        /* jansson's */
    answer_json(call, status, joined->str);
    g_string_free(joined, TRUE);
}

void server_call_empty(ServerCall *call, guint status)
{
    HttpReply *reply = new_answer(status);
    add_headers(call, reply);
    finish(call, status, reply);
}

void server_call_fail(ServerCall *call, GError *error, const char *field)
{
    guint status = server_error_status(error);
    g_autofree char *said = server_error_message(error);
    g_autofree char *named = field == NULL ? server_error_field(error) : NULL;
    const char *message = said;
    if (status == 500) {
        g_warning("a call failed: %s, request=%s", error->message, call->id);
        message = "the server could not do it; its log says why";
    }
    json_t *body = json_pack("{s:{s:s,s:s,s:s*}}", "error", "code", server_error_code(error),
                             "message", message, "field", field != NULL ? field : named);
    if (body == NULL) /* a message that is not UTF-8: file names need not be */
        body = json_pack("{s:{s:s,s:s}}", "error", "code", server_error_code(error), "message",
                         "it was refused");
    g_error_free(error);
    server_call_json(call, status, body);
}

void server_call_refuse(ServerCall *call, ServerError code, const char *field, const char *format,
                        ...)
{
    va_list values;
    va_start(values, format);
    GError *error = g_error_new_valist(SERVER_ERROR, (int)code, format, values);
    va_end(values);
    server_call_fail(call, error, field);
}
