/* The network: 129 bins × 4 times → four convolutions (128, 64, 64, 128 channels; 4, 2, 1, 1
 * times) → LSTM of 128 → one number.
 *
 * Lanes are always output channels, and each output is one sum in a fixed order, so the width of
 * the machine's vectors changes nothing. Inputs are spread over the lanes once, before the loops
 * that read them for every block of outputs. The weights' order is made by make-tables.py. */
#include "silero-private.h"
#include "tables-private.h"

enum {
    BINS = SPEECH_SPECTRUM_BINS,
    UNITS = SPEECH_SILERO_UNITS,
    LANES = 4,
};

void speech_silero_init(SpeechSilero *silero)
{
    *silero = (SpeechSilero){0};
}

static SpeechVec spread(float value)
{
    return (SpeechVec){value, value, value, value};
}

static SpeechVec load(const float *values)
{
    return *(const SpeechVecLoose *)values;
}

static float positive(float value)
{
    return value > 0.0f ? value : 0.0f;
}

/* input[bin][time] is the magnitude in all four lanes. */
static void spread_magnitudes(const SpeechVec *power, SpeechVec (*input)[4])
{
    for (int bin = 0; bin < BINS; bin++) {
        for (int time = 0; time < 4; time++)
            input[bin][time] = spread(__builtin_sqrtf(power[bin][time]));
    }
}

/* Eight outputs at four times; kernel of three, the times beside the four count as 0. */
static void conv0_block(const float *weights, SpeechVec (*input)[4], SpeechVec sums[2][4])
{
    for (int bin = 0; bin < BINS; bin++, weights += 24) {
        const SpeechVec *x = input[bin];
        for (int half = 0; half < 2; half++) {
            SpeechVec before = load(weights + LANES * half);
            SpeechVec now = load(weights + 8 + LANES * half);
            SpeechVec after = load(weights + 16 + LANES * half);
            SpeechVec *sum = sums[half];
            sum[0] += now * x[0];
            sum[0] += after * x[1];
            sum[1] += before * x[0];
            sum[1] += now * x[1];
            sum[1] += after * x[2];
            sum[2] += before * x[1];
            sum[2] += now * x[2];
            sum[2] += after * x[3];
            sum[3] += before * x[2];
            sum[3] += now * x[3];
        }
    }
}

static void conv0(SpeechVec (*input)[4], SpeechVec (*output)[4])
{
    for (int first = 0; first < 128; first += 8) {
        SpeechVec sums[2][4];
        for (int half = 0; half < 2; half++) {
            for (int time = 0; time < 4; time++)
                sums[half][time] = load(&speech_table_conv0_bias.values[first + LANES * half]);
        }
        conv0_block(&speech_table_conv0.values[first * BINS * 3], input, sums);
        for (int lane = 0; lane < 8; lane++) {
            for (int time = 0; time < 4; time++)
                output[first + lane][time] = spread(positive(sums[lane / 4][time][lane % 4]));
        }
    }
}

/* Sixteen outputs at two times, two input times apart. */
static void conv1_block(const float *weights, SpeechVec (*input)[4], SpeechVec sums[2][4])
{
    for (int channel = 0; channel < 128; channel++, weights += 48) {
        const SpeechVec *x = input[channel];
        for (int part = 0; part < 4; part++) {
            SpeechVec before = load(weights + LANES * part);
            SpeechVec now = load(weights + 16 + LANES * part);
            SpeechVec after = load(weights + 32 + LANES * part);
            sums[0][part] += now * x[0];
            sums[0][part] += after * x[1];
            sums[1][part] += before * x[1];
            sums[1][part] += now * x[2];
            sums[1][part] += after * x[3];
        }
    }
}

/* output[channel * 2 + time], as conv2 reads it. */
static void conv1(SpeechVec (*input)[4], SpeechVec *output)
{
    for (int first = 0; first < 64; first += 16) {
        SpeechVec sums[2][4];
        for (int part = 0; part < 4; part++) {
            sums[0][part] = load(&speech_table_conv1_bias.values[first + LANES * part]);
            sums[1][part] = sums[0][part];
        }
        conv1_block(&speech_table_conv1.values[first * 128 * 3], input, sums);
        for (int lane = 0; lane < 16; lane++) {
            for (int time = 0; time < 2; time++)
                output[2 * (first + lane) + time] =
                    spread(positive(sums[time][lane / 4][lane % 4]));
        }
    }
}

/* outputs = bias + weights × input, thirty-two at a time. */
static void multiply(const float *weights, const float *bias, const SpeechVec *input, int inputs,
                     float *outputs, int count)
{
    enum { PARTS = 8 };
    for (int first = 0; first < count; first += PARTS * LANES) {
        SpeechVec sums[PARTS];
        for (int part = 0; part < PARTS; part++)
            sums[part] = load(bias + first + LANES * part);
        for (int i = 0; i < inputs; i++, weights += PARTS * LANES) {
            SpeechVec x = input[i];
            for (int part = 0; part < PARTS; part++)
                sums[part] += load(weights + LANES * part) * x;
        }
        for (int lane = 0; lane < PARTS * LANES; lane++)
            outputs[first + lane] = sums[lane / LANES][lane % LANES];
    }
}

static void spread_positive(const float *values, SpeechVec *output, int count)
{
    for (int i = 0; i < count; i++)
        output[i] = spread(positive(values[i]));
}

/* input[0 … 127] is the frame; the hidden state is put behind it. Gates in the order input,
 * forget, cell, output. */
static void lstm(SpeechSilero *silero, SpeechVec *input)
{
    for (int i = 0; i < UNITS; i++)
        input[UNITS + i] = spread(silero->hidden[i]);
    float gates[4 * UNITS];
    multiply(speech_table_lstm.values, speech_table_lstm_bias.values, input, 2 * UNITS, gates,
             4 * UNITS);
    for (int i = 0; i < UNITS; i++) {
        float keep = speech_sigmoid(gates[UNITS + i]) * silero->cell[i];
        float add = speech_sigmoid(gates[i]) * speech_tanh(gates[2 * UNITS + i]);
        silero->cell[i] = keep + add;
        silero->hidden[i] = speech_sigmoid(gates[3 * UNITS + i]) * speech_tanh(silero->cell[i]);
    }
}

static float decide(const SpeechSilero *silero)
{
    float sum = speech_table_output_bias.values[0];
    for (int i = 0; i < UNITS; i++)
        sum += speech_table_output.values[i] * positive(silero->hidden[i]);
    return speech_sigmoid(sum);
}

float speech_silero_push(SpeechSilero *silero, const SpeechVec *power)
{
    SpeechVec wide[BINS][4];
    SpeechVec narrow[128][4];
    SpeechVec line[2 * UNITS];
    float values[UNITS];
    spread_magnitudes(power, wide);
    conv0(wide, narrow);
    conv1(narrow, line);
    multiply(speech_table_conv2.values, speech_table_conv2_bias.values, line, 128, values, 64);
    spread_positive(values, line, 64);
    multiply(speech_table_conv3.values, speech_table_conv3_bias.values, line, 64, values, UNITS);
    spread_positive(values, line, UNITS);
    lstm(silero, line);
    return decide(silero);
}
