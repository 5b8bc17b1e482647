/* What an operator gives as address is read strictly: a mistake there is found at start. */
#include "url-private.h"

#include "sign-private.h"

#include <string.h>

enum { KEY_BYTES_MAX = 1024 };

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static gboolean refuse(GError **error, const char *what, const char *found, const char *expected)
{
    g_autofree char *shown = g_strndup(found != NULL ? found : "", 200);
    g_autofree char *escaped = g_strescape(shown, NULL);
    g_set_error(error, S3_ERROR, S3_ERROR_INVALID, "%s: expected %s, found \"%s\"", what, expected,
                escaped);
    return FALSE;
}

/* ---- keys ---- */

static gboolean is_segment(const char *text, gsize length)
{
    return length > 0 && !(length == 1 && text[0] == '.') &&
           !(length == 2 && text[0] == '.' && text[1] == '.');
}

/* `length` bytes of a path without leading or trailing slash. */
static gboolean is_path(const char *text)
{
    if (!g_utf8_validate(text, -1, NULL))
        return FALSE;
    for (const char *c = text; *c != '\0'; c++)
        if ((guchar)*c < ' ' || *c == 0x7f)
            return FALSE;
    for (const char *start = text;;) {
        const char *end = strchrnul(start, '/');
        if (!is_segment(start, (gsize)(end - start)))
            return FALSE;
        if (*end == '\0')
            return TRUE;
        start = end + 1;
    }
}

char *s3_place_key(const S3Place *place, const char *key, GError **error)
{
    if (key == NULL || !is_path(key) || strlen(place->prefix) + strlen(key) > KEY_BYTES_MAX) {
        refuse(error, "a key", key,
               "UTF-8 without empty or dotted segments, at most 1024 bytes with the prefix");
        return NULL;
    }
    return g_strconcat(place->prefix, key, NULL);
}

/* ---- s3://bucket/prefix ---- */

static gboolean is_bucket(const char *name)
{
    gsize length = strlen(name);
    return length >= 3 && length <= 63 && strspn(name, LOWER DIGITS ".-") == length &&
           g_ascii_isalnum(name[0]) && g_ascii_isalnum(name[length - 1]) &&
           strstr(name, "..") == NULL;
}

static gboolean read_url(S3Place *place, const char *url, GError **error)
{
    if (url == NULL || !g_str_has_prefix(url, "s3://"))
        return refuse(error, "the address of the bucket", url, "s3://bucket or s3://bucket/prefix");
    const char *rest = url + strlen("s3://");
    const char *slash = strchrnul(rest, '/');
    place->bucket = g_strndup(rest, (gsize)(slash - rest));
    if (!is_bucket(place->bucket))
        return refuse(error, "the bucket's name", place->bucket,
                      "3 to 63 characters a-z, 0-9, \"-\", \".\"");
    g_autofree char *prefix = g_strdup(*slash == '/' ? slash + 1 : "");
    if (g_str_has_suffix(prefix, "/"))
        prefix[strlen(prefix) - 1] = '\0';
    if (*prefix != '\0' && (!is_path(prefix) || strlen(prefix) > KEY_BYTES_MAX / 2))
        return refuse(error, "the prefix in the bucket", prefix,
                      "UTF-8 without empty or dotted segments, at most 512 bytes");
    place->prefix = *prefix != '\0' ? g_strconcat(prefix, "/", NULL) : g_strdup("");
    return TRUE;
}

/* ---- the endpoint ---- */

static gboolean is_region(const char *region)
{
    gsize length = strlen(region);
    return length > 0 && length <= 64 && strspn(region, LOWER DIGITS "-_") == length;
}

/* Scheme, host and port and nothing else: no user, no path, no query. */
static gboolean read_endpoint(S3Place *place, const char *endpoint, GError **error)
{
    static const char expected[] = "https://host, http://host or the same with :port";
    g_autoptr(GUri) uri = g_uri_parse(endpoint, G_URI_FLAGS_NONE, NULL);
    if (uri == NULL || g_uri_get_userinfo(uri) != NULL || g_uri_get_query(uri) != NULL ||
        g_uri_get_fragment(uri) != NULL || g_uri_get_host(uri) == NULL)
        return refuse(error, "the endpoint", uri != NULL ? "one with more in it" : endpoint,
                      expected);
    const char *scheme = g_uri_get_scheme(uri), *host = g_uri_get_host(uri);
    const char *path = g_uri_get_path(uri);
    if ((strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0) || *host == '\0' ||
        strspn(host, LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ" DIGITS ".-:_") != strlen(host) ||
        (*path != '\0' && strcmp(path, "/") != 0))
        return refuse(error, "the endpoint", endpoint, expected);
    int port = g_uri_get_port(uri);
    gboolean is_plain = port < 0 || port == (strcmp(scheme, "https") == 0 ? 443 : 80);
    g_autofree char *shown =
        strchr(host, ':') != NULL ? g_strdup_printf("[%s]", host) : g_ascii_strdown(host, -1);
    place->scheme = g_strdup(scheme);
    place->host = is_plain ? g_strdup(shown) : g_strdup_printf("%s:%d", shown, port);
    return TRUE;
}

/* A certificate for *.s3.region.amazonaws.com does not cover buckets with dots. */
static gboolean in_host(const S3Place *place, const S3Options *options)
{
    if (options->addressing != S3_ADDRESSING_AUTO)
        return options->addressing == S3_ADDRESSING_HOST;
    return options->endpoint == NULL && strchr(place->bucket, '.') == NULL;
}

static void put_bucket(S3Place *place, gboolean is_in_host)
{
    if (!is_in_host) {
        place->path = g_strdup_printf("/%s/", place->bucket);
        return;
    }
    char *host = g_strdup_printf("%s.%s", place->bucket, place->host);
    g_free(place->host);
    place->host = host;
    place->path = g_strdup("/");
}

gboolean s3_place_init(S3Place *place, const S3Options *options, GError **error)
{
    const char *region = options->region != NULL ? options->region : "us-east-1";
    *place = (S3Place){0};
    g_autofree char *amazon = g_strdup_printf("https://s3.%s.amazonaws.com", region);
    if (!read_url(place, options->url, error) ||
        (!is_region(region) && !refuse(error, "the region", region, "a name such as eu-west-1")) ||
        !read_endpoint(place, options->endpoint != NULL ? options->endpoint : amazon, error)) {
        s3_place_clear(place);
        return FALSE;
    }
    put_bucket(place, in_host(place, options));
    return TRUE;
}

void s3_place_clear(S3Place *place)
{
    g_free(place->bucket);
    g_free(place->prefix);
    g_free(place->scheme);
    g_free(place->host);
    g_free(place->path);
    *place = (S3Place){0};
}
