/* Stretches of recordings laid one after the other into one stream of an output, copied but for the
 * pictures before the first keyframe of each, which are encoded (edge-private.h).
 * Threads: one object, one thread at a time. */
#pragma once
#include "edge-private.h"
#include "mux-private.h"

/* Pictures first … end − 1 of a recording, or black when that is NULL. Ticks of all are of one base; a
 * recording with drift runs at another pace than the output. */
typedef struct MediaStretch {
    MediaRecorded *recorded;
    guint first, end;
    gint64 at, until; /* output ticks: where the first is shown from, the last to */
    double own;       /* where the first would lie by its own time; the others lie after it */
    double pace;      /* output ticks for a tick of the recording */
} MediaStretch;

typedef struct MediaSplice {
    MediaOutput *output;
    int stream;
    MediaEdge *edge; /* NULL: all stretches begin at keyframes */
    GCancellable *cancellable;
    const MediaProgress *progress; /* stage "copy" */
    double second;                 /* of a tick */
    gint64 all;                    /* ticks of the whole output, for progress */

    gint64 last;            /* tick of the last picture; −1 before the first */
    gint64 copied, encoded; /* pictures */
} MediaSplice;

/* Whether a stretch needs `edge`. */
gboolean media_stretch_has_edge(const MediaStretch *stretch);
/* Stretches in the order of the output. */
gboolean media_splice_write(MediaSplice *splice, const MediaStretch *stretch, GError **error);
