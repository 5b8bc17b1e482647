/* Where a camera that is shown has no picture, another recording stands in for it: its own device's,
 * or the program as it was recorded at that time. */
#pragma once
#include <show/manifest.h>
#include <show/shots.h>

typedef struct EditRecording {
    const char *id;          /* what a shot of it is called: a source, or a name of its own */
    const char *source;      /* whose pictures these are; NULL: of whoever was on air */
    const GArray *covered;   /* ShowGap, session clock, ascending: where it has pictures */
    const ShowShots *on_air; /* who that was; of a program, otherwise NULL */
} EditRecording;

/* The shots as they are to be rendered: the same times and sources, but for stretches of 200 ms and
 * more where the source has no picture and a recording further back in the list does. The program
 * stands in where it shows the very source, and from 2 s on and for black whatever it shows. Where
 * nothing does, the source stays (its last picture is held). A source without a recording in the list
 * is left alone. */
ShowShots *edit_fill(const ShowShots *shots, const EditRecording *recordings, gsize n);
