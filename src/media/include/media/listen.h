/* One pass over the sound of every source: what aligns them and who speaks in them.
 *
 * Each file is decoded once. What is kept of it is small and lies in an unlinked temporary file,
 * so that memory does not grow with the length: voice probability and level every 32 ms, and what
 * alignment compares. */
#pragma once
#include <gio/gio.h>
#include <media/progress.h>
#include <show/clock.h>
#include <show/event.h>
#include <show/source.h>

typedef struct MediaListener MediaListener;

/* paths[n]: files with sound, or NULL for a source without. Works on as many threads as there are
 * cores. Free with media_listener_free(). */
MediaListener *media_listen(const char *const *paths, int n, const MediaProgress *progress,
                            GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_listener_free(MediaListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaListener, media_listener_free)

typedef struct MediaAlignment {
    ShowClock clock;
    double confidence; /* 0 … 1; 1 for the reference and for what the user said */
    gboolean given;    /* the user said it */
} MediaAlignment;

/* Aligns all files by their sound; session zero is the earliest start. Offsets to ±10 minutes,
 * drift to ±200 ppm. given[n]: NULL, or for each source NAN or seconds after source 0's start.
 * out[n]. Files without sound need a given offset, unless all others start together: then an
 * error that names the first and says how to help (--offset). */
gboolean media_align(MediaListener *listener, const GPtrArray *sources, const double *given,
                     MediaAlignment *out, GError **error);

/* Who speaks, on the session clock. mics[n]: index of the source whose person this file's sound
 * is the voice of (itself for a person, the camera of a mic), or -1: not a voice (wide, screen,
 * a camera whose person has a mic of their own, no sound).
 * Appends ShowEvent * (speaking_start/stop with t, edge_t) to `events` in order of t, and one
 * `gains` event at t = 0. `isolation_db` as speech_gains_get(). */
gboolean media_speech_events(MediaListener *listener, const GPtrArray *sources,
                             const MediaAlignment *alignments, const int *mics, GPtrArray *events,
                             float *isolation_db, GError **error);
