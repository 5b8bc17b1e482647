/* A show that is on air: one feed, which makes the stream out of the program's frames, and one sender
 * for each destination. All of them are children of this process; whatever ends that should not is
 * started again, and one destination's trouble stays its own. The frames go to the feed through a
 * ring: nothing here ever waits.
 *
 *   frames ──ring──▶ feed ──┬─ring─▶ sender 1 ──▶ destination 1
 *                           └─ring─▶ sender 2 ──▶ destination 2
 *
 * Threads: the one that runs the thread's default context. changed() may come from within add(), remove()
 * and stop(), the others never from within a call. */
#pragma once
#include <jansson.h>
#include <live/frame.h>
#include <live/livekit.h>
#include <live/target.h>

enum { LIVE_DESTINATIONS_MAX = 16, LIVE_DELAY_MS_MAX = 30000 };

typedef enum {
    LIVE_STATE_UNSET = 0,
    LIVE_STATE_CONNECTING,
    LIVE_STATE_LIVE,
    LIVE_STATE_RETRYING, /* in so many ms */
    LIVE_STATE_FAILED,   /* for good, as long as nobody starts it again */
    LIVE_STATE_ENDED,
} LiveState;
const char *live_state_name(LiveState state); /* "retrying"; static */

typedef struct LiveChange {
    const char *destination; /* name */
    LiveState state;
    const char *code; /* "refused", "unreachable" …, why it is not live; or NULL */
    const char *why;  /* a sentence; or NULL */
    guint wait_ms;    /* of RETRYING */
} LiveChange;

typedef struct LiveOnAir LiveOnAir;

typedef struct LiveOnAirEvents {
    void (*changed)(const LiveChange *change, gpointer data);
    void (*counted)(gpointer data);    /* live_onair_json() says something new */
    void (*stopped)(gpointer data);    /* after stop(): every child has ended. Once, last */
    gint64 (*clock_ms)(gpointer data); /* the session clock, now */
} LiveOnAirEvents;

/* Who sends: our own processes, or LiveKit's Egress, which takes the tracks that a console publishes as
 * the program, or a page that shows the program. */
typedef enum {
    LIVE_EGRESS_UNSET = 0,
    LIVE_EGRESS_CONSOLE,
    LIVE_EGRESS_TRACK,
    LIVE_EGRESS_COMPOSITE,
} LiveEgressKind;
const char *live_egress_kind_name(LiveEgressKind kind); /* "livekit-composite"; static */
LiveEgressKind live_egress_kind_of(const char *name);   /* UNSET: none of them; NULL is none */

/* What is pointed to lives as long as the show is on air. */
typedef struct LiveEgressOptions {
    LiveEgressKind kind;
    LivekitClient *client;
    const char *room;
    /* Of COMPOSITE: the address of the page; borrowed. Asked when it is needed. */
    const char *(*page)(gpointer data);
    /* The program's tracks in the room, `sound` perhaps NULL; FALSE: there are none now. */
    gboolean (*tracks)(const char **picture, const char **sound, gpointer data);
    void (*end_later)(
        gpointer data); /* every egress of the room is to be ended, when that can be */
    gpointer data;
} LiveEgressOptions;

typedef struct LiveOnAirOptions {
    const char *program; /* path of this program */
    const char *name;    /* of the show: it stands on the slate */
    guint delay_ms;      /* that the stream runs behind */
    gboolean allow_private;
    const char *ca_file;             /* whose certificates are believed too; NULL: the system's */
    const LiveEgressOptions *egress; /* LiveKit's Egress sends; NULL: our own processes do */
    const json_t *before; /* what live_onair_json() last said before this process; NULL: nothing */
} LiveOnAirOptions;

/* Nothing runs before the first destination is added. */
LiveOnAir *live_onair_new(const LiveOnAirOptions *options, const LiveOnAirEvents *events,
                          gpointer data) G_GNUC_WARN_UNUSED_RESULT;
/* No callback comes any more; children are killed. NULL-safe. */
void live_onair_free(LiveOnAir *onair);

/* `target` is taken. LIVE_ERROR_EXISTS: it is on air already, by name or by address and key;
 * LIVE_ERROR_INVALID: there are too many. */
gboolean live_onair_add(LiveOnAir *onair, LiveTarget *target, GError **error);
gboolean live_onair_has(const LiveOnAir *onair, const LiveTarget *target);
/* Whether it is on air at this address with this key, whatever that is called. */
gboolean live_onair_sends_to(const LiveOnAir *onair, const LiveTarget *target);
/* A destination that cannot be started again: it is in the report, as failed. */
void live_onair_add_failed(LiveOnAir *onair, const char *name, const char *code, const char *why);
/* One that was removed before this process: it stays in the report, as `before` has it. */
void live_onair_add_ended(LiveOnAir *onair, const char *name);
/* Ends this one alone: changed() tells that it has ended. FALSE: none of that name runs. */
gboolean live_onair_remove(LiveOnAir *onair, const char *name);
/* Whether the destination of this name, how many of them, neither failed nor ended. */
gboolean live_onair_runs(const LiveOnAir *onair, const char *name);
guint live_onair_running(const LiveOnAir *onair);
/* Whether all others are over, or were removed and are about to be. */
gboolean live_onair_is_last(const LiveOnAir *onair, const char *name);

/* One frame of the program; `bytes` (referenced) hold it. */
void live_onair_frame(LiveOnAir *onair, GBytes *bytes, const LiveFrame *frame);
/* The console says nothing more of the one before: a new one begins. */
void live_onair_restart(LiveOnAir *onair);

/* A webhook says that something happened at LiveKit. */
void live_onair_look(LiveOnAir *onair);

/* Ends all of it: destinations are told that the stream is over, and get a few seconds for it. */
void live_onair_stop(LiveOnAir *onair);

/* For metrics. Counters are of this process, not of one before it, and never become less. */
typedef struct LiveTotals {
    guint states[LIVE_STATE_ENDED + 1]; /* destinations that are in each */
    gint64 bytes, frames;            /* sent, all destinations together; not by LiveKit's Egress */
    gint64 dropped;                  /* pictures that a destination was too slow for */
    gint64 reconnects;               /* of senders, by themselves */
    gint64 restarts;                 /* of senders and feeds that ended */
    gint64 feed_dropped;             /* pictures that the feed was too slow for */
    gint64 egress_restarts;          /* of LiveKit's Egress */
    gint64 feed_bytes;               /* that wait for a feed, now */
    gint64 queued_ms;                /* that wait for a destination, now: the longest */
    guint slates;                    /* shows that show their slate, now */
    guint egresses, egresses_active; /* of LiveKit: that are to run; that do */
} LiveTotals;
/* Adds what this show has to *totals. */
void live_onair_total(const LiveOnAir *onair, LiveTotals *totals);

/* What live.json and GET /live/{id} say; docs/FORMATS.md. New reference. */
json_t *live_onair_json(const LiveOnAir *onair) G_GNUC_WARN_UNUSED_RESULT;
/* The same in short, for everybody in the show: new reference. */
json_t *live_onair_brief(const LiveOnAir *onair) G_GNUC_WARN_UNUSED_RESULT;
