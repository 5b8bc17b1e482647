/* What the room itself asks of a file's sound, beyond media/sound.h. */
#pragma once
#include <media/sound.h>

/* The file's zero in its own time, AV_TIME_BASE units, and opening it with what was learned of it:
 * faster, and never with the index of the picture. */
gint64 media_sound_zero_us(const MediaSound *sound);
MediaSound *media_sound_open_again(const char *path, int channels, gint64 zero_us,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Seconds of sound that the file says it has, from its zero; 0 when it does not say. */
double media_sound_duration_s(const MediaSound *sound);
/* Reading ends early, with G_IO_ERROR_CANCELLED. Borrowed until closed. */
void media_sound_set_cancellable(MediaSound *sound, GCancellable *cancellable);

/* The file's sound on the session clock: MediaSound below it. Borrowed. */
MediaSound *media_session_sound_peek(MediaSessionSound *sound);
