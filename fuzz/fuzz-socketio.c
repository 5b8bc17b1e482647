/* Any bytes as the text of a packet. What is taken is written and read the same again. */
#include <socketio/packet.h>

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(SocketioPacket) packet = socketio_packet_parse((const char *)data, size, NULL, NULL);
    if (packet == NULL)
        return 0;
    g_autoptr(GBytes) text = socketio_packet_encode(packet);
    gsize length = 0;
    const char *bytes = g_bytes_get_data(text, &length);
    g_autoptr(SocketioPacket) same = socketio_packet_parse(bytes, length, NULL, NULL);
    g_assert_nonnull(same);
    g_assert_true(same->type == packet->type && same->id == packet->id);
    g_assert_cmpstr(same->space, ==, packet->space);
    g_assert_cmpuint(same->attachments_due, ==, packet->attachments_due);
    g_autoptr(GBytes) none = g_bytes_new_static("", 0);
    while (!socketio_packet_is_complete(packet))
        socketio_packet_add_attachment(packet, none);
    for (gsize i = 0; i < json_array_size(packet->data); i++)
        socketio_packet_bytes(packet, json_array_get(packet->data, i));
    return 0;
}
