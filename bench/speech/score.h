/* How well who speaks was found: frames of 10 ms, pauses under 300 ms count as speech, 50 ms on
 * each side of a true edge are not counted. */
#pragma once
#include "show.h"

typedef struct Score {
    double precision, recall, f1;
    double onset_p50_ms, onset_p90_ms; /* found start less true start, turns ≥ 0.5 s */
    double stop_p50_ms, stop_p90_ms;
    int missed; /* turns ≥ 0.5 s without any overlap */
    double false_starts_per_minute;
    double false_share[SPEECH_MICS_MAX]; /* of the time: active, but not speaking */
} Score;

void score_show(const BenchShow *show, Score *score);
