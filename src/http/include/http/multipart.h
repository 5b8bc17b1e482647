/* Reads multipart/form-data (RFC 7578) as it comes, in pieces of any size, holding only what is
 * needed to see a boundary. Knows nothing of requests: feed it what a body's stream gives.
 * Threads: any, one at a time. */
#pragma once
#include <http/error.h>

typedef struct HttpMultipart HttpMultipart;

/* A field that is 0 has the value in parentheses. */
typedef struct HttpMultipartLimits {
    guint parts;        /* (64) */
    gsize header_bytes; /* of one part (8192) */
} HttpMultipartLimits;

typedef struct HttpMultipartEvents {
    /* A part begins. Borrowed for the call; `file_name` and `content_type` are NULL when not given.
     * Names are as the client wrote them, checked for UTF-8 and control characters only. FALSE ends
     * the reading: feed() is FALSE with HTTP_ERROR_FAILED. */
    gboolean (*begin)(const char *name, const char *file_name, const char *content_type,
                      gpointer data);
    /* Bytes of the part, borrowed for the call, at most what one feed() held (or the few that
     * looked like a boundary at the end of the one before). */
    gboolean (*bytes)(const guint8 *bytes, gsize length, gpointer data);
    /* The part is complete. */
    gboolean (*end)(gpointer data);
} HttpMultipartEvents;

/* The boundary of a Content-Type header, or NULL when it is not multipart/form-data with a boundary
 * of 1–70 allowed characters. Free with g_free(). */
char *http_multipart_boundary(const char *content_type);

HttpMultipart *http_multipart_new(const char *boundary, const HttpMultipartLimits *limits,
                                  const HttpMultipartEvents *events,
                                  gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* FALSE: HTTP_ERROR_SYNTAX, HTTP_ERROR_TOO_LARGE (a limit), HTTP_ERROR_FAILED (a callback said so).
 * Nothing may be fed after that. */
gboolean http_multipart_feed(HttpMultipart *multipart, const guint8 *bytes, gsize length,
                             GError **error);
/* How many of the last bytes of this part are held back: they may begin a boundary. When they do not,
 * they are given first, from elsewhere; so who has the next bytes read to where they belong leaves so
 * much room before them. */
gsize http_multipart_held(const HttpMultipart *multipart);
/* The body is over: FALSE and HTTP_ERROR_SYNTAX when its last boundary did not come. */
gboolean http_multipart_finish(const HttpMultipart *multipart, GError **error);
void http_multipart_free(HttpMultipart *multipart); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpMultipart, http_multipart_free)
