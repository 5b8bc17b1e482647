/* The director's settings as people write them: {"min_shot":2.0,"preset":"podcast"} in a file or in
 * a log, min_shot=2.0 on a command line. Seconds outside, ms inside. */
#pragma once
#include <director/settings.h>
#include <glib.h>
#include <jansson.h>
#include <show/json.h>

/* Applies an object over what `settings` holds; "preset" counts first. `name` stands in errors. */
gboolean edit_settings_apply_json(DirectorSettings *settings, const char *name,
                                  const json_t *object, GError **error);
/* Applies "min_shot=2.0" or "preset=podcast". Nothing changes on an error. */
gboolean edit_settings_apply_text(DirectorSettings *settings, const char *text, GError **error);
json_t *edit_settings_to_json(const DirectorSettings *settings); /* all of them, seconds */
