/* Commands that read recordings inside the sandbox, for the server and for a person. */
#pragma once
#include "options.h"
#include <sandbox/sandbox.h>

#define CLI_CONFINE_OPTIONS                                                                      \
    {"sandbox", 0, NULL, NULL,                                                                   \
     "Read recordings in a sandbox: no network, no other program, no file but the named ones; "  \
     "fail where this system cannot give one"},                                                  \
        {"recordings", 0, "DIR", NULL,                                                           \
         "In the sandbox: let files of this folder be read, to which links in the show lead"},   \
    {                                                                                            \
        "parent", 0, "PID", NULL, "End when this process ends, which must have started this one" \
    }

typedef enum { CLI_CONFINE_WHEN_ASKED = 1, CLI_CONFINE_BY_DEFAULT } CliConfine;

/* Enters the sandbox as the options say. By default and not asked for, a system without one is
 * gone on with. options->parent is set from the arguments. Before any thread is made. */
gboolean cli_confine(const CliArguments *arguments, CliConfine when, SandboxOptions *options,
                     GError **error);

/* The options ask for the sandbox: --sandbox or --parent. */
gboolean cli_is_confined(const CliArguments *arguments);
