/* The end of a stream's way: pictures and sound, which come each in its own order, are put in one, and
 * given out when the delay is over. Threads: one at a time. */
#pragma once
#include <media/live.h>

typedef struct MediaLiveLine MediaLiveLine;

MediaLiveLine *media_live_line_new(gint64 delay_us,
                                   const MediaLiveEvents *events) G_GNUC_WARN_UNUSED_RESULT;
void media_live_line_free(MediaLiveLine *line); /* NULL-safe */
/* Copied; comes out before the packets of its kind that are put behind it. */
void media_live_line_format(MediaLiveLine *line, const MediaLiveFormat *format, gint64 now_us);
void media_live_line_put(MediaLiveLine *line, const MediaLivePacket *packet, gint64 now_us);
/* Gives out what is due; when there will be more, or G_MAXINT64. */
gint64 media_live_line_advance(MediaLiveLine *line, gint64 now_us);
gint64 media_live_line_frames(const MediaLiveLine *line); /* pictures given out */
