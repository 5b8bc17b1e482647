/* A request's body into a recording: gathered in a buffer, whose bytes then wait (`pending`) until
 * the disk takes them. What always holds: while some do, the client is paused. */
#include "feed-private.h"

#include "buffers-private.h"
#include "shows-private.h"

#include <store/error.h>

#include <string.h>

/* Of one request, on their way to the disk: then the client waits. */
enum { AHEAD_BYTES = 4 << 20 };

struct ServerFeed {
    Server *server;
    ServerRecording *recording; /* NULL: released */
    ServerCall *call;
    ServerFeedEnded ended;
    gpointer data;
    ServerBuffer *buffer; /* that is being filled; NULL: none */
    GQueue pending;       /* GBytes * */
    StoreSum sum;         /* kind NONE: chunks as they come */
    gint64 offset;        /* of what the disk takes next */
    gint64 end;           /* of what has come */
    gsize ahead;          /* given to the disk, not acknowledged */
    gboolean is_complete, is_waiting, is_paused, has_ended;
    guint refs; /* the owner's and those of chunks under way */
};

static void unref(ServerFeed *feed)
{
    if (--feed->refs > 0)
        return;
    server_buffers_put(feed->server->buffers, feed->buffer);
    g_queue_clear_full(&feed->pending, (GDestroyNotify)g_bytes_unref);
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
    feed->offset = feed->end = offset;
    feed->ended = ended;
    feed->data = data;
    feed->refs = 1;
    if (server_recording_expected_sum(recording) != NULL)
        store_upload_keep_sum(server_recording_upload(recording));
    server_recording_claim(recording, feed, stolen);
    return feed;
}

void server_feed_set_sum(ServerFeed *feed, const StoreSum *sum)
{
    feed->sum = *sum;
}

gint64 server_feed_end(const ServerFeed *feed)
{
    return feed->end;
}

static void flush(ServerFeed *feed);
static gboolean drain(ServerFeed *feed);

/* A client that went away finds stored what it had sent, and goes on behind it. */
static void keep_rest(ServerFeed *feed)
{
    gboolean is_cut_off = !feed->has_ended && feed->sum.kind == STORE_SUM_NONE;
    feed->has_ended = TRUE;
    if (!is_cut_off)
        return;
    flush(feed);
    drain(feed);
}

void server_feed_free(ServerFeed *feed)
{
    if (feed == NULL)
        return;
    keep_rest(feed);
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
    feed->is_waiting = TRUE;
    server_uploads_wait(feed->server, room_again, feed);
    return FALSE;
}

/* What was gathered is to go to the disk. */
static void flush(ServerFeed *feed)
{
    if (feed->buffer != NULL)
        g_queue_push_tail(&feed->pending, server_buffers_lend(feed->server->buffers, feed->buffer));
    feed->buffer = NULL;
}

/* FALSE: not all of it yet, or not at all. */
static gboolean drain(ServerFeed *feed)
{
    while (!g_queue_is_empty(&feed->pending)) {
        if (feed->is_waiting || !append(feed, g_queue_peek_head(&feed->pending)))
            return FALSE;
        g_bytes_unref(g_queue_pop_head(&feed->pending));
    }
    return TRUE;
}

static void go_on(ServerFeed *feed)
{
    if (feed->has_ended)
        return;
    feed->refs++;
    if (feed->is_complete)
        flush(feed);
    if (!drain(feed))
        set_paused(feed, TRUE);
    else if (feed->is_complete && feed->ahead == 0)
        end(feed, NULL);
    else
        set_paused(feed, feed->ahead > AHEAD_BYTES);
    unref(feed);
}

/* ---- from the client ---- */

static gboolean is_summed(const ServerFeed *feed)
{
    return feed->sum.kind != STORE_SUM_NONE;
}

/* A chunk with a sum is one piece, however long it may be. */
static gsize needed_room(const ServerFeed *feed)
{
    gint64 most = feed->server->config->upload_chunk_bytes;
    gint64 length =
        feed->call != NULL ? http_request_body_length(server_call_request(feed->call)) : -1;
    if (!is_summed(feed))
        return 0;
    return (gsize)(length >= 0 ? MIN(length, most) : most);
}

/* Up to where the buffer is filled; one is taken if there is none. */
static gsize buffer_limit(ServerFeed *feed)
{
    ServerBuffers *buffers = feed->server->buffers;
    gsize room = needed_room(feed);
    if (feed->buffer == NULL)
        feed->buffer = server_buffers_take(buffers, feed->end, room);
    return is_summed(feed) ? feed->buffer->size : server_buffers_full(buffers);
}

guint8 *server_feed_room(ServerFeed *feed, gsize *length)
{
    gsize limit = buffer_limit(feed);
    *length = limit - feed->buffer->end;
    return feed->buffer->bytes + feed->buffer->end;
}

/* Takes some of it: how much. */
static gsize gather(ServerFeed *feed, const guint8 *bytes, gsize length)
{
    gsize room;
    guint8 *place = server_feed_room(feed, &room);
    length = MIN(length, room);
    if (place != bytes)
        memmove(place, bytes, length);
    feed->buffer->end += length;
    feed->end += (gint64)length;
    if (length == room && !is_summed(feed))
        flush(feed);
    return length;
}

static gboolean check(ServerFeed *feed, const guint8 *bytes, gsize length, GError **error)
{
    gint64 limit = feed->server->config->upload_chunk_bytes;
    if (!server_recording_check_magic(feed->recording, feed->end, bytes, length, error))
        return FALSE;
    if (!is_summed(feed) || feed->end + (gint64)length - feed->offset <= limit)
        return TRUE;
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_TOO_LARGE,
                "Upload-Checksum: a chunk with a sum may have %" G_GINT64_FORMAT " bytes", limit);
    return FALSE;
}

gboolean server_feed_bytes(ServerFeed *feed, const guint8 *bytes, gsize length)
{
    GError *error = NULL;
    if (feed->has_ended)
        return FALSE;
    if (!check(feed, bytes, length, &error)) {
        end(feed, error);
        return FALSE;
    }
    while (length > 0) {
        gsize taken = gather(feed, bytes, length);
        bytes += taken;
        length -= taken;
    }
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
