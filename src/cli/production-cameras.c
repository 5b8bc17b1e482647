/* cam_N.mp4: what editors open of a recording that they do not open itself. */
#include "production.h"

#include <media/render.h>
#include <store/whole.h>

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

static gboolean is_shown(const CliProduction *self, const char *source)
{
    for (guint i = 0; i < self->shots->shots->len; i++)
        if (g_strcmp0(((const ShowShot *)self->shots->shots->pdata[i])->source, source) == 0)
            return TRUE;
    return FALSE;
}

/* One that was made for the show serves its cuts. */
static gboolean has_camera_file(const ShowManifest *manifest, const char *source)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (g_strcmp0(file->kind, "camera") == 0 && file->path != NULL &&
            g_strcmp0(file->source, source) == 0)
            return TRUE;
    }
    return FALSE;
}

gboolean cli_production_needs_camera(const CliProduction *self, const ShowManifest *manifest,
                                     guint index, gboolean all)
{
    const CliTrack *track = cli_production_track(self, index);
    if (!track->info->has_video || track->has_file ||
        has_camera_file(manifest, source_at(self, index)->id))
        return FALSE;
    return all || (is_shown(self, source_at(self, index)->id) && !media_info_editable(track->info));
}

char *cli_production_camera_path(const CliProduction *self, const CliRenderWish *wish, guint index)
{
    g_autofree char *name = g_strconcat(source_at(self, index)->id, ".mp4", NULL);
    return g_build_filename(wish->folder, name, NULL);
}

gboolean cli_production_camera(CliProduction *self, const CliOutput *output,
                               const CliRenderWish *wish, guint index, const GArray *keyframes,
                               ShowManifest *manifest, GError **error)
{
    CliTrack *track = cli_production_track(self, index);
    MediaProgress progress = cli_report_progress(self->report);
    const char *id = source_at(self, index)->id;
    g_autofree char *name = g_strconcat(id, ".mp4", NULL);
    g_autofree char *path = cli_production_camera_path(self, wish, index);
    if (!media_render_camera(track->info, &output->render, keyframes, path, &progress,
                             self->cancellable, error) ||
        !name_media(self, wish->folder, name, "camera", id, manifest, error))
        return FALSE;
    ShowFile *file = show_manifest_find(manifest, name);
    file->clock = track->alignment.clock;
    if (file->extra == NULL)
        file->extra = json_object();
    json_object_set_new(file->extra, "rate",
                        json_pack("[i,i]", track->info->rate.num, track->info->rate.den));
    track->has_file = TRUE;
    return TRUE;
}

gboolean cli_production_cameras(CliProduction *self, const CliOutput *output,
                                const CliRenderWish *wish, ShowManifest *manifest, GError **error)
{
    for (guint i = 0; i < self->sources->len; i++)
        if (cli_production_needs_camera(self, manifest, i, wish->all_cameras) &&
            !cli_production_camera(self, output, wish, i, NULL, manifest, error))
            return FALSE;
    return TRUE;
}
