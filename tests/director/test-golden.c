/* Logs and the decisions that they give: tests/director/golden/NAME.events and NAME.decisions. With
 * CROSSCUT_REGENERATE=1 the decisions are written anew; look at the difference before you commit. */
#include "script.h"

static char *golden_folder(void)
{
    const char *source = g_getenv("CROSSCUT_SOURCE");
    return g_build_filename(source != NULL ? source : ".", "tests", "director", "golden", NULL);
}

static void check_golden(gconstpointer data)
{
    const char *path = data;
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *expected = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, &error));
    Script script = script_read(text);
    g_autofree char *decisions = script_run(&script);
    scene_clear(&script.scene);

    g_autofree char *stem = g_strndup(path, strlen(path) - strlen(".events"));
    g_autofree char *golden = g_strconcat(stem, ".decisions", NULL);
    if (g_getenv("CROSSCUT_REGENERATE") != NULL)
        g_assert_true(g_file_set_contents(golden, decisions, -1, &error));
    g_assert_true(g_file_get_contents(golden, &expected, NULL, &error));
    g_assert_cmpstr(decisions, ==, expected);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_autofree char *folder = golden_folder();
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    g_assert_no_error(error);
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    const char *name;
    while ((name = g_dir_read_name(dir)) != NULL)
        if (g_str_has_suffix(name, ".events"))
            g_ptr_array_add(names, g_strdup(name));
    g_ptr_array_sort(names, compare_names);
    g_assert_cmpuint(names->len, >, 0);
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *test = g_strdup_printf("/director/golden/%s", (char *)names->pdata[i]);
        g_test_add_data_func_full(test, g_build_filename(folder, names->pdata[i], NULL),
                                  check_golden, g_free);
    }
    return g_test_run();
}
