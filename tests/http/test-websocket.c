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

/* ---- the handshake ---- */

static void test_handshake(void)
{
    static const struct {
        const char *headers;
        const char *answer;
    } bad[] = {
        {"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Version: 13\r\n",
         "Upgrade: websocket"},
        {"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Version: 13\r\n",
         "Connection: Upgrade"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n", "key"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: abc\r\n"
         "Sec-WebSocket-Version: 13\r\n",
         "key"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
         "version"},
        {"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nContent-Length: 1\r\n",
         "body"},
    };
    Show show;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *request =
            g_strconcat("GET /ws HTTP/1.1\r\nHost: x\r\n", bad[i].headers, "\r\n", NULL);
        Client client;
        client_open(&client, server);
        client_say(&client, request);
        client_say(&client, "x");
        client_expect(&client, bad[i].answer);
        assert_starts(&client, "HTTP/1.1 400 ");
        client_close(&client);
    }
    g_ptr_array_unref(show.messages);
}

static void accept_protocol(HttpRequest *request, gpointer data)
{
    g_assert_true(http_websocket_is_asked(request));
    g_assert_true(http_websocket_offers(request, "two"));
    g_assert_false(http_websocket_offers(request, "Two"));
    g_assert_false(http_websocket_offers(request, "tw"));
    ((Show *)data)->options.protocol = "two";
    accept_it(request, data);
}

/* A client may send its first message with the handshake. */
static void test_eager_client(void)
{
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_protocol, &show, NULL);
    g_autoptr(GByteArray) bytes = frame(0x81, "early", 5);
    g_autofree char *request = g_strndup(handshake, strlen(handshake) - 2);
    g_autofree char *whole = g_strconcat(request, "Sec-WebSocket-Protocol: one, two\r\n\r\n", NULL);
    g_byte_array_prepend(bytes, (const guint8 *)whole, (guint)strlen(whole));
    client_open(&client, server);
    client_send(&client, bytes->data, bytes->len);
    client_expect(&client, "Sec-WebSocket-Protocol: two\r\n");
    client_expect(&client, "\201\005early");
    client_close(&client);
    WAIT_UNTIL(show.closed == 1);
    g_ptr_array_unref(show.messages);
}

/* ---- messages ---- */

static void test_fragments(void)
{
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    send_frame(&client, 0x01, "h\303", 2);
    send_frame(&client, 0x00, "", 0);
    send_frame(&client, 0x89, "are you there", 13); /* between, and answered at once */
    expect_frame(&client, 0x8a, "are you there", 13);
    send_frame(&client, 0x80, "\244", 1);
    expect_frame(&client, 0x81, "h\303\244", 3);
    send_frame(&client, 0x81, "nul\0nul", 7);
    expect_frame(&client, 0x81, "nul\0nul", 7);
    send_frame(&client, 0x8a, "unasked", 7);
    g_autoptr(GByteArray) bytes = frame(0x82, "slowly", 6);
    for (guint i = 0; i < bytes->len; i++) {
        client_send(&client, bytes->data + i, 1);
        turn();
    }
    expect_frame(&client, 0x82, "slowly", 6);
    g_assert_cmpuint(show.messages->len, ==, 3);
    client_close(&client);
    g_clear_pointer(&show.messages, g_ptr_array_unref);
    WAIT_UNTIL(show.closed == 1);
}

static void test_pause(void)
{
    Show show;
    Client client;
    show_init(&show);
    show.echoes = FALSE;
    show.pauses = TRUE;
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    GByteArray *three = frame(0x81, "1", 1);
    g_autoptr(GByteArray) second = frame(0x81, "2", 1);
    g_autofree char *much = g_strnfill(100000, '3');
    g_autoptr(GByteArray) third = frame(0x82, much, 100000);
    g_byte_array_append(three, second->data, second->len);
    g_byte_array_append(three, third->data, third->len);
    client_send(&client, three->data, three->len);
    g_byte_array_unref(three);
    for (guint i = 1; i <= 3; i++) {
        WAIT_UNTIL(show.messages->len == i);
        for (int j = 0; j < 5; j++)
            turn();
        g_assert_cmpuint(show.messages->len, ==, i);
        http_websocket_resume(show.socket);
    }
    client_close(&client);
    WAIT_UNTIL(show.closed == 1);
    g_ptr_array_unref(show.messages);
}

/* More frames than one write has parts for, one without a payload among them. */
static void test_many_frames(void)
{
    enum { FRAMES = 3000 };
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    for (int i = 0; i < FRAMES; i++) {
        g_autoptr(GBytes) bytes = g_bytes_new_static("abc", i % 7 == 0 ? 0 : 3);
        http_websocket_send_binary(show.socket, bytes);
    }
    for (int i = 0; i < FRAMES; i++)
        expect_frame(&client, 0x82, "abc", i % 7 == 0 ? 0 : 3);
    WAIT_UNTIL(show.drained == 1);
    client_close(&client);
    WAIT_UNTIL(show.closed == 1);
    g_ptr_array_unref(show.messages);
}

/* ---- what a client does wrong ---- */

typedef struct Wrong {
    const char *what;
    guint first_byte; /* 0: `raw` is sent as it is */
    const char *payload;
    gsize length;
    guint code;
} Wrong;

#define BYTES(text) text, sizeof(text) - 1

static const Wrong wrongs[] = {
    {"no mask", 0,
     BYTES("\x81\x01"
           "a"),
     1002},
    {"a reserved bit", 0xc1, BYTES("a"), 1002},
    {"an unknown opcode", 0x83, BYTES("a"), 1002},
    {"an unknown control opcode", 0x8b, BYTES("a"), 1002},
    {"nothing to go on with", 0x80, BYTES("a"), 1002},
    {"a ping in pieces", 0x09, BYTES("a"), 1002},
    {"a long ping", 0, BYTES("\x89\xfe\x00\x7e\x00\x00\x00\x00"), 1002},
    {"a length of 2^63", 0, BYTES("\x82\xff\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
     1002},
    {"a length that could be shorter", 0,
     BYTES("\x82\xfe\x00\x05\x00\x00\x00\x00"
           "hallo"),
     1002},
    {"a close of one byte", 0x88, BYTES("\x03"), 1002},
    {"a close code nobody may send", 0x88, BYTES("\x03\xed"), 1002},
    {"a close code of 999", 0x88, BYTES("\x03\xe7"), 1002},
    {"a reason that is not UTF-8", 0x88, BYTES("\x03\xe8\xff"), 1007},
    {"text that is not UTF-8", 0x81, BYTES("a\xc0\xaf"), 1007},
    {"a surrogate", 0x81, BYTES("\xed\xa0\x80"), 1007},
    {"text that ends within a character", 0x81, BYTES("\xc3"), 1007},
    {"too much", 0x82, BYTES("0123456789abcdefg"), 1009},
    {"a promise of too much", 0,
     BYTES("\x82\xff\x00\x00\x7f\xff\xff\xff\xff\xff\x00\x00\x00\x00"
           "a"),
     1009},
};

static void test_wrong(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(wrongs); i++) {
        const Wrong *wrong = &wrongs[i];
        Show show;
        Client client;
        show_init(&show);
        show.options.max_message_bytes = 16;
        g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
        shake_hands(&client, server);
        g_test_message("%s", wrong->what);
        if (wrong->first_byte)
            send_frame(&client, wrong->first_byte, wrong->payload, wrong->length);
        else
            client_send(&client, wrong->payload, wrong->length);
        WAIT_UNTIL(show.closed == 1);
        g_assert_cmpuint(show.code, ==, wrong->code);
        client_expect_end(&client);
        g_assert_cmpuint(client_length(&client), >=, 4);
        g_assert_cmphex(client.in->data[0], ==, 0x88);
        g_assert_cmpuint((guint)client.in->data[2] << 8 | client.in->data[3], ==, wrong->code);
        g_assert_cmpuint(show.messages->len, ==, 0);
        client_close(&client);
        g_ptr_array_unref(show.messages);
        WAIT_UNTIL(http_server_connections(server) == 0);
    }
}

static void test_endless(void)
{
    Show show;
    Client client;
    show_init(&show);
    show.options.max_message_bytes = 1 << 20;
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    g_autofree char *part = g_malloc0(60000);
    shake_hands(&client, server);
    send_frame(&client, 0x02, part, 60000);
    for (int i = 0; i < 100 && show.closed == 0; i++)
        send_frame(&client, 0x00, part, 60000);
    WAIT_UNTIL(show.closed == 1);
    g_assert_cmpuint(show.code, ==, HTTP_WEBSOCKET_TOO_LARGE);
    client_expect_end(&client);
    g_assert_cmphex(client.in->data[0], ==, 0x88);
    client_close(&client);
    g_ptr_array_unref(show.messages);
}

/* ---- slow and silent clients ---- */

static void test_slow_reader(void)
{
    Show show;
    Client client;
    show_init(&show);
    show.options.max_buffered_bytes = 1 << 20;
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    g_autoptr(GBytes) message = g_bytes_new_take(g_malloc0(100000), 100000);
    for (int i = 0; i < 1000 && show.socket; i++) {
        http_websocket_send_binary(show.socket, message);
        g_assert_cmpuint(http_websocket_buffered_bytes(show.socket), <=, (1 << 20) + 100010);
        turn();
    }
    g_assert_cmpuint(show.closed, ==, 1);
    g_assert_cmpuint(show.code, ==, HTTP_WEBSOCKET_POLICY);
    client_close(&client);
    g_ptr_array_unref(show.messages);
}

static void test_silent(void)
{
    Show show;
    Client client;
    show_init(&show);
    /* A machine that is busy elsewhere may let both wait for a part of that. */
    show.options.ping_ms = 1000;
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    for (int i = 0; i < 3; i++) {
        expect_frame(&client, 0x89, "", 0);
        g_assert_cmpuint(show.closed, ==, 0);
        send_frame(&client, 0x8a, "", 0);
    }
    WAIT_UNTIL(show.closed == 1);
    g_assert_cmpuint(show.code, ==, HTTP_WEBSOCKET_ABNORMAL);
    client_close(&client);
    g_ptr_array_unref(show.messages);
}

static void test_never_closes(void)
{
    Show show;
    Client client;
    show_init(&show);
    show.options.close_ms = 100;
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    http_websocket_close(show.socket, 4000, NULL);
    http_websocket_close(show.socket, 4001, NULL);
    send_frame(&client, 0x81, "ignored", 7);
    expect_frame(&client, 0x88, "\017\240", 2);
    WAIT_UNTIL(show.closed == 1);
    g_assert_cmpuint(show.code, ==, HTTP_WEBSOCKET_ABNORMAL);
    g_assert_cmpuint(show.messages->len, ==, 0);
    client_close(&client);
    g_ptr_array_unref(show.messages);
}

static void test_abort(void)
{
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    http_websocket_abort(show.socket);
    g_assert_cmpuint(show.closed, ==, 0);
    client_expect_end(&client);
    WAIT_UNTIL(show.closed == 1);
    client_close(&client);
    g_ptr_array_unref(show.messages);
}

/* ---- many, and the server's end ---- */

static void on_many_closed(HttpWebSocket *socket, guint code, const char *reason, gpointer data)
{
    (void)socket, (void)code, (void)reason;
    ++*(guint *)data;
}

static void on_many_message(HttpWebSocket *socket, gboolean is_binary, GBytes *message,
                            gpointer data)
{
    (void)is_binary, (void)data;
    http_websocket_send_binary(socket, message);
}

static void accept_many(HttpRequest *request, gpointer data)
{
    static const HttpWebSocketEvents many = {.message = on_many_message, .closed = on_many_closed};
    g_assert_nonnull(http_websocket_accept(request, NULL, &many, data, NULL));
}

static void test_many(void)
{
    enum { MANY = 1000 };
    guint closed = 0;
    HttpServer *server = start(accept_many, &closed, NULL);
    g_autofree Client *clients = g_new0(Client, MANY);
    for (int i = 0; i < MANY; i++)
        shake_hands(&clients[i], server);
    g_assert_cmpuint(http_server_connections(server), ==, MANY);
    for (int i = 0; i < MANY; i++)
        send_frame(&clients[i], 0x82, "hello", 5);
    for (int i = 0; i < MANY; i++)
        expect_frame(&clients[i], 0x82, "hello", 5);
    for (int i = 0; i < MANY; i += 2)
        client_close(&clients[i]);
    WAIT_UNTIL(closed == MANY / 2);
    http_server_free(server);
    g_assert_cmpuint(closed, ==, MANY);
    for (int i = 1; i < MANY; i += 2)
        client_close(&clients[i]);
}

static void note_drained(gpointer data)
{
    *(gboolean *)data = TRUE;
}

static void test_drain(void)
{
    gboolean is_drained = FALSE;
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_it, &show, NULL);
    shake_hands(&client, server);
    http_server_drain(server, note_drained, &is_drained);
    expect_frame(&client, 0x88, "\003\351", 2);
    g_assert_false(is_drained);
    send_frame(&client, 0x88, "\003\351", 2);
    WAIT_UNTIL(is_drained);
    g_assert_cmpuint(show.closed, ==, 1);
    client_close(&client);
    g_ptr_array_unref(show.messages);
}

/* Accepted and left in the same turn: there was never a socket for it. */
static void accept_and_abort(HttpRequest *request, gpointer data)
{
    accept_it(request, data);
    http_websocket_abort(((Show *)data)->socket);
}

static void test_abort_at_once(void)
{
    Show show;
    Client client;
    show_init(&show);
    g_autoptr(HttpServer) server = start(accept_and_abort, &show, NULL);
    client_open(&client, server);
    client_say(&client, handshake);
    client_expect_end(&client);
    WAIT_UNTIL(show.closed == 1);
    client_close(&client);
    WAIT_UNTIL(http_server_connections(server) == 0);
    g_ptr_array_unref(show.messages);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/websocket/messages-of-every-size-arrive", test_echo);
    g_test_add_func("/http/websocket/closes-after-what-was-queued", test_close);
    g_test_add_func("/http/websocket/says-that-the-client-is-gone", test_gone);
    g_test_add_func("/http/websocket/refuses-a-handshake-that-is-not-one", test_handshake);
    g_test_add_func("/http/websocket/takes-what-comes-with-the-handshake", test_eager_client);
    g_test_add_func("/http/websocket/puts-messages-together", test_fragments);
    g_test_add_func("/http/websocket/sends-more-than-one-write-takes", test_many_frames);
    g_test_add_func("/http/websocket/waits-while-paused", test_pause);
    g_test_add_func("/s06/http/websocket/breaking-the-protocol-ends-it", test_wrong);
    g_test_add_func("/s06/http/websocket/endless-messages-end-it", test_endless);
    g_test_add_func("/s06/http/websocket/slow-readers-are-closed", test_slow_reader);
    g_test_add_func("/s06/http/websocket/silent-clients-are-closed", test_silent);
    g_test_add_func("/s06/http/websocket/does-not-wait-for-ever-for-a-close", test_never_closes);
    g_test_add_func("/http/websocket/is-dropped-from-the-next-turn", test_abort);
    g_test_add_func("/http/websocket/may-be-dropped-at-once", test_abort_at_once);
    g_test_add_func("/http/websocket/a-thousand-live-together", test_many);
    g_test_add_func("/http/websocket/goes-away-when-the-server-drains", test_drain);
    return g_test_run();
}
