#include "kept-blend-private.h"

#include "spool-private.h"

#include <math.h>

#define MOST 32767.0F

struct MediaKeptBlend {
    MediaSpool *spool;
};

typedef struct Block {
    float step; /* of one count */
    gint16 counts[MEDIA_BLEND_BLOCK];
} Block;

MediaKeptBlend *media_kept_blend_new(GError **error)
{
    MediaSpool *spool = media_spool_open(error);
    if (spool == NULL)
        return NULL;
    MediaKeptBlend *kept = g_new0(MediaKeptBlend, 1);
    kept->spool = spool;
    return kept;
}

void media_kept_blend_free(MediaKeptBlend *kept)
{
    if (kept == NULL)
        return;
    media_spool_close(kept->spool);
    g_free(kept);
}

static void unpack(const Block *block, float *mono)
{
    for (int i = 0; i < MEDIA_BLEND_BLOCK; i++)
        mono[i] = block->step * (float)block->counts[i];
}

gboolean media_kept_blend_add(MediaKeptBlend *kept, float *mono, GError **error)
{
    Block block;
    float peak = 0;
    for (int i = 0; i < MEDIA_BLEND_BLOCK; i++)
        peak = fmaxf(peak, fabsf(mono[i]));
    float counts = peak > 0 ? MOST / peak : 0;
    block.step = peak / MOST;
    for (int i = 0; i < MEDIA_BLEND_BLOCK; i++)
        block.counts[i] = (gint16)lrintf(CLAMP(mono[i] * counts, -MOST, MOST));
    unpack(&block, mono);
    return media_spool_append(kept->spool, &block, sizeof block, error);
}

gboolean media_kept_blend_finish(MediaKeptBlend *kept, GError **error)
{
    return media_spool_finish(kept->spool, error);
}

gboolean media_kept_blend_read(const MediaKeptBlend *kept, gint64 block, float *mono,
                               GError **error)
{
    Block read;
    if (!media_spool_read(kept->spool, block * (gint64)sizeof read, &read, sizeof read, error))
        return FALSE;
    unpack(&read, mono);
    return TRUE;
}
