/* .env: the form that shells, Docker Compose and systemd agree on, and no more: no substitution, no
 * values over several lines, no commands. What is not in that form is an error that names the line,
 * because a setting that is silently not there is worse. */
#include "config-private.h"

#include <string.h>

typedef struct Line {
    const char *at, *end;
    guint number;
    char *name;
    GString *value;
} Line;

static gboolean refuse(const Line *line, const char *what, GError **error)
{
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "line %u: %s", line->number, what);
    return FALSE;
}

static void skip_blank(Line *line)
{
    while (line->at < line->end && (*line->at == ' ' || *line->at == '\t'))
        line->at++;
}

static gboolean is_over(const Line *line)
{
    return line->at == line->end || *line->at == '#';
}

static gboolean read_name(Line *line, GError **error)
{
    if ((gsize)(line->end - line->at) > strlen("export ") &&
        strncmp(line->at, "export ", strlen("export ")) == 0) {
        line->at += strlen("export ");
        skip_blank(line);
    }
    const char *start = line->at;
    while (line->at < line->end && (g_ascii_isalnum(*line->at) || *line->at == '_'))
        line->at++;
    if (line->at == start || g_ascii_isdigit(*start) || line->at == line->end || *line->at != '=')
        return refuse(line, "expected NAME=VALUE", error);
    g_free(line->name);
    line->name = g_strndup(start, (gsize)(line->at - start));
    line->at++;
    return TRUE;
}

static gboolean read_escape(Line *line, GError **error)
{
    static const char from[] = "nt\"\\$", to[] = "\n\t\"\\$";
    if (++line->at == line->end)
        return refuse(line, "a quote is not closed", error);
    const char *which = strchr(from, *line->at);
    if (which == NULL)
        return refuse(line, "after a backslash one of n t \" \\ $ is expected", error);
    g_string_append_c(line->value, to[which - from]);
    return TRUE;
}

static gboolean read_quoted(Line *line, GError **error)
{
    char quote = *line->at++;
    for (; line->at < line->end && *line->at != quote; line->at++) {
        if (quote == '"' && *line->at == '\\') {
            if (!read_escape(line, error))
                return FALSE;
        } else {
            g_string_append_c(line->value, *line->at);
        }
    }
    if (line->at == line->end)
        return refuse(line, "a quote is not closed", error);
    line->at++;
    skip_blank(line);
    return is_over(line) || refuse(line, "something follows the closing quote", error);
}

/* To the end, or to a # with a blank before it; blanks at the end are nobody's. */
static gboolean read_plain(Line *line, GError **error)
{
    const char *start = line->at;
    while (line->at < line->end &&
           !(*line->at == '#' && line->at > start && g_ascii_isspace(line->at[-1])))
        line->at++;
    g_string_append_len(line->value, start, line->at - start);
    g_strchomp(line->value->str);
    g_string_set_size(line->value, strlen(line->value->str));
    if (strpbrk(line->value->str, "'\"") != NULL)
        return refuse(line, "a value with quotes in it has to be quoted as a whole", error);
    return TRUE;
}

static gboolean read_line(Line *line, GError **error)
{
    skip_blank(line);
    if (is_over(line))
        return TRUE;
    if (!read_name(line, error))
        return FALSE;
    skip_blank(line);
    g_string_truncate(line->value, 0);
    if (is_over(line))
        return TRUE;
    return *line->at == '"' || *line->at == '\'' ? read_quoted(line, error)
                                                 : read_plain(line, error);
}

gboolean server_env_read(const char *text, gsize length, ServerEnvEach each, gpointer data,
                         GError **error)
{
    Line line = {.value = g_string_new(NULL)};
    gboolean is_good = length <= SERVER_ENV_BYTES_MAX && g_utf8_validate_len(text, length, NULL);
    if (!is_good)
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG,
                    "expected UTF-8 text of at most %d bytes", SERVER_ENV_BYTES_MAX);
    const char *end = text + length;
    for (const char *at = text; is_good && at < end;) {
        const char *newline = memchr(at, '\n', (gsize)(end - at));
        line.at = at;
        line.end = newline != NULL ? newline : end;
        at = newline != NULL ? newline + 1 : end;
        if (line.end > line.at && line.end[-1] == '\r')
            line.end--;
        line.number++;
        g_clear_pointer(&line.name, g_free);
        is_good = read_line(&line, error) &&
                  (line.name == NULL || each(line.name, line.value->str, line.number, data, error));
    }
    g_free(line.name);
    /* The value may have been a secret. */
    explicit_bzero(line.value->str, line.value->allocated_len);
    g_string_free(line.value, TRUE);
    return is_good;
}
