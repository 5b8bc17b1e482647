/* What a handler sees of a request, its body, and the replies. */
#include "support.h"
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>

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

/* ---- what was asked ---- */

static void show(HttpRequest *request, gpointer data)
{
    (void)data;
    const char *a = http_request_query(request, "a");
    const char *b = http_request_query(request, "b c");
    const char *header = http_request_header(request, "x-one");
    const char *cookie = http_request_cookie(request, "session");
    g_autofree char *text = g_strdup_printf(
        "%s|%s|%s|%s|%s|%s|%" G_GINT64_FORMAT "|%s|%s|%s|%s|%d%d;", http_request_method(request),
        http_request_path(request), http_request_target(request),
        http_request_client_address(request), http_request_peer_address(request),
        http_request_scheme(request), http_request_body_length(request), a ? a : "-", b ? b : "-",
        header ? header : "-", cookie ? cookie : "-",
        http_request_header_has(request, "Accept-Encoding", "gzip"),
        http_request_header_has(request, "accept-encoding", "zip"));
    http_request_reply_text(request, 200, "text/plain", text);
}

static void test_fields(void)
{
    static const struct {
        const char *request;
        const char *seen;
    } cases[] = {
        {"GET /a%20%C3%A4+b//c?x=1 HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET|/a \303\244+b//c|/a%20%C3%A4+b//c?x=1|127.0.0.1|127.0.0.1|http|0|-|-|-|-|00;"},
        {"GET /?a=1+2%2b3&a=4&b%20c=%C3%A4/%3f HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET|/|/?a=1+2%2b3&a=4&b%20c=%C3%A4/%3f|127.0.0.1|127.0.0.1|http|0|1 "
         "2+3|\303\244/?|-|-|00;"},
        {"GET /x?a&b+c=&%zz=1&=2&&a=%ff HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET|/x|/x?a&b+c=&%zz=1&=2&&a=%ff|127.0.0.1|127.0.0.1|http|0|||-|-|00;"},
        {"GET http://host:80/p?a=b HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET|/p|http://host:80/p?a=b|127.0.0.1|127.0.0.1|http|0|b|-|-|-|00;"},
        {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
         "OPTIONS|*|*|127.0.0.1|127.0.0.1|http|0|-|-|-|-|00;"},
        {"GET / HTTP/1.1\r\nHost: x\r\nX-ONE: \t one two \t\r\nx-one: three\r\n"
         "accept-ENCODING: br;q=1, GZip;q=0.5\r\nCookie: a=b; session=\"s s\" ; c=d\r\n\r\n",
         "GET|/|/|127.0.0.1|127.0.0.1|http|0|-|-|one two|s s|10;"},
        {"GET / HTTP/1.1\r\nHost: x\r\nCookie: xsession=1; session\r\nCookie: session=2=3\r\n\r\n",
         "GET|/|/|127.0.0.1|127.0.0.1|http|0|-|-|-|2=3|00;"},
        {"GET /...%2e./.a/..b HTTP/1.1\r\nHost: x\r\n\r\n",
         "GET|/...../.a/..b|/...%2e./.a/..b|127.0.0.1|127.0.0.1|http|0|-|-|-|-|00;"},
        {"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: "
         "https\r\n\r\n",
         "GET|/|/|127.0.0.1|127.0.0.1|http|0|-|-|-|-|00;"},
        {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab",
         "PUT|/|/|127.0.0.1|127.0.0.1|http|2|-|-|-|-|00;"},
        {"PATCH / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
         "PATCH|/|/|127.0.0.1|127.0.0.1|http|-1|-|-|-|-|00;"},
    };
    g_autoptr(HttpServer) server = start(show, NULL, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Client client;
        client_open(&client, server);
        client_say(&client, cases[i].request);
        client_expect(&client, cases[i].seen);
        client_close(&client);
    }
}

static void test_proxies(void)
{
    static const struct {
        const char *headers;
        const char *client;
        const char *scheme;
    } cases[] = {
        {"", "127.0.0.1", "http"},
        {"X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n", "9.9.9.9", "https"},
        {"X-Forwarded-For: 6.6.6.6, 9.9.9.9,10.1.2.3\r\n", "9.9.9.9", "http"},
        {"X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 10.1.2.3\r\n", "9.9.9.9", "http"},
        {"X-Forwarded-For: 10.1.2.3\r\n", "10.1.2.3", "http"},
        {"X-Forwarded-For: [2001:DB8:0:0::1]:99\r\n", "2001:db8::1", "http"},
        {"X-Forwarded-For: 9.9.9.9:1234\r\n", "9.9.9.9", "http"},
        {"X-Forwarded-For: ::ffff:9.9.9.9\r\n", "9.9.9.9", "http"},
        {"X-Forwarded-For: nonsense\r\n", "127.0.0.1", "http"},
        {"X-Forwarded-For: 9.9.9.9, nonsense, 10.1.2.3\r\n", "10.1.2.3", "http"},
        {"X-Forwarded-Proto: http, https\r\n", "127.0.0.1", "https"},
    };
    const char *const proxies[] = {"127.0.0.1", "10.0.0.0/8", "fd00::/8", NULL};
    HttpServerOptions options = {
        .listen = "127.0.0.1:0", .handler = show, .trusted_proxies = proxies};
    g_autoptr(HttpServer) server = http_server_new(&options, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request =
            g_strconcat("GET / HTTP/1.1\r\nHost: x\r\n", cases[i].headers, "\r\n", NULL);
        g_autofree char *seen =
            g_strconcat("|", cases[i].client, "|127.0.0.1|", cases[i].scheme, "|", NULL);
        Client client;
        client_open(&client, server);
        client_say(&client, request);
        client_expect(&client, seen);
        client_close(&client);
    }
}

/* ---- replies ---- */

static void reply_variously(HttpRequest *request, gpointer data)
{
    (void)data;
    const char *status = http_request_query(request, "status");
    HttpReply *reply = http_reply_new((guint)atoi(status));
    g_assert_true(http_reply_header(reply, "X-Right", "yes"));
    g_assert_false(http_reply_header(reply, "X-Wrong", "a\r\nSet-Cookie: b"));
    http_reply_header(reply, "Set-Cookie", "a=1");
    http_reply_header(reply, "Set-Cookie", "b=2");
    if (http_request_query(request, "body"))
        http_reply_text(reply, "text/plain", http_request_query(request, "body"));
    http_request_reply(request, reply);
}

static void test_replies(void)
{
    g_autoptr(HttpServer) server = start(reply_variously, NULL, NULL);
    g_autofree char *right =
        ask(server, "GET /?status=201&body=text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    g_assert_true(g_str_has_prefix(right, "HTTP/1.1 201 Created\r\n"));
    g_assert_true(g_str_has_suffix(right, "\r\n\r\ntext"));
    g_assert_nonnull(strstr(right, "\r\nX-Right: yes\r\n"));
    g_assert_nonnull(strstr(right, "\r\nSet-Cookie: a=1\r\n"));
    g_assert_nonnull(strstr(right, "\r\nSet-Cookie: b=2\r\n"));
    g_assert_nonnull(strstr(right, "\r\nContent-Length: 4\r\n"));
    g_assert_nonnull(strstr(right, "\r\nDate: "));
    g_assert_null(strstr(right, "X-Wrong"));
    g_autofree char *head =
        ask(server, "HEAD /?status=200&body=text HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    g_assert_nonnull(strstr(head, "\r\nContent-Length: 4\r\n"));
    g_assert_true(g_str_has_suffix(head, "\r\n\r\n"));
    g_autofree char *nothing =
        ask(server, "GET /?status=204 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    g_assert_null(strstr(nothing, "Content-Length"));
    g_assert_true(g_str_has_suffix(nothing, "\r\n\r\n"));
    g_autofree char *old = ask(server, "GET /?status=200&body=text HTTP/1.0\r\n\r\n");
    g_assert_true(g_str_has_suffix(old, "\r\n\r\ntext"));
}

/* ---- files ---- */

typedef struct Shelf {
    char path[64];
    gint64 length;
    gint64 modified_s;
    gint64 claims; /* more than there is; 0: the truth */
} Shelf;

static void serve_file(HttpRequest *request, gpointer data)
{
    const Shelf *shelf = data;
    HttpFile file = {.fd = open(shelf->path, O_RDONLY | O_CLOEXEC),
                     .length_bytes = shelf->claims ? shelf->claims : shelf->length,
                     .etag = "\"v1\"",
                     .modified_s = shelf->modified_s};
    HttpReply *headers = http_reply_new(200);
    http_reply_header(headers, "Content-Type", "video/webm");
    http_request_reply_file(request, headers, &file);
}

static void shelf_init(Shelf *shelf, const char *bytes, gsize length)
{
    *shelf = (Shelf){.length = (gint64)length, .modified_s = 784111777};
    strcpy(shelf->path, "/tmp/crosscut-http-XXXXXX");
    int fd = g_mkstemp(shelf->path);
    g_assert_cmpint(write(fd, bytes, length), ==, (gssize)length);
    close(fd);
}

static void test_ranges(void)
{
    static const struct {
        const char *headers;
        const char *status;
        const char *range; /* the header, or NULL */
        const char *body;
    } cases[] = {
        {"", "200", NULL, "0123456789"},
        {"Range: bytes=0-0\r\n", "206", "bytes 0-0/10", "0"},
        {"Range: bytes=3-5\r\n", "206", "bytes 3-5/10", "345"},
        {"Range: BYTES=3-\r\n", "206", "bytes 3-9/10", "3456789"},
        {"Range: bytes=-4\r\n", "206", "bytes 6-9/10", "6789"},
        {"Range: bytes=-400\r\n", "206", "bytes 0-9/10", "0123456789"},
        {"Range: bytes=5-99999999999999999999999\r\n", "206", "bytes 5-9/10", "56789"},
        {"Range: bytes=10-\r\n", "416", "bytes */10", ""},
        {"Range: bytes=-0\r\n", "416", "bytes */10", ""},
        {"Range: bytes=5-3\r\n", "200", NULL, "0123456789"},
        {"Range: bytes=1-2,4-5\r\n", "200", NULL, "0123456789"},
        {"Range: bytes=a-b\r\n", "200", NULL, "0123456789"},
        {"Range: lines=1-2\r\n", "200", NULL, "0123456789"},
        {"Range: bytes=3-5\r\nIf-Range: \"v1\"\r\n", "206", "bytes 3-5/10", "345"},
        {"Range: bytes=3-5\r\nIf-Range: \"v0\"\r\n", "200", NULL, "0123456789"},
        {"Range: bytes=3-5\r\nIf-Range: W/\"v1\"\r\n", "200", NULL, "0123456789"},
        {"Range: bytes=3-5\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "206", "bytes 3-5/10",
         "345"},
        {"Range: bytes=3-5\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n", "200", NULL,
         "0123456789"},
        {"If-None-Match: \"v1\"\r\n", "304", NULL, ""},
        {"If-None-Match: \"v0\", W/\"v1\"\r\n", "304", NULL, ""},
        {"If-None-Match: *\r\n", "304", NULL, ""},
        {"If-None-Match: \"v0\"\r\n", "200", NULL, "0123456789"},
        {"If-None-Match: \"v0\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "200",
         NULL, "0123456789"},
        {"If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "304", NULL, ""},
        {"If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "200", NULL, "0123456789"},
        {"If-Modified-Since: whenever\r\n", "200", NULL, "0123456789"},
        {"If-Match: \"v0\"\r\n", "412", NULL, ""},
        {"If-Match: W/\"v1\"\r\n", "412", NULL, ""},
        {"If-Match: \"v0\", \"v1\"\r\n", "200", NULL, "0123456789"},
        {"If-Match: *\r\n", "200", NULL, "0123456789"},
        {"If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", "412", NULL, ""},
    };
    Shelf shelf;
    shelf_init(&shelf, "0123456789", 10);
    g_autoptr(HttpServer) server = start(serve_file, &shelf, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request = g_strconcat("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
                                               cases[i].headers, "\r\n", NULL);
        g_autofree char *answer = ask(server, request);
        g_test_message("%s", cases[i].headers);
        g_assert_true(strncmp(answer + strlen("HTTP/1.1 "), cases[i].status, 3) == 0);
        g_assert_cmpstr(strstr(answer, "\r\n\r\n") + 4, ==, cases[i].body);
        g_assert_nonnull(strstr(answer, "\r\nETag: \"v1\"\r\n"));
        g_assert_nonnull(strstr(answer, "\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
        g_autofree char *range = g_strconcat("\r\nContent-Range: ", cases[i].range, "\r\n", NULL);
        if (cases[i].range)
            g_assert_nonnull(strstr(answer, range));
        else
            g_assert_null(strstr(answer, "Content-Range"));
    }
    g_autofree char *head = ask(server, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    g_assert_nonnull(strstr(head, "\r\nContent-Length: 10\r\n"));
    g_assert_true(g_str_has_suffix(head, "\r\n\r\n"));
    unlink(shelf.path);
}

static void test_big_file(void)
{
    gsize length = 20 << 20;
    g_autofree char *bytes = g_malloc(length);
    for (gsize i = 0; i < length; i++)
        bytes[i] = (char)(i * 31 >> 3);
    Shelf shelf;
    shelf_init(&shelf, bytes, length);
    g_autoptr(HttpServer) server = start(serve_file, &shelf, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client_expect(&client, "\r\n\r\n");
    gsize head = (gsize)(strstr(client_text(&client), "\r\n\r\n") + 4 - client_text(&client));
    client_expect_bytes(&client, head + length);
    g_assert_cmpmem(client.in->data + head, length, bytes, length);
    /* The connection goes on after it. */
    client_forget(&client, head + length);
    client_say(&client, "GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-3\r\n\r\n");
    client_expect(&client, "Content-Range: bytes 0-3/20971520\r\n");
    client_close(&client);
    unlink(shelf.path);
}

static void test_short_file(void)
{
    Shelf shelf;
    shelf_init(&shelf, "0123456789", 10);
    shelf.claims = 100000;
    g_autoptr(HttpServer) server = start(serve_file, &shelf, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client_expect_end(&client);
    g_assert_nonnull(strstr(client_text(&client), "\r\nContent-Length: 100000\r\n"));
    client_close(&client);
    WAIT_UNTIL(http_server_connections(server) == 0);
    unlink(shelf.path);
}

/* ---- bodies ---- */

static void count_bytes(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    (void)bytes;
    guint64 *total = data;
    g_assert_cmpuint(length, <=, 65536);
    *total += length;
    if (length == 0) {
        g_autofree char *text = g_strdup_printf("%" G_GUINT64_FORMAT " bytes", *total);
        http_request_reply_text(request, 200, NULL, text);
    }
}

static void stream_and_count(HttpRequest *request, gpointer data)
{
    http_request_stream(request, count_bytes, data);
}

static void test_big_bodies(void)
{
    guint64 total = 0;
    gsize length = 5000000;
    g_autoptr(HttpServer) server = start(stream_and_count, &total, NULL);
    g_autofree char *bytes = g_malloc0(length);
    Client client;
    client_open(&client, server);
    client_say(&client, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n");
    client_send(&client, bytes, length);
    client_expect(&client, "5000000 bytes");
    total = 0;
    client_say(&client, "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5; i++) {
        client_say(&client, "f4240\r\n");
        client_send(&client, bytes, 1000000);
        client_say(&client, "\r\n");
    }
    client_forget(&client, client_length(&client));
    client_say(&client, "0\r\n\r\n");
    client_expect(&client, "5000000 bytes");
    client_close(&client);
}

/* A paused body stays with the client: what the kernel keeps, and no more. */
static void test_backpressure(void)
{
    Stream state = {.got = g_string_new(NULL), .pauses = TRUE};
    g_autoptr(HttpServer) server = start(stream, &state, NULL);
    g_autofree char *bytes = g_malloc0(1 << 20);
    Client client;
    client_open(&client, server);
    client_say(&client, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576000\r\n\r\n");
    gsize taken = 0;
    for (int quiet = 0; quiet < 20;) {
        ssize_t n = send(client.fd, bytes, 1 << 20, MSG_DONTWAIT | MSG_NOSIGNAL);
        taken += n > 0 ? (gsize)n : 0;
        quiet = n > 0 ? 0 : quiet + 1;
        turn();
    }
    g_assert_cmpuint(state.pieces, ==, 1);
    g_assert_cmpuint(taken, <, 64 << 20);
    /* A reset: a mere end would wait behind the bytes that nobody takes. */
    struct linger at_once = {.l_onoff = 1};
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(&client);
    WAIT_UNTIL(http_server_connections(server) == 0);
    g_assert_true(http_request_is_gone(state.request));
    http_request_reply_text(state.request, 200, NULL, "");
    g_string_free(state.got, TRUE);
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
    g_test_add_func("/http/request/fields-are-decoded", test_fields);
    g_test_add_func("/http/request/trusted-proxies-are-believed", test_proxies);
    g_test_add_func("/http/request/bodies-of-every-size-are-streamed", test_big_bodies);
    g_test_add_func("/http/request/a-paused-body-stays-with-the-client", test_backpressure);
    g_test_add_func("/http/reply/is-sent-as-it-was-made", test_replies);
    g_test_add_func("/http/file/conditions-and-ranges", test_ranges);
    g_test_add_func("/http/file/big-ones-arrive-whole", test_big_file);
    g_test_add_func("/http/file/one-that-is-too-short-cuts-the-connection", test_short_file);
    return g_test_run();
}
