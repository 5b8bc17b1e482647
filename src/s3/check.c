/* An ETag is the MD5 of the bytes (of one request) or of the MD5s of the parts, unless the server
 * encrypts with keys of its own, or makes its ETags otherwise: then it has another form, and the
 * sha256 alone speaks. */
#include "check-private.h"

#include <string.h>

void s3_proof_clear(S3Proof *proof)
{
    g_clear_pointer(&proof->sha256, g_free);
    g_clear_pointer(&proof->checksum, g_free);
    g_clear_pointer(&proof->etag, g_free);
}

void s3_proof_of_body(S3Proof *proof, const S3Body *body)
{
    *proof = (S3Proof){
        .bytes = body->length,
        .sha256 = s3_hex(body->sha256, sizeof body->sha256),
        .checksum = g_base64_encode(body->sha256, sizeof body->sha256),
        .etag = s3_hex(body->md5, sizeof body->md5),
    };
}

char *s3_etag(const char *header)
{
    if (header == NULL)
        return NULL;
    if (g_str_has_prefix(header, "W/"))
        header += 2;
    gsize length = strlen(header);
    if (length >= 2 && header[0] == '"' && header[length - 1] == '"')
        return g_strndup(header + 1, length - 2);
    return g_strdup(header);
}

/* 32 hex digits, and of parts "-n". */
static gboolean is_same_form(const char *etag, const char *expected)
{
    return strspn(etag, "0123456789abcdef") == 32 && strcmp(etag + 32, expected + 32) == 0;
}

static gboolean is_encrypted_by_keys(const S3Answer *answer)
{
    const char *how = answer->headers[S3_HEADER_ENCRYPTION];
    return answer->headers[S3_HEADER_CUSTOMER_KEY] != NULL ||
           (how != NULL && strcmp(how, "AES256") != 0);
}

static gboolean differs(GError **error, const char *name, const char *what, const char *expected,
                        const char *found)
{
    g_autofree char *shown = g_strndup(found, 100);
    g_autofree char *escaped = g_strescape(shown, NULL);
    g_set_error(error, S3_ERROR, S3_ERROR_DIFFERS, "%s: the %s is not right: expected %s, found %s",
                name, what, expected, escaped);
    return FALSE;
}

gboolean s3_check_etag(const S3Answer *answer, const char *expected, const char *name,
                       GError **error)
{
    g_autofree char *etag = s3_etag(answer->headers[S3_HEADER_ETAG]);
    if (expected == NULL || etag == NULL || is_encrypted_by_keys(answer) ||
        !is_same_form(etag, expected) || strcmp(etag, expected) == 0)
        return TRUE;
    return differs(error, name, "ETag", expected, etag);
}

/* A checksum over parts has another form than one over the whole. */
static gboolean check_checksum(const S3Answer *answer, const char *expected, const char *name,
                               GError **error)
{
    const char *found = answer->headers[S3_HEADER_CHECKSUM_SHA256];
    if (expected == NULL || found == NULL || strcmp(found, expected) == 0 ||
        g_strcmp0(strchr(found, '-'), strchr(expected, '-')) != 0)
        return TRUE;
    return differs(error, name, "checksum", expected, found);
}

gint64 s3_answer_length(const S3Answer *answer)
{
    const char *text = answer->headers[S3_HEADER_CONTENT_LENGTH];
    gint64 length = -1;
    if (text == NULL || !g_ascii_string_to_signed(text, 10, 0, G_MAXINT64, &length, NULL))
        return -1;
    return length;
}

gboolean s3_check(const S3Answer *answer, const S3Proof *proof, const char *name, GError **error)
{
    const char *sha256 = answer->headers[S3_HEADER_META_SHA256];
    gint64 length = s3_answer_length(answer);
    if (length != proof->bytes) {
        g_autofree char *expected = g_strdup_printf("%" G_GINT64_FORMAT, proof->bytes);
        g_autofree char *found = g_strdup_printf("%" G_GINT64_FORMAT, length);
        return differs(error, name, "length", expected, found);
    }
    if (proof->sha256 != NULL && sha256 != NULL && strcmp(sha256, proof->sha256) != 0)
        return differs(error, name, "sha256", proof->sha256, sha256);
    return check_checksum(answer, proof->checksum, name, error) &&
           s3_check_etag(answer, proof->etag, name, error);
}
