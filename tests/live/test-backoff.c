/* Waiting before another try. */
#include <live/backoff.h>

static void test_it_grows_and_has_an_end(void)
{
    LiveBackoff backoff = {0};
    static const guint wanted_ms[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000};
    for (gsize i = 0; i < G_N_ELEMENTS(wanted_ms); i++)
        g_assert_cmpuint(live_backoff_next_ms(&backoff, 0.5), ==, wanted_ms[i]);
    for (int i = 0; i < 100; i++)
        live_backoff_next_ms(&backoff, 0.5);
    g_assert_cmpuint(live_backoff_next_ms(&backoff, 0.5), ==, 30000);
    live_backoff_reset(&backoff);
    g_assert_cmpuint(live_backoff_next_ms(&backoff, 0.5), ==, 1000);
}

static void test_it_is_spread_by_a_quarter(void)
{
    LiveBackoff low = {0}, high = {0};
    g_assert_cmpuint(live_backoff_next_ms(&low, 0), ==, 750);
    g_assert_cmpuint(live_backoff_next_ms(&high, 1), ==, 1250);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/backoff/it-grows-and-has-an-end", test_it_grows_and_has_an_end);
    g_test_add_func("/live/backoff/it-is-spread-by-a-quarter", test_it_is_spread_by_a_quarter);
    return g_test_run();
}
