/* For those who operate it: alive, ready, numbers. */
#include "gate-private.h"

#include "renders-private.h"
#include "livekit-private.h"
#include "server-private.h"

#include "live-private.h"

#include <dirent.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

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

/* Renders wait for it, shows do not. */
static const char *redis_word(const Server *server)
{
    if (server->config->redis == NULL)
        return "off";
    return server_renders_reach_redis(server->renders) ? "ok" : "failing";
}

/* A destination that is not live is that show's trouble: it is retried there. */
static const char *live_word(const LiveTotals *totals)
{
    const guint *states = totals->states;
    if (states[LIVE_STATE_RETRYING] + states[LIVE_STATE_FAILED] > 0)
        return "failing";
    if (states[LIVE_STATE_CONNECTING] > 0)
        return "connecting";
    return states[LIVE_STATE_LIVE] > 0 ? "ok" : "off";
}

static const char *egress_word(const LiveTotals *totals)
{
    if (totals->egresses == 0)
        return "off";
    return totals->egresses_active < totals->egresses ? "failing" : "ok";
}

static gboolean is_ready(const Server *server)
{
    return !server->is_draining && server_pulse_age_ms(server->log_pulse) < DISK_HANGS_MS &&
           server_pulse_age_ms(server->disk_pulse) < DISK_HANGS_MS;
}

/* A full disk is no reason to send people elsewhere: the live show goes on, recordings wait. */
void server_readyz(Server *server, ServerCall *call)
{
    gboolean ready = is_ready(server);
    LiveTotals live;
    server_live_total(server->live, &live);
    server_call_json(
        call, ready ? 200 : 503,
        json_pack("{s:b,s:b,s:b,s:I,s:I,s:s,s:s,s:s,s:s,s:s}", "ready", ready, "draining",
                  server->is_draining, "hasRoom", store_shows_has_room(server->store),
                  "logDiskAgeMs", (json_int_t)server_pulse_age_ms(server->log_pulse), "diskAgeMs",
                  (json_int_t)server_pulse_age_ms(server->disk_pulse), "mirror",
                  mirror_word(server), "livekit", livekit_word(server), "redis", redis_word(server),
                  "live", live_word(&live), "egress", egress_word(&live)));
}

static void look_at_mirror(Server *server)
{
    ServerMirrorState state = {0};
    gboolean is_on = server_mirror_look(server->mirror, &state);
    server_metrics_set(server->metrics, SERVER_METRIC_MIRROR_ON, is_on);
    server_metrics_set(server->metrics, SERVER_METRIC_MIRROR_UP, is_on && !state.is_failing);
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
    server_metrics_set(server->metrics, SERVER_METRIC_LIVEKIT_ON, state.is_on);
    server_metrics_set(server->metrics, SERVER_METRIC_LIVEKIT_FAILING, state.failing_rooms);
}

static void look_at_live(Server *server)
{
    LiveTotals live;
    server_live_total(server->live, &live);
    const struct {
        ServerMetric metric;
        gint64 value;
    } found[] = {
        {SERVER_METRIC_LIVE_CONNECTING, live.states[LIVE_STATE_CONNECTING]},
        {SERVER_METRIC_LIVE_LIVE, live.states[LIVE_STATE_LIVE]},
        {SERVER_METRIC_LIVE_RETRYING, live.states[LIVE_STATE_RETRYING]},
        {SERVER_METRIC_LIVE_FAILED, live.states[LIVE_STATE_FAILED]},
        {SERVER_METRIC_LIVE_BYTES, live.bytes},
        {SERVER_METRIC_LIVE_FRAMES, live.frames},
        {SERVER_METRIC_LIVE_DROPPED, live.dropped},
        {SERVER_METRIC_LIVE_RECONNECTS, live.reconnects},
        {SERVER_METRIC_LIVE_RESTARTS, live.restarts},
        {SERVER_METRIC_LIVE_FEED_DROPPED, live.feed_dropped},
        {SERVER_METRIC_LIVE_FEED_BYTES, live.feed_bytes},
        {SERVER_METRIC_LIVE_QUEUE, live.queued_ms},
        {SERVER_METRIC_LIVE_SLATES, live.slates},
        {SERVER_METRIC_EGRESSES, live.egresses},
        {SERVER_METRIC_EGRESSES_ACTIVE, live.egresses_active},
        {SERVER_METRIC_EGRESS_RESTARTS, live.egress_restarts},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(found); i++)
        server_metrics_set(server->metrics, found[i].metric, found[i].value);
}

/* ---- the process itself, by the names that everybody's dashboards know ---- */

/* The second number, in pages. */
static gint64 resident_bytes(void)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
        return 0;
    const char *blank = strchr(text, ' ');
    return blank != NULL ? g_ascii_strtoll(blank, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static gint64 open_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    gint64 count = -3; /* ".", ".." and the folder's own */
    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return MAX(count, 0);
}

static gint64 microseconds(const struct timeval *time)
{
    return (gint64)time->tv_sec * G_USEC_PER_SEC + time->tv_usec;
}

static void look_at_process(Server *server)
{
    struct rusage used = {0};
    getrusage(RUSAGE_SELF, &used);
    server_metrics_set(server->metrics, SERVER_METRIC_CPU,
                       microseconds(&used.ru_utime) + microseconds(&used.ru_stime));
    server_metrics_set(server->metrics, SERVER_METRIC_MEMORY, resident_bytes());
    server_metrics_set(server->metrics, SERVER_METRIC_FILES, open_files());
}

static void look(Server *server)
{
    look_at_livekit(server);
    look_at_live(server);
    look_at_process(server);
    ServerMetrics *metrics = server->metrics;
    server_metrics_set(metrics, SERVER_METRIC_READY, is_ready(server));
    server_metrics_set(metrics, SERVER_METRIC_LOG_WAIT, server_pulse_age_ms(server->log_pulse));
    server_metrics_set(metrics, SERVER_METRIC_DISK_WAIT, server_pulse_age_ms(server->disk_pulse));
    server_metrics_set(metrics, SERVER_METRIC_REDIS_ON, server->config->redis != NULL);
    server_metrics_set(metrics, SERVER_METRIC_REDIS_UP,
                       server_renders_reach_redis(server->renders));
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
