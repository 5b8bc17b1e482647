/* JSON as text, always the same bytes for the same value: real numbers in the fewest of 15 to 17
 * digits that read back the same, characters beyond ASCII as they are, arrays of plain values on
 * one line. */
#include <show/json.h>

#include "text-private.h"

#include <stdlib.h>
#include <string.h>

typedef struct Writer {
    GString *out;
    gboolean pretty;
    guint depth;
} Writer;

static void write_value(Writer *writer, const json_t *value);

static void write_break(Writer *writer)
{
    if (!writer->pretty)
        return;
    g_string_append_c(writer->out, '\n');
    for (guint i = 0; i < writer->depth; i++)
        g_string_append(writer->out, "  ");
}

static void write_escaped(GString *out, unsigned char c)
{
    static const char letters[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\";
    const char *letter = strchr(letters, c);
    if (letter != NULL && c != '\0')
        g_string_append_printf(out, "\\%c", names[letter - letters]);
    else
        g_string_append_printf(out, "\\u%04x", c);
}

static void write_string(GString *out, const char *text, gsize length)
{
    g_string_append_c(out, '"');
    gsize plain = 0; /* everything before is written */
    for (gsize i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        g_string_append_len(out, text + plain, (gssize)(i - plain));
        write_escaped(out, c);
        plain = i + 1;
    }
    g_string_append_len(out, text + plain, (gssize)(length - plain));
    g_string_append_c(out, '"');
}

static void write_real(GString *out, double real)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE] = "0.0";
    static const char *const formats[] = {"%.15g", "%.16g", "%.17g"};
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++) {
        g_ascii_formatd(text, sizeof text, formats[i], real);
        if (g_ascii_strtod(text, NULL) == real)
            break;
    }
    g_string_append(out, text);
    if (strpbrk(text, ".en") == NULL) /* stays a real number when read again */
        g_string_append(out, ".0");
}

static gboolean is_plain_array(const json_t *array)
{
    for (gsize i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        if (json_is_object(item) || json_is_array(item))
            return FALSE;
    }
    return TRUE;
}

static void write_array(Writer *writer, const json_t *array)
{
    gsize count = json_array_size(array);
    gboolean one_line = is_plain_array(array);
    g_string_append_c(writer->out, '[');
    writer->depth++;
    for (gsize i = 0; i < count; i++) {
        if (i > 0)
            g_string_append(writer->out, one_line && writer->pretty ? ", " : ",");
        if (!one_line)
            write_break(writer);
        write_value(writer, json_array_get(array, i));
    }
    writer->depth--;
    if (!one_line)
        write_break(writer);
    g_string_append_c(writer->out, ']');
}

static void write_object(Writer *writer, const json_t *object)
{
    /* jansson's iterator wants a value that may change; this does not change it. */
    json_t *members = (json_t *)object;
    gboolean first = TRUE;
    g_string_append_c(writer->out, '{');
    writer->depth++;
    for (void *i = json_object_iter(members); i != NULL; i = json_object_iter_next(members, i)) {
        if (!first)
            g_string_append_c(writer->out, ',');
        first = FALSE;
        write_break(writer);
        const char *key = json_object_iter_key(i);
        write_string(writer->out, key, strlen(key));
        g_string_append(writer->out, writer->pretty ? ": " : ":");
        write_value(writer, json_object_iter_value(i));
    }
    writer->depth--;
    if (!first)
        write_break(writer);
    g_string_append_c(writer->out, '}');
}

static void write_value(Writer *writer, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(writer, value);
        break;
    case JSON_ARRAY:
        write_array(writer, value);
        break;
    case JSON_STRING:
        write_string(writer->out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        show_text_integer(writer->out, json_integer_value(value));
        break;
    case JSON_REAL:
        write_real(writer->out, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        g_string_append(writer->out, json_is_true(value) ? "true" : "false");
        break;
    default:
        g_string_append(writer->out, "null");
    }
}

void show_text_string(GString *out, const char *text)
{
    gsize length = strlen(text);
    g_autofree char *valid =
        g_utf8_validate_len(text, length, NULL) ? NULL : g_utf8_make_valid(text, (gssize)length);
    if (valid != NULL)
        write_string(out, valid, strlen(valid));
    else
        write_string(out, text, length);
}

void show_text_integer(GString *out, gint64 integer)
{
    char digits[24];
    guint64 rest = integer < 0 ? -(guint64)integer : (guint64)integer;
    char *at = digits + sizeof digits;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (integer < 0)
        *--at = '-';
    g_string_append_len(out, at, digits + sizeof digits - at);
}

void show_text_value(GString *out, const json_t *value)
{
    Writer writer = {.out = out};
    write_value(&writer, value);
}

char *show_json_text(const json_t *value, gboolean pretty)
{
    Writer writer = {.out = g_string_new(NULL), .pretty = pretty};
    write_value(&writer, value);
    g_string_append_c(writer.out, '\n');
    return g_string_free(writer.out, FALSE);
}
