/* Everything that can be turned on the director: one struct, one table. Times are ms inside and
 * seconds to users (min_shot=2.0); the table is where help, checks and docs come from. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

typedef struct DirectorSettings {
    int32_t look_ahead_ms;    /* 0 = causal */
    int32_t confirm_ms;       /* somebody must speak this long to get the screen; 0 = automatic: as
                               * long as the look-ahead, at most 1 s */
    int32_t min_shot_ms;      /* no shot is shorter, but for lost and manual */
    int32_t return_ms;        /* hysteresis: not back to the picture before sooner than this */
    int32_t max_shot_ms;      /* then something else for variety; 0 = off */
    int32_t interrupt_ms;     /* speaks this long over the shown person: takes the screen */
    int32_t ignore_ms;        /* shorter speech is an interjection, never cut to */
    int32_t breath_ms;        /* a pause this short is not the end of a turn */
    int32_t cross_talk_ms;    /* several at once for this long: wide; 0 = off */
    int32_t wide_out_ms;      /* leave the wide shot when one alone speaks this long */
    int32_t silence_ms;       /* nobody for this long: wide; 0 = off */
    int32_t opening_ms;       /* wide shot at the start; 0 = off */
    int32_t reaction_after_ms;/* monologue this long: a listener is shown; 0 = off */
    int32_t reaction_ms;      /* … for this long */
    int32_t slide_ms;         /* a changed slide is shown this long; 0 = off */
    int32_t manual_hold_ms;   /* a manual cut without a time returns to auto; 0 = never */
    int32_t start_delay_ms;   /* usual delay of speaking_start when it carries no edge */
    int32_t stop_delay_ms;    /* usual delay of speaking_stop when it carries no edge */
} DirectorSettings;

typedef struct DirectorSettingInfo {
    const char *name;   /* "min_shot" */
    const char *help;   /* one sentence */
    int32_t min_ms, max_ms, default_ms;
    uint16_t offset;    /* of the int32_t in DirectorSettings */
} DirectorSettingInfo;

/* Static table, `*count` entries. Users write seconds. */
const DirectorSettingInfo *director_settings_table(int *count);
void director_settings_defaults(DirectorSettings *settings);
/* "podcast", "meeting", "church", "conference": false when there is no such preset. Presets start
 * from the defaults. */
bool director_settings_preset(DirectorSettings *settings, const char *name);
const char *const *director_settings_presets(void); /* names, NULL at the end; static */
/* NULL when all is in range, otherwise the entry that is not. */
const DirectorSettingInfo *director_settings_check(const DirectorSettings *settings);
int32_t director_setting_get(const DirectorSettings *settings, const DirectorSettingInfo *info);
void director_setting_set(DirectorSettings *settings, const DirectorSettingInfo *info, int32_t ms);
