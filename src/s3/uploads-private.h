/* Uploads in parts, as the server keeps them. Threads: as s3/s3.h. */
#pragma once
#include "request-private.h"

typedef struct S3Part {
    gint64 bytes;
    char *etag;   /* without quotes, never NULL */
    char *sha256; /* base64; NULL: the server does not say */
} S3Part;

/* The id of a new one; free with g_free(). */
char *s3_uploads_create(S3Client *client, const S3Request *request, GCancellable *cancellable,
                        GError **error);
/* The one of this key that began last. NULL without an error: there is none. */
char *s3_uploads_find(S3Client *client, const char *key, GCancellable *cancellable, GError **error);
/* Its parts: number (GUINT_TO_POINTER) → S3Part, owned. */
GHashTable *s3_uploads_parts(S3Client *client, const char *key, const char *upload_id,
                             GCancellable *cancellable, GError **error);
/* Puts the parts together. Servers may say 200 and mean a failure. */
gboolean s3_uploads_complete(S3Client *client, const S3Request *request, GCancellable *cancellable,
                             GError **error);
gboolean s3_uploads_abort(S3Client *client, const char *key, const char *upload_id,
                          GCancellable *cancellable, GError **error);
