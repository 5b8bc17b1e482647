#include "timelines.h"

#include "error.h"
#include <media/probe.h>
#include <store/whole.h>

#include <string.h>

/* Absolute path of a file of the show: in the staging when it is there, else in the folder. */
static char *find_file(const CliPlaces *places, const char *name)
{
    if (places->staging != NULL) {
        g_autofree char *staged = g_build_filename(places->staging, name, NULL);
        if (g_file_test(staged, G_FILE_TEST_EXISTS))
            return g_steal_pointer(&staged);
    }
    g_autofree char *path = g_build_filename(places->folder, name, NULL);
    return g_canonicalize_filename(path, NULL);
}

static ShowShots *load_shots(const CliPlaces *places, GError **error)
{
    g_autofree char *path = find_file(places, "shots.json");
    g_autoptr(ShowJson) json = show_json_load(path, error);
    return json != NULL ? show_shots_from_json(json, error) : NULL;
}

static gboolean is_shown(const ShowShots *shots, const char *source)
{
    for (guint i = 0; i < shots->shots->len; i++)
        if (g_strcmp0(((const ShowShot *)shots->shots->pdata[i])->source, source) == 0)
            return TRUE;
    return FALSE;
}

/* cam_N.mp4: of the show itself, or for one of its cuts that of the show. */
static const ShowFile *find_camera(const ShowManifest *manifest, const char *source)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        if (g_strcmp0(file->kind, "camera") == 0 && g_strcmp0(file->source, source) == 0)
            return file;
    }
    return NULL;
}

/* The grid that its pictures were laid on; a file in which some are missing does not say it itself. */
static ShowRate rate_of(const ShowFile *file, const MediaInfo *info)
{
    int num = 0, den = 0;
    if (file->extra != NULL && json_unpack(file->extra, "{s:[i,i]}", "rate", &num, &den) == 0 &&
        num > 0 && den > 0)
        return (ShowRate){num, den};
    return info->rate;
}

/* The file that stands for a source in a timeline: cam_N.mp4 where there is one, otherwise the
 * recording, when editors open it. Borrowed from the manifest. */
static const ShowFile *pick_file(const CliPlaces *places, const ShowManifest *manifest,
                                 const char *source, MediaInfo **info, GError **error)
{
    g_autofree char *camera = g_strconcat(source, ".mp4", NULL);
    const ShowFile *recording = show_manifest_recording(manifest, source);
    const ShowFile *file = find_camera(manifest, source);
    file = file != NULL ? file : recording;
    if (file == NULL) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED, "%s: the manifest names no recording of %s",
                    places->folder, source);
        return NULL;
    }
    g_autofree char *path =
        file->path != NULL ? g_strdup(file->path) : find_file(places, file->name);
    *info = media_probe(path, error);
    if (*info == NULL)
        return NULL;
    if (file == recording && !media_info_editable(*info)) {
        g_set_error(error, CLI_ERROR, CLI_ERROR_FAILED,
                    "%s: editors do not open %s (%s), and there is no %s; run crosscut render %s",
                    places->folder, path, (*info)->container, camera, places->folder);
        g_clear_pointer(info, media_info_free);
        return NULL;
    }
    return file;
}

typedef struct MediaList {
    GArray *media;    /* EditMedia */
    GPtrArray *infos; /* MediaInfo *, owned: what media borrows from … */
    GPtrArray *paths; /* … and char * */
    const ShowManifest *manifest;
} MediaList;

/* As a timeline names it: what lies in the show's folder goes with it wherever it is taken. */
static char *path_in_timeline(const CliPlaces *places, const ShowFile *file)
{
    if (file->path == NULL)
        return g_strdup(file->name);
    g_autofree char *folder = g_path_get_dirname(file->path);
    g_autofree char *show =
        places->show != NULL ? g_canonicalize_filename(places->show, NULL) : NULL;
    return g_strcmp0(folder, show) == 0 ? g_build_filename("..", "..", file->name, NULL)
                                        : g_strdup(file->path);
}

static gboolean add_media(MediaList *list, const CliPlaces *places, const ShowSource *source,
                          GError **error)
{
    MediaInfo *info = NULL;
    const ShowFile *file = pick_file(places, list->manifest, source->id, &info, error);
    if (file == NULL)
        return FALSE;
    char *path = path_in_timeline(places, file);
    g_ptr_array_add(list->infos, info);
    g_ptr_array_add(list->paths, path);
    EditMedia media = {
        .source = source->id,
        .label = source->label,
        .path = path,
        .clock = file->clock,
        .duration_ms = (gint64)(info->duration_s * 1000 + 0.5),
        .width = info->width,
        .height = info->height,
        .has_video = info->has_video,
        .has_audio = info->has_audio,
        .sample_rate = info->sample_rate,
        .channels = info->channels,
    };
    if (info->has_video)
        media.rate = rate_of(file, info);
    g_array_append_val(list->media, media);
    return TRUE;
}

/* Where only timelines are made, the program may lie where they are not made. */
static void describe_by_manifest(const ShowFile *program, const MediaList *list,
                                 EditTimeline *timeline)
{
    timeline->program_sound = program->audio != NULL ? program->name : NULL;
    for (guint i = 0; i < list->media->len; i++) {
        const EditMedia *media = &g_array_index(list->media, EditMedia, i);
        if (!media->has_video)
            continue;
        timeline->width = media->width;
        timeline->height = media->height;
        return;
    }
}

static gboolean describe_program(const CliPlaces *places, const ShowManifest *manifest,
                                 const MediaList *list, EditTimeline *timeline, GError **error)
{
    const ShowFile *program = show_manifest_find(manifest, "program.mp4");
    if (program == NULL)
        return TRUE;
    g_autofree char *path = find_file(places, program->name);
    if (places->staging != NULL && !g_file_test(path, G_FILE_TEST_EXISTS)) {
        describe_by_manifest(program, list, timeline);
        return TRUE;
    }
    g_autoptr(MediaInfo) info = media_probe(path, error);
    if (info == NULL)
        return FALSE;
    timeline->program_sound = info->has_audio ? program->name : NULL;
    timeline->width = info->width;
    timeline->height = info->height;
    return TRUE;
}

static char *write_text(const CliPlaces *places, const ShowManifest *manifest, MediaList *list,
                        const ShowShots *shots, EditFormat format, GError **error)
{
    for (guint i = 0; i < manifest->sources->len; i++) {
        const ShowSource *source = manifest->sources->pdata[i];
        if (is_shown(shots, source->id) && !add_media(list, places, source, error))
            return NULL;
    }
    EditTimeline timeline = {
        .name = manifest->name,
        .shots = shots,
        .media = (const EditMedia *)(gpointer)list->media->data,
        .n_media = list->media->len,
        .width = 1920,
        .height = 1080,
    };
    if (!describe_program(places, manifest, list, &timeline, error))
        return NULL;
    return edit_timeline_text(&timeline, format, error);
}

char *cli_timeline_text(const CliPlaces *places, const ShowManifest *manifest, EditFormat format,
                        GError **error)
{
    g_autoptr(ShowShots) shots = load_shots(places, error);
    if (shots == NULL)
        return NULL;
    g_autoptr(GArray) media = g_array_new(FALSE, TRUE, sizeof(EditMedia));
    g_autoptr(GPtrArray) infos = g_ptr_array_new_with_free_func((GDestroyNotify)media_info_free);
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    MediaList list = {media, infos, paths, manifest};
    return write_text(places, manifest, &list, shots, format, error);
}

static gboolean write_one(const CliPlaces *places, ShowManifest *manifest, EditFormat format,
                          GError **error)
{
    g_autofree char *text = cli_timeline_text(places, manifest, format, error);
    if (text == NULL)
        return FALSE;
    g_autofree char *name = g_strconcat("program.", edit_format_extension(format), NULL);
    g_autofree char *path = g_build_filename(places->staging, name, NULL);
    if (!store_write_whole(path, text, strlen(text), error))
        return FALSE;
    ShowFile *file = show_file_new(name, "timeline");
    file->sha256 = store_sha256(path, &file->bytes, NULL, error);
    gboolean good = file->sha256 != NULL;
    show_manifest_take_file(manifest, file);
    return good;
}

gboolean cli_timelines_write(const CliPlaces *places, ShowManifest *manifest, GError **error)
{
    static const EditFormat formats[] = {EDIT_FORMAT_OTIO, EDIT_FORMAT_FCPXML, EDIT_FORMAT_EDL,
                                         EDIT_FORMAT_MLT};
    for (gsize i = 0; i < G_N_ELEMENTS(formats); i++)
        if (!write_one(places, manifest, formats[i], error))
            return FALSE;
    return TRUE;
}
