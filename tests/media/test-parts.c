/* Encodes in parts: what comes of them is the same whichever were there already, and nothing that was made
 * of something else is taken. */
#include "material.h"

#include <media/render.h>

enum { WIDTH = 160, HEIGHT = 96, SECONDS = 70, RATE = 30, FRAMES = SECONDS * RATE };

typedef struct Host {
    char *folder;
    GHashTable *whats;             /* name → what it was made of */
    guint found, made, stop_after; /* cancels when so many were made; 0: never */
    GCancellable *cancellable;
    const char *foreign; /* a part that is of something else, and is believed; or NULL */
} Host;

static char *place(const char *name, gpointer data)
{
    const Host *host = data;
    return g_build_filename(host->folder, name, NULL);
}

static char *find(const char *name, const char *what, GPtrArray *warnings, gpointer data)
{
    Host *host = data;
    (void)warnings;
    if (g_strcmp0(g_hash_table_lookup(host->whats, name), what) != 0)
        return NULL;
    host->found++;
    return place(name, data);
}

static char *find_foreign(const char *name, const char *what, GPtrArray *warnings, gpointer data)
{
    const Host *host = data;
    gboolean is_foreign = g_str_equal(name, "program~00000600.mp4") && host->foreign != NULL;
    return is_foreign ? g_strdup(host->foreign) : find(name, what, warnings, data);
}

static gboolean keep(const char *name, const char *what, const GPtrArray *warnings, gpointer data,
                     GError **error)
{
    Host *host = data;
    (void)warnings;
    (void)error;
    g_autofree char *path = place(name, data);
    g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
    g_hash_table_insert(host->whats, g_strdup(name), g_strdup(what));
    if (++host->made == host->stop_after)
        g_cancellable_cancel(host->cancellable);
    return TRUE;
}

static Host *host_new(void)
{
    Host *host = g_new0(Host, 1);
    host->folder = new_folder();
    host->whats = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    host->cancellable = g_cancellable_new();
    return host;
}

static void host_free(Host *host)
{
    remove_folder(host->folder);
    g_hash_table_unref(host->whats);
    g_object_unref(host->cancellable);
    g_free(host);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Host, host_free)

/* ---- a show of two cameras, cut every four seconds ---- */

typedef struct Show {
    char *folder, *program, *pieces;
    MediaCamera cameras[2];
    ShowShots *shots;
    ShowHighlights *highlights;
    MediaRenderSettings settings;
    MediaRenderReport report;
} Show;

static const char *const names[] = {"a.mkv", "b.mkv"};

static char *make_recordings(void)
{
    char *folder = new_folder();
    for (int i = 0; i < 2; i++) {
        Material material = {
            .name = names[i], .camera = i, .rate = {RATE, 1}, .frames = FRAMES, .gop = 60};
        g_free(write_material(folder, &material));
    }
    return folder;
}

/* The recordings are made once, for all tests. */
static Show *show_new(const MediaParts *parts, const char *recordings)
{
    Show *show = g_new0(Show, 1);
    show->folder = new_folder();
    show->program = g_build_filename(show->folder, "program.mp4", NULL);
    show->pieces = g_build_filename(show->folder, "highlights.mp4", NULL);
    for (int i = 0; i < 2; i++)
        show->cameras[i] = (MediaCamera){.source = i == 0 ? "cam_0" : "cam_1",
                                         .path = g_build_filename(recordings, names[i], NULL)};
    show->shots = show_shots_new();
    show->shots->rate = (ShowRate){RATE, 1};
    show->shots->duration_ms = SECONDS * 1000;
    for (int i = 0; i * 4 < SECONDS; i++)
        show_shots_add(show->shots, i * 4000, i % 2 == 0 ? "cam_0" : "cam_1", NULL);
    show->highlights = show_highlights_new();
    g_ptr_array_add(show->highlights->pieces, show_piece_new(3333, 6000));
    g_ptr_array_add(show->highlights->pieces, show_piece_new(18000, 27500)); /* over an edge */
    g_ptr_array_add(show->highlights->pieces, show_piece_new(66000, 70000));
    media_render_defaults(&show->settings);
    show->settings.width = WIDTH;
    show->settings.height = HEIGHT;
    show->settings.threads = 1;
    show->settings.parts = parts;
    return show;
}

static void show_free(Show *show)
{
    media_render_report_clear(&show->report);
    for (int i = 0; i < 2; i++)
        g_free((char *)show->cameras[i].path);
    show_shots_free(show->shots);
    show_highlights_free(show->highlights);
    remove_folder(show->folder);
    g_free(show->program);
    g_free(show->pieces);
    g_free(show);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Show, show_free)

static gboolean render(Show *show, GCancellable *cancellable, GError **error)
{
    media_render_report_clear(&show->report);
    MediaRender job = {
        .shots = show->shots,
        .cameras = show->cameras,
        .n_cameras = 2,
        .settings = &show->settings,
        .highlights = show->highlights,
        .program_path = show->program,
        .highlights_path = show->pieces,
        .cancellable = cancellable,
    };
    return media_render(&job, &show->report, error);
}

static void render_well(Show *show)
{
    g_autoptr(GError) error = NULL;
    gboolean good = render(show, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    g_assert_cmpint(show->report.frames, ==, FRAMES);
    g_assert_cmpint(show->report.encoded_frames, ==, FRAMES);
}

static guint32 shown_at(int frame)
{
    return code_of(frame / (4 * RATE) % 2, frame);
}

static void check_frames(const char *path, const int (*spans)[2], guint n)
{
    g_autoptr(GArray) seen = read_pictures(path, read_code);
    guint at = 0;
    for (guint i = 0; i < n; i++)
        for (int frame = spans[i][0]; frame < spans[i][1]; frame++, at++) {
            g_assert_cmpuint(at, <, seen->len);
            g_assert_cmpint(seen_get(seen, at)->code, ==, shown_at(frame));
        }
    g_assert_cmpuint(at, ==, seen->len);
}

/* ---- tests ---- */

/* Of every frame which one it is: libx264 itself gives a picture other bytes now and then. */
static void check_all(const Show *show)
{
    static const int all[][2] = {{0, FRAMES}};
    static const int pieces[][2] = {{100, 180}, {540, 825}, {1980, 2100}};
    check_frames(show->program, all, 1);
    check_frames(show->pieces, pieces, G_N_ELEMENTS(pieces));
}

static void test_every_frame(gconstpointer recordings)
{
    g_autoptr(Host) host = host_new();
    MediaParts parts = {find, place, keep, host};
    g_autoptr(Show) show = show_new(&parts, recordings);
    render_well(show);
    g_assert_cmpuint(host->made, ==,
                     3); /* the last is longer: what is left is less than half of one */
    g_assert_cmpint(show->report.kept_frames, ==, 0);
    check_all(show);
    g_assert_true(g_hash_table_remove(host->whats, "program~00000600.mp4"));
    render_well(show);
    g_assert_cmpuint(host->found, ==, 2);
    g_assert_cmpuint(host->made, ==, 4);
    g_assert_cmpint(show->report.kept_frames, ==, FRAMES - 600);
    check_all(show);
}

static void test_resumes(gconstpointer recordings)
{
    g_autoptr(Host) host = host_new();
    MediaParts parts = {find, place, keep, host};
    g_autoptr(Show) show = show_new(&parts, recordings);
    host->stop_after = 2;
    g_autoptr(GError) error = NULL;
    g_assert_false(render(show, host->cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_false(g_file_test(show->program, G_FILE_TEST_EXISTS));
    render_well(show);
    g_assert_cmpuint(host->made, ==, 3);
    g_assert_cmpuint(host->found, ==, 2);
    check_all(show);
}

static void test_other_settings(gconstpointer recordings)
{
    g_autoptr(Host) host = host_new();
    MediaParts parts = {find, place, keep, host};
    g_autoptr(Show) show = show_new(&parts, recordings);
    render_well(show);
    show->settings.crf++;
    render_well(show);
    g_assert_cmpuint(host->found, ==, 0);
    /* Another cut in the second part: the others are what they were. */
    ((ShowShot *)show->shots->shots->pdata[7])->t_ms += 400;
    render_well(show);
    g_assert_cmpuint(host->found, ==, 2);
}

static void test_does_not_fit(gconstpointer recordings)
{
    g_autoptr(Host) other = host_new(), host = host_new();
    MediaParts others = {find, place, keep, other}, parts = {find_foreign, place, keep, host};
    g_autoptr(Show) wide = show_new(&others, recordings), show = show_new(&parts, recordings);
    g_autofree char *foreign = place("program~00000600.mp4", other);
    wide->settings.width = 2 * WIDTH;
    render_well(wide);
    host->foreign = foreign;
    show->shots->duration_ms += 1000; /* which the last camera does not have */
    g_autoptr(GError) error = NULL;
    gboolean good = render(show, NULL, &error);
    g_assert_no_error(error);
    g_assert_true(good);
    g_assert_cmpint(show->report.encoded_frames, ==, FRAMES + RATE);
    g_assert_cmpint(show->report.kept_frames, ==, 0);
    g_assert_cmpint(show->report.missing_frames, ==, RATE);
    g_assert_cmpuint(show->report.warnings->len, ==, 1);
}

static void check_camera(const char *path)
{
    g_autoptr(GArray) seen = read_pictures(path, read_code);
    g_assert_cmpuint(seen->len, ==, 45 * RATE);
    for (guint n = 0; n < seen->len; n++)
        g_assert_cmpint(seen_get(seen, n)->code, ==, code_of(3, (int)n));
}

static void render_camera(const char *folder, const MediaParts *parts)
{
    Material material = {.name = "a.webm",
                         .camera = 3,
                         .rate = {RATE, 1},
                         .frames = 45 * RATE,
                         .codec = "libvpx",
                         .sound = TRUE,
                         .opus = TRUE};
    g_autofree char *recording = g_build_filename(folder, material.name, NULL);
    g_autofree char *path = g_build_filename(folder, "cam_3.mp4", NULL);
    if (!g_file_test(recording, G_FILE_TEST_EXISTS))
        g_free(write_material(folder, &material));
    g_autoptr(GError) error = NULL;
    g_autoptr(MediaInfo) info = media_probe(recording, &error);
    g_assert_no_error(error);
    MediaRenderSettings settings;
    media_render_defaults(&settings);
    settings.parts = parts;
    gint64 frames[] = {0, 77, 700};
    g_autoptr(GArray) keyframes = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_array_append_vals(keyframes, frames, G_N_ELEMENTS(frames));
    media_render_camera(info, &settings, keyframes, path, NULL, NULL, &error);
    g_assert_no_error(error);
    check_camera(path);
}

static void test_camera(void)
{
    g_autoptr(Host) host = host_new();
    MediaParts parts = {find, place, keep, host};
    char *folder = new_folder();
    render_camera(folder, &parts);
    g_assert_cmpuint(host->made, ==, 2);
    g_assert_true(g_hash_table_remove(host->whats, "cam_3~00000000.mp4"));
    render_camera(folder, &parts);
    g_assert_cmpuint(host->found, ==, 1);
    g_assert_cmpuint(host->made, ==, 3);
    remove_folder(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    char *recordings = make_recordings();
#define ADD(path, function) g_test_add_data_func(path, recordings, function)
    ADD("/media/parts/every-frame-is-shown-whichever-were-there", test_every_frame);
    ADD("/r11/media/parts/a-render-that-was-ended-goes-on", test_resumes);
    ADD("/media/parts/of-other-settings-are-not-taken", test_other_settings);
    ADD("/media/parts/where-they-do-not-fit-it-is-encoded-in-one", test_does_not_fit);
    g_test_add_func("/media/parts/a-camera-is-the-same-whichever-were-there", test_camera);
    int status = g_test_run();
    remove_folder(recordings);
    return status;
}
