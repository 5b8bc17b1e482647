/* Inside of a show that LiveKit's Egress sends, for the files egress*.c alone: the egress, and its
 * destinations. */
#pragma once
#include <live/backoff.h>

#include "egress-private.h"

enum {
    LIVE_EGRESS_POLL_MS = 2000,
    LIVE_EGRESS_FAILURES_MAX = 5, /* in a row, without having been live */
};

typedef struct LiveEgressOutput {
    LiveDestination base; /* leaving: it is to be taken from the egress */
    LiveEgress *egress;
    GCancellable *cancellable; /* of the look-up of its name */
    gboolean is_checked;       /* its name may be sent to */
    gboolean is_checking;
    gboolean is_sent;   /* the egress has its address */
    gboolean is_unsaid; /* LiveKit was asked to take it from the egress */
    LiveBackoff backoff;
    gint64 due_us; /* when it is sent, looked up or taken away again */
} LiveEgressOutput;

struct LiveEgress {
    const LiveEgressOptions *options;
    gboolean allow_private;
    LiveOnAirEvents events;
    gpointer data;
    GPtrArray *outputs; /* LiveEgressOutput */
    GCancellable *cancellable;
    guint timer;
    /* the egress */
    char *id; /* NULL: none is known to run */
    LivekitEgressStatus status;
    char *picture, *sound; /* tracks it was started with */
    gboolean is_asking, was_active;
    guint missing, failures, restarts;
    LiveBackoff backoff;
    gint64 next_us;     /* when one may be started */
    gint64 asked_us;    /* last poll */
    gint64 answered_us; /* last answer */
    /* the end */
    gboolean is_stopping, is_stop_said;
    gint64 stop_us;
    guint stopped_idle;
    gint64 start_ms, end_ms;
    json_t *warnings;
};

/* ---- egress-output.c: its destinations ---- */

void live_egress_output_free(gpointer output);
/* Nothing, where it is so already, or over. */
void live_egress_output_set(LiveEgressOutput *output, LiveState state, const char *code,
                            const char *why, guint wait_ms);
void live_egress_set_all(LiveEgress *egress, LiveState state, const char *code, const char *why,
                         guint wait_ms);
/* It failed alone: its address is given to the egress again, later. */
void live_egress_output_retry(LiveEgressOutput *output, const char *why);
/* Whether the egress should have its address. */
gboolean live_egress_output_is_wanted(const LiveEgressOutput *output);
guint live_egress_count_wanted(const LiveEgress *egress);
/* Appends its full address. */
void live_egress_output_tell(const LiveEgressOutput *output, json_t *urls);
void live_egress_check_names(LiveEgress *egress);
json_t *live_egress_output_json(const LiveEgressOutput *output, gboolean is_brief);

/* ---- egress-start.c ---- */

/* One that runs at LiveKit is taken up; else one is started, when there is something to send. */
void live_egress_try_start(LiveEgress *egress);
/* Whether the console publishes the program as other tracks than those it was started with. */
gboolean live_egress_has_other_track(const LiveEgress *egress);

/* ---- egress.c ---- */

void live_egress_ask(LiveEgress *egress, const char *method, json_t *body, LivekitDone done);
/* What LiveKit says of it. */
void live_egress_take(LiveEgress *egress, const LivekitEgress *found);
/* It is over: another one is started, later, or never. */
void live_egress_start_again(LiveEgress *egress, const char *code, const char *why);
/* "clock" or "livekit": of an error that is LiveKit's and passes. */
const char *live_egress_code_of(const GError *error);
/* Whether an error passes by itself; others are ours, and would come again. */
gboolean live_egress_may_pass(const GError *error);
