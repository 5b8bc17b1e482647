/* A recorded program copied: drawn pictures, so that each says which it was. */
#include "material.h"

#include "beep-mix.h"

#include <media/recorded.h>

enum { GOP = 60 };

typedef struct Case {
    char *folder, *path, *program, *pieces;
    MediaRenderSettings settings;
    MediaInfo *info;
    MediaRecorded *recorded;
    ShowShots *shots;
    ShowHighlights *highlights;
    MediaMix mix;
    MediaRenderReport report;
    GArray *before; /* Seen, of the recording */
} Case;

static void case_free(Case *self)
{
    media_recorded_close(self->recorded);
    media_info_free(self->info);
    show_shots_free(self->shots);
    show_highlights_free(self->highlights);
    media_render_report_clear(&self->report);
    g_array_unref(self->before);
    g_free(self->path);
    g_free(self->program);
    g_free(self->pieces);
    remove_folder(self->folder);
    g_free(self);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Case, case_free)

static Case *case_new(const Material *material)
{
    g_autoptr(GError) error = NULL;
    Case *self = g_new0(Case, 1);
    self->folder = new_folder();
    self->path = write_material(self->folder, material);
    self->program = g_build_filename(self->folder, "program.mp4", NULL);
    self->pieces = g_build_filename(self->folder, "highlights.mp4", NULL);
    media_render_defaults(&self->settings);
    self->settings.preset = "ultrafast";
    self->before = read_pictures(self->path, read_code);
    self->info = media_probe(self->path, &error);
    g_assert_no_error(error);
    self->recorded =
        media_recorded_open(self->info, !self->info->variable_rate, NULL, NULL, &error);
    g_assert_no_error(error);
    self->shots = show_shots_new();
    self->shots->rate = self->info->rate;
    self->shots->duration_ms = llround(media_recorded_duration_s(self->recorded) * 1000);
    show_shots_add(self->shots, 0, "cam_1", NULL);
    self->highlights = show_highlights_new();
    return self;
}

static void add_piece(Case *self, gint64 start_ms, gint64 end_ms)
{
    g_ptr_array_add(self->highlights->pieces, show_piece_new(start_ms, end_ms));
}

static void render(Case *self)
{
    g_autoptr(GError) error = NULL;
    media_recorded_snap(self->recorded, self->highlights);
    self->mix.length = llround(media_recorded_duration_s(self->recorded) * 48000);
    MediaRender job = {
        .shots = self->shots,
        .settings = &self->settings,
        .mix = &self->mix,
        .highlights = self->highlights,
        .program_path = self->program,
        .highlights_path = self->pieces,
    };
    g_assert_null(media_recorded_obstacle(self->recorded));
    media_recorded_render(self->recorded, &job, &self->report, &error);
    g_assert_no_error(error);
}

static const Seen *before(const Case *self, guint n)
{
    return seen_get(self->before, n);
}

/* The highlights are these pictures of the recording, one after the other; those from `copied` on in
 * each piece bit for bit. */
static void check_piece(const Case *self, const GArray *seen, guint at, guint first, guint end,
                        guint copied)
{
    for (guint n = first; n < end; n++) {
        const Seen *now = seen_get(seen, at + n - first), *was = before(self, n);
        g_assert_cmpint(now->code, ==, was->code);
        if (n >= copied)
            g_assert_cmpuint(now->sum, ==, was->sum);
        double wanted_s = seen_get(seen, at)->time_s + was->time_s - before(self, first)->time_s;
        g_assert_cmpfloat(fabs(now->time_s - wanted_s), <, 0.0011);
    }
}

/* ---- tests ---- */

static const Material plain = {
    .name = "program.mkv", .rate = {30, 1}, .frames = 300, .gop = GOP, .in_order = TRUE};

static void test_copies_program(void)
{
    g_autoptr(Case) self = case_new(&plain);
    render(self);
    g_autoptr(GArray) seen = read_pictures(self->program, read_code);
    g_assert_cmpuint(seen->len, ==, 300);
    check_piece(self, seen, 0, 0, 300, 0);
    g_assert_cmpint(self->report.copied_frames, ==, 300);
    g_assert_cmpint(self->report.encoded_frames, ==, 0);
}

static void test_pieces_begin_anywhere(void)
{
    static const Material materials[] = {
        {.profile = "baseline"},
        {.profile = "main"},
        {.profile = "high"},
        {.full_range = TRUE},
        {.pixel = {4, 3}},
        {.rotation = 90},
        {.live = TRUE},
        {.name = "program.mp4"},
        {.name = "program.mp4", .sound = TRUE, .start_s = 0.3},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(materials); i++) {
        Material material = materials[i];
        material.name = material.name != NULL ? material.name : plain.name;
        material.rate = plain.rate;
        material.frames = plain.frames;
        material.gop = plain.gop;
        material.in_order = TRUE;
        g_test_message("material %zu", i);
        g_autoptr(Case) self = case_new(&material);
        add_piece(self, 1000, 3500); /* pictures 30 … 104, keyframe 60 */
        add_piece(self, 5000, 5500); /* 150 … 164, none */
        add_piece(self, 7000, 9000); /* 210 … 269, keyframe 240 */
        render(self);
        g_autoptr(GArray) seen = read_pictures(self->pieces, read_code);
        g_assert_cmpuint(seen->len, ==, 75 + 15 + 60);
        check_piece(self, seen, 0, 30, 105, 60);
        check_piece(self, seen, 75, 150, 165, 165);
        check_piece(self, seen, 90, 210, 270, 240);
        g_assert_cmpint(self->report.encoded_frames, ==, 30 + 15 + 30);
        const ShowPiece *last = self->highlights->pieces->pdata[2];
        g_assert_cmpint(last->at_ms, ==, 3000);
    }
}

static void test_takes_near_keyframe(void)
{
    g_autoptr(Case) self = case_new(&plain);
    add_piece(self, 1833, 3000); /* picture 55: 60 is 167 ms later */
    add_piece(self, 4267, 6000); /* picture 128: 120 is 267 ms earlier */
    render(self);
    const ShowPiece *first = self->highlights->pieces->pdata[0];
    const ShowPiece *second = self->highlights->pieces->pdata[1];
    g_assert_cmpint(first->start_ms, ==, 2000);
    g_assert_cmpint(second->start_ms, ==, 4000);
    g_assert_cmpint(self->report.encoded_frames, ==, 0);
    g_autoptr(GArray) seen = read_pictures(self->pieces, read_code);
    g_assert_cmpuint(seen->len, ==, 30 + 60);
    check_piece(self, seen, 0, 60, 90, 60);
    check_piece(self, seen, 30, 120, 180, 120);
}

/* Nothing begins anew between them. */
static void test_pieces_that_touch(void)
{
    g_autoptr(Case) self = case_new(&plain);
    add_piece(self, 2000, 3000);
    add_piece(self, 3000, 5000);
    render(self);
    g_assert_cmpint(self->report.encoded_frames, ==, 0);
    g_autoptr(GArray) seen = read_pictures(self->pieces, read_code);
    g_assert_cmpuint(seen->len, ==, 90);
    check_piece(self, seen, 0, 60, 150, 60);
}

static void test_variable_rate(void)
{
    enum { FRAMES = 240 };
    double times[FRAMES];
    for (int i = 0; i < FRAMES; i++) /* late by turns, and three seconds of nothing */
        times[i] = (i + (i % 5 == 2 ? 0.4 : 0) + (i >= 100 ? 90 : 0)) / 30.0;
    const Material material = {.name = "program.mkv",
                               .rate = {30, 1},
                               .frames = FRAMES,
                               .gop = GOP,
                               .times = times,
                               .in_order = TRUE};
    g_autoptr(Case) self = case_new(&material);
    g_assert_true(self->info->variable_rate);
    add_piece(self, 1000, 2500); /* 30 … 74 */
    add_piece(self, 3000, 6900); /* 90 … 116, over what is missing */
    render(self);
    g_autoptr(GArray) program = read_pictures(self->program, read_code);
    g_assert_cmpuint(program->len, ==, FRAMES);
    check_piece(self, program, 0, 0, FRAMES, 0);
    g_autoptr(GArray) seen = read_pictures(self->pieces, read_code);
    const ShowPiece *second = self->highlights->pieces->pdata[1];
    g_assert_cmpuint(seen->len, ==, 45 + 27);
    check_piece(self, seen, 0, 30, 75, 60);
    check_piece(self, seen, 45, 90, 117, 117);
    g_assert_cmpfloat(fabs(seen_get(seen, 45)->time_s - (double)second->at_ms / 1000), <, 0.0011);
}

/* A beep of the program's second k lies in the highlights where the pieces put it. */
static void test_sound_in_step(void)
{
    g_autoptr(Case) self = case_new(&plain);
    add_piece(self, 700, 3500);
    add_piece(self, 4700, 8500);
    render(self);
    g_autoptr(GArray) sound = read_sound(self->pieces);
    for (guint i = 0; i < 2; i++) {
        const ShowPiece *piece = self->highlights->pieces->pdata[i];
        for (gint64 ms = (piece->start_ms / 1000 + 1) * 1000; ms + 60 < piece->end_ms; ms += 1000) {
            gint64 at = (piece->at_ms + ms - piece->start_ms) * 48;
            double loud = 0, quiet = 0;
            for (gint64 k = 240; k < 2160; k++) {
                loud += fabs((double)g_array_index(sound, float, at + k));
                quiet += fabs((double)g_array_index(sound, float, at - k));
            }
            g_assert_cmpfloat(loud / 1920, >, 0.2);
            g_assert_cmpfloat(quiet / 1920, <, 0.05);
        }
    }
}

static void test_obstacles(void)
{
    static const Material materials[] = {
        {.name = "a.mp4", .rate = {30, 1}, .frames = 60, .gop = GOP},
        {.name = "a.webm", .rate = {30, 1}, .frames = 60, .gop = GOP, .codec = "libvpx"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(materials); i++) {
        g_autoptr(Case) self = case_new(&materials[i]);
        g_assert_nonnull(media_recorded_obstacle(self->recorded));
    }
}

/* What cannot be decoded is not there; all else is. */
static void test_damage(void)
{
    g_autoptr(Case) self = case_new(&plain);
    gsize length = 0;
    g_autofree char *bytes = NULL;
    g_assert_true(g_file_get_contents(self->path, &bytes, &length, NULL));
    for (gsize i = length / 8; i < length / 8 + 40; i++) /* inside of pictures */
        bytes[i] = (char)(bytes[i] ^ 0x5a);
    g_assert_true(g_file_set_contents(self->path, bytes, (gssize)length, NULL));
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaRecorded) recorded = media_recorded_open(self->info, TRUE, NULL, NULL, &error);
    g_assert_no_error(error);
    g_clear_pointer(&self->recorded, media_recorded_close);
    self->recorded = g_steal_pointer(&recorded);
    add_piece(self, 1000, 3500);
    add_piece(self, 7000, 9000);
    render(self);
    g_autoptr(MediaInfo) made = media_probe(self->pieces, &error);
    g_assert_no_error(error);
}

static void test_copies_opus(void)
{
    Material material = plain;
    material.sound = material.opus = TRUE;
    g_autoptr(Case) self = case_new(&material);
    g_assert_true(media_sound_can_copy(self->info));
    add_piece(self, 1000, 3500);
    g_autoptr(GError) error = NULL;
    media_recorded_snap(self->recorded, self->highlights);
    MediaRender job = {
        .shots = self->shots,
        .settings = &self->settings,
        .sound = self->info,
        .sound_start_s = media_recorded_start_s(self->recorded),
        .highlights = self->highlights,
        .program_path = self->program,
        .highlights_path = self->pieces,
    };
    media_recorded_render(self->recorded, &job, &self->report, &error);
    g_assert_no_error(error);
    g_autoptr(MediaInfo) program = media_probe(self->program, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(program->audio_codec, ==, "opus");
    g_assert_cmpfloat(fabs(program->duration_s - 10), <, 0.05);
    g_autoptr(MediaInfo) pieces = media_probe(self->pieces, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(pieces->audio_codec, ==, "aac");
    g_assert_cmpfloat(fabs(pieces->duration_s - 2.5), <, 0.05);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    av_log_set_level(AV_LOG_ERROR);
    g_test_add_func("/media/recorded/copies-every-picture-to-its-time", test_copies_program);
    g_test_add_func("/media/recorded/pieces-begin-and-end-at-any-picture",
                    test_pieces_begin_anywhere);
    g_test_add_func("/media/recorded/a-near-keyframe-is-taken", test_takes_near_keyframe);
    g_test_add_func("/media/recorded/pieces-that-touch-are-copied-as-one", test_pieces_that_touch);
    g_test_add_func("/media/recorded/a-variable-rate-keeps-its-times", test_variable_rate);
    g_test_add_func("/media/recorded/sound-of-pieces-is-in-step", test_sound_in_step);
    g_test_add_func("/media/recorded/says-what-keeps-it-from-being-copied", test_obstacles);
    g_test_add_func("/media/recorded/goes-on-over-damage", test_damage);
    g_test_add_func("/media/recorded/opus-is-copied-as-it-is", test_copies_opus);
    return g_test_run();
}
