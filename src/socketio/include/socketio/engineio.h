/* Packets of Engine.IO v4 as they travel: one in each WebSocket message, several in the body of a
 * poll (https://socket.io/docs/v4/engine-io-protocol, "Packet encoding"). Pure functions, no state.
 * Threads: any. */
#pragma once
#include <socketio/error.h>

typedef enum {
    ENGINEIO_OPEN = 1,
    ENGINEIO_CLOSE,
    ENGINEIO_PING,
    ENGINEIO_PONG,
    ENGINEIO_MESSAGE,
    ENGINEIO_UPGRADE,
    ENGINEIO_NOOP,
} EngineioType;

typedef struct EngineioPacket {
    EngineioType type;
    gboolean is_binary; /* then type is ENGINEIO_MESSAGE */
    GBytes *data;       /* owned; may be empty, never NULL */
} EngineioPacket;

EngineioPacket *engineio_packet_new(EngineioType type, gboolean is_binary,
                                    GBytes *data) G_GNUC_WARN_UNUSED_RESULT; /* references data */
void engineio_packet_free(EngineioPacket *packet);                           /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineioPacket, engineio_packet_free)

/* One WebSocket message; its data is a slice of `message`, not a copy. Text has been checked for
 * UTF-8 by whoever read the frame. NULL and SOCKETIO_ERROR_SYNTAX: empty, or no such type. */
EngineioPacket *engineio_packet_from_frame(gboolean is_binary, GBytes *message,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same the other way: text is "4hello", binary the bytes as they are. Free with
 * g_bytes_unref(). */
GBytes *engineio_packet_to_frame(const EngineioPacket *packet);

/* The body of a POST: packets (EngineioPacket, owned by the array) in their order, at least one.
 * Text has to be UTF-8, base64 exact: RFC 4648, 4, with its padding. `max_packets` > 0.
 * NULL: SOCKETIO_ERROR_SYNTAX, or SOCKETIO_ERROR_LIMIT when there are more packets; nothing of such a
 * body is taken. */
GPtrArray *engineio_payload_parse(GBytes *body, guint max_packets,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Appends a packet to the body of a poll's answer, with the separator when it is not the first. */
void engineio_payload_append(GString *payload, const EngineioPacket *packet);
/* What append() adds at most, in bytes: to fill an answer up to a limit. */
gsize engineio_payload_cost(const EngineioPacket *packet);
