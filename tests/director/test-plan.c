/* The plan with full knowledge: as cheap as can be, and every rule holds in it. */
#include "support.h"

#include <math.h>

/* The viewer's cost, in wrong-person seconds; written anew here, to check the room's own. */
#define COST_CUT       0.4
#define COST_SHORT     1.0
#define COST_PING_PONG 0.5
enum { STEP_MS = 100, SCREENS_MAX = 6 };

typedef double Cost[SCREENS_MAX];

typedef struct Grid {
    Cost *steps;
    int n_steps, n_screens, min_steps;
} Grid;

static double rate(const Scene *scene, int screen, const gboolean *speaks)
{
    int count = 0;
    for (int i = 0; i < scene->n_sources; i++)
        count += speaks[i];
    if (count == 0)
        return 0;
    if (scene->sources[screen].role == DIRECTOR_ROLE_WIDE)
        return count == 1 ? 0.35 : 0;
    return speaks[screen] ? (count == 1 ? 0 : 0.15) : 1;
}

/* Spans of the scene priced ms by ms; breath 0 and ignore 0, so that each is priced as it is. */
static Grid grid_new(Scene *scene, gint64 end_ms)
{
    Grid grid = {.n_steps = (int)((end_ms + STEP_MS - 1) / STEP_MS),
                 .n_screens = scene->n_sources,
                 .min_steps = (scene->settings.min_shot_ms + STEP_MS - 1) / STEP_MS};
    grid.steps = g_new0(Cost, grid.n_steps);
    gboolean speaks[SCREENS_MAX] = {FALSE};
    g_autofree gint8 *change = g_malloc0((gsize)end_ms * SCREENS_MAX);
    for (guint i = 0; i < scene->events->len; i++) {
        const DirectorEvent *event = &g_array_index(scene->events, DirectorEvent, i);
        if (event->edge_ms < end_ms && scene->sources[event->source].role == DIRECTOR_ROLE_PERSON)
            change[event->edge_ms * SCREENS_MAX + event->source] +=
                event->type == DIRECTOR_EVENT_SPEAKING_START ? 1 : -1;
    }
    for (gint64 t_ms = 0; t_ms < end_ms; t_ms++) {
        for (int i = 0; i < scene->n_sources; i++)
            speaks[i] += change[t_ms * SCREENS_MAX + i];
        for (int i = 0; i < grid.n_screens; i++)
            grid.steps[t_ms / STEP_MS][i] += rate(scene, i, speaks) / 1000;
    }
    return grid;
}

static double cost_of(const Grid *grid, const int *starts, const int *sources, int count)
{
    double cost = COST_CUT * (count - 1);
    for (int i = 0; i < count; i++) {
        int end = i + 1 < count ? starts[i + 1] : grid->n_steps;
        for (int t = starts[i]; t < end; t++)
            cost += grid->steps[t][sources[i]];
        if (i + 1 < count && end - starts[i] < grid->min_steps)
            cost += 1e6;
        if (i + 1 < count && end - starts[i] < 15)
            cost += COST_SHORT;
        if (i > 0 && i + 1 < count && end - starts[i] < 20 && sources[i - 1] == sources[i + 1])
            cost += COST_PING_PONG;
    }
    return cost;
}

static double cost_of_plan(const Grid *grid, const Scene *scene)
{
    guint count = scene->decisions->len;
    g_autofree int *starts = g_new(int, count);
    g_autofree int *sources = g_new(int, count);
    for (guint i = 0; i < count; i++) {
        starts[i] = (int)(scene_decision(scene, i)->t_ms / STEP_MS);
        sources[i] = scene_decision(scene, i)->source;
        g_assert_cmpint(scene_decision(scene, i)->t_ms % STEP_MS, ==, 0);
    }
    return cost_of(grid, starts, sources, (int)count);
}

/* All shot lists with up to three cuts. */
static double best_of_all(const Grid *grid)
{
    double best = INFINITY;
    int n = grid->n_screens;
    int starts[4] = {0};
    for (int code = 0; code < n * n * n * n; code++) {
        int sources[4] = {code % n, code / n % n, code / n / n % n, code / n / n / n};
        best = fmin(best, cost_of(grid, starts, sources, 1));
        for (starts[1] = 1; starts[1] < grid->n_steps && sources[1] != sources[0]; starts[1]++) {
            best = fmin(best, cost_of(grid, starts, sources, 2));
            if (sources[2] == sources[1])
                continue;
            for (starts[2] = starts[1] + 1; starts[2] < grid->n_steps; starts[2]++) {
                best = fmin(best, cost_of(grid, starts, sources, 3));
                for (starts[3] = starts[2] + 1;
                     starts[3] < grid->n_steps && sources[3] != sources[2]; starts[3]++)
                    best = fmin(best, cost_of(grid, starts, sources, 4));
            }
        }
    }
    return best;
}

/* The whole dynamic programming, backward and without any window: the cheapest cost there is. */
static double best_of_whole(const Grid *grid)
{
    int n = grid->n_screens;
    int ages = MAX(20, grid->min_steps) + 1; /* age a: a + 1 steps are shown; the last is "older" */
    gsize size = (gsize)n * n * ages;
    g_autofree double *now = g_new0(double, size);
    g_autofree double *next = g_new0(double, size);
#define AT(p, c, a) (((p)*n + (c)) * ages + (a))
    for (int t = grid->n_steps - 1; t >= 0; t--) {
        for (int p = 0; p < n; p++) {
            for (int c = 0; c < n; c++) {
                for (int a = 0; a < ages; a++) {
                    double best = t == grid->n_steps - 1 ? 0 : next[AT(p, c, MIN(a + 1, ages - 1))];
                    for (int to = 0; to < n && t < grid->n_steps - 1; to++) {
                        if (to == c || a + 1 < grid->min_steps)
                            continue;
                        double cost = next[AT(c, to, 0)] + COST_CUT;
                        cost += a + 1 < 15 ? COST_SHORT : 0;
                        cost += a + 1 < 20 && to == p ? COST_PING_PONG : 0;
                        best = fmin(best, cost);
                    }
                    now[AT(p, c, a)] = best + grid->steps[t][c];
                }
            }
        }
        double *swap = now;
        now = next;
        next = swap;
    }
    double best = INFINITY;
    for (int c = 0; c < n; c++)
        best = fmin(best, next[AT(c, c, 0)]);
#undef AT
    return best;
}

static Scene random_scene(guint32 seed, const char *roles, gint64 end_ms)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
    Scene scene = scene_new(roles);
    scene.settings.breath_ms = 0;
    scene.settings.ignore_ms = 0;
    scene.settings.min_shot_ms = 200;
    scene_converse(&scene, rand, end_ms, FALSE);
    return scene;
}

static void as_cheap_as_any_with_three_cuts(void)
{
    for (guint32 seed = 0; seed < 12; seed++) {
        g_auto(Scene) scene = random_scene(seed, "ppw", 1);
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_array_set_size(scene.events, 0);
        for (int i = 0; i < 2; i++)
            for (gint64 t_ms = g_rand_int_range(rand, 0, 900); t_ms < 4200;) {
                gint64 to_ms = t_ms + g_rand_int_range(rand, 100, 2500);
                scene_speak(&scene, i, t_ms, to_ms);
                t_ms = to_ms + g_rand_int_range(rand, 300, 1500);
            }
        scene_sort(&scene);
        Grid grid = grid_new(&scene, 4230);
        scene_plan(&scene, 4230);
        double cost = cost_of_plan(&grid, &scene);
        g_assert_cmpfloat(cost, <=, best_of_all(&grid) + 1e-9);
        if (scene.decisions->len <= 4)
            g_assert_cmpfloat_with_epsilon(cost, best_of_all(&grid), 1e-9);
        g_free(grid.steps);
    }
}

static void check_against_whole(guint32 seed, const char *roles, gint64 end_ms, int32_t min_shot_ms)
{
    g_auto(Scene) scene = random_scene(seed, roles, end_ms);
    scene.settings.min_shot_ms = min_shot_ms;
    Grid grid = grid_new(&scene, end_ms);
    scene_plan(&scene, end_ms);
    g_assert_cmpuint(scene.decisions->len, >, 3);
    g_assert_cmpfloat_with_epsilon(cost_of_plan(&grid, &scene), best_of_whole(&grid), 1e-6);
    g_free(grid.steps);
}

static void settling_loses_nothing(void)
{
    for (guint32 seed = 1; seed <= 6; seed++)
        check_against_whole(seed, "pppw", 10 * 60 * 1000 + seed, 200);
}

static void long_minimum_shots_are_exact(void)
{
    check_against_whole(1, "ppw", 5 * 60 * 1000, 1700);
    check_against_whole(2, "ppw", 5 * 60 * 1000, 2500);
    check_against_whole(3, "ppp", 5 * 60 * 1000, 6300);
}

static void three_hours_are_exact(void)
{
    check_against_whole(5, "ppw", 3 * 3600 * 1000, 1500);
}

/* Hours in which all pictures are equally right keep all of them in the running. */
static void long_silence_is_survived(void)
{
    g_auto(Scene) scene = scene_new("ppppwp");
    scene_speak(&scene, 2, 3600 * 1000, 3605 * 1000);
    scene_speak(&scene, 1, 7200 * 1000, 7205 * 1000);
    scene_plan(&scene, 7210 * 1000);
    scene_expect(&scene, 3602 * 1000, 2, DIRECTOR_REASON_OPENING);
    scene_expect(&scene, 7203 * 1000, 1, DIRECTOR_REASON_SPEAKS);
    g_assert_cmpuint(scene.decisions->len, ==, 2);
}

/* ---- rules ---- */

static void by_hand_holds(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene_speak(&scene, 0, 1000, 30000);
    scene_manual(&scene, 1, 10000, 4000);
    scene_sort(&scene);
    scene_plan(&scene, 30000);
    scene_expect(&scene, 9900, 0, DIRECTOR_REASON_OPENING);
    scene_expect(&scene, 10000, 1, DIRECTOR_REASON_MANUAL);
    scene_expect(&scene, 13900, 1, DIRECTOR_REASON_MANUAL);
    g_assert_cmpint(scene_at(&scene, 14000)->source, ==, 0);
}

static void the_opening_is_wide(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.opening_ms = 5000;
    scene_speak(&scene, 0, 1000, 30000);
    scene_sort(&scene);
    scene_plan(&scene, 30000);
    scene_expect(&scene, 4900, 2, DIRECTOR_REASON_OPENING);
    g_assert_cmpint(scene_at(&scene, 5000)->source, ==, 0);
}

static void a_slide_is_shown(void)
{
    g_auto(Scene) scene = scene_new("psp");
    scene.settings.slide_ms = 5000;
    scene_speak(&scene, 0, 1000, 30000);
    scene_event(&scene, DIRECTOR_EVENT_SLIDE, 1, 10000);
    scene_sort(&scene);
    scene_plan(&scene, 30000);
    scene_expect(&scene, 10000, 1, DIRECTOR_REASON_SLIDE);
    scene_expect(&scene, 14900, 1, DIRECTOR_REASON_SLIDE);
    g_assert_cmpint(scene_at(&scene, 15000)->source, ==, 0);
    scene.settings.slide_ms = 0;
    scene_plan(&scene, 30000);
    g_assert_cmpuint(scene.decisions->len, ==, 1);
}

static void a_monologue_shows_listeners(void)
{
    g_auto(Scene) scene = scene_new("pp");
    scene.settings.reaction_after_ms = 10000;
    scene.settings.reaction_ms = 3000;
    scene_speak(&scene, 0, 0, 30000);
    scene_sort(&scene);
    scene_plan(&scene, 30000);
    scene_expect(&scene, 11000, 1, DIRECTOR_REASON_REACTION);
    scene_expect(&scene, 13000, 0, DIRECTOR_REASON_RETURN);
    scene_expect(&scene, 24000, 1, DIRECTOR_REASON_REACTION);
    scene_expect(&scene, 26000, 0, DIRECTOR_REASON_RETURN);
}

static void a_maximum_shot_varies(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.max_shot_ms = 12000;
    scene_speak(&scene, 0, 0, 60000);
    scene_sort(&scene);
    scene_plan(&scene, 60000);
    scene_expect(&scene, 12500, 2, DIRECTOR_REASON_MAXIMUM);
    for (guint i = 1; i < scene.decisions->len; i++)
        g_assert_cmpint(scene_decision(&scene, i)->t_ms - scene_decision(&scene, i - 1)->t_ms, <=,
                        12000);
}

/* Shots that begin as a hand, a loss or a return of pictures want, and all others. */
static void rules_hold_in_any_log(void)
{
    static const char *const casts[] = {"ppw", "pppps", "pmwps", "ppss", "sm"};
    static const char *const presets[] = {"podcast", "meeting", "church", "conference"};
    for (guint32 seed = 1; seed <= 16; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_auto(Scene) scene = scene_new(casts[seed % G_N_ELEMENTS(casts)]);
        director_settings_preset(&scene.settings, presets[seed % G_N_ELEMENTS(presets)]);
        scene_converse(&scene, rand, 200000, TRUE);
        scene_plan(&scene, 200000);
        g_assert_cmpint(scene_decision(&scene, 0)->t_ms, ==, 0);
        for (guint i = 1; i < scene.decisions->len; i++) {
            const DirectorDecision *before = scene_decision(&scene, i - 1);
            const DirectorDecision *decision = scene_decision(&scene, i);
            g_assert_cmpint(decision->source, !=, before->source);
            bool forced = decision->reason == DIRECTOR_REASON_LOST ||
                          decision->reason == DIRECTOR_REASON_MANUAL ||
                          before->reason == DIRECTOR_REASON_MANUAL ||
                          before->source == DIRECTOR_NONE;
            g_assert_cmpint(decision->t_ms - before->t_ms, >=,
                            forced ? 1 : scene.settings.min_shot_ms);
        }
    }
}

static void lost_sources_are_never_shown(void)
{
    for (guint32 seed = 1; seed <= 16; seed++) {
        g_autoptr(GRand) rand = g_rand_new_with_seed(seed);
        g_auto(Scene) scene = scene_new("pppwm");
        director_settings_preset(&scene.settings, "podcast");
        scene.settings.max_shot_ms = 6000;
        scene_converse(&scene, rand, 200000, TRUE);
        scene_plan(&scene, 200000);
        bool lost[DIRECTOR_SOURCES_MAX] = {false};
        guint next = 0;
        for (gint64 t_ms = 0; t_ms < 200000; t_ms++) {
            for (; next < scene.events->len &&
                   g_array_index(scene.events, DirectorEvent, next).at_ms <= t_ms;
                 next++) {
                const DirectorEvent *event = &g_array_index(scene.events, DirectorEvent, next);
                if (event->type == DIRECTOR_EVENT_SOURCE_LOST)
                    lost[event->source] = true;
                if (event->type == DIRECTOR_EVENT_SOURCE_BACK)
                    lost[event->source] = false;
            }
            int shown = t_ms % 10 == 0 ? scene_at(&scene, t_ms)->source : DIRECTOR_NONE;
            g_assert_true(shown == DIRECTOR_NONE || !lost[shown]);
            g_assert_true(shown == DIRECTOR_NONE || scene.sources[shown].role != DIRECTOR_ROLE_MIC);
        }
    }
}

static void memory_does_not_know_the_length(void)
{
    g_assert_cmpuint(director_plan_size(4), <, 1 << 20);
    g_assert_cmpuint(director_plan_size(DIRECTOR_SOURCES_MAX), <, 2 << 20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/cost/as-cheap-as-any-with-three-cuts", as_cheap_as_any_with_three_cuts);
    g_test_add_func("/plan/cost/settling-loses-nothing", settling_loses_nothing);
    g_test_add_func("/plan/cost/long-minimum-shots-are-exact", long_minimum_shots_are_exact);
    g_test_add_func("/plan/cost/three-hours-are-exact", three_hours_are_exact);
    g_test_add_func("/plan/memory/long-silence-is-survived", long_silence_is_survived);
    g_test_add_func("/plan/memory/does-not-know-the-length", memory_does_not_know_the_length);
    g_test_add_func("/plan/rules/by-hand-holds", by_hand_holds);
    g_test_add_func("/plan/rules/the-opening-is-wide", the_opening_is_wide);
    g_test_add_func("/plan/rules/a-slide-is-shown", a_slide_is_shown);
    g_test_add_func("/plan/rules/a-monologue-shows-listeners", a_monologue_shows_listeners);
    g_test_add_func("/plan/rules/a-maximum-shot-varies", a_maximum_shot_varies);
    g_test_add_func("/plan/rules/hold-in-any-log", rules_hold_in_any_log);
    g_test_add_func("/plan/rules/lost-sources-are-never-shown", lost_sources_are_never_shown);
    return g_test_run();
}
