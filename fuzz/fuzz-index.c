/* Any bytes as a sidecar index, and as a recording of which one is made: what is made can be read
 * again, and what is read keeps its promises. */
#include <media/index.h>

#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_entries(const GArray *entries, gint64 bytes)
{
    for (guint i = 0; i < entries->len; i++) {
        const MediaIndexEntry *entry = &g_array_index(entries, MediaIndexEntry, i);
        g_assert_cmpint(entry->offset, >=, 0);
        g_assert_cmpint(entry->offset, <=, bytes);
        if (i > 0) {
            g_assert_cmpint(entry->offset, >=, entry[-1].offset);
            g_assert_cmpint(entry->time, >, entry[-1].time);
        }
    }
}

static MediaIndex *read_text(const char *text, gsize length)
{
    g_autoptr(ShowJson) json = show_json_parse("fuzz.index", text, length, NULL);
    g_autoptr(GError) error = NULL;
    MediaIndex *index = json != NULL ? media_index_from_json(json, "fuzz", &error) : NULL;
    g_assert_true(json == NULL || (index == NULL) == (error != NULL));
    if (index == NULL)
        return NULL;
    check_entries(index->video.entries, index->info->bytes);
    check_entries(index->audio.entries, index->info->bytes);
    check_entries(index->clusters, index->info->bytes);
    return index;
}

static void make_one(const uint8_t *data, size_t size)
{
    g_autofree char *path = NULL;
    int file = g_file_open_tmp("crosscut-fuzz-XXXXXX", &path, NULL);
    g_assert_cmpint(file, >=, 0);
    gboolean written = write(file, data, size) == (gssize)size;
    close(file);
    g_autoptr(MediaIndex) made = written ? media_index_make(path, NULL, NULL, NULL) : NULL;
    unlink(path);
    if (made == NULL)
        return;
    json_t *value = media_index_to_json(made);
    g_autofree char *text = show_json_text(value, FALSE);
    json_decref(value);
    g_autoptr(MediaIndex) again = read_text(text, strlen(text));
    g_assert_nonnull(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_BYTES_MAX)
        return 0;
    g_autoptr(MediaIndex) index = read_text((const char *)data, size);
    if (index == NULL && (size == 0 || data[0] != '{'))
        make_one(data, size);
    return 0;
}
