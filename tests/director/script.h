/* Scenes as text, for golden files and for comparing with the WASM build. Lines:
 *
 *   sources ppw            one letter a source, see scene_new()
 *   priority 1 5           of source 1
 *   preset podcast         then
 *   set min_shot 2000      ms
 *   mode live|full         look-ahead is a setting
 *   end 60000              content time, ms
 *   1093 start 0 1000      at, what, source, edge or hold ("-": none)
 *   1093 stop|manual|resume|lost|back|slide …
 *
 * A decision is a line "t decided source reason lost hold". */
#pragma once
#include "support.h"

#include <string.h>

typedef struct Script {
    Scene scene;
    gboolean full;
    gint64 end_ms;
} Script;

static inline gint64 script_number(const char *text)
{
    return g_strcmp0(text, "-") == 0 ? DIRECTOR_MS_NONE : g_ascii_strtoll(text, NULL, 10);
}

static inline DirectorEventType script_event_type(const char *name)
{
    static const char *const names[] = {"unset",  "start", "stop", "manual",
                                        "resume", "lost",  "back", "slide"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (strcmp(names[i], name) == 0)
            return (DirectorEventType)i;
    g_error("no event is called \"%s\"", name);
}

static inline void script_event(Script *script, char **words)
{
    DirectorEvent event = {
        .type = script_event_type(words[1]),
        .source = (int)script_number(words[2]),
        .at_ms = script_number(words[0]),
        .edge_ms = DIRECTOR_MS_NONE,
    };
    if (event.type == DIRECTOR_EVENT_MANUAL_CUT)
        event.hold_ms = script_number(words[3]);
    else
        event.edge_ms = script_number(words[3]);
    g_array_append_val(script->scene.events, event);
}

static inline void script_set(Script *script, const char *name, const char *value)
{
    int count;
    const DirectorSettingInfo *table = director_settings_table(&count);
    for (int i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            director_setting_set(&script->scene.settings, &table[i], (int32_t)script_number(value));
}

static inline void script_line(Script *script, char **words)
{
    Scene *scene = &script->scene;
    if (strcmp(words[0], "sources") == 0) {
        scene_clear(scene);
        *scene = scene_new(words[1]);
    } else if (strcmp(words[0], "priority") == 0) {
        scene->sources[script_number(words[1])].priority = (int)script_number(words[2]);
    } else if (strcmp(words[0], "preset") == 0) {
        g_assert_true(director_settings_preset(&scene->settings, words[1]));
    } else if (strcmp(words[0], "set") == 0) {
        script_set(script, words[1], words[2]);
    } else if (strcmp(words[0], "mode") == 0) {
        script->full = strcmp(words[1], "full") == 0;
    } else if (strcmp(words[0], "end") == 0) {
        script->end_ms = script_number(words[1]);
    } else {
        script_event(script, words);
    }
}

static inline Script script_read(const char *text)
{
    Script script = {.scene = scene_new("p")};
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", -1);
        if (words[0] != NULL && words[0][0] != '\0' && words[0][0] != '#')
            script_line(&script, words);
    }
    return script;
}

/* The decisions as text; new string. */
static inline char *script_run(Script *script)
{
    if (script->full)
        scene_plan(&script->scene, script->end_ms);
    else
        scene_run(&script->scene, script->end_ms, 0);
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < script->scene.decisions->len; i++) {
        const DirectorDecision *decision = scene_decision(&script->scene, i);
        g_string_append_printf(out,
                               "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT " %d %s %d "
                               "%" G_GINT64_FORMAT "\n",
                               decision->t_ms, decision->decided_ms, decision->source,
                               director_reason_name(decision->reason), decision->lost,
                               decision->hold_ms);
    }
    return g_string_free(out, FALSE);
}
