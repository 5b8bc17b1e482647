/* AAC of two channels that costs what one does while they are alike, as voices in the middle are: one
 * encoder then makes both (aac-twin-private.h), and another where left and right differ. They take turns
 * between two packets, and what comes out is one stream: the same AudioSpecificConfig, no packet missing
 * or twice.
 * Threads: one at a time. */
#pragma once
#include "encode-private.h"

typedef struct MediaAacAlike MediaAacAlike;

/* bitrate: of what comes out. */
MediaAacAlike *media_aac_alike_open(int bitrate, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_aac_alike_close(MediaAacAlike *aac); /* NULL-safe */
/* As media_aac_push(), of two channels. */
gboolean media_aac_alike_push(MediaAacAlike *aac, const float *samples, gsize n,
                              MediaPacketFunc func, gpointer data, GError **error);
/* Free with avcodec_parameters_free(). */
AVCodecParameters *media_aac_alike_parameters(const MediaAacAlike *aac);
