/* An MP4 file that appears whole or not at all: written under a temporary name beside its place,
 * synced, renamed. Index in front (faststart), no moment of creation: same input, same bytes.
 * Threads: one object, one thread at a time. */
#pragma once
#include "open-private.h"
#include <edit/chapters.h>
#include <show/rate.h>

typedef struct MediaOutput MediaOutput;

MediaOutput *media_output_open(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Removes what was not published. NULL-safe. */
void media_output_close(MediaOutput *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaOutput, media_output_close)

/* Before begin(). Return the stream's number. time_base: that of its packets. */
int media_output_add(MediaOutput *output, const AVCodecParameters *codec, AVRational time_base,
                     ShowRate rate); /* rate 0/0: sound */
int media_output_add_encoder(MediaOutput *output, const AVCodecContext *encoder);
/* The stream is to be turned as `from` asks to be. */
void media_output_keep_rotation(MediaOutput *output, int stream, const AVStream *from);
void media_output_set_title(MediaOutput *output, const char *title);
/* EditChapter *; NULL: none. */
void media_output_add_chapters(MediaOutput *output, const GPtrArray *chapters, gint64 duration_ms);

/* Before begin(): no more than so many packets will come, however they are timed. Room for the tables
 * is then left in front of them; without it everything is moved once more when they are known. */
void media_output_expect(MediaOutput *output, gint64 packets);
gboolean media_output_begin(MediaOutput *output, GError **error);
/* Instead of begin(), which finish() then does: packets wait in files beside the output. libav keeps
 * the tables of an MP4 in memory, more the longer it is; so they are not there while pictures are
 * decoded and encoded. Streams may be written one after another. cancellable: for finish(). */
void media_output_hold(MediaOutput *output, GCancellable *cancellable);
/* Ends the holding: up to so many packets follow, of a stream that held none, and go into the file as they
 * come; those that were held go between them. So what is large is written once. */
gboolean media_output_release(MediaOutput *output, gint64 packets, GError **error);
/* Takes the packet's content. */
gboolean media_output_write(MediaOutput *output, int stream, AVPacket *packet, GError **error);
/* Index, sync; then publish() puts it in place. */
gboolean media_output_finish(MediaOutput *output, GError **error);
gboolean media_output_publish(MediaOutput *output, GError **error);
