/* One microphone: resampling 48 → 16 kHz, voice probability (Silero v6), level. */
#pragma once
#include <speech/speech.h>

typedef struct SpeechMic SpeechMic;

size_t speech_mic_size(void); /* bytes; give memory aligned to 16 */
/* Starts anew in `memory`; the same pointer comes back. Nothing to clear afterwards. */
SpeechMic *speech_mic_init(void *memory);
/* Takes SPEECH_FRAME_SAMPLES samples, mono, ±1.0 full scale. Not finite counts as 0, beyond ±8 as
 * ±8. The frame that comes out describes the sound just given, SPEECH_MIC_DELAY_MS late. */
SpeechFrame speech_mic_push(SpeechMic *mic, const float *samples);

/* How far what a frame says lies behind the samples just pushed (filter delay), ms. */
#define SPEECH_MIC_DELAY_MS 1
