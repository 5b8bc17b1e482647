/* The few system calls by which a show reaches the disk, in one table, so that a test can fail any
 * of them, and the place they work in. Each answers as the call it is named after: -1 and errno.
 * Threads: any, several at once. */
#pragma once
#include <glib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>

typedef struct StoreIo StoreIo;
struct StoreIo {
    int (*open_at)(const StoreIo *io, int folder, const char *name, int flags, mode_t mode);
    int (*make_folder)(const StoreIo *io, int folder, const char *name, mode_t mode);
    ssize_t (*write_at)(const StoreIo *io, int fd, const void *bytes, gsize length, gint64 offset);
    /* Writes go around the page cache from now on, or no longer. EINVAL, here or from write_at():
     * this file system does not do that, or not for such memory, place and length. */
    int (*set_direct)(const StoreIo *io, int fd, gboolean is_direct);
    ssize_t (*read_at)(const StoreIo *io, int fd, void *bytes, gsize length, gint64 offset);
    int (*truncate)(const StoreIo *io, int fd, gint64 length);
    int (*allocate)(const StoreIo *io, int fd, gint64 length); /* real blocks for all of it */
    int (*set_mode)(const StoreIo *io, int fd, mode_t mode);
    int (*sync_data)(const StoreIo *io, int fd); /* fdatasync */
    int (*sync)(const StoreIo *io, int fd);      /* fsync; of folders too */
    int (*rename_at)(const StoreIo *io, int from_folder, const char *from, int to_folder,
                     const char *to); /* never over something that is there */
    int (*remove_at)(const StoreIo *io, int folder, const char *name, int flags);
    int (*free_space)(const StoreIo *io, int fd, struct statvfs *space);
    gpointer data; /* a test's own */
};

/* The system itself. */
const StoreIo *store_io_system(void);

/* A folder: its descriptor, by which everything in it is reached, and its path, for messages.
 * Whoever gives a place keeps it open as long as what was opened in it. */
typedef struct StorePlace {
    int fd;
    const char *path;
    const StoreIo *io; /* NULL: the system */
} StorePlace;
