/* Texts made from the command table: help, the manual page, shell completions. */
#pragma once
#include "command.h"

void cli_print_help(void);
void cli_print_command_help(const CliCommand *command);
