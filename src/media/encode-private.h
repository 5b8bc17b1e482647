/* The two encoders of everything that is written: H.264 by libx264 and AAC, 48 kHz.
 * Threads: one object, one thread at a time; libx264 has its own. */
#pragma once
#include "open-private.h"
#include <media/render.h>

/* libx264; where it is missing, an error that says what to install. Static. */
const AVCodec *media_find_h264(GError **error);
/* 8-bit 4:2:0 in BT.709, studio range, square samples: what is encoded anew. */
void media_describe_colour(AVCodecContext *encoder);
/* Frames of settings' size at a constant rate; frame->pts counts frames. Set pict_type I for a
 * keyframe that nothing after it reaches behind. The extradata holds the parameter sets. */
AVCodecContext *media_open_h264(const MediaRenderSettings *settings, ShowRate rate,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sound in whole AAC frames, from floats as they come. channels: 1 or 2. quick: a third of the time,
 * and 3 dB more noise (of a voice at 160 kbit/s 38 dB below it instead of 42): where pictures are
 * copied, the search for the last of them would be most of all that is done. */
typedef struct MediaAac MediaAac;
MediaAac *media_aac_open(int channels, int bitrate, gboolean quick,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_aac_close(MediaAac *aac);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaAac, media_aac_close)
/* The first sample's time, in samples, where it is not 0: call it before the first push. */
void media_aac_begin_at(MediaAac *aac, gint64 pts);

typedef gboolean (*MediaPacketFunc)(AVPacket *packet, gpointer data, GError **error);
/* n samples more, of all channels interleaved; each finished packet goes to func, timed in samples (the
 * first one before zero by the encoder's delay). The packet is func's to unref or move. */
gboolean media_aac_push(MediaAac *aac, const float *samples, gsize n, MediaPacketFunc func,
                        gpointer data, GError **error);
gboolean media_aac_finish(MediaAac *aac, MediaPacketFunc func, gpointer data, GError **error);
const AVCodecContext *media_aac_context(const MediaAac *aac);

/* A sound that is the same left and right: samples of one channel go in, packets of two come out, for
 * half of what encoding both costs. bitrate: of what comes out; a voice at 160 kbit/s is 41 dB above its
 * noise (quick), where two channels that were alike had 37. */
MediaAac *media_aac_open_twin(int bitrate, gboolean quick,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* What a file says of it. Free with avcodec_parameters_free(). */
AVCodecParameters *media_aac_parameters(const MediaAac *aac);
