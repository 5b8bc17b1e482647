/* Addresses and keys: what they may be, and how they are spelled in a request.
 * Threads: any, no shared state. */
#pragma once
#include <s3/s3.h>

/* Where a bucket is reached. */
typedef struct S3Place {
    char *bucket;
    char *prefix; /* "" or "shows/2026/" */
    char *scheme; /* "https" or "http" */
    char *host;   /* with its port, as in the header Host */
    char *path;   /* encoded, what goes before the key: "/" or "/bucket/" */
} S3Place;

/* S3_ERROR_INVALID. */
gboolean s3_place_init(S3Place *place, const S3Options *options, GError **error);
void s3_place_clear(S3Place *place);
/* Prefix and key together; NULL and S3_ERROR_INVALID when that cannot be a key. Free with g_free(). */
char *s3_place_key(const S3Place *place, const char *key, GError **error);
