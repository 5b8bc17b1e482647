/* Spans of the cameras' files. What always holds: each begins and ends at a keyframe that nothing
 * reaches across, so that decoding order within it is kept and moving it keeps both clocks ascending. */
#include <media/shared.h>

#include "copy-private.h"
#include "mux-private.h"
#include "render-plan-private.h"
#include "render-sound-private.h"

#include <edit/frames.h>
#include <math.h>
#include <string.h>

enum { TELL_PACKETS = 300 };

typedef struct Span {
    gsize camera;
    gint64 first, end; /* frames of the camera's file */
    gint64 at;         /* frame of the output */
} Span;

struct MediaShared {
    const MediaRender *render;
    MediaPlan *plan;
    GArray *program, *highlights; /* Span */
    GArray **keyframes;           /* gint64, one for each camera */
};

/* ---- plan ---- */

static gboolean is_encoded(const MediaInfo *info)
{
    g_autoptr(MediaCopy) copy = media_copy_open(info, MEDIA_COPY_PICTURE, NULL);
    return copy == NULL;
}

static gboolean fits(const MediaShared *shared, gsize camera, const MediaInfo *info)
{
    const MediaRenderSettings *settings = shared->render->settings;
    return info->width / 2 * 2 == settings->width && info->height / 2 * 2 == settings->height &&
           show_rate_equal(info->rate, shared->plan->rate) &&
           shared->render->cameras[camera].clock.drift_ppm == 0 && is_encoded(info);
}

/* The frame of a camera's file, which counts from the recording's zero. */
static gint64 file_frame(const MediaShared *shared, gsize camera, gint64 frame)
{
    double source_s = show_clock_to_source(&shared->render->cameras[camera].clock,
                                           media_plan_session_s(shared->plan, frame));
    return edit_nearest_frame(shared->plan->rate, 0, source_s);
}

static gint64 frames_of(const MediaInfo *info)
{
    return MAX(1, llround(info->duration_s * info->rate.num / info->rate.den));
}

/* Frames first … end − 1 of the program, to begin at frame `to` of an output. FALSE: a camera does
 * not have them. */
static gboolean add_frames(const MediaShared *shared, const MediaInfo *const *infos, GArray *spans,
                           gint64 first, gint64 end, gint64 to)
{
    for (guint i = 0; i < shared->plan->shots->len; i++) {
        const MediaPlanShot *shot = media_plan_shot(shared->plan, i);
        gint64 from = MAX(first, shot->first), until = MIN(end, shot->end);
        if (from >= until)
            continue;
        if (shot->camera == MEDIA_PLAN_BLACK)
            return FALSE;
        Span span = {.camera = shot->camera,
                     .first = file_frame(shared, shot->camera, from),
                     .at = to + from - first};
        span.end = span.first + until - from;
        if (span.first < 0 || span.end > frames_of(infos[shot->camera]))
            return FALSE;
        g_array_append_val(spans, span);
    }
    return TRUE;
}

static gboolean plan_spans(MediaShared *shared, const MediaInfo *const *infos)
{
    const MediaPlan *plan = shared->plan;
    if (!add_frames(shared, infos, shared->program, 0, plan->frames, 0))
        return FALSE;
    for (guint i = 0; i < plan->pieces->len; i++) {
        const MediaPlanPiece *piece = media_plan_piece(plan, i);
        if (!add_frames(shared, infos, shared->highlights, piece->first, piece->end, piece->at))
            return FALSE;
    }
    return TRUE;
}

static int compare_frames(gconstpointer a, gconstpointer b)
{
    gint64 first = *(const gint64 *)a, second = *(const gint64 *)b;
    return (first > second) - (first < second);
}

static void note_keyframes(MediaShared *shared, const GArray *spans)
{
    for (guint i = 0; i < spans->len; i++) {
        const Span *span = &g_array_index(spans, Span, i);
        g_array_append_val(shared->keyframes[span->camera], span->first);
        g_array_append_val(shared->keyframes[span->camera], span->end);
    }
}

MediaShared *media_shared_new(const MediaRender *render, const MediaInfo *const *infos,
                              GError **error)
{
    g_autoptr(MediaShared) shared = g_new0(MediaShared, 1);
    shared->render = render;
    shared->program = g_array_new(FALSE, FALSE, sizeof(Span));
    shared->highlights = g_array_new(FALSE, FALSE, sizeof(Span));
    shared->keyframes = g_new0(GArray *, render->n_cameras);
    for (gsize i = 0; i < render->n_cameras; i++)
        shared->keyframes[i] = g_array_new(FALSE, FALSE, sizeof(gint64));
    shared->plan = media_plan_new(render, error);
    if (shared->plan == NULL || !plan_spans(shared, infos))
        return NULL;
    note_keyframes(shared, shared->program);
    note_keyframes(shared, shared->highlights);
    for (gsize i = 0; i < render->n_cameras; i++) {
        if (shared->keyframes[i]->len > 0 && !fits(shared, i, infos[i]))
            return NULL;
        g_array_sort(shared->keyframes[i], compare_frames);
    }
    return g_steal_pointer(&shared);
}

void media_shared_free(MediaShared *shared)
{
    if (shared == NULL)
        return;
    for (gsize i = 0; i < shared->render->n_cameras; i++)
        g_array_unref(shared->keyframes[i]);
    g_free(shared->keyframes);
    g_array_unref(shared->program);
    g_array_unref(shared->highlights);
    media_plan_free(shared->plan);
    g_free(shared);
}

const GArray *media_shared_keyframes(const MediaShared *shared, gsize camera)
{
    return shared->keyframes[camera];
}

/* ---- the cameras' files ---- */

typedef struct Files {
    AVFormatContext **inputs; /* NULL: never shown */
    int *streams;
    gsize n;
} Files;

static void files_clear(Files *files)
{
    for (gsize i = 0; i < files->n; i++)
        media_close_input(files->inputs[i]);
    g_free(files->inputs);
    g_free(files->streams);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Files, files_clear)

static AVStream *stream_of(const Files *files, gsize camera)
{
    return files->inputs[camera]->streams[files->streams[camera]];
}

static AVStream *first_stream(const Files *files)
{
    for (gsize i = 0; i < files->n; i++)
        if (files->inputs[i] != NULL)
            return stream_of(files, i);
    return NULL;
}

static gboolean open_file(Files *files, gsize camera, const char *path, GError **error)
{
    AVFormatContext *input = media_open_one_track(path, AVMEDIA_TYPE_VIDEO);
    if (input == NULL)
        input = media_open_input(path, error);
    if (input == NULL)
        return FALSE;
    files->inputs[camera] = input;
    files->streams[camera] = media_best_video(input);
    g_assert(files->streams[camera] >= 0);
    for (unsigned i = 0; i < input->nb_streams; i++)
        if ((int)i != files->streams[camera])
            input->streams[i]->discard = AVDISCARD_ALL;
    return TRUE;
}

static gboolean open_files(const MediaShared *shared, const char *const *paths, Files *files,
                           GError **error)
{
    files->n = shared->render->n_cameras;
    files->inputs = g_new0(AVFormatContext *, files->n);
    files->streams = g_new0(int, files->n);
    for (gsize i = 0; i < files->n; i++)
        if (shared->keyframes[i]->len > 0 && !open_file(files, i, paths[i], error))
            return FALSE;
    return TRUE;
}

/* One encoder with one kind of settings: they are, unless its sets differ by what a camera says. */
static gboolean are_alike(const Files *files)
{
    const AVCodecParameters *first = first_stream(files)->codecpar;
    for (gsize i = 0; i < files->n; i++) {
        if (files->inputs[i] == NULL)
            continue;
        const AVCodecParameters *codec = stream_of(files, i)->codecpar;
        if (codec->extradata_size != first->extradata_size ||
            memcmp(codec->extradata, first->extradata, (gsize)first->extradata_size) != 0 ||
            codec->video_delay != first->video_delay)
            return FALSE;
    }
    return TRUE;
}

/* ---- copying ---- */

typedef struct Copier {
    const MediaShared *shared;
    const Files *files;
    MediaOutput *output;
    int stream;
    gint64 packets;
} Copier;

static AVRational base_of(const MediaShared *shared)
{
    return (AVRational){shared->plan->rate.den, shared->plan->rate.num};
}

/* The keyframe that a span begins with, in frames. */
static gboolean go(const Copier *copier, const Span *span, AVPacket *packet, GError **error)
{
    AVFormatContext *input = copier->files->inputs[span->camera];
    const AVStream *stream = stream_of(copier->files, span->camera);
    AVRational base = base_of(copier->shared);
    /* Seeking goes by when packets are decoded, which is a few frames before they are shown. */
    gint64 dts = av_rescale_q(span->first - stream->codecpar->video_delay, base, stream->time_base);
    int code = av_seek_frame(input, stream->index, dts, AVSEEK_FLAG_BACKWARD);
    while (code >= 0 && (code = av_read_frame(input, packet)) >= 0) {
        gboolean mine = packet->stream_index == stream->index;
        av_packet_rescale_ts(packet, stream->time_base, base);
        if (mine && packet->pts == span->first && (packet->flags & AV_PKT_FLAG_KEY) != 0)
            return TRUE;
        gboolean beyond = mine && packet->dts > span->first;
        av_packet_unref(packet);
        if (beyond)
            break;
    }
    g_set_error(
        error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
        "cannot copy the program: a camera's file has no keyframe at frame %" G_GINT64_FORMAT,
        span->first);
    return FALSE;
}

static void tell(const Copier *copier, gint64 frame)
{
    const MediaPlan *plan = copier->shared->plan;
    double frame_s = (double)plan->rate.den / plan->rate.num;
    media_progress_tell(copier->shared->render->progress, "copy", (double)frame * frame_s,
                        (double)plan->frames * frame_s);
}

static gboolean copy_span(Copier *copier, const Span *span, GError **error)
{
    const MediaShared *shared = copier->shared;
    const AVStream *stream = stream_of(copier->files, span->camera);
    g_autoptr(AVPacket) packet = av_packet_alloc();
    if (!go(copier, span, packet, error))
        return FALSE;
    for (gint64 n = span->first; n < span->end;) {
        packet->pts += span->at - span->first;
        packet->dts += span->at - span->first;
        packet->duration = 1;
        if (copier->packets++ % TELL_PACKETS == 0)
            tell(copier, packet->pts);
        if (g_cancellable_set_error_if_cancelled(shared->render->cancellable, error) ||
            !media_output_write(copier->output, copier->stream, packet, error))
            return FALSE;
        if (++n == span->end)
            break;
        do {
            av_packet_unref(packet);
            if (av_read_frame(copier->files->inputs[span->camera], packet) < 0)
                return TRUE; /* the file ends here */
        } while (packet->stream_index != stream->index);
        av_packet_rescale_ts(packet, stream->time_base, base_of(shared));
    }
    return TRUE;
}

static gboolean copy_spans(const MediaShared *shared, const Files *files, const GArray *spans,
                           MediaOutput *output, int stream, MediaRenderReport *report,
                           GError **error)
{
    Copier copier = {shared, files, output, stream, 0};
    for (guint i = 0; output != NULL && i < spans->len; i++)
        if (!copy_span(&copier, &g_array_index(spans, Span, i), error))
            return FALSE;
    report->copied_frames += copier.packets;
    return TRUE;
}

/* ---- files ---- */

static MediaOutput *open_output(const MediaShared *shared, const Files *files, const char *path,
                                int *picture, GError **error)
{
    g_autoptr(MediaOutput) output = media_output_open(path, error);
    if (output == NULL)
        return NULL;
    *picture = media_output_add(output, first_stream(files)->codecpar, base_of(shared),
                                shared->plan->rate);
    media_output_set_title(output, shared->render->title);
    media_output_hold(output, shared->render->cancellable);
    return g_steal_pointer(&output);
}

typedef struct Outputs {
    MediaOutput *program, *highlights;
} Outputs;

static void outputs_clear(Outputs *outputs)
{
    media_output_close(outputs->program);
    media_output_close(outputs->highlights);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outputs, outputs_clear)

static gboolean write_program(const MediaShared *shared, const Files *files, Outputs *outputs,
                              MediaRenderReport *report, GError **error)
{
    const MediaRender *render = shared->render;
    int stream = 0;
    outputs->program = open_output(shared, files, render->program_path, &stream, error);
    if (outputs->program == NULL)
        return FALSE;
    media_output_add_chapters(outputs->program, render->chapters, render->shots->duration_ms);
    return copy_spans(shared, files, shared->program, outputs->program, stream, report, error);
}

static gboolean write_highlights(const MediaShared *shared, const Files *files, Outputs *outputs,
                                 MediaRenderReport *report, GError **error)
{
    const MediaRender *render = shared->render;
    int stream = 0;
    if (render->highlights_path == NULL || shared->highlights->len == 0)
        return TRUE;
    outputs->highlights = open_output(shared, files, render->highlights_path, &stream, error);
    return outputs->highlights != NULL && copy_spans(shared, files, shared->highlights,
                                                     outputs->highlights, stream, report, error);
}

static gboolean finish(const MediaShared *shared, Outputs *outputs, GError **error)
{
    if (!media_output_finish(outputs->program, error) ||
        (outputs->highlights != NULL && !media_output_finish(outputs->highlights, error)) ||
        g_cancellable_set_error_if_cancelled(shared->render->cancellable, error) ||
        !media_output_publish(outputs->program, error))
        return FALSE;
    return outputs->highlights == NULL || media_output_publish(outputs->highlights, error);
}

gboolean media_shared_render(MediaShared *shared, const char *const *paths,
                             MediaRenderReport *report, GError **error)
{
    const MediaRender *render = shared->render;
    *report = (MediaRenderReport){.warnings = g_ptr_array_new_with_free_func(g_free)};
    g_auto(Files) files = {0};
    g_auto(Outputs) outputs = {0};
    if (!open_files(shared, paths, &files, error) || !are_alike(&files) ||
        !write_program(shared, &files, &outputs, report, error) ||
        !write_highlights(shared, &files, &outputs, report, error))
        return FALSE;
    if (render->mix != NULL && !media_render_sound(render, shared->plan, outputs.program,
                                                   outputs.highlights, FALSE, error))
        return FALSE;
    if (!finish(shared, &outputs, error))
        return FALSE;
    report->frames = shared->plan->frames;
    media_plan_note_pieces(shared->plan, render->highlights);
    tell(&(Copier){.shared = shared}, shared->plan->frames);
    return TRUE;
}
