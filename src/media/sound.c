/* Sound of one file, continuous from its zero.
 *
 * What the decoder gives is laid at the place that its timestamps say. As long as they agree with
 * the count of samples to JUMP_S (containers round them), the count is followed, so that nothing
 * clicks; beyond that, silence fills the gap and what overlaps is dropped. */
#include "open-private.h"
#include "resample-private.h"
#include "sound-private.h"

#include <math.h>
#include <string.h>

#define JUMP_S       0.020  /* more than the rounding of any container */
#define JUMP_MAX_S   3600.0 /* beyond this a jump forward is a broken timestamp … */
#define JUMP_BACK_S  10.0   /* … and beyond this one back is a clock set anew: both are ignored */
#define PREROLL_S    1.0    /* decoded and dropped after a seek: what decoders need to settle */
#define SEEK_MIN_S   5.0    /* nearer to the beginning, reading from the start is as fast */
#define BAD_IN_A_ROW 10000  /* packets without a sample between them: the file gives no more */

struct MediaSound {
    char *path;
    int channels;
    GCancellable *cancellable; /* or NULL; borrowed */
    AVFormatContext *input;
    AVCodecContext *decoder;
    AVStream *stream; /* borrowed from input */
    AVPacket *packet;
    AVFrame *frame;
    MediaResample *resample;
    gint64 zero_us;
    gboolean ended;

    GArray *ready;  /* float, interleaved; resampled, not read yet */
    gsize ready_at; /* frames of it that have been read */
    gint64 silence; /* frames of silence before `ready` */
    gint64 drop;    /* frames to drop of what comes next */
    gint64 at;      /* file's frame that the next read begins with */

    /* Where the decoder's next sample should lie, from the file's zero; NAN: wherever it says. */
    double expected_s;
    double rebase_s; /* added to the timestamps, after one that was ignored */
};

/* ---- opening ---- */

/* The file's zero is where the earlier of its sound and its picture begins. */
static gboolean find_zero(MediaSound *sound, GError **error)
{
    g_autoptr(AVFormatContext) whole = media_open_input(sound->path, error);
    if (whole == NULL)
        return FALSE;
    sound->zero_us = media_input_zero_us(whole);
    if (!media_can_open_one_track(sound->path, AVMEDIA_TYPE_AUDIO))
        sound->input = g_steal_pointer(&whole);
    return TRUE;
}

/* Without the index of the picture where that can be had. */
static gboolean open_file(MediaSound *sound, GError **error)
{
    if (sound->zero_us == AV_NOPTS_VALUE && !find_zero(sound, error))
        return FALSE;
    if (sound->input == NULL)
        sound->input = media_open_one_track(sound->path, AVMEDIA_TYPE_AUDIO);
    if (sound->input == NULL)
        sound->input = media_open_input(sound->path, error);
    return sound->input != NULL;
}

static gboolean open_input(MediaSound *sound, GError **error)
{
    if (!open_file(sound, error))
        return FALSE;
    int index = media_best_audio(sound->input);
    if (index < 0) {
        g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                    "%s: has no sound; give its place with --offset, or a file with sound",
                    sound->path);
        return FALSE;
    }
    for (unsigned i = 0; i < sound->input->nb_streams; i++)
        if ((int)i != index)
            sound->input->streams[i]->discard = AVDISCARD_ALL;
    sound->stream = sound->input->streams[index];
    sound->decoder = media_open_decoder(sound->path, sound->stream, 1, error);
    return sound->decoder != NULL;
}

static void close_input(MediaSound *sound)
{
    g_clear_pointer(&sound->decoder, media_close_decoder);
    g_clear_pointer(&sound->input, media_close_input);
    sound->stream = NULL;
}

/* Everything between the decoder and the reader is forgotten; the next sample lies where its
 * timestamp says, counted from frame `at`. */
static void forget(MediaSound *sound, gint64 at)
{
    g_array_set_size(sound->ready, 0);
    sound->ready_at = 0;
    sound->silence = 0;
    sound->drop = 0;
    sound->at = at;
    sound->ended = FALSE;
    sound->expected_s = NAN;
    sound->rebase_s = 0;
    media_resample_reset(sound->resample);
}

MediaSound *media_sound_open_again(const char *path, int channels, gint64 zero_us, GError **error)
{
    g_return_val_if_fail(channels == 1 || channels == 2, NULL);
    g_autoptr(MediaSound) sound = g_new0(MediaSound, 1);
    sound->path = g_strdup(path);
    sound->channels = channels;
    sound->zero_us = zero_us;
    sound->packet = av_packet_alloc();
    sound->frame = av_frame_alloc();
    g_assert(sound->packet != NULL && sound->frame != NULL);
    sound->resample = media_resample_new(channels);
    sound->ready = g_array_new(FALSE, FALSE, sizeof(float));
    forget(sound, 0);
    if (!open_input(sound, error))
        return NULL;
    return g_steal_pointer(&sound);
}

MediaSound *media_sound_open(const char *path, int channels, GError **error)
{
    return media_sound_open_again(path, channels, AV_NOPTS_VALUE, error);
}

void media_sound_close(MediaSound *sound)
{
    if (sound == NULL)
        return;
    close_input(sound);
    av_packet_free(&sound->packet);
    av_frame_free(&sound->frame);
    media_resample_free(sound->resample);
    g_array_unref(sound->ready);
    g_free(sound->path);
    g_free(sound);
}

double media_sound_duration_s(const MediaSound *sound)
{
    if (sound->stream->duration != AV_NOPTS_VALUE && sound->stream->duration > 0) {
        double start_s =
            sound->stream->start_time == AV_NOPTS_VALUE
                ? 0
                : (double)sound->stream->start_time * av_q2d(sound->stream->time_base) -
                      (double)sound->zero_us / AV_TIME_BASE;
        return MAX(0, start_s + (double)sound->stream->duration * av_q2d(sound->stream->time_base));
    }
    gint64 duration = sound->input->duration;
    return duration == AV_NOPTS_VALUE || duration < 0 ? 0 : (double)duration / AV_TIME_BASE;
}

gint64 media_sound_zero_us(const MediaSound *sound)
{
    return sound->zero_us;
}

void media_sound_set_cancellable(MediaSound *sound, GCancellable *cancellable)
{
    sound->cancellable = cancellable;
}

/* ---- where a decoded frame lies ---- */

static double frame_start_s(const MediaSound *sound)
{
    gint64 pts = sound->frame->best_effort_timestamp;
    if (pts == AV_NOPTS_VALUE)
        return NAN;
    return (double)pts * av_q2d(sound->stream->time_base) - (double)sound->zero_us / AV_TIME_BASE +
           sound->rebase_s;
}

/* The reader's frame that the next sample to be made ready would be. */
static gint64 next_frame(const MediaSound *sound)
{
    gint64 ready = (gint64)(sound->ready->len / (guint)sound->channels) - (gint64)sound->ready_at;
    return sound->at + sound->silence + ready;
}

/* The next decoded sample lies at `start_s`: silence up to it, or drops what comes before the
 * reader. Only between two runs of the resampler. */
static void place(MediaSound *sound, double start_s)
{
    gint64 want = llrint(start_s * MEDIA_SOUND_HZ), have = next_frame(sound);
    sound->drop = MAX(0, have - want);
    sound->silence += MAX(0, want - have); /* `ready` is empty here: see run_out() */
}

/* FALSE: the timestamp says nothing new. */
static gboolean jumps(MediaSound *sound, double *start_s)
{
    if (isnan(*start_s)) {
        *start_s =
            isnan(sound->expected_s) ? (double)sound->at / MEDIA_SOUND_HZ : sound->expected_s;
        return isnan(sound->expected_s);
    }
    if (isnan(sound->expected_s)) {
        if (fabs(*start_s) > JUMP_MAX_S && sound->at == 0) {
            sound->rebase_s -= *start_s;
            *start_s = 0;
        }
        return TRUE;
    }
    double jump_s = *start_s - sound->expected_s;
    if (fabs(jump_s) <= JUMP_S)
        return FALSE;
    if (jump_s > JUMP_MAX_S || jump_s < -JUMP_BACK_S) {
        sound->rebase_s -= jump_s;
        return FALSE;
    }
    return TRUE;
}

static void drop_front(MediaSound *sound)
{
    gsize have = sound->ready->len / (guint)sound->channels;
    gsize drop = (gsize)MIN(sound->drop, (gint64)have);
    if (drop > 0)
        g_array_remove_range(sound->ready, 0, (guint)(drop * (gsize)sound->channels));
    sound->drop -= (gint64)drop;
}

/* ---- decoding ---- */

/* A frame from the decoder lies in sound->frame. It is made ready now (TRUE), or is kept until what
 * is ready has been read (FALSE), because a jump or a new kind of sound comes before it. */
static gboolean take_frame(MediaSound *sound)
{
    AVFrame *frame = sound->frame;
    double start_s = frame_start_s(sound);
    gboolean jump = jumps(sound, &start_s);
    if (jump || !media_resample_same(sound->resample, frame)) {
        media_resample_flush(sound->resample, sound->ready);
        drop_front(sound);
        if (sound->ready->len > 0)
            return FALSE;
    }
    if (jump) {
        place(sound, start_s);
        sound->expected_s = start_s;
    }
    if (media_resample_push(sound->resample, frame, sound->ready))
        drop_front(sound);
    if (frame->sample_rate > 0)
        sound->expected_s += (double)frame->nb_samples / frame->sample_rate;
    av_frame_unref(frame);
    return TRUE;
}

static gboolean cancelled(MediaSound *sound, GError **error)
{
    return sound->cancellable != NULL &&
           g_cancellable_set_error_if_cancelled(sound->cancellable, error);
}

/* 1: a packet was sent; 0: the file has ended and the decoder knows; -1: error. */
static int send_packet(MediaSound *sound, GError **error)
{
    for (int bad = 0; bad < BAD_IN_A_ROW; bad++) {
        if (cancelled(sound, error))
            return -1;
        int code = av_read_frame(sound->input, sound->packet);
        if (code == AVERROR(EAGAIN))
            continue;
        if (code == AVERROR(EIO) || code == AVERROR(ENOMEM)) {
            media_set_av_error(error, code, "%s: its sound cannot be read", sound->path);
            return -1;
        }
        if (code < 0)
            break; /* the end, or where a truncated file stops */
        if (sound->packet->stream_index != sound->stream->index) {
            av_packet_unref(sound->packet);
            continue;
        }
        code = avcodec_send_packet(sound->decoder, sound->packet);
        av_packet_unref(sound->packet);
        if (code >= 0)
            return 1;
    }
    avcodec_send_packet(sound->decoder, NULL);
    return 0;
}

/* Decodes one more frame into sound->frame. 1: there is one; 0: no more; -1: error. */
static int next_decoded(MediaSound *sound, GError **error)
{
    gboolean draining = FALSE;
    for (int tries = 0; tries < BAD_IN_A_ROW; tries++) {
        int code = avcodec_receive_frame(sound->decoder, sound->frame);
        if (code >= 0)
            return 1;
        if (code == AVERROR_EOF)
            return 0;
        if (draining)
            continue; /* damaged: what follows may be whole */
        int sent = send_packet(sound, error);
        if (sent < 0)
            return -1;
        draining = sent == 0;
    }
    return 0;
}

/* `ready` has been read: makes more. FALSE on error. */
static gboolean fill(MediaSound *sound, GError **error)
{
    g_array_set_size(sound->ready, 0);
    sound->ready_at = 0;
    while (sound->ready->len == 0 && sound->silence == 0 && !sound->ended) {
        int got = sound->frame->nb_samples > 0 ? 1 : next_decoded(sound, error);
        if (got < 0)
            return FALSE;
        if (got > 0) {
            take_frame(sound);
        } else {
            media_resample_flush(sound->resample, sound->ready);
            drop_front(sound);
            sound->ended = TRUE;
        }
    }
    return TRUE;
}

/* ---- reading ---- */

static gsize take_silence(MediaSound *sound, float *frames, gsize n)
{
    gsize count = (gsize)MIN((gint64)n, sound->silence);
    memset(frames, 0, count * (gsize)sound->channels * sizeof *frames);
    sound->silence -= (gint64)count;
    return count;
}

static gsize take_ready(MediaSound *sound, float *frames, gsize n)
{
    gsize channels = (gsize)sound->channels;
    gsize count = MIN(n, sound->ready->len / channels - sound->ready_at);
    const float *from = (const float *)(void *)sound->ready->data + sound->ready_at * channels;
    for (gsize i = 0; i < count * channels; i++)
        frames[i] = isfinite(from[i]) ? CLAMP(from[i], -8.0f, 8.0f) : 0.0f;
    sound->ready_at += count;
    return count;
}

gssize media_sound_read(MediaSound *sound, float *frames, gsize n, GError **error)
{
    gsize have = 0;
    while (have < n) {
        float *to = frames + have * (gsize)sound->channels;
        gsize got = sound->silence > 0 ? take_silence(sound, to, n - have)
                                       : take_ready(sound, to, n - have);
        sound->at += (gint64)got;
        have += got;
        if (got > 0)
            continue;
        if (sound->ended)
            break;
        if (!fill(sound, error))
            return -1;
    }
    return (gssize)have;
}

/* ---- seeking ---- */

/* Containers that have neither an index nor times in their packets: a seek would land anywhere. */
static gboolean seeks_badly(const MediaSound *sound)
{
    static const char *const names[] = {"mp3", "aac", "ac3"};
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
        if (g_str_equal(sound->input->iformat->name, names[i]))
            return TRUE;
    return FALSE;
}

static gboolean restart(MediaSound *sound, GError **error)
{
    close_input(sound);
    av_frame_unref(sound->frame);
    forget(sound, 0);
    return open_input(sound, error);
}

/* Lands before `frame`, by more than the decoder needs to settle. FALSE when the file cannot. */
static gboolean jump_near(MediaSound *sound, gint64 frame)
{
    double to_s = (double)frame / MEDIA_SOUND_HZ - PREROLL_S;
    if (to_s < SEEK_MIN_S || seeks_badly(sound))
        return FALSE;
    gint64 to =
        llrint((to_s + (double)sound->zero_us / AV_TIME_BASE) / av_q2d(sound->stream->time_base));
    if (av_seek_frame(sound->input, sound->stream->index, to, AVSEEK_FLAG_BACKWARD) < 0)
        return FALSE;
    avcodec_flush_buffers(sound->decoder);
    av_frame_unref(sound->frame);
    forget(sound, frame);
    if (next_decoded(sound, NULL) <= 0)
        return FALSE;
    double landed_s = frame_start_s(sound);
    return !isnan(landed_s) && landed_s <= (double)frame / MEDIA_SOUND_HZ;
}

/* Reads away what lies before `frame`. */
static gboolean read_up_to(MediaSound *sound, gint64 frame, GError **error)
{
    float away[2 * 4096];
    while (sound->at < frame) {
        gsize n = (gsize)MIN(frame - sound->at, 4096);
        gssize got = media_sound_read(sound, away, n, error);
        if (got < 0)
            return FALSE;
        if (got == 0)
            break; /* beyond the end: the next read says 0 as well */
    }
    return TRUE;
}

gboolean media_sound_seek(MediaSound *sound, gint64 frame, GError **error)
{
    frame = MAX(frame, 0);
    gint64 ahead = frame - sound->at;
    if (ahead >= 0 && ahead <= (gint64)(2 * PREROLL_S * MEDIA_SOUND_HZ))
        return read_up_to(sound, frame, error);
    if (jump_near(sound, frame))
        return TRUE;
    return restart(sound, error) && read_up_to(sound, frame, error);
}
