/* The inside of a director: what it knows, what it shows, and the steps of its state machine. */
#pragma once
#include "voices-private.h"

#include <director/director.h>

enum {
    TICK_MS = 20,        /* grid of the session clock on which is decided */
    IDLE_TICK_MS = 1000, /* … when no event came for IDLE_AFTER_MS */
    IDLE_AFTER_MS = 10 * 60 * 1000,
};
#define LONGEST_MS ((int64_t)30 * 24 * 3600 * 1000) /* later times count as this after the start */

/* What kind of shot is on screen; each has its function in steps.c. */
typedef enum {
    STEP_NOTHING = 0, /* no picture at all */
    STEP_OPENING,     /* first shot, before its time is over */
    STEP_PERSON,      /* a person, because of what is said */
    STEP_WIDE,        /* the wide shot, because of what is said or not */
    STEP_ASIDE,       /* a listener or a change of view; `home` is where it returns to */
    STEP_SLIDE,
    STEP_MANUAL,
    STEPS
} Step;

typedef struct Shot {
    int64_t t_ms;
    int64_t hold_ms; /* not left before t + hold by what is said */
    int source;
    DirectorReason reason;
} Shot;

/* When a source had no picture, in content time: what is lost at h was there until h. */
enum { CHANGES_MAX = 16 };
typedef struct Presence {
    int64_t change_ms[CHANGES_MAX]; /* ascending; each turns it over */
    int count;
    bool lost_before; /* the changes */
    bool lost;        /* at the content time that is being decided */
} Presence;

/* The settings with what is automatic worked out. */
typedef struct Rules {
    int32_t confirm_ms;
    int32_t crowd_ms; /* several who speak this long when the floor is free: nobody has it yet */
} Rules;

struct Director {
    DirectorSettings settings;
    Rules rules;
    DirectorSource sources[DIRECTOR_SOURCES_MAX];
    Presence presence[DIRECTOR_SOURCES_MAX];
    Voice voices[DIRECTOR_SOURCES_MAX];
    VoiceHeard heard[DIRECTOR_SOURCES_MAX]; /* at the content time that is being decided */
    int n_sources;
    int wide; /* first source of that role, or DIRECTOR_NONE */

    int64_t start_ms;
    int64_t known_ms;  /* decided with everything up to here */
    int64_t target_ms; /* … and to be decided up to here */
    int64_t event_ms;  /* when the last event counted */
    bool fresh;        /* something came at known_ms that was not looked at yet */

    Step step;
    Shot shot;
    int before;      /* what was shown before the shot */
    int home;        /* the person last shown because of what was said */
    int64_t home_ms; /* since when without a look elsewhere */
    bool manual;
    int manual_source;
    int64_t manual_until_ms; /* of the clock of events; VOICE_OPEN = until told */
    int slide;               /* a screen that waits to be shown, or DIRECTOR_NONE */
    int64_t slide_until_ms;  /* it waits no longer than that */

    DirectorDecision queue[DIRECTOR_QUEUE];
    uint32_t queue_head, queue_count;
};

/* What the step wants on screen; source = what is shown now: stay. */
typedef struct Wish {
    Step step;
    int source;
    DirectorReason reason;
    int64_t hold_ms;
} Wish;

/* What should be on screen at content time c, for the step that the director is in. */
Wish director_wish(const Director *director, int64_t c_ms);
bool director_can_show(const Director *director, int source);
/* Who else speaks and has a picture, the longest turn first. */
int director_who_lost(const Director *director, int source);
void director_work_out_rules(Rules *rules, const DirectorSettings *settings);
