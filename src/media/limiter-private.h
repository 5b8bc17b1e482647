/* Holds true peaks under a ceiling, without a sound: looks 5 ms ahead, so that the gain is down
 * when the peak comes. Peaks between samples are found at four times the rate (ITU-R BS.1770-4,
 * annex 2). One channel. */
#pragma once
#include <glib.h>

typedef struct MediaLimiter MediaLimiter;

enum { MEDIA_LIMITER_DELAY = 288 }; /* samples of 48 kHz that come out later than they went in */

/* ceiling: of the true peak, linear. */
MediaLimiter *media_limiter_new(double ceiling);
void media_limiter_free(MediaLimiter *limiter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaLimiter, media_limiter_free)
/* In place. The first MEDIA_LIMITER_DELAY samples that come out are silence. */
void media_limiter_run(MediaLimiter *limiter, float *samples, gsize n);
