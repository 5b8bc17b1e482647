/* What is sent: a stretch of a file or bytes at hand, with the checksums of it.
 * Threads: one at a time. */
#pragma once
#include <gio/gio.h>
#include <nettle/sha2.h>

typedef struct S3Body {
    int fd;            /* of a file that is open for reading; -1: `bytes` */
    gint64 offset;     /* where in the file it begins */
    const char *bytes; /* borrowed */
    gint64 length;
    gint64 sent; /* how far a request has read it */
    guint8 md5[16], sha256[32];
} S3Body;

/* Reads all of it once and keeps its checksums. `whole` (may be NULL) takes the bytes too. FALSE:
 * S3_ERROR_LOCAL, or given up. `path` stands in errors. */
gboolean s3_body_hash(S3Body *body, const char *path, struct sha256_ctx *whole,
                      GCancellable *cancellable, GError **error);
/* The next bytes, at most `length`; -1: they cannot be read, errno says why (0: the file is shorter
 * than it was). */
gssize s3_body_read(S3Body *body, void *bytes, gsize length);

/* Free these with g_free(). */
char *s3_hex(const guint8 *bytes, gsize length);
char *s3_base64_of_hex(const char *hex); /* NULL: not 64 hex digits */
gboolean s3_is_sha256(const char *hex);  /* NULL is none */
