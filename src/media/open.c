/* Opening recordings. Everything that libav may be asked to read goes through here, so that what
 * it may do is decided in one place. */
#include "open-private.h"

#include "index-private.h"
#include "one-track-private.h"
#include <media/limits.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Containers of cameras, phones, recorders and browsers. Playlists, image sequences, devices and
 * scripts (hls, dash, concat, image2, lavfi …) are left out on purpose: they open other files. */
#define CONTAINERS "mov,matroska,avi,mpegts,mpeg,flv,mxf,asf,wav,w64,aiff,caf,flac,mp3,ogg,aac,ac3"

/* ---- libav's messages ---- */

static void log_to_glib(void *object, int level, const char *format, va_list arguments)
{
    if (level > AV_LOG_WARNING)
        return;
    char line[512];
    int prefix = 1;
    av_log_format_line2(object, level, format, arguments, line, sizeof line, &prefix);
    g_strchomp(line);
    g_debug("libav: %s", line);
}

void media_quiet_libav(void)
{
    static gsize done = 0;
    if (g_once_init_enter(&done)) {
        av_log_set_callback(log_to_glib);
        g_once_init_leave(&done, 1);
    }
}

void media_set_av_error(GError **error, int av_code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);

    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(av_code, reason, sizeof reason);
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED, "%s: %s", text, reason);
}

void media_set_write_error(GError **error, const char *path, int code)
{
    const char *way_out = "";
    if (code == ENOSPC || code == EDQUOT)
        way_out = "; free some space or write to another disk";
    else if (code == EACCES || code == EPERM || code == EROFS)
        way_out = "; choose a folder you may write to";
    else if (code == EFBIG)
        way_out = "; the file would be larger than is allowed here (ulimit -f)";
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED, "cannot write %s: %s%s", path,
                g_strerror(code), way_out);
}

/* ---- before libav sees the file ---- */

static void set_system_error(GError **error, const char *path, int code)
{
    const char *way_out = "";
    if (code == ENOENT || code == ENOTDIR)
        way_out = "; check the name and the folder";
    else if (code == EACCES || code == EPERM)
        way_out = "; make it readable for you (chmod u+r)";
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED, "%s: cannot be read: %s%s", path,
                g_strerror(code), way_out);
}

static gboolean check_file(const char *path, GError **error)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        set_system_error(error, path, errno);
        return FALSE;
    }
    if (S_ISDIR(status.st_mode)) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                    "%s: is a folder, not a recording; name the files in it one by one", path);
        return FALSE;
    }
    if (!S_ISREG(status.st_mode)) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                    "%s: is a device or a pipe, not a file; save the recording to a file first",
                    path);
        return FALSE;
    }
    if (status.st_size == 0) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                    "%s: the file is empty; copy it from the camera again", path);
        return FALSE;
    }
    return TRUE;
}

/* The first bytes of a file; FALSE with an error when they cannot be read. */
static gboolean read_head(const char *path, guint8 *head, gsize size, gsize *length, GError **error)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        set_system_error(error, path, errno);
        return FALSE;
    }
    errno = 0;
    *length = fread(head, 1, size, file);
    int code = ferror(file) ? errno : 0;
    fclose(file);
    if (code != 0) {
        set_system_error(error, path, code);
        return FALSE;
    }
    return TRUE;
}

/* ISO 14496-12: a file is a row of boxes, each with its size and a type of four letters. */
static gboolean is_iso_media(const guint8 *head, gsize length)
{
    static const char types[][5] = {"ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"};
    if (length < 8)
        return FALSE;
    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        if (memcmp(head + 4, types[i], 4) == 0)
            return TRUE;
    return FALSE;
}

static void set_open_error(GError **error, const char *path, int av_code, const guint8 *head,
                           gsize length)
{
    if (av_code == AVERROR_EXIT)
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                    "%s: opening it took more than %d s; copy it to a faster disk, or remux it "
                    "first",
                    path, MEDIA_OPEN_SECONDS);
    else if (av_code == AVERROR_INVALIDDATA && is_iso_media(head, length))
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                    "%s: the recording is truncated: it ends before its index (the moov box); "
                    "copy it from the camera again, or repair it with a tool such as untrunc",
                    path);
    else if (av_code == AVERROR_INVALIDDATA || av_code == AVERROR(EINVAL) || av_code == AVERROR_EOF)
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                    "%s: not a media file, or damaged beyond reading; give a recording as MP4, "
                    "MOV, MKV, WebM, AVI, MPEG-TS or a sound file",
                    path);
    else
        media_set_av_error(error, av_code, "%s: cannot be opened", path);
}

/* ---- with libav ---- */

/* What belongs to an input of ours: in its `opaque`, which is the caller's. */
typedef struct Extra {
    gint64 deadline_us;  /* monotonic: until when opening may take */
    MediaIndex *index;   /* its sidecar, or NULL */
    MediaOneTrack *view; /* what it is read through, or NULL: the file itself */
} Extra;

static void free_extra(Extra *extra)
{
    media_index_free(extra->index);
    media_one_track_close(extra->view);
    g_free(extra);
}

static int is_late(void *data)
{
    const Extra *extra = data;
    return g_get_monotonic_time() > extra->deadline_us;
}

static void set_deadline(AVFormatContext *input, gint64 at_us)
{
    Extra *extra = input->opaque;
    extra->deadline_us = at_us;
}

static AVFormatContext *new_input(void)
{
    AVFormatContext *input = avformat_alloc_context();
    g_assert(input != NULL);
    input->opaque = g_new0(Extra, 1);
    set_deadline(input, g_get_monotonic_time() + MEDIA_OPEN_SECONDS * G_USEC_PER_SEC);
    /* libav copies the callback to where it reads: what it points to lives as long as the input. */
    input->interrupt_callback = (AVIOInterruptCB){is_late, input->opaque};
    return input;
}

/* Takes the view, which may be NULL. */
static AVFormatContext *open_file(const char *path, MediaOneTrack *view, const guint8 *head,
                                  gsize length, GError **error)
{
    g_autofree char *url = g_strconcat("file:", path, NULL); /* "a:b.mp4" is no protocol */
    AVDictionary *options = NULL;
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    av_dict_set(&options, "format_whitelist", CONTAINERS, 0);
    av_dict_set_int(&options, "max_streams", MEDIA_STREAMS_MAX, 0);
    av_dict_set_int(&options, "probesize", MEDIA_PROBE_BYTES, 0);
    AVFormatContext *input = new_input();
    Extra *extra = input->opaque;
    extra->view = view;
    if (view != NULL)
        input->pb = media_one_track_io(view);
    int code = avformat_open_input(&input, url, NULL, &options);
    av_dict_free(&options);
    if (code < 0) { /* it has freed the context */
        free_extra(extra);
        set_open_error(error, path, code, head, length);
        return NULL;
    }
    return input;
}

static gboolean check_streams(AVFormatContext *input, const char *path, GError **error)
{
    if (input->nb_streams > MEDIA_STREAMS_MAX) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                    "%s: has %u streams, more than the %d that are read; extract the camera's "
                    "picture and sound from it first",
                    path, input->nb_streams, MEDIA_STREAMS_MAX);
        return FALSE;
    }
    for (unsigned i = 0; i < input->nb_streams; i++) {
        const AVCodecParameters *codec = input->streams[i]->codecpar;
        if (codec->codec_type != AVMEDIA_TYPE_VIDEO)
            continue;
        if (codec->width > MEDIA_SIDE_MAX || codec->height > MEDIA_SIDE_MAX ||
            (gint64)codec->width * codec->height > MEDIA_PIXELS_MAX) {
            g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_LIMIT,
                        "%s: its picture is %d × %d, more than %d million pixels; scale it down "
                        "first",
                        path, codec->width, codec->height, MEDIA_PIXELS_MAX / 1000000);
            return FALSE;
        }
    }
    return TRUE;
}

static int find_stream_info(AVFormatContext *input)
{
    unsigned n = input->nb_streams;
    g_autofree AVDictionary **options = g_new0(AVDictionary *, n + 1);
    for (unsigned i = 0; i < n; i++)
        av_dict_set_int(&options[i], "max_pixels", MEDIA_PIXELS_MAX, 0);
    int code = avformat_find_stream_info(input, n > 0 ? options : NULL);
    for (unsigned i = 0; i < n; i++)
        av_dict_free(&options[i]);
    return code;
}

/* A WebM without cues and length: libav would read all of it up to where it is asked to go. Entries
 * only say where to begin; whoever seeks looks at where that led. */
static void take_index(AVFormatContext *input, const char *path)
{
    Extra *extra = input->opaque;
    if (strstr(input->iformat->name, "matroska") == NULL)
        return;
    g_autoptr(GError) error = NULL;
    MediaIndex *index = extra->index = media_index_load(path, &error);
    if (error != NULL)
        g_info("an index is not used reason=%s", error->message);
    if (index == NULL)
        return;
    media_index_give(&index->video, input, media_best_video(input));
    media_index_give(&index->audio, input, media_best_audio(input));
    if (input->duration == AV_NOPTS_VALUE || input->duration <= 0)
        input->duration = (gint64)(index->info->duration_s * AV_TIME_BASE);
}

const MediaIndex *media_input_index(const AVFormatContext *input)
{
    const Extra *extra = input->opaque;
    return extra->index;
}

static AVFormatContext *open_input(const char *path, MediaOneTrack *view, GError **error)
{
    g_autoptr(MediaOneTrack) own = view;
    media_quiet_libav();
    guint8 head[16];
    gsize length = 0;
    if (!check_file(path, error) || !read_head(path, head, sizeof head, &length, error))
        return NULL;

    g_autoptr(AVFormatContext) input = open_file(path, g_steal_pointer(&own), head, length, error);
    if (input == NULL || !check_streams(input, path, error))
        return NULL;
    int code = find_stream_info(input);
    set_deadline(input, G_MAXINT64);
    if (code < 0) {
        set_open_error(error, path, code, NULL, 0);
        return NULL;
    }
    if (!check_streams(input, path, error)) /* sizes may be known only now */
        return NULL;
    take_index(input, path);
    return g_steal_pointer(&input);
}

AVFormatContext *media_open_input(const char *path, GError **error)
{
    return open_input(path, NULL, error);
}

gboolean media_can_open_one_track(const char *path, enum AVMediaType keep)
{
    g_autoptr(MediaOneTrack) view = media_one_track_open(path, keep);
    return view != NULL;
}

AVFormatContext *media_open_one_track(const char *path, enum AVMediaType keep)
{
    MediaOneTrack *view = media_one_track_open(path, keep);
    return view != NULL ? open_input(path, view, NULL) : NULL;
}

void media_close_input(AVFormatContext *input)
{
    if (input == NULL)
        return;
    Extra *extra = input->opaque;
    avformat_close_input(&input);
    free_extra(extra);
}

int media_best_video(AVFormatContext *input)
{
    int index = av_find_best_stream(input, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (index < 0 || input->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return -1;
    return index;
}

int media_best_audio(AVFormatContext *input)
{
    int index = av_find_best_stream(input, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
    return index < 0 ? -1 : index;
}

/* libav's start_time leaves out what demuxers skip. Opus in Matroska is skipped by its decoder
 * instead: CodecDelay, by which its times are early, is not heard. */
static gint64 start_of(const AVFormatContext *input, const AVStream *stream)
{
    const AVCodecParameters *codec = stream->codecpar;
    if (codec->codec_id != AV_CODEC_ID_OPUS || strstr(input->iformat->name, "matroska") == NULL)
        return stream->start_time;
    return stream->start_time +
           av_rescale_q(codec->initial_padding, (AVRational){1, 48000}, stream->time_base);
}

gint64 media_input_zero_us(AVFormatContext *input)
{
    int indexes[2] = {media_best_video(input), media_best_audio(input)};
    gint64 zero = G_MAXINT64;
    for (int i = 0; i < 2; i++) {
        if (indexes[i] < 0)
            continue;
        const AVStream *stream = input->streams[indexes[i]];
        if (stream->start_time != AV_NOPTS_VALUE)
            zero =
                MIN(zero, av_rescale_q(start_of(input, stream), stream->time_base, AV_TIME_BASE_Q));
    }
    return zero == G_MAXINT64 ? 0 : zero;
}

AVCodecContext *media_open_decoder(const char *path, AVStream *stream, int threads, GError **error)
{
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    if (codec == NULL) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                    "%s: there is no decoder for its %s; convert the recording to H.264 and AAC",
                    path, avcodec_get_name(stream->codecpar->codec_id));
        return NULL;
    }
    g_autoptr(AVCodecContext) decoder = avcodec_alloc_context3(codec);
    g_assert(decoder != NULL);
    int code = avcodec_parameters_to_context(decoder, stream->codecpar);
    decoder->pkt_timebase = stream->time_base;
    decoder->thread_count = threads;
    decoder->max_pixels = MEDIA_PIXELS_MAX;
    if (code >= 0)
        code = avcodec_open2(decoder, codec, NULL);
    if (code < 0) {
        media_set_av_error(error, code, "%s: its %s cannot be decoded", path, codec->name);
        return NULL;
    }
    return g_steal_pointer(&decoder);
}

void media_close_decoder(AVCodecContext *decoder)
{
    avcodec_free_context(&decoder);
}
