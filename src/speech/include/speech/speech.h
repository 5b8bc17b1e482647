/* Who speaks: the whole chain for one show, from the frames of each microphone to
 * speaking_start and speaking_stop.
 *
 *   48 kHz sound ─mic.h─▶ SpeechFrame (voice probability, level) of each mic
 *                 ─share.h─▶ who of them speaks, with the edges of the speech
 *   gains.h estimates, offline, how loud each mic hears its own person.
 *
 * Freestanding: no allocation, no I/O, no libm, no global state. The caller gives the memory. The
 * same input gives the same bytes from gcc, clang and WASM, with and without SIMD.
 * Threads: one object, one thread at a time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SPEECH_RATE_HZ = 48000,
    SPEECH_FRAME_MS = 32,
    SPEECH_FRAME_SAMPLES = 1536, /* at SPEECH_RATE_HZ */
    SPEECH_MICS_MAX = 16,
};
#define SPEECH_LEVEL_MIN_DB (-100.0f) /* digital silence */

/* What one microphone gave in one frame of 32 ms. */
typedef struct SpeechFrame {
    float probability; /* that a voice is heard, 0 … 1 (Silero v6) */
    float level_db;    /* 200–4000 Hz, dBFS (RMS), ≥ SPEECH_LEVEL_MIN_DB; not smoothed */
} SpeechFrame;
