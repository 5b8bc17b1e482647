/* Counters and gauges of the server, as /metrics shows them (Prometheus text format 0.0.4). The
 * table of names, kinds and help is in metrics.c. Threads: the server's. */
#pragma once
#include <glib.h>

typedef struct ServerMetrics ServerMetrics;

typedef enum {
    SERVER_METRIC_REQUESTS = 0,    /* counter, by status class */
    SERVER_METRIC_EVENTS,          /* counter: events acknowledged */
    SERVER_METRIC_EVENTS_REFUSED,  /* counter */
    SERVER_METRIC_SWITCHES,        /* counter: decisions sent */
    SERVER_METRIC_UPLOAD_BYTES,    /* counter: acknowledged */
    SERVER_METRIC_UPLOADS_REFUSED, /* counter */
    SERVER_METRIC_CLIENTS,         /* gauge: Socket.IO clients */
    SERVER_METRIC_CONNECTIONS,     /* gauge */
    SERVER_METRIC_SHOWS,           /* gauge: running */
    SERVER_METRIC_FREE_BYTES,      /* gauge */
    SERVER_METRIC_HAS_ROOM,        /* gauge: 1 when uploads go on */
    SERVER_METRIC_FLIGHT_BYTES,    /* gauge: chunks that wait for the disk */
    SERVER_METRIC_SYNCS,           /* counter: of logs */
    SERVER_METRIC_MIRROR_BYTES,    /* counter */
    SERVER_METRIC_MIRROR_FILES,    /* counter */
    SERVER_METRIC_MIRROR_ERRORS,   /* counter */
    SERVER_METRIC_MIRROR_WAITING,  /* gauge: bytes */
    SERVER_METRIC_MIRROR_BEHIND,   /* gauge: seconds */
    SERVER_METRIC_LIVE_SHOWS,      /* gauge: on air */
    SERVER_METRIC_LIVE_RETRIES,    /* counter: destinations that have to be connected to again */
    SERVER_METRIC_RENDERS_WAITING, /* gauge */
    SERVER_METRIC_RENDERS_RUNNING, /* gauge */
    SERVER_METRIC_RENDERS_DONE,    /* counter */
    SERVER_METRIC_RENDERS_FAILED,  /* counter: for good */
    SERVER_METRIC_RENDERS_RETRIED, /* counter: tries that failed, and another one came */
    SERVER_METRIC_RENDER_SECONDS,  /* counter: of those done, from taken to in place */
    SERVER_METRIC_LIVEKIT_UP,      /* gauge: 1 when its last call went well */
    SERVER_METRIC_LIVEKIT_ERRORS,  /* counter: calls that failed */
    SERVER_METRIC_LIVEKIT_ROOMS,   /* gauge: open */
    SERVER_METRIC_LIVEKIT_PEOPLE,  /* gauge: in them */
    SERVER_METRICS
} ServerMetric;

ServerMetrics *server_metrics_new(void) G_GNUC_WARN_UNUSED_RESULT;
void server_metrics_free(ServerMetrics *metrics); /* NULL-safe */
void server_metrics_add(ServerMetrics *metrics, ServerMetric metric, guint64 count);
void server_metrics_set(ServerMetrics *metrics, ServerMetric metric, gint64 value);
void server_metrics_answered(ServerMetrics *metrics, guint status); /* counts REQUESTS */
/* From event in to switch out, µs: a histogram. */
void server_metrics_decided(ServerMetrics *metrics, gint64 microseconds);
char *server_metrics_text(const ServerMetrics *metrics); /* free with g_free() */
