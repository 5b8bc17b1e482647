/* Spans of the cameras' files. What always holds: each begins and ends at a keyframe that nothing
 * reaches across, so that decoding order within it is kept and moving it keeps both clocks ascending. */
#include <media/shared.h>

#include "copy-private.h"
#include "spans-private.h"

#include <edit/frames.h>
#include <math.h>

struct MediaShared {
    const MediaRender *render;
    MediaPlan *plan;
    GArray *program, *highlights; /* MediaSpan, `file` is the camera */
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
        MediaSpan span = {.file = shot->camera,
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
        const MediaSpan *span = &g_array_index(spans, MediaSpan, i);
        g_array_append_val(shared->keyframes[span->file], span->first);
        g_array_append_val(shared->keyframes[span->file], span->end);
    }
}

MediaShared *media_shared_new(const MediaRender *render, const MediaInfo *const *infos,
                              GError **error)
{
    g_autoptr(MediaShared) shared = g_new0(MediaShared, 1);
    shared->render = render;
    shared->program = g_array_new(FALSE, FALSE, sizeof(MediaSpan));
    shared->highlights = g_array_new(FALSE, FALSE, sizeof(MediaSpan));
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

/* ---- from the cameras' files ---- */

gboolean media_shared_render(MediaShared *shared, const char *const *paths,
                             MediaRenderReport *report, GError **error)
{
    const MediaRender *render = shared->render;
    *report = (MediaRenderReport){.warnings = g_ptr_array_new_with_free_func(g_free)};
    g_autofree const char **shown = g_new0(const char *, render->n_cameras);
    for (gsize i = 0; i < render->n_cameras; i++)
        shown[i] = shared->keyframes[i]->len > 0 ? paths[i] : NULL;
    g_autoptr(MediaSpans) spans =
        media_spans_open(shown, render->n_cameras, shared->plan->rate, error);
    if (spans == NULL || !media_spans_are_alike(spans))
        return FALSE;
    MediaSpansRender all = {render, shared->plan, spans, shared->program, shared->highlights};
    return media_spans_render(&all, report, error);
}
