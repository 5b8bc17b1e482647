/* crosscut direct: recordings to a directed show, in one go. */
#include "command.h"
#include "error.h"
#include "production.h"
#include "report.h"
#include "settings.h"
#include "spent.h"
#include "sources.h"
#include "timelines.h"
#include <edit/settings.h>
#include <show/limits.h>
#include <store/folder.h>
#include <store/whole.h>

#include <math.h>
#include <string.h>

typedef struct Job {
    const CliArguments *arguments;
    GCancellable *cancellable;
    CliReport *report;
    CliProduction *production;
    CliDecide decide;
    CliOutput output;
    const char *folder;  /* the show's, as the user gave it */
    const char *name;    /* of the show */
    const char *staging; /* where to write */
    ShowManifest *manifest;
} Job;

static char *default_name(const char *folder)
{
    g_autofree char *full = g_canonicalize_filename(folder, NULL);
    g_autofree char *name = g_path_get_basename(full);
    g_autofree char *utf8 = g_filename_display_name(name);
    return g_strdup(show_label_is_valid(utf8) ? utf8 : "Show");
}

static gboolean take_sources(Job *job, GError **error)
{
    g_autoptr(GPtrArray) sources = cli_sources_parse(job->arguments, error);
    if (sources == NULL)
        return FALSE;
    for (guint i = 0; i < sources->len; i++) {
        CliSource *source = sources->pdata[i];
        cli_production_add(job->production, g_steal_pointer(&source->source),
                           g_steal_pointer(&source->info), source->offset_s);
    }
    cli_production_assign(job->production);
    return TRUE;
}

/* Without any picture there is nothing to render: said before any work is done. */
static gboolean check_pictures(const Job *job, GError **error)
{
    gboolean showable = FALSE, picture = FALSE;
    for (guint i = 0; i < job->production->sources->len; i++) {
        const CliTrack *track = cli_production_track(job->production, i);
        showable = showable || track->showable;
        picture = picture || (track->showable && track->info->has_video);
    }
    if (!showable) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "direct: no source can be shown, all are microphones; give a camera, or leave "
                    "--role and --mic out");
        return FALSE;
    }
    if (!picture && !cli_flag(job->arguments, "no-render")) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "%s: no source has a picture; add --no-render to get the log and the shots "
                    "only",
                    cli_production_track(job->production, 0)->info->path);
        return FALSE;
    }
    return TRUE;
}

static gboolean analyse(Job *job, GError **error)
{
    CliProduction *production = job->production;
    if (!cli_production_listen(production, error) || !cli_production_align(production, error))
        return FALSE;
    cli_production_span(production, job->output.rate);
    return cli_production_log(production, job->name, &job->decide, error) &&
           cli_production_decide(production, &job->decide, &job->output, error);
}

static char *recording_name(const char *id, const char *path)
{
    g_autofree char *base = g_path_get_basename(path);
    const char *dot = strrchr(base, '.');
    g_autofree char *ending = g_ascii_strdown(dot != NULL && dot != base ? dot : "", -1);
    return g_strconcat(id, "_iso", ending, NULL);
}

/* Names a recording in the manifest, where it lies or copied into the folder. */
static gboolean name_recording(Job *job, guint index, GError **error)
{
    const CliTrack *track = cli_production_track(job->production, index);
    const ShowSource *source = job->production->sources->pdata[index];
    g_autofree char *path = g_canonicalize_filename(track->info->path, NULL);
    g_autofree char *name = recording_name(source->id, path);
    ShowFile *file = show_file_new(name, "iso");
    show_manifest_take_file(job->manifest, file);
    file->source = g_strdup(source->id);
    file->clock = track->alignment.clock;
    file->duration_ms = llround(track->info->duration_s * 1000);
    file->video = g_strdup(track->info->video_codec);
    file->audio = g_strdup(track->info->audio_codec);
    file->extra = json_pack("{s:f}", "confidence", track->alignment.confidence);
    if (cli_flag(job->arguments, "copy")) {
        g_autofree char *copy = g_build_filename(job->staging, name, NULL);
        if (!store_copy_whole(path, copy, job->cancellable, error))
            return FALSE;
    } else {
        file->path = g_strdup(path);
    }
    file->sha256 = store_sha256(path, &file->bytes, job->cancellable, error);
    return file->sha256 != NULL;
}

static gboolean fill_manifest(Job *job, GError **error)
{
    CliProduction *production = job->production;
    job->manifest->name = g_strdup(job->name);
    job->manifest->settings = cli_decide_to_json(&job->decide);
    for (guint i = 0; i < production->sources->len; i++) {
        g_ptr_array_add(job->manifest->sources, show_source_dup(production->sources->pdata[i]));
        if (!name_recording(job, i, error))
            return FALSE;
    }
    return cli_production_write_log(production, job->staging, job->manifest, error) &&
           cli_production_write_decisions(production, job->staging, job->manifest, error);
}

static gboolean render(Job *job, GError **error)
{
    CliRenderWish wish = {
        .folder = job->staging,
        .name = job->name,
        .all_cameras = cli_flag(job->arguments, "per-camera"),
    };
    CliPlaces places = {job->folder, job->staging, NULL};
    return cli_production_render(job->production, &job->output, &wish, job->manifest, error) &&
           cli_timelines_write(&places, job->manifest, error);
}

static void tell_files(const Job *job)
{
    for (guint i = 0; i < job->manifest->files->len; i++) {
        const ShowFile *file = job->manifest->files->pdata[i];
        g_autofree char *path = g_build_filename(job->folder, file->name, NULL);
        if (file->path == NULL && g_strcmp0(file->kind, "iso") != 0)
            cli_report_file(job->report, path);
    }
}

static gboolean make_show(Job *job, GError **error)
{
    if (!take_sources(job, error) || !check_pictures(job, error))
        return FALSE;
    g_autoptr(StoreStaging) staging =
        store_staging_open(job->folder, cli_flag(job->arguments, "overwrite"), error);
    if (staging == NULL)
        return FALSE;
    job->staging = store_staging_folder(staging);
    if (!analyse(job, error) || !fill_manifest(job, error))
        return FALSE;
    if (!cli_flag(job->arguments, "no-render") && !render(job, error))
        return FALSE;
    cli_spent_note(job->manifest);
    if (g_cancellable_set_error_if_cancelled(job->cancellable, error) ||
        !store_folder_write_manifest(job->staging, job->manifest, error) ||
        !store_staging_publish(staging, error))
        return FALSE;
    tell_files(job);
    return TRUE;
}

static gboolean parse_job(Job *job, GError **error)
{
    job->folder = cli_value(job->arguments, "output");
    if (job->folder == NULL) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "direct: where to? Give a folder for the show: -o show/");
        return FALSE;
    }
    const char *name = cli_value(job->arguments, "name");
    if (name != NULL && !show_label_is_valid(name)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "--name: expected 1 to %d bytes of text without control characters",
                    SHOW_LABEL_BYTES_MAX);
        return FALSE;
    }
    return cli_decide_parse(job->arguments, NULL, &job->decide, error) &&
           cli_output_parse(job->arguments, &job->output, error);
}

static int run(const CliContext *context, GError **error)
{
    Job job = {.arguments = context->arguments, .cancellable = context->cancellable};
    if (!parse_job(&job, error))
        return CLI_EXIT_FAILED;
    g_autoptr(CliReport) report = cli_report_new(context->arguments);
    g_autoptr(CliProduction) production = cli_production_new(report, context->cancellable);
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    const char *given = cli_value(job.arguments, "name");
    g_autofree char *name = given != NULL ? g_strdup(given) : default_name(job.folder);
    job.report = report;
    job.production = production;
    job.manifest = manifest;
    job.name = name;
    return make_show(&job, error) ? CLI_EXIT_GOOD : CLI_EXIT_FAILED;
}

static const CliOption options[] = {
    {"output", 'o', "DIR", NULL, "Folder for the show; made when it is not there"},
    {"overwrite", 0, NULL, NULL, "Replace the show that the folder holds"},
    {"copy", 0, NULL, NULL, "Copy the recordings into the folder (otherwise they are referenced)"},
    {"name", 0, "TEXT", NULL, "Name of the show (default: the folder's)"},
    CLI_SOURCE_OPTIONS,
    CLI_DECIDE_OPTIONS,
    CLI_OUTPUT_OPTIONS,
    {"no-render", 0, NULL, NULL, "Stop after the log and the shots; sound-only sources suffice"},
    {"per-camera", 0, NULL, NULL, "Also write cam_N.mp4 of every camera"},
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_direct = {
    .name = "direct",
    .arguments = "FILE… -o DIR [OPTION…]",
    .summary = "Make a directed show from recordings",
    .description =
        "Aligns the recordings by their sound, hears who speaks, decides who is on screen and "
        "writes the program, the highlights and timelines for editors into a folder. The files "
        "are cam_1, cam_2 … in the order given; each is a camera on one person unless --role says "
        "otherwise.",
    .options = options,
    .examples =
        (const char *const[]){
            "crosscut direct host.mp4 guest.mov wide.mkv --role cam_3=wide -o show/",
            "two people and a wide camera",
            "crosscut direct a.mp4 b.mp4 --label cam_1=Ann --label cam_2=Bob --style podcast "
            "-o show/",
            "with names for chapters, and the patience of a podcast",
            "crosscut direct a.mp4 b.mp4 mic.wav --mic cam_3=cam_1 -o show/",
            "the person on cam_1 wears a microphone of their own",
            "crosscut direct *.flac --no-render -o talk/", "only who speaks when and the shots",
            NULL},
    .run = run,
};
