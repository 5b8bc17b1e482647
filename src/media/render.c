/* Shots to files. The readers (render-cameras.c) bring the program's frames in order; this thread
 * encodes them once and hands each packet to the program and, inside a piece, to the highlights.
 * Both hold what they are given, the sound before the pictures, and become files at the end. */
#include <media/render.h>

#include "encode-private.h"
#include "outputs-private.h"
#include "parts-private.h"
#include "render-cameras-private.h"
#include "render-plan-private.h"
#include "render-sound-private.h"

#define STAGE "render"

enum {
    PROGRESS_FRAMES = 8, /* how often progress is told */
};

typedef struct Renderer {
    const MediaRender *render;
    MediaPlan *plan;
    MediaCameras *cameras;
    AVCodecContext *encoder;
    AVPacket *packet;
    MediaOutputs outputs;
} Renderer;

static void renderer_clear(Renderer *renderer)
{
    media_cameras_free(renderer->cameras);
    media_close_decoder(renderer->encoder);
    av_packet_free(&renderer->packet);
    media_outputs_clear(&renderer->outputs);
    media_plan_free(renderer->plan);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Renderer, renderer_clear)

/* ---- settings ---- */

void media_render_defaults(MediaRenderSettings *settings)
{
    *settings = (MediaRenderSettings){
        .width = 1920,
        .height = 1080,
        .fit = MEDIA_FIT_BARS,
        .crf = 22,
        .preset = "veryfast",
        .threads = 0,
        .audio_bitrate = 160000,
    };
}

static gboolean check_settings(const MediaRenderSettings *settings, GError **error)
{
    const char *problem = NULL;
    if (settings->width < 16 || settings->height < 16 || settings->width > MEDIA_SIDE_MAX ||
        settings->height > MEDIA_SIDE_MAX)
        problem = "width and height must be 16 … 16384";
    else if (settings->width % 2 != 0 || settings->height % 2 != 0)
        problem = "width and height must be even";
    else if (settings->crf < 0 || settings->crf > 51)
        problem = "crf must be 0 … 51";
    else if (settings->preset == NULL)
        problem = "preset must be named";
    else if (settings->threads < 0 || settings->threads > 128)
        problem = "threads must be 0 … 128";
    else if (settings->audio_bitrate < 16000 || settings->audio_bitrate > 512000)
        problem = "audio bit rate must be 16000 … 512000";
    if (problem != NULL)
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED, "render settings: %s", problem);
    return problem == NULL;
}

/* ---- beginning ---- */

static gboolean open_outputs(Renderer *renderer, GError **error)
{
    MediaOutputs *outputs = &renderer->outputs;
    if (!media_outputs_open(outputs, renderer->render, renderer->plan->pieces->len > 0, error))
        return FALSE;
    outputs->program_picture = media_output_add_encoder(outputs->program, renderer->encoder);
    if (outputs->highlights != NULL)
        outputs->highlights_picture =
            media_output_add_encoder(outputs->highlights, renderer->encoder);
    return TRUE;
}

static gboolean begin(Renderer *renderer, GError **error)
{
    const MediaRender *render = renderer->render;
    renderer->packet = av_packet_alloc();
    renderer->encoder = media_open_h264(render->settings, renderer->plan->rate, error);
    if (renderer->encoder == NULL || !open_outputs(renderer, error))
        return FALSE;
    if (render->mix != NULL &&
        !media_render_sound(render, renderer->plan, renderer->outputs.program,
                            renderer->outputs.highlights, FALSE, error))
        return FALSE;
    renderer->cameras = media_cameras_new(render, renderer->plan, error);
    return renderer->cameras != NULL;
}

/* ---- packets ---- */

/* Pieces begin and end at keyframes that nothing reaches across, so between them packets come piece
 * by piece in decoding order too, and moving a piece as a whole keeps both clocks ascending. */
static gboolean write_highlight(Renderer *renderer, GError **error)
{
    for (guint i = 0; i < renderer->plan->pieces->len; i++) {
        const MediaPlanPiece *piece = media_plan_piece(renderer->plan, i);
        if (renderer->packet->pts < piece->first || renderer->packet->pts >= piece->end)
            continue;
        g_autoptr(AVPacket) copy = av_packet_clone(renderer->packet);
        g_assert(copy != NULL);
        copy->pts += piece->at - piece->first;
        copy->dts += piece->at - piece->first;
        return media_output_write(renderer->outputs.highlights,
                                  renderer->outputs.highlights_picture, copy, error);
    }
    return TRUE;
}

static gboolean write_picture(Renderer *renderer, GError **error)
{
    renderer->packet->duration = 1;
    if (renderer->outputs.highlights != NULL && !write_highlight(renderer, error))
        return FALSE;
    return media_output_write(renderer->outputs.program, renderer->outputs.program_picture,
                              renderer->packet, error);
}

static gboolean encode(Renderer *renderer, const AVFrame *frame, GError **error)
{
    int code = avcodec_send_frame(renderer->encoder, frame);
    while (code >= 0) {
        code = avcodec_receive_packet(renderer->encoder, renderer->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return TRUE;
        if (code >= 0 && !write_picture(renderer, error))
            return FALSE;
    }
    media_set_av_error(error, code, "cannot encode %s", renderer->render->program_path);
    return FALSE;
}

/* ---- the program ---- */

static void tell(const Renderer *renderer, gint64 frames)
{
    const MediaPlan *plan = renderer->plan;
    media_progress_tell(renderer->render->progress, STAGE, media_plan_seconds(plan, frames),
                        media_plan_seconds(plan, plan->frames));
}

static gboolean render_frames(Renderer *renderer, GError **error)
{
    for (gint64 n = 0; n < renderer->plan->frames; n++) {
        g_autoptr(AVFrame) frame = media_cameras_take(renderer->cameras, error);
        if (frame == NULL)
            return FALSE;
        frame->pts = n;
        if (renderer->outputs.highlights != NULL && media_plan_wants_keyframe(renderer->plan, n))
            frame->pict_type = AV_PICTURE_TYPE_I;
        if (!encode(renderer, frame, error))
            return FALSE;
        if (n % PROGRESS_FRAMES == 0)
            tell(renderer, n);
    }
    return encode(renderer, NULL, error);
}

/* What pictures needed goes before the outputs make their tables. */
static void close_pictures(Renderer *renderer, MediaRenderReport *report)
{
    media_cameras_report(renderer->cameras, report);
    g_clear_pointer(&renderer->cameras, media_cameras_free);
    g_clear_pointer(&renderer->encoder, media_close_decoder);
}

static void begin_report(MediaRenderReport *report)
{
    *report = (MediaRenderReport){.warnings = g_ptr_array_new_with_free_func(g_free)};
}

gboolean media_render(const MediaRender *render, MediaRenderReport *report, GError **error)
{
    g_auto(Renderer) renderer = {.render = render};
    begin_report(report);
    if (!check_settings(render->settings, error))
        return FALSE;
    renderer.plan = media_plan_new(render, error);
    if (renderer.plan == NULL)
        return FALSE;
    if (render->settings->parts != NULL) {
        g_autoptr(GError) failed = NULL;
        if (media_parts_render(render, renderer.plan, report, &failed))
            return TRUE;
        if (failed != NULL) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return FALSE;
        }
        media_render_report_clear(report); /* in one, then */
        begin_report(report);
    }
    if (!begin(&renderer, error) || !render_frames(&renderer, error))
        return FALSE;
    close_pictures(&renderer, report);
    if (!media_outputs_finish(&renderer.outputs, render->cancellable, error))
        return FALSE;
    report->frames = report->encoded_frames = renderer.plan->frames;
    media_plan_note_pieces(renderer.plan, render->highlights);
    tell(&renderer, renderer.plan->frames);
    return TRUE;
}

void media_render_report_clear(MediaRenderReport *report)
{
    g_clear_pointer(&report->warnings, g_ptr_array_unref);
}
