#include "live-transcode-private.h"

#include <libswscale/swscale.h>
#include <string.h>

enum { CRF = 23, KBPS_MAX = 8000, THREADS_MAX = 4 };

struct MediaLiveTranscode {
    AVCodecContext *decoder;
    MediaLiveEncoder *encoder;
    struct SwsContext *scaler;
    AVPacket *packet;
    AVFrame *decoded, *scaled;
};

static gboolean open_decoder(MediaLiveTranscode *transcode, gboolean is_vp9, GError **error)
{
    const AVCodec *codec = avcodec_find_decoder(is_vp9 ? AV_CODEC_ID_VP9 : AV_CODEC_ID_VP8);
    transcode->decoder = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
    if (transcode->decoder == NULL) {
        g_set_error_literal(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                            "this libavcodec decodes no VP8 or VP9");
        return FALSE;
    }
    transcode->decoder->thread_count = CLAMP((int)g_get_num_processors(), 1, THREADS_MAX);
    transcode->decoder->thread_type = FF_THREAD_SLICE; /* frames in flight would be a delay */
    transcode->decoder->max_pixels = MEDIA_PIXELS_MAX;
    int code = avcodec_open2(transcode->decoder, codec, NULL);
    if (code < 0)
        media_set_av_error(error, code, "cannot decode the program");
    return code >= 0;
}

MediaLiveTranscode *media_live_transcode_new(gboolean is_vp9, int width, int height, ShowRate rate,
                                             GError **error)
{
    MediaLiveEncoderOptions options = {
        .width = width,
        .height = height,
        .rate = rate,
        .preset = "veryfast",
        .crf = CRF,
        .kbps_max = KBPS_MAX,
        .threads = CLAMP((int)g_get_num_processors(), 1, THREADS_MAX),
    };
    MediaLiveTranscode *transcode = g_new0(MediaLiveTranscode, 1);
    transcode->encoder = media_live_encoder_open(&options, error);
    transcode->packet = av_packet_alloc();
    transcode->decoded = av_frame_alloc();
    transcode->scaled = av_frame_alloc();
    g_assert(transcode->packet != NULL && transcode->decoded != NULL && transcode->scaled != NULL);
    transcode->scaled->format = AV_PIX_FMT_YUV420P;
    transcode->scaled->width = width;
    transcode->scaled->height = height;
    if (transcode->encoder != NULL && open_decoder(transcode, is_vp9, error))
        return transcode;
    media_live_transcode_free(transcode);
    return NULL;
}

void media_live_transcode_free(MediaLiveTranscode *transcode)
{
    if (transcode == NULL)
        return;
    avcodec_free_context(&transcode->decoder);
    media_live_encoder_close(transcode->encoder);
    sws_freeContext(transcode->scaler);
    av_packet_free(&transcode->packet);
    av_frame_free(&transcode->decoded);
    av_frame_free(&transcode->scaled);
    g_free(transcode);
}

GBytes *media_live_transcode_avcc(const MediaLiveTranscode *transcode)
{
    return media_live_encoder_avcc(transcode->encoder);
}

/* The picture in the size and form of the stream, borrowed; NULL: it cannot be had. */
static AVFrame *fit(MediaLiveTranscode *transcode)
{
    AVFrame *from = transcode->decoded, *to = transcode->scaled;
    if (from->width == to->width && from->height == to->height &&
        from->format == AV_PIX_FMT_YUV420P)
        return from;
    transcode->scaler = sws_getCachedContext(
        transcode->scaler, from->width, from->height, (enum AVPixelFormat)from->format, to->width,
        to->height, AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
    if (transcode->scaler == NULL || (to->buf[0] == NULL && av_frame_get_buffer(to, 0) < 0) ||
        av_frame_make_writable(to) < 0)
        return NULL;
    sws_scale(transcode->scaler, (const uint8_t *const *)from->data, from->linesize, 0,
              from->height, to->data, to->linesize);
    return to;
}

GBytes *media_live_transcode_push(MediaLiveTranscode *transcode, const guint8 *bytes, gsize length,
                                  gint64 t_us, gboolean is_key, GError **error)
{
    if (av_new_packet(transcode->packet, (int)length) < 0)
        return NULL;
    memcpy(transcode->packet->data, bytes, length);
    int code = avcodec_send_packet(transcode->decoder, transcode->packet);
    av_packet_unref(transcode->packet);
    if (code < 0 || avcodec_receive_frame(transcode->decoder, transcode->decoded) < 0)
        return NULL;
    AVFrame *frame = fit(transcode);
    GBytes *out = frame != NULL
                      ? media_live_encoder_encode(transcode->encoder, frame, t_us, is_key, error)
                      : NULL;
    av_frame_unref(transcode->decoded);
    return out;
}
