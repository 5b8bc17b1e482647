/* Recordings for tests, made by libav in process: every picture carries its camera's number and its
 * own, as 20 light or dark cells over the whole picture (5 × 4, most significant first: 4 bits
 * camera, 16 bits frame), so that it can be read back after any scaling, turning and encoding. */
#pragma once
#include <glib.h>
#include <glib/gstdio.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <math.h>
#include <string.h>

enum { CODE_COLUMNS = 5, CODE_ROWS = 4, CODE_BITS = CODE_COLUMNS * CODE_ROWS };
enum { LUMA_DARK = 40, LUMA_LIGHT = 210 };
#define CODE_FRAME(code)  ((int)((code)&0xffff))
#define CODE_CAMERA(code) ((int)((code) >> 16))

typedef struct Material {
    const char *name; /* of the file, with its ending */
    int camera;
    int width, height; /* as stored; 0: 160 × 96 */
    AVRational rate;
    int frames;
    int gop;             /* 0: 250 */
    const char *codec;   /* NULL: libx264 */
    int rotation;        /* degrees clockwise that a player must turn it */
    AVRational pixel;    /* 0/0: square */
    double start_s;      /* of the first picture, when there is sound from 0 on */
    const double *times; /* of each frame, s: variable rate; NULL: constant */
    gboolean full_range, sound;
    gboolean faststart;
    gboolean live;       /* Matroska as browsers write it: no cues, no length, a cluster a second */
    gboolean in_order;   /* no picture is decoded before one that is shown earlier */
    const char *profile; /* of libx264; NULL: its own choice */
    gboolean opus;       /* the sound, instead of AAC */
} Material;

/* ---- drawing ---- */

static inline guint32 code_of(int camera, int frame)
{
    return ((guint32)camera << 16) | (guint32)(frame & 0xffff);
}

/* Where in the picture as seen a stored pixel comes to lie, 0 … 1. */
static inline void seen_at(const Material *material, int x, int y, int width, int height,
                           double *seen_x, double *seen_y)
{
    double h = (x + 0.5) / width, v = (y + 0.5) / height;
    *seen_x = material->rotation == 90    ? 1 - v
              : material->rotation == 180 ? 1 - h
              : material->rotation == 270 ? v
                                          : h;
    *seen_y = material->rotation == 90    ? h
              : material->rotation == 180 ? 1 - v
              : material->rotation == 270 ? 1 - h
                                          : v;
}

static inline void draw_code(const Material *material, AVFrame *frame, guint32 code)
{
    for (int y = 0; y < frame->height; y++)
        for (int x = 0; x < frame->width; x++) {
            double seen_x, seen_y;
            seen_at(material, x, y, frame->width, frame->height, &seen_x, &seen_y);
            int cell = (int)(seen_y * CODE_ROWS) * CODE_COLUMNS + (int)(seen_x * CODE_COLUMNS);
            gboolean light = (code >> (CODE_BITS - 1 - cell)) & 1;
            frame->data[0][y * frame->linesize[0] + x] = light ? LUMA_LIGHT : LUMA_DARK;
        }
    for (int plane = 1; plane < 3; plane++)
        for (int y = 0; y < frame->height / 2; y++)
            memset(frame->data[plane] + y * frame->linesize[plane], 128, (gsize)frame->width / 2);
}

/* Reads the code of a picture that lies at x0, y0 with this size in the frame; -1 when a cell is
 * neither light nor dark, -2 when all is black. */
static inline gint64 read_code_in(const AVFrame *frame, double x0, double y0, double width,
                                  double height)
{
    guint32 code = 0;
    gboolean black = TRUE, doubtful = FALSE;
    for (int cell = 0; cell < CODE_BITS; cell++) {
        int x = (int)(x0 + width * (cell % CODE_COLUMNS + 0.5) / CODE_COLUMNS);
        int y = (int)(y0 + height * (cell / CODE_COLUMNS + 0.5) / CODE_ROWS);
        g_assert_true(x >= 0 && y >= 0 && x < frame->width && y < frame->height);
        int luma = frame->data[0][y * frame->linesize[0] + x];
        black &= luma < 24;
        doubtful |= luma > 90 && luma < 160;
        code = code << 1 | (luma > 125);
    }
    return black ? -2 : doubtful ? -1 : (gint64)code;
}

static inline gint64 read_code(const AVFrame *frame)
{
    return read_code_in(frame, 0, 0, frame->width, frame->height);
}

/* ---- writing ---- */

typedef struct Writer {
    const Material *material;
    AVFormatContext *muxer;
    AVCodecContext *video, *audio;
    AVRational base;
} Writer;

static inline void write_packets(Writer *writer, AVCodecContext *encoder, const AVFrame *frame,
                                 int stream)
{
    AVPacket *packet = av_packet_alloc();
    g_assert_cmpint(avcodec_send_frame(encoder, frame), >=, 0);
    while (avcodec_receive_packet(encoder, packet) >= 0) {
        packet->stream_index = stream;
        if (packet->duration == 0 && stream == 0 && writer->material->times == NULL)
            packet->duration = 1;
        av_packet_rescale_ts(packet, encoder->time_base, writer->muxer->streams[stream]->time_base);
        g_assert_cmpint(av_interleaved_write_frame(writer->muxer, packet), >=, 0);
    }
    av_packet_free(&packet);
}

static inline void open_video(Writer *writer)
{
    const Material *material = writer->material;
    const char *name = material->codec != NULL ? material->codec : "libx264";
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    g_assert_nonnull(codec);
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    encoder->width = material->width > 0 ? material->width : 160;
    encoder->height = material->height > 0 ? material->height : 96;
    encoder->pix_fmt = AV_PIX_FMT_YUV420P;
    encoder->color_range = material->full_range ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    encoder->colorspace = AVCOL_SPC_BT709;
    encoder->sample_aspect_ratio = material->pixel.den > 0 ? material->pixel : (AVRational){1, 1};
    encoder->time_base = material->times != NULL || material->start_s > 0
                             ? (AVRational){1, 90000}
                             : av_inv_q(material->rate);
    encoder->framerate = material->rate;
    encoder->gop_size = material->gop > 0 ? material->gop : 250;
    encoder->thread_count = 1;
    AVDictionary *options = NULL;
    if (strcmp(name, "libx264") == 0) {
        encoder->max_b_frames = material->in_order ? 0 : 2;
        if (material->profile != NULL)
            av_dict_set(&options, "profile", material->profile, 0);
        av_dict_set(&options, "preset", "ultrafast", 0);
        av_dict_set(&options, "crf", "20", 0);
        av_dict_set(&options, "x264-params", "scenecut=0", 0);
    } else {
        encoder->bit_rate = 400000;
    }
    if (writer->muxer->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    g_assert_cmpint(avcodec_open2(encoder, codec, &options), >=, 0);
    av_dict_free(&options);
    AVStream *stream = avformat_new_stream(writer->muxer, NULL);
    avcodec_parameters_from_context(stream->codecpar, encoder);
    stream->time_base = encoder->time_base;
    stream->avg_frame_rate = material->times == NULL ? material->rate : (AVRational){0, 0};
    stream->sample_aspect_ratio = encoder->sample_aspect_ratio;
    if (material->rotation != 0) {
        gint32 *matrix = (gint32 *)(void *)av_stream_new_side_data(
            stream, AV_PKT_DATA_DISPLAYMATRIX, 9 * sizeof(gint32));
        av_display_rotation_set(matrix, material->rotation);
    }
    writer->video = encoder;
}

static inline void open_audio(Writer *writer)
{
    gboolean opus = writer->material->opus;
    const AVCodec *codec =
        opus ? avcodec_find_encoder_by_name("libopus") : avcodec_find_encoder(AV_CODEC_ID_AAC);
    g_assert_nonnull(codec);
    AVCodecContext *encoder = avcodec_alloc_context3(codec);
    encoder->sample_fmt = opus ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP;
    encoder->sample_rate = 48000;
    encoder->time_base = (AVRational){1, 48000};
    av_channel_layout_default(&encoder->ch_layout, 1);
    if (writer->muxer->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    g_assert_cmpint(avcodec_open2(encoder, codec, NULL), >=, 0);
    AVStream *stream = avformat_new_stream(writer->muxer, NULL);
    avcodec_parameters_from_context(stream->codecpar, encoder);
    stream->time_base = encoder->time_base;
    writer->audio = encoder;
}

/* A soft tone, as long as the picture. */
static inline void write_sound(Writer *writer, double seconds)
{
    AVFrame *frame = av_frame_alloc();
    frame->nb_samples = writer->audio->frame_size;
    frame->format = writer->audio->sample_fmt; /* one channel: packed or not is the same */
    frame->sample_rate = 48000;
    av_channel_layout_copy(&frame->ch_layout, &writer->audio->ch_layout);
    g_assert_cmpint(av_frame_get_buffer(frame, 0), >=, 0);
    for (gint64 at = 0; at < (gint64)(seconds * 48000); at += frame->nb_samples) {
        g_assert_cmpint(av_frame_make_writable(frame), >=, 0);
        for (int i = 0; i < frame->nb_samples; i++)
            ((float *)(void *)frame->data[0])[i] =
                0.1f * sinf((float)(at + i) * (float)(2 * G_PI * 440 / 48000));
        frame->pts = at;
        write_packets(writer, writer->audio, frame, 1);
    }
    write_packets(writer, writer->audio, NULL, 1);
    av_frame_free(&frame);
}

static inline double material_time_s(const Material *material, int frame)
{
    return material->start_s +
           (material->times != NULL ? material->times[frame] : frame / av_q2d(material->rate));
}

static inline void write_pictures(Writer *writer)
{
    const Material *material = writer->material;
    AVFrame *frame = av_frame_alloc();
    frame->width = writer->video->width;
    frame->height = writer->video->height;
    frame->format = AV_PIX_FMT_YUV420P;
    g_assert_cmpint(av_frame_get_buffer(frame, 0), >=, 0);
    for (int n = 0; n < material->frames; n++) {
        g_assert_cmpint(av_frame_make_writable(frame), >=, 0);
        draw_code(material, frame, code_of(material->camera, n));
        frame->pts = llround(material_time_s(material, n) / av_q2d(writer->video->time_base));
        write_packets(writer, writer->video, frame, 0);
    }
    write_packets(writer, writer->video, NULL, 0);
    av_frame_free(&frame);
}

/* Writes the recording into the folder; its path, to be freed. */
static inline char *write_material(const char *folder, const Material *material)
{
    char *path = g_build_filename(folder, material->name, NULL);
    Writer writer = {.material = material};
    g_assert_cmpint(avformat_alloc_output_context2(&writer.muxer, NULL, NULL, path), >=, 0);
    writer.muxer->flags |= AVFMT_FLAG_BITEXACT;
    writer.muxer->max_interleave_delta = 0;
    open_video(&writer);
    if (material->sound)
        open_audio(&writer);
    g_assert_cmpint(avio_open(&writer.muxer->pb, path, AVIO_FLAG_WRITE), >=, 0);
    AVDictionary *options = NULL;
    if (material->faststart)
        av_dict_set(&options, "movflags", "+faststart", 0);
    if (material->live) {
        av_dict_set(&options, "live", "1", 0);
        av_dict_set(&options, "cluster_time_limit", "1000", 0);
    }
    g_assert_cmpint(avformat_write_header(writer.muxer, &options), >=, 0);
    av_dict_free(&options);
    write_pictures(&writer);
    if (material->sound)
        write_sound(&writer, material->start_s + material->frames / av_q2d(material->rate));
    g_assert_cmpint(av_write_trailer(writer.muxer), >=, 0);
    avio_closep(&writer.muxer->pb);
    avcodec_free_context(&writer.video);
    avcodec_free_context(&writer.audio);
    avformat_free_context(writer.muxer);
    return path;
}

/* ---- reading ---- */

typedef struct Seen {
    gint64 code;
    double time_s;
    guint32 sum; /* of all luma, to compare pictures exactly */
} Seen;

/* Everything that a file shows, in order, as a player would: elements Seen. `strict`: any complaint
 * of the demuxer or decoder fails the test. */
static inline GArray *read_pictures(const char *path, gint64 (*read)(const AVFrame *frame))
{
    AVFormatContext *input = NULL;
    g_assert_cmpint(avformat_open_input(&input, path, NULL, NULL), >=, 0);
    g_assert_cmpint(avformat_find_stream_info(input, NULL), >=, 0);
    int index = av_find_best_stream(input, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    g_assert_cmpint(index, >=, 0);
    AVStream *stream = input->streams[index];
    AVCodecContext *decoder =
        avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
    avcodec_parameters_to_context(decoder, stream->codecpar);
    decoder->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    g_assert_cmpint(avcodec_open2(decoder, NULL, NULL), >=, 0);
    GArray *seen = g_array_new(FALSE, FALSE, sizeof(Seen));
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    gint64 last_dts = G_MININT64;
    int code = 0;
    while (code >= 0) {
        code = av_read_frame(input, packet);
        if (code >= 0 && packet->stream_index != index) {
            av_packet_unref(packet);
            continue;
        }
        if (code >= 0) {
            g_assert_cmpint(packet->dts, >, last_dts);
            last_dts = packet->dts;
        }
        g_assert_cmpint(avcodec_send_packet(decoder, code >= 0 ? packet : NULL), >=, 0);
        av_packet_unref(packet);
        while (avcodec_receive_frame(decoder, frame) >= 0) {
            Seen one = {.code = read(frame),
                        .time_s = (double)frame->pts * av_q2d(stream->time_base)};
            for (int y = 0; y < frame->height; y++)
                for (int x = 0; x < frame->width; x++)
                    one.sum = one.sum * 31 + frame->data[0][y * frame->linesize[0] + x];
            g_array_append_val(seen, one);
        }
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    avformat_close_input(&input);
    return seen;
}

static inline const Seen *seen_get(const GArray *seen, guint index)
{
    g_assert_cmpuint(index, <, seen->len);
    return &g_array_index(seen, Seen, index);
}

/* The left channel as a player plays it, 48 kHz, sample 0 at the file's time 0: elements float. */
static inline GArray *read_sound(const char *path)
{
    AVFormatContext *input = NULL;
    g_assert_cmpint(avformat_open_input(&input, path, NULL, NULL), >=, 0);
    g_assert_cmpint(avformat_find_stream_info(input, NULL), >=, 0);
    int index = av_find_best_stream(input, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    g_assert_cmpint(index, >=, 0);
    AVStream *stream = input->streams[index];
    AVCodecContext *decoder =
        avcodec_alloc_context3(avcodec_find_decoder(stream->codecpar->codec_id));
    avcodec_parameters_to_context(decoder, stream->codecpar);
    decoder->pkt_timebase = stream->time_base;
    g_assert_cmpint(avcodec_open2(decoder, NULL, NULL), >=, 0);
    GArray *sound = g_array_new(FALSE, TRUE, sizeof(float));
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    int code = 0;
    while (code >= 0) {
        code = av_read_frame(input, packet);
        if (code < 0 || packet->stream_index == index)
            avcodec_send_packet(decoder, code >= 0 ? packet : NULL);
        av_packet_unref(packet);
        while (avcodec_receive_frame(decoder, frame) >= 0) {
            gint64 at = av_rescale_q(frame->pts, stream->time_base, (AVRational){1, 48000});
            g_assert_cmpint(at, >=, 0);
            if ((gint64)sound->len < at)
                g_array_set_size(sound, (guint)at);
            g_array_append_vals(sound, frame->data[0], (guint)frame->nb_samples);
        }
    }
    av_packet_free(&packet);
    av_frame_free(&frame);
    avcodec_free_context(&decoder);
    avformat_close_input(&input);
    return sound;
}

/* ---- folders ---- */

static inline char *new_folder(void)
{
    char *folder = g_dir_make_tmp("crosscut-media-XXXXXX", NULL);
    g_assert_nonnull(folder);
    return folder;
}

/* Names in a folder, hidden ones too. */
static inline guint count_files(const char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    g_assert_nonnull(dir);
    guint n = 0;
    while (g_dir_read_name(dir) != NULL)
        n++;
    g_dir_close(dir);
    return n;
}

static inline void remove_folder(char *folder)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_unlink(path);
    }
    if (dir != NULL)
        g_dir_close(dir);
    g_rmdir(folder);
    g_free(folder);
}
