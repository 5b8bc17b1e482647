/* cam_N.mp4: one recording in a form that editors open. Its picture is copied where it can be and
 * encoded once where not; its sound is AAC. Zero is the file's zero. Picture and sound are two
 * lanes; the one that is behind goes on, so that they lie beside each other in the file. */
#include <media/render.h>

#include "copy-private.h"
#include "encode-private.h"
#include "geometry-private.h"
#include "index-private.h"
#include "parts-private.h"
#include "picture-private.h"

#include <media/sound.h>
#include <math.h>
#include <string.h>

#define STAGE "copy"

enum {
    SOUND_BLOCK = 4096, /* samples */
    TELL_STEPS = 64,    /* how often progress is told */
    AAC_FRAME = 1024,   /* samples */
    SLACK = 1000,       /* packets */
};

/* One stream on its way: copied, or else encoded. */
typedef struct Lane {
    gboolean ended;
    double reached_s;
    int stream;
    MediaCopy *copy;
} Lane;

typedef struct Camera {
    const MediaInfo *info;
    const MediaProgress *progress;
    GCancellable *cancellable;
    MediaOutput *output;
    AVPacket *packet;
    Lane picture, sound;

    /* encoding the picture: of parts, or … */
    MediaSpans *spans;
    GArray *list; /* MediaSpan */
    /* … frame by frame */
    MediaPicture *source;
    MediaGeometry *geometry;
    AVCodecContext *encoder;
    AVFrame *ready; /* the last frame, in form */
    gint64 frame, frames;
    const GArray *keyframes; /* gint64, or NULL; borrowed */
    guint key;               /* the first that is not before `frame` */

    /* encoding the sound */
    MediaSound *samples;
    MediaAac *aac;
    gint64 sample;
} Camera;

static void camera_clear(Camera *camera)
{
    media_copy_close(camera->picture.copy);
    media_copy_close(camera->sound.copy);
    media_output_close(camera->output);
    av_packet_free(&camera->packet);
    media_geometry_free(camera->geometry);
    media_picture_close(camera->source);
    media_spans_close(camera->spans);
    g_clear_pointer(&camera->list, g_array_unref);
    media_close_decoder(camera->encoder);
    av_frame_free(&camera->ready);
    media_sound_close(camera->samples);
    media_aac_close(camera->aac);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Camera, camera_clear)

static AVRational frame_base(const Camera *camera)
{
    return (AVRational){camera->info->rate.den, camera->info->rate.num};
}

/* ---- opening lanes ---- */

static gboolean open_picture_copy(Camera *camera)
{
    MediaCopy *copy = camera->picture.copy;
    const AVStream *stream = media_copy_stream(copy);
    camera->picture.stream = media_output_add(camera->output, stream->codecpar,
                                              media_copy_time_base(copy), camera->info->rate);
    media_output_keep_rotation(camera->output, camera->picture.stream, stream);
    return TRUE;
}

/* All of one recording, on its own time. The plan's cameras are `render`'s. */
static MediaPlan *plan_all(const Camera *camera)
{
    MediaPlan *plan = g_new0(MediaPlan, 1);
    *plan = (MediaPlan){.rate = camera->info->rate, .frames = camera->frames};
    plan->shots = g_array_new(FALSE, FALSE, sizeof(MediaPlanShot));
    plan->pieces = g_array_new(FALSE, FALSE, sizeof(MediaPlanPiece));
    MediaPlanShot shot = {.end = camera->frames};
    g_array_append_val(plan->shots, shot);
    return plan;
}

/* FALSE without an error: they do not fit together, and it is encoded in one. */
static gboolean open_picture_parts(Camera *camera, const MediaRenderSettings *settings,
                                   const char *path, GError **error)
{
    g_autofree char *file = g_path_get_basename(path);
    g_autofree char *name = g_strndup(file, strcspn(file, "."));
    MediaCamera source = {.source = name, .path = camera->info->path};
    MediaRender render = {.cameras = &source,
                          .n_cameras = 1,
                          .settings = settings,
                          .progress = camera->progress,
                          .cancellable = camera->cancellable};
    g_autoptr(MediaPlan) plan = plan_all(camera);
    g_autoptr(GArray) none = g_array_new(FALSE, FALSE, sizeof(gint64));
    MediaPartsJob job = {.render = &render,
                         .plan = plan,
                         .keyframes = camera->keyframes != NULL ? camera->keyframes : none,
                         .name = name,
                         .stage = STAGE};
    MediaRenderReport report = {0};
    camera->list = g_array_new(FALSE, FALSE, sizeof(MediaSpan));
    camera->spans = media_parts_make(&job, camera->list, &report, error);
    if (camera->spans == NULL)
        return FALSE;
    media_spans_begin(camera->spans, camera->list);
    camera->picture.stream = media_output_add(camera->output, media_spans_codec(camera->spans),
                                              frame_base(camera), camera->info->rate);
    return TRUE;
}

static gboolean open_picture_encoder(Camera *camera, const MediaRenderSettings *settings,
                                     const char *path, GError **error)
{
    const MediaInfo *info = camera->info;
    MediaRenderSettings own = *settings;
    own.width = MAX(16, info->width / 2 * 2);
    own.height = MAX(16, info->height / 2 * 2);
    own.fit = MEDIA_FIT_BARS;
    camera->frames = MAX(1, llround(info->duration_s * info->rate.num / info->rate.den));
    if (own.parts != NULL) {
        g_autoptr(GError) failed = NULL;
        if (open_picture_parts(camera, &own, path, &failed))
            return TRUE;
        if (failed != NULL) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return FALSE;
        }
    }
    camera->source = media_picture_open(info->path, 0, error);
    if (camera->source == NULL)
        return FALSE;
    camera->geometry = media_geometry_new(media_picture_stream(camera->source), own.width,
                                          own.height, MEDIA_FIT_BARS);
    camera->ready = media_black_frame(own.width, own.height);
    camera->encoder = media_open_h264(&own, info->rate, error);
    if (camera->encoder == NULL)
        return FALSE;
    camera->picture.stream = media_output_add_encoder(camera->output, camera->encoder);
    return TRUE;
}

static gboolean open_picture(Camera *camera, const MediaRenderSettings *settings, const char *path,
                             GError **error)
{
    g_autoptr(GError) problem = NULL;
    camera->picture.copy = media_copy_open(camera->info, MEDIA_COPY_PICTURE, &problem);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    return camera->picture.copy != NULL ? open_picture_copy(camera)
                                        : open_picture_encoder(camera, settings, path, error);
}

static gboolean open_sound(Camera *camera, const MediaRenderSettings *settings, GError **error)
{
    g_autoptr(GError) problem = NULL;
    camera->sound.copy = media_copy_open(
        camera->info, settings->copy_sound ? MEDIA_COPY_ANY_SOUND : MEDIA_COPY_SOUND, &problem);
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (camera->sound.copy != NULL) {
        MediaCopy *copy = camera->sound.copy;
        camera->sound.stream = media_output_add(camera->output, media_copy_stream(copy)->codecpar,
                                                media_copy_time_base(copy), (ShowRate){0, 0});
        return TRUE;
    }
    int channels = camera->info->channels == 1 ? 1 : 2;
    camera->samples = media_sound_open(camera->info->path, channels, error);
    camera->aac = camera->samples != NULL ? media_aac_open(channels, settings->audio_bitrate,
                                                           camera->picture.copy != NULL, error)
                                          : NULL;
    if (camera->aac == NULL)
        return FALSE;
    camera->sound.stream = media_output_add_encoder(camera->output, media_aac_context(camera->aac));
    return TRUE;
}

/* ---- one step of a lane ---- */

static gboolean step_copy(Camera *camera, Lane *lane, GError **error)
{
    if (!media_copy_read(lane->copy, camera->packet)) {
        lane->ended = TRUE;
        return TRUE;
    }
    lane->reached_s = (double)camera->packet->dts * av_q2d(media_copy_time_base(lane->copy));
    return media_output_write(camera->output, lane->stream, camera->packet, error);
}

static gboolean encode_frame(Camera *camera, const AVFrame *frame, GError **error)
{
    int code = avcodec_send_frame(camera->encoder, frame);
    while (code >= 0) {
        code = avcodec_receive_packet(camera->encoder, camera->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return TRUE;
        if (code >= 0) {
            camera->packet->duration = 1;
            if (!media_output_write(camera->output, camera->picture.stream, camera->packet, error))
                return FALSE;
        }
    }
    media_set_av_error(error, code, "cannot encode the picture of %s", camera->info->path);
    return FALSE;
}

/* Whether this frame must be a keyframe. */
static gboolean wants_keyframe(Camera *camera)
{
    const GArray *keys = camera->keyframes;
    while (keys != NULL && camera->key < keys->len &&
           g_array_index(keys, gint64, camera->key) < camera->frame)
        camera->key++;
    return keys != NULL && camera->key < keys->len &&
           g_array_index(keys, gint64, camera->key) == camera->frame;
}

static gboolean step_parts(Camera *camera, GError **error)
{
    GError *failed = NULL;
    if (!media_spans_read(camera->spans, camera->packet, &failed)) {
        camera->picture.ended = TRUE;
        if (failed != NULL)
            g_propagate_error(error, failed);
        return failed == NULL;
    }
    camera->picture.reached_s = (double)camera->packet->dts * av_q2d(frame_base(camera));
    return media_output_write(camera->output, camera->picture.stream, camera->packet, error);
}

/* The frame for a moment of the file; before the first one, and where it is damaged, the last. */
static gboolean step_picture(Camera *camera, GError **error)
{
    if (camera->frame == camera->frames) {
        camera->picture.ended = TRUE;
        return encode_frame(camera, NULL, error);
    }
    const MediaInfo *info = camera->info;
    double at_s = (double)camera->frame * info->rate.den / info->rate.num;
    MediaShown shown;
    if (!media_picture_show(camera->source, at_s, camera->cancellable, &shown))
        return !g_cancellable_set_error_if_cancelled(camera->cancellable, error);
    if (shown.frame != NULL && !shown.repeated) {
        av_frame_free(&camera->ready);
        camera->ready = media_geometry_apply(camera->geometry, shown.frame, error);
        if (camera->ready == NULL)
            return FALSE;
    }
    g_autoptr(AVFrame) frame = av_frame_clone(camera->ready);
    g_assert(frame != NULL);
    if (wants_keyframe(camera))
        frame->pict_type = AV_PICTURE_TYPE_I;
    frame->pts = camera->frame++;
    camera->picture.reached_s = at_s;
    return encode_frame(camera, frame, error);
}

static gboolean write_sound(AVPacket *packet, gpointer data, GError **error)
{
    Camera *camera = data;
    return media_output_write(camera->output, camera->sound.stream, packet, error);
}

static gboolean step_sound(Camera *camera, GError **error)
{
    float samples[2 * SOUND_BLOCK];
    gssize n = media_sound_read(camera->samples, samples, SOUND_BLOCK, error);
    if (n < 0)
        return FALSE;
    if (n == 0) {
        camera->sound.ended = TRUE;
        return media_aac_finish(camera->aac, write_sound, camera, error);
    }
    camera->sample += n;
    camera->sound.reached_s = (double)camera->sample / MEDIA_SOUND_HZ;
    return media_aac_push(camera->aac, samples, (gsize)n, write_sound, camera, error);
}

static gboolean step(Camera *camera, GError **error)
{
    gboolean picture =
        !camera->picture.ended &&
        (camera->sound.ended || camera->picture.reached_s <= camera->sound.reached_s);
    Lane *lane = picture ? &camera->picture : &camera->sound;
    if (lane->copy != NULL)
        return step_copy(camera, lane, error);
    if (picture && camera->spans != NULL)
        return step_parts(camera, error);
    return picture ? step_picture(camera, error) : step_sound(camera, error);
}

/* ---- the whole file ---- */

/* Where the recording's sidecar says how many there are. */
static void expect_packets(const Camera *camera)
{
    g_autoptr(MediaIndex) index = media_index_load(camera->info->path, NULL);
    if (index == NULL || camera->picture.copy == NULL)
        return;
    gint64 aac = (gint64)(camera->info->duration_s * MEDIA_SOUND_HZ / AAC_FRAME) + SLACK;
    media_output_expect(camera->output, index->video.count + MAX(index->audio.count, aac) + SLACK);
}

static gboolean begin(Camera *camera, const MediaRenderSettings *settings, const char *path,
                      GError **error)
{
    camera->packet = av_packet_alloc();
    camera->output = media_output_open(path, error);
    if (camera->output == NULL)
        return FALSE;
    camera->picture.ended = !camera->info->has_video;
    camera->sound.ended = !camera->info->has_audio;
    if (camera->info->has_video && !open_picture(camera, settings, path, error))
        return FALSE;
    if (camera->info->has_audio && !open_sound(camera, settings, error))
        return FALSE;
    expect_packets(camera);
    return media_output_begin(camera->output, error);
}

gboolean media_render_camera(const MediaInfo *info, const MediaRenderSettings *settings,
                             const GArray *keyframes, const char *path,
                             const MediaProgress *progress, GCancellable *cancellable,
                             GError **error)
{
    g_auto(Camera) camera = {
        .info = info, .progress = progress, .cancellable = cancellable, .keyframes = keyframes};
    if (!begin(&camera, settings, path, error))
        return FALSE;
    for (gint64 steps = 0; !camera.picture.ended || !camera.sound.ended; steps++) {
        if (g_cancellable_set_error_if_cancelled(cancellable, error) || !step(&camera, error))
            return FALSE;
        double done_s = MAX(camera.picture.reached_s, camera.sound.reached_s);
        if (steps % TELL_STEPS == 0)
            media_progress_tell(progress, STAGE, CLAMP(done_s, 0, info->duration_s),
                                info->duration_s);
    }
    media_progress_tell(progress, STAGE, info->duration_s, info->duration_s);
    return media_output_finish(camera.output, error) && media_output_publish(camera.output, error);
}
