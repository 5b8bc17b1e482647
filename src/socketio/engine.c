/* The engine's server: its options, which request is whose, and what it counts. */
#include "engine-private.h"

#include <string.h>
#include <sys/random.h>

/* 120 random bits, as base64 for addresses. */
void engineio_random_id(char id[static 21])
{
    guint8 bytes[15];
    gssize got = getrandom(bytes, sizeof bytes, 0);
    g_assert(got == sizeof bytes);
    g_autofree char *text = g_base64_encode(bytes, sizeof bytes);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    memcpy(id, text, 21);
}

static const char *const *copy_list(const char *const *list)
{
    return (const char *const *)g_strdupv((char **)list);
}

static EngineioOptions copy_options(const EngineioOptions *given)
{
    EngineioOptions options = *given;
    options.path = g_strdup(given->path != NULL ? given->path : "/engine.io/");
    g_assert(options.path[0] == '/' && g_str_has_suffix(options.path, "/"));
    options.ping_interval_ms = given->ping_interval_ms != 0 ? given->ping_interval_ms : 25000;
    options.ping_timeout_ms = given->ping_timeout_ms != 0 ? given->ping_timeout_ms : 20000;
    options.upgrade_timeout_ms = given->upgrade_timeout_ms != 0 ? given->upgrade_timeout_ms : 10000;
    options.max_payload_bytes = given->max_payload_bytes != 0 ? given->max_payload_bytes : 1000000;
    options.max_payload_packets =
        given->max_payload_packets != 0 ? given->max_payload_packets : 1024;
    options.max_queue_bytes = given->max_queue_bytes != 0 ? given->max_queue_bytes : 4 << 20;
    options.max_sessions = given->max_sessions != 0 ? given->max_sessions : 4096;
    options.max_sessions_per_address =
        given->max_sessions_per_address != 0 ? given->max_sessions_per_address : 256;
    options.max_packets_per_s = given->max_packets_per_s != 0 ? given->max_packets_per_s : 1000;
    options.origins = copy_list(given->origins);
    options.keep_headers = copy_list(given->keep_headers);
    options.keep_cookies = copy_list(given->keep_cookies);
    return options;
}

static void clear_options(EngineioOptions *options)
{
    g_free((char *)options->path);
    g_strfreev((char **)options->origins);
    g_strfreev((char **)options->keep_headers);
    g_strfreev((char **)options->keep_cookies);
}

EngineioServer *engineio_server_new(const EngineioOptions *options, const EngineioEvents *events,
                                    gpointer data)
{
    EngineioServer *server = g_new0(EngineioServer, 1);
    server->options = copy_options(options);
    server->events = events;
    server->data = data;
    server->timers = socketio_timers_new(
        options->context != NULL ? options->context : g_main_context_get_thread_default());
    server->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                             (GDestroyNotify)engineio_session_unref);
    server->per_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    return server;
}

void engineio_server_free(EngineioServer *server)
{
    if (server == NULL)
        return;
    g_autoptr(GList) sessions = g_hash_table_get_values(server->sessions);
    for (GList *at = sessions; at != NULL; at = at->next) {
        engineio_session_fail(at->data, ENGINEIO_REASON_SHUTDOWN);
        engineio_session_deliver_closed(at->data);
    }
    g_assert(g_hash_table_size(server->sessions) == 0);
    g_hash_table_unref(server->sessions);
    g_hash_table_unref(server->per_address);
    socketio_timers_free(server->timers);
    clear_options(&server->options);
    g_free(server);
}

void engineio_server_get_metrics(const EngineioServer *server, EngineioMetrics *metrics)
{
    *metrics = server->metrics;
    GHashTableIter iter;
    gpointer session = NULL;
    g_hash_table_iter_init(&iter, server->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &session))
        metrics->buffered_bytes += engineio_session_buffered_bytes(session);
}

/* ---- which request is whose ---- */

static EngineioTransport transport_of(const EngineioServer *server, const HttpRequest *request)
{
    const char *name = http_request_query(request, "transport");
    if (g_strcmp0(name, "polling") == 0 && !server->options.no_polling)
        return ENGINEIO_POLLING;
    if (g_strcmp0(name, "websocket") == 0 && !server->options.no_websocket)
        return ENGINEIO_WEBSOCKET;
    return 0;
}

static gboolean is_full(EngineioServer *server, HttpRequest *request)
{
    const char *address = http_request_client_address(request);
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(server->per_address, address));
    if (count >= server->options.max_sessions_per_address)
        engineio_reply_busy(server, request, 429);
    else if (g_hash_table_size(server->sessions) >= server->options.max_sessions)
        engineio_reply_busy(server, request, 503);
    else
        return FALSE;
    return TRUE;
}

static void open_session(EngineioServer *server, HttpRequest *request, EngineioTransport transport)
{
    gboolean is_upgrade = http_websocket_is_asked(request);
    if (strcmp(http_request_method(request), "GET") != 0)
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_METHOD);
    else if (is_upgrade != (transport == ENGINEIO_WEBSOCKET))
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_REQUEST);
    else if (g_strcmp0(http_request_query(request, "EIO"), "4") != 0)
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_VERSION);
    else if (is_full(server, request))
        return;
    else if (is_upgrade)
        engineio_websocket_open(server, request);
    else
        engineio_polling_open(server, request);
}

static void join_session(EngineioSession *session, HttpRequest *request,
                         EngineioTransport transport)
{
    const char *method = http_request_method(request);
    gboolean is_upgrade = http_websocket_is_asked(request);
    gboolean may_poll =
        !is_upgrade && transport == ENGINEIO_POLLING && session->transport == ENGINEIO_POLLING;
    if (is_upgrade && transport == ENGINEIO_WEBSOCKET)
        engineio_websocket_upgrade(session, request);
    else if (may_poll && strcmp(method, "GET") == 0)
        engineio_polling_get(session, request);
    else if (may_poll && strcmp(method, "POST") == 0)
        engineio_polling_post(session, request);
    else
        engineio_reply_refuse(session->server, request, ENGINEIO_REFUSE_REQUEST);
}

static EngineioSession *find_session(EngineioServer *server, const char *id)
{
    EngineioSession *session = g_hash_table_lookup(server->sessions, id);
    if (session != NULL && engineio_session_is_overdue(session))
        engineio_session_fail(session, ENGINEIO_REASON_PING_TIMEOUT);
    return session != NULL && session->state != ENGINEIO_STATE_CLOSED ? session : NULL;
}

static void route(EngineioServer *server, HttpRequest *request)
{
    EngineioTransport transport = transport_of(server, request);
    const char *id = http_request_query(request, "sid");
    EngineioSession *session = id != NULL ? find_session(server, id) : NULL;
    if (transport == 0)
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_TRANSPORT);
    else if (id == NULL)
        open_session(server, request, transport);
    else if (session == NULL)
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_SESSION);
    else
        join_session(session, request, transport);
}

/* The path with or without its last '/'. */
static gboolean is_exactly(const char *path, const char *wanted)
{
    gsize length = strlen(wanted) - 1;
    return strncmp(path, wanted, length) == 0 &&
           (path[length] == '\0' || strcmp(path + length, "/") == 0);
}

gboolean engineio_server_handle(EngineioServer *server, HttpRequest *request)
{
    const char *path = http_request_path(request);
    if (!is_exactly(path, server->options.path)) {
        if (!g_str_has_prefix(path, server->options.path))
            return FALSE;
        http_request_reply_text(request, 404, "text/plain", "There is nothing here.\n");
    } else if (!engineio_origin_is_allowed(server, request)) {
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_FORBIDDEN);
    } else if (strcmp(http_request_method(request), "OPTIONS") == 0) {
        engineio_reply_preflight(server, request);
    } else {
        route(server, request);
    }
    return TRUE;
}
