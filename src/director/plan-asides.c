/* Looks elsewhere in long planned shots: a listener in a monologue, something else for variety.
 * They are put into the planned shots afterwards, so that the plan itself stays exact. */
#include "plan-private.h"

/* What the asides of the rest of a shot are made of. */
typedef struct Gap {
    int64_t at_ms;
    int64_t back_ms;
    int source;
    DirectorReason reason;
} Gap;

static int64_t end_of_shot(const DirectorPlan *plan)
{
    return plan->asides.has_next ? plan->asides.next.t_ms : plan->end_ms;
}

static bool is_free(const DirectorPlan *plan, int source, int64_t t0_ms, int64_t t1_ms)
{
    return source != plan->asides.shot.source && plan_can_show(plan, source, t0_ms, t1_ms);
}

/* A listener: silent meanwhile, among those preferred most the first. */
static int find_listener(const DirectorPlan *plan, int64_t t0_ms, int64_t t1_ms)
{
    int best = DIRECTOR_NONE;
    for (int i = 0; i < plan->n_sources; i++) {
        if (plan->sources[i].role != DIRECTOR_ROLE_PERSON || !is_free(plan, i, t0_ms, t1_ms))
            continue;
        if (best == DIRECTOR_NONE || plan->sources[i].priority > plan->sources[best].priority)
            best = i;
    }
    return best;
}

static bool others_speak(const DirectorPlan *plan, int64_t t0_ms, int64_t t1_ms)
{
    for (int i = 0; i < plan->n_sources; i++)
        if (i != plan->asides.shot.source && plan_speech_ms(plan, i, t0_ms, t1_ms) > 0)
            return true;
    return false;
}

/* When an aside can begin so that nothing gets shorter than the minimum shot; −1: never. */
static bool place(const DirectorPlan *plan, int64_t after_ms, Gap *gap)
{
    int64_t least_ms = plan->settings.min_shot_ms;
    int64_t length_ms = plan->settings.reaction_ms;
    if (length_ms < least_ms)
        length_ms = least_ms;
    gap->at_ms = plan->asides.at_ms + (after_ms < least_ms ? least_ms : after_ms);
    gap->back_ms = gap->at_ms + length_ms;
    return gap->back_ms + least_ms <= end_of_shot(plan);
}

static bool find_reaction(const DirectorPlan *plan, Gap *gap)
{
    const PlanAsides *asides = &plan->asides;
    int64_t after_ms = plan->settings.reaction_after_ms;
    if (after_ms == 0 || plan->sources[asides->shot.source].role != DIRECTOR_ROLE_PERSON ||
        !place(plan, after_ms, gap))
        return false;
    int64_t spoken_ms = plan_speech_ms(plan, asides->shot.source, asides->at_ms, gap->at_ms);
    if (2 * spoken_ms < gap->at_ms - asides->at_ms || others_speak(plan, gap->at_ms, gap->back_ms))
        return false;
    gap->source = find_listener(plan, gap->at_ms, gap->back_ms);
    gap->reason = DIRECTOR_REASON_REACTION;
    return gap->source != DIRECTOR_NONE;
}

static bool find_variety(const DirectorPlan *plan, Gap *gap)
{
    int64_t after_ms = plan->settings.max_shot_ms;
    if (after_ms == 0 || !place(plan, after_ms, gap))
        return false;
    gap->source = plan->wide;
    if (gap->source == DIRECTOR_NONE || !is_free(plan, gap->source, gap->at_ms, gap->back_ms))
        gap->source = find_listener(plan, gap->at_ms, gap->back_ms);
    gap->reason = DIRECTOR_REASON_MAXIMUM;
    return gap->source != DIRECTOR_NONE;
}

static bool find_gap(const DirectorPlan *plan, Gap *gap)
{
    const DirectorDecision *shot = &plan->asides.shot;
    if (shot->source == DIRECTOR_NONE || shot->reason == DIRECTOR_REASON_MANUAL ||
        shot->reason == DIRECTOR_REASON_SLIDE)
        return false;
    Gap variety;
    bool reacts = find_reaction(plan, gap);
    bool varies = find_variety(plan, &variety);
    if (varies && (!reacts || variety.at_ms < gap->at_ms))
        *gap = variety;
    return reacts || varies;
}

/* Takes up the next planned shot; its end must be known before it can be filled. */
static bool next_shot(DirectorPlan *plan, DirectorDecision *decision)
{
    PlanAsides *asides = &plan->asides;
    if (!asides->has_shot && !asides->has_next)
        asides->has_next = plan_next_shot(plan, &asides->next);
    if (!asides->has_next)
        return false;
    *decision = asides->shot = asides->next;
    asides->has_shot = true;
    asides->has_next = plan_next_shot(plan, &asides->next);
    asides->at_ms = asides->shot.t_ms;
    return true;
}

static DirectorDecision decide_at(const DirectorPlan *plan, int64_t t_ms, int source,
                                  DirectorReason reason)
{
    return (DirectorDecision){
        .t_ms = t_ms,
        .decided_ms = t_ms,
        .source = source,
        .reason = reason,
        .lost = DIRECTOR_NONE,
        .hold_ms = plan->settings.min_shot_ms,
    };
}

bool plan_next_with_asides(DirectorPlan *plan, DirectorDecision *decision)
{
    PlanAsides *asides = &plan->asides;
    Gap gap;
    if (asides->away) {
        asides->away = false;
        *decision = decide_at(plan, asides->at_ms, asides->shot.source, DIRECTOR_REASON_RETURN);
        return true;
    }
    if (asides->has_shot && find_gap(plan, &gap)) {
        asides->away = true;
        asides->at_ms = gap.back_ms;
        *decision = decide_at(plan, gap.at_ms, gap.source, gap.reason);
        return true;
    }
    return next_shot(plan, decision);
}
