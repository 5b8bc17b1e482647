/* SigV4 against what Amazon publishes: the examples of "Authenticating Requests" in the S3 API
 * reference (header and query), and cases of its general suite. */
#include "sign-private.h"

#include <string.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const gint64 day_s = 1369353600; /* 20130524T000000Z */

/* The account of Amazon's examples. */
static S3Signing example(const char *method, const char *path, const char *hash)
{
    return (S3Signing){
        .key_id = "AKIAIOSFODNN7EXAMPLE",
        .secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        .region = "us-east-1",
        .service = "s3",
        .time_s = day_s,
        .method = method,
        .path = path,
        .payload_hash = hash,
    };
}

static GArray *pairs(const char *const *words)
{
    GArray *list = s3_pairs_new();
    for (; words[0] != NULL; words += 2)
        s3_pairs_add(list, words[0], words[1]);
    return list;
}

static void assert_signature(S3Signing *signing, const char *const *query,
                             const char *const *headers, const char *expected)
{
    g_autoptr(GArray) query_pairs = pairs(query), header_pairs = pairs(headers);
    signing->query = query_pairs;
    signing->headers = header_pairs;
    g_autofree char *value = s3_sign(signing);
    g_assert_cmpstr(strstr(value, "Signature=") + strlen("Signature="), ==, expected);
    g_assert_null(strstr(value, signing->secret));
}

static const char *const none[] = {NULL};

static void test_get(void)
{
    S3Signing signing = example("GET", "/test.txt", EMPTY);
    const char *const headers[] = {"Host",
                                   "examplebucket.s3.amazonaws.com",
                                   "Range",
                                   "bytes=0-9",
                                   "x-amz-content-sha256",
                                   EMPTY,
                                   "x-amz-date",
                                   "20130524T000000Z",
                                   NULL};
    assert_signature(&signing, none, headers,
                     "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_put(void)
{
    const char *hash = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
    S3Signing signing = example("PUT", "/test%24file.text", hash);
    const char *const headers[] = {"Date",
                                   "Fri, 24 May 2013 00:00:00 GMT",
                                   "Host",
                                   "examplebucket.s3.amazonaws.com",
                                   "x-amz-content-sha256",
                                   hash,
                                   "x-amz-date",
                                   "20130524T000000Z",
                                   "x-amz-storage-class",
                                   "REDUCED_REDUNDANCY",
                                   NULL};
    assert_signature(&signing, none, headers,
                     "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void test_parameter_without_value(void)
{
    S3Signing signing = example("GET", "/", EMPTY);
    const char *const query[] = {"lifecycle", "", NULL};
    const char *const headers[] = {"host",
                                   "examplebucket.s3.amazonaws.com",
                                   "x-amz-content-sha256",
                                   EMPTY,
                                   "x-amz-date",
                                   "20130524T000000Z",
                                   NULL};
    assert_signature(&signing, query, headers,
                     "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void test_query_is_sorted(void)
{
    S3Signing signing = example("GET", "/", EMPTY);
    const char *const query[] = {"prefix", "J", "max-keys", "2", NULL};
    const char *const headers[] = {"x-amz-date",
                                   "20130524T000000Z",
                                   "x-amz-content-sha256",
                                   EMPTY,
                                   "host",
                                   "examplebucket.s3.amazonaws.com",
                                   NULL};
    assert_signature(&signing, query, headers,
                     "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_address(void)
{
    S3Signing signing = example("GET", "/test.txt", "UNSIGNED-PAYLOAD");
    const char *const headers[] = {"host", "examplebucket.s3.amazonaws.com", NULL};
    g_autoptr(GArray) header_pairs = pairs(headers);
    signing.headers = header_pairs;
    g_autofree char *query = s3_sign_query(&signing, 86400, NULL);
    g_assert_cmpstr(query, ==,
                    "X-Amz-Algorithm=AWS4-HMAC-SHA256"
                    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3"
                    "%2Faws4_request"
                    "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                    "&X-Amz-Signature="
                    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

/* Cases of the suite for all services: account AKIDEXAMPLE, service "service". */
static S3Signing suite(const char *method, const char *path)
{
    return (S3Signing){
        .key_id = "AKIDEXAMPLE",
        .secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        .region = "us-east-1",
        .service = "service",
        .time_s = 1440938160, /* 20150830T123600Z */
        .method = method,
        .path = path,
        .payload_hash = EMPTY,
    };
}

static void test_vanilla(void)
{
    S3Signing signing = suite("GET", "/");
    const char *const headers[] = {"Host", "example.amazonaws.com", "X-Amz-Date",
                                   "20150830T123600Z", NULL};
    assert_signature(&signing, none, headers,
                     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static void test_query_order(void)
{
    S3Signing signing = suite("GET", "/");
    const char *const query[] = {"Param2", "value2", "Param1", "value1", NULL};
    const char *const headers[] = {"Host", "example.amazonaws.com", "X-Amz-Date",
                                   "20150830T123600Z", NULL};
    assert_signature(&signing, query, headers,
                     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

static void test_spaces(void)
{
    S3Signing signing = suite("GET", "/");
    const char *const headers[] = {
        "Host",       "example.amazonaws.com", "My-Header1", " value1",
        "My-Header2", " \"a   b   c\"",        "X-Amz-Date", "20150830T123600Z",
        NULL};
    assert_signature(&signing, none, headers,
                     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

static void test_encoding(void)
{
    g_autofree char *path = s3_encode("a b/ü~+$.mp4", "/");
    g_autofree char *value = s3_encode("a/b=c&d", "");
    g_assert_cmpstr(path, ==, "a%20b/%C3%BC~%2B%24.mp4");
    g_assert_cmpstr(value, ==, "a%2Fb%3Dc%26d");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s3/sign/get-with-range-as-published", test_get);
    g_test_add_func("/s3/sign/put-as-published", test_put);
    g_test_add_func("/s3/sign/parameter-without-value-as-published", test_parameter_without_value);
    g_test_add_func("/s3/sign/query-is-sorted-as-published", test_query_is_sorted);
    g_test_add_func("/s3/sign/address-as-published", test_address);
    g_test_add_func("/s3/sign/plain-request-of-the-suite", test_vanilla);
    g_test_add_func("/s3/sign/query-order-of-the-suite", test_query_order);
    g_test_add_func("/s3/sign/spaces-in-headers-of-the-suite", test_spaces);
    g_test_add_func("/s3/sign/encodes-bytes", test_encoding);
    return g_test_run();
}
