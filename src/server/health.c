/* For those who operate it: alive, ready, numbers. */
#include "gate-private.h"

#include "renders-private.h"
#include "livekit-private.h"
#include "server-private.h"

#include <sys/statvfs.h>

enum { DISK_HANGS_MS = 10000 };

void server_healthz(Server *server, ServerCall *call)
{
    (void)server;
    server_call_json(call, 200, json_pack("{s:b}", "ok", TRUE));
}

/* A mirror that is behind or fails is no reason to send people elsewhere: files wait here. */
static const char *mirror_word(const Server *server)
{
    ServerMirrorState state;
    if (!server_mirror_look(server->mirror, &state))
        return "off";
    if (state.is_failing)
        return "failing";
    return state.behind_s > 0 ? "behind" : "ok";
}

/* LiveKit is no reason either: a show goes on without it. */
static const char *livekit_word(const Server *server)
{
    ServerLivekitState state = server_livekit_look(server->livekit);
    if (!state.is_on)
        return "off";
    if (!state.is_known)
        return "unknown";
    return state.is_failing ? "failing" : "ok";
}

/* A full disk is no reason to send people elsewhere: the live show goes on, recordings wait. */
void server_readyz(Server *server, ServerCall *call)
{
    gint64 log_ms = server_pulse_age_ms(server->log_pulse);
    gint64 disk_ms = server_pulse_age_ms(server->disk_pulse);
    gboolean is_ready = !server->is_draining && log_ms < DISK_HANGS_MS && disk_ms < DISK_HANGS_MS;
    server_call_json(call, is_ready ? 200 : 503,
                     json_pack("{s:b,s:b,s:b,s:I,s:I,s:s,s:s}", "ready", is_ready, "draining",
                               server->is_draining, "hasRoom", store_shows_has_room(server->store),
                               "logDiskAgeMs", (json_int_t)log_ms, "diskAgeMs", (json_int_t)disk_ms,
                               "mirror", mirror_word(server), "livekit", livekit_word(server)));
}

static void look_at_mirror(Server *server)
{
    ServerMirrorState state = {0};
    server_mirror_look(server->mirror, &state);
    server_metrics_set(server->metrics, SERVER_METRIC_MIRROR_BYTES, (gint64)state.bytes);
    server_metrics_set(server->metrics, SERVER_METRIC_MIRROR_FILES, (gint64)state.files);
    server_metrics_set(server->metrics, SERVER_METRIC_MIRROR_ERRORS, (gint64)state.errors);
    server_metrics_set(server->metrics, SERVER_METRIC_MIRROR_WAITING, state.waiting_bytes);
    server_metrics_set(server->metrics, SERVER_METRIC_MIRROR_BEHIND, state.behind_s);
}

static void look_at_livekit(Server *server)
{
    ServerLivekitState state = server_livekit_look(server->livekit);
    server_metrics_set(server->metrics, SERVER_METRIC_LIVEKIT_UP,
                       state.is_on && state.is_known && !state.is_failing);
    server_metrics_set(server->metrics, SERVER_METRIC_LIVEKIT_ERRORS, (gint64)state.errors);
    server_metrics_set(server->metrics, SERVER_METRIC_LIVEKIT_ROOMS, state.rooms);
    server_metrics_set(server->metrics, SERVER_METRIC_LIVEKIT_PEOPLE, state.participants);
}

static void look(Server *server)
{
    look_at_livekit(server);
    ServerMetrics *metrics = server->metrics;
    struct statvfs space;
    if (statvfs(server->config->storage, &space) == 0)
        server_metrics_set(metrics, SERVER_METRIC_FREE_BYTES,
                           (gint64)space.f_bavail * (gint64)space.f_frsize);
    server_metrics_set(metrics, SERVER_METRIC_HAS_ROOM, store_shows_has_room(server->store));
    server_metrics_set(metrics, SERVER_METRIC_CONNECTIONS, http_server_connections(server->http));
    server_metrics_set(metrics, SERVER_METRIC_FLIGHT_BYTES,
                       (gint64)store_uploads_flight_bytes(server->uploads));
    look_at_mirror(server);
    server_renders_measure(server->renders);
}

void server_metrics(Server *server, ServerCall *call)
{
    look(server);
    g_autofree char *text = server_metrics_text(server->metrics);
    HttpReply *reply = http_reply_new(200);
    http_reply_header(reply, "Cache-Control", "no-store");
    http_reply_text(reply, "text/plain; version=0.0.4; charset=utf-8", text);
    server_call_reply(call, reply);
}
