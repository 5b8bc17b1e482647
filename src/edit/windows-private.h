/* Windows of a program that could be a piece of its highlights: they begin and end in pauses. */
#pragma once
#include <edit/highlights.h>
#include <show/limits.h>

/* A pause this long may be cut into: detectors report none shorter than 300 ms. */
enum { EDIT_PAUSE_MS = 200 };

typedef struct EditWindow {
    gint64 first_frame, end_frame; /* of the program; half open */
    gint64 start_ms, end_ms;       /* the same in ms */
    double density;                /* share of it in which somebody speaks, first to last word */
    double quality;                /* what it is chosen by, before people: density, pauses, cuts */
    int cuts;                      /* inside it */
    gint64 speech_ms[SHOW_SOURCES_MAX];
} EditWindow;

/* One whose edges somebody chose: to the nearest frames, within the program. FALSE: it has none. */
gboolean edit_window_at(const GArray *spans, const ShowShots *shots, gint64 start_ms, gint64 end_ms,
                        EditWindow *window);
/* All windows of the allowed lengths, ascending. spans: session clock. New array. */
GArray *edit_windows_new(const GArray *spans, const ShowShots *shots,
                         const EditHighlightSettings *settings);
