#include "resample-private.h"

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <media/sound.h>

enum { CHANNELS_MAX = 64, RATE_MIN_HZ = 4000, RATE_MAX_HZ = 768000 };

struct MediaResample {
    int channels;
    SwrContext *swr; /* NULL until the first frame */
    int in_channels, in_rate;
    enum AVSampleFormat in_format;
};

MediaResample *media_resample_new(int channels)
{
    g_assert(channels == 1 || channels == 2);
    MediaResample *resample = g_new0(MediaResample, 1);
    resample->channels = channels;
    return resample;
}

void media_resample_free(MediaResample *resample)
{
    if (resample == NULL)
        return;
    swr_free(&resample->swr);
    g_free(resample);
}

void media_resample_reset(MediaResample *resample)
{
    swr_free(&resample->swr);
}

gboolean media_resample_same(const MediaResample *resample, const AVFrame *frame)
{
    return resample->swr == NULL || (resample->in_channels == frame->ch_layout.nb_channels &&
                                     resample->in_rate == frame->sample_rate &&
                                     resample->in_format == (enum AVSampleFormat)frame->format);
}

/* Two channels stay two; everything else is averaged, for libswresample's own matrices change the
 * level, and a voice may be on any one channel. */
static void fill_matrix(int in, int out, double *matrix)
{
    for (int row = 0; row < out; row++) {
        for (int column = 0; column < in; column++) {
            gboolean straight = in == 2 && out == 2;
            matrix[row * in + column] = straight ? (double)(row == column) : 1.0 / in;
        }
    }
}

static SwrContext *new_context(int in_channels, int in_rate, enum AVSampleFormat in_format,
                               int channels)
{
    AVChannelLayout in = {0}, out = {0};
    av_channel_layout_default(&in, in_channels);
    av_channel_layout_default(&out, channels);
    SwrContext *swr = NULL;
    double matrix[2 * CHANNELS_MAX];
    fill_matrix(in_channels, channels, matrix);
    int code = swr_alloc_set_opts2(&swr, &out, AV_SAMPLE_FMT_FLT, MEDIA_SOUND_HZ, &in, in_format,
                                   in_rate, 0, NULL);
    if (code >= 0)
        code = swr_set_matrix(swr, matrix, in_channels);
    if (code >= 0)
        code = swr_init(swr);
    av_channel_layout_uninit(&in);
    av_channel_layout_uninit(&out);
    if (code < 0)
        swr_free(&swr);
    return swr;
}

static gboolean start(MediaResample *resample, const AVFrame *frame)
{
    int channels = frame->ch_layout.nb_channels;
    if (channels < 1 || channels > CHANNELS_MAX || frame->sample_rate < RATE_MIN_HZ ||
        frame->sample_rate > RATE_MAX_HZ)
        return FALSE;
    resample->swr = new_context(channels, frame->sample_rate, (enum AVSampleFormat)frame->format,
                                resample->channels);
    resample->in_channels = channels;
    resample->in_rate = frame->sample_rate;
    resample->in_format = (enum AVSampleFormat)frame->format;
    return resample->swr != NULL;
}

static gboolean convert(MediaResample *resample, const uint8_t **in, int in_count, GArray *out)
{
    int room = swr_get_out_samples(resample->swr, in_count);
    if (room <= 0)
        return room == 0;
    guint before = out->len;
    g_array_set_size(out, before + (guint)room * (guint)resample->channels);
    uint8_t *to = (uint8_t *)&g_array_index(out, float, before);
    int got = swr_convert(resample->swr, &to, room, in, in_count);
    g_array_set_size(out, before + (guint)MAX(got, 0) * (guint)resample->channels);
    return got >= 0;
}

gboolean media_resample_push(MediaResample *resample, const AVFrame *frame, GArray *out)
{
    if (resample->swr == NULL && !start(resample, frame))
        return FALSE;
    return convert(resample, (const uint8_t **)frame->extended_data, frame->nb_samples, out);
}

void media_resample_flush(MediaResample *resample, GArray *out)
{
    if (resample->swr != NULL)
        convert(resample, NULL, 0, out);
    media_resample_reset(resample);
}
