/* Socket.IO packets: <type>[<attachments>-][<namespace>,][<ack id>][<JSON>]. What parse() returned is
 * right for its type; nothing behind it checks again. */
#include <socketio/packet.h>
#include "packet-private.h"

#include <stdlib.h>
#include <string.h>

#define ID_DIGITS_MAX 15 /* below 2^53, the largest a JavaScript client counts exactly */

typedef struct Reader {
    const char *at;
    const char *end;
    SocketioPacketLimits limits;
} Reader;

static gboolean syntax(GError **error, const char *what)
{
    g_set_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX, "Socket.IO packet %s", what);
    return FALSE;
}

static gboolean beyond(GError **error, const char *what)
{
    g_set_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_LIMIT, "Socket.IO packet %s", what);
    return FALSE;
}

static gboolean is_binary(SocketioType type)
{
    return type == SOCKETIO_BINARY_EVENT || type == SOCKETIO_BINARY_ACK;
}

gboolean socketio_event_is_reserved(const char *name)
{
    static const char *const reserved[] = {"connect",       "connect_error", "disconnect",
                                           "disconnecting", "newListener",   "removeListener"};
    for (gsize i = 0; i < G_N_ELEMENTS(reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return TRUE;
    return FALSE;
}

/* Digits at the reader, at most ID_DIGITS_MAX; -1 when there are none, -2 when too many. */
static gint64 read_number(Reader *reader)
{
    const char *start = reader->at;
    gint64 number = 0;
    while (reader->at < reader->end && g_ascii_isdigit(*reader->at)) {
        if (reader->at - start == ID_DIGITS_MAX)
            return -2;
        number = number * 10 + (*reader->at++ - '0');
    }
    return reader->at == start ? -1 : number;
}

static gboolean read_attachments(Reader *reader, SocketioPacket *packet, GError **error)
{
    if (!is_binary(packet->type))
        return TRUE;
    gint64 count = read_number(reader);
    if (count == -1 || reader->at == reader->end || (count >= 0 && *reader->at != '-'))
        return syntax(error, "does not say how many attachments it has");
    if (count == -2 || count > reader->limits.attachments)
        return beyond(error, "announces too many attachments");
    reader->at++;
    packet->attachments_due = (guint)count;
    return TRUE;
}

static gboolean read_space(Reader *reader, SocketioPacket *packet, GError **error)
{
    if (reader->at == reader->end || *reader->at != '/') {
        packet->space = g_strdup("/");
        return TRUE;
    }
    gsize left = (gsize)(reader->end - reader->at);
    const char *comma = memchr(reader->at, ',', left);
    gsize length = comma != NULL ? (gsize)(comma - reader->at) : left;
    if (length > reader->limits.space_bytes)
        return beyond(error, "has too long a namespace");
    if (!g_utf8_validate_len(reader->at, length, NULL))
        return syntax(error, "has a namespace that is not UTF-8");
    packet->space = g_strndup(reader->at, length);
    reader->at += length + (comma != NULL);
    return TRUE;
}

static gboolean read_id(Reader *reader, SocketioPacket *packet, GError **error)
{
    gint64 id = read_number(reader);
    if (id == -2)
        return syntax(error, "has too large an ack id");
    packet->id = id >= 0 ? id : SOCKETIO_NO_ID;
    return TRUE;
}

static gboolean is_placeholder(const json_t *value)
{
    return json_is_true(json_object_get(value, "_placeholder"));
}

static gboolean check_value(const json_t *value, const SocketioPacket *packet, guint depth,
                            GError **error);

static gboolean check_placeholder(const json_t *value, const SocketioPacket *packet, GError **error)
{
    const json_t *number = json_object_get(value, "num");
    json_int_t num = json_is_integer(number) ? json_integer_value(number) : -1;
    if (num < 0 || num >= packet->attachments_due)
        return syntax(error, "has a placeholder without its attachment");
    return TRUE;
}

/* Depth is bounded by the limit, and so is the recursion. */
// NOLINTNEXTLINE(misc-no-recursion)
static gboolean check_value(const json_t *value, const SocketioPacket *packet, guint depth,
                            GError **error)
{
    if (!json_is_object(value) && !json_is_array(value))
        return TRUE;
    if (depth == 0)
        return beyond(error, "is nested too deeply");
    if (is_binary(packet->type) && is_placeholder(value))
        return check_placeholder(value, packet, error);
    for (gsize i = 0; i < json_array_size(value); i++)
        if (!check_value(json_array_get(value, i), packet, depth - 1, error))
            return FALSE;
    const char *key = NULL;
    json_t *member = NULL;
    json_object_foreach((json_t *)value, key,
                        member) if (!check_value(member, packet, depth - 1, error)) return FALSE;
    return TRUE;
}

static gboolean check_event(const Reader *reader, const SocketioPacket *packet, GError **error)
{
    const char *name = json_string_value(json_array_get(packet->data, 0));
    if (name == NULL || name[0] == '\0')
        return syntax(error, "has no event name");
    if (strlen(name) > reader->limits.event_bytes)
        return beyond(error, "has too long an event name");
    if (socketio_event_is_reserved(name))
        return syntax(error, "has a reserved event name");
    return TRUE;
}

static gboolean check_shape(const Reader *reader, const SocketioPacket *packet, GError **error)
{
    switch (packet->type) {
    case SOCKETIO_CONNECT:
        if (packet->id != SOCKETIO_NO_ID || (packet->data != NULL && !json_is_object(packet->data)))
            return syntax(error, "CONNECT carries something else than an object");
        return TRUE;
    case SOCKETIO_DISCONNECT:
        if (packet->id != SOCKETIO_NO_ID || packet->data != NULL)
            return syntax(error, "DISCONNECT carries something");
        return TRUE;
    case SOCKETIO_CONNECT_ERROR:
        if (packet->id != SOCKETIO_NO_ID || !json_is_object(packet->data))
            return syntax(error, "CONNECT_ERROR carries no object");
        return TRUE;
    case SOCKETIO_EVENT:
    case SOCKETIO_BINARY_EVENT:
        return check_event(reader, packet, error);
    case SOCKETIO_ACK:
    case SOCKETIO_BINARY_ACK:
        if (packet->id == SOCKETIO_NO_ID || !json_is_array(packet->data))
            return syntax(error, "ACK has no id or no array");
        return TRUE;
    }
    g_assert_not_reached();
}

static gboolean read_data(Reader *reader, SocketioPacket *packet, GError **error)
{
    if (reader->at < reader->end) {
        json_error_t problem;
        packet->data =
            json_loadb(reader->at, (gsize)(reader->end - reader->at), JSON_DECODE_ANY, &problem);
        if (packet->data == NULL)
            return syntax(error, "has data that is not JSON");
    }
    return check_value(packet->data, packet, reader->limits.depth, error) &&
           check_shape(reader, packet, error);
}

static SocketioPacketLimits with_defaults(const SocketioPacketLimits *given)
{
    SocketioPacketLimits limits = given != NULL ? *given : (SocketioPacketLimits){0};
    limits.attachments = limits.attachments != 0 ? limits.attachments : 10;
    limits.depth = limits.depth != 0 ? MIN(limits.depth, 256) : 32;
    limits.space_bytes = limits.space_bytes != 0 ? limits.space_bytes : 255;
    limits.event_bytes = limits.event_bytes != 0 ? limits.event_bytes : 255;
    return limits;
}

SocketioPacket *socketio_packet_parse(const char *text, gsize length,
                                      const SocketioPacketLimits *limits, GError **error)
{
    if (length == 0 || text[0] < '0' || text[0] > '6') {
        syntax(error, "has no known type");
        return NULL;
    }
    Reader reader = {.at = text + 1, .end = text + length, .limits = with_defaults(limits)};
    g_autoptr(SocketioPacket) packet = g_new0(SocketioPacket, 1);
    packet->type = (SocketioType)(text[0] - '0' + SOCKETIO_CONNECT);
    if (!read_attachments(&reader, packet, error) || !read_space(&reader, packet, error) ||
        !read_id(&reader, packet, error) || !read_data(&reader, packet, error))
        return NULL;
    return g_steal_pointer(&packet);
}

gboolean socketio_packet_is_complete(const SocketioPacket *packet)
{
    return (packet->attachments != NULL ? packet->attachments->len : 0) == packet->attachments_due;
}

void socketio_packet_add_attachment(SocketioPacket *packet, GBytes *bytes)
{
    g_assert(!socketio_packet_is_complete(packet));
    if (packet->attachments == NULL)
        packet->attachments = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    g_ptr_array_add(packet->attachments, g_bytes_ref(bytes));
}

GBytes *socketio_packet_bytes(const SocketioPacket *packet, const json_t *value)
{
    if (!is_placeholder(value) || packet->attachments == NULL)
        return NULL;
    const json_t *number = json_object_get(value, "num");
    json_int_t num = json_is_integer(number) ? json_integer_value(number) : -1;
    return num >= 0 && num < packet->attachments->len ? packet->attachments->pdata[num] : NULL;
}

GBytes *socketio_packet_encode(const SocketioPacket *packet)
{
    return socketio_packet_encode_after("", packet);
}

GString *socketio_packet_begin(const char *prefix, const SocketioPacket *packet, gsize json_bytes)
{
    GString *text = g_string_sized_new(json_bytes);
    g_string_append(text, prefix);
    g_string_append_c(text, (char)('0' + packet->type - SOCKETIO_CONNECT));
    if (is_binary(packet->type))
        g_string_append_printf(text, "%u-", packet->attachments_due);
    if (strcmp(packet->space, "/") != 0)
        g_string_append_printf(text, "%s,", packet->space);
    if (packet->id != SOCKETIO_NO_ID)
        g_string_append_printf(text, "%" G_GINT64_FORMAT, packet->id);
    return text;
}

GBytes *socketio_packet_encode_after(const char *prefix, const SocketioPacket *packet)
{
    GString *text = socketio_packet_begin(prefix, packet, 0);
    if (packet->data != NULL) {
        char *json = json_dumps(packet->data, JSON_COMPACT | JSON_REAL_PRECISION(15));
        g_assert(json != NULL);
        g_string_append(text, json);
        free(json); // NOLINT: jansson's allocator
    }
    return g_string_free_to_bytes(text);
}

void socketio_packet_free(SocketioPacket *packet)
{
    if (packet == NULL)
        return;
    g_free(packet->space);
    json_decref(packet->data);
    g_clear_pointer(&packet->attachments, g_ptr_array_unref);
    g_free(packet);
}
