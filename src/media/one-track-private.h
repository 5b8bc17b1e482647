/* A view of an MP4 or MOV file in which one of its two tracks is not there.
 *
 * libav keeps an index of every track in memory, wanted or not: for an hour some 5 MB of the sound
 * and 4 MB of the picture. Here the other track's box (ISO 14496-12, 8.3) is read as free space.
 * Only what is read is changed, four bytes; the file is never written.
 * Threads: one view, one thread at a time. */
#pragma once
#include <glib.h>
#include <libavformat/avio.h>
#include <libavutil/avutil.h>

typedef struct MediaOneTrack MediaOneTrack;

/* keep: AVMEDIA_TYPE_VIDEO or _AUDIO. NULL when there is nothing to hide, or when hiding could
 * change what libav says of the other track: the file is to be opened whole then. */
MediaOneTrack *media_one_track_open(const char *path,
                                    enum AVMediaType keep) G_GNUC_WARN_UNUSED_RESULT;
void media_one_track_close(MediaOneTrack *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaOneTrack, media_one_track_close)

/* What libav reads it through; borrowed, as long as the view. */
AVIOContext *media_one_track_io(const MediaOneTrack *view);
