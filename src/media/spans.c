#include "spans-private.h"

#include "outputs-private.h"
#include "render-sound-private.h"

#include <string.h>

enum { TELL_PACKETS = 300 };

struct MediaSpans {
    AVFormatContext **inputs; /* NULL: no span names it */
    int *streams;
    gsize n;
    AVRational base;
    const GArray *list; /* being read */
    guint span;
    gint64 frame; /* of its file, the next one; before the first: -1 */
};

/* ---- files ---- */

static AVStream *stream_of(const MediaSpans *spans, gsize file)
{
    return spans->inputs[file]->streams[spans->streams[file]];
}

static AVStream *first_stream(const MediaSpans *spans)
{
    for (gsize i = 0; i < spans->n; i++)
        if (spans->inputs[i] != NULL)
            return stream_of(spans, i);
    return NULL;
}

static gboolean open_file(MediaSpans *spans, gsize file, const char *path, GError **error)
{
    AVFormatContext *input = media_open_one_track(path, AVMEDIA_TYPE_VIDEO);
    if (input == NULL)
        input = media_open_input(path, error);
    if (input == NULL)
        return FALSE;
    spans->inputs[file] = input;
    spans->streams[file] = media_best_video(input);
    if (spans->streams[file] < 0) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED, "%s: has no picture", path);
        return FALSE;
    }
    for (unsigned i = 0; i < input->nb_streams; i++)
        if ((int)i != spans->streams[file])
            input->streams[i]->discard = AVDISCARD_ALL;
    return TRUE;
}

MediaSpans *media_spans_open(const char *const *paths, gsize n, ShowRate rate, GError **error)
{
    g_autoptr(MediaSpans) spans = g_new0(MediaSpans, 1);
    spans->n = n;
    spans->base = (AVRational){rate.den, rate.num};
    spans->inputs = g_new0(AVFormatContext *, n);
    spans->streams = g_new0(int, n);
    for (gsize i = 0; i < n; i++)
        if (paths[i] != NULL && !open_file(spans, i, paths[i], error))
            return NULL;
    return g_steal_pointer(&spans);
}

void media_spans_close(MediaSpans *spans)
{
    if (spans == NULL)
        return;
    for (gsize i = 0; i < spans->n; i++)
        media_close_input(spans->inputs[i]);
    g_free(spans->inputs);
    g_free(spans->streams);
    g_free(spans);
}

gboolean media_spans_are_alike(const MediaSpans *spans)
{
    const AVCodecParameters *first = first_stream(spans)->codecpar;
    for (gsize i = 0; i < spans->n; i++) {
        if (spans->inputs[i] == NULL)
            continue;
        const AVCodecParameters *codec = stream_of(spans, i)->codecpar;
        if (codec->extradata_size != first->extradata_size ||
            memcmp(codec->extradata, first->extradata, (gsize)first->extradata_size) != 0 ||
            codec->video_delay != first->video_delay)
            return FALSE;
    }
    return TRUE;
}

const AVCodecParameters *media_spans_codec(const MediaSpans *spans)
{
    return first_stream(spans)->codecpar;
}

/* ---- packets ---- */

/* The keyframe that a span begins with, in frames. */
static gboolean go(const MediaSpans *spans, const MediaSpan *span, AVPacket *packet, GError **error)
{
    AVFormatContext *input = spans->inputs[span->file];
    const AVStream *stream = stream_of(spans, span->file);
    /* Seeking goes by when packets are decoded, which is a few frames before they are shown. */
    gint64 dts =
        av_rescale_q(span->first - stream->codecpar->video_delay, spans->base, stream->time_base);
    int code = av_seek_frame(input, stream->index, dts, AVSEEK_FLAG_BACKWARD);
    while (code >= 0 && (code = av_read_frame(input, packet)) >= 0) {
        gboolean mine = packet->stream_index == stream->index;
        av_packet_rescale_ts(packet, stream->time_base, spans->base);
        if (mine && packet->pts == span->first && (packet->flags & AV_PKT_FLAG_KEY) != 0)
            return TRUE;
        gboolean beyond = mine && packet->dts > span->first;
        av_packet_unref(packet);
        if (beyond)
            break;
    }
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                "cannot copy the pictures: %s has no keyframe at frame %" G_GINT64_FORMAT,
                input->url, span->first);
    return FALSE;
}

/* FALSE: the file ends here. */
static gboolean next_in_file(const MediaSpans *spans, const MediaSpan *span, AVPacket *packet)
{
    const AVStream *stream = stream_of(spans, span->file);
    do {
        av_packet_unref(packet);
        if (av_read_frame(spans->inputs[span->file], packet) < 0)
            return FALSE;
    } while (packet->stream_index != stream->index);
    av_packet_rescale_ts(packet, stream->time_base, spans->base);
    return TRUE;
}

static void leave_span(MediaSpans *spans)
{
    spans->span++;
    spans->frame = -1;
}

void media_spans_begin(MediaSpans *spans, const GArray *list)
{
    spans->list = list;
    spans->span = 0;
    spans->frame = -1;
}

gboolean media_spans_read(MediaSpans *spans, AVPacket *packet, GError **error)
{
    while (spans->span < spans->list->len) {
        const MediaSpan *span = &g_array_index(spans->list, MediaSpan, spans->span);
        if (spans->frame < 0) {
            if (!go(spans, span, packet, error))
                return FALSE;
            spans->frame = span->first;
        } else if (!next_in_file(spans, span, packet)) {
            leave_span(spans);
            continue;
        }
        packet->pts += span->at - span->first;
        packet->dts += span->at - span->first;
        packet->duration = 1;
        if (++spans->frame == span->end)
            leave_span(spans);
        return TRUE;
    }
    return FALSE;
}

/* ---- program and highlights ---- */

static void tell(const MediaSpansRender *all, gint64 frame)
{
    media_progress_tell(all->render->progress, "copy", media_plan_seconds(all->plan, frame),
                        media_plan_seconds(all->plan, all->plan->frames));
}

static gboolean copy(const MediaSpansRender *all, const GArray *list, MediaOutput *output,
                     int stream, MediaRenderReport *report, GError **error)
{
    GError *failed = NULL;
    g_autoptr(AVPacket) packet = av_packet_alloc();
    media_spans_begin(all->spans, list);
    while (media_spans_read(all->spans, packet, &failed)) {
        if (report->copied_frames++ % TELL_PACKETS == 0)
            tell(all, packet->pts);
        if (g_cancellable_set_error_if_cancelled(all->render->cancellable, error) ||
            !media_output_write(output, stream, packet, error))
            return FALSE;
    }
    if (failed != NULL)
        g_propagate_error(error, failed);
    return failed == NULL;
}

static int add_picture(const MediaSpansRender *all, MediaOutput *output)
{
    return media_output_add(output, media_spans_codec(all->spans), all->spans->base,
                            all->plan->rate);
}

static gboolean write_pictures(const MediaSpansRender *all, MediaOutputs *outputs,
                               MediaRenderReport *report, GError **error)
{
    if (!media_outputs_open(outputs, all->render, all->highlights->len > 0, error))
        return FALSE;
    outputs->program_picture = add_picture(all, outputs->program);
    if (!copy(all, all->program, outputs->program, outputs->program_picture, report, error))
        return FALSE;
    if (outputs->highlights == NULL)
        return TRUE;
    outputs->highlights_picture = add_picture(all, outputs->highlights);
    return copy(all, all->highlights, outputs->highlights, outputs->highlights_picture, report,
                error);
}

gboolean media_spans_render(const MediaSpansRender *all, MediaRenderReport *report, GError **error)
{
    const MediaRender *render = all->render;
    g_auto(MediaOutputs) outputs = {0};
    if (!write_pictures(all, &outputs, report, error))
        return FALSE;
    if (render->mix != NULL &&
        !media_render_sound(render, all->plan, outputs.program, outputs.highlights, FALSE, error))
        return FALSE;
    if (!media_outputs_finish(&outputs, render->cancellable, error))
        return FALSE;
    report->frames = all->plan->frames;
    media_plan_note_pieces(all->plan, render->highlights);
    tell(all, all->plan->frames);
    return TRUE;
}
