/* Files that appear whole or not at all. */
#include <store/error.h>
#include <store/whole.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Fixture {
    char *folder;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->folder = g_dir_make_tmp("crosscut-store-XXXXXX", NULL);
    g_assert_nonnull(fixture->folder);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GDir) folder = g_dir_open(fixture->folder, 0, NULL);
    const char *name;
    while ((name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
        g_unlink(path);
    }
    g_rmdir(fixture->folder);
    g_free(fixture->folder);
}

static guint count_files(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(folder) != NULL)
        count++;
    return count;
}

static void test_replaces_whole(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fixture->folder, "a.json", NULL);
    g_autofree char *text = NULL;
    g_assert_true(store_write_whole(path, "old", 3, &error));
    g_assert_true(store_write_whole(path, "newer", 5, &error));
    g_assert_no_error(error);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, "newer");
    g_assert_cmpuint(count_files(fixture->folder), ==, 1);
}

static void test_leftover_part_is_no_obstacle(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fixture->folder, "a.json", NULL);
    g_autofree char *part = store_part_path(path);
    g_assert_true(g_file_set_contents(part, "half", 4, NULL));
    g_assert_true(store_write_whole(path, "whole", 5, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(count_files(fixture->folder), ==, 1);
}

static void test_failure_names_file_and_cause(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fixture->folder, "missing", "a.json", NULL);
    g_autofree char *expected =
        g_strdup_printf("%s: cannot create it: No such file or directory", path);
    g_assert_false(store_write_whole(path, "x", 1, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
    g_assert_cmpstr(error->message, ==, expected);
}

/* FIPS 180-2, appendix B.1, and the hash of nothing. */
static void test_sha256_of_known_text(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(fixture->folder, "abc", NULL);
    gint64 bytes = -1;
    g_assert_true(g_file_set_contents(path, "abc", 3, NULL));
    g_autofree char *abc = store_sha256(path, &bytes, NULL, &error);
    g_assert_cmpstr(abc, ==, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    g_assert_cmpint(bytes, ==, 3);
    g_assert_true(g_file_set_contents(path, "", 0, NULL));
    g_autofree char *empty = store_sha256(path, &bytes, NULL, &error);
    g_assert_cmpstr(empty, ==, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    g_assert_cmpint(bytes, ==, 0);
}

static void test_copies_bytes(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *from = g_build_filename(fixture->folder, "from", NULL);
    g_autofree char *to = g_build_filename(fixture->folder, "to", NULL);
    gsize length = (3u << 20) + 17; /* several blocks and a rest */
    g_autofree char *bytes = g_malloc(length);
    for (gsize i = 0; i < length; i++)
        bytes[i] = (char)(i * 31 + (i >> 12));
    g_assert_true(g_file_set_contents(from, bytes, (gssize)length, NULL));
    g_assert_true(store_copy_whole(from, to, NULL, &error));
    g_autofree char *copy = NULL;
    gsize copied = 0;
    g_assert_true(g_file_get_contents(to, &copy, &copied, NULL));
    g_assert_cmpmem(copy, copied, bytes, length);
}

static void test_cancelled_copy_leaves_nothing(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autofree char *from = g_build_filename(fixture->folder, "from", NULL);
    g_autofree char *to = g_build_filename(fixture->folder, "to", NULL);
    g_assert_true(g_file_set_contents(from, "abc", 3, NULL));
    g_cancellable_cancel(cancellable);
    g_assert_false(store_copy_whole(from, to, cancellable, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    g_assert_cmpuint(count_files(fixture->folder), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/store/whole/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("replaces-whole", test_replaces_whole);
    ADD("leftover-part-is-no-obstacle", test_leftover_part_is_no_obstacle);
    ADD("failure-names-file-and-cause", test_failure_names_file_and_cause);
    ADD("sha256-of-known-text", test_sha256_of_known_text);
    ADD("copies-bytes", test_copies_bytes);
    ADD("cancelled-copy-leaves-nothing", test_cancelled_copy_leaves_nothing);
    return g_test_run();
}
