/* The director of a running show: lines of its log go in as they are written, decisions come out. It
 * decides as edit_replay() will from the finished log: in causal mode when settings.look_ahead_ms is
 * 0, otherwise with that look-ahead. Lines that count there count here, with these rules for whoever
 * writes the log:
 *   - `at` of each line is greater than what was advanced to (edit_live_next_at_ms());
 *   - `epoch` of each line is edit_live_server_epoch(), or that of the console whose lines are
 *     adopted;
 *   - a list of sources names all that the show ever had, new ones at its end;
 *   - `epoch` by "console": another director decides; nothing comes out of this one until a line
 *     `epoch` by "server", which knows all lines that were given before it.
 * Keeps the lines that can move a decision (some hundred bytes each), since a change of roles and a
 * new epoch decide anew from the beginning.
 * Threads: one object, one thread at a time. */
#pragma once
#include <director/director.h>
#include <show/event.h>

typedef struct EditLive EditLive;

/* sources: ShowSource *, 1 … SHOW_SOURCES_MAX, copied. The show starts at 0. EDIT_ERROR_SETTING,
 * EDIT_ERROR_FAILED. */
EditLive *edit_live_new(const GPtrArray *sources, const DirectorSettings *settings,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
void edit_live_free(EditLive *live); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EditLive, edit_live_free)

/* The `at` that a line written at now_ms gets. */
gint64 edit_live_next_at_ms(const EditLive *live, gint64 now_ms);
/* To what the show has to be advanced so that every line given so far is decided, if the clock says
 * now_ms: many lines in one ms put `at` ahead of it. */
gint64 edit_live_due_ms(const EditLive *live, gint64 now_ms);
/* Whether edit_live_line() would take it; changes nothing, so that it can be asked before writing. */
gboolean edit_live_check(const EditLive *live, const ShowEvent *line, GError **error);
/* Whether a decision may come of a line, or be due at another time because of it. */
gboolean edit_live_moves(const ShowEvent *line);
/* A line with its `at` and `seq`, copied as far as needed. FALSE: it has no meaning (settings out of
 * range, a list of sources that is none): it should not have been written, and counts for nothing. */
gboolean edit_live_line(EditLive *live, const ShowEvent *line, GError **error);
/* All lines with at ≤ now_ms were given. */
void edit_live_advance(EditLive *live, gint64 now_ms);
/* The next decision, in order; FALSE: none waits. */
gboolean edit_live_take(EditLive *live, DirectorDecision *decision);
/* When to advance if no line comes, ms. */
gint64 edit_live_deadline_ms(const EditLive *live);
/* Index of what would be shown next, or DIRECTOR_NONE. */
int edit_live_next_source(const EditLive *live);
gboolean edit_live_is_deciding(const EditLive *live); /* FALSE while the console decides */
gint64 edit_live_epoch(const EditLive *live);         /* of the last line `epoch`; 0 at first */
gint64 edit_live_server_epoch(const EditLive *live);  /* of the server's own lines */
/* Borrowed until the next line: as the last list has them. */
const GPtrArray *edit_live_sources(const EditLive *live);
DirectorSettings edit_live_settings(const EditLive *live); /* in force */
