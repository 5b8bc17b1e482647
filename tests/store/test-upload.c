/* Recordings that grow: what was acknowledged is there, once, byte for byte. */
#include <store/error.h>
#include <store/upload.h>

#include "faults.h"

enum { CHUNK = 1000, FLIGHT = 8 * CHUNK };

typedef struct Fixture {
    char *folder, *path;
    StorePlace place;
    StoreWorkers *workers;
    StoreUploads *uploads;
    StoreQuota quota;
    Faults faults;
    guint rooms;   /* signals of room */
    guint answers; /* callbacks */
    GError *error; /* of the last one */
    guint8 data[20 * CHUNK];
} Fixture;

static void note_room(gpointer data)
{
    Fixture *f = data;
    f->rooms++;
}

static void set_up(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUploadLimits limits = {.flight_bytes = FLIGHT, .chunk_bytes = 2 * CHUNK};
    faults_init(&f->faults);
    f->folder = g_dir_make_tmp("crosscut-store-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, "cam_1_iso.webm", NULL);
    f->place = open_place(f->folder, &f->faults.io);
    f->workers = store_workers_new("upload", 2, NULL);
    f->uploads = store_uploads_new(f->workers, &limits, note_room, f);
    f->quota = (StoreQuota){.max_bytes = sizeof f->data};
    for (gsize i = 0; i < sizeof f->data; i++)
        f->data[i] = (guint8)(i * 7 + i / 251);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    g_atomic_int_set(&f->faults.gate, 0);
    store_workers_free(f->workers);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    store_uploads_free(f->uploads);
    g_clear_error(&f->error);
    close(f->place.fd);
    remove_tree(f->folder);
    g_free(f->folder);
    g_free(f->path);
}

static void note_answer(const GError *error, gpointer data)
{
    Fixture *f = data;
    f->answers++;
    g_clear_error(&f->error);
    f->error = error != NULL ? g_error_copy(error) : NULL;
}

static StoreUpload *begin(Fixture *f, gint64 length, GError **error)
{
    StoreUploadOptions options = {
        .place = f->place, .name = "cam_1_iso.webm", .length_bytes = length, .quota = &f->quota};
    return store_upload_open(f->uploads, &options, note_answer, f, error);
}

static StoreUpload *open_well(Fixture *f, gint64 length)
{
    g_autoptr(GError) error = NULL;
    guint answers = f->answers;
    StoreUpload *upload = begin(f, length, &error);
    g_assert_no_error(error);
    wait_until(&f->answers, answers + 1);
    g_assert_no_error(f->error);
    return upload;
}

/* Lets go of it, and waits until nothing of it is under way. */
static void close_well(StoreUpload *upload)
{
    store_upload_close(upload);
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static gboolean append_sum(Fixture *f, StoreUpload *upload, gint64 offset, gsize length,
                           const StoreSum *sum, GError **error)
{
    g_autoptr(GBytes) bytes = g_bytes_new(f->data + offset, length);
    return store_upload_append(upload, offset, bytes, sum, note_answer, f, error);
}

static gboolean append(Fixture *f, StoreUpload *upload, gint64 offset, gsize length, GError **error)
{
    return append_sum(f, upload, offset, length, NULL, error);
}

static void append_well(Fixture *f, StoreUpload *upload, gint64 offset, gsize length)
{
    g_autoptr(GError) error = NULL;
    guint answers = f->answers;
    append(f, upload, offset, length, &error);
    g_assert_no_error(error);
    wait_until(&f->answers, answers + 1);
    g_assert_no_error(f->error);
}

static void finish(Fixture *f, StoreUpload *upload, const char *sha256)
{
    guint answers = f->answers;
    store_upload_finish(upload, sha256, note_answer, f);
    wait_until(&f->answers, answers + 1);
}

static void expect_content(Fixture *f, gsize length)
{
    g_autofree char *text = NULL;
    gsize found = 0;
    g_assert_true(g_file_get_contents(f->path, &text, &found, NULL));
    g_assert_cmpmem(text, found, f->data, length);
}

static void refuse(Fixture *f, StoreUpload *upload, gint64 offset, gsize length, int code)
{
    g_autoptr(GError) error = NULL;
    g_assert_false(append(f, upload, offset, length, &error));
    g_assert_error(error, STORE_ERROR, code);
    g_assert_nonnull(strstr(error->message, "cam_1_iso.webm: cannot append to it: "));
}

static void test_chunks_become_the_recording(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, f->data, 3 * CHUNK);
    StoreUpload *upload = open_well(f, 3 * CHUNK);
    for (gint64 i = 0; i < 3; i++)
        append_well(f, upload, i * CHUNK, CHUNK);
    g_assert_cmpint(store_upload_acknowledged_bytes(upload), ==, 3 * CHUNK);
    g_assert_null(store_upload_sha256(upload));
    finish(f, upload, sha256);
    g_assert_no_error(f->error);
    g_assert_true(store_upload_is_finished(upload));
    refuse(f, upload, 3 * CHUNK, 0, STORE_ERROR_FINISHED);
    close_well(upload);
    expect_content(f, 3 * CHUNK);
    g_assert_cmpint(f->quota.used_bytes, ==, 3 * CHUNK);
}

static void expect_sum(const StoreUpload *upload, const char *sha256)
{
    g_autofree char *found = store_upload_sha256(upload);
    g_assert_cmpstr(found, ==, sha256);
}

static void test_sum_is_made_when_asked_for(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, f->data, 2 * CHUNK);
    StoreUpload *kept = open_well(f, -1);
    store_upload_keep_sum(kept);
    append_well(f, kept, 0, CHUNK);
    append_well(f, kept, CHUNK / 2, CHUNK + CHUNK / 2); /* some of it again */
    expect_sum(kept, sha256);
    finish(f, kept, NULL);
    close_well(kept);
    StoreUpload *read = open_well(f, -1);
    finish(f, read, NULL); /* nobody says what it should be */
    expect_sum(read, NULL);
    guint answers = f->answers;
    store_upload_read_sum(read, note_answer, f);
    wait_until(&f->answers, answers + 1);
    g_assert_no_error(f->error);
    expect_sum(read, sha256);
    store_upload_terminate(read, NULL, NULL);
    store_upload_read_sum(read, note_answer, f);
    wait_until(&f->answers, answers + 2);
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_CLOSED);
    close_well(read);
}

static void test_many_chunks_share_a_sync(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    int syncs = g_atomic_int_get(&f->faults.syncs);
    g_atomic_int_set(&f->faults.gate, 1);
    for (gint64 i = 0; i < 8; i++)
        g_assert_true(append(f, upload, i * CHUNK, CHUNK, NULL));
    g_assert_cmpint(store_upload_acknowledged_bytes(upload), ==, 0);
    g_assert_cmpint(store_upload_end(upload), ==, 8 * CHUNK);
    g_atomic_int_set(&f->faults.gate, 0);
    wait_until(&f->answers, 9);
    g_assert_cmpint(g_atomic_int_get(&f->faults.syncs) - syncs, ==, 2);
    close_well(upload);
    expect_content(f, 8 * CHUNK);
}

static void test_goes_on_after_a_restart_with_the_same_sum(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, f->data, 2 * CHUNK);
    StoreUpload *upload = open_well(f, 2 * CHUNK);
    append_well(f, upload, 0, CHUNK);
    close_well(upload);
    upload = open_well(f, 2 * CHUNK);
    g_assert_cmpint(store_upload_acknowledged_bytes(upload), ==, CHUNK);
    append_well(f, upload, CHUNK, CHUNK);
    finish(f, upload, sha256);
    g_assert_no_error(f->error);
    expect_sum(upload, sha256);
    close_well(upload);
    /* And is known to be finished after another one. */
    upload = open_well(f, -1);
    g_assert_true(store_upload_is_finished(upload));
    refuse(f, upload, 2 * CHUNK, 1, STORE_ERROR_FINISHED);
    finish(f, upload, sha256);
    g_assert_no_error(f->error);
    close_well(upload);
    expect_content(f, 2 * CHUNK);
}

static void test_wrong_offset_is_refused_and_resend_is_not(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    append_well(f, upload, 0, CHUNK);
    refuse(f, upload, CHUNK + 1, 10, STORE_ERROR_OFFSET);
    append_well(f, upload, 0, CHUNK);         /* all of it again */
    append_well(f, upload, CHUNK / 2, CHUNK); /* half of it */
    g_assert_cmpint(store_upload_end(upload), ==, CHUNK + CHUNK / 2);
    f->data[3] ^= 1;
    g_assert_true(append(f, upload, 0, CHUNK, NULL));
    wait_until(&f->answers, 5);
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_OFFSET);
    f->data[3] ^= 1;
    close_well(upload);
    expect_content(f, CHUNK + CHUNK / 2);
    g_assert_cmpint(f->quota.used_bytes, ==, CHUNK + CHUNK / 2);
}

static StoreSum sum_of(const guint8 *bytes, gsize length, StoreSumKind kind)
{
    StoreSum sum = {.kind = kind};
    gsize size = sizeof sum.digest;
    g_autoptr(GChecksum) checksum =
        g_checksum_new(kind == STORE_SUM_SHA1 ? G_CHECKSUM_SHA1 : G_CHECKSUM_SHA256);
    g_checksum_update(checksum, bytes, (gssize)length);
    g_checksum_get_digest(checksum, sum.digest, &size);
    return sum;
}

static void test_chunk_with_a_wrong_sum_does_not_count(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    for (StoreSumKind kind = STORE_SUM_SHA1; kind <= STORE_SUM_SHA256; kind++) {
        gint64 end = store_upload_end(upload);
        StoreSum sum = sum_of(f->data + end, CHUNK, kind);
        guint answers = f->answers;
        sum.digest[19] ^= 1;
        g_assert_true(append_sum(f, upload, end, CHUNK, &sum, NULL));
        wait_until(&f->answers, answers + 1);
        g_assert_error(f->error, STORE_ERROR, STORE_ERROR_CHECKSUM);
        g_assert_cmpint(store_upload_end(upload), ==, end);
        sum.digest[19] ^= 1;
        g_assert_true(append_sum(f, upload, end, CHUNK, &sum, NULL));
        wait_until(&f->answers, answers + 2);
        g_assert_no_error(f->error);
    }
    close_well(upload);
    expect_content(f, 2 * CHUNK);
    g_assert_cmpint(f->quota.used_bytes, ==, 2 * CHUNK);
}

static void test_too_much_in_flight_waits_and_is_told(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    g_atomic_int_set(&f->faults.gate, 1);
    for (gint64 i = 0; i < 8; i++)
        g_assert_true(append(f, upload, i * CHUNK, CHUNK, NULL));
    refuse(f, upload, 8 * CHUNK, 1, STORE_ERROR_BUSY);
    g_assert_cmpuint(store_uploads_flight_bytes(f->uploads), ==, FLIGHT);
    g_assert_cmpuint(f->rooms, ==, 0);
    g_atomic_int_set(&f->faults.gate, 0);
    wait_until(&f->rooms, 1);
    wait_until(&f->answers, 9);
    g_assert_cmpuint(f->rooms, ==, 1);
    g_assert_cmpuint(store_uploads_flight_bytes(f->uploads), ==, 0);
    append_well(f, upload, 8 * CHUNK, CHUNK);
    store_uploads_set_waiting(f->uploads, TRUE);
    refuse(f, upload, 9 * CHUNK, 1, STORE_ERROR_BUSY);
    store_uploads_set_waiting(f->uploads, FALSE);
    g_assert_cmpuint(f->rooms, ==, 2);
    close_well(upload);
}

static void test_quota_and_lengths_are_kept(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    g_autoptr(GError) error = NULL;
    f->quota.max_bytes = 2 * CHUNK;
    refuse(f, upload, 0, 2 * CHUNK + 1, STORE_ERROR_TOO_LARGE);
    append_well(f, upload, 0, CHUNK);
    refuse(f, upload, CHUNK, CHUNK + 1, STORE_ERROR_QUOTA);
    append_well(f, upload, CHUNK, CHUNK);
    append_well(f, upload, CHUNK, CHUNK); /* a resend costs nothing */
    f->quota.max_bytes = 10 * CHUNK;
    g_assert_false(store_upload_declare(upload, CHUNK, &error));
    g_assert_true(store_upload_declare(upload, 3 * CHUNK, NULL));
    g_assert_false(store_upload_declare(upload, 4 * CHUNK, NULL));
    refuse(f, upload, 2 * CHUNK, CHUNK + 1, STORE_ERROR_TOO_LARGE);
    finish(f, upload, NULL);
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_OFFSET);
    append_well(f, upload, 2 * CHUNK, CHUNK);
    finish(f, upload, "0000");
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_DIFFERS);
    finish(f, upload, NULL);
    g_assert_no_error(f->error);
    close_well(upload);
}

static void test_termination_deletes_and_gives_back(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    append_well(f, upload, 0, CHUNK);
    store_upload_terminate(upload, note_answer, f);
    refuse(f, upload, CHUNK, 1, STORE_ERROR_CLOSED);
    wait_until(&f->answers, 3);
    g_assert_no_error(f->error);
    g_assert_false(g_file_test(f->path, G_FILE_TEST_EXISTS));
    g_assert_cmpint(f->quota.used_bytes, ==, 0);
    finish(f, upload, NULL);
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_CLOSED);
    close_well(upload);
}

static void test_close_answers_everything_once(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    g_atomic_int_set(&f->faults.gate, 1);
    for (gint64 i = 0; i < 5; i++)
        g_assert_true(append(f, upload, i * CHUNK, CHUNK, NULL));
    store_upload_close(upload);
    g_assert_cmpuint(f->answers, ==, 5); /* the opening and what had not begun */
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_CLOSED);
    g_atomic_int_set(&f->faults.gate, 0);
    wait_until(&f->answers, 6);
    g_assert_no_error(f->error);
    expect_content(f, CHUNK);
    g_assert_cmpint(f->quota.used_bytes, ==, CHUNK);
    g_assert_cmpuint(store_uploads_flight_bytes(f->uploads), ==, 0);
}

static void refuse_opening(Fixture *f, const char *name, int code)
{
    g_autoptr(GError) error = NULL;
    StoreUploadOptions options = {.place = f->place, .name = name, .length_bytes = -1};
    g_assert_null(store_upload_open(f->uploads, &options, note_answer, f, &error));
    g_assert_error(error, STORE_ERROR, code);
}

static void test_only_own_files_are_opened(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *other = g_build_filename(f->folder, "program.webm", NULL);
    g_autofree char *target = g_build_filename(f->folder, "target", NULL);
    refuse_opening(f, "../program.webm", STORE_ERROR_NAME);
    refuse_opening(f, "events.log", STORE_ERROR_NAME);
    refuse_opening(f, "", STORE_ERROR_NAME);
    refuse_opening(f, NULL, STORE_ERROR_NAME);
    g_assert_cmpint(symlink("target", other), ==, 0); /* dangling: must not be made either */
    refuse_opening(f, "program.webm", STORE_ERROR_NAME);
    g_assert_false(g_file_test(target, G_FILE_TEST_EXISTS));
    g_assert_true(g_file_set_contents(target, "x", 1, NULL));
    refuse_opening(f, "program.webm", STORE_ERROR_NAME);
    g_assert_cmpint(link(target, f->path), ==, 0);
    refuse_opening(f, "cam_1_iso.webm", STORE_ERROR_NAME);
    g_unlink(f->path);
    g_assert_cmpint(g_mkdir(f->path, 0755), ==, 0);
    refuse_opening(f, "cam_1_iso.webm", STORE_ERROR_FAILED);
    g_rmdir(f->path);
    g_assert_cmpint(mkfifo(f->path, 0666), ==, 0); /* would wait for a reader */
    refuse_opening(f, "cam_1_iso.webm", STORE_ERROR_NAME);
    g_unlink(f->path);
    StoreUpload *upload = open_well(f, -1);
    refuse_opening(f, "cam_1_iso.webm", STORE_ERROR_LOCKED);
    close_well(upload);
}

/* A client that does what it is told: goes on where the upload ends, opens it again when closed. */
static void upload_stubbornly(Fixture *f, gint64 length)
{
    StoreUpload *upload = NULL;
    gboolean is_finished = FALSE;
    for (int tries = 0; !is_finished && tries < 60; tries++) {
        guint wanted = f->answers + 1;
        gint64 end = upload != NULL ? store_upload_end(upload) : 0;
        if (upload == NULL) {
            upload = begin(f, length, NULL);
            if (upload == NULL)
                continue;
        } else if (end < length) {
            g_assert_true(append(f, upload, end, (gsize)MIN(CHUNK, length - end), NULL));
            gint64 next = store_upload_end(upload);
            wanted += append(f, upload, next, (gsize)MIN(CHUNK, length - next), NULL);
        } else {
            store_upload_finish(upload, NULL, note_answer, f);
        }
        wait_until(&f->answers, wanted);
        g_assert_cmpint(store_upload_acknowledged_bytes(upload), ==, store_upload_end(upload));
        is_finished = store_upload_is_finished(upload);
        if (f->error != NULL && !is_finished && tries % 3 == 0) {
            close_well(upload);
            upload = NULL;
        }
        if (f->error != NULL && upload != NULL && end == 0) { /* could not be opened */
            close_well(upload);
            upload = NULL;
        }
    }
    g_assert_true(is_finished);
    close_well(upload);
}

static void test_any_failing_call_leaves_the_recording_whole(Fixture *f, gconstpointer data)
{
    (void)data;
    static const FaultKind kinds[] = {FAULT_ANY, FAULT_WRITE, FAULT_SYNC, FAULT_TRUNCATE};
    for (int n = 1; n <= 20; n++)
        for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
            g_unlink(f->path);
            f->quota.used_bytes = 0;
            f->faults.is_half = n % 2 == 0;
            f->faults.truncates = n % 3 == 0;
            faults_arm(&f->faults, kinds[i], n, n % 2 == 0 ? ENOSPC : EIO);
            upload_stubbornly(f, 8 * CHUNK);
            faults_disarm(&f->faults);
            expect_content(f, 8 * CHUNK);
            g_assert_cmpuint(store_uploads_flight_bytes(f->uploads), ==, 0);
        }
}

static void test_full_disk_fails_what_follows_and_goes_on_later(Fixture *f, gconstpointer data)
{
    (void)data;
    StoreUpload *upload = open_well(f, -1);
    append_well(f, upload, 0, CHUNK);
    g_atomic_int_set(&f->faults.gate, 1);
    g_assert_true(append(f, upload, CHUNK, CHUNK, NULL));
    f->faults.is_half = TRUE;
    while (store_uploads_flight_bytes(f->uploads) == 0)
        g_usleep(100);
    for (gint64 i = 2; i < 6; i++)
        g_assert_true(append(f, upload, i * CHUNK, CHUNK, NULL));
    g_usleep(20000); /* the first one is written and waits for its sync */
    faults_arm(&f->faults, FAULT_WRITE, 2, ENOSPC);
    g_atomic_int_set(&f->faults.gate, 0);
    wait_until(&f->answers, 7);
    faults_disarm(&f->faults);
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_OFFSET);
    gint64 end = store_upload_end(upload);
    g_assert_cmpint(end, ==, 3 * CHUNK);
    g_assert_cmpint(f->quota.used_bytes, ==, end);
    expect_content(f, (gsize)end);
    append_well(f, upload, end, CHUNK);
    close_well(upload);
    expect_content(f, 4 * CHUNK);
}

/* Three slices of reading, and other uploads in between. */
static void test_long_recording_is_read_again_to_finish(Fixture *f, gconstpointer data)
{
    (void)data;
    gint64 length = (gint64)130 << 20;
    g_autofree guint8 *zeros = g_malloc0((gsize)length);
    g_autofree char *sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, zeros, (gsize)length);
    g_assert_true(g_file_set_contents(f->path, "", 0, NULL));
    g_assert_cmpint(truncate(f->path, length), ==, 0);
    StoreUpload *upload = open_well(f, length);
    g_assert_null(store_upload_sha256(upload));
    store_upload_finish(upload, sha256, note_answer, f);
    store_upload_close(upload); /* gives it up */
    wait_until(&f->answers, 2);
    g_assert_error(f->error, STORE_ERROR, STORE_ERROR_CLOSED);
    upload = open_well(f, length);
    g_assert_false(store_upload_is_finished(upload));
    finish(f, upload, sha256);
    g_assert_no_error(f->error);
    close_well(upload);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/store/upload/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("chunks-become-the-recording", test_chunks_become_the_recording);
    ADD("sum-is-made-when-asked-for", test_sum_is_made_when_asked_for);
    ADD("many-chunks-share-a-sync", test_many_chunks_share_a_sync);
    ADD("r01/goes-on-after-a-restart-with-the-same-sum",
        test_goes_on_after_a_restart_with_the_same_sum);
    ADD("r01/long-recording-is-read-again-to-finish", test_long_recording_is_read_again_to_finish);
    ADD("wrong-offset-is-refused-and-resend-is-not",
        test_wrong_offset_is_refused_and_resend_is_not);
    ADD("chunk-with-a-wrong-sum-does-not-count", test_chunk_with_a_wrong_sum_does_not_count);
    ADD("s03/too-much-in-flight-waits-and-is-told", test_too_much_in_flight_waits_and_is_told);
    ADD("s03/quota-and-lengths-are-kept", test_quota_and_lengths_are_kept);
    ADD("termination-deletes-and-gives-back", test_termination_deletes_and_gives_back);
    ADD("close-answers-everything-once", test_close_answers_everything_once);
    ADD("s01/only-own-files-are-opened", test_only_own_files_are_opened);
    ADD("r04/any-failing-call-leaves-the-recording-whole",
        test_any_failing_call_leaves_the_recording_whole);
    ADD("r05/full-disk-fails-what-follows-and-goes-on-later",
        test_full_disk_fails_what_follows_and_goes_on_later);
    return g_test_run();
}
