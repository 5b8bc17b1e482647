/* A program as a row of clips: what all four formats are written from. */
#pragma once
#include <edit/timeline.h>

typedef struct TimelineClip {
    const EditMedia *media; /* NULL: nothing to show */
    const char *source;     /* "" for a gap */
    const char *reason;     /* or NULL */
    gint64 record_frame;    /* of the program */
    gint64 frames;          /* of the program; > 0 */
    gint64 in_frame;        /* of the media, at its own rate */
} TimelineClip;

typedef struct Timeline {
    const EditTimeline *edit;
    ShowRate rate;
    gint64 frames;
    GArray *clips; /* TimelineClip, without holes from 0 to `frames` */
} Timeline;

char *edit_timeline_otio(const Timeline *timeline);
char *edit_timeline_fcpxml(const Timeline *timeline);
char *edit_timeline_edl(const Timeline *timeline);
char *edit_timeline_mlt(const Timeline *timeline);

/* Frames of a file's picture. */
gint64 edit_media_frames(const EditMedia *media);
/* The frame of the program's rate whose time, from the start of the picture, is nearest to that of
 * a frame of the media: for formats that have one rate only. */
gint64 edit_media_in_program_frames(const EditMedia *media, gint64 frame, ShowRate rate);

/* A path as a URL: file:///… when absolute, otherwise relative, with what a URL cannot hold as %XX.
 * New string. */
char *edit_url(const char *path);
/* Text for XML, content or attribute: escaped, and without what XML cannot hold. New string. */
char *edit_xml(const char *text);
/* One line of printable UTF-8. New string. */
char *edit_line(const char *text);
