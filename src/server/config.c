/* The table of options, and everything that comes from it: flags, variables, .env, defaults,
 * --print-config. A value is checked when it is set, so that the message can say where it stands. */
#include "config-private.h"

#include <server/option-table.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define VARIABLE_PREFIX "CROSSCUT_"

typedef enum { TEXT = 1, LIST, SIZE, SECONDS, MILLISECONDS, COUNT, FLAG, FORMAT } Kind;

typedef struct Option {
    ServerOption shown;
    Kind kind;
    gsize offset;
    gint64 min, max;
} Option;

#define SET_ROW(name, value, initial, help, kind, field, min, max) \
    {{name, value, help, initial, FALSE}, kind, offsetof(ServerConfig, field), min, max},
#define UNSET_ROW(name, value, help, kind, field) \
    {{name, value, help, NULL, FALSE}, kind, offsetof(ServerConfig, field), 0, 0},

static const Option table[] = {
    SERVER_OPTIONS(SET_ROW, UNSET_ROW)
    /* Last, and those that command lines, which everybody can see, do not take. */
    {{"secret-key", "KEY",
      "What seals stream keys: 32 bytes in base64, or 64 hexadecimal digits. Without it one is "
      "made",
      NULL, TRUE},
     TEXT,
     offsetof(ServerConfig, secret_key),
     0,
     0},
    {{"livekit-secret", "SECRET", "The secret of LiveKit's key", NULL, TRUE},
     TEXT,
     offsetof(ServerConfig, livekit_secret),
     0,
     0},
    {{"admin-token", "TOKEN",
      "What the admin has to show; at least 16 characters. Without it one is made at start", NULL,
      TRUE},
     TEXT,
     offsetof(ServerConfig, admin_token),
     0,
     0},
};

/* As every program that speaks S3 has them; the later of two for one field counts. Secrets have no
 * flag, the others one of their own, which counts more. */
static const struct {
    const char *name;
    gsize offset;
    gboolean is_secret;
} storage_variables[] = {
    {"AWS_ACCESS_KEY_ID", offsetof(ServerConfig, s3_key_id), TRUE},
    {"AWS_SECRET_ACCESS_KEY", offsetof(ServerConfig, s3_secret), TRUE},
    {"AWS_SESSION_TOKEN", offsetof(ServerConfig, s3_session_token), TRUE},
    {"AWS_DEFAULT_REGION", offsetof(ServerConfig, s3_region), FALSE},
    {"AWS_REGION", offsetof(ServerConfig, s3_region), FALSE},
    {"AWS_ENDPOINT_URL", offsetof(ServerConfig, s3_endpoint), FALSE},
    {"AWS_ENDPOINT_URL_S3", offsetof(ServerConfig, s3_endpoint), FALSE},
};

static const char *const expected[] = {
    [TEXT] = "a text",
    [LIST] = "a list with commas",
    [SIZE] = "a size such as 64MiB",
    [SECONDS] = "a duration such as 30d, 12h or 90s",
    [MILLISECONDS] = "a duration such as 25s or 500ms",
    [COUNT] = "a whole number",
    [FLAG] = "1 or 0",
    [FORMAT] = "plain or json",
};

/* ---- setting one ---- */

static void set_text(char **field, const char *value)
{
    if (*field != NULL)
        explicit_bzero(*field, strlen(*field));
    g_free(*field);
    *field = *value != '\0' ? g_strdup(value) : NULL;
}

static void set_list(char ***field, const char *value)
{
    g_strfreev(*field);
    g_auto(GStrv) parts = g_strsplit(value, ",", -1);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();
    gboolean is_empty = TRUE;
    for (char **part = parts; *part != NULL; part++)
        if (*g_strstrip(*part) != '\0') {
            g_strv_builder_add(list, *part);
            is_empty = FALSE;
        }
    *field = is_empty ? NULL : g_strv_builder_end(list);
}

static gboolean read_number(const Option *option, const char *value, gint64 *number)
{
    gboolean is_read = FALSE;
    if (option->kind == SIZE)
        is_read = server_parse_size(value, number);
    else if (option->kind == COUNT)
        is_read = server_parse_count(value, number);
    else if (option->kind == MILLISECONDS)
        is_read = server_parse_duration(value, 1000, number);
    else if ((is_read = server_parse_duration(value, 1000, number)))
        *number /= 1000;
    return is_read && *number >= option->min && *number <= option->max;
}

static gboolean set_number(const Option *option, gpointer field, const char *value)
{
    gint64 number = 0;
    if (!read_number(option, value, &number))
        return FALSE;
    if (option->kind == COUNT || option->kind == MILLISECONDS)
        *(guint *)field = (guint)number;
    else
        *(gint64 *)field = number;
    return TRUE;
}

static gboolean set_option(ServerConfig *config, const Option *option, const char *value)
{
    gpointer field = (char *)config + option->offset;
    switch (option->kind) {
    case TEXT:
        set_text(field, value);
        return *value != '\0' || option->shown.initial == NULL;
    case LIST:
        set_list(field, value);
        return TRUE;
    case FLAG:
        return server_parse_flag(value, field);
    case FORMAT:
        *(gboolean *)field = strcmp(value, "json") == 0;
        return *(gboolean *)field || strcmp(value, "plain") == 0;
    case SIZE:
    case SECONDS:
    case MILLISECONDS:
    case COUNT:
        break;
    }
    return set_number(option, field, value);
}

/* `place`: "--keep-iso", "CROSSCUT_KEEP_ISO", ".env: line 3: CROSSCUT_KEEP_ISO". */
static gboolean set_from(ServerConfig *config, const Option *option, const char *place,
                         const char *value, GError **error)
{
    if (set_option(config, option, value))
        return TRUE;
    g_autofree char *printable = g_strndup(value, 80);
    g_autofree char *valid = g_utf8_make_valid(printable, -1);
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "%s: expected %s%s, found \"%s\"", place,
                expected[option->kind], option->max > 0 ? " within its limits" : "", valid);
    return FALSE;
}

static const Option *find_option(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (strcmp(table[i].shown.name, name) == 0)
            return &table[i];
    return NULL;
}

gboolean server_config_set(ServerConfig *config, const char *name, const char *value,
                           GError **error)
{
    const Option *option = find_option(name);
    if (option == NULL) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "there is no option --%s", name);
        return FALSE;
    }
    g_autofree char *place = g_strconcat("--", name, NULL);
    return set_from(config, option, place, value, error);
}

/* ---- variables and .env ---- */

/* CROSSCUT_KEEP_ISO of keep-iso. */
static const Option *find_variable(const char *name)
{
    if (!g_str_has_prefix(name, VARIABLE_PREFIX))
        return NULL;
    g_autofree char *lower = g_ascii_strdown(name + strlen(VARIABLE_PREFIX), -1);
    g_strdelimit(lower, "_", '-');
    const Option *option = find_option(lower);
    g_autofree char *upper = g_ascii_strup(name, -1);
    return strcmp(upper, name) == 0 ? option : NULL;
}

/* FALSE: it is another's. */
static gboolean take_storage_variable(ServerConfig *config, const char *name, const char *value)
{
    for (gsize i = 0; i < G_N_ELEMENTS(storage_variables); i++)
        if (strcmp(storage_variables[i].name, name) == 0) {
            if (*value != '\0')
                set_text((gpointer)((char *)config + storage_variables[i].offset), value);
            return TRUE;
        }
    return FALSE;
}

/* A name of ours that we do not know is a mistake; others belong to somebody else. */
static gboolean take_line(const char *name, const char *value, guint line, gpointer data,
                          GError **error)
{
    const Option *option = find_variable(name);
    if (option == NULL) {
        if (take_storage_variable(data, name, value) || !g_str_has_prefix(name, VARIABLE_PREFIX))
            return TRUE;
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG,
                    "line %u: there is no setting %s; crosscut serve --print-config lists them",
                    line, name);
        return FALSE;
    }
    if (*value == '\0')
        return TRUE; /* as if it were not there: that is how Compose passes on what is not set */
    g_autofree char *place = g_strdup_printf("line %u: %s", line, name);
    return set_from(data, option, place, value, error);
}

gboolean server_config_read(ServerConfig *config, const char *text, gsize length, GError **error)
{
    return server_env_read(text, length, take_line, config, error);
}

static gboolean read_env_file(ServerConfig *config, const char *path, GError **error)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    g_autoptr(GError) why = NULL;
    struct stat found;
    if (stat(path, &found) == 0 && found.st_size > SERVER_ENV_BYTES_MAX) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "%s: larger than %d bytes", path,
                    SERVER_ENV_BYTES_MAX);
        return FALSE;
    }
    if (!g_file_get_contents(path, &text, &length, &why)) {
        if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return TRUE;
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "%s", why->message);
        return FALSE;
    }
    gboolean is_good = server_config_read(config, text, length, error);
    explicit_bzero(text, length);
    if (!is_good)
        g_prefix_error(error, "%s: ", path);
    return is_good;
}

static gboolean read_environment(ServerConfig *config, const char *const *environment,
                                 GError **error)
{
    for (gsize i = 0; environment != NULL && i < G_N_ELEMENTS(storage_variables); i++) {
        const char *value = g_environ_getenv((gchar **)environment, storage_variables[i].name);
        if (value != NULL)
            take_storage_variable(config, storage_variables[i].name, value);
    }
    for (const char *const *entry = environment; entry != NULL && *entry != NULL; entry++) {
        const char *equals = strchr(*entry, '=');
        if (equals == NULL)
            continue;
        g_autofree char *name = g_strndup(*entry, (gsize)(equals - *entry));
        const Option *option = find_variable(name);
        if (option != NULL && equals[1] != '\0' &&
            !set_from(config, option, name, equals + 1, error))
            return FALSE;
    }
    return TRUE;
}

ServerConfig *server_config_new(const char *env_file, const char *const *environment,
                                GError **error)
{
    g_autoptr(ServerConfig) config = g_new0(ServerConfig, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        if (table[i].shown.initial != NULL)
            g_assert(set_option(config, &table[i], table[i].shown.initial));
    if (env_file != NULL && !read_env_file(config, env_file, error))
        return NULL;
    if (!read_environment(config, environment, error))
        return NULL;
    return g_steal_pointer(&config);
}

void server_config_free(ServerConfig *config)
{
    if (config == NULL)
        return;
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        gpointer field = (char *)config + table[i].offset;
        if (table[i].kind == TEXT)
            set_text(field, "");
        else if (table[i].kind == LIST)
            g_strfreev(*(char ***)field);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(storage_variables); i++)
        set_text((gpointer)((char *)config + storage_variables[i].offset), "");
    g_free(config);
}

/* ---- printing ---- */

static char *number_text(const Option *option, gconstpointer field)
{
    if (option->kind == COUNT)
        return g_strdup_printf("%u", *(const guint *)field);
    if (option->kind == MILLISECONDS)
        return g_strdup_printf("%ums", *(const guint *)field);
    gint64 number = *(const gint64 *)field;
    if (option->kind == SECONDS)
        return number != 0 && number % 86400 == 0
                   ? g_strdup_printf("%" G_GINT64_FORMAT "d", number / 86400)
                   : g_strdup_printf("%" G_GINT64_FORMAT "%s", number, number != 0 ? "s" : "");
    return number != 0 && number % (1 << 20) == 0
               ? g_strdup_printf("%" G_GINT64_FORMAT "MiB", number / (1 << 20))
               : g_strdup_printf("%" G_GINT64_FORMAT, number);
}

/* An address that carries a password is a secret. */
static gboolean is_secret(const ServerConfig *config, const Option *option)
{
    const char *text =
        option->kind == TEXT ? *(char *const *)((const char *)config + option->offset) : NULL;
    return option->shown.is_secret ||
           (text != NULL && strstr(text, "://") != NULL && strchr(text, '@') != NULL);
}

/* So that it is read again as what it is. */
static char *quoted(const char *text)
{
    if (text == NULL || (text[0] != '\0' && strpbrk(text, " \t\n\r\"'#\\$") == NULL))
        return g_strdup(text != NULL ? text : "");
    GString *quote = g_string_new("\"");
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr("\"\\$", *c) != NULL)
            g_string_append_c(quote, '\\');
        if (*c == '\n')
            g_string_append(quote, "\\n");
        else
            g_string_append_c(quote, *c);
    }
    g_string_append_c(quote, '"');
    return g_string_free(quote, FALSE);
}

static char *value_text(const ServerConfig *config, const Option *option)
{
    gconstpointer field = (const char *)config + option->offset;
    switch (option->kind) {
    case TEXT: {
        const char *text = *(char *const *)field;
        if (is_secret(config, option))
            return g_strdup(text != NULL ? "set" : "not set");
        return quoted(text);
    }
    case LIST: {
        char **list = *(char **const *)field;
        g_autofree char *joined = list != NULL ? g_strjoinv(",", list) : NULL;
        return quoted(joined);
    }
    case FLAG:
        return g_strdup(*(const gboolean *)field ? "1" : "0");
    case FORMAT:
        return g_strdup(*(const gboolean *)field ? "json" : "plain");
    case SIZE:
    case SECONDS:
    case MILLISECONDS:
    case COUNT:
        break;
    }
    return number_text(option, field);
}

char *server_config_print(const ServerConfig *config)
{
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *variable = g_ascii_strup(table[i].shown.name, -1);
        g_autofree char *value = value_text(config, &table[i]);
        g_string_append_printf(text, "%s" VARIABLE_PREFIX "%s=%s\n",
                               is_secret(config, &table[i]) ? "# " : "",
                               g_strdelimit(variable, "-", '_'), value);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(storage_variables); i++)
        if (storage_variables[i].is_secret)
            g_string_append_printf(
                text, "# %s=%s\n", storage_variables[i].name,
                *(char *const *)((const char *)config + storage_variables[i].offset) != NULL
                    ? "set"
                    : "not set");
    return g_string_free(text, FALSE);
}

const ServerOption *server_config_option(guint index)
{
    return index < G_N_ELEMENTS(table) ? &table[index].shown : NULL;
}
