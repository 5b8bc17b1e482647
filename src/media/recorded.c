/* Where the pictures of a recorded program lie. What always holds: ticks ascend, the first is 0, and
 * a second reading gives what the first gave. */
#include "recorded-private.h"

#include <math.h>

enum { TELL_PICTURES = 1800 }; /* a minute */

/* ---- packets ---- */

gboolean media_recorded_rewind(MediaRecorded *recorded, GError **error)
{
    g_clear_pointer(&recorded->input, media_close_input);
    recorded->input = media_open_input(recorded->path, error);
    if (recorded->input == NULL)
        return FALSE;
    recorded->stream = media_best_video(recorded->input);
    g_assert(recorded->stream >= 0);
    for (unsigned i = 0; i < recorded->input->nb_streams; i++)
        if ((int)i != recorded->stream)
            recorded->input->streams[i]->discard = AVDISCARD_ALL;
    recorded->has_begun = FALSE;
    recorded->last = -1;
    return TRUE;
}

static const AVStream *stream_of(const MediaRecorded *recorded)
{
    return recorded->input->streams[recorded->stream];
}

/* Pictures that came within one tick follow each other by one. */
static void retime(MediaRecorded *recorded, AVPacket *packet)
{
    AVRational base = stream_of(recorded)->time_base;
    gint64 tick = av_rescale_q(packet->pts - recorded->first, base, recorded->base);
    if (tick < recorded->last)
        recorded->obstacle = "its pictures are not recorded in the order in which they are shown";
    packet->pts = packet->dts = MAX(tick, recorded->last + 1);
    packet->duration = recorded->frame_ticks;
    recorded->last = packet->pts;
}

static gboolean take(MediaRecorded *recorded, AVPacket *packet)
{
    if (packet->pts == AV_NOPTS_VALUE)
        packet->pts = packet->dts;
    gboolean is_key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    if (packet->stream_index != recorded->stream || packet->pts == AV_NOPTS_VALUE ||
        (packet->flags & AV_PKT_FLAG_CORRUPT) != 0 || (!recorded->has_begun && !is_key))
        return FALSE;
    if (!recorded->has_begun)
        recorded->first = packet->pts;
    recorded->has_begun = TRUE;
    return TRUE;
}

gboolean media_recorded_next(MediaRecorded *recorded, AVPacket *packet)
{
    while (av_read_frame(recorded->input, packet) >= 0) {
        if (take(recorded, packet)) {
            retime(recorded, packet);
            return TRUE;
        }
        av_packet_unref(packet);
    }
    return FALSE;
}

/* ---- the first reading ---- */

static const char *find_obstacle(const AVCodecParameters *codec)
{
    if (codec->codec_id != AV_CODEC_ID_H264)
        return "its picture is not H.264";
    if (codec->extradata_size == 0)
        return "it has no parameter sets of its own";
    if (codec->video_delay > 0)
        return "its pictures are not recorded in the order in which they are shown";
    return NULL;
}

static gboolean scan(MediaRecorded *recorded, const MediaInfo *info, const MediaProgress *progress,
                     GCancellable *cancellable, GError **error)
{
    g_autoptr(AVPacket) packet = av_packet_alloc();
    for (guint n = 0; media_recorded_next(recorded, packet); n++) {
        if ((packet->flags & AV_PKT_FLAG_KEY) != 0)
            g_array_append_val(recorded->keyframes, packet->pts);
        recorded->end = packet->pts + packet->duration;
        av_packet_unref(packet);
        if (n % TELL_PICTURES != 0)
            continue;
        media_progress_tell(progress, "read", (double)recorded->end * av_q2d(recorded->base),
                            info->duration_s);
        if (g_cancellable_set_error_if_cancelled(cancellable, error))
            return FALSE;
    }
    if (recorded->has_begun)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                "%s: there is no keyframe in it, so its picture cannot be shown; render from the "
                "cameras",
                recorded->path);
    return FALSE;
}

static void choose_base(MediaRecorded *recorded, const MediaInfo *info, gboolean steady)
{
    ShowRate rate = info->rate.num > 0 ? info->rate : (ShowRate){30, 1};
    recorded->base = steady ? (AVRational){rate.den, rate.num} : (AVRational){1, 1000};
    recorded->frame_ticks =
        steady ? 1 : MAX(1, llround(1000.0 * (double)rate.den / (double)rate.num));
}

MediaRecorded *media_recorded_open(const MediaInfo *info, gboolean steady,
                                   const MediaProgress *progress, GCancellable *cancellable,
                                   GError **error)
{
    g_assert(info->has_video);
    g_autoptr(MediaRecorded) recorded = g_new0(MediaRecorded, 1);
    recorded->path = g_strdup(info->path);
    recorded->keyframes = g_array_new(FALSE, FALSE, sizeof(gint64));
    recorded->steady = steady;
    choose_base(recorded, info, steady);
    if (!media_recorded_rewind(recorded, error))
        return NULL;
    recorded->obstacle = find_obstacle(stream_of(recorded)->codecpar);
    if (!scan(recorded, info, progress, cancellable, error))
        return NULL;
    AVRational base = stream_of(recorded)->time_base;
    recorded->start_s = (double)recorded->first * av_q2d(base) -
                        (double)media_input_zero_us(recorded->input) / AV_TIME_BASE;
    g_clear_pointer(&recorded->input, media_close_input);
    return g_steal_pointer(&recorded);
}

void media_recorded_close(MediaRecorded *recorded)
{
    if (recorded == NULL)
        return;
    media_close_input(recorded->input);
    g_array_unref(recorded->keyframes);
    g_free(recorded->path);
    g_free(recorded);
}

/* ---- what it is ---- */

const char *media_recorded_obstacle(const MediaRecorded *recorded)
{
    return recorded->obstacle;
}

double media_recorded_start_s(const MediaRecorded *recorded)
{
    return recorded->start_s;
}

double media_recorded_duration_s(const MediaRecorded *recorded)
{
    return (double)recorded->end * av_q2d(recorded->base);
}

/* ---- pieces ---- */

static gint64 to_ms(const MediaRecorded *recorded, gint64 tick)
{
    return av_rescale_q(tick, recorded->base, (AVRational){1, 1000});
}

/* The last keyframe that is shown at `ms` or before, ms. */
static gint64 keyframe_before(const MediaRecorded *recorded, gint64 ms)
{
    gint64 found = 0;
    for (guint i = 0; i < recorded->keyframes->len; i++) {
        gint64 at = to_ms(recorded, g_array_index(recorded->keyframes, gint64, i));
        if (at > ms)
            break;
        found = at;
    }
    return found;
}

gint64 media_recorded_snap(const MediaRecorded *recorded, ShowHighlights *highlights)
{
    gint64 behind = 0, at = 0, farthest = 0, end = to_ms(recorded, recorded->end);
    for (guint i = 0; i < highlights->pieces->len; i++) {
        ShowPiece *piece = highlights->pieces->pdata[i];
        gint64 start = MAX(behind, keyframe_before(recorded, piece->start_ms));
        farthest = MAX(farthest, piece->start_ms - start);
        piece->start_ms = start;
        piece->end_ms = MIN(piece->end_ms, end);
        piece->at_ms = at;
        at += piece->end_ms - piece->start_ms;
        behind = piece->end_ms;
    }
    return farthest;
}
