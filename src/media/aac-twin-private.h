/* One voice in both channels: a packet of AAC with one channel made into one with two that are alike.
 * The pair is written as middle and side (ISO 14496-3, 4.4.2.1): the middle is what the encoder made,
 * bit by bit, the side is nothing. So a mix that is the same left and right is encoded once.
 *
 * The encoder must leave out noise substitution and noise shaping in time: what they say of a channel
 * counts after middle and side have become left and right. Memory: the caller's; no state. */
#pragma once
#include <glib.h>

/* Bytes that the second channel may add to a packet. */
enum { MEDIA_AAC_TWIN_MORE = 24 };

/* `mono`: one raw_data_block() of one channel, as libavcodec writes it. Room in `stereo` for `bytes` and
 * MEDIA_AAC_TWIN_MORE. Bytes written; 0: it is no such block. */
gsize media_aac_twin(const guint8 *mono, gsize bytes, guint8 *stereo);
/* An AudioSpecificConfig() of one channel becomes that of two. FALSE: it is none. */
gboolean media_aac_twin_config(guint8 *config, gsize bytes);
