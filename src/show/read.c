/* Typed members out of a JSON object, each with an exact error. */
#include "read-private.h"

#include <show/error.h>
#include <show/limits.h>

#include "json-private.h"

#include <string.h>

#define FOUND_CHARACTERS_MAX 40

/* A value as it stands in a message: short, on one line. Free with g_free(). */
static char *describe(const json_t *found)
{
    if (found == NULL)
        return g_strdup("nothing");
    if (json_is_object(found))
        return g_strdup("an object");
    if (json_is_array(found))
        return g_strdup("an array");
    g_autofree char *text = g_strchomp(show_json_text(found, FALSE));
    show_json_tame(text);
    if (g_utf8_strlen(text, -1) <= FOUND_CHARACTERS_MAX)
        return g_steal_pointer(&text);
    g_autofree char *start = g_utf8_substring(text, 0, FOUND_CHARACTERS_MAX);
    return g_strconcat(start, "…", json_is_string(found) ? "\"" : "", NULL);
}

static gsize find_line(const ShowReader *reader, const char *member)
{
    if (reader->line > 0 || reader->json == NULL)
        return reader->line;
    g_autofree char *path =
        member == NULL ? g_strdup(reader->where) : g_strconcat(reader->where, ".", member, NULL);
    return show_json_line(reader->json, path);
}

/* `name: line 7: sources[2]."role": ` */
static GString *begin_message(const ShowReader *reader, const char *member)
{
    GString *message = g_string_new(reader->name);
    gsize line = find_line(reader, member);
    if (line > 0)
        g_string_append_printf(message, ": line %" G_GSIZE_FORMAT, line);
    g_string_append(message, ": ");
    g_string_append(message, reader->where);
    if (member != NULL)
        g_string_append_printf(message, "%s\"%s\"", reader->where[0] != '\0' ? "." : "", member);
    if (member != NULL || reader->where[0] != '\0')
        g_string_append(message, ": ");
    return message;
}

gboolean show_read_fail_text(const ShowReader *reader, int code, const char *member,
                             const char *format, ...)
{
    GString *message = begin_message(reader, member);
    va_list values;
    va_start(values, format);
    g_string_append_vprintf(message, format, values);
    va_end(values);
    g_set_error_literal(reader->error, SHOW_ERROR, code, message->str);
    g_string_free(message, TRUE);
    return FALSE;
}

gboolean show_read_fail(const ShowReader *reader, const char *member, const char *expected,
                        const json_t *found)
{
    g_autofree char *text = describe(found);
    return show_read_fail_text(reader, SHOW_ERROR_INVALID, member, "expected %s, found %s",
                               expected, text);
}

gboolean show_read_is_object(const ShowReader *reader, const char *expected)
{
    return json_is_object(reader->object) || show_read_fail(reader, NULL, expected, reader->object);
}

gboolean show_read_is_ms(const json_t *value, gint64 *out)
{
    if (!json_is_number(value))
        return FALSE;
    double ms = json_number_value(value);
    if (!(ms > -0.5) || ms > (double)SHOW_T_MS_MAX)
        return FALSE;
    *out = json_is_integer(value) ? json_integer_value(value) : show_round(ms);
    return *out >= 0;
}

gboolean show_read_ms(const ShowReader *reader, const char *member, ShowNeed need, gint64 *out)
{
    const json_t *value = json_object_get(reader->object, member);
    if ((value == NULL && need == SHOW_OPTIONAL) || show_read_is_ms(value, out))
        return TRUE;
    if (json_is_number(value) && json_number_value(value) > 0) {
        g_autofree char *found = describe(value);
        return show_read_fail_text(reader, SHOW_ERROR_TOO_LARGE, member,
                                   "expected milliseconds of at most a year (%" G_GINT64_FORMAT
                                   "), found %s",
                                   SHOW_T_MS_MAX, found);
    }
    return show_read_fail(reader, member, "milliseconds ≥ 0", value);
}

gboolean show_read_integer(const ShowReader *reader, const char *member, gint64 least, gint64 most,
                           const char *expected, gint64 *out)
{
    const json_t *value = json_object_get(reader->object, member);
    if (value == NULL)
        return TRUE;
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) > most)
        return show_read_fail(reader, member, expected, value);
    *out = json_integer_value(value);
    return TRUE;
}

gboolean show_read_real(const ShowReader *reader, const char *member, double least, double most,
                        const char *expected, double *out)
{
    const json_t *value = json_object_get(reader->object, member);
    if (value == NULL)
        return TRUE;
    double real = json_number_value(value);
    if (!json_is_number(value) || real < least || real > most)
        return show_read_fail(reader, member, expected, value);
    *out = real;
    return TRUE;
}

gboolean show_read_text(const ShowReader *reader, const char *member, ShowNeed need,
                        ShowTextCheck check, const char *expected, char **out)
{
    const json_t *value = json_object_get(reader->object, member);
    if (value == NULL && need == SHOW_OPTIONAL)
        return TRUE;
    if (!json_is_string(value) || !check(json_string_value(value)))
        return show_read_fail(reader, member, expected, value);
    *out = g_strdup(json_string_value(value));
    return TRUE;
}

gboolean show_read_id(const ShowReader *reader, const char *member, ShowNeed need, char **out)
{
    return show_read_text(reader, member, need, show_id_is_valid,
                          "a name of at most 64 letters, digits, _ . and -", out);
}

gboolean show_read_label(const ShowReader *reader, const char *member, char **out)
{
    return show_read_text(reader, member, SHOW_OPTIONAL, show_label_is_valid,
                          "1 to 200 bytes of text without control characters", out);
}

gboolean show_read_rate(const ShowReader *reader, const char *member, ShowRate *out)
{
    const json_t *value = json_object_get(reader->object, member);
    if (value == NULL)
        return TRUE;
    const json_t *num = json_array_get(value, 0), *den = json_array_get(value, 1);
    if (json_array_size(value) != 2 || !json_is_integer(num) || !json_is_integer(den) ||
        json_integer_value(num) < 1 || json_integer_value(num) > G_MAXINT ||
        json_integer_value(den) < 1 || json_integer_value(den) > G_MAXINT)
        return show_read_fail(reader, member, "frames a second as [number, divisor]", value);
    out->num = (int)json_integer_value(num);
    out->den = (int)json_integer_value(den);
    return TRUE;
}

gboolean show_read_array(const ShowReader *reader, const char *member, ShowNeed need,
                         const json_t **out)
{
    const json_t *value = json_object_get(reader->object, member);
    *out = value;
    if ((value == NULL && need == SHOW_OPTIONAL) || json_is_array(value))
        return TRUE;
    return show_read_fail(reader, member, "an array", value);
}

gboolean show_read_version(const ShowReader *reader)
{
    const json_t *value = json_object_get(reader->object, "version");
    if (value == NULL || (json_is_integer(value) && json_integer_value(value) == 1))
        return TRUE;
    if (json_is_integer(value) && json_integer_value(value) > 1)
        return show_read_fail(reader, "version", "1 (a newer Crosscut reads more)", value);
    return show_read_fail(reader, "version", "1", value);
}

char *show_read_where(const ShowReader *reader, const char *member, gsize index)
{
    return g_strdup_printf("%s%s%s[%" G_GSIZE_FORMAT "]", reader->where,
                           reader->where[0] != '\0' ? "." : "", member, index);
}

json_t *show_read_rest(const json_t *object, const char *const *known)
{
    json_t *members = (json_t *)object; /* for jansson's iterator; not changed */
    json_t *rest = NULL;
    for (void *i = json_object_iter(members); i != NULL; i = json_object_iter_next(members, i)) {
        const char *key = json_object_iter_key(i);
        if (g_strv_contains(known, key))
            continue;
        if (rest == NULL)
            rest = json_object();
        json_object_set(rest, key, json_object_iter_value(i));
    }
    return rest;
}

/* Text that is not UTF-8 cannot stand in JSON; what can be shown of it is better than nothing. */
void show_write_text(json_t *object, const char *member, const char *text)
{
    if (text == NULL)
        return;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    json_object_set_new(object, member, json_string(valid));
}

void show_write_integer(json_t *object, const char *member, gint64 value)
{
    json_object_set_new(object, member, json_integer(value));
}

void show_write_rate(json_t *object, const char *member, ShowRate rate)
{
    if (rate.num > 0 && rate.den > 0)
        json_object_set_new(object, member, json_pack("[i,i]", rate.num, rate.den));
}

void show_write_rest(json_t *object, const json_t *extra)
{
    if (extra != NULL)
        json_object_update_missing(object, (json_t *)extra);
}

json_t *show_write_number(double value)
{
    if (ABS(value) < 1e15 && value == (double)(gint64)value)
        return json_integer((json_int_t)value);
    return json_real(value);
}
