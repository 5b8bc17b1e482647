/* The program's sound: the blend, through to measure it, then once to give it out at its loudness
 * with its peaks held. */
#include "kept-blend-private.h"
#include "limiter-private.h"

#include <ebur128.h>
#include <math.h>
#include <media/error.h>
#include <media/sound.h>
#include <string.h>

#define GAIN_MAX_DB        30.0 /* more would make noise of silence */
#define GAIN_MIN_DB        -60.0
#define QUIETEST_LUFS      -70.0 /* the absolute gate of BS.1770: below is no programme */
#define SLOPE_MIN          0.3
#define SMALL_DB           0.4 /* after a correction by less, what is left is not worth a pass */
#define BETWEEN_SAMPLES_DB 3.0 /* by which a true peak may lie above the samples */
#define CORRECTION_MAX_DB  6.0 /* more would press the life out of what is nothing but peaks */
enum {
    TELL_BLOCKS = 625, /* progress every 20 s */
    CORRECTIONS_MAX = 4,
};

struct MediaMix {
    MediaBlend *blend;    /* where its gain was given: NULL otherwise */
    MediaKeptBlend *kept; /* where it was measured; both NULL: no source, silence */
    gint64 block_at;      /* the block of it that is read next */
    GCancellable *cancellable;
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
    const MediaMixSource *sources;
    int n;
    MediaListener *listener;
    double start_s, duration_s;
    const MediaProgress *progress;
    GCancellable *cancellable;
    MediaKeptBlend *kept;
} Measuring;

/* One pass: what came out. */
typedef struct Loudness {
    double lufs;      /* integrated; -HUGE_VAL for silence */
    double peak_dbfs; /* of the samples */
} Loudness;

static void tell(const Measuring *self, gint64 done)
{
    media_progress_tell(self->progress, "measure", (double)done / MEDIA_SOUND_HZ, self->duration_s);
}

static gboolean add_block(ebur128_state *state, const float *mono, gsize n, float *peak,
                          GError **error)
{
    for (gsize i = 0; i < n; i++)
        *peak = fmaxf(*peak, fabsf(mono[i]));
    if (ebur128_add_frames_float(state, mono, n) == EBUR128_SUCCESS)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                "the loudness of the program cannot be measured: out of memory");
    return FALSE;
}

typedef gboolean (*ReadBlock)(gpointer data, float *mono, GError **error);

/* What `read` gives, as long as the mix is. */
static gboolean measure(const Measuring *self, ReadBlock read, gpointer data, Loudness *loudness,
                        GError **error)
{
    /* The histogram keeps memory constant. */
    ebur128_state *state = ebur128_init(1, MEDIA_SOUND_HZ, EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM);
    g_assert(state != NULL);
    ebur128_set_channel(state, 0, EBUR128_DUAL_MONO);
    gint64 frames = llrint(self->duration_s * MEDIA_SOUND_HZ);
    float mono[MEDIA_BLEND_BLOCK], peak = 0;
    gboolean good = TRUE;
    for (gint64 block = 1, left = frames; good && left > 0; block++, left -= MEDIA_BLEND_BLOCK) {
        good = !g_cancellable_set_error_if_cancelled(self->cancellable, error) &&
               read(data, mono, error) &&
               add_block(state, mono, (gsize)MIN(left, MEDIA_BLEND_BLOCK), &peak, error);
        if (block % TELL_BLOCKS == 0)
            tell(self, frames - left);
    }
    loudness->lufs = -HUGE_VAL;
    loudness->peak_dbfs = 20 * log10(peak);
    ebur128_loudness_global(state, &loudness->lufs);
    ebur128_destroy(&state);
    return good;
}

typedef struct Reading {
    MediaBlend *blend; /* the first time: from the recordings, and kept */
    MediaKeptBlend *kept;
    gint64 block;
    MediaLimiter *limiter;
    float gain;
} Reading;

static gboolean read_new(gpointer data, float *mono, GError **error)
{
    Reading *reading = data;
    return media_blend_read(reading->blend, mono, error) &&
           media_kept_blend_add(reading->kept, mono, error);
}

/* As it comes out with this gain. */
static gboolean read_limited(gpointer data, float *mono, GError **error)
{
    Reading *reading = data;
    if (!media_kept_blend_read(reading->kept, reading->block++, mono, error))
        return FALSE;
    for (int i = 0; i < MEDIA_BLEND_BLOCK; i++)
        mono[i] *= reading->gain;
    media_limiter_run(reading->limiter, mono, MEDIA_BLEND_BLOCK);
    return TRUE;
}

/* The blend as it is; it is kept from here on. */
static gboolean measure_plain(const Measuring *self, Loudness *loudness, GError **error)
{
    g_autoptr(MediaBlend) blend = media_blend_open(self->sources, self->n, self->listener,
                                                   self->start_s, self->cancellable, error);
    Reading reading = {.blend = blend, .kept = self->kept};
    return blend != NULL && measure(self, read_new, &reading, loudness, error) &&
           media_kept_blend_finish(self->kept, error);
}

static gboolean measure_limited(const Measuring *self, double gain_db, double peak_dbtp,
                                Loudness *loudness, GError **error)
{
    g_autoptr(MediaLimiter) limiter = media_limiter_new(pow(10, peak_dbtp / 20));
    Reading reading = {
        .kept = self->kept, .limiter = limiter, .gain = (float)pow(10, gain_db / 20)};
    return measure(self, read_limited, &reading, loudness, error);
}

/* What brings the mix to its loudness; 0 dB for silence. Where peaks are held, what comes out is
 * less loud than what goes in: then the gain is corrected by what is missing. */
static gboolean find_gain(const Measuring *self, const MediaMixSettings *settings, double *gain_db,
                          GError **error)
{
    Loudness loudness;
    *gain_db = 0;
    if (!measure_plain(self, &loudness, error))
        return FALSE;
    if (!isfinite(loudness.lufs) || loudness.lufs <= QUIETEST_LUFS)
        return TRUE;
    double plain_db = CLAMP(settings->loudness_lufs - loudness.lufs, GAIN_MIN_DB, GAIN_MAX_DB);
    *gain_db = plain_db;
    if (loudness.peak_dbfs + plain_db < settings->peak_dbtp - BETWEEN_SAMPLES_DB)
        return TRUE;
    double slope = 1, last_gain_db = 0, last_lufs = 0; /* dB that come out for each that goes in */
    for (int pass = 0; pass < CORRECTIONS_MAX; pass++) {
        if (!measure_limited(self, *gain_db, settings->peak_dbtp, &loudness, error))
            return FALSE;
        if (pass > 0 && *gain_db > last_gain_db)
            slope = CLAMP((loudness.lufs - last_lufs) / (*gain_db - last_gain_db), SLOPE_MIN, 1);
        last_gain_db = *gain_db;
        last_lufs = loudness.lufs;
        double missing_db = settings->loudness_lufs - loudness.lufs;
        *gain_db = CLAMP(*gain_db + missing_db / slope, GAIN_MIN_DB,
                         MIN(GAIN_MAX_DB, plain_db + CORRECTION_MAX_DB));
        if (fabs(missing_db) < SMALL_DB)
            return TRUE;
    }
    return TRUE;
}

/* ---- new and free ---- */

static gboolean check_settings(const MediaMixSettings *settings, double duration_s, GError **error)
{
    if (settings->loudness_lufs >= -40 && settings->loudness_lufs <= -5 &&
        settings->peak_dbtp >= -20 && settings->peak_dbtp <= 0 && duration_s >= 0 &&
        duration_s < 1e6 && (!settings->has_gain || isfinite(settings->gain_db)))
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                "the mix: loudness must be -40 … -5 LUFS and the true peak -20 … 0 dBTP, not %g "
                "and %g",
                settings->loudness_lufs, settings->peak_dbtp);
    return FALSE;
}

static gboolean take_gain(MediaMix *mix, const MediaMixSettings *settings,
                          const Measuring *measuring, GError **error)
{
    mix->gain_db = settings->gain_db;
    mix->blend = media_blend_open(measuring->sources, measuring->n, measuring->listener,
                                  measuring->start_s, measuring->cancellable, error);
    return mix->blend != NULL;
}

static gboolean measure_gain(MediaMix *mix, const MediaMixSettings *settings, Measuring *measuring,
                             GError **error)
{
    mix->kept = measuring->kept = media_kept_blend_new(error);
    return mix->kept != NULL && find_gain(measuring, settings, &mix->gain_db, error);
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
    mix->cancellable = cancellable;
    Measuring measuring = {sources, n, listener, start_s, duration_s, progress, cancellable, NULL};
    if (n > 0 && !(settings->has_gain ? take_gain(mix, settings, &measuring, error)
                                      : measure_gain(mix, settings, &measuring, error)))
        return NULL;
    mix->gain = (float)pow(10, mix->gain_db / 20);
    return g_steal_pointer(&mix);
}

void media_mix_free(MediaMix *mix)
{
    if (mix == NULL)
        return;
    media_blend_close(mix->blend);
    media_kept_blend_free(mix->kept);
    media_limiter_free(mix->limiter);
    g_free(mix);
}

void media_mix_close_recordings(MediaMix *mix)
{
    g_clear_pointer(&mix->blend, media_blend_close);
    g_clear_pointer(&mix->kept, media_kept_blend_free);
    mix->left = 0;
}

double media_mix_gain_db(const MediaMix *mix)
{
    return mix->gain_db;
}

/* ---- reading ---- */

static gboolean read_blend(MediaMix *mix, GError **error)
{
    if (g_cancellable_set_error_if_cancelled(mix->cancellable, error))
        return FALSE;
    return mix->kept != NULL ? media_kept_blend_read(mix->kept, mix->block_at++, mix->block, error)
                             : media_blend_read(mix->blend, mix->block, error);
}

static gboolean next_block(MediaMix *mix, GError **error)
{
    mix->at = 0;
    if (mix->blend == NULL && mix->kept == NULL) {
        memset(mix->block, 0, sizeof mix->block);
        return TRUE;
    }
    if (!read_blend(mix, error))
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
