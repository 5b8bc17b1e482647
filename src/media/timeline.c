#include "timeline-private.h"

#include <show/manifest.h>

#include <string.h>

enum {
    STEPS_MAX_MS = 4000, /* steps longer than this count as this long */
    ROUNDING_MS = 2,     /* containers count in ms, and so does `steps` */
    HOLES_MAX = 10000,   /* that are kept: more is no camera's recording */
};

#define JUMP_MAX_US (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC) /* further away: a broken time */
#define GAP_MIN_US  (200 * G_GINT64_CONSTANT(1000))

typedef struct Hole {
    gint64 from_us, to_us;
} Hole;

void media_timeline_init(MediaTimeline *timeline)
{
    *timeline = (MediaTimeline){0};
    timeline->holes = g_array_new(FALSE, FALSE, sizeof(Hole));
    timeline->gaps = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    timeline->steps = g_new0(guint32, STEPS_MAX_MS + 1);
}

void media_timeline_clear(MediaTimeline *timeline)
{
    g_clear_pointer(&timeline->holes, g_array_unref);
    g_clear_pointer(&timeline->gaps, g_array_unref);
    g_clear_pointer(&timeline->steps, g_free);
}

static void place_first(MediaTimeline *timeline)
{
    gint64 time_us = timeline->waiting[0];
    timeline->n_waiting--;
    memmove(timeline->waiting, timeline->waiting + 1,
            timeline->n_waiting * sizeof timeline->waiting[0]);
    if (timeline->placed++ == 0) {
        timeline->first_us = timeline->last_us = time_us;
        return;
    }
    gint64 step_us = time_us - timeline->last_us;
    timeline->steps[CLAMP((step_us + 500) / 1000, 0, STEPS_MAX_MS)]++;
    if (step_us > GAP_MIN_US && timeline->holes->len < HOLES_MAX) {
        Hole hole = {timeline->last_us, time_us};
        g_array_append_val(timeline->holes, hole);
    }
    timeline->last_us = time_us;
}

/* Its place among those that wait, or -1: there is one already. */
static int find_place(const MediaTimeline *timeline, gint64 time_us)
{
    guint place = timeline->n_waiting;
    while (place > 0 && timeline->waiting[place - 1] >= time_us) {
        if (timeline->waiting[place - 1] == time_us)
            return -1;
        place--;
    }
    return (int)place;
}

gboolean media_timeline_add(MediaTimeline *timeline, gint64 time_us)
{
    gboolean too_far = time_us < -JUMP_MAX_US ||
                       (timeline->count > 0 && time_us > timeline->highest_us + JUMP_MAX_US);
    gboolean again = timeline->placed > 0 && time_us <= timeline->last_us;
    int place = too_far || again ? -1 : find_place(timeline, time_us);
    if (place < 0) {
        timeline->skipped++;
        timeline->far += too_far;
        return FALSE;
    }
    memmove(timeline->waiting + place + 1, timeline->waiting + place,
            (timeline->n_waiting - (guint)place) * sizeof timeline->waiting[0]);
    timeline->waiting[place] = time_us;
    timeline->n_waiting++;
    timeline->highest_us = timeline->count == 0 ? time_us : MAX(timeline->highest_us, time_us);
    timeline->count++;
    if (timeline->n_waiting == MEDIA_TIMELINE_WINDOW)
        place_first(timeline);
    return TRUE;
}

static gint64 median_step_us(const MediaTimeline *timeline)
{
    gint64 seen = 0, half = (timeline->placed - 1) / 2;
    for (int ms = 0; ms <= STEPS_MAX_MS; ms++) {
        seen += timeline->steps[ms];
        if (seen > half)
            return ms * G_GINT64_CONSTANT(1000);
    }
    return 0;
}

static gboolean is_even(const MediaTimeline *timeline)
{
    gint64 near = 0, usual_ms = timeline->usual_us / 1000;
    for (gint64 ms = MAX(0, usual_ms - ROUNDING_MS); ms <= usual_ms + ROUNDING_MS; ms++)
        near += ms <= STEPS_MAX_MS ? timeline->steps[ms] : 0;
    return near == timeline->placed - 1;
}

static void add_gap(MediaTimeline *timeline, gint64 from_us, gint64 to_us)
{
    gint64 least_us = MAX(GAP_MIN_US, timeline->usual_us * 3 / 2) - timeline->usual_us;
    ShowGap gap = {MAX(0, from_us) / 1000, to_us / 1000};
    if (to_us - from_us > least_us && gap.end_ms > gap.start_ms)
        g_array_append_val(timeline->gaps, gap);
}

void media_timeline_finish(MediaTimeline *timeline, gint64 end_us)
{
    while (timeline->n_waiting > 0)
        place_first(timeline);
    if (timeline->placed == 0)
        return;
    timeline->usual_us = median_step_us(timeline);
    timeline->even = is_even(timeline);
    if (timeline->first_us > GAP_MIN_US)
        add_gap(timeline, 0, timeline->first_us);
    for (guint i = 0; i < timeline->holes->len; i++) {
        const Hole *hole = &g_array_index(timeline->holes, Hole, i);
        add_gap(timeline, hole->from_us + timeline->usual_us, hole->to_us);
    }
    add_gap(timeline, timeline->last_us + timeline->usual_us, end_us);
}

/* ---- two tracks ---- */

static int compare_gaps(gconstpointer a, gconstpointer b)
{
    const ShowGap *first = a, *second = b;
    return (first->start_ms > second->start_ms) - (first->start_ms < second->start_ms);
}

GArray *media_gaps_union(const GArray *a, const GArray *b)
{
    g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    if (a != NULL && a->len > 0)
        g_array_append_vals(all, a->data, a->len);
    if (b != NULL && b->len > 0)
        g_array_append_vals(all, b->data, b->len);
    g_array_sort(all, compare_gaps);
    GArray *joined = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    for (guint i = 0; i < all->len; i++) {
        ShowGap gap = g_array_index(all, ShowGap, i);
        ShowGap *last = joined->len > 0 ? &g_array_index(joined, ShowGap, joined->len - 1) : NULL;
        if (last != NULL && gap.start_ms <= last->end_ms)
            last->end_ms = MAX(last->end_ms, gap.end_ms);
        else
            g_array_append_val(joined, gap);
    }
    return joined;
}
