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
    GPtrArray *waiting; /* ServerLiveWaiting; live-stop.c */
} ServerAir;

/* Somebody who waits for the end of a stream, or of one destination. */
typedef struct ServerLiveWaiting {
    ServerAir *air;
    char *destination; /* NULL: all of it */
    guint timer;
    ServerLiveDone done;
    gpointer data;
} ServerLiveWaiting;

struct ServerLive {
    Server *server;
    LiveBook *book;     /* the worker's */
    LiveSecret *secret; /* likewise; NULL: not needed yet */
    StoreWorkers *workers;
    GHashTable *airs; /* id → ServerAir, owned */
    GPtrArray *tests; /* live-test.c: ServerLiveTest, owned */
    LiveTotals gone;  /* counters of shows that are on air no more */
};

/* ---- live.c ---- */

ServerAir *server_air_find(const ServerLive *live, const char *id); /* NULL: there is none */
ServerAir *server_air_need(ServerLive *live, const char *id);       /* found, or made */
/* Goes on air as `wish` says, without destinations yet; `before`: what live.json said. */
void server_air_begin(ServerAir *air, ServerShow *show, const ServerLiveWish *wish,
                      const json_t *before);
/* Freed, where it is not on air, no console sends and nothing is written. */
void server_air_forget_unused(ServerAir *air);
/* Nothing runs any more, and live.json says so. */
void server_air_ended(ServerAir *air);
/* For the worker, which alone uses book and secret once the server runs. */
gboolean server_live_need_secret(ServerLive *live, GError **error);

/* ---- live-report.c: the log, and live.json ---- */

gboolean server_live_log_start(ServerShow *show, const GPtrArray *targets,
                               const ServerLiveWish *wish, GError **error);
void server_live_log_stop(ServerShow *show);
void server_live_log_change(ServerShow *show, const LiveChange *change);
/* live.json says something new: it is written soon. */
void server_live_save_soon(ServerAir *air);
void server_live_save_at_once(ServerAir *air);
/* Likewise, of counters: now and then. */
void server_live_save_counts(ServerAir *air);
/* For the last time, when the time of its end is set; then server_air_ended(). */
void server_live_save_last(ServerAir *air);

/* ---- live-stop.c ---- */

void server_air_stop(ServerAir *air, ServerShow *show);
/* Who waits for a destination that is over is answered. */
void server_air_answer_removed(ServerAir *air);
void server_air_answer_all(ServerAir *air, const json_t *report);
void server_live_waiting_free(gpointer waiting);

/* ---- live-test.c ---- */

void server_live_test_free(gpointer test);
/* Tests at these places end: a show goes live there. */
void server_live_tests_yield(ServerLive *live, const GPtrArray *targets);

/* ---- live-again.c ---- */
/* What was on air when the server ended goes on; what it had no time to write down is written. */
gboolean server_live_take_up(ServerLive *live, GError **error);
