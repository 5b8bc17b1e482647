/* Frames a second as the exact fraction that editors use, and frames to milliseconds and back. */
#pragma once
#include <glib.h>

typedef struct ShowRate {
    int num, den; /* 30000/1001 for 29.97; both > 0 */
} ShowRate;

/* Nearest of 24000/1001 24 25 30000/1001 30 50 60000/1001 60 100 120 when within 0.02 %;
 * otherwise thousandths, reduced; 0/0 when hz is no rate. */
ShowRate show_rate_nearest(double hz);
gboolean show_rate_equal(ShowRate a, ShowRate b);
/* First millisecond of a frame (rounded to nearest), and the frame whose beginning is nearest to
 * ms: the two are inverse up to 500 frames a second. */
gint64 show_rate_ms(ShowRate rate, gint64 frame);
gint64 show_rate_frame(ShowRate rate, gint64 ms);
