/* A recorded program to files. The sound waits in the outputs, and the highlights' pictures, which are few;
 * the program's pictures, which are most of all that is written, then go into its file between them. */
#include "outputs-private.h"
#include "render-plan-private.h"
#include "render-sound-private.h"
#include "splice-private.h"

#include <media/sound.h>

typedef struct Copier {
    const MediaRender *render;
    MediaRecorded *recorded;
    MediaEdge *edge; /* NULL: all pieces begin at keyframes */
    MediaOutputs outputs;
    GArray *pieces;    /* MediaStretch, in the highlights */
    GArray *stretches; /* the same, those that touch as one: nothing begins anew between them */
    MediaPlan plan;    /* for the sound: its frames are samples */
} Copier;

static void copier_clear(Copier *copier)
{
    media_outputs_clear(&copier->outputs);
    media_edge_free(copier->edge);
    g_array_unref(copier->pieces);
    g_array_unref(copier->stretches);
    g_clear_pointer(&copier->plan.pieces, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copier, copier_clear)

static MediaStretch *stretch_at(const GArray *stretches, guint index)
{
    return &g_array_index(stretches, MediaStretch, index);
}

/* ---- pieces ---- */

static gint64 to_samples(const Copier *copier, gint64 ticks)
{
    return av_rescale_q(ticks, copier->recorded->base, (AVRational){1, MEDIA_SOUND_HZ});
}

static guint picture_at(const Copier *copier, gint64 ms)
{
    const MediaRecorded *recorded = copier->recorded;
    double tick = (double)ms / 1000 / av_q2d(recorded->base);
    return media_recorded_nearest(recorded, tick);
}

/* Up to where a piece goes: a picture, or the end of all. */
static guint piece_end(const Copier *copier, gint64 ms)
{
    const MediaRecorded *recorded = copier->recorded;
    guint n = media_recorded_pictures(recorded);
    gint64 all_ms = av_rescale_q(recorded->end, recorded->base, (AVRational){1, 1000});
    return ms >= all_ms ? n : picture_at(copier, ms);
}

static void add_piece(Copier *copier, MediaStretch stretch)
{
    MediaStretch *last = copier->stretches->len > 0
                             ? stretch_at(copier->stretches, copier->stretches->len - 1)
                             : NULL;
    g_array_append_val(copier->pieces, stretch);
    if (last == NULL || last->end != stretch.first) {
        g_array_append_val(copier->stretches, stretch);
        return;
    }
    last->end = stretch.end;
    last->until = stretch.until;
}

static void plan_pieces(Copier *copier)
{
    const ShowHighlights *highlights = copier->render->highlights;
    MediaRecorded *recorded = copier->recorded;
    gint64 at = 0;
    for (guint i = 0; highlights != NULL && i < highlights->pieces->len; i++) {
        const ShowPiece *piece = highlights->pieces->pdata[i];
        MediaStretch stretch = {
            .recorded = recorded,
            .first = picture_at(copier, piece->start_ms),
            .end = piece_end(copier, piece->end_ms),
            .at = at,
            .own = (double)at,
            .pace = 1,
        };
        if (stretch.end <= stretch.first)
            continue;
        at += media_recorded_tick(recorded, stretch.end) -
              media_recorded_tick(recorded, stretch.first);
        stretch.until = at;
        add_piece(copier, stretch);
    }
}

/* The same for the sound: as long as the pictures where they come to lie, so that rounding never
 * adds up. */
static void plan_sound(Copier *copier)
{
    copier->plan.rate = (ShowRate){MEDIA_SOUND_HZ, 1};
    copier->plan.frames = to_samples(copier, copier->recorded->end);
    copier->plan.pieces = g_array_new(FALSE, FALSE, sizeof(MediaPlanPiece));
    for (guint i = 0; i < copier->pieces->len; i++) {
        const MediaStretch *piece = stretch_at(copier->pieces, i);
        gint64 first = media_recorded_tick(copier->recorded, piece->first);
        MediaPlanPiece sound = {.first = to_samples(copier, first),
                                .at = to_samples(copier, piece->at)};
        sound.end = sound.first + to_samples(copier, piece->until) - sound.at;
        g_array_append_val(copier->plan.pieces, sound);
    }
}

/* ---- outputs ---- */

static gboolean open_edge(Copier *copier, GError **error)
{
    gboolean any = FALSE;
    for (guint i = 0; i < copier->stretches->len; i++)
        any |= media_stretch_has_edge(stretch_at(copier->stretches, i));
    if (!any)
        return TRUE;
    copier->edge = media_edge_new(copier->recorded, copier->render->settings, error);
    return copier->edge != NULL;
}

static int add_picture(const Copier *copier, MediaOutput *output, const AVCodecParameters *codec)
{
    const MediaRecorded *recorded = copier->recorded;
    const AVStream *stream = media_recorded_stream(recorded);
    ShowRate rate = {stream->avg_frame_rate.num, stream->avg_frame_rate.den};
    if (recorded->steady)
        rate = recorded->rate;
    int picture = media_output_add(output, codec, recorded->base, rate);
    media_output_keep_rotation(output, picture, stream);
    return picture;
}

static gboolean open_outputs(Copier *copier, GError **error)
{
    MediaOutputs *outputs = &copier->outputs;
    const AVCodecParameters *codec = media_recorded_stream(copier->recorded)->codecpar;
    if (!media_outputs_open(outputs, copier->render, copier->pieces->len > 0, error))
        return FALSE;
    if (outputs->program != NULL)
        outputs->program_picture = add_picture(copier, outputs->program, codec);
    if (outputs->highlights == NULL)
        return TRUE;
    if (!open_edge(copier, error))
        return FALSE;
    if (copier->edge != NULL)
        codec = media_edge_parameters(copier->edge);
    outputs->highlights_picture = add_picture(copier, outputs->highlights, codec);
    return TRUE;
}

/* ---- pictures ---- */

static MediaSplice splice_into(const Copier *copier, MediaOutput *output, int stream)
{
    return (MediaSplice){
        .output = output,
        .stream = stream,
        .edge = copier->edge,
        .cancellable = copier->render->cancellable,
        .progress = copier->render->progress,
        .second = av_q2d(copier->recorded->base),
        .all = copier->recorded->end,
        .last = -1,
    };
}

static void count(MediaRenderReport *report, const MediaSplice *splice)
{
    report->copied_frames += splice->copied;
    report->encoded_frames += splice->encoded;
    report->decoded_frames += splice->encoded;
}

static gboolean copy_program(Copier *copier, MediaRenderReport *report, GError **error)
{
    MediaRecorded *recorded = copier->recorded;
    if (copier->outputs.program == NULL)
        return TRUE;
    MediaSplice splice =
        splice_into(copier, copier->outputs.program, copier->outputs.program_picture);
    MediaStretch whole = {.recorded = recorded,
                          .end = media_recorded_pictures(recorded),
                          .until = recorded->end,
                          .pace = 1};
    if (!media_output_release(copier->outputs.program, whole.end, error) ||
        !media_splice_write(&splice, &whole, error))
        return FALSE;
    report->frames = splice.copied;
    count(report, &splice);
    return TRUE;
}

static gboolean copy_highlights(Copier *copier, MediaRenderReport *report, GError **error)
{
    MediaSplice splice =
        splice_into(copier, copier->outputs.highlights, copier->outputs.highlights_picture);
    splice.progress = NULL; /* short beside the program */
    for (guint i = 0; copier->outputs.highlights != NULL && i < copier->stretches->len; i++)
        if (!media_splice_write(&splice, stretch_at(copier->stretches, i), error))
            return FALSE;
    count(report, &splice);
    return TRUE;
}

/* ---- all of it ---- */

static gboolean write_sound(Copier *copier, GError **error)
{
    const MediaRender *render = copier->render;
    if (copier->outputs.program == NULL)
        return render->sound == NULL || copier->outputs.highlights == NULL ||
               media_pieces_sound(render, &copier->plan, copier->outputs.highlights, error);
    if (render->sound != NULL)
        return media_copy_sound(render, &copier->plan, copier->outputs.program,
                                copier->outputs.highlights, error);
    return render->mix == NULL || media_render_sound(render, &copier->plan, copier->outputs.program,
                                                     copier->outputs.highlights, TRUE, error);
}

gboolean media_recorded_render(MediaRecorded *recorded, const MediaRender *render,
                               MediaRenderReport *report, GError **error)
{
    g_assert(recorded->obstacle == NULL);
    *report = (MediaRenderReport){.warnings = g_ptr_array_new_with_free_func(g_free)};
    g_auto(Copier) copier = {.render = render, .recorded = recorded};
    copier.pieces = g_array_new(FALSE, FALSE, sizeof(MediaStretch));
    copier.stretches = g_array_new(FALSE, FALSE, sizeof(MediaStretch));
    plan_pieces(&copier);
    plan_sound(&copier);
    if (!open_outputs(&copier, error) || !write_sound(&copier, error) ||
        !copy_highlights(&copier, report, error))
        return FALSE;
    g_clear_pointer(&copier.edge, media_edge_free); /* before libav keeps the program's tables */
    if (!copy_program(&copier, report, error))
        return FALSE;
    if (!media_outputs_finish(&copier.outputs, render->cancellable, error))
        return FALSE;
    media_progress_tell(render->progress, "copy", media_recorded_duration_s(recorded),
                        media_recorded_duration_s(recorded));
    return TRUE;
}
