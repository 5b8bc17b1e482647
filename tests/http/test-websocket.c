/* WebSockets: the handshake, messages, control frames, and everything a client can do wrong. */
#include "support.h"

typedef struct Show {
    HttpWebSocketOptions options;
    HttpWebSocket *socket;
    GPtrArray *messages; /* GBytes */
    guint drained;
    guint closed;
    guint code;
    char reason[128];
    gboolean echoes;
    gboolean pauses;
} Show;

static void on_message(HttpWebSocket *socket, gboolean is_binary, GBytes *message, gpointer data)
{
    Show *show = data;
    g_ptr_array_add(show->messages, g_bytes_ref(message));
    if (show->echoes && is_binary)
        http_websocket_send_binary(socket, message);
    else if (show->echoes)
        http_websocket_send_text(socket, message);
    if (show->pauses)
        http_websocket_pause(socket);
}

static void on_drained(HttpWebSocket *socket, gpointer data)
{
    g_assert_cmpuint(http_websocket_buffered_bytes(socket), ==, 0);
    ((Show *)data)->drained++;
}

static void on_closed(HttpWebSocket *socket, guint code, const char *reason, gpointer data)
{
    (void)socket;
    Show *show = data;
    show->closed++;
    show->code = code;
    g_strlcpy(show->reason, reason, sizeof show->reason);
    show->socket = NULL;
}

static const HttpWebSocketEvents events = {on_message, on_drained, on_closed};

static void accept_it(HttpRequest *request, gpointer data)
{
    Show *show = data;
    g_autoptr(GError) error = NULL;
    show->socket = http_websocket_accept(request, &show->options, &events, show, &error);
    if (!show->socket)
        http_request_reply_text(request, 400, NULL, error->message);
}

static const char handshake[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                "Connection: keep-alive, Upgrade\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                                "Sec-WebSocket-Version: 13\r\n\r\n";

static void show_init(Show *show)
{
    memset(show, 0, sizeof *show);
    show->messages = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    show->echoes = TRUE;
}

static void shake_hands(Client *client, const HttpServer *server)
{
    client_open(client, server);
    client_say(client, handshake);
    client_expect(client, "\r\n\r\n");
    assert_starts(client, "HTTP/1.1 101 Switching Protocols\r\n");
    g_assert_nonnull(strstr(client_text(client), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    client_forget(client,
                  (gsize)(strstr(client_text(client), "\r\n\r\n") + 4 - client_text(client)));
}

static GByteArray *frame(guint first_byte, const void *payload, gsize length)
{
    static const guint8 mask[4] = {0x12, 0x34, 0x56, 0x78};
    GByteArray *out = g_byte_array_new();
    guint8 head[10] = {(guint8)first_byte};
    guint head_length = 2;
    if (length < 126) {
        head[1] = (guint8)(0x80 | length);
    } else if (length < 65536) {
        head[1] = 0x80 | 126;
        head[2] = (guint8)(length >> 8);
        head[3] = (guint8)length;
        head_length = 4;
    } else {
        head[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++)
            head[2 + i] = (guint8)((guint64)length >> 8 * (7 - i));
        head_length = 10;
    }
    g_byte_array_append(out, head, head_length);
    g_byte_array_append(out, mask, 4);
    guint start_at = out->len;
    if (length > 0)
        g_byte_array_append(out, payload, (guint)length);
    for (gsize i = 0; i < length; i++)
        out->data[start_at + i] ^= mask[i % 4];
    return out;
}

static void send_frame(Client *client, guint first_byte, const void *payload, gsize length)
{
    g_autoptr(GByteArray) bytes = frame(first_byte, payload, length);
    client_send(client, bytes->data, bytes->len);
}

static void expect_frame(Client *client, guint first_byte, const void *payload, gsize length)
{
    gsize head = length < 126 ? 2 : length < 65536 ? 4 : 10;
    client_expect_bytes(client, head + length);
    g_assert_cmphex(client->in->data[0], ==, first_byte);
    g_assert_cmpmem(client->in->data + head, length, payload, length);
    client_forget(client, head + length);
}

static void test_echo(void)
{
    Show show;
    Client client;
    show_init(&show);
    show.options.max_message_bytes = 4 << 20;
    show.options.max_buffered_bytes = 8 << 20;
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    const gsize sizes[] = {0, 1, 125, 126, 65535, 65536, 3000000};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *payload = g_malloc(sizes[i] + 1);
        for (gsize j = 0; j < sizes[i]; j++)
            payload[j] = (char)(j * 7);
        send_frame(&client, 0x82, payload, sizes[i]);
        expect_frame(&client, 0x82, payload, sizes[i]);
    }
    send_frame(&client, 0x81, "h\303\244", 3);
    expect_frame(&client, 0x81, "h\303\244", 3);
    WAIT_UNTIL(show.drained > 0);
    send_frame(&client, 0x88, "\003\350bye", 5);
    expect_frame(&client, 0x88, "\003\350", 2);
    client_expect_end(&client);
    WAIT_UNTIL(show.closed == 1);
    g_assert_cmpuint(show.code, ==, 1000);
    g_assert_cmpstr(show.reason, ==, "bye");
    client_close(&client);
    WAIT_UNTIL(http_server_connections(server) == 0);
    g_ptr_array_unref(show.messages);
}

static void test_close(void)
{
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    g_autoptr(GBytes) last = g_bytes_new_static("last", 4);
    http_websocket_send_text(show.socket, last);
    http_websocket_close(show.socket, HTTP_WEBSOCKET_NORMAL, "done");
    expect_frame(&client, 0x81, "last", 4);
    expect_frame(&client, 0x88, "\003\350done", 6);
    send_frame(&client, 0x88, "\003\350", 2);
    client_expect_end(&client);
    g_assert_cmpuint(show.code, ==, 1000);
    client_close(&client);
    g_ptr_array_unref(show.messages);
}

static void test_gone(void)
{
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    client_close(&client);
    WAIT_UNTIL(show.closed == 1);
    g_assert_cmpuint(show.code, ==, HTTP_WEBSOCKET_ABNORMAL);
    g_ptr_array_unref(show.messages);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/websocket/messages-of-every-size-arrive", test_echo);
    g_test_add_func("/http/websocket/closes-after-what-was-queued", test_close);
    g_test_add_func("/http/websocket/says-that-the-client-is-gone", test_gone);
    return g_test_run();
}
