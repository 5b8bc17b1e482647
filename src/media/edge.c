#include "edge-private.h"

#include "avcc-private.h"
#include "encode-private.h"
#include "geometry-private.h"

#include <libavutil/opt.h>
#include <string.h>

enum {
    LEVEL_MIN = 10,
    LEVEL_MAX = 62,
    KEYINT = 10000, /* no keyframe but the first, and where the scene changes */
};

struct MediaEdge {
    const MediaRenderSettings *settings; /* borrowed */
    AVCodecParameters *codec;            /* of the recordings, with our sets added */
    AVRational base;
    ShowRate rate;
    int id; /* of our sets */
};

/* One edge while it is made. */
typedef struct Making {
    AVCodecContext *decoder, *encoder;
    AVFrame *frame;
    AVPacket *packet;
    gint64 from; /* ticks: earlier pictures are only decoded */
    gboolean any;
    MediaPacketFunc func;
    gpointer data;
} Making;

static void making_clear(Making *making)
{
    media_close_decoder(making->decoder);
    media_close_decoder(making->encoder);
    av_frame_free(&making->frame);
    av_packet_free(&making->packet);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Making, making_clear)

/* ---- encoder ---- */

gboolean media_edge_fits(const AVCodecParameters *codec)
{
    gboolean plain = codec->format == AV_PIX_FMT_YUV420P || codec->format == AV_PIX_FMT_YUVJ420P;
    gboolean whole =
        codec->field_order == AV_FIELD_PROGRESSIVE || codec->field_order == AV_FIELD_UNKNOWN;
    return codec->codec_id == AV_CODEC_ID_H264 && plain && whole && codec->width % 2 == 0 &&
           codec->height % 2 == 0 &&
           media_avcc_free_id(codec->extradata, (gsize)codec->extradata_size) > 0;
}

static const char *profile_of(const AVCodecParameters *codec)
{
    switch (codec->profile & ~(FF_PROFILE_H264_CONSTRAINED | FF_PROFILE_H264_INTRA)) {
    case FF_PROFILE_H264_BASELINE:
        return "baseline";
    case FF_PROFILE_H264_MAIN:
        return "main";
    default:
        return "high";
    }
}

/* At one crf superfast is as good as veryfast and a third cheaper; that its pictures are larger does
 * not matter for so few. What the user chose stays. */
static const char *preset_of(const MediaEdge *edge)
{
    const char *chosen = edge->settings->preset;
    return g_str_equal(chosen, "veryfast") ? "superfast" : chosen;
}

static void describe(AVCodecContext *encoder, const MediaEdge *edge)
{
    const AVCodecParameters *codec = edge->codec;
    encoder->width = codec->width;
    encoder->height = codec->height;
    encoder->sample_aspect_ratio = codec->sample_aspect_ratio;
    encoder->pix_fmt = (enum AVPixelFormat)codec->format;
    encoder->color_range = codec->color_range;
    encoder->colorspace = codec->color_space;
    encoder->color_primaries = codec->color_primaries;
    encoder->color_trc = codec->color_trc;
    encoder->chroma_sample_location = codec->chroma_location;
    if (codec->level >= LEVEL_MIN && codec->level <= LEVEL_MAX)
        encoder->level = codec->level;
    encoder->time_base = edge->base;
    encoder->framerate = (AVRational){edge->rate.num, edge->rate.den};
    encoder->max_b_frames = 0; /* copied pictures have no delay either */
    encoder->refs = 1;         /* recorders keep no more */
    encoder->gop_size = KEYINT;
    encoder->thread_count = edge->settings->threads;
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
}

static AVCodecContext *open_encoder(const MediaEdge *edge, GError **error)
{
    const AVCodec *codec = media_find_h264(error);
    if (codec == NULL)
        return NULL;
    g_autoptr(AVCodecContext) encoder = avcodec_alloc_context3(codec);
    g_assert(encoder != NULL);
    describe(encoder, edge);
    g_autofree char *own = g_strdup_printf("annexb=0:sps-id=%d", edge->id);
    AVDictionary *options = NULL;
    av_dict_set(&options, "preset", preset_of(edge), 0);
    av_dict_set(&options, "profile", profile_of(edge->codec), 0);
    av_dict_set_int(&options, "crf", edge->settings->crf, 0);
    av_dict_set(&options, "x264-params", own, 0);
    int code = avcodec_open2(encoder, codec, &options);
    av_dict_free(&options);
    if (code < 0) {
        media_set_av_error(error, code, "cannot encode H.264 like the recording, %d × %d",
                           edge->codec->width, edge->codec->height);
        return NULL;
    }
    return g_steal_pointer(&encoder);
}

/* ---- new and free ---- */

static gboolean add_sets(MediaEdge *edge, GError **error)
{
    g_autoptr(AVCodecContext) encoder = open_encoder(edge, error);
    if (encoder == NULL)
        return FALSE;
    AVCodecParameters *codec = edge->codec;
    g_autoptr(GByteArray) all = media_avcc_add(codec->extradata, (gsize)codec->extradata_size,
                                               encoder->extradata, (gsize)encoder->extradata_size);
    if (all == NULL) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                    "the recording's parameter sets have no room for others");
        return FALSE;
    }
    av_freep(&codec->extradata);
    codec->extradata = av_mallocz(all->len + AV_INPUT_BUFFER_PADDING_SIZE);
    g_assert(codec->extradata != NULL);
    memcpy(codec->extradata, all->data, all->len);
    codec->extradata_size = (int)all->len;
    return TRUE;
}

MediaEdge *media_edge_new(const MediaRecorded *recorded, const MediaRenderSettings *settings,
                          GError **error)
{
    const AVCodecParameters *codec = media_recorded_stream(recorded)->codecpar;
    g_assert(media_edge_fits(codec));
    g_autoptr(MediaEdge) edge = g_new0(MediaEdge, 1);
    edge->settings = settings;
    edge->base = recorded->base;
    edge->rate = recorded->rate;
    edge->codec = avcodec_parameters_alloc();
    g_assert(edge->codec != NULL);
    int code = avcodec_parameters_copy(edge->codec, codec);
    g_assert(code >= 0);
    edge->id = media_avcc_free_id(codec->extradata, (gsize)codec->extradata_size);
    return add_sets(edge, error) ? g_steal_pointer(&edge) : NULL;
}

void media_edge_free(MediaEdge *edge)
{
    if (edge == NULL)
        return;
    avcodec_parameters_free(&edge->codec);
    g_free(edge);
}

const AVCodecParameters *media_edge_parameters(const MediaEdge *edge)
{
    return edge->codec;
}

/* ---- one edge ---- */

static gboolean drain_encoder(Making *making, GError **error)
{
    for (;;) {
        int code = avcodec_receive_packet(making->encoder, making->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return TRUE;
        if (code < 0) {
            media_set_av_error(error, code, "cannot encode the edge of a piece");
            return FALSE;
        }
        if (!making->func(making->packet, making->data, error))
            return FALSE;
    }
}

static gboolean encode(Making *making, AVFrame *frame, GError **error)
{
    int code = avcodec_send_frame(making->encoder, frame);
    if (code < 0) {
        media_set_av_error(error, code, "cannot encode the edge of a piece");
        return FALSE;
    }
    return drain_encoder(making, error);
}

static gboolean take_frame(Making *making, GError **error)
{
    AVFrame *frame = making->frame;
    const AVCodecContext *encoder = making->encoder;
    if (frame->pts == AV_NOPTS_VALUE || frame->pts < making->from ||
        frame->width != encoder->width || frame->height != encoder->height ||
        frame->format != (int)encoder->pix_fmt)
        return TRUE;
    frame->pict_type = making->any ? AV_PICTURE_TYPE_NONE : AV_PICTURE_TYPE_I;
    making->any = TRUE;
    return encode(making, frame, error);
}

/* packet NULL: the end. Damage ends in fewer pictures. */
static gboolean decode(Making *making, const AVPacket *packet, GError **error)
{
    avcodec_send_packet(making->decoder, packet);
    while (avcodec_receive_frame(making->decoder, making->frame) >= 0) {
        gboolean good = take_frame(making, error);
        av_frame_unref(making->frame);
        if (!good)
            return FALSE;
    }
    return TRUE;
}

static gboolean make(Making *making, MediaRecorded *recorded, guint end, GError **error)
{
    g_autoptr(AVPacket) packet = av_packet_alloc();
    g_assert(packet != NULL);
    while (recorded->next < end && media_recorded_next(recorded, packet)) {
        gboolean good = decode(making, packet, error);
        av_packet_unref(packet);
        if (!good)
            return FALSE;
    }
    if (!decode(making, NULL, error))
        return FALSE;
    /* x264 that was given nothing has nothing to end. */
    return !making->any || encode(making, NULL, error);
}

gboolean media_edge_write(MediaEdge *edge, MediaRecorded *recorded, guint first, guint end,
                          MediaPacketFunc func, gpointer data, GError **error)
{
    g_auto(Making) making = {.func = func, .data = data};
    making.from = media_recorded_tick(recorded, first);
    making.frame = av_frame_alloc();
    making.packet = av_packet_alloc();
    making.decoder = media_open_decoder(recorded->path, media_recorded_stream(recorded), 1, error);
    making.encoder = making.decoder != NULL ? open_encoder(edge, error) : NULL;
    return making.encoder != NULL &&
           media_recorded_go(recorded, media_recorded_key_before(recorded, first), error) &&
           make(&making, recorded, end, error);
}

gboolean media_edge_black(MediaEdge *edge, MediaPacketFunc func, gpointer data, GError **error)
{
    g_auto(Making) making = {.func = func, .data = data, .from = 0};
    making.frame = media_black_frame(edge->codec->width, edge->codec->height);
    making.packet = av_packet_alloc();
    making.encoder = open_encoder(edge, error);
    if (making.encoder == NULL)
        return FALSE;
    making.frame->format = making.encoder->pix_fmt;
    making.frame->pts = 0;
    return take_frame(&making, error) && encode(&making, NULL, error);
}
