/* Constant tables, written by make-tables.py at build time. Read `.values`; the file gives them as
 * bits. */
#pragma once
#include <stdint.h>

#define SPEECH_TABLE(count)                \
    typedef union {                        \
        _Alignas(16) uint32_t bits[count]; \
        float values[count];               \
    } SpeechTable##count

SPEECH_TABLE(1);
SPEECH_TABLE(64);
SPEECH_TABLE(100);
SPEECH_TABLE(128);
SPEECH_TABLE(256);
SPEECH_TABLE(512);
SPEECH_TABLE(8192);
SPEECH_TABLE(24576);
SPEECH_TABLE(49536);
SPEECH_TABLE(131072);

extern const SpeechTable100 speech_table_low_pass; /* 48 → 16 kHz, oldest sample first */
extern const SpeechTable256 speech_table_window;
extern const SpeechTable128 speech_table_cosine; /* of 2πk/256 */
extern const SpeechTable128 speech_table_sine;
/* Weights: [outputs / block][inputs][taps][block]. */
extern const SpeechTable49536 speech_table_conv0; /* 128 × 129 × 3, block 8 */
extern const SpeechTable128 speech_table_conv0_bias;
extern const SpeechTable24576 speech_table_conv1; /* 64 × 128 × 3, block 16 */
extern const SpeechTable64 speech_table_conv1_bias;
extern const SpeechTable8192 speech_table_conv2; /* 64 × 64 × 2, block 32 */
extern const SpeechTable64 speech_table_conv2_bias;
extern const SpeechTable8192 speech_table_conv3; /* 128 × 64, block 32 */
extern const SpeechTable128 speech_table_conv3_bias;
extern const SpeechTable131072 speech_table_lstm; /* 512 × 256, block 32 */
extern const SpeechTable512 speech_table_lstm_bias;
extern const SpeechTable128 speech_table_output;
extern const SpeechTable1 speech_table_output_bias;
