/* Any bytes as the log of a show that crashed: what is kept is a log that reads whole again. */
#include <store/journal.h>

#include <show/log.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static gboolean count_event(const ShowEvent *event, gpointer data, GError **error)
{
    guint *count = data;
    (void)error;
    g_assert_nonnull(event->type_name);
    (*count)++;
    return TRUE;
}

/* What was cut to its good end has no torn one, and says the same. */
static void check_kept(const char *text, const StoreJournalEnd *end, guint count)
{
    g_autoptr(GError) error = NULL;
    StoreJournalEnd again;
    guint count_again = 0;
    gsize length = (gsize)end->good_bytes;
    g_assert_true(
        store_journal_read("events.log", text, length, count_event, &count_again, &again, &error));
    g_assert_no_error(error);
    g_assert_cmpint(again.torn_bytes, ==, 0);
    g_assert_cmpint(again.good_bytes, ==, end->good_bytes);
    g_assert_cmpint(again.lacks_newline, ==, end->lacks_newline);
    g_assert_cmpuint(count_again, ==, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    StoreJournalEnd end = {0};
    guint count = 0;
    const char *text = (const char *)data;
    gboolean good = store_journal_read("events.log", text, size, count_event, &count, &end, &error);
    g_assert(good == (error == NULL));
    if (!good) {
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_true(g_str_has_prefix(error->message, "events.log: line "));
        g_assert_null(strchr(error->message, '\n'));
        return 0;
    }
    g_assert_cmpint(end.good_bytes + end.torn_bytes, ==, (gint64)size);
    g_assert_cmpuint(count, <=, end.lines);
    check_kept(text, &end, count);
    return 0;
}
