/* Frames over HTTP: a GET that is held until there is something to say, POSTs that bring payloads.
 * A client has one of each at a time; a second one closes the session, as the protocol says. */
#include "engine-private.h"

/* python-engineio's client refuses payloads of more; others do not mind. */
#define PAYLOAD_FRAMES_MAX 16

/* ---- out ---- */

static void reply_payload(EngineioServer *server, HttpRequest *request, GBytes *payload)
{
    HttpReply *reply = engineio_reply_new(server, request, 200);
    http_reply_header(reply, "Content-Type", "text/plain; charset=UTF-8");
    http_reply_bytes(reply, payload);
    http_request_reply(request, reply);
}

void engineio_polling_open(EngineioServer *server, HttpRequest *request)
{
    EngineioSession *session = engineio_session_new(server, ENGINEIO_POLLING, request,
                                                    http_request_client_address(request));
    g_autoptr(GBytes) greeting = engineio_session_greeting(session);
    reply_payload(server, request, greeting);
    server->events->open(session, server->data);
}

static HttpRequest *take_poll(EngineioSession *session)
{
    HttpRequest *request = session->poll;
    session->poll = NULL;
    return request;
}

void engineio_polling_release(EngineioSession *session, EngineioType type)
{
    if (session->poll == NULL)
        return;
    static const char digits[] = "0123456";
    g_autoptr(GBytes) payload = g_bytes_new_static(digits + (type - ENGINEIO_OPEN), 1);
    reply_payload(session->server, take_poll(session), payload);
}

static void append_frame(GString *payload, const EngineioFrame *frame)
{
    gsize length = 0;
    const char *bytes = g_bytes_get_data(frame->bytes, &length);
    if (frame->is_binary) {
        const EngineioPacket packet = {
            .type = ENGINEIO_MESSAGE, .is_binary = TRUE, .data = frame->bytes};
        engineio_payload_append(payload, &packet);
        return;
    }
    if (payload->len > 0)
        g_string_append_c(payload, '\x1e');
    g_string_append_len(payload, bytes, (gssize)length);
}

/* The last frame of a session that closes. */
static gboolean is_farewell(const EngineioSession *session)
{
    return session->state == ENGINEIO_STATE_CLOSING && session->queue.length == 1;
}

/* As much as a payload of the client's may have, and one frame at least. The farewell goes alone:
 * clients would act on it before they act on what is in front of it. */
static GBytes *take_payload(EngineioSession *session)
{
    GString *payload = g_string_new(NULL);
    gsize max_bytes = session->server->options.max_payload_bytes;
    for (guint i = 0; i < PAYLOAD_FRAMES_MAX && !g_queue_is_empty(&session->queue); i++) {
        const EngineioFrame *next = g_queue_peek_head(&session->queue);
        gsize cost = g_bytes_get_size(next->bytes) * (next->is_binary ? 4 : 3) / 3 + 4;
        if (payload->len > 0 && (payload->len + cost > max_bytes || is_farewell(session)))
            break;
        EngineioFrame *frame = engineio_session_next_frame(session);
        append_frame(payload, frame);
        engineio_frame_free(frame);
    }
    return g_string_free_to_bytes(payload);
}

void engineio_polling_flush(EngineioSession *session)
{
    if (session->poll == NULL || g_queue_is_empty(&session->queue))
        return;
    g_autoptr(GBytes) payload = take_payload(session);
    reply_payload(session->server, take_poll(session), payload);
    if (session->state == ENGINEIO_STATE_CLOSING && g_queue_is_empty(&session->queue))
        engineio_session_fail(session, ENGINEIO_REASON_SERVER);
}

static void on_poll_gone(HttpRequest *request, gpointer data)
{
    EngineioSession *session = data;
    g_assert(session->poll == request);
    engineio_polling_release(session, ENGINEIO_CLOSE);
    engineio_session_fail(session, ENGINEIO_REASON_ERROR);
}

void engineio_polling_get(EngineioSession *session, HttpRequest *request)
{
    if (session->poll != NULL) {
        engineio_reply_refuse(session->server, request, ENGINEIO_REFUSE_REQUEST);
        engineio_session_fail(session, ENGINEIO_REASON_PROTOCOL);
        return;
    }
    session->poll = request;
    http_request_on_gone(request, on_poll_gone, session);
    if (!g_queue_is_empty(&session->queue))
        engineio_polling_flush(session);
    else if (session->state == ENGINEIO_STATE_CLOSING)
        engineio_session_fail(session, ENGINEIO_REASON_CLIENT);
    else if (engineio_websocket_has_probed(session))
        engineio_polling_release(session, ENGINEIO_NOOP);
}

/* ---- in ---- */

/* A body on its way. */
typedef struct Post {
    EngineioSession *session;
    gboolean has_come;
} Post;

/* The request is over. Without its body: that was too long, and has its reply, or the client is
 * gone. */
static void on_post_over(gpointer data)
{
    Post *post = data;
    post->session->is_posting = FALSE;
    if (!post->has_come)
        engineio_session_fail(post->session, ENGINEIO_REASON_PROTOCOL);
    engineio_session_unref(post->session);
    g_free(post);
}

static void on_post_gone(HttpRequest *request, gpointer data)
{
    Post *post = data;
    engineio_session_fail(post->session, ENGINEIO_REASON_ERROR);
    http_request_reply_text(request, 400, NULL, "");
}

static void reply_ok(EngineioServer *server, HttpRequest *request)
{
    HttpReply *reply = engineio_reply_new(server, request, 200);
    http_reply_text(reply, "text/plain; charset=UTF-8", "ok");
    http_request_reply(request, reply);
}

static void take_body(EngineioSession *session, GBytes *body)
{
    g_autoptr(GPtrArray) packets =
        engineio_payload_parse(body, session->server->options.max_payload_packets, NULL);
    if (packets == NULL) {
        engineio_session_fail(session, ENGINEIO_REASON_PROTOCOL);
        return;
    }
    for (guint i = 0; i < packets->len && session->state != ENGINEIO_STATE_CLOSED; i++)
        engineio_session_take(session, packets->pdata[i]);
}

static void on_post(HttpRequest *request, GBytes *body, gpointer data)
{
    Post *post = data;
    EngineioSession *session = post->session;
    EngineioServer *server = session->server;
    post->has_come = TRUE;
    if (server == NULL) { /* the session ended meanwhile, perhaps the server too */
        http_request_reply_text(request, 400, "text/plain", "The session has ended.\n");
        return;
    }
    if (session->transport != ENGINEIO_POLLING || session->state == ENGINEIO_STATE_CLOSED) {
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_REQUEST);
        return;
    }
    take_body(session, body);
    if (session->state == ENGINEIO_STATE_CLOSED && session->reason == ENGINEIO_REASON_PROTOCOL)
        engineio_reply_refuse(server, request, ENGINEIO_REFUSE_REQUEST);
    else
        reply_ok(server, request);
}

void engineio_polling_post(EngineioSession *session, HttpRequest *request)
{
    if (session->is_posting) {
        engineio_reply_refuse(session->server, request, ENGINEIO_REFUSE_REQUEST);
        engineio_session_fail(session, ENGINEIO_REASON_PROTOCOL);
        return;
    }
    session->is_posting = TRUE;
    Post *post = g_new(Post, 1);
    *post = (Post){.session = engineio_session_ref(session)};
    http_request_set_data(request, post, on_post_over);
    http_request_on_gone(request, on_post_gone, post);
    http_request_collect(request, session->server->options.max_payload_bytes, on_post, post);
}
