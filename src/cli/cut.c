/* crosscut cut: a log of events to shots, without any media. */
#include "command.h"
#include "error.h"
#include "settings.h"
#include <show/json.h>
#include <show/limits.h>
#include <show/log.h>
#include <show/manifest.h>
#include <store/folder.h>
#include <store/whole.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "wide" is a source of its own with that role; everything else is a person unless the log knows
 * better. */
static ShowSource *source_from_id(const char *id, const GPtrArray *known)
{
    int index = show_sources_find(known, id);
    if (index >= 0)
        return show_source_dup(known->pdata[index]);
    return show_source_new(id, id, strcmp(id, "wide") == 0 ? SHOW_ROLE_WIDE : SHOW_ROLE_PERSON);
}

static GPtrArray *new_sources(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
}

static GPtrArray *sources_from_list(const char *list, const GPtrArray *known, GError **error)
{
    g_autoptr(GPtrArray) sources = new_sources();
    g_auto(GStrv) ids = g_strsplit(list, ",", -1);
    for (char **id = ids; *id != NULL; id++) {
        if (!show_id_is_valid(*id)) {
            g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                        "--sources: expected names such as cam_1,cam_2,wide, found \"%s\"", *id);
            return NULL;
        }
        if (show_sources_find(sources, *id) >= 0) {
            g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE, "--sources: \"%s\" is named twice", *id);
            return NULL;
        }
        g_ptr_array_add(sources, source_from_id(*id, known));
    }
    if (sources->len > SHOW_SOURCES_MAX) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "--sources: a show has at most %d sources, found %u", SHOW_SOURCES_MAX,
                    sources->len);
        return NULL;
    }
    return g_steal_pointer(&sources);
}

static int compare_sources(gconstpointer a, gconstpointer b)
{
    const ShowSource *left = *(const ShowSource *const *)a, *right = *(const ShowSource *const *)b;
    gsize left_length = strlen(left->id), right_length = strlen(right->id);
    if (left_length != right_length) /* cam_2 before cam_10 */
        return left_length < right_length ? -1 : 1;
    return strcmp(left->id, right->id);
}

/* A log that never says what its sources are: those that its events name. */
static GPtrArray *sources_from_events(const ShowLog *log)
{
    GPtrArray *sources = new_sources();
    for (guint i = 0; i < log->events->len; i++) {
        const ShowEvent *event = log->events->pdata[i];
        if (event->source != NULL && show_sources_find(sources, event->source) < 0)
            g_ptr_array_add(sources, source_from_id(event->source, sources));
    }
    g_ptr_array_sort(sources, compare_sources);
    return sources;
}

/* From the option, the log, the manifest beside it, or the events, whichever speaks first. */
static GPtrArray *find_sources(const CliArguments *arguments, const char *path, const ShowLog *log,
                               const ShowManifest *manifest, GError **error)
{
    g_autoptr(GPtrArray) known = show_log_sources(log, error);
    if (known == NULL)
        return NULL;
    for (guint i = 0; known->len == 0 && manifest != NULL && i < manifest->sources->len; i++)
        g_ptr_array_add(known, show_source_dup(manifest->sources->pdata[i]));
    const char *list = cli_value(arguments, "sources");
    if (list != NULL)
        return sources_from_list(list, known, error);
    if (known->len > 0)
        return g_steal_pointer(&known);
    g_autoptr(GPtrArray) named = sources_from_events(log);
    if (named->len == 0 || named->len > SHOW_SOURCES_MAX) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "%s: names %u sources, expected 1 to %d; give --sources cam_1,cam_2,wide", path,
                    named->len, SHOW_SOURCES_MAX);
        return NULL;
    }
    return g_steal_pointer(&named);
}

/* The manifest in the log's own folder, or NULL. One that is broken is an error. */
static gboolean load_neighbour(const char *path, ShowManifest **manifest, GError **error)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autofree char *file = g_build_filename(folder, STORE_MANIFEST, NULL);
    *manifest = NULL;
    if (!g_file_test(file, G_FILE_TEST_EXISTS))
        return TRUE;
    *manifest = store_folder_manifest(folder, error);
    return *manifest != NULL;
}

static gboolean find_span(const CliArguments *arguments, const char *path, const ShowLog *log,
                          const ShowManifest *manifest, EditReplay *replay, GError **error)
{
    double duration_s = 0;
    if (!cli_number(arguments, "duration", 0.001, SHOW_T_MS_MAX / 1000.0, &duration_s, error))
        return FALSE;
    if (manifest != NULL && manifest->program_duration_ms > 0) {
        replay->start_ms = manifest->program_start_ms;
        replay->duration_ms = manifest->program_duration_ms;
        replay->rate = manifest->rate;
    } else {
        replay->duration_ms = show_log_end_ms(log);
    }
    if (cli_value(arguments, "duration") != NULL)
        replay->duration_ms = llround(duration_s * 1000);
    if (replay->duration_ms > 0)
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                "%s: holds no event that tells how long the show is; give --duration SECONDS",
                path);
    return FALSE;
}

static gboolean write_shots(const CliArguments *arguments, const ShowShots *shots, GError **error)
{
    json_t *value = show_shots_to_json(shots);
    g_autofree char *text = show_json_text(value, TRUE);
    json_decref(value);
    const char *path = cli_value(arguments, "output");
    if (path != NULL && strcmp(path, "-") != 0)
        return store_write_whole(path, text, strlen(text), error);
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
        return TRUE;
    g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "standard output: cannot write the shots");
    return FALSE;
}

static gboolean cut(const CliContext *context, const char *path, GError **error)
{
    CliDecide decide;
    g_autoptr(ShowManifest) manifest = NULL;
    if (!cli_decide_parse(context->arguments, NULL, &decide, error))
        return FALSE;
    g_autoptr(ShowLog) log = show_log_load(path, error);
    if (log == NULL || !load_neighbour(path, &manifest, error))
        return FALSE;
    g_autoptr(GPtrArray) sources = find_sources(context->arguments, path, log, manifest, error);
    if (sources == NULL)
        return FALSE;
    EditReplay replay = {
        .log = log,
        .sources = sources,
        .settings = &decide.director,
        .mode = decide.mode,
        .ignore_manual = decide.ignore_manual,
    };
    if (!find_span(context->arguments, path, log, manifest, &replay, error))
        return FALSE;
    g_autoptr(ShowShots) shots = edit_replay(&replay, error);
    return shots != NULL && write_shots(context->arguments, shots, error);
}

static int run(const CliContext *context, GError **error)
{
    const GPtrArray *files = cli_positionals(context->arguments);
    if (files->len != 1) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_USAGE,
                    "cut: expected one log (events.json or events.jsonl), found %u", files->len);
        return CLI_EXIT_USAGE;
    }
    return cut(context, files->pdata[0], error) ? CLI_EXIT_GOOD : CLI_EXIT_FAILED;
}

static const CliOption options[] = {
    {"output", 'o', "FILE", NULL, "Where to write the shots (default: standard output)"},
    {"sources", 0, "LIST", NULL,
     "Sources, separated by commas; \"wide\" is the wide camera (default: from the log or the "
     "manifest beside it)"},
    {"duration", 0, "SECONDS", NULL,
     "Length of the program (default: from the manifest or the log)"},
    CLI_DECIDE_OPTIONS,
    CLI_COMMON_OPTIONS,
};

const CliCommand cli_cut = {
    .name = "cut",
    .arguments = "LOG [OPTION…]",
    .summary = "Decide the shots from a log of events",
    .description =
        "Reads a log (events.json, or JSON Lines) and writes shots.json: who is on screen when, "
        "and why. Decisions that the log holds are ignored; cuts made by hand stay.",
    .options = options,
    .examples =
        (const char *const[]){
            "crosscut cut show/events.json --set min_shot=2.0 -o shots.json",
            "a show again with more patience",
            "crosscut cut events.jsonl --mode look-ahead --look-ahead 1.0 --sources "
            "cam_1,cam_2,wide --duration 312.5 -o shots.json",
            "as a live show that runs a second late would have been cut", NULL},
    .run = run,
};
