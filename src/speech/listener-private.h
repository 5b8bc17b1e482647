/* One microphone, and its half behind the resampler, at 16 kHz (tests compare that with the model). */
#pragma once
#include <speech/mic.h>
#include "resample-private.h"
#include "silero-private.h"

enum { SPEECH_CONTEXT = 64 };

typedef struct SpeechListener {
    SpeechSilero silero;
    /* The last samples of the frame before, the frame, and its end mirrored. */
    float samples[SPEECH_SPECTRUM_INPUT];
} SpeechListener;

void speech_listener_init(SpeechListener *listener);
/* Where the SPEECH_NARROW_SAMPLES of the next frame are to be written. */
float *speech_listener_input(SpeechListener *listener);
SpeechFrame speech_listener_push(SpeechListener *listener);

struct SpeechMic {
    SpeechResampler resampler;
    SpeechListener listener;
};
