/* Addresses, keys and options: what is taken, what is refused and how that is said. */
#include "url-private.h"

#include <string.h>

static S3Options options_for(const char *url, const char *endpoint)
{
    return (S3Options){
        .url = url, .endpoint = endpoint, .key_id = "AKIDEXAMPLE", .secret = "sEcReT-sEcReT"};
}

static void assert_place(const char *url, const char *endpoint, const char *host, const char *path,
                         const char *prefix)
{
    g_autoptr(GError) error = NULL;
    S3Options options = options_for(url, endpoint);
    S3Place place;
    g_assert_true(s3_place_init(&place, &options, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(place.host, ==, host);
    g_assert_cmpstr(place.path, ==, path);
    g_assert_cmpstr(place.prefix, ==, prefix);
    s3_place_clear(&place);
}

static void test_places(void)
{
    assert_place("s3://shows", NULL, "shows.s3.us-east-1.amazonaws.com", "/", "");
    assert_place("s3://shows/", NULL, "shows.s3.us-east-1.amazonaws.com", "/", "");
    assert_place("s3://my.shows/a/b", NULL, "s3.us-east-1.amazonaws.com", "/my.shows/", "a/b/");
    assert_place("s3://shows/a/", "http://127.0.0.1:9000", "127.0.0.1:9000", "/shows/", "a/");
    assert_place("s3://shows", "https://S3.example:443/", "s3.example", "/shows/", "");
    assert_place("s3://shows", "https://[::1]:9000", "[::1]:9000", "/shows/", "");
}

static void test_refused(void)
{
    static const char *const cases[][2] = {
        {"", NULL},
        {"https://shows", NULL},
        {"s3://", NULL},
        {"s3://ab", NULL},
        {"s3://Shows", NULL},
        {"s3://shows..de", NULL},
        {"s3://-shows", NULL},
        {"s3://shows/a//b", NULL},
        {"s3://shows/../b", NULL},
        {"s3://shows/a\nb", NULL},
        {"s3://shows", "s3.example"},
        {"s3://shows", "ftp://s3.example"},
        {"s3://shows", "https://s3.example/path"},
        {"s3://shows", "https://user:word@s3.example"},
        {"s3://shows", "https://s3.example?a=b"},
        {"s3://shows", "https://s3.exam ple"},
        {"s3://shows", "https://s3.example\r\nHost: other"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        S3Options options = options_for(cases[i][0], cases[i][1]);
        g_autoptr(S3Client) client = s3_client_new(&options, &error);
        g_test_message("%s %s", cases[i][0], cases[i][1]);
        g_assert_error(error, S3_ERROR, S3_ERROR_INVALID);
        g_assert_null(client);
        g_assert_null(strstr(error->message, "word")); /* of somebody's address */
    }
}

static void test_credentials(void)
{
    static const char *const cases[][3] = {
        {NULL, "secret", NULL},      {"", "secret", NULL},     {"id", NULL, NULL},
        {"id", "se cret", NULL},     {"id/x", "secret", NULL}, {"id", "secret\r\n", NULL},
        {"id", "secret", "tok\nen"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        S3Options options = {.url = "s3://shows",
                             .key_id = cases[i][0],
                             .secret = cases[i][1],
                             .session_token = cases[i][2]};
        g_autoptr(S3Client) client = s3_client_new(&options, &error);
        g_assert_error(error, S3_ERROR, S3_ERROR_INVALID);
        g_assert_null(client);
        g_assert_null(strstr(error->message, "cret\r"));
    }
}

static void test_keys(void)
{
    S3Options options = options_for("s3://shows/p", NULL);
    S3Place place;
    g_assert_true(s3_place_init(&place, &options, NULL));
    g_autofree char *good = s3_place_key(&place, "a/b ü.webm", NULL);
    g_assert_cmpstr(good, ==, "p/a/b ü.webm");
    g_autofree char *long_key = g_strnfill(1023, 'a');
    const char *const bad[] = {"",      "/a",   "a/",   "a//b", "../a",
                               "a/./b", "a/..", "a\tb", "\xff", long_key};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(s3_place_key(&place, bad[i], &error));
        g_assert_error(error, S3_ERROR, S3_ERROR_INVALID);
    }
    s3_place_clear(&place);
}

static void test_presign(void)
{
    g_autoptr(GError) error = NULL;
    S3Options options = options_for("s3://shows/p", "http://127.0.0.1:9000");
    g_autoptr(S3Client) client = s3_client_new(&options, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(s3_client_url(client), ==, "s3://shows/p");
    g_autofree char *url = s3_presign(client, "GET", "a.webm", 60, "a.webm", &error);
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(url, "http://127.0.0.1:9000/shows/p/a.webm?X-Amz-Algorithm="));
    g_assert_nonnull(strstr(url, "&response-content-disposition=attachment%3B%20filename%3D%22a"));
    g_assert_null(strstr(url, "sEcReT"));
    g_assert_null(s3_presign(client, "DELETE", "a", 60, NULL, NULL));
    g_assert_null(s3_presign(client, "GET", "a", 0, NULL, NULL));
    g_assert_null(s3_presign(client, "GET", "a", 604801, NULL, NULL));
    g_assert_null(s3_presign(client, "GET", "../a", 60, NULL, NULL));
    g_assert_null(s3_presign(client, "GET", "a", 60, "a\"\r\nb", NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3/url/buckets-have-their-places", test_places);
    g_test_add_func("/s3/url/what-cannot-be-is-refused", test_refused);
    g_test_add_func("/s3/url/credentials-are-checked-and-not-said", test_credentials);
    g_test_add_func("/s3/url/keys-have-no-tricks", test_keys);
    g_test_add_func("/s3/url/presigned-addresses-are-limited", test_presign);
    return g_test_run();
}
