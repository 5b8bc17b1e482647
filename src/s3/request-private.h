/* One request to the server and its answer, with attempts and pauses.
 * Threads: as s3/s3.h. */
#pragma once
#include "body-private.h"
#include "client-private.h"
#include "sign-private.h"

/* Headers of an answer that somebody asks for; others are passed over. */
typedef enum {
    S3_HEADER_ETAG,
    S3_HEADER_CONTENT_LENGTH,
    S3_HEADER_CONTENT_RANGE,
    S3_HEADER_LAST_MODIFIED,
    S3_HEADER_CHECKSUM_SHA256,
    S3_HEADER_META_SHA256,
    S3_HEADER_ENCRYPTION,
    S3_HEADER_CUSTOMER_KEY,
    S3_HEADER_RETRY_AFTER,
    S3_HEADER_DATE,
    S3_HEADER_REGION,
    S3_HEADERS,
} S3Header;

typedef struct S3Answer {
    guint status;
    GByteArray *body;          /* as far as it did not go to a sink */
    char *headers[S3_HEADERS]; /* NULL: not there */
} S3Answer;
void s3_answer_clear(S3Answer *answer);

/* Takes bytes of a good answer (2xx). FALSE with `error` set ends the request. */
typedef gboolean (*S3Sink)(const S3Answer *answer, const void *bytes, gsize length, gpointer data,
                           GError **error);

typedef struct S3Request {
    const char *method;
    const char *key; /* whole; NULL: the bucket itself */
    GArray *query;   /* of S3Pair; NULL: none */
    GArray *headers; /* more to sign and send; NULL: none */
    S3Body *body;    /* hashed; NULL: none */
    gsize limit;     /* of the answer's body in memory; 0: 8 MiB */
    S3Sink sink;     /* NULL: into the answer */
    gpointer sink_data;
    void (*sent)(gint64 bytes, gpointer data); /* of the body, in this attempt. May be NULL */
    gpointer sent_data;
    guint stall_s; /* when it may take longer than the client's */
} S3Request;

/* TRUE: the status is 2xx. FALSE: the error is made from the answer, in which the status stays (0: there
 * was none). `answer` is cleared first, and by the caller afterwards. */
gboolean s3_request_do(S3Client *client, const S3Request *request, S3Answer *answer,
                       GCancellable *cancellable, GError **error);
/* Of a request that deletes: what is not there is deleted already, and the answer says nothing. */
gboolean s3_request_remove(S3Client *client, const S3Request *request, GCancellable *cancellable,
                           GError **error);
/* As s3_request_do(), once. `is_passing`: another attempt may help. */
gboolean s3_request_try(S3Client *client, const S3Request *request, S3Answer *answer,
                        gboolean *is_passing, GCancellable *cancellable, GError **error);
/* Waits before attempt number `attempt` + 1 (from 1). FALSE: given up meanwhile. */
gboolean s3_request_pause(const S3Client *client, guint attempt, const S3Answer *answer,
                          GCancellable *cancellable, GError **error);

/* answer.c: what an answer that is not 2xx says. */
void s3_answer_fail(const S3Answer *answer, const S3Client *client, const S3Request *request,
                    gboolean *is_passing, GError **error);
/* "PUT s3://bucket/prefix/key", for messages. Free with g_free(). */
char *s3_request_name(const S3Client *client, const S3Request *request);
/* Keeps a header line of an answer when somebody asks for it. */
void s3_answer_take_line(S3Answer *answer, const char *line, gsize length);
