/* A client without a network. */
#include <socketio/local.h>
#include "engine-private.h"

struct EngineioLocal {
    EngineioSession *session;
};

EngineioLocal *engineio_local_new(EngineioServer *server, const char *client_address)
{
    EngineioLocal *local = g_new(EngineioLocal, 1);
    EngineioSession *session = engineio_session_new(server, ENGINEIO_LOCAL, NULL, client_address);
    local->session = engineio_session_ref(session);
    g_autoptr(GBytes) greeting = engineio_session_greeting(session);
    engineio_session_send_frame(session, FALSE, greeting);
    server->events->open(session, server->data);
    return local;
}

void engineio_local_free(EngineioLocal *local)
{
    if (local == NULL)
        return;
    engineio_session_fail(local->session, ENGINEIO_REASON_ERROR);
    engineio_session_unref(local->session);
    g_free(local);
}

gboolean engineio_local_is_open(const EngineioLocal *local)
{
    return local->session->state != ENGINEIO_STATE_CLOSED;
}

gboolean engineio_local_put(EngineioLocal *local, gboolean is_binary, GBytes *frame)
{
    if (!engineio_local_is_open(local))
        return FALSE;
    engineio_session_take_frame(local->session, is_binary, frame);
    return engineio_local_is_open(local);
}

GBytes *engineio_local_take(EngineioLocal *local, gboolean *is_binary)
{
    EngineioFrame *frame = engineio_session_next_frame(local->session);
    if (frame == NULL)
        return NULL;
    if (is_binary != NULL)
        *is_binary = frame->is_binary;
    GBytes *bytes = g_steal_pointer(&frame->bytes);
    g_free(frame);
    return bytes;
}
