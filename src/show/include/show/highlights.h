/* highlights.json: which pieces of the program are in highlights.mp4, and why.
 *   {"version":1,"total":61200,"pieces":[{"start":1000,"end":9000,"at":0,"people":["cam_1"],
 *    "score":0.93,"reason":"…"}],"note":"…"}
 * start, end: ms of the program; at: where the piece begins in highlights.mp4, ms. */
#pragma once
#include <glib.h>
#include <jansson.h>
#include <show/json.h>

typedef struct ShowPiece {
    gint64 start_ms, end_ms; /* half open, on frame boundaries of the program */
    gint64 at_ms;
    GPtrArray *people;       /* char *, owned: ids, most speech first */
    double score;            /* density: 0 … 1 */
    char *reason;            /* or NULL */
    json_t *extra;
} ShowPiece;

typedef struct ShowHighlights {
    GPtrArray *pieces; /* ShowPiece *, owned, in time order, never overlapping */
    char *note;        /* why there is no piece, or fewer than asked for; or NULL */
    json_t *extra;
} ShowHighlights;

ShowHighlights *show_highlights_new(void);
void show_highlights_free(ShowHighlights *highlights);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowHighlights, show_highlights_free)
ShowPiece *show_piece_new(gint64 start_ms, gint64 end_ms);
void show_piece_free(ShowPiece *piece);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowPiece, show_piece_free)

gint64 show_highlights_total_ms(const ShowHighlights *highlights);
ShowHighlights *show_highlights_from_json(const ShowJson *json, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
json_t *show_highlights_to_json(const ShowHighlights *highlights);
