/* Bytes to the end of a recording, around the page cache where that can be: nobody reads them soon,
 * to copy them costs as much as all the rest of an upload, and a gigabyte of dirty pages makes every
 * sync of a log wait (measured in bench/server). Blocks that lie in memory as they will lie in the
 * file go so; what stands before and behind them goes the usual way. */
#include "upload-private.h"

#include "disk-private.h"

#include <errno.h>

enum {
    BLOCK_BYTES = 4096,     /* what every disk and file system takes */
    LEAST_BYTES = 64 << 10, /* less is not worth a disk's answer of its own */
};

static gboolean write_direct(const UploadOpen *open, const guint8 *bytes, gsize length,
                             gint64 offset)
{
    const StoreIo *io = open->place.io;
    if (io->set_direct(io, open->fd, TRUE) != 0)
        return FALSE;
    gboolean good = store_write_at(io, open->fd, bytes, length, offset);
    int code = errno;
    io->set_direct(io, open->fd, FALSE);
    errno = code;
    return good;
}

/* Blocks, in memory as in the file. A disk that does not take them so is not asked again. */
static gboolean write_blocks(const UploadOpen *open, UploadDisk *disk, const guint8 *bytes,
                             gsize length, gint64 offset)
{
    if (!disk->is_cached) {
        if (write_direct(open, bytes, length, offset))
            return TRUE;
        if (errno != EINVAL)
            return FALSE;
        disk->is_cached = TRUE;
    }
    return store_write_at(open->place.io, open->fd, bytes, length, offset);
}

gboolean store_upload_write(const UploadOpen *open, UploadDisk *disk, const guint8 *bytes,
                            gsize length)
{
    const StoreIo *io = open->place.io;
    gint64 offset = disk->end;
    gsize head = (gsize)(-offset & (BLOCK_BYTES - 1));
    gboolean is_as_in_file = ((guintptr)bytes + head) % BLOCK_BYTES == 0;
    if (!is_as_in_file || length < head + LEAST_BYTES)
        return store_write_at(io, open->fd, bytes, length, offset);
    gsize blocks = (length - head) / BLOCK_BYTES * BLOCK_BYTES;
    gsize behind = head + blocks;
    return store_write_at(io, open->fd, bytes, head, offset) &&
           write_blocks(open, disk, bytes + head, blocks, offset + (gint64)head) &&
           store_write_at(io, open->fd, bytes + behind, length - behind, offset + (gint64)behind);
}
