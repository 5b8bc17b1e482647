/* The index as JSON and back. Lists are written as their first value and the differences after it:
 * an entry takes about ten bytes. What is read is checked, so that whoever seeks by it may trust
 * that times and places ascend and lie within the file. */
#include "index-private.h"

#include <media/limits.h>

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define MS_MAX (MEDIA_HOURS_MAX * 3600 * G_GINT64_CONSTANT(1000))

/* ---- writing ---- */

static json_t *write_deltas(const GArray *entries, gboolean times)
{
    json_t *array = json_array();
    gint64 before = 0;
    for (guint i = 0; i < entries->len; i++) {
        const MediaIndexEntry *entry = &g_array_index(entries, MediaIndexEntry, i);
        gint64 value = times ? entry->time : entry->offset;
        json_array_append_new(array, json_integer(value - before));
        before = value;
    }
    return array;
}

static json_t *write_entries(const GArray *entries)
{
    return json_pack("{s:o,s:o}", "offsets", write_deltas(entries, FALSE), "times",
                     write_deltas(entries, TRUE));
}

static json_t *write_gaps(const GArray *gaps)
{
    json_t *array = json_array();
    for (guint i = 0; i < gaps->len; i++) {
        const ShowGap *gap = &g_array_index(gaps, ShowGap, i);
        json_array_append_new(
            array, json_pack("[I,I]", (json_int_t)gap->start_ms, (json_int_t)gap->end_ms));
    }
    return array;
}

static void write_track(json_t *object, const MediaIndexTrack *track)
{
    json_object_set_new(object, "count", json_integer(track->count));
    json_object_set_new(object, "first", json_integer(track->first_ms));
    json_object_set_new(object, "last", json_integer(track->last_ms));
    json_object_set_new(object, "gaps", write_gaps(track->gaps));
    json_object_set_new(object, "time_base", json_pack("[i,i]", track->base_num, track->base_den));
    json_object_set_new(object, "entries", write_entries(track->entries));
}

static json_t *write_video(const MediaIndex *index)
{
    const MediaInfo *info = index->info;
    json_t *object =
        json_pack("{s:s,s:i,s:i,s:i,s:[i,i],s:b}", "codec", info->video_codec, "width", info->width,
                  "height", info->height, "rotation", info->rotation, "rate", info->rate.num,
                  info->rate.den, "variable_rate", info->variable_rate);
    write_track(object, &index->video);
    return object;
}

static json_t *write_audio(const MediaIndex *index)
{
    const MediaInfo *info = index->info;
    json_t *object = json_pack("{s:s,s:i,s:i}", "codec", info->audio_codec, "sample_rate",
                               info->sample_rate, "channels", info->channels);
    write_track(object, &index->audio);
    return object;
}

static gint64 duration_ms(const MediaIndex *index)
{
    return llround(index->info->duration_s * 1000);
}

json_t *media_index_to_json(const MediaIndex *index)
{
    const MediaInfo *info = index->info;
    json_t *object = json_pack(
        "{s:i,s:s,s:I,s:s*,s:I,s:I,s:I,s:I,s:b,s:I}", "version", 1, "container", info->container,
        "bytes", (json_int_t)info->bytes, "sha256", index->sha256, "duration",
        (json_int_t)duration_ms(index), "zero_us", (json_int_t)index->zero_us, "whole_bytes",
        (json_int_t)index->whole_bytes, "damaged_bytes", (json_int_t)index->damaged_bytes, "torn",
        index->torn, "skipped", (json_int_t)index->skipped);
    if (info->has_video)
        json_object_set_new(object, "video", write_video(index));
    if (info->has_audio)
        json_object_set_new(object, "audio", write_audio(index));
    json_object_set_new(object, "gaps", write_gaps(index->gaps));
    json_object_set_new(object, "clusters", write_entries(index->clusters));
    return object;
}

json_t *media_index_summary(const MediaIndex *index)
{
    const MediaInfo *info = index->info;
    json_t *object = json_object();
    if (info->has_video) {
        json_object_set_new(object, "video", json_string(info->video_codec));
        json_object_set_new(object, "width", json_integer(info->width));
        json_object_set_new(object, "height", json_integer(info->height));
        json_object_set_new(object, "rate", json_pack("[i,i]", info->rate.num, info->rate.den));
    }
    if (info->has_audio) {
        json_object_set_new(object, "audio", json_string(info->audio_codec));
        json_object_set_new(object, "sample_rate", json_integer(info->sample_rate));
    }
    json_object_set_new(object, "duration", json_integer(duration_ms(index)));
    json_object_set_new(object, "bytes", json_integer(info->bytes));
    if (index->sha256 != NULL)
        json_object_set_new(object, "sha256", json_string(index->sha256));
    json_object_set_new(object, "gaps", write_gaps(index->gaps));
    json_object_set_new(object, "torn", json_boolean(index->torn));
    if (index->damaged_bytes > 0)
        json_object_set_new(object, "damaged_bytes", json_integer(index->damaged_bytes));
    if (index->skipped > 0)
        json_object_set_new(object, "skipped", json_integer(index->skipped));
    return object;
}

/* ---- reading ---- */

/* What is being read, for messages. The first problem stays. */
typedef struct Reader {
    const char *name;
    const char *problem; /* NULL: none yet */
    const char *member;
} Reader;

static gint64 fail(Reader *reader, const char *member, const char *expected)
{
    if (reader->problem == NULL) {
        reader->problem = expected;
        reader->member = member;
    }
    return 0;
}

static gint64 read_integer(Reader *reader, const json_t *object, const char *member, gint64 min,
                           gint64 max)
{
    const json_t *value = json_object_get(object, member);
    if (!json_is_integer(value) || json_integer_value(value) < min ||
        json_integer_value(value) > max)
        return fail(reader, member, "a whole number within its bounds");
    return json_integer_value(value);
}

static gboolean read_boolean(Reader *reader, const json_t *object, const char *member)
{
    const json_t *value = json_object_get(object, member);
    if (!json_is_boolean(value))
        fail(reader, member, "true or false");
    return json_is_true(value);
}

/* A short name, as libav has them. */
static char *read_name(Reader *reader, const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    if (text == NULL || text[0] == '\0' || strlen(text) > 64) {
        fail(reader, member, "a name");
        return NULL;
    }
    return g_strdup(text);
}

static char *read_sha256(Reader *reader, const json_t *object)
{
    const json_t *value = json_object_get(object, "sha256");
    if (value == NULL)
        return NULL;
    const char *text = json_string_value(value);
    if (text == NULL || strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64) {
        fail(reader, "sha256", "64 lower-case hexadecimal digits");
        return NULL;
    }
    return g_strdup(text);
}

/* Two positive numbers. */
static void read_ratio(Reader *reader, const json_t *object, const char *member, int *num, int *den)
{
    const json_t *pair = json_object_get(object, member);
    const json_t *first = json_array_get(pair, 0), *second = json_array_get(pair, 1);
    if (json_array_size(pair) != 2 || !json_is_integer(first) || !json_is_integer(second) ||
        json_integer_value(first) < 1 || json_integer_value(first) > G_MAXINT ||
        json_integer_value(second) < 1 || json_integer_value(second) > G_MAXINT) {
        fail(reader, member, "[number, divisor], both above 0");
        return;
    }
    *num = (int)json_integer_value(first);
    *den = (int)json_integer_value(second);
}

static void read_gaps(Reader *reader, const json_t *object, GArray *gaps)
{
    const json_t *array = json_object_get(object, "gaps");
    gint64 before = 0;
    if (!json_is_array(array))
        fail(reader, "gaps", "an array");
    for (gsize i = 0; i < json_array_size(array); i++) {
        const json_t *pair = json_array_get(array, i);
        const json_t *start = json_array_get(pair, 0), *end = json_array_get(pair, 1);
        ShowGap gap = {json_integer_value(start), json_integer_value(end)};
        if (json_array_size(pair) != 2 || !json_is_integer(start) || !json_is_integer(end) ||
            gap.start_ms < before || gap.end_ms < gap.start_ms || gap.end_ms > MS_MAX) {
            fail(reader, "gaps", "ascending [start, end] in milliseconds");
            return;
        }
        before = gap.end_ms;
        g_array_append_val(gaps, gap);
    }
}

/* One value and the differences after it: to the next value, or FALSE. */
static gboolean next_value(const json_t *array, gsize i, gint64 least_step, gint64 min, gint64 max,
                           gint64 *value)
{
    const json_t *item = json_array_get(array, i);
    if (!json_is_integer(item))
        return FALSE;
    gint64 step = json_integer_value(item);
    if (i > 0 && (step < least_step || step > max - *value))
        return FALSE;
    *value = i > 0 ? *value + step : step;
    return *value >= min && *value <= max;
}

static void read_entries(Reader *reader, const json_t *object, const char *member, gint64 bytes,
                         gint64 time_max, GArray *entries)
{
    const json_t *lists = json_object_get(object, member);
    const json_t *offsets = json_object_get(lists, "offsets");
    const json_t *times = json_object_get(lists, "times");
    if (!json_is_array(offsets) || !json_is_array(times) ||
        json_array_size(offsets) != json_array_size(times)) {
        fail(reader, member, "offsets and times, arrays of the same length");
        return;
    }
    MediaIndexEntry entry = {0, 0};
    for (gsize i = 0; i < json_array_size(offsets); i++) {
        if (!next_value(offsets, i, 0, 0, bytes, &entry.offset) ||
            !next_value(times, i, 1, -time_max, time_max, &entry.time)) {
            fail(reader, member, "places and times that ascend and lie within the file");
            return;
        }
        g_array_append_val(entries, entry);
    }
}

static void read_track(Reader *reader, const json_t *object, gint64 bytes, MediaIndexTrack *track)
{
    track->count = read_integer(reader, object, "count", 0, G_MAXINT64);
    track->first_ms = read_integer(reader, object, "first", -MS_MAX, MS_MAX);
    track->last_ms = read_integer(reader, object, "last", -MS_MAX, MS_MAX);
    read_gaps(reader, object, track->gaps);
    read_ratio(reader, object, "time_base", &track->base_num, &track->base_den);
    /* A quarter of the range: nothing overflows that a demuxer may add to a time. */
    read_entries(reader, object, "entries", bytes, G_MAXINT64 / 4, track->entries);
}

static void read_video(Reader *reader, const json_t *object, MediaIndex *index)
{
    MediaInfo *info = index->info;
    if (object == NULL)
        return;
    info->has_video = TRUE;
    info->video_codec = read_name(reader, object, "codec");
    info->width = (int)read_integer(reader, object, "width", 1, G_MAXINT);
    info->height = (int)read_integer(reader, object, "height", 1, G_MAXINT);
    info->rotation = (int)read_integer(reader, object, "rotation", 0, 270);
    info->variable_rate = read_boolean(reader, object, "variable_rate");
    read_ratio(reader, object, "rate", &info->rate.num, &info->rate.den);
    read_track(reader, object, info->bytes, &index->video);
    info->video_start_s = (double)index->video.first_ms / 1000;
}

static void read_audio(Reader *reader, const json_t *object, MediaIndex *index)
{
    MediaInfo *info = index->info;
    if (object == NULL)
        return;
    info->has_audio = TRUE;
    info->audio_codec = read_name(reader, object, "codec");
    info->sample_rate = (int)read_integer(reader, object, "sample_rate", 0, G_MAXINT);
    info->channels = (int)read_integer(reader, object, "channels", 0, G_MAXINT);
    read_track(reader, object, info->bytes, &index->audio);
    info->audio_start_s = (double)index->audio.first_ms / 1000;
}

static void read_file(Reader *reader, const json_t *root, MediaIndex *index)
{
    MediaInfo *info = index->info;
    read_integer(reader, root, "version", 1, 1);
    info->container = read_name(reader, root, "container");
    info->bytes = read_integer(reader, root, "bytes", 0, G_MAXINT64 / 4);
    info->duration_s = (double)read_integer(reader, root, "duration", 0, MS_MAX) / 1000;
    index->sha256 = read_sha256(reader, root);
    index->zero_us = read_integer(reader, root, "zero_us", -G_MAXINT64 / 4, G_MAXINT64 / 4);
    index->whole_bytes = read_integer(reader, root, "whole_bytes", 0, info->bytes);
    index->damaged_bytes = read_integer(reader, root, "damaged_bytes", 0, info->bytes);
    index->torn = read_boolean(reader, root, "torn");
    index->skipped = read_integer(reader, root, "skipped", 0, G_MAXINT64);
    read_video(reader, json_object_get(root, "video"), index);
    read_audio(reader, json_object_get(root, "audio"), index);
    read_gaps(reader, root, index->gaps);
    read_entries(reader, root, "clusters", info->bytes, MS_MAX, index->clusters);
}

MediaIndex *media_index_from_json(const ShowJson *json, const char *path, GError **error)
{
    const json_t *root = show_json_root(json);
    MediaInfo *info = g_new0(MediaInfo, 1);
    info->path = g_strdup(path);
    g_autoptr(MediaIndex) index = media_index_new(info);
    Reader reader = {.name = path};
    read_file(&reader, root, index);
    if (reader.problem == NULL)
        return g_steal_pointer(&index);
    g_set_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED,
                "the index of %s: \"%s\": expected %s; remove it and make it again", path,
                reader.member, reader.problem);
    return NULL;
}

MediaIndex *media_index_load(const char *recording, GError **error)
{
    struct stat status;
    g_autofree char *path = media_index_path(recording);
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) || stat(recording, &status) != 0)
        return NULL;
    g_autoptr(ShowJson) json = show_json_load(path, error);
    g_autoptr(MediaIndex) index =
        json != NULL ? media_index_from_json(json, recording, error) : NULL;
    if (index != NULL && index->info->bytes != status.st_size) {
        g_debug("an index is older than its recording path=%s", path);
        return NULL;
    }
    return g_steal_pointer(&index);
}
