/* What the parts of the room share. Each field has one owner: the file named beside it makes and
 * frees it, the others use it through its header. */
#pragma once
#include <http/server.h>
#include <server/server.h>
#include <socketio/server.h>
#include <store/shows.h>
#include <store/upload.h>
#include <store/workers.h>

#include "buffers-private.h"
#include "identity-private.h"
#include "metrics-private.h"
#include "mirror-private.h"
#include "pulse-private.h"

typedef struct ServerShows ServerShows;
typedef struct ServerSockets ServerSockets;
typedef struct ServerRenders ServerRenders;
typedef struct ServerLive ServerLive;
typedef struct ServerLivekit ServerLivekit;
typedef struct ServerDirect ServerDirect;

struct Server {
    const ServerConfig *config;
    GMainContext *context;
    char *program; /* path of this program, for children */
    char *address;
    ServerIdentity *identity;   /* identity.c */
    ServerMetrics *metrics;     /* metrics.c */
    StoreShows *store;          /* server.c */
    ServerMirror *mirror;       /* mirror.c; NULL: none */
    ServerDirect *direct;       /* recording-direct.c; NULL: not configured */
    StoreWorkers *log_workers;  /* sync the logs; server.c */
    StoreWorkers *disk_workers; /* everything else that waits for the disk; server.c */
    StoreUploads *uploads;      /* server.c */
    GQueue waiting_uploads;     /* for room; upload.c */
    guint room_source;          /* upload.c */
    ServerBuffers *buffers;     /* for recordings on their way to the disk; server.c */
    ServerShows *shows;         /* shows.c: the shows that run, and those that were asked for */
    ServerRenders *renders;     /* renders.c; NULL while it is not made yet */
    ServerLive *live;           /* live.c; NULL while it is not made yet */
    ServerLivekit *livekit;     /* livekit.c; NULL: none */
    ServerSockets *sockets;     /* socket.c */
    SocketioServer *socketio;   /* socket.c */
    HttpServer *http;           /* server.c */
    ServerPulse *log_pulse, *disk_pulse; /* server.c */
    gboolean is_draining;                /* server.c */
};
