/* Sending. What always holds: a call that says yes has asked the server afterwards what it has. */
#include "put-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const gint64 single_bytes_most = G_GINT64_CONSTANT(5) << 30;

void s3_put_describe(const S3Put *put, GArray *headers)
{
    const char *type = put->transfer != NULL ? put->transfer->content_type : NULL;
    s3_pairs_add(headers, "content-type", type != NULL ? type : "application/octet-stream");
    s3_pairs_add(headers, "x-amz-meta-sha256", put->sha256);
    if (put->transfer != NULL && put->transfer->tags != NULL)
        s3_pairs_add(headers, "x-amz-tagging", put->transfer->tags);
}

/* Two of them, since servers know one or the other. */
void s3_put_checksums(const S3Body *body, GArray *headers)
{
    g_autofree char *md5 = g_base64_encode(body->md5, sizeof body->md5);
    g_autofree char *sha256 = g_base64_encode(body->sha256, sizeof body->sha256);
    s3_pairs_add(headers, "content-md5", md5);
    s3_pairs_add(headers, "x-amz-checksum-sha256", sha256);
}

void s3_put_sent(gint64 bytes, gpointer data)
{
    const S3Put *put = data;
    if (put->transfer != NULL && put->transfer->progress != NULL)
        put->transfer->progress(put->done + bytes, put->body.length, put->transfer->data);
}

gboolean s3_put_verify(S3Put *put, const S3Proof *proof, GError **error)
{
    g_autoptr(GArray) headers = s3_pairs_new();
    s3_pairs_add(headers, "x-amz-checksum-mode", "ENABLED");
    const S3Request request = {.method = "HEAD", .key = put->key, .headers = headers};
    S3Answer answer = {0};
    g_autofree char *name = s3_request_name(put->client, &request);
    gboolean is_good = s3_request_do(put->client, &request, &answer, put->cancellable, error) &&
                       s3_check(&answer, proof, name, error);
    if (!is_good)
        g_prefix_error(error, "what was sent cannot be verified: ");
    s3_answer_clear(&answer);
    return is_good;
}

static gboolean put_at_once(S3Put *put, GError **error)
{
    g_autoptr(GArray) headers = s3_pairs_new();
    s3_put_describe(put, headers);
    s3_put_checksums(&put->body, headers);
    const S3Request request = {.method = "PUT",
                               .key = put->key,
                               .headers = headers,
                               .body = &put->body,
                               .sent = s3_put_sent,
                               .sent_data = put};
    S3Answer answer = {0};
    gboolean is_good = s3_request_do(put->client, &request, &answer, put->cancellable, error);
    s3_answer_clear(&answer);
    if (!is_good)
        return FALSE;
    S3Proof proof;
    s3_proof_of_body(&proof, &put->body);
    is_good = s3_put_verify(put, &proof, error);
    s3_proof_clear(&proof);
    return is_good;
}

static gboolean is_header_text(const char *text)
{
    for (const char *c = text; c != NULL && *c != '\0'; c++)
        if (!g_ascii_isprint(*c))
            return FALSE;
    return TRUE;
}

static gboolean check_text(const S3Transfer *transfer, GError **error)
{
    const char *sha256 = transfer != NULL ? transfer->sha256 : NULL;
    if (transfer != NULL &&
        (!is_header_text(transfer->content_type) || !is_header_text(transfer->tags))) {
        g_set_error_literal(error, S3_ERROR, S3_ERROR_INVALID,
                            "content type or tags have characters that cannot stand there");
        return FALSE;
    }
    if (sha256 == NULL || s3_is_sha256(sha256))
        return TRUE;
    g_set_error_literal(error, S3_ERROR, S3_ERROR_INVALID, "the sha256 is not 64 hex digits");
    return FALSE;
}

static gboolean is_as_expected(const S3Put *put, GError **error)
{
    const char *expected = put->transfer != NULL ? put->transfer->sha256 : NULL;
    if (expected == NULL || strcmp(expected, put->sha256) == 0)
        return TRUE;
    g_set_error(error, S3_ERROR, S3_ERROR_LOCAL,
                "%s: this file is not what it was: its sha256 is %s, expected %s", put->path,
                put->sha256, expected);
    return FALSE;
}

/* Of a file that goes in parts the sha256 is found once more on the way, and compared. */
static gboolean put_body(S3Put *put, gint64 part_bytes, GError **error)
{
    const char *known = put->transfer != NULL ? put->transfer->sha256 : NULL;
    if (put->body.length > part_bytes && known != NULL) {
        put->sha256 = g_strdup(known);
        return s3_put_in_parts(put, error);
    }
    if (!s3_body_hash(&put->body, put->path, NULL, put->cancellable, error))
        return FALSE;
    put->sha256 = s3_hex(put->body.sha256, sizeof put->body.sha256);
    if (!is_as_expected(put, error))
        return FALSE;
    return put->body.length > part_bytes ? s3_put_in_parts(put, error) : put_at_once(put, error);
}

static gboolean put_named(S3Put *put, const char *key, gint64 part_bytes, GError **error)
{
    g_autofree char *whole = s3_place_key(&put->client->place, key, error);
    put->key = whole;
    gboolean is_good =
        whole != NULL && check_text(put->transfer, error) && put_body(put, part_bytes, error);
    g_free(put->sha256);
    return is_good;
}

static int open_file(const char *path, gint64 *length, GError **error)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int why = fd < 0 || fstat(fd, &status) != 0 ? errno : 0;
    if (why == 0 && S_ISREG(status.st_mode)) {
        *length = status.st_size;
        return fd;
    }
    g_set_error(error, S3_ERROR, S3_ERROR_LOCAL, "%s: cannot send this file: %s", path,
                why != 0 ? g_strerror(why) : "it is no plain file");
    if (fd >= 0)
        close(fd);
    return -1;
}

gboolean s3_put_file(S3Client *client, const char *key, const char *path,
                     const S3Transfer *transfer, GCancellable *cancellable, GError **error)
{
    S3Put put = {.client = client, .path = path, .transfer = transfer, .cancellable = cancellable};
    put.body.fd = open_file(path, &put.body.length, error);
    if (put.body.fd < 0)
        return FALSE;
    gboolean is_good = put_named(&put, key, client->part_bytes, error);
    close(put.body.fd);
    return is_good;
}

gboolean s3_put_bytes(S3Client *client, const char *key, GBytes *bytes, const S3Transfer *transfer,
                      GCancellable *cancellable, GError **error)
{
    gsize length;
    const char *start = g_bytes_get_data(bytes, &length);
    if (length > (gsize)single_bytes_most) {
        g_set_error(error, S3_ERROR, S3_ERROR_TOO_LARGE, "%s: more than 5 GiB go as a file only",
                    key);
        return FALSE;
    }
    S3Put put = {
        .client = client, .path = "bytes", .transfer = transfer, .cancellable = cancellable};
    put.body = (S3Body){.fd = -1, .bytes = start, .length = (gint64)length};
    return put_named(&put, key, single_bytes_most, error);
}
