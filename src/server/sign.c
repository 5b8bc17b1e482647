/* What the signatures are made of. The secret never leaves its file and the keys made from it; a
 * file that others could have read is refused rather than used. */
#include "sign-private.h"

#include <server/error.h>

#include <errno.h>
#include <fcntl.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

G_STATIC_ASSERT(SERVER_SIGN_BYTES == SHA256_DIGEST_SIZE);

void server_sign(const guint8 *key, const char *text, gsize length, guint8 *mac)
{
    struct hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, SERVER_SIGN_BYTES, key);
    hmac_sha256_update(&context, length, (const guint8 *)text);
    hmac_sha256_digest(&context, SERVER_SIGN_BYTES, mac);
    explicit_bzero(&context, sizeof context);
}

char *server_sign_text(const guint8 *key, const char *text)
{
    guint8 mac[SERVER_SIGN_BYTES];
    server_sign(key, text, strlen(text), mac);
    return server_sign_base64url(mac, sizeof mac);
}

char *server_sign_base64url(const guint8 *bytes, gsize length)
{
    char *text = g_base64_encode(bytes, length);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = '\0';
    return text;
}

guint8 *server_sign_from_base64url(const char *text, gsize *length)
{
    if (strlen(text) % 4 == 1)
        return NULL;
    g_autofree char *usual = g_strconcat(text, "==", NULL);
    usual[(strlen(text) + 3) / 4 * 4] = '\0';
    g_strdelimit(usual, "-", '+');
    g_strdelimit(usual, "_", '/');
    g_autofree guint8 *bytes = g_base64_decode(usual, length);
    g_autofree char *again = server_sign_base64url(bytes, *length);
    return strcmp(again, text) == 0 ? g_steal_pointer(&bytes) : NULL;
}

void server_sign_random(guint8 *bytes, gsize length)
{
    g_assert(length <= 256); /* so much comes whole */
    ssize_t got = 0;
    do
        got = getrandom(bytes, length, 0);
    while (got < 0 && errno == EINTR);
    g_assert(got == (ssize_t)length);
}

/* ---- the secret's file ---- */

static gboolean refuse(GError **error, const char *path, const char *what)
{
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "%s: %s", path, what);
    return FALSE;
}

static gboolean refuse_errno(GError **error, const char *path, const char *doing, int code)
{
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_FAILED, "%s: cannot %s: %s", path, doing,
                g_strerror(code));
    return FALSE;
}

static gboolean read_secret(int fd, const char *path, guint8 *secret, GError **error)
{
    struct stat found;
    guint8 more = 0;
    if (fstat(fd, &found) != 0)
        return refuse_errno(error, path, "look at it", errno);
    if (!S_ISREG(found.st_mode))
        return refuse(error, path, "not a file");
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse(error, path,
                      "others may read what signs links and cookies; delete it to have a new one "
                      "made (links given out before then end), or chmod 600 it");
    if (read(fd, secret, SERVER_SIGN_BYTES) != SERVER_SIGN_BYTES || read(fd, &more, 1) != 0)
        return refuse(error, path,
                      "does not hold the 32 bytes that sign links and cookies; delete it to have "
                      "a new one made");
    return TRUE;
}

static gboolean sync_folder(const char *path, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = fd < 0 || fsync(fd) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return code == 0 || code == EINVAL || refuse_errno(error, folder, "sync it to disk", code);
}

/* Whole or not at all: an empty secret left by a crash would stop the next start. */
static gboolean write_secret(const char *path, guint8 *secret, GError **error)
{
    g_autofree char *part = g_strconcat(path, ".part", NULL);
    server_sign_random(secret, SERVER_SIGN_BYTES);
    unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse_errno(error, part, "make it", errno);
    gboolean is_written = write(fd, secret, SERVER_SIGN_BYTES) == SERVER_SIGN_BYTES &&
                          fsync(fd) == 0 && rename(part, path) == 0;
    int code = errno;
    close(fd);
    if (!is_written) {
        unlink(part);
        return refuse_errno(error, path, "write it", code);
    }
    return sync_folder(path, error);
}

gboolean server_sign_secret(const char *path, guint8 *secret, GError **error)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return write_secret(path, secret, error);
    if (fd < 0)
        return refuse_errno(error, path, "open it", errno);
    gboolean is_read = read_secret(fd, path, secret, error);
    close(fd);
    return is_read;
}
