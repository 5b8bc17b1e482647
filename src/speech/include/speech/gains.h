/* How loud each mic hears its own person, estimated from a whole recording (no sound check): from
 * the stretches that a mic clearly wins. Who never speaks is found, so that their mic does not
 * learn the others' voices. Memory does not grow with the length: statistics only. */
#pragma once
#include <speech/share.h>

typedef struct SpeechGains SpeechGains;

size_t speech_gains_size(void);                         /* bytes; give memory aligned to 16 */
SpeechGains *speech_gains_init(void *memory, int mics); /* NULL when mics is out of range */
void speech_gains_push(SpeechGains *gains, const SpeechFrame *frames);
/* Writes gain_db, silent and priority_db = 0 of each mic, and the isolation: how much louder a mic
 * hears its own person than the others, dB, the smallest over the pairs of people (99 when only one
 * person speaks). Below 4 dB people should move their mics. May be called at any time; changes
 * nothing. Takes some milliseconds. Gains of two mics differ by the middle between what the pair
 * hears of one person and of the other, so that a soft voice beside a loud one keeps its share. */
void speech_gains_get(const SpeechGains *gains, SpeechShareMic *mics, float *isolation_db);
