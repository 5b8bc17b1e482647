/* What a share remembers between frames. */
#pragma once
#include <speech/share.h>

typedef struct ShareMic {
    SpeechShareMic setting;
    float smooth_db;
    float weight_db; /* share of all */
    float duel_db;   /* share of its own and the strongest other's: what decides */
    bool active;
    int held_frames;   /* in a row that would start or, while active, stop */
    int64_t edge_ms;   /* of the start; or where it would be */
    int64_t heard_ms;  /* active: end of the last frame with voice */
    int64_t closed_ms; /* the edge of the last stop: the next start is not before */
} ShareMic;

struct SpeechShare {
    SpeechShareSettings settings;
    int mics;
    bool begun;
    int64_t begin_ms; /* of the first frame: no edge is before */
    ShareMic mic[SPEECH_MICS_MAX];
};
