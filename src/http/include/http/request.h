/* A request, its body, and the reply to it.
 *
 * Life: a request is its handler's until http_request_reply() (or http_websocket_accept()), which
 * ends it: not to be touched afterwards. Each gets exactly one reply, also one whose client went
 * away (the reply is then thrown away). Strings belong to the request.
 *
 * The body is asked for in the handler, or later, as a whole (collect) or in chunks (stream).
 * Until it is asked for it waits with the client, and "100 Continue" is not sent. A reply before the
 * end of the body: what is left of it, when little, is read and thrown away; when it is much, the
 * connection is closed after the reply (which then has to be bytes of at most 64 KiB, or it waits
 * until up to 16 MiB were thrown away).
 *
 * Threads: the server's. Callbacks come from the loop, never from within a function of this header. */
#pragma once
#include <glib.h>

typedef struct HttpRequest HttpRequest;

/* ---- what was asked ---- */

/* As sent: "GET". HEAD is asked as HEAD; its reply is the one to GET, the room leaves the body out. */
const char *http_request_method(const HttpRequest *request);
/* Percent-decoded UTF-8, begins with '/'. No NUL, no control characters, no "." or ".." segment, no
 * encoded '/': those were refused with 400. "//" stays. "*" for OPTIONS *. */
const char *http_request_path(const HttpRequest *request);
/* As sent, with the query: for signatures and logs. */
const char *http_request_target(const HttpRequest *request);
/* The first parameter of that name, decoded ('+' is a space), or NULL. "a" alone is "". */
const char *http_request_query(const HttpRequest *request, const char *name);
/* The first header of that name (any case), or NULL. Without white space around it. */
const char *http_request_header(const HttpRequest *request, const char *name);
/* Whether a header that is a comma-separated list (all lines of it) has this token, in any case. */
gboolean http_request_header_has(const HttpRequest *request, const char *name, const char *token);
/* The first cookie of that name, as sent, without quotes, or NULL. */
const char *http_request_cookie(const HttpRequest *request, const char *name);
/* The client's address, "192.0.2.1" or "2001:db8::1": behind trusted proxies what they say. */
const char *http_request_client_address(const HttpRequest *request);
/* The socket's other end. */
const char *http_request_peer_address(const HttpRequest *request);
/* "http", or "https" when a trusted proxy says so. */
const char *http_request_scheme(const HttpRequest *request);
/* Bytes declared; 0 without a body; -1 when it is chunked. */
gint64 http_request_body_length(const HttpRequest *request);

/* One slot of the handler's. `destroy` (may be NULL) is called when the request ends. */
void http_request_set_data(HttpRequest *request, gpointer data, GDestroyNotify destroy);
gpointer http_request_get_data(const HttpRequest *request);

/* The client went away before it was replied to. At most once; a reply is still owed, from here or
 * later. A client that only closes its sending side counts as gone. */
typedef void (*HttpRequestGone)(HttpRequest *request, gpointer data);
void http_request_on_gone(HttpRequest *request, HttpRequestGone gone, gpointer data);
gboolean http_request_is_gone(const HttpRequest *request);

/* ---- its body ---- */

/* The whole body. Not called when it was longer than allowed (the room replied 413, the request is
 * over: its slot's `destroy` says so) or the client went away (`gone` says so). */
typedef void (*HttpRequestBody)(HttpRequest *request, GBytes *body, gpointer data);
/* Keeps up to `max_bytes` in memory. Once, and not with stream(). */
void http_request_collect(HttpRequest *request, gsize max_bytes, HttpRequestBody done,
                          gpointer data);

/* The next bytes, borrowed for the call; length 0: the body is complete. May pause and may reply. */
typedef void (*HttpRequestChunk)(HttpRequest *request, const guint8 *bytes, gsize length,
                                 gpointer data);
/* Hands the body over as it comes, in pieces of at most 64 KiB. Once, and not with collect(). */
void http_request_stream(HttpRequest *request, HttpRequestChunk chunk, gpointer data);
/* A place for bytes that have not come yet, and how many it takes; NULL and 0: none just now. Not to
 * be moved until the next chunk. */
typedef guint8 *(*HttpRequestRoom)(gsize *length, gpointer data);
/* The same, for long bodies: most of one is read to where `room` says, and given from there, in pieces
 * as large as that; so the handler has not to copy it. Its first piece, a short body and one without
 * a declared length come as with stream(). The reply to it has no file. */
void http_request_stream_into(HttpRequest *request, HttpRequestRoom room, HttpRequestChunk chunk,
                              gpointer data);
/* No chunk comes (the end neither) until resume(): the client waits, the room keeps no more than
 * the chunk it has read. */
void http_request_pause(HttpRequest *request);
void http_request_resume(HttpRequest *request);

/* ---- the reply ---- */

typedef struct HttpReply HttpReply;

HttpReply *http_reply_new(guint status) G_GNUC_WARN_UNUSED_RESULT; /* 200–599 */
guint http_reply_status(const HttpReply *reply); /* what it has now, for logs and metrics */
/* One more header line. Not Content-Length, Transfer-Encoding, Connection, Date: those are the
 * room's. FALSE and left out: the value has a control character. */
gboolean http_reply_header(HttpReply *reply, const char *name, const char *value);
/* The bytes are referenced. */
void http_reply_bytes(HttpReply *reply, GBytes *bytes);
/* `content_type` may be NULL; the text is copied. */
void http_reply_text(HttpReply *reply, const char *content_type, const char *text);
/* `fd` is taken and closed when it was sent. The caller knows that the file has these bytes: when it
 * turns out shorter the connection is cut, so that the client notices. */
void http_reply_file(HttpReply *reply, int fd, gint64 offset, gint64 length_bytes);
void http_reply_free(HttpReply *reply); /* one that was not used. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpReply, http_reply_free)

/* Takes the reply, ends the request. */
void http_request_reply(HttpRequest *request, HttpReply *reply);
/* A short one: http_reply_new, _text, http_request_reply. */
void http_request_reply_text(HttpRequest *request, guint status, const char *content_type,
                             const char *text);

/* ---- files with their conditions ---- */

typedef struct HttpFile {
    int fd;              /* taken */
    gint64 length_bytes; /* what is served of it, from 0 */
    const char *etag;    /* strong, with its quotes: "\"abc\""; NULL: none */
    gint64 modified_s;   /* Unix time; 0: not known */
} HttpFile;

/* Replies with the file as the request's conditions ask: If-Match and If-None-Match (or
 * If-Modified-Since) give 412 or 304, one Range (with If-Range) 206 or 416; several ranges get the
 * whole file. `headers`: an HttpReply of 200 without a body, taken, for everything else (type,
 * caching, security). GET and HEAD. RFC 9110, 13 and 14. */
void http_request_reply_file(HttpRequest *request, HttpReply *headers, const HttpFile *file);
