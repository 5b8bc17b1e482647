/* Long bodies: read to where the handler wants them, whole, and the connection goes on. */
#include "support.h"

enum { LENGTH = 5000000, PLACE = 300000 };

/* What a handler keeps of a body: each piece has to lie where it was wanted, but for those that MHD
 * had read before. */
typedef struct Kept {
    guint8 *bytes;
    const guint8 *sent;
    gsize length;
    gsize pieces_in_place;
    gsize pause_at; /* 0: never */
    gsize reply_at; /* before its end; 0: never */
    gboolean is_complete;
    guint gone;
    HttpRequest *request;
} Kept;

static guint8 *room(gsize *length, gpointer data)
{
    const Kept *kept = data;
    *length = MIN(LENGTH - kept->length, PLACE);
    return kept->bytes + kept->length;
}

static void take(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    Kept *kept = data;
    if (length == 0) {
        kept->is_complete = TRUE;
        g_assert_cmpmem(kept->bytes, kept->length, kept->sent, LENGTH);
        g_assert_cmpuint(kept->pieces_in_place, >, 0);
        http_request_reply_text(request, 200, NULL, "got it");
        return;
    }
    g_assert_cmpuint(kept->length + length, <=, LENGTH);
    if (bytes == kept->bytes + kept->length)
        kept->pieces_in_place++;
    else
        memcpy(kept->bytes + kept->length, bytes, length);
    kept->length += length;
    if (kept->reply_at > 0 && kept->length >= kept->reply_at) {
        kept->request = NULL;
        http_request_reply_text(request, 409, NULL, "enough");
    } else if (kept->pause_at > 0 && kept->length >= kept->pause_at) {
        http_request_pause(request);
    }
}

static void note_gone(HttpRequest *request, gpointer data)
{
    (void)request;
    ((Kept *)data)->gone++;
}

static void keep(HttpRequest *request, gpointer data)
{
    Kept *kept = data;
    kept->request = request;
    kept->length = kept->pieces_in_place = 0;
    kept->is_complete = FALSE;
    memset(kept->bytes, 0, LENGTH);
    http_request_on_gone(request, note_gone, kept);
    http_request_stream_into(request, room, take, kept);
}

static guint8 *make_bytes(void)
{
    guint8 *bytes = g_malloc(LENGTH);
    for (gsize i = 0; i < LENGTH; i++)
        bytes[i] = (guint8)(i * 7 + i / 251);
    return bytes;
}

#define HEAD "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n"

typedef struct Fixture {
    Kept kept;
    guint8 *sent;
    HttpServer *server;
    Client client;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    HttpLimits limits = {.header_ms = data != NULL ? *(const guint *)data : 0};
    f->sent = make_bytes();
    f->kept.sent = f->sent;
    f->kept.bytes = g_malloc0(LENGTH);
    f->server = start(keep, &f->kept, &limits);
    client_open(&f->client, f->server);
    client_say(&f->client, HEAD);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    client_close(&f->client);
    http_server_free(f->server);
    g_free(f->kept.bytes);
    g_free(f->sent);
}

static void expect_whole(Fixture *f)
{
    client_expect(&f->client, "got it");
    client_forget(&f->client, client_length(&f->client));
}

static void test_connection_goes_on(Fixture *f, gconstpointer data)
{
    (void)data;
    for (int i = 0; i < 3; i++) {
        client_send(&f->client, f->sent, LENGTH);
        /* The next one at once: it stays in the socket meanwhile. */
        client_say(&f->client, HEAD);
        expect_whole(f);
    }
    client_send(&f->client, f->sent, LENGTH);
    expect_whole(f);
    WAIT_UNTIL(http_server_connections(f->server) == 1);
}

static void test_waits_while_paused(Fixture *f, gconstpointer data)
{
    (void)data;
    for (gsize at = 1000000; at < LENGTH; at += 1000000) {
        f->kept.pause_at = at;
        client_send(&f->client, f->sent + at - 1000000, 1000000);
        WAIT_UNTIL(f->kept.length >= at);
        gsize length = f->kept.length;
        for (int i = 0; i < 5; i++)
            turn();
        g_assert_cmpuint(f->kept.length, ==, length);
        f->kept.pause_at = at + 1000000;
        http_request_resume(f->kept.request);
    }
    f->kept.pause_at = LENGTH;
    client_send(&f->client, f->sent + 4000000, 1000000);
    WAIT_UNTIL(f->kept.length == LENGTH);
    for (int i = 0; i < 5; i++)
        turn();
    g_assert_false(f->kept.is_complete);
    http_request_resume(f->kept.request);
    expect_whole(f);
}

static void test_reply_before_its_end(Fixture *f, gconstpointer data)
{
    (void)data;
    f->kept.reply_at = 2000000;
    client_send(&f->client, f->sent, LENGTH);
    client_expect(&f->client, "Connection: close");
    client_expect(&f->client, "enough");
    client_expect_end(&f->client);
    g_assert_false(f->client.was_reset);
    WAIT_UNTIL(http_server_connections(f->server) == 0);
    g_assert_cmpuint(f->kept.gone, ==, 0);
}

static void test_client_goes_away(Fixture *f, gconstpointer data)
{
    (void)data;
    client_send(&f->client, f->sent, 2000000);
    client_close(&f->client);
    WAIT_UNTIL(f->kept.gone == 1);
    /* What it sent before was taken. */
    g_assert_cmpmem(f->kept.bytes, f->kept.length, f->sent, 2000000);
    http_request_reply_text(f->kept.request, 200, NULL, "to nobody");
    WAIT_UNTIL(http_server_connections(f->server) == 0);
}

/* Less than is worth waking up for is taken too, a little later. */
static void test_drops_arrive(Fixture *f, gconstpointer data)
{
    (void)data;
    client_send(&f->client, f->sent, 2000000);
    WAIT_UNTIL(f->kept.length == 2000000);
    for (gsize at = 2000000; at < 2000003; at++) {
        client_send(&f->client, f->sent + at, 1);
        WAIT_UNTIL(f->kept.length == at + 1);
    }
    client_send(&f->client, f->sent + 2000003, LENGTH - 2000003);
    expect_whole(f);
}

static void test_last_word(Fixture *f, gconstpointer data)
{
    (void)data;
    client_send(&f->client, f->sent, LENGTH);
    expect_whole(f);
    client_say(&f->client, "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           "Content-Length: 5000000\r\n\r\n");
    client_send(&f->client, f->sent, LENGTH);
    expect_whole(f);
    client_expect_end(&f->client);
}

/* It is an idle one between its requests, not one that is slow to ask. */
static void test_idle_between_requests(Fixture *f, gconstpointer data)
{
    gint64 header_us = 1000 * (gint64)(*(const guint *)data);
    gint64 until_us = g_get_monotonic_time() + 5 * header_us;
    client_send(&f->client, f->sent, LENGTH);
    expect_whole(f);
    while (g_get_monotonic_time() < until_us)
        turn();
    client_say(&f->client, HEAD);
    client_send(&f->client, f->sent, LENGTH);
    expect_whole(f);
}

/* Whoever frees the server has let go of every request: here, what a half-sent body leaves. */
static void test_server_ends_meanwhile(Fixture *f, gconstpointer data)
{
    (void)data;
    client_send(&f->client, f->sent, 2000000);
    WAIT_UNTIL(f->kept.length == 2000000);
    g_clear_pointer(&f->server, http_server_free);
    g_assert_cmpuint(f->kept.gone, ==, 1);
    http_request_reply_text(f->kept.request, 200, NULL, "to nobody");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/http/body/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("long-ones-are-read-in-place-and-the-connection-goes-on", test_connection_goes_on);
    ADD("waits-while-paused", test_waits_while_paused);
    ADD("a-reply-before-its-end-ends-the-connection", test_reply_before_its_end);
    ADD("a-client-that-goes-away-is-told", test_client_goes_away);
    ADD("drops-arrive-too", test_drops_arrive);
    ADD("a-client-that-wants-to-close-is-closed", test_last_word);
    static const guint header_ms = 100;
    g_test_add("/http/body/its-connection-may-be-idle-behind-it", Fixture, &header_ms, set_up,
               test_idle_between_requests, tear_down);
    ADD("the-server-ends-meanwhile", test_server_ends_meanwhile);
    return g_test_run();
}
