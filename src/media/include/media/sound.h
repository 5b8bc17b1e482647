/* The sound of one file as 48 kHz floats, from the file's zero: gaps are silence, a late start is
 * silence, damage is silence. Streaming: memory does not depend on the length. */
#pragma once
#include <gio/gio.h>
#include <show/clock.h>

enum { MEDIA_SOUND_HZ = 48000 };

typedef struct MediaSound MediaSound;

/* channels: 1 (all channels of the file averaged) or 2 (mono goes to both). */
MediaSound *media_sound_open(const char *path, int channels,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_sound_close(MediaSound *sound);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaSound, media_sound_close)

/* Reads up to n frames (interleaved). 0 at the end, -1 and error when reading failed for good. */
gssize media_sound_read(MediaSound *sound, float *frames, gsize n, GError **error);
/* Next read begins at this frame (≥ 0) of the file. */
gboolean media_sound_seek(MediaSound *sound, gint64 frame, GError **error);

/* The same on the session clock: resampled by the clock's drift, silence where the file is not.
 * Never ends: the caller knows how long the show is. Frame 0 is session time start_s. */
typedef struct MediaSessionSound MediaSessionSound;
MediaSessionSound *media_session_sound_open(const char *path, int channels, ShowClock clock,
                                            double start_s,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_session_sound_close(MediaSessionSound *sound);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaSessionSound, media_session_sound_close)
gboolean media_session_sound_read(MediaSessionSound *sound, float *frames, gsize n, GError **error);
