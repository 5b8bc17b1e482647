/* Stands in for the mixer: 1 kHz for 50 ms at the beginning of each second, so that where a moment of
 * the program went can be heard. */
#pragma once
#include <math.h>
#include <media/mix.h>

struct MediaMix {
    gint64 at, length; /* samples */
};

static float beep_at(gint64 sample)
{
    gint64 in_second = sample % 48000;
    return in_second < 2400 ? 0.5f * sinf((float)in_second * (float)(2 * G_PI * 1000 / 48000)) : 0;
}

gssize media_mix_read(MediaMix *mix, float *stereo, gsize n, GError **error)
{
    (void)error;
    gint64 have = MIN((gint64)n, mix->length - mix->at);
    for (gint64 i = 0; i < have; i++, mix->at++)
        stereo[2 * i] = stereo[2 * i + 1] = beep_at(mix->at);
    return (gssize)have;
}

void media_mix_close_recordings(MediaMix *mix)
{
    g_assert_cmpint(mix->at, ==, mix->length); /* after all of it was read, never before */
}

/* A part of it, as one asks for whose gain is known. */
MediaMix *media_mix_new(const MediaMixSource *sources, int n, MediaListener *listener,
                        const MediaMixSettings *settings, double start_s, double duration_s,
                        const MediaProgress *progress, GCancellable *cancellable, GError **error)
{
    (void)sources, (void)n, (void)listener, (void)settings, (void)progress, (void)cancellable;
    (void)error;
    MediaMix *mix = g_new0(MediaMix, 1);
    mix->at = llrint(start_s * 48000);
    mix->length = mix->at + llrint(duration_s * 48000);
    return mix;
}

void media_mix_free(MediaMix *mix)
{
    g_free(mix);
}
