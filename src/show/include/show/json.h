/* JSON in and out, the same way for every file of a show: exact errors in, stable bytes out.
 * What a reader does not know it keeps, and the writer writes it back.
 * Threads: any, no shared state. */
#pragma once
#include <glib.h>
#include <jansson.h>

/* A document being read: the text it came from, so that an error can name the line. */
typedef struct ShowJson ShowJson;

/* Reads a whole file. Errors: not there, a folder, larger than SHOW_FILE_BYTES_MAX, not JSON. */
ShowJson *show_json_load(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The same from memory; `name` stands in errors where the file's name would. Copies the text. */
ShowJson *show_json_parse(const char *name, const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
void show_json_free(ShowJson *json);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowJson, show_json_free)

const json_t *show_json_root(const ShowJson *json); /* borrowed, until json is freed */

/* Stable text of a value: members in the order they have, two-space indent when `pretty`, one line
 * otherwise, ends with a newline. Free with g_free(). */
char *show_json_text(const json_t *value, gboolean pretty);
