/* Where a stream may go: addresses, keys, and what is shown of them. */
#include <live/target.h>

#include <arpa/inet.h>
#include <string.h>

/* What is said of a URL and key; NULL: it is taken. */
static char *problem(const char *url, const char *key, gboolean allow_private)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LiveTarget) target = live_target_new("name", url, key, allow_private, &error);
    g_assert_true((target != NULL) == (error == NULL));
    if (error == NULL)
        return NULL;
    g_assert_true(key == NULL || strlen(key) < 3 || strstr(error->message, key) == NULL);
    return g_strdup_printf("%d %.*s", error->code, (int)strcspn(error->message, ":"),
                           error->message);
}

static void expect(const char *url, const char *key, const char *wanted)
{
    g_autofree char *found = problem(url, key, FALSE);
    if (g_strcmp0(found, wanted) != 0)
        g_error("%s: expected %s, found %s", url, wanted != NULL ? wanted : "none",
                found != NULL ? found : "none");
}

static void test_addresses_of_streams_are_taken(void)
{
    expect("rtmp://a.rtmp.youtube.com/live2", "abcd-efgh", NULL);
    expect("rtmps://a.rtmps.youtube.com:443/live2/", "abcd-efgh", NULL);
    expect("rtmp://ingest.example:1936/app/instance", "key?bandwidthtest=true", NULL);
    expect("rtmp://ingest.example/app/whole-key", NULL, NULL);
    expect("rtmp://8.8.8.8/app", "k", NULL);
    expect("rtmp://[2a00:1450:4001::1]/app", "k", NULL);
    expect("RTMP://ingest.example/app", "k", NULL);
}

static void test_what_is_no_address_of_a_stream_is_refused(void)
{
    static const char *const bad[] = {
        "",
        "rtmp",
        "rtmp://",
        "rtmp:///app",
        "rtmp://host",
        "rtmp://host/",
        "rtmp://:1935/app",
        "rtmp://host:0/app",
        "rtmp://host:65536/app",
        "rtmp://host:x/app",
        "http://host/app",
        "https://host/app",
        "file:///etc/passwd",
        "tcp://host:1/app",
        "rtmpt://host/app",
        "rtmp://user:secret@host/app",
        "rtmp://host/app?token=1",
        "rtmp://ho st/app",
        "rtmp://host/app\n/x",
        "rtmp://host/app|concat:/etc/passwd",
        "rtmp://ho%73t/app",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        expect(bad[i], "k", "2 url");
    expect("rtmp://host/app", NULL, "2 key");
    expect("rtmp://host/app", "", "2 key");
    expect("rtmp://host/app", "a key", "2 key");
    expect("rtmp://host/app", "a\nkey", "2 key");
}

static void test_private_addresses_are_refused_unless_allowed(void)
{
    static const char *const hosts[] = {
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::a00:1]",
        "[2002:a00:1::]",
        "[ff02::1]",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree char *url = g_strdup_printf("rtmp://%s/app", hosts[i]);
        expect(url, "k", "4 url");
        g_autofree char *allowed = problem(url, "k", TRUE);
        g_assert_cmpstr(allowed, ==, NULL);
    }
    expect("rtmp://172.32.0.1/app", "k", NULL);
    expect("rtmp://100.128.0.1/app", "k", NULL);
    expect("rtmp://[2a00::1]/app", "k", NULL);
}

static gboolean is_private(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return live_address_is_private((const struct sockaddr *)&v4);
    g_assert_cmpint(inet_pton(AF_INET6, text, &v6.sin6_addr), ==, 1);
    return live_address_is_private((const struct sockaddr *)&v6);
}

static void test_addresses_that_were_looked_up_are_judged_alike(void)
{
    g_assert_true(is_private("127.0.0.1"));
    g_assert_true(is_private("::ffff:192.168.0.1"));
    g_assert_true(is_private("fe80::1"));
    g_assert_true(is_private("64:ff9b:1::1"));
    g_assert_false(is_private("1.1.1.1"));
    g_assert_false(is_private("::ffff:1.1.1.1"));
    g_assert_false(is_private("2606:4700::1111"));
    struct sockaddr local = {.sa_family = AF_UNIX};
    g_assert_true(live_address_is_private(&local));
}

static void test_what_is_shown_has_no_key(void)
{
    g_autoptr(LiveTarget) target = live_target_new(
        "Main", "rtmp://ingest.example:1936/app/secret-in-path/", "k3y", FALSE, NULL);
    g_autofree char *address = live_target_address(target);
    char *full = live_target_full(target);
    g_assert_cmpstr(address, ==, "rtmp://ingest.example:1936/app");
    g_assert_cmpstr(full, ==, "rtmp://ingest.example:1936/app/secret-in-path/k3y");
    live_wipe_free(full);
    g_autoptr(LiveTarget) six = live_target_new("6", "rtmps://[2a00::1]/app", "k", FALSE, NULL);
    g_autofree char *shown = live_target_address(six);
    g_assert_cmpstr(shown, ==, "rtmps://[2a00::1]/app");
    g_assert_cmpuint(six->port, ==, 443);
}

static void test_names_are_short_texts(void)
{
    g_assert_true(live_name_is_valid("YouTube – Hauptkanal"));
    static const char *const bad[] = {
        "",
        "a/b",
        "a\nb",
        ".",
        "..",
        "\xff",
        "01234567890123456789012345678901234567890123456789012345678901234"};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(live_name_is_valid(bad[i]));
}

static void test_platforms_are_known_by_their_hosts(void)
{
    g_assert_cmpstr(live_platform_of("live.twitch.tv")->name, ==, "Twitch");
    g_assert_cmpstr(live_platform_of("a.rtmp.YouTube.com")->name, ==, "YouTube");
    g_assert_null(live_platform_of("eviltwitch.tv"));
    g_assert_null(live_platform_of("example.org"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/target/addresses-of-streams-are-taken",
                    test_addresses_of_streams_are_taken);
    g_test_add_func("/live/target/what-is-no-address-of-a-stream-is-refused",
                    test_what_is_no_address_of_a_stream_is_refused);
    g_test_add_func("/s09/target/private-addresses-are-refused-unless-allowed",
                    test_private_addresses_are_refused_unless_allowed);
    g_test_add_func("/s09/target/addresses-that-were-looked-up-are-judged-alike",
                    test_addresses_that_were_looked_up_are_judged_alike);
    g_test_add_func("/s08/target/what-is-shown-has-no-key", test_what_is_shown_has_no_key);
    g_test_add_func("/live/target/names-are-short-texts", test_names_are_short_texts);
    g_test_add_func("/live/target/platforms-are-known-by-their-hosts",
                    test_platforms_are_known_by_their_hosts);
    return g_test_run();
}
