/* Windows of a program that could be a piece of its highlights.
 *
 * Speech of all people together is a row of runs with pauses between them. A window begins before a
 * run and ends after one, in the pauses; only inside a run that is longer than any piece may be, it
 * has to cut into speech, and does so far from the run's ends. */
#include "windows-private.h"

#include "speech-private.h"

#include <edit/frames.h>

#include <math.h>
#include <string.h>

typedef struct Run {
    gint64 start_ms, end_ms;       /* of the program */
    gint64 spoken_ms;              /* in it: less than its length where short pauses are closed */
    gboolean open_start, open_end; /* cut out of a longer run: there is no pause */
} Run;

typedef struct Windows {
    const EditHighlightSettings *settings;
    const ShowShots *shots;
    ShowRate rate;
    gint64 frames;
    GArray *spans; /* EditSpan, of the program's time */
    GArray *runs;  /* Run */
    GArray *found; /* EditWindow */
    gint64 ideal_ms;
} Windows;

/* ---- runs ---- */

static GArray *program_spans(const GArray *spans, const ShowShots *shots)
{
    g_autoptr(GArray) inside = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    for (guint i = 0; i < spans->len; i++) {
        EditSpan span = g_array_index(spans, EditSpan, i);
        span.start_ms = MAX(0, span.start_ms - shots->start_ms);
        span.end_ms = MIN(shots->duration_ms, span.end_ms - shots->start_ms);
        if (span.source >= 0 && span.source < SHOW_SOURCES_MAX && span.start_ms < span.end_ms)
            g_array_append_val(inside, span);
    }
    return edit_spans_merged(inside, 0);
}

/* A run longer than a piece may be, in parts of at most half a piece. */
static void add_parts(GArray *runs, const Run *whole, const EditHighlightSettings *settings)
{
    gint64 length_ms = whole->end_ms - whole->start_ms;
    gint64 room_ms = settings->piece_max_ms - settings->before_ms - settings->after_ms;
    gint64 parts = length_ms <= room_ms ? 1 : length_ms / MAX(2000, room_ms / 2) + 1;
    for (gint64 i = 0; i < parts; i++) {
        Run part = {
            .start_ms = whole->start_ms + length_ms * i / parts,
            .end_ms = whole->start_ms + length_ms * (i + 1) / parts,
            .spoken_ms = whole->spoken_ms / parts,
            .open_start = i > 0,
            .open_end = i + 1 < parts,
        };
        g_array_append_val(runs, part);
    }
}

static GArray *runs_of(const GArray *spans, const EditHighlightSettings *settings)
{
    GArray *runs = g_array_new(FALSE, FALSE, sizeof(Run));
    Run run = {0};
    gint64 heard_ms = 0; /* until here speech is counted */
    for (guint i = 0; i < spans->len; i++) {
        const EditSpan *span = &g_array_index(spans, EditSpan, i);
        if (run.end_ms > run.start_ms && span->start_ms - run.end_ms >= EDIT_PAUSE_MS) {
            add_parts(runs, &run, settings);
            run = (Run){0};
        }
        if (run.end_ms <= run.start_ms)
            run = (Run){.start_ms = span->start_ms, .end_ms = span->start_ms};
        gint64 new_from_ms = MAX(heard_ms, span->start_ms);
        run.spoken_ms += MAX(0, span->end_ms - new_from_ms);
        heard_ms = MAX(heard_ms, span->end_ms);
        run.end_ms = MAX(run.end_ms, span->end_ms);
    }
    if (run.end_ms > run.start_ms)
        add_parts(runs, &run, settings);
    return runs;
}

/* ---- edges ---- */

/* Where a window that begins with this run begins: before its first word, but in the pause: where
 * the pause is shorter than what is wanted before and after, they share it. */
static gint64 start_before(const Windows *windows, guint index)
{
    const Run *run = &g_array_index(windows->runs, Run, index);
    if (run->open_start)
        return run->start_ms;
    gint64 wanted_ms = run->start_ms - windows->settings->before_ms;
    if (index == 0)
        return MAX(0, wanted_ms);
    gint64 silent_ms = g_array_index(windows->runs, Run, index - 1).end_ms;
    return MAX(wanted_ms, (silent_ms + run->start_ms) / 2);
}

static gint64 end_after(const Windows *windows, guint index)
{
    const Run *run = &g_array_index(windows->runs, Run, index);
    if (run->open_end)
        return run->end_ms;
    gint64 wanted_ms = run->end_ms + windows->settings->after_ms;
    if (index + 1 == windows->runs->len)
        return MIN(windows->shots->duration_ms, wanted_ms);
    gint64 speaks_ms = g_array_index(windows->runs, Run, index + 1).start_ms;
    return MIN(wanted_ms, (run->end_ms + speaks_ms) / 2);
}

/* ---- quality ---- */

static int cuts_inside(const ShowShots *shots, gint64 start_ms, gint64 end_ms)
{
    guint low = 0, high = shots->shots->len; /* first shot after start_ms */
    while (low < high) {
        guint middle = (low + high) / 2;
        if (((const ShowShot *)shots->shots->pdata[middle])->t_ms > start_ms)
            high = middle;
        else
            low = middle + 1;
    }
    int cuts = 0;
    for (; low < shots->shots->len; low++, cuts++)
        if (((const ShowShot *)shots->shots->pdata[low])->t_ms >= end_ms)
            break;
    return cuts;
}

/* Density counts most. A long pause, more than a cut every five seconds, and a length far from the
 * one that fills the wanted total with about five pieces each cost a little. */
static double quality_of(const EditWindow *window, gint64 pause_ms, gint64 ideal_ms)
{
    double length_s = (double)(window->end_ms - window->start_ms) / 1000;
    double pause = CLAMP((double)(pause_ms - 1000) / 4000, 0, 1);
    double cuts = CLAMP(window->cuts / length_s * 5, 0, 2);
    double length = CLAMP(fabs(length_s * 1000 / (double)ideal_ms - 1), 0, 1);
    return window->density - 0.2 * pause - 0.05 * cuts - 0.05 * length;
}

static void share_speech(const Windows *windows, EditWindow *window, guint first_span)
{
    memset(window->speech_ms, 0, sizeof window->speech_ms);
    for (guint i = first_span; i < windows->spans->len; i++) {
        const EditSpan *span = &g_array_index(windows->spans, EditSpan, i);
        if (span->start_ms >= window->end_ms)
            break;
        gint64 inside_ms =
            MIN(span->end_ms, window->end_ms) - MAX(span->start_ms, window->start_ms);
        window->speech_ms[span->source] += MAX(0, inside_ms);
    }
}

/* ---- all windows ---- */

static gint64 frame_at_or_before(ShowRate rate, gint64 t_ms)
{
    gint64 frame = show_rate_frame(rate, t_ms);
    return show_rate_ms(rate, frame) > t_ms ? frame - 1 : frame;
}

typedef struct Stretch {
    guint first_run, last_run;
    gint64 spoken_ms, pause_ms; /* in it: said altogether, longest pause */
    guint first_span;
} Stretch;

/* FALSE when longer than a piece may be: so is every longer stretch. */
static gboolean add_window(Windows *windows, const Stretch *stretch)
{
    EditWindow window = {0};
    window.first_frame =
        CLAMP(frame_at_or_before(windows->rate, start_before(windows, stretch->first_run)), 0,
              windows->frames);
    window.end_frame =
        CLAMP(frame_at_or_before(windows->rate, end_after(windows, stretch->last_run)), 0,
              windows->frames);
    window.start_ms = show_rate_ms(windows->rate, window.first_frame);
    window.end_ms = show_rate_ms(windows->rate, window.end_frame);
    if (window.end_ms - window.start_ms > windows->settings->piece_max_ms)
        return FALSE;
    if (window.end_ms - window.start_ms < windows->settings->piece_min_ms)
        return TRUE;
    const Run *first = &g_array_index(windows->runs, Run, stretch->first_run);
    const Run *last = &g_array_index(windows->runs, Run, stretch->last_run);
    window.density = (double)stretch->spoken_ms / (double)(last->end_ms - first->start_ms);
    window.density = CLAMP(window.density, 0, 1);
    window.cuts = cuts_inside(windows->shots, window.start_ms, window.end_ms);
    window.quality = quality_of(&window, stretch->pause_ms, windows->ideal_ms);
    share_speech(windows, &window, stretch->first_span);
    g_array_append_val(windows->found, window);
    return TRUE;
}

static void add_windows_from(Windows *windows, guint first_run, guint first_span)
{
    Stretch stretch = {.first_run = first_run, .first_span = first_span};
    for (guint last = first_run; last < windows->runs->len; last++) {
        const Run *run = &g_array_index(windows->runs, Run, last);
        if (last > first_run) {
            gint64 before_ms = g_array_index(windows->runs, Run, last - 1).end_ms;
            stretch.pause_ms = MAX(stretch.pause_ms, run->start_ms - before_ms);
        }
        stretch.last_run = last;
        stretch.spoken_ms += run->spoken_ms;
        if (!add_window(windows, &stretch))
            return;
    }
}

/* First span that may reach into a window that begins with this run. Spans are sorted by start, and
 * none that ended before an earlier run reaches a later one. */
static guint skip_spans(const Windows *windows, guint span, gint64 start_ms)
{
    while (span < windows->spans->len &&
           g_array_index(windows->spans, EditSpan, span).end_ms <= start_ms)
        span++;
    return span;
}

GArray *edit_windows_new(const GArray *spans, const ShowShots *shots,
                         const EditHighlightSettings *settings)
{
    Windows windows = {
        .settings = settings,
        .shots = shots,
        .rate = edit_shots_rate(shots),
        .frames = edit_program_frames(shots),
        .ideal_ms = CLAMP(settings->target_ms / 5, settings->piece_min_ms, settings->piece_max_ms),
        .found = g_array_new(FALSE, FALSE, sizeof(EditWindow)),
    };
    windows.spans = program_spans(spans, shots);
    windows.runs = runs_of(windows.spans, settings);
    guint span = 0;
    for (guint i = 0; i < windows.runs->len; i++) {
        span = skip_spans(&windows, span, start_before(&windows, i));
        add_windows_from(&windows, i, span);
    }
    g_array_unref(windows.spans);
    g_array_unref(windows.runs);
    return windows.found;
}

/* ---- one that was chosen ---- */

/* How much of it somebody speaks; spans ascend by their start. */
static gint64 spoken_inside(const GArray *spans, gint64 start_ms, gint64 end_ms)
{
    gint64 spoken_ms = 0, heard_ms = start_ms;
    for (guint i = 0; i < spans->len; i++) {
        const EditSpan *span = &g_array_index(spans, EditSpan, i);
        gint64 from_ms = MAX(heard_ms, span->start_ms), to_ms = MIN(end_ms, span->end_ms);
        spoken_ms += MAX(0, to_ms - from_ms);
        heard_ms = MAX(heard_ms, to_ms);
    }
    return spoken_ms;
}

gboolean edit_window_at(const GArray *spans, const ShowShots *shots, gint64 start_ms, gint64 end_ms,
                        EditWindow *window)
{
    Windows windows = {.shots = shots, .rate = edit_shots_rate(shots)};
    gint64 frames = edit_program_frames(shots);
    *window = (EditWindow){
        .first_frame = CLAMP(show_rate_frame(windows.rate, start_ms), 0, frames),
        .end_frame = CLAMP(show_rate_frame(windows.rate, end_ms), 0, frames),
    };
    window->start_ms = show_rate_ms(windows.rate, window->first_frame);
    window->end_ms = show_rate_ms(windows.rate, window->end_frame);
    if (window->end_ms <= window->start_ms)
        return FALSE;
    windows.spans = program_spans(spans, shots);
    gint64 spoken_ms = spoken_inside(windows.spans, window->start_ms, window->end_ms);
    window->density = (double)spoken_ms / (double)(window->end_ms - window->start_ms);
    window->cuts = cuts_inside(shots, window->start_ms, window->end_ms);
    share_speech(&windows, window, 0);
    g_array_unref(windows.spans);
    return TRUE;
}
