/* Packets that wait in an unlinked temporary file: written in order, then taken in order. Their
 * times, length and bytes are kept, side data is not. Threads: one at a time. */
#pragma once
#include "open-private.h"

typedef struct MediaPacketSpool MediaPacketSpool;

/* Beside the file that they are for; see media_spool_open_beside(). */
MediaPacketSpool *media_packet_spool_open(const char *path,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_packet_spool_close(MediaPacketSpool *spool); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaPacketSpool, media_packet_spool_close)

/* `packet` is borrowed. */
gboolean media_packet_spool_put(MediaPacketSpool *spool, const AVPacket *packet, GError **error);
/* Ends the putting; the first packet can be taken. */
gboolean media_packet_spool_finish(MediaPacketSpool *spool, GError **error);

/* DTS of the packet that take() gives next; G_MAXINT64 behind the last. */
gint64 media_packet_spool_next_dts(const MediaPacketSpool *spool);
/* Moves the next packet, which there must be, into `packet` (blank). */
gboolean media_packet_spool_take(MediaPacketSpool *spool, AVPacket *packet, GError **error);
