/* What objects there are, and their end. */
#include "check-private.h"
#include "pages-private.h"

#include <curl/curl.h>
#include <string.h>

void s3_object_free(S3Object *object)
{
    if (object == NULL)
        return;
    g_free(object->key);
    g_free(object->etag);
    g_free(object->sha256);
    g_free(object);
}

S3Object *s3_head(S3Client *client, const char *key, GCancellable *cancellable, GError **error)
{
    g_autofree char *whole = s3_place_key(&client->place, key, error);
    if (whole == NULL)
        return NULL;
    const S3Request request = {.method = "HEAD", .key = whole};
    S3Answer answer = {0};
    S3Object *object = NULL;
    if (s3_request_do(client, &request, &answer, cancellable, error)) {
        const char *modified = answer.headers[S3_HEADER_LAST_MODIFIED];
        const char *sha256 = answer.headers[S3_HEADER_META_SHA256];
        object = g_new0(S3Object, 1);
        object->key = g_strdup(key);
        object->bytes = s3_answer_length(&answer);
        object->modified_s = modified != NULL ? MAX((gint64)curl_getdate(modified, NULL), 0) : 0;
        object->etag = s3_etag(answer.headers[S3_HEADER_ETAG]);
        object->sha256 = s3_is_sha256(sha256) ? g_strdup(sha256) : NULL;
    }
    s3_answer_clear(&answer);
    if (object == NULL || object->bytes >= 0)
        return object;
    g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "HEAD %s/%s: the answer has no length",
                client->url, key);
    s3_object_free(object);
    return NULL;
}

/* ---- listing ---- */

typedef struct Listing {
    S3Client *client;
    S3Each each;
    gpointer data;
} Listing;

static gboolean take_object(GHashTable *row, gpointer data, GError **error)
{
    const Listing *listing = data;
    const char *key = g_hash_table_lookup(row, "Key");
    const char *prefix = listing->client->place.prefix;
    gint64 bytes = s3_row_number(row, "Size");
    if (key == NULL || !g_str_has_prefix(key, prefix) || bytes < 0) {
        g_set_error(error, S3_ERROR, S3_ERROR_ANSWER,
                    "%s: the server lists what was not asked for, or without a length",
                    listing->client->url);
        return FALSE;
    }
    g_autofree char *etag = s3_etag(g_hash_table_lookup(row, "ETag"));
    const S3Object object = {.key = (char *)key + strlen(prefix),
                             .bytes = bytes,
                             .modified_s = s3_row_time_s(row, "LastModified"),
                             .etag = etag};
    return *object.key == '\0' || listing->each(&object, listing->data, error);
}

gboolean s3_list(S3Client *client, const char *prefix, S3Each each, gpointer data,
                 GCancellable *cancellable, GError **error)
{
    g_autofree char *whole = g_strconcat(client->place.prefix, prefix, NULL);
    g_autoptr(GArray) query = s3_pairs_new();
    s3_pairs_add(query, "list-type", "2");
    s3_pairs_add(query, "prefix", whole);
    const S3Pages pages = {
        .root = "ListBucketResult",
        .row = "Contents",
        .marks = {"NextContinuationToken"},
        .parameters = {"continuation-token"},
        .query = query,
    };
    Listing listing = {client, each, data};
    return s3_pages_each(client, &pages, take_object, &listing, cancellable, error);
}

/* ---- deleting ---- */

gboolean s3_delete(S3Client *client, const char *key, GCancellable *cancellable, GError **error)
{
    g_autofree char *whole = s3_place_key(&client->place, key, error);
    if (whole == NULL)
        return FALSE;
    const S3Request request = {.method = "DELETE", .key = whole};
    return s3_request_remove(client, &request, cancellable, error);
}

/* Keys that end with a slash are what some programs show as folders; this room makes none. */
static gboolean note_key(const S3Object *object, gpointer data, GError **error)
{
    (void)error;
    if (!g_str_has_suffix(object->key, "/"))
        g_ptr_array_add(data, g_strdup(object->key));
    return TRUE;
}

/* Listed first, so that pages do not move while they are read. */
gboolean s3_delete_all(S3Client *client, const char *prefix, guint *deleted,
                       GCancellable *cancellable, GError **error)
{
    g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
    guint count = 0;
    g_assert(prefix != NULL && *prefix != '\0');
    gboolean is_good = s3_list(client, prefix, note_key, keys, cancellable, error);
    while (is_good && count < keys->len) {
        is_good = s3_delete(client, keys->pdata[count], cancellable, error);
        count += is_good ? 1 : 0;
    }
    if (deleted != NULL)
        *deleted = count;
    return is_good;
}
