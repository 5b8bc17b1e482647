#include "sources.h"

#include "error.h"
#include <media/limits.h>
#include <show/limits.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>

enum { OFFSET_MAX_S = 24 * 3600 };

void cli_source_free(CliSource *self)
{
    if (self == NULL)
        return;
    show_source_free(self->source);
    media_info_free(self->info);
    g_free(self->path);
    g_free(self);
}

static gboolean fail_usage(GError **error, char *message_taken)
{
    g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE, message_taken);
    g_free(message_taken);
    return FALSE;
}

static CliSource *find_source(GPtrArray *sources, const char *id, gsize length)
{
    for (guint i = 0; i < sources->len; i++) {
        CliSource *source = sources->pdata[i];
        if (strlen(source->source->id) == length && strncmp(source->source->id, id, length) == 0)
            return source;
    }
    return NULL;
}

typedef gboolean (*Assign)(GPtrArray *sources, CliSource *source, const char *value,
                           GError **error);

static gboolean assign_role(GPtrArray *sources, CliSource *source, const char *value,
                            GError **error)
{
    (void)sources;
    ShowRole role = show_role_from_name(value);
    if (role == SHOW_ROLE_UNSET)
        return fail_usage(error, g_strdup_printf("--role %s: expected person, wide, screen or mic, "
                                                 "found \"%s\"",
                                                 source->source->id, value));
    source->source->role = role;
    return TRUE;
}

static gboolean assign_label(GPtrArray *sources, CliSource *source, const char *value,
                             GError **error)
{
    (void)sources;
    if (!show_label_is_valid(value))
        return fail_usage(error, g_strdup_printf("--label %s: expected 1 to %d bytes of text "
                                                 "without control characters",
                                                 source->source->id, SHOW_LABEL_BYTES_MAX));
    g_free(source->source->label);
    source->source->label = g_strdup(value);
    return TRUE;
}

static gboolean assign_mic(GPtrArray *sources, CliSource *source, const char *value, GError **error)
{
    CliSource *camera = find_source(sources, value, strlen(value));
    if (camera == NULL || camera == source)
        return fail_usage(error,
                          g_strdup_printf("--mic %s: expected another source (cam_1 … cam_%u)"
                                          ", found \"%s\"",
                                          source->source->id, sources->len, value));
    source->source->role = SHOW_ROLE_MIC;
    g_free(source->source->camera);
    source->source->camera = g_strdup(value);
    return TRUE;
}

static gboolean assign_priority(GPtrArray *sources, CliSource *source, const char *value,
                                GError **error)
{
    (void)sources;
    g_autofree char *what = g_strdup_printf("--priority %s", source->source->id);
    double number = 0;
    if (!cli_parse_number(what, value, -10, 10, &number, error))
        return FALSE;
    source->source->priority = (int)lround(number);
    return TRUE;
}

static gboolean assign_offset(GPtrArray *sources, CliSource *source, const char *value,
                              GError **error)
{
    g_autofree char *what = g_strdup_printf("--offset %s", source->source->id);
    if (!cli_parse_number(what, value, -OFFSET_MAX_S, OFFSET_MAX_S, &source->offset_s, error))
        return FALSE;
    if (source == sources->pdata[0] && source->offset_s != 0)
        return fail_usage(error, g_strdup("--offset cam_1: is always 0, offsets count from its "
                                          "start; give the other sources' offsets"));
    return TRUE;
}

/* "--NAME ID=VALUE", each time it is given. */
static gboolean assign_all(const CliArguments *arguments, const char *name, Assign assign,
                           GPtrArray *sources, GError **error)
{
    g_autoptr(GPtrArray) values = cli_values(arguments, name);
    for (guint i = 0; i < values->len; i++) {
        const char *text = values->pdata[i];
        const char *equals = strchr(text, '=');
        if (equals == NULL)
            return fail_usage(error, g_strdup_printf("--%s: expected ID=VALUE such as cam_1=…, "
                                                     "found \"%s\"",
                                                     name, text));
        CliSource *source = find_source(sources, text, (gsize)(equals - text));
        if (source == NULL)
            return fail_usage(error,
                              g_strdup_printf("--%s: there is no source \"%.*s\"; they are "
                                              "cam_1 to cam_%u, in the order of the files",
                                              name, (int)(equals - text), text, sources->len));
        if (!assign(sources, source, equals + 1, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_files(const GPtrArray *files, GError **error)
{
    if (files->len == 0)
        return fail_usage(error, g_strdup("direct: which recordings? Give one file for each camera "
                                          "or microphone; see crosscut direct --help"));
    if (files->len > SHOW_SOURCES_MAX)
        return fail_usage(error, g_strdup_printf("direct: %u files given, a show has at most %d "
                                                 "sources",
                                                 files->len, SHOW_SOURCES_MAX));
    struct stat seen[SHOW_SOURCES_MAX];
    for (guint i = 0; i < files->len; i++) {
        if (stat(files->pdata[i], &seen[i]) != 0) {
            memset(&seen[i], 0, sizeof seen[i]); /* probing says why */
            continue;
        }
        for (guint j = 0; j < i; j++)
            if (seen[j].st_ino == seen[i].st_ino && seen[j].st_dev == seen[i].st_dev)
                return fail_usage(error, g_strdup_printf("%s: is given twice (as %s); give each "
                                                         "recording once",
                                                         (char *)files->pdata[i],
                                                         (char *)files->pdata[j]));
    }
    return TRUE;
}

/* Paths stand in the manifest, which is UTF-8 text. */
static gboolean check_path(const char *path, GError **error)
{
    gboolean good = g_utf8_validate(path, -1, NULL);
    for (const char *c = path; good && *c != '\0'; c++)
        good = (unsigned char)*c >= ' ' && *c != 0x7f;
    if (!good) {
        g_autofree char *shown = g_filename_display_name(path);
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "%s: its path is not UTF-8 or holds control characters; rename it", shown);
    }
    return good;
}

/* The name of the file without its ending; the id where that is no label. */
static char *label_from_path(const char *path, const char *id)
{
    g_autofree char *name = g_path_get_basename(path);
    char *dot = strrchr(name, '.');
    if (dot != NULL && dot != name)
        *dot = '\0';
    g_autofree char *utf8 = g_filename_display_name(name);
    return g_strdup(show_label_is_valid(utf8) ? utf8 : id);
}

static GPtrArray *name_sources(const GPtrArray *files)
{
    GPtrArray *sources = g_ptr_array_new_with_free_func((GDestroyNotify)cli_source_free);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *id = g_strdup_printf("cam_%u", i + 1);
        g_autofree char *label = label_from_path(files->pdata[i], id);
        CliSource *source = g_new0(CliSource, 1);
        source->source = show_source_new(id, label, SHOW_ROLE_PERSON);
        source->path = g_canonicalize_filename(files->pdata[i], NULL);
        source->offset_s = NAN;
        g_ptr_array_add(sources, source);
    }
    return sources;
}

GPtrArray *cli_sources_parse(const CliArguments *arguments, GError **error)
{
    const GPtrArray *files = cli_positionals(arguments);
    if (!check_files(files, error))
        return NULL;
    g_autoptr(GPtrArray) sources = name_sources(files);
    if (!assign_all(arguments, "role", assign_role, sources, error) ||
        !assign_all(arguments, "label", assign_label, sources, error) ||
        !assign_all(arguments, "mic", assign_mic, sources, error) ||
        !assign_all(arguments, "priority", assign_priority, sources, error) ||
        !assign_all(arguments, "offset", assign_offset, sources, error))
        return NULL;
    media_limit_process(sources->len);
    for (guint i = 0; i < sources->len; i++) {
        CliSource *source = sources->pdata[i];
        if (!check_path(source->path, error) ||
            (source->info = media_probe(files->pdata[i], error)) == NULL)
            return NULL;
    }
    return g_steal_pointer(&sources);
}
