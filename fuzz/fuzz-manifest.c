/* Any bytes as a manifest. What is taken is safe to use: every name stays in its folder, every
 * source that is named exists, clocks can be turned round; and it reads and writes the same again. */
#include <show/limits.h>
#include <show/manifest.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_file(const ShowManifest *manifest, const ShowFile *file)
{
    g_assert_true(show_file_name_is_valid(file->name));
    g_assert_null(strchr(file->name, '/'));
    g_assert_true(file->path == NULL || file->path[0] == '/');
    g_assert_true(file->source == NULL || show_sources_find(manifest->sources, file->source) >= 0);
    g_assert_cmpint(file->bytes, >=, 0);
    g_assert_cmpint(file->duration_ms, >=, 0);
    double back_s = show_clock_to_session(&file->clock, show_clock_to_source(&file->clock, 60));
    g_assert_cmpfloat(ABS(back_s - 60), <, 1e-3);
    g_assert_true(file->path != NULL || show_manifest_find(manifest, file->name) == file);
    for (guint i = 0; file->gaps != NULL && i < file->gaps->len; i++) {
        const ShowGap *gap = &g_array_index(file->gaps, ShowGap, i);
        g_assert_true(gap->start_ms >= 0 && gap->start_ms < gap->end_ms);
    }
}

static char *write_text(const ShowManifest *manifest)
{
    json_t *value = show_manifest_to_json(manifest);
    char *text = show_json_text(value, TRUE);
    json_decref(value);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(ShowJson) json = show_json_parse("manifest.json", (const char *)data, size, NULL);
    g_autoptr(ShowManifest) manifest = json != NULL ? show_manifest_from_json(json, NULL) : NULL;
    if (manifest == NULL)
        return 0;
    g_assert_cmpuint(manifest->sources->len, <=, SHOW_SOURCES_MAX);
    for (guint i = 0; i < manifest->files->len; i++)
        check_file(manifest, manifest->files->pdata[i]);

    g_autofree char *text = write_text(manifest);
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowJson) back = show_json_parse("manifest.json", text, strlen(text), &error);
    g_assert_no_error(error);
    g_autoptr(ShowManifest) same = show_manifest_from_json(back, &error);
    g_assert_no_error(error);
    g_autofree char *again = write_text(same);
    g_assert_cmpstr(text, ==, again);
    return 0;
}
