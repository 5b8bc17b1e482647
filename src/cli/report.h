/* What a person, or a machine, sees of the work: a progress line on a terminal, JSON lines with
 * --json, nothing in a pipe; warnings; the finished paths. Threads: any. */
#pragma once
#include "options.h"
#include <gio/gio.h>
#include <jansson.h>
#include <media/progress.h>

typedef struct CliReport CliReport;

CliReport *cli_report_new(const CliArguments *arguments);
void cli_report_free(CliReport *report); /* clears the progress line */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliReport, cli_report_free)

MediaProgress cli_report_progress(CliReport *report);
void cli_report_warning(CliReport *report, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* A finished file: its path on a line, or {"file":…}. */
void cli_report_file(CliReport *report, const char *path);
/* A line for people on standard error, silent with --quiet and --json. */
void cli_report_note(CliReport *report, const char *format, ...) G_GNUC_PRINTF(2, 3);
gboolean cli_report_is_json(const CliReport *report);
/* One JSON line on standard output; takes the reference. */
void cli_report_json(CliReport *report, json_t *value);
/* All that was warned of so far: an array of strings, new reference. */
json_t *cli_report_warnings(CliReport *report);
