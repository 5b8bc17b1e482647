/* Who decided when: one director decides at a time, and each knew a part of the log. */
#pragma once
#include <director/director.h>
#include <show/limits.h>
#include <show/log.h>

typedef struct Reign {
    gint64 from_ms;   /* `at` of the line it begins with; G_MININT64 for the first */
    GPtrArray *lines; /* ShowEvent *, borrowed from the log, in feeding order; owned array */
    DirectorSource sources[SHOW_SOURCES_MAX];
} Reign;

/* More changes of decider or roles than any show has: an error, since each is a replay of its own. */
enum { EDIT_REIGNS_MAX = 256 };

/* The deciders of a log in order: Reign *, owned; one at least. NULL when there are too many. */
GPtrArray *edit_reigns_new(const ShowLog *log, const GPtrArray *sources, GError **error);
