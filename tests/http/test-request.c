/* What a handler sees of a request, its body, and the replies. */
#include "support.h"

static void say_hello(HttpRequest *request, gpointer data)
{
    (void)data;
    http_request_reply_text(request, 200, "text/plain", http_request_path(request));
}

static void test_hello(void)
{
    g_autoptr(HttpServer) server = start(say_hello, NULL, NULL);
    Client client;
    client_open(&client, server);
    for (int i = 0; i < 3; i++) {
        client_say(&client, "GET /a%20b?c=d HTTP/1.1\r\nHost: x\r\n\r\n");
        client_expect(&client, "\r\n\r\n/a b");
        assert_starts(&client, "HTTP/1.1 200 OK\r\n");
        client_forget(&client, client_length(&client));
    }
    g_assert_cmpuint(http_server_connections(server), ==, 1);
    client_close(&client);
    WAIT_UNTIL(http_server_connections(server) == 0);
}

static void reply_with(HttpRequest *request, GBytes *body, gpointer data)
{
    (void)data;
    HttpReply *reply = http_reply_new(200);
    http_reply_bytes(reply, body);
    http_request_reply(request, reply);
}

static void echo(HttpRequest *request, gpointer data)
{
    http_request_collect(request, data ? *(gsize *)data : 1 << 20, reply_with, NULL);
}

static void test_collect(void)
{
    g_autoptr(HttpServer) server = start(echo, NULL, NULL);
    Client client;
    client_open(&client, server);
    for (int i = 0; i < 2; i++) {
        client_say(&client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nHallo");
        client_expect(&client, "\r\n\r\nHallo");
        client_forget(&client, client_length(&client));
        client_say(&client, "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                            "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nTrailer: x\r\n\r\n");
        client_expect(&client, "\r\n\r\nabcd");
        client_forget(&client, client_length(&client));
        client_say(&client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        client_expect(&client, "Content-Length: 0\r\n\r\n");
        client_forget(&client, client_length(&client));
    }
    client_close(&client);
}

static void test_expect(void)
{
    g_autoptr(HttpServer) server = start(echo, NULL, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                        "Expect: 100-continue\r\n\r\n");
    client_expect(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    client_say(&client, "Hallo");
    client_expect(&client, "\r\n\r\nHallo");
    client_close(&client);
}

static HttpRequest *waiting;

static void keep(HttpRequest *request, gpointer data)
{
    (void)data;
    waiting = request;
}

static void test_later(void)
{
    g_autoptr(HttpServer) server = start(keep, NULL, NULL);
    Client client;
    client_open(&client, server);
    for (int i = 0; i < 3; i++) {
        client_say(&client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        waiting = NULL;
        WAIT_UNTIL(waiting);
        for (int j = 0; j < 5; j++)
            turn();
        g_assert_false(client_read(&client));
        http_request_reply_text(waiting, 404, NULL, "nothing");
        client_expect(&client, "\r\n\r\nnothing");
        client_forget(&client, client_length(&client));
    }
    client_close(&client);
}

typedef struct Stream {
    GString *got;
    guint pieces;
    gboolean pauses;
    gboolean is_complete;
    HttpRequest *request;
} Stream;

static void on_chunk(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    Stream *stream = data;
    g_assert_cmpuint(length, <=, 65536);
    if (length == 0) {
        stream->is_complete = TRUE;
        http_request_reply_text(request, 200, NULL, "got it");
        return;
    }
    stream->pieces++;
    g_string_append_len(stream->got, (const char *)bytes, (gssize)length);
    if (stream->pauses)
        http_request_pause(request);
}

static void stream(HttpRequest *request, gpointer data)
{
    ((Stream *)data)->request = request;
    http_request_stream(request, on_chunk, data);
}

static void test_pause(void)
{
    Stream state = {.got = g_string_new(NULL), .pauses = TRUE};
    g_autoptr(HttpServer) server = start(stream, &state, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nHallo");
    WAIT_UNTIL(state.pieces == 1);
    client_say(&client, "Welt!");
    for (int i = 0; i < 5; i++)
        turn();
    g_assert_cmpuint(state.pieces, ==, 1);
    http_request_resume(state.request);
    WAIT_UNTIL(state.pieces == 2);
    g_assert_cmpstr(state.got->str, ==, "HalloWelt!");
    for (int i = 0; i < 5; i++)
        turn();
    g_assert_false(state.is_complete);
    http_request_resume(state.request);
    client_expect(&client, "got it");
    client_close(&client);
    g_string_free(state.got, TRUE);
}

static void count_gone(HttpRequest *request, gpointer data)
{
    g_assert_true(http_request_is_gone(request));
    ++*(guint *)data;
}

static void keep_and_watch(HttpRequest *request, gpointer data)
{
    waiting = request;
    http_request_on_gone(request, count_gone, data);
}

static void test_gone(void)
{
    guint gone = 0;
    g_autoptr(HttpServer) server = start(keep_and_watch, &gone, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    waiting = NULL;
    WAIT_UNTIL(waiting);
    shutdown(client.fd, SHUT_WR);
    WAIT_UNTIL(gone == 1);
    WAIT_UNTIL(http_server_connections(server) == 0);
    g_assert_cmpstr(http_request_path(waiting), ==, "/");
    http_request_reply_text(waiting, 200, NULL, "to nobody");
    client_close(&client);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/request/is-answered-and-the-connection-kept", test_hello);
    g_test_add_func("/http/request/body-is-collected", test_collect);
    g_test_add_func("/http/request/is-told-to-continue-when-its-body-is-asked-for", test_expect);
    g_test_add_func("/http/request/may-be-answered-later", test_later);
    g_test_add_func("/http/request/stream-waits-while-paused", test_pause);
    g_test_add_func("/http/request/learns-that-its-client-is-gone", test_gone);
    return g_test_run();
}
