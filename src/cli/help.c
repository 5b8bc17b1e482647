#include "help.h"

#include "error.h"
#include <director/settings.h>

#include <stdio.h>
#include <string.h>

enum { OPTION_COLUMN = 30, TEXT_WIDTH = 96 };

/* Words of `text`, broken at TEXT_WIDTH, each line after the first indented. */
static void print_wrapped(const char *text, int column, int indent)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    for (char **word = words; *word != NULL; word++) {
        int length = (int)g_utf8_strlen(*word, -1);
        if (column + length > TEXT_WIDTH) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (word != words) {
            putchar(' ');
        }
        printf("%s", *word);
        column += length + 1;
    }
    printf("\n");
}

static void print_option(const CliOption *option)
{
    g_autofree char *value =
        option->value != NULL ? g_strconcat(" ", option->value, NULL) : g_strdup("");
    g_autofree char *left =
        option->letter != 0 ? g_strdup_printf("  -%c, --%s%s", option->letter, option->name, value)
                            : g_strdup_printf("      --%s%s", option->name, value);
    int width = (int)g_utf8_strlen(left, -1);
    if (width + 1 >= OPTION_COLUMN)
        printf("%s\n%*s", left, OPTION_COLUMN, "");
    else
        printf("%s%*s", left, OPTION_COLUMN - width, "");
    print_wrapped(option->help, OPTION_COLUMN, OPTION_COLUMN);
}

/* The director's settings, where a command has --set. */
static void print_settings(const CliCommand *command)
{
    gboolean has_set = FALSE;
    for (const CliOption *option = command->options; option->name != NULL; option++)
        has_set = has_set || strcmp(option->name, "set") == 0;
    if (!has_set)
        return;
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    printf("\nSettings of the director (--set NAME=SECONDS):\n");
    for (int i = 0; i < count; i++) {
        g_autofree char *left =
            g_strdup_printf("  %s=%.3g", table[i].name, table[i].default_ms / 1000.0);
        printf("%-*s", OPTION_COLUMN, left);
        print_wrapped(table[i].help, OPTION_COLUMN, OPTION_COLUMN);
    }
}

void cli_print_command_help(const CliCommand *command)
{
    printf("usage: crosscut %s %s\n\n", command->name, command->arguments);
    print_wrapped(command->description, 0, 0);
    printf("\nOptions:\n");
    for (const CliOption *option = command->options; option->name != NULL; option++)
        print_option(option);
    print_settings(command);
    printf("\nExamples:\n");
    for (const char *const *example = command->examples; example[0] != NULL; example += 2)
        printf("  %s\n      %s\n", example[0], example[1]);
}

void cli_print_help(void)
{
    printf("usage: crosscut COMMAND [OPTION…]\n\n"
           "A show with several cameras that directs itself.\n\nCommands:\n");
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++)
        printf("  %-12s %s\n", (*command)->name, (*command)->summary);
    printf("\n  crosscut COMMAND --help    options and examples of a command\n"
           "  crosscut --version         the version\n\n"
           "Try it:\n  crosscut direct host.mp4 guest.mov wide.mkv --role cam_3=wide -o show/\n");
}

/* ---- the manual page ---- */

/* roff: a leading dot or quote would be a request, a backslash an escape, a minus a hyphen. */
static char *roff_escape(const char *text)
{
    GString *out = g_string_new(NULL);
    if (text[0] == '.' || text[0] == '\'')
        g_string_append(out, "\\&");
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\\')
            g_string_append(out, "\\e");
        else if (*c == '-')
            g_string_append(out, "\\-");
        else
            g_string_append_c(out, *c);
    }
    return g_string_free(out, FALSE);
}

static void roff_line(const char *macro, const char *text)
{
    g_autofree char *escaped = roff_escape(text);
    printf("%s%s%s\n", macro, macro[0] != '\0' ? " " : "", escaped);
}

static void roff_option(const CliOption *option)
{
    g_autofree char *letter =
        option->letter != 0 ? g_strdup_printf("-%c, ", option->letter) : g_strdup("");
    g_autofree char *text =
        g_strdup_printf("%s--%s%s%s", letter, option->name, option->value != NULL ? " " : "",
                        option->value != NULL ? option->value : "");
    printf(".TP\n");
    roff_line(".B", text);
    roff_line("", option->help);
}

static void roff_command(const CliCommand *command)
{
    g_autofree char *usage = g_strdup_printf("crosscut %s %s", command->name, command->arguments);
    roff_line(".SS", usage);
    roff_line("", command->description);
    for (const CliOption *option = command->options; option->name != NULL; option++)
        roff_option(option);
    printf(".PP\nExamples:\n");
    for (const char *const *example = command->examples; example[0] != NULL; example += 2) {
        printf(".TP\n");
        roff_line(".B", example[0]);
        roff_line("", example[1]);
    }
}

static void roff_settings(void)
{
    int count = 0;
    const DirectorSettingInfo *table = director_settings_table(&count);
    printf(".SH SETTINGS OF THE DIRECTOR\nIn seconds, for \\-\\-set and in settings files.\n");
    for (int i = 0; i < count; i++) {
        g_autofree char *help = g_strdup_printf("%s. Default %.3g, %.3g to %.3g.", table[i].help,
                                                table[i].default_ms / 1000.0,
                                                table[i].min_ms / 1000.0, table[i].max_ms / 1000.0);
        printf(".TP\n");
        roff_line(".B", table[i].name);
        roff_line("", help);
    }
}

static int run_manual(const CliContext *context, GError **error)
{
    (void)context;
    (void)error;
    printf(".TH CROSSCUT 1 \"\" \"crosscut " CROSSCUT_VERSION "\" \"User Commands\"\n"
           ".SH NAME\ncrosscut \\- a show with several cameras that directs itself\n"
           ".SH SYNOPSIS\n.B crosscut\nCOMMAND [OPTION...]\n.SH COMMANDS\n");
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++)
        roff_command(*command);
    roff_settings();
    printf(".SH EXIT STATUS\n0 done; 1 it failed, the last line says why; 2 an option or argument "
           "is wrong; 130 interrupted.\n");
    return CLI_EXIT_GOOD;
}

/* ---- completions ---- */

static void complete_bash(void)
{
    printf("_crosscut()\n{\n    local current=${COMP_WORDS[COMP_CWORD]} "
           "previous=${COMP_WORDS[COMP_CWORD-1]}\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"");
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++)
        printf("%s ", (*command)->name);
    printf("--help --version\" -- \"$current\"))\n        return\n    fi\n"
           "    case ${COMP_WORDS[1]}:$previous in\n");
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++)
        for (const CliOption *option = (*command)->options; option->name != NULL; option++)
            if (option->choices != NULL)
                printf("    %s:--%s) COMPREPLY=($(compgen -W \"%s\" -- \"$current\")); return ;;\n",
                       (*command)->name, option->name, option->choices);
    printf("    esac\n    if [[ $current == -* ]]; then\n        case ${COMP_WORDS[1]} in\n");
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++) {
        printf("        %s) COMPREPLY=($(compgen -W \"", (*command)->name);
        for (const CliOption *option = (*command)->options; option->name != NULL; option++)
            printf("--%s ", option->name);
        printf("\" -- \"$current\")) ;;\n");
    }
    printf("        esac\n    else\n        COMPREPLY=($(compgen -f -- \"$current\"))\n    fi\n}\n"
           "complete -o filenames -F _crosscut crosscut\n");
}

/* zsh: brackets and colons have a meaning in a specification. */
static char *zsh_escape(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("[]:\\", *c) != NULL)
            g_string_append_c(out, '\\');
        if (*c == '\'')
            g_string_append(out, "'\\'");
        g_string_append_c(out, *c);
    }
    return g_string_free(out, FALSE);
}

static void complete_zsh(void)
{
    printf("#compdef crosscut\n_crosscut()\n{\n    if (( CURRENT == 2 )); then\n"
           "        local -a commands=(");
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++) {
        g_autofree char *summary = zsh_escape((*command)->summary);
        printf("\n            '%s:%s'", (*command)->name, summary);
    }
    printf(")\n        _describe command commands\n        return\n    fi\n"
           "    case $words[2] in\n");
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++) {
        printf("    %s) shift words; (( CURRENT-- )); _arguments", (*command)->name);
        for (const CliOption *option = (*command)->options; option->name != NULL; option++) {
            g_autofree char *help = zsh_escape(option->help);
            printf(" \\\n        '*--%s[%s]", option->name, help);
            if (option->choices != NULL)
                printf(":value:(%s)", option->choices);
            else if (option->value != NULL)
                printf(":value:_files");
            printf("'");
        }
        printf(" \\\n        '*:file:_files' ;;\n");
    }
    printf("    esac\n}\n_crosscut \"$@\"\n");
}

static void complete_fish(void)
{
    for (const CliCommand *const *command = cli_commands(); *command != NULL; command++) {
        printf("complete -c crosscut -n __fish_use_subcommand -a %s -d \"%s\"\n", (*command)->name,
               (*command)->summary);
        for (const CliOption *option = (*command)->options; option->name != NULL; option++) {
            g_autofree char *help = g_strescape(option->help, "’…–−");
            printf("complete -c crosscut -n \"__fish_seen_subcommand_from %s\" -l %s",
                   (*command)->name, option->name);
            if (option->letter != 0)
                printf(" -s %c", option->letter);
            if (option->choices != NULL)
                printf(" -x -a \"%s\"", option->choices);
            else if (option->value != NULL)
                printf(" -r");
            printf(" -d \"%s\"\n", help);
        }
    }
}

static int run_completion(const CliContext *context, GError **error)
{
    const GPtrArray *names = cli_positionals(context->arguments);
    const char *shell = names->len == 1 ? names->pdata[0] : "";
    if (strcmp(shell, "bash") == 0) {
        complete_bash();
    } else if (strcmp(shell, "zsh") == 0) {
        complete_zsh();
    } else if (strcmp(shell, "fish") == 0) {
        complete_fish();
    } else {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "completion: expected one shell: bash, zsh or fish");
        return CLI_EXIT_USAGE;
    }
    return CLI_EXIT_GOOD;
}

static const CliOption common_options[] = {CLI_COMMON_OPTIONS};

const CliCommand cli_manual = {
    .name = "manual",
    .arguments = "",
    .summary = "Print the manual page",
    .description = "Prints the manual page in roff, made from the same tables as this help.",
    .options = common_options,
    .examples = (const char *const[]){"crosscut manual | man -l -", "read it", NULL},
    .run = run_manual,
};

const CliCommand cli_completion = {
    .name = "completion",
    .arguments = "bash|zsh|fish",
    .summary = "Print a completion script for a shell",
    .description = "Prints a script that completes commands, options and their values.",
    .options = common_options,
    .examples = (const char *const[]){"source <(crosscut completion bash)", "in ~/.bashrc", NULL},
    .run = run_completion,
};
