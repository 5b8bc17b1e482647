/* The feed of a show on air: the process that makes the stream out of the program's frames, what it is
 * given, what it says, and how it is started again. Senders are connected to it by a socket of theirs.
 * Threads: as live/onair.h. */
#pragma once
#include <live/onair.h>

typedef struct LiveFeed LiveFeed;

typedef struct LiveFeedOwner {
    const char *program; /* path of this program */
    const char *name;    /* of the show: it stands on the slate */
    guint delay_ms;
    void (*began)(gpointer onair);                 /* one runs: senders may be connected */
    void (*lost)(const char *why, gpointer onair); /* it ended; another one is started, later */
    void (*ended)(gpointer onair);                 /* after stop() */
    void (*counted)(gpointer onair);               /* live_feed_counts() says something new */
    gpointer onair;
} LiveFeedOwner;

LiveFeed *live_feed_new(const LiveFeedOwner *owner) G_GNUC_WARN_UNUSED_RESULT; /* copied */
void live_feed_free(LiveFeed *feed); /* it is killed. NULL-safe */

/* Nothing, where one runs or is about to. began() comes from within. */
void live_feed_start(LiveFeed *feed);
/* Hands it the end of a socket that a sender reads; taken. FALSE: none runs, one is started. */
gboolean live_feed_connect(LiveFeed *feed, int fd);
void live_feed_frame(LiveFeed *feed, GBytes *bytes, const LiveFrame *frame);
void live_feed_restart(LiveFeed *feed); /* as live_onair_restart() */
gboolean live_feed_is_running(const LiveFeed *feed);
void live_feed_stop(LiveFeed *feed); /* no other one is started */
void live_feed_kill(LiveFeed *feed); /* nobody listens to it any more */

typedef struct LiveFeedCounts {
    gint64 frames, dropped, slates, slate_ms;
    gint64 waiting_bytes; /* for the feed, now */
    guint restarts;
    gboolean is_slate, is_transcoded;
    json_t *warnings; /* borrowed */
} LiveFeedCounts;
LiveFeedCounts live_feed_counts(const LiveFeed *feed);
