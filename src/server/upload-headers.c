/* The headers of tus: pure functions of their text, which comes from outside. */
#include "upload-headers-private.h"

#include <server/error.h>

#include <string.h>

/* A whole number ≥ 0; -1 when the header is not there. FALSE: it is something else. */
gboolean server_tus_number(const char *name, const char *text, gint64 *number, GError **error)
{
    guint64 value;
    *number = -1;
    if (text == NULL)
        return TRUE;
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64 / 2, &value, NULL)) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                    "%s: expected a whole number of bytes", name);
        return FALSE;
    }
    *number = (gint64)value;
    return TRUE;
}

/* One value of Upload-Metadata, "name <base64>, …"; NULL: not there, or no text. */
char *server_tus_metadata(const char *text, const char *key)
{
    g_auto(GStrv) pairs = g_strsplit(text != NULL ? text : "", ",", 32);
    for (guint i = 0; pairs[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(g_strstrip(pairs[i]), " ", 2);
        if (pair[0] == NULL || pair[1] == NULL || strcmp(pair[0], key) != 0)
            continue;
        gsize length;
        g_autofree guint8 *bytes = g_base64_decode(pair[1], &length);
        gboolean is_text = length > 0 && length < 256 &&
                           g_utf8_validate((const char *)bytes, (gssize)length, NULL);
        return is_text ? g_strndup((const char *)bytes, length) : NULL;
    }
    return NULL;
}

/* "sha1 <base64>". kind NONE: no such header. */
gboolean server_tus_sum(const char *text, StoreSum *sum, GError **error)
{
    memset(sum, 0, sizeof *sum);
    if (text == NULL)
        return TRUE;
    g_auto(GStrv) words = g_strsplit(text, " ", 2);
    gsize length = 0, expected = 0;
    if (words[0] != NULL && words[1] != NULL && strcmp(words[0], "sha1") == 0)
        sum->kind = STORE_SUM_SHA1, expected = 20;
    else if (words[0] != NULL && words[1] != NULL && strcmp(words[0], "sha256") == 0)
        sum->kind = STORE_SUM_SHA256, expected = 32;
    g_autofree guint8 *digest = expected > 0 ? g_base64_decode(words[1], &length) : NULL;
    if (expected == 0 || length != expected) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                            "Upload-Checksum: expected sha1 or sha256 and the sum in base64");
        return FALSE;
    }
    memcpy(sum->digest, digest, length);
    return TRUE;
}
