/* Program and highlights of cameras that are encoded anyway, each once: cam_N.mp4 has keyframes where
 * its shots and pieces begin and end, and what is between is copied from there. Where the program is
 * encoded for itself, every frame of it is encoded twice.
 * Threads: one object, one thread at a time. */
#pragma once
#include <media/probe.h>
#include <media/render.h>

typedef struct MediaShared MediaShared;

/* render: as for media_render(), borrowed; infos: of its cameras, in their order. NULL without an
 * error: it cannot be done, because a camera that is shown is copied and not encoded, has another
 * size or rate than the program, drifts, or is not there all the time it is shown. */
MediaShared *media_shared_new(const MediaRender *render, const MediaInfo *const *infos,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_shared_free(MediaShared *shared);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaShared, media_shared_free)

/* gint64, ascending: the frames of a camera's file that must be keyframes, for
 * media_render_camera(). Borrowed; empty for a camera that is never shown. */
const GArray *media_shared_keyframes(const MediaShared *shared, gsize camera);

/* As media_render(), from the files that media_render_camera() made; paths: of the cameras, NULL for
 * those that are never shown. Stage "copy". FALSE without an error: they do not fit together after
 * all, and nothing was written. */
gboolean media_shared_render(MediaShared *shared, const char *const *paths,
                             MediaRenderReport *report, GError **error);
