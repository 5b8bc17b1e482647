/* Names are taken apart and put together again; only what comes out the same was a name. So each
 * recording has one spelling, and nothing has to be listed that is forbidden. */
#include <store/names.h>

#include <show/limits.h>

#include <string.h>

static const char *const endings[] = {
    [STORE_FORMAT_WEBM] = "webm",
    [STORE_FORMAT_MKV] = "mkv",
};

static const char *const kinds[] = {
    [STORE_RECORDING_PROGRAM] = "program",
    [STORE_RECORDING_ISO] = "iso",
    [STORE_RECORDING_LOCAL] = "local",
};

/* Up to five digits at *text, which moves behind them; 0 when there is none. */
static guint take_number(const char **text)
{
    guint number = 0;
    for (int i = 0; i < 5 && g_ascii_isdigit(**text); i++)
        number = 10 * number + (guint)(*(*text)++ - '0');
    return number;
}

static gboolean take_text(const char **text, const char *expected)
{
    if (!g_str_has_prefix(*text, expected))
        return FALSE;
    *text += strlen(expected);
    return TRUE;
}

static gboolean take_kind(const char **text, StoreRecording *found)
{
    found->kind = STORE_RECORDING_PROGRAM;
    if (take_text(text, "program."))
        return TRUE;
    if (!take_text(text, "cam_"))
        return FALSE;
    found->camera = take_number(text);
    found->kind = take_text(text, "_iso.") ? STORE_RECORDING_ISO : STORE_RECORDING_LOCAL;
    return found->camera >= 1 && found->camera <= SHOW_SOURCES_MAX &&
           (found->kind == STORE_RECORDING_ISO || take_text(text, "_local."));
}

gboolean store_recording_parse(const char *name, StoreRecording *recording)
{
    StoreRecording found = {.part = 1};
    const char *at = name;
    if (name == NULL || !take_kind(&at, &found))
        return FALSE;
    if (g_ascii_isdigit(*at)) {
        found.part = take_number(&at);
        if (found.part < 2 || found.part > STORE_PARTS_MAX || !take_text(&at, "."))
            return FALSE;
    }
    for (guint i = STORE_FORMAT_WEBM; i < G_N_ELEMENTS(endings); i++)
        if (strcmp(at, endings[i]) == 0)
            found.format = (StoreFormat)i;
    if (found.format == STORE_FORMAT_UNSET)
        return FALSE;
    g_autofree char *same = store_recording_name(&found);
    if (strcmp(same, name) != 0)
        return FALSE;
    if (recording != NULL)
        *recording = found;
    return TRUE;
}

char *store_recording_name(const StoreRecording *recording)
{
    g_assert(recording->kind != STORE_RECORDING_UNSET && recording->format != STORE_FORMAT_UNSET);
    g_assert(recording->part >= 1 && recording->part <= STORE_PARTS_MAX);
    g_autofree char *part =
        recording->part > 1 ? g_strdup_printf(".%u", recording->part) : g_strdup("");
    const char *ending = endings[recording->format];
    if (recording->kind == STORE_RECORDING_PROGRAM)
        return g_strdup_printf("program%s.%s", part, ending);
    g_assert(recording->camera >= 1 && recording->camera <= SHOW_SOURCES_MAX);
    return g_strdup_printf("cam_%u_%s%s.%s", recording->camera, kinds[recording->kind], part,
                           ending);
}

const char *store_recording_kind_name(StoreRecordingKind kind)
{
    g_assert(kind > STORE_RECORDING_UNSET && kind < G_N_ELEMENTS(kinds));
    return kinds[kind];
}

gboolean store_id_is_valid(const char *id)
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (id == NULL || strnlen(id, sizeof pattern) != sizeof pattern - 1)
        return FALSE;
    for (gsize i = 0; pattern[i] != '\0'; i++) {
        gboolean is_hex = g_ascii_isdigit(id[i]) || (id[i] >= 'a' && id[i] <= 'f');
        if (pattern[i] == '-' ? id[i] != '-' : !is_hex)
            return FALSE;
    }
    return TRUE;
}
