/* Renders drawn recordings and reads the numbers back from every frame of the result. The sound is
 * not the mixer's here but a row of beeps at known samples, so that it can be measured. */
#include "beep-mix.h"
#include "material.h"

#include <media/error.h>
#include <media/render.h>
#include <media/sound.h>

#include <signal.h>
#include <sys/resource.h>

enum { WIDTH = 160, HEIGHT = 96 };

/* ---- a show of one test ---- */

typedef struct Show {
    char *folder;
    ShowShots *shots;
    GArray *cameras; /* MediaCamera; paths owned here */
    MediaRenderSettings settings;
    ShowHighlights *highlights;
    MediaMix mix;
    gboolean sound;
    GPtrArray *chapters;
    GCancellable *cancellable;
    char *program, *pieces;
    MediaRenderReport report;
    const MediaProgress *progress;
} Show;

static Show *show_new(ShowRate rate, gint64 start_ms, gint64 duration_ms)
{
    Show *show = g_new0(Show, 1);
    show->folder = new_folder();
    show->shots = show_shots_new();
    show->shots->rate = rate;
    show->shots->start_ms = start_ms;
    show->shots->duration_ms = duration_ms;
    show->cameras = g_array_new(FALSE, FALSE, sizeof(MediaCamera));
    show->highlights = show_highlights_new();
    show->mix.length = duration_ms * 48;
    show->program = g_build_filename(show->folder, "program.mp4", NULL);
    show->pieces = g_build_filename(show->folder, "highlights.mp4", NULL);
    media_render_defaults(&show->settings);
    show->settings.width = WIDTH;
    show->settings.height = HEIGHT;
    show->settings.preset = "ultrafast";
    return show;
}

static void show_free(Show *show)
{
    for (guint i = 0; i < show->cameras->len; i++)
        g_free((char *)g_array_index(show->cameras, MediaCamera, i).path);
    g_array_unref(show->cameras);
    show_shots_free(show->shots);
    show_highlights_free(show->highlights);
    media_render_report_clear(&show->report);
    g_free(show->program);
    g_free(show->pieces);
    remove_folder(show->folder);
    g_free(show);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Show, show_free)

static const char *const ids[] = {"cam_0", "cam_1", "cam_2", "cam_3"};

/* The camera's number is its place. */
static void add_camera(Show *show, Material material, ShowClock clock)
{
    material.camera = (int)show->cameras->len;
    MediaCamera camera = {.source = ids[material.camera],
                          .path = write_material(show->folder, &material),
                          .clock = clock};
    g_array_append_val(show->cameras, camera);
}

static void add_piece(Show *show, gint64 start_ms, gint64 end_ms)
{
    g_ptr_array_add(show->highlights->pieces, show_piece_new(start_ms, end_ms));
}

static gboolean render(Show *show, GError **error)
{
    media_render_report_clear(&show->report);
    show->mix.at = 0;
    MediaRender job = {
        .shots = show->shots,
        .cameras = (const MediaCamera *)(const void *)show->cameras->data,
        .n_cameras = show->cameras->len,
        .settings = &show->settings,
        .mix = show->sound ? &show->mix : NULL,
        .highlights = show->highlights,
        .chapters = show->chapters,
        .title = "A show",
        .program_path = show->program,
        .highlights_path = show->pieces,
        .progress = show->progress,
        .cancellable = show->cancellable,
    };
    return media_render(&job, &show->report, error);
}

static void render_well(Show *show)
{
    g_autoptr(GError) error = NULL;
    gboolean good = render(show, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    for (guint i = 0; i < show->report.warnings->len; i++)
        g_test_message("%s", (const char *)show->report.warnings->pdata[i]);
}

/* ---- the rule, told once more in the simplest way ---- */

typedef struct Model {
    const double *times; /* of the recording's frames, s */
    int n;
    double frame_s;
} Model;

static int nearest(const Model *model, double at_s, int from)
{
    int best = from;
    for (int i = from; i < model->n; i++)
        if (model->times[i] < at_s + model->frame_s / 2 - 1e-7)
            best = i;
    return best;
}

static int following(const Model *model, double at_s, int last)
{
    if (last + 1 < model->n && fabs(model->times[last + 1] - at_s) <= model->frame_s * 0.75 + 1e-7)
        return last + 1;
    return nearest(model, at_s, last);
}

static double session_s(const Show *show, guint frame)
{
    return show->shots->start_ms / 1000.0 +
           (double)frame * show->shots->rate.den / show->shots->rate.num;
}

static int camera_at(const Show *show, guint frame, gboolean *begins)
{
    gint64 first = 0;
    int camera = 0, before = -1;
    for (guint i = 0; i < show->shots->shots->len; i++) {
        const ShowShot *shot = show->shots->shots->pdata[i];
        if (show_rate_frame(show->shots->rate, shot->t_ms) > (gint64)frame)
            break;
        first = show_rate_frame(show->shots->rate, shot->t_ms);
        before = i == 0 ? -1 : camera;
        camera = shot->source[4] - '0';
    }
    *begins = first == (gint64)frame && before != camera;
    return camera;
}

static void check_program(Show *show, const Model *models, gint64 (*read)(const AVFrame *frame))
{
    g_autoptr(GArray) seen = read_pictures(show->program, read);
    gint64 frames = show_rate_frame(show->shots->rate, show->shots->duration_ms);
    g_assert_cmpint(seen->len, ==, frames);
    g_assert_cmpint(show->report.frames, ==, frames);
    int last = 0;
    for (guint n = 0; n < seen->len; n++) {
        gboolean begins;
        int camera = camera_at(show, n, &begins);
        const MediaCamera *source = &g_array_index(show->cameras, MediaCamera, camera);
        double at_s = show_clock_to_source(&source->clock, session_s(show, n));
        last = begins || n == 0 ? nearest(&models[camera], at_s, 0)
                                : following(&models[camera], at_s, last);
        const Seen *one = seen_get(seen, n);
        if (one->code != code_of(camera, last))
            g_test_message("frame %u: expected camera %d frame %d, found camera %d frame %d", n,
                           camera, last, CODE_CAMERA(one->code), CODE_FRAME(one->code));
        g_assert_cmpint(one->code, ==, code_of(camera, last));
        g_assert_cmpfloat(fabs(one->time_s - session_s(show, n) + session_s(show, 0)), <, 1e-3);
    }
}

static double *constant_times(int n, AVRational rate)
{
    double *times = g_new(double, n);
    for (int i = 0; i < n; i++)
        times[i] = i / av_q2d(rate);
    return times;
}

/* ---- which frame ---- */

static void add_shots(Show *show, const char *const *order, const gint64 *times, guint n)
{
    for (guint i = 0; i < n; i++)
        show_shots_add(show->shots, times[i], order[i], NULL);
}

static void check_rates(ShowRate rate, const AVRational *rates, const char *const *names)
{
    enum { SECONDS = 9 };
    static const ShowClock clocks[] = {{0, 0}, {-1.2345, 150}, {-0.5172, -200}};
    static const char *const order[] = {"cam_0", "cam_1", "cam_2", "cam_0",
                                        "cam_1", "cam_1", "cam_2"};
    static const gint64 times[] = {0, 700, 1900, 2533, 3300, 4100, 5033};
    g_autoptr(Show) show = show_new(rate, 301, 6100);
    Model models[3];
    for (int i = 0; i < 3; i++) {
        int frames = (int)(SECONDS * av_q2d(rates[i]));
        add_camera(show,
                   (Material){.name = names[i],
                              .rate = rates[i],
                              .frames = frames,
                              .gop = 40 + 13 * i,
                              .codec = g_str_has_suffix(names[i], ".avi") ? "mpeg4" : NULL},
                   clocks[i]);
        models[i] = (Model){constant_times(frames, rates[i]), frames, 1 / av_q2d(rates[i])};
    }
    add_shots(show, order, times, G_N_ELEMENTS(times));
    render_well(show);
    check_program(show, models, read_code);
    g_assert_cmpint(show->report.missing_frames, ==, 0);
    g_assert_cmpuint(show->report.warnings->len, ==, 0);
    for (int i = 0; i < 3; i++)
        g_free((double *)models[i].times);
}

static void test_same_rates(void)
{
    static const AVRational rates[] = {{25, 1}, {30000, 1001}, {30, 1}, {60, 1}, {24000, 1001}};
    static const char *const names[] = {"a.mp4", "b.mkv", "c.mov"};
    for (gsize i = 0; i < G_N_ELEMENTS(rates); i++) {
        const AVRational same[] = {rates[i], rates[i], rates[i]};
        check_rates((ShowRate){rates[i].num, rates[i].den}, same, names);
    }
}

static void test_mixed_rates(void)
{
    static const char *const names[] = {"a.mp4", "b.mkv", "c.mov"};
    static const AVRational first[] = {{25, 1}, {60, 1}, {30000, 1001}};
    static const AVRational second[] = {{30, 1}, {24, 1}, {50, 1}};
    check_rates((ShowRate){30, 1}, first, names);
    check_rates((ShowRate){25, 1}, second, names);
    check_rates((ShowRate){60, 1}, first, names);
}

static void test_transport_stream(void)
{
    static const char *const names[] = {"a.ts", "b.ts", "c.avi"};
    static const AVRational rates[] = {{25, 1}, {25, 1}, {25, 1}};
    check_rates((ShowRate){25, 1}, rates, names);
}

/* Sound from the file's zero on, pictures only later: the render reads the file without its sound,
 * and the zero is still where the sound begins. */
static void test_sound_begins_before(void)
{
    enum { FRAMES = 150 };
    static const char *const order[] = {"cam_0", "cam_1", "cam_0"};
    static const gint64 cuts[] = {0, 1200, 2100};
    static const AVRational rate = {25, 1};
    const double begin_s[] = {0.48, 0.2};
    g_autoptr(Show) show = show_new((ShowRate){25, 1}, 600, 3500);
    Model models[2];
    for (int i = 0; i < 2; i++) {
        Material material = {.name = i == 0 ? "a.mp4" : "b.mov",
                             .rate = rate,
                             .frames = FRAMES,
                             .gop = 40,
                             .start_s = begin_s[i],
                             .sound = TRUE,
                             .faststart = i == 0};
        add_camera(show, material, (ShowClock){-0.1 * i, 0});
        double *times = constant_times(FRAMES, rate);
        for (int n = 0; n < FRAMES; n++)
            times[n] += begin_s[i];
        models[i] = (Model){times, FRAMES, 1 / av_q2d(rate)};
    }
    add_shots(show, order, cuts, G_N_ELEMENTS(cuts));
    render_well(show);
    check_program(show, models, read_code);
    for (int i = 0; i < 2; i++)
        g_free((double *)models[i].times);
}

/* A phone: about 30 a second, never twice the same distance, some frames lost. */
static void test_variable_rate(void)
{
    enum { FRAMES = 200 };
    g_autoptr(GRand) random = g_rand_new_with_seed(7);
    double times[FRAMES], at_s = 0;
    for (int i = 0; i < FRAMES; i++) {
        times[i] = round(at_s * 90000) / 90000;
        at_s += g_rand_double_range(random, 0.028, 0.038) +
                (g_rand_int_range(random, 0, 15) == 0 ? 0.034 : 0);
    }
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
    for (int i = 0; i < 2; i++)
        add_camera(show,
                   (Material){.name = i == 0 ? "a.mp4" : "b.mp4",
                              .rate = {30, 1},
                              .frames = FRAMES,
                              .times = times,
                              .gop = 60},
                   (ShowClock){i * -0.2501, 0});
    static const char *const order[] = {"cam_0", "cam_1", "cam_0", "cam_1"};
    static const gint64 cuts[] = {0, 1500, 2700, 4200};
    add_shots(show, order, cuts, G_N_ELEMENTS(cuts));
    render_well(show);
    const Model model = {times, FRAMES, 1 / 30.0}, models[] = {model, model};
    check_program(show, models, read_code);
}

/* ---- shape ---- */

static gint64 read_bars(const AVFrame *frame) /* 96 × 160 seen in 160 × 96: 58 wide */
{
    g_assert_cmpint(frame->data[0][48 * frame->linesize[0] + 20], <, 24);
    g_assert_cmpint(frame->data[0][48 * frame->linesize[0] + 140], <, 24);
    return read_code_in(frame, 51, 0, 58, 96);
}

static gint64 read_wide_crop(const AVFrame *frame) /* 192 × 96 seen: 16 cut on both sides */
{
    return read_code_in(frame, -16, 0, 192, 96);
}

static void check_shape(Material material, MediaFit fit, gint64 (*read)(const AVFrame *frame))
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 1000);
    material.name = "a.mp4";
    material.rate = (AVRational){30, 1};
    material.frames = 30;
    show->settings.fit = fit;
    add_camera(show, material, (ShowClock){0, 0});
    show_shots_add(show->shots, 0, "cam_0", NULL);
    render_well(show);
    g_autofree double *times = constant_times(30, material.rate);
    const Model model = {times, 30, 1 / 30.0};
    check_program(show, &model, read);
}

static void test_rotation(void)
{
    check_shape((Material){.rotation = 180}, MEDIA_FIT_BARS, read_code);
    check_shape((Material){.rotation = 90}, MEDIA_FIT_BARS, read_bars);
    check_shape((Material){.rotation = 270}, MEDIA_FIT_BARS, read_bars);
    check_shape((Material){.rotation = 90, .width = 96, .height = 160}, MEDIA_FIT_BARS, read_code);
    check_shape((Material){.rotation = 270, .width = 96, .height = 160}, MEDIA_FIT_CROP, read_code);
}

static void test_sizes(void)
{
    check_shape((Material){.width = 320, .height = 192}, MEDIA_FIT_BARS, read_code);
    check_shape((Material){.width = 80, .height = 96, .pixel = {2, 1}}, MEDIA_FIT_BARS, read_code);
    check_shape((Material){.width = 384, .height = 192}, MEDIA_FIT_CROP, read_wide_crop);
    check_shape((Material){.width = 96, .height = 160}, MEDIA_FIT_BARS, read_bars);
}

static gint64 read_luma(const AVFrame *frame)
{
    return frame->data[0][12 * frame->linesize[0] + 16]; /* first cell: always dark here */
}

static void test_full_range_becomes_limited(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 200);
    add_camera(show, (Material){.name = "a.mp4", .rate = {30, 1}, .frames = 6, .full_range = TRUE},
               (ShowClock){0, 0});
    show_shots_add(show->shots, 0, "cam_0", NULL);
    render_well(show);
    g_autoptr(GArray) seen = read_pictures(show->program, read_luma);
    int expected = 16 + LUMA_DARK * 219 / 255;
    g_assert_cmpint(ABS(seen_get(seen, 0)->code - expected), <=, 3);
}

/* ---- highlights ---- */

static void add_two_cameras(Show *show, int frames)
{
    add_camera(show, (Material){.name = "a.mp4", .rate = {30, 1}, .frames = frames, .gop = 50},
               (ShowClock){0, 0});
    add_camera(show, (Material){.name = "b.mp4", .rate = {30, 1}, .frames = frames, .gop = 250},
               (ShowClock){-0.4, 0});
    static const char *const order[] = {"cam_0", "cam_1", "cam_0"};
    static const gint64 cuts[] = {0, 1500, 3000};
    add_shots(show, order, cuts, G_N_ELEMENTS(cuts));
}

static void check_pieces(const Show *show)
{
    g_autoptr(GArray) program = read_pictures(show->program, read_code);
    g_autoptr(GArray) pieces = read_pictures(show->pieces, read_code);
    guint at = 0;
    for (guint i = 0; i < show->highlights->pieces->len; i++) {
        const ShowPiece *piece = show->highlights->pieces->pdata[i];
        guint first = (guint)show_rate_frame(show->shots->rate, piece->start_ms);
        guint end = (guint)show_rate_frame(show->shots->rate, piece->end_ms);
        g_assert_cmpint(show_rate_frame(show->shots->rate, piece->at_ms), ==, at);
        for (guint n = first; n < end; n++, at++) {
            g_assert_cmpint(seen_get(pieces, at)->code, ==, seen_get(program, n)->code);
            g_assert_cmpuint(seen_get(pieces, at)->sum, ==, seen_get(program, n)->sum);
            double at_s = (double)at * show->shots->rate.den / show->shots->rate.num;
            g_assert_cmpfloat(fabs(seen_get(pieces, at)->time_s - at_s), <, 1e-3);
        }
    }
    g_assert_cmpuint(pieces->len, ==, at);
}

static void test_highlights_are_the_program(void)
{
    static const char *const presets[] = {"ultrafast", "veryfast", "medium"};
    for (gsize i = 0; i < G_N_ELEMENTS(presets); i++) {
        g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
        show->settings.preset = presets[i]; /* medium: B-frames that others are made from */
        show->settings.threads = 2;
        add_two_cameras(show, 180);
        add_piece(show, 333, 1267);
        add_piece(show, 1267, 1300); /* one frame, right behind */
        add_piece(show, 2000, 3733);
        add_piece(show, 4500, 5000);
        render_well(show);
        check_pieces(show);
    }
}

static gint64 is_keyframe(const AVFrame *frame)
{
    return frame->key_frame;
}

/* x264 makes no keyframe of its own so soon after one, and every shot would begin worse. */
static void test_shot_after_an_edge(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
    add_two_cameras(show, 180);
    add_piece(show, 1300, 2900);
    render_well(show);
    g_autoptr(GArray) program = read_pictures(show->program, is_keyframe);
    for (guint n = 0; n < program->len; n++)
        g_assert_cmpint(seen_get(program, n)->code, ==,
                        n == 0 || n == 39 || n == 45 || n == 87 || n == 90);
}

static void test_no_piece_no_file(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
    add_two_cameras(show, 180);
    render_well(show);
    g_assert_false(g_file_test(show->pieces, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(count_files(show->folder), ==, 3);
}

/* ---- sound ---- */

/* Sample where the beep near `about` begins. */
static gint64 onset_near(const GArray *sound, gint64 about)
{
    for (gint64 i = MAX(0, about - 4800); i < MIN((gint64)sound->len, about + 4800); i++)
        if (fabsf(g_array_index(sound, float, i)) > 0.1f)
            return i;
    return G_MININT64;
}

static void test_sound_in_step(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30000, 1001}, 0, 30030);
    show->sound = TRUE;
    add_camera(show, (Material){.name = "a.mp4", .rate = {30000, 1001}, .frames = 920},
               (ShowClock){0, 0});
    show_shots_add(show->shots, 0, "cam_0", NULL);
    add_piece(show, 1001, 4004);
    add_piece(show, 9009, 12012);
    add_piece(show, 26026, 30030);
    render_well(show);
    check_pieces(show);

    /* The program: beep s at second s; a frame's time and number say the same (other tests). */
    g_autoptr(GArray) sound = read_sound(show->program);
    g_assert_cmpint(ABS((gint64)sound->len - 30030 * 48), <=, 1024);
    for (int s = 1; s <= 30; s++)
        g_assert_cmpint(ABS(onset_near(sound, s * 48000) - s * 48000), <=, 96); /* 2 ms */

    /* The highlights: where the piece's frame of that moment is. */
    g_autoptr(GArray) pieces = read_sound(show->pieces);
    gint64 at = 0;
    for (guint i = 0; i < show->highlights->pieces->len; i++) {
        const ShowPiece *piece = show->highlights->pieces->pdata[i];
        for (gint64 s = piece->start_ms / 1000 + 1; s * 1000 + 60 < piece->end_ms; s++) {
            gint64 expected = (at + s * 1000 - piece->start_ms) * 48;
            g_assert_cmpint(ABS(onset_near(pieces, expected) - expected), <=, 144); /* 3 ms */
        }
        at += piece->end_ms - piece->start_ms;
    }
    g_assert_cmpint(ABS((gint64)pieces->len - at * 48), <=, 1024);
}

/* ---- what is missing or damaged ---- */

static void test_missing_is_held(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 4000);
    add_camera(show, (Material){.name = "a.mp4", .rate = {30, 1}, .frames = 60},
               (ShowClock){1.0, 0}); /* there from 1 s to 3 s */
    show_shots_add(show->shots, 0, "cam_0", NULL);
    render_well(show);
    g_autoptr(GArray) seen = read_pictures(show->program, read_code);
    g_assert_cmpuint(seen->len, ==, 120);
    g_assert_cmpint(seen_get(seen, 0)->code, ==, -2);
    g_assert_cmpint(seen_get(seen, 20)->code, ==, -2);
    g_assert_cmpint(seen_get(seen, 30)->code, ==, code_of(0, 0));
    g_assert_cmpint(seen_get(seen, 89)->code, ==, code_of(0, 59));
    g_assert_cmpint(seen_get(seen, 119)->code, ==, code_of(0, 59));
    g_assert_cmpint(show->report.missing_frames, ==, 60);
    g_assert_cmpuint(show->report.warnings->len, ==, 1);
}

static void test_shot_after_the_end_holds(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 6000);
    add_two_cameras(show, 90);
    render_well(show);
    g_autoptr(GArray) seen = read_pictures(show->program, read_code);
    g_assert_cmpint(seen_get(seen, 179)->code, ==, code_of(0, 89));
    g_assert_cmpint(show->report.missing_frames, >, 80);
}

static void damage(const char *path, guint32 seed)
{
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    for (int i = 0; i < 40; i++)
        bytes[(gsize)(g_rand_double_range(random, 0.2, 0.7) * (double)length)] ^= 0x5a;
    g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
}

static void test_damage_is_survived(void)
{
    for (guint32 seed = 1; seed <= 6; seed++) {
        g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
        add_two_cameras(show, 180);
        damage(g_array_index(show->cameras, MediaCamera, 0).path, seed);
        g_autoptr(GError) error = NULL;
        if (!render(show, &error)) { /* its header was hit */
            g_assert_nonnull(strstr(error->message, "a.mp4"));
            continue;
        }
        g_autoptr(GArray) seen = read_pictures(show->program, read_code);
        g_assert_cmpuint(seen->len, ==, 150);
        for (guint n = 60; n < 80; n++) /* the good camera */
            g_assert_cmpint(seen_get(seen, n)->code, ==, code_of(1, (int)n + 12));
    }
}

static void test_truncated_is_survived(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 3000);
    add_camera(show, (Material){.name = "a.mp4", .rate = {30, 1}, .frames = 120, .faststart = TRUE},
               (ShowClock){0, 0});
    show_shots_add(show->shots, 0, "cam_0", NULL);
    const char *path = g_array_index(show->cameras, MediaCamera, 0).path;
    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
    g_assert_true(g_file_set_contents(path, bytes, (gssize)(length / 2), NULL));
    render_well(show);
    g_autoptr(GArray) seen = read_pictures(show->program, read_code);
    g_assert_cmpuint(seen->len, ==, 90);
    g_assert_cmpint(seen_get(seen, 10)->code, ==, code_of(0, 10));
    g_assert_cmpint(show->report.missing_frames, >, 10);
    g_assert_cmpuint(show->report.warnings->len, >, 0);
}

/* ---- failing well ---- */

static void check_nothing_left(const Show *show, guint recordings)
{
    g_assert_false(g_file_test(show->program, G_FILE_TEST_EXISTS));
    g_assert_cmpuint(count_files(show->folder), ==, recordings);
}

static void test_unknown_source(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 4000);
    add_two_cameras(show, 90);
    show_shots_add(show->shots, 3500, "cam_3", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(render(show, &error));
    g_assert_error(error, MEDIA_ERROR, MEDIA_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "\"cam_3\""));
    check_nothing_left(show, 2);
}

static void test_lost_recording(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
    add_two_cameras(show, 180);
    add_piece(show, 1000, 2000);
    g_unlink(g_array_index(show->cameras, MediaCamera, 1).path);
    g_autoptr(GError) error = NULL;
    g_assert_false(render(show, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, "b.mp4"));
    check_nothing_left(show, 1);
}

static void cancel_at_one_second(const char *stage, double done_s, double total_s, gpointer data)
{
    g_assert_cmpstr(stage, ==, "render");
    g_assert_cmpfloat(done_s, <=, total_s);
    if (done_s >= 1)
        g_cancellable_cancel(data);
}

static void test_cancel(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    const MediaProgress progress = {cancel_at_one_second, cancellable};
    show->cancellable = cancellable;
    show->progress = &progress;
    show->sound = TRUE;
    add_two_cameras(show, 180);
    add_piece(show, 500, 2000);
    g_autoptr(GError) error = NULL;
    g_assert_false(render(show, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    check_nothing_left(show, 2);
}

static void test_unwritable(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 1000);
    add_two_cameras(show, 60);
    g_free(show->program);
    show->program = g_build_filename(show->folder, "nowhere", "program.mp4", NULL);
    g_autoptr(GError) error = NULL;
    g_assert_false(render(show, &error));
    g_assert_nonnull(strstr(error->message, "nowhere/program.mp4"));
    g_assert_nonnull(strstr(error->message, "No such file"));
}

/* A disk that fills up, played by a limit on the size of files. */
static void test_full_disk(void)
{
    if (!g_test_subprocess()) {
        g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_INHERIT_STDERR);
        g_test_trap_assert_passed();
        return;
    }
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
    add_two_cameras(show, 180);
    show->sound = TRUE;
    show->settings.crf = 1;
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {20000, RLIM_INFINITY};
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    g_autoptr(GError) error = NULL;
    g_assert_false(render(show, &error));
    g_assert_nonnull(error);
    g_assert_nonnull(strstr(error->message, show->program));
    g_assert_nonnull(strstr(error->message, "File too large"));
    check_nothing_left(show, 2);
}

/* ---- the file itself ---- */

static void test_same_bytes_twice(void)
{
    g_autofree char *first = NULL;
    gsize first_length = 0;
    for (int i = 0; i < 2; i++) {
        g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
        show->settings.threads = 2;
        show->sound = TRUE;
        add_two_cameras(show, 180);
        render_well(show);
        g_autofree char *bytes = NULL;
        gsize length = 0;
        g_assert_true(g_file_get_contents(show->program, &bytes, &length, NULL));
        if (i == 0) {
            first = g_steal_pointer(&bytes);
            first_length = length;
        } else {
            g_assert_cmpmem(first, first_length, bytes, length);
        }
    }
}

static gsize find_box(const char *bytes, gsize length, const char *type)
{
    for (gsize i = 4; i + 4 <= length; i++)
        if (memcmp(bytes + i, type, 4) == 0)
            return i;
    return G_MAXSIZE;
}

static void test_container(void)
{
    g_autoptr(Show) show = show_new((ShowRate){30, 1}, 0, 5000);
    EditChapter chapters[] = {{0, (char *)"Host"}, {2500, (char *)"Guest ü"}};
    show->chapters = g_ptr_array_new();
    g_ptr_array_add(show->chapters, &chapters[0]);
    g_ptr_array_add(show->chapters, &chapters[1]);
    show->sound = TRUE;
    show->settings.preset = "veryfast"; /* ultrafast needs no High profile and says so */
    add_two_cameras(show, 180);
    render_well(show);
    g_ptr_array_unref(show->chapters);

    g_autofree char *bytes = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents(show->program, &bytes, &length, NULL));
    g_assert_cmpuint(find_box(bytes, length, "moov"), <, find_box(bytes, length, "mdat"));

    AVFormatContext *input = NULL;
    g_assert_cmpint(avformat_open_input(&input, show->program, NULL, NULL), >=, 0);
    g_assert_cmpint(avformat_find_stream_info(input, NULL), >=, 0);
    g_assert_cmpstr(av_dict_get(input->metadata, "title", NULL, 0)->value, ==, "A show");
    g_assert_cmpuint(input->nb_chapters, ==, 2);
    g_assert_cmpint(input->chapters[1]->start, ==, 2500);
    g_assert_cmpstr(av_dict_get(input->chapters[1]->metadata, "title", NULL, 0)->value, ==,
                    "Guest ü");
    const AVStream *video = input->streams[0];
    g_assert_cmpint(video->codecpar->profile, ==, FF_PROFILE_H264_HIGH);
    g_assert_cmpint(video->codecpar->color_space, ==, AVCOL_SPC_BT709);
    g_assert_cmpint(video->nb_frames, ==, 150);
    g_assert_cmpint(video->avg_frame_rate.num, ==, 30);
    g_assert_cmpint(input->streams[1]->codecpar->ch_layout.nb_channels, ==, 2);
    avformat_close_input(&input);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    av_log_set_level(AV_LOG_ERROR);
    g_test_add_func("/media/render/shows-the-frames-that-the-shots-name", test_same_rates);
    g_test_add_func("/media/render/follows-time-across-rates", test_mixed_rates);
    g_test_add_func("/media/render/seeks-in-containers-without-index", test_transport_stream);
    g_test_add_func("/media/render/counts-from-where-the-sound-begins", test_sound_begins_before);
    g_test_add_func("/media/render/samples-a-variable-rate", test_variable_rate);
    g_test_add_func("/media/render/turns-as-the-flag-says", test_rotation);
    g_test_add_func("/media/render/fits-other-sizes-and-pixels", test_sizes);
    g_test_add_func("/media/render/brings-full-range-to-limited", test_full_range_becomes_limited);
    g_test_add_func("/media/render/highlights-are-the-programs-pictures",
                    test_highlights_are_the_program);
    g_test_add_func("/media/render/a-shot-soon-after-a-piece-begins-well", test_shot_after_an_edge);
    g_test_add_func("/media/render/writes-no-highlights-without-a-piece", test_no_piece_no_file);
    g_test_add_func("/media/render/keeps-sound-and-picture-in-step", test_sound_in_step);
    g_test_add_func("/media/render/holds-where-there-is-no-picture", test_missing_is_held);
    g_test_add_func("/media/render/holds-in-a-shot-after-the-end", test_shot_after_the_end_holds);
    g_test_add_func("/media/render/survives-damage", test_damage_is_survived);
    g_test_add_func("/media/render/survives-a-cut-off-recording", test_truncated_is_survived);
    g_test_add_func("/media/render/names-an-unknown-source", test_unknown_source);
    g_test_add_func("/media/render/names-a-lost-recording", test_lost_recording);
    g_test_add_func("/media/render/leaves-nothing-when-cancelled", test_cancel);
    g_test_add_func("/media/render/names-an-unwritable-file", test_unwritable);
    g_test_add_func("/media/render/leaves-nothing-on-a-full-disk", test_full_disk);
    g_test_add_func("/media/render/gives-the-same-bytes-again", test_same_bytes_twice);
    g_test_add_func("/media/render/writes-chapters-title-and-index-in-front", test_container);
    return g_test_run();
}
