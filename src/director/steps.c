/* The steps of the state machine: a function for each kind of shot says what should be on screen.
 * They look at who is heard and at the shot, and change nothing.
 *
 * Before them, for all of them: a lost picture is left at once, then a cut by hand holds, then a
 * changed slide. */
#include "director-private.h"

static Wish stay(const Director *director)
{
    return (Wish){director->step, director->shot.source, director->shot.reason, 0};
}

static Wish go(const Director *director, int source, DirectorReason reason)
{
    Step step = source == DIRECTOR_NONE ? STEP_NOTHING : STEP_PERSON;
    if (source >= 0 && director->sources[source].role == DIRECTOR_ROLE_WIDE)
        step = STEP_WIDE;
    return (Wish){step, source, reason, 0};
}

static bool is_person(const Director *director, int source)
{
    return director_can_show(director, source) &&
           director->sources[source].role == DIRECTOR_ROLE_PERSON;
}

static bool has_wide(const Director *director)
{
    return director_can_show(director, director->wide);
}

/* ---- who is heard ---- */

/* Speaks, and not just an interjection: for `confirm` so far, or for `ignore` when it is over. */
static bool contributes(const Director *director, int source, int32_t confirm_ms)
{
    const VoiceHeard *heard = &director->heard[source];
    int32_t least_ms = confirm_ms;
    if (!heard->open && least_ms < director->settings.ignore_ms)
        least_ms = director->settings.ignore_ms;
    return heard->speaking && heard->known_ms >= least_ms;
}

/* Both are right: who is preferred, then who speaks longer, then the first. */
static bool beats(const Director *director, int a, int b)
{
    if (b == DIRECTOR_NONE)
        return true;
    if (director->sources[a].priority != director->sources[b].priority)
        return director->sources[a].priority > director->sources[b].priority;
    return director->heard[a].known_ms > director->heard[b].known_ms;
}

/* Who should get the screen, but for `but`; also somebody without a picture. */
static int best_voice(const Director *director, int but, int32_t confirm_ms)
{
    int best = DIRECTOR_NONE;
    for (int i = 0; i < director->n_sources; i++)
        if (i != but && contributes(director, i, confirm_ms) && beats(director, i, best))
            best = i;
    return best;
}

/* The same among those who can be shown. */
static int best_person(const Director *director, int but, int32_t confirm_ms)
{
    int best = DIRECTOR_NONE;
    for (int i = 0; i < director->n_sources; i++)
        if (i != but && is_person(director, i) && contributes(director, i, confirm_ms) &&
            beats(director, i, best))
            best = i;
    return best;
}

static int count_voices(const Director *director, int32_t confirm_ms)
{
    int count = 0;
    for (int i = 0; i < director->n_sources; i++)
        count += contributes(director, i, confirm_ms);
    return count;
}

int director_who_lost(const Director *director, int source)
{
    int lost = DIRECTOR_NONE;
    for (int i = 0; i < director->n_sources; i++)
        if (i != source && is_person(director, i) && director->heard[i].speaking &&
            (lost == DIRECTOR_NONE || director->heard[i].known_ms > director->heard[lost].known_ms))
            lost = i;
    return lost;
}

static int64_t overlap_ms(const VoiceHeard *a, const VoiceHeard *b)
{
    int64_t start_ms = a->turn_ms > b->turn_ms ? a->turn_ms : b->turn_ms;
    int64_t end_a_ms = a->turn_ms + a->known_ms;
    int64_t end_b_ms = b->turn_ms + b->known_ms;
    return (end_a_ms < end_b_ms ? end_a_ms : end_b_ms) - start_ms;
}

/* Two speak at once, and are known to for as long as the wide shot asks for. */
static bool is_cross_talk(const Director *director)
{
    int32_t least_ms = director->settings.cross_talk_ms;
    if (least_ms == 0 || !has_wide(director))
        return false;
    for (int i = 0; i < director->n_sources; i++)
        for (int j = 0; j < i && director->heard[i].speaking; j++)
            if (director->heard[j].speaking &&
                overlap_ms(&director->heard[i], &director->heard[j]) >= least_ms)
                return true;
    return false;
}

/* Nobody has spoken for long, nor is known to before a wide shot would be worth it. */
static bool is_silence(const Director *director, int64_t c_ms)
{
    if (director->settings.silence_ms == 0 || !has_wide(director))
        return false;
    for (int i = 0; i < director->n_sources; i++) {
        const VoiceHeard *heard = &director->heard[i];
        if (heard->speaking || heard->quiet_ms < director->settings.silence_ms)
            return false;
        if (heard->next_ms != VOICE_OPEN)
            return false;
    }
    return c_ms - director->start_ms >= director->settings.silence_ms;
}

/* ---- what to show ---- */

/* The picture for somebody who took the floor. Without one: the wide shot, or what there is. */
static Wish show_voice(const Director *director, int voice, DirectorReason reason)
{
    if (is_person(director, voice))
        return go(director, voice, reason);
    if (has_wide(director))
        return go(director, director->wide, reason);
    return stay(director);
}

/* Any picture, when nothing is said: wide, who was on screen last, by priority, a screen. */
static int any_picture(const Director *director)
{
    if (has_wide(director))
        return director->wide;
    if (is_person(director, director->home))
        return director->home;
    int best = DIRECTOR_NONE;
    for (int i = 0; i < director->n_sources; i++)
        if (is_person(director, i) &&
            (best == DIRECTOR_NONE ||
             director->sources[i].priority > director->sources[best].priority))
            best = i;
    for (int i = 0; best == DIRECTOR_NONE && i < director->n_sources; i++)
        if (director_can_show(director, i))
            best = i;
    return best;
}

/* Decides anew, whatever was on screen: after cuts by hand, slides, asides and losses. */
static Wish start_over(const Director *director, DirectorReason reason)
{
    int home = director->home;
    if (is_person(director, home) && director->heard[home].speaking)
        return go(director, home, reason);
    int voice = best_voice(director, DIRECTOR_NONE, director->rules.confirm_ms);
    if (voice != DIRECTOR_NONE && is_person(director, voice))
        return go(director, voice, reason);
    if (voice == DIRECTOR_NONE && director_can_show(director, home) &&
        director->sources[home].role != DIRECTOR_ROLE_SCREEN)
        return go(director, home, reason);
    return go(director, any_picture(director), reason);
}

/* A listener: who spoke last, among those who are preferred most. */
static int find_listener(const Director *director, int but)
{
    int best = DIRECTOR_NONE;
    for (int i = 0; i < director->n_sources; i++) {
        if (i == but || !is_person(director, i) || director->heard[i].speaking)
            continue;
        if (best == DIRECTOR_NONE ||
            director->sources[i].priority > director->sources[best].priority ||
            (director->sources[i].priority == director->sources[best].priority &&
             director->heard[i].quiet_ms < director->heard[best].quiet_ms))
            best = i;
    }
    return best;
}

static Wish aside(const Director *director, int source, DirectorReason reason)
{
    if (source == DIRECTOR_NONE)
        return stay(director);
    return (Wish){STEP_ASIDE, source, reason, director->settings.reaction_ms};
}

/* ---- the steps ---- */

static Wish in_nothing(const Director *director, int64_t c_ms)
{
    (void)c_ms;
    return start_over(director, DIRECTOR_REASON_BACK);
}

/* Something else for variety, when the shot was long enough. */
static Wish variety(const Director *director, int64_t c_ms)
{
    int32_t limit_ms = director->settings.max_shot_ms;
    if (limit_ms == 0 || c_ms - director->shot.t_ms < limit_ms)
        return stay(director);
    int shown = director->shot.source;
    if (shown != director->wide && has_wide(director))
        return aside(director, director->wide, DIRECTOR_REASON_MAXIMUM);
    int person = best_person(director, shown, director->rules.confirm_ms);
    if (person == DIRECTOR_NONE)
        person = find_listener(director, shown);
    return aside(director, person, DIRECTOR_REASON_MAXIMUM);
}

/* The person on screen speaks on. */
static Wish person_speaks(const Director *director, int64_t c_ms)
{
    int shown = director->shot.source;
    const VoiceHeard *own = &director->heard[shown];
    int other = best_voice(director, shown, director->settings.interrupt_ms);
    if (other != DIRECTOR_NONE && director->heard[other].turn_ms > own->turn_ms)
        return show_voice(director, other, DIRECTOR_REASON_INTERRUPTS);
    int64_t since_ms = own->turn_ms > director->home_ms ? own->turn_ms : director->home_ms;
    int32_t after_ms = director->settings.reaction_after_ms;
    if (after_ms > 0 && c_ms - since_ms >= after_ms &&
        count_voices(director, director->rules.confirm_ms) <= 1) {
        Wish wish = aside(director, find_listener(director, shown), DIRECTOR_REASON_REACTION);
        if (wish.source != shown)
            return wish;
    }
    return variety(director, c_ms);
}

/* A pause in a long turn is more often a breath than the end of it: an "mhm" in it does not take
 * the floor. Chosen on the bench's meetings: 0.1 of the viewer's cost per minute, live. */
static bool may_be_breath(const VoiceHeard *own, const VoiceHeard *next)
{
    enum { LONG_TURN_MS = 10000, PAUSE_MS = 1200, ANSWER_MS = 600 };
    return own->known_ms >= LONG_TURN_MS && own->quiet_ms < PAUSE_MS && next->known_ms < ANSWER_MS;
}

/* The person on screen is silent. */
static Wish person_is_silent(const Director *director, int64_t c_ms)
{
    int shown = director->shot.source;
    int next = best_voice(director, shown, director->rules.confirm_ms);
    if (next != DIRECTOR_NONE && !may_be_breath(&director->heard[shown], &director->heard[next])) {
        bool crowd = count_voices(director, director->rules.crowd_ms) >= 2;
        if (crowd && director->settings.cross_talk_ms > 0 && has_wide(director))
            return go(director, director->wide, DIRECTOR_REASON_CROSS_TALK);
        return show_voice(director, next, DIRECTOR_REASON_SPEAKS);
    }
    if (is_silence(director, c_ms))
        return go(director, director->wide, DIRECTOR_REASON_SILENCE);
    return variety(director, c_ms);
}

static Wish in_person(const Director *director, int64_t c_ms)
{
    if (is_cross_talk(director))
        return go(director, director->wide, DIRECTOR_REASON_CROSS_TALK);
    if (director->heard[director->shot.source].speaking)
        return person_speaks(director, c_ms);
    return person_is_silent(director, c_ms);
}

static Wish in_wide(const Director *director, int64_t c_ms)
{
    int32_t least_ms = director->settings.wide_out_ms;
    int person = best_person(director, DIRECTOR_NONE, least_ms);
    bool crossed = director->shot.reason == DIRECTOR_REASON_CROSS_TALK || is_cross_talk(director);
    if (person != DIRECTOR_NONE && (!crossed || count_voices(director, least_ms) == 1))
        return go(director, person, DIRECTOR_REASON_SPEAKS);
    return variety(director, c_ms);
}

static Wish in_opening(const Director *director, int64_t c_ms)
{
    if (c_ms - director->shot.t_ms < director->settings.opening_ms)
        return stay(director);
    return in_wide(director, c_ms);
}

/* Elsewhere for a moment: somebody else takes the floor, or the moment is over. */
static Wish in_aside(const Director *director, int64_t c_ms)
{
    bool over = c_ms - director->shot.t_ms >= director->shot.hold_ms;
    if (!over)
        return stay(director);
    return start_over(director, DIRECTOR_REASON_RETURN);
}

static Wish in_manual(const Director *director, int64_t c_ms)
{
    (void)c_ms;
    return start_over(director, DIRECTOR_REASON_AUTO);
}

typedef Wish (*StepFunction)(const Director *director, int64_t c_ms);

static const StepFunction steps[STEPS] = {
    [STEP_NOTHING] = in_nothing, [STEP_OPENING] = in_opening, [STEP_PERSON] = in_person,
    [STEP_WIDE] = in_wide,       [STEP_ASIDE] = in_aside,     [STEP_SLIDE] = in_aside,
    [STEP_MANUAL] = in_manual,
};

/* Where the hand wants to be, if that is possible. */
static bool wish_manual(const Director *director, Wish *wish)
{
    if (!director->manual || !director_can_show(director, director->manual_source))
        return false;
    *wish = (Wish){STEP_MANUAL, director->manual_source, DIRECTOR_REASON_MANUAL, 0};
    return true;
}

static bool wish_slide(const Director *director, Wish *wish)
{
    if (!director_can_show(director, director->slide))
        return false;
    *wish = (Wish){STEP_SLIDE, director->slide, DIRECTOR_REASON_SLIDE, director->settings.slide_ms};
    return true;
}

Wish director_wish(const Director *director, int64_t c_ms)
{
    Wish wish;
    bool shown = director_can_show(director, director->shot.source);
    if (wish_manual(director, &wish))
        return wish;
    if (!shown && director->shot.source != DIRECTOR_NONE)
        return start_over(director, DIRECTOR_REASON_LOST);
    if (wish_slide(director, &wish))
        return wish;
    return steps[director->step](director, c_ms);
}
