#include <media/waveform.h>

#include <media/sound.h>

#include <math.h>

enum {
    STEP_MIN_MS = 50, /* as fine as a line a pixel wide shows of a minute */
    STEPS_MAX = 2000, /* wider than a screen, and 8 KB as JSON */
    BLOCK = 4096,     /* samples */
};

struct MediaWaveform {
    gint64 step;   /* samples */
    gint64 filled; /* of the last step */
    float peak;    /* of it so far */
    GByteArray *peaks;
};

MediaWaveform *media_waveform_new(double duration_s)
{
    MediaWaveform *waveform = g_new0(MediaWaveform, 1);
    double step_ms = MAX(STEP_MIN_MS, ceil(duration_s * 1000 / STEPS_MAX));
    waveform->step = (gint64)step_ms * MEDIA_SOUND_HZ / 1000;
    waveform->peaks = g_byte_array_new();
    return waveform;
}

void media_waveform_free(MediaWaveform *waveform)
{
    if (waveform == NULL)
        return;
    g_byte_array_unref(waveform->peaks);
    g_free(waveform);
}

static void end_step(MediaWaveform *waveform)
{
    guint8 value = (guint8)lroundf(fminf(waveform->peak, 1) * 255);
    g_byte_array_append(waveform->peaks, &value, 1);
    waveform->peak = 0;
    waveform->filled = 0;
}

void media_waveform_add(MediaWaveform *waveform, const float *stereo, gsize n)
{
    if (waveform == NULL)
        return;
    for (gsize i = 0; i < n; i++) {
        float level = fmaxf(fabsf(stereo[2 * i]), fabsf(stereo[2 * i + 1]));
        waveform->peak = fmaxf(waveform->peak, level); /* NaN is passed over */
        if (++waveform->filled == waveform->step)
            end_step(waveform);
    }
}

gboolean media_waveform_read(MediaWaveform *waveform, const char *path, double start_s,
                             double duration_s, GCancellable *cancellable, GError **error)
{
    float stereo[2 * BLOCK];
    g_autoptr(MediaSound) sound = media_sound_open(path, 2, error);
    if (sound == NULL || !media_sound_seek(sound, MAX(0, llround(start_s * MEDIA_SOUND_HZ)), error))
        return FALSE;
    for (gint64 left = llround(duration_s * MEDIA_SOUND_HZ); left > 0;) {
        gssize n = media_sound_read(sound, stereo, (gsize)MIN(left, BLOCK), error);
        if (n < 0 || g_cancellable_set_error_if_cancelled(cancellable, error))
            return FALSE;
        if (n == 0)
            break;
        media_waveform_add(waveform, stereo, (gsize)n);
        left -= n;
    }
    return TRUE;
}

void media_waveform_finish(MediaWaveform *waveform)
{
    if (waveform->filled > 0)
        end_step(waveform);
}

const guint8 *media_waveform_peaks(const MediaWaveform *waveform, gsize *n)
{
    *n = waveform->peaks->len;
    return waveform->peaks->data;
}

gint64 media_waveform_step_ms(const MediaWaveform *waveform)
{
    return waveform->step * 1000 / MEDIA_SOUND_HZ;
}
