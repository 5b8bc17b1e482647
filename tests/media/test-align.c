/* Recordings of one room that started at different moments, on clocks of different speed. */
#include "make-sound.h"

#include <media/error.h>
#include <media/listen.h>

/* Half a frame at 60 Hz: what "to within one frame" needs, with room to spare. */
#define OFFSET_TOLERANCE_S 0.008

static GPtrArray *two_people(void)
{
    GPtrArray *sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    g_ptr_array_add(sources, show_source_new("cam_1", "Ann", SHOW_ROLE_PERSON));
    g_ptr_array_add(sources, show_source_new("cam_2", "Bob", SHOW_ROLE_PERSON));
    return sources;
}

static gboolean align_two(const char *first, const char *second, double given_s,
                          MediaAlignment *out, GError **error)
{
    const char *paths[] = {first, second};
    const double given[] = {NAN, given_s};
    g_autoptr(GPtrArray) sources = two_people();
    g_autoptr(MediaListener) listener = media_listen(paths, 2, NULL, NULL, error);
    g_assert_nonnull(listener);
    return media_align(listener, sources, given, out, error);
}

/* The second person's microphone, recorded from `late_s` on by a clock that makes 48,000 samples of
 * every `hz` (fewer: it runs fast, the file is longer). */
static char *record_late(const Folder *folder, double late_s, int hz)
{
    g_autofree char *mic = bench_file("dev_table", "cam_2.flac");
    run_ffmpeg(folder, "-ss %.3f -i %s -af aresample=48000,asetrate=%d,aresample=48000 late.wav",
               late_s, mic, hz);
    return g_build_filename(folder, "late.wav", NULL);
}

static void test_offsets(void)
{
    static const double late_s[] = {0, 0.731, 17.25, 61.4};
    g_autoptr(Folder) folder = make_folder();
    g_autofree char *first = bench_file("dev_table", "cam_1.flac");
    for (gsize i = 0; i < G_N_ELEMENTS(late_s); i++) {
        g_autoptr(GError) error = NULL;
        MediaAlignment found[2];
        g_autofree char *second = record_late(folder, late_s[i], 48000);
        g_assert_true(align_two(first, second, NAN, found, &error));
        g_assert_no_error(error);
        double offset_s = found[1].clock.start_s - found[0].clock.start_s;
        g_test_message("%.3f s found as %.4f s", late_s[i], offset_s);
        g_assert_cmpfloat(fabs(offset_s - late_s[i]), <, OFFSET_TOLERANCE_S);
        g_assert_cmpfloat(found[1].confidence, >, 0.5);
    }
}

static void test_drift(void)
{
    static const int clocks_hz[] = {47993, 48008};
    const double moment_s = 100; /* of the session, late in the recording */
    g_autoptr(Folder) folder = make_folder();
    g_autofree char *first = bench_file("dev_table", "cam_1.flac");
    for (gsize i = 0; i < G_N_ELEMENTS(clocks_hz); i++) {
        g_autoptr(GError) error = NULL;
        MediaAlignment found[2];
        g_autofree char *second = record_late(folder, 3, clocks_hz[i]);
        g_assert_true(align_two(first, second, NAN, found, &error));
        g_assert_no_error(error);
        double truth_s = (moment_s - 3) * 48000 / clocks_hz[i];
        double found_s = show_clock_to_source(&found[1].clock, moment_s + found[0].clock.start_s);
        g_test_message("%d Hz: drift %.1f ppm, at %.0f s %.2f ms off", clocks_hz[i],
                       found[1].clock.drift_ppm, moment_s, (found_s - truth_s) * 1000);
        g_assert_cmpfloat(fabs(found_s - truth_s), <, OFFSET_TOLERANCE_S);
        g_assert_cmpfloat(fabs(found[1].clock.drift_ppm - (48000.0 / clocks_hz[i] - 1) * 1e6), <,
                          40);
    }
}

static void test_unrelated(void)
{
    g_autoptr(GError) error = NULL;
    MediaAlignment found[2];
    g_autoptr(Folder) folder = make_folder();
    g_autofree char *first = bench_file("dev_table", "cam_1.flac");
    g_autofree char *second = g_build_filename(folder, "other.wav", NULL);
    g_autoptr(GArray) noise = make_noise(60 * MEDIA_SOUND_HZ, 5);
    write_wav(folder, "other.wav", floats(noise), noise->len, 1, MEDIA_SOUND_HZ);
    g_assert_false(align_two(first, second, NAN, found, &error));
    g_assert_error(error, MEDIA_ERROR, MEDIA_ERROR_ALIGN);
    g_assert_nonnull(strstr(error->message, "--offset"));
}

static void test_given(void)
{
    g_autoptr(GError) error = NULL;
    MediaAlignment found[2];
    g_autoptr(Folder) folder = make_folder();
    g_autofree char *first = bench_file("dev_table", "cam_1.flac");
    g_autofree char *second = record_late(folder, 0, 48000);
    g_assert_true(align_two(first, second, -1.5, found, &error));
    g_assert_no_error(error);
    /* Session zero is the earliest start: the second's. */
    g_assert_cmpfloat_with_epsilon(found[0].clock.start_s, 1.5, 1e-6);
    g_assert_cmpfloat_with_epsilon(found[1].clock.start_s, 0, 1e-6);
    g_assert_true(found[1].given);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/media/align/finds-when-each-began", test_offsets);
    g_test_add_func("/media/align/follows-a-clock-that-drifts", test_drift);
    g_test_add_func("/media/align/refuses-unrelated-recordings", test_unrelated);
    g_test_add_func("/media/align/takes-what-the-user-says", test_given);
    return g_test_run();
}
