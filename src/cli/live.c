/* crosscut live: the processes of a live stream. The server starts them, and speaks to them through
 * what it gave them (docs/decisions/0017): `feed` makes the stream of a show, `send` publishes it at
 * one destination. People have no use for them. */
#include "live.h"

#include "code-pages.h"
#include "command.h"
#include "confine.h"
#include "error.h"

#include <netdb.h>
#include <signal.h>
#include <string.h>

#define FEED_MEMORY_BYTES ((guint64)3 << 30)
#define SEND_MEMORY_BYTES ((guint64)1 << 30)
#define DESCRIPTORS       96

static const char *role_of(const CliArguments *arguments)
{
    const GPtrArray *words = cli_positionals(arguments);
    return words->len == 1 ? words->pdata[0] : "";
}

/* The name services' own code is loaded by the first look-up, which the sandbox would not let it. */
static void load_name_services(void)
{
    struct addrinfo *list = NULL;
    if (getaddrinfo("localhost", "1935", NULL, &list) == 0)
        freeaddrinfo(list);
}

static gboolean confine(const CliArguments *arguments, GError **error)
{
    const char *const network_files[] = {"/etc",
                                         "/run/systemd/resolve",
                                         "/run/nscd",
                                         "/usr/share/ca-certificates",
                                         "/usr/local/share/ca-certificates",
                                         cli_value(arguments, "ca-file"), /* or the end */
                                         NULL};
    SandboxOptions options = {.descriptors = DESCRIPTORS};
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(role_of(arguments), "send") == 0) {
        load_name_services();
        options.memory_bytes = SEND_MEMORY_BYTES;
        options.network = SANDBOX_NETWORK_CLIENT;
        options.read = network_files;
    } else {
        options.memory_bytes = FEED_MEMORY_BYTES;
        options.network = SANDBOX_NETWORK_GIVEN;
    }
    return cli_confine(arguments, CLI_CONFINE_WHEN_ASKED, &options, error);
}

static int run(const CliContext *context, GError **error)
{
    const char *role = role_of(context->arguments);
    cli_let_code_go();
    if (strcmp(role, "feed") == 0)
        return cli_live_feed(error);
    if (strcmp(role, "send") == 0)
        return cli_live_send(cli_value(context->arguments, "ca-file"), error);
    g_set_error_literal(error, CLI_ERROR, CLI_ERROR_USAGE, "live: expected feed or send");
    return CLI_EXIT_USAGE;
}

static const CliOption options[] = {
    {"ca-file", 0, "FILE", NULL,
     "Certificates that RTMPS servers may have, instead of the system's"},
    CLI_CONFINE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_live = {
    .name = "live",
    .arguments = "feed|send [OPTION…]",
    .summary = "Parts of a live stream; the studio starts them",
    .description =
        "Started by the studio (crosscut serve) for a show that goes live: one feed, which makes "
        "the "
        "stream, and one send for each destination. They speak over descriptors that the studio "
        "gives them, and end with it; by hand they do nothing.",
    .options = options,
    .examples = (const char *const[]){"crosscut serve", "then press \"Go live\"", NULL},
    .confine = confine,
    .run = run,
};
