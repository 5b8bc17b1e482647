#include "copy-private.h"

#include <math.h>

enum { TICKS_A_FRAME = 64 }; /* where a picture that begins between frames can lie */

#define SOUND_JUMP_S 0.020 /* as sound.c: nearer than this, packets follow each other */

struct MediaCopy {
    AVFormatContext *input;
    const AVStream *stream;
    gboolean video, variable, started;
    double zero_s, first_s, hz; /* hz: pictures a second */
    AVRational base;            /* of the packets that come out */
    gint64 packets, last_dts;
    gint64 next_pts; /* of sound: where the next packet would follow; AV_NOPTS_VALUE: not known */

    /* of a variable rate */
    AVPacket *ahead; /* read already, the one behind what comes next */
    gint64 last_frame;
};

static gboolean may_copy(const MediaInfo *info, MediaCopyWhat what)
{
    if (what == MEDIA_COPY_PICTURE)
        return info->has_video &&
               (g_str_equal(info->video_codec, "h264") || g_str_equal(info->video_codec, "hevc"));
    return info->has_audio &&
           (g_str_equal(info->audio_codec, "aac") ||
            (what == MEDIA_COPY_ANY_SOUND && g_str_equal(info->audio_codec, "opus")));
}

/* AAC as in MPEG-TS says in every packet what MP4 says once; pictures without parameter sets of their
 * own are as rare as they are useless. Reordered pictures of a variable rate have no order in which
 * they could be laid on a grid while they come. */
static gboolean stream_fits(const MediaCopy *copy)
{
    const AVCodecParameters *codec = copy->stream->codecpar;
    return codec->extradata_size > 0 && (!copy->variable || codec->video_delay == 0);
}

MediaCopy *media_copy_open(const MediaInfo *info, MediaCopyWhat what, GError **error)
{
    gboolean video = what == MEDIA_COPY_PICTURE;
    if (!may_copy(info, what))
        return NULL;
    g_autoptr(MediaCopy) copy = g_new0(MediaCopy, 1);
    copy->input = media_open_input(info->path, error);
    if (copy->input == NULL)
        return NULL;
    int index = video ? media_best_video(copy->input) : media_best_audio(copy->input);
    g_assert(index >= 0);
    for (unsigned i = 0; i < copy->input->nb_streams; i++)
        if ((int)i != index)
            copy->input->streams[i]->discard = AVDISCARD_ALL;
    copy->stream = copy->input->streams[index];
    copy->video = video;
    copy->variable = video && info->variable_rate;
    if (!stream_fits(copy))
        return NULL;
    copy->ahead = av_packet_alloc();
    copy->last_frame = -1;
    copy->next_pts = AV_NOPTS_VALUE;
    copy->zero_s = (double)media_input_zero_us(copy->input) / AV_TIME_BASE;
    copy->first_s = video ? info->video_start_s : info->audio_start_s;
    copy->hz = video ? (double)info->rate.num / info->rate.den : info->sample_rate;
    copy->base = video ? (AVRational){info->rate.den, info->rate.num * TICKS_A_FRAME}
                       : (AVRational){1, info->sample_rate};
    copy->last_dts = G_MININT64;
    return g_steal_pointer(&copy);
}

void media_copy_close(MediaCopy *copy)
{
    if (copy == NULL)
        return;
    media_close_input(copy->input);
    av_packet_free(&copy->ahead);
    g_free(copy);
}

const AVStream *media_copy_stream(const MediaCopy *copy)
{
    return copy->stream;
}

AVRational media_copy_time_base(const MediaCopy *copy)
{
    return copy->base;
}

static double packet_seconds(const MediaCopy *copy, gint64 ticks)
{
    return (double)ticks * av_q2d(copy->stream->time_base) - copy->zero_s;
}

/* Presentation lies on the grid of the rate; decoding runs one frame a packet, as many frames
 * ahead as the stream reorders. */
static void retime_picture(MediaCopy *copy, AVPacket *packet)
{
    gint64 first = llround(copy->first_s * copy->hz * TICKS_A_FRAME);
    gint64 frame = llround((packet_seconds(copy, packet->pts) - copy->first_s) * copy->hz);
    gint64 delay = copy->stream->codecpar->video_delay;
    packet->pts = first + frame * TICKS_A_FRAME;
    packet->dts = MIN(packet->pts, first + (copy->packets - delay) * TICKS_A_FRAME);
    packet->duration = TICKS_A_FRAME;
}

static gint64 nearest_frame(const MediaCopy *copy, gint64 ticks)
{
    return llround((packet_seconds(copy, ticks) - copy->first_s) * copy->hz);
}

/* Onto the frame it is nearest to. Where that is taken and the next one stays free, onto that; else
 * just behind the one before, which is then hardly seen: the pictures behind need it, too. */
static void retime_variable(MediaCopy *copy, AVPacket *packet, const AVPacket *next)
{
    gint64 frame = nearest_frame(copy, packet->pts), behind = copy->last_frame + 1;
    gboolean room = next == NULL || nearest_frame(copy, next->pts) > behind;
    if (frame < behind && room && frame == copy->last_frame)
        frame = behind;
    gint64 first = llround(copy->first_s * copy->hz * TICKS_A_FRAME);
    packet->pts = frame < behind ? copy->last_dts + 1 : first + frame * TICKS_A_FRAME;
    packet->dts = packet->pts;
    packet->duration = TICKS_A_FRAME;
    copy->last_frame = MAX(copy->last_frame, frame);
}

static void retime_sound(MediaCopy *copy, AVPacket *packet)
{
    gint64 pts = llround(packet_seconds(copy, packet->pts) * copy->hz);
    if (copy->next_pts != AV_NOPTS_VALUE &&
        ABS(pts - copy->next_pts) <= llround(SOUND_JUMP_S * copy->hz))
        pts = copy->next_pts;
    packet->pts = packet->dts = pts;
    packet->duration = av_rescale_q(packet->duration, copy->stream->time_base, copy->base);
    copy->next_pts = packet->duration > 0 ? pts + packet->duration : AV_NOPTS_VALUE;
}

/* The next packet of the stream that has a time, as the file has it. */
static gboolean read_packet(MediaCopy *copy, AVPacket *packet)
{
    while (av_read_frame(copy->input, packet) >= 0) {
        copy->started |= (packet->flags & AV_PKT_FLAG_KEY) != 0;
        if (packet->pts == AV_NOPTS_VALUE)
            packet->pts = packet->dts;
        if (packet->stream_index == copy->stream->index && copy->started &&
            packet->pts != AV_NOPTS_VALUE)
            return TRUE;
        av_packet_unref(packet);
    }
    return FALSE;
}

static gboolean read_variable(MediaCopy *copy, AVPacket *packet)
{
    if (copy->ahead->data == NULL && !read_packet(copy, copy->ahead))
        return FALSE;
    av_packet_move_ref(packet, copy->ahead);
    gboolean any = read_packet(copy, copy->ahead);
    retime_variable(copy, packet, any ? copy->ahead : NULL);
    return TRUE;
}

static gboolean read_even(MediaCopy *copy, AVPacket *packet)
{
    if (!read_packet(copy, packet))
        return FALSE;
    if (copy->video)
        retime_picture(copy, packet);
    else
        retime_sound(copy, packet);
    return TRUE;
}

gboolean media_copy_read(MediaCopy *copy, AVPacket *packet)
{
    if (!(copy->variable ? read_variable(copy, packet) : read_even(copy, packet)))
        return FALSE;
    copy->packets++;
    if (packet->dts <= copy->last_dts)
        packet->dts = copy->last_dts + 1;
    packet->pts = MAX(packet->pts, packet->dts);
    copy->last_dts = packet->dts;
    return TRUE;
}
