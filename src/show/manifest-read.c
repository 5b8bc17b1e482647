/* Reading manifest.json. Names of files come from here into paths, so they are checked. */
#include <show/manifest.h>

#include <show/error.h>
#include <show/limits.h>

#include "json-private.h"
#include "read-private.h"
#include "source-private.h"

#include <string.h>

#define FILE_NAME_BYTES_MAX 255
#define PATH_BYTES_MAX      4096
#define DRIFT_PPM_MAX       10000.0

static gboolean has_control(const char *text)
{
    for (const char *c = text; *c != '\0'; c = g_utf8_next_char(c))
        if (g_unichar_iscntrl(g_utf8_get_char(c)))
            return TRUE;
    return FALSE;
}

/* One name in one folder: it can neither leave the folder nor be the folder. */
gboolean show_file_name_is_valid(const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= FILE_NAME_BYTES_MAX &&
           strchr(name, '/') == NULL && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           g_utf8_validate(name, -1, NULL) && !has_control(name);
}

static gboolean is_path(const char *path)
{
    return path[0] == '/' && strlen(path) <= PATH_BYTES_MAX;
}

static gboolean is_sha256(const char *text)
{
    return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

static gboolean is_digits(const char *text, gsize from, gsize count)
{
    for (gsize i = from; i < from + count; i++)
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    return TRUE;
}

/* RFC 3339: GLib also takes other forms of ISO 8601. */
static gboolean is_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00";
    for (gsize i = 0; form[i] != '\0'; i++)
        if (form[i] == '0' ? !g_ascii_isdigit(text[i]) : text[i] != form[i])
            return FALSE;
    const char *zone = text + strlen(form);
    if (zone[0] == '.')
        zone += 1 + strspn(zone + 1, "0123456789");
    gboolean is_offset = (zone[0] == '+' || zone[0] == '-') && strlen(zone) == 6 &&
                         is_digits(zone, 1, 2) && zone[3] == ':' && is_digits(zone, 4, 2);
    if (strcmp(zone, "Z") != 0 && !is_offset)
        return FALSE;
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
    return time != NULL;
}

static gboolean read_gap(const ShowReader *reader, const json_t *value, GArray *gaps)
{
    ShowGap gap;
    gint64 after_ms = gaps->len > 0 ? g_array_index(gaps, ShowGap, gaps->len - 1).end_ms : 0;
    if (json_array_size(value) != 2 || !show_read_is_ms(json_array_get(value, 0), &gap.start_ms) ||
        !show_read_is_ms(json_array_get(value, 1), &gap.end_ms))
        return show_read_fail(reader, NULL, "[start, end] in milliseconds", value);
    if (gap.start_ms < after_ms || gap.end_ms <= gap.start_ms)
        return show_read_fail_text(reader, SHOW_ERROR_INVALID, NULL,
                                   "expected gaps in order, each longer than nothing, found "
                                   "[%" G_GINT64_FORMAT ", %" G_GINT64_FORMAT "]",
                                   gap.start_ms, gap.end_ms);
    g_array_append_val(gaps, gap);
    return TRUE;
}

static gboolean read_gaps(const ShowReader *reader, ShowFile *file)
{
    const json_t *array;
    if (!show_read_array(reader, "gaps", SHOW_OPTIONAL, &array))
        return FALSE;
    if (array != NULL)
        file->gaps = g_array_new(FALSE, FALSE, sizeof(ShowGap));
    for (gsize i = 0; i < json_array_size(array); i++) {
        g_autofree char *where = show_read_where(reader, "gaps", i);
        ShowReader item = *reader;
        item.where = where;
        if (!read_gap(&item, json_array_get(array, i), file->gaps))
            return FALSE;
    }
    return TRUE;
}

static gboolean read_clock(const ShowReader *reader, ShowFile *file)
{
    double start_ms = 0;
    if (!show_read_real(reader, "start", -(double)SHOW_T_MS_MAX, (double)SHOW_T_MS_MAX,
                        "milliseconds on the session clock", &start_ms) ||
        !show_read_real(reader, "drift_ppm", -DRIFT_PPM_MAX, DRIFT_PPM_MAX,
                        "parts per million from -10000 to 10000", &file->clock.drift_ppm))
        return FALSE;
    file->clock.start_s = start_ms / 1000;
    return show_read_ms(reader, "duration", SHOW_OPTIONAL, &file->duration_ms);
}

static gboolean read_file_names(const ShowReader *reader, ShowFile *file)
{
    return show_read_text(reader, "name", SHOW_REQUIRED, show_file_name_is_valid,
                          "the name of a file, without folders", &file->name) &&
           show_read_text(reader, "kind", SHOW_REQUIRED, show_id_is_valid,
                          "iso, local, program, highlights, camera, log, events, shots, "
                          "highlights-list, timeline or other",
                          &file->kind) &&
           show_read_id(reader, "source", SHOW_OPTIONAL, &file->source) &&
           show_read_text(reader, "path", SHOW_OPTIONAL, is_path, "an absolute path", &file->path);
}

static ShowFile *read_file(const ShowReader *reader)
{
    static const char *const known[] = {"name",      "kind",     "source", "path",   "start",
                                        "drift_ppm", "duration", "bytes",  "sha256", "video",
                                        "audio",     "gaps",     NULL};
    g_autoptr(ShowFile) file = g_new0(ShowFile, 1);
    if (!show_read_is_object(reader, "a file, an object") || !read_file_names(reader, file) ||
        !read_clock(reader, file) ||
        !show_read_integer(reader, "bytes", 0, G_MAXINT64, "a number of bytes", &file->bytes) ||
        !show_read_text(reader, "sha256", SHOW_OPTIONAL, is_sha256,
                        "64 lower-case hexadecimal digits", &file->sha256) ||
        !show_read_id(reader, "video", SHOW_OPTIONAL, &file->video) ||
        !show_read_id(reader, "audio", SHOW_OPTIONAL, &file->audio) || !read_gaps(reader, file))
        return NULL;
    file->extra = show_read_rest(reader->object, known);
    return g_steal_pointer(&file);
}

static gboolean check_file(const ShowReader *reader, const ShowManifest *manifest,
                           const ShowFile *file)
{
    if (file->source != NULL && show_sources_find(manifest->sources, file->source) < 0)
        return show_read_fail(reader, "source", "the id of one of \"sources\"",
                              json_object_get(reader->object, "source"));
    for (guint i = 0; i < manifest->files->len; i++)
        if (show_file_is_same(manifest->files->pdata[i], file))
            return show_read_fail_text(reader, SHOW_ERROR_INVALID, "name",
                                       "expected a name of its own, found \"%s\", which files[%u] "
                                       "has",
                                       file->name, i);
    return TRUE;
}

static gboolean read_files(const ShowReader *reader, ShowManifest *manifest)
{
    const json_t *array;
    if (!show_read_array(reader, "files", SHOW_REQUIRED, &array))
        return FALSE;
    if (json_array_size(array) > SHOW_FILES_MAX)
        return show_read_fail_text(reader, SHOW_ERROR_TOO_LARGE, "files",
                                   "expected at most %d files, found %" G_GSIZE_FORMAT,
                                   SHOW_FILES_MAX, json_array_size(array));
    for (gsize i = 0; i < json_array_size(array); i++) {
        g_autofree char *where = show_read_where(reader, "files", i);
        ShowReader item = *reader;
        item.where = where;
        item.object = json_array_get(array, i);
        g_autoptr(ShowFile) file = read_file(&item);
        if (file == NULL || !check_file(&item, manifest, file))
            return FALSE;
        g_ptr_array_add(manifest->files, g_steal_pointer(&file));
    }
    return TRUE;
}

static gboolean read_program(const ShowReader *reader, ShowManifest *manifest)
{
    static const char *const known[] = {"start", "duration", "rate", NULL};
    ShowReader program = *reader;
    program.where = "program";
    program.object = json_object_get(reader->object, "program");
    if (program.object == NULL)
        return TRUE;
    if (!show_read_is_object(&program, "an object") ||
        !show_read_ms(&program, "start", SHOW_OPTIONAL, &manifest->program_start_ms) ||
        !show_read_ms(&program, "duration", SHOW_OPTIONAL, &manifest->program_duration_ms) ||
        !show_read_rate(&program, "rate", &manifest->rate))
        return FALSE;
    manifest->program_extra = show_read_rest(program.object, known);
    return TRUE;
}

static gboolean read_state(const ShowReader *reader, ShowState *state)
{
    const json_t *value = json_object_get(reader->object, "state");
    for (guint i = SHOW_STATE_RECORDING; i <= SHOW_STATE_COMPLETE; i++) {
        if (g_strcmp0(json_string_value(value), show_state_name((ShowState)i)) == 0) {
            *state = (ShowState)i;
            return TRUE;
        }
    }
    return show_read_fail(reader, "state", "recording, stopping or complete", value);
}

static gboolean read_settings(const ShowReader *reader, json_t **settings)
{
    json_t *value = json_object_get(reader->object, "settings");
    if (value != NULL && !json_is_object(value))
        return show_read_fail(reader, "settings", "an object", value);
    *settings = json_incref(value);
    return TRUE;
}

static gboolean read_parts(const ShowReader *reader, ShowManifest *manifest)
{
    g_ptr_array_unref(manifest->sources);
    manifest->sources = show_sources_read(reader, "sources");
    if (manifest->sources == NULL) {
        manifest->sources = g_ptr_array_new();
        return FALSE;
    }
    return read_program(reader, manifest) && read_settings(reader, &manifest->settings) &&
           read_files(reader, manifest);
}

ShowManifest *show_manifest_from_json(const ShowJson *json, GError **error)
{
    static const char *const known[] = {"version", "id",      "name",     "started_at", "state",
                                        "program", "sources", "settings", "files",      NULL};
    ShowReader reader = {.name = show_json_name(json),
                         .json = json,
                         .where = "",
                         .object = show_json_root(json),
                         .error = error};
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    g_clear_pointer(&manifest->id, g_free);
    g_clear_pointer(&manifest->started_at, g_free);
    if (!show_read_is_object(&reader, "a manifest, an object") || !show_read_version(&reader) ||
        !show_read_text(&reader, "id", SHOW_REQUIRED, g_uuid_string_is_valid, "a UUID",
                        &manifest->id) ||
        !show_read_label(&reader, "name", &manifest->name) ||
        !show_read_text(&reader, "started_at", SHOW_REQUIRED, is_time,
                        "an RFC 3339 time such as 2026-11-23T20:15:00Z", &manifest->started_at) ||
        !read_state(&reader, &manifest->state) || !read_parts(&reader, manifest))
        return NULL;
    manifest->extra = show_read_rest(reader.object, known);
    return g_steal_pointer(&manifest);
}
