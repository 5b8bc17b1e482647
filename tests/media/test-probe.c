/* What probing says of drawn recordings, and of files that are none. */
#include "material.h"

#include <media/error.h>
#include <media/probe.h>

#include <sys/stat.h>
#include <unistd.h>

typedef struct Expected {
    Material material;
    int width, height, rotation;
    ShowRate rate;
    double duration_s;
    gboolean editable;
} Expected;

static const Expected cases[] = {
    {{.name = "a.mp4", .rate = {30, 1}, .frames = 60}, 160, 96, 0, {30, 1}, 2, TRUE},
    {{.name = "a.mov", .rate = {30000, 1001}, .frames = 60, .sound = TRUE},
     160,
     96,
     0,
     {30000, 1001},
     2.002,
     TRUE},
    {{.name = "a.mkv", .rate = {24000, 1001}, .frames = 48},
     160,
     96,
     0,
     {24000, 1001},
     2.002,
     FALSE},
    {{.name = "b.mkv", .rate = {60, 1}, .frames = 20}, 160, 96, 0, {60, 1}, 1 / 3.0, FALSE},
    {{.name = "a.ts", .rate = {25, 1}, .frames = 50}, 160, 96, 0, {25, 1}, 2, FALSE},
    {{.name = "a.avi", .rate = {15, 1}, .frames = 30, .codec = "mpeg4"},
     160,
     96,
     0,
     {15, 1},
     2,
     FALSE},
    {{.name = "a.webm", .rate = {30, 1}, .frames = 60, .codec = "libvpx"},
     160,
     96,
     0,
     {30, 1},
     2,
     FALSE},
    {{.name = "turned.mp4", .rate = {25, 1}, .frames = 25, .rotation = 90},
     96,
     160,
     90,
     {25, 1},
     1,
     TRUE},
    {{.name = "over.mp4", .rate = {25, 1}, .frames = 25, .rotation = 180},
     160,
     96,
     180,
     {25, 1},
     1,
     TRUE},
    {{.name = "pixel.mp4", .rate = {25, 1}, .frames = 25, .pixel = {4, 3}, .width = 120},
     160,
     96,
     0,
     {25, 1},
     1,
     TRUE},
};

static void test_describes(void)
{
    char *folder = new_folder();
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Expected *expected = &cases[i];
        g_autofree char *path = write_material(folder, &expected->material);
        g_autoptr(GError) error = NULL;
        g_autoptr(MediaInfo) info = media_probe(path, &error);
        g_assert_no_error(error);
        g_test_message("%s", expected->material.name);
        g_assert_cmpstr(info->path, ==, path);
        g_assert_true(info->has_video);
        g_assert_cmpint(info->width, ==, expected->width);
        g_assert_cmpint(info->height, ==, expected->height);
        g_assert_cmpint(info->rotation, ==, expected->rotation);
        g_assert_false(info->variable_rate);
        g_assert_cmpint(info->rate.num, ==, expected->rate.num);
        g_assert_cmpint(info->rate.den, ==, expected->rate.den);
        g_assert_cmpfloat(fabs(info->duration_s - expected->duration_s), <, 0.03);
        g_assert_cmpint(info->has_audio, ==, expected->material.sound);
        g_assert_cmpint(media_info_editable(info), ==, expected->editable);
        struct stat status;
        g_assert_cmpint(stat(path, &status), ==, 0);
        g_assert_cmpint(info->bytes, ==, status.st_size);
    }
    remove_folder(folder);
}

/* Frames lost in the middle, long after what a look at the beginning would show. */
static void test_variable_rate(void)
{
    enum { FRAMES = 900 };
    char *folder = new_folder();
    double times[FRAMES];
    for (int i = 0; i < FRAMES; i++)
        times[i] = (i + (i >= 700 ? 3 : 0)) / 30.0;
    const Material material = {.name = "a.mp4",
                               .rate = {30, 1},
                               .frames = FRAMES,
                               .times = times,
                               .width = 64,
                               .height = 64};
    g_autofree char *path = write_material(folder, &material);
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaInfo) info = media_probe(path, &error);
    g_assert_no_error(error);
    g_assert_true(info->variable_rate);
    g_assert_cmpint(info->rate.num, ==, 30);
    g_assert_cmpint(info->rate.den, ==, 1);
    g_assert_false(media_info_editable(info));
    remove_folder(folder);
}

static void test_late_picture(void)
{
    char *folder = new_folder();
    const Material material = {
        .name = "a.mp4", .rate = {30, 1}, .frames = 60, .start_s = 0.5, .sound = TRUE};
    g_autofree char *path = write_material(folder, &material);
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaInfo) info = media_probe(path, &error);
    g_assert_no_error(error);
    g_assert_cmpfloat(fabs(info->video_start_s - 0.5), <, 0.001);
    g_assert_cmpfloat(fabs(info->audio_start_s), <, 0.001);
    g_assert_cmpint(info->sample_rate, ==, 48000);
    g_assert_cmpint(info->channels, ==, 1);
    g_assert_cmpstr(info->audio_codec, ==, "aac");
    remove_folder(folder);
}

/* ---- what is no recording ---- */

static void check_error(const char *path, int code, const char *says)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(media_probe(path, &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_error(error, MEDIA_ERROR, code);
    g_assert_true(g_str_has_prefix(error->message, path));
    g_assert_nonnull(strstr(error->message, says));
    g_assert_null(strchr(error->message, '\n'));
}

static void write_bytes(const char *folder, const char *name, const void *bytes, gsize length,
                        int code, const char *says)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
    check_error(path, code, says);
}

static void test_no_recordings(void)
{
    char *folder = new_folder();
    g_autofree char *missing = g_build_filename(folder, "missing.mp4", NULL);
    check_error(missing, MEDIA_ERROR_FAILED, "No such file");
    check_error(folder, MEDIA_ERROR_FAILED, "is a folder");
    check_error("/dev/null", MEDIA_ERROR_FAILED, "not a file");
    write_bytes(folder, "empty.mp4", "", 0, MEDIA_ERROR_NOT_MEDIA, "empty");
    static const char text[] = "Dear diary,\ntoday I called a text film.mp4.\n";
    write_bytes(folder, "text.mp4", text, sizeof text - 1, MEDIA_ERROR_NOT_MEDIA,
                "not a media file");
    write_bytes(folder, "text.txt", text, sizeof text - 1, MEDIA_ERROR_NOT_MEDIA,
                "not a media file");
    static const char list[] = "#EXTM3U\n#EXTINF:1,\n/etc/hostname\n#EXT-X-ENDLIST\n";
    write_bytes(folder, "list.m3u8", list, sizeof list - 1, MEDIA_ERROR_NOT_MEDIA,
                "not a media file");
    static const char concat[] = "ffconcat version 1.0\nfile '/etc/hostname'\n";
    write_bytes(folder, "list.mp4", concat, sizeof concat - 1, MEDIA_ERROR_NOT_MEDIA,
                "not a media file");
    remove_folder(folder);
}

static void test_truncated(void)
{
    char *folder = new_folder();
    const gboolean fast[] = {FALSE, TRUE};
    for (int i = 0; i < 2; i++) {
        const Material material = {
            .name = "whole.mp4", .rate = {30, 1}, .frames = 90, .faststart = fast[i]};
        g_autofree char *path = write_material(folder, &material);
        g_autofree char *bytes = NULL;
        gsize length = 0;
        g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
        write_bytes(folder, "half.mp4", bytes, length * 2 / 3, MEDIA_ERROR_NOT_MEDIA, "truncated");
    }
    remove_folder(folder);
}

static void test_no_frames(void)
{
    char *folder = new_folder();
    const Material material = {.name = "none.mp4", .rate = {30, 1}, .frames = 0};
    g_autofree char *path = write_material(folder, &material);
    g_autoptr(GError) error = NULL;
    g_assert_null(media_probe(path, &error));
    g_assert_error(error, MEDIA_ERROR, MEDIA_ERROR_NOT_MEDIA);
    g_assert_nonnull(strstr(error->message, "none.mp4"));
    remove_folder(folder);
}

/* A name that libav would take for a protocol or a pattern is a name. */
static void test_odd_names(void)
{
    static const char *const names[] = {"http:x.mp4", "a%03d.mp4", "concat:a|b.mp4", "ü 'x\".mp4"};
    char *folder = new_folder();
    const Material material = {.name = "a.mp4", .rate = {30, 1}, .frames = 10};
    g_autofree char *path = write_material(folder, &material);
    g_assert_cmpint(chdir(folder), ==, 0);
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_assert_cmpint(link("a.mp4", names[i]), ==, 0);
        g_autoptr(GError) error = NULL;
        g_autoptr(MediaInfo) info = media_probe(names[i], &error);
        g_assert_no_error(error);
        g_assert_nonnull(info);
    }
    g_assert_cmpint(chdir("/"), ==, 0);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    av_log_set_level(AV_LOG_ERROR);
    g_test_add_func("/media/probe/describes-recordings", test_describes);
    g_test_add_func("/media/probe/sees-a-variable-rate-anywhere", test_variable_rate);
    g_test_add_func("/media/probe/tells-when-the-picture-begins", test_late_picture);
    g_test_add_func("/media/probe/names-what-is-no-recording", test_no_recordings);
    g_test_add_func("/media/probe/says-truncated-of-both-kinds", test_truncated);
    g_test_add_func("/media/probe/refuses-a-track-without-frames", test_no_frames);
    g_test_add_func("/media/probe/takes-any-name-as-a-name", test_odd_names);
    return g_test_run();
}
