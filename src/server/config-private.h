/* How options are read: values as people write them, and the lines of .env. Threads: any, no shared
 * state. */
#pragma once
#include <server/config.h>

/* "500ms", "90s", "15m", "12h", "30d", "2w", "1.5h"; a number alone has the unit `unit_ms`. FALSE:
 * not a duration, or none that fits. */
gboolean server_parse_duration(const char *text, gint64 unit_ms, gint64 *milliseconds);
/* "4096", "64MiB", "1.5GB" (powers of 1000 with B, of 1024 with iB). */
gboolean server_parse_size(const char *text, gint64 *bytes);
gboolean server_parse_count(const char *text, gint64 *count);
/* "1", "true", "yes", "on" and their opposites. */
gboolean server_parse_flag(const char *text, gboolean *flag);

enum { SERVER_ENV_BYTES_MAX = 65536 };

/* One assignment of a .env: strings are borrowed for the call. FALSE with `error` ends the reading. */
typedef gboolean (*ServerEnvEach)(const char *name, const char *value, guint line, gpointer data,
                                  GError **error);

/* NAME=VALUE lines, "export " before them allowed; # comments; 'as it stands'; "with \n \t \" \\ \$".
 * SERVER_ERROR_CONFIG names the line. */
gboolean server_env_read(const char *text, gsize length, ServerEnvEach each, gpointer data,
                         GError **error);

/* "127.0.0.1:8080", "[::1]:0": whether only this machine reaches it. FALSE with `error`: not an
 * address with a port. */
gboolean server_listen_is_loopback(const char *listen, gboolean *is_loopback, GError **error);
/* Why a token would not do, or NULL. Static. */
const char *server_token_weakness(const char *token);
