/* Messages between servers and workers. */
#include <jobs/error.h>
#include <jobs/word.h>

#include <string.h>

static void test_round_trip(void)
{
    JobsWord word = {.say = JOBS_SAY_FAIL,
                     .worker = (char *)"here-1",
                     .number = 7,
                     .lease = {3, 2},
                     .lease_ms = 60000,
                     .session = (char *)"s",
                     .settings = (char *)"{\"a\":\"ü\"}",
                     .reason = (char *)"no \"picture\"",
                     .for_good = TRUE,
                     .is_far = TRUE,
                     .progress = {12.5, 1000}};
    g_autoptr(GError) error = NULL;
    g_autofree char *text = jobs_word_text(&word);
    g_autoptr(JobsWord) read = jobs_word_parse(text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_cmpint(read->say, ==, word.say);
    g_assert_cmpstr(read->worker, ==, word.worker);
    g_assert_cmpint(read->number, ==, 7);
    g_assert_cmpint(read->lease.job, ==, 3);
    g_assert_cmpint(read->lease.take, ==, 2);
    g_assert_cmpstr(read->settings, ==, word.settings);
    g_assert_cmpstr(read->reason, ==, word.reason);
    g_assert_true(read->for_good);
    g_assert_true(read->is_far);
    g_assert_cmpfloat(read->progress.percent, ==, 12.5);
    g_assert_cmpint(read->progress.left_ms, ==, 1000);
}

static void test_refused(void)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{}",
        "{\"say\":\"take\"}",
        "{\"say\":\"take\",\"worker\":\"\"}",
        "{\"say\":\"dance\",\"worker\":\"a\"}",
        "{\"say\":\"take\",\"worker\":5}",
        "{\"say\":\"take\",\"worker\":\"a\",\"worker\":\"b\"}",
        "{\"say\":\"take\",\"worker\":\"a\",\"session\":\"a\\u0000b\"}",
        "{\"say\":\"job\",\"worker\":\"a\"}",
        "{\"say\":\"beat\",\"worker\":\"a\",\"percent\":101}",
        "{\"say\":\"beat\",\"worker\":\"a\",\"percent\":-1}",
        "{\"say\":\"beat\",\"worker\":\"a\",\"job\":-1}",
        "{\"say\":\"beat\",\"worker\":\"a\",\"job\":1.5}",
        "{\"say\":\"beat\",\"worker\":\"a\",\"left\":-2}",
        "{\"say\":\"beat\",\"worker\":\"a\",\"lease\":999999999}",
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i]);
        g_assert_null(jobs_word_parse(cases[i], strlen(cases[i]), &error));
        g_assert_error(error, JOBS_ERROR, JOBS_ERROR_INVALID);
    }
}

static void test_too_long(void)
{
    g_autofree char *long_name = g_strnfill(JOBS_TEXT_BYTES_MAX + 1, 'a');
    g_autofree char *text = g_strdup_printf("{\"say\":\"take\",\"worker\":\"%s\"}", long_name);
    g_assert_null(jobs_word_parse(text, strlen(text), NULL));
    g_autofree char *blanks = g_strnfill(JOBS_WORD_BYTES_MAX + 1, ' ');
    g_assert_null(jobs_word_parse(blanks, strlen(blanks), NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/jobs/word/is-read-as-it-was-written", test_round_trip);
    g_test_add_func("/jobs/word/refuses-what-is-none", test_refused);
    g_test_add_func("/jobs/word/refuses-what-is-too-long", test_too_long);
    return g_test_run();
}
