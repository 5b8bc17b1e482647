/* Any bytes as a file of settings, and as name=value: never a crash, never a setting out of range,
 * and nothing changed where there is an error. */
#include <edit/settings.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean good, const DirectorSettings *settings, const GError *error)
{
    DirectorSettings defaults;
    director_settings_defaults(&defaults);
    g_assert_true(good == (error == NULL));
    g_assert_null(director_settings_check(settings));
    if (!good) {
        g_assert_cmpmem(settings, sizeof *settings, &defaults, sizeof defaults);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
}

static void as_json(const char *text, gsize length)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) json = show_json_parse("settings.json", text, length, &error);
    if (json == NULL)
        return;
    DirectorSettings settings;
    director_settings_defaults(&settings);
    gboolean good =
        edit_settings_apply_json(&settings, "settings.json", show_json_root(json), &error);
    check(good, &settings, error);
    if (!good)
        return;
    DirectorSettings back;
    director_settings_defaults(&back);
    json_t *object = edit_settings_to_json(&settings);
    g_assert_true(edit_settings_apply_json(&back, "back", object, NULL));
    g_assert_cmpmem(&settings, sizeof settings, &back, sizeof back);
    json_decref(object);
}

static void as_text(const char *text)
{
    g_autoptr(GError) error = NULL;
    DirectorSettings settings;
    director_settings_defaults(&settings);
    gboolean good = edit_settings_apply_text(&settings, text, &error);
    check(good, &settings, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    as_json((const char *)data, size);
    as_text(text);
    return 0;
}
