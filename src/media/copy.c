#include "copy-private.h"

#include <math.h>

enum { TICKS_A_FRAME = 64 }; /* where a picture that begins between frames can lie */

struct MediaCopy {
    AVFormatContext *input;
    const AVStream *stream;
    gboolean video, started;
    double zero_s, first_s, hz; /* hz: pictures a second */
    AVRational base;            /* of the packets that come out */
    gint64 packets, last_dts;
};

static gboolean may_copy(const MediaInfo *info, gboolean video)
{
    if (!video)
        return info->has_audio && g_str_equal(info->audio_codec, "aac");
    return info->has_video && !info->variable_rate &&
           (g_str_equal(info->video_codec, "h264") || g_str_equal(info->video_codec, "hevc"));
}

MediaCopy *media_copy_open(const MediaInfo *info, gboolean video, GError **error)
{
    if (!may_copy(info, video))
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
    /* AAC as in MPEG-TS says in every packet what MP4 says once; pictures without parameter sets
     * of their own are as rare as they are useless. */
    if (copy->stream->codecpar->extradata_size == 0)
        return NULL;
    copy->video = video;
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

static void retime_sound(MediaCopy *copy, AVPacket *packet)
{
    packet->pts = llround(packet_seconds(copy, packet->pts) * copy->hz);
    packet->dts = packet->pts;
    packet->duration = av_rescale_q(packet->duration, copy->stream->time_base, copy->base);
}

gboolean media_copy_read(MediaCopy *copy, AVPacket *packet)
{
    while (av_read_frame(copy->input, packet) >= 0) {
        copy->started |= (packet->flags & AV_PKT_FLAG_KEY) != 0;
        if (packet->stream_index != copy->stream->index || !copy->started) {
            av_packet_unref(packet);
            continue;
        }
        if (packet->pts == AV_NOPTS_VALUE)
            packet->pts = packet->dts;
        if (packet->pts == AV_NOPTS_VALUE) {
            av_packet_unref(packet);
            continue;
        }
        if (copy->video)
            retime_picture(copy, packet);
        else
            retime_sound(copy, packet);
        copy->packets++;
        if (packet->dts <= copy->last_dts)
            packet->dts = copy->last_dts + 1;
        packet->pts = MAX(packet->pts, packet->dts);
        copy->last_dts = packet->dts;
        return TRUE;
    }
    return FALSE;
}
