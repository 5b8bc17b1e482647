#include "spool-private.h"

#include "open-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <media/error.h>
#include <string.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 32768,
    FORGET_BYTES = 8 << 20, /* at once */
};

struct MediaSpool {
    int file;
    char *beside;     /* the file whose name stands in errors; NULL: in the temporary folder */
    gint64 bytes;     /* in the file */
    gint64 forgotten; /* of them */
    gsize buffered;
    guint8 buffer[BUFFER_BYTES];
};

static void set_error(GError **error, const char *beside, const char *doing, int code)
{
    if (beside != NULL) {
        media_set_write_error(error, beside, code);
        return;
    }
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                "%s: a temporary file cannot be %s: %s; make room there or name another folder "
                "with TMPDIR=FOLDER",
                g_get_tmp_dir(), doing, g_strerror(code));
}

MediaSpool *media_spool_open(GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(GError) reason = NULL;
    int file = g_file_open_tmp("crosscut-XXXXXX", &path, &reason);
    if (file < 0) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                    "%s: no temporary file can be made: %s; name another folder with TMPDIR=FOLDER",
                    g_get_tmp_dir(), reason->message);
        return NULL;
    }
    g_unlink(path); /* it goes when it is closed, however the program ends */
    MediaSpool *spool = g_new0(MediaSpool, 1);
    spool->file = file;
    return spool;
}

MediaSpool *media_spool_open_beside(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_build_filename(folder, ".crosscut-XXXXXX", NULL);
    int file = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
    if (file < 0) {
        set_error(error, path, "made", errno);
        return NULL;
    }
    g_unlink(name);
    MediaSpool *spool = g_new0(MediaSpool, 1);
    spool->file = file;
    spool->beside = g_strdup(path);
    return spool;
}

void media_spool_close(MediaSpool *spool)
{
    if (spool == NULL)
        return;
    close(spool->file);
    g_free(spool->beside);
    g_free(spool);
}

gboolean media_spool_finish(MediaSpool *spool, GError **error)
{
    gsize done = 0;
    while (done < spool->buffered) {
        ssize_t put =
            pwrite(spool->file, spool->buffer + done, spool->buffered - done, spool->bytes);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            set_error(error, spool->beside, "written", put < 0 ? errno : ENOSPC);
            return FALSE;
        }
        done += (gsize)put;
        spool->bytes += put;
    }
    spool->buffered = 0;
    return TRUE;
}

gboolean media_spool_append(MediaSpool *spool, const void *data, gsize bytes, GError **error)
{
    const guint8 *from = data;
    while (bytes > 0) {
        gsize part = MIN(bytes, BUFFER_BYTES - spool->buffered);
        memcpy(spool->buffer + spool->buffered, from, part);
        spool->buffered += part;
        from += part;
        bytes -= part;
        if (spool->buffered == BUFFER_BYTES && !media_spool_finish(spool, error))
            return FALSE;
    }
    return TRUE;
}

gint64 media_spool_bytes(const MediaSpool *spool)
{
    return spool->bytes + (gint64)spool->buffered;
}

gboolean media_spool_read(const MediaSpool *spool, gint64 at, void *data, gsize bytes,
                          GError **error)
{
    g_assert(spool->buffered == 0); /* media_spool_finish() comes first */
    memset(data, 0, bytes);
    gint64 from = MAX(at, 0), to = MIN(at + (gint64)bytes, spool->bytes);
    while (from < to) {
        ssize_t got = pread(spool->file, (guint8 *)data + (from - at), (gsize)(to - from), from);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            set_error(error, spool->beside, "read", got < 0 ? errno : EIO);
            return FALSE;
        }
        from += got;
    }
    return TRUE;
}

void media_spool_forget(MediaSpool *spool, gint64 until)
{
    if (until - spool->forgotten < FORGET_BYTES)
        return;
    if (fallocate(spool->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, spool->forgotten,
                  until - spool->forgotten) != 0)
        g_debug("a temporary file keeps its place on the disk: %s", g_strerror(errno));
    spool->forgotten = until;
}
