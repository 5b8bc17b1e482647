/* One director over its lines: what a replay and a running show have in common. */
#pragma once
#include "feed-private.h"

typedef struct EditRun {
    DirectorSettings settings; /* in force; a settings line changes them */
    Director *director;        /* lies in `memory` */
    void *memory;
    EditFeeder feeder;
    gint64 now_ms;     /* advanced to */
    GArray *decisions; /* DirectorDecision, in their order; the caller may empty it */
} EditRun;

typedef struct EditRunOptions {
    const GPtrArray *sources; /* ShowSource *, borrowed while the run lives */
    const DirectorSource *table;
    const GPtrArray *lines; /* the whole log as far as it is known, for edit_feeder_init() */
    const DirectorSettings *settings;
    gboolean ignore_manual;
    gint64 start_ms;
} EditRunOptions;

/* EDIT_ERROR_SETTING when one is out of range. To be cleared in any case. */
gboolean edit_run_init(EditRun *run, const EditRunOptions *options, GError **error);
void edit_run_clear(EditRun *run);
/* Advances to just before the line's time and feeds it. Lines ascend in time. */
gboolean edit_run_line(EditRun *run, const ShowEvent *line, GError **error);
void edit_run_advance(EditRun *run, gint64 until_ms);
