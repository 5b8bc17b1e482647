/* Archives of made-up folders, with the numbers of large files and with those of small ones. What other
 * programs think of them is tests/server/test-archive.py's. */
#include "zip-private.h"

#include <glib/gstdio.h>
#include <server/error.h>

#include <string.h>
#include <unistd.h>

#define ID "0b0e7a3c-0000-4000-8000-000000000001"

typedef struct Place {
    char *root;
    StoreShows *shows;
} Place;

static char *path_of(const Place *place, const char *name)
{
    return g_build_filename(place->root, "sessions", ID, name, NULL);
}

static void write_file(const Place *place, const char *name, const char *text, gsize length)
{
    g_autofree char *path = path_of(place, name);
    g_assert_true(g_file_set_contents(path, text, (gssize)length, NULL));
}

static Place open_place(void)
{
    g_autoptr(GError) error = NULL;
    Place place = {.root = g_dir_make_tmp("crosscut-zip-XXXXXX", &error)};
    g_assert_no_error(error);
    g_autofree char *folder = path_of(&place, "cuts");
    g_assert_cmpint(g_mkdir_with_parents(folder, 0700), ==, 0);
    StoreShowsOptions options = {.path = place.root};
    place.shows = store_shows_open(&options, &error);
    g_assert_no_error(error);
    return place;
}

static void close_place(Place *place)
{
    store_shows_close(place->shows);
    const char *command[] = {"rm", "-r", place->root, NULL};
    g_assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
                               NULL, NULL, NULL));
    g_free(place->root);
}

static void add_file(ServerZip *zip, const StoreShow *folder, const char *file, gint64 bytes)
{
    struct stat status;
    int fd = store_show_open_file(folder, file, &status, NULL);
    g_assert_cmpint(fd, >=, 0);
    close(fd);
    server_zip_add_file(zip, file, folder, file, &status, bytes >= 0 ? bytes : status.st_size);
}

static StoreShow *folder_in(ServerZip *zip, const Place *place)
{
    g_autoptr(GError) error = NULL;
    StoreShow *folder = store_shows_find(place->shows, ID, &error);
    g_assert_no_error(error);
    server_zip_take_folder(zip, folder);
    return folder;
}

static GByteArray *read_all(ServerZip *zip, GError **error)
{
    GByteArray *all = g_byte_array_new();
    GBytes *piece = NULL;
    while ((piece = server_zip_next(zip, error)) != NULL) {
        gsize length;
        const guint8 *bytes = g_bytes_get_data(piece, &length);
        g_assert_cmpuint(length, <, 300 * 1024);
        g_byte_array_append(all, bytes, (guint)length);
        g_bytes_unref(piece);
    }
    return all;
}

static gsize count(const GByteArray *all, const char *signature)
{
    gsize found = 0;
    for (guint i = 0; i + 4 <= all->len; i++)
        found += memcmp(all->data + i, signature, 4) == 0;
    return found;
}

static void test_length(gint64 big_bytes, gboolean is_64)
{
    Place place = open_place();
    ServerZip *zip = server_zip_new(big_bytes);
    StoreShow *folder = folder_in(zip, &place);
    g_autofree char *large = g_malloc0(700 * 1024);
    g_autoptr(GBytes) text = g_bytes_new_static("{}\n", 3);
    write_file(&place, "a.mp4", large, 700 * 1024);
    write_file(&place, "empty.json", "", 0);
    add_file(zip, folder, "a.mp4", -1);
    add_file(zip, folder, "empty.json", -1);
    server_zip_add_text(zip, "cuts/n\xc3\xa9/manifest.json", text, 1700000000);
    gint64 length = server_zip_length(zip);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) all = read_all(zip, &error);
    g_assert_no_error(error);
    g_assert_cmpint(all->len, ==, length);
    g_assert_cmpuint(count(all, "PK\3\4"), ==, 3);
    g_assert_cmpuint(count(all, "PK\7\x8"), ==, 3);
    g_assert_cmpuint(count(all, "PK\1\2"), ==, 3);
    g_assert_cmpuint(count(all, "PK\6\6"), ==, is_64);
    g_assert_cmpuint(count(all, "PK\5\6"), ==, 1);
    server_zip_free(zip);
    close_place(&place);
}

static void test_small(void)
{
    test_length(0, FALSE);
}

static void test_big(void)
{
    test_length(1000, TRUE);
}

static void test_crc(void)
{
    Place place = open_place();
    ServerZip *zip = server_zip_new(0);
    StoreShow *folder = folder_in(zip, &place);
    write_file(&place, "check.json", "123456789", 9);
    add_file(zip, folder, "check.json", -1);
    g_autoptr(GByteArray) all = read_all(zip, NULL);
    static const guint8 wanted[] = {'P', 'K', 7, 8, 0x26, 0x39, 0xf4, 0xcb, 9, 0, 0, 0, 9, 0, 0, 0};
    g_assert_nonnull(memmem(all->data, all->len, wanted, sizeof wanted));
    server_zip_free(zip);
    close_place(&place);
}

static void test_growing(void)
{
    Place place = open_place();
    ServerZip *zip = server_zip_new(0);
    StoreShow *folder = folder_in(zip, &place);
    write_file(&place, "events.log", "{\"a\":1}\n{\"b\":2}\n", 16);
    add_file(zip, folder, "events.log", 8);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) all = read_all(zip, &error);
    g_assert_no_error(error);
    g_assert_nonnull(memmem(all->data, all->len, "{\"a\":1}\nPK", 10));
    server_zip_free(zip);
    close_place(&place);
}

static void test_replaced(void)
{
    Place place = open_place();
    ServerZip *zip = server_zip_new(0);
    StoreShow *folder = folder_in(zip, &place);
    write_file(&place, "a.mp4", "one", 3);
    write_file(&place, "b.mp4", "two", 3);
    add_file(zip, folder, "a.mp4", -1);
    g_autofree char *from = path_of(&place, "b.mp4"), *to = path_of(&place, "a.mp4");
    g_assert_cmpint(g_rename(from, to), ==, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) all = read_all(zip, &error);
    g_assert_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT);
    server_zip_free(zip);
    close_place(&place);
}

static void test_shorter(void)
{
    Place place = open_place();
    ServerZip *zip = server_zip_new(0);
    StoreShow *folder = folder_in(zip, &place);
    write_file(&place, "a.mp4", "one", 3);
    add_file(zip, folder, "a.mp4", 400);
    g_autoptr(GError) error = NULL;
    g_autoptr(GByteArray) all = read_all(zip, &error);
    g_assert_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT);
    server_zip_free(zip);
    close_place(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/server/zip/is-as-long-as-it-said", test_small);
    g_test_add_func("/server/zip/has-numbers-of-eight-bytes-where-they-are-needed", test_big);
    g_test_add_func("/server/zip/sums-are-those-of-the-standard", test_crc);
    g_test_add_func("/server/zip/a-file-that-grows-is-taken-as-it-was", test_growing);
    g_test_add_func("/server/zip/a-file-that-was-replaced-ends-it", test_replaced);
    g_test_add_func("/server/zip/a-file-that-is-too-short-ends-it", test_shorter);
    return g_test_run();
}
