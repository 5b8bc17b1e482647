#include "program.h"

#include <edit/chapters.h>
#include <edit/recorded.h>
#include <edit/speech.h>
#include <glib/gstdio.h>
#include <media/mix.h>
#include <media/recorded.h>
#include <media/render.h>

#include <math.h>
#include <string.h>

#define TRACK            "program" /* what the encoder knows it as */
#define CHAPTER_MERGE_MS 1000
enum { FAR_MS = 1000 }; /* a piece that begins so much earlier is worth a word */

struct CliProgram {
    MediaInfo *info;
    MediaRecorded *recorded;
    ShowClock clock;
    gboolean encode;
    char *joined; /* to remove; or NULL */
};

/* ---- loading ---- */

static gboolean is_h264(const CliParts *parts)
{
    for (guint i = 0; i < parts->infos->len; i++)
        if (g_strcmp0(((const MediaInfo *)parts->infos->pdata[i])->video_codec, "h264") != 0)
            return FALSE;
    return parts->infos->len > 0;
}

/* One file of a constant rate: what a container rounds to milliseconds can be mended. */
static MediaRecorded *read_pictures(const CliProgram *program, const CliPartsPlace *place,
                                    GError **error)
{
    MediaProgress progress = cli_report_progress(place->report);
    gboolean steady = program->joined == NULL && !program->info->variable_rate;
    return media_recorded_open(program->info, steady, &progress, place->cancellable, error);
}

CliProgram *cli_program_load(const CliPartsPlace *place, const char *staging,
                             const ShowManifest *manifest, gboolean copy_only, GError **error)
{
    g_autoptr(CliParts) parts = cli_parts_new(place, cli_parts_of_program(manifest), error);
    if (parts == NULL || parts->files->len == 0 || (copy_only && !is_h264(parts)))
        return NULL;
    g_autoptr(CliProgram) program = g_new0(CliProgram, 1);
    g_autofree char *path = g_build_filename(staging, ".program.joined.mkv", NULL);
    program->clock = ((const ShowFile *)parts->files->pdata[0])->clock;
    program->info = cli_parts_join(parts, place, path, error);
    if (program->info == NULL)
        return NULL;
    if (g_str_equal(program->info->path, path))
        program->joined = g_steal_pointer(&path);
    if (!program->info->has_video)
        return NULL;
    program->recorded = read_pictures(program, place, error);
    if (program->recorded == NULL ||
        (copy_only && media_recorded_obstacle(program->recorded) != NULL))
        return NULL;
    return g_steal_pointer(&program);
}

void cli_program_free(CliProgram *program)
{
    if (program == NULL)
        return;
    media_recorded_close(program->recorded);
    if (program->joined != NULL)
        g_unlink(program->joined);
    media_info_free(program->info);
    g_free(program->joined);
    g_free(program);
}

/* ---- copy or encode ---- */

void cli_program_choose(CliProgram *program, const CliProgramWish *wish, CliReport *report)
{
    const MediaInfo *info = program->info;
    g_autofree char *why = g_strdup(media_recorded_obstacle(program->recorded));
    if (why == NULL && wish->height != 0 && wish->height != info->height)
        why = g_strdup_printf("it was recorded with %d lines, not %d", info->height, wish->height);
    if (why == NULL && wish->rate.den != 0 &&
        (info->variable_rate || !show_rate_equal(wish->rate, info->rate)))
        why = g_strdup("it was recorded with another rate");
    program->encode = why != NULL;
    if (why != NULL)
        cli_report_warning(report, "%s: %s, so the program is encoded and not copied", info->path,
                           why);
}

/* ---- what it shows ---- */

static ShowRate choose_rate(const CliProgram *program, const ShowManifest *manifest,
                            const CliOutput *output)
{
    if (program->encode && output->rate.den != 0)
        return output->rate;
    if (!program->info->variable_rate)
        return program->info->rate;
    return manifest->rate.den != 0 ? manifest->rate : (ShowRate){30, 1};
}

static const char *first_camera(const ShowManifest *manifest)
{
    for (guint i = 0; i < manifest->sources->len; i++) {
        const ShowSource *source = manifest->sources->pdata[i];
        if (source->role != SHOW_ROLE_MIC)
            return source->id;
    }
    return NULL;
}

static void choose_highlights(const CliProgram *program, CliProduction *production,
                              const ShowManifest *manifest, const CliOutput *output)
{
    g_autoptr(GArray) spans = edit_spans(production->log, manifest->sources, 0,
                                         production->start_ms + production->duration_ms);
    ShowHighlights *highlights =
        cli_output_highlights(output, spans, manifest->sources, production->shots);
    production->highlights = highlights;
    if (highlights->note != NULL)
        cli_report_warning(production->report, "highlights: %s", highlights->note);
    gint64 farthest_ms = program->encode ? 0 : media_recorded_snap(program->recorded, highlights);
    if (farthest_ms > FAR_MS)
        cli_report_warning(production->report,
                           "highlights: pieces begin up to %.1f s earlier than chosen: the "
                           "recording has no keyframe nearer",
                           (double)farthest_ms / 1000);
}

void cli_program_decide(CliProgram *program, CliProduction *production,
                        const ShowManifest *manifest, const CliOutput *output)
{
    double first_s = media_recorded_start_s(program->recorded);
    double duration_s = media_recorded_duration_s(program->recorded);
    production->rate = choose_rate(program, manifest, output);
    production->start_ms = llround(show_clock_to_session(&program->clock, first_s) * 1000);
    production->duration_ms = llround(duration_s * 1000);
    EditRecorded recorded = {
        .log = production->log,
        .start_ms = production->start_ms,
        .duration_ms = production->duration_ms,
        .rate = production->rate,
    };
    production->shots = edit_recorded_shots(&recorded, first_camera(manifest));
    if (output->want_highlights)
        choose_highlights(program, production, manifest, output);
}

/* ---- files ---- */

/* Pictures and sound as they were recorded: nothing is measured, nothing decoded. */
static gboolean copies_sound(const CliProgram *program, CliProduction *production,
                             const CliOutput *output)
{
    const char *why = NULL;
    if (!output->render.copy_sound)
        return FALSE;
    if (program->encode)
        why = "its picture is encoded";
    else if (program->info->has_audio && !media_sound_can_copy(program->info))
        why = "it is neither Opus nor AAC";
    if (why != NULL)
        cli_report_warning(production->report, "%s: %s, so its sound is encoded and not copied",
                           program->info->path, why);
    return why == NULL && program->info->has_audio;
}

/* The recording's own sound, brought to its loudness. */
static MediaMix *open_mix(const CliProgram *program, CliProduction *production,
                          const CliOutput *output, GError **error)
{
    MediaMixSource source = {.path = program->info->path, .frames = -1};
    MediaProgress progress = cli_report_progress(production->report);
    return media_mix_new(&source, program->info->has_audio, NULL, &output->mix,
                         media_recorded_start_s(program->recorded),
                         media_recorded_duration_s(program->recorded), &progress,
                         production->cancellable, error);
}

/* What a part of it that is made again later has to know: that its pictures are those of the recording,
 * and what it took to bring the sound to its loudness. */
static void note(const CliProgram *program, ShowManifest *manifest, const CliOutput *output,
                 const MediaMix *mix)
{
    cli_program_forget(manifest);
    if (manifest->program_extra == NULL)
        manifest->program_extra = json_object();
    if (!program->encode)
        json_object_set_new(manifest->program_extra, "from", json_string("program"));
    if (mix != NULL)
        json_object_set_new(manifest->program_extra, "sound",
                            json_pack("{s:f,s:f,s:f}", "gain", media_mix_gain_db(mix), "loudness",
                                      output->mix.loudness_lufs, "peak", output->mix.peak_dbtp));
}

void cli_program_forget(ShowManifest *manifest)
{
    json_object_del(manifest->program_extra, "from");
    json_object_del(manifest->program_extra, "sound");
}

gboolean cli_program_is_of(const ShowManifest *manifest)
{
    const char *from = json_string_value(json_object_get(manifest->program_extra, "from"));
    return g_strcmp0(from, "program") == 0 && show_manifest_find(manifest, "program.mp4") != NULL;
}

/* Of an older render it is not known, or it was another loudness: then all of it is measured. */
static gboolean find_gain(const CliProgram *program, CliProduction *production,
                          const CliOutput *output, const ShowManifest *manifest,
                          MediaMixSettings *settings, GError **error)
{
    const json_t *sound = json_object_get(manifest->program_extra, "sound");
    const json_t *gain = json_object_get(sound, "gain");
    *settings = output->mix;
    settings->has_gain = TRUE;
    settings->gain_db = json_number_value(gain);
    if (json_is_number(gain) &&
        json_number_value(json_object_get(sound, "loudness")) == output->mix.loudness_lufs &&
        json_number_value(json_object_get(sound, "peak")) == output->mix.peak_dbtp)
        return TRUE;
    g_autoptr(MediaMix) mix = open_mix(program, production, output, error);
    if (mix != NULL)
        settings->gain_db = media_mix_gain_db(mix);
    return mix != NULL;
}

/* For the encoder the recording is the one camera, and always shown. */
static gboolean encode(const CliProgram *program, CliProduction *production, MediaRender *render,
                       GError **error)
{
    const ShowShots *shots = render->shots;
    MediaCamera camera = {TRACK, program->info->path, program->clock};
    g_autoptr(ShowShots) one = show_shots_new();
    one->rate = shots->rate;
    one->start_ms = shots->start_ms;
    one->duration_ms = shots->duration_ms;
    show_shots_add(one, 0, TRACK, NULL);
    MediaRenderReport report = {0};
    render->shots = one;
    render->cameras = &camera;
    render->n_cameras = 1;
    gboolean good = media_render(render, &report, error);
    if (good)
        cli_production_account(production, "encoded", &report);
    media_render_report_clear(&report); /* pictures held over gaps are as they were seen live */
    return good;
}

static gboolean copy(const CliProgram *program, CliProduction *production,
                     const MediaRender *render, GError **error)
{
    MediaRenderReport report = {0};
    gboolean good = media_recorded_render(program->recorded, render, &report, error);
    if (good)
        cli_production_account(production, "copied", &report);
    media_render_report_clear(&report);
    return good;
}

/* Copied sound was not heard when it was written. */
static gboolean hear(const CliProgram *program, CliProduction *production,
                     const MediaRender *render, GError **error)
{
    return render->sound == NULL ||
           media_waveform_read(render->waveform, program->info->path, render->sound_start_s,
                               media_recorded_duration_s(program->recorded),
                               production->cancellable, error);
}

gboolean cli_program_is_copied(const CliProgram *program)
{
    return !program->encode;
}

gboolean cli_program_highlights(CliProgram *program, CliProduction *production,
                                const CliOutput *output, const CliRenderWish *wish,
                                ShowManifest *manifest, GError **error)
{
    const ShowHighlights *highlights = production->highlights;
    if (highlights == NULL || highlights->pieces->len == 0)
        return TRUE;
    MediaMixSettings settings;
    gboolean is_plain = copies_sound(program, production, output) || !program->info->has_audio;
    if (!is_plain && !find_gain(program, production, output, manifest, &settings, error))
        return FALSE;
    g_autofree char *path = g_build_filename(wish->folder, "highlights.mp4", NULL);
    MediaProgress progress = cli_report_progress(production->report);
    MediaRender render = {
        .shots = production->shots,
        .settings = &output->render,
        .sound = program->info->has_audio ? program->info : NULL,
        .sound_start_s = media_recorded_start_s(program->recorded),
        .sound_mix = is_plain ? NULL : &settings,
        .highlights = production->highlights,
        .title = wish->name,
        .highlights_path = path,
        .progress = &progress,
        .cancellable = production->cancellable,
    };
    MediaRenderReport report = {0};
    gboolean good = media_recorded_render(program->recorded, &render, &report, error);
    if (good)
        json_object_set_new(production->account, "highlights",
                            json_pack("{s:I,s:I}", "copied", (json_int_t)report.copied_frames,
                                      "encoded", (json_int_t)report.encoded_frames));
    media_render_report_clear(&report);
    return good &&
           cli_production_name(production, wish, "highlights.mp4", "highlights", manifest, error);
}

gboolean cli_program_render(CliProgram *program, CliProduction *production, const CliOutput *output,
                            const CliRenderWish *wish, ShowManifest *manifest, GError **error)
{
    if (cli_production_find_program(production, output, wish, manifest))
        return TRUE;
    gboolean copied_sound = copies_sound(program, production, output);
    g_autoptr(MediaMix) mix = copied_sound ? NULL : open_mix(program, production, output, error);
    if (mix == NULL && !copied_sound)
        return FALSE;
    g_autoptr(GArray) spans = edit_spans(production->log, manifest->sources, CHAPTER_MERGE_MS,
                                         production->start_ms + production->duration_ms);
    g_autoptr(GPtrArray) chapters = edit_chapters(spans, manifest->sources, production->shots);
    const char *folder = cli_production_folder(production, wish);
    g_autofree char *path = g_build_filename(folder, "program.mp4", NULL);
    g_autofree char *pieces = g_build_filename(folder, "highlights.mp4", NULL);
    gboolean any_piece = production->highlights != NULL && production->highlights->pieces->len > 0;
    MediaProgress progress = cli_report_progress(production->report);
    g_autoptr(MediaWaveform) waveform =
        media_waveform_new(media_recorded_duration_s(program->recorded));
    MediaRender render = {
        .shots = production->shots,
        .settings = &output->render,
        .mix = mix,
        .sound = copied_sound ? program->info : NULL,
        .sound_start_s = media_recorded_start_s(program->recorded),
        .waveform = waveform,
        .highlights = production->highlights,
        .chapters = chapters,
        .title = wish->name,
        .program_path = path,
        .highlights_path = any_piece ? pieces : NULL,
        .progress = &progress,
        .cancellable = production->cancellable,
    };
    note(program, manifest, output, mix);
    gboolean good = program->encode ? encode(program, production, &render, error)
                                    : copy(program, production, &render, error);
    return good && hear(program, production, &render, error) &&
           cli_production_name(production, wish, "program.mp4", "program", manifest, error) &&
           (!any_piece || cli_production_name(production, wish, "highlights.mp4", "highlights",
                                              manifest, error)) &&
           cli_production_library(production, wish, program->info->has_audio ? waveform : NULL,
                                  manifest, error) &&
           cli_production_keep_program(production, output, wish, manifest, error);
}
