/* 48 kHz to 4 kHz, 16 bits: what alignment compares. Voices carry their timing below 2 kHz. */
#pragma once
#include <glib.h>

enum { MEDIA_NARROW_HZ = 4000, MEDIA_NARROW_STEP = 12, MEDIA_NARROW_TAPS = 144 };

typedef struct MediaNarrow {
    float taps[MEDIA_NARROW_TAPS];
    float kept[MEDIA_NARROW_TAPS]; /* the samples before those that come next */
} MediaNarrow;

void media_narrow_init(MediaNarrow *narrow);
/* n: a multiple of MEDIA_NARROW_STEP, at most 1536. Writes n / MEDIA_NARROW_STEP samples. Sample k
 * describes the sound MEDIA_NARROW_TAPS / 2 samples before 12 k: the same for all files. */
void media_narrow_push(MediaNarrow *narrow, const float *samples, gsize n, gint16 *out);
