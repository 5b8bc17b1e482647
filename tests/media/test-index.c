/* Recordings as browsers leave them, whole and not, and what their index says. */
#include "material.h"

#include <media/error.h>
#include <media/index.h>
#include <media/probe.h>
#include <media/sound.h>

#include <unistd.h>

enum { GOP = 25, SECONDS = 9 };

static const Material browser = {.name = "cam_1_iso.mkv",
                                 .camera = 1,
                                 .rate = {25, 1},
                                 .frames = SECONDS * 25,
                                 .gop = GOP,
                                 .sound = TRUE,
                                 .live = TRUE};

typedef struct Room {
    char *folder, *path;
} Room;

static void set_up(Room *room, gconstpointer material)
{
    room->folder = new_folder();
    room->path = write_material(room->folder, material);
}

static void tear_down(Room *room, gconstpointer material)
{
    (void)material;
    g_free(room->path);
    remove_folder(room->folder);
}

static MediaIndex *make_index(const char *path)
{
    g_autoptr(GError) error = NULL;
    MediaIndex *index = media_index_make(path, NULL, NULL, &error);
    g_assert_no_error(error);
    return index;
}

static void write_index(const char *path, const MediaIndex *index)
{
    g_autofree char *sidecar = media_index_path(path);
    json_t *value = media_index_to_json(index);
    g_autofree char *text = show_json_text(value, FALSE);
    json_decref(value);
    g_assert_true(g_file_set_contents(sidecar, text, -1, NULL));
}

static char *read_bytes(const char *path, gsize *length)
{
    char *bytes = NULL;
    g_assert_true(g_file_get_contents(path, &bytes, length, NULL));
    return bytes;
}

static const MediaIndexEntry *entry_at(const GArray *entries, guint i)
{
    g_assert_cmpuint(i, <, entries->len);
    return &g_array_index(entries, MediaIndexEntry, i);
}

static void assert_gap(const GArray *gaps, guint i, gint64 start_ms, gint64 end_ms)
{
    g_assert_cmpuint(i, <, gaps->len);
    const ShowGap *gap = &g_array_index(gaps, ShowGap, i);
    g_assert_cmpint(ABS(gap->start_ms - start_ms), <=, 25);
    g_assert_cmpint(ABS(gap->end_ms - end_ms), <=, 25);
}

/* ---- whole ---- */

static void says_what_a_recording_holds(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaIndex) index = make_index(room->path);
    g_assert_cmpstr(index->info->video_codec, ==, "h264");
    g_assert_cmpstr(index->info->audio_codec, ==, "aac");
    g_assert_cmpint(index->info->width, ==, 160);
    g_assert_cmpint(index->info->rate.num, ==, 25);
    g_assert_false(index->info->variable_rate);
    g_assert_cmpint(index->video.count, ==, SECONDS * 25);
    g_assert_cmpint(llround(index->info->duration_s * 10), ==, SECONDS * 10);
    g_assert_cmpint(index->whole_bytes, ==, index->info->bytes);
    g_assert_cmpint(index->damaged_bytes, ==, 0);
    g_assert_cmpint(index->skipped, ==, 0);
    g_assert_false(index->torn);
    g_assert_cmpuint(index->gaps->len, ==, 0);
}

static void entries_begin_at_clusters(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaIndex) index = make_index(room->path);
    gsize length = 0;
    g_autofree char *bytes = read_bytes(room->path, &length);
    g_assert_cmpuint(index->video.entries->len, ==, SECONDS);
    g_assert_cmpuint(index->audio.entries->len, >=, SECONDS - 1);
    const GArray *lists[] = {index->video.entries, index->audio.entries, index->clusters};
    for (gsize list = 0; list < G_N_ELEMENTS(lists); list++)
        for (guint i = 0; i < lists[list]->len; i++) {
            gint64 offset = entry_at(lists[list], i)->offset;
            g_assert_cmpint(offset + 4, <=, (gint64)length);
            g_assert_cmpmem(bytes + offset, 4, "\x1f\x43\xb6\x75", 4);
        }
    for (guint i = 0; i < SECONDS; i++)
        g_assert_cmpint(ABS(entry_at(index->video.entries, i)->time - 1000 * (gint64)i), <=, 25);
}

static void an_mp4_keeps_its_own_index(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaIndex) index = make_index(room->path);
    g_assert_cmpuint(index->video.entries->len, ==, SECONDS);
    g_assert_cmpuint(index->clusters->len, ==, 0);
    g_assert_cmpint(index->whole_bytes, ==, index->info->bytes);
    g_assert_false(index->torn);
}

/* ---- as JSON ---- */

static void is_the_same_after_writing_and_reading(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaIndex) made = make_index(room->path);
    made->sha256 = g_strnfill(64, 'a');
    write_index(room->path, made);
    g_autoptr(MediaIndex) loaded = media_index_load(room->path, &error);
    g_assert_no_error(error);
    g_assert_nonnull(loaded);
    json_t *before = media_index_to_json(made), *after = media_index_to_json(loaded);
    g_assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

static void an_index_of_another_file_is_not_taken(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_assert_null(media_index_load(room->path, &error));
    g_assert_no_error(error);
    g_autoptr(MediaIndex) index = make_index(room->path);
    write_index(room->path, index);
    g_assert_cmpint(truncate(room->path, index->info->bytes - 1), ==, 0);
    g_assert_null(media_index_load(room->path, &error));
    g_assert_no_error(error);
}

/* Sets one member of what the index writes, and reads it. */
static void assert_refused(const MediaIndex *index, const char *list, json_t *value_taken)
{
    g_autoptr(GError) error = NULL;
    json_t *root = media_index_to_json(index);
    json_t *holder = strcmp(list, "clusters") == 0 ? json_object_get(root, list) : root;
    json_object_set_new(holder, holder == root ? list : "offsets", value_taken);
    g_autofree char *text = show_json_text(root, FALSE);
    json_decref(root);
    g_autoptr(ShowJson) json = show_json_parse("x.index", text, strlen(text), &error);
    g_assert_no_error(error);
    g_assert_null(media_index_from_json(json, "x", &error));
    g_assert_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, list));
}

static void what_cannot_be_is_refused(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaIndex) index = make_index(room->path);
    assert_refused(index, "clusters", json_pack("[i]", 0));
    assert_refused(index, "clusters", json_string("none"));
    json_t *outside = json_array();
    for (guint i = 0; i < index->clusters->len; i++)
        json_array_append_new(outside, json_integer(index->info->bytes));
    assert_refused(index, "clusters", outside);
    assert_refused(index, "bytes", json_integer(-1));
    assert_refused(index, "version", json_integer(2));
    assert_refused(index, "gaps", json_pack("[[i,i]]", 5, 4));
    assert_refused(index, "torn", json_integer(1));
    assert_refused(index, "duration", json_real(1e300));
}

/* ---- with it ---- */

static void a_probe_says_the_same_with_it(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaInfo) without = media_probe(room->path, NULL);
    g_autoptr(MediaIndex) index = make_index(room->path);
    write_index(room->path, index);
    g_autoptr(MediaInfo) with = media_probe(room->path, NULL);
    g_assert_cmpint(llround(with->duration_s * 1000), ==, llround(without->duration_s * 1000));
    g_assert_true(show_rate_equal(with->rate, without->rate));
    g_assert_cmpint(with->variable_rate, ==, without->variable_rate);
}

static void read_second_at(const char *path, gint64 frame, float *samples)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaSound) sound = media_sound_open(path, 1, &error);
    g_assert_no_error(error);
    memset(samples, 0, MEDIA_SOUND_HZ * sizeof *samples);
    g_assert_true(media_sound_seek(sound, frame, &error));
    g_assert_cmpint(media_sound_read(sound, samples, MEDIA_SOUND_HZ / 2, &error), >, 0);
}

static void sound_is_where_it_was_with_it(Room *room, gconstpointer data)
{
    (void)data;
    g_autofree float *without = g_new(float, MEDIA_SOUND_HZ);
    g_autofree float *with = g_new(float, MEDIA_SOUND_HZ);
    gint64 at = 7 * (gint64)MEDIA_SOUND_HZ;
    read_second_at(room->path, at, without);
    g_autoptr(MediaIndex) index = make_index(room->path);
    write_index(room->path, index);
    read_second_at(room->path, at, with);
    for (int i = 0; i < MEDIA_SOUND_HZ / 2; i++)
        g_assert_cmpfloat(fabsf(with[i] - without[i]), <, 1e-4f);
}

static void a_broken_sidecar_stops_nobody(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *sidecar = media_index_path(room->path);
    g_assert_true(g_file_set_contents(sidecar, "{\"version\":1", -1, NULL));
    g_assert_null(media_index_load(room->path, &error));
    g_assert_nonnull(error);
    g_autoptr(MediaInfo) info = media_probe(room->path, NULL);
    g_assert_nonnull(info);
}

/* ---- not whole ---- */

static void a_cut_file_is_indexed_as_far_as_it_goes(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaIndex) whole = make_index(room->path);
    gint64 last_count = whole->video.count;
    for (gint64 part = 9; part >= 2; part--) {
        gint64 bytes = whole->info->bytes * part / 10;
        g_assert_cmpint(truncate(room->path, bytes), ==, 0);
        g_autoptr(MediaIndex) cut = make_index(room->path);
        g_assert_true(cut->torn);
        g_assert_cmpint(cut->whole_bytes, <=, bytes);
        g_assert_cmpint(cut->damaged_bytes, ==, 0);
        g_assert_cmpint(cut->video.count, >, 0);
        g_assert_cmpint(cut->video.count, <, last_count);
        /* One track may reach further than the other, nothing is missing before. */
        gint64 end_ms = llround(cut->info->duration_s * 1000);
        for (guint i = 0; i < cut->gaps->len; i++)
            g_assert_cmpint(g_array_index(cut->gaps, ShowGap, i).start_ms, >, end_ms - 1000);
        last_count = cut->video.count;
    }
}

static void a_hole_in_the_file_is_a_gap(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaIndex) whole = make_index(room->path);
    gsize length = 0;
    g_autofree char *bytes = read_bytes(room->path, &length);
    gint64 from = entry_at(whole->video.entries, 2)->offset + 40;
    gint64 to = entry_at(whole->video.entries, 4)->offset;
    memset(bytes + from, 0, (gsize)(to - from));
    g_assert_true(g_file_set_contents(room->path, bytes, (gssize)length, NULL));
    g_autoptr(MediaIndex) index = make_index(room->path);
    g_assert_false(index->torn);
    g_assert_cmpint(index->damaged_bytes, >, (to - from) / 2);
    g_assert_cmpint(index->info->rate.num, ==, 25);
    g_assert_cmpuint(index->gaps->len, ==, 1);
    const ShowGap *gap = &g_array_index(index->gaps, ShowGap, 0);
    g_assert_cmpint(gap->start_ms, <=, 2100);
    g_assert_cmpint(gap->end_ms, >=, 3000);
    g_assert_cmpint(gap->end_ms, <=, 5100);
}

static void a_doubled_file_counts_once(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(MediaIndex) once = make_index(room->path);
    gsize length = 0;
    g_autofree char *bytes = read_bytes(room->path, &length);
    g_autoptr(GString) twice = g_string_new_len(bytes, (gssize)length);
    g_string_append_len(twice, bytes, (gssize)length);
    g_assert_true(g_file_set_contents(room->path, twice->str, (gssize)twice->len, NULL));
    g_autoptr(MediaIndex) index = make_index(room->path);
    g_assert_cmpint(index->video.count, ==, once->video.count);
    g_assert_cmpint(index->skipped, >=, once->video.count);
    g_assert_cmpfloat(index->info->duration_s, ==, once->info->duration_s);
    g_assert_cmpuint(index->video.entries->len, ==, once->video.entries->len);
}

static void flipped_bits_end_in_an_index_or_an_error(Room *room, gconstpointer data)
{
    (void)data;
    gsize length = 0;
    g_autofree char *bytes = read_bytes(room->path, &length);
    GRand *random = g_rand_new_with_seed(5);
    for (int round = 0; round < 40; round++) {
        g_autofree char *flipped = g_memdup2(bytes, length);
        for (int i = 0; i < 1 + round; i++)
            flipped[g_rand_int_range(random, 0, (gint32)length)] ^=
                (char)(1 << g_rand_int_range(random, 0, 8));
        g_assert_true(g_file_set_contents(room->path, flipped, (gssize)length, NULL));
        g_autoptr(GError) error = NULL;
        g_autoptr(MediaIndex) index = media_index_make(room->path, NULL, NULL, &error);
        g_assert_true((index == NULL) == (error != NULL));
        if (index != NULL)
            write_index(room->path, index);
        g_autoptr(MediaIndex) loaded = media_index_load(room->path, &error);
        g_assert_true(index == NULL || loaded != NULL);
        g_autofree char *sidecar = media_index_path(room->path);
        unlink(sidecar);
    }
    g_rand_free(random);
}

static void a_headless_file_is_a_clear_error(Room *room, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    g_autofree char *bytes = read_bytes(room->path, &length);
    g_assert_true(g_file_set_contents(room->path, bytes + 700, (gssize)length - 700, NULL));
    g_assert_null(media_index_make(room->path, NULL, NULL, &error));
    g_assert_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA);
    g_assert_nonnull(strstr(error->message, "cam_1_iso.mkv"));
}

/* ---- gaps in time ---- */

/* 25 frames a second, with nothing from 2 to 3.5 s. */
static void pictures_that_are_missing_are_gaps(void)
{
    char *folder = new_folder();
    double times[100];
    for (int i = 0; i < 100; i++)
        times[i] = i / 25.0 + (i >= 50 ? 1.5 : 0);
    Material material = {.name = "a.mkv",
                         .rate = {25, 1},
                         .frames = 100,
                         .gop = GOP,
                         .times = times,
                         .sound = FALSE,
                         .live = TRUE};
    g_autofree char *path = write_material(folder, &material);
    g_autoptr(MediaIndex) index = make_index(path);
    g_assert_cmpuint(index->gaps->len, ==, 1);
    assert_gap(index->gaps, 0, 2000, 3500);
    g_assert_true(index->info->variable_rate);
    g_assert_cmpint(index->info->rate.num, ==, 25);
    remove_folder(folder);
}

static void a_time_that_cannot_be_is_left_out(void)
{
    char *folder = new_folder();
    double times[100];
    for (int i = 0; i < 100; i++)
        times[i] = i / 25.0 + (i == 99 ? 1e6 : 0);
    Material material = {
        .name = "a.mkv", .rate = {25, 1}, .frames = 100, .gop = GOP, .times = times, .live = TRUE};
    g_autofree char *path = write_material(folder, &material);
    g_autoptr(MediaIndex) index = make_index(path);
    g_assert_cmpint(index->skipped, ==, 1);
    g_assert_cmpint(index->video.count, ==, 99);
    g_assert_cmpfloat(index->info->duration_s, <, 5);
    remove_folder(folder);
}

static void a_camera_that_stops_before_its_sound_has_a_gap(void)
{
    char *folder = new_folder();
    Material material = {.name = "a.mkv",
                         .rate = {25, 1},
                         .frames = 50,
                         .gop = GOP,
                         .start_s = 1,
                         .sound = TRUE,
                         .live = TRUE};
    g_autofree char *path = write_material(folder, &material);
    g_autoptr(MediaIndex) index = make_index(path);
    g_assert_cmpuint(index->video.gaps->len, ==, 1);
    assert_gap(index->video.gaps, 0, 0, 1000);
    g_assert_cmpuint(index->audio.gaps->len, ==, 0);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    static const Material mp4 = {
        .name = "a.mp4", .rate = {25, 1}, .frames = SECONDS * 25, .gop = GOP, .sound = TRUE};
    typedef void (*Test)(Room *, gconstpointer);
    static const struct {
        const char *path;
        const Material *material;
        Test test;
    } tests[] = {
        {"/media/index/says-what-a-recording-holds", &browser, says_what_a_recording_holds},
        {"/media/index/entries-begin-at-clusters", &browser, entries_begin_at_clusters},
        {"/media/index/an-mp4-keeps-its-own-index", &mp4, an_mp4_keeps_its_own_index},
        {"/media/index/is-the-same-after-writing-and-reading", &browser,
         is_the_same_after_writing_and_reading},
        {"/media/index/an-index-of-another-file-is-not-taken", &browser,
         an_index_of_another_file_is_not_taken},
        {"/media/index/what-cannot-be-is-refused", &browser, what_cannot_be_is_refused},
        {"/media/index/a-probe-says-the-same-with-it", &browser, a_probe_says_the_same_with_it},
        {"/media/index/sound-is-where-it-was-with-it", &browser, sound_is_where_it_was_with_it},
        {"/media/index/a-broken-sidecar-stops-nobody", &browser, a_broken_sidecar_stops_nobody},
        {"/r10/index/a-cut-file-is-indexed-as-far-as-it-goes", &browser,
         a_cut_file_is_indexed_as_far_as_it_goes},
        {"/r10/index/a-hole-in-the-file-is-a-gap", &browser, a_hole_in_the_file_is_a_gap},
        {"/r10/index/a-doubled-file-counts-once", &browser, a_doubled_file_counts_once},
        {"/r10/index/flipped-bits-end-in-an-index-or-an-error", &browser,
         flipped_bits_end_in_an_index_or_an_error},
        {"/r10/index/a-headless-file-is-a-clear-error", &browser, a_headless_file_is_a_clear_error},
    };
    g_test_init(&argc, &argv, NULL);
    av_log_set_level(AV_LOG_QUIET);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
        g_test_add(tests[i].path, Room, tests[i].material, set_up, tests[i].test, tear_down);
    g_test_add_func("/r09/index/pictures-that-are-missing-are-gaps",
                    pictures_that_are_missing_are_gaps);
    g_test_add_func("/r09/index/a-camera-that-stops-before-its-sound-has-a-gap",
                    a_camera_that_stops_before_its_sound_has_a_gap);
    g_test_add_func("/s04/index/a-time-that-cannot-be-is-left-out",
                    a_time_that_cannot_be_is_left_out);
    return g_test_run();
}
