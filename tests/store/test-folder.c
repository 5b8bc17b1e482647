/* A show's folder: staged, put in place, checked. */
#include "folders.h"

#include <store/error.h>
#include <store/folder.h>
#include <store/whole.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

typedef struct Fixture {
    char *top;    /* a temporary folder */
    char *folder; /* top/deep/show, not there at first */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->top = g_dir_make_tmp("crosscut-store-XXXXXX", NULL);
    fixture->folder = g_build_filename(fixture->top, "deep", "show", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    remove_tree(fixture->top);
    g_free(fixture->top);
    g_free(fixture->folder);
}

static void stage_file(StoreStaging *staging, ShowManifest *manifest, const char *name,
                       const char *text)
{
    g_autofree char *path = g_build_filename(store_staging_folder(staging), name, NULL);
    g_assert_true(store_write_whole(path, text, strlen(text), NULL));
    ShowFile *file = show_file_new(name, "other");
    file->sha256 = store_sha256(path, &file->bytes, NULL, NULL);
    show_manifest_take_file(manifest, file);
}

/* Publishes a show of one file. */
static void publish_show(const char *folder, const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    g_autoptr(StoreStaging) staging = store_staging_open(folder, TRUE, &error);
    g_assert_no_error(error);
    manifest->name = g_strdup("Test");
    stage_file(staging, manifest, name, text);
    g_assert_true(store_folder_write_manifest(store_staging_folder(staging), manifest, &error));
    g_assert_true(store_staging_publish(staging, &error));
    g_assert_no_error(error);
}

static gboolean holds(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void test_nothing_there_until_published(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    StoreStaging *staging = store_staging_open(fixture->folder, FALSE, NULL);
    stage_file(staging, manifest, "a.txt", "hello");
    g_assert_false(holds(fixture->folder, "a.txt"));
    store_staging_close(staging);
    /* The folders that were made for it are gone too. */
    g_assert_false(holds(fixture->top, "deep"));
    g_assert_true(g_file_test(fixture->top, G_FILE_TEST_IS_DIR));
}

static void test_published_show_verifies(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    publish_show(fixture->folder, "a.txt", "hello");
    g_autoptr(GPtrArray) verdicts = store_folder_verify(fixture->folder, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(verdicts->len, ==, 1);
    g_assert_true(((StoreVerdict *)verdicts->pdata[0])->good);
    g_assert_false(holds(fixture->folder, ".crosscut.part"));
}

/* A recording may come while a show is rendered, and the render's manifest does not know it. */
static void test_publishing_removes_no_recording(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    publish_show(fixture->folder, "a.txt", "hello");
    g_autoptr(StoreStaging) staging = store_staging_open(fixture->folder, TRUE, &error);
    g_autoptr(ShowManifest) rendered = show_manifest_new();
    stage_file(staging, rendered, "b.txt", "rendered");
    g_assert_true(store_folder_write_manifest(store_staging_folder(staging), rendered, &error));
    g_autoptr(ShowManifest) meanwhile = store_folder_manifest(fixture->folder, &error);
    g_autofree char *late = g_build_filename(fixture->folder, "program.2.webm", NULL);
    g_assert_true(g_file_set_contents(late, "late", 4, NULL));
    show_manifest_take_file(meanwhile, show_file_new("program.2.webm", "program"));
    g_assert_true(store_folder_write_manifest(fixture->folder, meanwhile, &error));
    g_assert_true(store_staging_publish(staging, &error));
    g_assert_no_error(error);
    g_assert_false(holds(fixture->folder, "a.txt"));
    g_assert_true(holds(fixture->folder, "b.txt"));
    g_assert_true(holds(fixture->folder, "program.2.webm"));
}

static void check_problem(const char *folder, const char *expected)
{
    g_autoptr(GPtrArray) verdicts = store_folder_verify(folder, NULL, NULL);
    const StoreVerdict *verdict = verdicts->pdata[0];
    g_assert_false(verdict->good);
    g_assert_nonnull(strstr(verdict->problem, expected));
}

static void test_verify_finds_change_size_and_absence(Fixture *fixture, gconstpointer data)
{
    (void)data;
    publish_show(fixture->folder, "a.txt", "hello");
    g_autofree char *path = g_build_filename(fixture->folder, "a.txt", NULL);
    g_assert_true(g_file_set_contents(path, "hellO", 5, NULL));
    check_problem(fixture->folder, "sha256 differs");
    g_assert_true(g_file_set_contents(path, "hell", 4, NULL));
    check_problem(fixture->folder, "has 4 bytes, the manifest says 5");
    g_unlink(path);
    check_problem(fixture->folder, "missing");
}

static void test_show_is_not_replaced_unasked(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    publish_show(fixture->folder, "a.txt", "hello");
    g_autoptr(StoreStaging) staging = store_staging_open(fixture->folder, FALSE, &error);
    g_assert_null(staging);
    g_assert_error(error, STORE_ERROR, STORE_ERROR_EXISTS);
    g_assert_nonnull(strstr(error->message, "--overwrite"));
    g_assert_true(holds(fixture->folder, "a.txt"));
}

static void test_folder_of_others_is_never_taken(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fixture->top, "thesis.txt", NULL);
    g_assert_true(g_file_set_contents(path, "x", 1, NULL));
    g_autoptr(StoreStaging) staging = store_staging_open(fixture->top, TRUE, &error);
    g_assert_null(staging);
    g_assert_error(error, STORE_ERROR, STORE_ERROR_EXISTS);
}

static void test_new_show_removes_what_only_the_old_named(Fixture *fixture, gconstpointer data)
{
    (void)data;
    publish_show(fixture->folder, "old.txt", "old");
    g_autofree char *stranger = g_build_filename(fixture->folder, "notes.txt", NULL);
    g_assert_true(g_file_set_contents(stranger, "mine", 4, NULL));
    publish_show(fixture->folder, "new.txt", "new");
    g_assert_false(holds(fixture->folder, "old.txt"));
    g_assert_true(holds(fixture->folder, "new.txt"));
    g_assert_true(holds(fixture->folder, "notes.txt"));
}

static void test_crashed_staging_is_no_obstacle(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autofree char *left = g_build_filename(fixture->folder, ".crosscut.part", NULL);
    g_autofree char *half = g_build_filename(left, ".program.mp4.part", NULL);
    g_assert_cmpint(g_mkdir_with_parents(left, 0755), ==, 0);
    g_assert_true(g_file_set_contents(half, "half", 4, NULL));
    publish_show(fixture->folder, "a.txt", "hello");
    g_assert_false(holds(fixture->folder, ".crosscut.part"));
}

static void test_removes_links_not_what_they_name(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *mine = g_build_filename(fixture->top, "mine.txt", NULL);
    g_autofree char *gone = g_build_filename(fixture->top, "gone", NULL);
    g_autofree char *deep = g_build_filename(gone, "deep", NULL);
    g_autofree char *file = g_build_filename(deep, "a.txt", NULL);
    g_autofree char *link = g_build_filename(gone, "link", NULL);
    g_assert_cmpint(g_mkdir_with_parents(deep, 0755), ==, 0);
    g_assert_true(g_file_set_contents(mine, "mine", 4, NULL));
    g_assert_true(g_file_set_contents(file, "a", 1, NULL));
    g_assert_cmpint(symlink(fixture->top, link), ==, 0);
    g_assert_true(store_folder_remove(gone, &error));
    g_assert_no_error(error);
    g_assert_true(store_folder_remove(gone, &error)); /* again */
    g_assert_cmpint(symlink(fixture->top, gone), ==, 0);
    g_assert_true(store_folder_remove(gone, &error)); /* a link in its place */
    g_assert_false(holds(fixture->top, "gone"));
    g_assert_true(holds(fixture->top, "mine.txt"));
    g_autofree char *below = g_build_filename(mine, "below", NULL);
    g_assert_false(store_folder_remove(below, &error));
    g_assert_nonnull(strstr(error->message, "mine.txt/below: cannot look at it"));
}

static void test_no_show_is_said(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_assert_null(store_folder_manifest(fixture->top, &error));
    g_assert_nonnull(strstr(error->message, "holds no show"));
    g_clear_error(&error);
    g_assert_null(store_folder_manifest("/nowhere/at/all", &error));
    g_assert_nonnull(strstr(error->message, "is not a folder"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/store/folder/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("nothing-there-until-published", test_nothing_there_until_published);
    ADD("published-show-verifies", test_published_show_verifies);
    ADD("verify-finds-change-size-and-absence", test_verify_finds_change_size_and_absence);
    ADD("show-is-not-replaced-unasked", test_show_is_not_replaced_unasked);
    ADD("folder-of-others-is-never-taken", test_folder_of_others_is_never_taken);
    ADD("new-show-removes-what-only-the-old-named", test_new_show_removes_what_only_the_old_named);
    ADD("publishing-removes-no-recording", test_publishing_removes_no_recording);
    ADD("crashed-staging-is-no-obstacle", test_crashed_staging_is_no_obstacle);
    ADD("removes-links-not-what-they-name", test_removes_links_not_what_they_name);
    ADD("no-show-is-said", test_no_show_is_said);
    return g_test_run();
}
