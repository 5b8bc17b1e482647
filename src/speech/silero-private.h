/* The Silero v6 voice detector for 16 kHz: probability of voice in each 32 ms. */
#pragma once
#include "maths-private.h"
#include "spectrum-private.h"

enum { SPEECH_SILERO_UNITS = 128 };

typedef struct SpeechSilero {
    float hidden[SPEECH_SILERO_UNITS];
    float cell[SPEECH_SILERO_UNITS];
} SpeechSilero;

void speech_silero_init(SpeechSilero *silero);
/* power: the spectrum of the 64 samples before the frame, the frame's 512, and 64 mirrored at its
 * end. */
float speech_silero_push(SpeechSilero *silero, const SpeechVec *power);
