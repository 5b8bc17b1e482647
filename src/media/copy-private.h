/* One stream of a recording, packet by packet, retimed so that zero is the file's zero and a
 * constant rate is exact whatever the container rounded. Nothing is decoded.
 * Threads: one object, one thread at a time. */
#pragma once
#include "open-private.h"
#include <media/probe.h>

typedef struct MediaCopy MediaCopy;

/* info: of media_probe(); video: the picture, otherwise the sound. NULL without an error when this
 * stream cannot be copied into MP4 as it is and must be encoded. */
MediaCopy *media_copy_open(const MediaInfo *info, gboolean video, GError **error);
void media_copy_close(MediaCopy *copy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaCopy, media_copy_close)

const AVStream *media_copy_stream(const MediaCopy *copy);
AVRational media_copy_time_base(const MediaCopy *copy);
/* The next packet, or FALSE at the end (damage ends it too). */
gboolean media_copy_read(MediaCopy *copy, AVPacket *packet);
