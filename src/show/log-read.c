/* Reading a log in each of its three forms, one event's text at a time, so that memory stays small
 * and every error has its line. */
#include <show/log.h>

#include <show/error.h>
#include <show/limits.h>

#include "json-private.h"
#include "scan-private.h"

#include <string.h>

typedef struct Input {
    const char *name;
    const char *text;
    gsize length;
    gsize at;
    gsize line; /* on which `at` stands */
    GError **error;
} Input;

static void move_to(Input *in, gsize at)
{
    in->line += show_scan_line(in->text + in->at, in->length - in->at, at - in->at) - 1;
    in->at = at;
}

static gboolean fail(const Input *in, int code, const char *text)
{
    g_set_error(in->error, SHOW_ERROR, code, "%s: line %" G_GSIZE_FORMAT ": %s", in->name, in->line,
                text);
    return FALSE;
}

static gboolean check_length(const Input *in, gsize length)
{
    if (length <= SHOW_LINE_BYTES_MAX)
        return TRUE;
    g_autofree char *text =
        g_strdup_printf("expected an event of at most %d bytes, found %" G_GSIZE_FORMAT,
                        SHOW_LINE_BYTES_MAX, length);
    return fail(in, SHOW_ERROR_TOO_LARGE, text);
}

static gboolean take_value(const Input *in, ShowLog *log, json_t *value)
{
    ShowEvent *event = show_event_from_json(in->name, in->line, value, in->error);
    json_decref(value);
    if (event != NULL)
        show_log_take(log, event);
    return event != NULL;
}

/* One line of JSON Lines. A torn last one is no error: it was never acknowledged. */
static gboolean read_line(const Input *in, ShowLog *log, gsize length, gboolean is_whole)
{
    g_autoptr(GError) problem = NULL;
    if (is_whole && !check_length(in, length))
        return FALSE;
    json_t *value = show_json_value(in->name, in->line, in->text + in->at, length, &problem);
    if (value != NULL && !check_length(in, length)) {
        json_decref(value);
        return FALSE;
    }
    if (value != NULL)
        return take_value(in, log, value);
    if (!is_whole) {
        g_warning("%s: line %" G_GSIZE_FORMAT ": left out, it was cut short", in->name, in->line);
        return TRUE;
    }
    g_propagate_error(in->error, g_steal_pointer(&problem));
    return FALSE;
}

static gboolean read_lines(Input *in, ShowLog *log)
{
    while (in->at < in->length) {
        const char *start = in->text + in->at;
        const char *newline = memchr(start, '\n', in->length - in->at);
        gsize length = newline != NULL ? (gsize)(newline - start) : in->length - in->at;
        gboolean is_empty = show_scan_space(start, length, 0) == length;
        if (!is_empty && !read_line(in, log, length, newline != NULL))
            return FALSE;
        in->at += length + (newline != NULL);
        in->line++;
    }
    return TRUE;
}

/* One element of an array, up to the comma or bracket that follows. */
static gboolean read_element(Input *in, ShowLog *log)
{
    gsize end = show_scan_value(in->text, in->length, in->at, NULL);
    gsize length = (end != 0 ? end : in->length) - in->at;
    if (end != 0 && !check_length(in, length))
        return FALSE;
    json_t *value = show_json_value(in->name, in->line, in->text + in->at, length, in->error);
    if (value == NULL || !take_value(in, log, value))
        return FALSE;
    if (end == 0)
        return fail(in, SHOW_ERROR_INVALID, "not JSON: the array of events is not closed");
    move_to(in, show_scan_space(in->text, in->length, end));
    return TRUE;
}

/* From the opening bracket to just after the closing one. */
static gboolean read_array(Input *in, ShowLog *log)
{
    move_to(in, show_scan_space(in->text, in->length, in->at + 1));
    gboolean is_first = TRUE;
    while (in->at < in->length && in->text[in->at] != ']') {
        if (!is_first && in->text[in->at] != ',')
            return fail(in, SHOW_ERROR_INVALID, "not JSON: expected a comma or ] after an event");
        if (!is_first)
            move_to(in, show_scan_space(in->text, in->length, in->at + 1));
        if (!read_element(in, log))
            return FALSE;
        is_first = FALSE;
    }
    if (in->at >= in->length)
        return fail(in, SHOW_ERROR_INVALID, "not JSON: the array of events is not closed");
    in->at++;
    return TRUE;
}

static gboolean read_top_array(Input *in, ShowLog *log)
{
    if (!read_array(in, log))
        return FALSE;
    move_to(in, show_scan_space(in->text, in->length, in->at));
    return in->at == in->length ||
           fail(in, SHOW_ERROR_INVALID, "not JSON: expected the end of the file after ]");
}

/* {"events":[…]}: read as a whole for its grammar, then the array in its place. */
static gboolean read_wrapped(Input *in, ShowLog *log)
{
    g_autoptr(ShowJson) json = show_json_parse(in->name, in->text, in->length, in->error);
    if (json == NULL)
        return FALSE;
    if (!json_is_array(json_object_get(show_json_root(json), "events")))
        return fail(in, SHOW_ERROR_INVALID,
                    "expected events: JSON Lines, an array or {\"events\":[…]}");
    gsize at = show_scan_locate(in->text, in->length, "events");
    if (at >= in->length || in->text[at] != '[') /* the name is written with escapes */
        return fail(in, SHOW_ERROR_INVALID, "expected \"events\" written plainly");
    move_to(in, at);
    return read_array(in, log);
}

/* A first object that ends on a later line, or that says "events" and no "type", is the whole. */
static gboolean is_wrapped(const Input *in)
{
    const char *start = in->text + in->at;
    gsize length = in->length - in->at;
    const char *newline = memchr(start, '\n', length);
    gsize line = newline != NULL ? (gsize)(newline - start) : length;
    gsize end = show_scan_value(start, length, 0, NULL);
    if (end > line)
        return TRUE;
    json_t *value = end == 0 ? NULL : json_loadb(start, end, JSON_REJECT_DUPLICATES, NULL);
    gboolean answer =
        json_is_array(json_object_get(value, "events")) && json_object_get(value, "type") == NULL;
    json_decref(value);
    return answer;
}

static gboolean read_any(Input *in, ShowLog *log)
{
    move_to(in, show_scan_mark(in->text, in->length));
    gsize start = show_scan_space(in->text, in->length, in->at);
    if (start < in->length && in->text[start] == '[') {
        move_to(in, start);
        return read_top_array(in, log);
    }
    Input ahead = *in;
    move_to(&ahead, start);
    if (start < in->length && in->text[start] == '{' && is_wrapped(&ahead)) {
        return read_wrapped(in, log);
    }
    return read_lines(in, log);
}

ShowLog *show_log_parse(const char *name, const char *text, gsize length, GError **error)
{
    if (!show_json_check_size(name, length, SHOW_LOG_BYTES_MAX, error))
        return NULL;
    g_autoptr(ShowLog) log = show_log_new();
    Input in = {.name = name, .text = text, .length = length, .line = 1, .error = error};
    return read_any(&in, log) ? g_steal_pointer(&log) : NULL;
}

ShowLog *show_log_load(const char *path, GError **error)
{
    gsize length;
    g_autofree char *text = show_json_read_file(path, SHOW_LOG_BYTES_MAX, &length, error);
    return text != NULL ? show_log_parse(path, text, length, error) : NULL;
}
