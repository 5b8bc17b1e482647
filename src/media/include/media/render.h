/* Shots to files: program.mp4 and highlights.mp4 from one encode.
 *
 * Only what is shown is decoded, each program frame is encoded once, keyframes lie where pieces of
 * the highlights begin and end, so that highlights are copied packets with their own sound. Files
 * appear whole or not at all (temporary name in the same folder, fsync, rename).
 *
 * Which frame: program frame n shows session time start + n/rate; the source's frame whose time is
 * nearest (the earlier of two) begins the shot, and consecutive frames follow as long as they stay
 * within ¾ of a frame of their time: no flapping between neighbours. */
#pragma once
#include <edit/chapters.h>
#include <gio/gio.h>
#include <media/mix.h>
#include <media/parts.h>
#include <media/probe.h>
#include <media/progress.h>
#include <media/waveform.h>
#include <show/clock.h>
#include <show/highlights.h>
#include <show/shots.h>

typedef enum {
    MEDIA_FIT_UNSET = 0,
    MEDIA_FIT_BARS, /* whole picture, black bars */
    MEDIA_FIT_CROP, /* fills the frame */
} MediaFit;

typedef struct MediaRenderSettings {
    int width, height;   /* even; 1920 × 1080 */
    MediaFit fit;        /* bars */
    int crf;             /* 22; 0 … 51 */
    const char *preset;  /* "veryfast" */
    int threads;         /* 0: as many as there are cores */
    int audio_bitrate;   /* bit/s; 160 000 */
    gboolean copy_sound; /* Opus and AAC stay as they were recorded, where pictures are copied */
    const MediaParts *parts; /* keeps what is encoded of program and cameras; NULL: nobody does */
} MediaRenderSettings;
void media_render_defaults(MediaRenderSettings *settings);

typedef struct MediaCamera {
    const char *source; /* id */
    const char *path;
    ShowClock clock;
} MediaCamera;

typedef struct MediaRender {
    const ShowShots *shots; /* rate and duration set */
    const MediaCamera *cameras;
    gsize n_cameras;
    const MediaRenderSettings *settings;
    MediaMix *mix;          /* at its beginning, as long as the program; NULL: no sound track */
    const MediaInfo *sound; /* a recording whose sound is copied in place of a mix, or NULL … */
    double sound_start_s;   /* … and where in it the program begins, from its zero */
    const MediaMixSettings
        *sound_mix;             /* pieces alone: how loud that sound is to be; NULL: as it is */
    MediaWaveform *waveform;    /* what is heard is added to it, but for copied sound; or NULL */
    ShowHighlights *highlights; /* or NULL; boundaries are on frames */
    const GPtrArray *chapters;  /* EditChapter *, or NULL */
    const char *title;          /* or NULL */
    const char *program_path;
    const char *highlights_path; /* or NULL; not written when there is no piece */
    const MediaProgress *progress;
    GCancellable *cancellable;
} MediaRender;

typedef struct MediaRenderReport {
    gint64 frames;         /* of the program */
    gint64 decoded_frames; /* of the cameras */
    gint64 copied_frames;  /* into program and highlights, without decoding */
    gint64
        encoded_frames; /* of the program, and where highlights are not copied from it, of both */
    gint64 missing_frames; /* nothing to show: black, or the last picture held */
    gint64 kept_frames;    /* of those encoded: by an earlier render, see media/parts.h */
    GPtrArray *warnings;   /* char *, owned */
} MediaRenderReport;
void media_render_report_clear(MediaRenderReport *report);

gboolean media_render(const MediaRender *render, MediaRenderReport *report, GError **error);

/* cam_N.mp4: H.264 and HEVC copied, everything else encoded once, also pictures of a variable rate
 * that are reordered; sound AAC (copied when it is AAC, or Opus with copy_sound). On the file's own
 * time, zero at the file's zero, pictures on the frames of its rate. */
/* keyframes: gint64, ascending: frames of the file that must be keyframes where it is encoded; NULL:
 * none. */
gboolean media_render_camera(const MediaInfo *info, const MediaRenderSettings *settings,
                             const GArray *keyframes, const char *path,
                             const MediaProgress *progress, GCancellable *cancellable,
                             GError **error);
