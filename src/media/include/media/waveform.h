/* How loud a sound is from beginning to end, for a picture of it: the highest level in each step of
 * at least 50 ms, in 2,000 steps at most. Threads: one object, one thread at a time. */
#pragma once
#include <gio/gio.h>

typedef struct MediaWaveform MediaWaveform;

/* duration_s: of the whole sound. */
MediaWaveform *media_waveform_new(double duration_s);
void media_waveform_free(MediaWaveform *waveform);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaWaveform, media_waveform_free)

/* n stereo frames more, 48 kHz. waveform NULL: nothing happens. */
void media_waveform_add(MediaWaveform *waveform, const float *stereo, gsize n);
/* Instead of add(): a recording's sound from start_s on (of its zero); of a long one a part. */
gboolean media_waveform_read(MediaWaveform *waveform, const char *path, double start_s,
                             double duration_s, GCancellable *cancellable, GError **error);
/* Nothing more comes. */
void media_waveform_finish(MediaWaveform *waveform);

/* 0 … 255 of full scale; borrowed until more is added. */
const guint8 *media_waveform_peaks(const MediaWaveform *waveform, gsize *n);
gint64 media_waveform_step_ms(const MediaWaveform *waveform);
