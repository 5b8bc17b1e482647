/* Any bytes as a log: read, sorted, numbered and written, they read and write the same again. */
#include <show/log.h>

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Torn lines are common here and worth no line on the terminal each. */
static GLogWriterOutput be_quiet(GLogLevelFlags level, const GLogField *fields, gsize count,
                                 gpointer data)
{
    (void)level, (void)fields, (void)count, (void)data;
    return G_LOG_WRITER_HANDLED;
}

static void check_form(const char *text, const char *lines)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowLog) log = show_log_parse("again", text, strlen(text), &error);
    g_assert_no_error(error);
    show_log_sort(log);
    g_autofree char *again = show_log_lines(log);
    g_assert_cmpstr(again, ==, lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static gsize is_quiet;
    if (g_once_init_enter(&is_quiet)) {
        g_log_set_writer_func(be_quiet, NULL, NULL);
        g_once_init_leave(&is_quiet, 1);
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowLog) log = show_log_parse("events.log", (const char *)data, size, &error);
    g_assert((log == NULL) == (error != NULL));
    if (log == NULL) {
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
        g_assert_null(strchr(error->message, '\n'));
        return 0;
    }
    show_log_sort(log);
    show_log_number(log);
    g_autoptr(GPtrArray) sources = show_log_sources(log, &error);
    g_assert_no_error(error); /* the reader has checked every list of sources */
    g_assert_nonnull(sources);
    g_assert_cmpint(show_log_end_ms(log), >=, 0);
    g_autofree char *lines = show_log_lines(log), *array = show_log_array(log);
    g_autofree char *wrapped = g_strconcat("{\"events\":", array, "}", NULL);
    check_form(lines, lines);
    check_form(array, lines);
    check_form(wrapped, lines);
    return 0;
}
