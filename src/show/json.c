/* From bytes to checked JSON: size, depth, grammar, each with its place in the text. */
#include <show/json.h>

#include <show/error.h>
#include <show/limits.h>

#include "json-private.h"
#include "scan-private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct ShowJson {
    char *name;
    char *text;
    gsize length;
    json_t *root;
};

char *show_json_tame(char *text)
{
    for (char *c = text; *c != '\0'; c = g_utf8_next_char(c)) {
        gunichar character = g_utf8_get_char(c);
        if (character < 0x20 || character == 0x7f)
            *c = '?';
        else if (character >= 0x80 && character < 0xa0)
            memcpy(c, "\xC2\xBF", 2); /* the same number of bytes: an inverted question mark */
    }
    return text;
}

static gboolean fail_file(GError **error, const char *path, const char *why)
{
    g_set_error(error, SHOW_ERROR, SHOW_ERROR_FAILED, "%s: could not be read: %s", path, why);
    return FALSE;
}

gboolean show_json_check_size(const char *name, gsize length, gint64 most, GError **error)
{
    if (length <= (gsize)most)
        return TRUE;
    g_set_error(error, SHOW_ERROR, SHOW_ERROR_TOO_LARGE,
                "%s: expected at most %" G_GINT64_FORMAT " bytes, found more", name, most);
    return FALSE;
}

static gboolean read_all(int file, const char *path, gint64 most, GByteArray *bytes, GError **error)
{
    guint8 block[65536];
    for (;;) {
        ssize_t count = read(file, block, sizeof block);
        if (count == 0)
            return TRUE;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail_file(error, path, g_strerror(errno));
        if (!show_json_check_size(path, bytes->len + (gsize)count, most, error))
            return FALSE;
        g_byte_array_append(bytes, block, (guint)count);
    }
}

static gboolean read_open(int file, const char *path, gint64 most, GByteArray *bytes,
                          GError **error)
{
    struct stat status;
    if (fstat(file, &status) != 0)
        return fail_file(error, path, g_strerror(errno));
    if (S_ISDIR(status.st_mode))
        return fail_file(error, path, "it is a folder; give a file");
    return show_json_check_size(path, (gsize)status.st_size, most, error) &&
           read_all(file, path, most, bytes, error);
}

char *show_json_read_file(const char *path, gint64 most, gsize *length, GError **error)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (file < 0) {
        fail_file(error, path, g_strerror(errno));
        return NULL;
    }
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    gboolean read = read_open(file, path, most, bytes, error);
    close(file);
    if (!read)
        return NULL;
    *length = bytes->len;
    g_byte_array_append(bytes, (const guint8 *)"", 1);
    return (char *)g_byte_array_free(g_steal_pointer(&bytes), FALSE);
}

/* What jansson says, in our words where its own speak of its flags. */
static char *describe(const json_error_t *found)
{
    switch (json_error_code(found)) {
    case json_error_null_character:
        return g_strdup("a string with a NUL character");
    case json_error_null_byte_in_key:
        return g_strdup("a member name with a NUL character");
    case json_error_stack_overflow:
        return g_strdup_printf("nested deeper than %d", SHOW_JSON_DEPTH_MAX);
    default:
        return show_json_tame(g_utf8_make_valid(found->text, -1));
    }
}

static json_t *fail_syntax(const char *name, gsize line, const json_error_t *found, GError **error)
{
    g_autofree char *what = describe(found);
    g_set_error(error, SHOW_ERROR, SHOW_ERROR_INVALID,
                "%s: line %" G_GSIZE_FORMAT ", column %d: not JSON: %s", name,
                line + (gsize)MAX(found->line - 1, 0), MAX(found->column, 1), what);
    return NULL;
}

json_t *show_json_value(const char *name, gsize line, const char *text, gsize length,
                        GError **error)
{
    guint depth;
    gsize at = show_scan_space(text, length, 0);
    show_scan_value(text, length, at, &depth);
    if (depth > SHOW_JSON_DEPTH_MAX) {
        g_set_error(error, SHOW_ERROR, SHOW_ERROR_TOO_LARGE,
                    "%s: line %" G_GSIZE_FORMAT ": expected values nested at most %d deep, "
                    "found %u",
                    name, line, SHOW_JSON_DEPTH_MAX, depth);
        return NULL;
    }
    json_error_t found;
    json_t *value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &found);
    return value != NULL ? value : fail_syntax(name, line, &found, error);
}

/* Takes name and text. */
static ShowJson *parse_taken(char *name, char *text, gsize length, GError **error)
{
    g_autoptr(ShowJson) json = g_new0(ShowJson, 1);
    json->name = name;
    json->text = text;
    json->length = length;
    gsize mark = show_scan_mark(text, length);
    if (show_scan_space(text, length, mark) == length) {
        g_set_error(error, SHOW_ERROR, SHOW_ERROR_INVALID, "%s: expected JSON, found an empty file",
                    name);
        return NULL;
    }
    json->root = show_json_value(name, 1, text + mark, length - mark, error);
    return json->root != NULL ? g_steal_pointer(&json) : NULL;
}

ShowJson *show_json_load(const char *path, GError **error)
{
    gsize length;
    char *text = show_json_read_file(path, SHOW_FILE_BYTES_MAX, &length, error);
    return text != NULL ? parse_taken(g_strdup(path), text, length, error) : NULL;
}

ShowJson *show_json_parse(const char *name, const char *text, gsize length, GError **error)
{
    if (!show_json_check_size(name, length, SHOW_FILE_BYTES_MAX, error))
        return NULL;
    char *copy = g_malloc(length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return parse_taken(g_strdup(name), copy, length, error);
}

void show_json_free(ShowJson *json)
{
    if (json == NULL)
        return;
    json_decref(json->root);
    g_free(json->text);
    g_free(json->name);
    g_free(json);
}

const json_t *show_json_root(const ShowJson *json)
{
    return json->root;
}

const char *show_json_name(const ShowJson *json)
{
    return json->name;
}

gsize show_json_line(const ShowJson *json, const char *path)
{
    gsize at = show_scan_locate(json->text, json->length, path);
    return show_scan_line(json->text, json->length, at);
}
