/* What holds for every log: random conversations with trouble, all presets, all look-aheads. */
#include "support.h"

enum { SEEDS = 12, LENGTH_MS = 4 * 60 * 1000 };

static const gint64 look_aheads[] = {0, 500, 1000, 2500};

static Scene random_scene(guint32 seed, gint64 look_ahead_ms)
{
    static const char *const casts[] = {"ppw", "pppps", "pmwps", "pp", "ppppwwm", "w", "s", "m"};
    static const char *const presets[] = {NULL, "podcast", "meeting", "church", "conference"};
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Scene scene = scene_new(casts[seed % G_N_ELEMENTS(casts)]);
    const char *preset = presets[seed % G_N_ELEMENTS(presets)];
    if (preset != NULL)
        g_assert_true(director_settings_preset(&scene.settings, preset));
    scene.settings.look_ahead_ms = (int32_t)look_ahead_ms;
    scene_converse(&scene, rand, LENGTH_MS, seed % 3 != 0);
    return scene;
}

typedef void (*SceneFunction)(Scene *scene, guint32 seed);

static void for_each_scene(SceneFunction function)
{
    for (guint32 seed = 1; seed <= SEEDS; seed++) {
        for (guint i = 0; i < G_N_ELEMENTS(look_aheads); i++) {
            g_auto(Scene) scene = random_scene(seed, look_aheads[i]);
            function(&scene, seed);
        }
    }
}

static Scene copy_scene(const Scene *scene)
{
    Scene copy = *scene;
    copy.events = g_array_copy(scene->events);
    copy.decisions = g_array_new(FALSE, TRUE, sizeof(DirectorDecision));
    return copy;
}

static gboolean is_forced(DirectorReason reason)
{
    return reason == DIRECTOR_REASON_LOST || reason == DIRECTOR_REASON_MANUAL;
}

/* ---- */

static void check_slicing(Scene *scene, guint32 seed)
{
    g_auto(Scene) other = copy_scene(scene);
    scene_run(scene, LENGTH_MS, 0);
    static const gint64 slices[] = {1, 20, 33, 1000, 77777};
    scene_run(&other, LENGTH_MS, slices[seed % G_N_ELEMENTS(slices)]);
    scene_expect_same(scene, &other);
    scene_run(&other, LENGTH_MS, -(gint64)seed);
    scene_expect_same(scene, &other);
}

static void slicing_changes_nothing(void)
{
    for_each_scene(check_slicing);
}

static void cut_log(Scene *scene, gint64 last_ms)
{
    guint count = 0;
    while (count < scene->events->len &&
           g_array_index(scene->events, DirectorEvent, count).at_ms <= last_ms)
        count++;
    g_array_set_size(scene->events, count);
}

static void forget_after(Scene *scene, gint64 t_ms)
{
    guint count = scene->decisions->len;
    while (count > 0 && scene_decision(scene, count - 1)->t_ms > t_ms)
        count--;
    g_array_set_size(scene->decisions, count);
}

static void check_causality(Scene *scene, guint32 seed)
{
    g_auto(Scene) whole = copy_scene(scene);
    scene_run(&whole, LENGTH_MS, 0);
    for (gint64 c_ms = LENGTH_MS - 1 - (gint64)seed; c_ms > 0; c_ms -= LENGTH_MS / 7) {
        g_auto(Scene) part = copy_scene(scene);
        cut_log(&part, c_ms + scene->settings.look_ahead_ms);
        scene_run(&part, LENGTH_MS, 0);
        g_auto(Scene) before = copy_scene(&whole);
        g_array_append_vals(before.decisions, whole.decisions->data, whole.decisions->len);
        forget_after(&before, c_ms);
        forget_after(&part, c_ms);
        scene_expect_same(&before, &part);
    }
}

static void the_future_changes_nothing(void)
{
    for_each_scene(check_causality);
}

static void check_minimum(Scene *scene, guint32 seed)
{
    (void)seed;
    scene_run(scene, LENGTH_MS, 0);
    for (guint i = 1; i < scene->decisions->len; i++) {
        const DirectorDecision *before = scene_decision(scene, i - 1);
        const DirectorDecision *decision = scene_decision(scene, i);
        g_assert_cmpint(decision->t_ms, >, before->t_ms);
        g_assert_cmpint(decision->source, !=, before->source);
        g_assert_cmpint(decision->decided_ms, ==, decision->t_ms + scene->settings.look_ahead_ms);
        if (is_forced(decision->reason) || before->source == DIRECTOR_NONE)
            continue;
        g_assert_cmpint(decision->t_ms - before->t_ms, >=, scene->settings.min_shot_ms);
        g_assert_cmpint(decision->t_ms - before->t_ms, >=, before->hold_ms);
    }
}

static void minimum_shots_are_kept(void)
{
    for_each_scene(check_minimum);
}

/* What is on screen is never a source that is lost at that moment of the content, and never a
 * microphone. */
static void expect_showable(const Scene *scene)
{
    bool lost[DIRECTOR_SOURCES_MAX] = {false};
    for (guint i = 0; i < scene->events->len; i++) {
        const DirectorEvent *event = &g_array_index(scene->events, DirectorEvent, i);
        if (event->type == DIRECTOR_EVENT_SOURCE_LOST)
            lost[event->source] = true;
        if (event->type == DIRECTOR_EVENT_SOURCE_BACK)
            lost[event->source] = false;
        gint64 next_ms = i + 1 < scene->events->len
                             ? g_array_index(scene->events, DirectorEvent, i + 1).at_ms
                             : event->at_ms + 1;
        if (next_ms == event->at_ms || event->at_ms <= 0 ||
            next_ms + scene->settings.look_ahead_ms > LENGTH_MS)
            continue;
        int shown = scene_at(scene, event->at_ms)->source;
        if (shown == DIRECTOR_NONE)
            continue;
        g_assert_false(lost[shown]);
        g_assert_cmpint(scene->sources[shown].role, !=, DIRECTOR_ROLE_MIC);
        int later = scene_at(scene, next_ms - 1)->source;
        g_assert_true(later == DIRECTOR_NONE || !lost[later]);
    }
}

static void check_lost(Scene *scene, guint32 seed)
{
    (void)seed;
    scene_run(scene, LENGTH_MS, 0);
    expect_showable(scene);
}

static void lost_sources_are_never_shown(void)
{
    for_each_scene(check_lost);
}

static void check_screens(Scene *scene, guint32 seed)
{
    (void)seed;
    int others = 0;
    for (int i = 0; i < scene->n_sources; i++)
        others += scene->sources[i].role != DIRECTOR_ROLE_SCREEN;
    scene_run(scene, LENGTH_MS, 0);
    for (guint i = 1; others > 1 && i < scene->decisions->len; i++) {
        const DirectorDecision *decision = scene_decision(scene, i);
        if (decision->source == DIRECTOR_NONE || decision->reason == DIRECTOR_REASON_LOST)
            continue;
        if (scene->sources[decision->source].role == DIRECTOR_ROLE_SCREEN &&
            decision->reason != DIRECTOR_REASON_SLIDE)
            g_assert_cmpint(decision->reason, ==, DIRECTOR_REASON_MANUAL);
    }
}

static void screens_need_a_slide_or_a_hand(void)
{
    for_each_scene(check_screens);
}

static void the_same_log_gives_the_same_decisions(void)
{
    g_auto(Scene) a = random_scene(4, 1000);
    g_auto(Scene) b = random_scene(4, 1000);
    scene_run(&a, LENGTH_MS, 0);
    scene_run(&b, LENGTH_MS, 0);
    g_assert_cmpuint(a.decisions->len, >, 10);
    scene_expect_same(&a, &b);
}

/* Times that go back and forth, unknown sources, stops without starts. */
static void any_order_is_survived(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(99);
    for (int round = 0; round < 40; round++) {
        g_auto(Scene) scene = scene_new("pppwsm");
        for (int i = 0; i < 300; i++) {
            DirectorEvent event = {
                .type = (DirectorEventType)g_rand_int_range(rand, -1, 10),
                .source = g_rand_int_range(rand, -3, 20),
                .at_ms = g_rand_int_range(rand, -1000, 100000),
                .edge_ms = g_rand_boolean(rand) ? DIRECTOR_MS_NONE
                                                : g_rand_int_range(rand, -90000, 900000),
                .hold_ms = g_rand_int_range(rand, -10, 10000),
            };
            if (i % 50 == 0)
                event.edge_ms = event.hold_ms = i % 100 == 0 ? INT64_MAX : INT64_MIN + 1;
            g_array_append_val(scene.events, event);
        }
        g_autofree void *memory = g_malloc(director_size());
        Director *director = director_init(memory, scene.sources, scene.n_sources, NULL, 0);
        gint64 last_ms = -1;
        for (guint i = 0; i < scene.events->len; i++) {
            director_feed(director, &g_array_index(scene.events, DirectorEvent, i));
            director_advance(director, g_rand_int_range(rand, -1000, 100000));
            DirectorDecision decision;
            while (director_take(director, &decision)) {
                g_assert_cmpint(decision.t_ms, >, last_ms);
                g_assert_cmpint(decision.source, <, scene.n_sources);
                last_ms = decision.t_ms;
            }
        }
        scene_plan(&scene, 100000);
        g_assert_cmpuint(scene.decisions->len, >, 0);
    }
}

/* A full queue waits for the host when time advances. */
static void a_full_queue_waits(void)
{
    g_auto(Scene) scene = scene_new("pppw");
    scene.settings.max_shot_ms = 2000;
    scene.settings.min_shot_ms = 1000;
    scene.settings.reaction_ms = 1000;
    scene_run(&scene, 3600 * 1000, 0);
    g_assert_cmpuint(scene.decisions->len, >, 500);
    g_auto(Scene) sliced = copy_scene(&scene);
    scene_run(&sliced, 3600 * 1000, 1000);
    scene_expect_same(&scene, &sliced);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/director/time/slicing-changes-nothing", slicing_changes_nothing);
    g_test_add_func("/director/time/the-future-changes-nothing", the_future_changes_nothing);
    g_test_add_func("/director/time/the-same-log-gives-the-same",
                    the_same_log_gives_the_same_decisions);
    g_test_add_func("/director/shots/minimum-is-kept", minimum_shots_are_kept);
    g_test_add_func("/director/shots/lost-sources-are-never-shown", lost_sources_are_never_shown);
    g_test_add_func("/director/shots/screens-need-a-slide-or-a-hand",
                    screens_need_a_slide_or_a_hand);
    g_test_add_func("/director/events/any-order-is-survived", any_order_is_survived);
    g_test_add_func("/director/host/a-full-queue-waits", a_full_queue_waits);
    return g_test_run();
}
