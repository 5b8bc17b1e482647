/* Shots to stretches of the cameras, then those to files. What always holds: they cover the program
 * without a hole, black where no camera has a picture. */
#include <media/recut.h>

#include "outputs-private.h"
#include "render-plan-private.h"
#include "render-sound-private.h"
#include "splice-private.h"

#include <edit/frames.h>
#include <math.h>
#include <string.h>

#define EARLY_S 0.25 /* as picture.c: so long before its moment a first picture may stand */

typedef struct Camera {
    MediaRecorded *recorded; /* NULL: never shown */
} Camera;

struct MediaRecut {
    const MediaRender *render;
    MediaPlan *plan;
    Camera *cameras; /* one for each of the render's */
    gboolean steady; /* all on one grid: ticks are frames */
    AVRational base;
    MediaEdge *edge;
    GArray *program, *highlights; /* MediaStretch */
};

/* ---- which cameras ---- */

static const MediaCamera *camera_of(const MediaRecut *recut, gsize index)
{
    return &recut->render->cameras[index];
}

static gboolean is_shown(const MediaRecut *recut, gsize camera)
{
    for (guint i = 0; i < recut->plan->shots->len; i++)
        if (media_plan_shot(recut->plan, i)->camera == camera)
            return TRUE;
    return FALSE;
}

/* Constant rates of the program's own, on clocks that run as the session's. */
static gboolean is_steady(const MediaRecut *recut, const MediaInfo *const *infos)
{
    for (gsize i = 0; i < recut->render->n_cameras; i++)
        if (is_shown(recut, i) &&
            (infos[i]->variable_rate || !show_rate_equal(infos[i]->rate, recut->plan->rate) ||
             camera_of(recut, i)->clock.drift_ppm != 0))
            return FALSE;
    return TRUE;
}

static const MediaRecorded *first_shown(const MediaRecut *recut)
{
    for (gsize i = 0; i < recut->render->n_cameras; i++)
        if (recut->cameras[i].recorded != NULL)
            return recut->cameras[i].recorded;
    return NULL;
}

static gboolean is_alike(const MediaRecorded *a, const MediaRecorded *b)
{
    const AVStream *one = media_recorded_stream(a), *other = media_recorded_stream(b);
    const AVCodecParameters *first = one->codecpar, *second = other->codecpar;
    return first->extradata_size == second->extradata_size &&
           memcmp(first->extradata, second->extradata, (gsize)first->extradata_size) == 0 &&
           media_stream_rotation(one) == media_stream_rotation(other);
}

static const char *find_obstacle(const MediaRecut *recut, const MediaRecorded *recorded)
{
    const MediaRecorded *first = first_shown(recut);
    if (recorded->obstacle != NULL)
        return recorded->obstacle;
    if (!recorded->has_edges)
        return "no pictures can be encoded that fit into it";
    if (first != NULL && !is_alike(first, recorded))
        return "it was recorded with other parameters than another camera";
    return NULL;
}

/* FALSE: an obstacle or an error. */
static gboolean open_camera(MediaRecut *recut, gsize index, const MediaInfo *info, char **obstacle,
                            GError **error)
{
    const MediaRender *render = recut->render;
    const char *why = g_strcmp0(info->video_codec, "h264") == 0 ? NULL : "its picture is not H.264";
    MediaRecorded *recorded = NULL;
    if (why == NULL) {
        recorded =
            media_recorded_open(info, recut->steady, render->progress, render->cancellable, error);
        if (recorded == NULL)
            return FALSE;
        why = find_obstacle(recut, recorded);
    }
    if (why != NULL) {
        *obstacle = g_strdup_printf("%s: %s", info->path, why);
        media_recorded_close(recorded);
        return FALSE;
    }
    recut->cameras[index].recorded = recorded;
    return TRUE;
}

static gboolean open_cameras(MediaRecut *recut, const MediaInfo *const *infos, char **obstacle,
                             GError **error)
{
    for (gsize i = 0; i < recut->render->n_cameras; i++)
        if (is_shown(recut, i) && !open_camera(recut, i, infos[i], obstacle, error))
            return FALSE;
    if (first_shown(recut) != NULL)
        return TRUE;
    *obstacle = g_strdup("no camera is ever shown");
    return FALSE;
}

/* ---- time ---- */

static gint64 frame_tick(const MediaRecut *recut, gint64 frame)
{
    return recut->steady ? frame : show_rate_ms(recut->plan->rate, frame);
}

static double seconds(const MediaRecut *recut, double ticks)
{
    return ticks * av_q2d(recut->base);
}

/* Of program frame `frame`, in ticks of the camera's recording. */
static double source_tick(const MediaRecut *recut, gsize camera, gint64 frame)
{
    double source_s = show_clock_to_source(&camera_of(recut, camera)->clock,
                                           media_plan_session_s(recut->plan, frame));
    double tick = (source_s - recut->cameras[camera].recorded->start_s) / seconds(recut, 1);
    return recut->steady ? (double)edit_ceil(tick - 0.5 - EDIT_FRAME_TIE) : tick;
}

/* Half a frame of the program in ticks, but for ties; on a grid there is none. */
static double half_frame(const MediaRecut *recut)
{
    double frame_s = (double)recut->plan->rate.den / recut->plan->rate.num;
    return recut->steady ? 0 : (0.5 - EDIT_FRAME_TIE) * frame_s / seconds(recut, 1);
}

/* ---- stretches ---- */

static void add_black(GArray *stretches, gint64 at, gint64 until)
{
    MediaStretch black = {.at = at, .until = until, .own = (double)at, .pace = 1};
    if (until > at)
        g_array_append_val(stretches, black);
}

/* Frames first … end − 1 of the program, all of one camera, to where `at` says. */
static void add_stretch(const MediaRecut *recut, GArray *stretches, gsize camera, gint64 first,
                        gint64 end, gint64 at, gint64 until)
{
    MediaRecorded *recorded = recut->cameras[camera].recorded;
    double tick = source_tick(recut, camera, first), half = half_frame(recut);
    double pace = 1 / (1 + camera_of(recut, camera)->clock.drift_ppm * 1e-6);
    guint behind = media_recorded_first_from(recorded, tick + half + (recut->steady ? 1 : 0));
    MediaStretch stretch = {
        .recorded = recorded,
        .first = behind > 0 ? behind - 1 : 0,
        .end = media_recorded_first_from(recorded, source_tick(recut, camera, end) - half),
        .at = at,
        .until = until,
        .pace = pace,
    };
    stretch.end = MAX(stretch.end, stretch.first + 1);
    double late = ((double)media_recorded_tick(recorded, stretch.first) - tick) * pace;
    stretch.own = (double)at + late;
    if (late > EARLY_S / seconds(recut, 1)) { /* it has not begun */
        stretch.at = MIN(until, llround(stretch.own));
        add_black(stretches, at, stretch.at);
    }
    if (stretch.at < until)
        g_array_append_val(stretches, stretch);
}

/* Frames first … end − 1 of the program, to begin at frame `to` of an output. */
static void add_frames(const MediaRecut *recut, GArray *stretches, gint64 first, gint64 end,
                       gint64 to)
{
    for (guint i = 0; i < recut->plan->shots->len; i++) {
        const MediaPlanShot *shot = media_plan_shot(recut->plan, i);
        gint64 from = MAX(first, shot->first), until = MIN(end, shot->end);
        if (from >= until)
            continue;
        gint64 at = frame_tick(recut, to + from - first);
        gint64 at_end = frame_tick(recut, to + until - first);
        if (shot->camera == MEDIA_PLAN_BLACK)
            add_black(stretches, at, at_end);
        else
            add_stretch(recut, stretches, shot->camera, from, until, at, at_end);
    }
}

static void plan_stretches(MediaRecut *recut)
{
    add_frames(recut, recut->program, 0, recut->plan->frames, 0);
    for (guint i = 0; i < recut->plan->pieces->len; i++) {
        const MediaPlanPiece *piece = media_plan_piece(recut->plan, i);
        add_frames(recut, recut->highlights, piece->first, piece->end, piece->at);
    }
}

/* ---- open and close ---- */

MediaRecut *media_recut_open(const MediaRender *render, const MediaInfo *const *infos,
                             char **obstacle, GError **error)
{
    *obstacle = NULL;
    g_autoptr(MediaRecut) recut = g_new0(MediaRecut, 1);
    recut->render = render;
    recut->cameras = g_new0(Camera, render->n_cameras);
    recut->program = g_array_new(FALSE, FALSE, sizeof(MediaStretch));
    recut->highlights = g_array_new(FALSE, FALSE, sizeof(MediaStretch));
    recut->plan = media_plan_new(render, error);
    if (recut->plan == NULL)
        return NULL;
    recut->steady = is_steady(recut, infos);
    ShowRate rate = recut->plan->rate;
    recut->base = recut->steady ? (AVRational){rate.den, rate.num} : (AVRational){1, 1000};
    if (!open_cameras(recut, infos, obstacle, error))
        return NULL;
    recut->edge = media_edge_new(first_shown(recut), render->settings, error);
    if (recut->edge == NULL)
        return NULL;
    plan_stretches(recut);
    return g_steal_pointer(&recut);
}

void media_recut_close(MediaRecut *recut)
{
    if (recut == NULL)
        return;
    for (gsize i = 0; i < recut->render->n_cameras; i++)
        media_recorded_close(recut->cameras[i].recorded);
    g_free(recut->cameras);
    media_edge_free(recut->edge);
    media_plan_free(recut->plan);
    g_array_unref(recut->program);
    g_array_unref(recut->highlights);
    g_free(recut);
}

void media_recut_size(const MediaRecut *recut, int *width, int *height)
{
    const AVCodecParameters *codec = media_edge_parameters(recut->edge);
    *width = codec->width;
    *height = codec->height;
}

/* ---- files ---- */

static int add_picture(const MediaRecut *recut, MediaOutput *output)
{
    int picture = media_output_add(output, media_edge_parameters(recut->edge), recut->base,
                                   recut->plan->rate);
    media_output_keep_rotation(output, picture, media_recorded_stream(first_shown(recut)));
    return picture;
}

static gboolean open_outputs(const MediaRecut *recut, MediaOutputs *outputs, GError **error)
{
    if (!media_outputs_open(outputs, recut->render, recut->plan->pieces->len > 0, error))
        return FALSE;
    outputs->program_picture = add_picture(recut, outputs->program);
    if (outputs->highlights != NULL)
        outputs->highlights_picture = add_picture(recut, outputs->highlights);
    return TRUE;
}

static gboolean write_stretches(const MediaRecut *recut, const GArray *stretches,
                                MediaOutput *output, int stream, MediaRenderReport *report,
                                GError **error)
{
    if (output == NULL || stretches->len == 0)
        return TRUE;
    MediaSplice splice = {
        .output = output,
        .stream = stream,
        .edge = recut->edge,
        .cancellable = recut->render->cancellable,
        .progress = stretches == recut->program ? recut->render->progress : NULL,
        .second = seconds(recut, 1),
        .all = g_array_index(stretches, MediaStretch, stretches->len - 1).until,
        .last = -1,
    };
    for (guint i = 0; i < stretches->len; i++)
        if (!media_splice_write(&splice, &g_array_index(stretches, MediaStretch, i), error))
            return FALSE;
    report->copied_frames += splice.copied;
    report->encoded_frames += splice.encoded;
    report->decoded_frames += splice.encoded;
    return TRUE;
}

gboolean media_recut_render(MediaRecut *recut, MediaRenderReport *report, GError **error)
{
    const MediaRender *render = recut->render;
    *report = (MediaRenderReport){.warnings = g_ptr_array_new_with_free_func(g_free)};
    g_auto(MediaOutputs) outputs = {0};
    if (!open_outputs(recut, &outputs, error) ||
        !write_stretches(recut, recut->program, outputs.program, outputs.program_picture, report,
                         error) ||
        !write_stretches(recut, recut->highlights, outputs.highlights, outputs.highlights_picture,
                         report, error))
        return FALSE;
    if (render->mix != NULL &&
        !media_render_sound(render, recut->plan, outputs.program, outputs.highlights, TRUE, error))
        return FALSE;
    if (!media_outputs_finish(&outputs, render->cancellable, error))
        return FALSE;
    report->frames = recut->plan->frames;
    media_plan_note_pieces(recut->plan, render->highlights);
    double all_s = media_plan_seconds(recut->plan, recut->plan->frames);
    media_progress_tell(render->progress, "copy", all_s, all_s);
    return TRUE;
}
