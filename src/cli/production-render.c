/* From shots to program and highlights. */
#include "production.h"

#include <edit/chapters.h>
#include <edit/speech.h>
#include <edit/timeline.h>
#include <media/mix.h>
#include <media/recut.h>
#include <media/render.h>
#include <media/shared.h>
#include <store/folder.h>
#include <store/whole.h>

#include <string.h>

/* Pauses shorter than this do not end a long turn for chapters. */
#define CHAPTER_MERGE_MS 1000

static const ShowSource *source_at(const CliProduction *self, guint index)
{
    return self->sources->pdata[index];
}

/* ---- program and highlights ---- */

/* How the pictures came to be: for those who want to know what a render cost. */
void cli_production_account(CliProduction *self, const char *way, const MediaRenderReport *report)
{
    json_object_set_new(self->account, "pictures", json_string(way));
    json_object_set_new(self->account, "frames",
                        json_pack("{s:I,s:I,s:I}", "program", (json_int_t)report->frames, "copied",
                                  (json_int_t)report->copied_frames, "encoded",
                                  (json_int_t)report->encoded_frames));
}

static gboolean open_mix(CliProduction *self, const CliOutput *output, MediaMix **mix,
                         GError **error)
{
    guint n = self->sources->len;
    int used = 0;
    g_autofree MediaMixSource *sources = g_new0(MediaMixSource, n);
    for (guint i = 0; i < n; i++) {
        const CliTrack *track = cli_production_track(self, i);
        if (!track->info->has_audio)
            continue;
        sources[used++] = (MediaMixSource){
            .path = track->info->path,
            .clock = track->alignment.clock,
            .frames = track->voice >= 0 ? (int)i : -1,
        };
    }
    MediaProgress progress = cli_report_progress(self->report);
    *mix = media_mix_new(sources, used, self->listener, &output->mix, (double)self->start_ms / 1000,
                         (double)self->duration_ms / 1000, &progress, self->cancellable, error);
    return *mix != NULL;
}

/* What can be shown, and in the same order what its files hold. */
typedef struct Cameras {
    MediaCamera *list;
    const MediaInfo **infos;
    guint *tracks; /* of the production; of a stand-in, none */
    gsize n;
} Cameras;

typedef struct Rendering {
    CliProduction *production;
    const CliOutput *output;
    const CliRenderWish *wish;
    ShowManifest *manifest;
    Cameras cameras;
    MediaRender render;
} Rendering;

static void rendering_clear(Rendering *rendering)
{
    g_free(rendering->cameras.list);
    g_free(rendering->cameras.infos);
    g_free(rendering->cameras.tracks);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rendering, rendering_clear)

static void add_camera(Cameras *cameras, const char *id, const MediaInfo *info, ShowClock clock)
{
    cameras->infos[cameras->n] = info;
    cameras->list[cameras->n++] = (MediaCamera){.source = id, .path = info->path, .clock = clock};
}

static void list_cameras(const CliProduction *self, const CliRenderWish *wish, Cameras *cameras)
{
    guint spare = wish->stand_ins != NULL ? wish->stand_ins->len : 0;
    cameras->list = g_new0(MediaCamera, self->sources->len + spare);
    cameras->infos = g_new0(const MediaInfo *, self->sources->len + spare);
    cameras->tracks = g_new0(guint, self->sources->len + spare);
    for (guint i = 0; i < self->sources->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        if (!track->showable || !track->info->has_video)
            continue;
        cameras->tracks[cameras->n] = i;
        add_camera(cameras, source_at(self, i)->id, track->info, track->alignment.clock);
    }
    for (guint i = 0; i < spare; i++) {
        const CliStandIn *stand_in = wish->stand_ins->pdata[i];
        add_camera(cameras, stand_in->id, stand_in->info, stand_in->clock);
    }
}

static void tell_warnings(CliProduction *self, const MediaRenderReport *report)
{
    for (guint i = 0; report->warnings != NULL && i < report->warnings->len; i++)
        cli_report_warning(self->report, "%s", (const char *)report->warnings->pdata[i]);
}

/* NULL without an error: it has to be encoded, which is said. */
static MediaRecut *open_recut(CliProduction *self, const MediaRender *render,
                              const Cameras *cameras, GError **error)
{
    g_autofree char *obstacle = NULL;
    MediaRecut *recut = media_recut_open(render, cameras->infos, &obstacle, error);
    if (obstacle != NULL)
        cli_report_note(self->report, "%s: the program is encoded and not copied", obstacle);
    return recut;
}

/* NULL: the cameras' files are not to be encoded anyway, or the program cannot be taken from them. */
static MediaShared *open_shared(CliProduction *self, const MediaRender *render,
                                const Cameras *cameras, const CliRenderWish *wish,
                                const ShowManifest *manifest, GError **error)
{
    if (wish->filled != NULL)
        return NULL;
    MediaShared *shared = media_shared_new(render, cameras->infos, error);
    for (gsize i = 0; shared != NULL && i < cameras->n; i++)
        if (media_shared_keyframes(shared, i)->len > 0 &&
            !cli_production_needs_camera(self, manifest, cameras->tracks[i], wish))
            g_clear_pointer(&shared, media_shared_free);
    return shared;
}

/* Cameras first, then the program from their files. FALSE without an error: it cannot be taken. */
static gboolean render_shared(Rendering *rendering, MediaShared *shared, MediaRenderReport *report,
                              GError **error)
{
    CliProduction *self = rendering->production;
    const Cameras *cameras = &rendering->cameras;
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < cameras->n; i++) {
        const GArray *keyframes = media_shared_keyframes(shared, i);
        g_ptr_array_add(paths,
                        cli_production_camera_path(self, rendering->wish, cameras->tracks[i]));
        if (keyframes->len > 0 &&
            !cli_production_camera(self, rendering->output, rendering->wish, cameras->tracks[i],
                                   keyframes, rendering->manifest, error))
            return FALSE;
    }
    return media_shared_render(shared, (const char *const *)paths->pdata, report, error);
}

/* Copied from the cameras, or from their files that are encoded anyway, or encoded. */
static const char *render_pictures(Rendering *rendering, MediaRenderReport *report, GError **error)
{
    CliProduction *self = rendering->production;
    const MediaRender *render = &rendering->render;
    const CliRenderWish *wish = rendering->wish;
    g_autoptr(GError) problem = NULL;
    g_autoptr(MediaRecut) recut =
        wish->copy ? open_recut(self, render, &rendering->cameras, &problem) : NULL;
    if (recut != NULL)
        return media_recut_render(recut, report, error) ? "recut" : NULL;
    g_autoptr(MediaShared) shared =
        problem == NULL
            ? open_shared(self, render, &rendering->cameras, wish, rendering->manifest, &problem)
            : NULL;
    if (shared != NULL && render_shared(rendering, shared, report, &problem))
        return "shared";
    if (problem != NULL) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return NULL;
    }
    media_render_report_clear(report);
    return media_render(render, report, error) ? "encoded" : NULL;
}

static gboolean make_program(Rendering *rendering, GError **error)
{
    MediaRenderReport report = {0};
    const char *way = render_pictures(rendering, &report, error);
    if (way != NULL) {
        tell_warnings(rendering->production, &report);
        cli_production_account(rendering->production, way, &report);
    }
    media_render_report_clear(&report);
    return way != NULL;
}

static gboolean name_program(Rendering *rendering, GError **error)
{
    CliProduction *self = rendering->production;
    const CliRenderWish *wish = rendering->wish;
    ShowManifest *manifest = rendering->manifest;
    return cli_production_name(self, wish, "program.mp4", "program", manifest, error) &&
           (rendering->render.highlights_path == NULL ||
            cli_production_name(self, wish, "highlights.mp4", "highlights", manifest, error)) &&
           cli_production_library(self, wish, rendering->render.waveform, manifest, error);
}

static gboolean render_program(CliProduction *self, const CliOutput *output,
                               const CliRenderWish *wish, ShowManifest *manifest, GError **error)
{
    g_autoptr(MediaMix) mix = NULL;
    if (!open_mix(self, output, &mix, error))
        return FALSE;
    g_autoptr(GArray) spans =
        edit_spans(self->log, self->sources, CHAPTER_MERGE_MS, self->start_ms + self->duration_ms);
    g_autoptr(GPtrArray) chapters = edit_chapters(spans, self->sources, self->shots);
    const char *folder = cli_production_folder(self, wish);
    g_autofree char *program = g_build_filename(folder, "program.mp4", NULL);
    g_autofree char *highlights = g_build_filename(folder, "highlights.mp4", NULL);
    gboolean any_piece = self->highlights != NULL && self->highlights->pieces->len > 0;
    g_auto(Rendering) rendering = {self, output, wish, manifest, {0}, {0}};
    list_cameras(self, wish, &rendering.cameras);
    g_autoptr(MediaWaveform) waveform = media_waveform_new((double)self->duration_ms / 1000);
    MediaProgress progress = cli_report_progress(self->report);
    rendering.render = (MediaRender){
        .shots = wish->filled != NULL ? wish->filled : self->shots,
        .cameras = rendering.cameras.list,
        .n_cameras = rendering.cameras.n,
        .settings = &output->render,
        .mix = mix,
        .waveform = waveform,
        .highlights = self->highlights,
        .chapters = chapters,
        .title = wish->name,
        .program_path = program,
        .highlights_path = any_piece ? highlights : NULL,
        .progress = &progress,
        .cancellable = self->cancellable,
    };
    return make_program(&rendering, error) && name_program(&rendering, error) &&
           cli_production_keep_program(self, output, wish, manifest, error);
}

gboolean cli_production_render(CliProduction *self, const CliOutput *output,
                               const CliRenderWish *wish, ShowManifest *manifest, GError **error)
{
    return (cli_production_find_program(self, output, wish, manifest) ||
            render_program(self, output, wish, manifest, error)) &&
           cli_production_cameras(self, output, wish, manifest, error);
}
