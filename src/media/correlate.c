/* Fine alignment: generalised cross-correlation with phase transform (Knapp and Carter, IEEE TASSP
 * 24, 1976), 150 … 1750 Hz. Every frequency counts alike, so that neither the tone of a microphone
 * nor a hum decides. */
#include "align-private.h"
#include "fft-private.h"
#include "narrow-private.h"

#include <math.h>
#include <string.h>

#define LOW_HZ  150.0
#define HIGH_HZ 1750.0

static gboolean read_stretch(const MediaHeard *heard, double t_s, gsize n, gsize size, float *out,
                             GError **error)
{
    g_autofree gint16 *samples = g_new(gint16, n);
    gint64 at = llrint(t_s * MEDIA_NARROW_HZ) * (gint64)sizeof(gint16);
    if (!media_spool_read(heard->narrow, at, samples, n * sizeof *samples, error))
        return FALSE;
    for (gsize i = 0; i < n; i++)
        out[i] = (float)samples[i];
    memset(out + n, 0, (size - n) * sizeof *out);
    return TRUE;
}

/* Leaves the phase alone, within the band. */
static void whiten(float *spectrum, gsize size)
{
    gsize low = (gsize)(LOW_HZ * (double)size / MEDIA_NARROW_HZ);
    gsize high = (gsize)(HIGH_HZ * (double)size / MEDIA_NARROW_HZ);
    for (gsize bin = 0; bin <= size / 2; bin++) {
        float *value = spectrum + 2 * bin;
        float magnitude = sqrtf(value[0] * value[0] + value[1] * value[1]);
        float scale = bin >= low && bin <= high && magnitude > 1e-3f ? 1.0f / magnitude : 0.0f;
        value[0] *= scale;
        value[1] *= scale;
    }
}

/* Place of the peak among the first `lags`, to a fraction of a sample. */
static double find_peak(const float *values, gsize lags, gsize size, double *quality)
{
    gsize best = 0;
    double power = 0;
    for (gsize i = 0; i < size; i++)
        power += (double)values[i] * (double)values[i];
    for (gsize i = 1; i < lags; i++)
        if (values[i] > values[best])
            best = i;
    double rms = sqrt(power / (double)size);
    *quality = rms > 0 ? (double)values[best] / rms : 0;
    if (best == 0 || best + 1 >= lags)
        return (double)best;
    double left = (double)values[best - 1], middle = (double)values[best],
           right = (double)values[best + 1];
    double bend = left - 2 * middle + right;
    return (double)best + (bend < 0 ? 0.5 * (left - right) / bend : 0);
}

gboolean media_correlate(const MediaHeard *a, const MediaHeard *b, double t_s, double seconds,
                         double offset_s, double range_s, MediaMatch *match, GError **error)
{
    gsize n_b = (gsize)llrint(seconds * MEDIA_NARROW_HZ);
    gsize lags = 2 * (gsize)llrint(range_s * MEDIA_NARROW_HZ) + 1;
    gsize n_a = n_b + lags - 1, size = media_fft_size_for(n_a);
    /* On the grid of samples, so that what is said of the offset is exact. */
    double first_b_s = (double)llrint(t_s * MEDIA_NARROW_HZ) / MEDIA_NARROW_HZ;
    double first_a_s =
        (double)llrint((first_b_s + offset_s - range_s) * MEDIA_NARROW_HZ) / MEDIA_NARROW_HZ;
    g_autoptr(MediaFft) fft = media_fft_new(size);
    float *time = media_fft_new_buffer(fft), *spectrum_a = media_fft_new_buffer(fft),
          *spectrum_b = media_fft_new_buffer(fft);
    gboolean good = read_stretch(a, first_a_s, n_a, size, time, error);
    if (good) {
        media_fft_forward(fft, time, spectrum_a);
        good = read_stretch(b, first_b_s, n_b, size, time, error);
    }
    if (good) {
        media_fft_forward(fft, time, spectrum_b);
        media_fft_multiply_conjugate(fft, spectrum_a, spectrum_b);
        whiten(spectrum_a, size);
        media_fft_inverse(fft, spectrum_a, time);
        double lag = find_peak(time, lags, size, &match->quality);
        match->t_s = t_s + seconds / 2;
        match->offset_s = first_a_s - first_b_s + lag / MEDIA_NARROW_HZ;
    }
    media_fft_free_buffer(time);
    media_fft_free_buffer(spectrum_a);
    media_fft_free_buffer(spectrum_b);
    return good;
}
