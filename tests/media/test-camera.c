/* cam_N.mp4 of drawn recordings: nothing lost, nothing moved. */
#include "material.h"

#include <media/render.h>

static char *render_camera(char *folder, const Material *material)
{
    g_autofree char *path = write_material(folder, material);
    char *camera = g_build_filename(folder, "cam_1.mp4", NULL);
    MediaRenderSettings settings;
    media_render_defaults(&settings);
    settings.preset = "ultrafast";
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaInfo) info = media_probe(path, &error);
    g_assert_no_error(error);
    media_render_camera(info, &settings, NULL, camera, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(count_files(folder), ==, 2);
    return camera;
}

static void check_editable(const char *path)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaInfo) info = media_probe(path, &error);
    g_assert_no_error(error);
    g_assert_true(media_info_editable(info));
}

/* Every frame at its time, frame k of the file being frame k of the recording. */
static void check_frames(const char *path, const Material *material)
{
    g_autoptr(GArray) seen = read_pictures(path, read_code);
    g_assert_cmpuint(seen->len, ==, (guint)material->frames);
    for (guint n = 0; n < seen->len; n++) {
        g_assert_cmpint(seen_get(seen, n)->code, ==, code_of(material->camera, (int)n));
        g_assert_cmpfloat(fabs(seen_get(seen, n)->time_s - material_time_s(material, (int)n)), <,
                          0.001);
    }
}

static void test_copies(void)
{
    static const Material materials[] = {
        {.name = "a.mp4", .camera = 3, .rate = {30, 1}, .frames = 100, .gop = 30},
        {.name = "a.mkv", .camera = 3, .rate = {30000, 1001}, .frames = 100, .gop = 30},
        {.name = "a.ts", .camera = 3, .rate = {25, 1}, .frames = 100, .gop = 30},
        {.name = "b.mov", .camera = 3, .rate = {30, 1}, .frames = 100, .sound = TRUE},
        {.name = "c.mp4",
         .camera = 3,
         .rate = {30, 1},
         .frames = 60,
         .sound = TRUE,
         .start_s = 0.3},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(materials); i++) {
        char *folder = new_folder();
        g_autofree char *camera = render_camera(folder, &materials[i]);
        g_test_message("%s", materials[i].name);
        check_frames(camera, &materials[i]);
        check_editable(camera);
        if (materials[i].sound) {
            g_autoptr(GArray) sound = read_sound(camera);
            g_assert_cmpint(ABS((int)sound->len - 48000 * materials[i].frames / 30), <, 16000);
        }
        remove_folder(folder);
    }
}

static void test_encodes_other_codecs(void)
{
    static const Material materials[] = {
        {.name = "a.webm", .camera = 3, .rate = {30, 1}, .frames = 60, .codec = "libvpx"},
        {.name = "a.avi", .camera = 3, .rate = {25, 1}, .frames = 60, .codec = "mpeg4"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(materials); i++) {
        char *folder = new_folder();
        g_autofree char *camera = render_camera(folder, &materials[i]);
        g_test_message("%s", materials[i].name);
        check_frames(camera, &materials[i]);
        check_editable(camera);
        remove_folder(folder);
    }
}

/* A variable rate becomes a constant one; what is on screen at each moment stays. */
static void test_variable_becomes_constant(void)
{
    enum { FRAMES = 120 };
    double times[FRAMES];
    for (int i = 0; i < FRAMES; i++)
        times[i] = (i + (i % 7 == 3 ? 0.2 : 0) + (i >= 60 ? 10 : 0)) / 30.0;
    const Material material = {
        .name = "a.mp4", .camera = 3, .rate = {30, 1}, .frames = FRAMES, .times = times};
    char *folder = new_folder();
    g_autofree char *camera = render_camera(folder, &material);
    check_editable(camera);
    g_autoptr(GArray) seen = read_pictures(camera, read_code);
    g_assert_cmpuint(seen->len, >=, 129); /* how long the last one stays nobody said */
    for (int n = 0; n < 129; n++) {
        int expected = n < 60 ? n : n < 70 ? 59 : n - 10;
        g_assert_cmpint(seen_get(seen, (guint)n)->code, ==, code_of(3, expected));
    }
    remove_folder(folder);
}

/* What a browser records: nothing is encoded, every picture stays, and frame k of a timeline is the
 * picture that was there at that time. */
static void test_variable_lies_on_frames(void)
{
    enum { FRAMES = 120 };
    double times[FRAMES];
    for (int i = 0; i < FRAMES; i++)
        times[i] = (i + (i % 7 == 3 ? 0.3 : 0) + (i >= 60 ? 10 : 0)) / 30.0;
    times[31] = 30.3 / 30.0; /* two for one frame, and the next one is taken … */
    times[32] = 31.0 / 30.0;
    times[91] = 100.4 / 30.0;
    times[92] = 102.4 / 30.0; /* … or free */
    const Material material = {.name = "a.mkv",
                               .camera = 3,
                               .rate = {30, 1},
                               .frames = FRAMES,
                               .times = times,
                               .in_order = TRUE};
    char *folder = new_folder();
    g_autofree char *camera = render_camera(folder, &material);
    g_autofree char *path = g_build_filename(folder, "a.mkv", NULL);
    g_autoptr(GArray) was = read_pictures(path, read_code);
    g_autoptr(GArray) seen = read_pictures(camera, read_code);
    g_assert_cmpuint(seen->len, ==, FRAMES);
    for (guint n = 0; n < FRAMES; n++) {
        double frame = seen_get(seen, n)->time_s * 30;
        g_assert_cmpuint(seen_get(seen, n)->sum, ==, seen_get(was, n)->sum);
        g_assert_cmpfloat(fabs(frame - times[n] * 30), <, 0.8);
        if (n != 31)
            g_assert_cmpfloat(fabs(frame - round(frame)), <, 0.01);
    }
    g_assert_cmpfloat(seen_get(seen, 31)->time_s * 30, <, 30.1);
    g_assert_cmpfloat(fabs(seen_get(seen, 91)->time_s * 30 - 101), <, 0.01);
    remove_folder(folder);
}

static void test_keeps_the_turn(void)
{
    const Material material = {
        .name = "a.mp4", .camera = 3, .rate = {30, 1}, .frames = 10, .rotation = 90};
    char *folder = new_folder();
    g_autofree char *camera = render_camera(folder, &material);
    g_autoptr(MediaInfo) info = media_probe(camera, NULL);
    g_assert_nonnull(info);
    g_assert_cmpint(info->rotation, ==, 90);
    g_assert_cmpint(info->width, ==, 96);
    remove_folder(folder);
}

static void test_cancel(void)
{
    const Material material = {.name = "a.mp4", .rate = {30, 1}, .frames = 100};
    char *folder = new_folder();
    g_autofree char *path = write_material(folder, &material);
    g_autofree char *camera = g_build_filename(folder, "cam_1.mp4", NULL);
    MediaRenderSettings settings;
    media_render_defaults(&settings);
    g_autoptr(MediaInfo) info = media_probe(path, NULL);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_cancellable_cancel(cancellable);
    g_autoptr(GError) error = NULL;
    g_assert_false(media_render_camera(info, &settings, NULL, camera, NULL, cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpuint(count_files(folder), ==, 1);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    av_log_set_level(AV_LOG_ERROR);
    g_test_add_func("/media/camera/copies-every-frame-to-its-time", test_copies);
    g_test_add_func("/media/camera/encodes-what-editors-do-not-open", test_encodes_other_codecs);
    g_test_add_func("/media/camera/makes-a-variable-rate-constant", test_variable_becomes_constant);
    g_test_add_func("/media/camera/a-variable-rate-in-order-lies-on-frames",
                    test_variable_lies_on_frames);
    g_test_add_func("/media/camera/keeps-the-turn", test_keeps_the_turn);
    g_test_add_func("/media/camera/leaves-nothing-when-cancelled", test_cancel);
    return g_test_run();
}
