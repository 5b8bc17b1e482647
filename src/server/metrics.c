/* Counters and gauges, and how Prometheus reads them (text format 0.0.4). No label has a value that
 * a client chose, so a scrape never grows. */
#include "metrics-private.h"

#include <string.h>

enum { STATUS_CLASSES = 6 }; /* "1xx" … "5xx"; 0 is a status that is none */

static const struct {
    const char *name, *kind, *help;
} table[SERVER_METRICS] = {
    [SERVER_METRIC_REQUESTS] = {"crosscut_http_requests_total", "counter",
                                "HTTP requests answered, by class of status"},
    [SERVER_METRIC_EVENTS] = {"crosscut_events_total", "counter",
                              "Events that were acknowledged: they are on disk"},
    [SERVER_METRIC_EVENTS_REFUSED] = {"crosscut_events_refused_total", "counter",
                                      "Events that were refused"},
    [SERVER_METRIC_SWITCHES] = {"crosscut_switches_total", "counter",
                                "Decisions of the directors that were sent"},
    [SERVER_METRIC_UPLOAD_BYTES] = {"crosscut_upload_bytes_total", "counter",
                                    "Bytes of recordings that were acknowledged: they are on disk"},
    [SERVER_METRIC_UPLOADS_REFUSED] = {"crosscut_uploads_refused_total", "counter",
                                       "Uploads and chunks that were refused"},
    [SERVER_METRIC_CLIENTS] = {"crosscut_clients", "gauge", "Socket.IO clients"},
    [SERVER_METRIC_CONNECTIONS] = {"crosscut_connections", "gauge",
                                   "HTTP and WebSocket connections"},
    [SERVER_METRIC_SHOWS] = {"crosscut_shows", "gauge", "Shows that run"},
    [SERVER_METRIC_FREE_BYTES] = {"crosscut_storage_free_bytes", "gauge",
                                  "Free on the disk of the storage"},
    [SERVER_METRIC_HAS_ROOM] = {"crosscut_storage_has_room", "gauge",
                                "1 when recordings are taken, 0 when they wait for room"},
    [SERVER_METRIC_FLIGHT_BYTES] = {"crosscut_upload_flight_bytes", "gauge",
                                    "Bytes of recordings that wait for the disk"},
    [SERVER_METRIC_RENDERS_WAITING] = {"crosscut_renders_waiting", "gauge",
                                       "Renders that wait, for their next try too"},
    [SERVER_METRIC_RENDERS_RUNNING] = {"crosscut_renders_running", "gauge",
                                       "Renders that are being done, here or by workers"},
    [SERVER_METRIC_RENDERS_DONE] = {"crosscut_renders_done_total", "counter",
                                    "Renders whose files are in their show"},
    [SERVER_METRIC_RENDERS_FAILED] = {"crosscut_renders_failed_total", "counter",
                                      "Renders that failed for good"},
    [SERVER_METRIC_RENDERS_RETRIED] = {"crosscut_renders_retried_total", "counter",
                                       "Tries of renders that failed and were followed by another"},
    [SERVER_METRIC_RENDER_SECONDS] = {"crosscut_render_seconds_total", "counter",
                                      "Time of the renders that were done"},
    [SERVER_METRIC_SYNCS] = {"crosscut_log_syncs_total", "counter", "Syncs of logs to disk"},
    [SERVER_METRIC_MIRROR_BYTES] = {"crosscut_mirror_bytes_total", "counter",
                                    "Bytes that the mirror took and that were verified there"},
    [SERVER_METRIC_MIRROR_FILES] = {"crosscut_mirror_files_total", "counter",
                                    "Files that the mirror took and that were verified there"},
    [SERVER_METRIC_MIRROR_ERRORS] = {"crosscut_mirror_errors_total", "counter",
                                     "Attempts to mirror that failed, after their retries"},
    [SERVER_METRIC_MIRROR_WAITING] = {"crosscut_mirror_waiting_bytes", "gauge",
                                      "Bytes of finished files that the mirror lacks"},
    [SERVER_METRIC_MIRROR_BEHIND] = {"crosscut_mirror_behind_seconds", "gauge",
                                     "For how long the oldest of them has waited"},
    [SERVER_METRIC_LIVE_SHOWS] = {"crosscut_live_shows", "gauge", "Shows that are on air"},
    [SERVER_METRIC_LIVE_RETRIES] = {"crosscut_live_retries_total", "counter",
                                    "Live destinations that had to be connected to again"},
    [SERVER_METRIC_LIVEKIT_UP] = {"crosscut_livekit_up", "gauge",
                                  "Whether LiveKit answered the last call well"},
    [SERVER_METRIC_LIVEKIT_ERRORS] = {"crosscut_livekit_errors_total", "counter",
                                      "Calls to LiveKit that failed, after their retries"},
    [SERVER_METRIC_LIVEKIT_ROOMS] = {"crosscut_livekit_rooms", "gauge",
                                     "Rooms of running shows that are open"},
    [SERVER_METRIC_LIVEKIT_PEOPLE] = {"crosscut_livekit_participants", "gauge",
                                      "Who is in them"},
};

static const gint64 bounds_us[] = {250,   500,   1000,   2500,   5000,   10000,
                                   25000, 50000, 100000, 250000, 1000000};

struct ServerMetrics {
    gint64 values[SERVER_METRICS];
    guint64 answered[STATUS_CLASSES];
    guint64 decided[G_N_ELEMENTS(bounds_us) + 1];
    gint64 decided_us;
};

ServerMetrics *server_metrics_new(void)
{
    return g_new0(ServerMetrics, 1);
}

void server_metrics_free(ServerMetrics *metrics)
{
    g_free(metrics);
}

void server_metrics_add(ServerMetrics *metrics, ServerMetric metric, guint64 count)
{
    metrics->values[metric] += (gint64)count;
}

void server_metrics_set(ServerMetrics *metrics, ServerMetric metric, gint64 value)
{
    metrics->values[metric] = value;
}

void server_metrics_answered(ServerMetrics *metrics, guint status)
{
    guint class = status / 100;
    metrics->answered[class < STATUS_CLASSES ? class : 0]++;
    metrics->values[SERVER_METRIC_REQUESTS]++;
}

void server_metrics_decided(ServerMetrics *metrics, gint64 microseconds)
{
    gsize i = 0;
    while (i < G_N_ELEMENTS(bounds_us) && microseconds > bounds_us[i])
        i++;
    metrics->decided[i]++;
    metrics->decided_us += MAX(microseconds, 0);
}

static void write_head(GString *text, const char *name, const char *kind, const char *help)
{
    g_string_append_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void write_answered(GString *text, const ServerMetrics *metrics, const char *name)
{
    for (guint class = 1; class < STATUS_CLASSES; class ++)
        g_string_append_printf(text, "%s{status=\"%uxx\"} %" G_GUINT64_FORMAT "\n", name, class,
                               metrics->answered[class]);
}

/* Seconds, as Prometheus counts; printed from integers, so that no locale changes the point. */
static void append_seconds(GString *text, gint64 microseconds)
{
    g_string_append_printf(text, "%" G_GINT64_FORMAT ".%06d", microseconds / G_USEC_PER_SEC,
                           (int)(microseconds % G_USEC_PER_SEC));
}

static void write_decided(GString *text, const ServerMetrics *metrics)
{
    const char *name = "crosscut_switch_seconds";
    write_head(text, name, "histogram", "From an event in to the switch out");
    guint64 sum = 0;
    for (gsize i = 0; i < G_N_ELEMENTS(bounds_us); i++) {
        sum += metrics->decided[i];
        g_string_append_printf(text, "%s_bucket{le=\"", name);
        append_seconds(text, bounds_us[i]);
        g_string_append_printf(text, "\"} %" G_GUINT64_FORMAT "\n", sum);
    }
    sum += metrics->decided[G_N_ELEMENTS(bounds_us)];
    g_string_append_printf(text, "%s_bucket{le=\"+Inf\"} %" G_GUINT64_FORMAT "\n%s_sum ", name, sum,
                           name);
    append_seconds(text, metrics->decided_us);
    g_string_append_printf(text, "\n%s_count %" G_GUINT64_FORMAT "\n", name, sum);
}

char *server_metrics_text(const ServerMetrics *metrics)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < SERVER_METRICS; i++) {
        write_head(text, table[i].name, table[i].kind, table[i].help);
        if (i == SERVER_METRIC_REQUESTS)
            write_answered(text, metrics, table[i].name);
        else
            g_string_append_printf(text, "%s %" G_GINT64_FORMAT "\n", table[i].name,
                                   metrics->values[i]);
    }
    write_decided(text, metrics);
    write_head(text, "crosscut_info", "gauge", "The version that runs");
    g_string_append(text, "crosscut_info{version=\"" CROSSCUT_VERSION "\"} 1\n");
    return g_string_free(text, FALSE);
}
