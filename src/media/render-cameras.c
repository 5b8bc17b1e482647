#include "render-cameras-private.h"

#include "geometry-private.h"
#include "picture-private.h"

enum {
    QUEUE_FRAMES = 3, /* decoded and waiting, each camera */
    SHOTS_AHEAD = 1,  /* how many shots before its own a camera makes ready */
    WAIT_US = 100000, /* how often a wait looks whether the user gave up */
    DECODER_THREADS_MAX = 4,
};

typedef struct Reader {
    MediaCameras *all;
    const MediaCamera *camera;
    gsize index;
    GThread *thread;
    GQueue queue; /* AVFrame *, owned; under the lock */
    gboolean done;
    GError *error;

    /* the thread's own */
    MediaPictureFacts facts;
    MediaPicture *picture;
    MediaGeometry *geometry;
    AVFrame *ready; /* the frame last shown, in the program's form */
    gint64 missing, first_missing;
    gint64 decoded;
    gboolean damaged;
} Reader;

struct MediaCameras {
    const MediaRender *render;
    const MediaPlan *plan;
    Reader *readers; /* one for each camera; those never shown have no thread */
    AVFrame *black;
    GCancellable *stop;

    GMutex lock;
    GCond changed; /* a queue or `shot` */
    guint shot;    /* on screen now */
    gint64 next;   /* program frame */
};

/* ---- a reader's thread ---- */

static gboolean stopped(const Reader *reader)
{
    return g_cancellable_is_cancelled(reader->all->stop);
}

static int decoder_threads(void)
{
    return CLAMP((int)g_get_num_processors() / 4, 1, DECODER_THREADS_MAX);
}

static gboolean open_picture(Reader *reader, GError **error)
{
    const MediaRenderSettings *settings = reader->all->render->settings;
    reader->picture =
        media_picture_open_again(reader->camera->path, &reader->facts, decoder_threads(), error);
    if (reader->picture == NULL)
        return FALSE;
    reader->geometry = media_geometry_new(media_picture_stream(reader->picture), settings->width,
                                          settings->height, settings->fit);
    return TRUE;
}

static void close_picture(Reader *reader)
{
    if (reader->picture != NULL) {
        reader->decoded += media_picture_decoded(reader->picture);
        reader->damaged |= media_picture_damaged(reader->picture);
    }
    g_clear_pointer(&reader->geometry, media_geometry_free);
    g_clear_pointer(&reader->picture, media_picture_close);
    av_frame_free(&reader->ready);
}

/* Waits until this shot is near, with the file closed: its index grows with its length, its
 * decoder with its picture. FALSE when all is over. */
static gboolean wait_for_turn(Reader *reader, guint shot)
{
    MediaCameras *all = reader->all;
    g_mutex_lock(&all->lock);
    gboolean must_wait = shot > all->shot + SHOTS_AHEAD;
    g_mutex_unlock(&all->lock);
    if (must_wait)
        close_picture(reader);

    g_mutex_lock(&all->lock);
    while (shot > all->shot + SHOTS_AHEAD && !stopped(reader))
        g_cond_wait(&all->changed, &all->lock);
    g_mutex_unlock(&all->lock);
    return !stopped(reader);
}

static gboolean push(Reader *reader, AVFrame *frame)
{
    MediaCameras *all = reader->all;
    g_mutex_lock(&all->lock);
    while (reader->queue.length >= QUEUE_FRAMES && !stopped(reader))
        g_cond_wait(&all->changed, &all->lock);
    gboolean over = stopped(reader);
    if (!over) {
        g_queue_push_tail(&reader->queue, frame);
        g_cond_broadcast(&all->changed);
    }
    g_mutex_unlock(&all->lock);
    if (over)
        av_frame_free(&frame);
    return !over;
}

/* Brings what is shown into the program's form, once for however many program frames. */
static gboolean prepare(Reader *reader, const MediaShown *shown, GError **error)
{
    if (shown->frame == NULL || (shown->repeated && reader->ready != NULL))
        return TRUE;
    av_frame_free(&reader->ready);
    reader->ready = media_geometry_apply(reader->geometry, shown->frame, error);
    if (reader->ready == NULL)
        g_prefix_error(error, "%s: ", reader->camera->path);
    return reader->ready != NULL;
}

static void note_missing(Reader *reader, gint64 frame)
{
    if (reader->missing++ == 0)
        reader->first_missing = frame;
}

/* FALSE: over, by an error or because it was stopped. */
static gboolean read_shot(Reader *reader, const MediaPlanShot *shot, GError **error)
{
    const MediaPlan *plan = reader->all->plan;
    for (gint64 n = shot->first; n < shot->end; n++) {
        double source_s =
            show_clock_to_source(&reader->camera->clock, media_plan_session_s(plan, n));
        if (n == shot->first)
            media_picture_begin(reader->picture, source_s);
        MediaShown shown;
        if (!media_picture_show(reader->picture, source_s, reader->all->stop, &shown))
            return FALSE;
        if (!prepare(reader, &shown, error))
            return FALSE;
        if (shown.missing)
            note_missing(reader, n);
        const AVFrame *frame = shown.frame != NULL ? reader->ready : reader->all->black;
        AVFrame *copy = av_frame_clone(frame);
        g_assert(copy != NULL);
        if (!push(reader, copy))
            return FALSE;
    }
    return TRUE;
}

static void read_shots(Reader *reader, GError **error)
{
    const MediaPlan *plan = reader->all->plan;
    for (guint i = 0; i < plan->shots->len; i++) {
        const MediaPlanShot *shot = media_plan_shot(plan, i);
        if (shot->camera != reader->index)
            continue;
        if (!wait_for_turn(reader, i))
            return;
        if (reader->picture == NULL && !open_picture(reader, error))
            return;
        if (!read_shot(reader, shot, error))
            return;
    }
}

static gpointer reader_main(gpointer data)
{
    Reader *reader = data;
    GError *error = NULL;
    read_shots(reader, &error);
    close_picture(reader);
    g_mutex_lock(&reader->all->lock);
    reader->error = error;
    reader->done = TRUE;
    g_cond_broadcast(&reader->all->changed);
    g_mutex_unlock(&reader->all->lock);
    return NULL;
}

/* ---- the taker ---- */

static gboolean make_reader(MediaCameras *cameras, gsize index, GError **error)
{
    Reader *reader = &cameras->readers[index];
    reader->all = cameras;
    reader->camera = &cameras->render->cameras[index];
    reader->index = index;
    g_queue_init(&reader->queue);
    return media_picture_learn(reader->camera->path, &reader->facts, error);
}

/* A reader for each camera that is shown. Their files are learned one after the other, while nothing
 * else takes memory yet. */
static gboolean make_readers(MediaCameras *cameras, GError **error)
{
    for (guint i = 0; i < cameras->plan->shots->len; i++) {
        gsize camera = media_plan_shot(cameras->plan, i)->camera;
        if (camera != MEDIA_PLAN_BLACK && cameras->readers[camera].all == NULL &&
            !make_reader(cameras, camera, error))
            return FALSE;
    }
    return TRUE;
}

MediaCameras *media_cameras_new(const MediaRender *render, const MediaPlan *plan, GError **error)
{
    g_autoptr(MediaCameras) cameras = g_new0(MediaCameras, 1);
    cameras->render = render;
    cameras->plan = plan;
    cameras->readers = g_new0(Reader, render->n_cameras);
    cameras->black = media_black_frame(render->settings->width, render->settings->height);
    cameras->stop = g_cancellable_new();
    cameras->next = media_plan_shot(plan, 0)->first;
    g_mutex_init(&cameras->lock);
    g_cond_init(&cameras->changed);
    if (!make_readers(cameras, error))
        return NULL;
    for (gsize i = 0; i < render->n_cameras; i++)
        if (cameras->readers[i].all != NULL)
            cameras->readers[i].thread = g_thread_new("picture", reader_main, &cameras->readers[i]);
    return g_steal_pointer(&cameras);
}

static void stop_all(MediaCameras *cameras)
{
    g_mutex_lock(&cameras->lock);
    g_cancellable_cancel(cameras->stop);
    g_cond_broadcast(&cameras->changed);
    g_mutex_unlock(&cameras->lock);
    for (gsize i = 0; i < cameras->render->n_cameras; i++)
        if (cameras->readers[i].thread != NULL)
            g_thread_join(g_steal_pointer(&cameras->readers[i].thread));
}

static void free_frame(gpointer frame)
{
    media_free_frame(frame);
}

void media_cameras_free(MediaCameras *cameras)
{
    if (cameras == NULL)
        return;
    stop_all(cameras);
    for (gsize i = 0; i < cameras->render->n_cameras; i++) {
        g_queue_clear_full(&cameras->readers[i].queue, free_frame);
        g_clear_error(&cameras->readers[i].error);
    }
    g_free(cameras->readers);
    av_frame_free(&cameras->black);
    g_object_unref(cameras->stop);
    g_mutex_clear(&cameras->lock);
    g_cond_clear(&cameras->changed);
    g_free(cameras);
}

/* With the lock held: waits for a frame of this reader. NULL: an error, its end, or given up. */
static AVFrame *wait_for_frame(MediaCameras *cameras, Reader *reader)
{
    while (reader->queue.length == 0 && !reader->done) {
        if (g_cancellable_is_cancelled(cameras->render->cancellable))
            return NULL;
        g_cond_wait_until(&cameras->changed, &cameras->lock, g_get_monotonic_time() + WAIT_US);
    }
    return g_queue_pop_head(&reader->queue);
}

/* With the lock held: the next frame of this camera. */
static AVFrame *take_from(MediaCameras *cameras, gsize camera, GError **error)
{
    if (camera == MEDIA_PLAN_BLACK) {
        AVFrame *frame = av_frame_clone(cameras->black);
        g_assert(frame != NULL);
        return frame;
    }
    Reader *reader = &cameras->readers[camera];
    AVFrame *frame = wait_for_frame(cameras, reader);
    if (frame == NULL && reader->error != NULL)
        g_propagate_error(error, g_error_copy(reader->error));
    return frame;
}

AVFrame *media_cameras_take(MediaCameras *cameras, GError **error)
{
    if (g_cancellable_set_error_if_cancelled(cameras->render->cancellable, error))
        return NULL;
    g_mutex_lock(&cameras->lock);
    while (cameras->next >= media_plan_shot(cameras->plan, cameras->shot)->end)
        cameras->shot++;
    gsize camera = media_plan_shot(cameras->plan, cameras->shot)->camera;
    AVFrame *frame = take_from(cameras, camera, error);
    if (frame != NULL)
        cameras->next++;
    g_cond_broadcast(&cameras->changed);
    g_mutex_unlock(&cameras->lock);
    if (frame == NULL && error != NULL && *error == NULL)
        g_cancellable_set_error_if_cancelled(cameras->render->cancellable, error);
    return frame;
}

/* ---- report ---- */

static void report_reader(const MediaCameras *cameras, const Reader *reader,
                          MediaRenderReport *report)
{
    report->decoded_frames += reader->decoded;
    report->missing_frames += reader->missing;
    double at_s = media_plan_seconds(cameras->plan, reader->first_missing);
    if (reader->missing > 0)
        g_ptr_array_add(report->warnings,
                        g_strdup_printf("%s: has no picture for %" G_GINT64_FORMAT
                                        " frames of the program, first at %.2f s; its last picture "
                                        "stands there, or black",
                                        reader->camera->path, reader->missing, at_s));
    if (reader->damaged)
        g_ptr_array_add(
            report->warnings,
            g_strdup_printf("%s: is damaged in places; good pictures stand there longer",
                            reader->camera->path));
}

void media_cameras_report(MediaCameras *cameras, MediaRenderReport *report)
{
    stop_all(cameras);
    for (gsize i = 0; i < cameras->render->n_cameras; i++)
        if (cameras->readers[i].all != NULL)
            report_reader(cameras, &cameras->readers[i], report);
}
