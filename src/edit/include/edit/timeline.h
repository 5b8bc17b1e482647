/* The program as a timeline over the source files, for editors. */
#pragma once
#include <edit/error.h>
#include <show/clock.h>
#include <show/shots.h>
#include <show/source.h>

typedef enum {
    EDIT_FORMAT_UNSET = 0,
    EDIT_FORMAT_OTIO,   /* OpenTimelineIO JSON */
    EDIT_FORMAT_FCPXML, /* Final Cut Pro XML 1.9 */
    EDIT_FORMAT_EDL,    /* CMX 3600 */
    EDIT_FORMAT_MLT,    /* MLT XML: kdenlive, Shotcut */
} EditFormat;

EditFormat edit_format_from_name(const char *name); /* "otio", "fcpxml", "edl", "mlt" */
const char *edit_format_extension(EditFormat format);

typedef struct EditMedia {
    const char *source; /* id */
    const char *label;
    const char *path;     /* absolute, or relative to the timeline's folder */
    ShowClock clock;      /* where the file lies on the session clock */
    gint64 duration_ms;   /* of the file */
    ShowRate rate;        /* of the file's picture, constant; 0/0: sound only */
    double video_start_s; /* of its first frame, from the file's first moment; 0 in most files */
    int width, height;
    gboolean has_video, has_audio;
    int sample_rate, channels;
} EditMedia;

typedef struct EditTimeline {
    const char *name;
    const ShowShots *shots; /* rate must be set */
    const EditMedia *media; /* one for each source that a shot names */
    gsize n_media;
    const char *program_sound; /* path of a file whose sound is the program's mix, or NULL */
    int width, height;         /* of the program */
} EditTimeline;

/* The whole file as text; free with g_free(). Frame-exact: a shot's first frame is the frame of the
 * media whose picture the program shows there (edit/frames.h). Where a source has no picture (before
 * it began, after it ended, a shot of no source) there is a gap. Timecode is non-drop at every rate.
 *
 * Where the rate of a file is not the program's: OTIO and FCPXML name the very frame; EDL and MLT
 * count in frames of the program, and name the one whose time is nearest. */
char *edit_timeline_text(const EditTimeline *timeline, EditFormat format,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;
