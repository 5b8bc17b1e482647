/* Opening recordings: the one door through which libav gets to see files from outside.
 *
 * Only regular files, only containers that cameras and recorders write, no network, no playlists,
 * and bounds on what a header may ask for. Messages name the file and the way out.
 * Threads: any; each context belongs to one thread at a time. */
#pragma once
#include <gio/gio.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <media/error.h>

enum {
    MEDIA_STREAMS_MAX = 64,
    MEDIA_SIDE_MAX = 16384,              /* pixels */
    MEDIA_PIXELS_MAX = 8192 * 8192,      /* of one picture */
    MEDIA_PROBE_BYTES = 5 * 1000 * 1000, /* that finding out what a file holds may read */
};

/* Opens a recording and reads what it says about its streams (header and, where needed, the first
 * few seconds). Close with media_close_input(). */
AVFormatContext *media_open_input(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_close_input(AVFormatContext *input);

/* The same with only its picture or only its sound, which takes half the memory; NULL where that
 * cannot be had, without saying why: open it whole then. What both together say, the file's zero
 * above all, is to be known from a whole opening before; streams are numbered otherwise. */
AVFormatContext *media_open_one_track(const char *path,
                                      enum AVMediaType keep) G_GNUC_WARN_UNUSED_RESULT;
gboolean media_can_open_one_track(const char *path, enum AVMediaType keep);

/* Index of the picture or sound that is the recording's, or -1. Cover pictures do not count. */
int media_best_video(AVFormatContext *input);
int media_best_audio(AVFormatContext *input);

/* Degrees clockwise that the stream asks to be turned by: 0, 90, 180, 270. */
int media_stream_rotation(const AVStream *stream);

/* The file's zero, AV_TIME_BASE units: where the earlier of its picture and its sound begins. */
gint64 media_input_zero_us(AVFormatContext *input);

/* A decoder for one stream, within the limits. `path` stands in errors. threads: 0 = libav's
 * choice. Close with media_close_decoder(). */
AVCodecContext *media_open_decoder(const char *path, AVStream *stream, int threads,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void media_close_decoder(AVCodecContext *decoder);

/* Sets "<text>: <libav's or the system's reason>". */
void media_set_av_error(GError **error, int av_code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Sets "cannot write <path>: <reason>" and the way out. */
void media_set_write_error(GError **error, const char *path, int errno_code);

/* Turns libav's own messages into g_debug(). Whoever makes a libav object first calls it; any number
 * of times. */
void media_quiet_libav(void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(AVFormatContext, media_close_input)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AVCodecContext, media_close_decoder)

static inline void media_free_packet(AVPacket *packet)
{
    av_packet_free(&packet);
}
static inline void media_free_frame(AVFrame *frame)
{
    av_frame_free(&frame);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AVPacket, media_free_packet)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AVFrame, media_free_frame)
