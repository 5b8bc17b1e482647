#include <live/backoff.h>

enum { FIRST_MS = 1000, MOST_MS = 30000, DOUBLINGS = 5 };

guint live_backoff_next_ms(LiveBackoff *backoff, double random)
{
    guint wait_ms = MIN(FIRST_MS << MIN(backoff->tries, DOUBLINGS), MOST_MS);
    backoff->tries++;
    return (guint)(wait_ms * (0.75 + 0.5 * CLAMP(random, 0, 1)));
}

void live_backoff_reset(LiveBackoff *backoff)
{
    backoff->tries = 0;
}
