/* A client of object storage that speaks S3 (Amazon's, MinIO, Ceph, R2, versitygw …), of use to
 * anyone. Requests are signed with SigV4; what can pass by itself (503, SlowDown, a cut connection)
 * is tried again with growing, random pauses; what was sent is verified before a call says yes.
 *
 * Every function that takes a GCancellable blocks until its work is done, for hours perhaps: call
 * them from worker threads, never from a main loop. A client may be used by several threads at once.
 * Giving up through the GCancellable takes up to a second. The process ignores SIGPIPE, which TLS
 * libraries cause when a connection ends under them.
 *
 * Keys are relative to the prefix of the client's URL. They are UTF-8, at most 1024 bytes with the
 * prefix, without empty, "." and ".." segments and control characters. Sizes: bytes. Times: seconds
 * since 1970, UTC. Errors: s3/error.h. Redirects are never followed, and no address of the link-local
 * network (169.254.0.0/16, fe80::/10: where clouds keep their secrets) is ever connected to. */
#pragma once
#include <gio/gio.h>
#include <s3/error.h>

typedef enum {
    S3_ADDRESSING_AUTO = 0, /* Amazon's own: in the host; an endpoint that was given: in the path */
    S3_ADDRESSING_PATH,     /* https://host/bucket/key */
    S3_ADDRESSING_HOST,     /* https://bucket.host/key */
} S3Addressing;

/* Strings are copied. Numbers: 0 is the default. */
typedef struct S3Options {
    const char *url;           /* "s3://bucket" or "s3://bucket/some/prefix" */
    const char *endpoint;      /* "https://s3.example:9000"; NULL: Amazon's, of the region */
    const char *region;        /* NULL: "us-east-1" */
    const char *key_id;        /* the access key's id */
    const char *secret;        /* its secret */
    const char *session_token; /* of temporary credentials; NULL: none */
    S3Addressing addressing;
    guint attempts;    /* of each request, 1 … 20 (6) */
    guint pause_ms;    /* before the second attempt, doubled for each later one (250) */
    guint stall_s;     /* a connection that moves less than 1 kB/s for so long is given up (30) */
    gint64 part_bytes; /* larger files go in parts of this size, 5 MiB … 5 GiB (8 MiB) */
    gint64 send_bytes_per_s; /* how fast files are sent at most (no limit) */
} S3Options;

typedef struct S3Client S3Client;

/* Checks the options; nothing is sent. S3_ERROR_INVALID. */
S3Client *s3_client_new(const S3Options *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void s3_client_free(S3Client *client); /* after its calls; wipes the secrets. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Client, s3_client_free)
/* "s3://bucket/prefix", for messages. Borrowed. */
const char *s3_client_url(const S3Client *client);

/* How far a transfer is: called from the thread of the call, often. */
typedef void (*S3Progress)(gint64 done_bytes, gint64 total_bytes, gpointer data);

/* What is known of a file, and who wants to hear of it. All may be NULL. */
typedef struct S3Transfer {
    const char *sha256; /* of the whole file, 64 hex digits, as the caller knows it: checked */
    const char *content_type; /* of what is sent */
    const char *tags; /* of what is sent, for rules of the bucket: "kind=iso&show=17"; not every
                                 server takes them */
    S3Progress progress;
    gpointer data;
} S3Transfer;

/* What the server says of an object. */
typedef struct S3Object {
    char *key;
    gint64 bytes;
    gint64 modified_s;
    char *etag; /* without quotes; NULL: the server gave none */
    char *
        sha256; /* of the whole object, hex, as its sender said; from s3_head() only; NULL: unknown */
} S3Object;
void s3_object_free(S3Object *object); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(S3Object, s3_object_free)

/* Sends a file: at once, or from part_bytes on in parts. An upload of the same key in parts that was
 * broken off is taken up where the server's parts are those of this file. Its sha256 stays with the
 * object (x-amz-meta-sha256). Then the server is asked what it has: length, sha256 and, where it is
 * one, the MD5 in the ETag must be right (S3_ERROR_DIFFERS). `transfer` may be NULL. */
gboolean s3_put_file(S3Client *client, const char *key, const char *path,
                     const S3Transfer *transfer, GCancellable *cancellable, GError **error);
/* The same for bytes that are at hand (at most 5 GiB): one request. */
gboolean s3_put_bytes(S3Client *client, const char *key, GBytes *bytes, const S3Transfer *transfer,
                      GCancellable *cancellable, GError **error);

/* Fetches an object into a file, which appears whole, verified (length, sha256 or MD5 as far as the
 * server knows one) and synced, or not at all; what is there already is replaced. Until then it is a
 * hidden file beside it, which a later call for the same object goes on with. */
gboolean s3_get_file(S3Client *client, const char *key, const char *path,
                     const S3Transfer *transfer, GCancellable *cancellable, GError **error);
/* A small object, verified alike. S3_ERROR_TOO_LARGE when it has more than `limit` (1 or more) bytes. */
GBytes *s3_get_bytes(S3Client *client, const char *key, gsize limit, GCancellable *cancellable,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* S3_ERROR_NOT_FOUND when there is no such object; where listing is not allowed servers may say
 * S3_ERROR_DENIED instead. */
S3Object *s3_head(S3Client *client, const char *key, GCancellable *cancellable,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* `object` is borrowed for the call. FALSE with `error` set ends the listing. */
typedef gboolean (*S3Each)(const S3Object *object, gpointer data, GError **error);
/* All objects whose key begins with `prefix` ("" or NULL: all of the client), in the server's order,
 * which is that of the bytes of the keys; page by page, so memory does not grow with their number. */
gboolean s3_list(S3Client *client, const char *prefix, S3Each each, gpointer data,
                 GCancellable *cancellable, GError **error);

/* An object that is not there is deleted already. */
gboolean s3_delete(S3Client *client, const char *key, GCancellable *cancellable, GError **error);
/* All below a prefix, which is not empty. `deleted` may be NULL. */
gboolean s3_delete_all(S3Client *client, const char *prefix, guint *deleted,
                       GCancellable *cancellable, GError **error);

/* Uploads in parts that began longer ago than `age_s` and never ended: their parts cost money and
 * nobody sees them. `aborted` (may be NULL): how many. */
gboolean s3_abort_stale_uploads(S3Client *client, gint64 age_s, guint *aborted,
                                GCancellable *cancellable, GError **error);

/* An address by which anybody may do one thing ("GET", "PUT", "HEAD") with one object for `seconds`
 * (1 … 604800), counted from now. `download_name` (GET; NULL: none): the name under which browsers
 * save it. Nothing is sent. It is a secret for as long as it counts: keep it out of logs. Free with
 * g_free(). */
char *s3_presign(const S3Client *client, const char *method, const char *key, guint seconds,
                 const char *download_name, GError **error) G_GNUC_WARN_UNUSED_RESULT;
