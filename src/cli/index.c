/* crosscut index: what a finished recording holds, in a file beside it. The server starts it for each
 * recording that is complete; renders seek by what it leaves. */
#include "command.h"
#include "confine.h"
#include "error.h"
#include "report.h"
#include <media/index.h>
#include <media/limits.h>
#include <store/whole.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* An hour of four megabits a second is 1.8 GB and took 3 s of one core. */
#define CPU_S         60
#define CPU_S_PER_GB  30
#define MEMORY_BYTES  ((guint64)4 << 30)
#define SIDECAR_BYTES ((guint64)64 << 20)
#define DESCRIPTORS   64

/* The recording may be read, the sidecar written beside it. */
static gboolean confine(const CliArguments *arguments, GError **error)
{
    const GPtrArray *files = cli_positionals(arguments);
    const char *path = files->len > 0 ? files->pdata[0] : ".";
    g_autofree char *folder = g_path_get_dirname(path);
    struct stat status = {0};
    if (stat(path, &status) != 0)
        status.st_size = 0;
    SandboxOptions options = {
        .read = (const char *const[]){path, NULL},
        .write = (const char *const[]){folder, NULL},
        .cpu_s = CPU_S + (guint64)status.st_size * CPU_S_PER_GB / 1000000000,
        .memory_bytes = MEMORY_BYTES,
        .file_bytes = SIDECAR_BYTES,
        .descriptors = DESCRIPTORS,
    };
    return cli_confine(arguments, CLI_CONFINE_BY_DEFAULT, &options, error);
}

static gboolean write_sidecar(const char *path, const MediaIndex *index, GError **error)
{
    g_autofree char *sidecar = media_index_path(path);
    json_t *value = media_index_to_json(index);
    g_autofree char *text = show_json_text(value, FALSE);
    json_decref(value);
    return store_write_whole(sidecar, text, strlen(text), error);
}

static void tell_people(CliReport *report, const char *path, const MediaIndex *index)
{
    g_autofree char *sidecar = media_index_path(path);
    if (index->torn)
        cli_report_warning(report, "%s: it was cut off: its last bytes cannot be read", path);
    if (index->damaged_bytes > 0)
        cli_report_warning(report, "%s: %" G_GINT64_FORMAT " bytes of it are damaged", path,
                           index->damaged_bytes);
    if (index->gaps->len > 0)
        cli_report_warning(report, "%s: picture or sound is missing at %u places", path,
                           index->gaps->len);
    cli_report_file(report, sidecar);
}

static int run(const CliContext *context, GError **error)
{
    const GPtrArray *files = cli_positionals(context->arguments);
    if (files->len != 1) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "index: expected one recording, found %u",
                    files->len);
        return CLI_EXIT_USAGE;
    }
    const char *path = files->pdata[0];
    media_limit_process(1);
    g_autoptr(CliReport) report = cli_report_new(context->arguments);
    MediaProgress progress = cli_report_progress(report);
    gboolean json = cli_report_is_json(report);
    g_autoptr(MediaIndex) index =
        media_index_make(path, json ? NULL : &progress, context->cancellable, error);
    if (index == NULL)
        return CLI_EXIT_FAILED;
    gint64 bytes = 0;
    index->sha256 = store_sha256(path, &bytes, context->cancellable, error);
    if (index->sha256 == NULL)
        return CLI_EXIT_FAILED;
    if (bytes != index->info->bytes) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "%s: it grows while it is read; index it when it is complete", path);
        return CLI_EXIT_FAILED;
    }
    if (!write_sidecar(path, index, error))
        return CLI_EXIT_FAILED;
    if (json)
        cli_report_json(report, media_index_summary(index));
    else
        tell_people(report, path, index);
    return CLI_EXIT_GOOD;
}

static const CliOption options[] = {
    CLI_CONFINE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_index = {
    .name = "index",
    .arguments = "FILE [OPTION…]",
    .summary = "Write what a recording holds into a file beside it",
    .description =
        "Reads a recording once and writes FILE.index: codecs, length, where it can be entered, "
        "where something is missing, whether it was cut off. Later renders seek by it, which "
        "matters for what browsers record: WebM without a length and without an index of its own. "
        "A recording that a crash cut off is indexed as far as it goes; the recording itself is "
        "never changed. With --json one line says what a show's manifest says of it.",
    .options = options,
    .examples =
        (const char *const[]){"crosscut index cam_1_iso.webm", "writes cam_1_iso.webm.index", NULL},
    .confine = confine,
    .run = run,
};
