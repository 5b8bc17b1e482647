/* The studio's server: HTTP, identity, limits, metrics, and the running shows, put together from the
 * other rooms. docs/API.md is what it speaks.
 * Threads: everything on the thread that runs the context; workers of store/ wait for the disk. */
#pragma once
#include <server/config.h>

typedef struct Server Server;

/* Takes the storage (SERVER_ERROR or STORE_ERROR_LOCKED), takes up the shows that were running, and
 * listens. `config` is borrowed while the server lives. `program`: the path of this program, for
 * child processes. Blocks as long as reading the logs of unfinished shows takes. */
Server *server_new(const ServerConfig *config, const char *program, GMainContext *context,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint16 server_port(const Server *server);
/* "http://127.0.0.1:8080/" or the public URL. Borrowed. */
const char *server_address(const Server *server);
/* The admin token, when it was made at start; NULL when it was given. Borrowed: for the terminal or
 * the file of mode 600, and nowhere else. */
const char *server_made_token(const Server *server);
/* No new connections or uploads; shows stay as they are, logs are synced; then `drained`, once. */
void server_drain(Server *server, void (*drained)(gpointer data), gpointer data);
void server_free(Server *server); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Server, server_free)
