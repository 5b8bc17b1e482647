#include "encode-private.h"

#include "aac-twin-private.h"

#include <libavutil/opt.h>
#include <string.h>

enum {
    SOUND_HZ = 48000,
    THREADS_MAX = 8, /* by default: each holds pictures of its own */
};

/* ---- H.264 ---- */

/* libx264's own choice, half as many again as there are cores, costs memory and wins nothing where
 * decoding has threads of its own. */
static int encoder_threads(const MediaRenderSettings *settings)
{
    if (settings->threads > 0)
        return settings->threads;
    return CLAMP((int)g_get_num_processors(), 1, THREADS_MAX);
}

const AVCodec *media_find_h264(GError **error)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("libx264");
    if (codec == NULL)
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                    "this libavcodec has no H.264 encoder; install a libavcodec with libx264");
    return codec;
}

void media_describe_colour(AVCodecContext *encoder)
{
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->color_range = AVCOL_RANGE_MPEG;
    encoder->colorspace = AVCOL_SPC_BT709;
    encoder->color_primaries = AVCOL_PRI_BT709;
    encoder->color_trc = AVCOL_TRC_BT709;
    encoder->sample_aspect_ratio = (AVRational){1, 1};
}

AVCodecContext *media_open_h264(const MediaRenderSettings *settings, ShowRate rate, GError **error)
{
    media_quiet_libav();
    const AVCodec *codec = media_find_h264(error);
    if (codec == NULL)
        return NULL;
    g_autoptr(AVCodecContext) encoder = avcodec_alloc_context3(codec);
    g_assert(encoder != NULL);
    encoder->width = settings->width;
    encoder->height = settings->height;
    encoder->time_base = (AVRational){rate.den, rate.num};
    encoder->framerate = (AVRational){rate.num, rate.den};
    encoder->thread_count = encoder_threads(settings);
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    media_describe_colour(encoder);

    AVDictionary *options = NULL;
    av_dict_set(&options, "preset", settings->preset, 0);
    av_dict_set(&options, "profile", "high", 0);
    av_dict_set_int(&options, "crf", settings->crf, 0);
    av_dict_set(&options, "forced-idr", "1", 0);
    int code = avcodec_open2(encoder, codec, &options);
    av_dict_free(&options);
    if (code < 0) {
        media_set_av_error(
            error, code, "cannot encode H.264 at %d × %d, preset %s, crf %d; check these settings",
            settings->width, settings->height, settings->preset, settings->crf);
        return NULL;
    }
    return g_steal_pointer(&encoder);
}

/* ---- AAC ---- */

struct MediaAac {
    AVCodecContext *encoder;
    AVFrame *frame;
    AVPacket *packet;
    int channels;
    gboolean is_twin; /* one channel in, two out */
    int filled;       /* samples in `frame` */
    gint64 next_pts;
};

static AVDictionary *aac_options(const MediaAac *aac, gboolean quick)
{
    AVDictionary *options = NULL;
    av_dict_set(&options, "aac_coder", quick ? "fast" : "twoloop", 0);
    if (aac->is_twin) { /* see aac-twin-private.h */
        av_dict_set(&options, "aac_tns", "0", 0);
        av_dict_set(&options, "aac_pns", "0", 0);
    }
    return options;
}

static MediaAac *open_aac(int channels, gboolean is_twin, int bitrate, gboolean quick,
                          GError **error)
{
    media_quiet_libav();
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_AAC);
    g_autoptr(MediaAac) aac = g_new0(MediaAac, 1);
    aac->channels = channels;
    aac->is_twin = is_twin;
    aac->frame = av_frame_alloc();
    aac->packet = av_packet_alloc();
    aac->encoder = avcodec_alloc_context3(codec);
    g_assert(aac->encoder != NULL);
    aac->encoder->sample_fmt = AV_SAMPLE_FMT_FLTP;
    aac->encoder->sample_rate = SOUND_HZ;
    aac->encoder->time_base = (AVRational){1, SOUND_HZ};
    aac->encoder->bit_rate = bitrate;
    aac->encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    av_channel_layout_default(&aac->encoder->ch_layout, channels);
    AVDictionary *options = aac_options(aac, quick);
    int code = avcodec_open2(aac->encoder, codec, &options);
    av_dict_free(&options);
    if (code < 0) {
        media_set_av_error(error, code, "cannot encode AAC at %d bit/s; check the bit rate",
                           bitrate);
        return NULL;
    }
    return g_steal_pointer(&aac);
}

MediaAac *media_aac_open(int channels, int bitrate, gboolean quick, GError **error)
{
    return open_aac(channels, FALSE, bitrate, quick, error);
}

MediaAac *media_aac_open_twin(int bitrate, gboolean quick, GError **error)
{
    return open_aac(1, TRUE, bitrate, quick, error);
}

void media_aac_close(MediaAac *aac)
{
    if (aac == NULL)
        return;
    media_close_decoder(aac->encoder);
    av_frame_free(&aac->frame);
    av_packet_free(&aac->packet);
    g_free(aac);
}

void media_aac_begin_at(MediaAac *aac, gint64 pts)
{
    g_assert(aac->filled == 0);
    aac->next_pts = pts;
}

const AVCodecContext *media_aac_context(const MediaAac *aac)
{
    return aac->encoder;
}

AVCodecParameters *media_aac_parameters(const MediaAac *aac)
{
    AVCodecParameters *codec = avcodec_parameters_alloc();
    g_assert(codec != NULL);
    int code = avcodec_parameters_from_context(codec, aac->encoder);
    g_assert(code >= 0);
    if (aac->is_twin) {
        gboolean is_ours = media_aac_twin_config(codec->extradata, (gsize)codec->extradata_size);
        g_assert(is_ours);
        av_channel_layout_uninit(&codec->ch_layout);
        av_channel_layout_default(&codec->ch_layout, 2);
    }
    return codec;
}

static void make_twin(AVPacket *packet)
{
    AVBufferRef *stereo =
        av_buffer_alloc((gsize)packet->size + MEDIA_AAC_TWIN_MORE + AV_INPUT_BUFFER_PADDING_SIZE);
    g_assert(stereo != NULL);
    memset(stereo->data, 0, stereo->size);
    gsize bytes = media_aac_twin(packet->data, (gsize)packet->size, stereo->data);
    g_assert(bytes > 0); /* it is our encoder's */
    av_buffer_unref(&packet->buf);
    packet->buf = stereo;
    packet->data = stereo->data;
    packet->size = (int)bytes;
}

static gboolean encode(MediaAac *aac, const AVFrame *frame, MediaPacketFunc func, gpointer data,
                       GError **error)
{
    int code = avcodec_send_frame(aac->encoder, frame);
    while (code >= 0) {
        code = avcodec_receive_packet(aac->encoder, aac->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return TRUE;
        if (code >= 0 && aac->is_twin)
            make_twin(aac->packet);
        if (code >= 0 && !func(aac->packet, data, error))
            return FALSE;
    }
    media_set_av_error(error, code, "cannot encode the sound");
    return FALSE;
}

static void begin_frame(MediaAac *aac)
{
    aac->frame->nb_samples = aac->encoder->frame_size;
    aac->frame->format = AV_SAMPLE_FMT_FLTP;
    aac->frame->sample_rate = SOUND_HZ;
    av_channel_layout_copy(&aac->frame->ch_layout, &aac->encoder->ch_layout);
    int code = av_frame_get_buffer(aac->frame, 0);
    g_assert(code >= 0);
}

static gboolean end_frame(MediaAac *aac, MediaPacketFunc func, gpointer data, GError **error)
{
    aac->frame->nb_samples = aac->filled;
    aac->frame->pts = aac->next_pts;
    aac->next_pts += aac->filled;
    aac->filled = 0;
    gboolean good = encode(aac, aac->frame, func, data, error);
    av_frame_unref(aac->frame);
    return good;
}

gboolean media_aac_push(MediaAac *aac, const float *samples, gsize n, MediaPacketFunc func,
                        gpointer data, GError **error)
{
    for (gsize i = 0; i < n; i++) {
        if (aac->filled == 0 && aac->frame->buf[0] == NULL)
            begin_frame(aac);
        for (int channel = 0; channel < aac->channels; channel++)
            ((float *)(void *)aac->frame->data[channel])[aac->filled] =
                samples[(gsize)aac->channels * i + (gsize)channel];
        if (++aac->filled == aac->encoder->frame_size && !end_frame(aac, func, data, error))
            return FALSE;
    }
    return TRUE;
}

gboolean media_aac_finish(MediaAac *aac, MediaPacketFunc func, gpointer data, GError **error)
{
    if (aac->filled > 0 && !end_frame(aac, func, data, error))
        return FALSE;
    return encode(aac, NULL, func, data, error);
}
