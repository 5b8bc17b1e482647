/* The system calls with a fault: the n-th that counts fails. And a folder to work in. */
#pragma once
#include "folders.h"
#include <store/io.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef enum {
    FAULT_OPEN = 1 << 0,
    FAULT_WRITE = 1 << 1,
    FAULT_SYNC = 1 << 2,
    FAULT_RENAME = 1 << 3,
    FAULT_TRUNCATE = 1 << 4,
    FAULT_ANY = 0xff,
} FaultKind;

typedef struct Faults {
    StoreIo io;
    FaultKind kinds;  /* which calls count */
    gint countdown;   /* the call at which it reaches 0 fails; below, none */
    int code;         /* with this errno */
    gboolean is_half; /* a failing write writes half of it first */
    gint truncates;   /* so many cuts fail, whatever else does */
    gint syncs;       /* made, failed or not */
    gint gate;        /* while 1, sync_data waits */
    gint free_blocks; /* what free_space() says when >= 0 */
    gint directs;     /* times that writing around the page cache was asked for */
    gboolean is_direct, refuses_direct, fails_direct; /* it fails: asked for, or written so */
} Faults;

static gboolean fault_hits(const StoreIo *io, FaultKind kind)
{
    Faults *self = io->data;
    if ((self->kinds & kind) == 0 || !g_atomic_int_dec_and_test(&self->countdown))
        return FALSE;
    errno = self->code;
    return TRUE;
}

static int fault_open(const StoreIo *io, int folder, const char *name, int flags, mode_t mode)
{
    return fault_hits(io, FAULT_OPEN) ? -1
                                      : store_io_system()->open_at(io, folder, name, flags, mode);
}

static int fault_make(const StoreIo *io, int folder, const char *name, mode_t mode)
{
    return fault_hits(io, FAULT_OPEN) ? -1 : store_io_system()->make_folder(io, folder, name, mode);
}

static ssize_t fault_write(const StoreIo *io, int fd, const void *bytes, gsize length,
                           gint64 offset)
{
    const Faults *self = io->data;
    if (self->is_direct && self->fails_direct) {
        errno = EINVAL;
        return -1;
    }
    if (!fault_hits(io, FAULT_WRITE))
        return store_io_system()->write_at(io, fd, bytes, length, offset);
    int code = errno;
    if (self->is_half)
        g_assert_cmpint(pwrite(fd, bytes, length / 2, offset), >=, 0);
    errno = code;
    return -1;
}

static int fault_direct(const StoreIo *io, int fd, gboolean is_direct)
{
    Faults *self = io->data;
    self->directs += is_direct;
    self->is_direct = is_direct;
    if (is_direct && self->refuses_direct)
        errno = EINVAL;
    return is_direct && self->refuses_direct ? -1
                                             : store_io_system()->set_direct(io, fd, is_direct);
}

static int fault_truncate(const StoreIo *io, int fd, gint64 length)
{
    Faults *self = io->data;
    if (self->truncates > 0) {
        self->truncates--;
        errno = EIO;
        return -1;
    }
    return fault_hits(io, FAULT_TRUNCATE) ? -1 : store_io_system()->truncate(io, fd, length);
}

static int fault_sync(const StoreIo *io, int fd)
{
    Faults *self = io->data;
    g_atomic_int_inc(&self->syncs);
    return fault_hits(io, FAULT_SYNC) ? -1 : store_io_system()->sync(io, fd);
}

static int fault_sync_data(const StoreIo *io, int fd)
{
    Faults *self = io->data;
    while (g_atomic_int_get(&self->gate) != 0)
        g_usleep(100);
    g_atomic_int_inc(&self->syncs);
    return fault_hits(io, FAULT_SYNC) ? -1 : store_io_system()->sync_data(io, fd);
}

static int fault_rename(const StoreIo *io, int from_folder, const char *from, int to_folder,
                        const char *to)
{
    return fault_hits(io, FAULT_RENAME)
               ? -1
               : store_io_system()->rename_at(io, from_folder, from, to_folder, to);
}

static int fault_remove(const StoreIo *io, int folder, const char *name, int flags)
{
    return fault_hits(io, FAULT_RENAME) ? -1
                                        : store_io_system()->remove_at(io, folder, name, flags);
}

static int fault_space(const StoreIo *io, int fd, struct statvfs *space)
{
    const Faults *self = io->data;
    int result = store_io_system()->free_space(io, fd, space);
    if (self->free_blocks >= 0)
        space->f_bavail = (fsblkcnt_t)self->free_blocks;
    return result;
}

static inline void faults_init(Faults *self)
{
    *self = (Faults){.io = *store_io_system(), .free_blocks = -1, .code = EIO};
    self->io.data = self;
    self->io.open_at = fault_open;
    self->io.make_folder = fault_make;
    self->io.write_at = fault_write;
    self->io.set_direct = fault_direct;
    self->io.truncate = fault_truncate;
    self->io.sync = fault_sync;
    self->io.sync_data = fault_sync_data;
    self->io.rename_at = fault_rename;
    self->io.remove_at = fault_remove;
    self->io.free_space = fault_space;
}

/* The n-th call of these kinds fails. */
static inline void faults_arm(Faults *self, FaultKind kinds, int n, int code)
{
    self->kinds = kinds;
    self->code = code;
    g_atomic_int_set(&self->countdown, n);
}

static inline void faults_disarm(Faults *self)
{
    g_atomic_int_set(&self->countdown, 0);
}

/* Folders */

static inline StorePlace open_place(const char *path, const StoreIo *io)
{
    StorePlace place = {
        .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), .path = path, .io = io};
    g_assert_cmpint(place.fd, >=, 0);
    return place;
}

/* Runs the main loop until *count is at least `wanted`. */
static inline void wait_until(const guint *count, guint wanted)
{
    gint64 limit = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
    while (*count < wanted) {
        g_assert_cmpint(g_get_monotonic_time(), <, limit);
        g_main_context_iteration(NULL, TRUE);
    }
}
