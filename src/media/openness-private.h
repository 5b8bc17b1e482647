/* Which microphone is open, frame by frame: decided with a second of sound ahead. */
#pragma once
#include "listen-private.h"

typedef struct MediaOpenness MediaOpenness;

/* listener: may be NULL or without voices; then nothing is ever open. Begins at session frame
 * `first`. Borrowed. */
MediaOpenness *media_openness_new(const MediaListener *listener, gint64 first, GError **error);
void media_openness_free(MediaOpenness *openness);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaOpenness, media_openness_free)
/* The voice that is open in the next frame, or -1 when none has sound there. */
gboolean media_openness_next(MediaOpenness *openness, int *voice, GError **error);
