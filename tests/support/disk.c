/* Loaded before the C library (LD_PRELOAD) into a server under test: its disk and clocks, with what
 * can go wrong with them. Only files below CROSSCUT_DISK_ROOT are touched.
 *
 * CROSSCUT_DISK_CONTROL names a file of sizeof(struct Control), mapped: the test turns the screws
 * while the server runs. CROSSCUT_DISK_TRACE: every change is recorded there in its order, and
 * syncs are recorded instead of made; what is in the trace before a moment and was synced before it
 * is what a power cut would have left (tests/support/disk.py).
 * CROSSCUT_BOOT_ID: a file that is read in place of the kernel's boot id. */
#undef _FILE_OFFSET_BITS /* it has both names of each call */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, SYNC = 4, RENAME = 8, TRUNCATE = 16 };

/* As disk.py packs it. */
struct Control {
    int32_t kinds;      /* which calls count */
    int32_t countdown;  /* the call at which it reaches 0 fails; < 0: every one does; 0: none */
    int32_t code;       /* with this errno */
    int32_t made;       /* calls that counted */
    int64_t room_bytes; /* what can still be written; < 0: no end */
    int64_t real_us;    /* added to the wall clock */
    int64_t boot_us;    /* added to CLOCK_BOOTTIME */
    char only[64];      /* if set: only names that end so count */
};

static struct Control none = {.room_bytes = -1};
static struct Control *control = &none;
static char root[4096];
static const char *boot_id;
static int trace = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(result, name, ...)                \
    static result (*real_##name)(__VA_ARGS__); \
    if (!real_##name)                          \
    real_##name = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static int real_open_at(int folder, const char *name, int flags, mode_t mode)
{
    REAL(int, openat64, int, const char *, int, ...);
    return real_openat64(folder, name, flags, mode);
}

static ssize_t real_pwrite(int fd, const void *bytes, size_t length, off_t at)
{
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t);
    return real_pwrite64(fd, bytes, length, at);
}

__attribute__((constructor)) static void begin(void)
{
    const char *folder = getenv("CROSSCUT_DISK_ROOT"), *path = getenv("CROSSCUT_DISK_CONTROL");
    boot_id = getenv("CROSSCUT_BOOT_ID");
    unsetenv("LD_PRELOAD"); /* its children live in a sandbox that knows nothing of this */
    snprintf(root, sizeof root, "%s", folder ? folder : "/nonexistent");
    int fd = path ? real_open_at(AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (fd >= 0) {
        void *map = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        control = map == MAP_FAILED ? &none : map;
        close(fd);
    }
    path = getenv("CROSSCUT_DISK_TRACE");
    if (path)
        trace = real_open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* ---- which file ---- */

/* The path below the root; 0: it is not below it. */
static int below(char *path, int folder, const char *name)
{
    char whole[8192], link[64];
    size_t length = strlen(root);
    whole[0] = '\0';
    if (!name || name[0] != '/') {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t got = folder == AT_FDCWD ? -1 : readlink(link, whole, sizeof whole - 1);
        if (folder == AT_FDCWD && !getcwd(whole, sizeof whole))
            return 0;
        if (folder != AT_FDCWD && got <= 0)
            return 0;
        if (folder != AT_FDCWD)
            whole[got] = '\0';
    }
    size_t used = strlen(whole);
    if (name)
        snprintf(whole + used, sizeof whole - used, "%s%s", name[0] == '/' ? "" : "/", name);
    if (strncmp(whole, root, length) != 0 || (whole[length] != '/' && whole[length] != '\0'))
        return 0;
    snprintf(path, 4096, "%s", whole[length] == '/' ? whole + length + 1 : "");
    return 1;
}

static int counts(const char *path)
{
    size_t length = strlen(path), end = strnlen(control->only, sizeof control->only);
    return end == 0 || (length >= end && memcmp(path + length - end, control->only, end) == 0);
}

/* 1: this call is to fail, errno is set. */
static int fails(int kind, const char *path)
{
    if (!(control->kinds & kind) || !counts(path))
        return 0;
    __atomic_add_fetch(&control->made, 1, __ATOMIC_SEQ_CST);
    int32_t left = control->countdown;
    if (left == 0)
        return 0;
    if (left > 0 && __atomic_sub_fetch(&control->countdown, 1, __ATOMIC_SEQ_CST) != 0)
        return 0;
    errno = control->code;
    return 1;
}

/* ---- the trace: kind, inode, offset, lengths, path, second path or bytes ---- */

static void put(char kind, uint64_t inode, int64_t offset, const char *path, const void *more,
                size_t length)
{
    if (trace < 0)
        return;
    struct {
        uint32_t kind, path;
        uint64_t more, inode;
        int64_t offset;
    } head = {(uint32_t)kind, (uint32_t)strlen(path), length, inode, offset};
    size_t size = sizeof head + head.path + length;
    char *record = malloc(size);
    memcpy(record, &head, sizeof head);
    memcpy(record + sizeof head, path, head.path);
    memcpy(record + sizeof head + head.path, more, length);
    REAL(ssize_t, write, int, const void *, size_t);
    if (real_write(trace, record, size) != (ssize_t)size)
        abort();
    free(record);
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* ---- opening ---- */

static int open_below(int folder, const char *name, int flags, mode_t mode)
{
    char path[4096];
    if (boot_id && strcmp(name, "/proc/sys/kernel/random/boot_id") == 0)
        return real_open_at(AT_FDCWD, boot_id, flags, mode);
    if (!below(path, folder, name))
        return real_open_at(folder, name, flags, mode);
    if (fails(OPEN, path))
        return -1;
    if ((flags & O_CREAT) && control->room_bytes == 0 && faccessat(folder, name, F_OK, 0) != 0) {
        errno = ENOSPC;
        return -1;
    }
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
    int fd = real_open_at(folder, name, flags, mode), code = errno;
    if (fd >= 0 && is_new)
        put('c', inode_of(fd), (int64_t)mode, path, "", 0);
    pthread_mutex_unlock(&lock);
    errno = code;
    return fd;
}

#define OPEN_AS(name)                                                           \
    int name(const char *path, int flags, ...)                                  \
    {                                                                           \
        va_list list;                                                           \
        va_start(list, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                           \
        return open_below(AT_FDCWD, path, flags, mode);                         \
    }
#define OPEN_AT_AS(name)                                                        \
    int name(int folder, const char *path, int flags, ...)                      \
    {                                                                           \
        va_list list;                                                           \
        va_start(list, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                           \
        return open_below(folder, path, flags, mode);                           \
    }
OPEN_AS(open)
OPEN_AS(open64)
OPEN_AT_AS(openat)
OPEN_AT_AS(openat64)

int mkdirat(int folder, const char *name, mode_t mode)
{
    char path[4096];
    REAL(int, mkdirat, int, const char *, mode_t);
    if (!below(path, folder, name))
        return real_mkdirat(folder, name, mode);
    if (fails(OPEN, path))
        return -1;
    pthread_mutex_lock(&lock);
    int result = real_mkdirat(folder, name, mode), code = errno;
    if (result == 0)
        put('d', 0, 0, path, "", 0);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

int mkdir(const char *name, mode_t mode)
{
    return mkdirat(AT_FDCWD, name, mode);
}

/* ---- writing ---- */

static int has_room(size_t length)
{
    if (control->room_bytes < 0)
        return 1;
    if (control->room_bytes >= (int64_t)length) {
        control->room_bytes -= (int64_t)length;
        return 1;
    }
    errno = ENOSPC;
    return 0;
}

static ssize_t write_below(int fd, const char *path, const void *bytes, size_t length, off_t at)
{
    if (fails(WRITE, path))
        return -1;
    pthread_mutex_lock(&lock);
    ssize_t done = has_room(length) ? real_pwrite(fd, bytes, length, at) : -1;
    int code = errno;
    if (done > 0)
        put('w', inode_of(fd), at, "", bytes, (size_t)done);
    pthread_mutex_unlock(&lock);
    errno = code;
    return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at)
{
    char path[4096];
    return below(path, fd, NULL) ? write_below(fd, path, bytes, length, at)
                                 : real_pwrite(fd, bytes, length, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
    return pwrite64(fd, bytes, length, at);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    char path[4096];
    REAL(ssize_t, write, int, const void *, size_t);
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || !below(path, fd, NULL))
        return real_write(fd, bytes, length);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = write_below(fd, path, bytes, length, at);
    if (done > 0)
        lseek(fd, at + done, SEEK_SET);
    return done;
}

int ftruncate64(int fd, off_t length)
{
    char path[4096];
    struct stat status;
    REAL(int, ftruncate64, int, off_t);
    if (!below(path, fd, NULL))
        return real_ftruncate64(fd, length);
    if (fails(TRUNCATE, path))
        return -1;
    pthread_mutex_lock(&lock);
    if (control->room_bytes >= 0 && fstat(fd, &status) == 0 && status.st_size > length)
        control->room_bytes += status.st_size - length;
    int result = real_ftruncate64(fd, length), code = errno;
    if (result == 0)
        put('t', inode_of(fd), length, "", "", 0);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

int ftruncate(int fd, off_t length)
{
    return ftruncate64(fd, length);
}

int posix_fallocate64(int fd, off_t at, off_t length)
{
    char path[4096];
    struct stat status;
    REAL(int, posix_fallocate64, int, off_t, off_t);
    if (below(path, fd, NULL) && control->room_bytes >= 0 && fstat(fd, &status) == 0) {
        if (at + length - status.st_size > control->room_bytes)
            return ENOSPC;
        control->room_bytes -= at + length > status.st_size ? at + length - status.st_size : 0;
    }
    return real_posix_fallocate64(fd, at, length);
}

/* ---- syncing ---- */

static int sync_below(int fd, int (*real)(int))
{
    char path[4096];
    if (!below(path, fd, NULL))
        return real(fd);
    if (fails(SYNC, path))
        return -1;
    if (trace < 0)
        return real(fd);
    struct stat status;
    pthread_mutex_lock(&lock);
    int is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    put(is_folder ? 'D' : 's', status.st_ino, 0, is_folder ? path : "", "", 0);
    pthread_mutex_unlock(&lock);
    return 0;
}

int fsync(int fd)
{
    REAL(int, fsync, int);
    return sync_below(fd, real_fsync);
}

int fdatasync(int fd)
{
    REAL(int, fdatasync, int);
    return sync_below(fd, real_fdatasync);
}

int fchmod(int fd, mode_t mode)
{
    char path[4096];
    REAL(int, fchmod, int, mode_t);
    if (!below(path, fd, NULL))
        return real_fchmod(fd, mode);
    pthread_mutex_lock(&lock);
    int result = real_fchmod(fd, mode), code = errno;
    if (result == 0)
        put('m', inode_of(fd), (int64_t)mode, "", "", 0);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

/* ---- names ---- */

static int rename_below(int from_folder, const char *from, int to_folder, const char *to,
                        unsigned flags)
{
    char path[4096], new_path[4096];
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    if (!below(path, from_folder, from) || !below(new_path, to_folder, to))
        return real_renameat2(from_folder, from, to_folder, to, flags);
    if (fails(RENAME, new_path))
        return -1;
    pthread_mutex_lock(&lock);
    int result = real_renameat2(from_folder, from, to_folder, to, flags), code = errno;
    if (result == 0)
        put('r', 0, 0, path, new_path, strlen(new_path));
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    return rename_below(from_folder, from, to_folder, to, flags);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return rename_below(from_folder, from, to_folder, to, 0);
}

int rename(const char *from, const char *to)
{
    return rename_below(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int folder, const char *name, int flags)
{
    char path[4096];
    REAL(int, unlinkat, int, const char *, int);
    if (!below(path, folder, name))
        return real_unlinkat(folder, name, flags);
    if (fails(RENAME, path))
        return -1;
    pthread_mutex_lock(&lock);
    int result = real_unlinkat(folder, name, flags), code = errno;
    if (result == 0)
        put('u', 0, 0, path, "", 0);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

/* ---- room ---- */

static void limit_room(struct statvfs64 *space)
{
    if (control->room_bytes >= 0)
        space->f_bavail = (fsblkcnt_t)control->room_bytes / space->f_frsize;
}

int fstatvfs64(int fd, struct statvfs64 *space)
{
    REAL(int, fstatvfs64, int, struct statvfs64 *);
    int result = real_fstatvfs64(fd, space);
    limit_room(space);
    return result;
}

int statvfs64(const char *path, struct statvfs64 *space)
{
    REAL(int, statvfs64, const char *, struct statvfs64 *);
    int result = real_statvfs64(path, space);
    limit_room(space);
    return result;
}

/* ---- clocks ---- */

int clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int result = real_clock_gettime(clock, now);
    int64_t add_us = clock == CLOCK_REALTIME   ? control->real_us
                     : clock == CLOCK_BOOTTIME ? control->boot_us
                                               : 0;
    if (result == 0 && add_us != 0) {
        int64_t us = (int64_t)now->tv_sec * 1000000 + now->tv_nsec / 1000 + add_us;
        now->tv_sec = us / 1000000;
        now->tv_nsec = us % 1000000 * 1000;
    }
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec time;
    int result = clock_gettime(CLOCK_REALTIME, &time);
    now->tv_sec = time.tv_sec;
    now->tv_usec = time.tv_nsec / 1000;
    return result;
}

time_t time(time_t *out)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}
