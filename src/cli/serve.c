/* crosscut serve: the studio. The first line on standard output is the address to open; the log is
 * on standard error. SIGTERM and Ctrl-C let what runs come to its end, for a while. */
#include "code-pages.h"
#include "command.h"
#include "error.h"
#include "notify.h"
#include "serve-config.h"
#include <server/log.h>
#include <server/server.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DRAIN_S = 10 };

typedef struct Serve {
    Server *server;
    GMainLoop *loop;
    char *token_file; /* of a token that was made; removed at the end */
} Serve;

/* ---- the process ---- */

/* No core file and no debugger of the same user gets to see a token; what is written is the
 * owner's alone; and there is room for as many sockets as the system gives. */
static void prepare_process(void)
{
    struct rlimit files;
#ifndef __SANITIZE_ADDRESS__ /* its search for leaks looks into the process too */
    prctl(PR_SET_DUMPABLE, 0);
#endif
    umask(S_IRWXG | S_IRWXO);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &files) != 0)
            g_warning("the limit of open files stays as it is: %s", g_strerror(errno));
    }
}

static char *own_path(void)
{
    g_autoptr(GError) error = NULL;
    char *path = g_file_read_link("/proc/self/exe", &error);
    return path != NULL ? path : g_strdup("crosscut");
}

/* ---- the token that was made ---- */

static char *token_folder(void)
{
    const char *given = g_getenv("RUNTIME_DIRECTORY"); /* systemd's, of the service */
    return given != NULL && *given == '/'
               ? g_strndup(given, strcspn(given, ":"))
               : g_build_filename(g_get_user_runtime_dir(), "crosscut", NULL);
}

static gboolean lies_within(const char *path, const char *folder)
{
    char *real_path = realpath(path, NULL), *real_folder = realpath(folder, NULL);
    g_autofree char *prefix = g_strconcat(real_folder != NULL ? real_folder : "", "/", NULL);
    gboolean is_within =
        real_path != NULL && real_folder != NULL &&
        (strcmp(real_path, real_folder) == 0 || g_str_has_prefix(real_path, prefix));
    free(real_path);
    free(real_folder);
    return is_within;
}

static gboolean write_token(Serve *serve, const ServerConfig *config, GError **error)
{
    g_autofree char *folder = token_folder();
    g_autofree char *name = g_strdup_printf("token-%u", server_port(serve->server));
    g_autofree char *path = g_build_filename(folder, name, NULL);
    const char *token = server_made_token(serve->server);
    g_mkdir_with_parents(folder, 0700);
    if (lies_within(folder, config->storage)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "the admin token may not lie in the storage, as %s does; give one with "
                    "--admin-token-file or CROSSCUT_ADMIN_TOKEN",
                    folder);
        return FALSE;
    }
    unlink(path); /* of a server that was killed; whoever has it open has the old one */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    gboolean is_written = fd >= 0 && write(fd, token, strlen(token)) == (ssize_t)strlen(token) &&
                          write(fd, "\n", 1) == 1;
    int code = errno;
    if (fd >= 0)
        close(fd);
    if (!is_written)
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "the file for the admin token, %s: %s; give one with --admin-token-file", path,
                    g_strerror(code));
    else
        serve->token_file = g_steal_pointer(&path);
    return is_written;
}

static void announce_json(const Serve *serve)
{
    json_t *line = json_pack("{s:s,s:s*}", "address", server_address(serve->server), "tokenFile",
                             serve->token_file);
    char *text = json_dumps(line, JSON_COMPACT);
    printf("%s\n", text != NULL ? text : "{}");
    free(text);
    json_decref(line);
}

/* A pipe may be a log: only a terminal gets to see a token. */
static gboolean announce(Serve *serve, const ServerConfig *config, gboolean is_json, GError **error)
{
    const char *token = server_made_token(serve->server);
    gboolean is_terminal = isatty(STDOUT_FILENO) != 0 && !is_json;
    if (token != NULL && !is_terminal && !write_token(serve, config, error))
        return FALSE;
    if (is_json) {
        announce_json(serve);
    } else {
        const char *address = server_address(serve->server);
        printf("%s%s%s\n", address, token != NULL && is_terminal ? "#token=" : "",
               token != NULL && is_terminal ? token : "");
        if (serve->token_file != NULL)
            printf("The admin token is in %s\n", serve->token_file);
    }
    fflush(stdout);
    return TRUE;
}

/* ---- running and ending ---- */

static void drained(gpointer data)
{
    Serve *serve = data;
    g_main_loop_quit(serve->loop);
}

static gboolean give_up(gpointer data)
{
    Serve *serve = data;
    g_warning("not everything came to its end within %d s", DRAIN_S);
    g_main_loop_quit(serve->loop);
    return G_SOURCE_REMOVE;
}

static gboolean end_asked(GCancellable *cancellable, gpointer data)
{
    (void)cancellable;
    Serve *serve = data;
    cli_notify("STOPPING=1");
    g_info("ending");
    g_timeout_add_seconds(DRAIN_S, give_up, serve);
    server_drain(serve->server, drained, serve);
    return G_SOURCE_REMOVE;
}

static void run_loop(Serve *serve, GCancellable *cancellable)
{
    GSource *end = g_cancellable_source_new(cancellable);
    g_source_set_callback(end, G_SOURCE_FUNC(end_asked), serve, NULL);
    g_source_attach(end, NULL);
    GSource *watchdog = cli_notify_watchdog(NULL);
    cli_notify("READY=1");
    cli_let_code_go();
    g_info("ready, address=%s", server_address(serve->server));
    g_main_loop_run(serve->loop);
    if (watchdog != NULL) {
        g_source_destroy(watchdog);
        g_source_unref(watchdog);
    }
    g_source_destroy(end);
    g_source_unref(end);
}

static int serve_until_end(const ServerConfig *config, const CliContext *context, GError **error)
{
    g_autofree char *program = own_path();
    Serve serve = {.server = server_new(config, program, NULL, error)};
    if (serve.server == NULL)
        return CLI_EXIT_FAILED;
    serve.loop = g_main_loop_new(NULL, FALSE);
    gboolean is_announced = announce(&serve, config, cli_flag(context->arguments, "json"), error);
    if (is_announced)
        run_loop(&serve, context->cancellable);
    server_free(serve.server);
    if (serve.token_file != NULL)
        unlink(serve.token_file);
    g_free(serve.token_file);
    g_main_loop_unref(serve.loop);
    return is_announced ? CLI_EXIT_GOOD : CLI_EXIT_FAILED;
}

static int run(const CliContext *context, GError **error)
{
    if (cli_positionals(context->arguments)->len > 0) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "serve: takes options only");
        return CLI_EXIT_USAGE;
    }
    g_autoptr(ServerConfig) config = cli_serve_config(context->arguments, error);
    if (config == NULL || !server_config_check(config, error)) {
        if (error != NULL && g_error_matches(*error, SERVER_ERROR, SERVER_ERROR_CONFIG))
            (*error)->domain = CLI_ERROR, (*error)->code = CLI_ERROR_USAGE;
        return CLI_EXIT_USAGE;
    }
    if (cli_flag(context->arguments, "print-config")) {
        g_autofree char *text = server_config_print(config);
        fputs(text, stdout);
        return CLI_EXIT_GOOD;
    }
    server_log_install(config->log_json ? SERVER_LOG_JSON : SERVER_LOG_PLAIN,
                       cli_flag(context->arguments, "quiet"));
    prepare_process();
    return serve_until_end(config, context, error);
}

static const CliOption options[] = {
    CLI_SERVE_OPTIONS,
    {"print-config", 0, NULL, NULL, "Print what is set, as a .env file, and end"},
    CLI_COMMON_OPTIONS};

const CliCommand cli_serve = {
    .name = "serve",
    .arguments = "[OPTION…]",
    .summary = "Run the studio: record shows in the browser, cut while they run",
    .description =
        "Starts the studio and prints the address to open. Every option is also a variable "
        "(--keep-iso is CROSSCUT_KEEP_ISO) and a line of .env in the working folder; options win "
        "over variables, these over .env. The admin token comes from CROSSCUT_ADMIN_TOKEN or "
        "--admin-token-file; otherwise one is made, which a terminal shows in the address and "
        "which "
        "else lies in a file that is named. It listens to this machine only; for others it needs "
        "--public-url and a reverse proxy with TLS before it (deploy/ has examples). SIGTERM lets "
        "what runs come to its end.",
    .options = options,
    .examples =
        (const char *const[]){
            "crosscut serve", "the studio at http://127.0.0.1:8080/",
            "crosscut serve --storage /srv/shows --keep-iso 30d", "recordings go after a month",
            "crosscut serve --mirror s3://bucket/studio --keep-iso 7d",
            "a copy of everything in object storage, and recordings of cameras there only after a "
            "week",
            "crosscut serve --public-url https://studio.example --trusted-proxies 127.0.0.1",
            "behind a reverse proxy on this machine", NULL},
    .run = run,
};
