/* The little mathematics that this room needs, without libm: the same bytes from every compiler.
 * Accurate to a few units in the last place of a float, which is far finer than what is measured
 * with it. Arguments that are not a number give a finite result. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Four floats; every operation works on all four, each rounded as a single float would be. */
typedef float SpeechVec __attribute__((vector_size(16)));
/* The same at any address that floats may have. */
typedef float SpeechVecLoose __attribute__((vector_size(16), aligned(4), may_alias));

typedef union SpeechBits {
    float value;
    uint32_t bits;
} SpeechBits;

static inline float speech_clamp(float value, float low, float high)
{
    /* Written so that what is not a number becomes `low`. */
    if (!(value > low))
        return low;
    return value < high ? value : high;
}

/* e^x; x is held to ±87, where a float ends. */
static inline float speech_exp(float x)
{
    x = speech_clamp(x, -87.0f, 87.0f);
    float scaled = x * 1.44269504f;
    int power = (int)(scaled + (scaled < 0 ? -0.5f : 0.5f));
    /* ln 2 in two parts, so that the rest keeps all its bits. */
    float r = (x - (float)power * 0.693359375f) + (float)power * 2.12194440e-4f;
    float sum = 1.0f / 5040.0f;
    sum = sum * r + 1.0f / 720.0f;
    sum = sum * r + 1.0f / 120.0f;
    sum = sum * r + 1.0f / 24.0f;
    sum = sum * r + 1.0f / 6.0f;
    sum = sum * r + 0.5f;
    sum = sum * r + 1.0f;
    sum = sum * r + 1.0f;
    SpeechBits scale = {.bits = (uint32_t)(power + 127) << 23};
    return sum * scale.value;
}

/* Natural logarithm; x ≤ the smallest normal float gives about −87.3. */
static inline float speech_log(float x)
{
    SpeechBits whole = {.value = speech_clamp(x, 1.17549435e-38f, 3.4e38f)};
    int power = (int)(whole.bits >> 23) - 127;
    SpeechBits mantissa = {.bits = (whole.bits & 0x7fffffu) | 0x3f800000u};
    float m = mantissa.value;
    if (m > 1.41421356f) {
        m *= 0.5f;
        power++;
    }
    /* ln m = 2 artanh((m − 1) / (m + 1)) */
    float z = (m - 1.0f) / (m + 1.0f);
    float zz = z * z;
    float sum = 1.0f / 9.0f;
    sum = sum * zz + 1.0f / 7.0f;
    sum = sum * zz + 0.2f;
    sum = sum * zz + 1.0f / 3.0f;
    sum = sum * zz + 1.0f;
    return (float)power * 0.693147181f + 2.0f * z * sum;
}

static inline float speech_power_of_db(float db)
{
    return speech_exp(db * 0.230258509f);
}

static inline float speech_db_of_power(float power)
{
    return speech_log(power) * 4.34294482f;
}

static inline float speech_sigmoid(float x)
{
    return 1.0f / (1.0f + speech_exp(-x));
}

static inline float speech_tanh(float x)
{
    return 1.0f - 2.0f / (1.0f + speech_exp(2.0f * x));
}
