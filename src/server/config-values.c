/* Durations, sizes, counts and flags as people write them. No locale, no rounding that surprises:
 * what does not fit is not read. */
#include "config-private.h"

#include <string.h>

/* Digits with at most one point, at most nine of either kind: value × 10^places fits 64 bits. */
static const char *parse_decimal(const char *text, gint64 *digits, gint64 *scale)
{
    *digits = 0;
    *scale = 1;
    gboolean has_point = FALSE;
    guint before = 0, after = 0;
    const char *at = text;
    for (; g_ascii_isdigit(*at) || (*at == '.' && !has_point && before > 0); at++) {
        if (*at == '.') {
            has_point = TRUE;
            continue;
        }
        if ((has_point ? after++ : before++) >= (has_point ? 3 : 15))
            return NULL;
        *digits = *digits * 10 + (*at - '0');
        if (has_point)
            *scale *= 10;
    }
    return before == 0 || (has_point && after == 0) ? NULL : at;
}

static gboolean multiply(gint64 digits, gint64 factor, gint64 scale, gint64 *product)
{
    gint64 whole = 0;
    if (__builtin_mul_overflow(digits, factor, &whole))
        return FALSE;
    *product = whole / scale;
    return TRUE;
}

gboolean server_parse_duration(const char *text, gint64 unit_ms, gint64 *milliseconds)
{
    static const struct {
        const char *unit;
        gint64 ms;
    } units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},    {"min", 60000},
                 {"h", 3600000}, {"d", 86400000}, {"w", 604800000}};
    gint64 digits = 0, scale = 1;
    const char *unit = parse_decimal(text, &digits, &scale);
    if (unit == NULL)
        return FALSE;
    if (*unit == '\0')
        return multiply(digits, unit_ms, scale, milliseconds);
    for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
        if (strcmp(unit, units[i].unit) == 0)
            return multiply(digits, units[i].ms, scale, milliseconds);
    return FALSE;
}

gboolean server_parse_size(const char *text, gint64 *bytes)
{
    static const struct {
        const char *unit;
        gint64 bytes;
    } units[] = {
        {"", 1},
        {"B", 1},
        {"kB", 1000},
        {"KB", 1000},
        {"MB", 1000000},
        {"GB", 1000000000},
        {"TB", G_GINT64_CONSTANT(1000000000000)},
        {"KiB", 1024},
        {"MiB", 1 << 20},
        {"GiB", 1 << 30},
        {"TiB", G_GINT64_CONSTANT(1) << 40},
    };
    gint64 digits = 0, scale = 1;
    const char *unit = parse_decimal(text, &digits, &scale);
    for (gsize i = 0; unit != NULL && i < G_N_ELEMENTS(units); i++)
        if (strcmp(unit, units[i].unit) == 0)
            return multiply(digits, units[i].bytes, scale, bytes);
    return FALSE;
}

gboolean server_parse_count(const char *text, gint64 *count)
{
    gint64 scale = 1;
    const char *end = parse_decimal(text, count, &scale);
    return end != NULL && *end == '\0' && scale == 1;
}

gboolean server_parse_flag(const char *text, gboolean *flag)
{
    static const char *const words[][2] = {
        {"0", "1"}, {"false", "true"}, {"no", "yes"}, {"off", "on"}};
    for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
        for (int value = 0; value < 2; value++)
            if (g_ascii_strcasecmp(text, words[i][value]) == 0) {
                *flag = value;
                return TRUE;
            }
    return FALSE;
}
