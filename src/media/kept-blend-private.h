/* A blend that was read once and is kept in an unlinked file, so that recordings are decoded once however
 * often their mix is measured: 96 kB a second. Each block has a scale of its own and 16 bits a sample:
 * what that adds lies 90 dB and more below the loudest of its 32 ms. */
#pragma once
#include "blend-private.h"

typedef struct MediaKeptBlend MediaKeptBlend;

MediaKeptBlend *media_kept_blend_new(GError **error);
void media_kept_blend_free(MediaKeptBlend *kept);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaKeptBlend, media_kept_blend_free)

/* MEDIA_BLEND_BLOCK samples more, which become what will be read. */
gboolean media_kept_blend_add(MediaKeptBlend *kept, float *mono, GError **error);
/* Ends the adding. */
gboolean media_kept_blend_finish(MediaKeptBlend *kept, GError **error);
/* Any block; silence behind the last. */
gboolean media_kept_blend_read(const MediaKeptBlend *kept, gint64 block, float *mono,
                               GError **error);
