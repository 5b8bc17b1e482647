/* Signature Version 4 of Amazon's services, for S3: pure functions of what is signed and when.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 * Threads: any, no shared state. */
#pragma once
#include <glib.h>

/* A header or a parameter of the query, as it is before encoding. */
typedef struct S3Pair {
    char *name, *value;
} S3Pair;
GArray *s3_pairs_new(void); /* of S3Pair, which it owns; free with g_array_unref() */
void s3_pairs_add(GArray *pairs, const char *name, const char *value);

typedef struct S3Signing {
    const char *key_id, *secret, *region, *service; /* service: "s3" */
    gint64 time_s;
    const char *method;
    const char *path;         /* encoded */
    const GArray *query;      /* NULL: none */
    const GArray *headers;    /* all of them are signed; "host" is among them */
    const char *payload_hash; /* hex of the body's sha256, or "UNSIGNED-PAYLOAD" */
} S3Signing;

/* Free all of these with g_free(). */

/* The value of the header Authorization. */
char *s3_sign(const S3Signing *signing);
/* The whole query of an address that carries its signature: the query that was given, and the
 * X-Amz-… parameters. `session_token` may be NULL. */
char *s3_sign_query(const S3Signing *signing, guint seconds, const char *session_token);
/* "20130524T000000Z" */
char *s3_sign_time(gint64 time_s);
/* All but A–Z a–z 0–9 - . _ ~ as %XX; `keep` (a set of characters, may be "") stays too. */
char *s3_encode(const char *text, const char *keep);
/* "a=1&b=" sorted and encoded: the canonical form, which is also what is sent. */
char *s3_encode_query(const GArray *query);
