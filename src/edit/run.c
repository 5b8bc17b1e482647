/* One director over its lines. However the caller slices time, the decisions are the same. */
#include "run-private.h"

#include <edit/error.h>
#include <edit/settings.h>

/* Time goes on in steps, so that no more decisions wait than the director keeps. */
enum { STEP_MS = 5000 };

static gboolean set_bad_settings(const DirectorSettings *settings, GError **error)
{
    const DirectorSettingInfo *wrong = director_settings_check(settings);
    g_set_error(error, EDIT_ERROR, EDIT_ERROR_SETTING,
                "cannot direct: the setting %s is out of range", wrong != NULL ? wrong->name : "?");
    return FALSE;
}

gboolean edit_run_init(EditRun *run, const EditRunOptions *options, GError **error)
{
    *run = (EditRun){.settings = *options->settings, .now_ms = options->start_ms - 1};
    run->memory = g_aligned_alloc0(1, director_size(), 16);
    run->decisions = g_array_new(FALSE, FALSE, sizeof(DirectorDecision));
    edit_feeder_init(&run->feeder, options->sources, options->lines, options->ignore_manual);
    run->director = director_init(run->memory, options->table, (int)options->sources->len,
                                  &run->settings, options->start_ms);
    return run->director != NULL || set_bad_settings(&run->settings, error);
}

void edit_run_clear(EditRun *run)
{
    edit_feeder_clear(&run->feeder);
    g_clear_pointer(&run->decisions, g_array_unref);
    g_clear_pointer(&run->memory, g_aligned_free);
    run->director = NULL;
}

void edit_run_advance(EditRun *run, gint64 until_ms)
{
    DirectorDecision decision;
    while (run->now_ms < until_ms) {
        run->now_ms = MIN(run->now_ms + STEP_MS, until_ms);
        director_advance(run->director, run->now_ms);
        while (director_take(run->director, &decision))
            g_array_append_val(run->decisions, decision);
    }
}

static gboolean change_settings(EditRun *run, const ShowEvent *line, GError **error)
{
    const json_t *object = json_object_get(line->fields, "settings");
    if (object == NULL)
        return TRUE;
    g_autofree char *name =
        g_strdup_printf("settings at %" G_GINT64_FORMAT " ms of the log", show_event_at_ms(line));
    DirectorSettings changed = run->settings;
    if (!edit_settings_apply_json(&changed, name, object, error))
        return FALSE;
    changed.look_ahead_ms = run->settings.look_ahead_ms; /* how late the program runs stays */
    if (director_change_settings(run->director, &changed))
        run->settings = changed;
    return TRUE;
}

gboolean edit_run_line(EditRun *run, const ShowEvent *line, GError **error)
{
    g_array_set_size(run->feeder.events, 0);
    edit_feeder_line(&run->feeder, line);
    for (guint i = 0; i < run->feeder.events->len; i++) {
        const FeedEvent *item = &g_array_index(run->feeder.events, FeedEvent, i);
        edit_run_advance(run, item->event.at_ms - 1);
        if (line->type == SHOW_EVENT_SETTINGS)
            return change_settings(run, line, error);
        DirectorEvent event = edit_feed_resolve(item, &run->settings);
        director_feed(run->director, &event);
    }
    return TRUE;
}
