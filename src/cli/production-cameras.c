/* cam_N.mp4: what editors open of a recording that they do not open itself. */
#include "production.h"

#include <media/render.h>
#include <store/whole.h>

#include <math.h>

#define SAME_LENGTH_S 1.0 /* what containers round, and sound that ends a little later */

static const ShowSource *source_at(const CliProduction *self, guint index)
{
    return self->sources->pdata[index];
}

/* Hashes a finished media file: what the manifest says of it. NULL on error. Any thread. */
static ShowFile *describe_media(const char *folder, const char *name, const char *kind,
                                const char *source, GCancellable *cancellable, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(MediaInfo) info = media_probe(path, error);
    if (info == NULL)
        return NULL;
    g_autoptr(ShowFile) file = show_file_new(name, kind);
    file->source = g_strdup(source);
    file->video = g_strdup(info->video_codec);
    file->audio = g_strdup(info->audio_codec);
    file->duration_ms = (gint64)(info->duration_s * 1000 + 0.5);
    file->sha256 = store_sha256(path, &file->bytes, cancellable, error);
    return file->sha256 != NULL ? g_steal_pointer(&file) : NULL;
}

const char *cli_production_folder(const CliProduction *self, const CliRenderWish *wish)
{
    return self->kept != NULL ? cli_kept_folder(self->kept) : wish->folder;
}

gboolean cli_production_settle(const CliProduction *self, const CliRenderWish *wish,
                               const ShowManifest *manifest, GError **error)
{
    return self->kept == NULL || cli_kept_settle(self->kept, manifest, wish->folder, error);
}

gboolean cli_production_name(CliProduction *self, const CliRenderWish *wish, const char *name,
                             const char *kind, ShowManifest *manifest, GError **error)
{
    ShowFile *file = describe_media(cli_production_folder(self, wish), name, kind, NULL,
                                    self->cancellable, error);
    if (file != NULL)
        show_manifest_take_file(manifest, file);
    return file != NULL;
}

static gboolean is_shown(const CliProduction *self, const char *source)
{
    for (guint i = 0; i < self->shots->shots->len; i++)
        if (g_strcmp0(((const ShowShot *)self->shots->shots->pdata[i])->source, source) == 0)
            return TRUE;
    return FALSE;
}

/* One that was made before serves as long as there is no more of its recording: a cut has that of the
 * show, and a show that lacks only its timelines those that it has. */
static gboolean has_camera_file(const ShowManifest *manifest, const char *source,
                                const MediaInfo *info, gboolean keeps_cameras)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (g_strcmp0(file->kind, "camera") == 0 && (keeps_cameras || file->path != NULL) &&
            g_strcmp0(file->source, source) == 0)
            return fabs((double)file->duration_ms / 1000 - info->duration_s) < SAME_LENGTH_S;
    }
    return FALSE;
}

gboolean cli_production_needs_camera(const CliProduction *self, const ShowManifest *manifest,
                                     guint index, const CliRenderWish *wish)
{
    const CliTrack *track = cli_production_track(self, index);
    if (!track->info->has_video || track->has_file ||
        has_camera_file(manifest, source_at(self, index)->id, track->info, wish->keeps_cameras))
        return FALSE;
    return wish->all_cameras ||
           (is_shown(self, source_at(self, index)->id) && !media_info_editable(track->info));
}

char *cli_production_camera_path(const CliProduction *self, const CliRenderWish *wish, guint index)
{
    g_autofree char *name = g_strconcat(source_at(self, index)->id, ".mp4", NULL);
    return g_build_filename(cli_production_folder(self, wish), name, NULL);
}

/* ---- one file ---- */

typedef struct Making {
    CliProduction *production;
    CliCameras *cameras; /* of which it is one; NULL: it is alone */
    const CliOutput *output;
    const CliRenderWish *wish;
    guint index; /* of its track */
    const GArray *keyframes;
    MediaProgress progress;
    GCancellable *cancellable;
    double done_s, total_s;
    /* what came of it */
    ShowFile *file;
    GError *error;
} Making;

/* All that decides on a camera's file, beside what is rendered and how. */
static char *describe(const GArray *keyframes)
{
    GString *text = g_string_new("camera\n");
    for (guint i = 0; keyframes != NULL && i < keyframes->len; i++)
        g_string_append_printf(text, "key %" G_GINT64_FORMAT "\n",
                               g_array_index(keyframes, gint64, i));
    return g_string_free(text, FALSE);
}

/* Its parts are not needed any more when it is whole. */
static gboolean keep(Making *making, const char *what)
{
    CliKept *kept = making->production->kept;
    g_autofree char *parts = g_strconcat(making->file->source, "~", NULL);
    return kept == NULL || (cli_kept_keep(kept, making->file, what, NULL, &making->error) &&
                            cli_kept_drop_parts(kept, parts, &making->error));
}

/* Any thread: of the production it only reads. */
static gboolean make(Making *making)
{
    const CliTrack *track = cli_production_track(making->production, making->index);
    const char *id = source_at(making->production, making->index)->id;
    g_autofree char *name = g_strconcat(id, ".mp4", NULL);
    g_autofree char *path =
        cli_production_camera_path(making->production, making->wish, making->index);
    g_autofree char *what = describe(making->keyframes);
    CliKept *kept = making->production->kept;
    gboolean is_there =
        kept != NULL && cli_kept_find(kept, name, making->keyframes != NULL ? what : NULL, NULL);
    if (!is_there &&
        !media_render_camera(track->info, &making->output->render, making->keyframes, path,
                             &making->progress, making->cancellable, &making->error))
        return FALSE;
    making->file = describe_media(cli_production_folder(making->production, making->wish), name,
                                  "camera", id, making->cancellable, &making->error);
    if (making->file == NULL || (!is_there && !keep(making, what)))
        return FALSE;
    making->file->clock = track->alignment.clock;
    if (making->file->extra == NULL)
        making->file->extra = json_object();
    json_object_set_new(making->file->extra, "rate",
                        json_pack("[i,i]", track->info->rate.num, track->info->rate.den));
    return TRUE;
}

static void name(Making *making, ShowManifest *manifest)
{
    show_manifest_take_file(manifest, g_steal_pointer(&making->file));
    cli_production_track(making->production, making->index)->has_file = TRUE;
}

gboolean cli_production_camera(CliProduction *self, const CliOutput *output,
                               const CliRenderWish *wish, guint index, const GArray *keyframes,
                               ShowManifest *manifest, GError **error)
{
    Making making = {.production = self,
                     .output = output,
                     .wish = wish,
                     .index = index,
                     .keyframes = keyframes,
                     .progress = cli_report_progress(self->report),
                     .cancellable = self->cancellable};
    if (make(&making))
        name(&making, manifest);
    else
        g_propagate_error(error, making.error);
    return making.error == NULL;
}

/* ---- all that are needed ---- */

struct CliCameras {
    CliProduction *production;
    const CliRenderWish *wish;
    GThreadPool *pool;         /* NULL: there is nothing to make */
    GArray *makings;           /* Making */
    GCancellable *cancellable; /* ends all, when one fails or nobody wants them any more */
    gulong chained;            /* to the production's; 0: it has none */
    GMutex lock;               /* over what follows, and the results of the makings */
    GCond changed;
    guint left;
    gboolean is_told; /* how far they are: somebody waits */
};

static Making *making_at(const CliCameras *cameras, guint i)
{
    return &g_array_index(cameras->makings, Making, i);
}

static void on_progress(const char *stage, double done_s, double total_s, gpointer data)
{
    Making *making = data;
    CliCameras *cameras = making->cameras;
    double all_done_s = 0, all_s = 0;
    g_mutex_lock(&cameras->lock);
    making->done_s = done_s;
    making->total_s = total_s;
    for (guint i = 0; i < cameras->makings->len; i++) {
        all_done_s += making_at(cameras, i)->done_s;
        all_s += making_at(cameras, i)->total_s;
    }
    if (cameras->is_told) {
        MediaProgress progress = cli_report_progress(cameras->production->report);
        media_progress_tell(&progress, stage, all_done_s, all_s);
    }
    g_mutex_unlock(&cameras->lock);
}

static void work(gpointer task, gpointer data)
{
    Making *making = task;
    CliCameras *cameras = data;
    if (!make(making))
        g_cancellable_cancel(cameras->cancellable);
    g_mutex_lock(&cameras->lock);
    cameras->left--;
    g_cond_signal(&cameras->changed);
    g_mutex_unlock(&cameras->lock);
}

static void cancel(GCancellable *production, gpointer data)
{
    (void)production;
    g_cancellable_cancel(data);
}

/* Encoders have threads of their own; copying has none. */
static int threads_for(const CliCameras *cameras)
{
    int cores = (int)g_get_num_processors();
    for (guint i = 0; i < cameras->makings->len; i++) {
        const Making *making = making_at(cameras, i);
        const MediaInfo *info = cli_production_track(making->production, making->index)->info;
        if (g_strcmp0(info->video_codec, "h264") != 0)
            return 1;
    }
    return CLAMP(cores, 1, (int)MAX(1, cameras->makings->len));
}

static void list_makings(CliCameras *cameras, const CliOutput *output, const CliRenderWish *wish,
                         const ShowManifest *manifest)
{
    CliProduction *production = cameras->production;
    for (guint i = 0; i < production->sources->len; i++) {
        Making making = {.production = production,
                         .cameras = cameras,
                         .output = output,
                         .wish = wish,
                         .index = i,
                         .cancellable = cameras->cancellable,
                         .total_s = cli_production_track(production, i)->info->duration_s};
        if (cli_production_needs_camera(production, manifest, i, wish))
            g_array_append_val(cameras->makings, making);
    }
    for (guint i = 0; i < cameras->makings->len; i++)
        making_at(cameras, i)->progress = (MediaProgress){on_progress, making_at(cameras, i)};
}

CliCameras *cli_cameras_begin(CliProduction *production, const CliOutput *output,
                              const CliRenderWish *wish, const ShowManifest *manifest,
                              GError **error)
{
    CliCameras *cameras = g_new0(CliCameras, 1);
    cameras->production = production;
    cameras->wish = wish;
    cameras->makings = g_array_new(FALSE, FALSE, sizeof(Making));
    cameras->cancellable = g_cancellable_new();
    g_mutex_init(&cameras->lock);
    g_cond_init(&cameras->changed);
    if (production->cancellable != NULL)
        cameras->chained = g_cancellable_connect(production->cancellable, G_CALLBACK(cancel),
                                                 cameras->cancellable, NULL);
    list_makings(cameras, output, wish, manifest);
    cameras->left = cameras->makings->len;
    if (cameras->left == 0)
        return cameras;
    cameras->pool = g_thread_pool_new(work, cameras, threads_for(cameras), FALSE, error);
    if (cameras->pool == NULL) {
        cli_cameras_free(cameras);
        return NULL;
    }
    for (guint i = 0; i < cameras->makings->len; i++)
        g_thread_pool_push(cameras->pool, making_at(cameras, i), NULL);
    return cameras;
}

/* The error that ended the others, not those that it ended. */
static GError *find_error(const CliCameras *cameras)
{
    GError *found = NULL;
    for (guint i = 0; i < cameras->makings->len; i++) {
        GError *error = making_at(cameras, i)->error;
        if (error != NULL &&
            (found == NULL || g_error_matches(found, G_IO_ERROR, G_IO_ERROR_CANCELLED)))
            found = error;
    }
    return found;
}

gboolean cli_cameras_end(CliCameras *cameras, ShowManifest *manifest, GError **error)
{
    g_mutex_lock(&cameras->lock);
    cameras->is_told = TRUE;
    while (cameras->left > 0)
        g_cond_wait(&cameras->changed, &cameras->lock);
    g_mutex_unlock(&cameras->lock);
    const GError *failed = find_error(cameras);
    if (failed != NULL) {
        g_propagate_error(error, g_error_copy(failed));
        return FALSE;
    }
    for (guint i = 0; i < cameras->makings->len; i++)
        name(making_at(cameras, i), manifest);
    return cli_production_settle(cameras->production, cameras->wish, manifest, error);
}

void cli_cameras_free(CliCameras *cameras)
{
    if (cameras == NULL)
        return;
    g_cancellable_cancel(cameras->cancellable);
    if (cameras->pool != NULL)
        g_thread_pool_free(cameras->pool, FALSE, TRUE); /* waits */
    if (cameras->chained != 0)
        g_cancellable_disconnect(cameras->production->cancellable, cameras->chained);
    for (guint i = 0; i < cameras->makings->len; i++) {
        show_file_free(making_at(cameras, i)->file);
        g_clear_error(&making_at(cameras, i)->error);
    }
    g_array_unref(cameras->makings);
    g_object_unref(cameras->cancellable);
    g_mutex_clear(&cameras->lock);
    g_cond_clear(&cameras->changed);
    g_free(cameras);
}

gboolean cli_production_cameras(CliProduction *self, const CliOutput *output,
                                const CliRenderWish *wish, ShowManifest *manifest, GError **error)
{
    g_autoptr(CliCameras) cameras = cli_cameras_begin(self, output, wish, manifest, error);
    return cameras != NULL && cli_cameras_end(cameras, manifest, error);
}
