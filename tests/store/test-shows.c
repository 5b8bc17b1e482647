/* The storage: one server, its shows, their end, and the room on the disk. */
#include <store/error.h>
#include <store/folder.h>
#include <store/names.h>
#include <store/shows.h>
#include <store/whole.h>

#include "faults.h"

#include <unistd.h>

#define ID "01234567-89ab-cdef-0123-456789abcdef"

typedef struct Fixture {
    char *top, *root;
    Faults faults;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void)data;
    faults_init(&f->faults);
    f->top = g_dir_make_tmp("crosscut-store-XXXXXX", NULL);
    f->root = g_build_filename(f->top, "deep", "storage", NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    remove_tree(f->top);
    g_free(f->top);
    g_free(f->root);
}

static StoreShows *begin(Fixture *f, gint64 reserve_bytes, gint64 low_bytes, GError **error)
{
    StoreShowsOptions options = {.path = f->root,
                                 .reserve_bytes = reserve_bytes,
                                 .low_bytes = low_bytes,
                                 .io = &f->faults.io};
    return store_shows_open(&options, error);
}

static StoreShows *open_well(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    StoreShows *shows = begin(f, 0, 0, &error);
    g_assert_no_error(error);
    return shows;
}

static char *create_show(StoreShows *shows)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreShow) show = store_shows_create(shows, &error);
    g_assert_no_error(error);
    return g_strdup(store_show_id(show));
}

static char *path_in(Fixture *f, const char *part, const char *id, const char *name)
{
    return g_build_filename(f->root, part, id, name, NULL);
}

static void put(Fixture *f, const char *id, const char *name, const char *text)
{
    g_autofree char *path = path_in(f, "sessions", id, name);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static gboolean holds(Fixture *f, const char *part, const char *id, const char *name)
{
    g_autofree char *path = path_in(f, part, id, name);
    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void expect_count(StoreShows *shows, guint count)
{
    g_autoptr(GPtrArray) ids = store_shows_list(shows, NULL);
    g_assert_cmpuint(ids->len, ==, count);
}

static void test_second_server_is_refused_and_told_whose_it_is(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autofree char *whose = g_strdup_printf("(process %d)", (int)getpid());
    StoreShows *shows = open_well(f);
    g_assert_null(begin(f, 0, 0, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_LOCKED);
    g_assert_nonnull(strstr(error->message, whose));
    store_shows_close(shows);
    store_shows_close(open_well(f)); /* a file that was left over locks nobody out */
}

static void test_shows_are_made_listed_and_found(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *a = create_show(shows);
    g_autofree char *b = create_show(shows);
    g_assert_cmpstr(a, !=, b);
    expect_count(shows, 2);
    g_autoptr(StoreShow) show = store_shows_find(shows, a, NULL);
    g_assert_nonnull(show);
    g_assert_cmpstr(store_show_id(show), ==, a);
    g_assert_true(g_str_has_suffix(store_show_place(show)->path, a));
}

static void refuse(StoreShows *shows, const char *id, int code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(store_shows_find(shows, id, &error));
    g_assert_error(error, STORE_ERROR, code);
    g_clear_error(&error);
    if (code == STORE_ERROR_NAME)
        g_assert_false(store_shows_trash(shows, id, 1, &error));
}

static void test_what_is_no_id_or_a_link_is_refused(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *path = path_in(f, "sessions", ID, NULL);
    refuse(shows, "..", STORE_ERROR_NAME);
    refuse(shows, "", STORE_ERROR_NAME);
    refuse(shows, NULL, STORE_ERROR_NAME);
    refuse(shows, ID "/../x", STORE_ERROR_NAME);
    refuse(shows, "01234567-89AB-CDEF-0123-456789ABCDEF", STORE_ERROR_NAME);
    refuse(shows, ID, STORE_ERROR_GONE);
    g_assert_cmpint(symlink(f->top, path), ==, 0);
    refuse(shows, ID, STORE_ERROR_FAILED);
    expect_count(shows, 0);
}

static void test_trash_keeps_for_its_grace_and_gives_back(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *id = create_show(shows);
    g_autofree char *first = g_strdup_printf("%s.1000", id);
    g_autoptr(GError) error = NULL;
    guint deleted = 9;
    put(f, id, "a.txt", "a");
    g_assert_true(store_shows_trash(shows, id, 1000, &error));
    expect_count(shows, 0);
    g_assert_true(holds(f, "trash", first, "a.txt"));
    g_assert_true(store_shows_empty_trash(shows, 1099, 100, &deleted, &error));
    g_assert_cmpuint(deleted, ==, 0);
    g_assert_true(store_shows_restore(shows, id, &error));
    g_assert_true(holds(f, "sessions", id, "a.txt"));
    g_assert_true(store_shows_trash(shows, id, 1000, &error));
    g_assert_true(store_shows_empty_trash(shows, 1100, 100, &deleted, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(deleted, ==, 1);
    g_assert_false(holds(f, "trash", first, NULL));
    g_assert_false(store_shows_restore(shows, id, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_GONE);
}

static void test_emptying_follows_no_link_and_leaves_strangers(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *id = create_show(shows);
    g_autofree char *mine = g_build_filename(f->top, "mine", NULL);
    g_autofree char *kept = g_build_filename(mine, "kept.txt", NULL);
    g_autofree char *link = path_in(f, "sessions", id, "link");
    g_autofree char *deep = path_in(f, "sessions", id, "cuts");
    g_autofree char *stranger = path_in(f, "trash", "notes", NULL);
    g_assert_cmpint(g_mkdir(mine, 0755) | g_mkdir(deep, 0755) | g_mkdir(stranger, 0755), ==, 0);
    g_assert_true(g_file_set_contents(kept, "x", 1, NULL));
    g_assert_cmpint(symlink(mine, link), ==, 0);
    put(f, id, "cuts/a.txt", "a");
    g_assert_true(store_shows_trash(shows, id, 0, NULL));
    guint deleted;
    g_assert_true(store_shows_empty_trash(shows, 1, 0, &deleted, NULL));
    g_assert_cmpuint(deleted, ==, 1);
    g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(stranger, G_FILE_TEST_EXISTS));
}

/* Retention */

#define START "2026-01-01T00:00:00Z"
enum { START_S = 1767225600, DAY_S = 86400 };

static void list_file(Fixture *f, ShowManifest *manifest, const char *name, const char *kind)
{
    ShowFile *file = show_file_new(name, kind);
    file->bytes = 3;
    put(f, manifest->id, name, "abc");
    show_manifest_take_file(manifest, file);
}

static char *make_show(Fixture *f, StoreShows *shows, ShowState state)
{
    char *id = create_show(shows);
    g_autofree char *path = path_in(f, "sessions", id, NULL);
    g_autoptr(ShowManifest) manifest = show_manifest_new();
    g_autoptr(GError) error = NULL;
    g_free(manifest->id);
    g_free(manifest->started_at);
    manifest->id = g_strdup(id);
    manifest->started_at = g_strdup(START);
    manifest->state = state;
    list_file(f, manifest, "cam_1_iso.webm", "iso");
    list_file(f, manifest, "cam_2_iso.webm", "iso");
    list_file(f, manifest, "program.mp4", "program");
    list_file(f, manifest, "events.log", "log");
    put(f, id, "cam_1_iso.webm.index", "x");
    put(f, id, "cam_3_iso.webm", "unlisted");
    g_assert_true(store_folder_write_manifest(path, manifest, &error));
    g_assert_no_error(error);
    return id;
}

static const StoreRule rules[] = {
    {"iso", 30 * DAY_S}, {"iso", 10 * DAY_S}, {"log", 1}, {"show", 365 * DAY_S}};

static void sweep(StoreShows *shows, int days, guint files, guint trashed)
{
    g_autoptr(GError) error = NULL;
    StoreSwept swept;
    gint64 now_s = START_S + (gint64)days * DAY_S;
    g_assert_true(
        store_shows_sweep(shows, rules, G_N_ELEMENTS(rules), now_s, NULL, &swept, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(swept.files, ==, files);
    g_assert_cmpuint(swept.shows, ==, trashed);
    g_assert_cmpint(swept.bytes, ==, 3 * (gint64)files);
}

static void test_sweep_takes_what_is_due_and_nothing_else(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *done = make_show(f, shows, SHOW_STATE_COMPLETE);
    g_autofree char *running = make_show(f, shows, SHOW_STATE_RECORDING);
    g_autofree char *stopping = make_show(f, shows, SHOW_STATE_STOPPING);
    g_autofree char *beginning = create_show(shows);
    sweep(shows, 29, 0, 0);
    sweep(shows, 30, 2, 0);
    sweep(shows, 31, 0, 0);
    g_assert_false(holds(f, "sessions", done, "cam_1_iso.webm"));
    g_assert_false(holds(f, "sessions", done, "cam_1_iso.webm.index"));
    g_assert_true(holds(f, "sessions", done, "program.mp4"));
    g_assert_true(holds(f, "sessions", done, "events.log"));
    g_assert_true(holds(f, "sessions", done, "cam_3_iso.webm")); /* unlisted */
    g_assert_true(holds(f, "sessions", running, "cam_1_iso.webm"));
    g_assert_true(holds(f, "sessions", stopping, "cam_1_iso.webm"));
    g_autofree char *path = path_in(f, "sessions", done, NULL);
    g_autoptr(GPtrArray) verdicts = store_folder_verify(path, NULL, NULL);
    g_assert_cmpuint(verdicts->len, ==, 2); /* the manifest names what is left */
    for (guint i = 0; i < verdicts->len; i++)
        g_assert_true(((StoreVerdict *)verdicts->pdata[i])->good);
    sweep(shows, 365, 0, 1);
    expect_count(shows, 3);
}

/* Has one camera's file, and only that. */
static gboolean has_first(const char *id, const ShowFile *file, gpointer data)
{
    g_assert_true(store_id_is_valid(id));
    ++*(guint *)data;
    return strcmp(file->name, "cam_1_iso.webm") == 0;
}

static void test_what_is_nowhere_else_stays(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *id = make_show(f, shows, SHOW_STATE_COMPLETE);
    g_autoptr(GError) error = NULL;
    guint asked = 0;
    const StoreElsewhere mirror = {"mirror", has_first, &asked};
    for (guint times = 1; times <= 2; times++) {
        StoreSwept swept;
        g_assert_true(store_shows_sweep(shows, rules, G_N_ELEMENTS(rules), START_S + 40 * DAY_S,
                                        &mirror, &swept, &error));
        g_assert_no_error(error);
        g_assert_cmpuint(swept.files, ==, times == 1 ? 1 : 0);
        g_assert_cmpuint(asked, ==, times == 1 ? 2 : 3); /* of what is gone nobody asks */
    }
    g_assert_false(holds(f, "sessions", id, "cam_1_iso.webm"));
    g_assert_true(holds(f, "sessions", id, "cam_2_iso.webm"));
    g_autofree char *path = path_in(f, "sessions", id, NULL);
    g_autoptr(ShowManifest) manifest = store_folder_manifest(path, &error);
    g_assert_true(store_file_is_elsewhere(show_manifest_find(manifest, "cam_1_iso.webm")));
    g_assert_false(store_file_is_elsewhere(show_manifest_find(manifest, "cam_2_iso.webm")));
    g_autoptr(GPtrArray) verdicts = store_folder_verify(path, NULL, NULL);
    g_assert_cmpuint(verdicts->len, ==, 4);
    for (guint i = 0; i < verdicts->len; i++) {
        const StoreVerdict *verdict = verdicts->pdata[i];
        g_assert_true(verdict->good);
        gboolean is_away = strcmp(verdict->name, "cam_1_iso.webm") == 0;
        g_assert_cmpstr(verdict->elsewhere, ==, is_away ? "mirror" : NULL);
    }
}

static void test_unreadable_show_is_said_and_left(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *bad = make_show(f, shows, SHOW_STATE_COMPLETE);
    g_autofree char *good = make_show(f, shows, SHOW_STATE_COMPLETE);
    g_autoptr(GError) error = NULL;
    StoreSwept swept;
    put(f, bad, "manifest.json", "{");
    g_assert_false(store_shows_sweep(shows, rules, G_N_ELEMENTS(rules), START_S + 40 * DAY_S, NULL,
                                     &swept, &error));
    g_assert_nonnull(strstr(error->message, bad));
    g_assert_cmpuint(swept.files, ==, 2);
    g_assert_true(holds(f, "sessions", bad, "cam_1_iso.webm"));
    g_assert_false(holds(f, "sessions", good, "cam_1_iso.webm"));
}

/* Room */

static void test_reserve_is_kept_given_and_filled_again(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreShows) shows = begin(f, 4 << 20, 1 << 20, &error);
    g_autofree char *path = g_build_filename(f->root, "reserve", NULL);
    struct stat status;
    g_assert_no_error(error);
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_size, ==, 4 << 20);
    g_assert_cmpint((gint64)status.st_blocks * 512, >=, 4 << 20); /* real blocks */
    g_assert_true(store_shows_has_room(shows));
    f->faults.free_blocks = 0;
    g_assert_false(store_shows_has_room(shows));
    for (int left = 3; left >= 0; left--) {
        g_assert_true(store_shows_make_room(shows));
        g_assert_cmpint(store_shows_reserve_bytes(shows), ==, left << 20);
    }
    g_assert_false(store_shows_make_room(shows));
    g_assert_false(store_shows_has_room(shows));
    g_assert_cmpint(store_shows_reserve_bytes(shows), ==, 0);
    f->faults.free_blocks = -1;
    g_assert_true(store_shows_has_room(shows));
    g_assert_cmpint(store_shows_reserve_bytes(shows), ==, 4 << 20);
}

static void test_room_does_not_flutter(Fixture *f, gconstpointer data)
{
    (void)data;
    struct statvfs space;
    g_assert_cmpint(statvfs(f->top, &space), ==, 0);
    g_autoptr(StoreShows) shows = begin(f, 0, 1000 * (gint64)space.f_frsize, NULL);
    static const struct {
        gint free_blocks;
        gboolean has_room;
    } steps[] = {{1000, TRUE},  {999, FALSE}, {1000, FALSE},
                 {1099, FALSE}, {1100, TRUE}, {1000, TRUE}};
    for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
        f->faults.free_blocks = steps[i].free_blocks;
        g_assert_cmpint(store_shows_has_room(shows), ==, steps[i].has_room);
    }
}

/* Opening, a show, its trash: with the n-th call failing, then again without. */
static gboolean live_through(Fixture *f)
{
    g_autoptr(StoreShows) shows = begin(f, 0, 0, NULL);
    if (shows == NULL)
        return FALSE;
    g_autoptr(StoreShow) show = store_shows_create(shows, NULL);
    if (show == NULL) {
        expect_count(shows, 0);
        return FALSE;
    }
    put(f, store_show_id(show), "a.txt", "a");
    return store_shows_trash(shows, store_show_id(show), 10, NULL) &&
           store_shows_restore(shows, store_show_id(show), NULL) &&
           store_shows_trash(shows, store_show_id(show), 20, NULL) &&
           store_shows_empty_trash(shows, 30, 10, NULL, NULL);
}

static void test_any_failing_call_leaves_no_half_show(Fixture *f, gconstpointer data)
{
    (void)data;
    int n = 0;
    gboolean good = FALSE;
    while (!good && n < 100) {
        n++;
        faults_arm(&f->faults, FAULT_ANY, n, n % 2 == 0 ? ENOSPC : EIO);
        good = live_through(f);
        faults_disarm(&f->faults);
        g_assert_true(live_through(f));
        remove_tree(f->root);
    }
    g_assert_cmpint(n, >, 10);
    g_assert_true(good);
}

static void test_cuts_are_listed_and_opened(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreShows) shows = open_well(f);
    g_autofree char *id = create_show(shows);
    g_autoptr(StoreShow) show = store_shows_find(shows, id, NULL);
    g_autoptr(GPtrArray) none = store_show_cuts(show, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(none->len, ==, 0);
    static const char *const folders[] = {"cuts/calm", "cuts/.crosscut.part", "cuts/b", "cuts/a b"};
    for (gsize i = 0; i < G_N_ELEMENTS(folders); i++) {
        g_autofree char *path = path_in(f, "sessions", id, folders[i]);
        g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
    }
    put(f, id, "cuts/calm/shots.json", "{}");
    put(f, id, "cuts/file", "no cut");
    g_autofree char *link = path_in(f, "sessions", id, "cuts/link");
    g_assert_cmpint(symlink("calm", link), ==, 0);
    g_autoptr(GPtrArray) cuts = store_show_cuts(show, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(cuts->len, ==, 2);
    g_assert_cmpstr(cuts->pdata[0], ==, "b");
    g_assert_cmpstr(cuts->pdata[1], ==, "calm");
    g_autoptr(StoreShow) calm = store_show_open_cut(show, "calm", &error);
    g_assert_no_error(error);
    g_assert_cmpstr(store_show_id(calm), ==, id);
    g_autoptr(GPtrArray) names = store_show_names(calm, &error);
    g_assert_cmpuint(names->len, ==, 1);
    g_assert_cmpstr(names->pdata[0], ==, "shots.json");
    static const char *const wrong[] = {"..", ".", "", "a/b", "link", "file", "none", "../calm"};
    for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_null(store_show_open_cut(show, wrong[i], NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/store/shows/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("second-server-is-refused-and-told-whose-it-is",
        test_second_server_is_refused_and_told_whose_it_is);
    ADD("shows-are-made-listed-and-found", test_shows_are_made_listed_and_found);
    ADD("s01/what-is-no-id-or-a-link-is-refused", test_what_is_no_id_or_a_link_is_refused);
    ADD("trash-keeps-for-its-grace-and-gives-back", test_trash_keeps_for_its_grace_and_gives_back);
    ADD("s01/emptying-follows-no-link-and-leaves-strangers",
        test_emptying_follows_no_link_and_leaves_strangers);
    ADD("sweep-takes-what-is-due-and-nothing-else", test_sweep_takes_what_is_due_and_nothing_else);
    ADD("r05/what-is-nowhere-else-stays", test_what_is_nowhere_else_stays);
    ADD("unreadable-show-is-said-and-left", test_unreadable_show_is_said_and_left);
    ADD("s01/cuts-are-listed-and-opened-and-nothing-else", test_cuts_are_listed_and_opened);
    ADD("r05/reserve-is-kept-given-and-filled-again", test_reserve_is_kept_given_and_filled_again);
    ADD("r05/room-does-not-flutter", test_room_does_not_flutter);
    ADD("r04/any-failing-call-leaves-no-half-show", test_any_failing_call_leaves_no_half_show);
    return g_test_run();
}
