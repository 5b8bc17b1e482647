#include "mux-private.h"

#include "packet-spool-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

enum {
    STREAMS_MAX = 2,
    /* Of tables (ISO 14496-12): its size in stsz, and where its chunk lies in stsc and co64. */
    PACKET_BYTES = 4 + 12 + 8,
    TIME_BYTES = 8, /* in stts or ctts, where it differs from the one before */
    KEY_BYTES = 4,  /* in stss */
    HEAD_BYTES = 64 * 1024,
    CHAPTER_BYTES = 1024,
};

struct MediaOutput {
    char *path, *folder, *part;
    AVFormatContext *muxer;
    AVRational bases[STREAMS_MAX]; /* of the packets given, by stream */
    gboolean made;                 /* the part exists */

    gint64 reserved; /* bytes for tables; 0: they are not known */

    gboolean held;
    gint64 tables; /* bytes that the packets held so far need in them */
    gint64 last_step[STREAMS_MAX], last_dts[STREAMS_MAX];
    MediaPacketSpool *packets[STREAMS_MAX]; /* NULL: none so far */
    GCancellable *cancellable;              /* borrowed */
};

/* ---- errors ---- */

static void set_write_error(const MediaOutput *output, int av_code, GError **error)
{
    int code = AVUNERROR(av_code);
    if (code > 0 && code < 4096) { /* the system's; libav's own are letters */
        media_set_write_error(error, output->path, code);
        return;
    }
    media_set_av_error(error, av_code, "cannot write %s", output->path);
}

/* libav notes a failed write in the file's context, often without saying so in its result. */
static gboolean check_written(const MediaOutput *output, int code, GError **error)
{
    if (code >= 0 && output->muxer->pb != NULL && output->muxer->pb->error < 0)
        code = output->muxer->pb->error;
    if (code >= 0)
        return TRUE;
    set_write_error(output, code, error);
    return FALSE;
}

/* ---- open, close ---- */

MediaOutput *media_output_open(const char *path, GError **error)
{
    media_quiet_libav();
    g_autoptr(MediaOutput) output = g_new0(MediaOutput, 1);
    output->path = g_strdup(path);
    output->folder = g_path_get_dirname(path);
    g_autofree char *name = g_path_get_basename(path);
    output->part = g_strdup_printf("%s/.%s.part", output->folder, name);
    g_autofree char *url = g_strconcat("file:", output->part, NULL);
    int code = avformat_alloc_output_context2(&output->muxer, NULL, "mp4", url);
    g_assert(code >= 0);
    output->muxer->flags |= AVFMT_FLAG_BITEXACT;
    code = avio_open(&output->muxer->pb, url, AVIO_FLAG_WRITE);
    if (code < 0) {
        set_write_error(output, code, error);
        return NULL;
    }
    output->made = TRUE;
    return g_steal_pointer(&output);
}

void media_output_close(MediaOutput *output)
{
    if (output == NULL)
        return;
    if (output->muxer != NULL) {
        avio_closep(&output->muxer->pb);
        avformat_free_context(output->muxer);
    }
    if (output->made)
        g_unlink(output->part);
    for (int i = 0; i < STREAMS_MAX; i++)
        media_packet_spool_close(output->packets[i]);
    g_free(output->path);
    g_free(output->folder);
    g_free(output->part);
    g_free(output);
}

/* ---- streams ---- */

int media_output_add(MediaOutput *output, const AVCodecParameters *codec, AVRational time_base,
                     ShowRate rate)
{
    AVStream *stream = avformat_new_stream(output->muxer, NULL);
    g_assert(stream != NULL && stream->index < (int)G_N_ELEMENTS(output->bases));
    int code = avcodec_parameters_copy(stream->codecpar, codec);
    g_assert(code >= 0);
    stream->codecpar->codec_tag = 0;
    if (codec->codec_id == AV_CODEC_ID_HEVC) /* Apple's programs open no other */
        stream->codecpar->codec_tag = MKTAG('h', 'v', 'c', '1');
    stream->time_base = time_base;
    stream->disposition = AV_DISPOSITION_DEFAULT;
    if (rate.num > 0) {
        stream->avg_frame_rate = stream->r_frame_rate = (AVRational){rate.num, rate.den};
        stream->sample_aspect_ratio = codec->sample_aspect_ratio;
    }
    output->bases[stream->index] = time_base;
    return stream->index;
}

int media_output_add_encoder(MediaOutput *output, const AVCodecContext *encoder)
{
    AVCodecParameters *codec = avcodec_parameters_alloc();
    g_assert(codec != NULL);
    int code = avcodec_parameters_from_context(codec, encoder);
    g_assert(code >= 0);
    ShowRate rate = {encoder->framerate.num, encoder->framerate.den};
    int stream = media_output_add(output, codec, encoder->time_base, rate);
    avcodec_parameters_free(&codec);
    return stream;
}

void media_output_keep_rotation(MediaOutput *output, int stream, const AVStream *from)
{
    gsize size = 0;
    const guint8 *matrix = av_stream_get_side_data(from, AV_PKT_DATA_DISPLAYMATRIX, &size);
    if (matrix == NULL)
        return;
    guint8 *own =
        av_stream_new_side_data(output->muxer->streams[stream], AV_PKT_DATA_DISPLAYMATRIX, size);
    g_assert(own != NULL);
    memcpy(own, matrix, size);
}

void media_output_set_title(MediaOutput *output, const char *title)
{
    if (title != NULL)
        av_dict_set(&output->muxer->metadata, "title", title, 0);
}

static void add_chapter(MediaOutput *output, gint64 start_ms, gint64 end_ms, const char *title)
{
    AVFormatContext *muxer = output->muxer;
    AVChapter *chapter = av_mallocz(sizeof *chapter);
    g_assert(chapter != NULL);
    chapter->id = muxer->nb_chapters + 1;
    chapter->time_base = (AVRational){1, 1000};
    chapter->start = start_ms;
    chapter->end = end_ms;
    av_dict_set(&chapter->metadata, "title", title, 0);
    int n = (int)muxer->nb_chapters;
    av_dynarray_add(&muxer->chapters, &n, chapter);
    g_assert(muxer->chapters != NULL);
    muxer->nb_chapters = (unsigned)n;
}

void media_output_add_chapters(MediaOutput *output, const GPtrArray *chapters, gint64 duration_ms)
{
    for (guint i = 0; chapters != NULL && i < chapters->len; i++) {
        const EditChapter *chapter = chapters->pdata[i];
        gint64 end = i + 1 < chapters->len ? ((const EditChapter *)chapters->pdata[i + 1])->start_ms
                                           : duration_ms;
        end = MIN(end, duration_ms);
        if (end > chapter->start_ms)
            add_chapter(output, chapter->start_ms, end, chapter->title);
    }
}

/* ---- writing ---- */

static gint64 head_bytes(const MediaOutput *output)
{
    return HEAD_BYTES + (gint64)output->muxer->nb_chapters * CHAPTER_BYTES;
}

static gint64 tables_of(gint64 packets)
{
    return packets * (PACKET_BYTES + 2 * TIME_BYTES + KEY_BYTES);
}

void media_output_expect(MediaOutput *output, gint64 packets)
{
    output->reserved = head_bytes(output) + tables_of(packets);
}

gboolean media_output_begin(MediaOutput *output, GError **error)
{
    AVDictionary *options = NULL;
    if (output->reserved > 0 && output->reserved < G_MAXINT32)
        av_dict_set_int(&options, "moov_size", output->reserved, 0);
    else
        av_dict_set(&options, "movflags", "+faststart", 0);
    int code = avformat_write_header(output->muxer, &options);
    av_dict_free(&options);
    return check_written(output, code, error);
}

void media_output_hold(MediaOutput *output, GCancellable *cancellable)
{
    output->held = TRUE;
    output->cancellable = cancellable;
}

static void count_tables(MediaOutput *output, int stream, const AVPacket *packet)
{
    gint64 step = packet->dts - output->last_dts[stream];
    output->tables += PACKET_BYTES;
    if (step != output->last_step[stream])
        output->tables += TIME_BYTES;
    if (packet->pts != packet->dts)
        output->tables += 2 * TIME_BYTES; /* its own, and that of one for which they are the same */
    if ((packet->flags & AV_PKT_FLAG_KEY) != 0 &&
        output->muxer->streams[stream]->codecpar->codec_type == AVMEDIA_TYPE_VIDEO)
        output->tables += KEY_BYTES;
    output->last_step[stream] = step;
    output->last_dts[stream] = packet->dts;
}

static gboolean hold_packet(MediaOutput *output, int stream, AVPacket *packet, GError **error)
{
    MediaPacketSpool **packets = &output->packets[stream];
    count_tables(output, stream, packet);
    if (*packets == NULL)
        *packets = media_packet_spool_open(output->path, error);
    gboolean kept = *packets != NULL && media_packet_spool_put(*packets, packet, error);
    av_packet_unref(packet);
    return kept;
}

static gboolean write_packet(MediaOutput *output, int stream, AVPacket *packet, GError **error)
{
    packet->stream_index = stream;
    packet->pos = -1;
    av_packet_rescale_ts(packet, output->bases[stream], output->muxer->streams[stream]->time_base);
    return check_written(output, av_interleaved_write_frame(output->muxer, packet), error);
}

/* ---- what was held ---- */

/* Of those that hold packets, the stream whose next one is decoded first; -1 when all are written. */
static int next_held(const MediaOutput *output)
{
    int best = -1;
    gint64 best_dts = G_MAXINT64;
    for (int i = 0; i < STREAMS_MAX; i++) {
        gint64 dts = output->packets[i] != NULL ? media_packet_spool_next_dts(output->packets[i])
                                                : G_MAXINT64;
        if (dts == G_MAXINT64 ||
            (best >= 0 && av_compare_ts(dts, output->bases[i], best_dts, output->bases[best]) >= 0))
            continue;
        best = i;
        best_dts = dts;
    }
    return best;
}

static gboolean is_before(const MediaOutput *output, int held, int stream, gint64 dts)
{
    return av_compare_ts(media_packet_spool_next_dts(output->packets[held]), output->bases[held],
                         dts, output->bases[stream]) < 0;
}

/* Those that are decoded before that packet of a stream; stream -1: all. */
static gboolean write_held(MediaOutput *output, int stream, gint64 dts, GError **error)
{
    for (int i = next_held(output); i >= 0; i = next_held(output)) {
        if (stream >= 0 && !is_before(output, i, stream, dts))
            return TRUE;
        g_autoptr(AVPacket) packet = av_packet_alloc();
        g_assert(packet != NULL);
        if (g_cancellable_set_error_if_cancelled(output->cancellable, error) ||
            !media_packet_spool_take(output->packets[i], packet, error) ||
            !write_packet(output, i, packet, error))
            return FALSE;
    }
    return TRUE;
}

gboolean media_output_release(MediaOutput *output, gint64 packets, GError **error)
{
    g_assert(output->held);
    for (int i = 0; i < STREAMS_MAX; i++)
        if (output->packets[i] != NULL && !media_packet_spool_finish(output->packets[i], error))
            return FALSE;
    output->held = FALSE;
    output->reserved = head_bytes(output) + output->tables + tables_of(packets);
    return media_output_begin(output, error);
}

gboolean media_output_write(MediaOutput *output, int stream, AVPacket *packet, GError **error)
{
    if (output->held)
        return hold_packet(output, stream, packet, error);
    return write_held(output, stream, packet->dts, error) &&
           write_packet(output, stream, packet, error);
}

/* ---- finishing ---- */

static int sync_path(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0)
        return errno;
    int code = fsync(file) == 0 ? 0 : errno;
    close(file);
    return code;
}

gboolean media_output_finish(MediaOutput *output, GError **error)
{
    if (output->held && !media_output_release(output, 0, error))
        return FALSE;
    if (!write_held(output, -1, 0, error) ||
        !check_written(output, av_write_trailer(output->muxer), error))
        return FALSE;
    int code = avio_closep(&output->muxer->pb);
    if (code >= 0)
        code = AVERROR(sync_path(output->part, O_RDONLY));
    return check_written(output, code, error);
}

gboolean media_output_publish(MediaOutput *output, GError **error)
{
    if (g_rename(output->part, output->path) != 0) {
        set_write_error(output, AVERROR(errno), error);
        return FALSE;
    }
    output->made = FALSE;
    /* The file is in place; some file systems cannot sync a folder. */
    int code = sync_path(output->folder, O_RDONLY | O_DIRECTORY);
    if (code != 0 && code != EINVAL) {
        set_write_error(output, AVERROR(code), error);
        return FALSE;
    }
    return TRUE;
}
