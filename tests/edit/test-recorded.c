/* The shots of a program that was cut live, read from its log. */
#include <edit/recorded.h>

#include "random-show.h"

typedef struct Wanted {
    gint64 t_ms;
    const char *source, *reason;
} Wanted;

static void decide(ShowLog *log, gint64 t_ms, const char *source, const char *id,
                   const char *reason)
{
    ShowEvent *event = add_event(log, SHOW_EVENT_SWITCH, source, t_ms);
    g_free(event->id);
    event->id = g_strdup(id);
    if (reason != NULL)
        show_event_set(event, "reason", json_string(reason));
}

static void cut(ShowLog *log, gint64 t_ms, const char *source, const char *decision)
{
    ShowEvent *event = add_event(log, SHOW_EVENT_CUT, source, t_ms);
    if (decision != NULL)
        show_event_set(event, "decision", json_string(decision));
}

/* Of a program from 1,000 to 31,000 on the session clock. */
static void check(const ShowLog *log, const char *fallback, const Wanted *wanted, guint n)
{
    EditRecorded recorded = {log, 1000, 30000, {30, 1}};
    g_autoptr(ShowShots) shots = edit_recorded_shots(&recorded, fallback);
    g_assert_cmpint(shots->start_ms, ==, 1000);
    g_assert_cmpint(shots->duration_ms, ==, 30000);
    g_assert_true(show_rate_equal(shots->rate, (ShowRate){30, 1}));
    for (guint i = 0; i < MIN(n, shots->shots->len); i++) {
        const ShowShot *shot = shots->shots->pdata[i];
        g_assert_cmpint(shot->t_ms, ==, wanted[i].t_ms);
        g_assert_cmpstr(shot->source, ==, wanted[i].source);
        g_assert_cmpstr(shot->reason, ==, wanted[i].reason);
    }
    g_assert_cmpuint(shots->shots->len, ==, n);
}
#define CHECK(log, fallback, ...)                       \
    check(log, fallback, (const Wanted[]){__VA_ARGS__}, \
          G_N_ELEMENTS(((const Wanted[]){__VA_ARGS__})))

static void test_cuts_are_shots(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    decide(log, 900, "cam_1", "s1", "opening");
    cut(log, 1000, "cam_1", "s1");
    decide(log, 6000, "cam_2", "s2", "speaks");
    cut(log, 6120, "cam_2", "s2");
    cut(log, 9000, "cam_3", NULL); /* by hand */
    CHECK(log, "cam_9", {0, "cam_1", "opening"}, {5120, "cam_2", "speaks"}, {8000, "cam_3", NULL});
}

/* What was decided on and never shown is no shot. */
static void test_decisions_are_none(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    cut(log, 1000, "cam_1", NULL);
    decide(log, 6000, "cam_2", "s2", "speaks");
    CHECK(log, NULL, {0, "cam_1", NULL});
}

static void test_before_the_first_cut(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    decide(log, 200, "wide", "s1", "opening");
    decide(log, 6000, "cam_2", "s2", "speaks");
    cut(log, 6120, "cam_2", "s2");
    CHECK(log, "cam_9", {0, "wide", "opening"}, {5120, "cam_2", "speaks"});
}

/* The program began after some of them: the last of those is on screen then. */
static void test_before_the_program(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    cut(log, 100, "cam_1", NULL);
    cut(log, 700, "cam_2", NULL);
    cut(log, 2000, "cam_1", NULL);
    CHECK(log, NULL, {0, "cam_2", NULL}, {1000, "cam_1", NULL});
}

static void test_behind_the_program(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    cut(log, 1000, "cam_1", NULL);
    cut(log, 31000, "cam_2", NULL);
    cut(log, 99000, "cam_3", NULL);
    CHECK(log, NULL, {0, "cam_1", NULL});
}

static void test_same_source_is_no_cut(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    cut(log, 1000, "cam_1", NULL);
    cut(log, 3000, "cam_1", NULL);
    cut(log, 5000, "cam_2", NULL);
    CHECK(log, NULL, {0, "cam_1", NULL}, {4000, "cam_2", NULL});
}

/* Of two in one moment the later counts, and when it goes back to what was there it was no cut. */
static void test_two_in_one_moment(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    cut(log, 1000, "cam_1", NULL);
    cut(log, 5000, "cam_2", NULL);
    cut(log, 5000, "cam_3", NULL);
    cut(log, 9000, "cam_2", NULL);
    cut(log, 9000, "cam_3", NULL);
    CHECK(log, NULL, {0, "cam_1", NULL}, {4000, "cam_3", NULL});
}

static void test_log_out_of_order(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    cut(log, 9000, "cam_3", "s3");
    cut(log, 1000, "cam_1", "s1");
    decide(log, 8900, "cam_3", "s3", "speaks");
    cut(log, 5000, "cam_2", "gone"); /* what it answers is not in the log */
    CHECK(log, NULL, {0, "cam_1", NULL}, {4000, "cam_2", NULL}, {8000, "cam_3", "speaks"});
    g_assert_cmpint(((const ShowEvent *)log->events->pdata[0])->t_ms, ==, 9000);
}

static void test_empty_log(void)
{
    g_autoptr(ShowLog) log = show_log_new();
    CHECK(log, "cam_4", {0, "cam_4", NULL});
    CHECK(log, NULL, {0, "", NULL});
    add_event(log, SHOW_EVENT_CUT, NULL, 5000); /* it says nothing */
    CHECK(log, "cam_4", {0, "cam_4", NULL});
}

/* Whatever the log holds: the first shot at 0, times ascending inside the program, neighbours that
 * differ, and each the last cut before it. */
static void test_any_log(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20261127);
    for (int round = 0; round < 300; round++) {
        g_autoptr(ShowLog) log = show_log_new();
        for (gint32 n = g_rand_int_range(random, 0, 40); n > 0; n--) {
            g_autofree char *source = g_strdup_printf("cam_%d", g_rand_int_range(random, 1, 4));
            cut(log, g_rand_int_range(random, 0, 35000), source, NULL);
        }
        EditRecorded recorded = {log, 1000, 30000, {30, 1}};
        g_autoptr(ShowShots) shots = edit_recorded_shots(&recorded, "cam_1");
        g_assert_cmpuint(shots->shots->len, >, 0);
        g_assert_cmpint(((const ShowShot *)shots->shots->pdata[0])->t_ms, ==, 0);
        for (guint i = 1; i < shots->shots->len; i++) {
            const ShowShot *last = shots->shots->pdata[i - 1], *shot = shots->shots->pdata[i];
            g_assert_cmpint(shot->t_ms, >, last->t_ms);
            g_assert_cmpint(shot->t_ms, <, 30000);
            g_assert_cmpstr(shot->source, !=, last->source);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edit/recorded/each-cut-is-a-shot-with-its-reason", test_cuts_are_shots);
    g_test_add_func("/edit/recorded/a-decision-that-was-not-shown-is-none",
                    test_decisions_are_none);
    g_test_add_func("/edit/recorded/begins-with-the-first-decision", test_before_the_first_cut);
    g_test_add_func("/edit/recorded/begins-with-the-last-cut-before-it", test_before_the_program);
    g_test_add_func("/edit/recorded/cuts-behind-the-end-are-none", test_behind_the_program);
    g_test_add_func("/edit/recorded/a-cut-to-what-is-shown-is-none", test_same_source_is_no_cut);
    g_test_add_func("/edit/recorded/of-two-in-one-moment-the-later-counts", test_two_in_one_moment);
    g_test_add_func("/edit/recorded/takes-a-log-in-any-order", test_log_out_of_order);
    g_test_add_func("/edit/recorded/without-cuts-there-is-one-shot", test_empty_log);
    g_test_add_func("/edit/recorded/any-log-gives-shots-in-order", test_any_log);
    return g_test_run();
}
