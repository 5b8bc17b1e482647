/* Decoded sound of any layout and rate to interleaved 48 kHz floats. */
#pragma once
#include <glib.h>
#include <libavutil/frame.h>

typedef struct MediaResample MediaResample;

/* channels: 1 or 2. */
MediaResample *media_resample_new(int channels);
void media_resample_free(MediaResample *resample);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaResample, media_resample_free)

/* Whether this frame's sound is of the same kind as that before it (or the first). When not,
 * media_resample_flush() first. */
gboolean media_resample_same(const MediaResample *resample, const AVFrame *frame);
/* Appends the frame's sound, as far as it is ready, to `out` (float). FALSE when the frame is of a
 * kind that no recorder makes, or libswresample refuses it; nothing is appended then. */
gboolean media_resample_push(MediaResample *resample, const AVFrame *frame, GArray *out);
/* Appends what is still inside and starts anew. */
void media_resample_flush(MediaResample *resample, GArray *out);
/* Forgets what is still inside. */
void media_resample_reset(MediaResample *resample);
