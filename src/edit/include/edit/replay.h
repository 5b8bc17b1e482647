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
    const ShowLog *log;       /* borrowed, in any order; not changed */
    const GPtrArray *sources; /* ShowSource *, borrowed: 1 … SHOW_SOURCES_MAX */
    const DirectorSettings *settings;
    EditMode mode; /* full is what cut and direct default to */
    gboolean ignore_manual;
    gint64 start_ms;    /* first frame of the program on the session clock */
    gint64 duration_ms; /* of the program */
    ShowRate rate;      /* shots begin on a frame; 0/0 = ms */
} EditReplay;

/* Shots begin on the first frame that is not before their decision; what lasts no frame is left out,
 * neighbours of one source are one shot, and where nothing can be shown the source is "". Reasons
 * are director_reason_name().
 *
 * Logged `switch` and `cut` are ignored: this decides anew. In the causal modes these lines of the
 * log count, and in full knowledge they do not:
 *   settings  {"settings":{…}}: from there on; look_ahead stays as it was
 *   sources   a role or priority that differs from what the log said before: from there on, the
 *             director decides as if it had been so from the start. Sources of which the log says
 *             one thing only have the roles of `sources` here
 *   epoch     {"epoch":n,"lastSeq":s}: from its `at` on another director decides, which was fed the
 *             lines of earlier epochs with seq ≤ s, then those of its own by (at, seq)
 * Deterministic: same input, same bytes. Errors: EDIT_ERROR_SETTING from a line of the log,
 * EDIT_ERROR_FAILED. */
ShowShots *edit_replay(const EditReplay *replay, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Director events of a log, in feeding order: for benches and the server. Free with g_array_unref().
 * Elements: DirectorEvent. What names no known source is left out. */
GArray *edit_director_events(const ShowLog *log, const GPtrArray *sources, gboolean ignore_manual);
/* Director sources in the order of `sources`; array of SHOW_SOURCES_MAX. */
void edit_director_sources(const GPtrArray *sources, DirectorSource *out);
/* "Host speaks": what the screen says under the picture. New string. */
char *edit_reason_sentence(const DirectorDecision *decision, const GPtrArray *sources);
