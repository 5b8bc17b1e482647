/* Engine.IO packets and payloads: the examples of the protocol's text, and what is refused. */
#include <socketio/engineio.h>

#include <string.h>

static GPtrArray *parse(const char *text, guint max_packets, GError **error)
{
    g_autoptr(GBytes) body = g_bytes_new(text, strlen(text));
    return engineio_payload_parse(body, max_packets, error);
}

static void test_round_trip(void)
{
    static const char *const texts[] = {"4hello",
                                        "4hello\x1e"
                                        "2\x1e"
                                        "4world",
                                        "4hello\x1e"
                                        "bAQIDBA==",
                                        "1",
                                        "3",
                                        "6",
                                        "b",
                                        "4",
                                        "4\xe2\x82\xac"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) packets = parse(texts[i], 10, &error);
        g_assert_no_error(error);
        g_autoptr(GString) again = g_string_new(NULL);
        gsize cost = 0;
        for (guint k = 0; k < packets->len; k++) {
            engineio_payload_append(again, packets->pdata[k]);
            cost += engineio_payload_cost(packets->pdata[k]);
        }
        g_assert_cmpstr(again->str, ==, texts[i]);
        g_assert_cmpuint(again->len, <=, cost);
    }
}

static void test_binary(void)
{
    g_autoptr(GPtrArray) packets = parse("4a\x1e"
                                         "bAQIDBA==",
                                         2, NULL);
    const EngineioPacket *packet = packets->pdata[1];
    g_assert_true(packet->is_binary);
    g_assert_cmpmem(g_bytes_get_data(packet->data, NULL), g_bytes_get_size(packet->data),
                    "\1\2\3\4", 4);
}

static void test_refused(void)
{
    static const char *const texts[] = {"",
                                        "abc",
                                        "7",
                                        "4a\x1e",
                                        "\x1e"
                                        "4a",
                                        "4a\x1e\x1e"
                                        "4b",
                                        "bAQ",
                                        "bAQ=I",
                                        "bA===",
                                        "b====",
                                        "bAQID BA=",
                                        "4\xff"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(texts[i], 10, &error));
        g_assert_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX);
    }
}

static void test_limit(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) two = parse("4a\x1e"
                                     "4b",
                                     2, NULL);
    g_assert_cmpuint(two->len, ==, 2);
    g_assert_null(parse("4a\x1e"
                        "4b\x1e"
                        "4c",
                        2, &error));
    g_assert_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_LIMIT);
}

static void test_frame(void)
{
    g_autoptr(GBytes) probe = g_bytes_new_static("2probe", 6);
    g_autoptr(EngineioPacket) packet = engineio_packet_from_frame(FALSE, probe, NULL);
    g_assert_cmpint(packet->type, ==, ENGINEIO_PING);
    g_autoptr(GBytes) again = engineio_packet_to_frame(packet);
    g_assert_true(g_bytes_equal(probe, again));
    g_autoptr(EngineioPacket) binary = engineio_packet_from_frame(TRUE, probe, NULL);
    g_assert_true(binary->is_binary && g_bytes_equal(binary->data, probe));
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    g_autoptr(GError) error = NULL;
    g_assert_null(engineio_packet_from_frame(FALSE, empty, &error));
    g_assert_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/socketio/engineio/payload-reads-and-writes-the-same", test_round_trip);
    g_test_add_func("/socketio/engineio/binary-is-base64-in-payloads", test_binary);
    g_test_add_func("/socketio/engineio/what-breaks-the-format-is-refused", test_refused);
    g_test_add_func("/socketio/engineio/packets-of-a-payload-are-limited", test_limit);
    g_test_add_func("/socketio/engineio/a-frame-is-a-packet", test_frame);
    return g_test_run();
}
