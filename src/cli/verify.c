/* crosscut verify: is every file of a show what the manifest says? */
#include "command.h"
#include "error.h"
#include "report.h"
#include <store/folder.h>

#include <stdio.h>

static void tell_verdict(CliReport *report, const StoreVerdict *verdict, gboolean quiet)
{
    if (cli_report_is_json(report)) {
        cli_report_json(report, json_pack("{s:s,s:b,s:s*,s:s*}", "file", verdict->name, "good",
                                          verdict->good, "problem", verdict->problem, "at",
                                          verdict->elsewhere));
        return;
    }
    if (!verdict->good)
        printf("BAD   %s: %s\n", verdict->name, verdict->problem);
    else if (verdict->elsewhere != NULL && !quiet)
        printf("away  %s: at the %s\n", verdict->name, verdict->elsewhere);
    else if (!quiet)
        printf("good  %s\n", verdict->name);
}

static int run(const CliContext *context, GError **error)
{
    const GPtrArray *folders = cli_positionals(context->arguments);
    if (folders->len != 1) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "verify: expected one folder of a show, found %u", folders->len);
        return CLI_EXIT_USAGE;
    }
    g_autoptr(CliReport) report = cli_report_new(context->arguments);
    g_autoptr(GPtrArray) verdicts =
        store_folder_verify(folders->pdata[0], context->cancellable, error);
    if (verdicts == NULL)
        return CLI_EXIT_FAILED;
    guint bad = 0;
    for (guint i = 0; i < verdicts->len; i++) {
        const StoreVerdict *verdict = verdicts->pdata[i];
        bad += !verdict->good;
        tell_verdict(report, verdict, cli_flag(context->arguments, "quiet"));
    }
    if (bad == 0)
        return CLI_EXIT_GOOD;
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                "%s: %u of %u files are not what the manifest says", (char *)folders->pdata[0], bad,
                verdicts->len);
    return CLI_EXIT_FAILED;
}

static const CliOption options[] = {CLI_COMMON_OPTIONS};

const CliCommand cli_verify = {
    .name = "verify",
    .arguments = "DIR",
    .summary = "Check every file of a show against its manifest",
    .description = "Checks that each file that the manifest names is there, with its size and its "
                   "SHA-256, recordings outside the folder included. Exit status 1 when one is "
                   "not.",
    .options = options,
    .examples = (const char *const[]){"crosscut verify show/", "all files, one line each", NULL},
    .run = run,
};
