/* Whether what a server has is what was sent, or what was fetched is what it has. */
#pragma once
#include "request-private.h"

/* What is known of an object's bytes; NULL: not known. */
typedef struct S3Proof {
    gint64 bytes;
    char *sha256;   /* hex, of the whole */
    char *checksum; /* as x-amz-checksum-sha256 spells it, with "-n" of n parts */
    char *etag;     /* as it is where it is made of MD5s */
} S3Proof;
void s3_proof_clear(S3Proof *proof);
/* Of a body that was hashed, sent or fetched at once. */
void s3_proof_of_body(S3Proof *proof, const S3Body *body);

/* Compares with the headers of an answer, as far as it has them; S3_ERROR_DIFFERS names what is
 * different. */
gboolean s3_check(const S3Answer *answer, const S3Proof *proof, const char *name, GError **error);
/* The same for an ETag alone: TRUE also when it is not made of MD5s. */
gboolean s3_check_etag(const S3Answer *answer, const char *expected, const char *name,
                       GError **error);
/* Without quotes and "W/"; NULL: none. Free with g_free(). */
char *s3_etag(const char *header);
/* The length that an answer to HEAD says; -1: none that can be. */
gint64 s3_answer_length(const S3Answer *answer);
