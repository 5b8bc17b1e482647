/* Which pieces of a program are worth showing again. */
#pragma once
#include <edit/speech.h>
#include <show/highlights.h>
#include <show/shots.h>

typedef struct EditHighlightSettings {
    gint64 target_ms;    /* wanted total; 60 000 */
    gint64 total_min_ms; /* 60 000: not left short of it to stay below the wanted total */
    gint64 total_max_ms; /* 600 000 */
    gint64 piece_min_ms; /* 8 000 */
    gint64 piece_max_ms; /* 30 000 */
    gint64 before_ms;    /* 500 … 1000 before the first word */
    gint64 after_ms;     /* 500 … 1000 after the last */
} EditHighlightSettings;

void edit_highlight_defaults(EditHighlightSettings *settings);
/* NULL when all is in range, otherwise which field and why not; static. */
const char *edit_highlight_check(const EditHighlightSettings *settings);

typedef struct EditPiece {
    gint64 start_ms, end_ms; /* of the program */
} EditPiece;
enum { EDIT_PIECES_MAX = 60 };

/* NULL when pieces that somebody chose can be shown: in time order, not overlapping, a second each at
 * least and ten minutes together at most; otherwise why not, static. */
const char *edit_pieces_check(const EditPiece *pieces, guint count);
/* Those pieces on frames of the program, with what is said in them. What lies beyond the program is
 * left out, and `note` says so. */
ShowHighlights *edit_highlights_chosen(const GArray *spans, const GPtrArray *sources,
                                       const ShowShots *shots, const EditPiece *pieces,
                                       guint count);

/* spans: session clock. shots: the program. Pieces lie on frames of shots->rate, in the program, in
 * time order, never overlapping, spread over people; at_ms filled in. `note` says why there is none,
 * or fewer than wanted. Deterministic. */
ShowHighlights *edit_highlights(const GArray *spans, const GPtrArray *sources,
                                const ShowShots *shots, const EditHighlightSettings *settings);
