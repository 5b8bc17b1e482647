/* kill -9 at any moment: what was answered is there, once, in order. A child writes a log and a
 * recording and says through a pipe what it was answered; its parent kills it and looks. */
#include <store/journal.h>
#include <store/upload.h>

#include "faults.h"

#include <signal.h>
#include <sys/wait.h>

enum { CHUNK = 4096, AHEAD = 5 };

typedef struct Answer {
    gint64 lines, bytes; /* acknowledged so far */
} Answer;

typedef struct Writer {
    StoreJournal *journal;
    StoreUpload *upload;
    gint64 next_t; /* of the next line */
    Answer answer;
    int pipe;
} Writer;

static void say(const Writer *writer)
{
    Answer answer = writer->answer;
    if (write(writer->pipe, &answer, sizeof answer) != sizeof answer)
        _exit(1);
}

static void append_line(Writer *writer);

static void note_line(const GError *error, gpointer data)
{
    Writer *writer = data;
    g_assert_no_error(error);
    writer->answer.lines++;
    say(writer);
    append_line(writer);
}

static void append_line(Writer *writer)
{
    g_autofree char *line =
        g_strdup_printf("{\"t\":%" G_GINT64_FORMAT ",\"type\":\"marker\"}", writer->next_t++);
    g_assert_true(
        store_journal_append(writer->journal, line, strlen(line), note_line, writer, NULL));
}

/* The byte at an offset follows from the offset, so that a recording can be checked alone. */
static guint8 byte_at(gint64 offset)
{
    return (guint8)(offset * 31 + offset / 253);
}

static void append_chunk(Writer *writer);

static void note_chunk(const GError *error, gpointer data)
{
    Writer *writer = data;
    g_assert_no_error(error);
    writer->answer.bytes = store_upload_acknowledged_bytes(writer->upload);
    say(writer);
    append_chunk(writer);
}

static void append_chunk(Writer *writer)
{
    gint64 offset = store_upload_end(writer->upload);
    guint8 *chunk = g_malloc(CHUNK);
    for (int i = 0; i < CHUNK; i++)
        chunk[i] = byte_at(offset + i);
    g_autoptr(GBytes) bytes = g_bytes_new_take(chunk, CHUNK);
    g_assert_true(
        store_upload_append(writer->upload, offset, bytes, NULL, note_chunk, writer, NULL));
}

static gboolean count_line(const ShowEvent *event, gpointer data, GError **error)
{
    gint64 *count = data;
    (void)error;
    g_assert_cmpint(event->t_ms, ==, *count); /* none missing, none twice */
    (*count)++;
    return TRUE;
}

/* Opens what the one before left, goes on with it, and never ends. */
static void G_GNUC_NORETURN write_until_killed(const char *folder, int pipe)
{
    Writer writer = {.pipe = pipe};
    StoreWorkers *workers = store_workers_new("disk", 2, NULL);
    StoreUploadLimits limits = {.flight_bytes = 100 * CHUNK, .chunk_bytes = CHUNK};
    StoreUploads *uploads = store_uploads_new(workers, &limits, NULL, NULL);
    StorePlace place = open_place(folder, NULL);
    StoreJournalOptions log = {
        .place = place, .workers = workers, .each = count_line, .data = &writer.next_t};
    StoreUploadOptions recording = {.place = place, .name = "program.webm", .length_bytes = -1};
    writer.journal = store_journal_open(&log, NULL, NULL);
    writer.upload = store_upload_open(uploads, &recording, NULL, NULL, NULL);
    if (writer.journal == NULL || writer.upload == NULL)
        _exit(1);
    writer.answer.lines = writer.next_t;
    for (int i = 0; i < AHEAD; i++) {
        append_line(&writer);
        append_chunk(&writer);
    }
    for (;;)
        g_main_context_iteration(NULL, TRUE);
}

static void check_log(const char *folder, gint64 acknowledged)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = g_build_filename(folder, STORE_JOURNAL, NULL);
    g_autofree char *text = NULL;
    gint64 lines = 0;
    gsize length = 0;
    g_assert_true(g_file_get_contents(path, &text, &length, &error));
    g_assert_true(store_journal_read(path, text, length, count_line, &lines, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpint(lines, >=, acknowledged);
    g_assert_cmpint(lines, <=, acknowledged + AHEAD);
}

static void check_recording(const char *folder, gint64 acknowledged)
{
    g_autofree char *path = g_build_filename(folder, "program.webm", NULL);
    g_autofree char *text = NULL;
    gsize length = 0;
    g_assert_true(g_file_get_contents(path, &text, &length, NULL));
    g_assert_cmpint((gint64)length, >=, acknowledged);
    for (gsize i = 0; i < length; i++)
        if ((guint8)text[i] != byte_at((gint64)i))
            g_error("byte %" G_GSIZE_FORMAT " of the recording is another", i);
}

/* Reads answers for a while, kills, reads the rest. */
static Answer kill_and_listen(pid_t child, int pipe, int count)
{
    Answer answer = {0}, next;
    int status;
    while (read(pipe, &next, sizeof next) == (ssize_t)sizeof next) {
        answer = next;
        if (--count == 0)
            g_assert_cmpint(kill(child, SIGKILL), ==, 0);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    return answer;
}

static void test_nothing_answered_is_lost(void)
{
    g_autofree char *folder = g_dir_make_tmp("crosscut-store-XXXXXX", NULL);
    Answer answer = {0};
    for (int round = 0; round < 25; round++) {
        int pipes[2];
        g_assert_cmpint(pipe(pipes), ==, 0);
        pid_t child = fork(); /* this process has no other thread */
        if (child == 0)
            write_until_killed(folder, pipes[1]);
        close(pipes[1]);
        answer = kill_and_listen(child, pipes[0], g_test_rand_int_range(1, 40));
        close(pipes[0]);
        check_log(folder, answer.lines);
        check_recording(folder, answer.bytes);
    }
    g_assert_cmpint(answer.lines, >, 25); /* there was something to lose */
    remove_tree(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/kill/r01/nothing-answered-is-lost", test_nothing_answered_is_lost);
    return g_test_run();
}
