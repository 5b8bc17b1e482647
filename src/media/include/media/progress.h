/* How long work tells how far it is. Called from whatever thread works; must be quick. */
#pragma once
#include <glib.h>

/* stage: static text ("listen", "align", "measure", "render", "copy"); done and total: seconds of
 * media, total > 0. */
typedef void (*MediaProgressFunc)(const char *stage, double done_s, double total_s, gpointer data);

typedef struct MediaProgress {
    MediaProgressFunc func; /* or NULL */
    gpointer data;
} MediaProgress;

void media_progress_tell(const MediaProgress *progress, const char *stage, double done_s,
                         double total_s); /* NULL-safe */
