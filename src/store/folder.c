/* Reading, writing and checking what a show's folder holds. */
#include <store/folder.h>

#include <store/error.h>
#include <store/whole.h>

#include <string.h>
#include <sys/stat.h>

ShowManifest *store_folder_manifest(const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                    "%s: is not a folder; give the folder of a show", path);
        return NULL;
    }
    g_autofree char *file = g_build_filename(path, STORE_MANIFEST, NULL);
    if (!g_file_test(file, G_FILE_TEST_EXISTS)) {
        g_set_error(error, STORE_ERROR, STORE_ERROR_FAILED,
                    "%s: holds no show (no " STORE_MANIFEST "); give the folder that "
                    "'crosscut direct -o' made",
                    path);
        return NULL;
    }
    g_autoptr(ShowJson) json = show_json_load(file, error);
    return json != NULL ? show_manifest_from_json(json, error) : NULL;
}

gboolean store_folder_write_manifest(const char *path, const ShowManifest *manifest, GError **error)
{
    json_t *value = show_manifest_to_json(manifest);
    g_autofree char *text = show_json_text(value, TRUE);
    json_decref(value);
    g_autofree char *file = g_build_filename(path, STORE_MANIFEST, NULL);
    return store_write_whole(file, text, strlen(text), error);
}

gboolean store_file_is_elsewhere(const ShowFile *file)
{
    return json_is_string(json_object_get(file->extra, STORE_ELSEWHERE));
}

char *store_folder_file(const char *path, const ShowFile *file)
{
    if (file->path != NULL)
        return g_strdup(file->path);
    g_autofree char *relative = g_build_filename(path, file->name, NULL);
    return g_canonicalize_filename(relative, NULL);
}

static void verdict_free(gpointer data)
{
    StoreVerdict *verdict = data;
    g_free(verdict->name);
    g_free(verdict->problem);
    g_free(verdict->elsewhere);
    g_free(verdict);
}

/* What is wrong with one file, or NULL. */
static char *find_problem(const char *path, const ShowFile *file, GCancellable *cancellable,
                          GError **error)
{
    g_autofree char *full = store_folder_file(path, file);
    struct stat status;
    if (stat(full, &status) != 0)
        return g_strdup_printf("missing (%s)", full);
    if (status.st_size != file->bytes)
        return g_strdup_printf("has %" G_GINT64_FORMAT
                               " bytes, the manifest says %" G_GINT64_FORMAT,
                               (gint64)status.st_size, file->bytes);
    if (file->sha256 == NULL)
        return NULL;
    g_autoptr(GError) failed = NULL;
    g_autofree char *sha256 = store_sha256(full, NULL, cancellable, &failed);
    if (sha256 == NULL && g_error_matches(failed, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_propagate_error(error, g_steal_pointer(&failed));
        return NULL;
    }
    if (sha256 == NULL)
        return g_strdup(failed->message);
    if (strcmp(sha256, file->sha256) != 0)
        return g_strdup("its content is not what was written (sha256 differs)");
    return NULL;
}

GPtrArray *store_folder_verify(const char *path, GCancellable *cancellable, GError **error)
{
    g_autoptr(ShowManifest) manifest = store_folder_manifest(path, error);
    if (manifest == NULL)
        return NULL;
    g_autoptr(GPtrArray) verdicts = g_ptr_array_new_with_free_func(verdict_free);
    for (guint i = 0; i < manifest->files->len; i++) {
        const ShowFile *file = manifest->files->pdata[i];
        g_autoptr(GError) cancelled = NULL;
        const char *elsewhere = json_string_value(json_object_get(file->extra, STORE_ELSEWHERE));
        char *problem =
            elsewhere == NULL ? find_problem(path, file, cancellable, &cancelled) : NULL;
        if (cancelled != NULL) {
            g_propagate_error(error, g_steal_pointer(&cancelled));
            return NULL;
        }
        StoreVerdict *verdict = g_new0(StoreVerdict, 1);
        verdict->name = g_strdup(file->name);
        verdict->good = problem == NULL;
        verdict->problem = problem;
        verdict->elsewhere = g_strdup(elsewhere);
        g_ptr_array_add(verdicts, verdict);
    }
    return g_steal_pointer(&verdicts);
}
