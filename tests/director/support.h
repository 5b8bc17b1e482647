/* Scenes for the director's tests: sources, events, and what was decided about them. */
#pragma once
#include <director/director.h>
#include <director/plan.h>
#include <glib.h>

enum { START_DELAY = 93, STOP_DELAY = 395 };

typedef struct Scene {
    DirectorSource sources[DIRECTOR_SOURCES_MAX];
    int n_sources;
    DirectorSettings settings;
    GArray *events;    /* DirectorEvent */
    GArray *decisions; /* DirectorDecision, of the last run */
} Scene;

/* One letter a source: p person, w wide, s screen, m microphone. Defaults. */
static inline Scene scene_new(const char *roles)
{
    static const DirectorRole role_of[128] = {['p'] = DIRECTOR_ROLE_PERSON,
                                              ['w'] = DIRECTOR_ROLE_WIDE,
                                              ['s'] = DIRECTOR_ROLE_SCREEN,
                                              ['m'] = DIRECTOR_ROLE_MIC};
    Scene scene = {.events = g_array_new(FALSE, TRUE, sizeof(DirectorEvent)),
                   .decisions = g_array_new(FALSE, TRUE, sizeof(DirectorDecision))};
    for (; roles[scene.n_sources] != '\0'; scene.n_sources++)
        scene.sources[scene.n_sources].role = role_of[(unsigned char)roles[scene.n_sources] & 127];
    director_settings_defaults(&scene.settings);
    return scene;
}

static inline void scene_clear(Scene *scene)
{
    g_array_unref(scene->events);
    g_array_unref(scene->decisions);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

static inline void scene_event(Scene *scene, DirectorEventType type, int source, gint64 at_ms)
{
    DirectorEvent event = {
        .type = type, .source = source, .at_ms = at_ms, .edge_ms = DIRECTOR_MS_NONE};
    g_array_append_val(scene->events, event);
}

static inline void scene_manual(Scene *scene, int source, gint64 at_ms, gint64 hold_ms)
{
    scene_event(scene, DIRECTOR_EVENT_MANUAL_CUT, source, at_ms);
    g_array_index(scene->events, DirectorEvent, scene->events->len - 1).hold_ms = hold_ms;
}

/* Somebody speaks from … to, and a detector says so when it usually would. */
static inline void scene_speak(Scene *scene, int source, gint64 from_ms, gint64 to_ms)
{
    DirectorEvent start = {DIRECTOR_EVENT_SPEAKING_START, source, from_ms + START_DELAY, from_ms,
                           0};
    DirectorEvent stop = {DIRECTOR_EVENT_SPEAKING_STOP, source, to_ms + STOP_DELAY, to_ms, 0};
    g_array_append_val(scene->events, start);
    g_array_append_val(scene->events, stop);
}

static inline int scene_compare(gconstpointer a, gconstpointer b)
{
    gint64 at_a = ((const DirectorEvent *)a)->at_ms;
    gint64 at_b = ((const DirectorEvent *)b)->at_ms;
    return at_a < at_b ? -1 : at_a > at_b;
}

/* Stable: what was added first and comes at the same time stays first. */
static inline void scene_sort(Scene *scene)
{
    for (guint i = 1; i < scene->events->len; i++) {
        DirectorEvent event = g_array_index(scene->events, DirectorEvent, i);
        guint j = i;
        for (; j > 0; j--) {
            DirectorEvent before = g_array_index(scene->events, DirectorEvent, j - 1);
            if (scene_compare(&before, &event) <= 0)
                break;
            g_array_index(scene->events, DirectorEvent, j) = before;
        }
        g_array_index(scene->events, DirectorEvent, j) = event;
    }
}

static inline void scene_take(Scene *scene, Director *director)
{
    DirectorDecision decision;
    while (director_take(director, &decision))
        g_array_append_val(scene->decisions, decision);
}

/* Runs events with at ≤ end + look-ahead. slice 0: advance at each event only; else every `slice`
 * ms, or at random moments when negative. */
static inline void scene_run(Scene *scene, gint64 end_ms, gint64 slice_ms)
{
    g_autofree void *memory = g_malloc(director_size());
    Director *director =
        director_init(memory, scene->sources, scene->n_sources, &scene->settings, 0);
    g_assert_nonnull(director);
    g_array_set_size(scene->decisions, 0);
    gint64 now_ms = 0;
    gint64 last_ms = end_ms + scene->settings.look_ahead_ms;
    GRand *rand = g_rand_new_with_seed((guint32)-slice_ms);
    for (guint i = 0; i <= scene->events->len; i++) {
        const DirectorEvent *event =
            i < scene->events->len ? &g_array_index(scene->events, DirectorEvent, i) : NULL;
        gint64 until_ms = event != NULL && event->at_ms <= last_ms ? event->at_ms : last_ms;
        while (slice_ms != 0 && now_ms < until_ms - 1) {
            gint64 by_ms = slice_ms > 0 ? slice_ms : g_rand_int_range(rand, 1, 3000);
            now_ms = MIN(now_ms + by_ms, until_ms - 1);
            director_advance(director, now_ms);
            scene_take(scene, director);
        }
        if (event == NULL || event->at_ms > last_ms)
            break;
        director_feed(director, event);
        scene_take(scene, director);
    }
    g_rand_free(rand);
    director_advance(director, last_ms);
    scene_take(scene, director);
}

static inline void scene_plan(Scene *scene, gint64 end_ms)
{
    g_autofree void *memory = g_malloc(director_plan_size(scene->n_sources));
    DirectorPlan *plan = director_plan_init(
        memory, scene->sources, scene->n_sources, &scene->settings,
        (const DirectorEvent *)(void *)scene->events->data, scene->events->len, 0, end_ms);
    g_assert_nonnull(plan);
    g_array_set_size(scene->decisions, 0);
    DirectorDecision decision;
    while (director_plan_next(plan, &decision))
        g_array_append_val(scene->decisions, decision);
}

static inline const DirectorDecision *scene_decision(const Scene *scene, guint i)
{
    g_assert_cmpuint(i, <, scene->decisions->len);
    return &g_array_index(scene->decisions, DirectorDecision, i);
}

/* The decision that is on screen at content time t. */
static inline const DirectorDecision *scene_at(const Scene *scene, gint64 t_ms)
{
    const DirectorDecision *found = scene_decision(scene, 0);
    for (guint i = 0; i < scene->decisions->len; i++)
        if (scene_decision(scene, i)->t_ms <= t_ms)
            found = scene_decision(scene, i);
    return found;
}

static inline void scene_expect(const Scene *scene, gint64 t_ms, int source, DirectorReason reason)
{
    const DirectorDecision *decision = scene_at(scene, t_ms);
    g_assert_cmpint(decision->source, ==, source);
    g_assert_cmpstr(director_reason_name(decision->reason), ==, director_reason_name(reason));
}

static inline void scene_expect_same(const Scene *a, const Scene *b)
{
    g_assert_cmpuint(a->decisions->len, ==, b->decisions->len);
    for (guint i = 0; i < a->decisions->len; i++) {
        const DirectorDecision *x = scene_decision(a, i);
        const DirectorDecision *y = scene_decision(b, i);
        g_assert_cmpint(x->t_ms, ==, y->t_ms);
        g_assert_cmpint(x->decided_ms, ==, y->decided_ms);
        g_assert_cmpint(x->source, ==, y->source);
        g_assert_cmpint(x->reason, ==, y->reason);
        g_assert_cmpint(x->lost, ==, y->lost);
        g_assert_cmpint(x->hold_ms, ==, y->hold_ms);
    }
}

/* People in conversation: turns, pauses, interjections, overlap. With `trouble` also cuts by hand,
 * lost sources and slides. */
static inline void scene_converse(Scene *scene, GRand *rand, gint64 end_ms, gboolean trouble)
{
    for (int i = 0; i < scene->n_sources; i++) {
        gint64 t_ms = g_rand_int_range(rand, 0, 8000);
        while (t_ms < end_ms) {
            gint64 to_ms =
                t_ms + (g_rand_int_range(rand, 0, 3) == 0 ? g_rand_int_range(rand, 100, 900)
                                                          : g_rand_int_range(rand, 300, 9000));
            scene_speak(scene, i, t_ms, to_ms);
            t_ms = to_ms + (g_rand_boolean(rand) ? g_rand_int_range(rand, 320, 1500)
                                                 : g_rand_int_range(rand, 1500, 20000));
        }
    }
    for (gint64 t_ms = 3000; trouble && t_ms < end_ms; t_ms += g_rand_int_range(rand, 200, 15000)) {
        int source = g_rand_int_range(rand, 0, scene->n_sources);
        static const DirectorEventType types[] = {
            DIRECTOR_EVENT_SOURCE_LOST, DIRECTOR_EVENT_SOURCE_BACK, DIRECTOR_EVENT_SOURCE_BACK,
            DIRECTOR_EVENT_SLIDE, DIRECTOR_EVENT_AUTO_RESUME};
        int what = g_rand_int_range(rand, 0, 6);
        if (what == 5)
            scene_manual(scene, source, t_ms, g_rand_int_range(rand, 0, 9000));
        else
            scene_event(scene, types[what], source, t_ms);
    }
    scene_sort(scene);
}
