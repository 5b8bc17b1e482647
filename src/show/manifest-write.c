/* Writing manifest.json. */
#include <show/manifest.h>

#include "read-private.h"
#include "source-private.h"

/* Seconds as milliseconds to the nanosecond, so that reading and writing again changes nothing. */
static json_t *write_seconds(double seconds)
{
    return show_write_number((double)show_round(seconds * 1e9) / 1e6);
}

static json_t *write_gaps(const GArray *gaps)
{
    json_t *array = json_array();
    for (guint i = 0; i < gaps->len; i++) {
        const ShowGap *gap = &g_array_index(gaps, ShowGap, i);
        json_t *pair = json_array();
        json_array_append_new(pair, json_integer(gap->start_ms));
        json_array_append_new(pair, json_integer(gap->end_ms));
        json_array_append_new(array, pair);
    }
    return array;
}

static void write_clock(json_t *object, const ShowFile *file)
{
    gboolean is_recording = show_file_is_recording(file);
    if (is_recording || file->clock.start_s != 0)
        json_object_set_new(object, "start", write_seconds(file->clock.start_s));
    if (is_recording || file->clock.drift_ppm != 0)
        json_object_set_new(object, "drift_ppm", show_write_number(file->clock.drift_ppm));
    if (is_recording || file->duration_ms != 0)
        show_write_integer(object, "duration", file->duration_ms);
}

static json_t *file_to_json(const ShowFile *file)
{
    json_t *object = json_object();
    show_write_text(object, "name", file->name);
    show_write_text(object, "kind", file->kind);
    show_write_text(object, "source", file->source);
    show_write_text(object, "path", file->path);
    write_clock(object, file);
    show_write_integer(object, "bytes", file->bytes);
    show_write_text(object, "sha256", file->sha256);
    show_write_text(object, "video", file->video);
    show_write_text(object, "audio", file->audio);
    if (file->gaps != NULL && file->gaps->len > 0)
        json_object_set_new(object, "gaps", write_gaps(file->gaps));
    show_write_rest(object, file->extra);
    return object;
}

static json_t *program_to_json(const ShowManifest *manifest)
{
    json_t *object = json_object();
    show_write_integer(object, "start", manifest->program_start_ms);
    show_write_integer(object, "duration", manifest->program_duration_ms);
    show_write_rate(object, "rate", manifest->rate);
    show_write_rest(object, manifest->program_extra);
    return object;
}

json_t *show_manifest_to_json(const ShowManifest *manifest)
{
    json_t *object = json_object(), *files = json_array();
    show_write_integer(object, "version", 1);
    show_write_text(object, "id", manifest->id);
    show_write_text(object, "name", manifest->name);
    show_write_text(object, "started_at", manifest->started_at);
    if (manifest->state != SHOW_STATE_UNSET)
        show_write_text(object, "state", show_state_name(manifest->state));
    json_object_set_new(object, "program", program_to_json(manifest));
    json_object_set_new(object, "sources", show_sources_write(manifest->sources));
    if (manifest->settings != NULL)
        json_object_set(object, "settings", manifest->settings);
    for (guint i = 0; i < manifest->files->len; i++)
        json_array_append_new(files, file_to_json(manifest->files->pdata[i]));
    json_object_set_new(object, "files", files);
    show_write_rest(object, manifest->extra);
    return object;
}
