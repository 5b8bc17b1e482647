/* Sound in, level and probability out: tones of known level, tones that must not come through, a
 * transform against its definition, mathematics against libm. */
#include <speech/mic.h>

#include "maths-private.h"
#include "resample-private.h"
#include "spectrum-private.h"

#include <glib.h>
#include <math.h>

static void fill_tone(float *samples, double hz, double amplitude, gsize first)
{
    for (int i = 0; i < SPEECH_FRAME_SAMPLES; i++) {
        double t = (double)(first + (gsize)i) / SPEECH_RATE_HZ;
        samples[i] = (float)(amplitude * sin(2 * G_PI * hz * t));
    }
}

/* Level of the tone after the resampler, dB over its level before, once it has settled. */
static double gain_of_resampler(double hz)
{
    SpeechResampler resampler;
    speech_resampler_init(&resampler);
    float wide[SPEECH_FRAME_SAMPLES], narrow[SPEECH_NARROW_SAMPLES];
    double power = 0;
    for (int frame = 0; frame < 6; frame++) {
        fill_tone(wide, hz, 1.0, (gsize)frame * SPEECH_FRAME_SAMPLES);
        speech_resampler_push(&resampler, wide, narrow);
        for (int i = 0; i < SPEECH_NARROW_SAMPLES && frame > 0; i++)
            power += (double)narrow[i] * narrow[i];
    }
    return 10 * log10(power / (5 * SPEECH_NARROW_SAMPLES) / 0.5 + 1e-20);
}

static void test_keeps_voice(void)
{
    const double kept_hz[] = {100, 440, 1000, 3000, 5000, 6000};
    for (gsize i = 0; i < G_N_ELEMENTS(kept_hz); i++)
        g_assert_cmpfloat_with_epsilon(gain_of_resampler(kept_hz[i]), 0.0, 0.1);
}

static void test_folds_nothing_back(void)
{
    const double gone_hz[] = {8900, 10000, 12000, 13000, 15000, 15800, 17000, 20000, 23000};
    for (gsize i = 0; i < G_N_ELEMENTS(gone_hz); i++)
        g_assert_cmpfloat(gain_of_resampler(gone_hz[i]), <, -70.0);
}

/* A click at sample 720 comes out a millisecond later: at 240 + 16 of the narrow frame. */
static void test_delays_by_a_millisecond(void)
{
    SpeechResampler resampler;
    speech_resampler_init(&resampler);
    float wide[SPEECH_FRAME_SAMPLES] = {0}, narrow[SPEECH_NARROW_SAMPLES];
    wide[720] = 1.0f;
    speech_resampler_push(&resampler, wide, narrow);
    int loudest = 0;
    for (int i = 0; i < SPEECH_NARROW_SAMPLES; i++) {
        if (fabsf(narrow[i]) > fabsf(narrow[loudest]))
            loudest = i;
    }
    g_assert_cmpint(loudest, >=, 240 + 15);
    g_assert_cmpint(loudest, <=, 240 + 16);
    g_assert_cmpint(SPEECH_MIC_DELAY_MS, ==, 1);
}

static float level_of_tone(double hz, double amplitude)
{
    g_autofree void *memory = g_malloc(speech_mic_size());
    SpeechMic *mic = speech_mic_init(memory);
    float samples[SPEECH_FRAME_SAMPLES];
    SpeechFrame frame = {0};
    for (int i = 0; i < 4; i++) {
        fill_tone(samples, hz, amplitude, (gsize)i * SPEECH_FRAME_SAMPLES);
        frame = speech_mic_push(mic, samples);
    }
    return frame.level_db;
}

static void test_level_is_dbfs(void)
{
    /* RMS: a full-scale sine is −3.01 dBFS. */
    g_assert_cmpfloat_with_epsilon(level_of_tone(1000, 1.0), -3.01, 0.1);
    g_assert_cmpfloat_with_epsilon(level_of_tone(1000, 0.1), -23.01, 0.1);
    g_assert_cmpfloat_with_epsilon(level_of_tone(2500, 0.001), -63.01, 0.1);
    g_assert_cmpfloat_with_epsilon(level_of_tone(310, 0.1), -23.01, 0.5);
    g_assert_cmpfloat_with_epsilon(level_of_tone(3800, 0.1), -23.01, 0.5);
}

static void test_level_ignores_hum_and_hiss(void)
{
    g_assert_cmpfloat(level_of_tone(50, 0.1), <, -50.0);
    g_assert_cmpfloat(level_of_tone(100, 0.1), <, -50.0);
    g_assert_cmpfloat(level_of_tone(5000, 0.1), <, -50.0);
    g_assert_cmpfloat(level_of_tone(7000, 0.1), <, -50.0);
    g_assert_cmpfloat(level_of_tone(12000, 0.1), <, -50.0);
}

static void test_silence_is_the_lowest_level(void)
{
    g_assert_cmpfloat(level_of_tone(1000, 0.0), ==, SPEECH_LEVEL_MIN_DB);
    g_assert_cmpfloat(level_of_tone(1000, 1e-9), ==, SPEECH_LEVEL_MIN_DB);
}

static void test_tone_is_no_voice(void)
{
    g_autofree void *memory = g_malloc(speech_mic_size());
    SpeechMic *mic = speech_mic_init(memory);
    float samples[SPEECH_FRAME_SAMPLES];
    for (int i = 0; i < 100; i++) {
        fill_tone(samples, 1000, 0.1, (gsize)i * SPEECH_FRAME_SAMPLES);
        SpeechFrame frame = speech_mic_push(mic, samples);
        g_assert_cmpfloat(frame.probability, >=, 0.0f);
        if (i > 30)
            g_assert_cmpfloat(frame.probability, <, 0.35f);
    }
}

static void test_bad_samples_count_as_silence(void)
{
    g_autofree void *bad_memory = g_malloc(speech_mic_size());
    g_autofree void *good_memory = g_malloc(speech_mic_size());
    SpeechMic *bad = speech_mic_init(bad_memory);
    SpeechMic *good = speech_mic_init(good_memory);
    float samples[SPEECH_FRAME_SAMPLES], tame[SPEECH_FRAME_SAMPLES];
    for (int i = 0; i < 5; i++) {
        fill_tone(tame, 700, 0.2, (gsize)i * SPEECH_FRAME_SAMPLES);
        tame[3] = tame[70] = tame[71] = 0;
        tame[100] = 8.0f;
        tame[200] = -8.0f;
        memcpy(samples, tame, sizeof samples);
        samples[3] = NAN;
        samples[70] = INFINITY;
        samples[71] = -INFINITY;
        samples[100] = 1e30f;
        samples[200] = -9.0f;
        SpeechFrame a = speech_mic_push(bad, samples), b = speech_mic_push(good, tame);
        g_assert_true(isfinite(a.probability) && isfinite(a.level_db));
        g_assert_cmpmem(&a, sizeof a, &b, sizeof b);
    }
}

static void test_init_starts_anew(void)
{
    g_autofree void *memory = g_malloc(speech_mic_size());
    float samples[SPEECH_FRAME_SAMPLES];
    fill_tone(samples, 900, 0.5, 0);
    SpeechFrame first = speech_mic_push(speech_mic_init(memory), samples);
    speech_mic_push(memory, samples);
    SpeechFrame again = speech_mic_push(speech_mic_init(memory), samples);
    g_assert_cmpmem(&first, sizeof first, &again, sizeof again);
}

static void test_spectrum_is_a_fourier_transform(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    float samples[SPEECH_SPECTRUM_INPUT];
    for (int i = 0; i < SPEECH_SPECTRUM_INPUT; i++)
        samples[i] = (float)g_rand_double_range(random, -1, 1);
    SpeechVec power[SPEECH_SPECTRUM_BINS];
    speech_spectrum(samples, power);
    for (int time = 0; time < 4; time++) {
        for (int bin = 0; bin < SPEECH_SPECTRUM_BINS; bin++) {
            double re = 0, im = 0;
            for (int n = 0; n < SPEECH_SPECTRUM_WINDOW; n++) {
                double angle = 2 * G_PI * n / SPEECH_SPECTRUM_WINDOW;
                double x = samples[time * SPEECH_SPECTRUM_STEP + n] * (0.5 - 0.5 * cos(angle));
                re += x * cos(angle * bin);
                im -= x * sin(angle * bin);
            }
            g_assert_cmpfloat_with_epsilon(power[bin][time], re * re + im * im, 1e-3);
        }
    }
}

static void test_mathematics_agrees_with_libm(void)
{
    for (int i = -4600; i < 4600; i++) {
        double x = i * 0.0173;
        double expected = exp((double)(float)x);
        g_assert_cmpfloat_with_epsilon(speech_exp((float)x) / expected, 1.0, 1e-6);
        g_assert_cmpfloat_with_epsilon(speech_log((float)expected), log((float)expected), 1e-5);
        g_assert_cmpfloat_with_epsilon(speech_tanh((float)x), tanh((float)x), 1e-6);
        g_assert_cmpfloat_with_epsilon(speech_sigmoid((float)x), 1 / (1 + exp(-x)), 1e-6);
    }
    g_assert_true(isfinite(speech_exp(NAN)) && isfinite(speech_log(NAN)));
    g_assert_true(isfinite(speech_exp(INFINITY)) && isfinite(speech_log(-1.0f)));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/speech/resampler/keeps-voice", test_keeps_voice);
    g_test_add_func("/speech/resampler/folds-nothing-back", test_folds_nothing_back);
    g_test_add_func("/speech/resampler/delays-by-a-millisecond", test_delays_by_a_millisecond);
    g_test_add_func("/speech/level/is-dbfs", test_level_is_dbfs);
    g_test_add_func("/speech/level/ignores-hum-and-hiss", test_level_ignores_hum_and_hiss);
    g_test_add_func("/speech/level/silence-is-the-lowest", test_silence_is_the_lowest_level);
    g_test_add_func("/speech/mic/a-tone-is-no-voice", test_tone_is_no_voice);
    g_test_add_func("/speech/mic/bad-samples-count-as-silence", test_bad_samples_count_as_silence);
    g_test_add_func("/speech/mic/init-starts-anew", test_init_starts_anew);
    g_test_add_func("/speech/spectrum/is-a-fourier-transform",
                    test_spectrum_is_a_fourier_transform);
    g_test_add_func("/speech/maths/agrees-with-libm", test_mathematics_agrees_with_libm);
    return g_test_run();
}
