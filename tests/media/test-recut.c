/* A program cut anew by copying, against the same one rendered by decoding and encoding all of it. */
#include "material.h"

#include "beep-mix.h"

#include <media/recut.h>

enum { CAMERAS = 3 };

typedef struct Show {
    char *folder;
    MediaCamera cameras[CAMERAS];
    MediaInfo *infos[CAMERAS];
    ShowShots *shots;
    ShowHighlights *highlights;
    MediaRenderSettings settings;
    MediaMix mix;
    char *program, *pieces, *other, *other_pieces;
    MediaRenderReport report;
    char *obstacle;
} Show;

static const char *const ids[CAMERAS] = {"cam_0", "cam_1", "cam_2"};

static Show *show_new(gint64 duration_ms)
{
    Show *show = g_new0(Show, 1);
    show->folder = new_folder();
    show->shots = show_shots_new();
    show->shots->rate = (ShowRate){30, 1};
    show->shots->duration_ms = duration_ms;
    show->highlights = show_highlights_new();
    media_render_defaults(&show->settings);
    show->settings.width = 160;
    show->settings.height = 96;
    show->settings.preset = "ultrafast";
    show->program = g_build_filename(show->folder, "program.mp4", NULL);
    show->pieces = g_build_filename(show->folder, "highlights.mp4", NULL);
    show->other = g_build_filename(show->folder, "other.mp4", NULL);
    show->other_pieces = g_build_filename(show->folder, "other-highlights.mp4", NULL);
    return show;
}

static void show_free(Show *show)
{
    for (int i = 0; i < CAMERAS; i++) {
        media_info_free(show->infos[i]);
        g_free((char *)show->cameras[i].path);
    }
    show_shots_free(show->shots);
    show_highlights_free(show->highlights);
    media_render_report_clear(&show->report);
    g_free(show->program);
    g_free(show->pieces);
    g_free(show->other);
    g_free(show->other_pieces);
    g_free(show->obstacle);
    remove_folder(show->folder);
    g_free(show);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Show, show_free)

static void add_camera(Show *show, int i, Material material, double start_s)
{
    g_autofree char *name = g_strdup_printf("cam_%d.mkv", i);
    g_autoptr(GError) error = NULL;
    material.name = name;
    material.camera = i;
    material.live = TRUE;
    show->cameras[i] = (MediaCamera){.source = ids[i],
                                     .path = write_material(show->folder, &material),
                                     .clock = {.start_s = start_s}};
    show->infos[i] = media_probe(show->cameras[i].path, &error);
    g_assert_no_error(error);
}

static const Material steady = {.rate = {30, 1}, .frames = 400, .gop = 60, .in_order = TRUE};

static MediaRender job_of(Show *show, const char *program, const char *pieces)
{
    show->mix = (MediaMix){.length = show->shots->duration_ms * 48};
    return (MediaRender){
        .shots = show->shots,
        .cameras = show->cameras,
        .n_cameras = CAMERAS,
        .settings = &show->settings,
        .mix = &show->mix,
        .highlights = show->highlights,
        .program_path = program,
        .highlights_path = pieces,
    };
}

/* FALSE: there is an obstacle. */
static gboolean recut(Show *show)
{
    g_autoptr(GError) error = NULL;
    MediaRender job = job_of(show, show->program, show->pieces);
    g_autoptr(MediaRecut) recut =
        media_recut_open(&job, (const MediaInfo *const *)show->infos, &show->obstacle, &error);
    g_assert_no_error(error);
    g_assert_true((recut == NULL) == (show->obstacle != NULL));
    if (recut == NULL)
        return FALSE;
    media_recut_render(recut, &show->report, &error);
    g_assert_no_error(error);
    return TRUE;
}

static void encode(Show *show)
{
    g_autoptr(GError) error = NULL;
    MediaRenderReport report = {0};
    MediaRender job = job_of(show, show->other, show->other_pieces);
    media_render(&job, &report, &error);
    g_assert_no_error(error);
    media_render_report_clear(&report);
}

static void check_same_frames(const char *a, const char *b)
{
    g_autoptr(GArray) copied = read_pictures(a, read_code), encoded = read_pictures(b, read_code);
    g_assert_cmpuint(copied->len, ==, encoded->len);
    for (guint n = 0; n < copied->len; n++) {
        g_assert_cmpint(seen_get(copied, n)->code, ==, seen_get(encoded, n)->code);
        g_assert_cmpfloat(fabs(seen_get(copied, n)->time_s - seen_get(encoded, n)->time_s), <,
                          0.0011);
    }
}

/* ---- tests ---- */

static void test_same_frames(void)
{
    g_autoptr(Show) show = show_new(12000);
    add_camera(show, 0, steady, 0);
    add_camera(show, 1, steady, -0.512); /* its frames lie between those of the program */
    add_camera(show, 2, steady, 0.310);
    show->shots->start_ms = 400;
    show_shots_add(show->shots, 0, "cam_1", NULL);
    show_shots_add(show->shots, 2500, "cam_0", NULL);
    show_shots_add(show->shots, 4100, "cam_2", NULL);
    show_shots_add(show->shots, 4600, "cam_1", NULL);
    show_shots_add(show->shots, 8033, "cam_0", NULL);
    show_shots_add(show->shots, 11900, "cam_2", NULL);
    g_ptr_array_add(show->highlights->pieces, show_piece_new(1000, 3000));
    g_ptr_array_add(show->highlights->pieces, show_piece_new(4000, 7000));
    g_assert_true(recut(show));
    encode(show);
    check_same_frames(show->program, show->other);
    check_same_frames(show->pieces, show->other_pieces);
    g_assert_cmpint(show->report.frames, ==, 360);
    g_assert_cmpint(show->report.copied_frames, >, show->report.encoded_frames);
}

/* A cut where a keyframe is costs nothing. */
static void test_cut_at_keyframe(void)
{
    g_autoptr(Show) show = show_new(8000);
    add_camera(show, 0, steady, 0);
    add_camera(show, 1, steady, 0);
    add_camera(show, 2, steady, 0);
    show_shots_add(show->shots, 0, "cam_0", NULL);
    show_shots_add(show->shots, 2000, "cam_1", NULL);
    show_shots_add(show->shots, 6000, "cam_2", NULL);
    g_assert_true(recut(show));
    encode(show);
    check_same_frames(show->program, show->other);
    g_assert_cmpint(show->report.encoded_frames, ==, 0);
    g_assert_cmpint(show->report.copied_frames, ==, 240);
}

static void test_nothing_there_is_black(void)
{
    g_autoptr(Show) show = show_new(8000);
    add_camera(show, 0, steady, 0);
    add_camera(show, 1, steady, 3); /* begins in its shot */
    add_camera(show, 2, steady, 0);
    show_shots_add(show->shots, 0, "", NULL);
    show_shots_add(show->shots, 1000, "cam_0", NULL);
    show_shots_add(show->shots, 2000, "cam_1", NULL);
    show_shots_add(show->shots, 5000, "cam_2", NULL);
    g_assert_true(recut(show));
    g_autoptr(GArray) seen = read_pictures(show->program, read_code);
    g_assert_cmpint(seen_get(seen, 0)->code, ==, -2);
    g_assert_cmpint(seen_get(seen, 1)->code, ==, code_of(0, 30));
    g_assert_cmpfloat(fabs(seen_get(seen, 1)->time_s - 1), <, 0.001);
    g_assert_cmpint(seen_get(seen, 31)->code, ==, -2);
    g_assert_cmpfloat(fabs(seen_get(seen, 31)->time_s - 2), <, 0.001);
    g_assert_cmpint(seen_get(seen, 32)->code, ==, code_of(1, 0));
    g_assert_cmpfloat(fabs(seen_get(seen, 32)->time_s - 3), <, 0.001);
}

/* On their own times, and at each cut the picture that is nearest. */
static void test_variable_rate(void)
{
    enum { FRAMES = 400 };
    static double times[CAMERAS][FRAMES];
    g_autoptr(Show) show = show_new(10000);
    for (int i = 0; i < CAMERAS; i++) {
        for (int k = 0; k < FRAMES; k++)
            times[i][k] = (k + 0.3 * sin(k * (i + 1.7))) / 30.0 + 0.02;
        times[i][0] = 0;
        Material material = steady;
        material.times = times[i];
        add_camera(show, i, material, 0.1 * i);
        g_assert_true(show->infos[i]->variable_rate);
    }
    show->shots->start_ms = 500;
    static const gint64 cuts_ms[] = {0, 1700, 3333, 5200, 8133};
    for (guint i = 0; i < G_N_ELEMENTS(cuts_ms); i++)
        show_shots_add(show->shots, cuts_ms[i], ids[i % CAMERAS], NULL);
    g_assert_true(recut(show));
    g_autoptr(GArray) seen = read_pictures(show->program, read_code);
    guint shot = 0;
    for (guint n = 0; n < seen->len; n++) {
        const Seen *now = seen_get(seen, n);
        int camera = CODE_CAMERA(now->code);
        double own_s = times[camera][CODE_FRAME(now->code)] + 0.1 * camera - 0.5;
        if (shot < G_N_ELEMENTS(cuts_ms) &&
            fabs(now->time_s - (double)cuts_ms[shot] / 1000) < 0.0011) {
            g_assert_cmpint(camera, ==, shot % CAMERAS);
            g_assert_cmpfloat(fabs(own_s - now->time_s), <, 0.030);
            shot++;
            continue;
        }
        g_assert_cmpint(camera, ==, (shot + CAMERAS - 1) % CAMERAS);
        g_assert_cmpfloat(fabs(own_s - now->time_s), <, 0.0021);
    }
    g_assert_cmpuint(shot, ==, G_N_ELEMENTS(cuts_ms));
}

static void test_obstacles(void)
{
    static const Material others[] = {
        {.rate = {30, 1}, .frames = 200, .gop = 60, .in_order = TRUE, .width = 176, .height = 96},
        {.rate = {30, 1}, .frames = 200, .gop = 60},
        {.rate = {30, 1}, .frames = 200, .gop = 60, .codec = "libvpx"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autoptr(Show) show = show_new(5000);
        add_camera(show, 0, steady, 0);
        add_camera(show, 1, others[i], 0);
        add_camera(show, 2, others[i], 0);
        show_shots_add(show->shots, 0, "cam_0", NULL);
        g_assert_true(recut(show)); /* what is not shown may be as it likes */
        show_shots_add(show->shots, 2000, "cam_1", NULL);
        g_assert_false(recut(show));
        g_test_message("%s", show->obstacle);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    av_log_set_level(AV_LOG_ERROR);
    g_test_add_func("/media/recut/shows-the-very-frames-that-encoding-shows", test_same_frames);
    g_test_add_func("/media/recut/a-cut-at-a-keyframe-encodes-nothing", test_cut_at_keyframe);
    g_test_add_func("/media/recut/where-nothing-is-there-it-is-black", test_nothing_there_is_black);
    g_test_add_func("/media/recut/variable-rates-keep-their-times", test_variable_rate);
    g_test_add_func("/media/recut/says-what-keeps-it-from-copying", test_obstacles);
    return g_test_run();
}
