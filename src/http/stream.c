/* Bodies that are made while they are sent. MHD asks for bytes from within its loop; while there are
 * none the connection is suspended, and its deadline rests: it is not the client that is slow. */
#include "http-private.h"

#include <http/stream.h>

#include <string.h>

struct HttpStream {
    HttpConnection *connection; /* NULL: the reply is not on its way yet */
    const HttpStreamEvents *events;
    gpointer data;
    gint64 length;
    GBytes *bytes; /* what is being sent; NULL: nothing */
    gsize taken;   /* of those */
    gboolean is_wanted, is_cut;
};

HttpStream *http_stream_new(gint64 length_bytes, const HttpStreamEvents *events, gpointer data)
{
    g_assert(length_bytes > 0);
    HttpStream *stream = g_new0(HttpStream, 1);
    stream->events = events;
    stream->data = data;
    stream->length = length_bytes;
    return stream;
}

gint64 http_stream_length(const HttpStream *stream)
{
    return stream->length;
}

void http_stream_free(HttpStream *stream)
{
    if (!stream)
        return;
    stream->events->closed(stream, stream->data);
    g_clear_pointer(&stream->bytes, g_bytes_unref);
    g_free(stream);
}

static void go_on(HttpStream *stream)
{
    if (!stream->connection || !stream->connection->is_suspended)
        return;
    http_connection_phase(stream->connection, HTTP_PHASE_REPLY);
    http_connection_resume(stream->connection);
}

void http_stream_give(HttpStream *stream, GBytes *bytes)
{
    g_assert(stream->is_wanted && !stream->bytes && g_bytes_get_size(bytes) > 0);
    stream->is_wanted = FALSE;
    stream->bytes = g_bytes_ref(bytes);
    stream->taken = 0;
    go_on(stream);
}

void http_stream_cut(HttpStream *stream)
{
    stream->is_wanted = FALSE;
    stream->is_cut = TRUE;
    go_on(stream);
}

static ssize_t take(HttpStream *stream, char *to, size_t most)
{
    gsize length;
    const char *from = g_bytes_get_data(stream->bytes, &length);
    gsize count = MIN(length - stream->taken, most);
    memcpy(to, from + stream->taken, count);
    stream->taken += count;
    if (stream->taken == length)
        g_clear_pointer(&stream->bytes, g_bytes_unref);
    return (ssize_t)count;
}

static ssize_t read_more(void *data, uint64_t position, char *to, size_t most)
{
    (void)position;
    HttpStream *stream = data;
    HttpConnection *connection = stream->connection;
    if (!stream->bytes && !stream->is_wanted && !stream->is_cut && !connection->is_doomed) {
        stream->is_wanted = TRUE;
        stream->events->wanted(stream, stream->data);
    }
    /* Whoever hung up is not waited for: there would be no second sign of it. */
    if (stream->is_cut || connection->is_doomed || (!stream->bytes && connection->is_half_closed))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (stream->bytes)
        return take(stream, to, most);
    http_connection_phase(connection, HTTP_PHASE_HANDLER);
    connection->is_suspended = TRUE;
    MHD_suspend_connection(connection->mhd);
    return 0;
}

static void free_it(void *data)
{
    http_stream_free(data);
}

struct MHD_Response *http_stream_to_mhd(HttpStream *stream, HttpConnection *connection)
{
    stream->connection = connection;
    struct MHD_Response *response = MHD_create_response_from_callback(
        (guint64)stream->length, HTTP_SCRATCH_BYTES, read_more, stream, free_it);
    if (!response)
        http_stream_free(stream);
    return response;
}
