/* The sound of a stream: Opus comes in when it comes, AAC goes out without a gap. What is missing is
 * silence; what comes twice is left out. Times: µs on the stream's own clock, from 0.
 * Threads: one at a time. */
#pragma once
#include "encode-private.h"

typedef struct MediaLiveSound MediaLiveSound;

typedef struct MediaLiveSoundEvents {
    void (*packet)(const AVPacket *packet, gint64 t_us, gpointer data); /* borrowed */
    gpointer data;
} MediaLiveSoundEvents;

MediaLiveSound *media_live_sound_new(int bitrate, const MediaLiveSoundEvents *events,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_live_sound_free(MediaLiveSound *sound); /* NULL-safe */
/* What comes out, always. Free with avcodec_parameters_free(). */
AVCodecParameters *media_live_sound_parameters(const MediaLiveSound *sound);

/* What follows is Opus with this OpusHead (RFC 7845, 5.1). */
gboolean media_live_sound_format(MediaLiveSound *sound, const guint8 *head, gsize length,
                                 GError **error);
/* One packet. One that cannot be decoded is silence. */
gboolean media_live_sound_push(MediaLiveSound *sound, gint64 t_us, const guint8 *bytes,
                               gsize length, GError **error);
/* Silence up to there, where there is no sound yet. */
gboolean media_live_sound_fill(MediaLiveSound *sound, gint64 until_us, GError **error);
