/* What this process may take while it reads recordings: a file that claims more than a camera ever
 * writes ends a command with an error and never takes the machine with it.
 *
 * What one file may claim is checked where it is opened and probed: MEDIA_ERROR_LIMIT. */
#pragma once
#include <glib.h>

enum {
    MEDIA_HOURS_MAX = 48,    /* that a recording may last */
    MEDIA_OPEN_SECONDS = 60, /* that opening one may take */
};

/* Limits the data of this process to 1 GiB and 384 MiB for each recording (getrlimit(2),
 * RLIMIT_DATA; decoding three 1080p cameras takes a third of a GiB in all), and turns core files
 * off: they would hold pictures of people. Lower limits that are set already stay. A program under
 * AddressSanitizer keeps its data unlimited, because shadow memory counts. Has the allocator give
 * back what is freed. Call it before the
 * recordings are opened. */
void media_limit_process(guint n_recordings);
