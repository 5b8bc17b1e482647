/* A log through the director: the same for the live show, the recording and the re-cut. */
#pragma once
#include <director/director.h>
#include <director/plan.h>
#include <show/log.h>
#include <show/shots.h>
#include <show/source.h>

typedef enum {
    EDIT_MODE_UNSET = 0,
    EDIT_MODE_CAUSAL,
    EDIT_MODE_LOOK_AHEAD,
    EDIT_MODE_FULL,
} EditMode;

EditMode edit_mode_from_name(const char *name); /* "causal", "look-ahead", "full" */
const char *edit_mode_name(EditMode mode);

typedef struct EditReplay {
    const ShowLog *log;            /* borrowed; sorted here into replay order, not changed */
    const GPtrArray *sources;      /* ShowSource *, borrowed: 1 … SHOW_SOURCES_MAX */
    const DirectorSettings *settings;
    EditMode mode;                 /* full is what cut and direct default to */
    gboolean ignore_manual;
    gint64 start_ms;               /* first frame of the program on the session clock */
    gint64 duration_ms;            /* of the program */
    ShowRate rate;                 /* shots begin on a frame; 0/0 = ms */
} EditReplay;

/* Logged `switch` and `cut` are ignored: this decides anew. `settings`, `sources`, `epoch` lines of
 * the log count in the causal modes as DESIGN says. Deterministic: same input, same bytes. */
ShowShots *edit_replay(const EditReplay *replay, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Director events of a log, in feeding order: for benches and the server. Free with g_array_unref().
 * Elements: DirectorEvent. What names no known source is left out. */
GArray *edit_director_events(const ShowLog *log, const GPtrArray *sources, gboolean ignore_manual);
/* Director sources in the order of `sources`; array of SHOW_SOURCES_MAX. */
void edit_director_sources(const GPtrArray *sources, DirectorSource *out);
/* "Host speaks": what the screen says under the picture. New string. */
char *edit_reason_sentence(const DirectorDecision *decision, const GPtrArray *sources);
