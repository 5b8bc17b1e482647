/* Program and highlights of a render: two files that are finished before the first is put in its place.
 * Threads: one object, one thread at a time. Memory: the caller's. */
#pragma once
#include "mux-private.h"
#include <media/render.h>

typedef struct MediaOutputs {
    MediaOutput *program, *highlights;       /* NULL: not asked for */
    int program_picture, highlights_picture; /* streams: the caller's, who adds them */
} MediaOutputs;

/* Those of `render`, the highlights where there is any piece: with title and chapters, holding what they
 * are given until the end. */
gboolean media_outputs_open(MediaOutputs *outputs, const MediaRender *render, gboolean any_piece,
                            GError **error);
/* Finishes and publishes both. */
gboolean media_outputs_finish(MediaOutputs *outputs, GCancellable *cancellable, GError **error);
void media_outputs_clear(MediaOutputs *outputs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(MediaOutputs, media_outputs_clear)
