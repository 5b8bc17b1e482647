/* Recordings that grow under their own name: appended, and on disk before it is answered.
 *
 * Everything that waits for the disk does so in a worker. Of one upload the operations are carried
 * out in the order in which they were asked for; chunks that come while a sync is under way share
 * the next one. Acknowledged are the bytes whose callback has said yes: they are on disk, and no
 * crash takes them back.
 *
 * Threads: all functions and callbacks on the thread whose context the workers were given.
 * Callbacks never come from within the function that was given them, but for store_upload_close();
 * each comes exactly once, also after close(), and may use or close the upload.
 * Sizes and offsets: bytes. */
#pragma once
#include <store/io.h>
#include <store/workers.h>

/* What all uploads of a server share. */
typedef struct StoreUploads StoreUploads;
typedef struct StoreUpload StoreUpload;

typedef struct StoreUploadLimits {
    gsize flight_bytes; /* of all chunks that wait for the disk; memory of that size */
    gsize chunk_bytes;  /* of one chunk; at most flight_bytes */
} StoreUploadLimits;

/* There is room again, after an append() that was STORE_ERROR_BUSY. */
typedef void (*StoreUploadsRoom)(gpointer data);

/* `workers` outlive every upload. `room` may be NULL. */
StoreUploads *store_uploads_new(StoreWorkers *workers, const StoreUploadLimits *limits,
                                StoreUploadsRoom room, gpointer data) G_GNUC_WARN_UNUSED_RESULT;
void store_uploads_free(StoreUploads *uploads); /* after its uploads were closed. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreUploads, store_uploads_free)

/* While the disk is short (store/shows.h), every append() is STORE_ERROR_BUSY. Turning it off calls
 * `room` when something was refused. */
void store_uploads_set_waiting(StoreUploads *uploads, gboolean is_waiting);
gsize store_uploads_flight_bytes(const StoreUploads *uploads);

/* What the recordings of one show may take together. Its owner sets both; uploads count in it from
 * append() on and give back what failed or was removed. Lives until their last callback. */
typedef struct StoreQuota {
    gint64 max_bytes;
    gint64 used_bytes;
} StoreQuota;

typedef struct StoreUploadOptions {
    StorePlace place;    /* the show's folder; open until the last callback */
    const char *name;    /* store/names.h */
    gint64 length_bytes; /* declared; -1: not known yet */
    StoreQuota *quota;   /* may be NULL. What the file holds already is not added */
} StoreUploadOptions;

/* `error` NULL: done, and on disk. Borrowed for the call. */
typedef void (*StoreUploadDone)(const GError *error, gpointer data);

/* Takes up a recording, or begins it. `done` says that what is there is on disk; chunks may be
 * appended before. Only opens the file, does not wait for the disk. NULL (and `done` is not called):
 * STORE_ERROR_NAME when the name is none of the store's, or a link, folder or device has it;
 * STORE_ERROR_LOCKED when it is open already (also: closed, with an operation under way). */
StoreUpload *store_upload_open(StoreUploads *uploads, const StoreUploadOptions *options,
                               StoreUploadDone done, gpointer data,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Where the next chunk goes: the end of what was accepted, on disk or on its way. */
gint64 store_upload_end(const StoreUpload *upload);
/* What is acknowledged; this is what a client is told. After a restart: the size on disk, once
 * open()'s `done` has come. */
gint64 store_upload_acknowledged_bytes(const StoreUpload *upload);
gboolean store_upload_is_finished(const StoreUpload *upload);
/* SHA-256 of the acknowledged bytes, 64 lower-case hex digits, or NULL while it is not known, as it
 * usually is not: to make it costs as much as all the rest. Known are the sums that keep_sum() asked
 * for, and what finish() checked or read_sum() read. Free with g_free(). */
char *store_upload_sha256(const StoreUpload *upload);
/* The sum is made of chunks as they come from now on, if it was of all that is there: a sender says
 * what it should be, and finish() has not to read the recording again. */
void store_upload_keep_sum(StoreUpload *upload);
/* Reads the recording, so that its sum is known. In slices, so that others come between. */
void store_upload_read_sum(StoreUpload *upload, StoreUploadDone done, gpointer data);

typedef enum {
    STORE_SUM_NONE = 0,
    STORE_SUM_SHA1,   /* 20 bytes */
    STORE_SUM_SHA256, /* 32 bytes */
} StoreSumKind;

typedef struct StoreSum {
    StoreSumKind kind;
    guint8 digest[32];
} StoreSum;

/* One chunk. A chunk may begin before the end: what is there already must be the same and is not
 * written again (a resend). `bytes` is referenced. `sum` (copied; may be NULL) is of the chunk and
 * is checked before any of it is written.
 *
 * FALSE, at once, and `done` is not called: STORE_ERROR_OFFSET (begins behind the end),
 * STORE_ERROR_BUSY (wait for `room`), STORE_ERROR_QUOTA, STORE_ERROR_TOO_LARGE (of the chunk, or
 * beyond the declared length), STORE_ERROR_FINISHED, STORE_ERROR_CLOSED.
 * Through `done`: STORE_ERROR_CHECKSUM, STORE_ERROR_OFFSET (what is there differs, or a chunk before
 * it failed), STORE_ERROR_FULL, STORE_ERROR_FAILED. Nothing of the chunk counts then: the recording
 * ends where it was acknowledged, and store_upload_end() says where to go on. */
gboolean store_upload_append(StoreUpload *upload, gint64 offset, GBytes *bytes, const StoreSum *sum,
                             StoreUploadDone done, gpointer data, GError **error);

/* The length becomes known, once. FALSE: another one was declared, or more bytes are there. */
gboolean store_upload_declare(StoreUpload *upload, gint64 length_bytes, GError **error);

/* The recording is whole: from now on it cannot be written (mode 0444, by which a restart knows).
 * `sha256`: what the sender computed, or NULL: then none is made. STORE_ERROR_OFFSET: bytes are
 * missing; STORE_ERROR_DIFFERS: the sum is another; it stays open then. Without a declared length it
 * is whole as it is. Of a finished one it only compares. */
void store_upload_finish(StoreUpload *upload, const char *sha256, StoreUploadDone done,
                         gpointer data);

/* Deletes the recording, at its sender's wish. Chunks asked for before are carried out first, later
 * ones are STORE_ERROR_CLOSED. */
void store_upload_terminate(StoreUpload *upload, StoreUploadDone done, gpointer data);

/* Lets go of it; the file stays. What has not begun is answered with STORE_ERROR_CLOSED, here; what
 * is under way comes to its end and is answered then; what still reads is given up.
 * NULL-safe. */
void store_upload_close(StoreUpload *upload);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreUpload, store_upload_close)
