/* Sending in parts. What always holds: a part that the server has counts only when its length and
 * checksums are those of the file here; an upload that was broken off stays at the server and is
 * taken up the next time, unless it is of no use. */
#include "put-private.h"
#include "uploads-private.h"

#include <string.h>

enum {
    PARTS_MAX = 10000, /* of S3 */
    COMPLETE_S = 900,  /* servers put the file together before they answer */
};

typedef struct Sending {
    S3Put *put;
    char *upload_id;
    gboolean is_taken_up;
    gint64 part_bytes;
    guint count;
    GHashTable *there; /* number → S3Part: what the server has */
    struct sha256_ctx whole;
    GChecksum *sha256s, *md5s;
    GString *list; /* what is put together, as XML */
} Sending;

/* Whole MiB, so that a file of any size has parts enough. */
static gint64 part_bytes_for(gint64 wanted, gint64 length)
{
    const gint64 mib = 1 << 20;
    gint64 least = (length + PARTS_MAX - 1) / PARTS_MAX;
    return MAX(wanted, (least + mib - 1) / mib * mib);
}

/* ---- beginning ---- */

static gboolean create(Sending *sending, GError **error)
{
    S3Put *put = sending->put;
    g_autoptr(GArray) headers = s3_pairs_new(), query = s3_pairs_new();
    s3_pairs_add(query, "uploads", "");
    s3_put_describe(put, headers);
    s3_pairs_add(headers, "x-amz-checksum-algorithm", "SHA256");
    const S3Request request = {
        .method = "POST", .key = put->key, .headers = headers, .query = query};
    sending->upload_id = s3_uploads_create(put->client, &request, put->cancellable, error);
    sending->is_taken_up = FALSE;
    return sending->upload_id != NULL;
}

/* Where it may not be asked for, or servers do not know of it, a new one is begun. */
static gboolean begin(Sending *sending, gboolean take_up, GError **error)
{
    S3Put *put = sending->put;
    g_autoptr(GError) why = NULL;
    g_clear_pointer(&sending->upload_id, g_free);
    g_clear_pointer(&sending->there, g_hash_table_unref);
    if (take_up)
        sending->upload_id = s3_uploads_find(put->client, put->key, put->cancellable, &why);
    if (sending->upload_id != NULL) {
        sending->is_taken_up = TRUE;
        sending->there =
            s3_uploads_parts(put->client, put->key, sending->upload_id, put->cancellable, &why);
        if (sending->there != NULL)
            return TRUE;
        g_clear_pointer(&sending->upload_id, g_free);
    }
    if (why != NULL && (g_error_matches(why, S3_ERROR, S3_ERROR_UNAVAILABLE) ||
                        g_error_matches(why, G_IO_ERROR, G_IO_ERROR_CANCELLED))) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    return create(sending, error);
}

/* ---- one part ---- */

static gboolean is_there(const Sending *sending, guint number, const S3Body *body)
{
    const S3Part *part = sending->there != NULL
                             ? g_hash_table_lookup(sending->there, GUINT_TO_POINTER(number))
                             : NULL;
    if (part == NULL || part->bytes != body->length)
        return FALSE;
    g_autofree char *md5 = s3_hex(body->md5, sizeof body->md5);
    g_autofree char *sha256 = g_base64_encode(body->sha256, sizeof body->sha256);
    /* The one that proves more, where there are both. */
    return part->sha256 != NULL ? strcmp(part->sha256, sha256) == 0 : strcmp(part->etag, md5) == 0;
}

/* Gives the server's ETag of it; NULL with an error. */
static char *send_part(Sending *sending, guint number, S3Body *body, GError **error)
{
    S3Put *put = sending->put;
    g_autoptr(GArray) headers = s3_pairs_new(), query = s3_pairs_new();
    g_autofree char *text = g_strdup_printf("%u", number);
    s3_pairs_add(query, "partNumber", text);
    s3_pairs_add(query, "uploadId", sending->upload_id);
    s3_put_checksums(body, headers);
    const S3Request request = {.method = "PUT",
                               .key = put->key,
                               .headers = headers,
                               .query = query,
                               .body = body,
                               .sent = s3_put_sent,
                               .sent_data = put};
    S3Answer answer = {0};
    g_autofree char *name = s3_request_name(put->client, &request);
    g_autofree char *md5 = s3_hex(body->md5, sizeof body->md5);
    char *etag = NULL;
    if (s3_request_do(put->client, &request, &answer, put->cancellable, error) &&
        s3_check_etag(&answer, md5, name, error)) {
        etag = s3_etag(answer.headers[S3_HEADER_ETAG]);
        if (etag == NULL)
            g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "%s: the answer has no ETag", name);
    }
    s3_answer_clear(&answer);
    return etag;
}

static void note_part(Sending *sending, guint number, const char *etag, const S3Body *body)
{
    g_autofree char *sha256 = g_base64_encode(body->sha256, sizeof body->sha256);
    g_autofree char *escaped = g_markup_escape_text(etag, -1);
    g_string_append_printf(sending->list,
                           "<Part><PartNumber>%u</PartNumber><ETag>\"%s\"</ETag>"
                           "<ChecksumSHA256>%s</ChecksumSHA256></Part>",
                           number, escaped, sha256);
    g_checksum_update(sending->md5s, body->md5, sizeof body->md5);
    g_checksum_update(sending->sha256s, body->sha256, sizeof body->sha256);
    sending->put->done += body->length;
    s3_put_sent(0, sending->put);
}

static gboolean do_part(Sending *sending, guint number, GError **error)
{
    S3Put *put = sending->put;
    S3Body body = {.fd = put->body.fd, .offset = (gint64)(number - 1) * sending->part_bytes};
    body.length = MIN(sending->part_bytes, put->body.length - body.offset);
    if (!s3_body_hash(&body, put->path, &sending->whole, put->cancellable, error))
        return FALSE;
    g_autofree char *etag = NULL;
    if (is_there(sending, number, &body)) {
        const S3Part *part = g_hash_table_lookup(sending->there, GUINT_TO_POINTER(number));
        etag = g_strdup(part->etag);
    } else {
        etag = send_part(sending, number, &body, error);
    }
    if (etag == NULL)
        return FALSE;
    note_part(sending, number, etag, &body);
    return TRUE;
}

/* ---- the end ---- */

static gboolean is_same_file(Sending *sending, GError **error)
{
    const S3Put *put = sending->put;
    guint8 digest[SHA256_DIGEST_SIZE];
    sha256_digest(&sending->whole, sizeof digest, digest);
    g_autofree char *found = s3_hex(digest, sizeof digest);
    if (strcmp(found, put->sha256) == 0)
        return TRUE;
    g_set_error(error, S3_ERROR, S3_ERROR_LOCAL,
                "%s: this file is not what it was: its sha256 is %s, expected %s", put->path, found,
                put->sha256);
    return FALSE;
}

static char *with_count(char *text, guint count)
{
    char *whole = g_strdup_printf("%s-%u", text, count);
    g_free(text);
    return whole;
}

static void prove(const Sending *sending, S3Proof *proof)
{
    guint8 digest[32];
    gsize length = sizeof digest;
    g_checksum_get_digest(sending->sha256s, digest, &length);
    *proof = (S3Proof){
        .bytes = sending->put->body.length,
        .sha256 = g_strdup(sending->put->sha256),
        .checksum = with_count(g_base64_encode(digest, length), sending->count),
        .etag = with_count(g_strdup(g_checksum_get_string(sending->md5s)), sending->count),
    };
}

/* "No such upload" may be the answer to a second attempt whose first one was heard: what is there
 * decides. */
static gboolean complete(Sending *sending, GError **error)
{
    S3Put *put = sending->put;
    g_autoptr(GArray) query = s3_pairs_new(), headers = s3_pairs_new();
    s3_pairs_add(query, "uploadId", sending->upload_id);
    s3_pairs_add(headers, "content-type", "application/xml");
    g_string_append(sending->list, "</CompleteMultipartUpload>");
    S3Body body = {.fd = -1, .bytes = sending->list->str, .length = (gint64)sending->list->len};
    if (!s3_body_hash(&body, "the list of parts", NULL, put->cancellable, error))
        return FALSE;
    const S3Request request = {.method = "POST",
                               .key = put->key,
                               .query = query,
                               .headers = headers,
                               .body = &body,
                               .stall_s = COMPLETE_S};
    g_autoptr(GError) why = NULL;
    if (!s3_uploads_complete(put->client, &request, put->cancellable, &why) &&
        !g_error_matches(why, S3_ERROR, S3_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    S3Proof proof;
    prove(sending, &proof);
    gboolean is_good = s3_put_verify(put, &proof, error);
    s3_proof_clear(&proof);
    return is_good;
}

static gboolean do_parts(Sending *sending, GError **error)
{
    sending->put->done = 0;
    sha256_init(&sending->whole);
    g_checksum_reset(sending->md5s);
    g_checksum_reset(sending->sha256s);
    g_string_assign(sending->list, "<CompleteMultipartUpload "
                                   "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (guint number = 1; number <= sending->count; number++)
        if (!do_part(sending, number, error))
            return FALSE;
    return is_same_file(sending, error) && complete(sending, error);
}

/* Whether what is at the server of this upload will never become the file. */
static gboolean is_of_no_use(const GError *error)
{
    static const S3ErrorCode codes[] = {S3_ERROR_FAILED,  S3_ERROR_NOT_FOUND, S3_ERROR_DIFFERS,
                                        S3_ERROR_CHANGED, S3_ERROR_TOO_LARGE, S3_ERROR_LOCAL};
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
        if (g_error_matches(error, S3_ERROR, (gint)codes[i]))
            return TRUE;
    return FALSE;
}

static void give_up(Sending *sending)
{
    S3Put *put = sending->put;
    g_autoptr(GError) ignored = NULL;
    if (!s3_uploads_abort(put->client, put->key, sending->upload_id, put->cancellable, &ignored))
        g_debug("an upload in parts stays unfinished: %s", ignored->message);
}

static gboolean send_all(Sending *sending, GError **error)
{
    g_autoptr(GError) why = NULL;
    if (!begin(sending, TRUE, error))
        return FALSE;
    if (do_parts(sending, &why))
        return TRUE;
    if (is_of_no_use(why)) {
        give_up(sending);
        if (sending->is_taken_up && !g_error_matches(why, S3_ERROR, S3_ERROR_LOCAL)) {
            g_debug("%s; from the beginning", why->message);
            return begin(sending, FALSE, error) && do_parts(sending, error);
        }
    }
    g_propagate_error(error, g_steal_pointer(&why));
    return FALSE;
}

gboolean s3_put_in_parts(S3Put *put, GError **error)
{
    Sending sending = {
        .put = put,
        .part_bytes = part_bytes_for(put->client->part_bytes, put->body.length),
        .sha256s = g_checksum_new(G_CHECKSUM_SHA256),
        .md5s = g_checksum_new(G_CHECKSUM_MD5),
        .list = g_string_new(NULL),
    };
    sending.count = (guint)((put->body.length + sending.part_bytes - 1) / sending.part_bytes);
    gboolean is_good = send_all(&sending, error);
    g_free(sending.upload_id);
    g_clear_pointer(&sending.there, g_hash_table_unref);
    g_checksum_free(sending.sha256s);
    g_checksum_free(sending.md5s);
    g_string_free(sending.list, TRUE);
    return is_good;
}
