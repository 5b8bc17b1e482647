/* HMAC-SHA256, base64url and the secret that signs. Threads: any, no shared state. */
#pragma once
#include <glib.h>

enum { SERVER_SIGN_BYTES = 32 };

/* `key` and `mac` have SERVER_SIGN_BYTES, and may be the same. */
void server_sign(const guint8 *key, const char *text, gsize length, guint8 *mac);
char *server_sign_text(const guint8 *key, const char *text); /* the same as base64url */
/* Without padding. Free with g_free(). */
char *server_sign_base64url(const guint8 *bytes, gsize length);
/* NULL when it is not the one spelling that server_sign_base64url() gives. */
guint8 *server_sign_from_base64url(const char *text, gsize *length);
void server_sign_random(guint8 *bytes, gsize length); /* the system's */

/* Reads the secret's file, or makes it (mode 600, on disk). SERVER_ERROR_CONFIG: others may read
 * it, it is a link, or it does not have SERVER_SIGN_BYTES. */
gboolean server_sign_secret(const char *path, guint8 *secret, GError **error);
