/* One stream of a recording, packet by packet, retimed so that zero is the file's zero and a
 * constant rate is exact whatever the container rounded. Nothing is decoded.
 * Threads: one object, one thread at a time. */
#pragma once
#include "open-private.h"
#include <media/probe.h>

typedef struct MediaCopy MediaCopy;

typedef enum {
    MEDIA_COPY_UNSET = 0,
    MEDIA_COPY_PICTURE,   /* H.264 and HEVC */
    MEDIA_COPY_SOUND,     /* AAC */
    MEDIA_COPY_ANY_SOUND, /* Opus too, which players know and most editors do not */
} MediaCopyWhat;

/* info: of media_probe(). NULL without an error when this stream cannot be copied into MP4 as it is
 * and must be encoded.
 *
 * Pictures of a variable rate come to lie on the grid of the rate that the recording is nearest to,
 * each on the frame nearest to its time: what is missing is the one before held, and where there are
 * two for one frame the first is shown for a moment only. So a frame of a timeline is the same
 * picture as in a file of a constant rate. */
MediaCopy *media_copy_open(const MediaInfo *info, MediaCopyWhat what, GError **error);
void media_copy_close(MediaCopy *copy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaCopy, media_copy_close)

const AVStream *media_copy_stream(const MediaCopy *copy);
AVRational media_copy_time_base(const MediaCopy *copy);
/* The next packet, or FALSE at the end (damage ends it too). */
gboolean media_copy_read(MediaCopy *copy, AVPacket *packet);
