/* The director's settings as people write them. Everything comes from the director's own table:
 * names, ranges, presets. Whatever is wrong, the settings stay as they were. */
#include <edit/settings.h>

#include <edit/error.h>
#include <edit/frames.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The longest text of a user that an error repeats. */
enum { QUOTED_BYTES_MAX = 40 };

static char *quote(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *plain = g_strescape(valid, NULL);
    if (strlen(plain) <= QUOTED_BYTES_MAX)
        return g_steal_pointer(&plain);
    return g_strdup_printf("%.*s…", QUOTED_BYTES_MAX, plain);
}

static const DirectorSettingInfo *find_setting(const char *name)
{
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    for (int i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* ---- unknown names ---- */

/* How many letters must be changed, put in or left out to make one word of the other. */
static gsize edit_distance(const char *from, const char *to)
{
    gsize columns = strlen(to) + 1;
    g_autofree gsize *row = g_new(gsize, columns);
    for (gsize j = 0; j < columns; j++)
        row[j] = j;
    for (gsize i = 1; from[i - 1] != '\0'; i++) {
        gsize diagonal = row[0];
        row[0] = i;
        for (gsize j = 1; j < columns; j++) {
            gsize changed = diagonal + (from[i - 1] != to[j - 1]);
            diagonal = row[j];
            row[j] = MIN(changed, MIN(row[j], row[j - 1]) + 1);
        }
    }
    return row[columns - 1];
}

static const char *nearest_setting(const char *name)
{
    if (strlen(name) > QUOTED_BYTES_MAX)
        return NULL;
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    const char *nearest = NULL;
    gsize least = MAX(2, strlen(name) / 3) + 1;
    for (int i = 0; i < count; i++) {
        gsize distance = edit_distance(name, table[i].name);
        if (distance < least) {
            least = distance;
            nearest = table[i].name;
        }
    }
    return nearest;
}

static char *all_settings(void)
{
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    GString *text = g_string_new("preset");
    for (int i = 0; i < count; i++)
        g_string_append_printf(text, ", %s", table[i].name);
    return g_string_free(text, FALSE);
}

static void set_unknown(const char *name, GError **error)
{
    const char *nearest = nearest_setting(name);
    g_autofree char *quoted = quote(name);
    if (nearest != NULL) {
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING,
                    "%s: there is no such setting; did you mean %s?", quoted, nearest);
        return;
    }
    g_autofree char *all = all_settings();
    g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING, "%s: there is no such setting; there are %s",
                quoted, all);
}

/* ---- values ---- */

/* "60.0", "0.093": seconds with the digits they need, and one at least. */
static char *seconds_text(gint32 ms)
{
    char *text = g_strdup_printf("%d.%03d", ms / 1000, ms % 1000);
    gsize length = strlen(text);
    while (text[length - 1] == '0' && text[length - 2] != '.')
        text[--length] = '\0';
    return text;
}

static void set_range(const DirectorSettingInfo *info, const char *found, GError **error)
{
    g_autofree char *least = seconds_text(info->min_ms);
    g_autofree char *most = seconds_text(info->max_ms);
    g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING, "%s: expected %s to %s seconds, found %s",
                info->name, least, most, found);
}

static gboolean set_seconds(DirectorSettings *settings, const DirectorSettingInfo *info,
                            double seconds, const char *found, GError **error)
{
    double ms = isfinite(seconds) ? (double)edit_round(seconds * 1000) : -1;
    if (ms < info->min_ms || ms > info->max_ms) {
        set_range(info, found, error);
        return FALSE;
    }
    director_setting_set(settings, info, (gint32)ms);
    return TRUE;
}

static gboolean apply_preset(DirectorSettings *settings, const char *preset, GError **error)
{
    if (director_settings_preset(settings, preset))
        return TRUE;
    g_autofree char *quoted = quote(preset);
    g_autofree char *names = g_strjoinv(", ", (char **)director_settings_presets());
    g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING, "preset: expected one of %s, found \"%s\"",
                names, quoted);
    return FALSE;
}

/* ---- name=value ---- */

static gboolean apply_pair(DirectorSettings *settings, const char *name, const char *value,
                           GError **error)
{
    if (strcmp(name, "preset") == 0)
        return apply_preset(settings, value, error);
    const DirectorSettingInfo *info = find_setting(name);
    if (info == NULL) {
        set_unknown(name, error);
        return FALSE;
    }
    char *end = NULL;
    double seconds = g_ascii_strtod(value, &end);
    g_autofree char *quoted = quote(value);
    if (end == value || *end != '\0') {
        g_autofree char *found = g_strdup_printf("\"%s\"", quoted);
        set_range(info, found, error);
        return FALSE;
    }
    return set_seconds(settings, info, seconds, quoted, error);
}

gboolean edit_settings_apply_text(DirectorSettings *settings, const char *text, GError **error)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        g_autofree char *quoted = quote(text);
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING,
                    "\"%s\": expected name=value, as in min_shot=2.0", quoted);
        return FALSE;
    }
    g_autofree char *name = g_strstrip(g_strndup(text, (gsize)(equals - text)));
    g_autofree char *value = g_strstrip(g_strdup(equals + 1));
    DirectorSettings changed = *settings;
    if (!apply_pair(&changed, name, value, error))
        return FALSE;
    *settings = changed;
    return TRUE;
}

/* ---- JSON ---- */

static char *found_text(const json_t *value)
{
    if (json_is_array(value))
        return g_strdup("an array");
    if (json_is_object(value))
        return g_strdup("an object");
    if (json_is_string(value)) {
        g_autofree char *quoted = quote(json_string_value(value));
        return g_strdup_printf("\"%s\"", quoted);
    }
    if (json_is_real(value)) {
        char digits[G_ASCII_DTOSTR_BUF_SIZE];
        return g_strdup(g_ascii_formatd(digits, sizeof digits, "%.10g", json_real_value(value)));
    }
    char *dumped = json_dumps(value, JSON_ENCODE_ANY);
    char *text = g_strdup(dumped);
    free(dumped);
    return text;
}

static gboolean apply_member(DirectorSettings *settings, const char *name, const json_t *value,
                             GError **error)
{
    const DirectorSettingInfo *info = find_setting(name);
    if (info == NULL) {
        set_unknown(name, error);
        return FALSE;
    }
    g_autofree char *found = found_text(value);
    if (!json_is_number(value)) {
        set_range(info, found, error);
        return FALSE;
    }
    return set_seconds(settings, info, json_number_value(value), found, error);
}

static gboolean apply_preset_member(DirectorSettings *settings, const json_t *object,
                                    GError **error)
{
    const json_t *preset = json_object_get(object, "preset");
    if (preset == NULL)
        return TRUE;
    if (json_is_string(preset))
        return apply_preset(settings, json_string_value(preset), error);
    g_autofree char *found = found_text(preset);
    g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING,
                "preset: expected the name of a preset, found %s", found);
    return FALSE;
}

static gboolean apply_members(DirectorSettings *settings, const json_t *object, GError **error)
{
    if (!json_is_object(object)) {
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING,
                    "expected an object of settings, as in {\"min_shot\": 2.0}");
        return FALSE;
    }
    if (!apply_preset_member(settings, object, error))
        return FALSE;
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, name,
                        value) if (strcmp(name, "preset") != 0 &&
                                   !apply_member(settings, name, value, error)) return FALSE;
    return TRUE;
}

gboolean edit_settings_apply_json(DirectorSettings *settings, const char *name,
                                  const json_t *object, GError **error)
{
    DirectorSettings changed = *settings;
    if (!apply_members(&changed, object, error)) {
        g_prefix_error(error, "%s: ", name);
        return FALSE;
    }
    *settings = changed;
    return TRUE;
}

json_t *edit_settings_to_json(const DirectorSettings *settings)
{
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    json_t *object = json_object();
    for (int i = 0; i < count; i++)
        json_object_set_new(object, table[i].name,
                            json_real(director_setting_get(settings, &table[i]) / 1000.0));
    return object;
}
