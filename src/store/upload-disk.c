/* What a worker does for an upload.
 *
 * What always holds: disk->end is on disk. It moves only after a sync; when a write or sync fails,
 * the file is cut back to it, and the hash is the one of before. */
#include "upload-private.h"

#include <store/error.h>

#include "disk-private.h"

#include <nettle/sha1.h>

#include <errno.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 18, SLICE_BYTES = 64 << 20 };

static gboolean fail(const UploadOpen *open, GError **error, int code, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

static gboolean fail(const UploadOpen *open, GError **error, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, STORE_ERROR, code, "%s/%s: %s", open->folder, open->name, text);
    return FALSE;
}

static gboolean fail_errno(const UploadOpen *open, GError **error, const char *doing)
{
    return store_fail_errno(error, errno, open->folder, open->name, doing);
}

static gboolean sum_matches(const StoreSum *sum, const guint8 *bytes, gsize length)
{
    guint8 digest[SHA256_DIGEST_SIZE] = {0};
    gsize size = sum->kind == STORE_SUM_SHA1 ? SHA1_DIGEST_SIZE : SHA256_DIGEST_SIZE;
    if (sum->kind == STORE_SUM_NONE)
        return TRUE;
    if (sum->kind == STORE_SUM_SHA1) {
        struct sha1_ctx context;
        sha1_init(&context);
        sha1_update(&context, length, bytes);
        sha1_digest(&context, size, digest);
    } else {
        struct sha256_ctx context;
        sha256_init(&context);
        sha256_update(&context, length, bytes);
        sha256_digest(&context, size, digest);
    }
    return memcmp(digest, sum->digest, size) == 0;
}

/* Up to `length` bytes; less only at the end of the file. -1 and error. */
static gssize read_full(const UploadOpen *open, guint8 *block, gsize length, gint64 offset,
                        GError **error)
{
    const StoreIo *io = open->place.io;
    gsize done = 0;
    while (done < length) {
        ssize_t got = io->read_at(io, open->fd, block + done, length - done, offset + (gint64)done);
        if (got < 0)
            fail_errno(open, error, "read it");
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (gsize)got;
    }
    return (gssize)done;
}

static gboolean check_same(const UploadOpen *open, const guint8 *bytes, gsize length, gint64 offset,
                           GError **error)
{
    g_autofree guint8 *block = g_malloc(BLOCK_BYTES);
    while (length > 0) {
        gsize now = MIN(length, BLOCK_BYTES);
        gssize got = read_full(open, block, now, offset, error);
        if (got < 0)
            return FALSE;
        if ((gsize)got != now || memcmp(block, bytes, now) != 0)
            return fail(open, error, STORE_ERROR_OFFSET,
                        "cannot append to it: what was sent for byte %" G_GINT64_FORMAT
                        " on differs from what is there",
                        offset);
        bytes += now;
        offset += (gint64)now;
        length -= now;
    }
    return TRUE;
}

static gboolean cut_to_end(const UploadOpen *open, UploadDisk *disk)
{
    const StoreIo *io = open->place.io;
    disk->is_ragged = io->truncate(io, open->fd, disk->end) != 0;
    return !disk->is_ragged;
}

/* What of the chunk is not there yet: from the end on. */
static gboolean write_fresh(const UploadOpen *open, UploadDisk *reached, const UploadStep *step,
                            const guint8 *bytes, gsize length, GError **error)
{
    if (!store_upload_write(open, reached, bytes, length))
        return fail_errno(open, error, "append to it");
    if (step->keeps_sum && reached->hashed == reached->end) {
        sha256_update(&reached->hash, length, bytes);
        reached->hashed += (gint64)length;
    }
    reached->end += (gint64)length;
    return TRUE;
}

/* `reached` is the disk as it will be when the batch is synced. */
static gboolean append_chunk(const UploadOpen *open, UploadDisk *reached, const UploadStep *step,
                             GError **error)
{
    gsize length;
    const guint8 *bytes = g_bytes_get_data(step->bytes, &length);
    if (!sum_matches(&step->sum, bytes, length))
        return fail(open, error, STORE_ERROR_CHECKSUM,
                    "cannot append to it: the checksum of the chunk at byte %" G_GINT64_FORMAT
                    " is another",
                    step->offset);
    g_assert(step->offset <= reached->end);
    gsize there = (gsize)MIN(reached->end - step->offset, (gint64)length);
    if (!check_same(open, bytes, there, step->offset, error))
        return FALSE;
    return there == length ||
           write_fresh(open, reached, step, bytes + there, length - there, error);
}

static void fail_from(const UploadOpen *open, GList *link)
{
    for (; link != NULL; link = link->next) {
        UploadStep *step = link->data;
        if (step->error == NULL)
            fail(open, &step->error, STORE_ERROR_OFFSET,
                 "cannot append to it: a chunk before this one failed");
    }
}

static void fail_all(const UploadOpen *open, GQueue *batch, int code, const char *doing)
{
    for (GList *link = batch->head; link != NULL; link = link->next) {
        UploadStep *step = link->data;
        g_clear_error(&step->error);
        store_fail_errno(&step->error, code, open->folder, open->name, doing);
    }
}

/* Up to the first chunk that fails; those behind it fail with it. TRUE: none did. */
static gboolean append_chunks(const UploadOpen *open, UploadDisk *reached, GQueue *batch)
{
    for (GList *link = batch->head; link != NULL; link = link->next) {
        UploadStep *step = link->data;
        if (append_chunk(open, reached, step, &step->error))
            continue;
        fail_from(open, link->next);
        return FALSE;
    }
    return TRUE;
}

static void append(const UploadOpen *open, UploadDisk *disk, GQueue *batch)
{
    const StoreIo *io = open->place.io;
    UploadDisk reached = *disk;
    if (disk->is_ragged && !cut_to_end(open, disk)) {
        fail_all(open, batch, errno, "cut off what could not be written before");
        return;
    }
    reached.is_ragged = FALSE;
    gboolean whole = append_chunks(open, &reached, batch);
    /* Also when nothing is new: a resend may be of bytes that only a crash kept. */
    if (io->sync_data(io, open->fd) == 0)
        *disk = reached;
    else
        fail_all(open, batch, errno, "sync it to disk");
    if (!whole || disk->end != reached.end)
        cut_to_end(open, disk);
}

static void sync_opened(const UploadOpen *open, UploadStep *step)
{
    const StoreIo *io = open->place.io;
    if (io->sync(io, open->fd) != 0)
        fail_errno(open, &step->error, "sync it to disk");
    else
        store_sync_place(&open->place, &step->error);
}

/* Reads on where the hash has not been. FALSE with no error: not through yet. */
static gboolean hash_slice(const UploadOpen *open, UploadDisk *disk, GError **error)
{
    g_autofree guint8 *block = g_malloc(BLOCK_BYTES);
    gint64 stop = MIN(disk->end, disk->hashed + SLICE_BYTES);
    while (disk->hashed < stop) {
        gsize now = (gsize)MIN(stop - disk->hashed, BLOCK_BYTES);
        gssize got = read_full(open, block, now, disk->hashed, error);
        if (got < 0)
            return FALSE;
        if ((gsize)got != now)
            return fail(open, error, STORE_ERROR_FAILED,
                        "cannot read it: it is shorter than what was written");
        sha256_update(&disk->hash, now, block);
        disk->hashed += got;
    }
    return disk->hashed == disk->end;
}

char *store_upload_digest(const UploadDisk *disk)
{
    struct sha256_ctx hash = disk->hash;
    guint8 digest[SHA256_DIGEST_SIZE];
    GString *hex = g_string_sized_new(2 * sizeof digest);
    sha256_digest(&hash, sizeof digest, digest);
    for (gsize i = 0; i < sizeof digest; i++)
        g_string_append_printf(hex, "%02x", digest[i]);
    return g_string_free(hex, FALSE);
}

static gboolean check_sha256(const UploadOpen *open, const UploadDisk *disk, const char *expected,
                             GError **error)
{
    g_autofree char *found = store_upload_digest(disk);
    return strcmp(found, expected) == 0 ||
           fail(open, error, STORE_ERROR_DIFFERS,
                "cannot finish it: its sha256 is %s, the sender says %s", found, expected);
}

static gboolean seal(const UploadOpen *open, GError **error)
{
    const StoreIo *io = open->place.io;
    if (io->set_mode(io, open->fd, 0444) != 0)
        return fail_errno(open, error, "make it read-only");
    return io->sync(io, open->fd) == 0 || fail_errno(open, error, "sync it to disk");
}

/* Only who gave a sum waits for one. TRUE: answered, well or not. */
static gboolean finish(const UploadOpen *open, UploadDisk *disk, UploadStep *step)
{
    if (disk->is_ragged && !cut_to_end(open, disk))
        return !fail_errno(open, &step->error, "cut off what could not be written before");
    if (step->length >= 0 && disk->end != step->length)
        return !fail(open, &step->error, STORE_ERROR_OFFSET,
                     "cannot finish it: it has %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " bytes",
                     disk->end, step->length);
    if (step->sha256 != NULL && !hash_slice(open, disk, &step->error))
        return step->error != NULL;
    if (step->sha256 == NULL || check_sha256(open, disk, step->sha256, &step->error))
        seal(open, &step->error);
    return TRUE;
}

static void remove_file(const UploadOpen *open, UploadStep *step)
{
    const StoreIo *io = open->place.io;
    if (io->remove_at(io, open->place.fd, open->name, 0) != 0 && errno != ENOENT)
        fail_errno(open, &step->error, "delete it");
    else
        store_sync_place(&open->place, &step->error);
}

gboolean store_upload_work(const UploadOpen *open, UploadDisk *disk, GQueue *batch)
{
    UploadStep *step = g_queue_peek_head(batch);
    switch (step->kind) {
    case UPLOAD_OPEN:
        sync_opened(open, step);
        return TRUE;
    case UPLOAD_APPEND:
        append(open, disk, batch);
        return TRUE;
    case UPLOAD_FINISH:
        return finish(open, disk, step);
    case UPLOAD_SUM:
        return hash_slice(open, disk, &step->error) || step->error != NULL;
    case UPLOAD_REMOVE:
        remove_file(open, step);
        return TRUE;
    case UPLOAD_ANSWER:
        return TRUE;
    }
    g_assert_not_reached();
}
