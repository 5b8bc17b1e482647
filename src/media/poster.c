#include <media/poster.h>

#include "encode-private.h"
#include "geometry-private.h"
#include "picture-private.h"

#include <math.h>

enum {
    WIDTH_MAX = 640,
    QUALITY = 4,         /* of 2 … 31: 40 KB for a talking head */
    PLAIN_DEVIATION = 8, /* of luma: below there is nothing to see */
    SAMPLE_STEP = 4,     /* pixels */
};

/* Whether its brightness varies. */
static gboolean shows_something(const AVFrame *frame)
{
    gint64 sum = 0, squares = 0, n = 0;
    for (int y = 0; y < frame->height; y += SAMPLE_STEP)
        for (int x = 0; x < frame->width; x += SAMPLE_STEP) {
            int luma = frame->data[0][y * frame->linesize[0] + x];
            sum += luma;
            squares += luma * luma;
            n++;
        }
    return n * squares - sum * sum > n * n * PLAIN_DEVIATION * PLAIN_DEVIATION;
}

static MediaGeometry *small_geometry(const MediaPicture *picture)
{
    const AVStream *stream = media_picture_stream(picture);
    const AVCodecParameters *codec = stream->codecpar;
    double wide = codec->width, high = codec->height;
    if (codec->sample_aspect_ratio.num > 0 && codec->sample_aspect_ratio.den > 0)
        wide *= av_q2d(codec->sample_aspect_ratio);
    if (media_stream_rotation(stream) % 180 != 0) {
        double turned = wide;
        wide = high;
        high = turned;
    }
    double scale = MIN(1, WIDTH_MAX / MAX(wide, high));
    int width = MAX(16, (int)lround(wide * scale / 2) * 2);
    int height = MAX(16, (int)lround(high * scale / 2) * 2);
    return media_geometry_new(stream, width, height, MEDIA_FIT_BARS);
}

/* NULL without an error: there is no picture then. */
static AVFrame *picture_at(MediaPicture *picture, MediaGeometry *geometry, double at_s,
                           GCancellable *cancellable, GError **error)
{
    MediaShown shown;
    media_picture_begin(picture, at_s);
    if (!media_picture_show(picture, at_s, cancellable, &shown)) {
        g_cancellable_set_error_if_cancelled(cancellable, error);
        return NULL;
    }
    return shown.frame != NULL ? media_geometry_apply(geometry, shown.frame, error) : NULL;
}

static AVFrame *choose(MediaPicture *picture, MediaGeometry *geometry, const double *moments_s,
                       gsize n, GCancellable *cancellable, GError **error)
{
    AVFrame *first = NULL;
    for (gsize i = 0; i < n; i++) {
        g_autoptr(GError) problem = NULL;
        AVFrame *frame = picture_at(picture, geometry, moments_s[i], cancellable, &problem);
        if (problem != NULL) {
            av_frame_free(&first);
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
        if (frame != NULL && shows_something(frame)) {
            av_frame_free(&first);
            return frame;
        }
        if (first == NULL)
            first = frame;
        else
            av_frame_free(&frame);
    }
    if (first == NULL)
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                    "there is no picture to make a poster of");
    return first;
}

/* ---- JPEG ---- */

static guint8 to_byte(double value)
{
    return (guint8)CLAMP(value + 0.5, 0, 255);
}

/* From BT.709 in limited range to what JFIF says, BT.601 in full range, where the two matrices differ
 * by a small share of the colours. */
static void convert_colours(AVFrame *frame)
{
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            guint8 *luma = &frame->data[0][y * frame->linesize[0] + x];
            int column = x / 2, row = y / 2;
            double blue = frame->data[1][row * frame->linesize[1] + column] - 128.0;
            double red = frame->data[2][row * frame->linesize[2] + column] - 128.0;
            *luma = to_byte((*luma - 16.0) * 255 / 219 +
                            (0.101579 * blue + 0.196076 * red) * 255 / 224);
        }
    for (int y = 0; y < frame->height / 2; y++)
        for (int x = 0; x < frame->width / 2; x++) {
            guint8 *first = &frame->data[1][y * frame->linesize[1] + x];
            guint8 *second = &frame->data[2][y * frame->linesize[2] + x];
            double blue = (*first - 128.0) * 255 / 224, red = (*second - 128.0) * 255 / 224;
            *first = to_byte(128 + 0.989854 * blue - 0.110653 * red);
            *second = to_byte(128 - 0.072453 * blue + 0.983398 * red);
        }
    frame->format = AV_PIX_FMT_YUVJ420P;
    frame->color_range = AVCOL_RANGE_JPEG;
}

static gboolean encode_jpeg(AVFrame *frame, AVPacket *packet, GError **error)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    g_autoptr(AVCodecContext) encoder = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
    int code = AVERROR_ENCODER_NOT_FOUND;
    if (encoder != NULL) {
        encoder->width = frame->width;
        encoder->height = frame->height;
        encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
        encoder->color_range = AVCOL_RANGE_JPEG;
        encoder->time_base = (AVRational){1, 25};
        encoder->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
        encoder->global_quality = QUALITY * FF_QP2LAMBDA;
        encoder->thread_count = 1;
        code = avcodec_open2(encoder, codec, NULL);
    }
    frame->quality = QUALITY * FF_QP2LAMBDA;
    frame->pts = 0;
    frame->pict_type = AV_PICTURE_TYPE_I;
    if (code >= 0)
        code = avcodec_send_frame(encoder, frame);
    if (code >= 0)
        code = avcodec_send_frame(encoder, NULL);
    if (code >= 0)
        code = avcodec_receive_packet(encoder, packet);
    if (code < 0)
        media_set_av_error(error, code, "a picture cannot be made into a JPEG");
    return code >= 0;
}

GBytes *media_poster_make(const char *video, const double *moments_s, gsize n,
                          GCancellable *cancellable, GError **error)
{
    g_autoptr(MediaPicture) picture = media_picture_open(video, 1, error);
    if (picture == NULL)
        return NULL;
    MediaGeometry *geometry = small_geometry(picture);
    g_autoptr(AVFrame) frame = choose(picture, geometry, moments_s, n, cancellable, error);
    media_geometry_free(geometry);
    g_autoptr(AVPacket) packet = av_packet_alloc();
    if (frame == NULL || av_frame_make_writable(frame) < 0) {
        g_prefix_error(error, "%s: ", video);
        return NULL;
    }
    convert_colours(frame);
    if (!encode_jpeg(frame, packet, error)) {
        g_prefix_error(error, "%s: ", video);
        return NULL;
    }
    return g_bytes_new(packet->data, (gsize)packet->size);
}
