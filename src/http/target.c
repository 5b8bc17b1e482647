/* The target of a request: its path and its query, percent-decoded once and checked, so that
 * nobody behind this has to think of "%2e%2e%2f". */
#include "http-private.h"
#include <string.h>

/* Decodes [text, end). `plus` is what '+' stands for. NULL: a '%' without two hexadecimal digits,
 * not UTF-8, or a control character that `controls` does not allow. */
static char *decode(const char *text, const char *end, char plus, gboolean controls,
                    gboolean slashes)
{
    g_autofree char *out = g_malloc((gsize)(end - text) + 1);
    gsize length = 0;
    for (; text < end; text++) {
        char c = *text == '+' ? plus : *text;
        if (*text == '%') {
            if (end - text < 3 || !g_ascii_isxdigit(text[1]) || !g_ascii_isxdigit(text[2]))
                return NULL;
            c = (char)(g_ascii_xdigit_value(text[1]) << 4 | g_ascii_xdigit_value(text[2]));
            text += 2;
            if (c == '/' && !slashes)
                return NULL;
        }
        if (c == '\0' || (!controls && ((guint8)c < 0x20 || c == 0x7f)))
            return NULL;
        out[length++] = c;
    }
    out[length] = '\0';
    return g_utf8_validate(out, (gssize)length, NULL) ? g_steal_pointer(&out) : NULL;
}

static gboolean has_dot_segment(const char *path)
{
    for (const char *at = path; at; at = strchr(at, '/')) {
        at++;
        gsize dots = strspn(at, ".");
        if ((dots == 1 || dots == 2) && (at[dots] == '/' || at[dots] == '\0'))
            return TRUE;
    }
    return FALSE;
}

static const char *skip_authority(const char *target)
{
    if (g_ascii_strncasecmp(target, "http://", 7) == 0)
        target += 7;
    else if (g_ascii_strncasecmp(target, "https://", 8) == 0)
        target += 8;
    else
        return NULL;
    return target + strcspn(target, "/?");
}

char *http_target_path(const char *target)
{
    if (strcmp(target, "*") == 0)
        return g_strdup("*");
    const char *start = target;
    if (target[0] != '/') {
        start = skip_authority(target); /* absolute form, RFC 9112, 3.2.2 */
        if (!start)
            return NULL;
        if (start[0] != '/')
            return g_strdup("/");
    }
    /* A fragment is not sent by anybody who follows the rules. */
    if (strchr(start, '#'))
        return NULL;
    g_autofree char *path = decode(start, start + strcspn(start, "?"), '+', FALSE, FALSE);
    return path && !has_dot_segment(path) ? g_steal_pointer(&path) : NULL;
}

static void clear_parameter(gpointer data)
{
    HttpParameter *parameter = data;
    g_free(parameter->name);
    g_free(parameter->value);
}

GArray *http_target_query(const char *target)
{
    GArray *parameters = g_array_new(FALSE, FALSE, sizeof(HttpParameter));
    g_array_set_clear_func(parameters, clear_parameter);
    const char *at = strchr(target, '?');
    while (at) {
        const char *start = at + 1;
        const char *end = start + strcspn(start, "&");
        const char *equals = memchr(start, '=', (gsize)(end - start));
        const char *name_end = equals ? equals : end;
        HttpParameter parameter = {
            .name = decode(start, name_end, ' ', TRUE, TRUE),
            .value = equals ? decode(equals + 1, end, ' ', TRUE, TRUE) : g_strdup(""),
        };
        if (parameter.name && parameter.value && end > start)
            g_array_append_val(parameters, parameter);
        else
            clear_parameter(&parameter);
        at = *end ? end : NULL;
    }
    return parameters;
}
