/* A recorded program to files. Pictures are copied first, into outputs that hold them; the sound
 * comes after, when it is known which part of it goes with the pieces. */
#include "mux-private.h"
#include "recorded-private.h"
#include "render-plan-private.h"
#include "render-sound-private.h"

#include <media/sound.h>

enum { TELL_PICTURES = 300 };

/* A piece as it is copied, in ticks of the recording. */
typedef struct Piece {
    gint64 first, end, at;
} Piece;

typedef struct Copier {
    const MediaRender *render;
    MediaRecorded *recorded;
    MediaOutput *program, *highlights; /* highlights: NULL without a piece */
    int program_picture, highlights_picture;
    GArray *pieces; /* Piece */
    guint piece;    /* the first that may still need pictures */
    MediaPlan plan; /* for the sound: its frames are samples */
} Copier;

static void copier_clear(Copier *copier)
{
    media_output_close(copier->program);
    media_output_close(copier->highlights);
    g_array_unref(copier->pieces);
    g_clear_pointer(&copier->plan.pieces, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Copier, copier_clear)

/* ---- pieces ---- */

static gint64 to_ticks(const Copier *copier, gint64 ms)
{
    return av_rescale_q(ms, (AVRational){1, 1000}, copier->recorded->base);
}

static gint64 to_samples(const Copier *copier, gint64 ticks)
{
    return av_rescale_q(ticks, copier->recorded->base, (AVRational){1, MEDIA_SOUND_HZ});
}

static void plan_pieces(Copier *copier)
{
    const ShowHighlights *highlights = copier->render->highlights;
    gint64 at = 0;
    for (guint i = 0; highlights != NULL && i < highlights->pieces->len; i++) {
        const ShowPiece *piece = highlights->pieces->pdata[i];
        Piece planned = {to_ticks(copier, piece->start_ms), to_ticks(copier, piece->end_ms), at};
        if (planned.end <= planned.first)
            continue;
        g_array_append_val(copier->pieces, planned);
        at += planned.end - planned.first;
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
        const Piece *piece = &g_array_index(copier->pieces, Piece, i);
        MediaPlanPiece sound = {.first = to_samples(copier, piece->first),
                                .at = to_samples(copier, piece->at)};
        gint64 next = to_samples(copier, piece->at + piece->end - piece->first);
        sound.end = sound.first + next - sound.at;
        g_array_append_val(copier->plan.pieces, sound);
    }
}

/* ---- pictures ---- */

static MediaOutput *open_output(const Copier *copier, const char *path, int *picture,
                                GError **error)
{
    g_autoptr(MediaOutput) output = media_output_open(path, error);
    if (output == NULL)
        return NULL;
    const MediaRecorded *recorded = copier->recorded;
    const AVStream *stream = recorded->input->streams[recorded->stream];
    ShowRate rate = {stream->avg_frame_rate.num, stream->avg_frame_rate.den};
    if (recorded->steady)
        rate = (ShowRate){recorded->base.den, recorded->base.num};
    *picture = media_output_add(output, stream->codecpar, recorded->base, rate);
    media_output_keep_rotation(output, *picture, stream);
    media_output_set_title(output, copier->render->title);
    media_output_hold(output, copier->render->cancellable);
    return g_steal_pointer(&output);
}

static gboolean open_outputs(Copier *copier, GError **error)
{
    const MediaRender *render = copier->render;
    copier->program = open_output(copier, render->program_path, &copier->program_picture, error);
    if (copier->program == NULL)
        return FALSE;
    media_output_add_chapters(copier->program, render->chapters, render->shots->duration_ms);
    if (render->highlights_path == NULL || copier->pieces->len == 0)
        return TRUE;
    copier->highlights =
        open_output(copier, render->highlights_path, &copier->highlights_picture, error);
    return copier->highlights != NULL;
}

/* A piece begins with a keyframe, or where the one before it ends; it may end anywhere, because no
 * picture needs a later one. */
static gboolean write_highlight(Copier *copier, const AVPacket *packet, GError **error)
{
    const Piece *piece = NULL;
    for (; copier->piece < copier->pieces->len; copier->piece++) {
        piece = &g_array_index(copier->pieces, Piece, copier->piece);
        if (packet->pts < piece->end)
            break;
    }
    if (copier->piece == copier->pieces->len || packet->pts < piece->first)
        return TRUE;
    g_autoptr(AVPacket) copy = av_packet_clone(packet);
    g_assert(copy != NULL);
    copy->pts += piece->at - piece->first;
    copy->dts = copy->pts;
    copy->duration = MIN(copy->duration, piece->end - packet->pts);
    return media_output_write(copier->highlights, copier->highlights_picture, copy, error);
}

static void tell(const Copier *copier, gint64 ticks)
{
    double second = av_q2d(copier->recorded->base);
    media_progress_tell(copier->render->progress, "copy", (double)ticks * second,
                        (double)copier->recorded->end * second);
}

static gboolean copy_pictures(Copier *copier, GError **error)
{
    g_autoptr(AVPacket) packet = av_packet_alloc();
    for (guint n = 0; media_recorded_next(copier->recorded, packet); n++) {
        if (n % TELL_PICTURES == 0)
            tell(copier, packet->pts);
        if (g_cancellable_set_error_if_cancelled(copier->render->cancellable, error) ||
            (copier->highlights != NULL && !write_highlight(copier, packet, error)) ||
            !media_output_write(copier->program, copier->program_picture, packet, error))
            return FALSE;
    }
    g_clear_pointer(&copier->recorded->input, media_close_input);
    return TRUE;
}

/* ---- all of it ---- */

static gboolean finish(Copier *copier, GError **error)
{
    if (!media_output_finish(copier->program, error) ||
        (copier->highlights != NULL && !media_output_finish(copier->highlights, error)) ||
        g_cancellable_set_error_if_cancelled(copier->render->cancellable, error) ||
        !media_output_publish(copier->program, error))
        return FALSE;
    return copier->highlights == NULL || media_output_publish(copier->highlights, error);
}

gboolean media_recorded_render(MediaRecorded *recorded, const MediaRender *render, GError **error)
{
    g_assert(recorded->obstacle == NULL);
    g_auto(Copier) copier = {.render = render, .recorded = recorded};
    copier.pieces = g_array_new(FALSE, FALSE, sizeof(Piece));
    plan_pieces(&copier);
    plan_sound(&copier);
    if (!media_recorded_rewind(recorded, error) || !open_outputs(&copier, error) ||
        !copy_pictures(&copier, error))
        return FALSE;
    if (render->mix != NULL &&
        !media_render_sound(render, &copier.plan, copier.program, copier.highlights, error))
        return FALSE;
    if (!finish(&copier, error))
        return FALSE;
    tell(&copier, recorded->end);
    return TRUE;
}
