/* Polyphase in effect: only the samples that are kept are computed. */
#include "resample-private.h"
#include "maths-private.h"
#include "tables-private.h"

static const float LOUDEST = 8.0f;

void speech_resampler_init(SpeechResampler *resampler)
{
    *resampler = (SpeechResampler){0};
}

/* Comparisons with what is not a number are false, so NaN becomes 0 without a branch. */
static float tame(float sample)
{
    float infinite = 3.4e38f;
    float finite = sample >= -infinite && sample <= infinite ? sample : 0.0f;
    float low = finite > -LOUDEST ? finite : -LOUDEST;
    return low < LOUDEST ? low : LOUDEST;
}

/* Four sums side by side, added in a fixed order at the end. */
static float filter(const float *samples)
{
    const float *taps = speech_table_low_pass.values;
    SpeechVec even = {0};
    SpeechVec odd = {0};
    for (int k = 0; k + 8 <= SPEECH_FILTER_TAPS; k += 8) {
        even += *(const SpeechVecLoose *)(samples + k) * *(const SpeechVecLoose *)(taps + k);
        odd += *(const SpeechVecLoose *)(samples + k + 4) * *(const SpeechVecLoose *)(taps + k + 4);
    }
    enum { REST = SPEECH_FILTER_TAPS - 4 };
    even += *(const SpeechVecLoose *)(samples + REST) * *(const SpeechVecLoose *)(taps + REST);
    SpeechVec sum = even + odd;
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

void speech_resampler_push(SpeechResampler *resampler, const float *wide, float *narrow)
{
    float *samples = resampler->samples;
    for (int i = 0; i < SPEECH_FRAME_SAMPLES; i++)
        samples[SPEECH_FILTER_PAST + i] = tame(wide[i]);
    for (int i = 0; i < SPEECH_NARROW_SAMPLES; i++)
        narrow[i] = filter(samples + (ptrdiff_t)SPEECH_RATIO * i);
    for (int i = 0; i < SPEECH_FILTER_PAST; i++)
        samples[i] = samples[SPEECH_FRAME_SAMPLES + i];
}
