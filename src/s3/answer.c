/* What answers say. Text of the server stands in messages only printable and short; what it says of
 * signatures (some servers send back all that was signed) is never looked at. */
#include "request-private.h"

#include "xml-private.h"

#include <outgoing/guard.h>

#include <string.h>

enum { HEADER_BYTES_MAX = 1024 };

enum { SKEW_S = 900 }; /* what S3 allows */

static const char *const header_names[S3_HEADERS] = {
    [S3_HEADER_ETAG] = "etag",
    [S3_HEADER_CONTENT_LENGTH] = "content-length",
    [S3_HEADER_CONTENT_RANGE] = "content-range",
    [S3_HEADER_LAST_MODIFIED] = "last-modified",
    [S3_HEADER_CHECKSUM_SHA256] = "x-amz-checksum-sha256",
    [S3_HEADER_META_SHA256] = "x-amz-meta-sha256",
    [S3_HEADER_ENCRYPTION] = "x-amz-server-side-encryption",
    [S3_HEADER_CUSTOMER_KEY] = "x-amz-server-side-encryption-customer-algorithm",
    [S3_HEADER_RETRY_AFTER] = "retry-after",
    [S3_HEADER_DATE] = "date",
    [S3_HEADER_REGION] = "x-amz-bucket-region",
};

static void clear_headers(S3Answer *answer)
{
    for (guint i = 0; i < S3_HEADERS; i++)
        g_clear_pointer(&answer->headers[i], g_free);
}

void s3_answer_clear(S3Answer *answer)
{
    clear_headers(answer);
    g_clear_pointer(&answer->body, g_byte_array_unref);
    answer->status = 0;
}

/* A new status line begins a new answer: the one before was only "100 Continue". */
void s3_answer_take_line(S3Answer *answer, const char *line, gsize length)
{
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        clear_headers(answer);
        return;
    }
    const char *colon = memchr(line, ':', length);
    if (colon == NULL || length > HEADER_BYTES_MAX)
        return;
    gsize name_length = (gsize)(colon - line);
    for (guint i = 0; i < S3_HEADERS; i++) {
        if (strlen(header_names[i]) != name_length ||
            g_ascii_strncasecmp(line, header_names[i], name_length) != 0)
            continue;
        g_free(answer->headers[i]);
        answer->headers[i] = g_strstrip(g_strndup(colon + 1, length - name_length - 1));
    }
}

/* ---- failures ---- */

static const struct {
    const char *code;
    S3ErrorCode error;
    gboolean is_passing;
} codes[] = {
    {"NoSuchKey", S3_ERROR_NOT_FOUND, FALSE},
    {"NoSuchUpload", S3_ERROR_NOT_FOUND, FALSE},
    {"NoSuchBucket", S3_ERROR_NO_BUCKET, FALSE},
    {"RequestTimeTooSkewed", S3_ERROR_CLOCK, FALSE},
    {"RequestExpired", S3_ERROR_CLOCK, FALSE},
    {"SlowDown", S3_ERROR_UNAVAILABLE, TRUE},
    {"InternalError", S3_ERROR_UNAVAILABLE, TRUE},
    {"ServiceUnavailable", S3_ERROR_UNAVAILABLE, TRUE},
    {"OperationAborted", S3_ERROR_UNAVAILABLE, TRUE},
    {"RequestTimeout", S3_ERROR_UNAVAILABLE, TRUE},
    {"BadDigest", S3_ERROR_DIFFERS, TRUE}, /* damaged on the way */
    {"XAmzContentSHA256Mismatch", S3_ERROR_DIFFERS, TRUE},
    {"XAmzContentChecksumMismatch", S3_ERROR_DIFFERS, TRUE},
    {"InvalidPart", S3_ERROR_DIFFERS, FALSE},
    {"InvalidAccessKeyId", S3_ERROR_DENIED, FALSE},
    {"XAdminUserNotFound", S3_ERROR_DENIED, FALSE}, /* the same, of versitygw, with 404 */
    {"EntityTooLarge", S3_ERROR_TOO_LARGE, FALSE},
};

static const struct {
    guint from, to;
    S3ErrorCode error;
    gboolean is_passing;
} statuses[] = {
    {300, 399, S3_ERROR_REDIRECTED, FALSE}, {401, 401, S3_ERROR_DENIED, FALSE},
    {403, 403, S3_ERROR_DENIED, FALSE},     {404, 404, S3_ERROR_NOT_FOUND, FALSE},
    {408, 408, S3_ERROR_UNAVAILABLE, TRUE}, {409, 409, S3_ERROR_CHANGED, FALSE},
    {412, 412, S3_ERROR_CHANGED, FALSE},    {413, 413, S3_ERROR_TOO_LARGE, FALSE},
    {429, 429, S3_ERROR_UNAVAILABLE, TRUE}, {500, 599, S3_ERROR_UNAVAILABLE, TRUE},
};

static S3ErrorCode find_failure(guint status, const char *code, gboolean *is_passing)
{
    for (gsize i = 0; code != NULL && i < G_N_ELEMENTS(codes); i++)
        if (strcmp(codes[i].code, code) == 0) {
            *is_passing = codes[i].is_passing;
            return codes[i].error;
        }
    for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++)
        if (status >= statuses[i].from && status <= statuses[i].to) {
            *is_passing = statuses[i].is_passing;
            return statuses[i].error;
        }
    *is_passing = FALSE;
    return S3_ERROR_FAILED;
}

/* By how much this machine's clock is ahead; FALSE: the server does not say. */
static gboolean clock_ahead(const S3Answer *answer, gint64 *ahead_s)
{
    const char *date = answer->headers[S3_HEADER_DATE];
    gint64 theirs_s = date != NULL ? (gint64)curl_getdate(date, NULL) : -1;
    *ahead_s = g_get_real_time() / G_USEC_PER_SEC - theirs_s;
    return theirs_s >= 0;
}

/* An answer to HEAD has no body to say so. */
static gboolean is_clock(const S3Answer *answer)
{
    gint64 ahead_s;
    return answer->status == 403 && (answer->body == NULL || answer->body->len == 0) &&
           clock_ahead(answer, &ahead_s) && ABS(ahead_s) > SKEW_S;
}

static char *clock_text(const S3Answer *answer)
{
    gint64 ahead_s;
    if (!clock_ahead(answer, &ahead_s))
        return g_strdup("the clock of this machine is wrong, says the server");
    return g_strdup_printf("the clock of this machine is %" G_GINT64_FORMAT
                           " s %s the server's; set it (NTP)",
                           ABS(ahead_s), ahead_s >= 0 ? "ahead of" : "behind");
}

static char *describe(const S3Answer *answer, S3ErrorCode error, const char *code,
                      const char *message)
{
    const char *region = answer->headers[S3_HEADER_REGION];
    if (error == S3_ERROR_CLOCK)
        return clock_text(answer);
    if (error == S3_ERROR_REDIRECTED && region != NULL) {
        g_autofree char *shown = outgoing_printable(region);
        return g_strdup_printf("the bucket is in the region \"%s\"", shown);
    }
    if (error == S3_ERROR_REDIRECTED)
        return g_strdup_printf("the server sends elsewhere (status %u), which is not followed; "
                               "endpoint or region may be wrong",
                               answer->status);
    if (code == NULL)
        return g_strdup_printf("the server answers with status %u", answer->status);
    g_autofree char *shown_code = outgoing_printable(code);
    g_autofree char *shown = message != NULL ? outgoing_printable(message) : NULL;
    return g_strdup_printf("the server answers %u %s%s%s", answer->status, shown_code,
                           shown != NULL ? ": " : "", shown != NULL ? shown : "");
}

char *s3_request_name(const S3Client *client, const S3Request *request)
{
    return g_strdup_printf("%s s3://%s/%s", request->method, client->place.bucket,
                           request->key != NULL ? request->key : client->place.prefix);
}

void s3_answer_fail(const S3Answer *answer, const S3Client *client, const S3Request *request,
                    gboolean *is_passing, GError **error)
{
    g_autoptr(S3Xml) xml =
        answer->body != NULL && answer->body->len > 0
            ? s3_xml_parse((const char *)answer->body->data, answer->body->len, NULL, NULL)
            : NULL;
    gboolean is_error = xml != NULL && strcmp(xml->root, "Error") == 0;
    const char *code = is_error ? s3_xml_field(xml, "Code") : NULL;
    S3ErrorCode kind = find_failure(answer->status, code, is_passing);
    if (kind == S3_ERROR_NOT_FOUND && request->key == NULL)
        kind = S3_ERROR_NO_BUCKET;
    if (kind == S3_ERROR_DENIED && is_clock(answer))
        kind = S3_ERROR_CLOCK;
    g_autofree char *name = s3_request_name(client, request);
    g_autofree char *text =
        describe(answer, kind, code, is_error ? s3_xml_field(xml, "Message") : NULL);
    g_set_error(error, S3_ERROR, (gint)kind, "%s: %s", name, text);
}
