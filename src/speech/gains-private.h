/* The two halves of gains.h: what is gathered while frames come in (gains.c), and what is concluded
 * from it (winners.c). */
#pragma once
#include <speech/gains.h>

enum {
    GAINS_WINDOW_FRAMES = 12, /* 384 ms, a new one every half */
    GAINS_HALF_FRAMES = GAINS_WINDOW_FRAMES / 2,
    GAINS_WINDOWS_MAX = 2048,
};

/* Mean level of the voiced frames of one window in each mic, hundredths of a dB. */
typedef struct GainsWindow {
    int16_t level[SPEECH_MICS_MAX];
} GainsWindow;

typedef struct GainsHalf {
    float power[SPEECH_MICS_MAX]; /* sum over the voiced frames */
    int voiced;
} GainsHalf;

struct SpeechGains {
    int mics;
    /* Sums over the frames with voice: how much a mic's level moved since the frame before, dB, and
     * the probability that it heard a voice. */
    float last_db[SPEECH_MICS_MAX];
    double movement_db[SPEECH_MICS_MAX];
    double clearness[SPEECH_MICS_MAX];
    GainsHalf before, now; /* the two halves of a window */
    int now_frames;
    /* Every stride-th window of voice; when the store is full, every second one goes. */
    int count;
    uint32_t stride, skipped;
    GainsWindow windows[GAINS_WINDOWS_MAX];
};

/* Whose windows are whose. threshold_db[i][j]: i is ahead of j where L_i − L_j is above it. */
typedef struct GainsWinners {
    bool active[SPEECH_MICS_MAX];
    int active_count;
    float threshold_db[SPEECH_MICS_MAX][SPEECH_MICS_MAX];
    float own_db[SPEECH_MICS_MAX]; /* mean level in the windows that the mic wins */
    float isolation_db;
} GainsWinners;

void speech_gains_find_winners(const SpeechGains *gains, GainsWinners *winners);
