#include "geometry-private.h"

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/imgutils.h>
#include <math.h>

struct MediaGeometry {
    const AVStream *stream;
    int width, height;
    MediaFit fit;
    int rotation;

    AVFilterGraph *graph; /* NULL: not needed so far */
    AVFilterContext *source, *sink;
    /* what the graph was made for */
    int in_width, in_height, in_format;
    enum AVColorSpace in_space;
    enum AVColorRange in_range;
    AVRational in_pixel;
};

/* ---- shape ---- */

static int even(double value)
{
    return MAX(2, 2 * (int)lround(value / 2));
}

void media_fit_size(double shape, int width, int height, MediaFit fit, int *fit_width,
                    int *fit_height)
{
    gboolean wider = shape > (double)width / height;
    *fit_width = width;
    *fit_height = height;
    if (wider == (fit != MEDIA_FIT_CROP)) /* the width decides */
        *fit_height = even(width / shape);
    else
        *fit_width = even(height * shape);
    if (fit == MEDIA_FIT_CROP) {
        *fit_width = MAX(*fit_width, width);
        *fit_height = MAX(*fit_height, height);
    } else {
        *fit_width = MIN(*fit_width, width);
        *fit_height = MIN(*fit_height, height);
    }
}

static AVRational pixel_shape(const MediaGeometry *geometry, const AVFrame *frame)
{
    AVRational pixel = geometry->stream->sample_aspect_ratio;
    if (pixel.num <= 0 || pixel.den <= 0)
        pixel = frame->sample_aspect_ratio;
    if (pixel.num <= 0 || pixel.den <= 0)
        pixel = (AVRational){1, 1};
    return pixel;
}

/* ---- colour ---- */

/* What players assume where nothing is said: small pictures are BT.601. */
static enum AVColorSpace colour_space(const AVFrame *frame)
{
    if (frame->colorspace != AVCOL_SPC_UNSPECIFIED && frame->colorspace != AVCOL_SPC_RESERVED)
        return frame->colorspace;
    return frame->width >= 1280 || frame->height > 576 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
}

static enum AVColorRange colour_range(const AVFrame *frame)
{
    gboolean full = frame->color_range == AVCOL_RANGE_JPEG ||
                    frame->format == AV_PIX_FMT_YUVJ420P || frame->format == AV_PIX_FMT_YUVJ422P ||
                    frame->format == AV_PIX_FMT_YUVJ444P || frame->format == AV_PIX_FMT_YUVJ440P;
    return full ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
}

static const char *matrix_name(enum AVColorSpace space)
{
    switch (space) {
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return "bt601";
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return "bt2020";
    case AVCOL_SPC_FCC:
        return "fcc";
    case AVCOL_SPC_SMPTE240M:
        return "smpte240m";
    default:
        return "bt709";
    }
}

/* ---- the graph ---- */

static gboolean fits_already(const MediaGeometry *geometry, const AVFrame *frame)
{
    AVRational pixel = pixel_shape(geometry, frame);
    return geometry->rotation == 0 && frame->width == geometry->width &&
           frame->height == geometry->height && pixel.num == pixel.den &&
           frame->format == AV_PIX_FMT_YUV420P && colour_range(frame) == AVCOL_RANGE_MPEG &&
           colour_space(frame) == AVCOL_SPC_BT709;
}

static gboolean graph_is_for(const MediaGeometry *geometry, const AVFrame *frame)
{
    return geometry->graph != NULL && geometry->in_width == frame->width &&
           geometry->in_height == frame->height && geometry->in_format == frame->format &&
           geometry->in_space == colour_space(frame) && geometry->in_range == colour_range(frame) &&
           av_cmp_q(geometry->in_pixel, pixel_shape(geometry, frame)) == 0;
}

static void append_turn(GString *text, int rotation)
{
    if (rotation == 90)
        g_string_append(text, ",transpose=clock");
    else if (rotation == 180)
        g_string_append(text, ",hflip,vflip");
    else if (rotation == 270)
        g_string_append(text, ",transpose=cclock");
}

/* Scaled first and turned then: the other way round would turn what is thrown away. */
static char *graph_text(const MediaGeometry *geometry, const AVFrame *frame)
{
    AVRational pixel = pixel_shape(geometry, frame);
    gboolean lying = geometry->rotation % 180 != 0;
    double shape = (double)frame->width * pixel.num / pixel.den / frame->height;
    int width, height;
    media_fit_size(lying ? 1 / shape : shape, geometry->width, geometry->height, geometry->fit,
                   &width, &height);
    GString *text = g_string_new(NULL);
    g_string_append_printf(text,
                           "scale=%d:%d:flags=bicubic:in_color_matrix=%s:out_color_matrix=bt709:"
                           "in_range=%s:out_range=limited,format=yuv420p",
                           lying ? height : width, lying ? width : height,
                           matrix_name(colour_space(frame)),
                           colour_range(frame) == AVCOL_RANGE_JPEG ? "full" : "limited");
    append_turn(text, geometry->rotation);
    if (geometry->fit == MEDIA_FIT_CROP)
        g_string_append_printf(text, ",crop=%d:%d", geometry->width, geometry->height);
    else
        g_string_append_printf(text, ",pad=%d:%d:-1:-1:black", geometry->width, geometry->height);
    return g_string_free(text, FALSE);
}

static void drop_graph(MediaGeometry *geometry)
{
    avfilter_graph_free(&geometry->graph);
    geometry->source = geometry->sink = NULL;
}

static int link_graph(MediaGeometry *geometry, const char *text)
{
    AVFilterInOut *outputs = avfilter_inout_alloc(), *inputs = avfilter_inout_alloc();
    g_assert(outputs != NULL && inputs != NULL);
    *outputs = (AVFilterInOut){.name = av_strdup("in"), .filter_ctx = geometry->source};
    *inputs = (AVFilterInOut){.name = av_strdup("out"), .filter_ctx = geometry->sink};
    int code = avfilter_graph_parse_ptr(geometry->graph, text, &inputs, &outputs, NULL);
    if (code >= 0)
        code = avfilter_graph_config(geometry->graph, NULL);
    avfilter_inout_free(&inputs);
    avfilter_inout_free(&outputs);
    return code;
}

static int make_graph(MediaGeometry *geometry, const AVFrame *frame)
{
    drop_graph(geometry);
    geometry->graph = avfilter_graph_alloc();
    g_assert(geometry->graph != NULL);
    geometry->graph->nb_threads = 1; /* the cores are the encoder's */
    geometry->in_width = frame->width;
    geometry->in_height = frame->height;
    geometry->in_format = frame->format;
    geometry->in_space = colour_space(frame);
    geometry->in_range = colour_range(frame);
    geometry->in_pixel = pixel_shape(geometry, frame);

    g_autofree char *source =
        g_strdup_printf("video_size=%dx%d:pix_fmt=%d:time_base=1/1000:pixel_aspect=1/1",
                        frame->width, frame->height, frame->format);
    int code = avfilter_graph_create_filter(&geometry->source, avfilter_get_by_name("buffer"), "in",
                                            source, NULL, geometry->graph);
    if (code >= 0)
        code = avfilter_graph_create_filter(&geometry->sink, avfilter_get_by_name("buffersink"),
                                            "out", NULL, NULL, geometry->graph);
    g_autofree char *text = graph_text(geometry, frame);
    if (code >= 0)
        code = link_graph(geometry, text);
    if (code < 0)
        drop_graph(geometry);
    return code;
}

/* ---- frames ---- */

static void strip(AVFrame *frame)
{
    while (frame->nb_side_data > 0)
        av_frame_remove_side_data(frame, frame->side_data[0]->type);
    av_dict_free(&frame->metadata);
    frame->pict_type = AV_PICTURE_TYPE_NONE; /* the encoder would take it as an order */
    frame->key_frame = 0;
    frame->interlaced_frame = 0;
    frame->sample_aspect_ratio = (AVRational){1, 1};
    frame->color_range = AVCOL_RANGE_MPEG;
    frame->colorspace = AVCOL_SPC_BT709;
    frame->color_primaries = AVCOL_PRI_BT709;
    frame->color_trc = AVCOL_TRC_BT709;
    frame->pts = AV_NOPTS_VALUE;
}

AVFrame *media_geometry_apply(MediaGeometry *geometry, const AVFrame *frame, GError **error)
{
    g_autoptr(AVFrame) result = av_frame_clone(frame);
    g_assert(result != NULL);
    int code = 0;
    if (!fits_already(geometry, frame)) {
        if (!graph_is_for(geometry, frame))
            code = make_graph(geometry, frame);
        if (code >= 0) {
            strip(result);
            result->color_range = colour_range(frame);
            result->colorspace = colour_space(frame);
            code = av_buffersrc_write_frame(geometry->source, result);
        }
        av_frame_unref(result);
        if (code >= 0)
            code = av_buffersink_get_frame(geometry->sink, result);
    }
    if (code < 0) {
        media_set_av_error(error, code, "cannot bring a picture of %d × %d to %d × %d",
                           frame->width, frame->height, geometry->width, geometry->height);
        return NULL;
    }
    strip(result);
    return g_steal_pointer(&result);
}

AVFrame *media_black_frame(int width, int height)
{
    AVFrame *frame = av_frame_alloc();
    g_assert(frame != NULL);
    frame->width = width;
    frame->height = height;
    frame->format = AV_PIX_FMT_YUV420P;
    int code = av_frame_get_buffer(frame, 0);
    g_assert(code >= 0);
    ptrdiff_t lines[4] = {frame->linesize[0], frame->linesize[1], frame->linesize[2], 0};
    code = av_image_fill_black(frame->data, lines, AV_PIX_FMT_YUV420P, AVCOL_RANGE_MPEG, width,
                               height);
    g_assert(code >= 0);
    strip(frame);
    return frame;
}

MediaGeometry *media_geometry_new(const AVStream *stream, int width, int height, MediaFit fit)
{
    MediaGeometry *geometry = g_new0(MediaGeometry, 1);
    geometry->stream = stream;
    geometry->width = width;
    geometry->height = height;
    geometry->fit = fit;
    geometry->rotation = media_stream_rotation(stream);
    return geometry;
}

void media_geometry_free(MediaGeometry *geometry)
{
    if (geometry == NULL)
        return;
    drop_graph(geometry);
    g_free(geometry);
}
