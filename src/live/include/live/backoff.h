/* How long to wait before the next try: longer each time, never the same twice, so that many who lost
 * the same server do not come back at once. Threads: one at a time. */
#pragma once
#include <glib.h>

typedef struct LiveBackoff {
    guint tries; /* since it last went well */
} LiveBackoff;

/* Milliseconds to wait now: 1, 2, 4, 8, 16, then 30 s, each ± a quarter. `random`: 0 … 1. */
guint live_backoff_next_ms(LiveBackoff *backoff, double random);
void live_backoff_reset(LiveBackoff *backoff); /* it went well for a while */
