/* The server with clients that have no network: who gets in, what arrives where, acks, rooms, the
 * reasons of an end, and what a client may not do. */
#include <socketio/local.h>

#include <string.h>

typedef struct Fixture {
    SocketioServer *server;
    GString *log; /* what the owner was told, a word each */
    gboolean is_late;
    SocketioConnect *waiting; /* when late */
    SocketioAck *kept;
    SocketioSocket *last; /* that connected */
    guint connects;
} Fixture;

static void on_connect(SocketioConnect *connect, gpointer data)
{
    Fixture *fixture = data;
    const json_t *auth = socketio_connect_auth(connect);
    fixture->connects++;
    if (fixture->is_late)
        fixture->waiting = connect;
    else if (json_is_true(json_object_get(auth, "refuse")))
        socketio_connect_refuse(connect, "not you", json_pack("{s:i}", "code", 7));
    else
        fixture->last = socketio_connect_accept(connect, fixture);
}

static void on_event(SocketioSocket *socket, const char *name, const SocketioArgs *args,
                     SocketioAck *ack, gpointer data)
{
    Fixture *fixture = data;
    g_string_append_printf(fixture->log, "%s(%zu) ", name, json_array_size(args->values));
    if (strcmp(name, "echo") == 0)
        socketio_socket_emit(socket, "back", json_incref(args->values), args->attachments);
    if (strcmp(name, "out") == 0)
        socketio_socket_disconnect(socket, FALSE);
    if (strcmp(name, "close") == 0)
        socketio_socket_disconnect(socket, TRUE);
    if (strcmp(name, "keep") == 0)
        fixture->kept = ack;
    else if (ack != NULL)
        socketio_ack_answer(ack, json_incref(args->values), args->attachments);
}

static void on_disconnect(SocketioSocket *socket, SocketioReason reason, gpointer data)
{
    Fixture *fixture = data;
    g_assert_true(socketio_socket_get_data(socket) == fixture);
    g_string_append_printf(fixture->log, "%s:%s ", socketio_socket_space(socket),
                           socketio_reason_name(reason));
}

static void on_answered(SocketioSocket *socket, const SocketioArgs *args, gpointer data)
{
    (void)socket;
    g_string_append_printf(data, "answered:%d ",
                           args != NULL ? (int)json_array_size(args->values) : -1);
}

static void set_up_with(Fixture *fixture, const SocketioOptions *options)
{
    static const SocketioEvents events = {
        .connect = on_connect, .event = on_event, .disconnect = on_disconnect};
    fixture->log = g_string_new(NULL);
    fixture->server = socketio_server_new(options, &events, fixture);
}

static void set_up(Fixture *fixture, gconstpointer unused)
{
    static const char *const spaces[] = {"/", "/a", NULL};
    const SocketioOptions options = {.spaces = spaces};
    (void)unused;
    set_up_with(fixture, &options);
}

static void tear_down(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    socketio_server_free(fixture->server);
    g_string_free(fixture->log, TRUE);
}

static EngineioLocal *new_client(Fixture *fixture)
{
    EngineioLocal *client =
        engineio_local_new(socketio_server_get_engine(fixture->server), "192.0.2.1");
    g_autoptr(GBytes) greeting = engineio_local_take(client, NULL);
    g_assert_cmpint(((const char *)g_bytes_get_data(greeting, NULL))[0], ==, '0');
    return client;
}

static gboolean put(EngineioLocal *client, const char *text)
{
    g_autoptr(GBytes) frame = g_bytes_new(text, strlen(text));
    return engineio_local_put(client, FALSE, frame);
}

static void expect(EngineioLocal *client, const char *wanted)
{
    g_autoptr(GBytes) frame = engineio_local_take(client, NULL);
    if (wanted == NULL) {
        g_assert_null(frame);
        return;
    }
    g_assert_nonnull(frame);
    g_assert_cmpmem(g_bytes_get_data(frame, NULL), g_bytes_get_size(frame), wanted, strlen(wanted));
}

static void skip(EngineioLocal *client)
{
    g_autoptr(GBytes) frame = engineio_local_take(client, NULL);
    g_assert_nonnull(frame);
}

static EngineioLocal *connected(Fixture *fixture)
{
    EngineioLocal *client = new_client(fixture);
    g_assert_true(put(client, "40"));
    skip(client);
    return client;
}

static void turn(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void wait_for(Fixture *fixture, const char *word)
{
    while (strstr(fixture->log->str, word) == NULL)
        g_main_context_iteration(NULL, TRUE);
}

static void expect_log(Fixture *fixture, const char *wanted)
{
    turn();
    g_assert_cmpstr(fixture->log->str, ==, wanted);
    g_string_truncate(fixture->log, 0);
}

/* ---- the door ---- */

static void test_let_in(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = new_client(fixture);
    put(client, "40/a,{\"token\":\"x\"}");
    g_autofree char *wanted =
        g_strdup_printf("40/a,{\"sid\":\"%s\"}", socketio_socket_id(fixture->last));
    expect(client, wanted);
    g_assert_cmpstr(socketio_socket_space(fixture->last), ==, "/a");
    g_assert_cmpstr(socketio_socket_client_address(fixture->last), ==, "192.0.2.1");
    const json_t *token = json_object_get(socketio_socket_auth(fixture->last), "token");
    g_assert_cmpstr(json_string_value(token), ==, "x");
}

static void test_refused(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = new_client(fixture);
    put(client, "40{\"refuse\":true}");
    expect(client, "44{\"message\":\"not you\",\"data\":{\"code\":7}}");
    put(client, "40/none,");
    expect(client, "44/none,{\"message\":\"Invalid namespace\"}");
    g_assert_true(put(client, "40"));
    skip(client);
    g_assert_cmpuint(fixture->connects, ==, 2);
}

static void test_late(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    fixture->is_late = TRUE;
    g_autoptr(EngineioLocal) client = new_client(fixture);
    put(client, "40");
    expect(client, NULL);
    g_assert_true(socketio_connect_is_waiting(fixture->waiting));
    g_assert_nonnull(socketio_connect_accept(fixture->waiting, fixture));
    skip(client);
    put(client, "40/a");
    put(client, "41/a");
    g_assert_false(socketio_connect_is_waiting(fixture->waiting));
    g_assert_null(socketio_connect_accept(fixture->waiting, fixture));
    expect(client, NULL);
}

static void test_late_after_server(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    fixture->is_late = TRUE;
    EngineioLocal *client = new_client(fixture);
    put(client, "40{\"name\":1}");
    engineio_local_free(client);
    g_clear_pointer(&fixture->server, socketio_server_free);
    const json_t *auth = socketio_connect_auth(fixture->waiting);
    g_assert_cmpuint(json_object_size(auth), ==, 1);
    g_assert_cmpstr(socketio_connect_client_address(fixture->waiting), ==, "192.0.2.1");
    socketio_connect_refuse(fixture->waiting, "too late", json_object());
}

static void test_connects_owed(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    fixture->is_late = TRUE;
    g_autoptr(EngineioLocal) client = new_client(fixture);
    SocketioConnect *waiting[64];
    guint count = 0;
    while (put(client, "40") && count < 64) {
        waiting[count++] = fixture->waiting;
        put(client, "41");
    }
    g_assert_cmpuint(count, <, 64);
    for (guint i = 0; i < count; i++)
        socketio_connect_refuse(waiting[i], "no", NULL);
}

/* ---- events and acks ---- */

static void test_events(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = connected(fixture);
    put(client, "42[\"echo\",1,{\"a\":[true]}]");
    expect(client, "42[\"back\",1,{\"a\":[true]}]");
    put(client, "4212[\"any\",\"x\"]");
    expect(client, "4312[\"x\"]");
    expect_log(fixture, "echo(2) any(1) ");
}

static void test_bytes(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = connected(fixture);
    g_autoptr(GBytes) one = g_bytes_new_static("one", 3);
    g_autoptr(GBytes) two = g_bytes_new_static("two", 3);
    put(client,
        "452-[\"echo\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
    engineio_local_put(client, TRUE, one);
    expect(client, NULL);
    engineio_local_put(client, TRUE, two);
    expect(client,
           "452-[\"back\",{\"_placeholder\":true,\"num\":0},{\"_placeholder\":true,\"num\":1}]");
    expect(client, "one");
    expect(client, "two");
}

static void test_kept_ack(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = connected(fixture);
    put(client, "420[\"keep\"]");
    expect(client, NULL);
    socketio_ack_answer(fixture->kept, NULL, NULL);
    expect(client, "430[]");
    put(client, "421[\"keep\"]");
    put(client, "1");
    turn();
    socketio_ack_answer(fixture->kept, json_array(), NULL);
    expect_log(fixture, "keep(0) keep(0) /:transport close ");
}

static void test_answers(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = connected(fixture);
    SocketioSocket *socket = fixture->last;
    socketio_socket_emit_with_ack(socket, "q", json_pack("[i]", 5), NULL, 60000, on_answered,
                                  fixture->log);
    expect(client, "420[\"q\",5]");
    put(client, "430[1,2]");
    put(client, "430[1,2]");
    put(client, "4399[]");
    expect_log(fixture, "answered:2 ");
    socketio_socket_emit_with_ack(socket, "q", NULL, NULL, 1, on_answered, fixture->log);
    wait_for(fixture, "answered:-1");
    g_string_truncate(fixture->log, 0);
    socketio_socket_emit_with_ack(socket, "q", NULL, NULL, 60000, on_answered, fixture->log);
    put(client, "41");
    expect_log(fixture, "answered:-1 /:client namespace disconnect ");
}

static void test_acks_limited(Fixture *fixture, gconstpointer unused)
{
    const SocketioOptions options = {.max_acks = 1};
    (void)unused;
    set_up_with(fixture, &options);
    g_autoptr(EngineioLocal) client = connected(fixture);
    for (int i = 0; i < 2; i++)
        socketio_socket_emit_with_ack(fixture->last, "q", NULL, NULL, 60000, on_answered,
                                      fixture->log);
    skip(client);
    expect(client, NULL);
    g_assert_cmpstr(fixture->log->str, ==, "");
    expect_log(fixture, "answered:-1 ");
}

/* ---- rooms ---- */

static void test_rooms(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) first = connected(fixture);
    SocketioSocket *one = fixture->last;
    g_autoptr(EngineioLocal) second = connected(fixture);
    SocketioSocket *two = fixture->last;
    g_autoptr(EngineioLocal) third = connected(fixture);
    socketio_socket_join(one, "show");
    socketio_socket_join(two, "show");
    socketio_socket_join(two, "show");
    g_assert_cmpuint(socketio_server_emit_room(fixture->server, "/", "show", one, "e", NULL, NULL),
                     ==, 1);
    expect(first, NULL);
    expect(second, "42[\"e\"]");
    g_assert_cmpuint(
        socketio_server_emit_room(fixture->server, "/", NULL, NULL, "e", json_pack("[i]", 1), NULL),
        ==, 3);
    expect(third, "42[\"e\",1]");
    socketio_socket_leave(one, "show");
    g_assert_false(socketio_socket_is_in(one, "show"));
    put(second, "41");
    json_t *args = json_array();
    g_assert_cmpuint(socketio_server_emit_room(fixture->server, "/", "show", NULL, "e", args, NULL),
                     ==, 0);
    g_assert_cmpuint(
        socketio_server_emit_room(fixture->server, "/none", NULL, NULL, "e", NULL, NULL), ==, 0);
}

static void test_encoded_once(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) first = connected(fixture);
    g_autoptr(EngineioLocal) second = connected(fixture);
    socketio_server_emit_room(fixture->server, "/", NULL, NULL, "e", NULL, NULL);
    g_autoptr(GBytes) one = engineio_local_take(first, NULL);
    g_autoptr(GBytes) two = engineio_local_take(second, NULL);
    g_assert_true(one == two);
}

static void put_out(SocketioSocket *socket, gpointer data)
{
    (*(guint *)data)++;
    socketio_socket_disconnect(socket, FALSE);
}

static void test_each(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) first = connected(fixture);
    g_autoptr(EngineioLocal) second = connected(fixture);
    guint count = 0;
    socketio_server_each(fixture->server, "/", NULL, put_out, &count);
    g_assert_cmpuint(count, ==, 2);
    expect(first, "41");
    expect_log(fixture, "/:server namespace disconnect /:server namespace disconnect ");
}

/* ---- the end ---- */

static void test_put_out(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = connected(fixture);
    put(client, "42[\"out\"]");
    expect(client, "41");
    g_assert_true(put(client, "42[\"still\"]"));
    expect_log(fixture, "out(0) /:server namespace disconnect ");
    g_assert_true(put(client, "40"));
    skip(client);
}

static void test_close(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = connected(fixture);
    put(client, "40/a");
    skip(client);
    g_assert_false(put(client, "42[\"close\"]"));
    expect(client, "41");
    expect(client, "41/a,");
    turn();
    g_assert_nonnull(strstr(fixture->log->str, "/:server namespace disconnect"));
    g_assert_nonnull(strstr(fixture->log->str, "/a:server namespace disconnect"));
}

static void test_broken(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    static const char *const frames[] = {
        "4abc",
        "42{}",
        "42[]",
        "42abc[\"x\"]",
        "44{\"message\":\"x\"}",
        "40",
        "2",
        "5",
        "x",
        "",
        "451-[\"x\",{\"_placeholder\":true,\"num\":1}]",
        "459999999-[\"x\"]",
        "42[\"connect\"]",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(frames); i++) {
        g_autoptr(EngineioLocal) client = connected(fixture);
        g_assert_false(put(client, frames[i]));
        g_assert_false(put(client, "42[\"after\"]"));
        expect_log(fixture, "/:parse error ");
    }
    g_autoptr(EngineioLocal) never_in = new_client(fixture);
    g_assert_false(put(never_in, "42[\"x\"]"));
}

static void test_attachments_broken(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(GBytes) bytes = g_bytes_new_static("x", 1);
    g_autoptr(EngineioLocal) unannounced = connected(fixture);
    g_assert_false(engineio_local_put(unannounced, TRUE, bytes));
    g_autoptr(EngineioLocal) interrupted = connected(fixture);
    put(interrupted, "451-[\"x\",{\"_placeholder\":true,\"num\":0}]");
    g_assert_false(put(interrupted, "42[\"y\"]"));
    expect_log(fixture, "/:parse error /:parse error ");
}

static void test_reasons(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    EngineioLocal *broken = connected(fixture);
    engineio_local_free(broken);
    expect_log(fixture, "/:transport error ");
    g_autoptr(EngineioLocal) leaves = connected(fixture);
    put(leaves, "41");
    expect_log(fixture, "/:client namespace disconnect ");
    g_autoptr(EngineioLocal) closes = connected(fixture);
    put(closes, "1");
    expect_log(fixture, "/:transport close ");
    EngineioLocal *stays = connected(fixture);
    g_clear_pointer(&fixture->server, socketio_server_free);
    g_assert_cmpstr(fixture->log->str, ==, "/:server shutting down ");
    g_assert_false(put(stays, "42[\"x\"]"));
    engineio_local_free(stays);
}

static void test_silent(Fixture *fixture, gconstpointer unused)
{
    const SocketioOptions options = {.engine = {.ping_interval_ms = 1, .ping_timeout_ms = 1}};
    (void)unused;
    set_up_with(fixture, &options);
    g_autoptr(EngineioLocal) client = connected(fixture);
    wait_for(fixture, "/:ping timeout ");
    expect(client, "2");
    g_assert_false(engineio_local_is_open(client));
}

static void test_never_connects(Fixture *fixture, gconstpointer unused)
{
    const SocketioOptions options = {.connect_timeout_ms = 1, .engine.ping_timeout_ms = 1};
    (void)unused;
    set_up_with(fixture, &options);
    g_autoptr(EngineioLocal) client = new_client(fixture);
    while (engineio_local_is_open(client))
        g_main_context_iteration(NULL, TRUE);
    turn();
    SocketioMetrics metrics;
    socketio_server_get_metrics(fixture->server, &metrics);
    g_assert_cmpuint(metrics.engine.sessions, ==, 0);
    g_assert_cmpuint(metrics.engine.closed[ENGINEIO_REASON_SERVER], ==, 1);
}

/* ---- what a client may cost ---- */

static void test_queue_is_limited(Fixture *fixture, gconstpointer unused)
{
    const SocketioOptions options = {.engine.max_queue_bytes = 10000};
    (void)unused;
    set_up_with(fixture, &options);
    g_autoptr(EngineioLocal) client = connected(fixture);
    g_autofree char *text = g_strnfill(999, 'x');
    guint count = 0;
    while (engineio_local_is_open(client) && count < 100) {
        socketio_socket_emit(fixture->last, "e", json_pack("[s]", text), NULL);
        count++;
    }
    g_assert_cmpuint(count, <=, 10);
    expect_log(fixture, "/:transport error ");
}

static void test_rate_is_limited(Fixture *fixture, gconstpointer unused)
{
    const SocketioOptions options = {.engine.max_packets_per_s = 1};
    (void)unused;
    set_up_with(fixture, &options);
    g_autoptr(EngineioLocal) client = connected(fixture);
    guint count = 0;
    while (put(client, "42[\"x\"]") && count < 100)
        count++;
    g_assert_cmpuint(count, <, 100);
    g_assert_cmpuint(count, >=, 9);
}

static void test_counts(Fixture *fixture, gconstpointer unused)
{
    (void)unused;
    g_autoptr(EngineioLocal) client = connected(fixture);
    put(client, "421[\"echo\"]");
    SocketioMetrics metrics;
    socketio_server_get_metrics(fixture->server, &metrics);
    g_assert_cmpuint(metrics.sockets, ==, 1);
    g_assert_cmpuint(metrics.connected, ==, 1);
    g_assert_cmpuint(metrics.events_in, ==, 1);
    g_assert_cmpuint(metrics.events_out, ==, 1);
    g_assert_cmpuint(metrics.acks_out, ==, 1);
    g_assert_cmpuint(metrics.engine.packets_in, ==, 2);
    g_assert_cmpuint(metrics.engine.packets_out, ==, 4);
    g_assert_cmpuint(metrics.engine.buffered_bytes, ==, strlen("42[\"back\"]431[]"));
}

#define ADD(path, function) \
    g_test_add("/socketio/server/" path, Fixture, NULL, set_up, function, tear_down)
#define ADD_OWN(path, function) \
    g_test_add("/socketio/server/" path, Fixture, NULL, NULL, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("who-is-let-in-is-told-its-id", test_let_in);
    ADD("who-is-refused-is-told-why-and-may-try-again", test_refused);
    ADD("the-owner-may-answer-later", test_late);
    ADD("the-owner-may-answer-after-the-server-has-gone", test_late_after_server);
    ADD("a-client-cannot-make-answers-pile-up", test_connects_owed);
    ADD("events-and-acks-come-with-their-arguments", test_events);
    ADD("bytes-come-with-their-event", test_bytes);
    ADD("an-ack-may-be-kept-longer-than-the-client-stays", test_kept_ack);
    ADD("a-question-gets-one-answer-or-none", test_answers);
    ADD_OWN("open-questions-are-limited", test_acks_limited);
    ADD("a-room-is-who-joined-it", test_rooms);
    ADD("a-packet-for-many-is-encoded-once", test_encoded_once);
    ADD("each-may-put-sockets-out", test_each);
    ADD("who-is-put-out-keeps-the-session", test_put_out);
    ADD("closing-tells-every-namespace", test_close);
    ADD("what-breaks-the-protocol-closes-the-session", test_broken);
    ADD("attachments-come-as-announced-or-not-at-all", test_attachments_broken);
    ADD("every-end-has-its-reason", test_reasons);
    ADD_OWN("who-does-not-answer-a-ping-is-closed", test_silent);
    ADD_OWN("who-never-connects-is-closed", test_never_connects);
    ADD_OWN("s06/what-waits-for-a-client-is-limited", test_queue_is_limited);
    ADD_OWN("s06/packets-of-a-client-are-limited", test_rate_is_limited);
    ADD("what-happens-is-counted", test_counts);
    return g_test_run();
}
