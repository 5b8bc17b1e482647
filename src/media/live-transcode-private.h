/* VP8 and VP9 to H.264, for programs of browsers without an H.264 encoder: the one transcode there is
 * on the way of a live stream. Threads: one at a time; the codecs have their own. */
#pragma once
#include "live-encoder-private.h"

typedef struct MediaLiveTranscode MediaLiveTranscode;

/* `is_vp9`, else VP8. Size and rate are those of the stream that comes out. */
MediaLiveTranscode *media_live_transcode_new(gboolean is_vp9, int width, int height, ShowRate rate,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_live_transcode_free(MediaLiveTranscode *transcode);          /* NULL-safe */
GBytes *media_live_transcode_avcc(const MediaLiveTranscode *transcode); /* borrowed */
/* A packet in; the packet that comes out, or NULL: none, without an error where it could not be
 * decoded. */
GBytes *media_live_transcode_push(MediaLiveTranscode *transcode, const guint8 *bytes, gsize length,
                                  gint64 t_us, gboolean is_key, GError **error);
