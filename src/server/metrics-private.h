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
    SERVER_METRIC_LIVEKIT_ON,      /* gauge: 1 when it is set up */
    SERVER_METRIC_LIVEKIT_FAILING, /* gauge: rooms that cannot be looked after */
    SERVER_METRIC_LIVE_CONNECTING, /* gauges: destinations by state, one after the other */
    SERVER_METRIC_LIVE_LIVE,
    SERVER_METRIC_LIVE_RETRYING,
    SERVER_METRIC_LIVE_FAILED,
    SERVER_METRIC_LIVE_BYTES,        /* counter */
    SERVER_METRIC_LIVE_FRAMES,       /* counter */
    SERVER_METRIC_LIVE_DROPPED,      /* counter */
    SERVER_METRIC_LIVE_RECONNECTS,   /* counter: by senders */
    SERVER_METRIC_LIVE_RESTARTS,     /* counter: of senders and feeds */
    SERVER_METRIC_LIVE_FEED_DROPPED, /* counter */
    SERVER_METRIC_LIVE_FEED_BYTES,   /* gauge */
    SERVER_METRIC_LIVE_QUEUE,        /* gauge: ms */
    SERVER_METRIC_LIVE_SLATES,       /* gauge: shows that show theirs */
    SERVER_METRIC_EGRESSES,          /* gauge: to run */
    SERVER_METRIC_EGRESSES_ACTIVE,   /* gauge: that do */
    SERVER_METRIC_EGRESS_RESTARTS,   /* counter */
    SERVER_METRIC_REDIS_ON,          /* gauge: 1 when it is set up */
    SERVER_METRIC_REDIS_UP,          /* gauge */
    SERVER_METRIC_WORKERS,           /* gauge */
    SERVER_METRIC_MIRROR_ON,         /* gauge: 1 when it is set up */
    SERVER_METRIC_MIRROR_UP,         /* gauge: 1 when it takes what it is sent */
    SERVER_METRIC_READY,             /* gauge: as /readyz says */
    SERVER_METRIC_LOG_WAIT,          /* gauges, ms: how long the disk has not come back */
    SERVER_METRIC_DISK_WAIT,
    SERVER_METRIC_CPU,    /* counter: µs */
    SERVER_METRIC_MEMORY, /* gauge: bytes */
    SERVER_METRIC_FILES,  /* gauge: open descriptors */
    SERVER_METRIC_START,  /* gauge: seconds since 1970 */
    SERVER_METRICS
} ServerMetric;

ServerMetrics *server_metrics_new(void) G_GNUC_WARN_UNUSED_RESULT;
void server_metrics_free(ServerMetrics *metrics); /* NULL-safe */
void server_metrics_add(ServerMetrics *metrics, ServerMetric metric, guint64 count);
void server_metrics_set(ServerMetrics *metrics, ServerMetric metric, gint64 value);
void server_metrics_answered(ServerMetrics *metrics, guint status); /* counts REQUESTS */
/* Histograms: from event in to switch out; how long the disk took to sync a log (`metrics` is a
 * ServerMetrics; the type is that of StoreJournalOptions.synced). */
void server_metrics_decided(ServerMetrics *metrics, gint64 microseconds);
void server_metrics_synced(gint64 microseconds, gpointer metrics);
char *server_metrics_text(const ServerMetrics *metrics); /* free with g_free() */
