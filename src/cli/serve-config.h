/* The settings of a studio as a command was given them: options, variables, .env. For those that run it
 * and those that look whether it could run. */
#pragma once
#include "options.h"
#include <server/config.h>
#include <server/option-table.h>

#define CLI_SERVE_SET(name, value, initial, help, kind, field, min, max) \
    {name, 0, value, NULL, help " (" initial ")"},
#define CLI_SERVE_UNSET(name, value, help, kind, field) {name, 0, value, NULL, help},

#define CLI_SERVE_OPTIONS                                                            \
    SERVER_OPTIONS(CLI_SERVE_SET, CLI_SERVE_UNSET)                                   \
    {                                                                                \
        "env-file", 0, "FILE", NULL, "Where settings are read from, instead of .env" \
    }

/* Each setting is right by itself; server_config_check() says whether they are together. Wipes the
 * secrets from the environment: call it before other threads read that. CLI_ERROR_USAGE,
 * SERVER_ERROR_CONFIG. */
ServerConfig *cli_serve_config(const CliArguments *arguments,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
