/* Parts of a render that is not finished: kept, found again, and not believed when they are not what was
 * kept. */
#include "folders.h"

#include <store/attempt.h>
#include <store/parts.h>

#include <glib/gstdio.h>
#include <string.h>

typedef struct Fixture {
    char *above, *folder;
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->above = g_dir_make_tmp("crosscut-parts-XXXXXX", NULL);
    fixture->folder = g_build_filename(fixture->above, "parts", NULL);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    remove_tree(fixture->above);
    g_free(fixture->above);
    g_free(fixture->folder);
}

static StoreParts *open_parts(const Fixture *fixture)
{
    g_autoptr(GError) error = NULL;
    StoreParts *parts = store_parts_open(fixture->folder, &error);
    g_assert_no_error(error);
    return parts;
}

static void write_part(const Fixture *fixture, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static gboolean has(const Fixture *fixture, const char *name)
{
    g_autofree char *path = g_build_filename(fixture->folder, name, NULL);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void keep(const Fixture *fixture, StoreParts *parts, const char *name, const char *of)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *key = store_parts_key(of);
    write_part(fixture, name, of);
    StorePartNew made = {.name = name, .key = key, .facts = json_pack("{s:s}", "of", of)};
    store_parts_keep(parts, &made, NULL, &error);
    g_assert_no_error(error);
}

static const StorePart *look(StoreParts *parts, const char *name, const char *of)
{
    g_autofree char *key = store_parts_key(of);
    return store_parts_find(parts, name, key, NULL);
}

static void test_found_again(Fixture *fixture, gconstpointer data)
{
    (void)data;
    StoreParts *parts = open_parts(fixture);
    keep(fixture, parts, "a.mp4", "one");
    keep(fixture, parts, "b.mp4", "two");
    keep(fixture, parts, "a.mp4", "three"); /* instead */
    store_parts_free(parts);
    g_autoptr(StoreParts) again = open_parts(fixture);
    g_assert_cmpuint(store_parts_list(again)->len, ==, 2);
    const StorePart *part = look(again, "a.mp4", "three");
    g_assert_nonnull(part);
    g_assert_cmpint(part->bytes, ==, 5);
    g_assert_cmpstr(json_string_value(json_object_get(part->facts, "of")), ==, "three");
    g_assert_nonnull(look(again, "b.mp4", "two"));
}

static void test_of_something_else(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreParts) parts = open_parts(fixture);
    keep(fixture, parts, "a.mp4", "one");
    g_assert_null(look(parts, "a.mp4", "another"));
    g_assert_false(has(fixture, "a.mp4"));
    g_assert_null(look(parts, "a.mp4", "one"));
}

static void test_damaged(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreParts) parts = open_parts(fixture);
    static const char *const damage[] = {"onf", "on", "", "one and more"};
    for (gsize i = 0; i < G_N_ELEMENTS(damage); i++) {
        keep(fixture, parts, "a.mp4", "one");
        write_part(fixture, "a.mp4", damage[i]);
        g_assert_null(look(parts, "a.mp4", "one"));
        g_assert_false(has(fixture, "a.mp4"));
    }
    keep(fixture, parts, "a.mp4", "one");
    g_autofree char *path = store_parts_path(parts, "a.mp4");
    g_remove(path);
    g_assert_null(look(parts, "a.mp4", "one"));
}

static void test_unnamed_goes(Fixture *fixture, gconstpointer data)
{
    (void)data;
    StoreParts *parts = open_parts(fixture);
    keep(fixture, parts, "a.mp4", "one");
    store_parts_free(parts);
    write_part(fixture, ".b.mp4.part", "half");
    write_part(fixture, "c.mp4", "whole, but nobody said so");
    g_autoptr(StoreParts) again = open_parts(fixture);
    g_assert_true(has(fixture, "a.mp4"));
    g_assert_false(has(fixture, ".b.mp4.part"));
    g_assert_false(has(fixture, "c.mp4"));
}

static void test_broken_list(Fixture *fixture, gconstpointer data)
{
    (void)data;
    StoreParts *parts = open_parts(fixture);
    keep(fixture, parts, "a.mp4", "one");
    store_parts_free(parts);
    write_part(fixture, STORE_PARTS_LIST, "{\"version\":1,\"parts\":[{");
    g_autoptr(StoreParts) again = open_parts(fixture);
    g_assert_cmpuint(store_parts_list(again)->len, ==, 0);
    g_assert_false(has(fixture, "a.mp4"));
    keep(fixture, again, "a.mp4", "one");
    g_assert_nonnull(look(again, "a.mp4", "one"));
}

static void test_drop(Fixture *fixture, gconstpointer data)
{
    (void)data;
    StoreParts *parts = open_parts(fixture);
    keep(fixture, parts, "cam_1~0.mp4", "one");
    keep(fixture, parts, "cam_1.mp4", "all");
    keep(fixture, parts, "cam_10~0.mp4", "ten");
    g_assert_true(store_parts_drop(parts, "cam_1~", NULL));
    store_parts_free(parts);
    g_autoptr(StoreParts) again = open_parts(fixture);
    g_assert_cmpuint(store_parts_list(again)->len, ==, 2);
    g_assert_false(has(fixture, "cam_1~0.mp4"));
    g_assert_nonnull(look(again, "cam_10~0.mp4", "ten"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
    ADD("/store/parts/are-found-again", test_found_again);
    ADD("/store/parts/of-something-else-are-not-taken", test_of_something_else);
    ADD("/r11/store/parts/that-are-damaged-are-not-taken", test_damaged);
    ADD("/r11/store/parts/that-nobody-named-go", test_unnamed_goes);
    ADD("/r11/store/parts/a-broken-list-names-none", test_broken_list);
    ADD("/store/parts/go-when-they-are-in-a-whole", test_drop);
    return g_test_run();
}
