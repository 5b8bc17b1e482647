/* The format of frames. What always holds: a frame that was read lies within its bytes, its time is
 * within a year, and a configuration can be read from it. */
#include <live/frame.h>

#include <string.h>

enum { FLAG_KEY = 1, SIZES_BYTES = 6 };

#define TIME_MAX_US (G_GINT64_CONSTANT(366) * 86400 * G_USEC_PER_SEC)

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *message = g_strdup_vprintf(format, values);
    va_end(values);
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_FORMAT, "not a frame: %s", message);
    return FALSE;
}

static guint64 get(const guint8 *bytes, guint n)
{
    guint64 value = 0;
    for (guint i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void put(guint8 *bytes, guint n, guint64 value)
{
    for (guint i = 0; i < n; i++)
        bytes[i] = (guint8)(value >> 8 * (n - 1 - i));
}

/* ---- reading ---- */

static gboolean read_head(LiveFrame *frame, const guint8 *bytes, gsize length, GError **error)
{
    if (length < LIVE_FRAME_HEAD_BYTES)
        return refuse(error, "it has %" G_GSIZE_FORMAT " bytes, and its head alone has %d", length,
                      LIVE_FRAME_HEAD_BYTES);
    if (length > LIVE_FRAME_BYTES_MAX)
        return refuse(error, "it has more than %d bytes", LIVE_FRAME_BYTES_MAX);
    if (bytes[0] != LIVE_FRAME_VERSION)
        return refuse(error, "expected version %d, found %d", LIVE_FRAME_VERSION, bytes[0]);
    guint64 time = get(bytes + 8, 8);
    if (time > TIME_MAX_US)
        return refuse(error, "its time is more than a year");
    *frame = (LiveFrame){
        .type = (LiveFrameType)bytes[1],
        .is_key = (bytes[2] & FLAG_KEY) != 0,
        .stream = (LiveStream)bytes[3],
        .duration_us = (guint32)get(bytes + 4, 4),
        .t_us = (gint64)time,
        .body = bytes + LIVE_FRAME_HEAD_BYTES,
        .length = length - LIVE_FRAME_HEAD_BYTES,
    };
    return TRUE;
}

gboolean live_frame_read(LiveFrame *frame, const guint8 *bytes, gsize length, GError **error)
{
    LiveConfig config;
    if (!read_head(frame, bytes, length, error))
        return FALSE;
    if (frame->stream != LIVE_STREAM_PICTURE && frame->stream != LIVE_STREAM_SOUND)
        return refuse(error, "expected stream 1 or 2, found %d", (int)frame->stream);
    if (frame->type == LIVE_FRAME_CONFIG)
        return live_config_read(&config, frame, error);
    if (frame->type != LIVE_FRAME_PACKET)
        return refuse(error, "expected type 1 or 2, found %d", (int)frame->type);
    return frame->length > 0 || refuse(error, "its packet is empty");
}

gboolean live_frame_read_own(LiveFrame *frame, const guint8 *bytes, gsize length, GError **error)
{
    if (!read_head(frame, bytes, length, error))
        return FALSE;
    if (frame->type >= LIVE_FRAME_SETTINGS && frame->type <= LIVE_FRAME_END)
        return TRUE;
    return live_frame_read(frame, bytes, length, error);
}

static gboolean read_codec(LiveConfig *config, const LiveFrame *frame, GError **error)
{
    gsize n = frame->length > 0 ? frame->body[0] : 0;
    if (n == 0 || n > LIVE_CODEC_BYTES_MAX || frame->length < 1 + n + SIZES_BYTES)
        return refuse(error, "its configuration is cut off, or has no codec");
    for (gsize i = 0; i < n; i++)
        if (!g_ascii_isgraph(frame->body[1 + i]))
            return refuse(error, "its codec is no text");
    memcpy(config->codec, frame->body + 1, n);
    config->codec[n] = '\0';
    return TRUE;
}

gboolean live_config_read(LiveConfig *config, const LiveFrame *frame, GError **error)
{
    if (!read_codec(config, frame, error))
        return FALSE;
    const guint8 *rest = frame->body + 1 + strlen(config->codec);
    config->width = (guint)get(rest, 2);
    config->height = (guint)get(rest + 2, 2);
    config->rate_centi = (guint)get(rest + 4, 2);
    config->description = rest + SIZES_BYTES;
    config->description_length = frame->length - (gsize)(config->description - frame->body);
    if (frame->stream == LIVE_STREAM_PICTURE && (config->width < 16 || config->height < 16 ||
                                                 config->width > 8192 || config->height > 8192))
        return refuse(error, "pictures of %u × %u", config->width, config->height);
    return TRUE;
}

/* ---- writing ---- */

GBytes *live_frame_write(const LiveFrame *frame)
{
    g_assert(frame->length <= LIVE_FRAME_BYTES_MAX - LIVE_FRAME_HEAD_BYTES);
    guint8 *bytes = g_malloc(LIVE_FRAME_HEAD_BYTES + frame->length);
    bytes[0] = LIVE_FRAME_VERSION;
    bytes[1] = (guint8)frame->type;
    bytes[2] = frame->is_key ? FLAG_KEY : 0;
    bytes[3] = (guint8)frame->stream;
    put(bytes + 4, 4, frame->duration_us);
    put(bytes + 8, 8, (guint64)frame->t_us);
    if (frame->length > 0)
        memcpy(bytes + LIVE_FRAME_HEAD_BYTES, frame->body, frame->length);
    return g_bytes_new_take(bytes, LIVE_FRAME_HEAD_BYTES + frame->length);
}

GBytes *live_config_write(LiveStream stream, const LiveConfig *config)
{
    guint8 sizes[SIZES_BYTES];
    guint8 n = (guint8)strlen(config->codec);
    g_autoptr(GByteArray) body = g_byte_array_new();
    put(sizes, 2, config->width);
    put(sizes + 2, 2, config->height);
    put(sizes + 4, 2, config->rate_centi);
    g_byte_array_append(body, &n, 1);
    g_byte_array_append(body, (const guint8 *)config->codec, n);
    g_byte_array_append(body, sizes, sizeof sizes);
    if (config->description_length > 0)
        g_byte_array_append(body, config->description, (guint)config->description_length);
    LiveFrame frame = {
        .type = LIVE_FRAME_CONFIG, .stream = stream, .body = body->data, .length = body->len};
    return live_frame_write(&frame);
}
