#include "narrow-private.h"

#include <math.h>
#include <string.h>

enum { BLOCK_MAX = 1536 };
#define CUTOFF_HZ 1800.0

void media_narrow_init(MediaNarrow *narrow)
{
    double sum = 0, cutoff = CUTOFF_HZ / 48000.0;
    double taps[MEDIA_NARROW_TAPS];
    for (int i = 0; i < MEDIA_NARROW_TAPS; i++) {
        double x = i - (MEDIA_NARROW_TAPS - 1) / 2.0;
        double window = 0.5 - 0.5 * cos(2 * G_PI * (i + 0.5) / MEDIA_NARROW_TAPS);
        taps[i] = sin(2 * G_PI * cutoff * x) / (G_PI * x) * window;
        sum += taps[i];
    }
    for (int i = 0; i < MEDIA_NARROW_TAPS; i++)
        narrow->taps[i] = (float)(taps[i] / sum);
    memset(narrow->kept, 0, sizeof narrow->kept);
}

void media_narrow_push(MediaNarrow *narrow, const float *samples, gsize n, gint16 *out)
{
    g_assert(n <= BLOCK_MAX && n % MEDIA_NARROW_STEP == 0);
    float line[MEDIA_NARROW_TAPS + BLOCK_MAX];
    memcpy(line, narrow->kept, sizeof narrow->kept);
    memcpy(line + MEDIA_NARROW_TAPS, samples, n * sizeof *samples);
    for (gsize at = 0; at < n; at += MEDIA_NARROW_STEP) {
        float sums[4] = {0};
        for (gsize i = 0; i < MEDIA_NARROW_TAPS; i += 4)
            for (gsize k = 0; k < 4; k++)
                sums[k] += line[at + i + k] * narrow->taps[i + k];
        float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        *out++ = (gint16)lrintf(CLAMP(sum, -1.0f, 1.0f) * 32767.0f);
    }
    memcpy(narrow->kept, line + n, sizeof narrow->kept);
}
