/* Signature Version 4. What always holds: what is signed is what is sent, since the query that is
 * sent is the canonical one; keys derived on the way are wiped. */
#include "sign-private.h"

#include <string.h>

enum { HASH_BYTES = 32 };

/* ---- pairs ---- */

static void clear_pair(gpointer data)
{
    S3Pair *pair = data;
    g_free(pair->name);
    g_free(pair->value);
}

GArray *s3_pairs_new(void)
{
    GArray *pairs = g_array_new(FALSE, FALSE, sizeof(S3Pair));
    g_array_set_clear_func(pairs, clear_pair);
    return pairs;
}

void s3_pairs_add(GArray *pairs, const char *name, const char *value)
{
    S3Pair pair = {g_strdup(name), g_strdup(value)};
    g_array_append_val(pairs, pair);
}

static int compare_pairs(gconstpointer a, gconstpointer b)
{
    const S3Pair *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : strcmp(left->value, right->value);
}

/* ---- canonical forms ---- */

char *s3_encode(const char *text, const char *keep)
{
    GString *encoded = g_string_new(NULL);
    for (const guchar *c = (const guchar *)text; *c != '\0'; c++)
        if (g_ascii_isalnum((char)*c) || strchr("-._~", *c) != NULL || strchr(keep, *c) != NULL)
            g_string_append_c(encoded, (char)*c);
        else
            g_string_append_printf(encoded, "%%%02X", *c);
    return g_string_free(encoded, FALSE);
}

/* Sorted by what is sent, as the specification has it. */
char *s3_encode_query(const GArray *query)
{
    g_autoptr(GArray) encoded = s3_pairs_new();
    for (guint i = 0; query != NULL && i < query->len; i++) {
        const S3Pair *given = &g_array_index(query, S3Pair, i);
        S3Pair pair = {s3_encode(given->name, ""), s3_encode(given->value, "")};
        g_array_append_val(encoded, pair);
    }
    g_array_sort(encoded, compare_pairs);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < encoded->len; i++) {
        const S3Pair *pair = &g_array_index(encoded, S3Pair, i);
        g_string_append_printf(text, "%s%s=%s", i > 0 ? "&" : "", pair->name, pair->value);
    }
    return g_string_free(text, FALSE);
}

/* Without spaces at the ends, and one where there are several. */
static char *canonical_value(const char *value)
{
    GString *text = g_string_new(NULL);
    for (const char *c = value; *c != '\0'; c++)
        if (*c != ' ' || (text->len > 0 && text->str[text->len - 1] != ' '))
            g_string_append_c(text, *c);
    if (text->len > 0 && text->str[text->len - 1] == ' ')
        g_string_truncate(text, text->len - 1);
    return g_string_free(text, FALSE);
}

/* "name:value\n" of each, sorted; `names`: "a;b;c". */
static char *canonical_headers(const GArray *headers, char **names)
{
    g_autoptr(GArray) sorted = s3_pairs_new();
    for (guint i = 0; i < headers->len; i++) {
        const S3Pair *given = &g_array_index(headers, S3Pair, i);
        S3Pair pair = {g_ascii_strdown(given->name, -1), canonical_value(given->value)};
        g_array_append_val(sorted, pair);
    }
    g_array_sort(sorted, compare_pairs);
    GString *text = g_string_new(NULL), *list = g_string_new(NULL);
    for (guint i = 0; i < sorted->len; i++) {
        const S3Pair *pair = &g_array_index(sorted, S3Pair, i);
        g_string_append_printf(text, "%s:%s\n", pair->name, pair->value);
        g_string_append_printf(list, "%s%s", i > 0 ? ";" : "", pair->name);
    }
    *names = g_string_free(list, FALSE);
    return g_string_free(text, FALSE);
}

/* ---- the signature ---- */

static void hmac(guint8 out[HASH_BYTES], const void *key, gsize key_length, const char *text)
{
    g_autoptr(GHmac) mac = g_hmac_new(G_CHECKSUM_SHA256, key, key_length);
    g_hmac_update(mac, (const guchar *)text, (gssize)strlen(text));
    gsize length = HASH_BYTES;
    g_hmac_get_digest(mac, out, &length);
}

static char *hex_of(const guint8 hash[HASH_BYTES])
{
    GString *text = g_string_sized_new((gsize)HASH_BYTES * 2);
    for (guint i = 0; i < HASH_BYTES; i++)
        g_string_append_printf(text, "%02x", hash[i]);
    return g_string_free(text, FALSE);
}

char *s3_sign_time(gint64 time_s)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(time_s);
    return g_date_time_format(time, "%Y%m%dT%H%M%SZ");
}

/* "20130524/us-east-1/s3/aws4_request" */
static char *scope_of(const S3Signing *signing)
{
    g_autofree char *time = s3_sign_time(signing->time_s);
    return g_strdup_printf("%.8s/%s/%s/aws4_request", time, signing->region, signing->service);
}

static char *signature_of(const S3Signing *signing, const char *text)
{
    g_autofree char *start = g_strconcat("AWS4", signing->secret, NULL);
    g_autofree char *time = s3_sign_time(signing->time_s);
    time[8] = '\0'; /* the day */
    guint8 key[HASH_BYTES], next[HASH_BYTES];
    hmac(key, start, strlen(start), time);
    hmac(next, key, sizeof key, signing->region);
    hmac(key, next, sizeof next, signing->service);
    hmac(next, key, sizeof key, "aws4_request");
    hmac(key, next, sizeof next, text);
    char *signature = hex_of(key);
    explicit_bzero(start, strlen(start));
    explicit_bzero(key, sizeof key);
    explicit_bzero(next, sizeof next);
    return signature;
}

static char *sign_canonical(const S3Signing *signing, const char *query, const char *headers,
                            const char *names)
{
    g_autofree char *request =
        g_strdup_printf("%s\n%s\n%s\n%s\n%s\n%s", signing->method, signing->path, query, headers,
                        names, signing->payload_hash);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, request, -1);
    g_autofree char *time = s3_sign_time(signing->time_s);
    g_autofree char *scope = scope_of(signing);
    g_autofree char *text = g_strdup_printf("AWS4-HMAC-SHA256\n%s\n%s\n%s", time, scope, hash);
    return signature_of(signing, text);
}

char *s3_sign(const S3Signing *signing)
{
    g_autofree char *names = NULL;
    g_autofree char *headers = canonical_headers(signing->headers, &names);
    g_autofree char *query = s3_encode_query(signing->query);
    g_autofree char *signature = sign_canonical(signing, query, headers, names);
    g_autofree char *scope = scope_of(signing);
    return g_strdup_printf("AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=%s,Signature=%s",
                           signing->key_id, scope, names, signature);
}

char *s3_sign_query(const S3Signing *signing, guint seconds, const char *session_token)
{
    g_autofree char *names = NULL;
    g_autofree char *headers = canonical_headers(signing->headers, &names);
    g_autofree char *scope = scope_of(signing);
    g_autofree char *credential = g_strdup_printf("%s/%s", signing->key_id, scope);
    g_autofree char *time = s3_sign_time(signing->time_s);
    g_autofree char *life = g_strdup_printf("%u", seconds);
    g_autoptr(GArray) all = s3_pairs_new();
    for (guint i = 0; signing->query != NULL && i < signing->query->len; i++) {
        const S3Pair *pair = &g_array_index(signing->query, S3Pair, i);
        s3_pairs_add(all, pair->name, pair->value);
    }
    s3_pairs_add(all, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    s3_pairs_add(all, "X-Amz-Credential", credential);
    s3_pairs_add(all, "X-Amz-Date", time);
    s3_pairs_add(all, "X-Amz-Expires", life);
    s3_pairs_add(all, "X-Amz-SignedHeaders", names);
    if (session_token != NULL)
        s3_pairs_add(all, "X-Amz-Security-Token", session_token);
    g_autofree char *query = s3_encode_query(all);
    g_autofree char *signature = sign_canonical(signing, query, headers, names);
    return g_strdup_printf("%s&X-Amz-Signature=%s", query, signature);
}
