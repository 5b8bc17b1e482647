/* A camera's frames in the program's form: turned, square pixels, fitted with bars or crop, BT.709
 * limited range, yuv420p. Frames that are so already pass untouched.
 * Threads: one object, one thread at a time. */
#pragma once
#include "open-private.h"
#include <media/render.h>

typedef struct MediaGeometry MediaGeometry;

/* stream: borrowed for the object's life. */
MediaGeometry *media_geometry_new(const AVStream *stream, int width, int height, MediaFit fit);
void media_geometry_free(MediaGeometry *geometry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaGeometry, media_geometry_free)

/* A new frame in the program's form (a new reference where nothing had to be done), NULL on an
 * error. Carries nothing of the source but its picture. */
AVFrame *media_geometry_apply(MediaGeometry *geometry, const AVFrame *frame,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

AVFrame *media_black_frame(int width, int height) G_GNUC_WARN_UNUSED_RESULT;

/* Size of a picture of this shape inside (bars) or around (crop) width × height; even. */
void media_fit_size(double shape, int width, int height, MediaFit fit, int *fit_width,
                    int *fit_height);
