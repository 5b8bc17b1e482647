/* All sources to one: the mix before loudness. Mono, 48 kHz, never ends. */
#pragma once
#include <media/mix.h>

typedef struct MediaBlend MediaBlend;

MediaBlend *media_blend_open(const MediaMixSource *sources, int n, const MediaListener *listener,
                             double start_s, GCancellable *cancellable, GError **error);
void media_blend_close(MediaBlend *blend);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaBlend, media_blend_close)

enum { MEDIA_BLEND_BLOCK = 1536 }; /* 32 ms */
/* The next MEDIA_BLEND_BLOCK samples. */
gboolean media_blend_read(MediaBlend *blend, float *mono, GError **error);
