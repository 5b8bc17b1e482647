/* Packets of Socket.IO v5 (https://socket.io/docs/v4/socket-io-protocol, "Packet encoding"): read
 * from the messages of a client, and written for it.
 *
 * Binary: an argument that is bytes stands in the JSON as {"_placeholder":true,"num":n}; the bytes
 * follow in messages of their own and are kept beside it. socketio_packet_bytes() gives the one for
 * the other.
 * Threads: any, one at a time for each packet. */
#pragma once
#include <socketio/error.h>
#include <jansson.h>

typedef enum {
    SOCKETIO_CONNECT = 1,
    SOCKETIO_DISCONNECT,
    SOCKETIO_EVENT,
    SOCKETIO_ACK,
    SOCKETIO_CONNECT_ERROR,
    SOCKETIO_BINARY_EVENT,
    SOCKETIO_BINARY_ACK,
} SocketioType;

#define SOCKETIO_NO_ID (-1)

typedef struct SocketioPacket {
    SocketioType type;
    char *space;  /* owned; the namespace, "/" or "/custom" */
    gint64 id;    /* of the ack asked for or given; SOCKETIO_NO_ID; else below 2^53 */
    json_t *data; /* owned. CONNECT: an object or NULL; EVENT: an array that begins with the
                               event's name; ACK: an array; CONNECT_ERROR: an object; else NULL */
    guint attachments_due;  /* how many belong to it: 0 unless binary */
    GPtrArray *attachments; /* owned; GBytes, those that came; NULL while there are none */
} SocketioPacket;

/* A field that is 0 has the value in parentheses. */
typedef struct SocketioPacketLimits {
    guint attachments; /* of one packet (10) */
    guint depth;       /* of nested arrays and objects (32, at most 256) */
    gsize space_bytes; /* of a namespace's name (255) */
    gsize event_bytes; /* of an event's name (255) */
} SocketioPacketLimits;

/* Whether applications may not use this event name: "connect", "connect_error", "disconnect",
 * "disconnecting", "newListener", "removeListener". */
gboolean socketio_event_is_reserved(const char *name);

/* The text of a packet. Everything is checked for its type: the shape of the data, event names
 * (text, not empty, not reserved), that acks have an id, that each placeholder of a binary packet
 * names an attachment it announces. JSON is what jansson takes: UTF-8, no \u0000, integers of 64
 * bits. A binary packet is complete only when its attachments came. `limits` NULL: the defaults. */
SocketioPacket *socketio_packet_parse(const char *text, gsize length,
                                      const SocketioPacketLimits *limits,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean socketio_packet_is_complete(const SocketioPacket *packet);
/* The next attachment, referenced. Only while the packet is not complete. */
void socketio_packet_add_attachment(SocketioPacket *packet, GBytes *bytes);
/* The bytes a value inside `data` stands for, borrowed from the packet; NULL: it is plain JSON, or
 * they are not there. */
GBytes *socketio_packet_bytes(const SocketioPacket *packet, const json_t *value);

/* The text of it; attachments are sent after it as they are, in their order. Free with
 * g_bytes_unref(): one encoding serves any number of clients. */
GBytes *socketio_packet_encode(const SocketioPacket *packet);
void socketio_packet_free(SocketioPacket *packet); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SocketioPacket, socketio_packet_free)
