/* Gathers windows of voice, and turns what is concluded from them (winners.c) into gains.
 *
 * A window's levels are averaged over 0.4 s: then what a mic hears of one person differs from what
 * it hears of another by much more than it moves by itself. */
#include "gains-private.h"
#include "maths-private.h"

static const float VOICE_PROBABILITY = 0.5f;

size_t speech_gains_size(void)
{
    return sizeof(SpeechGains);
}

SpeechGains *speech_gains_init(void *memory, int mics)
{
    if (mics < 1 || mics > SPEECH_MICS_MAX)
        return NULL;
    SpeechGains *gains = memory;
    gains->mics = mics;
    for (int i = 0; i < SPEECH_MICS_MAX; i++) {
        gains->last_db[i] = SPEECH_LEVEL_MIN_DB;
        gains->movement_db[i] = 0.0;
        gains->clearness[i] = 0.0;
    }
    gains->before = (GainsHalf){0};
    gains->now = (GainsHalf){0};
    gains->now_frames = 0;
    gains->count = 0; /* of windows: the rest of the memory is not read */
    gains->stride = 1;
    gains->skipped = 0;
    return gains;
}

static void thin_out(SpeechGains *gains)
{
    for (int i = 0; i < GAINS_WINDOWS_MAX / 2; i++)
        gains->windows[i] = gains->windows[2 * i];
    gains->count = GAINS_WINDOWS_MAX / 2;
    gains->stride *= 2;
}

static void store_window(SpeechGains *gains, int voiced)
{
    if (++gains->skipped < gains->stride)
        return;
    gains->skipped = 0;
    if (gains->count == GAINS_WINDOWS_MAX)
        thin_out(gains);
    GainsWindow *window = &gains->windows[gains->count++];
    for (int i = 0; i < gains->mics; i++) {
        float power = (gains->before.power[i] + gains->now.power[i]) / (float)voiced;
        float level = speech_clamp(speech_db_of_power(power), SPEECH_LEVEL_MIN_DB, 0.0f);
        window->level[i] = (int16_t)(level * 100.0f - 0.5f);
    }
}

static void end_half(SpeechGains *gains)
{
    int voiced = gains->before.voiced + gains->now.voiced;
    if (voiced >= GAINS_WINDOW_FRAMES * 2 / 3)
        store_window(gains, voiced);
    gains->before = gains->now;
    gains->now = (GainsHalf){0};
    gains->now_frames = 0;
}

static void hear(SpeechGains *gains, int mic, SpeechFrame frame, bool voice)
{
    float level_db = speech_clamp(frame.level_db, SPEECH_LEVEL_MIN_DB, 0.0f);
    if (voice) {
        gains->clearness[mic] += speech_clamp(frame.probability, 0.0f, 1.0f);
        gains->now.power[mic] += speech_power_of_db(level_db);
        float moved = level_db - gains->last_db[mic];
        gains->movement_db[mic] += moved < 0 ? -moved : moved;
    }
    gains->last_db[mic] = level_db;
}

void speech_gains_push(SpeechGains *gains, const SpeechFrame *frames)
{
    bool voice = false;
    for (int i = 0; i < gains->mics; i++)
        voice = voice || frames[i].probability >= VOICE_PROBABILITY;
    for (int i = 0; i < gains->mics; i++)
        hear(gains, i, frames[i], voice);
    gains->now.voiced += voice ? 1 : 0;
    if (++gains->now_frames == GAINS_HALF_FRAMES)
        end_half(gains);
}

static float mean_db(const SpeechGains *gains, int mic)
{
    float sum = 0.0f;
    for (int w = 0; w < gains->count; w++)
        sum += (float)gains->windows[w].level[mic] * 0.01f;
    return gains->count > 0 ? sum / (float)gains->count : SPEECH_LEVEL_MIN_DB;
}

/* One person only: nothing to compare theirs with. Nearest to the voice is the mic whose level moves
 * most (far away the room and the noise fill the gaps) and that hears it most clearly. Neither
 * depends on the mic's gain. */
static int nearest_mic(const SpeechGains *gains)
{
    int best = 0;
    for (int i = 1; i < gains->mics; i++) {
        if (gains->movement_db[i] * gains->clearness[i] >
            gains->movement_db[best] * gains->clearness[best])
            best = i;
    }
    return best;
}

static void write_gains(const SpeechGains *gains, const GainsWinners *winners, SpeechShareMic *mics)
{
    /* Best fit of one number a mic to the thresholds of the pairs: the mean over the others. It
     * says nothing of the sum, which is made that of the own levels. */
    float own = 0.0f;
    for (int i = 0; i < gains->mics; i++)
        own += winners->active[i] ? winners->own_db[i] / (float)winners->active_count : 0.0f;
    for (int i = 0; i < gains->mics; i++) {
        if (!winners->active[i])
            continue;
        float sum = 0.0f;
        for (int j = 0; j < gains->mics; j++)
            sum += winners->active[j] && j != i ? winners->threshold_db[i][j] : 0.0f;
        mics[i].gain_db = own + sum / (float)winners->active_count;
        mics[i].silent = false;
    }
}

void speech_gains_get(const SpeechGains *gains, SpeechShareMic *mics, float *isolation_db)
{
    /* No voice yet: nothing is known, and anybody may still speak. */
    for (int i = 0; i < gains->mics; i++)
        mics[i] = (SpeechShareMic){.gain_db = mean_db(gains, i), .silent = gains->count > 0};
    *isolation_db = 99.0f;
    GainsWinners winners;
    speech_gains_find_winners(gains, &winners);
    if (winners.active_count >= 2) {
        write_gains(gains, &winners, mics);
        *isolation_db = winners.isolation_db;
    } else {
        mics[nearest_mic(gains)].silent = false;
    }
}
