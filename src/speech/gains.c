/* First version: the noise floor stands for the gain of each mic. */
#include <speech/gains.h>
#include "maths-private.h"

enum { LEVELS = 101 };

struct SpeechGains {
    int mics;
    uint32_t frames;
    uint32_t counts[SPEECH_MICS_MAX][LEVELS]; /* −100 … 0 dBFS */
};

size_t speech_gains_size(void)
{
    return sizeof(SpeechGains);
}

SpeechGains *speech_gains_init(void *memory, int mics)
{
    if (mics < 1 || mics > SPEECH_MICS_MAX)
        return NULL;
    SpeechGains *gains = memory;
    *gains = (SpeechGains){.mics = mics};
    return gains;
}

void speech_gains_push(SpeechGains *gains, const SpeechFrame *frames)
{
    gains->frames++;
    for (int i = 0; i < gains->mics; i++) {
        float level = speech_clamp(frames[i].level_db, SPEECH_LEVEL_MIN_DB, 0.0f);
        gains->counts[i][(int)(level - SPEECH_LEVEL_MIN_DB)]++;
    }
}

static float floor_db(const SpeechGains *gains, int mic)
{
    uint32_t below = 0;
    for (int level = 0; level < LEVELS; level++) {
        below += gains->counts[mic][level];
        if (below > gains->frames / 20)
            return SPEECH_LEVEL_MIN_DB + (float)level;
    }
    return SPEECH_LEVEL_MIN_DB;
}

void speech_gains_get(const SpeechGains *gains, SpeechShareMic *mics, float *isolation_db)
{
    for (int i = 0; i < gains->mics; i++)
        mics[i] = (SpeechShareMic){.gain_db = floor_db(gains, i)};
    *isolation_db = 99.0f;
}
