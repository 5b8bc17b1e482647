/* A destination of a show on air, whoever sends there: what it is called, how it is, what is reported of
 * it. LiveOutput and LiveEgressOutput begin with one, and lists here are of either. Threads: as
 * live/onair.h. */
#pragma once
#include <live/onair.h>

typedef struct LiveDestination {
    char *name, *address;
    LiveTarget *target; /* NULL: it never had one */
    LiveState state;
    gboolean is_leaving; /* it was asked to end */
    guint restarts;
    gint64 start_ms, end_ms; /* -1: not yet */
    json_t *states;
} LiveDestination;

/* What a report (live.json) says of the destination of this name, or NULL. Borrowed. */
const json_t *live_destination_before(const json_t *report, const char *name);

/* `target` is taken; NULL: it has none. `before`: what a report said of it, which goes on; or NULL. */
void live_destination_init(LiveDestination *destination, const char *name, LiveTarget *target,
                           const json_t *before, gint64 now_ms);
/* It is over, as `before` says. */
void live_destination_end_as(LiveDestination *destination, const json_t *before);
void live_destination_clear(LiveDestination *destination);

gboolean live_destination_is_over(const LiveDestination *destination); /* failed or ended */
/* Takes over the state, and writes it down. */
void live_destination_change(LiveDestination *destination, const LiveChange *change, gint64 now_ms);
/* Without what was sent and what it warned of. `is_brief`: without its states. New reference. */
json_t *live_destination_json(const LiveDestination *destination, gboolean is_brief);

/* ---- of a list ---- */

/* The same by name, or by address and key: the one that runs rather than one that is over. NULL: none. */
LiveDestination *live_destinations_find(const GPtrArray *list, const LiveTarget *target);
/* The one of this name that is not over; NULL: none. */
LiveDestination *live_destinations_find_running(const GPtrArray *list, const char *name);
/* Whether one that is not over has this address and key. */
gboolean live_destinations_send_to(const GPtrArray *list, const LiveTarget *target);
guint live_destinations_running(const GPtrArray *list);
/* Whether all but the one of this name are over, or leaving. */
gboolean live_destinations_is_last(const GPtrArray *list, const char *name);
