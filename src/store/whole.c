/* Files that appear whole or not at all. What always holds: a name without ".part" is complete and
 * on disk; the folder entry is synced after the rename, so a power cut cannot take it back. */
#include <store/whole.h>

#include <store/error.h>

#include <nettle/sha2.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COPY_BYTES = 1 << 20 };

static void set_errno_error(GError **error, int code, const char *doing, const char *path)
{
    StoreErrorCode kind = code == ENOSPC || code == EDQUOT ? STORE_ERROR_FULL : STORE_ERROR_FAILED;
    g_set_error(error, STORE_ERROR, kind, "%s: cannot %s: %s", path, doing, g_strerror(code));
}

char *store_part_path(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *part = g_strdup_printf(".%s.part", name);
    return g_build_filename(folder, part, NULL);
}

static gboolean sync_path(const char *path, int flags, GError **error)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0) {
        set_errno_error(error, errno, "open it to sync it", path);
        return FALSE;
    }
    int failed = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    /* Some file systems have nothing to sync for a folder and say EINVAL. */
    if (failed != 0 && !(failed == EINVAL && (flags & O_DIRECTORY) != 0)) {
        set_errno_error(error, failed, "sync it to disk", path);
        return FALSE;
    }
    return TRUE;
}

gboolean store_sync_folder(const char *path, GError **error)
{
    return sync_path(path, O_RDONLY | O_DIRECTORY, error);
}

gboolean store_publish(const char *part, const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    if (!sync_path(part, O_RDONLY, error)) {
        unlink(part);
        return FALSE;
    }
    if (rename(part, path) != 0) {
        set_errno_error(error, errno, "put it in its place", path);
        unlink(part);
        return FALSE;
    }
    return store_sync_folder(folder, error);
}

static gboolean write_all(int fd, const char *path, const char *bytes, gsize length, GError **error)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            set_errno_error(error, errno, "write it", path);
            return FALSE;
        }
        bytes += written;
        length -= (gsize)written;
    }
    return TRUE;
}

static int create_part(const char *part, const char *path, GError **error)
{
    unlink(part); /* left over from a crash */
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        set_errno_error(error, errno, "create it", path);
    return fd;
}

/* Closes the part and publishes it, or removes it when something failed before. */
static gboolean finish_part(int fd, gboolean written, const char *part, const char *path,
                            GError **error)
{
    if (close(fd) != 0 && written) {
        set_errno_error(error, errno, "write it", path);
        written = FALSE;
    }
    if (!written) {
        unlink(part);
        return FALSE;
    }
    return store_publish(part, path, error);
}

gboolean store_write_whole(const char *path, const void *bytes, gsize length, GError **error)
{
    g_autofree char *part = store_part_path(path);
    int fd = create_part(part, path, error);
    if (fd < 0)
        return FALSE;
    return finish_part(fd, write_all(fd, path, bytes, length, error), part, path, error);
}

/* Reads up to COPY_BYTES; -1 and error when that fails or the user gave up. */
static gssize read_block(int fd, const char *path, char *block, GCancellable *cancellable,
                         GError **error)
{
    if (g_cancellable_set_error_if_cancelled(cancellable, error))
        return -1;
    ssize_t got;
    do
        got = read(fd, block, COPY_BYTES);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        set_errno_error(error, errno, "read it", path);
    return got;
}

static int open_to_read(const char *path, GError **error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        set_errno_error(error, errno, "open it", path);
    return fd;
}

gboolean store_copy_whole(const char *from, const char *to, GCancellable *cancellable,
                          GError **error)
{
    int in = open_to_read(from, error);
    if (in < 0)
        return FALSE;
    g_autofree char *part = store_part_path(to);
    int out = create_part(part, to, error);
    if (out < 0) {
        close(in);
        return FALSE;
    }
    g_autofree char *block = g_malloc(COPY_BYTES);
    gboolean good = TRUE;
    gssize got = 0;
    while (good && (got = read_block(in, from, block, cancellable, error)) > 0)
        good = write_all(out, to, block, (gsize)got, error);
    close(in);
    return finish_part(out, good && got == 0, part, to, error);
}

static char *finish_sha256(struct sha256_ctx *context)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(context, sizeof digest, digest);
    GString *hex = g_string_sized_new(2 * sizeof digest);
    for (gsize i = 0; i < sizeof digest; i++)
        g_string_append_printf(hex, "%02x", digest[i]);
    return g_string_free(hex, FALSE);
}

char *store_sha256(const char *path, gint64 *bytes, GCancellable *cancellable, GError **error)
{
    int fd = open_to_read(path, error);
    if (fd < 0)
        return NULL;
    struct sha256_ctx context;
    sha256_init(&context);
    g_autofree char *block = g_malloc(COPY_BYTES);
    gint64 total = 0;
    gssize got;
    while ((got = read_block(fd, path, block, cancellable, error)) > 0) {
        sha256_update(&context, (size_t)got, (const uint8_t *)block);
        total += got;
    }
    close(fd);
    if (got < 0)
        return NULL;
    if (bytes != NULL)
        *bytes = total;
    return finish_sha256(&context);
}
