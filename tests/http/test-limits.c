/* What a hostile or broken client gets: limits, deadlines, refusals, and the end of a server. */
#include "support.h"
#include <sys/resource.h>

static const HttpLimits quick = {.header_ms = 200, .idle_ms = 300, .body_ms = 200, .reply_ms = 300};

static void say_hello(HttpRequest *request, gpointer data)
{
    if (data)
        ++*(guint *)data;
    http_request_reply_text(request, 200, "text/plain", "hello");
}

/* ---- refusals ---- */

#define START "GET / HTTP/1.1\r\nHost: x\r\n"
#define POST  "POST / HTTP/1.1\r\nHost: x\r\n"

static const struct {
    const char *request;
    const char *answer;
} refusals[] = {
    {POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
    {POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
    {POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400"},
    {POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "HTTP/1.1 400"},
    {POST "Content-Length: 3, 3\r\n\r\nabc", "HTTP/1.1 400"},
    {POST "Content-Length: +3\r\n\r\nabc", "HTTP/1.1 400"},
    {POST "Content-Length: -3\r\n\r\nabc", "HTTP/1.1 400"},
    {POST "Content-Length: 0x3\r\n\r\nabc", "HTTP/1.1 400"},
    {POST "Content-Length : 3\r\n\r\nabc", "HTTP/1.1 400"},
    {POST "Content-Length:\r\n\r\nabc", "HTTP/1.1 400"},
    {POST "Content-Length: 99999999999999999999\r\n\r\nabc", "HTTP/1.1 4"},
    {POST "Content-Length: 18446744073709551615\r\n\r\nabc", "HTTP/1.1 4"},
    {POST "Content-Length: 9223372036854775808\r\n\r\nabc", "HTTP/1.1 4"},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "HTTP/1.1 400"},
    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 501"},
    {POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 501"},
    {POST "Transfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
    {"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400"},
    {START "Host: y\r\n\r\n", "HTTP/1.1 400"},
    {START "host: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},
    {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "HTTP/1.1 400"},
    {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "HTTP/1.1 400"},
    {START "no colon\r\n\r\n", "HTTP/1.1 400"},
    {START ": no name\r\n\r\n", "HTTP/1.1 400"},
    {START "a b: c\r\n\r\n", "HTTP/1.1 400"},
    {START "a: b\nc: d\r\n\r\n", "HTTP/1.1 400"},
    {START "a: b\r\n c: d\r\n\r\n", "HTTP/1.1 400"},
    {"GET / HTTP/1.1\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {START "a: b\r\n\n", "HTTP/1.1 400"},
    {POST "Content-Length:\r\n 3\r\n\r\nabc", "HTTP/1.1 400"},
    {START "a: b\001c\r\n\r\n", "HTTP/1.1 400"},
    {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501"},
    {"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501"},
    {"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501"},
    {"get / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 501"},
    {"GET /../etc HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /a/%2e%2E/b HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /a%00 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /a%0a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /% HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET a HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
    {"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", ""}, /* no request line: closed */
    {"GET / HTTP/9.9\r\nHost: x\r\n\r\n", "HTTP/1.1 505"},
    {"GET /\r\n\r\n", ""},
    {"\026\003\001\002\001\001\r\n\r\n", ""}, /* TLS */
};

static void test_refusals(void)
{
    guint handled = 0;
    g_autoptr(HttpServer) server = start(say_hello, &handled, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *answer = ask(server, refusals[i].request);
        if (!g_str_has_prefix(answer, refusals[i].answer) || handled > 0)
            g_error("to %s\nexpected %s\ncame %s", refusals[i].request, refusals[i].answer, answer);
    }
    WAIT_UNTIL(http_server_connections(server) == 0);
}

static void test_nul(void)
{
    static const char with_nul[] = POST "Transfer-Encoding: chunked\0x\r\n\r\n0\r\n\r\n";
    static const char with_two[] = START "a: b\0\0c\0d\r\n\r\n";
    static const char in_target[] = "GET /a\0b HTTP/1.1\r\nHost: x\r\n\r\n";
    const struct {
        const char *bytes;
        gsize length;
    } all[] = {{with_nul, sizeof with_nul - 1},
               {with_two, sizeof with_two - 1},
               {in_target, sizeof in_target - 1}};
    guint handled = 0;
    g_autoptr(HttpServer) server = start(say_hello, &handled, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(all); i++) {
        Client client;
        client_open(&client, server);
        client_send(&client, all[i].bytes, all[i].length);
        g_test_message("case %u", i);
        client_expect_end(&client);
        assert_starts(&client, "HTTP/1.1 400");
        client_close(&client);
    }
    g_assert_cmpuint(handled, ==, 0);
}

static void test_header_limit(void)
{
    guint handled = 0;
    g_autoptr(HttpServer) server = start(say_hello, &handled, NULL);
    const gsize sizes[] = {17000, 40000, 200000, 3000000};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *value = g_strnfill(sizes[i], 'x');
        g_autofree char *request = g_strconcat(START "X: ", value, "\r\n\r\n", NULL);
        g_autofree char *answer = ask(server, request);
        g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 431"));
    }
    GString *many = g_string_new(START);
    for (int i = 0; i < 100000; i++)
        g_string_append(many, "a:b\r\n");
    g_autofree char *answer = ask(server, many->str);
    g_assert_true(g_str_has_prefix(answer, "HTTP/1.1 431"));
    g_string_free(many, TRUE);
    g_autofree char *path = g_strnfill(200000, 'x');
    g_autofree char *request = g_strconcat("GET /", path, " HTTP/1.1\r\nHost: x\r\n\r\n", NULL);
    g_autofree char *too_long = ask(server, request);
    g_assert_true(g_str_has_prefix(too_long, "HTTP/1.1 4"));
    g_assert_cmpuint(handled, ==, 0);
    /* What is within it goes through. */
    g_autofree char *value = g_strnfill(15000, 'x');
    g_autofree char *fits = g_strconcat(START "Connection: close\r\nX: ", value, "\r\n\r\n", NULL);
    g_autofree char *right = ask(server, fits);
    g_assert_true(g_str_has_prefix(right, "HTTP/1.1 200"));
}

/* ---- deadlines ---- */

/* Sends the text byte by byte, one every few milliseconds, until the server closes or it is over. */
static void drip(Client *client, const char *text, gsize length)
{
    for (gsize i = 0; i < length && !client->is_closed; i++) {
        gint64 until_us = g_get_monotonic_time() + 20000;
        client_send(client, text + i, 1);
        while (g_get_monotonic_time() < until_us)
            turn();
        client_read(client);
    }
}

static void test_slow_header(void)
{
    guint handled = 0;
    g_autoptr(HttpServer) server = start(say_hello, &handled, &quick);
    Client silent, slow, kept;
    client_open(&silent, server);
    client_open(&slow, server);
    client_open(&kept, server);
    client_say(&kept, START "\r\n");
    client_expect(&kept, "hello");
    g_autofree char *text = g_strnfill(2000, 'a');
    client_say(&slow, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    drip(&slow, text, strlen(text));
    client_expect_end(&slow);
    client_expect_end(&silent);
    assert_starts(&slow, "HTTP/1.1 408 ");
    client_expect_end(&kept); /* idle_ms */
    g_assert_cmpuint(client_count(&kept, "HTTP/1.1"), ==, 1);
    client_close(&kept);
    client_open(&kept, server);
    client_say(&kept, START "\r\n");
    client_expect(&kept, "hello");
    client_say(&kept, "GET / HTTP/1.1\r\nX: ");
    drip(&kept, text, strlen(text));
    client_expect_end(&kept);
    g_assert_nonnull(strstr(client_text(&kept), "HTTP/1.1 408 "));
    g_assert_cmpuint(handled, ==, 2);
    client_close(&silent);
    client_close(&slow);
    client_close(&kept);
    WAIT_UNTIL(http_server_connections(server) == 0);
}

static void never(HttpRequest *request, GBytes *body, gpointer data)
{
    (void)request, (void)body, (void)data;
    g_assert_not_reached();
}

static void note_gone(HttpRequest *request, gpointer data)
{
    ++*(guint *)data;
    http_request_reply_text(request, 200, NULL, "to nobody");
}

static void collect(HttpRequest *request, gpointer data)
{
    http_request_on_gone(request, note_gone, data);
    http_request_collect(request, 1 << 20, never, NULL);
}

static void test_slow_body(void)
{
    guint gone = 0;
    g_autoptr(HttpServer) server = start(collect, &gone, &quick);
    Client silent, slow;
    client_open(&silent, server);
    client_open(&slow, server);
    client_say(&silent, POST "Content-Length: 10\r\n\r\nab");
    client_say(&slow, POST "Content-Length: 10000\r\n\r\n");
    g_autofree char *text = g_strnfill(2000, 'a'); /* 50 bytes a second */
    drip(&slow, text, strlen(text));
    client_expect_end(&slow);
    client_expect_end(&silent);
    WAIT_UNTIL(gone == 2);
    client_close(&silent);
    client_close(&slow);
}

static HttpRequest *paused;

static void pause_at_once(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    (void)bytes, (void)data;
    if (length == 0) {
        http_request_reply_text(request, 200, NULL, "patient");
        return;
    }
    paused = request;
    http_request_pause(request);
}

static void stream(HttpRequest *request, gpointer data)
{
    (void)data;
    http_request_stream(request, pause_at_once, NULL);
}

static void wait_ms(int ms)
{
    gint64 until_us = g_get_monotonic_time() + ms * 1000;
    while (g_get_monotonic_time() < until_us)
        turn();
}

static void test_handler_takes_its_time(void)
{
    g_autoptr(HttpServer) server = start(stream, NULL, &quick);
    Client client;
    client_open(&client, server);
    client_say(&client, POST "Content-Length: 4\r\n\r\nab");
    paused = NULL;
    WAIT_UNTIL(paused);
    wait_ms(600);
    g_assert_false(client_read(&client));
    http_request_resume(paused);
    client_say(&client, "cd");
    paused = NULL;
    WAIT_UNTIL(paused);
    http_request_resume(paused);
    client_expect(&client, "patient");
    client_close(&client);
}

static void reply_much(HttpRequest *request, gpointer data)
{
    HttpReply *reply = http_reply_new(200);
    http_reply_bytes(reply, data);
    http_request_reply(request, reply);
}

static void test_slow_reader(void)
{
    g_autoptr(GBytes) much = g_bytes_new_take(g_malloc0(64 << 20), 64 << 20);
    g_autoptr(HttpServer) server = start(reply_much, much, &quick);
    Client client;
    client_open_to(&client, http_server_port(server), 4096);
    client_say(&client, START "\r\n");
    WAIT_UNTIL(http_server_connections(server) == 1);
    WAIT_UNTIL(http_server_connections(server) == 0);
    client_close(&client);
    /* One who reads gets all of it. */
    client_open(&client, server);
    client_say(&client, START "\r\n");
    client_expect_bytes(&client, 64u << 20);
    client_close(&client);
}

/* ---- numbers ---- */

static void test_connections(void)
{
    const HttpLimits limits = {.connections = 3};
    g_autoptr(HttpServer) server = start(say_hello, NULL, &limits);
    Client clients[4];
    for (int i = 0; i < 4; i++)
        client_open(&clients[i], server);
    client_expect_end(&clients[3]);
    client_say(&clients[2], START "\r\n");
    client_expect(&clients[2], "hello");
    client_close(&clients[0]);
    WAIT_UNTIL(http_server_connections(server) == 2);
    client_close(&clients[3]);
    client_open(&clients[3], server);
    client_say(&clients[3], START "\r\n");
    client_expect(&clients[3], "hello");
    for (int i = 1; i < 4; i++)
        client_close(&clients[i]);
}

static void test_connections_per_address(void)
{
    HttpLimits limits = {.connections_per_address = 2};
    HttpServer *server = start(say_hello, NULL, &limits);
    Client clients[3];
    for (int i = 0; i < 3; i++)
        client_open(&clients[i], server);
    client_expect_end(&clients[2]);
    for (int i = 0; i < 3; i++)
        client_close(&clients[i]);
    WAIT_UNTIL(http_server_connections(server) == 0);
    client_open(&clients[0], server);
    client_say(&clients[0], START "\r\n");
    client_expect(&clients[0], "hello");
    client_close(&clients[0]);
    http_server_free(server);
    const char *const proxies[] = {"127.0.0.0/8", NULL};
    HttpServerOptions options = {.listen = "127.0.0.1:0",
                                 .handler = say_hello,
                                 .limits = limits,
                                 .trusted_proxies = proxies};
    server = http_server_new(&options, NULL);
    for (int i = 0; i < 3; i++)
        client_open(&clients[i], server);
    for (int i = 0; i < 3; i++) {
        client_say(&clients[i], START "\r\n");
        client_expect(&clients[i], "hello");
        client_close(&clients[i]);
    }
    http_server_free(server);
}

/* Without descriptors nobody is accepted; whoever waited is served when there are some again. */
static void test_no_descriptors(void)
{
    struct rlimit before;
    g_autoptr(HttpServer) server = start(say_hello, NULL, &quick);
    Client served, waits;
    client_open(&served, server);
    WAIT_UNTIL(http_server_connections(server) == 1);
    client_open(&waits, server);
    client_say(&waits, START "\r\n");
    int next = dup(0);
    close(next);
    getrlimit(RLIMIT_NOFILE, &before);
    struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK); /* it warns, and has to */
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
    client_say(&served, START "\r\n");
    client_expect(&served, "hello");
    g_assert_cmpuint(http_server_connections(server), ==, 1);
    g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
    client_expect(&waits, "hello");
    g_log_set_always_fatal(fatal);
    client_close(&served);
    client_close(&waits);
}

static void test_pipeline(void)
{
    guint handled = 0;
    g_autoptr(HttpServer) server = start(say_hello, &handled, NULL);
    Client client;
    client_open(&client, server);
    client_say(&client, START "\r\n" START "\r\n" POST "Content-Length: 3\r\n\r\nabc" START "\r\n");
    WAIT_UNTIL((client_read(&client), client_count(&client, "hello") == 4));
    g_assert_cmpuint(handled, ==, 4);
    client_close(&client);
}

/* ---- replies before the end of the body ---- */

static void refuse(HttpRequest *request, gpointer data)
{
    (void)data;
    http_request_reply_text(request, 403, "text/plain", "no");
}

static void test_early_reply(void)
{
    g_autoptr(HttpServer) server = start(refuse, NULL, NULL);
    g_autofree char *much = g_malloc0(8 << 20);
    Client client;
    client_open(&client, server);
    /* Little: thrown away, and the connection goes on. */
    client_say(&client, POST "Content-Length: 5\r\n\r\n");
    client_say(&client, "Hallo" START "\r\n");
    WAIT_UNTIL((client_read(&client), client_count(&client, "\r\n\r\nno") == 2));
    client_close(&client);
    /* Much: the answer arrives all the same, and then the end. */
    client_open(&client, server);
    client_say(&client, POST "Content-Length: 8388608\r\n\r\n");
    client_send(&client, much, 8 << 20);
    client_expect_end(&client);
    assert_starts(&client, "HTTP/1.1 403 Forbidden\r\n");
    g_assert_nonnull(strstr(client_text(&client), "Connection: close\r\n"));
    g_assert_true(g_str_has_suffix(client_text(&client), "\r\n\r\nno"));
    client_close(&client);
    /* Not yet sent: it need not be. */
    client_open(&client, server);
    client_say(&client, POST "Content-Length: 8388608\r\nExpect: 100-continue\r\n\r\n");
    client_expect_end(&client);
    assert_starts(&client, "HTTP/1.1 403 ");
    client_close(&client);
    WAIT_UNTIL(http_server_connections(server) == 0);
}

typedef struct Slot {
    guint destroyed;
} Slot;

static void destroy(gpointer data)
{
    ((Slot *)data)->destroyed++;
}

static void collect_little(HttpRequest *request, gpointer data)
{
    http_request_set_data(request, data, destroy);
    http_request_collect(request, 1000, never, NULL);
}

static void test_too_large(void)
{
    Slot slot = {0};
    g_autoptr(HttpServer) server = start(collect_little, &slot, NULL);
    g_autofree char *much = g_malloc0(8 << 20);
    g_autofree char *before =
        ask(server, POST "Content-Length: 8388608\r\nExpect: 100-continue\r\n\r\n");
    g_assert_true(g_str_has_prefix(before, "HTTP/1.1 413 "));
    slot.destroyed = 0;
    const char *const heads[] = {POST "Content-Length: 8388608\r\n\r\n",
                                 POST "Transfer-Encoding: chunked\r\n\r\n800000\r\n",
                                 POST "Content-Length: 1001\r\nConnection: close\r\n\r\n"};
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
        Client client;
        client_open(&client, server);
        client_say(&client, heads[i]);
        client_send(&client, much, i == 2 ? 1001 : 8 << 20);
        client_expect_end(&client);
        assert_starts(&client, "HTTP/1.1 413 ");
        g_assert_cmpuint(slot.destroyed, ==, i + 1);
        client_close(&client);
    }
}

/* ---- bad chunks ---- */

static void test_bad_chunks(void)
{
    static const char *const bad[] = {"x\r\n",         "-1\r\n", "fffffffffffffffff\r\n",
                                      "3\r\nabcd\r\n", ";\r\n",  "\r\n\r\n"};
    guint gone = 0;
    g_autoptr(HttpServer) server = start(collect, &gone, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *request =
            g_strconcat(POST "Transfer-Encoding: chunked\r\n\r\n", bad[i], NULL);
        g_autofree char *answer = ask(server, request);
        g_assert_true(answer[0] == '\0' || g_str_has_prefix(answer, "HTTP/1.1 4"));
        WAIT_UNTIL(gone == i + 1);
    }
}

/* ---- the end of a server ---- */

static HttpRequest *kept_request;

static void keep(HttpRequest *request, gpointer data)
{
    (void)data;
    kept_request = request;
}

static void note_drained(gpointer data)
{
    *(gboolean *)data = TRUE;
}

static void test_drain(void)
{
    gboolean is_drained = FALSE;
    g_autoptr(HttpServer) server = start(keep, NULL, NULL);
    Client idle, busy;
    client_open(&idle, server);
    client_open(&busy, server);
    client_say(&busy, START "\r\n");
    kept_request = NULL;
    WAIT_UNTIL(kept_request && http_server_connections(server) == 2);
    http_server_drain(server, note_drained, &is_drained);
    client_expect_end(&idle);
    wait_ms(20);
    g_assert_false(is_drained);
    http_request_reply_text(kept_request, 200, NULL, "at last");
    client_expect_end(&busy);
    g_assert_nonnull(strcasestr(client_text(&busy), "Connection: close\r\n"));
    g_assert_nonnull(strstr(client_text(&busy), "at last"));
    WAIT_UNTIL(is_drained);
    client_close(&idle);
    client_close(&busy);
}

static void test_drain_of_nothing(void)
{
    gboolean is_drained = FALSE;
    g_autoptr(HttpServer) server = start(keep, NULL, NULL);
    http_server_drain(server, note_drained, &is_drained);
    g_assert_false(is_drained);
    WAIT_UNTIL(is_drained);
}

static void count_gone(HttpRequest *request, gpointer data)
{
    (void)request;
    ++*(guint *)data;
}

static void keep_and_count(HttpRequest *request, gpointer data)
{
    kept_request = request;
    http_request_on_gone(request, count_gone, data);
}

static void test_free(void)
{
    guint gone = 0;
    HttpServer *server = start(keep_and_count, &gone, NULL);
    Client idle, half, waits, body;
    client_open(&idle, server);
    client_open(&half, server);
    client_open(&waits, server);
    client_open(&body, server);
    client_say(&half, "GET / HT");
    client_say(&body, POST "Content-Length: 10\r\n\r\nabc");
    kept_request = NULL;
    WAIT_UNTIL(kept_request);
    HttpRequest *other = kept_request;
    client_say(&waits, START "\r\n");
    WAIT_UNTIL(kept_request != other && http_server_connections(server) == 4);
    http_server_free(server);
    g_assert_cmpuint(gone, ==, 2);
    http_request_reply_text(other, 200, NULL, "to nobody");
    http_request_reply_text(kept_request, 200, NULL, "to nobody");
    client_close(&idle);
    client_close(&half);
    client_close(&waits);
    client_close(&body);
}

static void test_addresses(void)
{
    static const char *const bad[] = {"",         "8080",         "localhost:80", "127.0.0.1",
                                      "::1:80",   "[::1]",        "127.0.0.1:",   "127.0.0.1:65536",
                                      "1.2.3:80", "[1.2.3.4]:80", "127.0.0.1:8 ", ":80"};
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        HttpServerOptions options = {.listen = bad[i], .handler = say_hello};
        g_assert_null(http_server_new(&options, &error));
        g_assert_error(error, HTTP_ERROR, HTTP_ERROR_ADDRESS);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpServer) server = start(say_hello, NULL, NULL);
    g_autofree char *taken = g_strdup_printf("127.0.0.1:%u", http_server_port(server));
    HttpServerOptions options = {.listen = taken, .handler = say_hello};
    g_assert_null(http_server_new(&options, &error));
    g_assert_error(error, HTTP_ERROR, HTTP_ERROR_ADDRESS);
    g_clear_error(&error);
    const char *const proxies[] = {"10.0.0.0/33", NULL};
    options = (HttpServerOptions){
        .listen = "127.0.0.1:0", .handler = say_hello, .trusted_proxies = proxies};
    g_assert_null(http_server_new(&options, &error));
    g_assert_error(error, HTTP_ERROR, HTTP_ERROR_ADDRESS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s05/http/refuses-what-leaves-open-where-it-ends", test_refusals);
    g_test_add_func("/s05/http/refuses-nul", test_nul);
    g_test_add_func("/s05/http/header-floods-are-refused", test_header_limit);
    g_test_add_func("/s05/http/slow-headers-end", test_slow_header);
    g_test_add_func("/s05/http/slow-bodies-end", test_slow_body);
    g_test_add_func("/s05/http/slow-readers-end", test_slow_reader);
    g_test_add_func("/s05/http/too-many-connections-are-closed", test_connections);
    g_test_add_func("/s05/http/too-many-connections-of-one-address-are-closed",
                    test_connections_per_address);
    g_test_add_func("/s05/http/waits-when-there-are-no-descriptors", test_no_descriptors);
    g_test_add_func("/s05/http/bad-chunks-end-the-request", test_bad_chunks);
    g_test_add_func("/http/limits/do-not-run-while-the-handler-pauses",
                    test_handler_takes_its_time);
    g_test_add_func("/http/limits/bodies-too-large-are-said-to-be", test_too_large);
    g_test_add_func("/http/server/answers-pipelined-requests-in-order", test_pipeline);
    g_test_add_func("/http/server/replies-before-the-end-of-the-body", test_early_reply);
    g_test_add_func("/http/server/drains", test_drain);
    g_test_add_func("/http/server/drains-when-nothing-runs", test_drain_of_nothing);
    g_test_add_func("/http/server/ends-with-requests-that-wait", test_free);
    g_test_add_func("/http/server/says-what-is-wrong-with-an-address", test_addresses);
    return g_test_run();
}
