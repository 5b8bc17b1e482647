/* Names and labels. */
#include <show/limits.h>

#include <string.h>

static void takes_plain_ids(void)
{
    static const char *const good[] = {"cam_1", "wide", "A", "0", "a.b-c_d", "cam_16", "x."};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(show_id_is_valid(good[i]));
    g_autofree char *longest = g_strnfill(SHOW_ID_BYTES_MAX, 'a');
    g_assert_true(show_id_is_valid(longest));
}

static void refuses_ids_that_could_leave_a_folder(void)
{
    static const char *const bad[] = {"",     ".",    "..",    "../a", "a/b",  "a..b",
                                      "-a",   "_a",   ".a",    "a b",  "a\n",  "caf\xC3\xA9",
                                      "a\\b", "a\"b", "a\x7f", "a:b",  "\xff", "a%2f"};
    g_assert_false(show_id_is_valid(NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(show_id_is_valid(bad[i]));
    g_autofree char *longer = g_strnfill(SHOW_ID_BYTES_MAX + 1, 'a');
    g_assert_false(show_id_is_valid(longer));
}

static void takes_labels_of_any_script(void)
{
    static const char *const good[] = {"Host", "Anna Müller", "司会者", "a/b", "..", " ", "🎤"};
    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(show_label_is_valid(good[i]));
    g_autofree char *longest = g_strnfill(SHOW_LABEL_BYTES_MAX, 'x');
    g_assert_true(show_label_is_valid(longest));
}

static void refuses_labels_that_are_no_text(void)
{
    static const char *const bad[] = {"", "a\nb", "\t", "a\x1b[0m", "\xff", "a\x7f", "\xC2\x85"};
    g_assert_false(show_label_is_valid(NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
        g_assert_false(show_label_is_valid(bad[i]));
    g_autofree char *longer = g_strnfill(SHOW_LABEL_BYTES_MAX + 1, 'x');
    g_assert_false(show_label_is_valid(longer));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/show/limits/takes-plain-ids", takes_plain_ids);
    g_test_add_func("/show/limits/refuses-ids-that-could-leave-a-folder",
                    refuses_ids_that_could_leave_a_folder);
    g_test_add_func("/show/limits/takes-labels-of-any-script", takes_labels_of_any_script);
    g_test_add_func("/show/limits/refuses-labels-that-are-no-text",
                    refuses_labels_that_are_no_text);
    return g_test_run();
}
