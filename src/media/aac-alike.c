/* What always holds: the encoder in use was given each frame but those before the last change, and of
 * these the newest, since a packet holds two frames. Packets are told apart by their time: that which
 * two encoders make is taken of the one that knew both of its frames. */
#include "aac-alike-private.h"

#include <string.h>

enum {
    CHANNELS = 2,
    FRAME = 1024,     /* samples of a packet (AAC-LC) */
    ALIKE_FRAMES = 94 /* two seconds: so long must they be alike again */
};

/* Of two channels that are the same Opus makes two that nearly are: what it adds to one and not to the other
 * lies 40 dB below them, and below -70 dBFS. So what differs counts where it is more than both: */
static const float ALIKE = 2.5e-4F /* -36 dB */, FAINT = 3e-7F /* -65 dBFS, mean square */;

struct MediaAacAlike {
    int bitrate;
    MediaAac *aac;
    gboolean is_twin; /* which of the two it is */
    guint alike;      /* frames in a row */
    float before[CHANNELS * FRAME], now[CHANNELS * FRAME];
    gsize filled;  /* samples of `now` */
    gint64 frames; /* before it */
    gint64 last_pts;
    MediaPacketFunc func; /* while samples are pushed */
    gpointer data;
};

static MediaAac *open_encoder(int bitrate, gboolean is_twin, GError **error)
{
    return is_twin ? media_aac_open_twin(bitrate, TRUE, error)
                   : media_aac_open(CHANNELS, bitrate, FALSE, error);
}

MediaAacAlike *media_aac_alike_open(int bitrate, GError **error)
{
    MediaAac *encoder = open_encoder(bitrate, TRUE, error);
    if (encoder == NULL)
        return NULL;
    MediaAacAlike *aac = g_new0(MediaAacAlike, 1);
    aac->bitrate = bitrate;
    aac->aac = encoder;
    aac->is_twin = TRUE;
    aac->last_pts = G_MININT64;
    return aac;
}

void media_aac_alike_close(MediaAacAlike *aac)
{
    if (aac == NULL)
        return;
    media_aac_close(aac->aac);
    g_free(aac);
}

AVCodecParameters *media_aac_alike_parameters(const MediaAacAlike *aac)
{
    return media_aac_parameters(aac->aac);
}

static gboolean is_alike(const float *samples)
{
    float sum = 0, difference = 0;
    for (int i = 0; i < CHANNELS * FRAME; i += CHANNELS) {
        float middle = (samples[i] + samples[i + 1]) / 2, side = (samples[i] - samples[i + 1]) / 2;
        sum += middle * middle;
        difference += side * side;
    }
    return difference <= sum * ALIKE || difference <= FAINT * FRAME;
}

static gboolean take(AVPacket *packet, gpointer data, GError **error)
{
    MediaAacAlike *aac = data;
    if (packet->pts <= aac->last_pts) {
        av_packet_unref(packet);
        return TRUE;
    }
    aac->last_pts = packet->pts;
    return aac->func(packet, aac->data, error);
}

static gboolean encode(MediaAacAlike *aac, const float *frame, GError **error)
{
    float middle[FRAME];
    if (!aac->is_twin)
        return media_aac_push(aac->aac, frame, FRAME, take, aac, error);
    for (int i = 0; i < FRAME; i++)
        middle[i] = (frame[CHANNELS * i] + frame[CHANNELS * i + 1]) / 2;
    return media_aac_push(aac->aac, middle, FRAME, take, aac, error);
}

/* The packet that is still due needs this frame, to look ahead; the next one needs that before it. */
static gboolean change(MediaAacAlike *aac, GError **error)
{
    g_autoptr(MediaAac) next = open_encoder(aac->bitrate, !aac->is_twin, error);
    if (next == NULL || !encode(aac, aac->now, error))
        return FALSE;
    media_aac_close(aac->aac);
    aac->aac = g_steal_pointer(&next);
    aac->is_twin = !aac->is_twin;
    if (aac->frames == 0)
        return TRUE;
    media_aac_begin_at(aac->aac, (aac->frames - 1) * FRAME);
    return encode(aac, aac->before, error);
}

static gboolean take_frame(MediaAacAlike *aac, GError **error)
{
    aac->alike = is_alike(aac->now) ? aac->alike + 1 : 0;
    gboolean wants_twin = aac->alike >= (aac->is_twin ? 1 : ALIKE_FRAMES);
    if ((wants_twin != aac->is_twin && !change(aac, error)) || !encode(aac, aac->now, error))
        return FALSE;
    memcpy(aac->before, aac->now, sizeof aac->before);
    aac->frames++;
    return TRUE;
}

gboolean media_aac_alike_push(MediaAacAlike *aac, const float *samples, gsize n,
                              MediaPacketFunc func, gpointer data, GError **error)
{
    aac->func = func;
    aac->data = data;
    while (n > 0) {
        gsize taken = MIN(n, FRAME - aac->filled);
        memcpy(aac->now + CHANNELS * aac->filled, samples, taken * CHANNELS * sizeof *samples);
        samples += CHANNELS * taken;
        n -= taken;
        aac->filled += taken;
        if (aac->filled < FRAME)
            break;
        aac->filled = 0;
        if (!take_frame(aac, error))
            return FALSE;
    }
    return TRUE;
}
