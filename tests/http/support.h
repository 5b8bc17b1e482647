/* A server and raw clients in one thread: clients wait by running the server's loop. */
#pragma once
#include <errno.h>
#include <gio/gio.h>
#include <http/server.h>
#include <http/websocket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

G_GNUC_UNUSED static gboolean wake(gpointer data)
{
    (void)data;
    return G_SOURCE_CONTINUE;
}

/* One turn of the loop, that takes at most 5 ms. */
static void turn(void)
{
    guint id = g_timeout_add(5, wake, NULL);
    g_main_context_iteration(NULL, TRUE);
    g_source_remove(id);
}

/* Fails the test when it takes longer than anything here could. */
#define WAIT_UNTIL(condition)                                           \
    do {                                                                \
        gint64 until_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC; \
        while (!(condition)) {                                          \
            turn();                                                     \
            if (g_get_monotonic_time() > until_us)                      \
                g_error("waited in vain for: %s", #condition);          \
        }                                                               \
    } while (0)

G_GNUC_UNUSED static HttpServer *start(HttpHandler handler, gpointer data, const HttpLimits *limits)
{
    g_autoptr(GError) error = NULL;
    HttpServerOptions options = {.listen = "127.0.0.1:0", .handler = handler, .data = data};
    if (limits)
        options.limits = *limits;
    HttpServer *server = http_server_new(&options, &error);
    g_assert_no_error(error);
    return server;
}

typedef struct Client {
    int fd;
    GByteArray *in; /* NUL-terminated behind its length */
    gboolean is_closed;
    gboolean was_reset;
} Client;

static void client_open_to(Client *client, guint16 port, int receive_buffer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *client = (Client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (receive_buffer)
        setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    g_assert_cmpint(connect(client->fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    client->in = g_byte_array_new();
    g_byte_array_append(client->in, (const guint8 *)"", 1);
}

G_GNUC_UNUSED static void client_open(Client *client, const HttpServer *server)
{
    client_open_to(client, http_server_port(server), 0);
}

G_GNUC_UNUSED static void client_close(Client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    g_clear_pointer(&client->in, g_byte_array_unref);
}

/* Sends all of it, while the server runs; stops quietly when the server closed. */
static void client_send(Client *client, const void *bytes, gsize length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(client->fd, at, length, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            at += n;
            length -= (gsize)n;
        } else if (errno != EAGAIN) {
            return;
        } else {
            turn();
        }
    }
}

G_GNUC_UNUSED static void client_say(Client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

/* Reads what is there; TRUE: something was, or the end. */
static gboolean client_read(Client *client)
{
    guint8 buffer[65536];
    if (client->is_closed)
        return TRUE;
    ssize_t n = recv(client->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN)
        return FALSE;
    if (n <= 0) {
        client->is_closed = TRUE;
        client->was_reset = n < 0;
        return TRUE;
    }
    g_byte_array_set_size(client->in, client->in->len - 1);
    g_byte_array_append(client->in, buffer, (guint)n);
    g_byte_array_append(client->in, (const guint8 *)"", 1);
    return TRUE;
}

G_GNUC_UNUSED static const char *client_text(const Client *client)
{
    return (const char *)client->in->data;
}

static gsize client_length(const Client *client)
{
    return client->in->len - 1;
}

G_GNUC_UNUSED static void client_forget(Client *client, gsize length)
{
    g_assert_cmpuint(length, <=, client_length(client));
    g_byte_array_remove_range(client->in, 0, (guint)length);
}

static gboolean client_has(Client *client, const char *text)
{
    client_read(client);
    return memmem(client->in->data, client_length(client), text, strlen(text)) != NULL;
}

/* Until this text came. */
#define client_expect(client, text) WAIT_UNTIL(client_has(client, text))
#define client_expect_bytes(client, count) \
    WAIT_UNTIL((client_read(client), client_length(client) >= (count)))
#define client_expect_end(client) WAIT_UNTIL((client_read(client), (client)->is_closed))

G_GNUC_UNUSED static void assert_starts(const Client *client, const char *text)
{
    if (!g_str_has_prefix(client_text(client), text))
        g_error("expected \"%s\", came \"%.300s\"", text, client_text(client));
}

/* How often the text came. */
G_GNUC_UNUSED static guint client_count(const Client *client, const char *text)
{
    guint count = 0;
    for (const char *at = client_text(client); (at = strstr(at, text)); at++)
        count++;
    return count;
}

/* What one request gives: the whole text until the server closes. */
G_GNUC_UNUSED static char *ask(const HttpServer *server, const char *request)
{
    Client client;
    client_open(&client, server);
    client_say(&client, request);
    gint64 until_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    while (client_read(&client), !client.is_closed) {
        turn();
        if (g_get_monotonic_time() > until_us)
            g_error("no end to %.200s\ncame %s", request, client_text(&client));
    }
    char *answer = g_strdup(client_text(&client));
    client_close(&client);
    return answer;
}
