/* Bytes over a connection to a server: requests, bodies, and what follows a WebSocket's handshake.
 * Whatever comes, the server keeps its promises and ends the connection. The first byte says how
 * the bytes are cut into two pieces. */
#include <errno.h>
#include <http/server.h>
#include <http/websocket.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static guint open_sockets;

static void on_message(HttpWebSocket *socket, gboolean is_binary, GBytes *message, gpointer data)
{
    (void)data;
    gsize length = g_bytes_get_size(message);
    g_assert(length <= 1000);
    if (is_binary)
        http_websocket_send_binary(socket, message);
    else
        http_websocket_send_text(socket, message);
    if (length == 3) {
        http_websocket_pause(socket);
        http_websocket_resume(socket);
    } else if (length == 7) {
        http_websocket_close(socket, HTTP_WEBSOCKET_NORMAL, "seven");
    }
}

static void on_closed(HttpWebSocket *socket, guint code, const char *reason, gpointer data)
{
    (void)socket, (void)data;
    g_assert(code >= 1000 && code <= 4999 && g_utf8_validate(reason, -1, NULL));
    open_sockets--;
}

static const HttpWebSocketEvents events = {.message = on_message, .closed = on_closed};

static void on_body(HttpRequest *request, GBytes *body, gpointer data)
{
    (void)data;
    HttpReply *reply = http_reply_new(200);
    http_reply_bytes(reply, body);
    http_request_reply(request, reply);
}

static void on_chunk(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    (void)bytes, (void)data;
    if (length == 0 || length == 13) {
        http_request_reply_text(request, 200, "text/plain", "done");
        return;
    }
    http_request_pause(request);
    http_request_resume(request);
}

static void on_gone(HttpRequest *request, gpointer data)
{
    (void)data;
    http_request_reply_text(request, 200, NULL, "");
}

static void look_at(const HttpRequest *request)
{
    const char *path = http_request_path(request);
    g_assert(g_utf8_validate(path, -1, NULL) && (path[0] == '/' || g_str_equal(path, "*")));
    g_assert(!strstr(path, "/../") && !g_str_has_suffix(path, "/.."));
    http_request_query(request, "a");
    http_request_cookie(request, "a");
    http_request_header_has(request, "Accept", "a");
}

static void handle(HttpRequest *request, gpointer data)
{
    (void)data;
    const char *path = http_request_path(request);
    g_autoptr(GError) error = NULL;
    const HttpWebSocketOptions options = {.max_message_bytes = 1000};
    look_at(request);
    http_request_on_gone(request, on_gone, NULL);
    if (http_websocket_is_asked(request) &&
        http_websocket_accept(request, &options, &events, NULL, &error))
        open_sockets++;
    else if (g_str_has_prefix(path, "/c"))
        http_request_collect(request, 1000, on_body, NULL);
    else if (g_str_has_prefix(path, "/s"))
        http_request_stream(request, on_chunk, NULL);
    else if (g_str_has_prefix(path, "/f"))
        http_request_reply_file(
            request, http_reply_new(200),
            &(HttpFile){.fd = dup(0), .length_bytes = 0, .etag = "\"a\"", .modified_s = 1000});
    else
        http_request_reply_text(request, 200, "text/plain", path);
}

static HttpServer *the_server(void)
{
    static HttpServer *server;
    if (!server) {
        const char *const proxies[] = {"127.0.0.1", NULL};
        HttpServerOptions options = {
            .listen = "127.0.0.1:0", .handler = handle, .trusted_proxies = proxies};
        server = http_server_new(&options, NULL);
        g_assert(server);
    }
    return server;
}

static int dial(const HttpServer *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(server))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
            return fd;
        if (errno != EINTR) /* libFuzzer has an alarm */
            g_error("cannot connect: %s", g_strerror(errno));
        close(fd);
    }
}

static void turns(int count)
{
    while (count-- > 0)
        g_main_context_iteration(NULL, FALSE);
}

static void put(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return;
        data += MAX(n, 0);
        size -= (size_t)MAX(n, 0);
        turns(2);
    }
}

/* Reads until the server closes. */
static void drain(int fd)
{
    char buffer[4096];
    for (gint64 until_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;;) {
        ssize_t n = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            return;
        turns(1);
        if (g_get_monotonic_time() > until_us)
            g_error("the server does not end the connection");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 65536)
        return 0;
    HttpServer *server = the_server();
    int fd = dial(server);
    size_t first = MIN(data[0], size - 1);
    put(fd, data + 1, first);
    turns(3);
    put(fd, data + 1 + first, size - 1 - first);
    shutdown(fd, SHUT_WR);
    drain(fd);
    /* Reset instead of TIME_WAIT: ports would run out. */
    struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    for (int i = 0; i < 10000 && http_server_connections(server) > 0; i++)
        turns(1);
    g_assert(http_server_connections(server) == 0 && open_sockets == 0);
    return 0;
}
