/* The commands of the program: a const table from which dispatch, help, the man page and
 * completions come. */
#pragma once
#include "options.h"
#include <gio/gio.h>

/* What every command is given. */
typedef struct CliContext {
    const CliArguments *arguments;
    GCancellable *cancellable; /* Ctrl-C */
} CliContext;

typedef struct CliCommand {
    const char *name;
    const char *arguments;       /* "FILE… -o DIR" */
    const char *summary;         /* one line */
    const char *description;     /* a paragraph or two */
    const CliOption *options;    /* ends with an entry without a name */
    const char *const *examples; /* command, what it does, command, …; NULL at the end */
    /* NULL, or: gives up what it does not need, before any thread is made. */
    gboolean (*confine)(const CliArguments *arguments, GError **error);
    /* Exit status. On an error: CLI_EXIT_FAILED and error set; main prints it. */
    int (*run)(const CliContext *context, GError **error);
} CliCommand;

extern const CliCommand cli_serve, cli_direct, cli_cut, cli_render, cli_export, cli_verify,
    cli_index, cli_live, cli_worker, cli_cost, cli_doctor, cli_completion, cli_manual;

const CliCommand *const *cli_commands(void); /* NULL at the end; static */
const CliCommand *cli_command_find(const char *name);

/* Every command has these; they are added to each table through the macro. */
#define CLI_COMMON_OPTIONS                                                \
    {"json", 0, NULL, NULL,                                               \
     "Print progress, warnings and the result as JSON lines on standard " \
     "output"},                                                           \
        {"quiet", 'q', NULL, NULL, "Print nothing but errors"},           \
        {"help", 'h', NULL, NULL, "Show this help"},                      \
    {                                                                     \
        NULL                                                              \
    }
