#include "splice-private.h"

#include <math.h>

enum { TELL_PICTURES = 300 };

/* The first keyframe of the stretch, or its end. */
static guint copy_from(const MediaStretch *stretch)
{
    guint key = media_recorded_key_behind(stretch->recorded, stretch->first);
    return MIN(media_recorded_key_picture(stretch->recorded, key), stretch->end);
}

gboolean media_stretch_has_edge(const MediaStretch *stretch)
{
    return copy_from(stretch) != stretch->first;
}

typedef struct Writing {
    MediaSplice *splice;
    const MediaStretch *stretch;
    gint64 first_tick; /* of the recording */
} Writing;

/* Where a picture of the recording comes to lie: in order, and inside the stretch. */
static gint64 place(const Writing *writing, gint64 tick)
{
    const MediaStretch *stretch = writing->stretch;
    if (tick == writing->first_tick)
        return MAX(stretch->at, writing->splice->last + 1);
    gint64 own = llround(stretch->own + (double)(tick - writing->first_tick) * stretch->pace);
    return MAX(MAX(own, stretch->at), writing->splice->last + 1);
}

static gboolean write_picture(AVPacket *packet, gpointer data, GError **error)
{
    Writing *writing = data;
    MediaSplice *splice = writing->splice;
    gint64 duration = MAX(1, llround((double)packet->duration * writing->stretch->pace));
    packet->pts = packet->dts = place(writing, packet->pts);
    packet->duration = MAX(1, MIN(duration, writing->stretch->until - packet->pts));
    splice->last = packet->pts;
    return media_output_write(splice->output, splice->stream, packet, error);
}

static gboolean write_encoded(AVPacket *packet, gpointer data, GError **error)
{
    Writing *writing = data;
    const MediaStretch *stretch = writing->stretch;
    packet->duration =
        stretch->recorded != NULL ? stretch->recorded->frame_ticks : stretch->until - stretch->at;
    writing->splice->encoded++;
    return write_picture(packet, data, error);
}

static gboolean copy(Writing *writing, guint from, GError **error)
{
    MediaSplice *splice = writing->splice;
    MediaRecorded *recorded = writing->stretch->recorded;
    guint key = media_recorded_key_behind(recorded, from);
    g_autoptr(AVPacket) packet = av_packet_alloc();
    if (!media_recorded_go(recorded, key, error))
        return FALSE;
    while (recorded->next < writing->stretch->end && media_recorded_next(recorded, packet)) {
        if (splice->copied++ % TELL_PICTURES == 0)
            media_progress_tell(splice->progress, "copy", (double)splice->last * splice->second,
                                (double)splice->all * splice->second);
        if (g_cancellable_set_error_if_cancelled(splice->cancellable, error) ||
            !write_picture(packet, writing, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean write_black(MediaSplice *splice, const MediaStretch *stretch, GError **error)
{
    Writing writing = {splice, stretch, 0};
    return media_edge_black(splice->edge, write_encoded, &writing, error);
}

gboolean media_splice_write(MediaSplice *splice, const MediaStretch *stretch, GError **error)
{
    if (g_cancellable_set_error_if_cancelled(splice->cancellable, error))
        return FALSE;
    if (stretch->recorded == NULL)
        return write_black(splice, stretch, error);
    Writing writing = {splice, stretch, media_recorded_tick(stretch->recorded, stretch->first)};
    guint from = copy_from(stretch);
    if (from > stretch->first && !media_edge_write(splice->edge, stretch->recorded, stretch->first,
                                                   from, write_encoded, &writing, error))
        return FALSE;
    return from == stretch->end || copy(&writing, from, error);
}
