/* One microphone: resampler, spectrum, and from it both the level and the voice probability. */
#include <speech/mic.h>
#include "listener-private.h"

void speech_listener_init(SpeechListener *listener)
{
    speech_silero_init(&listener->silero);
    for (int i = 0; i < SPEECH_SPECTRUM_INPUT; i++)
        listener->samples[i] = 0.0f;
}

float *speech_listener_input(SpeechListener *listener)
{
    return listener->samples + SPEECH_CONTEXT;
}

SpeechFrame speech_listener_push(SpeechListener *listener)
{
    enum { END = SPEECH_CONTEXT + SPEECH_NARROW_SAMPLES };
    float *samples = listener->samples;
    for (int i = 0; i < SPEECH_SPECTRUM_INPUT - END; i++)
        samples[END + i] = samples[END - 2 - i];
    SpeechVec power[SPEECH_SPECTRUM_BINS];
    speech_spectrum(samples, power);
    SpeechFrame frame = {
        .probability = speech_silero_push(&listener->silero, power),
        .level_db = speech_clamp(speech_db_of_power(speech_spectrum_band(power)),
                                 SPEECH_LEVEL_MIN_DB, 100.0f),
    };
    for (int i = 0; i < SPEECH_CONTEXT; i++)
        samples[i] = samples[END - SPEECH_CONTEXT + i];
    return frame;
}

size_t speech_mic_size(void)
{
    return sizeof(SpeechMic);
}

SpeechMic *speech_mic_init(void *memory)
{
    SpeechMic *mic = memory;
    speech_resampler_init(&mic->resampler);
    speech_listener_init(&mic->listener);
    return mic;
}

SpeechFrame speech_mic_push(SpeechMic *mic, const float *samples)
{
    speech_resampler_push(&mic->resampler, samples, speech_listener_input(&mic->listener));
    return speech_listener_push(&mic->listener);
}
