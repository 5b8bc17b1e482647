/* A client of an engine without a network: frames in and out as a WebSocket would carry them. For
 * tests, fuzzing and measuring, where a socket would only be in the way.
 * Threads: the server's. Callbacks of the server come from within engineio_local_put(). */
#pragma once
#include <socketio/server.h>

typedef struct EngineioLocal EngineioLocal;

/* Begins a session; `open` comes from within. The server has to outlive it. */
EngineioLocal *engineio_local_new(EngineioServer *server,
                                  const char *client_address) G_GNUC_WARN_UNUSED_RESULT;
void engineio_local_free(EngineioLocal *local); /* as if the connection broke. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EngineioLocal, engineio_local_free)

/* What the client sends. FALSE: the session has ended. */
gboolean engineio_local_put(EngineioLocal *local, gboolean is_binary, GBytes *frame);
/* The next frame for the client, or NULL; also what was sent before the end. Free with
 * g_bytes_unref(). `is_binary` may be NULL. */
GBytes *engineio_local_take(EngineioLocal *local, gboolean *is_binary);
gboolean engineio_local_is_open(const EngineioLocal *local);

/* The engine below a Socket.IO server. */
EngineioServer *socketio_server_get_engine(SocketioServer *server);
