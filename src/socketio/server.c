/* The Socket.IO server: its options and namespaces over an engine. */
#include <socketio/local.h>
#include "server-private.h"

#include <string.h>

static EngineioOptions engine_options(const SocketioOptions *options)
{
    EngineioOptions engine = options->engine;
    if (engine.path == NULL)
        engine.path = "/socket.io/";
    return engine;
}

static void add_spaces(SocketioServer *server, const char *const *names)
{
    static const char *const main_space[] = {"/", NULL};
    server->space_names = g_strdupv((char **)(names != NULL ? names : main_space));
    server->spaces =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)socketio_space_free);
    for (char **name = server->space_names; *name != NULL; name++) {
        g_assert((*name)[0] == '/');
        g_hash_table_insert(server->spaces, *name, socketio_space_new(*name));
    }
}

SocketioServer *socketio_server_new(const SocketioOptions *options, const SocketioEvents *events,
                                    gpointer data)
{
    SocketioServer *server = g_new0(SocketioServer, 1);
    const EngineioOptions engine = engine_options(options);
    server->events = events;
    server->data = data;
    server->connect_timeout_ms =
        options->connect_timeout_ms != 0 ? options->connect_timeout_ms : 45000;
    server->max_acks = options->max_acks != 0 ? options->max_acks : 1024;
    server->limits = options->packet;
    add_spaces(server, options->spaces);
    server->engine = engineio_server_new(&engine, &socketio_client_events, server);
    return server;
}

void socketio_server_free(SocketioServer *server)
{
    if (server == NULL)
        return;
    engineio_server_free(server->engine);
    g_hash_table_unref(server->spaces);
    g_strfreev(server->space_names);
    g_free(server);
}

gboolean socketio_server_handle(SocketioServer *server, HttpRequest *request)
{
    return engineio_server_handle(server->engine, request);
}

EngineioServer *socketio_server_get_engine(SocketioServer *server)
{
    return server->engine;
}

void socketio_server_get_metrics(const SocketioServer *server, SocketioMetrics *metrics)
{
    *metrics = server->metrics;
    engineio_server_get_metrics(server->engine, &metrics->engine);
}
