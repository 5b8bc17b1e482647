/* What a recording holds, from its header and index; packets are read where these do not say. */
#include <media/probe.h>

#include "open-private.h"
#include "probe-private.h"
#include "timing-private.h"

#include <libavutil/display.h>
#include <math.h>
#include <media/limits.h>
#include <string.h>

/* ---- picture ---- */

int media_stream_rotation(const AVStream *stream)
{
    const guint8 *matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    if (matrix == NULL)
        return 0;
    double counter_clockwise = av_display_rotation_get((const gint32 *)(const void *)matrix);
    if (isnan(counter_clockwise))
        return 0;
    int quarter = (int)lround(-counter_clockwise / 90.0) % 4;
    return (quarter < 0 ? quarter + 4 : quarter) * 90;
}

static void describe_size(AVFormatContext *input, AVStream *stream, MediaInfo *info)
{
    double width = stream->codecpar->width, height = stream->codecpar->height;
    AVRational pixel = av_guess_sample_aspect_ratio(input, stream, NULL);
    if (pixel.num > 0 && pixel.den > 0)
        width = width * pixel.num / pixel.den;
    info->rotation = media_stream_rotation(stream);
    gboolean lying = info->rotation % 180 != 0;
    info->width = (int)lround(lying ? height : width);
    info->height = (int)lround(lying ? width : height);
}

static double stream_start_s(const AVStream *stream, gint64 zero_us)
{
    if (stream->start_time == AV_NOPTS_VALUE)
        return 0;
    gint64 start = av_rescale_q(stream->start_time, stream->time_base, AV_TIME_BASE_Q);
    return (double)(start - zero_us) / AV_TIME_BASE;
}

static void describe_video(AVFormatContext *input, AVStream *stream, gint64 zero_us,
                           MediaInfo *info)
{
    info->has_video = TRUE;
    info->video_codec = g_strdup(avcodec_get_name(stream->codecpar->codec_id));
    info->video_start_s = stream_start_s(stream, zero_us);
    describe_size(input, stream, info);
}

static void describe_audio(const AVStream *stream, gint64 zero_us, MediaInfo *info)
{
    info->has_audio = TRUE;
    info->audio_codec = g_strdup(avcodec_get_name(stream->codecpar->codec_id));
    info->audio_start_s = stream_start_s(stream, zero_us);
    info->sample_rate = stream->codecpar->sample_rate;
    info->channels = stream->codecpar->ch_layout.nb_channels;
}

/* ---- length ---- */

static gint64 stream_end_us(const AVStream *stream)
{
    if (stream->duration == AV_NOPTS_VALUE)
        return G_MININT64;
    gint64 start = stream->start_time == AV_NOPTS_VALUE ? 0 : stream->start_time;
    return av_rescale_q(start + stream->duration, stream->time_base, AV_TIME_BASE_Q);
}

/* Browsers write WebM without a length, and a crash leaves none either: then the packets say. */
static gboolean length_is_known(const AVFormatContext *input)
{
    return input->duration != AV_NOPTS_VALUE && input->duration > 0 &&
           input->duration_estimation_method != AVFMT_DURATION_FROM_BITRATE;
}

static double find_duration_s(AVFormatContext *input, int video, int audio, gint64 zero_us,
                              const MediaTiming *timing)
{
    gint64 end = timing->end_us > 0 ? timing->end_us : G_MININT64;
    if (timing->end_us <= 0) {
        if (video >= 0)
            end = MAX(end, stream_end_us(input->streams[video]));
        if (audio >= 0)
            end = MAX(end, stream_end_us(input->streams[audio]));
    }
    if (end == G_MININT64)
        return (double)MAX(input->duration, 0) / AV_TIME_BASE;
    return (double)MAX(end - zero_us, 0) / AV_TIME_BASE;
}

/* ---- what makes a file useless ---- */

/* Bytes that the index of an MP4 places in the file. */
static gint64 indexed_bytes(AVFormatContext *input)
{
    gint64 bytes = 0;
    if (strstr(input->iformat->name, "mov") == NULL)
        return 0;
    for (unsigned i = 0; i < input->nb_streams; i++) {
        AVStream *stream = input->streams[i];
        int n = avformat_index_get_entries_count(stream);
        for (int k = 0; k < n; k++) {
            const AVIndexEntry *entry = avformat_index_get_entry(stream, k);
            bytes = MAX(bytes, entry->pos + entry->size);
        }
    }
    return bytes;
}

static gboolean check_whole(AVFormatContext *input, const MediaInfo *info, GError **error)
{
    gint64 bytes = indexed_bytes(input);
    if (bytes <= info->bytes)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                "%s: the recording is truncated: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                " bytes are there; copy it from the camera again, or save what is left with "
                "ffmpeg -i FILE -c copy NEW.mkv",
                info->path, info->bytes, bytes);
    return FALSE;
}

static gboolean check_content(const MediaInfo *info, const MediaTiming *timing, GError **error)
{
    const char *problem = NULL;
    if (!info->has_video && !info->has_audio)
        problem = "holds neither picture nor sound";
    else if (timing->frames == 0)
        problem = info->has_video ? "has a picture track without a single frame"
                                  : "has a sound track without a single sample";
    else if (info->has_video && (info->width <= 0 || info->height <= 0))
        problem = "has a picture of unknown size";
    if (problem == NULL)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                "%s: %s; leave it out or record it again", info->path, problem);
    return FALSE;
}

/* ---- public ---- */

static gint64 input_bytes(AVFormatContext *input)
{
    gint64 bytes = input->pb != NULL ? avio_size(input->pb) : 0;
    return MAX(bytes, 0);
}

/* Whatever comes after counts on it: a program as long as a header of a few bytes claims would never
 * end. */
static gboolean check_duration(const MediaInfo *info, GError **error)
{
    if (info->duration_s <= MEDIA_HOURS_MAX * 3600.0)
        return TRUE;
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                "%s: it says that it lasts %.0f hours, more than the %d that are read; cut it into "
                "parts, or mend its times with a remux first",
                info->path, info->duration_s / 3600, MEDIA_HOURS_MAX);
    return FALSE;
}

MediaInfo *media_probe_streams(AVFormatContext *input, const char *path)
{
    MediaInfo *info = g_new0(MediaInfo, 1);
    info->path = g_strdup(path);
    info->container = g_strdup(input->iformat->name);
    info->bytes = input_bytes(input);
    int video = media_best_video(input), audio = media_best_audio(input);
    gint64 zero = media_input_zero_us(input);
    if (video >= 0)
        describe_video(input, input->streams[video], zero, info);
    if (audio >= 0)
        describe_audio(input->streams[audio], zero, info);
    return info;
}

MediaInfo *media_probe(const char *path, GError **error)
{
    g_autoptr(AVFormatContext) input = media_open_input(path, error);
    if (input == NULL)
        return NULL;
    g_autoptr(MediaInfo) info = media_probe_streams(input, path);
    if (!check_whole(input, info, error))
        return NULL;

    int video = media_best_video(input), audio = media_best_audio(input);
    gint64 zero = media_input_zero_us(input);

    MediaTiming timing = {.frames = 0};
    if (video >= 0 || audio >= 0)
        media_timing_find(input, video, audio, !length_is_known(input), &timing);
    if (!check_content(info, &timing, error))
        return NULL;
    if (info->has_video) {
        info->rate = timing.rate;
        info->variable_rate = timing.variable;
    }
    info->duration_s = find_duration_s(input, video, audio, zero, &timing);
    if (!check_duration(info, error))
        return NULL;
    return g_steal_pointer(&info);
}

void media_info_free(MediaInfo *info)
{
    if (info == NULL)
        return;
    g_free(info->path);
    g_free(info->container);
    g_free(info->video_codec);
    g_free(info->audio_codec);
    g_free(info);
}

gboolean media_info_editable(const MediaInfo *info)
{
    static const char *const pictures[] = {"h264", "hevc", "prores", NULL};
    if (strstr(info->container, "mov") == NULL)
        return FALSE;
    if (info->has_video && (info->variable_rate || !g_strv_contains(pictures, info->video_codec)))
        return FALSE;
    return !info->has_audio || g_str_equal(info->audio_codec, "aac") ||
           g_str_has_prefix(info->audio_codec, "pcm_");
}
