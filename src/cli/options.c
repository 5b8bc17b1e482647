#include "options.h"

#include "error.h"

#include <math.h>
#include <string.h>

G_DEFINE_QUARK(crosscut - cli - error - quark, cli_error)

typedef struct Given {
    const CliOption *option;
    const char *value;
} Given;

struct CliArguments {
    GArray *given; /* Given; values borrowed from argv */
    GPtrArray *positionals;
};

static gboolean fail_usage(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static gboolean fail_usage(GError **error, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *message = g_strdup_vprintf(format, values);
    va_end(values);
    g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE, message);
    return FALSE;
}

static const CliOption *find_option(const CliOption *options, const char *name, gsize length)
{
    for (const CliOption *option = options; option->name != NULL; option++)
        if (strlen(option->name) == length && strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static const CliOption *find_letter(const CliOption *options, char letter)
{
    for (const CliOption *option = options; option->name != NULL; option++)
        if (option->letter == letter)
            return option;
    return NULL;
}

static gboolean check_choice(const CliOption *option, const char *value, GError **error)
{
    if (option->choices == NULL)
        return TRUE;
    g_auto(GStrv) choices = g_strsplit(option->choices, " ", -1);
    if (g_strv_contains((const char *const *)choices, value))
        return TRUE;
    g_autofree char *list = g_strjoinv(", ", choices);
    return fail_usage(error, "--%s: expected one of %s, found \"%s\"", option->name, list, value);
}

static gboolean take_option(CliArguments *self, const CliOption *option, const char *value,
                            GError **error)
{
    Given given = {option, value};
    if (value != NULL && !check_choice(option, value, error))
        return FALSE;
    g_array_append_val(self->given, given);
    return TRUE;
}

/* One argument that begins with '-'. Returns how many of argv it used, 0 on an error. */
static int parse_option(CliArguments *self, const CliOption *options, char **argv, GError **error)
{
    const char *text = argv[0];
    const CliOption *option;
    const char *value = NULL;
    if (text[1] == '-') {
        const char *equals = strchr(text, '=');
        gsize length = equals != NULL ? (gsize)(equals - text) - 2 : strlen(text + 2);
        option = find_option(options, text + 2, length);
        value = equals != NULL ? equals + 1 : NULL;
    } else {
        option = find_letter(options, text[1]);
        value = text[2] != '\0' ? text + 2 : NULL;
    }
    if (option == NULL) {
        fail_usage(error, "%s: there is no such option; see --help", text);
        return 0;
    }
    if (option->value == NULL && value != NULL) {
        fail_usage(error, "--%s takes no value, found \"%s\"", option->name, value);
        return 0;
    }
    int used = 1;
    if (option->value != NULL && value == NULL) {
        value = argv[1];
        used = 2;
    }
    if (option->value != NULL && value == NULL) {
        fail_usage(error, "--%s: its value is missing, expected --%s %s", option->name,
                   option->name, option->value);
        return 0;
    }
    return take_option(self, option, value, error) ? used : 0;
}

CliArguments *cli_arguments_parse(const CliOption *options, int argc, char **argv, GError **error)
{
    g_autoptr(CliArguments) self = g_new0(CliArguments, 1);
    self->given = g_array_new(FALSE, FALSE, sizeof(Given));
    self->positionals = g_ptr_array_new();
    gboolean only_positionals = FALSE;
    for (int i = 0; i < argc;) {
        if (only_positionals || argv[i][0] != '-' || argv[i][1] == '\0') {
            g_ptr_array_add(self->positionals, argv[i++]);
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            only_positionals = TRUE;
            i++;
            continue;
        }
        int used = parse_option(self, options, argv + i, error);
        if (used == 0)
            return NULL;
        i += used;
    }
    return g_steal_pointer(&self);
}

void cli_arguments_free(CliArguments *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->given);
    g_ptr_array_unref(self->positionals);
    g_free(self);
}

const GPtrArray *cli_positionals(const CliArguments *self)
{
    return self->positionals;
}

gboolean cli_flag(const CliArguments *self, const char *name)
{
    for (guint i = 0; i < self->given->len; i++)
        if (strcmp(g_array_index(self->given, Given, i).option->name, name) == 0)
            return TRUE;
    return FALSE;
}

GPtrArray *cli_values(const CliArguments *self, const char *name)
{
    GPtrArray *values = g_ptr_array_new();
    for (guint i = 0; i < self->given->len; i++) {
        const Given *given = &g_array_index(self->given, Given, i);
        if (strcmp(given->option->name, name) == 0)
            g_ptr_array_add(values, (gpointer)given->value);
    }
    return values;
}

const char *cli_value(const CliArguments *self, const char *name)
{
    g_autoptr(GPtrArray) values = cli_values(self, name);
    return values->len > 0 ? values->pdata[values->len - 1] : NULL;
}

gboolean cli_parse_number(const char *what, const char *text, double min, double max,
                          double *number, GError **error)
{
    char *end = NULL;
    double value = g_ascii_strtod(text, &end);
    if (end == text || *end != '\0' || !isfinite(value))
        return fail_usage(error, "%s: expected a number, found \"%s\"", what, text);
    if (value < min || value > max)
        return fail_usage(error, "%s: expected %g to %g, found %s", what, min, max, text);
    *number = value;
    return TRUE;
}

gboolean cli_number(const CliArguments *self, const char *name, double min, double max,
                    double *number, GError **error)
{
    const char *text = cli_value(self, name);
    g_autofree char *what = g_strconcat("--", name, NULL);
    return text == NULL || cli_parse_number(what, text, min, max, number, error);
}

gboolean cli_integer(const CliArguments *self, const char *name, int min, int max, int *number,
                     GError **error)
{
    double value = *number;
    if (!cli_number(self, name, min, max, &value, error))
        return FALSE;
    if (value != floor(value))
        return fail_usage(error, "--%s: expected a whole number, found \"%s\"", name,
                          cli_value(self, name));
    *number = (int)value;
    return TRUE;
}
