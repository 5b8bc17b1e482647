/* Short-time spectrum of one frame at 16 kHz, as the voice detector wants it: Hann window of 256,
 * every 128 samples, 129 bins of 62.5 Hz. The four transforms of a frame run side by side in the
 * four lanes of a vector. */
#pragma once
#include "maths-private.h"

enum {
    SPEECH_SPECTRUM_WINDOW = 256,
    SPEECH_SPECTRUM_STEP = 128,
    SPEECH_SPECTRUM_BINS = 129,
    SPEECH_SPECTRUM_INPUT = 640, /* 4 windows, overlapping by half */
};

/* power[bin]: squared magnitude, lane = time. */
void speech_spectrum(const float *samples, SpeechVec *power);
/* Mean square between 200 and 4000 Hz over the four windows; a full-scale sine gives 0.5. */
float speech_spectrum_band(const SpeechVec *power);
