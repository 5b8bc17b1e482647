/* Inside of the registry, for shows.c and shows-keep.c alone. */
#pragma once
#include "shows-private.h"

/* What the list says of one show. */
typedef struct ServerSummary {
    char *id, *name, *started_at;
    const char *state; /* static */
    gint64 duration_ms, bytes;
    json_t *people; /* labels */
} ServerSummary;

struct ServerShows {
    Server *server;
    ServerIndexer *indexer;
    StoreWorkers *workers; /* one thread: making, trashing, sweeping wait for each other */
    GHashTable *open;      /* id → ServerShow, owned */
    GHashTable *summaries; /* id → ServerSummary, owned */
    guint starting;        /* starts under way */
    gboolean is_draining;
    guint room_timer, keep_timer;
    gint64 last_sweep_us;
    /* the disk */
    gboolean has_room;
    gint64 free_bytes;
    gint64 recent_bytes; /* since the last look */
    double bytes_per_s;  /* smoothed */
};

void server_shows_keep_start(ServerShows *shows); /* timers of shows-keep.c */
void server_shows_keep_stop(ServerShows *shows);
ServerSummary *server_summary_new(const ShowManifest *manifest) G_GNUC_WARN_UNUSED_RESULT;
void server_summary_free(gpointer summary);
/* Reads the manifests of all shows anew, in a worker. */
void server_shows_rescan(ServerShows *shows);
