/* A few pictures of a recorded H.264 stream encoded anew, so that what is copied from it can begin in
 * the middle of a group of pictures: from there to the next keyframe they are encoded, behind it
 * copied.
 *
 * One stream has one set of parameters in MP4. Ours are laid beside the recording's under a number
 * that is free there (avcc-private.h), for the same profile, level, size and colours, so that a
 * decoder goes from one to the other at a keyframe as it goes from picture to picture.
 * Threads: one object, one thread at a time. */
#pragma once
#include "encode-private.h"
#include "recorded-private.h"

typedef struct MediaEdge MediaEdge;

/* Whether pictures can be encoded that fit: 8 bits, 4:2:0, whole frames, a free number. */
gboolean media_edge_fits(const AVCodecParameters *codec);

/* recorded: any of those that edges are made of; all must share their parameters. settings: crf,
 * preset and threads are read. */
MediaEdge *media_edge_new(const MediaRecorded *recorded, const MediaRenderSettings *settings,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_edge_free(MediaEdge *edge);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaEdge, media_edge_free)

/* The recording's parameters with ours beside them; borrowed. */
const AVCodecParameters *media_edge_parameters(const MediaEdge *edge);

/* Pictures first … end − 1, the first a keyframe, each at the tick it has in the recording. What is
 * damaged is left out. */
gboolean media_edge_write(MediaEdge *edge, MediaRecorded *recorded, guint first, guint end,
                          MediaPacketFunc func, gpointer data, GError **error);
/* One black picture, a keyframe, at tick 0. */
gboolean media_edge_black(MediaEdge *edge, MediaPacketFunc func, gpointer data, GError **error);
