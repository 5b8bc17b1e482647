/* The pictures of one recording by time: give ascending moments, get the frame to show at each.
 *
 * Which frame: see media/render.h. A constant rate's frames lie exactly on their grid, however the
 * container rounds. Only what is needed is decoded: from the keyframe before, without the frames
 * that no other needs. Threads: one object, one thread at a time. */
#pragma once
#include "timing-private.h"

typedef struct MediaPicture MediaPicture;

MediaPicture *media_picture_open(const char *path, int threads,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the whole file says of its picture; learned once by whoever opens it often. */
typedef struct MediaPictureFacts {
    gint64 zero_us;
    MediaTiming timing;
} MediaPictureFacts;

gboolean media_picture_learn(const char *path, MediaPictureFacts *facts, GError **error);

/* The same picture with what was learned of it: faster, and without the index of the sound. */
MediaPicture *media_picture_open_again(const char *path, const MediaPictureFacts *facts,
                                       int threads, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_picture_close(MediaPicture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaPicture, media_picture_close)

/* A shot begins at this moment (seconds of the recording): goes there, as near as keyframes allow,
 * or decodes on where that is cheaper. */
void media_picture_begin(MediaPicture *picture, double source_s);

typedef struct MediaShown {
    AVFrame *frame;    /* borrowed until the next call; NULL: nothing yet */
    gboolean missing;  /* the recording has no picture here: frame is an older one, or NULL */
    gboolean repeated; /* the same frame as the last time */
} MediaShown;

/* The frame to show at this moment, not before the last one asked for. Damage is never an error: the
 * last good frame stays. FALSE only when cancelled. */
gboolean media_picture_show(MediaPicture *picture, double source_s, GCancellable *cancellable,
                            MediaShown *shown);

/* The next frame in order and its moment, or NULL at the end; borrowed until the next call. */
AVFrame *media_picture_next(MediaPicture *picture, GCancellable *cancellable, double *source_s);

/* From here on only keyframes are read and decoded. */
void media_picture_only_keyframes(MediaPicture *picture);
/* Where the picture ends, as far as the file says: seconds of the recording. */
double media_picture_end_s(const MediaPicture *picture);

gint64 media_picture_decoded(const MediaPicture *picture);
gboolean media_picture_damaged(const MediaPicture *picture);
const AVStream *media_picture_stream(const MediaPicture *picture);
