/* A request's body into a recording. What always holds: at most one chunk was refused by the disk
 * and waits (`pending`), and while it does the client is paused. */
#include "feed-private.h"

#include "buffers-private.h"
#include "shows-private.h"

#include <store/error.h>

enum {
    CHUNK_BYTES = 224 << 10, /* gathered before it is given to the disk: what comes fits behind */
    AHEAD_BYTES = 4 << 20,   /* of one request, on their way to the disk: then the client waits */
};

struct ServerFeed {
    Server *server;
    ServerRecording *recording; /* NULL: released */
    ServerCall *call;
    ServerFeedEnded ended;
    gpointer data;
    GByteArray *buffer;
    GBytes *pending;
    StoreSum sum;  /* kind NONE: chunks as they come */
    gint64 offset; /* of what the disk takes next */
    gsize ahead;   /* given to the disk, not acknowledged */
    gboolean is_complete, is_waiting, is_paused, has_ended;
    guint refs; /* the owner's and those of chunks under way */
};

static void unref(ServerFeed *feed)
{
    if (--feed->refs > 0)
        return;
    server_buffers_put(feed->server->buffers, feed->buffer);
    g_clear_pointer(&feed->pending, g_bytes_unref);
    g_free(feed);
}

/* Takes `error`. */
static void end(ServerFeed *feed, GError *error)
{
    if (!feed->has_ended) {
        feed->has_ended = TRUE;
        feed->ended(error, feed->data);
    }
    g_clear_error(&error);
}

static void stolen(gpointer data)
{
    end(data, g_error_new_literal(SERVER_ERROR, SERVER_ERROR_CONFLICT,
                                  "name: this recording is being sent by another request"));
}

ServerFeed *server_feed_new(Server *server, ServerRecording *recording, ServerCall *call,
                            gint64 offset, ServerFeedEnded ended, gpointer data)
{
    ServerFeed *feed = g_new0(ServerFeed, 1);
    feed->server = server;
    feed->recording = recording;
    feed->call = call;
    feed->offset = offset;
    feed->ended = ended;
    feed->data = data;
    feed->buffer = server_buffers_take(server->buffers);
    feed->refs = 1;
    server_recording_claim(recording, feed, stolen);
    return feed;
}

void server_feed_set_sum(ServerFeed *feed, const StoreSum *sum)
{
    feed->sum = *sum;
}

gint64 server_feed_end(const ServerFeed *feed)
{
    gsize held = feed->buffer->len;
    if (feed->pending != NULL)
        held += g_bytes_get_size(feed->pending);
    return feed->offset + (gint64)held;
}

void server_feed_free(ServerFeed *feed)
{
    if (feed == NULL)
        return;
    feed->has_ended = TRUE;
    if (feed->is_waiting)
        server_uploads_stop_waiting(feed->server, feed);
    feed->is_waiting = FALSE;
    server_recording_release(feed->recording, feed);
    feed->recording = NULL;
    unref(feed);
}

/* ---- to the disk ---- */

static void go_on(ServerFeed *feed);

static void set_paused(ServerFeed *feed, gboolean is_paused)
{
    if (feed->has_ended || feed->is_complete || feed->is_paused == is_paused)
        return;
    feed->is_paused = is_paused;
    if (is_paused)
        http_request_pause(server_call_request(feed->call));
    else
        http_request_resume(server_call_request(feed->call));
}

typedef struct Chunk {
    ServerFeed *feed;
    gsize length;
} Chunk;

static void chunk_stored(const GError *error, gpointer data)
{
    g_autofree Chunk *chunk = data;
    ServerFeed *feed = chunk->feed;
    feed->ahead -= chunk->length;
    if (error != NULL)
        end(feed, g_error_copy(error));
    else
        server_shows_note_bytes(feed->server->shows, chunk->length);
    go_on(feed);
    unref(feed);
}

static void room_again(gpointer data)
{
    ServerFeed *feed = data;
    feed->is_waiting = FALSE;
    go_on(feed);
}

/* FALSE: it waits for room, or the recording does not take it. */
static gboolean append(ServerFeed *feed, GBytes *bytes)
{
    GError *error = NULL;
    Chunk *chunk = g_new(Chunk, 1);
    chunk->feed = feed;
    chunk->length = g_bytes_get_size(bytes);
    const StoreSum *sum = feed->sum.kind != STORE_SUM_NONE ? &feed->sum : NULL;
    if (store_upload_append(server_recording_upload(feed->recording), feed->offset, bytes, sum,
                            chunk_stored, chunk, &error)) {
        feed->refs++;
        feed->ahead += chunk->length;
        feed->offset += (gint64)chunk->length;
        return TRUE;
    }
    g_free(chunk);
    if (!g_error_matches(error, STORE_ERROR, STORE_ERROR_BUSY)) {
        end(feed, error);
        return FALSE;
    }
    g_error_free(error);
    feed->pending = g_bytes_ref(bytes);
    feed->is_waiting = TRUE;
    server_uploads_wait(feed->server, room_again, feed);
    return FALSE;
}

/* What was gathered goes to the disk. FALSE: not yet, or not at all. */
static gboolean flush(ServerFeed *feed)
{
    if (feed->is_waiting)
        return FALSE;
    g_autoptr(GBytes) again = g_steal_pointer(&feed->pending);
    if (again != NULL && !append(feed, again))
        return FALSE;
    if (feed->buffer->len == 0)
        return TRUE;
    g_autoptr(GBytes) bytes = server_buffers_lend(feed->server->buffers, feed->buffer);
    feed->buffer = server_buffers_take(feed->server->buffers);
    return append(feed, bytes);
}

static gboolean is_due(const ServerFeed *feed)
{
    return feed->pending != NULL || feed->is_complete ||
           (feed->buffer->len >= CHUNK_BYTES && feed->sum.kind == STORE_SUM_NONE);
}

static void go_on(ServerFeed *feed)
{
    if (feed->has_ended)
        return;
    feed->refs++;
    if (is_due(feed) && !flush(feed))
        set_paused(feed, TRUE);
    else if (feed->is_complete && feed->ahead == 0)
        end(feed, NULL);
    else
        set_paused(feed, feed->ahead > AHEAD_BYTES);
    unref(feed);
}

gboolean server_feed_bytes(ServerFeed *feed, const guint8 *bytes, gsize length)
{
    GError *error = NULL;
    gint64 limit = feed->server->config->upload_chunk_bytes;
    if (feed->has_ended)
        return FALSE;
    if (!server_recording_check_magic(feed->recording, server_feed_end(feed), bytes, length,
                                      &error)) {
        end(feed, error);
        return FALSE;
    }
    if (feed->sum.kind != STORE_SUM_NONE && (gint64)(feed->buffer->len + length) > limit) {
        end(feed,
            g_error_new(SERVER_ERROR, SERVER_ERROR_TOO_LARGE,
                        "Upload-Checksum: a chunk with a sum may have %" G_GINT64_FORMAT " bytes",
                        limit));
        return FALSE;
    }
    g_byte_array_append(feed->buffer, bytes, (guint)length);
    feed->refs++;
    go_on(feed);
    gboolean goes_on = !feed->has_ended;
    unref(feed);
    return goes_on;
}

void server_feed_finish(ServerFeed *feed)
{
    feed->is_complete = TRUE;
    go_on(feed);
}
