/* A program as it was recorded while the show ran, made into program.mp4 and highlights.mp4 without
 * decoding a picture: packets are copied with their times, a gap is the frame before it held, sound
 * is encoded once. Highlights begin at keyframes of the recording.
 * Threads: one object, one thread at a time. */
#pragma once
#include <media/probe.h>
#include <media/render.h>

typedef struct MediaRecorded MediaRecorded;

/* Reads the whole recording once: where its pictures and keyframes lie. info: of media_probe(), with
 * a picture. steady: its rate may be taken for exact, so that what the container rounded is mended
 * (one file of a constant rate); otherwise times stay as they are, to the millisecond. */
MediaRecorded *media_recorded_open(const MediaInfo *info, gboolean steady,
                                   const MediaProgress *progress, GCancellable *cancellable,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_recorded_close(MediaRecorded *recorded);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaRecorded, media_recorded_close)

/* Why its pictures cannot be copied into MP4; NULL: they can. Static. */
const char *media_recorded_obstacle(const MediaRecorded *recorded);
/* Of the pictures: the first, from the file's zero, and how long from there to the end of the last. */
double media_recorded_start_s(const MediaRecorded *recorded);
double media_recorded_duration_s(const MediaRecorded *recorded);

/* Moves pieces to where they can be copied: back to the keyframe before each, never into the piece
 * before it. Returns the farthest such way, ms. */
gint64 media_recorded_snap(const MediaRecorded *recorded, ShowHighlights *highlights);

/* As media_render(), from the recording: `cameras` and `n_cameras` are not read, of `settings` only
 * the sound's bit rate, of `shots` only the duration; `mix` begins with the first picture; the
 * highlights have been through snap(). There must be no obstacle. Stage "copy". */
gboolean media_recorded_render(MediaRecorded *recorded, const MediaRender *render, GError **error);
