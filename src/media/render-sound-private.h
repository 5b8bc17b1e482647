/* The sound of a render: the mix, read once, goes to the program whole and to the highlights piece
 * by piece, each with an encoder of its own, because AAC cannot be cut between frames. */
#pragma once
#include "mux-private.h"
#include "render-plan-private.h"

typedef struct MediaRenderSound MediaRenderSound;

/* Adds a sound stream to both outputs (highlights may be NULL). All but the result is borrowed. */
MediaRenderSound *media_render_sound_open(MediaMix *mix, const MediaPlan *plan, int bitrate,
                                          MediaOutput *program, MediaOutput *highlights,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_render_sound_close(MediaRenderSound *sound);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaRenderSound, media_render_sound_close)

/* Writes the sound up to this frame of the program. */
gboolean media_render_sound_write(MediaRenderSound *sound, gint64 frame, GError **error);
/* Writes what is left, to the end of the last frame. */
gboolean media_render_sound_finish(MediaRenderSound *sound, GError **error);
