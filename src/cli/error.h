/* Errors of the command line: what a person gave was not right. */
#pragma once
#include <glib.h>

#define CLI_ERROR (cli_error_quark())
GQuark cli_error_quark(void);

typedef enum {
    CLI_ERROR_FAILED = 1, /* exit 1 */
    CLI_ERROR_USAGE,      /* exit 2: an option or argument */
} CliErrorCode;

enum { CLI_EXIT_GOOD = 0, CLI_EXIT_FAILED = 1, CLI_EXIT_USAGE = 2, CLI_EXIT_INTERRUPTED = 130 };
