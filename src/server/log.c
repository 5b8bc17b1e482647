/* Writing the log. A line is one write, so that lines of two threads do not mix; what a client sent
 * cannot begin a new one, for control characters are escaped. */
#include <server/log.h>

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIELD_PREFIX "CROSSCUT_"

enum { QUIET = 16 }; /* beside the format, in the one pointer that the writer is given */

static const char *text_of(const GLogField *field, char **copy)
{
    if (field->length < 0)
        return field->value;
    *copy = g_strndup(field->value, (gsize)field->length);
    return *copy;
}

static const char *level_name(GLogLevelFlags level)
{
    if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
        return "error";
    if ((level & G_LOG_LEVEL_WARNING) != 0)
        return "warning";
    return (level & G_LOG_LEVEL_DEBUG) != 0 ? "debug" : "info";
}

static int syslog_level(GLogLevelFlags level)
{
    if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
        return 3;
    if ((level & G_LOG_LEVEL_WARNING) != 0)
        return 4;
    return (level & G_LOG_LEVEL_DEBUG) != 0 ? 7 : 6;
}

enum { TIME_BYTES = 64, LINE_BYTES = 256 };

/* Each request has its line, so that this costs something: not GDateTime's way. */
static const char *time_text(char text[TIME_BYTES])
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    g_snprintf(text, TIME_BYTES, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
               utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
               (int)(now.tv_nsec / 1000000));
    return text;
}

/* ---- JSON ---- */

static void add_member(json_t *line, const char *name, const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    json_object_set_new(line, name, json_string(valid));
}

static void add_field(json_t *line, const GLogField *field)
{
    g_autofree char *copy = NULL;
    if (strcmp(field->key, "MESSAGE") == 0) {
        add_member(line, "message", text_of(field, &copy));
    } else if (strcmp(field->key, "GLIB_DOMAIN") == 0) {
        add_member(line, "room", text_of(field, &copy));
    } else if (g_str_has_prefix(field->key, FIELD_PREFIX)) {
        g_autofree char *name = g_ascii_strdown(field->key + strlen(FIELD_PREFIX), -1);
        add_member(line, name, text_of(field, &copy));
    }
}

static char *json_line(GLogLevelFlags level, const GLogField *fields, gsize count)
{
    char time[TIME_BYTES];
    json_t *line = json_pack("{s:s,s:s}", "time", time_text(time), "level", level_name(level));
    for (gsize i = 0; i < count; i++)
        add_field(line, &fields[i]);
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    char *result = g_strconcat(text != NULL ? text : "{}", "\n", NULL);
    free(text);
    return result;
}

/* ---- plain ---- */

static void append_escaped(GString *line, const char *text)
{
    const char *plain = text; /* everything before is written */
    for (const char *c = text; *c != '\0'; c++) {
        if ((guchar)*c >= ' ' && *c != 0x7f)
            continue;
        g_string_append_len(line, plain, c - plain);
        g_string_append_printf(line, "\\x%02x", (guchar)*c);
        plain = c + 1;
    }
    g_string_append(line, plain);
}

static void append_pair(GString *line, const GLogField *field)
{
    g_autofree char *copy = NULL;
    g_string_append_c(line, ' ');
    for (const char *c = field->key + strlen(FIELD_PREFIX); *c != '\0'; c++)
        g_string_append_c(line, g_ascii_tolower(*c));
    g_string_append_c(line, '=');
    append_escaped(line, text_of(field, &copy));
}

static const char *find_field(const GLogField *fields, gsize count, const char *key, char **copy)
{
    for (gsize i = 0; i < count; i++)
        if (strcmp(fields[i].key, key) == 0)
            return text_of(&fields[i], copy);
    return "";
}

static char *plain_line(gboolean is_journal, GLogLevelFlags level, const GLogField *fields,
                        gsize count)
{
    GString *line = g_string_sized_new(LINE_BYTES);
    g_autofree char *room = NULL, *message = NULL;
    char time[TIME_BYTES];
    if (is_journal)
        g_string_append_printf(line, "<%d>", syslog_level(level));
    else
        g_string_append(line, time_text(time));
    g_string_append(line, is_journal ? "" : " ");
    g_string_append(line, level_name(level));
    g_string_append_c(line, ' ');
    g_string_append(line, find_field(fields, count, "GLIB_DOMAIN", &room));
    g_string_append(line, ": ");
    append_escaped(line, find_field(fields, count, "MESSAGE", &message));
    for (gsize i = 0; i < count; i++)
        if (g_str_has_prefix(fields[i].key, FIELD_PREFIX))
            append_pair(line, &fields[i]);
    g_string_append_c(line, '\n');
    return g_string_free(line, FALSE);
}

char *server_log_line(ServerLogFormat format, gboolean is_journal, GLogLevelFlags level,
                      const GLogField *fields, gsize count)
{
    return format == SERVER_LOG_JSON ? json_line(level, fields, count)
                                     : plain_line(is_journal, level, fields, count);
}

/* ---- the writer ---- */

static void write_all(const char *text)
{
    gsize length = strlen(text);
    while (length > 0) {
        ssize_t written = write(STDERR_FILENO, text, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody reads: the show goes on */
        text += written;
        length -= (gsize)written;
    }
}

static GLogWriterOutput write_line(GLogLevelFlags level, const GLogField *fields, gsize count,
                                   gpointer data)
{
    g_autofree char *room = NULL;
    const char *domain = find_field(fields, count, "GLIB_DOMAIN", &room);
    int setting = GPOINTER_TO_INT(data);
    gboolean is_info = (level & G_LOG_LEVEL_INFO) != 0;
    if (is_info ? (setting & QUIET) != 0 : g_log_writer_default_would_drop(level, domain))
        return G_LOG_WRITER_HANDLED;
    ServerLogFormat format = (ServerLogFormat)(setting & ~QUIET);
    g_autofree char *line =
        server_log_line(format, g_getenv("JOURNAL_STREAM") != NULL, level, fields, count);
    write_all(line);
    return G_LOG_WRITER_HANDLED;
}

void server_log_install(ServerLogFormat format, gboolean is_quiet)
{
    int setting = (int)format | (is_quiet ? QUIET : 0);
    g_log_set_writer_func(write_line, GINT_TO_POINTER(setting), NULL);
}
