/* Which pictures are possible when: lost sources, cuts by hand, the opening, slides. */
#include "plan-private.h"

void plan_rules_init(DirectorPlan *plan)
{
    plan->rules = (PlanRules){.clock_ms = plan->start_ms, .slide = DIRECTOR_NONE};
    for (int i = 0; i < plan->n_sources; i++)
        plan->rules.slide_until_ms[i] = INT64_MIN;
}

static void on_manual(DirectorPlan *plan, const DirectorEvent *event)
{
    PlanRules *rules = &plan->rules;
    if (plan->sources[event->source].role == DIRECTOR_ROLE_MIC)
        return;
    int64_t hold_ms = event->hold_ms > 0 ? event->hold_ms : plan->settings.manual_hold_ms;
    rules->manual = true;
    rules->manual_source = event->source;
    bool ends = hold_ms > 0 && hold_ms < PLAN_LONGEST_MS;
    rules->manual_until_ms = ends ? rules->clock_ms + hold_ms : INT64_MAX;
}

static void on_slide(DirectorPlan *plan, int source)
{
    PlanRules *rules = &plan->rules;
    if (plan->settings.slide_ms == 0 || plan->sources[source].role != DIRECTOR_ROLE_SCREEN)
        return;
    rules->slide = source;
    rules->slide_until_ms[source] = rules->clock_ms + plan->settings.slide_ms;
}

static void apply(DirectorPlan *plan, const DirectorEvent *event)
{
    PlanRules *rules = &plan->rules;
    if (event->type == DIRECTOR_EVENT_AUTO_RESUME)
        rules->manual = false;
    if (event->source < 0 || event->source >= plan->n_sources)
        return;
    if (event->type == DIRECTOR_EVENT_MANUAL_CUT)
        on_manual(plan, event);
    if (event->type == DIRECTOR_EVENT_SLIDE)
        on_slide(plan, event->source);
    if (event->type == DIRECTOR_EVENT_SOURCE_BACK)
        rules->lost[event->source] = false;
    if (event->type == DIRECTOR_EVENT_SOURCE_LOST)
        rules->lost[event->source] = rules->lost_here[event->source] = true;
}

/* Applies what comes before t1: a source that is lost during a step is not shown in it. */
static void read_events(DirectorPlan *plan, int64_t t1_ms)
{
    PlanRules *rules = &plan->rules;
    for (int i = 0; i < plan->n_sources; i++)
        rules->lost_here[i] = rules->lost[i];
    while (rules->next_event < plan->n_events) {
        const DirectorEvent *event = &plan->events[rules->next_event];
        int64_t at_ms = plan_event_ms(plan, event, rules->clock_ms);
        if (at_ms >= t1_ms)
            return;
        rules->clock_ms = at_ms;
        rules->next_event++;
        apply(plan, event);
    }
}

static bool showable(const DirectorPlan *plan, int source)
{
    return source >= 0 && plan->sources[source].role != DIRECTOR_ROLE_MIC &&
           !plan->rules.lost_here[source];
}

static void allow_only(DirectorPlan *plan, int screen)
{
    for (int i = 0; i < plan->n_screens; i++)
        plan->rules.allowed[i] = plan->rules.enter[i] = i == screen;
}

static bool is_screen(const DirectorPlan *plan, int source)
{
    return plan->sources[source].role == DIRECTOR_ROLE_SCREEN;
}

/* Slides only while they are new; other pictures always. Screens too when there is nothing else. */
static void allow_pictures(DirectorPlan *plan, int64_t t0_ms)
{
    PlanRules *rules = &plan->rules;
    int pictures = 0;
    for (int i = 0; i < plan->n_sources; i++) {
        bool possible = showable(plan, i);
        int64_t until_ms = rules->slide_until_ms[i];
        int64_t least_ms = plan->settings.min_shot_ms;
        rules->allowed[i] = possible && (!is_screen(plan, i) || t0_ms < until_ms);
        rules->enter[i] =
            rules->allowed[i] && (!is_screen(plan, i) || t0_ms + least_ms <= until_ms);
        pictures += possible && !is_screen(plan, i);
    }
    for (int i = 0; pictures == 0 && i < plan->n_sources; i++) {
        rules->allowed[i] = rules->enter[i] = showable(plan, i);
        pictures += rules->allowed[i];
    }
    rules->allowed[plan->n_sources] = rules->enter[plan->n_sources] = pictures == 0;
}

/* While a slide is new every other picture is dear. */
static void price_slide(DirectorPlan *plan, int64_t t0_ms, int64_t t1_ms)
{
    int slide = plan->rules.slide;
    if (slide == DIRECTOR_NONE || !plan->rules.allowed[slide] ||
        t0_ms >= plan->rules.slide_until_ms[slide])
        return;
    for (int screen = 0; screen < plan->n_screens; screen++)
        plan->cost[screen] =
            screen == slide ? 0 : plan->cost[screen] + (t1_ms - t0_ms) * PLAN_COST_NO_SLIDE;
}

void plan_rules_step(DirectorPlan *plan, int64_t t0_ms, int64_t t1_ms)
{
    PlanRules *rules = &plan->rules;
    read_events(plan, t1_ms);
    if (rules->manual && t0_ms >= rules->manual_until_ms)
        rules->manual = false;
    allow_pictures(plan, t0_ms);
    rules->by_hand = rules->manual && showable(plan, rules->manual_source);
    if (rules->by_hand)
        allow_only(plan, rules->manual_source);
    else if (t0_ms - plan->start_ms < plan->settings.opening_ms && showable(plan, plan->wide))
        allow_only(plan, plan->wide);
    else
        price_slide(plan, t0_ms, t1_ms);
}

bool plan_can_show(const DirectorPlan *plan, int source, int64_t t0_ms, int64_t t1_ms)
{
    bool lost = false;
    int64_t clock_ms = plan->start_ms;
    for (size_t i = 0; i < plan->n_events; i++) {
        const DirectorEvent *event = &plan->events[i];
        clock_ms = plan_event_ms(plan, event, clock_ms);
        if (clock_ms >= t1_ms)
            break;
        if (event->source != source)
            continue;
        if (event->type == DIRECTOR_EVENT_SOURCE_BACK)
            lost = false;
        if (event->type == DIRECTOR_EVENT_SOURCE_LOST) {
            lost = true;
            if (clock_ms >= t0_ms)
                return false;
        }
        if (lost && clock_ms >= t0_ms)
            return false;
    }
    return !lost;
}
