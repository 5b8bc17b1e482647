/* Texts that nobody reads who has the file alone: libsodium's secretbox, each with a nonce of its own.
 * Threads: any; a key is read only. */
#pragma once
#include <live/error.h>

enum { LIVE_SECRET_BYTES = 32 };

typedef struct LiveSecret LiveSecret;

/* From text: 64 hexadecimal digits, or base64 of 32 bytes. LIVE_ERROR_INVALID. */
LiveSecret *live_secret_from_text(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* From a file with such a text; mode 600 and no link, else LIVE_ERROR_INVALID. Where it is missing and
 * `make_it`, it is made. Waits for the disk. */
LiveSecret *live_secret_from_file(const char *path, gboolean make_it,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void live_secret_free(LiveSecret *secret); /* wipes. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveSecret, live_secret_free)

GBytes *live_seal(const LiveSecret *secret, const char *text) G_GNUC_WARN_UNUSED_RESULT;
/* LIVE_ERROR_SEALED: sealed with another secret, or damaged. Free with live_wipe_free(). */
char *live_unseal(const LiveSecret *secret, const guint8 *bytes, gsize length,
                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
