/* An upload, shared between the owner's thread (upload.c) and the one worker that carries out its batch
 * (upload-disk.c, upload-write.c). The batch goes from one to the other and back; `disk` belongs to who
 * has it, `open` is set before the first and never changes. */
#pragma once
#include <store/upload.h>

#include <nettle/sha2.h>

typedef enum {
    UPLOAD_OPEN = 1,
    UPLOAD_APPEND,
    UPLOAD_FINISH,
    UPLOAD_SUM,
    UPLOAD_REMOVE,
    UPLOAD_ANSWER, /* nothing to do: its error is there */
} UploadKind;

typedef struct UploadStep {
    UploadKind kind;
    gint64 offset;
    gint64 fresh_bytes; /* counted in the quota */
    gint64 length;      /* of FINISH: declared, or -1 */
    GBytes *bytes;
    StoreSum sum;
    gboolean keeps_sum; /* the sum of the whole is made of it too, if it was of all before it */
    char *sha256;       /* expected, or NULL */
    StoreUploadDone done;
    gpointer data;
    GError *error;
} UploadStep;

typedef struct UploadOpen {
    StorePlace place;
    char *folder, *name;
    int fd;
} UploadOpen;

typedef struct UploadDisk {
    gint64 end;         /* on disk; bytes behind it are nobody's */
    gboolean is_ragged; /* there may be such bytes, and they must go before anything is written */
    gboolean is_cached; /* the file system writes through the page cache alone */
    gint64 hashed;      /* `hash` has seen so many: at most end */
    struct sha256_ctx hash;
} UploadDisk;

/* Carries out a batch: one step of any kind, or several of APPEND. Sets their errors. FALSE: its
 * one step needs another turn (a long recording is read in slices, so that others come between). */
gboolean store_upload_work(const UploadOpen *open, UploadDisk *disk, GQueue *batch);
char *store_upload_digest(const UploadDisk *disk);
/* Writes behind disk->end, which stays where it is. FALSE and errno: something of it may be there. */
gboolean store_upload_write(const UploadOpen *open, UploadDisk *disk, const guint8 *bytes,
                            gsize length);
