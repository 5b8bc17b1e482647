#include <media/join.h>

#include "open-private.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

enum { PICTURE = 0, SOUND = 1, KINDS = 2 };

typedef struct Joining {
    const char *path;
    AVFormatContext *muxer;
    AVStream *streams[KINDS]; /* borrowed from muxer; NULL: no part has it */
    gint64 last_dts[KINDS];
    GPtrArray *warnings;
} Joining;

/* One part while it is copied. */
typedef struct Source {
    const MediaPart *part;
    AVFormatContext *input;
    int streams[KINDS]; /* -1: it has none, or none that fits */
    gint64 zero_us;
    gint64 start_us;
    gint64 limit_us; /* the next part's zero, in this one's time */
    gint64 delay_us; /* by which the times of its sound are early, and not what is heard */
} Source;

static gboolean fail(const Joining *joining, int code, GError **error)
{
    media_set_av_error(error, code, "%s: the parts of a recording cannot be joined", joining->path);
    return FALSE;
}

/* ---- streams ---- */

static int best_of(AVFormatContext *input, int kind)
{
    return kind == PICTURE ? media_best_video(input) : media_best_audio(input);
}

static void add_stream(Joining *joining, AVFormatContext *input, int kind)
{
    int index = best_of(input, kind);
    if (index < 0 || joining->streams[kind] != NULL)
        return;
    const AVStream *from = input->streams[index];
    AVStream *stream = avformat_new_stream(joining->muxer, NULL);
    g_assert(stream != NULL);
    int code = avcodec_parameters_copy(stream->codecpar, from->codecpar);
    g_assert(code >= 0);
    stream->codecpar->codec_tag = 0;
    stream->time_base = (AVRational){1, 1000};
    stream->avg_frame_rate = from->avg_frame_rate;
    stream->sample_aspect_ratio = from->sample_aspect_ratio;
    joining->streams[kind] = stream;
}

/* Whether a decoder that was opened for `there` reads `here`, too. VP8, VP9 and AV1 say all they
 * need in their keyframes. */
static gboolean is_same_codec(const AVCodecParameters *there, const AVCodecParameters *here)
{
    if (there->codec_id != here->codec_id)
        return FALSE;
    if (there->codec_id == AV_CODEC_ID_VP8 || there->codec_id == AV_CODEC_ID_VP9 ||
        there->codec_id == AV_CODEC_ID_AV1)
        return TRUE;
    return there->sample_rate == here->sample_rate &&
           there->ch_layout.nb_channels == here->ch_layout.nb_channels &&
           there->extradata_size == here->extradata_size &&
           (here->extradata_size == 0 ||
            memcmp(there->extradata, here->extradata, (gsize)here->extradata_size) == 0);
}

static void choose_streams(Joining *joining, Source *source)
{
    static const char *const names[] = {"picture", "sound"};
    for (unsigned i = 0; i < source->input->nb_streams; i++)
        source->input->streams[i]->discard = AVDISCARD_ALL;
    for (int kind = 0; kind < KINDS; kind++) {
        int index = source->streams[kind] = best_of(source->input, kind);
        if (index < 0)
            continue;
        AVStream *stream = source->input->streams[index];
        if (is_same_codec(joining->streams[kind]->codecpar, stream->codecpar)) {
            stream->discard = AVDISCARD_DEFAULT;
            continue;
        }
        source->streams[kind] = -1;
        g_ptr_array_add(joining->warnings,
                        g_strdup_printf("%s: its %s is of another kind than in the parts before "
                                        "it and is left out",
                                        source->part->path, names[kind]));
    }
}

/* ---- packets ---- */

static int kind_of(const Source *source, const AVPacket *packet)
{
    for (int kind = 0; kind < KINDS; kind++)
        if (source->streams[kind] == packet->stream_index)
            return kind;
    return -1;
}

static gint64 own_time_us(const Source *source, const AVPacket *packet, gint64 ticks)
{
    AVRational base = source->input->streams[packet->stream_index]->time_base;
    return av_rescale_q(ticks, base, AV_TIME_BASE_Q) - source->zero_us;
}

/* To the place of its part, in ms. FALSE: it has no time, or lies where the next part begins. */
static gboolean retime(const Source *source, AVPacket *packet)
{
    gint64 pts = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    gint64 dts = packet->dts != AV_NOPTS_VALUE ? packet->dts : pts;
    if (pts == AV_NOPTS_VALUE)
        return FALSE;
    AVRational base = source->input->streams[packet->stream_index]->time_base;
    gint64 pts_us = own_time_us(source, packet, pts);
    gint64 dts_us = own_time_us(source, packet, dts);
    if (pts_us >= source->limit_us)
        return FALSE;
    gint64 add_us = source->start_us;
    if (packet->stream_index == source->streams[SOUND])
        add_us += source->delay_us;
    packet->pts = av_rescale(pts_us + add_us, 1, 1000);
    packet->dts = av_rescale(dts_us + add_us, 1, 1000);
    packet->duration = av_rescale_q(packet->duration, base, (AVRational){1, 1000});
    packet->pos = -1;
    return TRUE;
}

static gboolean write_packet(Joining *joining, const Source *source, AVPacket *packet,
                             GError **error)
{
    int kind = kind_of(source, packet);
    if (kind < 0 || !retime(source, packet)) {
        av_packet_unref(packet);
        return TRUE;
    }
    gint64 *last = &joining->last_dts[kind];
    packet->dts = MAX(packet->dts, *last);
    if (packet->dts > packet->pts) { /* its time was there already */
        av_packet_unref(packet);
        return TRUE;
    }
    *last = packet->dts;
    packet->stream_index = joining->streams[kind]->index;
    av_packet_rescale_ts(packet, (AVRational){1, 1000}, joining->streams[kind]->time_base);
    int code = av_interleaved_write_frame(joining->muxer, packet);
    return code >= 0 || fail(joining, code, error);
}

static gboolean copy_part(Joining *joining, Source *source, GCancellable *cancellable,
                          GError **error)
{
    g_autoptr(AVPacket) packet = av_packet_alloc();
    while (av_read_frame(source->input, packet) >= 0)
        if (g_cancellable_set_error_if_cancelled(cancellable, error) ||
            !write_packet(joining, source, packet, error))
            return FALSE;
    return TRUE;
}

/* ---- all parts ---- */

static gboolean open_muxer(Joining *joining, const MediaPart *parts, gsize n, GError **error)
{
    g_autofree char *url = g_strconcat("file:", joining->path, NULL);
    int code = avformat_alloc_output_context2(&joining->muxer, NULL, "matroska", url);
    g_assert(code >= 0);
    joining->muxer->flags |= AVFMT_FLAG_BITEXACT;
    for (gsize i = 0; i < n && (joining->streams[0] == NULL || joining->streams[1] == NULL); i++) {
        g_autoptr(AVFormatContext) input = media_open_input(parts[i].path, error);
        if (input == NULL)
            return FALSE;
        add_stream(joining, input, PICTURE);
        add_stream(joining, input, SOUND);
    }
    code = avio_open(&joining->muxer->pb, url, AVIO_FLAG_WRITE);
    if (code >= 0)
        code = avformat_write_header(joining->muxer, NULL);
    return code >= 0 || fail(joining, code, error);
}

/* libav reads Opus in Matroska early by its CodecDelay, and does not write it so. */
static gint64 sound_delay_us(const Source *source)
{
    int index = source->streams[SOUND];
    const AVCodecParameters *codec = index >= 0 ? source->input->streams[index]->codecpar : NULL;
    if (codec == NULL || codec->codec_id != AV_CODEC_ID_OPUS ||
        strstr(source->input->iformat->name, "matroska") == NULL)
        return 0;
    return av_rescale(codec->initial_padding, AV_TIME_BASE, 48000);
}

static gboolean join_part(Joining *joining, const MediaPart *part, const MediaPart *next,
                          GCancellable *cancellable, GError **error)
{
    g_autoptr(AVFormatContext) input = media_open_input(part->path, error);
    if (input == NULL)
        return FALSE;
    Source source = {
        .part = part,
        .input = input,
        .zero_us = media_input_zero_us(input),
        .start_us = llround(part->start_s * AV_TIME_BASE),
        .limit_us =
            next != NULL ? llround((next->start_s - part->start_s) * AV_TIME_BASE) : G_MAXINT64,
    };
    choose_streams(joining, &source);
    source.delay_us = sound_delay_us(&source);
    return copy_part(joining, &source, cancellable, error);
}

static gboolean join_all(Joining *joining, const MediaPart *parts, gsize n,
                         const MediaProgress *progress, GCancellable *cancellable, GError **error)
{
    if (!open_muxer(joining, parts, n, error))
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        media_progress_tell(progress, "join", (double)i, (double)n);
        if (!join_part(joining, &parts[i], i + 1 < n ? &parts[i + 1] : NULL, cancellable, error))
            return FALSE;
    }
    int code = av_write_trailer(joining->muxer);
    if (code >= 0)
        code = avio_closep(&joining->muxer->pb);
    return code >= 0 || fail(joining, code, error);
}

gboolean media_join(const MediaPart *parts, gsize n, const char *path, GPtrArray *warnings,
                    const MediaProgress *progress, GCancellable *cancellable, GError **error)
{
    media_quiet_libav();
    Joining joining = {.path = path, .warnings = warnings, .last_dts = {G_MININT64, G_MININT64}};
    gboolean good = join_all(&joining, parts, n, progress, cancellable, error);
    if (joining.muxer != NULL) {
        avio_closep(&joining.muxer->pb);
        avformat_free_context(joining.muxer);
    }
    if (!good)
        g_unlink(path);
    return good;
}
