/* What the room costs: CPU of the server's process alone, in a child, for small requests, uploads,
 * downloads, WebSocket echoes, and its memory with many idle WebSockets.
 *   bench-http [requests] [MiB] [messages] [sockets] */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <http/server.h>
#include <http/websocket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 32, BLOCK = 256 * 1024, MESSAGE = 100 };

static char block[BLOCK];

/* ---- the server, in a child ---- */

static void on_chunk(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    (void)bytes, (void)data;
    if (length == 0)
        http_request_reply_text(request, 204, NULL, "");
}

static void on_message(HttpWebSocket *socket, gboolean is_binary, GBytes *message, gpointer data)
{
    (void)is_binary, (void)data;
    http_websocket_send_binary(socket, message);
}

static void on_closed(HttpWebSocket *socket, guint code, const char *reason, gpointer data)
{
    (void)socket, (void)code, (void)reason, (void)data;
}

static const HttpWebSocketEvents events = {.message = on_message, .closed = on_closed};

static void reply_usage(HttpRequest *request)
{
    struct rusage usage;
    char text[200];
    g_autofree char *status = NULL;
    getrusage(RUSAGE_SELF, &usage);
    g_file_get_contents("/proc/self/status", &status, NULL, NULL);
    const char *rss = strstr(status, "VmRSS:");
    g_snprintf(text, sizeof text, "%.6f %.6f %ld",
               (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
               (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6,
               strtol(rss + 6, NULL, 10));
    http_request_reply_text(request, 200, "text/plain", text);
}

static void handle(HttpRequest *request, gpointer data)
{
    const char *path = http_request_path(request);
    if (strcmp(path, "/usage") == 0) {
        reply_usage(request);
    } else if (strcmp(path, "/upload") == 0) {
        http_request_stream(request, on_chunk, NULL);
    } else if (strcmp(path, "/file") == 0) {
        int fd = dup(GPOINTER_TO_INT(data));
        HttpFile file = {.fd = fd, .length_bytes = lseek(fd, 0, SEEK_END)};
        http_request_reply_file(request, http_reply_new(200), &file);
    } else if (strcmp(path, "/ws") == 0) {
        if (!http_websocket_accept(request, NULL, &events, NULL, NULL))
            abort();
    } else {
        http_request_reply_text(request, 200, "application/json", "{\"ok\":true}");
    }
}

static void serve(int out, int file)
{
    g_autoptr(GError) error = NULL;
    HttpServerOptions options = {
        .listen = "127.0.0.1:0", .handler = handle, .data = GINT_TO_POINTER(file)};
    options.limits.connections_per_address = 20000;
    options.limits.connections = 20000;
    HttpServer *server = http_server_new(&options, &error);
    g_assert_no_error(error);
    guint16 port = http_server_port(server);
    if (write(out, &port, sizeof port) != sizeof port)
        abort();
    g_main_loop_run(g_main_loop_new(NULL, FALSE));
}

/* ---- the client ---- */

static guint16 port;

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        g_error("cannot connect: %s", g_strerror(errno));
    return fd;
}

static void put(int fd, const char *bytes, gsize length)
{
    while (length > 0) {
        ssize_t n = write(fd, bytes, length);
        if (n <= 0)
            g_error("cannot write: %s", g_strerror(errno));
        bytes += n;
        length -= (gsize)n;
    }
}

static void say(int fd, const char *text)
{
    put(fd, text, strlen(text));
}

/* One read that holds the whole answer: they are small. */
static void hear(int fd, char *text, gsize size)
{
    ssize_t n = read(fd, text, size - 1);
    if (n <= 0)
        g_error("the server closed: %s", g_strerror(errno));
    text[n] = '\0';
}

typedef struct Usage {
    double user, system;
    long rss_kb;
} Usage;

static Usage usage(void)
{
    char text[2000];
    Usage now = {0};
    int fd = dial();
    say(fd, "GET /usage HTTP/1.1\r\nHost: x\r\n\r\n");
    hear(fd, text, sizeof text);
    char *body = strstr(text, "\r\n\r\n");
    if (!body)
        g_error("no usage in %s", text);
    now.user = g_ascii_strtod(body, &body);
    now.system = g_ascii_strtod(body, &body);
    now.rss_kb = strtol(body, NULL, 10);
    close(fd);
    return now;
}

static double seconds(const Usage *before, const Usage *after)
{
    return after->user - before->user + after->system - before->system;
}

static void bench_requests(int count)
{
    static const char request[] =
        "GET /sessions/3f0c HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: Mozilla/5.0 (X11; "
        "Linux "
        "x86_64) AppleWebKit/537.36\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate, br\r\n"
        "Authorization: Bearer 0123456789abcdef0123456789abcdef\r\n\r\n";
    struct pollfd polls[CONNECTIONS];
    char text[2000];
    for (int i = 0; i < CONNECTIONS; i++)
        polls[i] = (struct pollfd){dial(), POLLIN, 0};
    Usage before = usage();
    int sent = 0;
    for (; sent < CONNECTIONS; sent++)
        say(polls[sent].fd, request);
    for (int done = 0; done < count;) {
        poll(polls, CONNECTIONS, -1);
        for (int i = 0; i < CONNECTIONS; i++) {
            if (!polls[i].revents)
                continue;
            hear(polls[i].fd, text, sizeof text);
            done++;
            if (sent++ < count)
                say(polls[i].fd, request);
        }
    }
    Usage after = usage();
    printf("small requests: %.2f us CPU each (%.2f user, %.2f system)\n",
           seconds(&before, &after) * 1e6 / count, (after.user - before.user) * 1e6 / count,
           (after.system - before.system) * 1e6 / count);
    for (int i = 0; i < CONNECTIONS; i++)
        close(polls[i].fd);
}

static void bench_upload(int mib)
{
    char text[2000];
    int fd = dial();
    Usage before = usage();
    g_snprintf(text, sizeof text, "PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %lld\r\n\r\n",
               (long long)mib << 20);
    say(fd, text);
    for (int i = 0; i < mib * (1 << 20) / BLOCK; i++)
        put(fd, block, BLOCK);
    hear(fd, text, sizeof text);
    Usage after = usage();
    printf("upload: %.3f CPU-s per GiB\n", seconds(&before, &after) * 1024 / mib);
    close(fd);
}

static void bench_download(int mib)
{
    static char buffer[1 << 20];
    int fd = dial();
    Usage before = usage();
    say(fd, "GET /file HTTP/1.1\r\nHost: x\r\n\r\n");
    for (long long left = (long long)mib << 20; left > 0;) {
        ssize_t n = read(fd, buffer, sizeof buffer);
        if (n <= 0)
            g_error("the download ends early");
        left -= n;
    }
    Usage after = usage();
    printf("download: %.3f CPU-s per GiB\n", seconds(&before, &after) * 1024 / mib);
    close(fd);
}

static int dial_websocket(void)
{
    char text[2000];
    int fd = dial();
    say(fd, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    hear(fd, text, sizeof text);
    return fd;
}

static void bench_echo(int count)
{
    struct pollfd polls[CONNECTIONS];
    char message[6 + MESSAGE] = {(char)0x82, (char)(0x80 | MESSAGE)};
    char text[2000];
    for (int i = 0; i < CONNECTIONS; i++)
        polls[i] = (struct pollfd){dial_websocket(), POLLIN, 0};
    Usage before = usage();
    int sent = 0;
    for (; sent < CONNECTIONS; sent++)
        put(polls[sent].fd, message, sizeof message);
    for (int done = 0; done < count;) {
        poll(polls, CONNECTIONS, -1);
        for (int i = 0; i < CONNECTIONS; i++) {
            if (!polls[i].revents)
                continue;
            hear(polls[i].fd, text, sizeof text);
            done++;
            if (sent++ < count)
                put(polls[i].fd, message, sizeof message);
        }
    }
    Usage after = usage();
    printf("websocket echo: %.2f us CPU each\n", seconds(&before, &after) * 1e6 / count);
    for (int i = 0; i < CONNECTIONS; i++)
        close(polls[i].fd);
}

static void bench_memory(int count)
{
    g_autofree int *sockets = g_new(int, count);
    Usage before = usage();
    for (int i = 0; i < count; i++)
        sockets[i] = dial_websocket();
    Usage after = usage();
    printf("%d idle websockets: %.1f MB resident, %.1f kB each\n", count,
           (double)after.rss_kb / 1000, (double)(after.rss_kb - before.rss_kb) / count);
    for (int i = 0; i < count; i++)
        close(sockets[i]);
}

static int number(int argc, char **argv, int index, int otherwise)
{
    return argc > index ? (int)strtol(argv[index], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    int mib = number(argc, argv, 2, 512);
    int pipes[2];
    int file = memfd_create("bench", MFD_CLOEXEC);
    for (int i = 0; i < mib * (1 << 20) / BLOCK; i++)
        put(file, block, BLOCK);
    if (pipe(pipes) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        serve(pipes[1], file);
    if (read(pipes[0], &port, sizeof port) != sizeof port)
        return 1;
    bench_memory(number(argc, argv, 4, 1000));
    bench_requests(number(argc, argv, 1, 100000));
    bench_echo(number(argc, argv, 3, 100000));
    bench_upload(mib);
    bench_download(mib);
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return 0;
}
