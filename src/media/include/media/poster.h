/* A picture that stands for a video where it is not played. */
#pragma once
#include <gio/gio.h>

/* A JPEG, at most 640 pixels wide, of the video at the first of these moments (s) that shows
 * something: black and other single colours only when there is nothing else. */
GBytes *media_poster_make(const char *video, const double *moments_s, gsize n,
                          GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
