/* The sound of a render: the mix, read once, goes to the program whole and to the highlights piece
 * by piece, each with an encoder of its own, because AAC cannot be cut between frames.
 *
 * All of it is encoded before the first picture and waits in the outputs, which hold their packets:
 * the index of a recording, which libav keeps in memory while it is open, is then there once and not
 * twice. */
#pragma once
#include "mux-private.h"
#include "render-plan-private.h"

/* Adds a sound stream to both outputs (highlights may be NULL) and encodes the whole mix into them,
 * which is then at its end and has its recordings closed. quick: see media_aac_open(). */
gboolean media_render_sound(const MediaRender *render, const MediaPlan *plan, MediaOutput *program,
                            MediaOutput *highlights, gboolean quick, GError **error);

/* The same of render->sound, copied as it is; only the pieces are encoded. It must be one that
 * media_sound_can_copy(). */
gboolean media_copy_sound(const MediaRender *render, const MediaPlan *plan, MediaOutput *program,
                          MediaOutput *highlights, GError **error);
/* That of the pieces alone, of render->sound: as it was recorded, or as render->sound_mix says. */
gboolean media_pieces_sound(const MediaRender *render, const MediaPlan *plan,
                            MediaOutput *highlights, GError **error);
