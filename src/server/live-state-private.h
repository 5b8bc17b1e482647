/* Inside of the shows on air, for the files live*.c alone. */
#pragma once
#include <live/book.h>

#include "live-private.h"

#define SERVER_LIVE_JSON "live.json"

/* A show that is on air, or whose console sends its program. */
typedef struct ServerAir {
    ServerLive *live;
    char *id;
    LiveOnAir *onair; /* NULL: not on air */
    gboolean is_over; /* live_stop is in the log; it is ending */
    /* the console's */
    gpointer socket;
    void (*taken)(gpointer socket);
    GBytes *configs[LIVE_STREAM_SOUND + 1];
    LiveEgressKind egress;
    /* live.json */
    guint save_timer;
    gboolean is_saving, save_again;
    gint64 saved_us;
    GArray *waiting; /* ServerLiveWaiting: for the end */
} ServerAir;

typedef struct ServerLiveWaiting {
    ServerLiveDone done;
    gpointer data;
} ServerLiveWaiting;

struct ServerLive {
    Server *server;
    LiveBook *book;     /* the worker's */
    LiveSecret *secret; /* likewise; NULL: not needed yet */
    StoreWorkers *workers;
    GHashTable *airs; /* id → ServerAir, owned */
    LiveTotals gone;  /* counters of shows that are on air no more */
};

/* Found, or made. */
ServerAir *server_air_need(ServerLive *live, const char *id);
/* Goes on air as `wish` says, without destinations yet; `before`: what live.json said. */
void server_air_begin(ServerAir *air, ServerShow *show, const ServerLiveWish *wish,
                      const json_t *before);
/* For the worker, which alone uses book and secret once the server runs. */
gboolean server_live_need_secret(ServerLive *live, GError **error);
/* ---- live-again.c ---- */
/* What was on air when the server ended goes on; what it had no time to write down is written. */
gboolean server_live_take_up(ServerLive *live, GError **error);
