/* crosscut: finds the command, runs it, prints what went wrong in one line. */
#include "command.h"
#include "error.h"
#include "help.h"
#include "interrupt.h"

#include <jansson.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

const CliCommand *const *cli_commands(void)
{
    static const CliCommand *const commands[] = {
        &cli_serve, &cli_direct, &cli_cut,  &cli_render, &cli_export,     &cli_verify, &cli_index,
        &cli_live,  &cli_worker, &cli_cost, &cli_doctor, &cli_completion, &cli_manual, NULL};
    return commands;
}

const CliCommand *cli_command_find(const char *name)
{
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++)
        if (strcmp((*command)->name, name) == 0)
            return *command;
    return NULL;
}

/* Line breaks and control characters come from files' names: one error is one line. */
static void make_one_line(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
}

static int print_error(const GError *error, gboolean json)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        fprintf(stderr, "crosscut: interrupted; nothing half-written was left\n");
        return CLI_EXIT_INTERRUPTED;
    }
    g_autofree char *message = g_strdup(error->message);
    make_one_line(message);
    if (json) {
        json_t *line = json_pack("{s:s}", "error", message);
        char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
        printf("%s\n", text != NULL ? text : "{\"error\":\"failed\"}");
        free(text);
        json_decref(line);
    }
    fprintf(stderr, "crosscut: %s\n", message);
    return g_error_matches(error, CLI_ERROR, CLI_ERROR_USAGE) ? CLI_EXIT_USAGE : CLI_EXIT_FAILED;
}

static int run_command(const CliCommand *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CliArguments) arguments = cli_arguments_parse(command->options, argc, argv, &error);
    if (arguments == NULL) {
        g_prefix_error(&error, "%s: ", command->name);
        return print_error(error, FALSE);
    }
    if (cli_flag(arguments, "help")) {
        cli_print_command_help(command);
        return CLI_EXIT_GOOD;
    }
    if (command->confine != NULL && !command->confine(arguments, &error))
        return print_error(error, cli_flag(arguments, "json"));
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    cli_interrupt_watch(cancellable);
    CliContext context = {.arguments = arguments, .cancellable = cancellable};
    int status = command->run(&context, &error);
    if (error != NULL)
        return print_error(error, cli_flag(arguments, "json"));
    return status;
}

int main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    /* Standard output is for what was asked for. */
    g_log_writer_default_set_use_stderr(TRUE);
    if (argc < 2) {
        cli_print_help();
        return CLI_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        const CliCommand *command = argc > 2 ? cli_command_find(argv[2]) : NULL;
        if (command != NULL)
            cli_print_command_help(command);
        else
            cli_print_help();
        return CLI_EXIT_GOOD;
    }
    if (strcmp(name, "--version") == 0) {
        printf("crosscut " CROSSCUT_VERSION "\n");
        return CLI_EXIT_GOOD;
    }
    const CliCommand *command = cli_command_find(name);
    if (command == NULL) {
        fprintf(stderr, "crosscut: there is no command \"%s\"; see crosscut --help\n", name);
        return CLI_EXIT_USAGE;
    }
    return run_command(command, argc - 2, argv + 2);
}
