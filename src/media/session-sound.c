/* A file's sound on the session clock. Without drift, samples are copied from the nearest place
 * (half a sample is 10 µs); with drift, they are interpolated by a windowed sinc. */
#include "sound-private.h"

#include <math.h>
#include <string.h>

enum {
    TAPS = 16,    /* of the sinc; flat to 18 kHz at a ratio this near to 1 */
    PHASES = 256, /* of the table; between two of them, linear: error under −90 dB */
    BLOCK = 4096, /* source frames held beside the taps */
};
#define DRIFT_MIN_PPM 0.02 /* less is under 0.3 ms in four hours: copied as it is */

struct MediaSessionSound {
    MediaSound *sound;
    int channels;
    gboolean resampled;
    gboolean ended;
    gint64 silence; /* frames before the file begins; when not resampled */
    /* resampled: */
    double origin, step; /* file's frame of the first frame given, and how many a frame */
    gint64 given;        /* so that position() gathers no rounding in hours */
    gint64 first;        /* the file's frame that `window` begins with */
    gsize held;
    float *window; /* BLOCK + TAPS frames */
    float (*table)[TAPS];
};

/* In the file's frames: of the next frame to give. */
static double position(const MediaSessionSound *self)
{
    return self->origin + (double)self->given * self->step;
}

/* The first frame under the taps for that. */
static gint64 first_tap(const MediaSessionSound *self)
{
    return (gint64)floor(position(self)) - (TAPS / 2 - 1);
}

/* ---- table ---- */

static double sinc(double x)
{
    return fabs(x) < 1e-9 ? 1.0 : sin(G_PI * x) / (G_PI * x);
}

static void fill_phase(float *taps, double fraction)
{
    double sum = 0, weight[TAPS];
    for (int i = 0; i < TAPS; i++) {
        int from_centre = i - (TAPS / 2 - 1);
        double x = from_centre - fraction;
        double hann = fabs(x) < TAPS / 2.0 ? 0.5 + 0.5 * cos(2 * G_PI * x / TAPS) : 0.0;
        weight[i] = sinc(x) * hann;
        sum += weight[i];
    }
    for (int i = 0; i < TAPS; i++)
        taps[i] = (float)(weight[i] / sum);
}

static void make_table(MediaSessionSound *self)
{
    self->table = g_malloc_n(PHASES + 1, sizeof *self->table);
    for (int phase = 0; phase <= PHASES; phase++)
        fill_phase(self->table[phase], (double)phase / PHASES);
}

/* ---- open and close ---- */

static gboolean go_to(MediaSessionSound *self, double frame, GError **error)
{
    if (!self->resampled) {
        gint64 at = llrint(frame);
        self->silence = MAX(0, -at);
        return at <= 0 || media_sound_seek(self->sound, at, error);
    }
    make_table(self);
    self->window = g_new0(float, (gsize)(BLOCK + TAPS) * (gsize)self->channels);
    self->origin = frame;
    self->first = MAX(first_tap(self), -TAPS);
    self->held = self->first < 0 ? (gsize)(-self->first) : 0; /* before the file: silence */
    return self->first <= 0 || media_sound_seek(self->sound, self->first, error);
}

MediaSessionSound *media_session_sound_open(const char *path, int channels, ShowClock clock,
                                            double start_s, GError **error)
{
    g_autoptr(MediaSessionSound) self = g_new0(MediaSessionSound, 1);
    self->channels = channels;
    self->sound = media_sound_open(path, channels, error);
    if (self->sound == NULL)
        return NULL;
    self->step = 1.0 + clock.drift_ppm * 1e-6;
    self->resampled = fabs(clock.drift_ppm) >= DRIFT_MIN_PPM;
    if (!go_to(self, show_clock_to_source(&clock, start_s) * MEDIA_SOUND_HZ, error))
        return NULL;
    return g_steal_pointer(&self);
}

void media_session_sound_close(MediaSessionSound *self)
{
    if (self == NULL)
        return;
    media_sound_close(self->sound);
    g_free(self->window);
    g_free(self->table);
    g_free(self);
}

MediaSound *media_session_sound_peek(MediaSessionSound *self)
{
    return self->sound;
}

/* ---- reading ---- */

/* Reads n frames of the file; silence after its end. */
static gboolean read_file(MediaSessionSound *self, float *frames, gsize n, GError **error)
{
    gssize got = self->ended ? 0 : media_sound_read(self->sound, frames, n, error);
    if (got < 0)
        return FALSE;
    if ((gsize)got < n) {
        self->ended = TRUE;
        gsize channels = (gsize)self->channels;
        memset(frames + (gsize)got * channels, 0, (n - (gsize)got) * channels * sizeof *frames);
    }
    return TRUE;
}

static gboolean copy(MediaSessionSound *self, float *frames, gsize n, GError **error)
{
    gsize silent = (gsize)MIN(self->silence, (gint64)n);
    memset(frames, 0, silent * (gsize)self->channels * sizeof *frames);
    self->silence -= (gint64)silent;
    return silent == n ||
           read_file(self, frames + silent * (gsize)self->channels, n - silent, error);
}

/* Makes the window hold the taps of the next frame. */
static gboolean fill_window(MediaSessionSound *self, GError **error)
{
    gsize channels = (gsize)self->channels;
    gsize past = (gsize)CLAMP(first_tap(self) - self->first, 0, (gint64)self->held);
    memmove(self->window, self->window + past * channels,
            (self->held - past) * channels * sizeof *self->window);
    self->held -= past;
    self->first += (gint64)past;
    gsize room = BLOCK + TAPS - self->held;
    if (!read_file(self, self->window + self->held * channels, room, error))
        return FALSE;
    self->held += room;
    return TRUE;
}

static void interpolate(const MediaSessionSound *self, gint64 at, float *frame)
{
    double phase = (position(self) - floor(position(self))) * PHASES;
    int index = MIN((int)phase, PHASES - 1);
    float between = (float)(phase - index);
    const float *low = self->table[index], *high = self->table[index + 1];
    gsize channels = (gsize)self->channels;
    const float *from = self->window + (gsize)at * channels;
    for (gsize channel = 0; channel < channels; channel++) {
        float sum = 0;
        for (gsize i = 0; i < TAPS; i++)
            sum += from[i * channels + channel] * (low[i] + between * (high[i] - low[i]));
        frame[channel] = sum;
    }
}

static gboolean resample(MediaSessionSound *self, float *frames, gsize n, GError **error)
{
    gsize channels = (gsize)self->channels;
    for (gsize i = 0; i < n; i++, self->given++) {
        gint64 at = first_tap(self) - self->first;
        if (at < 0) { /* long before the file begins */
            memset(frames + i * channels, 0, channels * sizeof *frames);
            continue;
        }
        if (at + TAPS > (gint64)self->held) {
            if (!fill_window(self, error))
                return FALSE;
            at = first_tap(self) - self->first;
        }
        interpolate(self, at, frames + i * channels);
    }
    return TRUE;
}

gboolean media_session_sound_read(MediaSessionSound *self, float *frames, gsize n, GError **error)
{
    return self->resampled ? resample(self, frames, n, error) : copy(self, frames, n, error);
}
