/* The table of settings, presets and checks. */
#include <director/settings.h>
#include <glib.h>

static void defaults_are_in_range(void)
{
    DirectorSettings settings;
    director_settings_defaults(&settings);
    g_assert_null(director_settings_check(&settings));
}

static void the_table_covers_every_field(void)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    g_assert_cmpuint(sizeof(DirectorSettings), ==, (gsize)count * sizeof(int32_t));
    for (int i = 0; i < count; i++) {
        g_assert_cmpuint(table[i].offset, ==, (gsize)i * sizeof(int32_t));
        g_assert_cmpstr(table[i].name, !=, "");
        g_assert_true(g_str_has_suffix(table[i].help, "."));
        g_assert_cmpint(table[i].min_ms, <, table[i].max_ms);
    }
}

static void what_is_set_is_read(void)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    DirectorSettings settings = {0};
    for (int i = 0; i < count; i++)
        director_setting_set(&settings, &table[i], 1000 + i);
    for (int i = 0; i < count; i++)
        g_assert_cmpint(director_setting_get(&settings, &table[i]), ==, 1000 + i);
    g_assert_cmpint(settings.look_ahead_ms, ==, 1000);
}

static void the_check_names_the_setting(void)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    for (int i = 0; i < count; i++) {
        DirectorSettings settings;
        director_settings_defaults(&settings);
        director_setting_set(&settings, &table[i], table[i].max_ms + 1);
        g_assert_true(director_settings_check(&settings) == &table[i]);
        director_setting_set(&settings, &table[i], table[i].min_ms - 1);
        g_assert_true(director_settings_check(&settings) == &table[i]);
        director_setting_set(&settings, &table[i], table[i].max_ms);
        g_assert_null(director_settings_check(&settings));
    }
}

static void presets_are_known_and_in_range(void)
{
    int known = 0;
    for (const char *const *name = director_settings_presets(); *name != NULL; name++, known++) {
        DirectorSettings settings = {0};
        g_assert_true(director_settings_preset(&settings, *name));
        g_assert_null(director_settings_check(&settings));
        g_assert_cmpint(settings.max_shot_ms, >, 0);
        g_assert_cmpint(settings.opening_ms, >, 0);
        g_assert_cmpint(settings.reaction_after_ms, >, 0);
    }
    g_assert_cmpint(known, ==, 4);
}

static void unknown_presets_change_nothing(void)
{
    DirectorSettings settings = {.min_shot_ms = 77};
    g_assert_false(director_settings_preset(&settings, "pod"));
    g_assert_false(director_settings_preset(&settings, "podcasts"));
    g_assert_false(director_settings_preset(&settings, NULL));
    g_assert_cmpint(settings.min_shot_ms, ==, 77);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/settings/defaults-are-in-range", defaults_are_in_range);
    g_test_add_func("/settings/the-table-covers-every-field", the_table_covers_every_field);
    g_test_add_func("/settings/what-is-set-is-read", what_is_set_is_read);
    g_test_add_func("/settings/the-check-names-the-setting", the_check_names_the_setting);
    g_test_add_func("/settings/presets-are-known-and-in-range", presets_are_known_and_in_range);
    g_test_add_func("/settings/unknown-presets-change-nothing", unknown_presets_change_nothing);
    return g_test_run();
}
