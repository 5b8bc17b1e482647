/* Options of a command as a const table: parsing, help, the man page and shell completions come
 * from it. */
#pragma once
#include <glib.h>

typedef struct CliOption {
    const char *name;    /* "output": --output */
    char letter;         /* 'o': -o; 0 = none */
    const char *value;   /* "DIR", or NULL: a flag */
    const char *choices; /* "causal look-ahead full", for checks and completion; or NULL */
    const char *help;    /* one sentence, no full stop */
} CliOption;

/* What was given. */
typedef struct CliArguments CliArguments;

/* options ends with an entry without a name. Errors name the option and what to do. */
CliArguments *cli_arguments_parse(const CliOption *options, int argc, char **argv,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cli_arguments_free(CliArguments *arguments);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliArguments, cli_arguments_free)

const GPtrArray *cli_positionals(const CliArguments *arguments); /* const char *, borrowed */
gboolean cli_flag(const CliArguments *arguments, const char *name);
/* Last value given, borrowed, or NULL. */
const char *cli_value(const CliArguments *arguments, const char *name);
/* All values given, in order: new array of borrowed strings. */
GPtrArray *cli_values(const CliArguments *arguments, const char *name);
/* Leaves *number as it is when the option was not given. Bounds are inclusive. */
gboolean cli_number(const CliArguments *arguments, const char *name, double min, double max,
                    double *number, GError **error);
gboolean cli_integer(const CliArguments *arguments, const char *name, int min, int max, int *number,
                     GError **error);
/* Parses the whole of `text` as a finite number; `what` stands in the error. */
gboolean cli_parse_number(const char *what, const char *text, double min, double max,
                          double *number, GError **error);
