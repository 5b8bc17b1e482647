/* The cameras of a render, read ahead: one thread for each, which decodes the frames of its shots
 * into a short queue and goes to the beginning of its next shot while another is still shown.
 * Memory: queues and at most a few open decoders, whatever the number of cameras and the length. */
#pragma once
#include "open-private.h"
#include "render-plan-private.h"

typedef struct MediaCameras MediaCameras;

/* render and plan: borrowed for the object's life. Opens each file once, to learn of it, then starts
 * the threads. */
MediaCameras *media_cameras_new(const MediaRender *render, const MediaPlan *plan,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Stops and joins the threads. NULL-safe. */
void media_cameras_free(MediaCameras *cameras);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaCameras, media_cameras_free)

/* The next frame of the program, in its form; waits for it. NULL on an error or when cancelled. */
AVFrame *media_cameras_take(MediaCameras *cameras, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* After the last frame: what was decoded and missing, and a sentence for each camera with a gap. */
void media_cameras_report(MediaCameras *cameras, MediaRenderReport *report);
