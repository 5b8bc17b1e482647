/* Frames, milliseconds and clocks. */
#include <show/clock.h>
#include <show/rate.h>

#include <math.h>

static const ShowRate rates[] = {{24000, 1001}, {24, 1},       {25, 1}, {30000, 1001}, {30, 1},
                                 {50, 1},       {60000, 1001}, {60, 1}, {120, 1},      {500, 1}};

static void every_frame_of_a_day_comes_back(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
        gint64 frames = (gint64)24 * 3600 * rates[i].num / rates[i].den;
        gint64 before_ms = -1;
        for (gint64 frame = 0; frame <= frames; frame++) {
            gint64 ms = show_rate_ms(rates[i], frame);
            if (show_rate_frame(rates[i], ms) != frame || ms <= before_ms)
                g_error("frame %" G_GINT64_FORMAT " at %d/%d is %" G_GINT64_FORMAT " ms", frame,
                        rates[i].num, rates[i].den, ms);
            before_ms = ms;
        }
    }
}

static void counts_exactly(void)
{
    const ShowRate ntsc = {30000, 1001}, film = {24000, 1001};
    g_assert_cmpint(show_rate_ms(ntsc, 0), ==, 0);
    g_assert_cmpint(show_rate_ms(ntsc, 1), ==, 33);
    g_assert_cmpint(show_rate_ms(ntsc, 30000), ==, 1001000);
    g_assert_cmpint(show_rate_ms(film, 24000), ==, 1001000);
    g_assert_cmpint(show_rate_ms((ShowRate){60, 1}, 1), ==, 17);
    g_assert_cmpint(show_rate_ms((ShowRate){2000, 1}, 1), ==, 1); /* half a ms: up */
    g_assert_cmpint(show_rate_frame((ShowRate){25, 1}, 59), ==, 1);
    g_assert_cmpint(show_rate_frame((ShowRate){25, 1}, 60), ==, 2);
    g_assert_cmpint(show_rate_ms(ntsc, -3), ==, -100);
    g_assert_cmpint(show_rate_frame(ntsc, -100), ==, -3);
}

static void does_not_overflow(void)
{
    const ShowRate rate = {G_MAXINT, 1};
    g_assert_cmpint(show_rate_frame(rate, G_MAXINT64), ==, G_MAXINT64);
    g_assert_cmpint(show_rate_ms((ShowRate){1, G_MAXINT}, G_MININT64), ==, G_MININT64);
}

static void finds_the_fraction_that_editors_use(void)
{
    static const struct {
        double hz;
        int num, den;
    } cases[] = {
        {23.976, 24000, 1001}, {23.98, 24000, 1001}, {24, 24, 1},      {25, 25, 1},
        {25.0001, 25, 1},      {29.97, 30000, 1001}, {30, 30, 1},      {29.9999, 30, 1},
        {50, 50, 1},           {59.94, 60000, 1001}, {60, 60, 1},      {100, 100, 1},
        {120, 120, 1},         {12.5, 25, 2},        {15, 15, 1},      {14.985, 2997, 200},
        {29.5, 59, 2},         {0.0001, 1, 1000},    {47.95, 959, 20},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        ShowRate rate = show_rate_nearest(cases[i].hz);
        g_assert_cmpint(rate.num, ==, cases[i].num);
        g_assert_cmpint(rate.den, ==, cases[i].den);
    }
}

static void says_when_it_is_no_rate(void)
{
    const double bad[] = {0, -25, NAN, INFINITY, -INFINITY, 1e12};
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        ShowRate rate = show_rate_nearest(bad[i]);
        g_assert_true(rate.num == 0 && rate.den == 0);
    }
}

static void compares_fractions(void)
{
    g_assert_true(show_rate_equal((ShowRate){60, 2}, (ShowRate){30, 1}));
    g_assert_false(show_rate_equal((ShowRate){30000, 1001}, (ShowRate){30, 1}));
    g_assert_true(show_rate_equal((ShowRate){0, 0}, (ShowRate){0, 0}));
    g_assert_false(show_rate_equal((ShowRate){0, 0}, (ShowRate){30, 1}));
}

static void clocks_are_inverse(void)
{
    for (int i = 0; i < 2000; i++) {
        ShowClock clock = {.start_s = g_test_rand_double_range(-10, 7200),
                           .drift_ppm = g_test_rand_double_range(-200, 200)};
        double t_s = g_test_rand_double_range(0, 4 * 3600);
        double back_s = show_clock_to_session(&clock, show_clock_to_source(&clock, t_s));
        g_assert_cmpfloat(fabs(back_s - t_s), <, 1e-8);
    }
    /* A fast clock's file is longer than the show. */
    ShowClock fast = {.start_s = 10, .drift_ppm = 100};
    g_assert_cmpfloat_with_epsilon(show_clock_to_source(&fast, 1010), 1000.1, 1e-9);
    g_assert_cmpfloat(show_clock_to_source(&fast, 4), <, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/show/rate/every-frame-of-a-day-comes-back", every_frame_of_a_day_comes_back);
    g_test_add_func("/show/rate/counts-exactly", counts_exactly);
    g_test_add_func("/show/rate/does-not-overflow", does_not_overflow);
    g_test_add_func("/show/rate/finds-the-fraction-that-editors-use",
                    finds_the_fraction_that_editors_use);
    g_test_add_func("/show/rate/says-when-it-is-no-rate", says_when_it_is_no_rate);
    g_test_add_func("/show/rate/compares-fractions", compares_fractions);
    g_test_add_func("/show/clock/there-and-back", clocks_are_inverse);
    return g_test_run();
}
