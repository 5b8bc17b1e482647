#include "picture-private.h"

#include <math.h>

#define SAME_S            1e-7 /* moments nearer than this are the same */
#define GO_ON_S           4.0  /* without an index: how far ahead decoding on beats seeking */
#define EARLY_S           0.25 /* how long before its moment the first frame of a recording may stand */
#define SEEK_BACK_FIRST_S 0.5 /* when a seek ends behind its goal; doubled each time */

struct MediaPicture {
    char *path;
    AVFormatContext *input;
    AVStream *stream;
    AVCodecContext *decoder;
    AVPacket *packet;
    gint64 zero_us;
    double first_s; /* the grid of a constant rate begins here */
    double frame_s; /* how long a frame is shown */
    gboolean variable, only_keyframes;

    AVFrame *now, *next; /* shown; decoded and waiting (empty: not decoded yet) */
    double now_s, next_s;
    gboolean has_now, has_next, fresh; /* fresh: `now` was not shown yet */

    gint64 last_dts;    /* of what the decoder was given; AV_NOPTS_VALUE: nothing since a seek */
    double needed_s;    /* frames before it are not shown */
    gboolean at_packet; /* a seek left the keyframe to begin with in `packet` */
    gboolean draining, ended, damaged, beginning;
    gint64 decoded;
};

/* ---- time ---- */

static double packet_seconds(const MediaPicture *picture, gint64 ticks)
{
    return (double)ticks * av_q2d(picture->stream->time_base) -
           (double)picture->zero_us / AV_TIME_BASE;
}

static gint64 seconds_to_ticks(const MediaPicture *picture, double source_s)
{
    return (gint64)floor((source_s + (double)picture->zero_us / AV_TIME_BASE) /
                         av_q2d(picture->stream->time_base));
}

static double frame_seconds(const MediaPicture *picture, gint64 ticks)
{
    double time = packet_seconds(picture, ticks);
    if (picture->variable)
        return time;
    return picture->first_s +
           round((time - picture->first_s) / picture->frame_s) * picture->frame_s;
}

/* ---- decoding ---- */

/* The lead-in of a shot needs only the frames that others are made from. With a variable rate the
 * frame before a long gap may be the one to show, so there nothing is left out. */
static void choose_discard(MediaPicture *picture)
{
    gint64 pts = picture->packet->pts;
    if (picture->only_keyframes) {
        picture->decoder->skip_frame = AVDISCARD_NONKEY;
        return;
    }
    gboolean lead_in = !picture->variable && pts != AV_NOPTS_VALUE &&
                       packet_seconds(picture, pts) < picture->needed_s - 2 * picture->frame_s;
    picture->decoder->skip_frame = lead_in ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
}

static void feed_packet(MediaPicture *picture)
{
    choose_discard(picture);
    if (picture->packet->dts != AV_NOPTS_VALUE)
        picture->last_dts = picture->packet->dts;
    if (avcodec_send_packet(picture->decoder, picture->packet) < 0)
        picture->damaged = TRUE;
    av_packet_unref(picture->packet);
}

/* Gives the decoder one more packet of the picture, or its end. */
static void feed(MediaPicture *picture)
{
    if (picture->at_packet) {
        picture->at_packet = FALSE;
        feed_packet(picture);
        return;
    }
    for (;;) {
        int code = av_read_frame(picture->input, picture->packet);
        if (code < 0) {
            if (code != AVERROR_EOF)
                picture->damaged = TRUE;
            picture->draining = TRUE;
            avcodec_send_packet(picture->decoder, NULL);
            return;
        }
        if (picture->packet->stream_index == picture->stream->index) {
            feed_packet(picture);
            return;
        }
        av_packet_unref(picture->packet);
    }
}

/* Decodes one frame into `next`. FALSE when cancelled. */
static gboolean fetch(MediaPicture *picture, GCancellable *cancellable)
{
    while (!picture->has_next && !picture->ended) {
        if (g_cancellable_is_cancelled(cancellable))
            return FALSE;
        int code = avcodec_receive_frame(picture->decoder, picture->next);
        if (code == 0) {
            gint64 ticks = picture->next->best_effort_timestamp;
            picture->decoded++;
            picture->next_s = ticks != AV_NOPTS_VALUE ? frame_seconds(picture, ticks)
                                                      : picture->now_s + picture->frame_s;
            picture->has_next = TRUE;
        } else if (code == AVERROR_EOF || (code != AVERROR(EAGAIN) && picture->draining)) {
            picture->ended = TRUE;
        } else {
            if (code != AVERROR(EAGAIN))
                picture->damaged = TRUE;
            feed(picture);
        }
    }
    return TRUE;
}

static void step(MediaPicture *picture)
{
    AVFrame *old = picture->now;
    picture->now = picture->next;
    picture->now_s = picture->next_s;
    picture->next = old;
    av_frame_unref(old);
    picture->has_now = TRUE;
    picture->has_next = FALSE;
    picture->fresh = TRUE;
}

/* ---- going somewhere ---- */

static void forget_frames(MediaPicture *picture)
{
    avcodec_flush_buffers(picture->decoder);
    av_packet_unref(picture->packet);
    av_frame_unref(picture->now);
    av_frame_unref(picture->next);
    picture->has_now = picture->has_next = FALSE;
    picture->at_packet = picture->draining = picture->ended = FALSE;
    picture->last_dts = AV_NOPTS_VALUE;
}

/* Reads to the first keyframe after a seek, which then waits in `packet`. */
static gboolean read_keyframe(MediaPicture *picture)
{
    while (av_read_frame(picture->input, picture->packet) >= 0) {
        if (picture->packet->stream_index == picture->stream->index &&
            (picture->packet->flags & AV_PKT_FLAG_KEY) != 0)
            return TRUE;
        av_packet_unref(picture->packet);
    }
    return FALSE;
}

static gboolean keyframe_is_before(const MediaPicture *picture, double limit_s)
{
    gint64 ticks = picture->packet->pts;
    if (ticks == AV_NOPTS_VALUE)
        ticks = picture->packet->dts;
    return ticks == AV_NOPTS_VALUE || packet_seconds(picture, ticks) < limit_s - SAME_S;
}

/* Some demuxers must be asked for a moment before the first to come back to it, others refuse. */
static void seek_start(MediaPicture *picture)
{
    gint64 start = picture->stream->start_time == AV_NOPTS_VALUE ? 0 : picture->stream->start_time;
    gint64 before = start - av_rescale_q(10, (AVRational){1, 1}, picture->stream->time_base);
    int index = picture->stream->index;
    if (av_seek_frame(picture->input, index, before, AVSEEK_FLAG_BACKWARD) < 0 &&
        av_seek_frame(picture->input, index, start, AVSEEK_FLAG_BACKWARD) < 0)
        av_seek_frame(picture->input, -1, 0, AVSEEK_FLAG_BYTE);
    picture->at_packet = read_keyframe(picture);
}

/* To the last keyframe that is shown before limit_s. Containers differ in what they seek by
 * (decoding time, a position that is no keyframe), so the place is looked at and, when it is too
 * late, another further back is tried. */
static void seek_before(MediaPicture *picture, double limit_s)
{
    forget_frames(picture);
    gint64 ticks = seconds_to_ticks(picture, limit_s);
    gint64 back =
        seconds_to_ticks(picture, limit_s) - seconds_to_ticks(picture, limit_s - SEEK_BACK_FIRST_S);
    gint64 start = picture->stream->start_time == AV_NOPTS_VALUE ? 0 : picture->stream->start_time;
    while (ticks > start) {
        if (av_seek_frame(picture->input, picture->stream->index, ticks, AVSEEK_FLAG_BACKWARD) >=
                0 &&
            read_keyframe(picture)) {
            if (keyframe_is_before(picture, limit_s)) {
                picture->at_packet = TRUE;
                return;
            }
            if (picture->packet->dts != AV_NOPTS_VALUE)
                ticks = MIN(ticks, picture->packet->dts);
            av_packet_unref(picture->packet);
        }
        ticks -= back;
        back *= 2;
    }
    seek_start(picture);
}

/* Whether the index knows a keyframe between where decoding is and limit_s. */
static gboolean keyframe_lies_between(const MediaPicture *picture, double limit_s, gboolean *known)
{
    const AVIndexEntry *entry = avformat_index_get_entry_from_timestamp(
        picture->stream, seconds_to_ticks(picture, limit_s), AVSEEK_FLAG_BACKWARD);
    *known = entry != NULL && avformat_index_get_entries_count(picture->stream) > 1;
    return *known && picture->last_dts != AV_NOPTS_VALUE && entry->timestamp > picture->last_dts;
}

static gboolean must_seek(const MediaPicture *picture, double limit_s)
{
    if (!picture->has_now && !picture->has_next)
        return TRUE;
    double reached_s = picture->has_now ? picture->now_s : picture->next_s;
    if (reached_s >= limit_s - SAME_S)
        return TRUE;
    if (picture->has_next && picture->next_s >= limit_s - SAME_S)
        return FALSE; /* `now` is it */
    gboolean known;
    if (keyframe_lies_between(picture, limit_s, &known))
        return TRUE;
    return !known && limit_s - reached_s > GO_ON_S;
}

/* ---- public ---- */

static MediaPicture *new_picture(const char *path)
{
    MediaPicture *picture = g_new0(MediaPicture, 1);
    picture->path = g_strdup(path);
    picture->packet = av_packet_alloc();
    picture->now = av_frame_alloc();
    picture->next = av_frame_alloc();
    return picture;
}

static gboolean choose_stream(MediaPicture *picture, GError **error)
{
    int index = media_best_video(picture->input);
    if (index < 0) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                    "%s: has no picture; use it as a microphone (role mic)", picture->path);
        return FALSE;
    }
    picture->stream = picture->input->streams[index];
    for (unsigned i = 0; i < picture->input->nb_streams; i++)
        if ((int)i != index)
            picture->input->streams[i]->discard = AVDISCARD_ALL;
    return TRUE;
}

static gboolean learn(MediaPicture *picture, MediaPictureFacts *facts, GError **error)
{
    facts->zero_us = media_input_zero_us(picture->input);
    media_timing_find(picture->input, picture->stream->index, -1, FALSE, &facts->timing);
    if (facts->timing.frames > 0)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                "%s: has a picture track without a single frame; leave it out", picture->path);
    return FALSE;
}

static void take_facts(MediaPicture *picture, const MediaPictureFacts *facts)
{
    picture->zero_us = facts->zero_us;
    picture->variable = facts->timing.variable;
    picture->frame_s = (double)facts->timing.rate.den / facts->timing.rate.num;
    picture->first_s = picture->stream->start_time == AV_NOPTS_VALUE
                           ? 0
                           : packet_seconds(picture, picture->stream->start_time);
}

static gboolean begin_decoding(MediaPicture *picture, int threads, GError **error)
{
    picture->decoder = media_open_decoder(picture->path, picture->stream, threads, error);
    if (picture->decoder == NULL)
        return FALSE;
    seek_start(picture);
    return TRUE;
}

static gboolean open_whole(MediaPicture *picture, MediaPictureFacts *facts, GError **error)
{
    picture->input = media_open_input(picture->path, error);
    return picture->input != NULL && choose_stream(picture, error) && learn(picture, facts, error);
}

MediaPicture *media_picture_open(const char *path, int threads, GError **error)
{
    g_autoptr(MediaPicture) picture = new_picture(path);
    MediaPictureFacts facts;
    if (!open_whole(picture, &facts, error))
        return NULL;
    take_facts(picture, &facts);
    return begin_decoding(picture, threads, error) ? g_steal_pointer(&picture) : NULL;
}

gboolean media_picture_learn(const char *path, MediaPictureFacts *facts, GError **error)
{
    g_autoptr(MediaPicture) picture = new_picture(path);
    return open_whole(picture, facts, error);
}

MediaPicture *media_picture_open_again(const char *path, const MediaPictureFacts *facts,
                                       int threads, GError **error)
{
    g_autoptr(MediaPicture) picture = new_picture(path);
    picture->input = media_open_one_track(path, AVMEDIA_TYPE_VIDEO);
    if (picture->input == NULL)
        return media_picture_open(path, threads, error);
    if (!choose_stream(picture, error))
        return NULL;
    take_facts(picture, facts);
    return begin_decoding(picture, threads, error) ? g_steal_pointer(&picture) : NULL;
}

void media_picture_close(MediaPicture *picture)
{
    if (picture == NULL)
        return;
    media_close_decoder(picture->decoder);
    media_close_input(picture->input);
    av_packet_free(&picture->packet);
    av_frame_free(&picture->now);
    av_frame_free(&picture->next);
    g_free(picture->path);
    g_free(picture);
}

void media_picture_begin(MediaPicture *picture, double source_s)
{
    double limit_s = source_s + picture->frame_s / 2;
    picture->needed_s = source_s - picture->frame_s / 2;
    picture->beginning = TRUE;
    if (must_seek(picture, limit_s))
        seek_before(picture, limit_s);
}

/* The latest frame that is nearer to the moment than the one after it. */
static gboolean step_to_nearest(MediaPicture *picture, double source_s, GCancellable *cancellable)
{
    double limit_s = source_s + picture->frame_s / 2 - SAME_S;
    for (;;) {
        if (!fetch(picture, cancellable))
            return FALSE;
        /* The first frame stands a little early rather than black. */
        double early_s = picture->has_now ? 0 : EARLY_S;
        if (!picture->has_next || picture->next_s >= limit_s + early_s)
            return TRUE;
        step(picture);
    }
}

static gboolean is_missing(const MediaPicture *picture, double source_s)
{
    if (!picture->has_now)
        return TRUE;
    if (picture->now_s - source_s > 0.75 * picture->frame_s + SAME_S)
        return TRUE; /* not there yet */
    if (picture->variable && !picture->ended)
        return FALSE;
    return source_s - picture->now_s > 0.75 * picture->frame_s + SAME_S;
}

gboolean media_picture_show(MediaPicture *picture, double source_s, GCancellable *cancellable,
                            MediaShown *shown)
{
    picture->needed_s = MAX(picture->needed_s, source_s - picture->frame_s / 2);
    if (!fetch(picture, cancellable))
        return FALSE;
    double near_s = 0.75 * picture->frame_s + SAME_S;
    if (!picture->beginning && picture->has_now && picture->has_next &&
        fabs(picture->next_s - source_s) <= near_s)
        step(picture);
    else if (!step_to_nearest(picture, source_s, cancellable))
        return FALSE;
    picture->beginning = FALSE;
    shown->frame = picture->has_now ? picture->now : NULL;
    shown->missing = is_missing(picture, source_s);
    shown->repeated = picture->has_now && !picture->fresh;
    picture->fresh = FALSE;
    return TRUE;
}

AVFrame *media_picture_next(MediaPicture *picture, GCancellable *cancellable, double *source_s)
{
    if (!fetch(picture, cancellable) || !picture->has_next)
        return NULL;
    step(picture);
    *source_s = picture->now_s;
    return picture->now;
}

void media_picture_only_keyframes(MediaPicture *picture)
{
    picture->only_keyframes = TRUE;
    picture->stream->discard = AVDISCARD_NONKEY;
}

double media_picture_end_s(const MediaPicture *picture)
{
    if (picture->stream->duration != AV_NOPTS_VALUE)
        return picture->first_s +
               (double)picture->stream->duration * av_q2d(picture->stream->time_base);
    return (double)MAX(picture->input->duration, 0) / AV_TIME_BASE;
}

gint64 media_picture_decoded(const MediaPicture *picture)
{
    return picture->decoded;
}

gboolean media_picture_damaged(const MediaPicture *picture)
{
    return picture->damaged;
}

const AVStream *media_picture_stream(const MediaPicture *picture)
{
    return picture->stream;
}
