/* A request's fields: for request.c and request-read.c only. */
#pragma once
#include "http-private.h"

typedef struct HttpHeader {
    const char *name;
    const char *value;
} HttpHeader;

struct HttpRequest {
    HttpConnection *connection; /* NULL: gone */
    const char *method;
    char *path;
    char *target;
    GArray *query; /* HttpParameter; NULL: not asked for yet */
    GSList *cookies;
    char client[HTTP_ADDRESS_CHARS];
    char peer[HTTP_ADDRESS_CHARS];
    gint64 body_length;
    gpointer slot;
    GDestroyNotify destroy;
    HttpRequestGone gone;
    gpointer gone_data;
    HttpRequestBody done;
    HttpRequestChunk chunk;
    HttpRequestRoom room; /* may be NULL */
    gpointer body_data;
    gsize max_bytes;
    GByteArray *collected;
    gboolean is_paused;
    gboolean is_complete;
    gboolean is_https;
    gboolean is_http_1_1;
    guint header_count;
    HttpHeader headers[]; /* their text lies behind them */
};
