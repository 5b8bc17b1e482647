/* The program's sound: the blend, once through to measure it, once to give it out at its loudness
 * with its peaks held. */
#include "blend-private.h"
#include "limiter-private.h"

#include <ebur128.h>
#include <math.h>
#include <media/error.h>
#include <media/sound.h>
#include <string.h>

#define GAIN_MAX_DB   30.0 /* more would make noise of silence */
#define GAIN_MIN_DB   -60.0
#define QUIETEST_LUFS -70.0 /* the absolute gate of BS.1770: below is no programme */
enum { TELL_BLOCKS = 625 }; /* progress every 20 s */

struct MediaMix {
    MediaBlend *blend; /* NULL: no source, silence */
    MediaLimiter *limiter;
    double gain_db;
    float gain;
    gint64 left;     /* frames still to give out */
    gsize at;        /* samples of the block that have been given */
    gboolean primed; /* the limiter's delay has been read away */
    float block[MEDIA_BLEND_BLOCK];
};

/* ---- measuring ---- */

typedef struct Measuring {
    ebur128_state *state;
    gint64 frames;
    const MediaProgress *progress;
    double duration_s;
} Measuring;

static gboolean measure_all(Measuring *self, MediaBlend *blend, GError **error)
{
    float mono[MEDIA_BLEND_BLOCK];
    for (gint64 block = 1, left = self->frames; left > 0; block++) {
        if (!media_blend_read(blend, mono, error))
            return FALSE;
        gsize n = (gsize)MIN(left, MEDIA_BLEND_BLOCK);
        if (ebur128_add_frames_float(self->state, mono, n) != EBUR128_SUCCESS) {
            g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                        "the loudness of the program cannot be measured: out of memory");
            return FALSE;
        }
        left -= (gint64)n;
        if (block % TELL_BLOCKS == 0)
            media_progress_tell(self->progress, "measure",
                                (double)(self->frames - left) / MEDIA_SOUND_HZ, self->duration_s);
    }
    return TRUE;
}

/* What brings the blend to its loudness; 0 dB for silence. */
static gboolean measure(MediaBlend *blend, double target_lufs, gint64 frames,
                        const MediaProgress *progress, double *gain_db, GError **error)
{
    Measuring self = {
        .frames = frames, .progress = progress, .duration_s = (double)frames / MEDIA_SOUND_HZ};
    /* The histogram keeps memory constant. */
    self.state = ebur128_init(1, MEDIA_SOUND_HZ, EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM);
    g_assert(self.state != NULL);
    ebur128_set_channel(self.state, 0, EBUR128_DUAL_MONO);
    double loudness_lufs = -HUGE_VAL;
    gboolean measured = measure_all(&self, blend, error);
    ebur128_loudness_global(self.state, &loudness_lufs);
    ebur128_destroy(&self.state);
    gboolean heard = isfinite(loudness_lufs) && loudness_lufs > QUIETEST_LUFS;
    *gain_db = heard ? CLAMP(target_lufs - loudness_lufs, GAIN_MIN_DB, GAIN_MAX_DB) : 0;
    return measured;
}

/* ---- new and free ---- */

static gboolean check_settings(const MediaMixSettings *settings, double duration_s, GError **error)
{
    if (settings->loudness_lufs >= -40 && settings->loudness_lufs <= -5 &&
        settings->peak_dbtp >= -20 && settings->peak_dbtp <= 0 && duration_s >= 0 &&
        duration_s < 1e6)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                "the mix: loudness must be -40 … -5 LUFS and the true peak -20 … 0 dBTP, not %g "
                "and %g",
                settings->loudness_lufs, settings->peak_dbtp);
    return FALSE;
}

MediaMix *media_mix_new(const MediaMixSource *sources, int n, MediaListener *listener,
                        const MediaMixSettings *settings, double start_s, double duration_s,
                        const MediaProgress *progress, GCancellable *cancellable, GError **error)
{
    if (!check_settings(settings, duration_s, error))
        return NULL;
    g_autoptr(MediaMix) mix = g_new0(MediaMix, 1);
    mix->left = llrint(duration_s * MEDIA_SOUND_HZ);
    mix->at = MEDIA_BLEND_BLOCK;
    mix->limiter = media_limiter_new(pow(10, settings->peak_dbtp / 20));
    if (n > 0) {
        g_autoptr(MediaBlend) first =
            media_blend_open(sources, n, listener, start_s, cancellable, error);
        if (first == NULL ||
            !measure(first, settings->loudness_lufs, mix->left, progress, &mix->gain_db, error))
            return NULL;
        mix->blend = media_blend_open(sources, n, listener, start_s, cancellable, error);
        if (mix->blend == NULL)
            return NULL;
    }
    mix->gain = (float)pow(10, mix->gain_db / 20);
    return g_steal_pointer(&mix);
}

void media_mix_free(MediaMix *mix)
{
    if (mix == NULL)
        return;
    media_blend_close(mix->blend);
    media_limiter_free(mix->limiter);
    g_free(mix);
}

double media_mix_gain_db(const MediaMix *mix)
{
    return mix->gain_db;
}

/* ---- reading ---- */

static gboolean next_block(MediaMix *mix, GError **error)
{
    mix->at = 0;
    if (mix->blend == NULL) {
        memset(mix->block, 0, sizeof mix->block);
        return TRUE;
    }
    if (!media_blend_read(mix->blend, mix->block, error))
        return FALSE;
    for (int i = 0; i < MEDIA_BLEND_BLOCK; i++)
        mix->block[i] *= mix->gain;
    media_limiter_run(mix->limiter, mix->block, MEDIA_BLEND_BLOCK);
    if (!mix->primed)
        mix->at = MEDIA_LIMITER_DELAY; /* silence that the limiter's look ahead began with */
    mix->primed = TRUE;
    return TRUE;
}

gssize media_mix_read(MediaMix *mix, float *stereo, gsize n, GError **error)
{
    gsize want = (gsize)MIN((gint64)n, mix->left), have = 0;
    while (have < want) {
        if (mix->at == MEDIA_BLEND_BLOCK && !next_block(mix, error))
            return -1;
        for (; mix->at < MEDIA_BLEND_BLOCK && have < want; mix->at++, have++)
            stereo[2 * have] = stereo[2 * have + 1] = mix->block[mix->at];
    }
    mix->left -= (gint64)have;
    return (gssize)have;
}
