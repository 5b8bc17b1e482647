/* The sound of a render: the mix, read once, goes to the program whole and to the highlights piece
 * by piece, each with an encoder of its own, because AAC cannot be cut between frames.
 *
 * All of it is encoded before the first picture and waits in temporary files: the index of a
 * recording, which libav keeps in memory while it is open, is then there once and not twice. */
#pragma once
#include "mux-private.h"
#include "render-plan-private.h"

typedef struct MediaRenderSound MediaRenderSound;

/* Adds a sound stream to both outputs (highlights may be NULL) and encodes the whole mix, which is
 * then at its end and has its recordings closed. All but the result is borrowed. */
MediaRenderSound *media_render_sound_open(const MediaRender *render, const MediaPlan *plan,
                                          MediaOutput *program, MediaOutput *highlights,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_render_sound_close(MediaRenderSound *sound);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaRenderSound, media_render_sound_close)

/* Writes the sound up to this frame of the program. */
gboolean media_render_sound_write(MediaRenderSound *sound, gint64 frame, GError **error);
/* Writes what is left, to the end of the last frame. */
gboolean media_render_sound_finish(MediaRenderSound *sound, GError **error);
