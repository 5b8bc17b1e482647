/* Where a recording lies on the session clock, and how much faster its own clock runs. */
#pragma once
#include <glib.h>

typedef struct ShowClock {
    double start_s;   /* session time of the recording's first moment, s */
    double drift_ppm; /* > 0: the recorder's clock runs fast, its file is longer than the show */
} ShowClock;

/* Seconds into the recording at session time t_s; negative before it began. */
static inline double show_clock_to_source(const ShowClock *clock, double t_s)
{
    return (t_s - clock->start_s) * (1.0 + clock->drift_ppm * 1e-6);
}

static inline double show_clock_to_session(const ShowClock *clock, double source_s)
{
    return clock->start_s + source_s / (1.0 + clock->drift_ppm * 1e-6);
}
