/* A program as it was recorded while the show ran, made into program.mp4 and highlights.mp4: packets
 * are copied with their times, a gap is the frame before it held, sound is encoded once. Only where a
 * piece of the highlights begins between two keyframes are pictures encoded, up to the second.
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

/* Moves pieces onto pictures: to a keyframe that lies 300 ms before the wanted beginning to 200 ms
 * behind it, otherwise to the nearest picture; never into the piece before. Where pictures cannot be
 * encoded so that they fit (10 bits, interlaced), back to the keyframe before. Returns the farthest
 * way back, ms. */
gint64 media_recorded_snap(const MediaRecorded *recorded, ShowHighlights *highlights);

/* As media_render(), from the recording: `cameras` and `n_cameras` are not read, of `settings` only
 * the sound's bit rate and, for edges, crf, preset and threads, of `shots` only the duration; `mix`
 * begins with the first picture; the highlights have been through snap(). There must be no obstacle.
 * program_path NULL: the highlights alone, their sound from `sound`. Stage "copy". */
gboolean media_recorded_render(MediaRecorded *recorded, const MediaRender *render,
                               MediaRenderReport *report, GError **error);

/* Whether its sound can be copied into MP4: Opus and AAC. */
gboolean media_sound_can_copy(const MediaInfo *info);
