/* An encode in parts. What always holds: where parts begin depends on the plan alone; each has an encoder of
 * its own, begins with a keyframe and holds exactly its frames; its text says all that decides on its
 * pictures. */
#include "parts-private.h"

#include "encode-private.h"
#include "render-cameras-private.h"

#include <string.h>

enum {
    PART_S = 20,     /* at least: what is lost when it ends in the middle of one is less than two */
    PARTS_MAX = 128, /* all of them are open when they are copied */
    PROGRESS_FRAMES = 8,
    SLACK = 16, /* packets */
};

/* ---- where they begin ---- */

static gint64 least_frames(const MediaPlan *plan)
{
    gint64 least = (gint64)PART_S * plan->rate.num / plan->rate.den;
    return MAX(MAX(least, plan->frames / PARTS_MAX + 1), 1);
}

/* Behind `begin`: with the first shot that begins late enough, where nothing reaches across anyway. */
static gint64 end_of_part(const MediaPlan *plan, gint64 begin)
{
    gint64 least = least_frames(plan), end = begin + least;
    for (guint i = 0; i < plan->shots->len; i++) {
        gint64 first = media_plan_shot(plan, i)->first;
        if (first >= begin + least) {
            end = first < begin + 2 * least ? first : begin + least;
            break;
        }
    }
    return plan->frames - end <= least / 2 ? plan->frames : end;
}

/* The shots of these frames only. */
static MediaPlan *plan_of(const MediaPlan *plan, gint64 begin, gint64 end)
{
    MediaPlan *part = g_new0(MediaPlan, 1);
    *part = (MediaPlan){.rate = plan->rate, .start_s = plan->start_s, .frames = end};
    part->shots = g_array_new(FALSE, FALSE, sizeof(MediaPlanShot));
    part->pieces = g_array_ref(plan->pieces);
    for (guint i = 0; i < plan->shots->len; i++) {
        MediaPlanShot shot = *media_plan_shot(plan, i);
        shot.first = MAX(shot.first, begin);
        shot.end = MIN(shot.end, end);
        if (shot.first < shot.end)
            g_array_append_val(part->shots, shot);
    }
    return part;
}

/* ---- what they are ---- */

static gboolean is_listed(const GArray *keyframes, gint64 frame)
{
    for (guint i = 0; i < keyframes->len && g_array_index(keyframes, gint64, i) <= frame; i++)
        if (g_array_index(keyframes, gint64, i) == frame)
            return TRUE;
    return FALSE;
}

static gboolean wants_keyframe(const MediaPartsJob *job, gint64 frame)
{
    if (job->keyframes != NULL)
        return is_listed(job->keyframes, frame);
    return job->render->highlights_path != NULL && media_plan_wants_keyframe(job->plan, frame);
}

static void describe_shot(GString *text, const MediaRender *render, const MediaPlanShot *shot)
{
    g_string_append_printf(text, "shot %" G_GINT64_FORMAT " %" G_GINT64_FORMAT, shot->first,
                           shot->end);
    if (shot->camera != MEDIA_PLAN_BLACK) {
        const MediaCamera *camera = &render->cameras[shot->camera];
        g_autofree char *file = g_path_get_basename(camera->path);
        g_string_append_printf(text, " %s %s %.9f %.9f", camera->source, file,
                               camera->clock.start_s, camera->clock.drift_ppm);
    }
    g_string_append_c(text, '\n');
}

static char *describe(const MediaPartsJob *job, const MediaPlan *part, gint64 begin)
{
    const MediaRenderSettings *settings = job->render->settings;
    GString *text = g_string_new(NULL);
    g_string_append_printf(text,
                           "h264 %s %d %d %d %d %s %d/%d from %.9f\nframes %" G_GINT64_FORMAT
                           " %" G_GINT64_FORMAT "\n",
                           LIBAVCODEC_IDENT, settings->width, settings->height, (int)settings->fit,
                           settings->crf, settings->preset, part->rate.num, part->rate.den,
                           part->start_s, begin, part->frames);
    for (guint i = 0; i < part->shots->len; i++)
        describe_shot(text, job->render, media_plan_shot(part, i));
    for (gint64 n = begin; n < part->frames; n++)
        if (wants_keyframe(job, n))
            g_string_append_printf(text, "key %" G_GINT64_FORMAT "\n", n);
    return g_string_free(text, FALSE);
}

/* ---- making one ---- */

typedef struct Part {
    const MediaPartsJob *job;
    const MediaPlan *plan;
    gint64 begin;
    MediaOutput *output;
    int stream;
    AVCodecContext *encoder;
    AVPacket *packet;
    MediaCameras *cameras;
} Part;

static void part_clear(Part *part)
{
    media_cameras_free(part->cameras);
    media_close_decoder(part->encoder);
    av_packet_free(&part->packet);
    media_output_close(part->output);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_clear)

static gboolean begin_part(Part *part, const char *path, GError **error)
{
    const MediaRender *render = part->job->render;
    part->packet = av_packet_alloc();
    part->encoder = media_open_h264(render->settings, part->plan->rate, error);
    part->output = part->encoder != NULL ? media_output_open(path, error) : NULL;
    if (part->output == NULL)
        return FALSE;
    part->stream = media_output_add_encoder(part->output, part->encoder);
    media_output_expect(part->output, part->plan->frames - part->begin + SLACK);
    if (!media_output_begin(part->output, error))
        return FALSE;
    part->cameras = media_cameras_new(render, part->plan, error);
    return part->cameras != NULL;
}

static gboolean encode(Part *part, const AVFrame *frame, GError **error)
{
    int code = avcodec_send_frame(part->encoder, frame);
    while (code >= 0) {
        code = avcodec_receive_packet(part->encoder, part->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return TRUE;
        part->packet->duration = 1;
        if (code >= 0 && !media_output_write(part->output, part->stream, part->packet, error))
            return FALSE;
    }
    media_set_av_error(error, code, "cannot encode the pictures of %s", part->job->name);
    return FALSE;
}

static void tell(const MediaPartsJob *job, gint64 frames)
{
    media_progress_tell(job->render->progress, job->stage, media_plan_seconds(job->plan, frames),
                        media_plan_seconds(job->plan, job->plan->frames));
}

static gboolean encode_frames(Part *part, GError **error)
{
    for (gint64 n = part->begin; n < part->plan->frames; n++) {
        g_autoptr(AVFrame) frame = media_cameras_take(part->cameras, error);
        if (frame == NULL)
            return FALSE;
        frame->pts = n - part->begin;
        if (wants_keyframe(part->job, n))
            frame->pict_type = AV_PICTURE_TYPE_I;
        if (!encode(part, frame, error))
            return FALSE;
        if (n % PROGRESS_FRAMES == 0)
            tell(part->job, n);
    }
    return encode(part, NULL, error);
}

static gboolean make_part(const MediaPartsJob *job, const MediaPlan *plan, gint64 begin,
                          const char *path, MediaRenderReport *report, GError **error)
{
    g_auto(Part) part = {.job = job, .plan = plan, .begin = begin};
    if (!begin_part(&part, path, error) || !encode_frames(&part, error))
        return FALSE;
    media_cameras_report(part.cameras, report);
    return media_output_finish(part.output, error) && media_output_publish(part.output, error);
}

/* ---- all of them ---- */

static void add_warnings(MediaRenderReport *report, const GPtrArray *warnings)
{
    for (guint i = 0; report->warnings != NULL && i < warnings->len; i++)
        if (!g_ptr_array_find_with_equal_func(report->warnings, warnings->pdata[i], g_str_equal,
                                              NULL))
            g_ptr_array_add(report->warnings, g_strdup(warnings->pdata[i]));
}

/* The path of one part, made if it has to be. */
static char *have_part(const MediaPartsJob *job, gint64 begin, gint64 end,
                       MediaRenderReport *report, GError **error)
{
    const MediaParts *parts = job->render->settings->parts;
    g_autoptr(MediaPlan) plan = plan_of(job->plan, begin, end);
    g_autofree char *what = describe(job, plan, begin);
    g_autofree char *name = g_strdup_printf("%s~%08" G_GINT64_FORMAT ".mp4", job->name, begin);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = parts->find(name, what, warnings, parts->data);
    if (path != NULL) {
        report->kept_frames += end - begin;
    } else {
        MediaRenderReport own = {.warnings = warnings};
        path = parts->place(name, parts->data);
        if (!make_part(job, plan, begin, path, &own, error) ||
            !parts->keep(name, what, warnings, parts->data, error))
            return NULL;
        report->decoded_frames += own.decoded_frames;
        report->missing_frames += own.missing_frames;
    }
    report->encoded_frames += end - begin;
    add_warnings(report, warnings);
    tell(job, end);
    return g_steal_pointer(&path);
}

MediaSpans *media_parts_make(const MediaPartsJob *job, GArray *list, MediaRenderReport *report,
                             GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (gint64 begin = 0, end; begin < job->plan->frames; begin = end) {
        end = end_of_part(job->plan, begin);
        MediaSpan span = {.file = paths->len, .end = end - begin, .at = begin};
        char *path = have_part(job, begin, end, report, error);
        if (path == NULL)
            return NULL;
        g_ptr_array_add(paths, path);
        g_array_append_val(list, span);
    }
    g_autoptr(MediaSpans) spans =
        media_spans_open((const char *const *)paths->pdata, paths->len, job->plan->rate, error);
    return spans != NULL && media_spans_are_alike(spans) ? g_steal_pointer(&spans) : NULL;
}

/* ---- a program of parts ---- */

/* Those of the highlights: what each piece takes of each part. */
static GArray *list_pieces(const MediaPlan *plan, const GArray *program)
{
    GArray *list = g_array_new(FALSE, FALSE, sizeof(MediaSpan));
    for (guint i = 0; i < plan->pieces->len; i++) {
        const MediaPlanPiece *piece = media_plan_piece(plan, i);
        for (guint k = 0; k < program->len; k++) {
            const MediaSpan *part = &g_array_index(program, MediaSpan, k);
            gint64 first = MAX(piece->first, part->at);
            gint64 end = MIN(piece->end, part->at + part->end);
            MediaSpan span = {.file = part->file,
                              .first = first - part->at,
                              .end = end - part->at,
                              .at = piece->at + first - piece->first};
            if (first < end)
                g_array_append_val(list, span);
        }
    }
    return list;
}

gboolean media_parts_render(const MediaRender *render, const MediaPlan *plan,
                            MediaRenderReport *report, GError **error)
{
    g_autofree char *file = g_path_get_basename(render->program_path);
    g_autofree char *name = g_strndup(file, strcspn(file, "."));
    MediaPartsJob job = {.render = render, .plan = plan, .name = name, .stage = "render"};
    g_autoptr(GArray) program = g_array_new(FALSE, FALSE, sizeof(MediaSpan));
    g_autoptr(MediaSpans) spans = media_parts_make(&job, program, report, error);
    if (spans == NULL)
        return FALSE;
    g_autoptr(GArray) highlights = list_pieces(plan, program);
    gint64 copied = report->copied_frames;
    MediaSpansRender all = {render, plan, spans, program, highlights};
    gboolean good = media_spans_render(&all, report, error);
    report->copied_frames = copied; /* they are counted as encoded */
    return good;
}
