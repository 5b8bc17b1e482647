/* The text of a packet with something in front: a frame in one piece of memory. */
#pragma once
#include <socketio/packet.h>

GBytes *socketio_packet_encode_after(const char *prefix, const SocketioPacket *packet);
