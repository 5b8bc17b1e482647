/* The secret of the sealed texts, and sealing. What always holds: the secret's file is the owner's
 * alone; nothing of a secret or a text is left in memory that was given back. */
#include <live/sealed.h>

#include <live/target.h>

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_STATIC_ASSERT(LIVE_SECRET_BYTES == crypto_secretbox_KEYBYTES);

enum { FILE_BYTES_MAX = 256, NONCE = crypto_secretbox_NONCEBYTES, MAC = crypto_secretbox_MACBYTES };

struct LiveSecret {
    guint8 key[LIVE_SECRET_BYTES];
};

static gboolean start_sodium(GError **error)
{
    if (sodium_init() >= 0)
        return TRUE;
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_FAILED, "libsodium does not start");
    return FALSE;
}

void live_secret_free(LiveSecret *secret)
{
    if (secret == NULL)
        return;
    sodium_memzero(secret, sizeof *secret);
    g_free(secret);
}

LiveSecret *live_secret_from_text(const char *text, GError **error)
{
    if (!start_sodium(error))
        return NULL;
    g_autoptr(LiveSecret) secret = g_new0(LiveSecret, 1);
    gsize length = strlen(text), found = 0;
    const char *end = NULL;
    gboolean is_read =
        (length == 2 * LIVE_SECRET_BYTES &&
         sodium_hex2bin(secret->key, sizeof secret->key, text, length, NULL, &found, &end) == 0) ||
        sodium_base642bin(secret->key, sizeof secret->key, text, length, NULL, &found, &end,
                          sodium_base64_VARIANT_ORIGINAL) == 0;
    if (is_read && found == LIVE_SECRET_BYTES && end == text + length)
        return g_steal_pointer(&secret);
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_INVALID,
                        "expected 64 hexadecimal digits, or 32 bytes in base64 (openssl rand "
                        "-base64 32 makes one)");
    return NULL;
}

/* ---- its file ---- */

static LiveSecret *fail(GError **error, const char *path, const char *doing, int code)
{
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_FAILED, "%s: cannot %s the secret key: %s", path,
                doing, g_strerror(code));
    return NULL;
}

static LiveSecret *refuse(GError **error, const char *path, const char *what)
{
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_INVALID, "%s: %s", path, what);
    return NULL;
}

static LiveSecret *read_file(int fd, const char *path, GError **error)
{
    char text[FILE_BYTES_MAX + 1];
    struct stat found;
    if (fstat(fd, &found) != 0)
        return fail(error, path, "look at", errno);
    if (!S_ISREG(found.st_mode))
        return refuse(error, path, "not a file");
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return refuse(error, path, "others may read the secret key; chmod 600 it");
    ssize_t length = read(fd, text, FILE_BYTES_MAX);
    if (length < 0)
        return fail(error, path, "read", errno);
    text[length] = '\0';
    LiveSecret *secret = live_secret_from_text(g_strstrip(text), error);
    explicit_bzero(text, sizeof text);
    if (secret == NULL)
        g_prefix_error(error, "%s: ", path);
    return secret;
}

static gboolean sync_folder_of(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    gboolean is_synced = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    if (fd >= 0)
        close(fd);
    return is_synced;
}

/* Whole or not at all, and never over one that is there. */
static gboolean write_file(const char *path, GError **error)
{
    guint8 key[LIVE_SECRET_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof key, sodium_base64_VARIANT_ORIGINAL) + 1];
    g_autofree char *part = g_strdup_printf("%s.%d.part", path, (int)getpid());
    randombytes_buf(key, sizeof key);
    sodium_bin2base64(text, sizeof text, key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
    strcat(text, "\n");
    unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    gboolean is_good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) &&
                       fsync(fd) == 0 && (link(part, path) == 0 || errno == EEXIST) &&
                       sync_folder_of(path);
    int code = errno;
    if (fd >= 0)
        close(fd);
    unlink(part);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return is_good || fail(error, path, "write", code) != NULL;
}

LiveSecret *live_secret_from_file(const char *path, gboolean make_it, GError **error)
{
    int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    if (!start_sodium(error))
        return NULL;
    int fd = open(path, flags);
    if (fd < 0 && errno == ENOENT && make_it) {
        g_autofree char *folder = g_path_get_dirname(path);
        g_mkdir_with_parents(folder, 0700);
        if (!write_file(path, error))
            return NULL;
        fd = open(path, flags);
    }
    if (fd < 0)
        return fail(error, path, "open", errno);
    LiveSecret *secret = read_file(fd, path, error);
    close(fd);
    return secret;
}

/* ---- sealing ---- */

GBytes *live_seal(const LiveSecret *secret, const char *text)
{
    gsize length = strlen(text);
    guint8 *bytes = g_malloc(NONCE + MAC + length);
    randombytes_buf(bytes, NONCE);
    int code =
        crypto_secretbox_easy(bytes + NONCE, (const guint8 *)text, length, bytes, secret->key);
    g_assert(code == 0);
    return g_bytes_new_take(bytes, NONCE + MAC + length);
}

char *live_unseal(const LiveSecret *secret, const guint8 *bytes, gsize length, GError **error)
{
    gsize text_length = length >= NONCE + MAC ? length - NONCE - MAC : 0;
    char *text = g_malloc0(text_length + 1);
    if (length >= NONCE + MAC &&
        crypto_secretbox_open_easy((guint8 *)text, bytes + NONCE, length - NONCE, bytes,
                                   secret->key) == 0 &&
        strlen(text) == text_length)
        return text;
    live_wipe_free(text);
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_SEALED,
                        "it was sealed with another secret key, or is damaged; save it anew");
    return NULL;
}
