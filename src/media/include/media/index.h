/* The sidecar index of a recording: what it holds, how long it is, where it can be entered, where
 * something is missing. Browsers write WebM without a length and without cues, and a crash cuts it
 * off; with the sidecar `FILE.index` beside the file (docs/FORMATS.md) it is read once, and every
 * later render seeks.
 *
 * Times are from the file's zero (where the earlier of picture and sound begins) unless said
 * otherwise. Threads: any; an index is read only once it is made. */
#pragma once
#include <gio/gio.h>
#include <jansson.h>
#include <media/probe.h>
#include <media/progress.h>
#include <show/json.h>
#include <show/manifest.h>

enum {
    MEDIA_INDEX_STEP_MS = 500, /* entries of one list are at least so far apart */
};

/* A place to begin reading at. */
typedef struct MediaIndexEntry {
    gint64 offset; /* in the file: of the cluster or fragment, otherwise of the packet */
    gint64 time;   /* of the first there, in the list's unit */
} MediaIndexEntry;

typedef struct MediaIndexTrack {
    int base_num, base_den;   /* seconds of a tick of `entries`: the container's own time */
    gint64 count;             /* pictures, or packets of sound */
    gint64 first_ms, last_ms; /* of them, when they begin */
    GArray *entries; /* MediaIndexEntry, ticks, ascending: the keyframes of a picture, for sound
                        the first in each cluster; empty where the container has its own */
    GArray *gaps;    /* ShowGap */
} MediaIndexTrack;

typedef struct MediaIndex {
    MediaInfo *info;           /* codecs, size, rate, duration, bytes */
    char *sha256;              /* of the recording; the maker's caller sets it. May be NULL */
    gint64 zero_us;            /* the file's zero in the container's time */
    gint64 whole_bytes;        /* up to here it can be read … */
    gint64 damaged_bytes;      /* … but for so many that make no sense */
    gboolean torn;             /* it ends in the middle of something */
    gint64 skipped;            /* packets whose time cannot be, or that were there before */
    MediaIndexTrack video, audio;
    GArray *clusters;          /* MediaIndexEntry, ms: Matroska clusters, MP4 fragments */
    GArray *gaps;              /* ShowGap: where picture or sound is missing */
} MediaIndex;

/* Reads all of a recording once; nothing is decoded but the first pictures. What can be read is
 * indexed, whatever is cut off or damaged behind it. Errors are those of media_probe(); a file
 * whose times make no sense is MEDIA_ERROR_NOT_MEDIA. Progress stage: "index". */
MediaIndex *media_index_make(const char *path, const MediaProgress *progress,
                             GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_index_free(MediaIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaIndex, media_index_free)

/* "FILE.index"; free with g_free(). */
char *media_index_path(const char *recording);
json_t *media_index_to_json(const MediaIndex *index);
/* What a manifest says of the recording, in one object: video, audio, duration, width, height,
 * rate, bytes, sha256, gaps, torn; damaged_bytes and skipped where there are any. */
json_t *media_index_summary(const MediaIndex *index);

/* Checks all of it; `path` of the recording is for info->path. */
MediaIndex *media_index_from_json(const ShowJson *json, const char *path,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The sidecar of a recording. NULL without an error when there is none, or when it was made of
 * another file than the one that is there now (its size has changed). */
MediaIndex *media_index_load(const char *recording, GError **error) G_GNUC_WARN_UNUSED_RESULT;
