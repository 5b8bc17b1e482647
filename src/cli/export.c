/* crosscut export: a show's timeline in a format that an editor opens. */
#include "command.h"
#include "error.h"
#include "timelines.h"
#include <store/folder.h>
#include <store/whole.h>

#include <stdio.h>
#include <string.h>

static gboolean write_text(const char *path, const char *text, GError **error)
{
    if (path != NULL && strcmp(path, "-") != 0)
        return store_write_whole(path, text, strlen(text), error);
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "standard output: cannot write the timeline");
    return FALSE;
}

static gboolean export_timeline(const CliArguments *arguments, const char *folder, GError **error)
{
    const char *name = cli_value(arguments, "to");
    if (name == NULL) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "export: which format? Give --to otio, fcpxml, edl or mlt");
        return FALSE;
    }
    EditFormat format = edit_format_from_name(name);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(folder, error);
    if (manifest == NULL)
        return FALSE;
    CliPlaces places = {folder, NULL, NULL};
    g_autofree char *text = cli_timeline_text(&places, manifest, format, error);
    if (text == NULL)
        return FALSE;
    g_autofree char *file = g_strconcat("program.", edit_format_extension(format), NULL);
    g_autofree char *beside = g_build_filename(folder, file, NULL);
    const char *wanted = cli_value(arguments, "output");
    if (!write_text(wanted != NULL ? wanted : beside, text, error))
        return FALSE;
    if (wanted == NULL)
        puts(beside);
    return TRUE;
}

static int run(const CliContext *context, GError **error)
{
    const GPtrArray *folders = cli_positionals(context->arguments);
    if (folders->len != 1) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "export: expected one folder of a show, found %u", folders->len);
        return CLI_EXIT_USAGE;
    }
    return export_timeline(context->arguments, folders->pdata[0], error) ? CLI_EXIT_GOOD
                                                                         : CLI_EXIT_FAILED;
}

static const CliOption options[] = {
    {"to", 0, "FORMAT", "otio fcpxml edl mlt",
     "OpenTimelineIO, Final Cut Pro XML, CMX 3600 EDL, or MLT (kdenlive, Shotcut)"},
    {"output", 'o', "FILE", NULL,
     "Where to write (default: program.FORMAT in the folder; - is "
     "standard output). Paths in it are relative to the show's folder"},
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_export = {
    .name = "export",
    .arguments = "DIR --to FORMAT [-o FILE]",
    .summary = "Write a show's timeline for an editor",
    .description = "Writes the shots as a timeline over the recordings, or over cam_N.mp4 where "
                   "editors do not open the recording.",
    .options = options,
    .examples = (const char *const[]){"crosscut export show/ --to fcpxml",
                                      "for Final Cut Pro and "
                                      "DaVinci Resolve",
                                      "crosscut export show/ --to edl -o cut.edl",
                                      "for anything that reads an edit decision list", NULL},
    .run = run,
};
