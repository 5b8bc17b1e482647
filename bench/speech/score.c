#include "score.h"

#include <math.h>
#include <string.h>

enum { STEP_MS = 10, PAUSE_MS = 300, COLLAR_MS = 50, TURN_MS = 500, NEAR_MS = 300 };

typedef struct Counts {
    gint64 hits, false_alarms, misses;
    int false_starts, missed;
    GArray *onsets, *stops; /* gint64, ms */
} Counts;

static GArray *without_pauses(const GArray *spans)
{
    GArray *merged = g_array_new(FALSE, FALSE, sizeof(Span));
    for (guint i = 0; i < spans->len; i++) {
        Span span = g_array_index(spans, Span, i);
        Span *last = merged->len > 0 ? &g_array_index(merged, Span, merged->len - 1) : NULL;
        if (last != NULL && span.start_ms - last->end_ms < PAUSE_MS)
            last->end_ms = MAX(last->end_ms, span.end_ms);
        else
            g_array_append_val(merged, span);
    }
    return merged;
}

static void paint(guint8 *steps, gint64 count, gint64 start_ms, gint64 end_ms)
{
    gint64 from = CLAMP(start_ms / STEP_MS, 0, count);
    gint64 to = CLAMP(end_ms / STEP_MS, 0, count);
    if (to > from)
        memset(steps + from, 1, (gsize)(to - from));
}

static guint8 *paint_all(const GArray *spans, gint64 count)
{
    guint8 *steps = g_malloc0((gsize)count + 1);
    for (guint i = 0; i < spans->len; i++) {
        Span span = g_array_index(spans, Span, i);
        paint(steps, count, span.start_ms, span.end_ms);
    }
    return steps;
}

static guint8 *paint_collars(const GArray *spans, gint64 count)
{
    guint8 *steps = g_malloc0((gsize)count + 1);
    for (guint i = 0; i < spans->len; i++) {
        Span span = g_array_index(spans, Span, i);
        paint(steps, count, span.start_ms - COLLAR_MS, span.start_ms + COLLAR_MS);
        paint(steps, count, span.end_ms - COLLAR_MS, span.end_ms + COLLAR_MS);
    }
    return steps;
}

/* Returns the share of the time in which the mic is wrongly active. */
static double count_steps(const GArray *truth, const GArray *found, gint64 count, Counts *counts)
{
    g_autofree guint8 *want = paint_all(truth, count);
    g_autofree guint8 *have = paint_all(found, count);
    g_autofree guint8 *skip = paint_collars(truth, count);
    gint64 false_alarms = 0;
    for (gint64 i = 0; i < count; i++) {
        if (skip[i])
            continue;
        counts->hits += want[i] && have[i];
        counts->misses += want[i] && !have[i];
        false_alarms += !want[i] && have[i];
    }
    counts->false_alarms += false_alarms;
    return (double)false_alarms / (double)MAX(count, 1);
}

static void count_turn(Span turn, const GArray *found, Counts *counts)
{
    gboolean hit = FALSE, ended = FALSE;
    for (guint i = 0; i < found->len; i++) {
        Span span = g_array_index(found, Span, i);
        if (!hit && span.end_ms > turn.start_ms && span.start_ms < turn.end_ms) {
            gint64 delay_ms = MAX(span.start_ms - turn.start_ms, -500);
            g_array_append_val(counts->onsets, delay_ms);
            hit = TRUE;
        }
        if (!ended && span.end_ms > turn.end_ms - 200 && span.start_ms < turn.end_ms) {
            gint64 delay_ms = span.end_ms - turn.end_ms;
            g_array_append_val(counts->stops, delay_ms);
            ended = TRUE;
        }
    }
    counts->missed += !hit;
}

static void count_turns(const GArray *truth, const GArray *found, Counts *counts)
{
    for (guint i = 0; i < truth->len; i++) {
        Span turn = g_array_index(truth, Span, i);
        if (turn.end_ms - turn.start_ms >= TURN_MS)
            count_turn(turn, found, counts);
    }
    for (guint i = 0; i < found->len; i++) {
        Span span = g_array_index(found, Span, i);
        gboolean near = FALSE;
        for (guint k = 0; k < truth->len && !near; k++) {
            Span turn = g_array_index(truth, Span, k);
            near = span.start_ms < turn.end_ms + NEAR_MS && span.end_ms > turn.start_ms;
        }
        counts->false_starts += !near;
    }
}

static int compare_ms(gconstpointer a, gconstpointer b)
{
    gint64 difference = *(const gint64 *)a - *(const gint64 *)b;
    return (difference > 0) - (difference < 0);
}

static double quantile(GArray *values, double q)
{
    if (values->len == 0)
        return NAN;
    g_array_sort(values, compare_ms);
    guint at = MIN(values->len - 1, (guint)(q * values->len));
    return (double)g_array_index(values, gint64, at);
}

static gint64 steps_of(GArray *const *truth)
{
    gint64 last_ms = 0;
    for (int mic = 0; mic < SPEECH_MICS_MAX; mic++) {
        for (guint i = 0; i < truth[mic]->len; i++)
            last_ms = MAX(last_ms, g_array_index(truth[mic], Span, i).end_ms);
    }
    return (last_ms + 1000) / STEP_MS;
}

static void fill(Score *score, Counts *counts, gint64 steps)
{
    double hits = (double)counts->hits;
    score->precision = hits / MAX(1.0, hits + (double)counts->false_alarms);
    score->recall = hits / MAX(1.0, hits + (double)counts->misses);
    score->f1 = 2 * score->precision * score->recall / MAX(1e-9, score->precision + score->recall);
    score->onset_p50_ms = quantile(counts->onsets, 0.5);
    score->onset_p90_ms = quantile(counts->onsets, 0.9);
    score->stop_p50_ms = quantile(counts->stops, 0.5);
    score->stop_p90_ms = quantile(counts->stops, 0.9);
    score->missed = counts->missed;
    score->false_starts_per_minute =
        counts->false_starts / ((double)MAX(steps, 1) * STEP_MS / 60000);
}

void score_show(const BenchShow *show, Score *score)
{
    Counts counts = {.onsets = g_array_new(FALSE, FALSE, sizeof(gint64)),
                     .stops = g_array_new(FALSE, FALSE, sizeof(gint64))};
    *score = (Score){0};
    gint64 steps = steps_of(show->truth);
    for (int mic = 0; mic < show->mics; mic++) {
        g_autoptr(GArray) truth = without_pauses(show->truth[mic]);
        score->false_share[mic] = count_steps(truth, show->found[mic], steps, &counts);
        count_turns(truth, show->found[mic], &counts);
    }
    fill(score, &counts, steps);
    g_array_unref(counts.onsets);
    g_array_unref(counts.stops);
}
