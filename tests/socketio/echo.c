/* socketio-echo: a server that gives back what it is sent, for tests with real clients and for the
 * protocols' conformance suites. Listens on 127.0.0.1 and ::1, prints its port, ends on SIGTERM.
 *
 * "/": emits `auth` with the handshake's auth; `message` → `message-back` with the same arguments,
 * `message-with-ack` → an ack with them. "/custom": emits `auth`. --engine-only: every message back,
 * at /engine.io/. For our own tests "/" also knows the events of the table at `on_event`. */
#include <http/server.h>
#include <socketio/server.h>

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>

#define AUTH_AFTER_MS 10

typedef struct Echo {
    SocketioServer *server;
    EngineioServer *engine; /* with --engine-only */
    GMainLoop *loop;
} Echo;

/* ---- the events ---- */

static void emit_back(SocketioSocket *socket, const char *event, const SocketioArgs *args)
{
    socketio_socket_emit(socket, event, json_incref(args->values), args->attachments);
}

static const char *text_at(const SocketioArgs *args, gsize index)
{
    const char *text = json_string_value(json_array_get(args->values, index));
    return text != NULL ? text : "";
}

static void on_answered(SocketioSocket *socket, const SocketioArgs *args, gpointer data)
{
    (void)data;
    if (args != NULL)
        emit_back(socket, "answered", args);
    else
        socketio_socket_emit(socket, "not-answered", NULL, NULL);
}

static void answer(SocketioAck *ack, const SocketioArgs *args)
{
    if (ack != NULL)
        socketio_ack_answer(ack, json_incref(args->values), args->attachments);
}

static void on_metrics(Echo *echo, SocketioAck *ack)
{
    SocketioMetrics metrics;
    socketio_server_get_metrics(echo->server, &metrics);
    json_t *object =
        json_pack("{s:i,s:i,s:i,s:I}", "sessions", (int)metrics.engine.sessions, "websocket",
                  (int)metrics.engine.sessions_websocket, "sockets", (int)metrics.sockets,
                  "buffered", (json_int_t)metrics.engine.buffered_bytes);
    if (ack != NULL)
        socketio_ack_answer(ack, json_pack("[o]", object), NULL);
    else
        json_decref(object);
}

/* `join` and `leave` a room; `to-room` and `to-others` (all but the sender) emit `room`; `ask` asks
 * back and emits `answered` or `not-answered`; `put-out` leaves the namespace, `close` the session;
 * `flood` sends arguments that many times; `metrics` is answered with counts. */
static void on_event(SocketioSocket *socket, const char *name, const SocketioArgs *args,
                     SocketioAck *ack, gpointer data)
{
    Echo *echo = data;
    const char *space = socketio_socket_space(socket);
    if (strcmp(name, "message") == 0) {
        emit_back(socket, "message-back", args);
    } else if (strcmp(name, "join") == 0) {
        socketio_socket_join(socket, text_at(args, 0));
    } else if (strcmp(name, "leave") == 0) {
        socketio_socket_leave(socket, text_at(args, 0));
    } else if (strcmp(name, "to-room") == 0 || strcmp(name, "to-others") == 0) {
        SocketioSocket *except = strcmp(name, "to-others") == 0 ? socket : NULL;
        socketio_server_emit_room(echo->server, space, text_at(args, 0), except, "room",
                                  json_incref(args->values), args->attachments);
    } else if (strcmp(name, "ask") == 0) {
        socketio_socket_emit_with_ack(socket, "question", json_incref(args->values),
                                      args->attachments, 1000, on_answered, NULL);
    } else if (strcmp(name, "put-out") == 0) {
        socketio_socket_disconnect(socket, FALSE);
    } else if (strcmp(name, "close") == 0) {
        socketio_socket_disconnect(socket, TRUE);
    } else if (strcmp(name, "flood") == 0) {
        json_int_t times = json_integer_value(json_array_get(args->values, 0));
        for (json_int_t i = 0; i < times; i++)
            emit_back(socket, "flood", args);
    } else if (strcmp(name, "metrics") == 0) {
        on_metrics(echo, g_steal_pointer(&ack));
    }
    if (ack != NULL)
        answer(ack, args);
}

/* `auth` follows the connection in a packet of its own: clients that read both at once, as those of
 * the conformance suites may, would miss the second. */
typedef struct Greeting {
    SocketioSocket *socket;
    guint timer; /* 0: it was sent */
} Greeting;

static gboolean send_auth(gpointer data)
{
    Greeting *greeting = data;
    json_t *auth = (json_t *)socketio_socket_auth(greeting->socket);
    greeting->timer = 0;
    socketio_socket_emit(greeting->socket, "auth", json_pack("[O]", auth), NULL);
    return G_SOURCE_REMOVE;
}

static void let_in(SocketioConnect *connect)
{
    Greeting *greeting = g_new0(Greeting, 1);
    greeting->socket = socketio_connect_accept(connect, greeting);
    if (greeting->socket != NULL)
        greeting->timer = g_timeout_add(AUTH_AFTER_MS, send_auth, greeting);
    else
        g_free(greeting);
}

static gboolean let_in_later(gpointer data)
{
    let_in(data);
    return G_SOURCE_REMOVE;
}

/* Auth {"refuse": message} is refused, {"later": true} let in after a while. */
static void on_connect(SocketioConnect *connect, gpointer data)
{
    (void)data;
    const json_t *auth = socketio_connect_auth(connect);
    const char *refusal = json_string_value(json_object_get(auth, "refuse"));
    if (refusal != NULL)
        socketio_connect_refuse(connect, refusal, json_pack("{s:s}", "code", "refused"));
    else if (json_is_true(json_object_get(auth, "later")))
        g_timeout_add(50, let_in_later, connect);
    else
        let_in(connect);
}

static void on_disconnect(SocketioSocket *socket, SocketioReason reason, gpointer data)
{
    (void)data;
    Greeting *greeting = socketio_socket_get_data(socket);
    if (greeting->timer != 0)
        g_source_remove(greeting->timer);
    g_free(greeting);
    printf("disconnect %s %s\n", socketio_socket_space(socket), socketio_reason_name(reason));
}

static void on_engine_open(EngineioSession *session, gpointer data)
{
    (void)session;
    (void)data;
}

static void on_engine_message(EngineioSession *session, gboolean is_binary, GBytes *message,
                              gpointer data)
{
    (void)data;
    engineio_session_send(session, is_binary, message);
}

static void on_engine_closed(EngineioSession *session, EngineioReason reason, gpointer data)
{
    (void)session;
    (void)data;
    printf("closed %s\n", engineio_reason_name(reason));
}

/* ---- the program ---- */

static void on_request(HttpRequest *request, gpointer data)
{
    const Echo *echo = data;
    gboolean is_taken = echo->engine != NULL ? engineio_server_handle(echo->engine, request)
                                             : socketio_server_handle(echo->server, request);
    if (!is_taken)
        http_request_reply_text(request, 404, "text/plain", "There is nothing here.\n");
}

static HttpServer *listen_on(Echo *echo, const char *host, int port, GError **error)
{
    g_autofree char *address = g_strdup_printf("%s:%d", host, port);
    const HttpServerOptions options = {.listen = address, .handler = on_request, .data = echo};
    return http_server_new(&options, error);
}

static gboolean on_signal(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_CONTINUE;
}

static void run(Echo *echo)
{
    guint term = g_unix_signal_add(SIGTERM, on_signal, echo->loop);
    guint interrupt = g_unix_signal_add(SIGINT, on_signal, echo->loop);
    g_main_loop_run(echo->loop);
    g_source_remove(term);
    g_source_remove(interrupt);
}

static void start(Echo *echo, const SocketioOptions *options, gboolean is_engine_only)
{
    static const SocketioEvents events = {
        .connect = on_connect, .event = on_event, .disconnect = on_disconnect};
    static const EngineioEvents engine_events = {
        .open = on_engine_open, .message = on_engine_message, .closed = on_engine_closed};
    echo->loop = g_main_loop_new(NULL, FALSE);
    if (is_engine_only)
        echo->engine = engineio_server_new(&options->engine, &engine_events, echo);
    else
        echo->server = socketio_server_new(options, &events, echo);
}

static int serve(Echo *echo, int port)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HttpServer) http = listen_on(echo, "127.0.0.1", port, &error);
    if (http == NULL) {
        fprintf(stderr, "socketio-echo: %s\n", error->message);
        return 1;
    }
    g_autoptr(HttpServer) also = listen_on(echo, "[::1]", http_server_port(http), NULL);
    printf("%u\n", http_server_port(http));
    run(echo);
    socketio_server_free(echo->server);
    engineio_server_free(echo->engine);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const spaces[] = {"/", "/custom", NULL};
    int port = 0, interval = 0, timeout = 0, payload = 0, connect = 0, upgrade = 0, queue = 0;
    int sessions = 0;
    gboolean is_engine_only = FALSE, has_credentials = FALSE;
    g_auto(GStrv) origins = NULL;
    const GOptionEntry entries[] = {
        {"port", 0, 0, G_OPTION_ARG_INT, &port, "0: the system chooses", "N"},
        {"ping-interval", 0, 0, G_OPTION_ARG_INT, &interval, NULL, "MS"},
        {"ping-timeout", 0, 0, G_OPTION_ARG_INT, &timeout, NULL, "MS"},
        {"max-payload", 0, 0, G_OPTION_ARG_INT, &payload, NULL, "BYTES"},
        {"connect-timeout", 0, 0, G_OPTION_ARG_INT, &connect, NULL, "MS"},
        {"upgrade-timeout", 0, 0, G_OPTION_ARG_INT, &upgrade, NULL, "MS"},
        {"max-queue", 0, 0, G_OPTION_ARG_INT, &queue, NULL, "BYTES"},
        {"max-sessions", 0, 0, G_OPTION_ARG_INT, &sessions, "of one address", "N"},
        {"origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &origins, "that may connect", "URL"},
        {"credentials", 0, 0, G_OPTION_ARG_NONE, &has_credentials, NULL, NULL},
        {"engine-only", 0, 0, G_OPTION_ARG_NONE, &is_engine_only, "Engine.IO, no more", NULL},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    g_autoptr(GError) error = NULL;
    setvbuf(stdout, NULL, _IOLBF, 0);
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error)) {
        fprintf(stderr, "socketio-echo: %s\n", error->message);
        return 2;
    }
    const SocketioOptions options = {
        .engine = {.ping_interval_ms = (guint)interval,
                   .ping_timeout_ms = (guint)timeout,
                   .max_payload_bytes = (gsize)payload,
                   .upgrade_timeout_ms = (guint)upgrade,
                   .max_queue_bytes = (gsize)queue,
                   .max_sessions_per_address = (guint)sessions,
                   .credentials = has_credentials,
                   .origins = (const char *const *)origins},
        .spaces = spaces,
        .connect_timeout_ms = (guint)connect,
    };
    Echo echo = {0};
    start(&echo, &options, is_engine_only);
    int result = serve(&echo, port);
    g_main_loop_unref(echo.loop);
    return result;
}
