/* Frames that wait for a reader, within bounds: who is too slow loses what it missed, up to the next
 * keyframe, and never holds up who sends. A picture that was lost takes those with it that were
 * encoded after it; sound goes on at once.
 * Threads: one at a time. */
#pragma once
#include <live/frame.h>

typedef struct LiveRing LiveRing;

typedef struct LiveRingLimits {
    gsize bytes;    /* of all frames that wait */
    gint64 span_us; /* from the oldest packet's time to the newest's */
} LiveRingLimits;

LiveRing *live_ring_new(const LiveRingLimits *limits) G_GNUC_WARN_UNUSED_RESULT;
void live_ring_free(LiveRing *ring); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveRing, live_ring_free)

/* `bytes` (referenced) hold `frame`. */
void live_ring_push(LiveRing *ring, GBytes *bytes, const LiveFrame *frame);
/* The next one, a reference; NULL: none waits. */
GBytes *live_ring_take(LiveRing *ring);
/* The reader is a new one: it is given the configurations, and pictures from the next keyframe on. */
void live_ring_restart(LiveRing *ring);

gboolean live_ring_is_empty(const LiveRing *ring);
gsize live_ring_bytes(const LiveRing *ring);
/* Pictures that were thrown away, because the reader was too slow. */
guint64 live_ring_dropped(const LiveRing *ring);
