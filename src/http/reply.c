/* A reply: status, headers, and bytes, a piece of a file, or a stream. MHD sends it, a file with
 * sendfile(). */
#include "http-private.h"
#include <string.h>
#include <unistd.h>

typedef struct Line {
    char *name;
    char *value;
} Line;

struct HttpReply {
    guint status;
    GArray *lines;
    GBytes *bytes;
    int fd; /* -1: none */
    gint64 offset;
    gint64 length;
    HttpStream *stream; /* or NULL */
};

static void clear_line(gpointer data)
{
    Line *line = data;
    g_free(line->name);
    g_free(line->value);
}

HttpReply *http_reply_new(guint status)
{
    g_assert(status >= 200 && status <= 599);
    HttpReply *reply = g_new0(HttpReply, 1);
    reply->status = status;
    reply->fd = -1;
    reply->lines = g_array_sized_new(FALSE, FALSE, sizeof(Line), 8);
    g_array_set_clear_func(reply->lines, clear_line);
    return reply;
}

gboolean http_reply_header(HttpReply *reply, const char *name, const char *value)
{
    for (const char *c = value; *c; c++)
        if (((guint8)*c < 0x20 && *c != '\t') || *c == 0x7f)
            return FALSE;
    Line line = {g_strdup(name), g_strdup(value)};
    g_array_append_val(reply->lines, line);
    return TRUE;
}

static void drop_body(HttpReply *reply)
{
    g_clear_pointer(&reply->bytes, g_bytes_unref);
    g_clear_pointer(&reply->stream, http_stream_free);
    if (reply->fd >= 0)
        close(reply->fd);
    reply->fd = -1;
}

void http_reply_bytes(HttpReply *reply, GBytes *bytes)
{
    g_bytes_ref(bytes);
    drop_body(reply);
    reply->bytes = bytes;
}

void http_reply_text(HttpReply *reply, const char *content_type, const char *text)
{
    drop_body(reply);
    reply->bytes = g_bytes_new(text, strlen(text));
    if (content_type)
        http_reply_header(reply, "Content-Type", content_type);
}

void http_reply_file(HttpReply *reply, int fd, gint64 offset, gint64 length_bytes)
{
    g_assert(fd >= 0 && offset >= 0 && length_bytes >= 0);
    drop_body(reply);
    reply->fd = fd;
    reply->offset = offset;
    reply->length = length_bytes;
}

HttpStream *http_reply_stream(HttpReply *reply, gint64 length_bytes, const HttpStreamEvents *events,
                              gpointer data)
{
    drop_body(reply);
    reply->stream = http_stream_new(length_bytes, events, data);
    return reply->stream;
}

void http_reply_free(HttpReply *reply)
{
    if (!reply)
        return;
    drop_body(reply);
    g_array_unref(reply->lines);
    g_free(reply);
}

guint http_reply_status(const HttpReply *reply)
{
    return reply->status;
}

void http_reply_set_status(HttpReply *reply, guint status)
{
    reply->status = status;
}

gboolean http_reply_is_file(const HttpReply *reply)
{
    return reply->fd >= 0 || reply->stream;
}

gsize http_reply_length(const HttpReply *reply)
{
    if (reply->fd >= 0)
        return (gsize)reply->length;
    if (reply->stream)
        return (gsize)http_stream_length(reply->stream);
    return reply->bytes ? g_bytes_get_size(reply->bytes) : 0;
}

static void unref_bytes(void *bytes)
{
    g_bytes_unref(bytes);
}

static struct MHD_Response *body_of(HttpReply *reply, HttpConnection *connection)
{
    if (reply->stream)
        return http_stream_to_mhd(g_steal_pointer(&reply->stream), connection);
    if (reply->fd >= 0 && reply->length > 0) {
        int fd = reply->fd;
        reply->fd = -1; /* MHD closes it */
        return MHD_create_response_from_fd_at_offset64((guint64)reply->length, fd,
                                                       (guint64)reply->offset);
    }
    gsize length = 0;
    const void *bytes = reply->bytes ? g_bytes_get_data(reply->bytes, &length) : NULL;
    if (length == 0)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_buffer_with_free_callback_cls(
        length, (void *)bytes, unref_bytes, g_bytes_ref(reply->bytes));
}

struct MHD_Response *http_reply_to_mhd(HttpReply *reply, HttpConnection *connection, gboolean close)
{
    struct MHD_Response *response = body_of(reply, connection);
    if (!response)
        return NULL;
    for (guint i = 0; i < reply->lines->len; i++) {
        const Line *line = &g_array_index(reply->lines, Line, i);
        MHD_add_response_header(response, line->name, line->value);
    }
    if (close)
        MHD_add_response_header(response, "Connection", "close");
    return response;
}

static void append_date(GString *text)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    static const char days[] = "MonTueWedThuFriSatSun";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    g_string_append_printf(
        text, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d GMT\r\n",
        days + 3 * (g_date_time_get_day_of_week(now) - 1), g_date_time_get_day_of_month(now),
        months + 3 * (g_date_time_get_month(now) - 1), g_date_time_get_year(now),
        g_date_time_get_hour(now), g_date_time_get_minute(now), g_date_time_get_second(now));
}

GBytes *http_reply_serialise(const HttpReply *reply, gboolean without_body, gboolean keeps)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "HTTP/1.1 %u %s\r\n", reply->status,
                           MHD_get_reason_phrase_for(reply->status));
    append_date(text);
    for (guint i = 0; i < reply->lines->len; i++) {
        const Line *line = &g_array_index(reply->lines, Line, i);
        g_string_append_printf(text, "%s: %s\r\n", line->name, line->value);
    }
    gsize length = 0;
    const char *bytes = reply->bytes ? g_bytes_get_data(reply->bytes, &length) : NULL;
    if (!keeps)
        g_string_append(text, "Connection: close\r\n");
    if (reply->status != 204) /* RFC 9110, 8.6 */
        g_string_append_printf(text, "Content-Length: %" G_GSIZE_FORMAT "\r\n", length);
    g_string_append(text, "\r\n");
    if (!without_body && bytes)
        g_string_append_len(text, bytes, (gssize)length);
    return g_string_free_to_bytes(text);
}
