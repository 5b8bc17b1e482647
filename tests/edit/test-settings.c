/* Settings as people write them: what is taken, and how exactly errors speak. */
#include <edit/error.h>
#include <edit/settings.h>

#include <stdlib.h>
#include <string.h>

static void assert_text_fails(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    DirectorSettings settings, before;
    director_settings_defaults(&settings);
    before = settings;
    g_assert_false(edit_settings_apply_text(&settings, text, &error));
    g_assert_error(error, EDIT_ERROR, EDIT_ERROR_SETTING);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpmem(&settings, sizeof settings, &before, sizeof before);
}

static gboolean apply(DirectorSettings *settings, const char *text, GError **error)
{
    json_t *object = json_loads(text, JSON_DECODE_ANY, NULL);
    g_assert_nonnull(object);
    gboolean good = edit_settings_apply_json(settings, "settings.json", object, error);
    json_decref(object);
    return good;
}

static void assert_json_fails(const char *text, const char *message)
{
    g_autoptr(GError) error = NULL;
    DirectorSettings settings, before;
    director_settings_defaults(&settings);
    before = settings;
    g_assert_false(apply(&settings, text, &error));
    g_assert_error(error, EDIT_ERROR, EDIT_ERROR_SETTING);
    g_assert_cmpstr(error->message, ==, message);
    g_assert_cmpmem(&settings, sizeof settings, &before, sizeof before);
}

static void test_text_sets_seconds(void)
{
    DirectorSettings settings;
    director_settings_defaults(&settings);
    g_assert_true(edit_settings_apply_text(&settings, "min_shot=2.25", NULL));
    g_assert_cmpint(settings.min_shot_ms, ==, 2250);
    g_assert_true(edit_settings_apply_text(&settings, " silence = 0 ", NULL));
    g_assert_cmpint(settings.silence_ms, ==, 0);
}

static void test_text_takes_a_preset(void)
{
    DirectorSettings settings, wanted;
    g_assert_true(director_settings_preset(&wanted, "church"));
    director_settings_defaults(&settings);
    settings.min_shot_ms = 777;
    g_assert_true(edit_settings_apply_text(&settings, "preset=church", NULL));
    g_assert_cmpmem(&settings, sizeof settings, &wanted, sizeof wanted);
}

static void test_text_names_the_range(void)
{
    assert_text_fails("min_shot=99", "min_shot: expected 0.2 to 30.0 seconds, found 99");
    assert_text_fails("min_shot=-1", "min_shot: expected 0.2 to 30.0 seconds, found -1");
    assert_text_fails("min_shot=nan", "min_shot: expected 0.2 to 30.0 seconds, found nan");
    assert_text_fails("min_shot=1e999", "min_shot: expected 0.2 to 30.0 seconds, found 1e999");
    assert_text_fails("min_shot=2s", "min_shot: expected 0.2 to 30.0 seconds, found \"2s\"");
    assert_text_fails("min_shot=", "min_shot: expected 0.2 to 30.0 seconds, found \"\"");
}

static void test_text_says_what_was_meant(void)
{
    assert_text_fails("min_shots=2", "min_shots: there is no such setting; did you mean min_shot?");
    assert_text_fails("minshot=2", "minshot: there is no such setting; did you mean min_shot?");
    assert_text_fails("min_shot", "\"min_shot\": expected name=value, as in min_shot=2.0");
    g_autoptr(GError) error = NULL;
    DirectorSettings settings;
    director_settings_defaults(&settings);
    g_assert_false(edit_settings_apply_text(&settings, "sparkle_level=1", &error));
    g_assert_true(g_str_has_prefix(
        error->message, "sparkle_level: there is no such setting; there are preset, look_ahead, "));
}

static void test_text_lists_the_presets(void)
{
    assert_text_fails("preset=circus",
                      "preset: expected one of podcast, meeting, church, conference, found "
                      "\"circus\"");
}

static void test_json_counts_the_preset_first(void)
{
    g_autoptr(GError) error = NULL;
    DirectorSettings settings, wanted;
    g_assert_true(director_settings_preset(&wanted, "podcast"));
    wanted.min_shot_ms = 4000;
    director_settings_defaults(&settings);
    g_assert_true(apply(&settings, "{\"min_shot\": 4, \"preset\": \"podcast\"}", &error));
    g_assert_no_error(error);
    g_assert_cmpmem(&settings, sizeof settings, &wanted, sizeof wanted);
}

static void test_json_errors_name_file_and_member(void)
{
    assert_json_fails("{\"min_shot\": 99}",
                      "settings.json: min_shot: expected 0.2 to 30.0 seconds, found 99");
    assert_json_fails("{\"silence\": 1, \"min_shot\": 30.25}",
                      "settings.json: min_shot: expected 0.2 to 30.0 seconds, found 30.25");
    assert_json_fails("{\"min_shot\": \"soon\"}",
                      "settings.json: min_shot: expected 0.2 to 30.0 seconds, found \"soon\"");
    assert_json_fails("{\"min_shot\": [1]}",
                      "settings.json: min_shot: expected 0.2 to 30.0 seconds, found an array");
    assert_json_fails("{\"min_shot\": null}",
                      "settings.json: min_shot: expected 0.2 to 30.0 seconds, found null");
    assert_json_fails("{\"max_shoot\": 9}",
                      "settings.json: max_shoot: there is no such setting; did you mean max_shot?");
    assert_json_fails("{\"preset\": 5}",
                      "settings.json: preset: expected the name of a preset, found 5");
    assert_json_fails("[]",
                      "settings.json: expected an object of settings, as in {\"min_shot\": 2.0}");
}

static void test_errors_hold_no_control_characters(void)
{
    g_autoptr(GError) error = NULL;
    DirectorSettings settings;
    director_settings_defaults(&settings);
    g_assert_false(edit_settings_apply_text(&settings, "a\033[2J\n\xff=1", &error));
    for (const char *at = error->message; *at != '\0'; at++)
        g_assert_false(g_ascii_iscntrl(*at));
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

static void test_writes_what_it_reads(void)
{
    GRand *random = g_rand_new_with_seed(3);
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    for (int round = 0; round < 200; round++) {
        DirectorSettings settings, back;
        director_settings_defaults(&settings);
        for (int i = 0; i < count; i++)
            director_setting_set(&settings, &table[i],
                                 g_rand_int_range(random, table[i].min_ms, table[i].max_ms + 1));
        json_t *object = edit_settings_to_json(&settings);
        g_assert_cmpint((int)json_object_size(object), ==, count);
        director_settings_defaults(&back);
        g_assert_true(edit_settings_apply_json(&back, "back", object, NULL));
        json_decref(object);
        g_assert_cmpmem(&settings, sizeof settings, &back, sizeof back);
    }
    g_rand_free(random);
}

/* ---- the schema in docs/ ---- */

static json_t *setting_schema(const DirectorSettingInfo *info)
{
    return json_pack("{s:s, s:s, s:f, s:f, s:f}", "type", "number", "description", info->help,
                     "minimum", info->min_ms / 1000.0, "maximum", info->max_ms / 1000.0, "default",
                     info->default_ms / 1000.0);
}

static char *schema_text(void)
{
    json_t *names = json_array();
    for (const char *const *name = director_settings_presets(); *name != NULL; name++)
        json_array_append_new(names, json_string(*name));
    json_t *properties =
        json_pack("{s:{s:s, s:o}}", "preset", "description",
                  "Counts first; what else is named is set over it.", "enum", names);
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    for (int i = 0; i < count; i++)
        json_object_set_new(properties, table[i].name, setting_schema(&table[i]));
    json_t *schema = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o}", "$schema",
                               "https://json-schema.org/draft/2020-12/schema", "title", "Settings",
                               "description", "Settings of the director, in seconds.", "type",
                               "object", "additionalProperties", FALSE, "properties", properties);
    char *dumped = json_dumps(schema, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    char *text = g_strconcat(dumped, "\n", NULL);
    free(dumped);
    json_decref(schema);
    return text;
}

/* With CROSSCUT_UPDATE=1 in the environment the file is written anew. */
static void test_schema_is_the_table(void)
{
    g_autofree char *path = g_build_filename(g_getenv("CROSSCUT_SOURCE"), "docs", "schemas",
                                             "settings.schema.json", NULL);
    g_autofree char *wanted = schema_text();
    g_autofree char *found = NULL;
    if (g_getenv("CROSSCUT_UPDATE") != NULL)
        g_assert_true(g_file_set_contents(path, wanted, -1, NULL));
    g_assert_true(g_file_get_contents(path, &found, NULL, NULL));
    if (strcmp(found, wanted) != 0)
        g_test_message("%s is out of date: run this test with CROSSCUT_UPDATE=1", path);
    g_assert_cmpstr(found, ==, wanted);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/edit/settings/text-sets-seconds", test_text_sets_seconds);
    g_test_add_func("/edit/settings/text-takes-a-preset", test_text_takes_a_preset);
    g_test_add_func("/edit/settings/text-names-the-range", test_text_names_the_range);
    g_test_add_func("/edit/settings/text-says-what-was-meant", test_text_says_what_was_meant);
    g_test_add_func("/edit/settings/text-lists-the-presets", test_text_lists_the_presets);
    g_test_add_func("/edit/settings/json-counts-the-preset-first",
                    test_json_counts_the_preset_first);
    g_test_add_func("/edit/settings/json-errors-name-file-and-member",
                    test_json_errors_name_file_and_member);
    g_test_add_func("/edit/settings/errors-hold-no-control-characters",
                    test_errors_hold_no_control_characters);
    g_test_add_func("/edit/settings/writes-what-it-reads", test_writes_what_it_reads);
    g_test_add_func("/edit/settings/schema-is-the-table", test_schema_is_the_table);
    return g_test_run();
}
