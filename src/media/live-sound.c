/* What always holds: `written` samples from the stream's zero on went to the encoder, each once. */
#include "live-sound-private.h"

#include "aac-alike-private.h"
#include "resample-private.h"

#include <string.h>

enum {
    HZ = 48000,
    CHANNELS = 2,
    LOOSE = HZ / 25, /* 40 ms: times closer than this are one, packets then simply follow */
    SILENCE = 4800,  /* samples written at once */
    OPUS_HEAD_MIN = 19,
};

struct MediaLiveSound {
    MediaLiveSoundEvents events;
    MediaAacAlike *aac;
    AVCodecContext *decoder; /* NULL: no format yet */
    MediaResample *resample;
    AVPacket *packet;
    AVFrame *frame;
    GArray *samples; /* float, interleaved */
    gint64 written;
};

MediaLiveSound *media_live_sound_new(int bitrate, const MediaLiveSoundEvents *events,
                                     GError **error)
{
    MediaAacAlike *aac = media_aac_alike_open(bitrate, error);
    if (aac == NULL)
        return NULL;
    MediaLiveSound *sound = g_new0(MediaLiveSound, 1);
    sound->events = *events;
    sound->aac = aac;
    sound->resample = media_resample_new(CHANNELS);
    sound->packet = av_packet_alloc();
    sound->frame = av_frame_alloc();
    sound->samples = g_array_new(FALSE, TRUE, sizeof(float));
    g_assert(sound->packet != NULL && sound->frame != NULL);
    return sound;
}

void media_live_sound_free(MediaLiveSound *sound)
{
    if (sound == NULL)
        return;
    media_aac_alike_close(sound->aac);
    avcodec_free_context(&sound->decoder);
    media_resample_free(sound->resample);
    av_packet_free(&sound->packet);
    av_frame_free(&sound->frame);
    g_array_unref(sound->samples);
    g_free(sound);
}

AVCodecParameters *media_live_sound_parameters(const MediaLiveSound *sound)
{
    return media_aac_alike_parameters(sound->aac);
}

/* ---- the decoder ---- */

gboolean media_live_sound_format(MediaLiveSound *sound, const guint8 *head, gsize length,
                                 GError **error)
{
    const AVCodec *opus = avcodec_find_decoder(AV_CODEC_ID_OPUS);
    if (length < OPUS_HEAD_MIN || length > 1024 || memcmp(head, "OpusHead", 8) != 0 ||
        head[9] < 1 || head[9] > 2 || opus == NULL) {
        g_set_error_literal(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA,
                            "the program's sound is not Opus of one or two channels");
        return FALSE;
    }
    g_autoptr(AVCodecContext) decoder = avcodec_alloc_context3(opus);
    g_assert(decoder != NULL);
    decoder->extradata = av_mallocz(length + AV_INPUT_BUFFER_PADDING_SIZE);
    g_assert(decoder->extradata != NULL);
    memcpy(decoder->extradata, head, length);
    decoder->extradata_size = (int)length;
    decoder->sample_rate = HZ;
    decoder->thread_count = 1;
    av_channel_layout_default(&decoder->ch_layout, head[9]);
    int code = avcodec_open2(decoder, opus, NULL);
    if (code < 0) {
        media_set_av_error(error, code, "cannot decode the program's sound");
        return FALSE;
    }
    avcodec_free_context(&sound->decoder);
    sound->decoder = g_steal_pointer(&decoder);
    media_resample_reset(sound->resample);
    return TRUE;
}

static void decode(MediaLiveSound *sound, const guint8 *bytes, gsize length)
{
    if (av_new_packet(sound->packet, (int)length) < 0)
        return;
    memcpy(sound->packet->data, bytes, length);
    int code = avcodec_send_packet(sound->decoder, sound->packet);
    av_packet_unref(sound->packet);
    while (code >= 0 && avcodec_receive_frame(sound->decoder, sound->frame) >= 0) {
        if (!media_resample_same(sound->resample, sound->frame))
            media_resample_flush(sound->resample, sound->samples);
        media_resample_push(sound->resample, sound->frame, sound->samples);
        av_frame_unref(sound->frame);
    }
}

/* ---- the timeline ---- */

static gboolean encoded(AVPacket *packet, gpointer data, GError **error)
{
    MediaLiveSound *sound = data;
    (void)error;
    if (packet->pts >= 0) /* what lies before 0 is the encoder's delay, and silent */
        sound->events.packet(packet, av_rescale(packet->pts, 1000000, HZ), sound->events.data);
    av_packet_unref(packet);
    return TRUE;
}

static gboolean append(MediaLiveSound *sound, const float *samples, gint64 count, GError **error)
{
    sound->written += count;
    return media_aac_alike_push(sound->aac, samples, (gsize)count, encoded, sound, error);
}

static gboolean append_silence(MediaLiveSound *sound, gint64 count, GError **error)
{
    static const float silence[SILENCE * CHANNELS] = {0};
    for (; count > 0; count -= SILENCE)
        if (!append(sound, silence, MIN(count, SILENCE), error))
            return FALSE;
    return TRUE;
}

static gint64 to_samples(gint64 us)
{
    return av_rescale(us, HZ, 1000000);
}

gboolean media_live_sound_push(MediaLiveSound *sound, gint64 t_us, const guint8 *bytes,
                               gsize length, GError **error)
{
    if (sound->decoder == NULL)
        return TRUE;
    g_array_set_size(sound->samples, 0);
    decode(sound, bytes, length);
    gint64 count = sound->samples->len / CHANNELS, late = to_samples(t_us) - sound->written;
    gint64 skip = late < -LOOSE ? MIN(-late, count) : 0;
    if (late > LOOSE && !append_silence(sound, late, error))
        return FALSE;
    return append(sound, (const float *)(const void *)sound->samples->data + skip * CHANNELS,
                  count - skip, error);
}

gboolean media_live_sound_fill(MediaLiveSound *sound, gint64 until_us, GError **error)
{
    return append_silence(sound, to_samples(until_us) - sound->written, error);
}
