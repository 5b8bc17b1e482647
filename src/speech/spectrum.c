/* A real transform of 256 as a complex one of 128 (radix 2, decimation in time) and a last step
 * that separates the two halves. */
#include "spectrum-private.h"
#include "tables-private.h"

enum { HALF = SPEECH_SPECTRUM_WINDOW / 2, HALF_BITS = 7 };
/* 250 Hz is the first bin whose window does not reach hum below 125 Hz; 4000 Hz the last. */
enum { BAND_FIRST = 4, BAND_LAST = 64 };

typedef struct Complex {
    SpeechVec re, im;
} Complex;

static unsigned reverse_bits(unsigned value)
{
    unsigned reversed = 0;
    for (int bit = 0; bit < HALF_BITS; bit++)
        reversed |= ((value >> bit) & 1u) << (HALF_BITS - 1 - bit);
    return reversed;
}

static SpeechVec windowed(const float *samples, unsigned n)
{
    const float *at = samples + n;
    SpeechVec four = {at[0], at[SPEECH_SPECTRUM_STEP], at[2 * SPEECH_SPECTRUM_STEP],
                      at[3 * SPEECH_SPECTRUM_STEP]};
    return four * speech_table_window.values[n];
}

static void load(const float *samples, Complex *points)
{
    for (unsigned n = 0; n < HALF; n++) {
        Complex *point = &points[reverse_bits(n)];
        point->re = windowed(samples, 2 * n);
        point->im = windowed(samples, 2 * n + 1);
    }
}

static void butterflies(Complex *points, int span)
{
    int stride = SPEECH_SPECTRUM_WINDOW / (2 * span); /* of the table: 2πk/256 */
    for (int k = 0; k < span; k++) {
        float c = speech_table_cosine.values[k * stride];
        float s = speech_table_sine.values[k * stride];
        for (int start = k; start < HALF; start += 2 * span) {
            Complex *a = &points[start];
            Complex *b = &points[start + span];
            SpeechVec re = b->re * c + b->im * s;
            SpeechVec im = b->im * c - b->re * s;
            b->re = a->re - re;
            b->im = a->im - im;
            a->re += re;
            a->im += im;
        }
    }
}

/* Bin k of the real transform: even part plus e^(−2πik/256) times odd part. */
static SpeechVec power_of(const Complex *points, int k)
{
    Complex z = points[k % HALF];
    Complex mirror = points[(HALF - k) % HALF];
    SpeechVec even_re = (z.re + mirror.re) * 0.5f;
    SpeechVec even_im = (z.im - mirror.im) * 0.5f;
    SpeechVec odd_re = (z.im + mirror.im) * 0.5f;
    SpeechVec odd_im = (mirror.re - z.re) * 0.5f;
    float c = k == HALF ? -1.0f : speech_table_cosine.values[k];
    float s = k == HALF ? 0.0f : speech_table_sine.values[k];
    SpeechVec re = even_re + (odd_re * c + odd_im * s);
    SpeechVec im = even_im + (odd_im * c - odd_re * s);
    return re * re + im * im;
}

void speech_spectrum(const float *samples, SpeechVec *power)
{
    Complex points[HALF];
    load(samples, points);
    for (int span = 1; span < HALF; span *= 2)
        butterflies(points, span);
    for (int k = 0; k < SPEECH_SPECTRUM_BINS; k++)
        power[k] = power_of(points, k);
}

float speech_spectrum_band(const SpeechVec *power)
{
    SpeechVec sum = {0};
    for (int k = BAND_FIRST; k <= BAND_LAST; k++)
        sum += power[k];
    /* Parseval: both halves of the spectrum (2), length of the transform (256), sum of the squared
     * Hann window (96), four windows. */
    return ((sum[0] + sum[2]) + (sum[1] + sum[3])) * (2.0f / (256.0f * 96.0f * 4.0f));
}
