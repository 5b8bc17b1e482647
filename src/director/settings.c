/* The settings of the director: one table, from which defaults, presets, checks and the help of the
 * command line come. */
#include <director/settings.h>

#include <stddef.h>

#define SETTING(field, low, high, standard, sentence)                                        \
    {                                                                                        \
        .name = #field, .help = (sentence), .min_ms = (low), .max_ms = (high),               \
        .default_ms = (standard), .offset = (uint16_t)offsetof(DirectorSettings, field##_ms) \
    }

static const DirectorSettingInfo table[] = {
    SETTING(look_ahead, 0, 10000, 0, "The program runs this late; cuts land before the word."),
    SETTING(confirm, 0, 5000, 0,
            "Somebody must speak this long to get the screen; 0 = as the look-ahead allows."),
    SETTING(min_shot, 200, 30000, 1500,
            "No shot is shorter, but for lost sources and manual cuts."),
    SETTING(return, 0, 30000, 2000, "Not back to the picture before sooner than this."),
    SETTING(max_shot, 0, 600000, 0, "After this long something else for variety; 0 = off."),
    SETTING(interrupt, 200, 60000, 12000,
            "Who speaks this long over the person on screen takes the screen."),
    SETTING(ignore, 0, 5000, 1000, "Shorter speech is an interjection and never cut to."),
    SETTING(breath, 0, 5000, 1000, "A pause this short is not the end of a turn."),
    SETTING(cross_talk, 0, 60000, 5000, "Several at once for this long: wide shot; 0 = off."),
    SETTING(wide_out, 0, 10000, 200, "The wide shot ends when one alone speaks this long."),
    SETTING(silence, 0, 600000, 15000, "Nobody speaks for this long: wide shot; 0 = off."),
    SETTING(opening, 0, 60000, 0, "The show begins with a wide shot of this length; 0 = off."),
    SETTING(reaction_after, 0, 600000, 0, "In a monologue this long a listener is shown; 0 = off."),
    SETTING(reaction, 1000, 30000, 3000, "How long a listener is shown."),
    SETTING(slide, 0, 600000, 8000, "A changed slide is shown this long; 0 = off."),
    SETTING(manual_hold, 0, 3600000, 10000,
            "A manual cut without a time returns to auto after this long; 0 = never."),
    SETTING(start_delay, 0, 2000, 93, "Usual delay of speaking_start when it carries no edge."),
    SETTING(stop_delay, 0, 5000, 395, "Usual delay of speaking_stop when it carries no edge."),
};
enum { SETTINGS = sizeof table / sizeof table[0] };

typedef struct PresetValue {
    const char *setting;
    int32_t ms;
} PresetValue;

typedef struct Preset {
    const char *name;
    PresetValue values[12]; /* ended by a NULL name */
} Preset;

/* A podcast wants rhythm, a meeting calm and everybody in view, a church few cuts and a speaker who
 * pauses for long, a conference its slides. */
static const Preset presets[] = {
    {"podcast",
     {{"opening", 5000},
      {"max_shot", 30000},
      {"reaction_after", 18000},
      {"reaction", 3000},
      {"silence", 6000}}},
    {"meeting",
     {{"min_shot", 2500},
      {"opening", 4000},
      {"max_shot", 60000},
      {"reaction_after", 30000},
      {"cross_talk", 3000},
      {"silence", 6000},
      {"slide", 10000}}},
    {"church",
     {{"min_shot", 4000},
      {"opening", 8000},
      {"max_shot", 45000},
      {"reaction_after", 40000},
      {"reaction", 5000},
      {"breath", 2500},
      {"silence", 12000},
      {"slide", 12000}}},
    {"conference",
     {{"min_shot", 3000},
      {"opening", 6000},
      {"max_shot", 60000},
      {"reaction_after", 45000},
      {"reaction", 4000},
      {"breath", 1500},
      {"silence", 12000},
      {"slide", 15000}}},
};
enum { PRESETS = sizeof presets / sizeof presets[0] };

static const char *const preset_names[] = {"podcast", "meeting", "church", "conference", NULL};

static bool same_text(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const DirectorSettingInfo *director_settings_table(int *count)
{
    if (count != NULL)
        *count = SETTINGS;
    return table;
}

int32_t director_setting_get(const DirectorSettings *settings, const DirectorSettingInfo *info)
{
    return *(const int32_t *)(const void *)((const char *)settings + info->offset);
}

void director_setting_set(DirectorSettings *settings, const DirectorSettingInfo *info, int32_t ms)
{
    *(int32_t *)(void *)((char *)settings + info->offset) = ms;
}

void director_settings_defaults(DirectorSettings *settings)
{
    for (int i = 0; i < SETTINGS; i++)
        director_setting_set(settings, &table[i], table[i].default_ms);
}

static void set_by_name(DirectorSettings *settings, const PresetValue *value)
{
    for (int i = 0; i < SETTINGS; i++)
        if (same_text(table[i].name, value->setting))
            director_setting_set(settings, &table[i], value->ms);
}

bool director_settings_preset(DirectorSettings *settings, const char *name)
{
    for (int i = 0; i < PRESETS; i++) {
        if (name == NULL || !same_text(presets[i].name, name))
            continue;
        director_settings_defaults(settings);
        for (const PresetValue *value = presets[i].values; value->setting != NULL; value++)
            set_by_name(settings, value);
        return true;
    }
    return false;
}

const char *const *director_settings_presets(void)
{
    return preset_names;
}

const DirectorSettingInfo *director_settings_check(const DirectorSettings *settings)
{
    for (int i = 0; i < SETTINGS; i++) {
        int32_t ms = director_setting_get(settings, &table[i]);
        if (ms < table[i].min_ms || ms > table[i].max_ms)
            return &table[i];
    }
    return NULL;
}
