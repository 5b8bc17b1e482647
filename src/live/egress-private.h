/* A show that is on air by way of LiveKit's Egress: one egress for all of its destinations, started,
 * watched, started again when it fails, is aborted or vanishes, and ended. What it reports has the shape
 * of live/onair.h. Threads: as there. */
#pragma once
#include "destination-private.h"

typedef struct LiveEgress LiveEgress;

/* `options` (borrowed for as long as it lives): of live/onair.h. `start_ms`: when the show went on air. */
LiveEgress *live_egress_new(const LiveEgressOptions *options, gboolean allow_private,
                            const LiveOnAirEvents *events, gpointer data,
                            gint64 start_ms) G_GNUC_WARN_UNUSED_RESULT;
void live_egress_free(
    LiveEgress *egress); /* no callback comes any more; the egress goes on. NULL-safe */

/* LiveEgressOutput, of which each begins with a LiveDestination. Borrowed. */
const GPtrArray *live_egress_destinations(const LiveEgress *egress);
/* `target` is taken. `known`: one that was over and begins again, or NULL. `before`, here and below: what
 * was reported of that destination, or NULL. */
void live_egress_add(LiveEgress *egress, LiveTarget *target, LiveDestination *known,
                     const json_t *before);
void live_egress_add_failed(LiveEgress *egress, const char *name, const char *code, const char *why,
                            const json_t *before);
void live_egress_add_ended(LiveEgress *egress, const char *name, const json_t *before);
gboolean live_egress_remove(LiveEgress *egress, const char *name);
void live_egress_look(LiveEgress *egress); /* a webhook says that something happened */
void live_egress_stop(LiveEgress *egress); /* then stopped() */
void live_egress_total(const LiveEgress *egress, LiveTotals *totals); /* adds to them */
json_t *live_egress_json(const LiveEgress *egress, gboolean is_brief);
