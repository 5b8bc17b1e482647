/* Frames over WebSockets: a session that begins with one, or takes one up after polling. That one
 * is a probe until the client said "upgrade"; until then the session is a polling one. */
#include "engine-private.h"

#include <string.h>

struct EngineioLink {
    HttpWebSocket *socket;
    EngineioSession *session; /* NULL: the session has ended, or does not want it */
    gboolean has_probed;
    SocketioTimer deadline; /* of a probe */
};

static void forget(EngineioLink *link)
{
    EngineioSession *session = link->session;
    socketio_timer_cancel(&link->deadline);
    link->session = NULL;
    if (session->link == link)
        session->link = NULL;
    if (session->probe == link)
        session->probe = NULL;
}

static void drop(EngineioLink *link, guint code)
{
    forget(link);
    if (code == ENGINEIO_ABORT)
        http_websocket_abort(link->socket);
    else
        http_websocket_close(link->socket, code, NULL);
}

void engineio_websocket_end(EngineioSession *session, guint code)
{
    if (session->link != NULL)
        drop(session->link, code);
    if (session->probe != NULL)
        drop(session->probe, code);
}

gboolean engineio_websocket_has_probed(const EngineioSession *session)
{
    return session->probe != NULL && session->probe->has_probed;
}

gsize engineio_websocket_buffered_bytes(const EngineioSession *session)
{
    return session->link != NULL ? http_websocket_buffered_bytes(session->link->socket) : 0;
}

static void send_on(HttpWebSocket *socket, gboolean is_binary, GBytes *bytes)
{
    if (is_binary)
        http_websocket_send_binary(socket, bytes);
    else
        http_websocket_send_text(socket, bytes);
}

void engineio_websocket_send(EngineioSession *session, gboolean is_binary, GBytes *bytes)
{
    engineio_session_note_leaving(session, is_binary, bytes);
    send_on(session->link->socket, is_binary, bytes);
}

void engineio_websocket_flush(EngineioSession *session)
{
    for (EngineioFrame *frame = engineio_session_next_frame(session); frame != NULL;
         frame = engineio_session_next_frame(session)) {
        send_on(session->link->socket, frame->is_binary, frame->bytes);
        engineio_frame_free(frame);
    }
}

/* ---- the upgrade ---- */

static void finish_upgrade(EngineioLink *link)
{
    EngineioSession *session = link->session;
    socketio_timer_cancel(&link->deadline);
    session->probe = NULL;
    session->link = link;
    session->transport = ENGINEIO_WEBSOCKET;
    session->server->metrics.upgraded++;
    session->server->metrics.sessions_websocket++;
    engineio_polling_release(session, ENGINEIO_NOOP);
    engineio_websocket_flush(session);
    if (session->state == ENGINEIO_STATE_CLOSING)
        engineio_session_fail(session, ENGINEIO_REASON_SERVER);
}

static gboolean is_text(const EngineioPacket *packet, EngineioType type, const char *text)
{
    g_autoptr(GBytes) wanted = g_bytes_new_static(text, strlen(text));
    return packet->type == type && !packet->is_binary && g_bytes_equal(packet->data, wanted);
}

/* What else comes before the upgrade costs the probe, not the session. */
static void take_probe(EngineioLink *link, gboolean is_binary, GBytes *message)
{
    g_autoptr(EngineioPacket) packet = engineio_packet_from_frame(is_binary, message, NULL);
    if (packet != NULL && !link->has_probed && is_text(packet, ENGINEIO_PING, "probe")) {
        g_autoptr(GBytes) answer = g_bytes_new_static("3probe", 6);
        link->has_probed = TRUE;
        http_websocket_send_text(link->socket, answer);
        /* What is queued goes with the poll that is held; a poll with nothing to say would keep the
         * client from going on. */
        engineio_polling_flush(link->session);
        engineio_polling_release(link->session, ENGINEIO_NOOP);
    } else if (packet != NULL && link->has_probed && is_text(packet, ENGINEIO_UPGRADE, "")) {
        finish_upgrade(link);
    } else {
        drop(link, HTTP_WEBSOCKET_PROTOCOL);
    }
}

static void on_probe_late(gpointer data)
{
    drop(data, HTTP_WEBSOCKET_POLICY);
}

/* ---- what comes ---- */

static void on_message(HttpWebSocket *socket, gboolean is_binary, GBytes *message, gpointer data)
{
    (void)socket;
    EngineioLink *link = data;
    if (link->session == NULL)
        return;
    if (link->session->probe == link)
        take_probe(link, is_binary, message);
    else
        engineio_session_take_frame(link->session, is_binary, message);
}

static EngineioReason reason_of(guint code)
{
    switch (code) {
    case HTTP_WEBSOCKET_ABNORMAL:
        return ENGINEIO_REASON_ERROR;
    case HTTP_WEBSOCKET_PROTOCOL:
    case HTTP_WEBSOCKET_NOT_UTF8:
    case HTTP_WEBSOCKET_TOO_LARGE:
        return ENGINEIO_REASON_PROTOCOL;
    case HTTP_WEBSOCKET_POLICY:
        return ENGINEIO_REASON_SLOW;
    default:
        return ENGINEIO_REASON_CLIENT;
    }
}

static void on_closed(HttpWebSocket *socket, guint code, const char *reason, gpointer data)
{
    (void)socket;
    (void)reason;
    EngineioLink *link = data;
    EngineioSession *session = link->session;
    if (session != NULL) {
        gboolean was_probe = session->probe == link;
        forget(link);
        if (!was_probe)
            engineio_session_fail(session, reason_of(code));
    }
    g_free(link);
}

/* ---- accepting ---- */

static EngineioLink *accept_link(EngineioServer *server, HttpRequest *request)
{
    static const HttpWebSocketEvents events = {.message = on_message, .closed = on_closed};
    const HttpWebSocketOptions options = {
        .max_message_bytes = server->options.max_payload_bytes,
        .max_buffered_bytes = server->options.max_queue_bytes,
        .close_ms = MIN(5000, server->options.ping_timeout_ms),
        .ping_ms = G_MAXUINT, /* the engine has its own heartbeat */
    };
    EngineioLink *link = g_new0(EngineioLink, 1);
    link->deadline = (SocketioTimer){.fire = on_probe_late, .data = link};
    link->socket = http_websocket_accept(request, &options, &events, link, NULL);
    if (link->socket != NULL)
        return link;
    g_free(link);
    engineio_reply_refuse(server, request, ENGINEIO_REFUSE_REQUEST);
    return NULL;
}

void engineio_websocket_open(EngineioServer *server, HttpRequest *request)
{
    /* Accepting ends the request, so what is wanted of it is taken before. */
    EngineioSession *session = engineio_session_new(server, ENGINEIO_WEBSOCKET, request,
                                                    http_request_client_address(request));
    server->metrics.sessions_websocket++;
    session->link = accept_link(server, request);
    if (session->link == NULL) {
        engineio_session_discard(session);
        return;
    }
    session->link->session = session;
    g_autoptr(GBytes) greeting = engineio_session_greeting(session);
    engineio_session_send_frame(session, FALSE, greeting);
    server->events->open(session, server->data);
}

/* A session that is not to have another WebSocket: that one is closed, as the reference server does,
 * rather than refused. */
void engineio_websocket_upgrade(EngineioSession *session, HttpRequest *request)
{
    gboolean is_wanted = session->state == ENGINEIO_STATE_OPEN &&
                         session->transport == ENGINEIO_POLLING && session->probe == NULL;
    EngineioServer *server = session->server;
    EngineioLink *link = accept_link(server, request);
    if (link == NULL)
        return;
    if (!is_wanted) {
        http_websocket_close(link->socket, HTTP_WEBSOCKET_POLICY, NULL);
        return;
    }
    link->session = session;
    session->probe = link;
    socketio_timer_set_in(server->timers, &link->deadline, server->options.upgrade_timeout_ms);
}
