/* A file on its way to the server. */
#pragma once
#include "check-private.h"

typedef struct S3Put {
    S3Client *client;
    const char *key;  /* whole */
    const char *path; /* for messages */
    const S3Transfer *transfer;
    GCancellable *cancellable;
    S3Body body;  /* all of it */
    char *sha256; /* of all of it, hex */
    gint64 done;  /* bytes of parts that are there */
} S3Put;

/* Headers that go with the object. */
void s3_put_describe(const S3Put *put, GArray *headers);
/* Headers that let the server check what arrives in one request. */
void s3_put_checksums(const S3Body *body, GArray *headers);
/* For S3Request.sent, with the S3Put. */
void s3_put_sent(gint64 bytes, gpointer put);
/* Asks the server what it has. */
gboolean s3_put_verify(S3Put *put, const S3Proof *proof, GError **error);
/* parts.c: in parts. */
gboolean s3_put_in_parts(S3Put *put, GError **error);
