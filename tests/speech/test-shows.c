/* Real speech in rooms with several mics: bench/data/speech against its truth. */
#include "score.h"

#include <glib.h>

/* NULL: skipped. */
static BenchShow *hear(const char *name)
{
    g_autofree char *ffmpeg = g_find_program_in_path("ffmpeg");
    if (ffmpeg == NULL) {
        g_test_skip("skipped: needs ffmpeg (make test-deps)");
        return NULL;
    }
    g_autofree char *folder =
        g_build_filename(g_getenv("CROSSCUT_SOURCE"), "bench", "data", "speech", name, NULL);
    g_autoptr(GError) error = NULL;
    BenchShow *show = bench_show_open(folder, &error);
    g_assert_no_error(error);
    bench_show_run(show, NULL);
    return show;
}

static void expect(const BenchShow *show, double f1)
{
    Score score;
    score_show(show, &score);
    g_test_message("F1 %.3f, %.2f false starts a minute", score.f1, score.false_starts_per_minute);
    g_assert_cmpfloat(score.f1, >=, f1);
    g_assert_cmpfloat(score.false_starts_per_minute, <, 2);
}

static void test_close_mics(void)
{
    g_autoptr(BenchShow) show = hear("dev_close");
    if (show == NULL)
        return;
    expect(show, 0.96);
    for (int mic = 0; mic < show->mics; mic++)
        g_assert_false(show->setting[mic].silent);
    /* show.json: 13.6 dB, and gains of 0, 5 and −5 dB. */
    g_assert_cmpfloat_with_epsilon(show->isolation_db, 13.6, 2);
    g_assert_cmpfloat_with_epsilon(show->setting[1].gain_db - show->setting[0].gain_db, 5, 2.5);
    g_assert_cmpfloat_with_epsilon(show->setting[2].gain_db - show->setting[0].gain_db, -5, 2.5);
}

static void test_table(void)
{
    g_autoptr(BenchShow) show = hear("dev_table");
    if (show == NULL)
        return;
    expect(show, 0.945);
    g_assert_cmpfloat_with_epsilon(show->isolation_db, 5.8, 1.5);
}

static void test_silent_guest(void)
{
    g_autoptr(BenchShow) show = hear("dev_silent_guest");
    if (show == NULL)
        return;
    expect(show, 0.965);
    g_assert_true(show->setting[2].silent);
    Score score;
    score_show(show, &score);
    g_assert_cmpfloat(score.false_share[2], <=, 0.01);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/speech/shows/close-mics", test_close_mics);
    g_test_add_func("/speech/shows/mics-on-a-table", test_table);
    g_test_add_func("/speech/shows/a-guest-who-never-speaks", test_silent_guest);
    return g_test_run();
}
