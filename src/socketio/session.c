/* A session: from its greeting to its end, whatever carries its frames. Open: frames go both ways, a
 * ping every interval. Closing: the owner is done, what is queued waits for the client's next poll
 * (over a WebSocket nothing waits, so it is closed at once). Closed: off its transports; `closed` is
 * told in the next turn, so that nobody is called from within what he calls. */
#include "engine-private.h"

#include <string.h>

#define KEEP_MAX_BYTES 4096 /* of one header or cookie */
#define LAST_POLL_MS   20   /* that a client's poll may come behind its close */
#define BURST_S        10   /* packets that may come at once, in seconds of the allowed rate */

/* ---- birth and death ---- */

static void keep(EngineioSession *session, char kind, const char *name, const char *value)
{
    if (value == NULL || strlen(value) > KEEP_MAX_BYTES)
        return;
    if (session->kept == NULL)
        session->kept = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *key = g_strdup_printf("%c%s", kind, name);
    g_hash_table_insert(session->kept, g_ascii_strdown(key, -1), g_strdup(value));
}

static void keep_asked(EngineioSession *session, const HttpRequest *request)
{
    const EngineioOptions *options = &session->server->options;
    for (const char *const *at = options->keep_headers; at != NULL && *at != NULL; at++)
        keep(session, 'h', *at, http_request_header(request, *at));
    for (const char *const *at = options->keep_cookies; at != NULL && *at != NULL; at++)
        keep(session, 'c', *at, http_request_cookie(request, *at));
}

static void count_address(const EngineioSession *session, int change)
{
    GHashTable *counts = session->server->per_address;
    const char *address = session->client_address;
    guint count = GPOINTER_TO_UINT(g_hash_table_lookup(counts, address)) + (guint)change;
    if (count == 0)
        g_hash_table_remove(counts, address);
    else
        g_hash_table_insert(counts, g_strdup(address), GUINT_TO_POINTER(count));
}

static void on_heartbeat(gpointer data);
static void on_turn(gpointer data);

EngineioSession *engineio_session_new(EngineioServer *server, EngineioTransport transport,
                                      const HttpRequest *request, const char *client_address)
{
    EngineioSession *session = g_new0(EngineioSession, 1);
    session->references = 1;
    session->server = server;
    session->state = ENGINEIO_STATE_OPEN;
    session->transport = transport;
    session->client_address = g_strdup(client_address);
    session->tokens = (double)server->options.max_packets_per_s * BURST_S;
    session->tokens_us = g_get_monotonic_time();
    session->heartbeat = (SocketioTimer){.fire = on_heartbeat, .data = session};
    session->turn = (SocketioTimer){.fire = on_turn, .data = session};
    engineio_random_id(session->id);
    if (request != NULL)
        keep_asked(session, request);
    g_hash_table_insert(server->sessions, session->id, session);
    count_address(session, +1);
    server->metrics.opened++;
    server->metrics.sessions++;
    socketio_timer_set_in(server->timers, &session->heartbeat, server->options.ping_interval_ms);
    return session;
}

EngineioSession *engineio_session_ref(EngineioSession *session)
{
    session->references++;
    return session;
}

void engineio_frame_free(EngineioFrame *frame)
{
    g_bytes_unref(frame->bytes);
    g_free(frame);
}

static void clear_queue(EngineioSession *session)
{
    g_queue_clear_full(&session->queue, (GDestroyNotify)engineio_frame_free);
    session->queue_bytes = 0;
}

void engineio_session_unref(EngineioSession *session)
{
    if (session == NULL || --session->references > 0)
        return;
    g_assert(session->server == NULL && session->poll == NULL);
    clear_queue(session);
    g_clear_pointer(&session->kept, g_hash_table_unref);
    g_free(session->client_address);
    g_free(session);
}

GBytes *engineio_session_greeting(const EngineioSession *session)
{
    const EngineioOptions *options = &session->server->options;
    gboolean may_upgrade = session->transport == ENGINEIO_POLLING && !options->no_websocket;
    char *text =
        g_strdup_printf("0{\"sid\":\"%s\",\"upgrades\":[%s],\"pingInterval\":%u,"
                        "\"pingTimeout\":%u,\"maxPayload\":%zu}",
                        session->id, may_upgrade ? "\"websocket\"" : "", options->ping_interval_ms,
                        options->ping_timeout_ms, options->max_payload_bytes);
    return g_bytes_new_take(text, strlen(text));
}

/* ---- its end ---- */

static guint websocket_code(EngineioReason reason)
{
    switch (reason) {
    case ENGINEIO_REASON_PROTOCOL:
        return HTTP_WEBSOCKET_PROTOCOL;
    case ENGINEIO_REASON_SLOW: /* it would not take a close frame either */
        return ENGINEIO_ABORT;
    case ENGINEIO_REASON_SHUTDOWN:
        return HTTP_WEBSOCKET_GOING_AWAY;
    default:
        return HTTP_WEBSOCKET_NORMAL;
    }
}

static void count_out(EngineioSession *session)
{
    EngineioServer *server = session->server;
    session->state = ENGINEIO_STATE_CLOSED;
    server->metrics.sessions--;
    if (session->transport == ENGINEIO_WEBSOCKET)
        server->metrics.sessions_websocket--;
    count_address(session, -1);
    socketio_timer_cancel(&session->heartbeat);
}

void engineio_session_fail(EngineioSession *session, EngineioReason reason)
{
    if (session->state == ENGINEIO_STATE_CLOSED)
        return;
    EngineioServer *server = session->server;
    count_out(session);
    session->reason = reason;
    server->metrics.closed[reason]++;
    engineio_polling_release(session,
                             reason == ENGINEIO_REASON_CLIENT ? ENGINEIO_NOOP : ENGINEIO_CLOSE);
    engineio_websocket_end(session, websocket_code(reason));
    if (session->transport != ENGINEIO_LOCAL)
        clear_queue(session);
    socketio_timer_set_soon(server->timers, &session->turn);
    g_debug("session ended id=%s reason=\"%s\"", session->id, engineio_reason_name(reason));
}

void engineio_session_close(EngineioSession *session)
{
    if (session->state != ENGINEIO_STATE_OPEN)
        return;
    if (session->transport != ENGINEIO_POLLING) {
        engineio_session_fail(session, ENGINEIO_REASON_SERVER);
        return;
    }
    engineio_session_send_type(session, ENGINEIO_CLOSE);
    if (session->state != ENGINEIO_STATE_OPEN)
        return;
    session->state = ENGINEIO_STATE_CLOSING;
    /* A client on its way to a WebSocket polls no more: it hears the end there. */
    if (!engineio_websocket_has_probed(session))
        engineio_websocket_end(session, HTTP_WEBSOCKET_NORMAL);
    EngineioServer *server = session->server;
    socketio_timer_set_in(server->timers, &session->heartbeat, server->options.ping_timeout_ms);
}

void engineio_session_deliver_closed(EngineioSession *session)
{
    EngineioServer *server = session->server;
    socketio_timer_cancel(&session->turn);
    server->events->closed(session, session->reason, server->data);
    session->server = NULL;
    g_hash_table_remove(server->sessions, session->id);
}

void engineio_session_discard(EngineioSession *session)
{
    EngineioServer *server = session->server;
    count_out(session);
    server->metrics.opened--;
    session->server = NULL;
    g_hash_table_remove(server->sessions, session->id);
}

static void on_turn(gpointer data)
{
    EngineioSession *session = data;
    if (session->state != ENGINEIO_STATE_CLOSED && session->poll != NULL)
        engineio_polling_flush(session);
    if (session->state == ENGINEIO_STATE_CLOSED)
        engineio_session_deliver_closed(session);
}

/* ---- heartbeat ---- */

static void on_heartbeat(gpointer data)
{
    EngineioSession *session = data;
    EngineioServer *server = session->server;
    if (session->state == ENGINEIO_STATE_CLOSING) {
        gboolean is_clients = g_queue_is_empty(&session->queue);
        engineio_session_fail(session,
                              is_clients ? ENGINEIO_REASON_CLIENT : ENGINEIO_REASON_SERVER);
        return;
    }
    if (session->is_pinged) {
        engineio_session_fail(session, ENGINEIO_REASON_PING_TIMEOUT);
        return;
    }
    /* A ping that nobody polls for is late as planned; one that leaves gets its whole time from then
     * on (note_leaving()). When this loop was held up for most of the timeout, so does the other. */
    gint64 now_us = g_get_monotonic_time();
    gint64 timeout_us = (gint64)server->options.ping_timeout_ms * 1000;
    gint64 due_us = session->heartbeat.due_us;
    gboolean is_late = now_us - due_us > timeout_us / 4 * 3;
    session->is_pinged = TRUE;
    socketio_timer_set(server->timers, &session->heartbeat,
                       timeout_us + (is_late ? now_us : due_us));
    engineio_session_send_type(session, ENGINEIO_PING);
}

gboolean engineio_session_is_overdue(const EngineioSession *session)
{
    return session->state == ENGINEIO_STATE_OPEN && session->is_pinged &&
           g_get_monotonic_time() >= session->heartbeat.due_us;
}

static void take_pong(EngineioSession *session)
{
    EngineioServer *server = session->server;
    session->is_pinged = FALSE;
    socketio_timer_set_in(server->timers, &session->heartbeat, server->options.ping_interval_ms);
}

/* ---- in ---- */

/* A bucket of tokens that fills at the allowed rate. */
static gboolean may_send(EngineioSession *session)
{
    double rate = session->server->options.max_packets_per_s;
    gint64 now_us = g_get_monotonic_time();
    session->tokens += rate * (double)(now_us - session->tokens_us) / 1e6;
    session->tokens = MIN(session->tokens, rate * BURST_S);
    session->tokens_us = now_us;
    if (session->tokens < 1)
        return FALSE;
    session->tokens -= 1;
    return TRUE;
}

/* The poll that the client has running may come in behind its close, and wants its noop: closing with
 * an empty queue means this. */
static void take_close(EngineioSession *session)
{
    if (session->transport != ENGINEIO_POLLING || session->poll != NULL) {
        engineio_session_fail(session, ENGINEIO_REASON_CLIENT);
        return;
    }
    session->state = ENGINEIO_STATE_CLOSING;
    clear_queue(session);
    engineio_websocket_end(session, HTTP_WEBSOCKET_NORMAL);
    socketio_timer_set_in(session->server->timers, &session->heartbeat, LAST_POLL_MS);
}

void engineio_session_take(EngineioSession *session, const EngineioPacket *packet)
{
    if (session->state == ENGINEIO_STATE_CLOSING && packet->type == ENGINEIO_CLOSE &&
        !g_queue_is_empty(&session->queue))
        engineio_session_fail(session, ENGINEIO_REASON_SERVER); /* it has heard what was queued */
    if (session->state != ENGINEIO_STATE_OPEN)
        return;
    EngineioServer *server = session->server;
    server->metrics.packets_in++;
    server->metrics.bytes_in += g_bytes_get_size(packet->data);
    if (!may_send(session)) {
        engineio_session_fail(session, ENGINEIO_REASON_PROTOCOL);
        return;
    }
    switch (packet->type) {
    case ENGINEIO_MESSAGE:
        server->events->message(session, packet->is_binary, packet->data, server->data);
        return;
    case ENGINEIO_PONG:
        take_pong(session);
        return;
    case ENGINEIO_CLOSE:
        take_close(session);
        return;
    case ENGINEIO_NOOP:
        return;
    default: /* open, ping, upgrade are not the client's to send here */
        engineio_session_fail(session, ENGINEIO_REASON_PROTOCOL);
        return;
    }
}

void engineio_session_take_frame(EngineioSession *session, gboolean is_binary, GBytes *frame)
{
    g_autoptr(EngineioPacket) packet = engineio_packet_from_frame(is_binary, frame, NULL);
    if (packet != NULL)
        engineio_session_take(session, packet);
    else
        engineio_session_fail(session, ENGINEIO_REASON_PROTOCOL);
}

/* ---- out ---- */

static void queue_frame(EngineioSession *session, gboolean is_binary, GBytes *bytes)
{
    EngineioFrame *frame = g_new(EngineioFrame, 1);
    *frame = (EngineioFrame){.is_binary = is_binary, .bytes = g_bytes_ref(bytes)};
    g_queue_push_tail(&session->queue, frame);
    session->queue_bytes += g_bytes_get_size(bytes);
    if (session->poll != NULL)
        socketio_timer_set_soon(session->server->timers, &session->turn);
}

void engineio_session_send_frame(EngineioSession *session, gboolean is_binary, GBytes *bytes)
{
    if (session->state != ENGINEIO_STATE_OPEN)
        return;
    EngineioServer *server = session->server;
    gsize length = g_bytes_get_size(bytes);
    server->metrics.packets_out++;
    server->metrics.bytes_out += length;
    if (engineio_session_buffered_bytes(session) + length > server->options.max_queue_bytes)
        engineio_session_fail(session, ENGINEIO_REASON_SLOW);
    else if (session->transport == ENGINEIO_WEBSOCKET)
        engineio_websocket_send(session, is_binary, bytes); /* which has a queue of its own */
    else
        queue_frame(session, is_binary, bytes);
}

void engineio_session_send_type(EngineioSession *session, EngineioType type)
{
    static const char digits[] = "0123456";
    g_autoptr(GBytes) frame = g_bytes_new_static(digits + (type - ENGINEIO_OPEN), 1);
    engineio_session_send_frame(session, FALSE, frame);
}

void engineio_session_send(EngineioSession *session, gboolean is_binary, GBytes *message)
{
    const EngineioPacket packet = {
        .type = ENGINEIO_MESSAGE, .is_binary = is_binary, .data = message};
    g_autoptr(GBytes) frame = engineio_packet_to_frame(&packet);
    engineio_session_send_frame(session, is_binary, frame);
}

void engineio_session_note_leaving(EngineioSession *session, gboolean is_binary, GBytes *bytes)
{
    gsize length = 0;
    const char *text = g_bytes_get_data(bytes, &length);
    gboolean is_ping = !is_binary && length == 1 && text[0] == '2';
    if (is_ping && session->state == ENGINEIO_STATE_OPEN && session->is_pinged)
        socketio_timer_set_in(session->server->timers, &session->heartbeat,
                              session->server->options.ping_timeout_ms);
}

EngineioFrame *engineio_session_next_frame(EngineioSession *session)
{
    EngineioFrame *frame = g_queue_pop_head(&session->queue);
    if (frame == NULL)
        return NULL;
    session->queue_bytes -= g_bytes_get_size(frame->bytes);
    engineio_session_note_leaving(session, frame->is_binary, frame->bytes);
    return frame;
}

/* ---- what it is ---- */

const char *engineio_reason_name(EngineioReason reason)
{
    static const char *const names[] = {
        [ENGINEIO_REASON_CLIENT] = "transport close",
        [ENGINEIO_REASON_PING_TIMEOUT] = "ping timeout",
        [ENGINEIO_REASON_ERROR] = "transport error",
        [ENGINEIO_REASON_PROTOCOL] = "parse error",
        [ENGINEIO_REASON_SLOW] = "transport error",
        [ENGINEIO_REASON_SERVER] = "forced close",
        [ENGINEIO_REASON_SHUTDOWN] = "server shutting down",
    };
    g_assert(reason > 0 && reason < G_N_ELEMENTS(names));
    return names[reason];
}

const char *engineio_session_id(const EngineioSession *session)
{
    return session->id;
}

const char *engineio_session_client_address(const EngineioSession *session)
{
    return session->client_address;
}

const char *engineio_session_transport(const EngineioSession *session)
{
    switch (session->transport) {
    case ENGINEIO_WEBSOCKET:
        return "websocket";
    case ENGINEIO_LOCAL:
        return "local";
    default:
        return "polling";
    }
}

static const char *get_kept(const EngineioSession *session, char kind, const char *name)
{
    if (session->kept == NULL)
        return NULL;
    g_autofree char *key = g_strdup_printf("%c%s", kind, name);
    g_autofree char *lower = g_ascii_strdown(key, -1);
    return g_hash_table_lookup(session->kept, lower);
}

const char *engineio_session_header(const EngineioSession *session, const char *name)
{
    return get_kept(session, 'h', name);
}

const char *engineio_session_cookie(const EngineioSession *session, const char *name)
{
    return get_kept(session, 'c', name);
}

gsize engineio_session_buffered_bytes(const EngineioSession *session)
{
    return session->queue_bytes + engineio_websocket_buffered_bytes(session);
}

void engineio_session_set_data(EngineioSession *session, gpointer data)
{
    session->data = data;
}

gpointer engineio_session_get_data(const EngineioSession *session)
{
    return session->data;
}
