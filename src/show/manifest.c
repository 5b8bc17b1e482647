/* A manifest in memory. Reading is in manifest-read.c, writing in manifest-write.c. */
#include <show/manifest.h>

static const char *const state_names[] = {
    [SHOW_STATE_UNSET] = "unset",
    [SHOW_STATE_RECORDING] = "recording",
    [SHOW_STATE_STOPPING] = "stopping",
    [SHOW_STATE_COMPLETE] = "complete",
};

const char *show_state_name(ShowState state)
{
    return state_names[(guint)state < G_N_ELEMENTS(state_names) ? state : SHOW_STATE_UNSET];
}

ShowManifest *show_manifest_new(void)
{
    ShowManifest *manifest = g_new0(ShowManifest, 1);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    manifest->id = g_uuid_string_random();
    manifest->started_at = g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
    manifest->state = SHOW_STATE_COMPLETE;
    manifest->sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    manifest->files = g_ptr_array_new_with_free_func((GDestroyNotify)show_file_free);
    return manifest;
}

void show_manifest_free(ShowManifest *manifest)
{
    if (manifest == NULL)
        return;
    g_free(manifest->id);
    g_free(manifest->name);
    g_free(manifest->started_at);
    g_ptr_array_unref(manifest->sources);
    g_ptr_array_unref(manifest->files);
    json_decref(manifest->settings);
    json_decref(manifest->program_extra);
    json_decref(manifest->extra);
    g_free(manifest);
}

ShowFile *show_file_new(const char *name, const char *kind)
{
    ShowFile *file = g_new0(ShowFile, 1);
    file->name = g_strdup(name);
    file->kind = g_strdup(kind);
    return file;
}

void show_file_free(ShowFile *file)
{
    if (file == NULL)
        return;
    g_free(file->name);
    g_free(file->kind);
    g_free(file->source);
    g_free(file->path);
    g_free(file->sha256);
    g_free(file->video);
    g_free(file->audio);
    if (file->gaps != NULL)
        g_array_unref(file->gaps);
    json_decref(file->extra);
    g_free(file);
}

gboolean show_file_is_recording(const ShowFile *file)
{
    return g_strcmp0(file->kind, "iso") == 0 || g_strcmp0(file->kind, "local") == 0;
}

ShowFile *show_manifest_find(const ShowManifest *manifest, const char *name)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        ShowFile *file = manifest->files->pdata[i];
        if (file->path == NULL && g_strcmp0(file->name, name) == 0)
            return file;
    }
    return NULL;
}

ShowFile *show_manifest_recording(const ShowManifest *manifest, const char *source)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        ShowFile *file = manifest->files->pdata[i];
        if (g_strcmp0(file->kind, "iso") == 0 && g_strcmp0(file->source, source) == 0)
            return file;
    }
    return NULL;
}

gboolean show_file_is_same(const ShowFile *a, const ShowFile *b)
{
    return g_strcmp0(a->name, b->name) == 0 && g_strcmp0(a->path, b->path) == 0;
}

void show_manifest_take_file(ShowManifest *manifest, ShowFile *file)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        if (!show_file_is_same(manifest->files->pdata[i], file))
            continue;
        if (manifest->files->pdata[i] != file)
            show_file_free(manifest->files->pdata[i]);
        manifest->files->pdata[i] = file;
        return;
    }
    g_ptr_array_add(manifest->files, file);
}
