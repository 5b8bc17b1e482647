/* crosscut render: a show's folder again, with other settings. The log is kept; shots, program,
 * highlights and timelines are made anew and replace the old ones when all of them are there. With
 * --cut they become a folder of their own below cuts/, and the show stays as it is. */
#include "command.h"
#include "confine.h"
#include "error.h"
#include "production.h"
#include "program.h"
#include "recordings.h"
#include "settings.h"
#include "spent.h"
#include "timelines.h"
#include <edit/settings.h>
#include <glib/gstdio.h>
#include <media/index.h>
#include <media/limits.h>
#include <show/limits.h>
#include <store/folder.h>

#include <string.h>

static gboolean load_log(CliProduction *production, const char *folder, GError **error)
{
    g_autofree char *array = g_build_filename(folder, "events.json", NULL);
    g_autofree char *lines = g_build_filename(folder, "events.log", NULL);
    const char *path = g_file_test(array, G_FILE_TEST_EXISTS) ? array : lines;
    production->log = show_log_load(path, error);
    return production->log != NULL;
}

static gboolean check_pictures(const CliProduction *production, const char *folder, GError **error)
{
    for (guint i = 0; i < production->sources->len; i++)
        if (cli_production_track(production, i)->showable &&
            cli_production_track(production, i)->info->has_video)
            return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                "%s: no recording of this show has a picture: there is nothing to render", folder);
    return FALSE;
}

/* What a render does not write again must not stay in the manifest. */
static void drop_kinds(ShowManifest *manifest, const char *const *kinds)
{
    for (guint i = manifest->files->len; i > 0; i--) {
        const ShowFile *file = manifest->files->pdata[i - 1];
        if (file->kind != NULL && g_strv_contains(kinds, file->kind))
            g_ptr_array_remove_index(manifest->files, i - 1);
    }
}

static void drop_derived(ShowManifest *manifest)
{
    static const char *const names[] = {"poster.jpg", "waveform.json", NULL};
    drop_kinds(manifest, (const char *const[]){"highlights", "highlights-list", "timeline", NULL});
    for (guint i = manifest->files->len; i > 0; i--)
        if (g_strv_contains(names, ((const ShowFile *)manifest->files->pdata[i - 1])->name))
            g_ptr_array_remove_index(manifest->files, i - 1);
}

/* The show's own cam_N.mp4, which serves its cuts too. */
static gboolean is_camera_file(const char *folder, const ShowFile *file)
{
    g_autofree char *path = g_build_filename(folder, file->name, NULL);
    return g_strcmp0(file->kind, "camera") == 0 && file->path == NULL &&
           g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* A cut's manifest names the recordings where they lie, and what editors open of them, but nothing
 * else of the show. */
static void keep_recordings(ShowManifest *manifest, const char *folder)
{
    for (guint i = manifest->files->len; i > 0; i--) {
        ShowFile *file = manifest->files->pdata[i - 1];
        if (!show_file_is_recording(file) && !is_camera_file(folder, file))
            g_ptr_array_remove_index(manifest->files, i - 1);
        else if (file->path == NULL)
            file->path = store_folder_file(folder, file);
    }
}

/* Cameras of one kind may be copied from at their size and rate: nothing else was asked for. */
static gboolean may_copy(const CliArguments *arguments)
{
    static const char *const values[] = {"height", "rate", "fit", NULL};
    for (gsize i = 0; values[i] != NULL; i++)
        if (cli_value(arguments, values[i]) != NULL)
            return FALSE;
    return TRUE;
}

/* A part of a show that was rendered before is made, the rest of it stays. */
typedef enum {
    ONLY_UNSET = 0, /* all of it */
    ONLY_HIGHLIGHTS,
    ONLY_TIMELINES,
} Only;

typedef struct Again {
    const CliContext *context;
    const char *folder; /* the show's */
    char *target;       /* where to: the same, or a cut's */
    gboolean is_cut;
    Only only;
    CliProduction *production;
    CliDecide decide;
    CliOutput output;
    ShowManifest *manifest;
} Again;

static gboolean write_manifest(Again *again, const char *staging, GError **error)
{
    cli_spent_note(again->manifest);
    return store_folder_write_manifest(staging, again->manifest, error);
}

static CliRenderWish wish_for(const Again *again, const char *staging)
{
    return (CliRenderWish){
        .folder = staging,
        .name = again->manifest->name,
        .all_cameras = cli_flag(again->context->arguments, "per-camera"),
    };
}

static gboolean make(Again *again, CliRecordings *recordings, const char *staging, GError **error)
{
    CliProduction *production = again->production;
    CliRenderWish wish = wish_for(again, staging);
    wish.copy = may_copy(again->context->arguments);
    CliPlaces places = {again->target, staging, again->is_cut ? again->folder : NULL};
    if (again->is_cut) {
        keep_recordings(again->manifest, again->folder);
        cli_spent_forget(again->manifest);
    } else {
        drop_derived(again->manifest);
    }
    cli_program_forget(again->manifest);
    json_decref(again->manifest->settings);
    again->manifest->settings = cli_decide_to_json(&again->decide);
    return cli_production_listen(production, error) && cli_production_levels(production, error) &&
           cli_production_decide(production, &again->decide, &again->output, error) &&
           cli_production_write_decisions(production, staging, again->manifest, error) &&
           cli_recordings_fill(recordings, production, &wish, error) &&
           cli_production_render(production, &again->output, &wish, again->manifest, error) &&
           cli_timelines_write(&places, again->manifest, error) &&
           cli_production_write_report(production, staging, again->manifest, error) &&
           !g_cancellable_set_error_if_cancelled(again->context->cancellable, error) &&
           write_manifest(again, staging, error);
}

static gboolean make_from_cameras(Again *again, const char *staging, GError **error)
{
    CliProduction *production = again->production;
    g_autoptr(CliRecordings) recordings =
        cli_recordings_load(production, again->folder, staging, again->manifest, error);
    if (recordings == NULL)
        return FALSE;
    cli_production_assign(production);
    if (!load_log(production, again->folder, error) ||
        !check_pictures(production, again->folder, error))
        return FALSE;
    ShowRate rate = again->output.rate.den != 0 ? again->output.rate : again->manifest->rate;
    if (rate.den == 0)
        rate = cli_recordings_rate(recordings, production);
    cli_production_span(production, rate);
    cli_recordings_log_gaps(recordings, production);
    return make(again, recordings, staging, error);
}

/* ---- from the program ---- */

/* Whether each camera that is shown has a recording that a timeline can name. */
static gboolean has_all_cameras(const CliProduction *production)
{
    const GPtrArray *shots = production->shots->shots;
    for (guint i = 0; i < shots->len; i++) {
        const char *source = ((const ShowShot *)shots->pdata[i])->source;
        int index = show_sources_find(production->sources, source);
        if (*source != '\0' &&
            (index < 0 || !cli_production_track(production, (guint)index)->info->has_video))
            return FALSE;
    }
    return TRUE;
}

/* What timelines name, made while something else is. */
typedef struct Timelines {
    CliRecordings *recordings;
    CliCameras *cameras; /* NULL: there will be no timelines */
} Timelines;

static void timelines_clear(Timelines *timelines)
{
    cli_cameras_free(timelines->cameras);
    cli_recordings_free(timelines->recordings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Timelines, timelines_clear)

/* The program is there without them: what is missing of the cameras keeps only the timelines away. */
static gboolean begin_timelines(Again *again, const CliRenderWish *wish, Timelines *timelines,
                                GError **error)
{
    CliProduction *production = again->production;
    g_autoptr(GError) reason = NULL;
    timelines->recordings =
        cli_recordings_load(production, again->folder, wish->folder, again->manifest, &reason);
    if (g_error_matches(reason, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&reason));
        return FALSE;
    }
    if (timelines->recordings == NULL || !has_all_cameras(production)) {
        cli_report_warning(production->report, CLI_NO_TIMELINES "%s",
                           reason != NULL ? reason->message
                                          : "a camera that is shown has no recording");
        return TRUE;
    }
    timelines->cameras =
        cli_cameras_begin(production, &again->output, wish, again->manifest, error);
    return timelines->cameras != NULL;
}

static gboolean end_timelines(Again *again, const CliRenderWish *wish, Timelines *timelines,
                              GError **error)
{
    CliPlaces places = {again->target, wish->folder, NULL};
    return timelines->cameras == NULL ||
           (cli_cameras_end(timelines->cameras, again->manifest, error) &&
            cli_timelines_write(&places, again->manifest, error));
}

/* Where it stays and what is left of it to say. */
static gboolean end_part(Again *again, const char *staging, GError **error)
{
    g_autofree char *old = g_build_filename(again->target, "report.json", NULL);
    return cli_production_add_to_report(again->production, old, staging, again->manifest, error) &&
           !g_cancellable_set_error_if_cancelled(again->context->cancellable, error) &&
           write_manifest(again, staging, error);
}

static gboolean make_highlights(Again *again, CliProgram *program, const char *staging,
                                GError **error)
{
    CliProduction *production = again->production;
    CliRenderWish wish = wish_for(again, staging);
    drop_kinds(again->manifest, (const char *const[]){"highlights", "highlights-list", NULL});
    cli_program_decide(program, production, again->manifest, &again->output);
    return (production->highlights == NULL ||
            cli_production_write_json(staging, "highlights.json", "highlights-list",
                                      show_highlights_to_json(production->highlights),
                                      again->manifest, error)) &&
           cli_program_highlights(program, production, &again->output, &wish, again->manifest,
                                  error) &&
           end_part(again, staging, error);
}

static gboolean make_from_program(Again *again, CliProgram *program, const char *staging,
                                  GError **error)
{
    CliProduction *production = again->production;
    CliRenderWish wish = wish_for(again, staging);
    CliProgramWish picture = {.rate = again->output.rate};
    g_auto(Timelines) timelines = {0};
    if (cli_value(again->context->arguments, "height") != NULL)
        picture.height = again->output.render.height;
    if (!load_log(production, again->folder, error))
        return FALSE;
    cli_program_choose(program, &picture, production->report);
    if (again->only == ONLY_HIGHLIGHTS && cli_program_is_copied(program) &&
        cli_program_is_of(again->manifest))
        return make_highlights(again, program, staging, error);
    drop_derived(again->manifest);
    cli_program_decide(program, production, again->manifest, &again->output);
    return cli_production_write_decisions(production, staging, again->manifest, error) &&
           begin_timelines(again, &wish, &timelines, error) &&
           cli_program_render(program, production, &again->output, &wish, again->manifest, error) &&
           end_timelines(again, &wish, &timelines, error) &&
           cli_production_settle(production, &wish, again->manifest, error) &&
           cli_production_write_report(production, staging, again->manifest, error) &&
           !g_cancellable_set_error_if_cancelled(again->context->cancellable, error) &&
           write_manifest(again, staging, error);
}

/* ---- the timelines of a program that is there ---- */

static gboolean load_shots(Again *again, GError **error)
{
    CliProduction *production = again->production;
    const ShowManifest *manifest = again->manifest;
    g_autofree char *path = g_build_filename(again->folder, "shots.json", NULL);
    if (show_manifest_find(manifest, "program.mp4") == NULL) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "%s: there is no program.mp4 whose timelines could be made; render the show "
                    "without --only",
                    again->folder);
        return FALSE;
    }
    g_autoptr(ShowJson) json = show_json_load(path, error);
    production->shots = json != NULL ? show_shots_from_json(json, error) : NULL;
    production->start_ms = manifest->program_start_ms;
    production->duration_ms = manifest->program_duration_ms;
    production->rate = manifest->rate;
    return production->shots != NULL;
}

/* Those that are here stay; others are made again. */
static void drop_missing_cameras(ShowManifest *manifest, const char *folder)
{
    for (guint i = manifest->files->len; i > 0; i--) {
        const ShowFile *file = manifest->files->pdata[i - 1];
        if (g_strcmp0(file->kind, "camera") == 0 && !is_camera_file(folder, file))
            g_ptr_array_remove_index(manifest->files, i - 1);
    }
}

static gboolean make_timelines(Again *again, const char *staging, GError **error)
{
    CliRenderWish wish = wish_for(again, staging);
    g_auto(Timelines) timelines = {0};
    wish.keeps_cameras = TRUE;
    if (!load_shots(again, error))
        return FALSE;
    drop_kinds(again->manifest, (const char *const[]){"timeline", NULL});
    drop_missing_cameras(again->manifest, again->folder);
    return begin_timelines(again, &wish, &timelines, error) &&
           end_timelines(again, &wish, &timelines, error) && end_part(again, staging, error);
}

/* ---- which of the two ---- */

/* The first option given that asks for other shots than were cut live; NULL: none. */
static const char *option_that_cuts(const CliArguments *arguments)
{
    static const char *const values[] = {"cut",      "mode", "look-ahead", "style",
                                         "settings", "set",  NULL};
    for (gsize i = 0; values[i] != NULL; i++)
        if (cli_value(arguments, values[i]) != NULL)
            return values[i];
    return cli_flag(arguments, "ignore-manual") ? "ignore-manual" : NULL;
}

static gboolean find_only(Again *again, GError **error)
{
    const CliArguments *arguments = again->context->arguments;
    const char *only = cli_value(arguments, "only"), *option = option_that_cuts(arguments);
    again->only = g_strcmp0(only, "highlights") == 0  ? ONLY_HIGHLIGHTS
                  : g_strcmp0(only, "timelines") == 0 ? ONLY_TIMELINES
                                                      : ONLY_UNSET;
    if (again->only == ONLY_UNSET || option == NULL)
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                "--%s: asks for another program, and --only %s keeps the one that there is", option,
                only);
    return FALSE;
}

static gboolean check_from(const CliArguments *arguments, GError **error)
{
    const char *option = option_that_cuts(arguments);
    if (option == NULL || g_strcmp0(cli_value(arguments, "from"), "program") != 0)
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                "--%s: the recorded program is cut already; this goes with --from cameras", option);
    return FALSE;
}

/* NULL without an error: from the cameras. */
static CliProgram *load_program(Again *again, const char *staging, GError **error)
{
    const CliArguments *arguments = again->context->arguments;
    const char *from = cli_value(arguments, "from");
    CliPartsPlace place = {again->folder, again->production->report, again->context->cancellable};
    if (g_strcmp0(from, "cameras") == 0 || option_that_cuts(arguments) != NULL)
        return NULL;
    g_autoptr(GError) reason = NULL;
    CliProgram *program = cli_program_load(&place, staging, again->manifest, from == NULL, &reason);
    if (reason != NULL)
        g_propagate_error(error, g_steal_pointer(&reason));
    else if (program == NULL && from != NULL)
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "%s: there is no recorded program with a picture (program.mkv, program.webm) "
                    "that can be read; render it with --from cameras",
                    again->folder);
    return program;
}

/* Joined recordings go before anything is published. */
static gboolean make_all(Again *again, const char *staging, GError **error)
{
    g_autoptr(GError) failed = NULL;
    if (again->only == ONLY_TIMELINES)
        return make_timelines(again, staging, error);
    g_autoptr(CliProgram) program = load_program(again, staging, &failed);
    if (failed != NULL) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return FALSE;
    }
    return program != NULL ? make_from_program(again, program, staging, error)
                           : make_from_cameras(again, staging, error);
}

static void tell_files(CliReport *report, const char *folder, const ShowManifest *manifest)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        g_autofree char *path = g_build_filename(folder, file->name, NULL);
        if (file->path == NULL && !show_file_is_recording(file))
            cli_report_file(report, path);
    }
}

/* All options that decide on what is rendered, in their order. */
static char *settings_text(const Again *again)
{
    static const char *const aside[] = {"resume", "parent", "recordings", "sandbox",
                                        "json",   "quiet",  NULL};
    GString *text = g_string_new(NULL);
    json_t *settings = cli_decide_to_json(&again->decide);
    g_autofree char *decide = show_json_text(settings, FALSE);
    json_decref(settings);
    g_string_append(text, decide);
    for (const CliOption *option = cli_render.options; option->name != NULL; option++) {
        g_autoptr(GPtrArray) values = cli_values(again->context->arguments, option->name);
        if (g_strv_contains(aside, option->name))
            continue;
        if (option->value == NULL && cli_flag(again->context->arguments, option->name))
            g_string_append_printf(text, "--%s\n", option->name);
        for (guint i = 0; option->value != NULL && i < values->len; i++)
            g_string_append_printf(text, "--%s %s\n", option->name, (const char *)values->pdata[i]);
    }
    return g_string_free(text, FALSE);
}

/* With --resume: what an earlier render left there is taken, and what this one finishes is kept. */
static gboolean open_kept(Again *again, CliKept **kept, GError **error)
{
    const char *folder = cli_value(again->context->arguments, "resume");
    if (folder == NULL || again->only != ONLY_UNSET)
        return TRUE; /* a part of a show is made in one */
    GError *failed = NULL;
    g_autofree char *settings = settings_text(again);
    g_autofree char *path = g_canonicalize_filename(folder, NULL);
    CliKeptPlace place = {path, again->folder, again->manifest, settings,
                          again->context->cancellable};
    *kept = cli_kept_open(&place, &failed);
    if (failed != NULL) {
        g_propagate_error(error, failed);
        return FALSE;
    }
    if (*kept == NULL)
        cli_report_note(again->production->report,
                        "%s: a recording is still growing: nothing can be resumed", again->folder);
    again->production->kept = *kept;
    again->output.render.parts = *kept != NULL ? cli_kept_parts(*kept) : NULL;
    return TRUE;
}

static gboolean render_again(Again *again, CliReport *report, GError **error)
{
    media_limit_process(again->manifest->sources->len);
    g_autoptr(StoreStaging) staging = store_staging_open(again->target, TRUE, error);
    g_autoptr(CliKept) kept = NULL;
    if (staging == NULL || !open_kept(again, &kept, error) ||
        !make_all(again, store_staging_folder(staging), error) ||
        !store_staging_publish(staging, error))
        return FALSE;
    tell_files(report, again->target, again->manifest);
    return TRUE;
}

static gboolean find_target(Again *again, GError **error)
{
    const char *cut = cli_value(again->context->arguments, "cut");
    again->is_cut = cut != NULL;
    if (cut != NULL && !show_id_is_valid(cut)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "--cut: expected a name of at most %d letters, digits, _ . and -, found \"%s\"",
                    SHOW_ID_BYTES_MAX, cut);
        return FALSE;
    }
    again->target =
        cut != NULL ? g_build_filename(again->folder, "cuts", cut, NULL) : g_strdup(again->folder);
    return TRUE;
}

static int run(const CliContext *context, GError **error)
{
    const GPtrArray *folders = cli_positionals(context->arguments);
    if (folders->len != 1) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "render: expected one folder of a show, found %u", folders->len);
        return CLI_EXIT_USAGE;
    }
    Again again = {.context = context, .folder = folders->pdata[0]};
    g_autoptr(ShowManifest) manifest = NULL;
    if (!check_from(context->arguments, error) || !find_only(&again, error) ||
        !cli_output_parse(context->arguments, &again.output, error) || !find_target(&again, error))
        return CLI_EXIT_FAILED;
    again.output.render.copy_sound = g_strcmp0(cli_value(context->arguments, "audio"), "copy") == 0;
    g_autofree char *target = again.target;
    (void)target; /* for its end only */
    manifest = store_folder_manifest(again.folder, error);
    if (manifest == NULL ||
        !cli_decide_parse(context->arguments, manifest->settings, &again.decide, error))
        return CLI_EXIT_FAILED;
    g_autoptr(CliReport) report = cli_report_new(context->arguments);
    g_autoptr(CliProduction) production = cli_production_new(report, context->cancellable);
    again.manifest = manifest;
    again.production = production;
    return render_again(&again, report, error) ? CLI_EXIT_GOOD : CLI_EXIT_FAILED;
}

/* Everything is written in the show's folder, temporary files too; recordings may lie outside. The
 * manifest that names them is read before: JSON of ours, which the recordings are not. */
static gboolean confine(const CliArguments *arguments, GError **error)
{
    const GPtrArray *folders = cli_positionals(arguments);
    const char *folder = folders->len > 0 ? folders->pdata[0] : ".";
    g_autoptr(GPtrArray) read = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(folder, NULL);
    for (guint i = 0; manifest != NULL && i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (file->path != NULL) {
            g_ptr_array_add(read, g_strdup(file->path));
            g_ptr_array_add(read, media_index_path(file->path));
        }
    }
    g_ptr_array_add(read, NULL);
    const char *resume = cli_value(arguments, "resume");
    if (resume != NULL)
        g_mkdir(resume, 0777); /* so that it can be named; what is wrong with it is said later */
    SandboxOptions options = {
        .read = (const char *const *)read->pdata,
        .write = (const char *const[]){folder, resume, NULL},
    };
    if (cli_is_confined(arguments))
        g_setenv("TMPDIR", folder, TRUE);
    return cli_confine(arguments, CLI_CONFINE_WHEN_ASKED, &options, error);
}

static const CliOption options[] = {
    {"from", 0, "WHAT", "program cameras",
     "The program as it was recorded, copied where it is H.264, or cut anew from the cameras"},
    {"audio", 0, "HOW", "aac copy",
     "Sound as AAC at its loudness (default), or copied as it was recorded (Opus) where the "
     "program "
     "is copied: no editor opens that"},
    {"only", 0, "WHAT", "highlights timelines",
     "Make this part anew of a show that was rendered before, and leave the rest as it is: the "
     "highlights of its recorded program (where that cannot be copied, all of it), or the "
     "timelines "
     "and "
     "what they name, when recordings came later"},
    {"cut", 0, "NAME", NULL, "Make a cut of its own in cuts/NAME; the show stays as it is"},
    CLI_DECIDE_OPTIONS,
    CLI_OUTPUT_OPTIONS,
    {"pieces", 0, "LIST", NULL,
     "The pieces of the highlights, chosen by hand: START-END in seconds of the program, separated "
     "by "
     "commas"},
    {"per-camera", 0, NULL, NULL, "Also write cam_N.mp4 of every camera"},
    {"resume", 0, "DIR", NULL,
     "Keep what is finished in this folder, and take what an earlier render with the same settings "
     "left there when it was ended"},
    CLI_CONFINE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_render = {
    .name = "render",
    .arguments = "DIR [OPTION…]",
    .summary = "Render a show again with other settings",
    .description =
        "Decides and renders again from a show's folder: its log and its recordings, with "
        "the settings it was made with unless options say otherwise. A show from the studio has "
        "its program as it was cut live: when that is H.264 and no option asks for other shots, "
        "its pictures are copied (--from program). "
        "The old program, highlights and timelines are replaced when the new ones are "
        "complete; with --cut NAME they stay, and the new ones lie in cuts/NAME.",
    .options = options,
    .examples =
        (const char *const[]){
            "crosscut render show/ --set min_shot=3 --height 720",
            "more patience, a smaller picture", "crosscut render show/ --cut calm --style church",
            "another cut beside the first, in show/cuts/calm",
            "crosscut render show/ --from cameras",
            "a show from the studio, directed anew with what is known of all of it",
            "crosscut render show/ --mode look-ahead --look-ahead 1.0",
            "as it would have been cut live with a second of delay", NULL},
    .confine = confine,
    .run = run,
};
