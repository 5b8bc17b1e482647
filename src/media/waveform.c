#include <media/waveform.h>

#include "open-private.h"

#include <media/sound.h>

#include <math.h>
#include <string.h>

enum {
    STEP_MIN_MS = 50, /* as fine as a line a pixel wide shows of a minute */
    STEPS_MAX = 2000, /* wider than a screen, and 8 KB as JSON */
    FEW = 4,          /* … packets of which one is decoded, … */
    FEW_FROM = 9600,  /* … from so many samples a step on */
};

struct MediaWaveform {
    gint64 step;   /* samples */
    gint64 filled; /* of the last step */
    float peak;    /* of it so far */
    GByteArray *peaks;
};

MediaWaveform *media_waveform_new(double duration_s)
{
    MediaWaveform *waveform = g_new0(MediaWaveform, 1);
    double step_ms = MAX(STEP_MIN_MS, ceil(duration_s * 1000 / STEPS_MAX));
    waveform->step = (gint64)step_ms * MEDIA_SOUND_HZ / 1000;
    waveform->peaks = g_byte_array_new();
    return waveform;
}

void media_waveform_free(MediaWaveform *waveform)
{
    if (waveform == NULL)
        return;
    g_byte_array_unref(waveform->peaks);
    g_free(waveform);
}

static guint8 to_byte(float peak)
{
    return (guint8)lroundf(fminf(peak, 1) * 255);
}

static void end_step(MediaWaveform *waveform)
{
    guint8 value = to_byte(waveform->peak);
    g_byte_array_append(waveform->peaks, &value, 1);
    waveform->peak = 0;
    waveform->filled = 0;
}

void media_waveform_add(MediaWaveform *waveform, const float *stereo, gsize n)
{
    if (waveform == NULL)
        return;
    for (gsize i = 0; i < n; i++) {
        float level = fmaxf(fabsf(stereo[2 * i]), fabsf(stereo[2 * i + 1]));
        waveform->peak = fmaxf(waveform->peak, level); /* NaN is passed over */
        if (++waveform->filled == waveform->step)
            end_step(waveform);
    }
}

/* ---- from a recording ---- */

/* Of a long recording one packet in four is decoded: of a step of 200 ms and more enough is heard to
 * draw it, for a quarter of what decoding costs. */
typedef struct Hearing {
    AVFormatContext *input;
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *frame;
    const AVStream *stream;
    double zero_s; /* of the program, in the stream's time */
    gint64 every, packets;
} Hearing;

static void hearing_clear(Hearing *hearing)
{
    media_close_decoder(hearing->decoder);
    media_close_input(hearing->input);
    av_packet_free(&hearing->packet);
    av_frame_free(&hearing->frame);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Hearing, hearing_clear)

static float sample_at(const AVFrame *frame, int channel, int i)
{
    if (frame->format == AV_SAMPLE_FMT_FLTP)
        return ((const float *)(const void *)frame->extended_data[channel])[i];
    if (frame->format == AV_SAMPLE_FMT_S16P)
        return (float)((const gint16 *)(const void *)frame->extended_data[channel])[i] / 32768;
    return 0;
}

static void note_frame(MediaWaveform *waveform, const Hearing *hearing)
{
    const AVFrame *frame = hearing->frame;
    double at_s = (double)frame->best_effort_timestamp * av_q2d(hearing->stream->time_base);
    gint64 step = (gint64)((at_s - hearing->zero_s) * MEDIA_SOUND_HZ) / waveform->step;
    if (at_s < hearing->zero_s || step < 0 || step >= waveform->peaks->len)
        return;
    float peak = 0;
    for (int channel = 0; channel < frame->ch_layout.nb_channels; channel++)
        for (int i = 0; i < frame->nb_samples; i++)
            peak = fmaxf(peak, fabsf(sample_at(frame, channel, i)));
    guint8 value = to_byte(peak);
    waveform->peaks->data[step] = MAX(waveform->peaks->data[step], value);
}

static gboolean open_hearing(Hearing *hearing, const char *path, GError **error)
{
    hearing->packet = av_packet_alloc();
    hearing->frame = av_frame_alloc();
    hearing->input = media_open_input(path, error);
    int index = hearing->input != NULL ? media_best_audio(hearing->input) : -1;
    if (index < 0)
        return hearing->input != NULL;
    for (unsigned i = 0; i < hearing->input->nb_streams; i++)
        if ((int)i != index)
            hearing->input->streams[i]->discard = AVDISCARD_ALL;
    hearing->stream = hearing->input->streams[index];
    hearing->decoder = media_open_decoder(path, hearing->input->streams[index], 1, error);
    return hearing->decoder != NULL;
}

gboolean media_waveform_read(MediaWaveform *waveform, const char *path, double start_s,
                             double duration_s, GCancellable *cancellable, GError **error)
{
    g_auto(Hearing) hearing = {.every = waveform->step >= FEW_FROM ? FEW : 1};
    if (!open_hearing(&hearing, path, error))
        return FALSE;
    g_byte_array_set_size(waveform->peaks,
                          (guint)ceil(duration_s * MEDIA_SOUND_HZ / (double)waveform->step));
    memset(waveform->peaks->data, 0, waveform->peaks->len);
    hearing.zero_s = start_s + (double)media_input_zero_us(hearing.input) / AV_TIME_BASE;
    while (hearing.stream != NULL && av_read_frame(hearing.input, hearing.packet) >= 0) {
        gboolean mine = hearing.packet->stream_index == hearing.stream->index;
        if (mine && hearing.packets++ % hearing.every == 0)
            avcodec_send_packet(hearing.decoder, hearing.packet);
        av_packet_unref(hearing.packet);
        while (avcodec_receive_frame(hearing.decoder, hearing.frame) >= 0)
            note_frame(waveform, &hearing);
        if (g_cancellable_set_error_if_cancelled(cancellable, error))
            return FALSE;
    }
    return TRUE;
}

void media_waveform_finish(MediaWaveform *waveform)
{
    if (waveform->filled > 0)
        end_step(waveform);
}

const guint8 *media_waveform_peaks(const MediaWaveform *waveform, gsize *n)
{
    *n = waveform->peaks->len;
    return waveform->peaks->data;
}

gint64 media_waveform_step_ms(const MediaWaveform *waveform)
{
    return waveform->step * 1000 / MEDIA_SOUND_HZ;
}
