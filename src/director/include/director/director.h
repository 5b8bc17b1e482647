/* The director: who speaks in, decisions with their reasons out.
 *
 * A state machine over (time, event) without a clock of its own: feed events, advance time, take
 * decisions. Three ways, one core:
 *   causal       settings.look_ahead_ms = 0; the decision is on screen when it is taken
 *   look-ahead   the program runs look_ahead_ms late; what is decided at h is on screen at content
 *                time h − look_ahead_ms, so that the cut lands before the word
 *   full         director/plan.h, an optimiser over the whole log
 *
 * Freestanding: no allocation, no I/O, no libm, no floating point in decisions that compilers could
 * round differently. Same events, same settings, same DIRECTOR_VERSION → same decisions, native and
 * WASM, however the caller slices time. Threads: one object, one thread at a time. */
#pragma once
#include <director/settings.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIRECTOR_VERSION 2 /* goes up with every change that can change a decision */

enum { DIRECTOR_SOURCES_MAX = 16 };
#define DIRECTOR_NONE (-1)

typedef enum {
    DIRECTOR_ROLE_UNSET = 0,
    DIRECTOR_ROLE_PERSON,
    DIRECTOR_ROLE_WIDE,
    DIRECTOR_ROLE_SCREEN,
    DIRECTOR_ROLE_MIC, /* never on screen */
} DirectorRole;

typedef struct DirectorSource {
    DirectorRole role;
    int priority; /* −10 … 10: who is preferred when two are equally right */
} DirectorSource;

typedef enum {
    DIRECTOR_EVENT_UNSET = 0,
    DIRECTOR_EVENT_SPEAKING_START,
    DIRECTOR_EVENT_SPEAKING_STOP,
    DIRECTOR_EVENT_MANUAL_CUT, /* to `source`, for hold_ms (0 = settings.manual_hold_ms) */
    DIRECTOR_EVENT_AUTO_RESUME,
    DIRECTOR_EVENT_SOURCE_LOST,
    DIRECTOR_EVENT_SOURCE_BACK,
    DIRECTOR_EVENT_SLIDE,      /* the picture of screen `source` changed */
} DirectorEventType;

typedef struct DirectorEvent {
    DirectorEventType type;
    int source;      /* index, or DIRECTOR_NONE */
    int64_t at_ms;   /* when it was fed; ascending */
    int64_t edge_ms; /* of speech: the moment in the sound; DIRECTOR_MS_NONE = at − usual delay */
    int64_t hold_ms;
} DirectorEvent;
#define DIRECTOR_MS_NONE INT64_MIN

typedef enum {
    DIRECTOR_REASON_UNSET = 0,
    DIRECTOR_REASON_OPENING,    /* first shot of the show */
    DIRECTOR_REASON_SPEAKS,     /* took over: others are silent */
    DIRECTOR_REASON_INTERRUPTS, /* took over while the shown person still spoke */
    DIRECTOR_REASON_CROSS_TALK, /* several at once: wide */
    DIRECTOR_REASON_SILENCE,    /* nobody for long: wide */
    DIRECTOR_REASON_MAXIMUM,    /* the shot was long enough */
    DIRECTOR_REASON_REACTION,   /* a listener in a long monologue */
    DIRECTOR_REASON_RETURN,     /* back from a reaction, a slide or a maximum shot */
    DIRECTOR_REASON_SLIDE,
    DIRECTOR_REASON_MANUAL,
    DIRECTOR_REASON_AUTO,       /* manual hold ended */
    DIRECTOR_REASON_LOST,       /* the shown source was lost */
    DIRECTOR_REASON_BACK,       /* there is a better source again */
    DIRECTOR_REASON_PLANNED,    /* full knowledge: the cheapest picture here */
    DIRECTOR_REASONS
} DirectorReason;

typedef struct DirectorDecision {
    int64_t t_ms;       /* content time from which the source is on screen, session clock */
    int64_t decided_ms; /* when it was decided: t_ms + look-ahead */
    int source;         /* index, or DIRECTOR_NONE: nothing can be shown */
    DirectorReason reason;
    int lost;           /* who else wanted the screen and lost, or DIRECTOR_NONE */
    int64_t hold_ms;    /* nothing but lost, manual or end of show moves it before t + hold */
} DirectorDecision;

typedef struct Director Director;

size_t director_size(void); /* bytes; give memory aligned to 16 */
/* sources: 1 … DIRECTOR_SOURCES_MAX; settings NULL = defaults. NULL when sources is out of range or
 * a setting is (director_settings_check() says which). The first decision is there at once, for
 * content time start_ms. */
Director *director_init(void *memory, const DirectorSource *sources, int n_sources,
                        const DirectorSettings *settings, int64_t start_ms);
/* Events with at < the time advanced to count as at that time. What cannot be meant (unknown
 * source, stop without start, speech of a wide camera or a screen) is ignored. A lost source is
 * silent until it speaks anew. Never fails: any order of any events is survived; times count up to
 * 30 days after the start. */
void director_feed(Director *director, const DirectorEvent *event);
/* All events with at ≤ now_ms have been fed: decides everything up to content time
 * now_ms − look-ahead. Going back does nothing. */
void director_advance(Director *director, int64_t now_ms);
/* Next decision in order; false when there is none (yet). Times ascend, no two are the same. Take
 * them after each advance: at most DIRECTOR_QUEUE wait. When that is full advance() stops and goes
 * on as they are taken; only feed() drops the oldest. */
bool director_take(Director *director, DirectorDecision *decision);
enum { DIRECTOR_QUEUE = 64 };

/* From the next tick on. False, and nothing changed, when a setting is out of range. */
bool director_change_settings(Director *director, const DirectorSettings *settings);
/* What would be shown next if nothing came for three seconds, for the "next" tally; DIRECTOR_NONE
 * when that is what is shown. */
int director_next_source(const Director *director);
/* Wakes the host: when something is decided if no event comes; at most a second from now. */
int64_t director_deadline_ms(const Director *director);

/* One short English phrase, for people; static. */
const char *director_reason_text(DirectorReason reason);
const char *director_reason_name(DirectorReason reason); /* "speaks", …: what shots.json says */
