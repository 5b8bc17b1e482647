/* Engine.IO packets and payloads. A packet's digit is its type less one: zero of the enum is "not
 * set". */
#include <socketio/engineio.h>

#include <string.h>

#define SEPARATOR '\x1e'

EngineioPacket *engineio_packet_new(EngineioType type, gboolean is_binary, GBytes *data)
{
    g_assert(!is_binary || type == ENGINEIO_MESSAGE);
    EngineioPacket *packet = g_new(EngineioPacket, 1);
    *packet = (EngineioPacket){.type = type, .is_binary = is_binary, .data = g_bytes_ref(data)};
    return packet;
}

void engineio_packet_free(EngineioPacket *packet)
{
    if (packet == NULL)
        return;
    g_bytes_unref(packet->data);
    g_free(packet);
}

/* A packet of text: `length` bytes of `whole` from `offset` on. */
static EngineioPacket *parse_text(GBytes *whole, gsize offset, gsize length, GError **error)
{
    if (length == 0) {
        g_set_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX, "Engine.IO packet is empty");
        return NULL;
    }
    const char *text = (const char *)g_bytes_get_data(whole, NULL) + offset;
    if (text[0] < '0' || text[0] > '6') {
        g_set_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX,
                    "Engine.IO packet has no known type: it begins with byte 0x%02x",
                    (guint8)text[0]);
        return NULL;
    }
    g_autoptr(GBytes) data = g_bytes_new_from_bytes(whole, offset + 1, length - 1);
    return engineio_packet_new((EngineioType)(text[0] - '0' + ENGINEIO_OPEN), FALSE, data);
}

EngineioPacket *engineio_packet_from_frame(gboolean is_binary, GBytes *message, GError **error)
{
    if (is_binary)
        return engineio_packet_new(ENGINEIO_MESSAGE, TRUE, message);
    return parse_text(message, 0, g_bytes_get_size(message), error);
}

GBytes *engineio_packet_to_frame(const EngineioPacket *packet)
{
    if (packet->is_binary)
        return g_bytes_ref(packet->data);
    gsize length = 0;
    const char *data = g_bytes_get_data(packet->data, &length);
    char *frame = g_malloc(length + 1);
    frame[0] = (char)('0' + packet->type - ENGINEIO_OPEN);
    if (length > 0)
        memcpy(frame + 1, data, length);
    return g_bytes_new_take(frame, length + 1);
}

/* g_base64_decode() skips what it does not know; two texts must not mean the same bytes. */
static gboolean base64_is_exact(const char *text, gsize length)
{
    if (length % 4 != 0)
        return FALSE;
    gsize padding = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    for (gsize i = 0; i < length - padding; i++)
        if (!g_ascii_isalnum(text[i]) && text[i] != '+' && text[i] != '/')
            return FALSE;
    return TRUE;
}

static EngineioPacket *parse_base64(const char *text, gsize length, GError **error)
{
    if (!base64_is_exact(text, length)) {
        g_set_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX,
                    "Engine.IO binary packet of %zu bytes is not base64", length);
        return NULL;
    }
    gsize decoded_length = 0;
    g_autofree char *copy = g_strndup(text, length);
    guint8 *decoded = g_base64_decode(copy, &decoded_length);
    g_autoptr(GBytes) data = g_bytes_new_take(decoded, decoded_length);
    return engineio_packet_new(ENGINEIO_MESSAGE, TRUE, data);
}

/* NUL is UTF-8 too, which GLib's check denies. */
static gboolean is_utf8(const char *text, gsize length)
{
    const char *end = text + length;
    while (text < end && !g_utf8_validate_len(text, (gsize)(end - text), &text)) {
        if (*text != '\0')
            return FALSE;
        text++;
    }
    return TRUE;
}

GPtrArray *engineio_payload_parse(GBytes *body, guint max_packets, GError **error)
{
    g_assert(max_packets > 0);
    gsize length = 0;
    const char *text = g_bytes_get_data(body, &length);
    if (length == 0 || !is_utf8(text, length)) {
        g_set_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX, "Engine.IO payload is %s",
                    length == 0 ? "empty" : "not UTF-8");
        return NULL;
    }
    g_autoptr(GPtrArray) packets =
        g_ptr_array_new_with_free_func((GDestroyNotify)engineio_packet_free);
    for (gsize start = 0; start <= length;) {
        const char *found = start < length ? memchr(text + start, SEPARATOR, length - start) : NULL;
        gsize end = found != NULL ? (gsize)(found - text) : length;
        if (packets->len == max_packets) {
            g_set_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_LIMIT,
                        "Engine.IO payload has more than %u packets", max_packets);
            return NULL;
        }
        gboolean is_binary = end > start && text[start] == 'b';
        EngineioPacket *packet = is_binary ? parse_base64(text + start + 1, end - start - 1, error)
                                           : parse_text(body, start, end - start, error);
        if (packet == NULL)
            return NULL;
        g_ptr_array_add(packets, packet);
        start = end + 1;
    }
    return g_steal_pointer(&packets);
}

void engineio_payload_append(GString *payload, const EngineioPacket *packet)
{
    gsize length = 0;
    const guint8 *data = g_bytes_get_data(packet->data, &length);
    if (payload->len > 0)
        g_string_append_c(payload, SEPARATOR);
    if (packet->is_binary) {
        g_autofree char *base64 = length > 0 ? g_base64_encode(data, length) : g_strdup("");
        g_string_append_c(payload, 'b');
        g_string_append(payload, base64);
        return;
    }
    g_string_append_c(payload, (char)('0' + packet->type - ENGINEIO_OPEN));
    if (length > 0)
        g_string_append_len(payload, (const char *)data, (gssize)length);
}

gsize engineio_payload_cost(const EngineioPacket *packet)
{
    gsize length = g_bytes_get_size(packet->data);
    return 2 + (packet->is_binary ? (length + 2) / 3 * 4 : length);
}
