#include "body-private.h"

#include <s3/error.h>

#include <errno.h>
#include <nettle/md5.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 131072 };

gssize s3_body_read(S3Body *body, void *bytes, gsize length)
{
    gsize wanted = (gsize)MIN((gint64)length, body->length - body->sent);
    if (wanted == 0)
        return 0;
    gssize got = (gssize)wanted;
    if (body->fd < 0) {
        memcpy(bytes, body->bytes + body->sent, wanted);
    } else {
        do
            got = pread(body->fd, bytes, wanted, body->offset + body->sent);
        while (got < 0 && errno == EINTR);
        if (got == 0)
            errno = 0;
        if (got <= 0)
            return -1;
    }
    body->sent += got;
    return got;
}

/* By nettle, which uses the processor's instructions for SHA: recordings are long. */
gboolean s3_body_hash(S3Body *body, const char *path, struct sha256_ctx *whole,
                      GCancellable *cancellable, GError **error)
{
    g_autofree guchar *block = g_malloc(BLOCK_BYTES);
    struct md5_ctx md5;
    struct sha256_ctx sha256;
    gssize got = 0;
    md5_init(&md5);
    sha256_init(&sha256);
    body->sent = 0;
    while (!g_cancellable_is_cancelled(cancellable) &&
           (got = s3_body_read(body, block, BLOCK_BYTES)) > 0) {
        md5_update(&md5, (gsize)got, block);
        sha256_update(&sha256, (gsize)got, block);
        if (whole != NULL)
            sha256_update(whole, (gsize)got, block);
    }
    if (got < 0)
        g_set_error(error, S3_ERROR, S3_ERROR_LOCAL, "%s: cannot read this file: %s", path,
                    errno != 0 ? g_strerror(errno) : "it became shorter meanwhile");
    md5_digest(&md5, sizeof body->md5, body->md5);
    sha256_digest(&sha256, sizeof body->sha256, body->sha256);
    body->sent = 0;
    return got == 0 && !g_cancellable_set_error_if_cancelled(cancellable, error);
}

char *s3_hex(const guint8 *bytes, gsize length)
{
    GString *text = g_string_sized_new(length * 2);
    for (gsize i = 0; i < length; i++)
        g_string_append_printf(text, "%02x", bytes[i]);
    return g_string_free(text, FALSE);
}

gboolean s3_is_sha256(const char *hex)
{
    return hex != NULL && strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

char *s3_base64_of_hex(const char *hex)
{
    guint8 bytes[32];
    if (!s3_is_sha256(hex))
        return NULL;
    for (guint i = 0; i < sizeof bytes; i++)
        bytes[i] = (guint8)(g_ascii_xdigit_value(hex[(gsize)i * 2]) * 16 +
                            g_ascii_xdigit_value(hex[(gsize)i * 2 + 1]));
    return g_base64_encode(bytes, sizeof bytes);
}
