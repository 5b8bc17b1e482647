/* Every rule of the live director, one by one. Source letters as in scene_new(). */
#include "support.h"

static void expect_count(const Scene *scene, guint count)
{
    g_assert_cmpuint(scene->decisions->len, ==, count);
}

/* A shot to person `source` begins between the two times. */
static void expect_cut(const Scene *scene, int source, gint64 from_ms, gint64 to_ms)
{
    for (guint i = 0; i < scene->decisions->len; i++) {
        const DirectorDecision *decision = scene_decision(scene, i);
        if (decision->source == source && decision->t_ms >= from_ms && decision->t_ms <= to_ms)
            return;
    }
    g_error("no cut to %d between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, source, from_ms,
            to_ms);
}

static void begins_with_wide(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene_run(&scene, 5000, 0);
    expect_count(&scene, 1);
    scene_expect(&scene, 0, 2, DIRECTOR_REASON_OPENING);
    g_assert_cmpint(scene_decision(&scene, 0)->t_ms, ==, 0);
}

static void begins_with_the_preferred_person(void)
{
    g_auto(Scene) scene = scene_new("mpp");
    scene.sources[2].priority = 3;
    scene_run(&scene, 5000, 0);
    scene_expect(&scene, 0, 2, DIRECTOR_REASON_OPENING);
}

static void shows_who_speaks(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene_speak(&scene, 0, 3000, 9000);
    scene_speak(&scene, 1, 9200, 15000);
    scene_sort(&scene);
    scene_run(&scene, 15000, 0);
    scene_expect(&scene, 5000, 0, DIRECTOR_REASON_SPEAKS);
    expect_cut(&scene, 1, 9395, 9440);
    expect_count(&scene, 3);
}

static void look_ahead_cuts_before_the_word(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.look_ahead_ms = 1000;
    scene_speak(&scene, 0, 3010, 9000);
    scene_speak(&scene, 1, 9333, 15000);
    scene_sort(&scene);
    scene_run(&scene, 15000, 0);
    expect_count(&scene, 3);
    g_assert_cmpint(scene_decision(&scene, 2)->t_ms, ==, 9320);
    g_assert_cmpint(scene_decision(&scene, 2)->decided_ms, ==, 10320);
}

static void confirm_asks_for_longer_speech(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.confirm_ms = 800;
    scene_speak(&scene, 0, 3000, 9000);
    scene_speak(&scene, 1, 9500, 15000);
    scene_sort(&scene);
    scene_run(&scene, 15000, 0);
    expect_cut(&scene, 1, 10300, 10330);
}

static void minimum_shot_delays_a_cut(void)
{
    g_auto(Scene) scene = scene_new("pppw");
    scene.settings.min_shot_ms = 4000;
    scene_speak(&scene, 0, 5000, 6000);
    scene_speak(&scene, 1, 6100, 15000);
    scene_sort(&scene);
    scene_run(&scene, 15000, 0);
    gint64 first_ms = scene_decision(&scene, 1)->t_ms;
    expect_cut(&scene, 1, first_ms + 4000, first_ms + 4020);
}

static void returning_takes_longer_than_going_on(void)
{
    g_auto(Scene) scene = scene_new("ppp");
    scene.settings.return_ms = 6000;
    scene_speak(&scene, 0, 3000, 9000);
    scene_speak(&scene, 1, 9200, 11500);
    scene_speak(&scene, 0, 11600, 20000);
    scene_sort(&scene);
    scene_run(&scene, 20000, 0);
    gint64 there_ms = scene_decision(&scene, 1)->t_ms;
    expect_cut(&scene, 0, there_ms + 6000, there_ms + 6020);
}

static void interjections_are_ignored(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.look_ahead_ms = 1500;
    scene_speak(&scene, 0, 2000, 6000);
    scene_speak(&scene, 1, 6100, 6900);
    scene_speak(&scene, 0, 7200, 12000);
    scene_sort(&scene);
    scene_run(&scene, 12000, 0);
    expect_count(&scene, 2);
    scene.settings.ignore_ms = 500;
    scene.settings.confirm_ms = 400;
    scene_run(&scene, 12000, 0);
    expect_cut(&scene, 1, 6000, 6200);
}

static void a_newcomer_waits_while_the_shown_person_speaks(void)
{
    g_auto(Scene) scene = scene_new("pp");
    scene.settings.interrupt_ms = 4000;
    scene_speak(&scene, 0, 2000, 30000);
    scene_speak(&scene, 1, 10000, 30000);
    scene_sort(&scene);
    scene_run(&scene, 30000, 0);
    expect_count(&scene, 2);
    scene_expect(&scene, 13980, 0, DIRECTOR_REASON_OPENING);
    scene_expect(&scene, 14040, 1, DIRECTOR_REASON_INTERRUPTS);
    g_assert_cmpint(scene_decision(&scene, 1)->lost, ==, 0);
}

static void a_breath_in_a_long_turn_is_not_its_end(void)
{
    g_auto(Scene) scene = scene_new("pp");
    scene_speak(&scene, 0, 1000, 15000);
    scene_speak(&scene, 1, 15100, 15300);
    scene_speak(&scene, 0, 15700, 25000);
    scene_sort(&scene);
    scene_run(&scene, 25000, 0);
    expect_count(&scene, 1);
}

static void look_ahead_sees_a_breath(void)
{
    g_auto(Scene) scene = scene_new("pp");
    scene.settings.look_ahead_ms = 2000;
    scene_speak(&scene, 0, 1000, 5000);
    scene_speak(&scene, 1, 4000, 8000);
    scene_speak(&scene, 0, 5900, 9000);
    scene_sort(&scene);
    scene_run(&scene, 7000, 0);
    expect_count(&scene, 1);
    scene.settings.breath_ms = 500;
    scene_run(&scene, 7000, 0);
    expect_cut(&scene, 1, 4900, 5040);
}

static void cross_talk_is_shown_wide(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.cross_talk_ms = 3000;
    scene_speak(&scene, 0, 2000, 20000);
    scene_speak(&scene, 1, 8000, 14000);
    scene_sort(&scene);
    scene_run(&scene, 20000, 0);
    scene_expect(&scene, 10900, 0, DIRECTOR_REASON_SPEAKS);
    scene_expect(&scene, 11050, 2, DIRECTOR_REASON_CROSS_TALK);
    scene_expect(&scene, 16000, 0, DIRECTOR_REASON_SPEAKS);
    scene.settings.cross_talk_ms = 0;
    scene_run(&scene, 20000, 0);
    expect_count(&scene, 2);
}

static void silence_is_shown_wide(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.silence_ms = 5000;
    scene_speak(&scene, 0, 2000, 6000);
    scene_sort(&scene);
    scene_run(&scene, 20000, 0);
    scene_expect(&scene, 10900, 0, DIRECTOR_REASON_SPEAKS);
    scene_expect(&scene, 11100, 2, DIRECTOR_REASON_SILENCE);
    scene.settings.silence_ms = 0;
    scene_run(&scene, 20000, 0);
    expect_count(&scene, 2);
}

static void without_a_wide_camera_nothing_is_wide(void)
{
    g_auto(Scene) scene = scene_new("pp");
    scene.settings.silence_ms = 3000;
    scene.settings.cross_talk_ms = 2000;
    scene.settings.opening_ms = 3000;
    scene_speak(&scene, 0, 2000, 9000);
    scene_speak(&scene, 1, 3000, 9000);
    scene_sort(&scene);
    scene_run(&scene, 30000, 0);
    expect_count(&scene, 1);
}

static void the_opening_lasts(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.opening_ms = 6000;
    scene_speak(&scene, 0, 1000, 20000);
    scene_sort(&scene);
    scene_run(&scene, 20000, 0);
    expect_cut(&scene, 0, 6000, 6020);
}

static void a_long_monologue_shows_a_listener(void)
{
    g_auto(Scene) scene = scene_new("ppp");
    scene.settings.reaction_after_ms = 10000;
    scene.settings.reaction_ms = 2500;
    scene_speak(&scene, 2, 500, 2000);
    scene_speak(&scene, 0, 5000, 40000);
    scene_sort(&scene);
    scene_run(&scene, 20000, 0);
    gint64 from_ms = scene_decision(&scene, scene.decisions->len - 2)->t_ms;
    scene_expect(&scene, from_ms, 2, DIRECTOR_REASON_REACTION);
    scene_expect(&scene, from_ms + 2500, 0, DIRECTOR_REASON_RETURN);
    g_assert_cmpint(from_ms, >=, 15000);
    scene.settings.reaction_after_ms = 0;
    scene_run(&scene, 20000, 0);
    g_assert_cmpint(scene_at(&scene, 20000)->reason, ==, DIRECTOR_REASON_SPEAKS);
}

static void a_shot_has_a_maximum(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.max_shot_ms = 8000;
    scene_speak(&scene, 0, 1000, 60000);
    scene_sort(&scene);
    scene_run(&scene, 60000, 0);
    for (guint i = 1; i < scene.decisions->len; i++) {
        gint64 length_ms = scene_decision(&scene, i)->t_ms - scene_decision(&scene, i - 1)->t_ms;
        g_assert_cmpint(length_ms, <=, 8020);
    }
    scene_expect(&scene, scene_decision(&scene, 2)->t_ms, 2, DIRECTOR_REASON_MAXIMUM);
    scene_expect(&scene, scene_decision(&scene, 3)->t_ms, 0, DIRECTOR_REASON_RETURN);
}

static void a_changed_slide_is_shown_for_its_time(void)
{
    g_auto(Scene) scene = scene_new("pps");
    scene.settings.slide_ms = 5000;
    scene_speak(&scene, 0, 1000, 30000);
    scene_event(&scene, DIRECTOR_EVENT_SLIDE, 2, 12000);
    scene_sort(&scene);
    scene_run(&scene, 30000, 0);
    expect_count(&scene, 3);
    scene_expect(&scene, 12000, 2, DIRECTOR_REASON_SLIDE);
    scene_expect(&scene, 16990, 2, DIRECTOR_REASON_SLIDE);
    scene_expect(&scene, 17010, 0, DIRECTOR_REASON_RETURN);
    scene.settings.slide_ms = 0;
    scene_run(&scene, 30000, 0);
    expect_count(&scene, 1);
}

static void another_change_prolongs_the_slide(void)
{
    g_auto(Scene) scene = scene_new("pps");
    scene.settings.slide_ms = 5000;
    scene_event(&scene, DIRECTOR_EVENT_SLIDE, 2, 12000);
    scene_event(&scene, DIRECTOR_EVENT_SLIDE, 2, 15000);
    scene_run(&scene, 30000, 0);
    scene_expect(&scene, 19900, 2, DIRECTOR_REASON_SLIDE);
    scene_expect(&scene, 20100, 0, DIRECTOR_REASON_RETURN);
}

static void a_screen_is_never_shown_for_its_sound(void)
{
    g_auto(Scene) scene = scene_new("psw");
    scene_speak(&scene, 1, 2000, 20000);
    scene_speak(&scene, 2, 2000, 20000);
    scene_sort(&scene);
    scene_run(&scene, 20000, 0);
    expect_count(&scene, 1);
}

static void a_manual_cut_holds_and_returns(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene_speak(&scene, 0, 1000, 30000);
    scene_manual(&scene, 1, 10005, 4000);
    scene_sort(&scene);
    scene_run(&scene, 30000, 0);
    scene_expect(&scene, 10005, 1, DIRECTOR_REASON_MANUAL);
    g_assert_cmpint(scene_at(&scene, 10005)->t_ms, ==, 10005);
    scene_expect(&scene, 13999, 1, DIRECTOR_REASON_MANUAL);
    scene_expect(&scene, 14030, 0, DIRECTOR_REASON_AUTO);
}

static void a_manual_cut_beats_the_minimum_shot(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene_manual(&scene, 0, 500, 60000);
    scene_manual(&scene, 1, 900, 60000);
    scene_run(&scene, 5000, 0);
    expect_count(&scene, 3);
    scene_expect(&scene, 900, 1, DIRECTOR_REASON_MANUAL);
}

static void auto_resume_ends_a_manual_cut(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene.settings.manual_hold_ms = 0;
    scene_speak(&scene, 0, 1000, 60000);
    scene_manual(&scene, 1, 10000, 0);
    scene_event(&scene, DIRECTOR_EVENT_AUTO_RESUME, DIRECTOR_NONE, 40000);
    scene_sort(&scene);
    scene_run(&scene, 50000, 0);
    scene_expect(&scene, 39990, 1, DIRECTOR_REASON_MANUAL);
    scene_expect(&scene, 40010, 0, DIRECTOR_REASON_AUTO);
}

static void a_lost_source_is_left_at_once(void)
{
    g_auto(Scene) scene = scene_new("ppw");
    scene_speak(&scene, 0, 1000, 30000);
    scene_manual(&scene, 1, 10000, 10000);
    scene_event(&scene, DIRECTOR_EVENT_SOURCE_LOST, 1, 10400);
    scene_event(&scene, DIRECTOR_EVENT_SOURCE_BACK, 1, 13000);
    scene_sort(&scene);
    scene_run(&scene, 30000, 0);
    scene_expect(&scene, 10400, 0, DIRECTOR_REASON_LOST);
    scene_expect(&scene, 13000, 1, DIRECTOR_REASON_MANUAL);
}

static void all_lost_shows_nothing_and_comes_back(void)
{
    g_auto(Scene) scene = scene_new("pm");
    scene_event(&scene, DIRECTOR_EVENT_SOURCE_LOST, 0, 5000);
    scene_event(&scene, DIRECTOR_EVENT_SOURCE_BACK, 0, 6000);
    scene_run(&scene, 9000, 0);
    scene_expect(&scene, 5500, DIRECTOR_NONE, DIRECTOR_REASON_LOST);
    scene_expect(&scene, 6000, 0, DIRECTOR_REASON_BACK);
}

static void a_voice_without_a_picture_is_shown_wide(void)
{
    g_auto(Scene) scene = scene_new("pmw");
    scene_speak(&scene, 0, 2000, 6000);
    scene_speak(&scene, 1, 6200, 12000);
    scene_sort(&scene);
    scene_run(&scene, 12000, 0);
    scene_expect(&scene, 8000, 2, DIRECTOR_REASON_SPEAKS);
}

static void priority_decides_between_equals(void)
{
    g_auto(Scene) scene = scene_new("ppp");
    scene.sources[2].priority = 1;
    scene_speak(&scene, 1, 9700, 20000);
    scene_speak(&scene, 2, 9800, 20000);
    scene_speak(&scene, 0, 1000, 9900);
    scene.sources[0].priority = 5;
    scene_sort(&scene);
    scene_run(&scene, 20000, 0);
    scene_expect(&scene, 12000, 2, DIRECTOR_REASON_SPEAKS);
    g_assert_cmpint(scene_at(&scene, 12000)->lost, ==, 1);
}

static void settings_change_while_it_runs(void)
{
    g_autofree void *memory = g_malloc(director_size());
    DirectorSource sources[] = {{DIRECTOR_ROLE_PERSON, 0}, {DIRECTOR_ROLE_WIDE, 0}};
    Director *director = director_init(memory, sources, 2, NULL, 0);
    DirectorSettings settings;
    director_settings_defaults(&settings);
    settings.silence_ms = 3000;
    DirectorEvent start = {DIRECTOR_EVENT_SPEAKING_START, 0, 1000, DIRECTOR_MS_NONE, 0};
    DirectorEvent stop = {DIRECTOR_EVENT_SPEAKING_STOP, 0, 4000, DIRECTOR_MS_NONE, 0};
    director_feed(director, &start);
    director_feed(director, &stop);
    director_advance(director, 8000);
    g_assert_true(director_change_settings(director, &settings));
    director_advance(director, 9000);
    DirectorDecision decision = {0};
    while (director_take(director, &decision))
        ;
    g_assert_cmpint(decision.source, ==, 1);
    g_assert_cmpint(decision.reason, ==, DIRECTOR_REASON_SILENCE);
    settings.min_shot_ms = -1;
    g_assert_false(director_change_settings(director, &settings));
}

static void the_next_source_and_its_time_are_foreseen(void)
{
    g_autofree void *memory = g_malloc(director_size());
    DirectorSource sources[] = {
        {DIRECTOR_ROLE_PERSON, 0}, {DIRECTOR_ROLE_PERSON, 0}, {DIRECTOR_ROLE_WIDE, 0}};
    Director *director = director_init(memory, sources, 3, NULL, 0);
    g_assert_cmpint(director_next_source(director), ==, DIRECTOR_NONE);
    DirectorEvent start = {DIRECTOR_EVENT_SPEAKING_START, 1, 1000, DIRECTOR_MS_NONE, 0};
    director_feed(director, &start);
    director_advance(director, 1000);
    g_assert_cmpint(director_next_source(director), ==, 1);
    gint64 deadline_ms = director_deadline_ms(director);
    g_assert_cmpint(deadline_ms, ==, 1500);
    DirectorDecision decision;
    g_assert_true(director_take(director, &decision));
    director_advance(director, deadline_ms - 1);
    g_assert_false(director_take(director, &decision));
    director_advance(director, deadline_ms);
    g_assert_true(director_take(director, &decision));
    g_assert_cmpint(decision.source, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/director/opening/begins-with-wide", begins_with_wide);
    g_test_add_func("/director/opening/begins-with-the-preferred-person",
                    begins_with_the_preferred_person);
    g_test_add_func("/director/opening/lasts", the_opening_lasts);
    g_test_add_func("/director/speech/shows-who-speaks", shows_who_speaks);
    g_test_add_func("/director/speech/look-ahead-cuts-before-the-word",
                    look_ahead_cuts_before_the_word);
    g_test_add_func("/director/speech/confirm-asks-for-longer", confirm_asks_for_longer_speech);
    g_test_add_func("/director/speech/interjections-are-ignored", interjections_are_ignored);
    g_test_add_func("/director/speech/a-newcomer-waits",
                    a_newcomer_waits_while_the_shown_person_speaks);
    g_test_add_func("/director/speech/a-breath-is-not-an-end",
                    a_breath_in_a_long_turn_is_not_its_end);
    g_test_add_func("/director/speech/look-ahead-sees-a-breath", look_ahead_sees_a_breath);
    g_test_add_func("/director/speech/priority-decides-between-equals",
                    priority_decides_between_equals);
    g_test_add_func("/director/shot/minimum-delays-a-cut", minimum_shot_delays_a_cut);
    g_test_add_func("/director/shot/returning-takes-longer", returning_takes_longer_than_going_on);
    g_test_add_func("/director/shot/has-a-maximum", a_shot_has_a_maximum);
    g_test_add_func("/director/shot/a-long-monologue-shows-a-listener",
                    a_long_monologue_shows_a_listener);
    g_test_add_func("/director/wide/on-cross-talk", cross_talk_is_shown_wide);
    g_test_add_func("/director/wide/on-silence", silence_is_shown_wide);
    g_test_add_func("/director/wide/never-without-a-camera", without_a_wide_camera_nothing_is_wide);
    g_test_add_func("/director/wide/for-a-voice-without-a-picture",
                    a_voice_without_a_picture_is_shown_wide);
    g_test_add_func("/director/slide/is-shown-for-its-time", a_changed_slide_is_shown_for_its_time);
    g_test_add_func("/director/slide/is-prolonged", another_change_prolongs_the_slide);
    g_test_add_func("/director/slide/never-for-its-sound", a_screen_is_never_shown_for_its_sound);
    g_test_add_func("/director/manual/holds-and-returns", a_manual_cut_holds_and_returns);
    g_test_add_func("/director/manual/beats-the-minimum-shot", a_manual_cut_beats_the_minimum_shot);
    g_test_add_func("/director/manual/ends-by-auto-resume", auto_resume_ends_a_manual_cut);
    g_test_add_func("/director/lost/is-left-at-once", a_lost_source_is_left_at_once);
    g_test_add_func("/director/lost/all-shows-nothing", all_lost_shows_nothing_and_comes_back);
    g_test_add_func("/director/settings/change-while-it-runs", settings_change_while_it_runs);
    g_test_add_func("/director/host/next-and-deadline", the_next_source_and_its_time_are_foreseen);
    return g_test_run();
}
