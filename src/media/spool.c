#include "spool-private.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <media/error.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_BYTES = 32768 };

struct MediaSpool {
    int file;
    gint64 bytes; /* in the file */
    gsize buffered;
    guint8 buffer[BUFFER_BYTES];
};

static void set_error(GError **error, const char *doing, int code)
{
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

void media_spool_close(MediaSpool *spool)
{
    if (spool == NULL)
        return;
    close(spool->file);
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
            set_error(error, "written", put < 0 ? errno : ENOSPC);
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
            set_error(error, "read", got < 0 ? errno : EIO);
            return FALSE;
        }
        from += got;
    }
    return TRUE;
}
