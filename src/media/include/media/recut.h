/* A program cut anew from its cameras without decoding most of it: where all were recorded with the
 * same H.264 parameters, whole groups of pictures are copied and only those at the cuts are encoded,
 * up to the next keyframe. Frame for frame what media_render() shows; pictures stay at their own
 * times, where cameras have no constant rate of one and the same grid to the millisecond.
 * Threads: one object, one thread at a time. */
#pragma once
#include <media/probe.h>
#include <media/render.h>

typedef struct MediaRecut MediaRecut;

/* render: as for media_render(), borrowed; infos: of its cameras, in their order. Reads the cameras
 * that are shown once, stage "read". NULL without an error: it cannot be done, and *obstacle (owned
 * by the caller) says why. */
MediaRecut *media_recut_open(const MediaRender *render, const MediaInfo *const *infos,
                             char **obstacle, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_recut_close(MediaRecut *recut);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaRecut, media_recut_close)

/* Of the picture, as the cameras have it: not that of the settings. */
void media_recut_size(const MediaRecut *recut, int *width, int *height);
/* As media_render(); of the settings the sound's bit rate and, for edges, crf, preset and threads are
 * read. Stage "copy". */
gboolean media_recut_render(MediaRecut *recut, MediaRenderReport *report, GError **error);
