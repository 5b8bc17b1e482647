/* LiveKit's keys, tokens, webhooks and answers. The tokens here were made by another implementation
 * (Python's hmac), with the secret below. */
#include <live/livekit.h>

#include <string.h>

#define SECRET "secret-of-thirty-two-characters!"
#define BODY   "{\"event\":\"room_started\",\"room\":{\"name\":\"r\"},\"id\":\"E1\"}"
#define GOOD                                                                           \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrZXkiLCJuYmYiOjEwMDAsImV4cCI6MTM" \
    "wMCwic2hhMjU2Ijoib2c0aUprVXBpWlJZQmtyZkVzRVVmWE5La1d0OE5DcCthaHkvZURubHlxOD0ifQ." \
    "zR6t3Mvvxk0jPBcpmIztAWPPk87Ng6X2l4PO_V-A_Xo"
#define NONE                                                                           \
    "eyJhbGciOiJub25lIn0.eyJpc3MiOiJrZXkiLCJuYmYiOjEwMDAsImV4cCI6MTMwMCwic2hhMjU2Ijoi" \
    "b2c0aUprVXBpWlJZQmtyZkVzRVVmWE5La1d0OE5DcCthaHkvZURubHlxOD0ifQ.XeElmGHxU9vrirxvK" \
    "9Y_cuY_16EZh8vgC4YdugsemNU"
#define OTHERKEY                                                                       \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJvdGhlciIsIm5iZiI6MTAwMCwiZXhwIjo" \
    "xMzAwLCJzaGEyNTYiOiJvZzRpSmtVcGlaUllCa3JmRXNFVWZYTktrV3Q4TkNwK2FoeS9lRG5seXE4PSJ" \
    "9.skgGpxO0SsbCpIzAE_xi5PTSbgNSJMudLnTg6PZV3JM"
#define OTHERSECRET                                                                    \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrZXkiLCJuYmYiOjEwMDAsImV4cCI6MTM" \
    "wMCwic2hhMjU2Ijoib2c0aUprVXBpWlJZQmtyZkVzRVVmWE5La1d0OE5DcCthaHkvZURubHlxOD0ifQ." \
    "DViEn0fPFMA6N7yQLvx6xIJH2gmLK9A51o6haHLOrLA"
#define NOEND                                                                          \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrZXkiLCJzaGEyNTYiOiJvZzRpSmtVcGl" \
    "aUllCa3JmRXNFVWZYTktrV3Q4TkNwK2FoeS9lRG5seXE4PSJ9.QuUOqzDIVPGaS63m2cuGOqAJqA-O3G" \
    "hJ_gDs186e5mY"
#define NOSUM                                                                          \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrZXkiLCJuYmYiOjEwMDAsImV4cCI6MTM" \
    "wMH0.7lxGeYBaIhMZEVij8kwGMeWorBbvpSMtsUpD7UKPLLY"
#define API                                                                            \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJrZXkiLCJuYmYiOjk0MCwiZXhwIjoxNjA" \
    "wLCJ2aWRlbyI6eyJyb29tQ3JlYXRlIjp0cnVlLCJyb29tTGlzdCI6dHJ1ZSwicm9vbVJlY29yZCI6dHJ" \
    "1ZX19.NxHkAHyWwNmwnRRTeRLllQOchXb_FACp8zAk9l6EZHA"

static LivekitKeys *keys(void)
{
    g_autoptr(GError) error = NULL;
    LivekitKeys *made = livekit_keys_new("wss://livekit.example/", "key", SECRET, &error);
    g_assert_no_error(error);
    return made;
}

/* The middle of a token. */
static json_t *claims_of(const char *token)
{
    g_auto(GStrv) parts = g_strsplit(token, ".", 3);
    g_autofree char *text = g_strconcat(parts[1], "===", NULL);
    text[(strlen(parts[1]) + 3) / 4 * 4] = '\0';
    g_strdelimit(text, "-", '+');
    g_strdelimit(text, "_", '/');
    gsize length;
    g_autofree guint8 *bytes = g_base64_decode(text, &length);
    return json_loadb((const char *)bytes, length, 0, NULL);
}

static gboolean video_has(const char *token, const char *grant)
{
    json_t *claims = claims_of(token);
    gboolean has = json_is_true(json_object_get(json_object_get(claims, "video"), grant));
    json_decref(claims);
    return has;
}

static void test_a_token_is_the_one_that_others_make(void)
{
    g_autoptr(LivekitKeys) own = keys();
    g_autofree char *token = livekit_call_token(own, NULL, 1000);
    g_assert_cmpstr(token, ==, API);
}

static void test_each_role_may_no_more_than_it_needs(void)
{
    static const struct {
        LivekitRole role;
        gboolean publishes;
    } roles[] = {
        {LIVEKIT_ROLE_HOST, TRUE}, {LIVEKIT_ROLE_GUEST, TRUE}, {LIVEKIT_ROLE_VIEWER, FALSE}};
    g_autoptr(LivekitKeys) own = keys();
    for (gsize i = 0; i < G_N_ELEMENTS(roles); i++) {
        LivekitGrant grant = {roles[i].role, "r", "cam_2", "Ana", "cam_2", 600};
        g_autofree char *token = livekit_token(own, &grant, 1000);
        g_assert_true(video_has(token, "roomJoin"));
        g_assert_true(video_has(token, "canSubscribe"));
        g_assert_cmpint(video_has(token, "canPublish"), ==, roles[i].publishes);
        g_assert_cmpint(video_has(token, "canPublishData"), ==, roles[i].publishes);
        g_assert_false(video_has(token, "canUpdateOwnMetadata"));
        g_assert_false(video_has(token, "roomAdmin"));
        g_assert_false(video_has(token, "roomCreate"));
        g_assert_false(video_has(token, "roomRecord"));
        json_t *claims = claims_of(token);
        g_assert_cmpstr(json_string_value(json_object_get(claims, "sub")), ==, "cam_2");
        g_assert_cmpint(json_integer_value(json_object_get(claims, "exp")), ==, 1600);
        g_assert_cmpint(json_integer_value(json_object_get(claims, "nbf")), ==, 940);
        json_decref(claims);
    }
}

static gboolean verifies(const char *token, const char *body, gint64 now_s, LiveErrorCode why)
{
    g_autoptr(LivekitKeys) own = keys();
    g_autoptr(GError) error = NULL;
    gboolean is_good = livekit_webhook_verify(own, token, body, strlen(body), now_s, &error);
    if (!is_good)
        g_assert_error(error, LIVE_ERROR, (gint)why);
    g_assert_true(is_good || strstr(error->message, SECRET) == NULL);
    return is_good;
}

static void test_a_webhook_is_believed_when_its_token_is_right(void)
{
    g_assert_true(verifies(GOOD, BODY, 1100, 0));
    g_assert_true(verifies("Bearer " GOOD, BODY, 1100, 0));
    g_assert_false(verifies(GOOD, BODY " ", 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies(NULL, BODY, 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies("", BODY, 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies("..", BODY, 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies(NONE, BODY, 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies(OTHERKEY, BODY, 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies(OTHERSECRET, BODY, 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies(NOEND, BODY, 1100, LIVE_ERROR_DENIED));
    g_assert_false(verifies(NOSUM, BODY, 1100, LIVE_ERROR_DENIED));
}

static void test_a_flipped_character_is_no_signature(void)
{
    for (gsize i = 0; i < strlen(GOOD); i++) {
        g_autofree char *bad = g_strdup(GOOD);
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        g_assert_false(verifies(bad, BODY, 1100, LIVE_ERROR_DENIED));
    }
    g_assert_false(verifies(GOOD "=", BODY, 1100, LIVE_ERROR_DENIED));
}

static void test_clocks_may_be_a_minute_apart(void)
{
    g_assert_true(verifies(GOOD, BODY, 1000 - LIVEKIT_LEEWAY_S, 0));
    g_assert_false(verifies(GOOD, BODY, 1000 - LIVEKIT_LEEWAY_S - 1, LIVE_ERROR_CLOCK));
    g_assert_true(verifies(GOOD, BODY, 1300 + LIVEKIT_LEEWAY_S - 1, 0));
    g_assert_false(verifies(GOOD, BODY, 1300 + LIVEKIT_LEEWAY_S, LIVE_ERROR_CLOCK));
}

static void test_addresses_are_for_calls_and_for_browsers(void)
{
    static const char *const urls[][3] = {
        {"wss://l.example", "https://l.example", "wss://l.example"},
        {"ws://127.0.0.1:7880", "http://127.0.0.1:7880", "ws://127.0.0.1:7880"},
        {"https://l.example:443/a/", "https://l.example:443/a", "wss://l.example:443/a"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(urls); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LivekitKeys) made = livekit_keys_new(urls[i][0], "k", SECRET, &error);
        g_assert_no_error(error);
        g_autofree char *shown = livekit_keys_public_url(made);
        g_assert_cmpstr(made->url, ==, urls[i][1]);
        g_assert_cmpstr(shown, ==, urls[i][2]);
    }
}

static void test_what_is_no_address_or_no_secret_is_refused(void)
{
    static const char *const bad[][3] = {
        {"l.example", "k", SECRET},
        {"ftp://l.example", "k", SECRET},
        {"wss://", "k", SECRET},
        {"wss://u:p@l.example", "k", SECRET},
        {"wss://l.example?a=b", "k", SECRET},
        {"file:///etc/passwd", "k", SECRET},
        {"wss://l.example", "k", "short"},
        {"wss://l.example", "k k", SECRET},
        {"wss://l.example", "k", NULL},
        {NULL, "k", SECRET},
        {"wss://l.example", "", SECRET},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(livekit_keys_new(bad[i][0], bad[i][1], bad[i][2], &error));
        g_assert_error(error, LIVE_ERROR, LIVE_ERROR_INVALID);
        g_assert_null(strstr(error->message, SECRET));
    }
    g_autoptr(LivekitKeys) near = livekit_keys_new("ws://127.0.0.1:7880", "devkey", "secret", NULL);
    g_assert_nonnull(near);
}

static void test_participants_and_their_tracks_are_read(void)
{
    json_t *answer = json_loads(
        "{\"participants\":[{\"sid\":\"PA_1\",\"identity\":\"cam_2\",\"state\":\"ACTIVE\",\"name\":"
        "\"A\\u0007na\",\"joined_at\":\"1700000000\",\"tracks\":[{\"sid\":\"TR_a\",\"type\":"
        "\"AUDIO\","
        "\"muted\":true},{\"sid\":\"TR_v\",\"type\":\"VIDEO\",\"name\":\"program\"},{\"x\":1},7]},"
        "{\"identity\":\"EG_1\",\"permission\":{\"hidden\":true,\"recorder\":true}},"
        "{\"identity\":\"EG_2\",\"kind\":\"EGRESS\"},"
        "{\"identity\":\"\"},null,{\"identity\":\"b\",\"state\":1}]}",
        0, NULL);
    g_autoptr(GPtrArray) list = livekit_participants_read(answer);
    json_decref(answer);
    g_assert_cmpuint(list->len, ==, 2);
    const LivekitParticipant *one = list->pdata[0];
    g_assert_cmpstr(one->name, ==, "A na");
    g_assert_true(one->is_active);
    g_assert_cmpint(one->joined_s, ==, 1700000000);
    g_assert_cmpuint(one->tracks->len, ==, 2);
    const LivekitTrack *audio = one->tracks->pdata[0], *video = one->tracks->pdata[1];
    g_assert_true(audio->is_muted && !audio->is_video && video->is_video && !video->is_muted);
    g_assert_false(((const LivekitParticipant *)list->pdata[1])->is_active);
}

static void test_egresses_are_read_in_both_spellings(void)
{
    json_t *answer = json_loads(
        "{\"items\":[{\"egress_id\":\"EG_1\",\"room_name\":\"r\",\"status\":\"EGRESS_ACTIVE\","
        "\"stream_results\":[{\"url\":\"rtmp://h/a/"
        "{ab...yz}\",\"status\":\"FAILED\",\"error\":\"no\"}]},"
        "{\"egressId\":\"EG_2\",\"roomName\":\"r\",\"status\":5,\"error\":\"gone\"},{\"status\":1}]"
        "}",
        0, NULL);
    g_autoptr(GPtrArray) list = livekit_egresses_read(answer);
    json_decref(answer);
    g_assert_cmpuint(list->len, ==, 2);
    const LivekitEgress *one = list->pdata[0], *two = list->pdata[1];
    const LivekitStream *stream = one->streams->pdata[0];
    g_assert_cmpint(one->status, ==, LIVEKIT_EGRESS_ACTIVE);
    g_assert_cmpint(stream->status, ==, LIVEKIT_STREAM_FAILED);
    g_assert_cmpstr(stream->error, ==, "no");
    g_assert_cmpint(two->status, ==, LIVEKIT_EGRESS_ABORTED);
    g_assert_true(livekit_egress_is_over(two->status) && !livekit_egress_is_over(one->status));
}

static void test_an_address_is_known_without_its_key(void)
{
    g_assert_true(livekit_url_is_of("rtmp://h/a/abcdefxyz", "rtmp://h/a/abcdefxyz"));
    g_assert_true(livekit_url_is_of("rtmp://h/a/{abc...xyz}", "rtmp://h/a/abcdefxyz"));
    g_assert_false(livekit_url_is_of("rtmp://h/a/{abc...xyz}", "rtmp://h/a/abcdefxy"));
    g_assert_false(livekit_url_is_of("rtmp://h/b/{abc...xyz}", "rtmp://h/a/abcdefxyz"));
    g_assert_false(livekit_url_is_of("rtmp://h/a/{", "rtmp://h/a/abcdefxyz"));
    g_assert_false(livekit_url_is_of("", ""
                                         "x"));
}

static void test_a_webhook_says_what_to_look_at(void)
{
    static const char egress[] =
        "{\"event\":\"egress_ended\",\"egressInfo\":{\"egressId\":\"EG_1\",\"roomName\":\"r\"}}";
    g_autoptr(GError) error = NULL;
    LivekitHook hook;
    g_assert_true(livekit_hook_read(&hook, egress, strlen(egress), NULL));
    g_assert_cmpstr(hook.room, ==, "r");
    g_assert_cmpstr(hook.egress_id, ==, "EG_1");
    livekit_hook_clear(&hook);
    g_assert_true(livekit_hook_read(&hook, BODY, strlen(BODY), NULL));
    g_assert_cmpstr(hook.room, ==, "r");
    g_assert_null(hook.egress_id);
    livekit_hook_clear(&hook);
    g_assert_false(livekit_hook_read(&hook, "[]", 2, &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_FORMAT);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/livekit/a-token-is-the-one-that-others-make",
                    test_a_token_is_the_one_that_others_make);
    g_test_add_func("/s07/livekit/each-role-may-no-more-than-it-needs",
                    test_each_role_may_no_more_than_it_needs);
    g_test_add_func("/s07/livekit/a-webhook-is-believed-when-its-token-is-right",
                    test_a_webhook_is_believed_when_its_token_is_right);
    g_test_add_func("/s07/livekit/a-flipped-character-is-no-signature",
                    test_a_flipped_character_is_no_signature);
    g_test_add_func("/s07/livekit/clocks-may-be-a-minute-apart", test_clocks_may_be_a_minute_apart);
    g_test_add_func("/live/livekit/addresses-are-for-calls-and-for-browsers",
                    test_addresses_are_for_calls_and_for_browsers);
    g_test_add_func("/s07/livekit/what-is-no-address-or-no-secret-is-refused",
                    test_what_is_no_address_or_no_secret_is_refused);
    g_test_add_func("/live/livekit/participants-and-their-tracks-are-read",
                    test_participants_and_their_tracks_are_read);
    g_test_add_func("/live/livekit/egresses-are-read-in-both-spellings",
                    test_egresses_are_read_in_both_spellings);
    g_test_add_func("/live/livekit/an-address-is-known-without-its-key",
                    test_an_address_is_known_without_its_key);
    g_test_add_func("/live/livekit/a-webhook-says-what-to-look-at",
                    test_a_webhook_says_what_to_look_at);
    return g_test_run();
}
