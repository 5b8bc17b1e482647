#include "live-encoder-private.h"

#include "encode-private.h"
#include "live-avc-private.h"

struct MediaLiveEncoder {
    AVCodecContext *codec;
    AVPacket *packet;
    GBytes *avcc;
};

static void set_up(AVCodecContext *codec, const MediaLiveEncoderOptions *options)
{
    codec->width = options->width;
    codec->height = options->height;
    codec->time_base = (AVRational){1, 1000000};
    codec->framerate = (AVRational){options->rate.num, options->rate.den};
    media_describe_colour(codec);
    codec->max_b_frames = 0;
    codec->gop_size = 250; /* keyframes are asked for */
    codec->thread_count = options->threads;
    codec->rc_max_rate = (gint64)options->kbps_max * 1000;
    codec->rc_buffer_size = options->kbps_max * 1000;
    codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
}

static int open_codec(AVCodecContext *codec, const MediaLiveEncoderOptions *options)
{
    AVDictionary *given = NULL;
    av_dict_set(&given, "preset", options->preset, 0);
    av_dict_set(&given, "tune", "zerolatency", 0);
    av_dict_set(&given, "profile", "main", 0); /* an avcC without the fields of High */
    av_dict_set_int(&given, "crf", options->crf, 0);
    av_dict_set(&given, "forced-idr", "1", 0);
    int code = avcodec_open2(codec, codec->codec, &given);
    av_dict_free(&given);
    return code;
}

MediaLiveEncoder *media_live_encoder_open(const MediaLiveEncoderOptions *options, GError **error)
{
    media_quiet_libav();
    const AVCodec *x264 = media_find_h264(error);
    if (x264 == NULL)
        return NULL;
    g_autoptr(MediaLiveEncoder) encoder = g_new0(MediaLiveEncoder, 1);
    encoder->codec = avcodec_alloc_context3(x264);
    encoder->packet = av_packet_alloc();
    g_assert(encoder->codec != NULL && encoder->packet != NULL);
    set_up(encoder->codec, options);
    int code = open_codec(encoder->codec, options);
    if (code >= 0)
        encoder->avcc = media_avcc_new(encoder->codec->extradata,
                                       (gsize)MAX(encoder->codec->extradata_size, 0));
    if (encoder->avcc == NULL) {
        media_set_av_error(error, code, "cannot encode H.264 at %d × %d", options->width,
                           options->height);
        return NULL;
    }
    return g_steal_pointer(&encoder);
}

void media_live_encoder_close(MediaLiveEncoder *encoder)
{
    if (encoder == NULL)
        return;
    avcodec_free_context(&encoder->codec);
    av_packet_free(&encoder->packet);
    g_clear_pointer(&encoder->avcc, g_bytes_unref);
    g_free(encoder);
}

GBytes *media_live_encoder_avcc(const MediaLiveEncoder *encoder)
{
    return encoder->avcc;
}

GBytes *media_live_encoder_encode(MediaLiveEncoder *encoder, AVFrame *frame, gint64 t_us,
                                  gboolean is_key, GError **error)
{
    frame->pts = t_us;
    frame->pict_type = is_key ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    int code = avcodec_send_frame(encoder->codec, frame);
    if (code >= 0)
        code = avcodec_receive_packet(encoder->codec, encoder->packet);
    if (code < 0) {
        media_set_av_error(error, code, "cannot encode a picture of the stream");
        return NULL;
    }
    GBytes *bytes = media_avc_lengths(encoder->packet->data, (gsize)encoder->packet->size);
    av_packet_unref(encoder->packet);
    return bytes;
}
