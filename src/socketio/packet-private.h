/* The text of a packet with something in front: a frame in one piece of memory. */
#pragma once
#include <socketio/packet.h>

/* Up to where the JSON begins; room for `json_bytes` of it. */
GString *socketio_packet_begin(const char *prefix, const SocketioPacket *packet, gsize json_bytes);
GBytes *socketio_packet_encode_after(const char *prefix, const SocketioPacket *packet);
