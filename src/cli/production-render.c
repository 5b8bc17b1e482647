/* From shots to finished files: program and highlights, cameras for editors, timelines. */
#include "production.h"

#include <edit/chapters.h>
#include <edit/speech.h>
#include <edit/timeline.h>
#include <media/mix.h>
#include <media/render.h>
#include <store/folder.h>
#include <store/whole.h>

#include <string.h>

/* Pauses shorter than this do not end a long turn for chapters. */
#define CHAPTER_MERGE_MS 1000

static const ShowSource *source_at(const CliProduction *self, guint index)
{
    return self->sources->pdata[index];
}

/* Hashes a finished media file and names it in the manifest. */
static gboolean name_media(CliProduction *self, const char *folder, const char *name,
                           const char *kind, const char *source, ShowManifest *manifest,
                           GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(MediaInfo) info = media_probe(path, error);
    if (info == NULL)
        return FALSE;
    ShowFile *file = show_file_new(name, kind);
    file->source = g_strdup(source);
    file->video = g_strdup(info->video_codec);
    file->audio = g_strdup(info->audio_codec);
    file->duration_ms = (gint64)(info->duration_s * 1000 + 0.5);
    file->sha256 = store_sha256(path, &file->bytes, self->cancellable, error);
    gboolean good = file->sha256 != NULL;
    show_manifest_take_file(manifest, file);
    return good;
}

gboolean cli_production_name(CliProduction *self, const CliRenderWish *wish, const char *name,
                             const char *kind, ShowManifest *manifest, GError **error)
{
    return name_media(self, wish->folder, name, kind, NULL, manifest, error);
}

/* ---- program and highlights ---- */

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

static MediaCamera *list_cameras(const CliProduction *self, gsize *count)
{
    MediaCamera *cameras = g_new0(MediaCamera, self->sources->len);
    *count = 0;
    for (guint i = 0; i < self->sources->len; i++) {
        const CliTrack *track = cli_production_track(self, i);
        if (track->showable && track->info->has_video)
            cameras[(*count)++] = (MediaCamera){.source = source_at(self, i)->id,
                                                .path = track->info->path,
                                                .clock = track->alignment.clock};
    }
    return cameras;
}

static void tell_warnings(CliProduction *self, const MediaRenderReport *report)
{
    for (guint i = 0; report->warnings != NULL && i < report->warnings->len; i++)
        cli_report_warning(self->report, "%s", (const char *)report->warnings->pdata[i]);
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
    g_autofree char *program = g_build_filename(wish->folder, "program.mp4", NULL);
    g_autofree char *highlights = g_build_filename(wish->folder, "highlights.mp4", NULL);
    gboolean any_piece = self->highlights != NULL && self->highlights->pieces->len > 0;
    gsize n_cameras = 0;
    g_autofree MediaCamera *cameras = list_cameras(self, &n_cameras);
    MediaProgress progress = cli_report_progress(self->report);
    MediaRender render = {
        .shots = self->shots,
        .cameras = cameras,
        .n_cameras = n_cameras,
        .settings = &output->render,
        .mix = mix,
        .highlights = self->highlights,
        .chapters = chapters,
        .title = wish->name,
        .program_path = program,
        .highlights_path = any_piece ? highlights : NULL,
        .progress = &progress,
        .cancellable = self->cancellable,
    };
    MediaRenderReport report = {0};
    gboolean good = media_render(&render, &report, error);
    if (good)
        tell_warnings(self, &report);
    media_render_report_clear(&report);
    return good &&
           cli_production_name(self, wish, "program.mp4", "program", manifest, error) &&
           (!any_piece ||
            cli_production_name(self, wish, "highlights.mp4", "highlights", manifest, error));
}

/* ---- cameras and timelines ---- */

static gboolean is_shown(const CliProduction *self, const char *source)
{
    for (guint i = 0; i < self->shots->shots->len; i++)
        if (g_strcmp0(((const ShowShot *)self->shots->shots->pdata[i])->source, source) == 0)
            return TRUE;
    return FALSE;
}

/* A camera's own file: wanted, or its recording is none that editors open. */
static gboolean needs_camera_file(const CliProduction *self, guint index, gboolean all)
{
    const CliTrack *track = cli_production_track(self, index);
    if (!track->info->has_video)
        return FALSE;
    return all || (is_shown(self, source_at(self, index)->id) && !media_info_editable(track->info));
}

gboolean cli_production_cameras(CliProduction *self, const CliOutput *output,
                                const CliRenderWish *wish, ShowManifest *manifest, GError **error)
{
    MediaProgress progress = cli_report_progress(self->report);
    for (guint i = 0; i < self->sources->len; i++) {
        if (!needs_camera_file(self, i, wish->all_cameras))
            continue;
        const char *id = source_at(self, i)->id;
        g_autofree char *name = g_strconcat(id, ".mp4", NULL);
        g_autofree char *path = g_build_filename(wish->folder, name, NULL);
        if (!media_render_camera(cli_production_track(self, i)->info, &output->render, path,
                                 &progress, self->cancellable, error) ||
            !name_media(self, wish->folder, name, "camera", id, manifest, error))
            return FALSE;
        ShowFile *file = show_manifest_find(manifest, name);
        file->clock = cli_production_track(self, i)->alignment.clock;
    }
    return TRUE;
}

gboolean cli_production_render(CliProduction *self, const CliOutput *output,
                               const CliRenderWish *wish, ShowManifest *manifest, GError **error)
{
    return render_program(self, output, wish, manifest, error) &&
           cli_production_cameras(self, output, wish, manifest, error);
}
