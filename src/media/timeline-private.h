/* The moments at which a track has something: how far they reach, how far apart they usually are,
 * and where a hole is. Moments come in decoding order and are sorted over a short window, so memory
 * does not grow with the length. Times that cannot be (an hour ahead of the others, an hour
 * before the file's zero) or that were there before are left out and counted. */
#pragma once
#include <glib.h>

enum { MEDIA_TIMELINE_WINDOW = 17 }; /* H.264 reorders at most 16 pictures */

typedef struct MediaTimeline {
    gint64 count;   /* moments taken */
    gint64 skipped; /* moments left out … */
    gint64 far;     /* … of them because they are too far away */
    gint64 first_us, last_us;
    /* after finish(): */
    gint64 usual_us; /* the median distance */
    gboolean even;   /* no step differs from the usual one by more than rounding */
    GArray *gaps;    /* ShowGap, ms */

    gint64 waiting[MEDIA_TIMELINE_WINDOW]; /* ascending, not placed yet */
    guint n_waiting;
    gint64 highest_us, placed;
    GArray *holes;  /* Hole: steps that may turn out too long */
    guint32 *steps; /* how many steps took so many ms */
} MediaTimeline;

void media_timeline_init(MediaTimeline *timeline);
void media_timeline_clear(MediaTimeline *timeline);
/* FALSE: left out. */
gboolean media_timeline_add(MediaTimeline *timeline, gint64 time_us);
/* Everything has come; the file ends at end_us. A gap is a step of more than 1.5 times the usual
 * one and 200 ms, from where the moment before it usually ends; before the first moment and after
 * the last too. */
void media_timeline_finish(MediaTimeline *timeline, gint64 end_us);

/* Where either has a gap. New array of ShowGap; NULL counts as none. */
GArray *media_gaps_union(const GArray *a, const GArray *b);
