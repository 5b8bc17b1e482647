/* The shots of a program that was cut while the show ran: read from its log, not decided. */
#pragma once
#include <show/log.h>
#include <show/shots.h>

typedef struct EditRecorded {
    const ShowLog *log;                /* borrowed, in any order; not changed */
    gint64 start_ms, duration_ms;      /* of the recorded program, session clock */
    ShowRate rate;                     /* what shots.json says; no time is moved for it */
} EditRecorded;

/* Each `cut` of the log is a shot from its first frame on, with the reason of the `switch` that it
 * answers; a cut without one was made by hand or by nobody, and has none. The first shot begins at 0:
 * the last cut that is not later, otherwise what the first switch decided on. A cut to what is shown
 * already is none. Nothing of the kind in the log: one shot of `fallback`, or of "" when that is
 * NULL. */
ShowShots *edit_recorded_shots(const EditRecorded *recorded, const char *fallback);
