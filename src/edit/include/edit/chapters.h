/* Chapter marks at long turns, named after the speaker. */
#pragma once
#include <edit/speech.h>
#include <show/shots.h>

typedef struct EditChapter {
    gint64 start_ms; /* of the program; the first is 0; each lasts to the next */
    char *title;     /* owned */
} EditChapter;

/* New array of EditChapter * with free function; empty when nobody speaks. */
GPtrArray *edit_chapters(const GArray *spans, const GPtrArray *sources, const ShowShots *shots);
