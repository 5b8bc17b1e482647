#include "serve-config.h"

#include "error.h"
#include "object-storage.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static gboolean check_flags(const CliArguments *arguments, GError **error)
{
    const char *redis = cli_value(arguments, "redis");
    if (redis == NULL || strchr(redis, '@') == NULL)
        return TRUE;
    g_set_error_literal(
        error, CLI_ERROR, CLI_ERROR_USAGE,
        "--redis: everybody on this machine can read command lines; give an address "
        "with a password as CROSSCUT_REDIS");
    return FALSE;
}

static gboolean take_flags(ServerConfig *config, const CliArguments *arguments, GError **error)
{
    const ServerOption *option = NULL;
    for (guint i = 0; (option = server_config_option(i)) != NULL; i++) {
        if (option->is_secret)
            continue;
        const char *value = option->value != NULL               ? cli_value(arguments, option->name)
                            : cli_flag(arguments, option->name) ? "1"
                                                                : NULL;
        if (value != NULL && !server_config_set(config, option->name, value, error))
            return FALSE;
    }
    if (cli_flag(arguments, "json"))
        config->log_json = TRUE;
    return TRUE;
}

ServerConfig *cli_serve_config(const CliArguments *arguments, GError **error)
{
    const char *env_file = cli_value(arguments, "env-file");
    if (env_file != NULL && access(env_file, R_OK) != 0) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--env-file: %s: %s", env_file,
                    g_strerror(errno));
        return NULL;
    }
    g_autoptr(ServerConfig) config = server_config_new(env_file != NULL ? env_file : ".env",
                                                       (const char *const *)environ, error);
    cli_forget_secrets(); /* they are in our memory now; the one other thread waits for signals */
    if (config == NULL || !check_flags(arguments, error) || !take_flags(config, arguments, error))
        return NULL;
    return g_steal_pointer(&config);
}
