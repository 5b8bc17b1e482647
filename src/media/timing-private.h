/* When a recording's pictures come: constant or variable rate, first and last moment. Found from
 * the container's index where there is one and from packets otherwise; nothing is decoded. */
#pragma once
#include "open-private.h"
#include <show/rate.h>

enum { MEDIA_TIMING_FRAMES = 600 }; /* pictures of the beginning that tell the rate */

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

/* The same of the first pictures of a stream, in the order they came. all: there are no more. */
void media_timing_judge_first(GArray *times, const AVStream *stream, gboolean all,
                              MediaTiming *timing);
