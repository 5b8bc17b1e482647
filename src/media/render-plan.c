#include "render-plan-private.h"

#include <media/error.h>
#include <media/sound.h>

enum { MIN_KEYINT = 25 }; /* of x264 at its usual keyint of 250 */

static gboolean find_camera(const MediaRender *render, const char *source, gsize *index,
                            GError **error)
{
    *index = MEDIA_PLAN_BLACK;
    if (source == NULL || source[0] == '\0')
        return TRUE;
    for (gsize i = 0; i < render->n_cameras; i++)
        if (g_strcmp0(render->cameras[i].source, source) == 0) {
            *index = i;
            return TRUE;
        }
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                "the shots show \"%s\", and there is no recording with a picture for it", source);
    return FALSE;
}

/* Shots shorter than a frame vanish; neighbours of one camera become one, so that nothing jumps
 * where nothing is cut. */
static gboolean plan_shots(MediaPlan *plan, const MediaRender *render, GError **error)
{
    const GPtrArray *shots = render->shots->shots;
    for (guint i = 0; i < shots->len; i++) {
        const ShowShot *shot = shots->pdata[i];
        gint64 end_ms = i + 1 < shots->len ? ((const ShowShot *)shots->pdata[i + 1])->t_ms
                                           : render->shots->duration_ms;
        MediaPlanShot planned = {.first = i == 0 ? 0 : show_rate_frame(plan->rate, shot->t_ms),
                                 .end = show_rate_frame(plan->rate, end_ms)};
        planned.end = MIN(planned.end, plan->frames);
        if (i + 1 == shots->len)
            planned.end = plan->frames;
        if (!find_camera(render, shot->source, &planned.camera, error))
            return FALSE;
        if (planned.end <= planned.first)
            continue;
        MediaPlanShot *last = plan->shots->len > 0
                                  ? &g_array_index(plan->shots, MediaPlanShot, plan->shots->len - 1)
                                  : NULL;
        if (last != NULL && last->camera == planned.camera)
            last->end = planned.end;
        else
            g_array_append_val(plan->shots, planned);
    }
    return TRUE;
}

static void plan_pieces(MediaPlan *plan, const ShowHighlights *highlights)
{
    gint64 at = 0, behind = 0;
    for (guint i = 0; highlights != NULL && i < highlights->pieces->len; i++) {
        const ShowPiece *piece = highlights->pieces->pdata[i];
        MediaPlanPiece planned = {.first = show_rate_frame(plan->rate, piece->start_ms),
                                  .end = show_rate_frame(plan->rate, piece->end_ms),
                                  .at = at};
        planned.first = MAX(planned.first, behind);
        planned.end = MIN(planned.end, plan->frames);
        if (planned.end <= planned.first)
            continue;
        g_array_append_val(plan->pieces, planned);
        at += planned.end - planned.first;
        behind = planned.end;
    }
}

static gboolean check_render(const MediaRender *render, GError **error)
{
    const ShowShots *shots = render->shots;
    const char *problem = NULL;
    if (shots->rate.num <= 0 || shots->rate.den <= 0)
        problem = "the shots do not say their frame rate";
    else if (shots->duration_ms <= 0 || show_rate_frame(shots->rate, shots->duration_ms) <= 0)
        problem = "the program is shorter than a frame";
    else if (shots->shots->len == 0)
        problem = "there is no shot";
    else if (((const ShowShot *)shots->shots->pdata[0])->t_ms != 0)
        problem = "the first shot does not begin at 0";
    for (guint i = 1; problem == NULL && i < shots->shots->len; i++)
        if (((const ShowShot *)shots->shots->pdata[i])->t_ms <
            ((const ShowShot *)shots->shots->pdata[i - 1])->t_ms)
            problem = "the shots are not in order of time";
    if (problem != NULL)
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED, "cannot render %s: %s",
                    render->program_path, problem);
    return problem == NULL;
}

MediaPlan *media_plan_new(const MediaRender *render, GError **error)
{
    if (!check_render(render, error))
        return NULL;
    g_autoptr(MediaPlan) plan = g_new0(MediaPlan, 1);
    plan->rate = render->shots->rate;
    plan->start_s = (double)render->shots->start_ms / 1000;
    plan->frames = show_rate_frame(plan->rate, render->shots->duration_ms);
    plan->shots = g_array_new(FALSE, FALSE, sizeof(MediaPlanShot));
    plan->pieces = g_array_new(FALSE, FALSE, sizeof(MediaPlanPiece));
    if (!plan_shots(plan, render, error))
        return NULL;
    plan_pieces(plan, render->highlights);
    return g_steal_pointer(&plan);
}

void media_plan_free(MediaPlan *plan)
{
    if (plan == NULL)
        return;
    g_clear_pointer(&plan->shots, g_array_unref);
    g_clear_pointer(&plan->pieces, g_array_unref);
    g_free(plan);
}

const MediaPlanShot *media_plan_shot(const MediaPlan *plan, guint index)
{
    g_assert(index < plan->shots->len);
    return &g_array_index(plan->shots, MediaPlanShot, index);
}

const MediaPlanPiece *media_plan_piece(const MediaPlan *plan, guint index)
{
    g_assert(index < plan->pieces->len);
    return &g_array_index(plan->pieces, MediaPlanPiece, index);
}

double media_plan_seconds(const MediaPlan *plan, gint64 frames)
{
    return (double)frames * plan->rate.den / plan->rate.num;
}

double media_plan_session_s(const MediaPlan *plan, gint64 frame)
{
    return plan->start_s + media_plan_seconds(plan, frame);
}

gint64 media_plan_sample(const MediaPlan *plan, gint64 frame)
{
    gint64 numerator = frame * MEDIA_SOUND_HZ * plan->rate.den;
    return (numerator + plan->rate.num / 2) / plan->rate.num;
}

static gboolean is_edge(const MediaPlan *plan, gint64 frame)
{
    for (guint i = 0; i < plan->pieces->len; i++) {
        const MediaPlanPiece *piece = media_plan_piece(plan, i);
        if (piece->first == frame || piece->end == frame)
            return TRUE;
    }
    return FALSE;
}

static gboolean begins_shot(const MediaPlan *plan, gint64 frame)
{
    guint low = 0, high = plan->shots->len;
    while (low < high) {
        guint middle = (low + high) / 2;
        if (media_plan_shot(plan, middle)->first < frame)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->shots->len && media_plan_shot(plan, low)->first == frame;
}

gboolean media_plan_wants_keyframe(const MediaPlan *plan, gint64 frame)
{
    if (is_edge(plan, frame))
        return TRUE;
    if (!begins_shot(plan, frame))
        return FALSE;
    for (gint64 back = 1; back < MIN_KEYINT; back++)
        if (is_edge(plan, frame - back))
            return TRUE;
    return FALSE;
}

void media_plan_note_pieces(const MediaPlan *plan, ShowHighlights *highlights)
{
    if (highlights == NULL || highlights->pieces->len != plan->pieces->len)
        return;
    for (guint i = 0; i < plan->pieces->len; i++) {
        ShowPiece *piece = highlights->pieces->pdata[i];
        piece->at_ms = show_rate_ms(plan->rate, media_plan_piece(plan, i)->at);
    }
}
