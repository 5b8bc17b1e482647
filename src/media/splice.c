#include "splice-private.h"

#include <math.h>

enum { TELL_PICTURES = 300 };

/* The first keyframe of the span, or its end. */
static guint copy_from(const MediaSpan *span)
{
    guint key = media_recorded_key_behind(span->recorded, span->first);
    return MIN(media_recorded_key_picture(span->recorded, key), span->end);
}

gboolean media_span_has_edge(const MediaSpan *span)
{
    return copy_from(span) != span->first;
}

typedef struct Writing {
    MediaSplice *splice;
    const MediaSpan *span;
    gint64 first_tick; /* of the recording */
} Writing;

/* Where a picture of the recording comes to lie: in order, and inside the span. */
static gint64 place(const Writing *writing, gint64 tick)
{
    const MediaSpan *span = writing->span;
    if (tick == writing->first_tick)
        return MAX(span->at, writing->splice->last + 1);
    gint64 own = llround(span->own + (double)(tick - writing->first_tick) * span->pace);
    return MAX(MAX(own, span->at), writing->splice->last + 1);
}

static gboolean write_picture(AVPacket *packet, gpointer data, GError **error)
{
    Writing *writing = data;
    MediaSplice *splice = writing->splice;
    gint64 duration = MAX(1, llround((double)packet->duration * writing->span->pace));
    packet->pts = packet->dts = place(writing, packet->pts);
    packet->duration = MAX(1, MIN(duration, writing->span->until - packet->pts));
    splice->last = packet->pts;
    return media_output_write(splice->output, splice->stream, packet, error);
}

static gboolean write_encoded(AVPacket *packet, gpointer data, GError **error)
{
    Writing *writing = data;
    const MediaSpan *span = writing->span;
    packet->duration =
        span->recorded != NULL ? span->recorded->frame_ticks : span->until - span->at;
    writing->splice->encoded++;
    return write_picture(packet, data, error);
}

static gboolean copy(Writing *writing, guint from, GError **error)
{
    MediaSplice *splice = writing->splice;
    MediaRecorded *recorded = writing->span->recorded;
    guint key = media_recorded_key_behind(recorded, from);
    g_autoptr(AVPacket) packet = av_packet_alloc();
    if (!media_recorded_go(recorded, key, error))
        return FALSE;
    while (recorded->next < writing->span->end && media_recorded_next(recorded, packet)) {
        if (splice->copied++ % TELL_PICTURES == 0)
            media_progress_tell(splice->progress, "copy", (double)splice->last * splice->second,
                                (double)splice->all * splice->second);
        if (g_cancellable_set_error_if_cancelled(splice->cancellable, error) ||
            !write_picture(packet, writing, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean write_black(MediaSplice *splice, const MediaSpan *span, GError **error)
{
    Writing writing = {splice, span, 0};
    return media_edge_black(splice->edge, write_encoded, &writing, error);
}

gboolean media_splice_write(MediaSplice *splice, const MediaSpan *span, GError **error)
{
    if (g_cancellable_set_error_if_cancelled(splice->cancellable, error))
        return FALSE;
    if (span->recorded == NULL)
        return write_black(splice, span, error);
    Writing writing = {splice, span, media_recorded_tick(span->recorded, span->first)};
    guint from = copy_from(span);
    if (from > span->first && !media_edge_write(splice->edge, span->recorded, span->first, from,
                                                write_encoded, &writing, error))
        return FALSE;
    return from == span->end || copy(&writing, from, error);
}
