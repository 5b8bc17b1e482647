/* The inside of a plan. plan-voices.c reads priced speech from the log, plan-rules.c says which
 * pictures are possible, plan-paths.c keeps the shot lists that are still in the running, plan.c
 * does the dynamic programming and plan-asides.c adds looks elsewhere to long shots. */
#pragma once
#include <director/plan.h>

enum {
    PLAN_STEP_MS = 100,
    PLAN_SCREENS_MAX = DIRECTOR_SOURCES_MAX + 1, /* the last one: no picture at all */
    PLAN_YOUNG = 20,   /* steps: a shot this old is no ping-pong any more */
    PLAN_SHORT = 15,   /* steps: … and this old no short one */
    PLAN_MIDDLE = 300, /* steps: the longest minimum shot */
    PLAN_TURN_SPANS = 24,
};

#define PLAN_LONGEST_MS ((int64_t)30 * 24 * 3600 * 1000) /* of a show; later times count as this */

/* The viewer's cost, in twentieths of a wrong-person millisecond, so that all of it is whole. */
enum {
    PLAN_COST_WRONG = 20,     /* per ms: somebody speaks who is not shown */
    PLAN_COST_WIDE = 7,       /* per ms: wide although one alone speaks */
    PLAN_COST_OVERLAP = 3,    /* per ms: one is shown while several speak */
    PLAN_COST_NO_SLIDE = 100, /* per ms: not on the slide that changed */
    PLAN_COST_CUT = 8000,
    PLAN_COST_SHORT = 20000,
    PLAN_COST_PING_PONG = 10000,
};

typedef struct PlanSpan {
    int64_t start_ms, end_ms;
} PlanSpan;

/* Reads the speech of one source that is priced: that of turns long enough to be contributions. */
typedef struct PlanVoice {
    size_t next_event;
    int64_t clock_ms; /* of the events read */
    int64_t last_end_ms;
    PlanSpan raw; /* read ahead */
    bool has_raw, ended;
    PlanSpan spans[PLAN_TURN_SPANS]; /* of the turn being read */
    int n_spans;
    bool in_turn, priced;
    PlanSpan turn;
} PlanVoice;

/* Which pictures are possible at the step being planned. */
typedef struct PlanRules {
    size_t next_event;
    int64_t clock_ms;
    bool lost[DIRECTOR_SOURCES_MAX];
    bool lost_here[DIRECTOR_SOURCES_MAX]; /* at some moment of this step */
    int64_t slide_until_ms[DIRECTOR_SOURCES_MAX];
    int slide;
    bool manual;
    int manual_source;
    int64_t manual_until_ms;
    bool allowed[PLAN_SCREENS_MAX];
    bool enter[PLAN_SCREENS_MAX]; /* … and can be cut to */
    bool by_hand;                 /* manual_source is shown */
} PlanRules;

#define PLAN_NOBODY UINT16_MAX

/* A cut of a shot list; lists that share their past share its nodes. */
typedef struct PlanNode {
    int64_t step;
    uint16_t parent;   /* or, of free nodes, the next free one */
    uint16_t refs;     /* states and nodes that hold it */
    uint16_t speaking; /* bit i: source i speaks at the cut */
    int8_t source;
    uint8_t reason;
} PlanNode;

typedef struct PlanState {
    int64_t cost;  /* less the sum of its screen's costs, plan.spent[] */
    uint16_t node; /* PLAN_NOBODY: no such state */
} PlanState;

typedef struct PlanPaths {
    PlanNode *nodes;
    uint16_t n_nodes, free, root, n_free;
} PlanPaths;

/* A planned shot and where the looks elsewhere in it have got to. */
typedef struct PlanAsides {
    DirectorDecision shot, next;
    bool has_shot, has_next;
    int64_t at_ms; /* decided up to here */
    bool away;
} PlanAsides;

struct DirectorPlan {
    DirectorSettings settings;
    DirectorSource sources[DIRECTOR_SOURCES_MAX];
    int n_sources, wide;
    const DirectorEvent *events;
    size_t n_events;
    int64_t start_ms, end_ms;
    int64_t step, n_steps;
    int min_steps;
    bool finished;

    PlanVoice voices[DIRECTOR_SOURCES_MAX];
    PlanRules rules;
    PlanPaths paths;
    PlanAsides asides;

    int n_screens;
    int64_t spent[PLAN_SCREENS_MAX];
    int64_t cost[PLAN_SCREENS_MAX]; /* of this step */
    uint16_t speaking;              /* in this step */
    PlanState *young;               /* [before][now][birth % PLAN_YOUNG] */
    PlanState *middle;              /* [now][birth % PLAN_MIDDLE]; too young to be left */
    PlanState old[PLAN_SCREENS_MAX];
};

/* When an event counts: never before `clock_ms`, nor so late that sums could overflow. */
static inline int64_t plan_event_ms(const DirectorPlan *plan, const DirectorEvent *event,
                                    int64_t clock_ms)
{
    int64_t latest_ms = plan->start_ms + 2 * PLAN_LONGEST_MS;
    int64_t at_ms = event->at_ms < latest_ms ? event->at_ms : latest_ms;
    return at_ms > clock_ms ? at_ms : clock_ms;
}

/* Adds up what each screen costs in [t0, t1) and who speaks there. */
void plan_price(DirectorPlan *plan, int64_t t0_ms, int64_t t1_ms);
void plan_voices_init(DirectorPlan *plan);
/* Speech of a source in [t0, t1), ms, priced or not; for asides. */
int64_t plan_speech_ms(const DirectorPlan *plan, int source, int64_t t0_ms, int64_t t1_ms);

void plan_rules_init(DirectorPlan *plan);
void plan_rules_step(DirectorPlan *plan, int64_t t0_ms, int64_t t1_ms);
/* Whether the source can be shown all through [t0, t1). */
bool plan_can_show(const DirectorPlan *plan, int source, int64_t t0_ms, int64_t t1_ms);

void plan_paths_init(PlanPaths *paths, void *memory, uint16_t n_nodes);
uint16_t plan_paths_add(PlanPaths *paths, const PlanNode *node);
void plan_paths_ref(PlanPaths *paths, uint16_t node);
void plan_paths_unref(PlanPaths *paths, uint16_t node);
/* The child of the root on the way to `node`; PLAN_NOBODY when it is the root itself. */
uint16_t plan_paths_first(const PlanPaths *paths, uint16_t node);
/* Makes that child the root. */
void plan_paths_settle(PlanPaths *paths, uint16_t child);

/* Next shot of the dynamic programming, without looks elsewhere. */
bool plan_next_shot(DirectorPlan *plan, DirectorDecision *decision);
bool plan_next_with_asides(DirectorPlan *plan, DirectorDecision *decision);
