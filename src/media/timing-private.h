/* When a recording's pictures come: constant or variable rate, first and last moment. Found from
 * the container's index where there is one and from packets otherwise; nothing is decoded. */
#pragma once
#include "open-private.h"
#include <show/rate.h>

/* The first moments of a picture track without a hole between them: they tell the rate. Behind a hole
 * that comes too soon it begins again. */
typedef struct MediaTimes {
    GArray *ticks;     /* gint64, in the order they came */
    gboolean any_hole; /* then the rate is not constant over the file */
    gboolean ended;    /* by a hole: no more are taken */
} MediaTimes;

enum { MEDIA_TIMING_FRAMES = 600 }; /* so many are enough where reading all would cost */

void media_times_init(MediaTimes *times);
void media_times_clear(MediaTimes *times);
void media_times_add(MediaTimes *times, gint64 ticks, AVRational base);

typedef struct MediaTiming {
    ShowRate rate; /* constant, or a usual rate near the typical one when variable */
    gboolean variable;
    gint64 frames; /* pictures seen: all of them, or those of the beginning */
    gint64 end_us; /* latest end of picture or sound, AV_TIME_BASE units; 0 = not known */
} MediaTiming;

/* video, audio: stream indexes or -1. Reads packets, so the input's position is undefined after it.
 * `whole`: read to the end, because the header does not say how long the file is. */
void media_timing_find(AVFormatContext *input, int video, int audio, gboolean whole,
                       MediaTiming *timing);

/* Rate of these times (ascending, in units of `base`); for tests and for the index. `hints`: rates
 * the container names, tried too. */
void media_timing_judge(const gint64 *times, gsize n, AVRational base, const AVRational *hints,
                        gsize n_hints, MediaTiming *timing);

/* The same of a stream's first pictures. all: there are no more. */
void media_timing_judge_first(MediaTimes *times, const AVStream *stream, gboolean all,
                              MediaTiming *timing);
