/* 48 → 16 kHz, a frame at a time: linear-phase low pass (−6 dB at 7.6 kHz, −75 dB from 8.8 kHz),
 * every third sample kept. 1 ms of delay. */
#pragma once
#include <speech/speech.h>

enum {
    SPEECH_RATIO = 3,
    SPEECH_NARROW_SAMPLES = SPEECH_FRAME_SAMPLES / SPEECH_RATIO, /* 512 at 16 kHz */
    SPEECH_FILTER_TAPS = 100,                                    /* the first three are 0 */
    SPEECH_FILTER_PAST = SPEECH_FILTER_TAPS - SPEECH_RATIO,
};

typedef struct SpeechResampler {
    float samples[SPEECH_FILTER_PAST + SPEECH_FRAME_SAMPLES]; /* the past, then the frame */
} SpeechResampler;

void speech_resampler_init(SpeechResampler *resampler);
/* wide[SPEECH_FRAME_SAMPLES], not finite counts as 0, held to ±8; narrow[SPEECH_NARROW_SAMPLES]. */
void speech_resampler_push(SpeechResampler *resampler, const float *wide, float *narrow);
