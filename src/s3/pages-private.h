/* Answers that come page by page. Threads: as s3/s3.h. */
#pragma once
#include "request-private.h"
#include "xml-private.h"

typedef struct S3Pages {
    const char *root; /* the answer's element: "ListBucketResult" */
    const char *row;  /* "Contents" */
    const char *key;  /* of the request; NULL: the bucket */
    /* How one page names the next: the element that holds a mark, and the parameter that takes it. */
    const char *marks[2], *parameters[2];
    const GArray *query; /* of every page */
} S3Pages;

/* `row` is borrowed for the call. FALSE with `error` set ends it. */
typedef gboolean (*S3Row)(GHashTable *row, gpointer data, GError **error);
gboolean s3_pages_each(S3Client *client, const S3Pages *pages, S3Row each, gpointer data,
                       GCancellable *cancellable, GError **error);
/* Does the request and reads its answer. */
S3Xml *s3_pages_ask(S3Client *client, const S3Request *request, const char *root, const char *row,
                    GCancellable *cancellable, GError **error);
/* -1: not there, or no number that can be. */
gint64 s3_row_number(GHashTable *row, const char *name);
gint64 s3_row_time_s(GHashTable *row, const char *name); /* 0: not there, or no time */
