/* A look at JSON text without building anything. */
#include "scan-private.h"

#include <string.h>

gsize show_scan_mark(const char *text, gsize length)
{
    return length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

gsize show_scan_space(const char *text, gsize length, gsize at)
{
    while (at < length &&
           (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
        at++;
    return at;
}

/* The place after the string whose quote stands at `at`, or 0 when it is not closed. */
static gsize string_end(const char *text, gsize length, gsize at)
{
    for (gsize i = at + 1; i < length; i++) {
        if (text[i] == '"')
            return i + 1;
        if (text[i] == '\n')
            return 0;
        if (text[i] == '\\')
            i++;
    }
    return 0;
}

static gboolean ends_scalar(char c)
{
    return strchr(" \t\r\n,:]}[{\"", c) != NULL; /* and the NUL, which strchr finds too */
}

static gsize scalar_end(const char *text, gsize length, gsize at)
{
    gsize end = at;
    while (end < length && !ends_scalar(text[end]))
        end++;
    return end > at ? end : 0;
}

static gsize container_end(const char *text, gsize length, gsize at, guint *depth)
{
    guint open = 0;
    while (at < length) {
        char c = text[at];
        if (c == '"') {
            at = string_end(text, length, at);
            if (at == 0)
                return 0;
            continue;
        }
        at++;
        if (c == '{' || c == '[') {
            open++;
            if (depth != NULL)
                *depth = MAX(*depth, open);
        } else if ((c == '}' || c == ']') && --open == 0) {
            return at;
        }
    }
    return 0;
}

gsize show_scan_value(const char *text, gsize length, gsize at, guint *depth)
{
    if (depth != NULL)
        *depth = 0;
    if (at >= length)
        return 0;
    if (text[at] == '{' || text[at] == '[')
        return container_end(text, length, at, depth);
    if (text[at] == '"')
        return string_end(text, length, at);
    return scalar_end(text, length, at);
}

gsize show_scan_line(const char *text, gsize length, gsize at)
{
    gsize line = 1;
    const char *end = text + MIN(at, length);
    for (const char *c = text; (c = memchr(c, '\n', (gsize)(end - c))) != NULL; c++)
        line++;
    return line;
}

/* Steps over a comma or colon and the space around it. */
static gsize next_token(const char *text, gsize length, gsize at, char separator)
{
    at = show_scan_space(text, length, at);
    if (at < length && text[at] == separator)
        at = show_scan_space(text, length, at + 1);
    return at;
}

/* The value of a member of the object at `at`, or 0. */
static gsize find_member(const char *text, gsize length, gsize at, const char *name, gsize bytes)
{
    if (at >= length || text[at] != '{')
        return 0;
    at = show_scan_space(text, length, at + 1);
    while (at < length && text[at] == '"') {
        gsize end = string_end(text, length, at);
        if (end == 0)
            return 0;
        gboolean same = end - at - 2 == bytes && memcmp(text + at + 1, name, bytes) == 0;
        at = next_token(text, length, end, ':');
        if (same)
            return at;
        at = show_scan_value(text, length, at, NULL);
        if (at == 0)
            return 0;
        at = next_token(text, length, at, ',');
    }
    return 0;
}

/* The value number `index` of the array at `at`, or 0. */
static gsize find_item(const char *text, gsize length, gsize at, guint64 index)
{
    if (at >= length || text[at] != '[')
        return 0;
    at = show_scan_space(text, length, at + 1);
    for (guint64 i = 0; i < index; i++) {
        at = show_scan_value(text, length, at, NULL);
        if (at == 0)
            return 0;
        at = next_token(text, length, at, ',');
    }
    return at < length && text[at] != ']' ? at : 0;
}

gsize show_scan_locate(const char *text, gsize length, const char *path)
{
    gsize at = show_scan_space(text, length, show_scan_mark(text, length));
    while (*path != '\0') {
        gsize found;
        if (*path == '[') {
            char *end;
            found = find_item(text, length, at, g_ascii_strtoull(path + 1, &end, 10));
            path = *end == ']' ? end + 1 : end + strlen(end);
        } else {
            path += *path == '.';
            gsize bytes = strcspn(path, ".[");
            found = find_member(text, length, at, path, bytes);
            path += bytes;
        }
        if (found == 0)
            break;
        at = found;
    }
    return at;
}
