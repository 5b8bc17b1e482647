/* Counters and gauges, and how Prometheus reads them (text format 0.0.4). No label has a value that
 * a client chose, so a scrape never grows. */
#include "metrics-private.h"

#include <string.h>

enum { STATUS_CLASSES = 6 }; /* "1xx" … "5xx"; 0 is a status that is none */

/* Rows of one name follow each other, and differ in their label. Values are whole numbers; `parts` of
 * one make what is shown (1000: seconds from ms). */
static const struct {
    const char *name, *kind, *help, *label;
    int parts;
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
    [SERVER_METRIC_LIVEKIT_PEOPLE] = {"crosscut_livekit_participants", "gauge", "Who is in them"},
    [SERVER_METRIC_LIVEKIT_ON] = {"crosscut_livekit_configured", "gauge",
                                  "Whether LiveKit is set up"},
    [SERVER_METRIC_LIVEKIT_FAILING] = {"crosscut_livekit_rooms_failing", "gauge",
                                       "Rooms of running shows that cannot be looked after"},
#define DESTINATIONS(state)                                                                 \
    {                                                                                       \
        "crosscut_live_destinations", "gauge", "Destinations of the shows that are on air", \
            "state=\"" state "\""                                                           \
    }
    [SERVER_METRIC_LIVE_CONNECTING] = DESTINATIONS("connecting"),
    [SERVER_METRIC_LIVE_LIVE] = DESTINATIONS("live"),
    [SERVER_METRIC_LIVE_RETRYING] = DESTINATIONS("retrying"),
    [SERVER_METRIC_LIVE_FAILED] = DESTINATIONS("failed"),
    [SERVER_METRIC_LIVE_BYTES] = {"crosscut_live_sent_bytes_total", "counter",
                                  "Bytes that destinations took; not by way of LiveKit's Egress"},
    [SERVER_METRIC_LIVE_FRAMES] = {"crosscut_live_sent_frames_total", "counter",
                                   "Pictures that destinations took"},
    [SERVER_METRIC_LIVE_DROPPED] = {"crosscut_live_dropped_frames_total", "counter",
                                    "Pictures that a destination was too slow for"},
    [SERVER_METRIC_LIVE_RECONNECTS] = {"crosscut_live_reconnects_total", "counter",
                                       "Connections to destinations that were lost and made again"},
    [SERVER_METRIC_LIVE_RESTARTS] = {"crosscut_live_restarts_total", "counter",
                                     "Processes of live streams that ended and were started again"},
    [SERVER_METRIC_LIVE_FEED_DROPPED] = {"crosscut_live_feed_dropped_frames_total", "counter",
                                         "Pictures of consoles that a feed was too slow for"},
    [SERVER_METRIC_LIVE_FEED_BYTES] = {"crosscut_live_feed_waiting_bytes", "gauge",
                                       "What waits for the feeds of live streams"},
    [SERVER_METRIC_LIVE_QUEUE] = {"crosscut_live_queue_seconds", "gauge",
                                  "What waits for a destination: the longest of all", NULL, 1000},
    [SERVER_METRIC_LIVE_SLATES] = {"crosscut_live_slates", "gauge",
                                   "Shows on air that show their slate, since nothing comes"},
    [SERVER_METRIC_EGRESSES] = {"crosscut_egresses", "gauge",
                                "Streams that LiveKit's Egress is to send"},
    [SERVER_METRIC_EGRESSES_ACTIVE] = {"crosscut_egresses_active", "gauge",
                                       "Streams that LiveKit's Egress sends, as it says"},
    [SERVER_METRIC_EGRESS_RESTARTS] = {"crosscut_egress_restarts_total", "counter",
                                       "Egresses that ended and were started again"},
    [SERVER_METRIC_REDIS_ON] = {"crosscut_redis_configured", "gauge",
                                "Whether renders are handed out through Redis"},
    [SERVER_METRIC_REDIS_UP] = {"crosscut_redis_up", "gauge", "Whether Redis is reached"},
    [SERVER_METRIC_WORKERS] = {"crosscut_workers", "gauge",
                               "Workers that Redis heard of within a lease"},
    [SERVER_METRIC_MIRROR_ON] = {"crosscut_mirror_configured", "gauge",
                                 "Whether there is a mirror"},
    [SERVER_METRIC_MIRROR_UP] = {"crosscut_mirror_up", "gauge",
                                 "Whether the mirror takes what it is sent"},
    [SERVER_METRIC_READY] = {"crosscut_ready", "gauge", "Whether /readyz says 200"},
#define DISK_WAIT(queue)                                                                       \
    {                                                                                          \
        "crosscut_disk_wait_seconds", "gauge", "For how long the disk has not come back, now", \
            "queue=\"" queue "\"", 1000                                                        \
    }
    [SERVER_METRIC_LOG_WAIT] = DISK_WAIT("log"),
    [SERVER_METRIC_DISK_WAIT] = DISK_WAIT("recordings"),
    [SERVER_METRIC_CPU] = {"process_cpu_seconds_total", "counter",
                           "Processor time of the server, not of its children", NULL, 1000000},
    [SERVER_METRIC_MEMORY] = {"process_resident_memory_bytes", "gauge", "Memory of the server"},
    [SERVER_METRIC_FILES] = {"process_open_fds", "gauge", "Open files and connections"},
    [SERVER_METRIC_START] = {"process_start_time_seconds", "gauge",
                             "When it began, in seconds since 1970"},
};

static const gint64 bounds_us[] = {250,   500,   1000,   2500,   5000,   10000,
                                   25000, 50000, 100000, 250000, 1000000};

typedef struct Histogram {
    guint64 counts[G_N_ELEMENTS(bounds_us) + 1];
    gint64 sum_us;
} Histogram;

struct ServerMetrics {
    gint64 values[SERVER_METRICS];
    guint64 answered[STATUS_CLASSES];
    Histogram decided, synced;
};

ServerMetrics *server_metrics_new(void)
{
    ServerMetrics *metrics = g_new0(ServerMetrics, 1);
    metrics->values[SERVER_METRIC_START] = g_get_real_time() / G_USEC_PER_SEC;
    return metrics;
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

static void observe(Histogram *histogram, gint64 microseconds)
{
    gsize i = 0;
    while (i < G_N_ELEMENTS(bounds_us) && microseconds > bounds_us[i])
        i++;
    histogram->counts[i]++;
    histogram->sum_us += MAX(microseconds, 0);
}

void server_metrics_decided(ServerMetrics *metrics, gint64 microseconds)
{
    observe(&metrics->decided, microseconds);
}

void server_metrics_synced(gint64 microseconds, gpointer metrics)
{
    observe(&((ServerMetrics *)metrics)->synced, microseconds);
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

static void write_histogram(GString *text, const Histogram *histogram, const char *name,
                            const char *help)
{
    guint64 sum = 0;
    write_head(text, name, "histogram", help);
    for (gsize i = 0; i < G_N_ELEMENTS(bounds_us); i++) {
        sum += histogram->counts[i];
        g_string_append_printf(text, "%s_bucket{le=\"", name);
        append_seconds(text, bounds_us[i]);
        g_string_append_printf(text, "\"} %" G_GUINT64_FORMAT "\n", sum);
    }
    sum += histogram->counts[G_N_ELEMENTS(bounds_us)];
    g_string_append_printf(text, "%s_bucket{le=\"+Inf\"} %" G_GUINT64_FORMAT "\n%s_sum ", name, sum,
                           name);
    append_seconds(text, histogram->sum_us);
    g_string_append_printf(text, "\n%s_count %" G_GUINT64_FORMAT "\n", name, sum);
}

static void write_value(GString *text, const ServerMetrics *metrics, guint row)
{
    gint64 value = metrics->values[row];
    g_string_append(text, table[row].name);
    if (table[row].label != NULL)
        g_string_append_printf(text, "{%s}", table[row].label);
    g_string_append_c(text, ' ');
    if (table[row].parts > 0)
        append_seconds(text, value * (G_USEC_PER_SEC / table[row].parts));
    else
        g_string_append_printf(text, "%" G_GINT64_FORMAT, value);
    g_string_append_c(text, '\n');
}

char *server_metrics_text(const ServerMetrics *metrics)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < SERVER_METRICS; i++) {
        if (i == 0 || strcmp(table[i].name, table[i - 1].name) != 0)
            write_head(text, table[i].name, table[i].kind, table[i].help);
        if (i == SERVER_METRIC_REQUESTS)
            write_answered(text, metrics, table[i].name);
        else
            write_value(text, metrics, i);
    }
    write_histogram(text, &metrics->decided, "crosscut_switch_seconds",
                    "From an event in to the switch out");
    write_histogram(text, &metrics->synced, "crosscut_log_sync_seconds",
                    "How long the disk took to sync a log");
    write_head(text, "crosscut_info", "gauge", "The version that runs");
    g_string_append(text, "crosscut_info{version=\"" CROSSCUT_VERSION "\"} 1\n");
    return g_string_free(text, FALSE);
}
