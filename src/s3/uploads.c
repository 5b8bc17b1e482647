/* Uploads in parts at the server. */
#include "uploads-private.h"

#include "pages-private.h"

#include <string.h>

enum { PART_NUMBER_MAX = 10000 };

char *s3_uploads_create(S3Client *client, const S3Request *request, GCancellable *cancellable,
                        GError **error)
{
    g_autoptr(S3Xml) xml =
        s3_pages_ask(client, request, "InitiateMultipartUploadResult", NULL, cancellable, error);
    if (xml == NULL)
        return NULL;
    const char *id = s3_xml_field(xml, "UploadId");
    if (id != NULL && *id != '\0')
        return g_strdup(id);
    g_autofree char *name = s3_request_name(client, request);
    g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "%s: the answer has no UploadId", name);
    return NULL;
}

/* ---- finding ---- */

/* Those below a prefix, which may be a whole key. */
static gboolean each_upload(S3Client *client, const char *prefix, S3Row each, gpointer data,
                            GCancellable *cancellable, GError **error)
{
    g_autoptr(GArray) query = s3_pairs_new();
    s3_pairs_add(query, "uploads", "");
    s3_pairs_add(query, "prefix", prefix);
    const S3Pages pages = {
        .root = "ListMultipartUploadsResult",
        .row = "Upload",
        .marks = {"NextKeyMarker", "NextUploadIdMarker"},
        .parameters = {"key-marker", "upload-id-marker"},
        .query = query,
    };
    return s3_pages_each(client, &pages, each, data, cancellable, error);
}

typedef struct Find {
    const char *key;
    char *id;
    gint64 began_s;
} Find;

static gboolean look_at_upload(GHashTable *row, gpointer data, GError **error)
{
    Find *find = data;
    (void)error;
    const char *id = g_hash_table_lookup(row, "UploadId");
    gint64 began_s = s3_row_time_s(row, "Initiated");
    if (id == NULL || g_strcmp0(g_hash_table_lookup(row, "Key"), find->key) != 0 ||
        (find->id != NULL && began_s < find->began_s))
        return TRUE;
    g_free(find->id);
    find->id = g_strdup(id);
    find->began_s = began_s;
    return TRUE;
}

char *s3_uploads_find(S3Client *client, const char *key, GCancellable *cancellable, GError **error)
{
    Find find = {.key = key};
    if (each_upload(client, key, look_at_upload, &find, cancellable, error))
        return find.id;
    g_free(find.id);
    return NULL;
}

/* ---- parts ---- */

static void free_part(gpointer data)
{
    S3Part *part = data;
    g_free(part->etag);
    g_free(part->sha256);
    g_free(part);
}

static gboolean take_part(GHashTable *row, gpointer data, GError **error)
{
    GHashTable *parts = data;
    (void)error;
    gint64 number = s3_row_number(row, "PartNumber");
    const char *etag = g_hash_table_lookup(row, "ETag");
    if (number < 1 || number > PART_NUMBER_MAX || etag == NULL)
        return TRUE; /* is sent again */
    S3Part *part = g_new0(S3Part, 1);
    part->bytes = s3_row_number(row, "Size");
    part->sha256 = g_strdup(g_hash_table_lookup(row, "ChecksumSHA256"));
    gsize length = strlen(etag);
    gboolean is_quoted = length >= 2 && etag[0] == '"' && etag[length - 1] == '"';
    part->etag = is_quoted ? g_strndup(etag + 1, length - 2) : g_strdup(etag);
    g_hash_table_replace(parts, GUINT_TO_POINTER((guint)number), part);
    return TRUE;
}

GHashTable *s3_uploads_parts(S3Client *client, const char *key, const char *upload_id,
                             GCancellable *cancellable, GError **error)
{
    g_autoptr(GArray) query = s3_pairs_new();
    g_autoptr(GHashTable) parts = g_hash_table_new_full(NULL, NULL, NULL, free_part);
    s3_pairs_add(query, "uploadId", upload_id);
    const S3Pages pages = {
        .root = "ListPartsResult",
        .row = "Part",
        .key = key,
        .marks = {"NextPartNumberMarker"},
        .parameters = {"part-number-marker"},
        .query = query,
    };
    return s3_pages_each(client, &pages, take_part, parts, cancellable, error)
               ? g_steal_pointer(&parts)
               : NULL;
}

/* ---- ends ---- */

/* While it puts the parts together a server sends 200 and spaces; only then it knows. */
static gboolean try_complete(S3Client *client, const S3Request *request, gboolean *is_passing,
                             GCancellable *cancellable, GError **error)
{
    S3Answer answer = {0};
    gboolean is_good = s3_request_do(client, request, &answer, cancellable, error);
    *is_passing = FALSE;
    if (is_good) {
        const char *text = (const char *)answer.body->data;
        g_autofree char *copy = g_strndup(text != NULL ? text : "", answer.body->len);
        g_strstrip(copy);
        g_autoptr(S3Xml) xml = s3_xml_parse(copy, strlen(copy), NULL, error);
        is_good = xml != NULL && strcmp(xml->root, "CompleteMultipartUploadResult") == 0;
        if (xml != NULL && !is_good)
            s3_answer_fail(&answer, client, request, is_passing, error);
    }
    s3_answer_clear(&answer);
    return is_good;
}

gboolean s3_uploads_complete(S3Client *client, const S3Request *request, GCancellable *cancellable,
                             GError **error)
{
    for (guint attempt = 1;; attempt++) {
        g_autoptr(GError) why = NULL;
        gboolean is_passing;
        if (try_complete(client, request, &is_passing, cancellable, &why))
            return TRUE;
        if (!is_passing || attempt >= client->attempts) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        if (!s3_request_pause(client, attempt, NULL, cancellable, error))
            return FALSE;
    }
}

gboolean s3_uploads_abort(S3Client *client, const char *key, const char *upload_id,
                          GCancellable *cancellable, GError **error)
{
    g_autoptr(GArray) query = s3_pairs_new();
    s3_pairs_add(query, "uploadId", upload_id);
    const S3Request request = {.method = "DELETE", .key = key, .query = query};
    return s3_request_remove(client, &request, cancellable, error);
}

/* ---- stale ones ---- */

typedef struct Stale {
    gint64 before_s;
    GArray *found; /* of S3Pair: key, id */
} Stale;

static gboolean note_stale(GHashTable *row, gpointer data, GError **error)
{
    Stale *stale = data;
    (void)error;
    const char *key = g_hash_table_lookup(row, "Key"), *id = g_hash_table_lookup(row, "UploadId");
    gint64 began_s = s3_row_time_s(row, "Initiated");
    if (key != NULL && id != NULL && began_s > 0 && began_s <= stale->before_s)
        s3_pairs_add(stale->found, key, id);
    return TRUE;
}

static gboolean abort_found(S3Client *client, const GArray *found, guint *aborted,
                            GCancellable *cancellable, GError **error)
{
    for (guint i = 0; i < found->len; i++) {
        const S3Pair *upload = &g_array_index(found, S3Pair, i);
        if (!s3_uploads_abort(client, upload->name, upload->value, cancellable, error))
            return FALSE;
        ++*aborted;
    }
    return TRUE;
}

gboolean s3_abort_stale_uploads(S3Client *client, gint64 age_s, guint *aborted,
                                GCancellable *cancellable, GError **error)
{
    g_autoptr(GArray) found = s3_pairs_new();
    Stale stale = {.before_s = g_get_real_time() / G_USEC_PER_SEC - MAX(age_s, 0), .found = found};
    guint count = 0;
    gboolean is_good =
        each_upload(client, client->place.prefix, note_stale, &stale, cancellable, error) &&
        abort_found(client, found, &count, cancellable, error);
    if (aborted != NULL)
        *aborted = count;
    return is_good;
}
