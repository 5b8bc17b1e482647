/* What a client missed, read from the log in a worker. What always holds: a client of a show gets
 * every line once, in order: it is in the show's room from the moment on when it has been sent all
 * that came before. */
#include "socket-client-private.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { REPLAY_BYTES = 256 << 10 };

/* ---- what a client missed ---- */

typedef struct Replay {
    SocketClient *client;
    char *path;
    gint64 offset, end; /* of the log; to be read */
    GByteArray *bytes;
    gsize kept; /* of bytes: the beginning of a line that was cut */
    gboolean failed;
} Replay;

static void replay_work(gpointer data)
{
    Replay *replay = data;
    g_autofree guint8 *block = g_malloc(REPLAY_BYTES);
    int fd = open(replay->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    gsize wanted = (gsize)MIN(replay->end - replay->offset, REPLAY_BYTES);
    ssize_t got = fd >= 0 ? pread(fd, block, wanted, replay->offset) : -1;
    if (got > 0)
        g_byte_array_append(replay->bytes, block, (guint)got);
    replay->offset += MAX(got, 0);
    replay->failed = got <= 0;
    if (fd >= 0)
        close(fd);
}

static void replay_free(Replay *replay)
{
    g_byte_array_unref(replay->bytes);
    g_free(replay->path);
    g_free(replay);
}

static void send_missed(SocketClient *client, const char *text, gsize length)
{
    json_t *line = json_loadb(text, length, 0, NULL);
    gint64 seq = json_integer_value(json_object_get(line, "seq"));
    if (line == NULL || seq <= client->sent_seq) {
        json_decref(line);
        return;
    }
    client->sent_seq = seq;
    socket_emit(client->socket, "event", line);
}

/* Whole lines are sent, the beginning of the next one is kept. */
static void send_lines(Replay *replay)
{
    const char *text = (const char *)replay->bytes->data;
    gsize length = replay->bytes->len, begin = 0;
    for (gsize i = replay->kept; i < length; i++)
        if (text[i] == '\n') {
            send_missed(replay->client, text + begin, i - begin);
            begin = i + 1;
        }
    g_byte_array_remove_range(replay->bytes, 0, (guint)begin);
    replay->kept = replay->bytes->len;
}

static void replay_done(gpointer data);

/* TRUE: there is more to read, and it is being read. */
static gboolean read_more(Replay *replay, const ServerShow *show)
{
    replay->end = server_show_log_bytes(show);
    if (replay->offset >= replay->end || replay->failed)
        return FALSE;
    store_workers_push(replay->client->sockets->server->disk_workers, replay_work, replay_done,
                       replay);
    return TRUE;
}

static void replay_done(gpointer data)
{
    Replay *replay = data;
    SocketClient *client = replay->client;
    ServerShow *show = client->room != NULL ? socket_room_show(client->room) : NULL;
    if (client->socket != NULL && show != NULL) {
        send_lines(replay);
        if (read_more(replay, show))
            return;
        /* Nothing was written since: from here on it gets what the others get. */
        socketio_socket_join(client->socket, client->room->id);
        socket_emit(client->socket, "replayed",
                    json_pack("{s:I}", "seq", (json_int_t)client->sent_seq));
    }
    client->is_replaying = FALSE;
    if (client->socket == NULL)
        g_free(client);
    replay_free(replay);
}

void socket_missed_start(SocketClient *client, ServerShow *show, gint64 last_seq)
{
    Replay *replay = g_new0(Replay, 1);
    replay->client = client;
    replay->path = server_show_log_path(show);
    replay->offset = server_show_log_offset(show, last_seq);
    replay->bytes = g_byte_array_new();
    client->is_replaying = TRUE;
    client->sent_seq = last_seq;
    if (!read_more(replay, show))
        replay_done(replay);
}
