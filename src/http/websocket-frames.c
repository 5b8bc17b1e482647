/* What comes in over a WebSocket: frames (wslay splits them), put together to messages, and control
 * frames in between. RFC 6455, 5. */
#include "websocket-private.h"
#include <string.h>

static ssize_t give_input(uint8_t *buffer, size_t length, int flags, void *data)
{
    (void)flags;
    HttpWebSocket *socket = data;
    gsize n = MIN(length, socket->input_length);
    if (n == 0)
        return -1; /* wslay: it wants to read more */
    memcpy(buffer, socket->input, n);
    socket->input += n;
    socket->input_length -= n;
    return (ssize_t)n;
}

void http_websocket_frames_init(HttpWebSocket *socket)
{
    const struct wslay_frame_callbacks callbacks = {.recv_callback = give_input};
    if (wslay_frame_context_init(&socket->frames, &callbacks, socket) != 0)
        g_error("no memory for a WebSocket's frames");
}

void http_websocket_frames_clear(HttpWebSocket *socket)
{
    if (socket->frames)
        wslay_frame_context_free(socket->frames);
    socket->frames = NULL;
    g_clear_pointer(&socket->message, g_byte_array_unref);
    g_clear_pointer(&socket->held, g_byte_array_unref);
}

/* g_utf8_validate() stops at NUL, which text may hold. */
static gboolean is_utf8(const char *text, gsize length)
{
    const char *end = text + length;
    while (text < end) {
        const char *stop;
        if (!g_utf8_validate(text, end - text, &stop) && *stop != '\0')
            return FALSE;
        if (stop == end)
            return TRUE;
        text = *stop == '\0' ? stop + 1 : stop;
    }
    return TRUE;
}

/* ---- messages ---- */

static void deliver(HttpWebSocket *socket)
{
    GByteArray *message = g_steal_pointer(&socket->message);
    if (!socket->is_binary && !is_utf8((const char *)message->data, message->len)) {
        g_byte_array_unref(message);
        http_websocket_fail(socket, HTTP_WEBSOCKET_NOT_UTF8, "text is not UTF-8");
        return;
    }
    GBytes *bytes = g_byte_array_free_to_bytes(message);
    if (socket->state == SOCKET_OPEN)
        socket->events->message(socket, socket->is_binary, bytes, socket->data);
    g_bytes_unref(bytes);
}

static void on_data(HttpWebSocket *socket, const struct wslay_frame_iocb *frame, gboolean is_first,
                    gboolean is_last)
{
    gboolean continues = frame->opcode == WSLAY_CONTINUATION_FRAME;
    if (is_first && continues != (socket->message != NULL)) {
        http_websocket_fail(socket, HTTP_WEBSOCKET_PROTOCOL, "a message within a message");
        return;
    }
    if (is_first && !continues) {
        socket->is_binary = frame->opcode == WSLAY_BINARY_FRAME;
        socket->message =
            g_byte_array_sized_new((guint)MIN(frame->payload_length, HTTP_SCRATCH_BYTES));
    }
    guint64 left = socket->options.max_message_bytes - socket->message->len;
    if (frame->payload_length - socket->frame_bytes > left) {
        http_websocket_fail(socket, HTTP_WEBSOCKET_TOO_LARGE, "the message is too large");
        return;
    }
    if (frame->data_length > 0)
        g_byte_array_append(socket->message, frame->data, (guint)frame->data_length);
    if (is_last && frame->fin)
        deliver(socket);
}

/* ---- control frames ---- */

static gboolean is_close_code(guint code)
{
    return (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
           (code >= 3000 && code <= 4999);
}

static void on_close(HttpWebSocket *socket, gsize length)
{
    if (length == 0) {
        http_websocket_client_closes(socket, HTTP_WEBSOCKET_NO_CODE, "");
        return;
    }
    guint code = length >= 2 ? (guint)socket->control[0] << 8 | socket->control[1] : 0;
    if (!is_close_code(code)) {
        http_websocket_fail(socket, HTTP_WEBSOCKET_PROTOCOL, "a close code that does not exist");
        return;
    }
    const char *text = (const char *)socket->control + 2;
    if (!is_utf8(text, length - 2)) {
        http_websocket_fail(socket, HTTP_WEBSOCKET_NOT_UTF8, "the reason is not UTF-8");
        return;
    }
    g_autofree char *reason = g_strndup(text, length - 2);
    http_websocket_client_closes(socket, code, reason);
}

static void on_control(HttpWebSocket *socket, const struct wslay_frame_iocb *frame,
                       gboolean is_last)
{
    if (!frame->fin || frame->payload_length > sizeof socket->control) {
        http_websocket_fail(socket, HTTP_WEBSOCKET_PROTOCOL, "a control frame in pieces");
        return;
    }
    if (frame->data_length > 0)
        memcpy(socket->control + socket->frame_bytes, frame->data, frame->data_length);
    if (!is_last)
        return;
    gsize length = (gsize)frame->payload_length;
    if (frame->opcode == WSLAY_CONNECTION_CLOSE) {
        on_close(socket, length);
    } else if (frame->opcode == WSLAY_PING) {
        g_autoptr(GBytes) payload = g_bytes_new(socket->control, length);
        http_websocket_send_frame(socket, WSLAY_PONG, payload);
    }
}

/* ---- frames ---- */

static gboolean is_known(guint8 opcode)
{
    return opcode <= WSLAY_BINARY_FRAME ||
           (opcode >= WSLAY_CONNECTION_CLOSE && opcode <= WSLAY_PONG);
}

static void on_frame(HttpWebSocket *socket, const struct wslay_frame_iocb *frame)
{
    gboolean is_first = socket->frame_bytes == 0;
    gboolean is_last = socket->frame_bytes + frame->data_length == frame->payload_length;
    if (!frame->mask || frame->rsv != 0 || !is_known(frame->opcode))
        http_websocket_fail(socket, HTTP_WEBSOCKET_PROTOCOL, "a frame that breaks the protocol");
    else if (wslay_is_ctrl_frame(frame->opcode))
        on_control(socket, frame, is_last);
    else
        on_data(socket, frame, is_first, is_last);
    socket->frame_bytes = is_last ? 0 : socket->frame_bytes + frame->data_length;
}

static gboolean is_reading(const HttpWebSocket *socket)
{
    return !socket->is_paused && (socket->state == SOCKET_OPEN || socket->state == SOCKET_CLOSING);
}

void http_websocket_feed(HttpWebSocket *socket, const guint8 *bytes, gsize length)
{
    socket->input = bytes;
    socket->input_length = length;
    while (is_reading(socket)) {
        struct wslay_frame_iocb frame;
        ssize_t n = wslay_frame_recv(socket->frames, &frame);
        if (n == WSLAY_ERR_WANT_READ && socket->input_length == 0)
            break;
        if (n >= 0)
            on_frame(socket, &frame);
        else if (n != WSLAY_ERR_WANT_READ)
            http_websocket_fail(socket, HTTP_WEBSOCKET_PROTOCOL,
                                "a frame that breaks the protocol");
    }
    if (socket->is_paused && socket->input_length > 0) {
        socket->held = g_byte_array_sized_new((guint)socket->input_length);
        g_byte_array_append(socket->held, socket->input, (guint)socket->input_length);
    }
    socket->input = NULL;
    socket->input_length = 0;
}
