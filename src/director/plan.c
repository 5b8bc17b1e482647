/* The dynamic programming: forward over steps of 100 ms, exact on that grid.
 *
 * A state is the picture now, how long it has been shown, and, while that is short, the picture
 * before. Of all shot lists that lead to a state the cheapest is kept (plan-paths.c). What all kept
 * lists share is settled and given out, so memory holds only what is still open. */
#include "bytes-private.h"
#include "plan-private.h"

#define NEVER (INT64_MAX / 4)

typedef struct Leave {
    PlanState state; /* the cost with all of it, not less plan.spent */
} Leave;

static const PlanState no_state = {.cost = NEVER, .node = PLAN_NOBODY};

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static size_t align(size_t bytes)
{
    return (bytes + 15) & ~(size_t)15;
}

static size_t count_young(int n_screens)
{
    return (size_t)n_screens * (size_t)n_screens * PLAN_YOUNG;
}

static size_t count_middle(int n_screens)
{
    return (size_t)n_screens * PLAN_MIDDLE;
}

/* Every state may end in a cut of its own; behind them lists share their past, but for the cuts of
 * the last moments. When these are more, the cheapest list wins (make_room()). */
static uint16_t count_nodes(int n_screens)
{
    return (uint16_t)(count_young(n_screens) + count_middle(n_screens) + 8192);
}

size_t director_plan_size(int n_sources)
{
    int n_screens = n_sources + 1;
    return align(sizeof(DirectorPlan)) + align(count_young(n_screens) * sizeof(PlanState)) +
           align(count_middle(n_screens) * sizeof(PlanState)) +
           align(count_nodes(n_screens) * sizeof(PlanNode));
}

static PlanState *young_at(DirectorPlan *plan, int before, int now)
{
    return &plan->young[((size_t)before * (size_t)plan->n_screens + (size_t)now) * PLAN_YOUNG];
}

static PlanState *middle_of(DirectorPlan *plan, int now)
{
    return &plan->middle[(size_t)now * PLAN_MIDDLE];
}

static void drop(DirectorPlan *plan, PlanState *state)
{
    if (state->node != PLAN_NOBODY)
        plan_paths_unref(&plan->paths, state->node);
    *state = no_state;
}

/* Moves a state where another may be: the cheaper stays. On a tie the younger one, so that of equal
 * moments to cut the last is taken: when the next person begins, not when nobody speaks. */
static void move_state(DirectorPlan *plan, PlanState *from, PlanState *to)
{
    if (from->node == PLAN_NOBODY)
        return;
    if (to->node != PLAN_NOBODY && to->cost < from->cost) {
        drop(plan, from);
        return;
    }
    drop(plan, to);
    *to = *from;
    *from = no_state;
}

typedef void (*StateFunction)(DirectorPlan *plan, PlanState *state, int now, void *data);

static void for_each_state(DirectorPlan *plan, StateFunction function, void *data)
{
    for (int now = 0; now < plan->n_screens; now++) {
        for (int before = 0; before < plan->n_screens; before++)
            for (int i = 0; i < PLAN_YOUNG; i++)
                function(plan, &young_at(plan, before, now)[i], now, data);
        for (int i = 0; plan->min_steps > PLAN_YOUNG && i < PLAN_MIDDLE; i++)
            function(plan, &middle_of(plan, now)[i], now, data);
        function(plan, &plan->old[now], now, data);
    }
}

/* ---- settling ---- */

typedef struct Best {
    PlanState *state;
    int64_t cost;
} Best;

static void keep_best(DirectorPlan *plan, PlanState *state, int now, void *data)
{
    Best *best = data;
    int64_t cost = state->cost + plan->spent[now];
    if (state->node == PLAN_NOBODY || (best->state != NULL && best->cost <= cost))
        return;
    *best = (Best){state, cost};
}

static void drop_unless_under(DirectorPlan *plan, PlanState *state, int now, void *data)
{
    (void)now;
    uint16_t child = *(const uint16_t *)data;
    if (state->node != PLAN_NOBODY && plan_paths_first(&plan->paths, state->node) != child)
        drop(plan, state);
}

static void drop_but(DirectorPlan *plan, PlanState *state, int now, void *data)
{
    (void)now;
    if (state != data)
        drop(plan, state);
}

static void node_to_decision(const DirectorPlan *plan, const PlanNode *node,
                             DirectorDecision *decision)
{
    int lost = DIRECTOR_NONE;
    for (int i = plan->n_sources - 1; i >= 0; i--)
        if (i != node->source && plan->sources[i].role == DIRECTOR_ROLE_PERSON &&
            (node->speaking & (1U << i)))
            lost = i;
    int64_t t_ms = plan->start_ms + node->step * PLAN_STEP_MS;
    *decision = (DirectorDecision){
        .t_ms = t_ms,
        .decided_ms = t_ms,
        .source = node->source == plan->n_sources ? DIRECTOR_NONE : node->source,
        .reason = (DirectorReason)node->reason,
        .lost = lost,
        .hold_ms = plan->settings.min_shot_ms,
    };
}

/* Gives out the next cut when all lists in the running share it. */
static bool settle(DirectorPlan *plan, DirectorDecision *decision)
{
    PlanPaths *paths = &plan->paths;
    if (paths->nodes[paths->root].refs != 2) /* its own and one cut's */
        return false;
    Best best = {NULL, 0};
    for_each_state(plan, keep_best, &best);
    if (best.state == NULL)
        return false;
    uint16_t child = plan_paths_first(paths, best.state->node);
    if (child == PLAN_NOBODY)
        return false;
    plan_paths_settle(paths, child);
    node_to_decision(plan, &paths->nodes[child], decision);
    return true;
}

/* The tree is full: goes on with the lists that share the next cut of the cheapest. */
static bool make_room(DirectorPlan *plan)
{
    int most = plan->n_screens * plan->n_screens;
    if (plan->paths.n_free >= most)
        return false;
    Best best = {NULL, 0};
    for_each_state(plan, keep_best, &best);
    uint16_t child = plan_paths_first(&plan->paths, best.state->node);
    for_each_state(plan, drop_unless_under, &child);
    return true;
}

/* ---- a step ---- */

/* What has been shown long enough needs no memory of what was before. */
static void grow_older(DirectorPlan *plan)
{
    int64_t t = plan->step;
    bool middle = plan->min_steps > PLAN_YOUNG;
    for (int now = 0; now < plan->n_screens; now++) {
        if (middle)
            move_state(plan, &middle_of(plan, now)[t % plan->min_steps], &plan->old[now]);
        if (t < PLAN_YOUNG)
            continue;
        PlanState *to =
            middle ? &middle_of(plan, now)[(t - PLAN_YOUNG) % plan->min_steps] : &plan->old[now];
        for (int before = 0; before < plan->n_screens; before++)
            move_state(plan, &young_at(plan, before, now)[t % PLAN_YOUNG], to);
    }
}

static void keep_cheaper(Leave *leave, const PlanState *state, int64_t more)
{
    if (state->node != PLAN_NOBODY && state->cost + more < leave->state.cost)
        leave->state = (PlanState){state->cost + more, state->node};
}

/* The cheapest way to leave `now`, shown since less than PLAN_YOUNG steps after `before`. */
static Leave leave_young(DirectorPlan *plan, int before, int now, bool forced)
{
    Leave leave = {no_state};
    const PlanState *states = young_at(plan, before, now);
    for (int age = 1; age < PLAN_YOUNG && age <= plan->step; age++) {
        if (age < plan->min_steps && !forced)
            continue;
        int64_t more = plan->spent[now] + (age < PLAN_SHORT ? PLAN_COST_SHORT : 0);
        keep_cheaper(&leave, &states[(plan->step - age) % PLAN_YOUNG], more);
    }
    return leave;
}

static Leave leave_old(DirectorPlan *plan, int now, bool forced)
{
    Leave leave = {no_state};
    keep_cheaper(&leave, &plan->old[now], plan->spent[now]);
    for (int i = 0; forced && plan->min_steps > PLAN_YOUNG && i < plan->min_steps; i++)
        keep_cheaper(&leave, &middle_of(plan, now)[i], plan->spent[now]);
    return leave;
}

static DirectorReason reason_for(const DirectorPlan *plan, int screen, int from)
{
    int count = 0;
    for (int i = 0; i < plan->n_sources; i++)
        count += (plan->speaking >> i) & 1;
    if (plan->step == 0)
        return DIRECTOR_REASON_OPENING;
    if (plan->rules.by_hand)
        return DIRECTOR_REASON_MANUAL;
    if (from >= 0 && from < plan->n_sources && plan->rules.lost_here[from])
        return DIRECTOR_REASON_LOST;
    if (screen == plan->n_sources)
        return DIRECTOR_REASON_LOST;
    if (from == plan->n_sources)
        return DIRECTOR_REASON_BACK;
    if (plan->sources[screen].role == DIRECTOR_ROLE_SCREEN)
        return DIRECTOR_REASON_SLIDE;
    if (plan->sources[screen].role == DIRECTOR_ROLE_WIDE)
        return count >= 2   ? DIRECTOR_REASON_CROSS_TALK
               : count == 0 ? DIRECTOR_REASON_SILENCE
                            : DIRECTOR_REASON_PLANNED;
    return count == 1 && (plan->speaking >> screen) & 1 ? DIRECTOR_REASON_SPEAKS
                                                        : DIRECTOR_REASON_PLANNED;
}

static void cut_to(DirectorPlan *plan, int from, int to, const PlanState *origin)
{
    int64_t cost = origin->cost - plan->spent[to];
    const PlanState *old = &plan->old[to];
    /* A list that shows it already and is cheaper has all choices open: it can only do better. */
    if (old->node != PLAN_NOBODY && old->cost < cost)
        return;
    PlanNode node = {
        .step = plan->step,
        .parent = origin->node,
        .speaking = plan->speaking,
        .source = (int8_t)to,
        .reason = (uint8_t)reason_for(plan, to, from),
    };
    young_at(plan, from, to)[plan->step % PLAN_YOUNG] =
        (PlanState){cost, plan_paths_add(&plan->paths, &node)};
}

/* All cuts away from `now` that end in this step. */
static void cut_from(DirectorPlan *plan, int now)
{
    bool forced = !plan->rules.allowed[now];
    Leave old = leave_old(plan, now, forced);
    Leave young[PLAN_SCREENS_MAX];
    for (int before = 0; before < plan->n_screens; before++)
        young[before] = leave_young(plan, before, now, forced);
    for (int to = 0; to < plan->n_screens; to++) {
        if (to == now || !plan->rules.enter[to])
            continue;
        Leave best = old;
        for (int before = 0; before < plan->n_screens; before++)
            keep_cheaper(&best, &young[before].state, before == to ? PLAN_COST_PING_PONG : 0);
        best.state.cost += PLAN_COST_CUT;
        if (best.state.node != PLAN_NOBODY)
            cut_to(plan, now, to, &best.state);
    }
}

static void drop_forbidden(DirectorPlan *plan, PlanState *state, int now, void *data)
{
    (void)data;
    if (!plan->rules.allowed[now])
        drop(plan, state);
}

static void begin(DirectorPlan *plan)
{
    for (int screen = 0; screen < plan->n_screens; screen++) {
        if (!plan->rules.enter[screen])
            continue;
        PlanState none = {.cost = 0, .node = plan->paths.root};
        cut_to(plan, screen, screen, &none);
    }
}

static bool any_forbidden(const DirectorPlan *plan)
{
    for (int screen = 0; screen < plan->n_screens; screen++)
        if (!plan->rules.allowed[screen])
            return true;
    return false;
}

static void play_step(DirectorPlan *plan)
{
    int64_t t0_ms = plan->start_ms + plan->step * PLAN_STEP_MS;
    int64_t t1_ms = t0_ms + PLAN_STEP_MS < plan->end_ms ? t0_ms + PLAN_STEP_MS : plan->end_ms;
    plan_price(plan, t0_ms, t1_ms);
    plan_rules_step(plan, t0_ms, t1_ms);
    if (plan->step == 0) {
        begin(plan);
    } else {
        grow_older(plan);
        for (int now = 0; now < plan->n_screens; now++)
            cut_from(plan, now);
        if (any_forbidden(plan))
            for_each_state(plan, drop_forbidden, NULL);
    }
    for (int screen = 0; screen < plan->n_screens; screen++)
        plan->spent[screen] += plan->cost[screen];
    plan->step++;
}

static void finish(DirectorPlan *plan)
{
    Best best = {NULL, 0};
    for_each_state(plan, keep_best, &best);
    for_each_state(plan, drop_but, best.state);
    plan->finished = true;
}

bool plan_next_shot(DirectorPlan *plan, DirectorDecision *decision)
{
    enum { SETTLE_EVERY = 8 };
    for (;;) {
        bool look = plan->finished || plan->step % SETTLE_EVERY == 0 || make_room(plan);
        if (look && settle(plan, decision))
            return true;
        if (plan->finished)
            return false;
        if (plan->step < plan->n_steps)
            play_step(plan);
        else
            finish(plan);
    }
}

bool director_plan_next(DirectorPlan *plan, DirectorDecision *decision)
{
    return plan_next_with_asides(plan, decision);
}

/* ---- beginning ---- */

static bool valid(const DirectorSource *sources, int n_sources, const DirectorSettings *settings)
{
    if (n_sources < 1 || n_sources > DIRECTOR_SOURCES_MAX ||
        director_settings_check(settings) != NULL)
        return false;
    for (int i = 0; i < n_sources; i++)
        if (sources[i].role < DIRECTOR_ROLE_UNSET || sources[i].role > DIRECTOR_ROLE_MIC)
            return false;
    return true;
}

static void take_sources(DirectorPlan *plan, const DirectorSource *sources, int n_sources)
{
    plan->n_sources = n_sources;
    plan->n_screens = n_sources + 1;
    plan->wide = DIRECTOR_NONE;
    for (int i = 0; i < n_sources; i++) {
        plan->sources[i] = sources[i];
        if (sources[i].role == DIRECTOR_ROLE_UNSET)
            plan->sources[i].role = DIRECTOR_ROLE_PERSON;
        if (sources[i].role == DIRECTOR_ROLE_WIDE && plan->wide == DIRECTOR_NONE)
            plan->wide = i;
    }
}

static void lay_out(DirectorPlan *plan)
{
    char *at = (char *)plan + align(sizeof *plan);
    plan->young = (PlanState *)(void *)at;
    at += align(count_young(plan->n_screens) * sizeof(PlanState));
    plan->middle = (PlanState *)(void *)at;
    at += align(count_middle(plan->n_screens) * sizeof(PlanState));
    plan_paths_init(&plan->paths, at, count_nodes(plan->n_screens));
    for (size_t i = 0; i < count_young(plan->n_screens); i++)
        plan->young[i] = no_state;
    for (size_t i = 0; i < count_middle(plan->n_screens); i++)
        plan->middle[i] = no_state;
    for (int i = 0; i < PLAN_SCREENS_MAX; i++)
        plan->old[i] = no_state;
}

DirectorPlan *director_plan_init(void *memory, const DirectorSource *sources, int n_sources,
                                 const DirectorSettings *settings, const DirectorEvent *events,
                                 size_t n_events, int64_t start_ms, int64_t end_ms)
{
    DirectorSettings defaults;
    director_settings_defaults(&defaults);
    if (settings == NULL)
        settings = &defaults;
    if (memory == NULL || !valid(sources, n_sources, settings))
        return NULL;
    DirectorPlan *plan = memory;
    bytes_clear(plan, sizeof *plan);
    plan->settings = *settings;
    plan->events = events;
    plan->n_events = n_events;
    take_sources(plan, sources, n_sources);
    plan->start_ms = clamp(start_ms, -PLAN_LONGEST_MS, PLAN_LONGEST_MS);
    plan->end_ms = clamp(end_ms, plan->start_ms, plan->start_ms + PLAN_LONGEST_MS);
    plan->n_steps = (plan->end_ms - plan->start_ms + PLAN_STEP_MS - 1) / PLAN_STEP_MS;
    plan->min_steps = (settings->min_shot_ms + PLAN_STEP_MS - 1) / PLAN_STEP_MS;
    lay_out(plan);
    plan_voices_init(plan);
    plan_rules_init(plan);
    return plan;
}
