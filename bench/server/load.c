/* The clients of the bench: they cost little, and measure what a client sees. What the servers cost
 * is read from /proc by bench.py.
 *   load requests PORT TOKEN PATH COUNT                        over 32 kept connections
 *   load upload PORT TOKEN SHOW multipart|tus FILES RECORDING   each of them that recording, whole
 *   load upload PORT TOKEN SHOW tus FILES - SECONDS             noise, until SECONDS passed
 *   load events PORT TOKEN SHOWS-FILE CLIENTS OUTSTANDING SECONDS   of each show; 0: as people talk
 *   load switches PORT TOKEN SHOW SECONDS                      from manual_cut out to switch in
 *   load sockets PORT TOKEN SHOWS-FILE CLIENTS                 until standard input ends
 *   load floor - - FOLDER MIB     what a server does without tricks: recv, write, fdatasync
 * Each prints one line of JSON. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

/* Words of the bench, which writes numbers. */
static int number(const char *text)
{
    return (int)g_ascii_strtoll(text, NULL, 10);
}

enum {
    CONNECTIONS = 32,
    BLOCK = 256 * 1024,
    PATCH = 4 << 20, /* of one tus request */
    BUFFER = 64 * 1024,
    PENDING = 256, /* events of one client that wait for their answer; a power of 2 */
    SPEECH_US = 30000,
    CUT_US = 50000,
    LOST_US = 5 * G_USEC_PER_SEC,
};

static guint16 port;
static const char *token;

/* ---- connections ---- */

static int dial(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        g_error("cannot connect: %s", g_strerror(errno));
    return fd;
}

static void put(int fd, const void *bytes, gsize length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n <= 0)
            g_error("cannot write: %s", g_strerror(errno));
        at += n;
        length -= (gsize)n;
    }
}

/* Reads an answer to its end, which Content-Length says; its status. */
static guint hear(int fd, char *text, gsize size)
{
    gsize have = 0, wanted = size;
    while (have < wanted) {
        ssize_t n = recv(fd, text + have, size - 1 - have, 0);
        if (n <= 0)
            g_error("the server closed: %s", n < 0 ? g_strerror(errno) : "no answer");
        have += (gsize)n;
        text[have] = '\0';
        const char *body = strstr(text, "\r\n\r\n");
        if (body == NULL)
            continue;
        g_autofree char *head = g_ascii_strdown(text, body - text);
        const char *length = strstr(head, "content-length:");
        wanted = (gsize)(body + 4 - text) + (length != NULL ? strtoul(length + 15, NULL, 10) : 0);
    }
    return (guint)strtoul(text + 9, NULL, 10);
}

static void expect(int fd, guint status)
{
    char text[8192];
    if (hear(fd, text, sizeof text) != status)
        g_error("expected %u, found %s", status, text);
}

static double seconds_since(gint64 began_us)
{
    return (double)(g_get_monotonic_time() - began_us) / G_USEC_PER_SEC;
}

static int compare_times(const void *a, const void *b)
{
    guint32 one = *(const guint32 *)a, other = *(const guint32 *)b;
    return (one > other) - (one < other);
}

static double percentile_ms(GArray *times_us, double part)
{
    if (times_us->len == 0)
        return 0;
    guint index = MIN((guint)(part * times_us->len), times_us->len - 1);
    return g_array_index(times_us, guint32, index) / 1000.0;
}

static void print_times(GArray *times_us, guint refused, gint64 began_us)
{
    double wall_s = seconds_since(began_us);
    qsort(times_us->data, times_us->len, sizeof(guint32), compare_times);
    printf(
        "{\"count\":%u,\"refused\":%u,\"seconds\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}\n",
        times_us->len, refused, wall_s, percentile_ms(times_us, 0.5), percentile_ms(times_us, 0.99),
        percentile_ms(times_us, 1));
}

/* ---- requests ---- */

static void requests(char **words)
{
    int count = number(words[1]);
    g_autofree char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: Mozilla/5.0 (X11; "
                        "Linux x86_64) AppleWebKit/537.36\r\nAccept: */*\r\nAccept-Encoding: gzip, "
                        "deflate, br\r\nAuthorization: Bearer %s\r\n\r\n",
                        words[0], port, token);
    struct pollfd polls[CONNECTIONS];
    char text[8192];
    gint64 began_us = g_get_monotonic_time();
    int sent = 0;
    for (; sent < CONNECTIONS; sent++) {
        polls[sent] = (struct pollfd){dial(), POLLIN, 0};
        put(polls[sent].fd, request, strlen(request));
    }
    for (int done = 0; done < count;) {
        poll(polls, CONNECTIONS, -1);
        for (int i = 0; i < CONNECTIONS; i++) {
            if (polls[i].revents == 0)
                continue;
            if (hear(polls[i].fd, text, sizeof text) != 200)
                g_error("expected 200, found %s", text);
            done++;
            if (sent++ < count)
                put(polls[i].fd, request, strlen(request));
        }
    }
    printf("{\"count\":%d,\"seconds\":%.3f}\n", count, seconds_since(began_us));
}

/* ---- uploads: a thread each ---- */

typedef struct Upload {
    const char *show;
    gboolean is_tus;
    guint camera;
    const char *content; /* NULL: noise */
    gsize bytes;
    gint64 end_us; /* 0: when the bytes are sent */
    gsize sent;
} Upload;

static char first_block[BLOCK], block[BLOCK];

static void put_noise(int fd, gsize offset, gsize length)
{
    for (gsize end = offset + length; offset < end; offset += BLOCK)
        put(fd, offset == 0 ? first_block : block, BLOCK);
}

static void put_some(int fd, const Upload *upload, gsize length)
{
    if (upload->content != NULL)
        put(fd, upload->content + upload->sent, length);
    else
        put_noise(fd, upload->sent, length);
}

static void upload_multipart(Upload *upload)
{
    static const char edge[] = "------crosscut-bench-7MA4YWxkTrZu0gW";
    int fd = dial();
    g_autofree char *head = g_strdup_printf(
        "--%s\r\nContent-Disposition: form-data; name=\"sessionId\"\r\n\r\n%s\r\n--%s\r\n"
        "Content-Disposition: form-data; name=\"name\"\r\n\r\ncam_%u_iso.mkv\r\n--%s\r\n"
        "Content-Disposition: form-data; name=\"file\"; filename=\"a.mkv\"\r\n"
        "Content-Type: video/x-matroska\r\n\r\n",
        edge, upload->show, edge, upload->camera, edge);
    g_autofree char *tail = g_strdup_printf("\r\n--%s--\r\n", edge);
    g_autofree char *request = g_strdup_printf(
        "POST /upload HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
        "Content-Type: multipart/form-data; boundary=%s\r\nContent-Length: %zu\r\n\r\n",
        port, token, edge, strlen(head) + upload->bytes + strlen(tail));
    put(fd, request, strlen(request));
    put(fd, head, strlen(head));
    put_some(fd, upload, upload->bytes);
    put(fd, tail, strlen(tail));
    expect(fd, 201);
    upload->sent = upload->bytes;
    close(fd);
}

static void create_tus(int fd, const Upload *upload)
{
    g_autofree char *name = g_strdup_printf("cam_%u_iso.mkv", upload->camera);
    g_autofree char *name64 = g_base64_encode((const guchar *)name, strlen(name));
    g_autofree char *show64 = g_base64_encode((const guchar *)upload->show, strlen(upload->show));
    g_autofree char *request = g_strdup_printf(
        "POST /upload HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nAuthorization: Bearer %s\r\n"
        "Tus-Resumable: 1.0.0\r\nUpload-Defer-Length: 1\r\nUpload-Metadata: sessionId %s,name "
        "%s\r\n"
        "Content-Length: 0\r\n\r\n",
        port, token, show64, name64);
    put(fd, request, strlen(request));
    expect(fd, 201);
}

static void upload_tus(Upload *upload)
{
    int fd = dial();
    create_tus(fd, upload);
    while (upload->end_us > 0 ? g_get_monotonic_time() < upload->end_us
                              : upload->sent < upload->bytes) {
        gsize length = upload->content != NULL ? MIN(upload->bytes - upload->sent, PATCH) : PATCH;
        gboolean is_last = upload->sent + length == upload->bytes;
        g_autofree char *whole =
            is_last ? g_strdup_printf("Upload-Length: %zu\r\n", upload->bytes) : g_strdup("");
        g_autofree char *request = g_strdup_printf(
            "PATCH /upload/%s/cam_%u_iso.mkv HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
            "Authorization: Bearer %s\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: %zu\r\n%s"
            "Content-Type: application/offset+octet-stream\r\nContent-Length: %zu\r\n\r\n",
            upload->show, upload->camera, port, token, upload->sent, whole, length);
        put(fd, request, strlen(request));
        put_some(fd, upload, length);
        expect(fd, 204);
        upload->sent += length;
    }
    close(fd);
}

static gpointer run_upload(gpointer data)
{
    Upload *upload = data;
    if (upload->is_tus)
        upload_tus(upload);
    else
        upload_multipart(upload);
    return NULL;
}

static void uploads(char **words)
{
    static const guint8 magic[] = {0x1A, 0x45, 0xDF, 0xA3};
    guint count = (guint)number(words[2]);
    GThread *threads[64];
    Upload all[64];
    gint64 began_us = g_get_monotonic_time();
    gsize sent = 0;
    g_autoptr(GMappedFile) content = NULL;
    if (strcmp(words[3], "-") != 0 && (content = g_mapped_file_new(words[3], FALSE, NULL)) == NULL)
        g_error("cannot read %s", words[3]);
    g_assert(count <= G_N_ELEMENTS(all));
    for (gsize i = 0; i < BLOCK; i++)
        block[i] = first_block[i] = (char)g_random_int();
    memcpy(first_block, magic, sizeof magic);
    for (guint i = 0; i < count; i++) {
        all[i] =
            (Upload){.show = words[0],
                     .is_tus = strcmp(words[1], "tus") == 0,
                     .camera = i + 1,
                     .content = content != NULL ? g_mapped_file_get_contents(content) : NULL,
                     .bytes = content != NULL ? g_mapped_file_get_length(content) : 0,
                     .end_us = words[4] != NULL ? began_us + number(words[4]) * G_USEC_PER_SEC : 0};
        threads[i] = g_thread_new("upload", run_upload, &all[i]);
    }
    for (guint i = 0; i < count; i++) {
        g_thread_join(threads[i]);
        sent += all[i].sent;
    }
    printf("{\"mib\":%.3f,\"seconds\":%.3f}\n", (double)sent / (1 << 20), seconds_since(began_us));
}

/* ---- the floor of an upload ---- */

static gpointer run_sender(gpointer data)
{
    const gsize *job = data; /* descriptor, bytes */
    for (gsize sent = 0; sent < job[1]; sent += BLOCK)
        put((int)job[0], block, BLOCK);
    return NULL;
}

static int dial_own(int *accepted)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(listener, 1) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        g_error("cannot listen: %s", g_strerror(errno));
    port = ntohs(address.sin_port);
    int fd = dial();
    *accepted = accept(listener, NULL, NULL);
    close(listener);
    return fd;
}

static double thread_cpu_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One thread that does nothing else: its processor time is the floor. */
static void measure_floor(char **words)
{
    gsize bytes = (gsize)number(words[1]) << 20, have = 0;
    g_autofree char *path = g_build_filename(words[0], "floor", NULL);
    g_autofree guint8 *buffer = g_malloc(BLOCK);
    int in, out = dial_own(&in);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    gsize job[2] = {(gsize)out, bytes};
    GThread *sender = g_thread_new("sender", run_sender, job);
    double before_s = thread_cpu_s();
    while (have < bytes) {
        if (recv(in, buffer, BLOCK, MSG_WAITALL) != BLOCK || write(file, buffer, BLOCK) != BLOCK)
            g_error("cannot go on: %s", g_strerror(errno));
        have += BLOCK;
        if (have % PATCH == 0 && fdatasync(file) != 0)
            g_error("cannot sync: %s", g_strerror(errno));
    }
    printf("{\"cpu\":%.3f,\"mib\":%zu}\n", thread_cpu_s() - before_s, bytes >> 20);
    g_thread_join(sender);
    close(file);
    unlink(path);
}

/* ---- Socket.IO over WebSocket ---- */

typedef struct Client Client;
typedef void (*OnText)(Client *client, char *text);

struct Client {
    int fd;
    guint number, camera;
    char buffer[BUFFER];
    gsize have;
    gint64 clock_ms, clock_us; /* the session clock, and when it was so */
    gint64 began_us[PENDING];
    guint sent, answered, received;
    gint64 spoke_us, next_us;
    gboolean is_speaking, is_ready;
    gpointer data;
};

/* The mask is zero: the bytes stand as they are. */
static void send_text(Client *client, const char *text)
{
    guint8 frame[1024] = {0x81};
    gsize length = strlen(text), head = 2;
    g_assert(length < sizeof frame - 8);
    frame[1] = 0x80 | (guint8)(length < 126 ? length : 126);
    if (length >= 126) {
        frame[2] = (guint8)(length >> 8);
        frame[3] = (guint8)length;
        head = 4;
    }
    memset(frame + head, 0, 4);
    for (gsize i = 0; i < length; i++) /* the mask is 0 */
        frame[head + 4 + i] = (guint8)text[i];
    put(client->fd, frame, head + 4 + length);
}

/* Bytes of the frame that is whole in the buffer, or 0; *text is where its payload begins. */
static gsize whole_frame(const Client *client, gsize at, gsize *text, gsize *length)
{
    const guint8 *bytes = (const guint8 *)client->buffer + at;
    gsize have = client->have - at, head = 2;
    if (have < 2)
        return 0;
    *length = bytes[1] & 0x7f;
    if (*length == 127)
        g_error("a frame that is too long for this client");
    if (*length == 126) {
        head = 4;
        if (have < 4)
            return 0;
        *length = (gsize)bytes[2] << 8 | bytes[3];
    }
    *text = at + head;
    return have >= head + *length ? head + *length : 0;
}

static void take_frames(Client *client, OnText on_text)
{
    gsize at = 0, text, length, whole;
    while ((whole = whole_frame(client, at, &text, &length)) > 0) {
        if (((guint8)client->buffer[at] & 0x0f) == 8)
            g_error("the server ended client %u", client->number);
        char after = client->buffer[text + length];
        client->buffer[text + length] = '\0';
        if (strcmp(client->buffer + text, "2") == 0)
            send_text(client, "3");
        else
            on_text(client, client->buffer + text);
        client->buffer[text + length] = after;
        at += whole;
    }
    memmove(client->buffer, client->buffer + at, client->have - at);
    client->have -= at;
}

static gboolean receive(Client *client)
{
    ssize_t n = recv(client->fd, client->buffer + client->have, BUFFER - 1 - client->have, 0);
    if (n <= 0)
        g_error("the server ended client %u: %s", client->number, n < 0 ? g_strerror(errno) : "");
    client->have += (gsize)n;
    return TRUE;
}

static void on_welcome(Client *client, char *text)
{
    if (g_str_has_prefix(text, "44"))
        g_error("refused: %s", text);
    if (!g_str_has_prefix(text, "42[\"welcome\""))
        return;
    const char *clock = strstr(text, "\"clock\":");
    client->clock_ms = strtoll(clock + 8, NULL, 10);
    client->clock_us = g_get_monotonic_time();
    client->is_ready = TRUE;
}

static Client *join(const char *show, guint number)
{
    Client *client = g_new0(Client, 1);
    client->fd = dial();
    client->number = number;
    g_autofree char *request = g_strdup_printf(
        "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        port);
    put(client->fd, request, strlen(request));
    const char *end = NULL;
    while (end == NULL) {
        receive(client);
        client->buffer[client->have] = '\0';
        end = strstr(client->buffer, "\r\n\r\n");
    }
    gsize head = (gsize)(end + 4 - client->buffer);
    memmove(client->buffer, client->buffer + head, client->have - head);
    client->have -= head;
    g_autofree char *connect =
        g_strdup_printf("40{\"token\":\"%s\",\"sessionId\":\"%s\"}", token, show);
    send_text(client, connect);
    take_frames(client, on_welcome);
    while (!client->is_ready && receive(client))
        take_frames(client, on_welcome);
    return client;
}

/* `count` clients of each show that the file names. */
static GPtrArray *join_all(const char *path, guint count)
{
    GPtrArray *all = g_ptr_array_new();
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        g_error("cannot read %s", path);
    g_auto(GStrv) shows = g_strsplit(g_strstrip(text), "\n", -1);
    for (char **show = shows; *show != NULL; show++)
        for (guint i = 0; i < count; i++) {
            Client *client = join(*show, all->len);
            client->camera = i % 4 + 1;
            g_ptr_array_add(all, client);
        }
    return all;
}

static gint64 clock_now_ms(const Client *client, gint64 now_us)
{
    return client->clock_ms + (now_us - client->clock_us) / 1000;
}

static void send_event(Client *client, const char *type)
{
    char text[512];
    gint64 now_us = g_get_monotonic_time();
    g_snprintf(text, sizeof text,
               "42%u[\"event\",{\"id\":\"c%u-%u\",\"type\":\"%s\",\"source\":\"cam_%u\","
               "\"t\":%" G_GINT64_FORMAT "}]",
               client->sent, client->number, client->sent, type, client->camera,
               clock_now_ms(client, now_us));
    client->began_us[client->sent++ % PENDING] = now_us;
    send_text(client, text);
}

/* ---- events ---- */

typedef struct Run {
    GArray *times_us;
    guint outstanding, refused; /* outstanding 0: as people talk */
    gint64 end_us;
} Run;

static void speak(Client *client)
{
    client->is_speaking = !client->is_speaking;
    send_event(client, client->is_speaking ? "speaking_start" : "speaking_stop");
}

/* Speech as often as a detector could, markers between. */
static void send_next(Client *client)
{
    gint64 now_us = g_get_monotonic_time();
    if (now_us - client->spoke_us < SPEECH_US) {
        send_event(client, "marker");
        return;
    }
    client->spoke_us = now_us;
    speak(client);
}

static void on_text(Client *client, char *text)
{
    Run *run = client->data;
    if (!g_str_has_prefix(text, "43")) {
        client->received++;
        return;
    }
    char *rest;
    guint id = (guint)strtoul(text + 2, &rest, 10);
    guint32 took_us = (guint32)(g_get_monotonic_time() - client->began_us[id % PENDING]);
    client->answered++;
    if (g_str_has_prefix(rest, "[{\"ok\":true"))
        g_array_append_val(run->times_us, took_us);
    else if (run->refused++ == 0)
        fprintf(stderr, "refused: %s\n", text);
    if (run->outstanding > 0 && g_get_monotonic_time() < run->end_us)
        send_next(client);
}

/* Turns of 0.5 to 3.5 s, pauses as long: an event for each source every two seconds. */
static void talk(GPtrArray *all, gint64 now_us)
{
    for (guint i = 0; i < all->len; i++) {
        Client *client = all->pdata[i];
        if (now_us < client->next_us)
            continue;
        if (client->next_us > 0)
            speak(client);
        client->next_us = now_us + g_random_int_range(500, 3500) * 1000;
    }
}

static void run_events(int epoll, GPtrArray *all, Run *run)
{
    struct epoll_event ready[256];
    gint64 late_us = run->end_us + 5 * G_USEC_PER_SEC;
    for (;;) {
        gint64 now_us = g_get_monotonic_time();
        guint open = 0;
        for (guint i = 0; i < all->len && now_us >= run->end_us; i++)
            open += ((Client *)all->pdata[i])->sent - ((Client *)all->pdata[i])->answered;
        if (now_us >= run->end_us && (open == 0 || now_us > late_us))
            return;
        if (run->outstanding == 0 && now_us < run->end_us)
            talk(all, now_us);
        int count = epoll_wait(epoll, ready, G_N_ELEMENTS(ready), 5);
        for (int i = 0; i < count; i++)
            if (receive(ready[i].data.ptr))
                take_frames(ready[i].data.ptr, on_text);
    }
}

static int watch(GPtrArray *all, gpointer data)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (guint i = 0; i < all->len; i++) {
        Client *client = all->pdata[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
        client->data = data;
        epoll_ctl(epoll, EPOLL_CTL_ADD, client->fd, &event);
    }
    return epoll;
}

static void events(char **words)
{
    GPtrArray *all = join_all(words[0], (guint)number(words[1]));
    Run run = {.times_us = g_array_new(FALSE, FALSE, sizeof(guint32)),
               .outstanding = (guint)number(words[2])};
    int epoll = watch(all, &run);
    g_assert(run.outstanding <= PENDING);
    printf("ready\n");
    fflush(stdout);
    if (getchar() == EOF) /* whoever measures looks at the server first */
        return;
    gint64 began_us = g_get_monotonic_time();
    run.end_us = began_us + number(words[3]) * G_USEC_PER_SEC;
    for (guint i = 0; i < all->len; i++)
        for (guint k = 0; k < run.outstanding; k++)
            send_next(all->pdata[i]);
    run_events(epoll, all, &run);
    print_times(run.times_us, run.refused, began_us);
}

/* ---- from a cut by hand to its switch ---- */

typedef struct Cuts {
    GArray *times_us;
    gint64 cut_us; /* 0: none is out */
} Cuts;

static void on_switch(Client *client, char *text)
{
    Cuts *cuts = client->data;
    if (cuts->cut_us == 0 || strstr(text, "\"type\":\"switch\"") == NULL)
        return;
    guint32 took_us = (guint32)(g_get_monotonic_time() - cuts->cut_us);
    g_array_append_val(cuts->times_us, took_us);
    cuts->cut_us = 0;
}

/* The console cuts by hand, waits for what the director says to it, and cuts again. */
static void switches(char **words)
{
    Cuts cuts = {.times_us = g_array_new(FALSE, FALSE, sizeof(guint32))};
    Client *client = join(words[0], 0);
    client->data = &cuts;
    client->camera = 1; /* the show opens with it */
    gint64 began_us = g_get_monotonic_time();
    gint64 end_us = began_us + number(words[1]) * G_USEC_PER_SEC, next_us = began_us;
    struct pollfd one = {client->fd, POLLIN, 0};
    while (next_us < end_us || cuts.cut_us != 0) {
        gint64 now_us = g_get_monotonic_time();
        if (now_us > end_us + LOST_US)
            g_error("a cut by hand was never answered");
        if (now_us >= next_us && cuts.cut_us == 0) {
            client->camera = client->camera == 1 ? 2 : 1;
            cuts.cut_us = now_us;
            send_event(client, "manual_cut");
            next_us = now_us + CUT_US;
        }
        int wait_ms = cuts.cut_us != 0 ? 1000 : (int)MAX((next_us - now_us) / 1000, 1);
        if (poll(&one, 1, wait_ms) > 0 && receive(client))
            take_frames(client, on_switch);
    }
    print_times(cuts.times_us, 0, began_us);
}

/* ---- sockets ---- */

static void sockets(char **words)
{
    GPtrArray *all = join_all(words[0], (guint)number(words[1]));
    printf("{\"count\":%u}\n", all->len);
    fflush(stdout);
    while (getchar() != EOF)
        ;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int words;
        void (*run)(char **words);
    } table[] = {{"requests", 2, requests},   {"upload", 4, uploads},    {"events", 4, events},
                 {"floor", 2, measure_floor}, {"switches", 2, switches}, {"sockets", 2, sockets}};
    if (argc >= 4) {
        port = (guint16)number(argv[2]);
        token = argv[3];
        for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
            if (strcmp(table[i].name, argv[1]) == 0 && argc - 4 >= table[i].words) {
                table[i].run(argv + 4);
                return 0;
            }
    }
    fprintf(stderr, "load: see the top of load.c\n");
    return 2;
}
