/* Takes of renders: made ready, finished, checked, put in place; again after an end at any point. */
#include "folders.h"

#include <store/attempt.h>
#include <store/error.h>
#include <store/folder.h>
#include <store/whole.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Fixture {
    char *show;
} Fixture;

static char *path_of(const Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->show, name, NULL);
}

static void write_file(const char *path, const char *text)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_assert_cmpint(g_mkdir_with_parents(folder, 0777), ==, 0);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void add_file(ShowManifest *manifest, const char *folder, const char *name, const char *kind)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    ShowFile *file = show_file_new(name, kind);
    if (g_str_equal(kind, "iso"))
        file->source = g_strdup("cam_1");
    file->sha256 = store_sha256(path, &file->bytes, NULL, NULL);
    g_assert_nonnull(file->sha256);
    show_manifest_take_file(manifest, file);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->show = g_dir_make_tmp("crosscut-attempt-XXXXXX", NULL);
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    manifest->name = manifest->name != NULL ? manifest->name : g_strdup("A show");
    ShowSource *source = g_new0(ShowSource, 1);
    source->id = g_strdup("cam_1");
    source->label = g_strdup("Maya");
    source->role = SHOW_ROLE_PERSON;
    g_ptr_array_add(manifest->sources, source);
    static const char *const files[][2] = {
        {"cam_1_iso.mkv", "iso"}, {"events.json", "events"}, {"old.mp4", "camera"}};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = path_of(fixture, files[i][0]);
        write_file(path, "before");
        add_file(manifest, fixture->show, files[i][0], files[i][1]);
    }
    g_autofree char *sidecar = path_of(fixture, "cam_1_iso.mkv.index");
    write_file(sidecar, "{}");
    g_assert_true(store_folder_write_manifest(fixture->show, manifest, NULL));
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    remove_tree(fixture->show);
    g_free(fixture->show);
}

static gboolean open_take(Fixture *fixture, gint64 take)
{
    g_autoptr(GError) error = NULL;
    gboolean is_finished = FALSE;
    g_assert_true(
        store_attempt_open(fixture->show, 7, take, STORE_KEEP_NOTHING, &is_finished, &error));
    g_assert_no_error(error);
    return is_finished;
}

/* As a render does: a file, and a manifest that names it. */
static void render(Fixture *fixture, gint64 take, const char *name)
{
    g_autofree char *attempt = store_attempt_path(fixture->show, 7, take);
    g_autofree char *path = g_build_filename(attempt, name, NULL);
    write_file(path, "rendered");
    g_autoptr(ShowManifest) manifest = store_folder_manifest(attempt, NULL);
    g_assert_nonnull(manifest);
    add_file(manifest, attempt, name, "program");
    manifest->program_duration_ms = 1234;
    g_assert_true(store_folder_write_manifest(attempt, manifest, NULL));
    g_assert_true(store_attempt_finish(fixture->show, 7, take, NULL));
}

static ShowManifest *check(Fixture *fixture, gint64 take)
{
    g_autoptr(GError) error = NULL;
    ShowManifest *left = store_attempt_check(fixture->show, 7, take, NULL, NULL, &error);
    g_assert_no_error(error);
    return left;
}

static void put_in_place(Fixture *fixture, gint64 take)
{
    g_autoptr(ShowManifest) left = check(fixture, take);
    g_autoptr(ShowManifest) own = store_folder_manifest(fixture->show, NULL);
    g_assert_true(store_attempt_publish(fixture->show, 7, take, NULL, left, NULL));
    g_autoptr(GPtrArray) stale = store_attempt_stale(own, left);
    store_attempt_take(own, left);
    g_assert_true(store_folder_write_manifest(fixture->show, own, NULL));
    store_attempt_sweep(fixture->show, stale);
    g_assert_true(store_attempt_remove(fixture->show, 7, NULL));
}

static gboolean has(const Fixture *fixture, const char *name)
{
    g_autofree char *path = path_of(fixture, name);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void assert_published(Fixture *fixture)
{
    g_autoptr(ShowManifest) own = store_folder_manifest(fixture->show, NULL);
    g_assert_nonnull(show_manifest_find(own, "program.mp4"));
    g_assert_nonnull(show_manifest_find(own, "cam_1_iso.mkv"));
    g_assert_null(show_manifest_find(own, "old.mp4"));
    g_assert_cmpint(own->program_duration_ms, ==, 1234);
    g_assert_true(has(fixture, "program.mp4"));
    g_assert_false(has(fixture, "old.mp4"));
    g_assert_false(has(fixture, STORE_ATTEMPTS));
    g_autoptr(GPtrArray) verdicts = store_folder_verify(fixture->show, NULL, NULL);
    for (guint i = 0; i < verdicts->len; i++)
        g_assert_true(((const StoreVerdict *)verdicts->pdata[i])->good);
}

static void test_whole_way(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_assert_false(open_take(fixture, 1));
    g_assert_true(has(fixture, "renders/7-1/cam_1_iso.mkv"));
    g_assert_true(has(fixture, "renders/7-1/cam_1_iso.mkv.index"));
    g_assert_false(has(fixture, "renders/7-1/old.mp4"));
    render(fixture, 1, "program.mp4");
    g_assert_false(has(fixture, "program.mp4"));
    put_in_place(fixture, 1);
    assert_published(fixture);
}

static void test_taken_over(Fixture *fixture, gconstpointer data)
{
    (void)data;
    open_take(fixture, 1);
    render(fixture, 1, "program.mp4");
    g_assert_true(open_take(fixture, 2));
    g_assert_false(has(fixture, "renders/7-1"));
    put_in_place(fixture, 2);
    assert_published(fixture);
}

static void test_unfinished_goes(Fixture *fixture, gconstpointer data)
{
    (void)data;
    open_take(fixture, 1);
    g_autofree char *half = path_of(fixture, "renders/7-1/program.mp4");
    write_file(half, "half of it");
    g_assert_false(open_take(fixture, 2));
    g_assert_false(has(fixture, "renders/7-1"));
    g_assert_false(has(fixture, "renders/7-2/program.mp4"));
}

/* A worker slept while another one cleared its take away, and says "finished" in what is left. */
static void test_late_word(Fixture *fixture, gconstpointer data)
{
    (void)data;
    open_take(fixture, 1);
    g_autofree char *manifest = path_of(fixture, "renders/7-1/" STORE_MANIFEST);
    g_assert_cmpint(g_unlink(manifest), ==, 0);
    g_assert_true(store_attempt_finish(fixture->show, 7, 1, NULL));
    g_assert_false(open_take(fixture, 2));
    g_assert_false(has(fixture, "renders/7-1"));
    render(fixture, 2, "program.mp4");
    put_in_place(fixture, 2);
    assert_published(fixture);
}

/* Files were moved and the manifest was not written: all of it again. */
static void test_cut_short(Fixture *fixture, gconstpointer data)
{
    (void)data;
    open_take(fixture, 1);
    render(fixture, 1, "program.mp4");
    g_autoptr(ShowManifest) left = check(fixture, 1);
    g_assert_true(store_attempt_publish(fixture->show, 7, 1, NULL, left, NULL));
    g_assert_true(open_take(fixture, 2));
    put_in_place(fixture, 2);
    assert_published(fixture);
}

static void assert_refused(Fixture *fixture, gint64 take, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(store_attempt_check(fixture->show, 7, take, NULL, NULL, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_DIFFERS);
    g_assert_true(g_str_has_prefix(error->message, name));
}

static void test_changed(Fixture *fixture, gconstpointer data)
{
    (void)data;
    open_take(fixture, 1);
    render(fixture, 1, "program.mp4");
    g_autofree char *path = path_of(fixture, "renders/7-1/program.mp4");
    write_file(path, "rendereD");
    assert_refused(fixture, 1, "program.mp4");
    write_file(path, "longer than before");
    assert_refused(fixture, 1, "program.mp4");
    g_unlink(path);
    assert_refused(fixture, 1, "program.mp4");
    g_assert_cmpint(symlink("/etc/passwd", path), ==, 0);
    assert_refused(fixture, 1, "program.mp4");
}

static void test_names(Fixture *fixture, gconstpointer data)
{
    (void)data;
    static const char *const names[] = {"live.json", "cam_1_iso.mkv.index", ".hidden", "finished"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        open_take(fixture, 10 + i);
        render(fixture, 10 + i, names[i]);
        assert_refused(fixture, 10 + i, names[i]);
        g_assert_true(store_attempt_remove(fixture->show, 7, NULL));
    }
}

static void test_recordings_stay(Fixture *fixture, gconstpointer data)
{
    (void)data;
    open_take(fixture, 1);
    render(fixture, 1, "program.mp4");
    g_autofree char *link = path_of(fixture, "renders/7-1/cam_1_iso.mkv");
    g_unlink(link);
    write_file(link, "another recording");
    put_in_place(fixture, 1);
    g_autofree char *path = path_of(fixture, "cam_1_iso.mkv");
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "before");
}

/* What one take finished parts of goes to the next, whatever else of it goes. */
static void test_parts(Fixture *fixture, gconstpointer data)
{
    (void)data;
    open_take(fixture, 1);
    g_autofree char *part = path_of(fixture, "renders/7-1/parts/cam_1.mp4");
    write_file(part, "whole");
    g_assert_false(open_take(fixture, 3));
    g_assert_true(has(fixture, "renders/7-3/parts/cam_1.mp4"));
    g_assert_true(has(fixture, "renders/7-3/manifest.json"));
    g_assert_false(has(fixture, "renders/7-1"));
    render(fixture, 3, "program.mp4");
    put_in_place(fixture, 3);
    g_assert_false(has(fixture, "renders"));
    g_assert_false(has(fixture, "parts"));
}

static void test_jobs(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gboolean is_finished;
    open_take(fixture, 1);
    g_assert_true(store_attempt_open(fixture->show, 9, 4, STORE_KEEP_NOTHING, &is_finished, NULL));
    g_autofree char *other = path_of(fixture, "renders/no-attempt");
    write_file(other, "");
    g_autoptr(GArray) jobs = store_attempt_jobs(fixture->show);
    g_assert_cmpuint(jobs->len, ==, 2);
    g_assert_true(store_attempt_remove(fixture->show, 9, NULL));
    g_assert_true(has(fixture, "renders/7-1"));
    g_assert_false(has(fixture, "renders/9-4"));
    g_assert_true(store_attempt_remove(fixture->show, 0, NULL));
    g_assert_true(has(fixture, "renders/no-attempt"));
}

static gboolean is_link(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

/* Of a part that is made anew the rest is named, and stays the very file that it was. */
static void test_keeps_what_is_there(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gboolean is_finished = FALSE;
    g_assert_true(store_attempt_open(fixture->show, 7, 1, STORE_KEEP_ALL, &is_finished, NULL));
    g_autofree char *attempt = store_attempt_path(fixture->show, 7, 1);
    g_assert_true(is_link(attempt, "old.mp4"));
    render(fixture, 1, "program.otio");
    put_in_place(fixture, 1);
    g_autoptr(ShowManifest) own = store_folder_manifest(fixture->show, NULL);
    g_assert_nonnull(show_manifest_find(own, "old.mp4"));
    g_assert_nonnull(show_manifest_find(own, "program.otio"));
    g_assert_true(has(fixture, "old.mp4"));
    g_assert_false(is_link(fixture->show, "old.mp4"));
}

/* What is kept is checked, too: it may have changed since. */
static void test_kept_files_are_checked(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    gboolean is_finished = FALSE;
    g_assert_true(store_attempt_open(fixture->show, 7, 1, STORE_KEEP_ALL, &is_finished, NULL));
    render(fixture, 1, "program.otio");
    g_autofree char *kept = path_of(fixture, "old.mp4");
    write_file(kept, "behind");
    g_assert_null(store_attempt_check(fixture->show, 7, 1, NULL, NULL, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_DIFFERS);
}

/* A cut names the show's cam_N.mp4 where it lies, not where it was rendered. */
static void test_a_cut_uses_cameras_of_the_show(Fixture *fixture, gconstpointer data)
{
    (void)data;
    gboolean is_finished = FALSE;
    g_assert_true(store_attempt_open(fixture->show, 7, 1, STORE_KEEP_CAMERAS, &is_finished, NULL));
    g_autofree char *attempt = store_attempt_path(fixture->show, 7, 1);
    g_autofree char *cut = g_build_filename(attempt, "cuts", "calm", NULL);
    g_autofree char *program = g_build_filename(cut, "program.mp4", NULL);
    write_file(program, "rendered");
    g_autoptr(ShowManifest) manifest = store_folder_manifest(attempt, NULL);
    ShowFile *camera = show_manifest_find(manifest, "old.mp4");
    g_assert_nonnull(camera);
    camera->path = store_folder_file(attempt, camera);
    add_file(manifest, cut, "program.mp4", "program");
    g_assert_true(store_folder_write_manifest(cut, manifest, NULL));
    g_assert_true(store_attempt_finish(fixture->show, 7, 1, NULL));
    g_autoptr(ShowManifest) left = store_attempt_check(fixture->show, 7, 1, "calm", NULL, NULL);
    g_assert_nonnull(left);
    g_assert_true(store_attempt_publish(fixture->show, 7, 1, "calm", left, NULL));
    g_autofree char *there = path_of(fixture, "cuts/calm");
    g_autofree char *wanted = path_of(fixture, "old.mp4");
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowManifest) published = store_folder_manifest(there, &error);
    g_assert_no_error(error);
    gboolean is_named = FALSE;
    for (guint i = 0; i < published->files->len; i++)
        is_named |= g_strcmp0(((const ShowFile *)published->files->pdata[i])->path, wanted) == 0;
    g_assert_true(is_named);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
    ADD("/store/attempt/becomes-the-shows", test_whole_way);
    ADD("/r11/store/attempt/that-is-finished-is-taken-over", test_taken_over);
    ADD("/r11/store/attempt/that-is-not-finished-goes", test_unfinished_goes);
    ADD("/r11/store/attempt/that-was-cleared-away-is-not-finished", test_late_word);
    ADD("/r11/store/attempt/is-put-in-place-again", test_cut_short);
    ADD("/store/attempt/that-was-changed-is-refused", test_changed);
    ADD("/s01/store/attempt/puts-no-file-of-the-shows-own-in-place", test_names);
    ADD("/store/attempt/leaves-recordings-alone", test_recordings_stay);
    ADD("/r11/store/attempt/parts-are-the-next-ones", test_parts);
    ADD("/store/attempt/knows-whose-it-is", test_jobs);
    ADD("/store/attempt/of-a-part-keeps-the-rest", test_keeps_what_is_there);
    ADD("/store/attempt/checks-what-it-keeps", test_kept_files_are_checked);
    ADD("/store/attempt/of-a-cut-uses-the-shows-cameras", test_a_cut_uses_cameras_of_the_show);
    return g_test_run();
}
