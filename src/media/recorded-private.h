/* Packets of a recorded program, timed from its first picture on. */
#pragma once
#include "open-private.h"
#include <media/recorded.h>

struct MediaRecorded {
    char *path;
    AVFormatContext *input; /* NULL between two readings */
    int stream;
    gboolean steady;
    AVRational base;         /* of the packets: frames of the rate, or ms */
    gint64 frame_ticks;      /* how long the last picture is shown */
    const char *obstacle;
    double start_s;
    GArray *keyframes;       /* gint64, ticks */
    gint64 end;              /* ticks */

    gboolean has_begun; /* of the reading under way */
    gint64 first, last; /* first: in the stream's own ticks; last: in ours */
};

/* (Again) from the beginning. */
gboolean media_recorded_rewind(MediaRecorded *recorded, GError **error);
/* The next picture, from the first keyframe on; FALSE at the end (damage ends it too). */
gboolean media_recorded_next(MediaRecorded *recorded, AVPacket *packet);
