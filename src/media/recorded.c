/* Where the pictures of a recording lie that is to be copied. What always holds: ticks ascend, the
 * first is 0, and reading from a keyframe on gives what the first reading gave. */
#include "recorded-private.h"

#include "edge-private.h"

#include <math.h>

enum {
    TELL_PICTURES = 1800, /* a minute */
    EARLIER_MS = 300,     /* a keyframe so near to where a piece was to begin does as well: */
    LATER_MS = 200,       /* 0.5 to 1 s before the first word remain */
};

/* ---- packets ---- */

static gboolean open_again(MediaRecorded *recorded, GError **error)
{
    g_clear_pointer(&recorded->input, media_close_input);
    av_packet_unref(recorded->waiting);
    recorded->input = media_open_input(recorded->path, error);
    if (recorded->input == NULL)
        return FALSE;
    recorded->stream = media_best_video(recorded->input);
    g_assert(recorded->stream >= 0);
    for (unsigned i = 0; i < recorded->input->nb_streams; i++)
        if ((int)i != recorded->stream)
            recorded->input->streams[i]->discard = AVDISCARD_ALL;
    recorded->has_begun = FALSE;
    recorded->next = 0;
    return TRUE;
}

AVStream *media_recorded_stream(const MediaRecorded *recorded)
{
    return recorded->input->streams[recorded->stream];
}

static gboolean take(MediaRecorded *recorded, AVPacket *packet)
{
    if (packet->pts == AV_NOPTS_VALUE)
        packet->pts = packet->dts;
    gboolean is_key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
    if (packet->stream_index != recorded->stream || packet->pts == AV_NOPTS_VALUE ||
        (packet->flags & AV_PKT_FLAG_CORRUPT) != 0 || (!recorded->has_begun && !is_key))
        return FALSE;
    recorded->has_begun = TRUE;
    return TRUE;
}

/* The next picture as it lies in the file, from the first keyframe on. */
static gboolean read_picture(MediaRecorded *recorded, AVPacket *packet)
{
    while (av_read_frame(recorded->input, packet) >= 0) {
        if (take(recorded, packet))
            return TRUE;
        av_packet_unref(packet);
    }
    return FALSE;
}

gboolean media_recorded_next(MediaRecorded *recorded, AVPacket *packet)
{
    guint n = media_recorded_pictures(recorded);
    if (recorded->waiting->data != NULL)
        av_packet_move_ref(packet, recorded->waiting);
    else if (recorded->next >= n || !read_picture(recorded, packet))
        return FALSE;
    packet->pts = packet->dts = media_recorded_tick(recorded, recorded->next);
    recorded->next++;
    packet->duration = recorded->next < n
                           ? media_recorded_tick(recorded, recorded->next) - packet->pts
                           : recorded->frame_ticks;
    return TRUE;
}

/* ---- going to a keyframe ---- */

static const MediaRecordedKey *key_at(const MediaRecorded *recorded, guint key)
{
    g_assert(key < recorded->keyframes->len);
    return &g_array_index(recorded->keyframes, MediaRecordedKey, key);
}

/* Reads on to the keyframe. FALSE: what comes lies behind it already, or nothing comes. */
static gboolean read_to(MediaRecorded *recorded, const MediaRecordedKey *wanted)
{
    while (read_picture(recorded, recorded->waiting)) {
        gint64 pts = recorded->waiting->pts;
        if (pts == wanted->pts && (recorded->waiting->flags & AV_PKT_FLAG_KEY) != 0)
            return TRUE;
        av_packet_unref(recorded->waiting);
        if (pts > wanted->pts)
            return FALSE;
    }
    return FALSE;
}

static gboolean seek(MediaRecorded *recorded, const MediaRecordedKey *wanted)
{
    av_packet_unref(recorded->waiting);
    recorded->has_begun = FALSE;
    return av_seek_frame(recorded->input, recorded->stream, wanted->pts, AVSEEK_FLAG_BACKWARD) >=
               0 &&
           read_to(recorded, wanted);
}

gboolean media_recorded_go(MediaRecorded *recorded, guint key, GError **error)
{
    const MediaRecordedKey *wanted = key_at(recorded, key);
    if (recorded->next == wanted->picture && recorded->has_begun)
        return TRUE;
    if (!seek(recorded, wanted) && (!open_again(recorded, error) || !read_to(recorded, wanted))) {
        if (error != NULL && *error == NULL)
            g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                        "%s: a keyframe that was there is gone; does the file change?",
                        recorded->path);
        return FALSE;
    }
    recorded->next = wanted->picture;
    return TRUE;
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

/* Pictures that came within one tick follow each other by one. */
static void note_picture(MediaRecorded *recorded, const AVPacket *packet)
{
    guint n = recorded->ticks->len;
    if (n == 0)
        recorded->first = packet->pts;
    AVRational base = media_recorded_stream(recorded)->time_base;
    gint64 last = n > 0 ? g_array_index(recorded->ticks, gint32, n - 1) : -1;
    gint64 tick = av_rescale_q(packet->pts - recorded->first, base, recorded->base);
    if (tick < last)
        recorded->obstacle = "its pictures are not recorded in the order in which they are shown";
    gint32 kept = (gint32)CLAMP(tick, last + 1, G_MAXINT32 - 1);
    g_array_append_val(recorded->ticks, kept);
    if ((packet->flags & AV_PKT_FLAG_KEY) != 0) {
        MediaRecordedKey key = {n, packet->pts};
        g_array_append_val(recorded->keyframes, key);
    }
    recorded->end = kept + recorded->frame_ticks;
}

static gboolean scan(MediaRecorded *recorded, const MediaInfo *info, const MediaProgress *progress,
                     GCancellable *cancellable, GError **error)
{
    g_autoptr(AVPacket) packet = av_packet_alloc();
    while (read_picture(recorded, packet)) {
        note_picture(recorded, packet);
        av_packet_unref(packet);
        if (recorded->ticks->len % TELL_PICTURES != 1)
            continue;
        media_progress_tell(progress, "read", (double)recorded->end * av_q2d(recorded->base),
                            info->duration_s);
        if (g_cancellable_set_error_if_cancelled(cancellable, error))
            return FALSE;
    }
    recorded->next = recorded->ticks->len;
    if (recorded->ticks->len > 0)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                "%s: there is no keyframe in it, so its picture cannot be shown; render from the "
                "cameras",
                recorded->path);
    return FALSE;
}

static void choose_base(MediaRecorded *recorded, const MediaInfo *info, gboolean steady)
{
    ShowRate rate = recorded->rate = info->rate.num > 0 ? info->rate : (ShowRate){30, 1};
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
    recorded->ticks = g_array_new(FALSE, FALSE, sizeof(gint32));
    recorded->keyframes = g_array_new(FALSE, FALSE, sizeof(MediaRecordedKey));
    recorded->waiting = av_packet_alloc();
    recorded->steady = steady;
    choose_base(recorded, info, steady);
    if (!open_again(recorded, error))
        return NULL;
    const AVStream *stream = media_recorded_stream(recorded);
    recorded->obstacle = find_obstacle(stream->codecpar);
    recorded->has_edges = recorded->obstacle == NULL && media_edge_fits(stream->codecpar);
    if (!scan(recorded, info, progress, cancellable, error))
        return NULL;
    recorded->start_s = (double)recorded->first * av_q2d(stream->time_base) -
                        (double)media_input_zero_us(recorded->input) / AV_TIME_BASE;
    return g_steal_pointer(&recorded);
}

void media_recorded_close(MediaRecorded *recorded)
{
    if (recorded == NULL)
        return;
    media_close_input(recorded->input);
    av_packet_free(&recorded->waiting);
    g_array_unref(recorded->ticks);
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

guint media_recorded_pictures(const MediaRecorded *recorded)
{
    return recorded->ticks->len;
}

gint64 media_recorded_tick(const MediaRecorded *recorded, guint picture)
{
    return picture < recorded->ticks->len ? g_array_index(recorded->ticks, gint32, picture)
                                          : recorded->end;
}

guint media_recorded_first_from(const MediaRecorded *recorded, double tick)
{
    guint low = 0, high = recorded->ticks->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if ((double)media_recorded_tick(recorded, middle) < tick)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

guint media_recorded_nearest(const MediaRecorded *recorded, double tick)
{
    guint low = media_recorded_first_from(recorded, tick);
    if (low == recorded->ticks->len)
        return low - 1;
    double behind = (double)media_recorded_tick(recorded, low) - tick;
    if (low > 0 && tick - (double)media_recorded_tick(recorded, low - 1) <= behind)
        return low - 1;
    return low;
}

guint media_recorded_key_behind(const MediaRecorded *recorded, guint picture)
{
    guint low = 0, high = recorded->keyframes->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (key_at(recorded, middle)->picture < picture)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

guint media_recorded_key_before(const MediaRecorded *recorded, guint picture)
{
    guint behind = media_recorded_key_behind(recorded, picture);
    if (media_recorded_key_picture(recorded, behind) == picture &&
        behind < recorded->keyframes->len)
        return behind;
    return behind - 1; /* picture 0 is one */
}

guint media_recorded_key_picture(const MediaRecorded *recorded, guint key)
{
    return key < recorded->keyframes->len ? key_at(recorded, key)->picture : recorded->ticks->len;
}

/* ---- pieces ---- */

static gint64 ms_of(const MediaRecorded *recorded, guint picture)
{
    return av_rescale_q(media_recorded_tick(recorded, picture), recorded->base,
                        (AVRational){1, 1000});
}

static guint picture_at(const MediaRecorded *recorded, gint64 ms)
{
    return media_recorded_nearest(recorded, (double)ms / 1000 / av_q2d(recorded->base));
}

/* The picture that a piece begins with. */
static guint first_picture(const MediaRecorded *recorded, gint64 start_ms, gint64 behind_ms)
{
    guint wanted = picture_at(recorded, MAX(start_ms, behind_ms));
    guint key = media_recorded_key_before(recorded, wanted);
    guint before = media_recorded_key_picture(recorded, key);
    guint after = media_recorded_key_picture(recorded, key + 1);
    gint64 before_ms = ms_of(recorded, before), after_ms = ms_of(recorded, after);
    if (before_ms >= MAX(behind_ms, start_ms - EARLIER_MS))
        return before;
    if (after < recorded->ticks->len && after_ms <= start_ms + LATER_MS)
        return after;
    return wanted;
}

/* Where it can only begin at keyframes: what lies before it comes too. */
static gint64 key_ms(const MediaRecorded *recorded, gint64 start_ms, gint64 behind_ms)
{
    guint key = media_recorded_key_before(recorded, picture_at(recorded, start_ms));
    return MAX(behind_ms, ms_of(recorded, media_recorded_key_picture(recorded, key)));
}

gint64 media_recorded_snap(const MediaRecorded *recorded, ShowHighlights *highlights)
{
    gint64 behind_ms = 0, at_ms = 0, farthest_ms = 0;
    gint64 all_ms = ms_of(recorded, media_recorded_pictures(recorded));
    for (guint i = 0; i < highlights->pieces->len; i++) {
        ShowPiece *piece = highlights->pieces->pdata[i];
        gint64 start_ms = recorded->has_edges
                              ? ms_of(recorded, first_picture(recorded, piece->start_ms, behind_ms))
                              : key_ms(recorded, piece->start_ms, behind_ms);
        farthest_ms = MAX(farthest_ms, piece->start_ms - start_ms);
        piece->start_ms = start_ms;
        piece->end_ms =
            piece->end_ms >= all_ms ? all_ms : ms_of(recorded, picture_at(recorded, piece->end_ms));
        piece->at_ms = at_ms;
        at_ms += piece->end_ms - piece->start_ms;
        behind_ms = piece->end_ms;
    }
    return farthest_ms;
}
