/* What the readers of this room share with show/json.h. */
#pragma once
#include <show/json.h>

/* A file of at most `most` bytes. Free with g_free(). */
char *show_json_read_file(const char *path, gint64 most, gsize *length, GError **error);
/* FALSE with the error set when a text is longer than `most`. */
gboolean show_json_check_size(const char *name, gsize length, gint64 most, GError **error);
/* One JSON value. `line` is the line its text begins on. New reference. */
json_t *show_json_value(const char *name, gsize line, const char *text, gsize length,
                        GError **error);
const char *show_json_name(const ShowJson *json);
/* Line of the value of a path; see show_scan_locate(). */
gsize show_json_line(const ShowJson *json, const char *path);
/* In place: control characters become "?", so that a message stays one line on any terminal. */
char *show_json_tame(char *text);
