/* Saved destinations and shows on air, in the database. */
#include <live/book.h>

#include <glib/gstdio.h>
#include <string.h>

#define HEX   "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

typedef struct Place {
    char *folder, *path;
    LiveBook *book;
    LiveSecret *secret;
} Place;

static Place place_open(void)
{
    Place place = {.folder = g_dir_make_tmp("crosscut-book-XXXXXX", NULL)};
    place.path = g_build_filename(place.folder, "server.db", NULL);
    place.book = live_book_open(place.path, NULL);
    place.secret = live_secret_from_text(HEX, NULL);
    g_assert_nonnull(place.book);
    return place;
}

static void place_close(Place *place)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    live_book_close(place->book);
    live_secret_free(place->secret);
    for (gsize i = 0; i < G_N_ELEMENTS(endings); i++) {
        g_autofree char *path = g_strconcat(place->path, endings[i], NULL);
        g_unlink(path);
    }
    g_rmdir(place->folder);
    g_free(place->path);
    g_free(place->folder);
}

static void save(Place *place, const char *name, const char *key, gboolean wanted_new)
{
    gboolean is_new = !wanted_new;
    g_autoptr(GError) error = NULL;
    g_autoptr(LiveTarget) target =
        live_target_new(name, "rtmp://host.example/app", key, FALSE, NULL);
    g_assert_true(live_book_save(place->book, place->secret, target, &is_new, &error));
    g_assert_no_error(error);
    g_assert_cmpint(is_new, ==, wanted_new);
}

static void test_what_was_saved_is_found_and_replaced_and_removed(void)
{
    Place place = place_open();
    g_autoptr(GError) error = NULL;
    save(&place, "Two", "first-key", TRUE);
    save(&place, "One", "other-key", TRUE);
    save(&place, "Two", "second-key", FALSE);
    g_autoptr(GPtrArray) list = live_book_list(place.book, NULL);
    g_assert_cmpuint(list->len, ==, 2);
    g_assert_cmpstr(((LiveSaved *)list->pdata[0])->name, ==, "One");
    g_assert_cmpstr(((LiveSaved *)list->pdata[0])->address, ==, "rtmp://host.example/app");
    g_autoptr(LiveTarget) found = live_book_find(place.book, place.secret, "Two", FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(found->key, ==, "second-key");
    g_assert_true(live_book_remove(place.book, "Two", NULL));
    g_assert_false(live_book_remove(place.book, "Two", &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_GONE);
    g_clear_error(&error);
    g_assert_null(live_book_find(place.book, place.secret, "Two", FALSE, &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_GONE);
    place_close(&place);
}

static void test_no_key_stands_in_the_database(void)
{
    Place place = place_open();
    g_autofree char *wal = g_strconcat(place.path, "-wal", NULL);
    save(&place, "One", "hunter2-hunter2", TRUE);
    const char *const files[] = {place.path, wal};
    for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *bytes = NULL;
        gsize length;
        if (!g_file_get_contents(files[i], &bytes, &length, NULL))
            continue;
        g_assert_null(memmem(bytes, length, "hunter2", strlen("hunter2")));
    }
    place_close(&place);
}

static void test_another_secret_finds_no_key(void)
{
    Place place = place_open();
    g_autoptr(GError) error = NULL;
    save(&place, "One", "k", TRUE);
    g_autoptr(LiveSecret) other = live_secret_from_text(OTHER, NULL);
    g_assert_null(live_book_find(place.book, other, "One", FALSE, &error));
    g_assert_error(error, LIVE_ERROR, LIVE_ERROR_SEALED);
    place_close(&place);
}

static void test_shows_on_air_outlive_the_program(void)
{
    Place place = place_open();
    g_autoptr(GError) error = NULL;
    g_autoptr(LiveTarget) one =
        live_target_new("one", "rtmp://host.example/app", "k1", FALSE, NULL);
    g_autoptr(LiveTarget) two = live_target_new("two", "rtmp://127.0.0.1/app", "k2", TRUE, NULL);
    g_assert_true(live_book_begin(place.book, place.secret, "show", 1500, one, NULL));
    g_assert_true(live_book_begin(place.book, place.secret, "show", 1500, two, NULL));
    g_assert_true(live_book_begin(place.book, place.secret, "other", 0, one, NULL));
    live_book_close(place.book);
    place.book = live_book_open(place.path, NULL);
    g_assert_cmpint(live_book_count_runs(place.book, NULL), ==, 3);
    g_assert_true(live_book_end(place.book, "other", NULL));
    g_autoptr(GPtrArray) runs = live_book_runs(place.book, place.secret, FALSE, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(runs->len, ==, 2);
    const LiveRun *first = runs->pdata[0], *second = runs->pdata[1];
    g_assert_cmpstr(first->session, ==, "show");
    g_assert_cmpuint(first->delay_ms, ==, 1500);
    g_assert_cmpstr(first->target->key, ==, "k1");
    g_assert_null(second->target); /* not allowed any more */
    g_assert_nonnull(second->why);
    g_assert_true(live_book_end_one(place.book, "show", "one", NULL));
    g_assert_cmpint(live_book_count_runs(place.book, NULL), ==, 1);
    place_close(&place);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/live/book/what-was-saved-is-found-and-replaced-and-removed",
                    test_what_was_saved_is_found_and_replaced_and_removed);
    g_test_add_func("/s08/book/no-key-stands-in-the-database", test_no_key_stands_in_the_database);
    g_test_add_func("/s08/book/another-secret-finds-no-key", test_another_secret_finds_no_key);
    g_test_add_func("/live/book/shows-on-air-outlive-the-program",
                    test_shows_on_air_outlive_the_program);
    return g_test_run();
}
