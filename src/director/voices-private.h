/* What is known about one person's speech: the last spans of it, and of which turn each is part.
 * Times are content times, as far as the sound itself is known (edges). */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum {
    VOICE_SPANS = 32,    /* more than any look-ahead can hold */
    VOICE_SPAN_MIN = 50, /* ms; a detector's stop may seem to lie before its start */
};
#define VOICE_OPEN        INT64_MAX
#define VOICE_LONG_AGO_MS ((int64_t)1 << 40)

typedef struct VoiceSpan {
    int64_t start_ms, end_ms; /* end is VOICE_OPEN while it lasts */
    int64_t turn_ms;          /* start of the turn that it is part of */
} VoiceSpan;

typedef struct Voice {
    VoiceSpan spans[VOICE_SPANS]; /* a ring: span i is spans[i % VOICE_SPANS] */
    uint32_t count;
} Voice;

/* What can be believed about content time c when everything up to h ≥ c is known. */
typedef struct VoiceHeard {
    bool speaking;    /* at c; known breaths are part of the turn */
    bool open;        /* … and not known to have ended */
    int64_t turn_ms;  /* start of that turn */
    int64_t known_ms; /* how long it is known to last */
    int64_t quiet_ms; /* not speaking: how long already */
    int64_t next_ms;  /* start of the next known speech after c, or VOICE_OPEN */
} VoiceHeard;

void voice_start(Voice *voice, int64_t edge_ms, int64_t breath_ms);
void voice_stop(Voice *voice, int64_t edge_ms);
bool voice_is_open(const Voice *voice);
void voice_hear(const Voice *voice, int64_t c_ms, int64_t h_ms, VoiceHeard *heard);
