/* The log of a running show: nothing lost that was answered, nothing twice. */
#include <store/error.h>
#include <store/journal.h>

#include <show/error.h>
#include <show/limits.h>

#include "faults.h"

#include <signal.h>
#include <sys/resource.h>

typedef struct Fixture {
    char *folder, *path;
    StorePlace place;
    StoreWorkers *workers;
    Faults faults;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
    (void)data;
    faults_init(&f->faults);
    f->folder = g_dir_make_tmp("crosscut-store-XXXXXX", NULL);
    f->path = g_build_filename(f->folder, STORE_JOURNAL, NULL);
    f->place = open_place(f->folder, &f->faults.io);
    f->workers = store_workers_new("journal", 1, NULL);
}

static void tear_down(Fixture *f, gconstpointer data)
{
    (void)data;
    store_workers_free(f->workers);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    close(f->place.fd);
    remove_tree(f->folder);
    g_free(f->folder);
    g_free(f->path);
}

/* What a log holds: the t of each event. */
static gboolean note_event(const ShowEvent *event, gpointer data, GError **error)
{
    (void)error;
    g_array_append_val(data, event->t_ms);
    return TRUE;
}

static StoreJournal *open_journal(Fixture *f, GArray *times, StoreJournalEnd *end, GError **error)
{
    StoreJournalOptions options = {.place = f->place, .workers = f->workers};
    if (times != NULL) {
        options.each = note_event;
        options.data = times;
    }
    return store_journal_open(&options, end, error);
}

static StoreJournal *open_well(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    StoreJournal *journal = open_journal(f, NULL, NULL, &error);
    g_assert_no_error(error);
    return journal;
}

static void write_log(Fixture *f, const char *text, gssize length)
{
    g_assert_true(g_file_set_contents(f->path, text, length, NULL));
}

static void expect_text(Fixture *f, const char *expected)
{
    g_autofree char *text = NULL;
    g_assert_true(g_file_get_contents(f->path, &text, NULL, NULL));
    g_assert_cmpstr(text, ==, expected);
}

/* The log holds exactly these times, in this order. */
static void expect_times(Fixture *f, const GArray *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_autoptr(StoreJournal) journal = open_journal(f, times, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpmem(times->data, times->len * sizeof(gint64), expected->data,
                    expected->len * sizeof(gint64));
}

/* Lines that note their answers */

typedef struct Answers {
    guint count, good;
    GArray *times; /* those that are on disk, in the order of their answers */
    GPtrArray *errors;
} Answers;

typedef struct Sent {
    Answers *answers;
    gint64 t_ms;
} Sent;

static void note_answer(const GError *error, gpointer data)
{
    g_autofree Sent *sent = data;
    sent->answers->count++;
    if (error == NULL) {
        sent->answers->good++;
        g_array_append_val(sent->answers->times, sent->t_ms);
    } else {
        g_ptr_array_add(sent->answers->errors, g_error_copy(error));
    }
}

static void answers_init(Answers *answers)
{
    *answers = (Answers){.times = g_array_new(FALSE, FALSE, sizeof(gint64)),
                         .errors = g_ptr_array_new_with_free_func((GDestroyNotify)g_error_free)};
}

static void answers_clear(Answers *answers)
{
    g_array_unref(answers->times);
    g_ptr_array_unref(answers->errors);
}

static gboolean send(StoreJournal *journal, Answers *answers, gint64 t_ms, GError **error)
{
    g_autofree char *line =
        g_strdup_printf("{\"t\":%" G_GINT64_FORMAT ",\"type\":\"marker\"}", t_ms);
    Sent *sent = g_new(Sent, 1);
    *sent = (Sent){answers, t_ms};
    gboolean good = store_journal_append(journal, line, strlen(line), note_answer, sent, error);
    if (!good)
        g_free(sent);
    return good;
}

static void test_line_is_there_at_once_and_answered_later(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    StoreJournal *journal = open_well(f);
    g_assert_true(send(journal, &answers, 7, NULL));
    g_assert_cmpuint(answers.count, ==, 0);
    expect_text(f, "{\"t\":7,\"type\":\"marker\"}\n");
    wait_until(&answers.count, 1);
    g_assert_cmpuint(answers.good, ==, 1);
    g_assert_cmpint(store_journal_synced_bytes(journal), ==, store_journal_bytes(journal));
    store_journal_close(journal);
    expect_times(f, answers.times);
    answers_clear(&answers);
}

static void note_sync(gint64 us, gpointer data)
{
    g_assert_cmpint(us, >=, 0);
    ++*(guint64 *)data;
}

static void test_how_long_each_sync_took_is_told(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    guint64 told = 0;
    Answers answers;
    answers_init(&answers);
    StoreJournalOptions options = {
        .place = f->place, .workers = f->workers, .synced = note_sync, .synced_data = &told};
    StoreJournal *journal = store_journal_open(&options, NULL, &error);
    g_assert_no_error(error);
    for (guint i = 1; i <= 3; i++) {
        g_assert_true(send(journal, &answers, i, NULL));
        wait_until(&answers.count, i);
    }
    g_assert_cmpuint(told, >=, 3);
    g_assert_cmpuint(told, ==, store_journal_syncs(journal));
    store_journal_close(journal);
    answers_clear(&answers);
}

static void test_many_lines_share_a_sync_and_keep_their_order(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    StoreJournal *journal = open_well(f);
    g_atomic_int_set(&f->faults.gate, 1);
    for (gint64 t = 0; t < 1000; t++)
        g_assert_true(send(journal, &answers, t, NULL));
    g_atomic_int_set(&f->faults.gate, 0);
    wait_until(&answers.count, 1000);
    /* One for what was there when the worker began, one for all that came while it was under way. */
    g_assert_cmpuint(store_journal_syncs(journal), >=, 1);
    g_assert_cmpuint(store_journal_syncs(journal), <=, 2);
    for (gint64 t = 0; t < 1000; t++)
        g_assert_cmpint(g_array_index(answers.times, gint64, t), ==, t);
    store_journal_close(journal);
    expect_times(f, answers.times);
    answers_clear(&answers);
}

static void test_close_syncs_and_answers_what_is_left(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    StoreJournal *journal = open_well(f);
    for (gint64 t = 0; t < 10; t++)
        g_assert_true(send(journal, &answers, t, NULL));
    store_journal_close(journal);
    g_assert_cmpuint(answers.good, ==, 10);
    expect_times(f, answers.times);
    answers_clear(&answers);
}

/* Behind a sync for many, the next one waits a little: for whoever comes meanwhile, and for a close. */
static void test_what_follows_a_crowd_is_answered_too(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    StoreJournal *journal = open_well(f);
    for (gint64 t = 0; t < 100; t++)
        g_assert_true(send(journal, &answers, t, NULL));
    wait_until(&answers.count, 100);
    for (gint64 t = 100; t < 120; t++) {
        g_assert_true(send(journal, &answers, t, NULL));
        wait_until(&answers.count, (guint)t + 1);
    }
    for (gint64 t = 120; t < 200; t++)
        g_assert_true(send(journal, &answers, t, NULL));
    wait_until(&answers.count, 200);
    g_assert_true(send(journal, &answers, 200, NULL));
    store_journal_close(journal);
    g_assert_cmpuint(answers.good, ==, 201);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    expect_times(f, answers.times);
    answers_clear(&answers);
}

#define TWO_LINES                     \
    "{\"t\":1,\"type\":\"marker\"}\n" \
    "{\"t\":2,\"type\":\"marker\"}\n"

/* A process killed, or a machine without power, at each byte of the last line. */
static void test_last_line_torn_at_any_byte(Fixture *f, gconstpointer data)
{
    (void)data;
    static const char last[] = "{\"t\":3,\"type\":\"speaking_start\",\"source\":\"cam_1\"}";
    for (gsize length = 0; length <= strlen(last); length++) {
        g_autofree char *text = g_strdup_printf(TWO_LINES "%.*s", (int)length, last);
        g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
        g_autoptr(GError) error = NULL;
        StoreJournalEnd end;
        gboolean whole = length == strlen(last);
        write_log(f, text, -1);
        g_autoptr(StoreJournal) journal = open_journal(f, times, &end, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(times->len, ==, whole ? 3 : 2);
        g_assert_cmpint(end.torn_bytes, ==, whole ? 0 : (gint64)length);
        g_assert_cmpint(end.lacks_newline, ==, whole);
        g_assert_true(
            store_journal_append(journal, "{\"t\":4,\"type\":\"marker\"}", 23, NULL, NULL, &error));
        g_autofree char *expected = g_strdup_printf(TWO_LINES "%s%s{\"t\":4,\"type\":\"marker\"}\n",
                                                    whole ? last : "", whole ? "\n" : "");
        expect_text(f, expected);
    }
}

static void test_hole_of_a_power_cut_ends_the_log(Fixture *f, gconstpointer data)
{
    (void)data;
    static const char text[] = TWO_LINES "{\"t\":3,\0\0\0\0\0\0\n{\"t\":4,\"type\":\"marker\"}\n";
    g_autoptr(GError) error = NULL;
    StoreJournalEnd end;
    write_log(f, text, sizeof text - 1);
    g_autoptr(StoreJournal) journal = open_journal(f, NULL, &end, &error);
    g_assert_no_error(error);
    g_assert_cmpint(end.good_bytes, ==, strlen(TWO_LINES));
    expect_text(f, TWO_LINES);
}

static void test_long_hole_ends_the_log(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *text = g_malloc0(1 << 20);
    strcpy(text, TWO_LINES);
    write_log(f, text, 1 << 20);
    g_autoptr(StoreJournal) journal = open_well(f);
    expect_text(f, TWO_LINES);
}

static void test_bad_line_in_the_middle_is_named_and_nothing_cut(Fixture *f, gconstpointer data)
{
    (void)data;
    static const char text[] = TWO_LINES "{\"t\":\n{\"t\":4,\"type\":\"marker\"}\n{\"t\"";
    g_autoptr(GError) error = NULL;
    write_log(f, text, -1);
    g_autoptr(StoreJournal) journal = open_journal(f, NULL, NULL, &error);
    g_assert_error(error, SHOW_ERROR, SHOW_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "events.log: line 3, column"));
    g_assert_null(journal);
    expect_text(f, text);
}

static void test_lines_cross_the_blocks_they_are_read_in(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    StoreJournal *journal = open_well(f);
    for (gint64 t = 0; t < 40000; t++)
        g_assert_true(send(journal, &answers, t * 1000, NULL));
    store_journal_close(journal);
    g_assert_cmpuint(answers.good, ==, 40000);
    expect_times(f, answers.times);
    answers_clear(&answers);
}

static void test_what_is_no_line_is_refused(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autofree char *large = g_strnfill(SHOW_LINE_BYTES_MAX + 1, 'x');
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreJournal) journal = open_well(f);
    g_assert_false(store_journal_append(journal, "{}\n{}", 5, NULL, NULL, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
    g_clear_error(&error);
    g_assert_false(store_journal_append(journal, large, strlen(large), NULL, NULL, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_TOO_LARGE);
    expect_text(f, "");
}

static void test_second_opening_is_refused(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_autoptr(StoreJournal) journal = open_well(f);
    g_assert_null(open_journal(f, NULL, NULL, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_LOCKED);
}

static void test_link_is_not_followed(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    g_assert_cmpint(symlink("/etc/passwd", f->path), ==, 0);
    g_assert_null(open_journal(f, NULL, NULL, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_NAME);
}

/* Sends ten lines, each again until the journal has taken it and said it is on disk. */
static void send_stubbornly(Fixture *f, StoreJournal *journal, Answers *answers)
{
    for (gint64 t = 0; t < 10; t++) {
        guint good = answers->good;
        for (int tries = 0; answers->good == good; tries++) {
            guint count = answers->count;
            g_assert_cmpint(tries, <, 4);
            if (send(journal, answers, t, NULL))
                wait_until(&answers->count, count + 1);
        }
    }
    (void)f;
}

static void check_fault(Fixture *f, FaultKind kinds, int n, gboolean is_half)
{
    Answers answers;
    answers_init(&answers);
    g_unlink(f->path);
    f->faults.is_half = is_half;
    faults_arm(&f->faults, kinds, n, n % 2 == 0 ? ENOSPC : EIO);
    StoreJournal *journal = NULL;
    for (int tries = 0; journal == NULL && tries < 2; tries++)
        journal = open_journal(f, NULL, NULL, NULL);
    g_assert_nonnull(journal);
    send_stubbornly(f, journal, &answers);
    store_journal_close(journal);
    faults_disarm(&f->faults);
    g_assert_cmpuint(answers.good, ==, 10);
    expect_times(f, answers.times);
    answers_clear(&answers);
}

static void test_any_failing_call_leaves_no_hole_and_no_double(Fixture *f, gconstpointer data)
{
    (void)data;
    for (int n = 1; n <= 30; n++) {
        check_fault(f, FAULT_ANY, n, FALSE);
        check_fault(f, FAULT_ANY, n, TRUE);
        check_fault(f, FAULT_WRITE, n, TRUE);
        check_fault(f, FAULT_SYNC, n, FALSE);
    }
}

static void test_failed_sync_gives_back_every_line_since_the_last(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    StoreJournal *journal = open_well(f);
    g_assert_true(send(journal, &answers, 0, NULL));
    wait_until(&answers.count, 1);
    g_atomic_int_set(&f->faults.gate, 1);
    faults_arm(&f->faults, FAULT_SYNC, 1, EIO);
    for (gint64 t = 1; t < 10; t++)
        g_assert_true(send(journal, &answers, t, NULL));
    g_atomic_int_set(&f->faults.gate, 0);
    wait_until(&answers.count, 10);
    g_assert_cmpuint(answers.good, ==, 1);
    g_assert_cmpuint(answers.errors->len, ==, 9);
    const GError *error = answers.errors->pdata[0];
    g_assert_nonnull(strstr(error->message, "events.log: cannot sync its last lines to disk"));
    expect_text(f, "{\"t\":0,\"type\":\"marker\"}\n");
    store_journal_close(journal);
    answers_clear(&answers);
}

static void test_torn_write_that_cannot_be_cut_is_cut_later(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    g_autoptr(GError) error = NULL;
    StoreJournal *journal = open_well(f);
    f->faults.is_half = TRUE;
    g_assert_true(send(journal, &answers, 100000, NULL));
    f->faults.truncates = 2;
    faults_arm(&f->faults, FAULT_WRITE, 1, ENOSPC);
    g_assert_false(send(journal, &answers, 200000, &error));
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FULL);
    g_clear_error(&error);
    g_assert_false(send(journal, &answers, 300000, &error)); /* what lies there is still there */
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FAILED);
    g_assert_true(send(journal, &answers, 3, NULL));
    store_journal_close(journal);
    expect_times(f, answers.times);
    g_assert_cmpuint(answers.good, ==, 2);
    answers_clear(&answers);
}

static gboolean give_room(gpointer data)
{
    Faults *faults = data;
    faults_disarm(faults);
    return TRUE;
}

static void test_reserve_keeps_a_full_disk_writable(Fixture *f, gconstpointer data)
{
    (void)data;
    g_autoptr(GError) error = NULL;
    StoreJournalOptions options = {
        .place = f->place, .workers = f->workers, .make_room = give_room, .room_data = &f->faults};
    g_autoptr(StoreJournal) journal = store_journal_open(&options, NULL, &error);
    g_assert_no_error(error);
    faults_arm(&f->faults, FAULT_WRITE, 1, ENOSPC);
    g_assert_true(
        store_journal_append(journal, "{\"t\":1,\"type\":\"marker\"}", 23, NULL, NULL, &error));
    g_assert_no_error(error);
}

/* The real thing, not a fault of ours: the kernel writes what fits and refuses the rest. */
static void test_file_size_limit_is_a_full_disk(Fixture *f, gconstpointer data)
{
    (void)data;
    Answers answers;
    answers_init(&answers);
    g_autoptr(GError) error = NULL;
    struct rlimit before, limit;
    StoreJournal *journal = open_well(f);
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    limit = before;
    limit.rlim_cur = 60;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    gint64 t = 0;
    while (send(journal, &answers, t, &error))
        t++;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
    g_assert_error(error, STORE_ERROR, STORE_ERROR_FULL);
    g_assert_cmpint(t, ==, 2);
    g_assert_true(send(journal, &answers, t, NULL));
    store_journal_close(journal);
    g_assert_cmpuint(answers.good, ==, 3);
    expect_times(f, answers.times);
    answers_clear(&answers);
}

typedef struct Closing {
    StoreJournal *journal;
    Answers answers;
} Closing;

static void close_it(const GError *error, gpointer data)
{
    Closing *closing = data;
    g_assert_no_error(error);
    g_assert_cmpuint(closing->answers.count, ==, 0);
    store_journal_close(closing->journal);
}

static void test_callback_may_close_and_order_holds(Fixture *f, gconstpointer data)
{
    (void)data;
    Closing closing;
    answers_init(&closing.answers);
    closing.journal = open_well(f);
    g_assert_true(store_journal_append(closing.journal, "{\"t\":1,\"type\":\"marker\"}", 23,
                                       close_it, &closing, NULL));
    for (gint64 t = 2; t < 20; t++)
        g_assert_true(send(closing.journal, &closing.answers, t, NULL));
    wait_until(&closing.answers.count, 18);
    for (gint64 t = 2; t < 20; t++)
        g_assert_cmpint(g_array_index(closing.answers.times, gint64, t - 2), ==, t);
    answers_clear(&closing.answers);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, test) g_test_add("/store/journal/" path, Fixture, NULL, set_up, test, tear_down)
    ADD("line-is-there-at-once-and-answered-later", test_line_is_there_at_once_and_answered_later);
    ADD("what-follows-a-crowd-is-answered-too", test_what_follows_a_crowd_is_answered_too);
    ADD("many-lines-share-a-sync-and-keep-their-order",
        test_many_lines_share_a_sync_and_keep_their_order);
    ADD("how-long-each-sync-took-is-told", test_how_long_each_sync_took_is_told);
    ADD("close-syncs-and-answers-what-is-left", test_close_syncs_and_answers_what_is_left);
    ADD("r01/last-line-torn-at-any-byte", test_last_line_torn_at_any_byte);
    ADD("r03/hole-of-a-power-cut-ends-the-log", test_hole_of_a_power_cut_ends_the_log);
    ADD("r03/long-hole-ends-the-log", test_long_hole_ends_the_log);
    ADD("bad-line-in-the-middle-is-named-and-nothing-cut",
        test_bad_line_in_the_middle_is_named_and_nothing_cut);
    ADD("lines-cross-the-blocks-they-are-read-in", test_lines_cross_the_blocks_they_are_read_in);
    ADD("what-is-no-line-is-refused", test_what_is_no_line_is_refused);
    ADD("second-opening-is-refused", test_second_opening_is_refused);
    ADD("s01/link-is-not-followed", test_link_is_not_followed);
    ADD("r04/any-failing-call-leaves-no-hole-and-no-double",
        test_any_failing_call_leaves_no_hole_and_no_double);
    ADD("r04/failed-sync-gives-back-every-line-since-the-last",
        test_failed_sync_gives_back_every_line_since_the_last);
    ADD("r05/torn-write-that-cannot-be-cut-is-cut-later",
        test_torn_write_that_cannot_be_cut_is_cut_later);
    ADD("r05/reserve-keeps-a-full-disk-writable", test_reserve_keeps_a_full_disk_writable);
    ADD("r05/file-size-limit-is-a-full-disk", test_file_size_limit_is_a_full_disk);
    ADD("callback-may-close-and-order-holds", test_callback_may_close_and_order_holds);
    return g_test_run();
}
