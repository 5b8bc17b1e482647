/* Packets of a recorded picture, timed from its first one on. What is known of all of them: when each
 * is shown and which are keyframes; so reading can begin at any keyframe. */
#pragma once
#include "open-private.h"
#include <media/recorded.h>

typedef struct MediaRecordedKey {
    guint picture;
    gint64 pts; /* the stream's own */
} MediaRecordedKey;

struct MediaRecorded {
    char *path;
    AVFormatContext *input;
    int stream;
    gboolean steady;
    AVRational base;    /* of the packets: frames of the rate, or ms */
    gint64 frame_ticks; /* how long the last picture is shown */
    ShowRate rate;
    const char *obstacle;
    double start_s;
    GArray *ticks;      /* gint32 of each picture, ascending from 0: 0.4 MB an hour */
    GArray *keyframes;  /* MediaRecordedKey, ascending; the first is picture 0 */
    gint64 end;         /* ticks */
    gboolean has_edges; /* pieces may begin at any picture: media_edge_fits() */

    gboolean has_begun; /* at a keyframe */
    gint64 first;       /* pts of picture 0 */
    guint next;         /* picture that is read next, where `input` is */
    AVPacket *waiting;  /* that picture, if it was read already */
};

guint media_recorded_pictures(const MediaRecorded *recorded);
/* Of a picture; `end` behind the last. */
gint64 media_recorded_tick(const MediaRecorded *recorded, guint picture);
/* The first picture whose tick is at least this, or their number. */
guint media_recorded_first_from(const MediaRecorded *recorded, double tick);
/* The picture whose time is nearest, the earlier of two. */
guint media_recorded_nearest(const MediaRecorded *recorded, double tick);
/* The last keyframe that is this picture or before it, as an index of `keyframes`; and the first that
 * is it or behind it, keyframes->len when there is none. */
guint media_recorded_key_before(const MediaRecorded *recorded, guint picture);
guint media_recorded_key_behind(const MediaRecorded *recorded, guint picture);
/* The picture of a keyframe; the number of pictures behind the last. */
guint media_recorded_key_picture(const MediaRecorded *recorded, guint key);

AVStream *media_recorded_stream(const MediaRecorded *recorded);
/* Reading goes on at this keyframe. */
gboolean media_recorded_go(MediaRecorded *recorded, guint key, GError **error);
/* The next picture, in ticks; FALSE at the end (damage ends it too). */
gboolean media_recorded_next(MediaRecorded *recorded, AVPacket *packet);
