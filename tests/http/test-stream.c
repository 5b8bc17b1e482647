/* Replies that are made while they are sent. */
#include "support.h"
#include <http/stream.h>

typedef struct Source {
    gint64 left;
    guint8 next;
    gsize piece;
    gboolean is_later; /* gives from the loop, not from within wanted() */
    gint64 cut_at;     /* has no more from there on; 0: has all */
    gint64 given;
    guint wanted, closed;
    HttpStream *stream;
} Source;

static void give(Source *source)
{
    if (source->cut_at > 0 && source->given >= source->cut_at) {
        http_stream_cut(source->stream);
        return;
    }
    gsize length = (gsize)MIN((gint64)source->piece, source->left);
    guint8 *bytes = g_malloc(length);
    for (gsize i = 0; i < length; i++)
        bytes[i] = source->next++;
    g_autoptr(GBytes) piece = g_bytes_new_take(bytes, length);
    source->left -= (gint64)length;
    source->given += (gint64)length;
    http_stream_give(source->stream, piece);
}

static gboolean give_later(gpointer data)
{
    Source *source = data;
    if (source->closed == 0)
        give(source);
    return G_SOURCE_REMOVE;
}

static void wanted(HttpStream *stream, gpointer data)
{
    Source *source = data;
    source->stream = stream;
    source->wanted++;
    if (source->is_later)
        g_timeout_add(1, give_later, source);
    else
        give(source);
}

static void closed(HttpStream *stream, gpointer data)
{
    (void)stream;
    ((Source *)data)->closed++;
}

static const HttpStreamEvents events = {wanted, closed};

static void reply(HttpRequest *request, gpointer data)
{
    Source *source = data;
    HttpReply *answer = http_reply_new(200);
    http_reply_stream(answer, source->left, &events, source);
    http_request_reply(request, answer);
}

#define GET  "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
#define HEAD "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n"

static void expect_all(Client *client, gsize length)
{
    g_autofree char *header = g_strdup_printf("Content-Length: %zu\r\n", length);
    client_expect(client, "\r\n\r\n");
    g_assert_nonnull(strstr(client_text(client), header));
    gsize head = (gsize)(strstr(client_text(client), "\r\n\r\n") + 4 - client_text(client));
    client_expect_bytes(client, head + length);
    g_assert_cmpuint(client_length(client), ==, head + length);
    for (gsize i = 0; i < length; i++)
        g_assert_cmpuint(client->in->data[head + i], ==, (guint8)i);
    client_forget(client, client_length(client));
}

static void test_arrives(gboolean is_later, gsize piece)
{
    Source source = {.piece = piece, .is_later = is_later};
    g_autoptr(HttpServer) server = start(reply, &source, NULL);
    Client client;
    client_open(&client, server);
    for (int i = 0; i < 2; i++) { /* twice: the connection is kept */
        source.left = 3 * 1000 * 1000 + 7;
        source.next = 0;
        source.closed = 0;
        client_say(&client, GET);
        expect_all(&client, 3 * 1000 * 1000 + 7);
        WAIT_UNTIL(source.closed == 1);
        g_assert_cmpint(source.left, ==, 0);
    }
    client_close(&client);
}

static void test_at_once(void)
{
    test_arrives(FALSE, 100 * 1000);
}

static void test_later(void)
{
    test_arrives(TRUE, 256 * 1024);
}

static void test_head(void)
{
    Source source = {.left = 500, .piece = 100};
    g_autoptr(HttpServer) server = start(reply, &source, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, HEAD);
    client_expect(&client, "Content-Length: 500\r\n");
    WAIT_UNTIL(source.closed == 1);
    g_assert_cmpuint(source.wanted, ==, 0);
    client_close(&client);
}

static void test_cut(void)
{
    Source source = {.left = 1000 * 1000, .piece = 1000, .is_later = TRUE, .cut_at = 5000};
    g_autoptr(HttpServer) server = start(reply, &source, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, GET);
    client_expect_end(&client);
    g_assert_cmpuint(source.closed, ==, 1);
    g_assert_cmpuint(client_length(&client), <, 1000 * 1000);
    client_close(&client);
}

/* A client that takes nothing is not read ahead for. */
static void test_waits(void)
{
    Source source = {.left = G_GINT64_CONSTANT(1) << 30, .piece = 256 * 1024};
    g_autoptr(HttpServer) server = start(reply, &source, NULL);
    Client client;
    client_open_to(&client, http_server_port(server), 16 * 1024);
    client_say(&client, GET);
    WAIT_UNTIL(source.given > 0);
    for (int i = 0; i < 40; i++)
        turn();
    g_assert_cmpint(source.given, <, 32 << 20);
    client_close(&client);
    WAIT_UNTIL(source.closed == 1);
}

/* While nothing is there to send, too. */
static void test_gone(void)
{
    Source source = {.left = 1000, .piece = 10, .is_later = TRUE, .closed = 0};
    g_autoptr(HttpServer) server = start(reply, &source, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, GET);
    WAIT_UNTIL(source.wanted > 2);
    client_close(&client);
    WAIT_UNTIL(source.closed == 1 && http_server_connections(server) == 0);
    for (int i = 0; i < 5; i++)
        turn();
    g_assert_cmpuint(source.closed, ==, 1);
}

static HttpRequest *kept;

static void keep(HttpRequest *request, gpointer data)
{
    (void)data;
    kept = request;
}

static void test_unused(void)
{
    Source source = {.left = 10, .piece = 10};
    g_autoptr(HttpServer) server = start(keep, NULL, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, GET);
    WAIT_UNTIL(kept);
    client_close(&client);
    WAIT_UNTIL(http_request_is_gone(kept));
    reply(kept, &source);
    g_assert_cmpuint(source.closed, ==, 1);
    HttpReply *none = http_reply_new(200);
    http_reply_stream(none, 10, &events, &source);
    http_reply_free(none);
    g_assert_cmpuint(source.closed, ==, 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http/stream/arrives-whole-when-it-is-there-at-once", test_at_once);
    g_test_add_func("/http/stream/arrives-whole-when-it-comes-later", test_later);
    g_test_add_func("/http/stream/nothing-is-made-for-a-head", test_head);
    g_test_add_func("/http/stream/one-that-ends-early-cuts-the-connection", test_cut);
    g_test_add_func("/http/stream/waits-for-its-reader", test_waits);
    g_test_add_func("/http/stream/learns-that-its-client-is-gone", test_gone);
    g_test_add_func("/http/stream/is-closed-when-its-reply-is-not-used", test_unused);
    return g_test_run();
}
