/* Any bytes as the body of a poll. What is taken is written and read the same again. */
#include <socketio/engineio.h>

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) body = g_bytes_new(data, size);
    g_autoptr(GPtrArray) packets = engineio_payload_parse(body, 64, NULL);
    if (packets == NULL)
        return 0;
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < packets->len; i++)
        engineio_payload_append(text, packets->pdata[i]);
    g_autoptr(GBytes) again = g_bytes_new(text->str, text->len);
    g_autoptr(GPtrArray) same = engineio_payload_parse(again, 64, NULL);
    g_assert_nonnull(same);
    g_assert_cmpuint(same->len, ==, packets->len);
    for (guint i = 0; i < packets->len; i++) {
        const EngineioPacket *a = packets->pdata[i];
        const EngineioPacket *b = same->pdata[i];
        g_assert_true(a->type == b->type && a->is_binary == b->is_binary);
        g_assert_true(g_bytes_equal(a->data, b->data));
    }
    return 0;
}
