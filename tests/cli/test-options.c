/* The command line as a table: what is accepted, and what each refusal says. */
#include "error.h"
#include "options.h"

#include <string.h>

static const CliOption options[] = {
    {"output", 'o', "DIR", NULL, "where"},   {"mode", 0, "MODE", "full causal", "how"},
    {"set", 0, "NAME=VALUE", NULL, "what"},  {"height", 0, "PIXELS", NULL, "how high"},
    {"overwrite", 'f', NULL, NULL, "really"}, {NULL},
};

static CliArguments *parse(const char *line, GError **error)
{
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    /* The arguments borrow their words: kept for the life of the test. */
    static GPtrArray *kept;
    if (kept == NULL)
        kept = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    int count = line[0] == '\0' ? 0 : (int)g_strv_length(words);
    char **borrowed = g_steal_pointer(&words);
    g_ptr_array_add(kept, borrowed);
    if (count == 0)
        borrowed[0] = (g_free(borrowed[0]), NULL);
    return cli_arguments_parse(options, count, borrowed, error);
}

static void test_forms_of_an_option(void)
{
    static const char *const lines[] = {"-o show a.mp4", "-oshow a.mp4", "--output show a.mp4",
                                        "--output=show a.mp4", "a.mp4 -o show"};
    for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CliArguments) arguments = parse(lines[i], &error);
        g_assert_no_error(error);
        g_assert_cmpstr(cli_value(arguments, "output"), ==, "show");
        g_assert_cmpuint(cli_positionals(arguments)->len, ==, 1);
        g_assert_cmpstr(cli_positionals(arguments)->pdata[0], ==, "a.mp4");
    }
}

static void test_repeats_in_order_and_last_wins(void)
{
    g_autoptr(CliArguments) arguments = parse("--set a=1 --set b=2", NULL);
    g_autoptr(GPtrArray) values = cli_values(arguments, "set");
    g_assert_cmpuint(values->len, ==, 2);
    g_assert_cmpstr(values->pdata[0], ==, "a=1");
    g_assert_cmpstr(cli_value(arguments, "set"), ==, "b=2");
}

static void test_two_dashes_end_the_options(void)
{
    g_autoptr(CliArguments) arguments = parse("-f -- -o show", NULL);
    g_assert_true(cli_flag(arguments, "overwrite"));
    g_assert_cmpuint(cli_positionals(arguments)->len, ==, 2);
    g_assert_null(cli_value(arguments, "output"));
}

static void test_refusals_say_what_to_do(void)
{
    static const struct {
        const char *line, *message;
    } cases[] = {
        {"--outptu x", "--outptu: there is no such option; see --help"},
        {"-z", "-z: there is no such option; see --help"},
        {"--output", "--output: its value is missing, expected --output DIR"},
        {"--overwrite=yes", "--overwrite takes no value, found \"yes\""},
        {"--mode fast", "--mode: expected one of full, causal, found \"fast\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(CliArguments) arguments = parse(cases[i].line, &error);
        g_assert_null(arguments);
        g_assert_error(error, CLI_ERROR, CLI_ERROR_USAGE);
        g_assert_cmpstr(error->message, ==, cases[i].message);
    }
}

static void test_numbers_are_whole_finite_and_in_range(void)
{
    static const struct {
        const char *value, *message;
    } cases[] = {
        {"tall", "--height: expected a number, found \"tall\""},
        {"12x", "--height: expected a number, found \"12x\""},
        {"nan", "--height: expected a number, found \"nan\""},
        {"1e999", "--height: expected a number, found \"1e999\""},
        {"10", "--height: expected 90 to 2160, found 10"},
        {"100.5", "--height: expected a whole number, found \"100.5\""},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *line = g_strdup_printf("--height %s", cases[i].value);
        g_autoptr(CliArguments) arguments = parse(line, NULL);
        int height = 7;
        g_assert_false(cli_integer(arguments, "height", 90, 2160, &height, &error));
        g_assert_cmpstr(error->message, ==, cases[i].message);
        g_assert_cmpint(height, ==, 7);
    }
    g_autoptr(CliArguments) none = parse("", NULL);
    int height = 7;
    g_assert_true(cli_integer(none, "height", 90, 2160, &height, NULL));
    g_assert_cmpint(height, ==, 7);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cli/options/forms-of-an-option", test_forms_of_an_option);
    g_test_add_func("/cli/options/repeats-in-order-and-last-wins",
                    test_repeats_in_order_and_last_wins);
    g_test_add_func("/cli/options/two-dashes-end-the-options", test_two_dashes_end_the_options);
    g_test_add_func("/cli/options/refusals-say-what-to-do", test_refusals_say_what_to_do);
    g_test_add_func("/cli/options/numbers-are-whole-finite-and-in-range",
                    test_numbers_are_whole_finite_and_in_range);
    return g_test_run();
}
