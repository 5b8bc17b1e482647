/* The program's sound: the gain-shared mix of the mics, loudness-normalised, 48 kHz stereo.
 *
 * One mic is open at a time, by the share of speech/share.h, opened and closed without clicks, so
 * that a voice that two mics hear is not heard twice. Loudness after EBU R 128 (libebur128),
 * true peaks held by a look-ahead limiter. */
#pragma once
#include <gio/gio.h>
#include <media/listen.h>
#include <media/progress.h>

typedef struct MediaMixSettings {
    double loudness_lufs; /* −16: integrated; range −40 … −5 */
    double peak_dbtp;     /* −1: true peak; range −20 … 0 */
    gboolean has_gain;    /* it was measured before: … */
    double gain_db;       /* … media_mix_gain_db() of a mix of which this is a part */
} MediaMixSettings;

typedef struct MediaMixSource {
    const char *path; /* borrowed until the mix is freed */
    ShowClock clock;
    int frames; /* index of its frames in the listener; -1: not a mic,
                          heard only where no mic has sound */
} MediaMixSource;

typedef struct MediaMix MediaMix;

/* Session time [start_s, start_s + duration_s). Decodes and measures the whole mix first (stage
 * "measure"); it then waits in a file, from which it is measured again when the limiter has work to do,
 * and read. Where the settings have its gain nothing is measured. listener: of media_listen(), borrowed
 * until the mix is freed; must have been through media_speech_events(). NULL, or no mic at all: the
 * longest of the sources that have sound, as it is. No source at all: silence. */
MediaMix *media_mix_new(const MediaMixSource *sources, int n, MediaListener *listener,
                        const MediaMixSettings *settings, double start_s, double duration_s,
                        const MediaProgress *progress, GCancellable *cancellable,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_mix_free(MediaMix *mix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaMix, media_mix_free)

/* Reads n stereo frames; fewer only at the end, 0 there, -1 on error. */
gssize media_mix_read(MediaMix *mix, float *stereo, gsize n, GError **error);
/* Closes the recordings: nothing is read any more. Only media_mix_gain_db() and free() may follow. */
void media_mix_close_recordings(MediaMix *mix);
double media_mix_gain_db(const MediaMix *mix); /* what normalising adds */
