/* Blocks of a recording that go around the page cache: where they can, and where they cannot. */
#include <store/upload.h>

#include "faults.h"

enum { LENGTH = 1 << 20, BLOCK = 4096 };

typedef struct Fixture {
    char *folder, *path;
    StorePlace place;
    StoreWorkers *workers;
    StoreUploads *uploads;
    Faults faults;
    guint answers;
    guint8 *data; /* as it lies in the blocks of the file */
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUploadLimits limits = {.flight_bytes = 2 * LENGTH, .chunk_bytes = LENGTH};
    faults_init(&f->faults);
    f->folder = g_dir_make_tmp("crosscut-store-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "cam_1_iso.webm", NULL);
    f->place = open_place(f->folder, &f->faults.io);
    f->workers = store_workers_new("upload", 1, NULL);
    f->uploads = store_uploads_new(f->workers, &limits, NULL, NULL);
    f->data = g_aligned_alloc(LENGTH / BLOCK, BLOCK, BLOCK);
    for (gsize i = 0; i < LENGTH; i++)
        f->data[i] = (guint8)(i * 7 + i / 251);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    store_workers_free(f->workers);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    store_uploads_free(f->uploads);
    close(f->place.fd);
    remove_tree(f->folder);
    g_aligned_free(f->data);
    g_free(f->folder);
    g_free(f->path);
}

static void note_answer(const GError *error, gpointer data)
{
    Fixture *f = data;
    g_assert_no_error(error);
    f->answers++;
}

/* All of it, in chunks that end here; one more of them begins before the end of what is there. */
static void send_all(Fixture *f, const gsize *ends, guint count)
{
    g_autoptr(GError) error = NULL;
    StoreUploadOptions options = {
        .place = f->place, .name = "cam_1_iso.webm", .length_bytes = LENGTH};
    StoreUpload *upload = store_upload_open(f->uploads, &options, note_answer, f, &error);
    gsize begin = 0;
    g_assert_no_error(error);
    wait_until(&f->answers, f->answers + 1);
    for (guint i = 0; i < count; i++) {
        gsize again = MIN(begin, 1000);
        g_autoptr(GBytes) bytes =
            g_bytes_new_static(f->data + begin - again, ends[i] - begin + again);
        guint wanted = f->answers + 1;
        store_upload_append(upload, (gint64)(begin - again), bytes, NULL, note_answer, f, &error);
        g_assert_no_error(error);
        wait_until(&f->answers, wanted);
        begin = ends[i];
    }
    guint wanted = f->answers + 1;
    store_upload_finish(upload, NULL, note_answer, f);
    wait_until(&f->answers, wanted);
    store_upload_close(upload);
}

static void expect_all(const Fixture *f)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents(f->path, &text, &length, NULL));
    g_assert_cmpmem(text, length, f->data, LENGTH);
}

static const gsize odd[] = {300000, 300001, 400000, 700000 + BLOCK, LENGTH};
static const gsize whole_blocks[] = {64 * BLOCK, 128 * BLOCK, LENGTH};

static void test_arrive_whole(Fixture *f, gconstpointer data)
{
    (void)data;
    send_all(f, odd, G_N_ELEMENTS(odd));
    expect_all(f);
    g_assert_cmpint(f->faults.directs, >=, 1);
    g_remove(f->path);
    send_all(f, whole_blocks, G_N_ELEMENTS(whole_blocks));
    expect_all(f);
}

static void test_file_system_that_cannot(Fixture *f, gconstpointer data)
{
    (void)data;
    f->faults.refuses_direct = TRUE;
    send_all(f, odd, G_N_ELEMENTS(odd));
    expect_all(f);
    g_assert_cmpint(f->faults.directs, ==, 1); /* it is asked once */
}

static void test_file_system_that_says_so_late(Fixture *f, gconstpointer data)
{
    (void)data;
    f->faults.fails_direct = TRUE;
    send_all(f, odd, G_N_ELEMENTS(odd));
    expect_all(f);
    g_assert_cmpint(f->faults.directs, ==, 1);
}

/* Bytes that lie otherwise in memory than in the file, or are few. */
static void test_other_memory(Fixture *f, gconstpointer data)
{
    (void)data;
    const gsize drops[] = {1000, 20000, 60000};
    g_autoptr(GError) error = NULL;
    StoreUploadOptions options = {.place = f->place, .name = "cam_1_iso.webm", .length_bytes = -1};
    StoreUpload *upload = store_upload_open(f->uploads, &options, note_answer, f, &error);
    g_autoptr(GBytes) bytes = g_bytes_new_static(f->data + 1, LENGTH - 1);
    g_assert_true(store_upload_append(upload, 0, bytes, NULL, note_answer, f, &error));
    wait_until(&f->answers, 2);
    store_upload_close(upload);
    g_remove(f->path);
    f->answers = 0;
    upload = store_upload_open(f->uploads, &options, note_answer, f, &error);
    for (guint i = 0, begin = 0; i < G_N_ELEMENTS(drops); begin = (guint)drops[i++]) {
        g_autoptr(GBytes) few = g_bytes_new_static(f->data + begin, drops[i] - begin);
        g_assert_true(store_upload_append(upload, begin, few, NULL, note_answer, f, &error));
    }
    wait_until(&f->answers, 4);
    store_upload_close(upload);
    g_assert_cmpint(f->faults.directs, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) \
    g_test_add("/store/upload-write/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("blocks-arrive-whole-whatever-stands-around-them", test_arrive_whole);
    ADD("a-file-system-that-cannot-is-asked-once", test_file_system_that_cannot);
    ADD("nor-one-that-says-so-late", test_file_system_that_says_so_late);
    ADD("other-memory-and-drops-go-the-usual-way", test_other_memory);
    return g_test_run();
}
