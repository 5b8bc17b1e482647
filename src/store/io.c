/* The system calls as they are, but for two things: an interrupted one is made again, and writes
 * are cut to what Linux takes at once anyway. */
#include <store/io.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { ONCE_BYTES = 1 << 30 };

static int open_at(const StoreIo *io, int folder, const char *name, int flags, mode_t mode)
{
    (void)io;
    int fd;
    do
        fd = openat(folder, name, flags, mode);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static int make_folder(const StoreIo *io, int folder, const char *name, mode_t mode)
{
    (void)io;
    return mkdirat(folder, name, mode);
}

static ssize_t write_at(const StoreIo *io, int fd, const void *bytes, gsize length, gint64 offset)
{
    (void)io;
    ssize_t done;
    do
        done = pwrite(fd, bytes, MIN(length, ONCE_BYTES), offset);
    while (done < 0 && errno == EINTR);
    return done;
}

/* Of the other flags none means anything for a plain file. */
static int set_direct(const StoreIo *io, int fd, gboolean is_direct)
{
    (void)io;
    return fcntl(fd, F_SETFL, is_direct ? O_DIRECT : 0);
}

static ssize_t read_at(const StoreIo *io, int fd, void *bytes, gsize length, gint64 offset)
{
    (void)io;
    ssize_t done;
    do
        done = pread(fd, bytes, MIN(length, ONCE_BYTES), offset);
    while (done < 0 && errno == EINTR);
    return done;
}

static int truncate_to(const StoreIo *io, int fd, gint64 length)
{
    (void)io;
    int result;
    do
        result = ftruncate(fd, length);
    while (result < 0 && errno == EINTR);
    return result;
}

static int allocate(const StoreIo *io, int fd, gint64 length)
{
    (void)io;
    int code;
    do
        code = posix_fallocate(fd, 0, length);
    while (code == EINTR);
    errno = code;
    return code == 0 ? 0 : -1;
}

static int set_mode(const StoreIo *io, int fd, mode_t mode)
{
    (void)io;
    return fchmod(fd, mode);
}

static int sync_data(const StoreIo *io, int fd)
{
    (void)io;
    int result;
    do
        result = fdatasync(fd);
    while (result < 0 && errno == EINTR);
    return result;
}

/* Some file systems have nothing to sync for a folder and say EINVAL. */
static int sync_all(const StoreIo *io, int fd)
{
    (void)io;
    int result;
    do
        result = fsync(fd);
    while (result < 0 && errno == EINTR);
    return result < 0 && errno == EINVAL ? 0 : result;
}

static int rename_at(const StoreIo *io, int from_folder, const char *from, int to_folder,
                     const char *to)
{
    (void)io;
    int result = renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE);
    if (result == 0 || (errno != EINVAL && errno != ENOSYS))
        return result;
    /* The file system cannot promise it; the names are unique ones, so looking is enough. */
    struct stat status;
    if (fstatat(to_folder, to, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    return renameat(from_folder, from, to_folder, to);
}

static int remove_at(const StoreIo *io, int folder, const char *name, int flags)
{
    (void)io;
    return unlinkat(folder, name, flags);
}

static int free_space(const StoreIo *io, int fd, struct statvfs *space)
{
    (void)io;
    return fstatvfs(fd, space);
}

const StoreIo *store_io_system(void)
{
    static const StoreIo system = {
        .open_at = open_at,
        .make_folder = make_folder,
        .write_at = write_at,
        .set_direct = set_direct,
        .read_at = read_at,
        .truncate = truncate_to,
        .allocate = allocate,
        .set_mode = set_mode,
        .sync_data = sync_data,
        .sync = sync_all,
        .rename_at = rename_at,
        .remove_at = remove_at,
        .free_space = free_space,
    };
    return &system;
}
