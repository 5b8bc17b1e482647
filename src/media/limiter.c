#include "limiter-private.h"

#include <math.h>
#include <string.h>

enum {
    PHASES = 4,
    TAPS = 24,   /* of each phase: the oversampled peak is right to 0.05 dB below 18 kHz */
    AHEAD = 264, /* 5.5 ms: over these the gain falls */
    RING = 512,  /* a power of two over all delays */
};
#define RELEASE_S 0.08
#define MARGIN    0.977 /* −0.2 dB: what lies between four points a sample, and what AAC adds */

struct MediaLimiter {
    float ceiling;
    float release; /* per sample */
    float taps[PHASES][TAPS];
    float ring[RING];   /* samples */
    guint64 at;         /* samples seen */
    guint64 loud_until; /* up to here a peak over the ceiling is possible */
    float loud;         /* samples below this cannot have one beside them */
    /* Gains below 1 that the samples of the window need, ascending, and which sample's each is: a sample
     * that is followed by one that needs less is of no more interest. */
    float low[RING];
    guint64 low_at[RING], low_first, low_end;
    float held;         /* smallest of them, released slowly */
    double sum;         /* of `smooth`, over AHEAD */
    float smooth[RING]; /* held, as it was: averaged, so that the gain has no corners */
};

G_STATIC_ASSERT(AHEAD + TAPS == MEDIA_LIMITER_DELAY);

static void make_taps(MediaLimiter *limiter)
{
    double most = 1;
    for (int phase = 0; phase < PHASES; phase++) {
        double sum = 0, taps[TAPS];
        for (int i = 0; i < TAPS; i++) {
            int from_centre = i - (TAPS / 2 - 1);
            double x = from_centre - (double)phase / PHASES;
            double window = 0.5 + 0.5 * cos(2 * G_PI * x / TAPS);
            taps[i] = (fabs(x) < 1e-9 ? 1 : sin(G_PI * x) / (G_PI * x)) * MAX(window, 0);
            sum += taps[i];
        }
        double size = 0;
        for (int i = 0; i < TAPS; i++) {
            limiter->taps[phase][i] = (float)(taps[i] / sum);
            size += fabs(taps[i] / sum);
        }
        most = MAX(most, size);
    }
    limiter->loud = limiter->ceiling / (float)(most * 1.01);
}

MediaLimiter *media_limiter_new(double ceiling)
{
    MediaLimiter *limiter = g_new0(MediaLimiter, 1);
    limiter->ceiling = (float)(ceiling * MARGIN);
    limiter->release = (float)(1 - exp(-1 / (RELEASE_S * 48000)));
    limiter->held = 1;
    for (int i = 0; i < RING; i++)
        limiter->smooth[i] = 1;
    limiter->sum = AHEAD;
    make_taps(limiter);
    return limiter;
}

void media_limiter_free(MediaLimiter *limiter)
{
    g_free(limiter);
}

static float sample_at(const MediaLimiter *limiter, guint64 at)
{
    return limiter->ring[at & (RING - 1)];
}

/* The true peak between the sample TAPS / 2 before the newest and the one after it. */
static float peak_near(const MediaLimiter *limiter)
{
    float line[TAPS], peak = 0;
    for (guint64 i = 0; i < TAPS; i++)
        line[i] = sample_at(limiter, limiter->at + 1 + i - TAPS);
    for (int phase = 0; phase < PHASES; phase++) {
        float sums[4] = {0};
        for (int i = 0; i < TAPS; i += 4)
            for (int k = 0; k < 4; k++)
                sums[k] += line[i + k] * limiter->taps[phase][i + k];
        peak = MAX(peak, fabsf((sums[0] + sums[1]) + (sums[2] + sums[3])));
    }
    return peak;
}

/* The newest sample needs this. */
static void note_wanted(MediaLimiter *limiter, float wanted)
{
    if (wanted >= 1)
        return;
    while (limiter->low_end > limiter->low_first &&
           limiter->low[(limiter->low_end - 1) & (RING - 1)] >= wanted)
        limiter->low_end--;
    limiter->low[limiter->low_end & (RING - 1)] = wanted;
    limiter->low_at[limiter->low_end & (RING - 1)] = limiter->at;
    limiter->low_end++;
}

/* The smallest that any sample needs that is still inside; at most one for each is kept. */
static float smallest(MediaLimiter *limiter)
{
    while (limiter->low_end > limiter->low_first &&
           limiter->low_at[limiter->low_first & (RING - 1)] + MEDIA_LIMITER_DELAY <= limiter->at)
        limiter->low_first++;
    return limiter->low_end > limiter->low_first ? limiter->low[limiter->low_first & (RING - 1)]
                                                 : 1;
}

static float next_gain(MediaLimiter *limiter)
{
    guint64 now = limiter->at & (RING - 1);
    if (fabsf(limiter->ring[now]) > limiter->loud)
        limiter->loud_until = limiter->at + TAPS;
    float peak = limiter->at < limiter->loud_until ? peak_near(limiter) : 0;
    float wanted = peak > limiter->ceiling ? limiter->ceiling / peak : 1;
    note_wanted(limiter, wanted);
    float released = limiter->held + (1 - limiter->held) * limiter->release;
    limiter->held = wanted < limiter->held ? wanted : released;
    if (limiter->held < 1) /* while a peak is in the window, the gain stays down for it */
        limiter->held = MIN(limiter->held, smallest(limiter));
    if (limiter->held > 0.99999F)
        limiter->held = 1;
    limiter->sum -= (double)limiter->smooth[(limiter->at - AHEAD) & (RING - 1)];
    limiter->smooth[now] = limiter->held;
    limiter->sum += (double)limiter->held;
    return MIN(1.0F, (float)(limiter->sum / AHEAD));
}

void media_limiter_run(MediaLimiter *limiter, float *samples, gsize n)
{
    for (gsize i = 0; i < n; i++, limiter->at++) {
        limiter->ring[limiter->at & (RING - 1)] = samples[i];
        float gain = next_gain(limiter);
        samples[i] = limiter->at >= MEDIA_LIMITER_DELAY
                         ? gain * sample_at(limiter, limiter->at - MEDIA_LIMITER_DELAY)
                         : 0;
    }
}
