#include "disk-private.h"

#include <store/error.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int kind_of(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG: /* RLIMIT_FSIZE: as much as this process may write */
        return STORE_ERROR_FULL;
    case ENOENT:
        return STORE_ERROR_GONE;
    default:
        return STORE_ERROR_FAILED;
    }
}

gboolean store_fail_errno(GError **error, int code, const char *path, const char *name,
                          const char *doing)
{
    g_set_error(error, STORE_ERROR, kind_of(code), "%s%s%s: cannot %s: %s", path,
                name != NULL ? "/" : "", name != NULL ? name : "", doing, g_strerror(code));
    return FALSE;
}

gboolean store_write_at(const StoreIo *io, int fd, const void *bytes, gsize length, gint64 offset)
{
    const char *from = bytes;
    while (length > 0) {
        ssize_t done = io->write_at(io, fd, from, length, offset);
        if (done == 0)
            errno = ENOSPC;
        if (done <= 0)
            return FALSE;
        from += done;
        offset += done;
        length -= (gsize)done;
    }
    return TRUE;
}

static gboolean fail_other(GError **error, const StorePlace *place, const char *name,
                           const char *what)
{
    g_set_error(error, STORE_ERROR, STORE_ERROR_NAME,
                "%s/%s: cannot open it: it is %s, expected a file of the store", place->path, name,
                what);
    return FALSE;
}

/* A second name for a file could lead out of the folder as a link does. */
static gboolean check_file(const StorePlace *place, const char *name, const struct stat *status,
                           GError **error)
{
    if (!S_ISREG(status->st_mode))
        return fail_other(error, place, name, "not a plain file");
    return status->st_nlink == 1 || fail_other(error, place, name, "a file with several names");
}

/* One component below the folder's descriptor, not followed: nothing can lead out of it. */
int store_open_file(const StorePlace *place, const char *name, int flags, struct stat *status,
                    GError **error)
{
    struct stat here;
    g_assert(strchr(name, '/') == NULL);
    int fd = place->io->open_at(place->io, place->fd, name,
                                flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    int code = errno;
    if (fd < 0 && code == ELOOP) {
        fail_other(error, place, name, "a symbolic link");
        return -1;
    }
    if (fd < 0 || fstat(fd, &here) != 0) {
        store_fail_errno(error, fd < 0 ? code : errno, place->path, name,
                         (flags & O_CREAT) != 0 ? "create it" : "open it");
    } else if (check_file(place, name, &here, error)) {
        if (status != NULL)
            *status = here;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

gboolean store_sync_place(const StorePlace *place, GError **error)
{
    return place->io->sync(place->io, place->fd) == 0 ||
           store_fail_errno(error, errno, place->path, NULL, "sync this folder to disk");
}

StorePlace store_place_whole(const StorePlace *place)
{
    StorePlace whole = *place;
    if (whole.io == NULL)
        whole.io = store_io_system();
    return whole;
}
