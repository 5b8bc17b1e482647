/* Coarse alignment: onsets of four bands every 10 ms, correlated over all offsets at once. The rise
 * and fall of a voice is the same in every microphone of the room, whatever their gain, tone and
 * drift; its waveform is not. */
#include "align-private.h"
#include "fft-private.h"
#include "narrow-private.h"

#include <math.h>
#include <string.h>

enum {
    HZ = 100,
    HOP = MEDIA_NARROW_HZ / HZ,
    WINDOW = 128, /* 32 ms */
    BANDS = 4,
    SMOOTH = 50, /* ± 0.5 s: what moves slower says little about when */
    SIDE = 30,   /* ± 0.3 s around the peak belong to it */
};
static const int band_edges[BANDS + 1] = {6, 13, 22, 36, 58}; /* bins of 31.25 Hz: 190 … 1800 Hz */
#define FLOOR 300.0f /* energy of a band, 16-bit units: below it is silence */
#define CLIP  3.0f

/* ---- envelopes ---- */

typedef struct Analysis {
    MediaFft *fft;
    float *time, *spectrum;
    float window[WINDOW];
} Analysis;

static void analysis_init(Analysis *analysis)
{
    analysis->fft = media_fft_new(WINDOW);
    analysis->time = media_fft_new_buffer(analysis->fft);
    analysis->spectrum = media_fft_new_buffer(analysis->fft);
    for (int i = 0; i < WINDOW; i++)
        analysis->window[i] = (float)(0.5 - 0.5 * cos(2 * G_PI * (i + 0.5) / WINDOW));
}

static void analysis_clear(Analysis *analysis)
{
    media_fft_free_buffer(analysis->time);
    media_fft_free_buffer(analysis->spectrum);
    media_fft_free(analysis->fft);
}

static void levels(Analysis *analysis, const gint16 *samples, float *out, gsize stride)
{
    for (int i = 0; i < WINDOW; i++)
        analysis->time[i] = (float)samples[i] * analysis->window[i];
    media_fft_forward(analysis->fft, analysis->time, analysis->spectrum);
    for (int band = 0; band < BANDS; band++) {
        float sum = FLOOR * FLOOR;
        for (int bin = band_edges[band]; bin < band_edges[band + 1]; bin++) {
            const float *value = analysis->spectrum + 2 * (gsize)bin;
            sum += value[0] * value[0] + value[1] * value[1];
        }
        out[(gsize)band * stride] = logf(sum);
    }
}

/* Takes away what moves slowly and brings the rest to unit power. */
static void whiten(float *values, gsize n, float *scratch)
{
    double sum = 0, power = 0;
    gsize from = 0, to = 0;
    memcpy(scratch, values, n * sizeof *values);
    for (gsize i = 0; i < n; i++) {
        for (; to < MIN(n, i + SMOOTH + 1); to++)
            sum += (double)scratch[to];
        for (; from + SMOOTH < i; from++)
            sum -= (double)scratch[from];
        values[i] = CLAMP(scratch[i] - (float)(sum / (double)(to - from)), -CLIP, CLIP);
        power += (double)(values[i] * values[i]);
    }
    float scale = power > 1e-6 ? (float)(1.0 / sqrt(power)) : 0.0f;
    for (gsize i = 0; i < n; i++)
        values[i] *= scale;
}

/* out[BANDS × n]: band by band, from step `first` (× 10 ms, may lie outside) of the file. */
static gboolean read_envelope(const MediaHeard *heard, gint64 first, gsize n, float *out,
                              GError **error)
{
    enum { AT_ONCE = 100 };
    gint16 samples[AT_ONCE * HOP + WINDOW];
    Analysis analysis;
    analysis_init(&analysis);
    gboolean good = TRUE;
    for (gsize at = 0; at < n && good; at += AT_ONCE) {
        gint64 from = (first + (gint64)at) * HOP * (gint64)sizeof(gint16);
        good = media_spool_read(heard->narrow, from, samples, sizeof samples, error);
        for (gsize i = at; good && i < MIN(n, at + AT_ONCE); i++)
            levels(&analysis, samples + (i - at) * HOP, out + i, n);
    }
    analysis_clear(&analysis);
    g_autofree float *scratch = g_new(float, n);
    for (gsize band = 0; good && band < BANDS; band++)
        whiten(out + band * n, n, scratch);
    return good;
}

/* ---- correlation ---- */

/* sum[lags] += the correlation of a band: index k: b begins k steps after a's first. */
static void add_band(MediaFft *fft, const float *a, gsize n_a, const float *b, gsize n_b,
                     float *const work[3], float *sum)
{
    gsize size = media_fft_size_for(n_a);
    memset(work[0], 0, size * sizeof(float));
    memcpy(work[0], a, n_a * sizeof(float));
    media_fft_forward(fft, work[0], work[1]);
    memset(work[0], 0, size * sizeof(float));
    memcpy(work[0], b, n_b * sizeof(float));
    media_fft_forward(fft, work[0], work[2]);
    media_fft_multiply_conjugate(fft, work[1], work[2]);
    media_fft_inverse(fft, work[1], work[0]);
    for (gsize i = 0; i + n_b <= n_a; i++)
        sum[i] += work[0][i];
}

static void correlate_bands(const float *a, gsize n_a, const float *b, gsize n_b, float *sum)
{
    g_autoptr(MediaFft) fft = media_fft_new(media_fft_size_for(n_a));
    float *work[3];
    for (int i = 0; i < 3; i++)
        work[i] = media_fft_new_buffer(fft);
    for (gsize band = 0; band < BANDS; band++)
        add_band(fft, a + band * n_a, n_a, b + band * n_b, n_b, work, sum);
    for (int i = 0; i < 3; i++)
        media_fft_free_buffer(work[i]);
}

static gsize find_peak(const float *sum, gsize lags, double *quality)
{
    gsize best = 0;
    for (gsize i = 1; i < lags; i++)
        if (sum[i] > sum[best])
            best = i;
    double power = 0;
    gsize count = 0;
    for (gsize i = 0; i < lags; i++) {
        if (i + SIDE >= best && i <= best + SIDE)
            continue;
        power += (double)sum[i] * (double)sum[i];
        count++;
    }
    double rms = count > 0 ? sqrt(power / (double)count) : 0;
    *quality = rms > 0 ? (double)sum[best] / rms : 0;
    return best;
}

gboolean media_envelope_match(const MediaHeard *a, const MediaHeard *b, double t_s, double seconds,
                              MediaMatch *match, GError **error)
{
    gint64 first_b = llrint(t_s * HZ);
    gsize n_b = (gsize)MAX(llrint(seconds * HZ), 1);
    gint64 reach = (gint64)(MEDIA_ALIGN_OFFSET_MAX_S + 1) * HZ;
    /* Where a has something; with room on both sides for a b that only partly lies in it. */
    gint64 end_a = llrint(media_heard_duration_s(a) * HZ);
    gint64 first_a = MAX(first_b - reach, -(gint64)n_b);
    gint64 last_a = MIN(first_b + reach + (gint64)n_b, end_a + (gint64)n_b);
    *match = (MediaMatch){.t_s = t_s};
    if (last_a - first_a <= (gint64)n_b)
        return TRUE;
    gsize n_a = (gsize)(last_a - first_a), lags = n_a - n_b + 1;
    g_autofree float *envelope_a = g_new(float, BANDS *n_a);
    g_autofree float *envelope_b = g_new(float, BANDS *n_b);
    g_autofree float *sum = g_new0(float, n_a);
    if (!read_envelope(a, first_a, n_a, envelope_a, error) ||
        !read_envelope(b, first_b, n_b, envelope_b, error))
        return FALSE;
    correlate_bands(envelope_a, n_a, envelope_b, n_b, sum);
    gsize best = find_peak(sum, lags, &match->quality);
    match->offset_s = (double)(first_a + (gint64)best - first_b) / HZ;
    return TRUE;
}
