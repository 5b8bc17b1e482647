/* Which names are allowed. */
#include <show/limits.h>

#include <string.h>

gboolean show_id_is_valid(const char *id)
{
    if (id == NULL || !g_ascii_isalnum(id[0]) || strstr(id, "..") != NULL)
        return FALSE;
    for (gsize i = 0; id[i] != '\0'; i++)
        if (i >= SHOW_ID_BYTES_MAX || !(g_ascii_isalnum(id[i]) || strchr("_.-", id[i]) != NULL))
            return FALSE;
    return TRUE;
}

gboolean show_label_is_valid(const char *label)
{
    if (label == NULL || label[0] == '\0' ||
        strnlen(label, SHOW_LABEL_BYTES_MAX + 1) > SHOW_LABEL_BYTES_MAX)
        return FALSE;
    if (!g_utf8_validate(label, -1, NULL))
        return FALSE;
    for (const char *c = label; *c != '\0'; c = g_utf8_next_char(c))
        if (g_unichar_iscntrl(g_utf8_get_char(c)))
            return FALSE;
    return TRUE;
}
