/* Putting the rooms together. Everything is made in the order in which it is needed and freed in
 * the opposite one; what a part needs of another it finds in the Server. */
#include "server-private.h"

#include "direct-private.h"
#include "live-private.h"
#include "livekit-private.h"
#include "renders-private.h"
#include "route-private.h"
#include "shows-private.h"
#include "socket-private.h"
#include "uploads-private.h"
#include "uploads-private.h"

#include <string.h>

enum { LOG_WORKERS = 2, DISK_WORKERS = 4, BUFFER_BYTES = 1 << 20, SWEEP_S = 900, ROOM_LOOK_S = 2 };

/* ---- the storage ---- */

static gboolean open_storage(Server *server, GError **error)
{
    const ServerConfig *config = server->config;
    StoreShowsOptions options = {.path = config->storage,
                                 .reserve_bytes = config->reserve_bytes,
                                 .low_bytes = config->low_bytes};
    server->store = store_shows_open(&options, error);
    if (server->store == NULL)
        return FALSE;
    server->log_workers = store_workers_new("log", LOG_WORKERS, server->context);
    server->disk_workers = store_workers_new_patient("disk", DISK_WORKERS, server->context);
    server->log_pulse = server_pulse_new(server->log_workers, server->context);
    server->disk_pulse = server_pulse_new(server->disk_workers, server->context);
    StoreUploadLimits limits = {.flight_bytes = (gsize)config->upload_flight_bytes,
                                .chunk_bytes = (gsize)config->upload_chunk_bytes};
    server->uploads = store_uploads_new(server->disk_workers, &limits, server_uploads_room, server);
    return TRUE;
}

static gboolean open_identity(Server *server, GError **error)
{
    g_autofree char *secret = g_build_filename(server->config->storage, "secret", NULL);
    server->identity = server_identity_new(server->config->admin_token, secret, error);
    return server->identity != NULL;
}

static gboolean open_mirror(Server *server, GError **error)
{
    server->mirror = server_mirror_new(server->config, error);
    if (server->mirror != NULL)
        g_message("finished files are mirrored mirror=%s", server->config->mirror);
    return server->mirror != NULL || server->config->mirror == NULL;
}

/* ---- listening ---- */

static void handle_request(HttpRequest *request, gpointer data)
{
    Server *server = data;
    if (!server_socket_handle(server, request))
        server_route_handle(server, request);
}

static gboolean listen_http(Server *server, GError **error)
{
    HttpServerOptions options = {
        .listen = server->config->listen,
        .context = server->context,
        .handler = handle_request,
        .data = server,
        .limits = {.connections = server->config->max_sockets},
        .trusted_proxies = (const char *const *)server->config->trusted_proxies,
    };
    server->http = http_server_new(&options, error);
    if (server->http == NULL)
        return FALSE;
    if (server->config->public_url != NULL) {
        server->address = g_strconcat(server->config->public_url, "/", NULL);
        return TRUE;
    }
    const char *colon = strrchr(server->config->listen, ':');
    server->address = g_strdup_printf("http://%.*s:%u/", (int)(colon - server->config->listen),
                                      server->config->listen, http_server_port(server->http));
    return TRUE;
}

Server *server_new(const ServerConfig *config, const char *program, GMainContext *context,
                   GError **error)
{
    g_autoptr(Server) server = g_new0(Server, 1);
    server->config = config;
    server->program = g_strdup(program);
    server->context =
        context != NULL ? g_main_context_ref(context) : g_main_context_ref_thread_default();
    server->metrics = server_metrics_new();
    server->buffers =
        server_buffers_new(MIN((gsize)config->upload_chunk_bytes, (gsize)BUFFER_BYTES));
    if (!open_storage(server, error) || !open_identity(server, error) ||
        !open_mirror(server, error) || !server_livekit_new(server, error))
        return NULL;
    server->direct = server_direct_new(server);
    server->shows = server_shows_new(server, error);
    if (server->shows == NULL || !server_renders_new(server, error) ||
        !server_socket_new(server, error) || !server_live_new(server, error) ||
        !listen_http(server, error))
        return NULL;
    return g_steal_pointer(&server);
}

guint16 server_port(const Server *server)
{
    return http_server_port(server->http);
}

const char *server_address(const Server *server)
{
    return server->address;
}

const char *server_made_token(const Server *server)
{
    return server_identity_made_token(server->identity);
}

void server_drain(Server *server, void (*drained)(gpointer data), gpointer data)
{
    server->is_draining = TRUE;
    server_shows_drain(server->shows);
    server_renders_drain(server->renders);
    server_live_drain(server->live);
    http_server_drain(server->http, drained, data);
}

void server_free(Server *server)
{
    if (server == NULL)
        return;
    server_socket_free(server);
    http_server_free(server->http);
    server_live_free(server->live);
    server_renders_free(server->renders);
    server_mirror_stop(server->mirror);
    server_shows_free(server->shows);
    server_livekit_free(server->livekit);
    server_direct_free(server->direct);
    g_clear_pointer(&server->mirror, server_mirror_free);
    server_pulse_free(server->log_pulse);
    server_pulse_free(server->disk_pulse);
    store_uploads_free(server->uploads);
    store_workers_free(server->log_workers);
    store_workers_free(server->disk_workers);
    server_buffers_free(server->buffers);
    store_shows_close(server->store);
    server_identity_free(server->identity);
    server_metrics_free(server->metrics);
    g_free(server->address);
    g_free(server->program);
    g_main_context_unref(server->context);
    g_free(server);
}
