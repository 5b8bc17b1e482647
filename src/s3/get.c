/* Fetching. What always holds: a file appears under its name whole, verified and synced. What was
 * fetched before a failure is kept in a file whose name holds the object's ETag, so that it is gone
 * on with only while the object is the same. */
#include "check-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fetch {
    S3Client *client;
    const char *key; /* whole */
    const char *path;
    char *folder, *part_path;
    const S3Transfer *transfer;
    GCancellable *cancellable;
    S3Proof proof; /* what the object must be */
    char *etag;    /* as the server spells it; NULL: it gave none */
    int fd;
    gint64 have;        /* bytes in the file */
    gboolean has_begun; /* this attempt's bytes have a place */
} Fetch;

static gboolean fail_errno(GError **error, const char *path, const char *doing)
{
    g_set_error(error, S3_ERROR, S3_ERROR_LOCAL, "%s: cannot %s: %s", path, doing,
                g_strerror(errno));
    return FALSE;
}

/* ---- what the object is ---- */

/* Of headers, what can be compared with the bytes of a whole object. */
static void expect(const S3Answer *answer, S3Proof *proof)
{
    const char *sha256 = answer->headers[S3_HEADER_META_SHA256];
    const char *checksum = answer->headers[S3_HEADER_CHECKSUM_SHA256];
    proof->bytes = s3_answer_length(answer);
    proof->sha256 = s3_is_sha256(sha256) ? g_strdup(sha256) : NULL;
    proof->checksum = checksum != NULL && strchr(checksum, '-') == NULL ? g_strdup(checksum) : NULL;
}

static gboolean differs(GError **error, const char *name, const char *expected)
{
    g_set_error(error, S3_ERROR, S3_ERROR_DIFFERS,
                "%s: what arrived is not what was sent there: its sha256 is not %s", name,
                expected);
    return FALSE;
}

/* `body`: what arrived, hashed. `answer`: with the ETag. */
static gboolean is_right(const S3Answer *answer, const S3Proof *expected, const S3Body *body,
                         const char *known, const char *name, GError **error)
{
    S3Proof found;
    s3_proof_of_body(&found, body);
    gboolean is_good = TRUE;
    if (known != NULL && strcmp(known, found.sha256) != 0)
        is_good = differs(error, name, known);
    else if (expected->sha256 != NULL && strcmp(expected->sha256, found.sha256) != 0)
        is_good = differs(error, name, expected->sha256);
    else if (expected->checksum != NULL && strcmp(expected->checksum, found.checksum) != 0)
        is_good = differs(error, name, expected->checksum);
    else
        is_good = s3_check_etag(answer, found.etag, name, error);
    s3_proof_clear(&found);
    return is_good;
}

static gboolean look(Fetch *fetch, S3Answer *answer, GError **error)
{
    g_autoptr(GArray) headers = s3_pairs_new();
    s3_pairs_add(headers, "x-amz-checksum-mode", "ENABLED");
    const S3Request request = {.method = "HEAD", .key = fetch->key, .headers = headers};
    const char *known = fetch->transfer != NULL ? fetch->transfer->sha256 : NULL;
    if (!s3_request_do(fetch->client, &request, answer, fetch->cancellable, error))
        return FALSE;
    expect(answer, &fetch->proof);
    fetch->etag = g_strdup(answer->headers[S3_HEADER_ETAG]);
    if (fetch->proof.bytes < 0) {
        g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "HEAD %s: the answer has no length",
                    fetch->key);
        return FALSE;
    }
    if (known != NULL && fetch->proof.sha256 != NULL && strcmp(known, fetch->proof.sha256) != 0)
        return differs(error, fetch->key, known);
    return TRUE;
}

/* ---- the file ---- */

/* Hidden, beside it; another for another object or another time of it. */
static void name_part(Fetch *fetch)
{
    g_autofree char *what =
        g_strdup_printf("%s %s %" G_GINT64_FORMAT, fetch->key,
                        fetch->etag != NULL ? fetch->etag : "", fetch->proof.bytes);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, what, -1);
    fetch->folder = g_path_get_dirname(fetch->path);
    fetch->part_path = g_strdup_printf("%s/.%.24s.part", fetch->folder, hash);
}

/* Locked, and still the file of that name: whoever had it before may have put it in place meanwhile. */
static gboolean lock_part(const Fetch *fetch, struct stat *status)
{
    struct stat named;
    if (flock(fetch->fd, LOCK_EX | LOCK_NB) != 0 || fstat(fetch->fd, status) != 0 ||
        lstat(fetch->part_path, &named) != 0)
        return FALSE;
    errno = EAGAIN;
    return named.st_ino == status->st_ino && named.st_dev == status->st_dev;
}

static gboolean open_part(Fetch *fetch, GError **error)
{
    struct stat status;
    name_part(fetch);
    fetch->fd = open(fetch->part_path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fetch->fd < 0)
        return fail_errno(error, fetch->part_path, "open this file");
    if (!lock_part(fetch, &status))
        return fail_errno(error, fetch->part_path, "lock this file, somebody else fetches into it");
    fetch->have = status.st_size;
    /* Without an ETag nobody knows whether it is the same object. */
    if (fetch->etag == NULL || fetch->have > fetch->proof.bytes) {
        fetch->have = 0;
        if (ftruncate(fetch->fd, 0) != 0)
            return fail_errno(error, fetch->part_path, "empty this file");
    }
    return TRUE;
}

/* Where the bytes of an answer belong. */
static gboolean place(Fetch *fetch, const S3Answer *answer, GError **error)
{
    const char *range = answer->headers[S3_HEADER_CONTENT_RANGE];
    g_autofree char *wanted =
        g_strdup_printf("bytes %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT,
                        fetch->have, fetch->proof.bytes - 1, fetch->proof.bytes);
    fetch->has_begun = TRUE;
    if (answer->status != 206) {
        fetch->have = 0; /* all of it comes */
        return ftruncate(fetch->fd, 0) == 0 ||
               fail_errno(error, fetch->part_path, "empty this file");
    }
    if (g_strcmp0(range, wanted) == 0)
        return TRUE;
    g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "GET %s: the server sends another range",
                fetch->key);
    return FALSE;
}

static gboolean take(const S3Answer *answer, const void *bytes, gsize length, gpointer data,
                     GError **error)
{
    Fetch *fetch = data;
    const char *next = bytes;
    if (!fetch->has_begun && !place(fetch, answer, error))
        return FALSE;
    if ((gint64)length > fetch->proof.bytes - fetch->have) {
        g_set_error(error, S3_ERROR, S3_ERROR_ANSWER, "GET %s: the server sends too much",
                    fetch->key);
        return FALSE;
    }
    while (length > 0) {
        ssize_t written = pwrite(fetch->fd, next, length, fetch->have);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_errno(error, fetch->part_path, "write this file");
        next += written;
        length -= (gsize)written;
        fetch->have += written;
    }
    if (fetch->transfer != NULL && fetch->transfer->progress != NULL)
        fetch->transfer->progress(fetch->have, fetch->proof.bytes, fetch->transfer->data);
    return TRUE;
}

/* ---- fetching ---- */

static gboolean ask_for_rest(Fetch *fetch, S3Answer *answer, gboolean *is_passing, GError **error)
{
    g_autoptr(GArray) headers = s3_pairs_new();
    g_autofree char *range = g_strdup_printf("bytes=%" G_GINT64_FORMAT "-", fetch->have);
    s3_pairs_add(headers, "range", range);
    if (fetch->etag != NULL)
        s3_pairs_add(headers, "if-match", fetch->etag);
    const S3Request request = {
        .method = "GET", .key = fetch->key, .headers = headers, .sink = take, .sink_data = fetch};
    fetch->has_begun = FALSE;
    return s3_request_try(fetch->client, &request, answer, is_passing, fetch->cancellable, error);
}

/* Attempts that brought something do not count. */
static gboolean fetch_rest(Fetch *fetch, GError **error)
{
    S3Answer answer = {0};
    gboolean is_good = TRUE;
    for (guint attempt = 1; is_good && fetch->have < fetch->proof.bytes; attempt++) {
        g_autoptr(GError) why = NULL;
        gboolean is_passing;
        gint64 had = fetch->have;
        if (ask_for_rest(fetch, &answer, &is_passing, &why) && fetch->have > had)
            continue;
        if (why == NULL) {
            is_passing = FALSE;
            g_set_error(&why, S3_ERROR, S3_ERROR_ANSWER, "GET %s: the server sends nothing",
                        fetch->key);
        }
        attempt = fetch->have > had ? 1 : attempt;
        is_good = is_passing && attempt < fetch->client->attempts;
        if (!is_good)
            g_propagate_error(error, g_steal_pointer(&why));
        else
            is_good = s3_request_pause(fetch->client, attempt, &answer, fetch->cancellable, error);
    }
    s3_answer_clear(&answer);
    return is_good;
}

static gboolean verify(Fetch *fetch, const S3Answer *answer, GError **error)
{
    S3Body body = {.fd = fetch->fd, .length = fetch->proof.bytes};
    const char *known = fetch->transfer != NULL ? fetch->transfer->sha256 : NULL;
    if (!s3_body_hash(&body, fetch->part_path, NULL, fetch->cancellable, error))
        return FALSE;
    if (is_right(answer, &fetch->proof, &body, known, fetch->key, error))
        return TRUE;
    unlink(fetch->part_path); /* of no use to a later attempt */
    return FALSE;
}

static gboolean sync_folder(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean is_good = fd >= 0 && fsync(fd) == 0;
    if (!is_good)
        fail_errno(error, path, "sync this folder");
    if (fd >= 0)
        close(fd);
    return is_good;
}

static gboolean publish(Fetch *fetch, GError **error)
{
    if (fsync(fetch->fd) != 0)
        return fail_errno(error, fetch->part_path, "sync this file");
    if (rename(fetch->part_path, fetch->path) != 0)
        return fail_errno(error, fetch->path, "put this file in place");
    return sync_folder(fetch->folder, error);
}

/* What was fetched of an object that is replaced by now is of no use. */
static gboolean fetch_all(Fetch *fetch, GError **error)
{
    S3Answer answer = {0};
    g_autoptr(GError) why = NULL;
    gboolean is_good = look(fetch, &answer, &why) && open_part(fetch, &why) &&
                       fetch_rest(fetch, &why) && verify(fetch, &answer, &why) &&
                       publish(fetch, &why);
    s3_answer_clear(&answer);
    if (g_error_matches(why, S3_ERROR, S3_ERROR_CHANGED) && fetch->part_path != NULL)
        unlink(fetch->part_path);
    if (!is_good)
        g_propagate_error(error, g_steal_pointer(&why));
    return is_good;
}

gboolean s3_get_file(S3Client *client, const char *key, const char *path,
                     const S3Transfer *transfer, GCancellable *cancellable, GError **error)
{
    g_autofree char *whole = s3_place_key(&client->place, key, error);
    if (whole == NULL)
        return FALSE;
    Fetch fetch = {.client = client,
                   .key = whole,
                   .path = path,
                   .transfer = transfer,
                   .cancellable = cancellable,
                   .fd = -1};
    gboolean is_good = fetch_all(&fetch, error);
    if (fetch.fd >= 0)
        close(fetch.fd);
    g_free(fetch.folder);
    g_free(fetch.part_path);
    g_free(fetch.etag);
    s3_proof_clear(&fetch.proof);
    return is_good;
}

GBytes *s3_get_bytes(S3Client *client, const char *key, gsize limit, GCancellable *cancellable,
                     GError **error)
{
    g_assert(limit > 0);
    g_autofree char *whole = s3_place_key(&client->place, key, error);
    if (whole == NULL)
        return NULL;
    g_autoptr(GArray) headers = s3_pairs_new();
    s3_pairs_add(headers, "x-amz-checksum-mode", "ENABLED");
    const S3Request request = {.method = "GET", .key = whole, .headers = headers, .limit = limit};
    S3Answer answer = {0};
    S3Proof expected = {0};
    GBytes *bytes = NULL;
    g_autofree char *name = s3_request_name(client, &request);
    if (s3_request_do(client, &request, &answer, cancellable, error)) {
        S3Body body = {
            .fd = -1, .bytes = (const char *)answer.body->data, .length = answer.body->len};
        expect(&answer, &expected);
        if (s3_body_hash(&body, name, NULL, cancellable, error) &&
            is_right(&answer, &expected, &body, NULL, name, error))
            bytes = g_byte_array_free_to_bytes(g_steal_pointer(&answer.body));
    }
    s3_proof_clear(&expected);
    s3_answer_clear(&answer);
    return bytes;
}
