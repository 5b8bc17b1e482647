/* Which addresses are refused, and what is left of what a server wrote. */
#include <outgoing/guard.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static gboolean is_link_local(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return outgoing_is_link_local((struct sockaddr *)&v4);
    g_assert_cmpint(inet_pton(AF_INET6, text, &v6.sin6_addr), ==, 1);
    return outgoing_is_link_local((struct sockaddr *)&v6);
}

static void test_addresses(void)
{
    const char *const refused[] = {"169.254.169.254", "169.254.0.1", "fe80::1", "febf::1",
                                   "::ffff:169.254.169.254"};
    const char *const taken[] = {"127.0.0.1", "10.0.0.1", "169.253.0.1", "169.255.0.1",
                                 "::1",       "fec0::1",  "fd00::1",     "::ffff:10.0.0.1"};
    for (gsize i = 0; i < G_N_ELEMENTS(refused); i++)
        g_assert_true(is_link_local(refused[i]));
    for (gsize i = 0; i < G_N_ELEMENTS(taken); i++)
        g_assert_false(is_link_local(taken[i]));
}

static void test_refused(void)
{
    gboolean was_link_local = FALSE;
    CURL *curl = curl_easy_init();
    outgoing_guard(curl, &was_link_local);
    curl_easy_setopt(curl, CURLOPT_URL, "http://169.254.169.254/");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    g_assert_cmpint(curl_easy_perform(curl), ==, CURLE_COULDNT_CONNECT);
    g_assert_true(was_link_local);
    curl_easy_setopt(curl, CURLOPT_URL, "file:///etc/hostname");
    g_assert_cmpint(curl_easy_perform(curl), ==, CURLE_UNSUPPORTED_PROTOCOL);
    curl_easy_cleanup(curl);
}

static void test_printable(void)
{
    g_autofree char *line = outgoing_printable("one\r\ntwo\t\x7f");
    g_autofree char *broken = outgoing_printable("a\xff");
    g_autofree char *text = g_strnfill(1000, 'x');
    g_autofree char *cut = outgoing_printable(text);
    g_assert_cmpstr(line, ==, "one  two  ");
    g_assert_true(g_utf8_validate(broken, -1, NULL));
    g_assert_cmpuint(strlen(cut), ==, 300);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s09/outgoing/knows-link-local-addresses", test_addresses);
    g_test_add_func("/s09/outgoing/connects-to-none-of-them", test_refused);
    g_test_add_func("/outgoing/shows-what-a-server-wrote-in-one-line", test_printable);
    return g_test_run();
}
