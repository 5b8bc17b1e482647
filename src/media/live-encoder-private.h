/* H.264 for a stream that cannot wait: no frame is held back, none is reordered. For the slate, and
 * for programs of browsers without H.264.
 * Threads: one at a time; libx264 has its own. */
#pragma once
#include "open-private.h"
#include <show/rate.h>

typedef struct MediaLiveEncoder MediaLiveEncoder;

typedef struct MediaLiveEncoderOptions {
    int width, height; /* even */
    ShowRate rate;
    const char *preset;
    int crf, kbps_max;
    int threads;
} MediaLiveEncoderOptions;

MediaLiveEncoder *media_live_encoder_open(const MediaLiveEncoderOptions *options,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_live_encoder_close(MediaLiveEncoder *encoder); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaLiveEncoder, media_live_encoder_close)

GBytes *media_live_encoder_avcc(const MediaLiveEncoder *encoder); /* borrowed */
/* One picture in, one packet out: units with lengths, NULL with `error`. Times rise; µs. */
GBytes *media_live_encoder_encode(MediaLiveEncoder *encoder, AVFrame *frame, gint64 t_us,
                                  gboolean is_key, GError **error) G_GNUC_WARN_UNUSED_RESULT;
