/* Socket.IO packets: the examples of the protocol's text, and what is refused. */
#include <socketio/packet.h>

#include <string.h>

static SocketioPacket *parse(const char *text, GError **error)
{
    return socketio_packet_parse(text, strlen(text), NULL, error);
}

static void test_round_trip(void)
{
    static const char *const texts[] = {"0",
                                        "0{\"token\":\"123\"}",
                                        "0/admin,{\"sid\":\"x\"}",
                                        "1",
                                        "1/admin,",
                                        "2[\"foo\"]",
                                        "2/admin,[\"bar\"]",
                                        "212[\"foo\"]",
                                        "3/admin,13[]",
                                        "4{\"message\":\"Not authorized\"}",
                                        "51-[\"baz\",{\"_placeholder\":true,\"num\":0}]",
                                        "61-/admin,15[{\"_placeholder\":true,\"num\":0}]",
                                        "2[\"a\",1,\"2\",{\"3\":[true]}]"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(SocketioPacket) packet = parse(texts[i], &error);
        g_assert_no_error(error);
        g_autoptr(GBytes) again = socketio_packet_encode(packet);
        g_assert_cmpmem(g_bytes_get_data(again, NULL), g_bytes_get_size(again), texts[i],
                        strlen(texts[i]));
    }
}

static void test_fields(void)
{
    g_autoptr(SocketioPacket) packet = parse("2/custom,456[\"move\",1]", NULL);
    g_assert_cmpint(packet->type, ==, SOCKETIO_EVENT);
    g_assert_cmpstr(packet->space, ==, "/custom");
    g_assert_cmpint(packet->id, ==, 456);
    g_assert_cmpuint(json_array_size(packet->data), ==, 2);
    g_assert_true(socketio_packet_is_complete(packet));
    g_autoptr(SocketioPacket) connect = parse("0/random", NULL);
    g_assert_cmpstr(connect->space, ==, "/random");
    g_assert_cmpint(connect->id, ==, SOCKETIO_NO_ID);
}

static void test_attachments(void)
{
    g_autoptr(SocketioPacket) packet = parse("52-[\"m\",{\"_placeholder\":true,\"num\":1},"
                                             "[{\"_placeholder\":true,\"num\":0}],5]",
                                             NULL);
    g_autoptr(GBytes) first = g_bytes_new_static("\1\2", 2);
    g_autoptr(GBytes) second = g_bytes_new_static("\3", 1);
    g_assert_null(socketio_packet_bytes(packet, json_array_get(packet->data, 1)));
    socketio_packet_add_attachment(packet, first);
    g_assert_false(socketio_packet_is_complete(packet));
    socketio_packet_add_attachment(packet, second);
    g_assert_true(socketio_packet_is_complete(packet));
    g_assert_true(socketio_packet_bytes(packet, json_array_get(packet->data, 1)) == second);
    const json_t *inner = json_array_get(json_array_get(packet->data, 2), 0);
    g_assert_true(socketio_packet_bytes(packet, inner) == first);
    g_assert_null(socketio_packet_bytes(packet, json_array_get(packet->data, 3)));
}

static void test_refused(void)
{
    static const char *const texts[] = {"",
                                        "abc",
                                        "7",
                                        "2{}",
                                        "2[]",
                                        "2",
                                        "2[1]",
                                        "2[\"\"]",
                                        "2[\"connect\"]",
                                        "2[\"disconnecting\"]",
                                        "2abc[\"a\"]",
                                        "2[\"a\"",
                                        "2[\"a\"]x",
                                        "0[]",
                                        "01",
                                        "1{}",
                                        "3[]",
                                        "31",
                                        "31{}",
                                        "4",
                                        "5[\"a\"]",
                                        "51[\"a\"]",
                                        "5-[\"a\"]",
                                        "51",
                                        "29999999999999999[\"a\"]",
                                        "2/\xff,[\"a\"]",
                                        "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
                                        "51-[\"a\",{\"_placeholder\":true,\"num\":-1}]",
                                        "51-[\"a\",{\"_placeholder\":true,\"num\":\"splice\"}]",
                                        "51-[\"a\",{\"_placeholder\":true}]"};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(parse(texts[i], &error));
        g_assert_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_SYNTAX);
    }
}

static void test_limits(void)
{
    static const char *const texts[] = {"53-[\"a\"]", "599999999999999999-[\"a\"]",
                                        "2[\"a\",[[[]]]]", "2/abcdefgh,[\"a\"]",
                                        "2[\"abcdefghi\"]"};
    const SocketioPacketLimits limits = {
        .attachments = 2, .depth = 3, .space_bytes = 8, .event_bytes = 8};
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(socketio_packet_parse(texts[i], strlen(texts[i]), &limits, &error));
        g_assert_error(error, SOCKETIO_ERROR, SOCKETIO_ERROR_LIMIT);
    }
    static const char within[] = "52-/abcdefg,[\"abcdefgh\",[[]]]";
    g_autoptr(SocketioPacket) packet = socketio_packet_parse(within, strlen(within), &limits, NULL);
    g_assert_nonnull(packet);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/socketio/packet/reads-and-writes-the-same", test_round_trip);
    g_test_add_func("/socketio/packet/says-its-fields", test_fields);
    g_test_add_func("/socketio/packet/attachments-find-their-places", test_attachments);
    g_test_add_func("/socketio/packet/what-breaks-the-format-is-refused", test_refused);
    g_test_add_func("/socketio/packet/is-kept-within-limits", test_limits);
    return g_test_run();
}
