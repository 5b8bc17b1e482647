/* Reading a log, line by line. What always holds: end.good_bytes is where the last good line ends;
 * nothing behind a torn line is looked at. */
#include "journal-scan-private.h"

#include <show/error.h>
#include <show/json.h>
#include <show/limits.h>

#include <string.h>

void store_scan_init(StoreScan *scan, const char *name, StoreJournalEvent each, gpointer data)
{
    *scan = (StoreScan){.name = name, .each = each, .data = data, .rest = g_byte_array_new()};
}

void store_scan_clear(StoreScan *scan)
{
    g_byte_array_unref(scan->rest);
}

/* The reader of a document says "line 1" of what is our line n. */
static void number_line(GError **error, const GError *problem, const char *name, guint64 line)
{
    g_autofree char *first = g_strdup_printf("%s: line 1", name);
    const char *rest = problem->message;
    if (g_str_has_prefix(rest, first))
        rest += strlen(first);
    g_set_error(error, problem->domain, problem->code, "%s: line %" G_GUINT64_FORMAT "%s", name,
                line, rest);
}

static ShowEvent *read_event(const StoreScan *scan, const char *text, gsize length, GError **error)
{
    guint64 line = scan->end.lines + 1;
    g_autoptr(GError) problem = NULL;
    g_autoptr(ShowJson) json = show_json_parse(scan->name, text, length, &problem);
    if (json != NULL)
        return show_event_from_json(scan->name, (gsize)line, show_json_root(json), error);
    number_line(error, problem, scan->name, line);
    return NULL;
}

static gboolean fail_length(const StoreScan *scan, GError **error)
{
    g_set_error(error, SHOW_ERROR, SHOW_ERROR_TOO_LARGE,
                "%s: line %" G_GUINT64_FORMAT ": expected an event of at most %d bytes", scan->name,
                scan->end.lines + 1, SHOW_LINE_BYTES_MAX);
    return FALSE;
}

static gboolean is_empty(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (!g_ascii_isspace(text[i]))
            return FALSE;
    return TRUE;
}

static gboolean give_event(StoreScan *scan, const ShowEvent *event, GError **error)
{
    return scan->each == NULL || scan->each(event, scan->data, error);
}

static void count_line(StoreScan *scan, gsize bytes)
{
    scan->end.good_bytes += (gint64)bytes;
    scan->end.lines++;
}

/* A line that has its newline, which is not part of `length`. */
static gboolean take_line(StoreScan *scan, const char *text, gsize length, GError **error)
{
    if (is_empty(text, length)) {
        count_line(scan, length + 1);
        return TRUE;
    }
    if (memchr(text, '\0', length) != NULL) {
        scan->is_torn = TRUE;
        return TRUE;
    }
    if (length > SHOW_LINE_BYTES_MAX)
        return fail_length(scan, error);
    g_autoptr(ShowEvent) event = read_event(scan, text, length, error);
    if (event == NULL || !give_event(scan, event, error))
        return FALSE;
    count_line(scan, length + 1);
    return TRUE;
}

static gboolean take_rest(StoreScan *scan, const char *text, gsize length, GError **error)
{
    g_byte_array_append(scan->rest, (const guint8 *)text, (guint)length);
    gboolean good = take_line(scan, (const char *)scan->rest->data, scan->rest->len, error);
    g_byte_array_set_size(scan->rest, 0);
    return good;
}

/* Keeps the beginning of a line for the next piece, and never much more than a line may have. */
static gboolean keep_rest(StoreScan *scan, const char *text, gsize length, GError **error)
{
    if (memchr(text, '\0', length) != NULL)
        scan->is_torn = TRUE;
    if (scan->is_torn)
        return TRUE;
    g_byte_array_append(scan->rest, (const guint8 *)text, (guint)length);
    /* White space is allowed around an event of the largest size, but not without end. */
    return scan->rest->len <= 2 * SHOW_LINE_BYTES_MAX || fail_length(scan, error);
}

gboolean store_scan_feed(StoreScan *scan, const char *text, gsize length, GError **error)
{
    scan->total_bytes += (gint64)length;
    while (length > 0 && !scan->is_torn) {
        const char *newline = memchr(text, '\n', length);
        if (newline == NULL)
            return keep_rest(scan, text, length, error);
        gsize bytes = (gsize)(newline - text);
        if (!take_rest(scan, text, bytes, error))
            return FALSE;
        text += bytes + 1;
        length -= bytes + 1;
    }
    return TRUE;
}

/* The last line has no newline. Whole, it is an event that nobody was told of, and as true as the
 * others; otherwise it is torn. */
static gboolean take_last(StoreScan *scan, GError **error)
{
    const char *text = (const char *)scan->rest->data;
    gsize length = scan->rest->len;
    if (length == 0 || length > SHOW_LINE_BYTES_MAX || is_empty(text, length))
        return TRUE;
    g_autoptr(ShowEvent) event = read_event(scan, text, length, NULL);
    if (event == NULL)
        return TRUE;
    if (!give_event(scan, event, error))
        return FALSE;
    count_line(scan, length);
    scan->end.lacks_newline = TRUE;
    return TRUE;
}

gboolean store_scan_finish(StoreScan *scan, GError **error)
{
    if (!scan->is_torn && !take_last(scan, error))
        return FALSE;
    scan->end.torn_bytes = scan->total_bytes - scan->end.good_bytes;
    return TRUE;
}

gboolean store_journal_read(const char *name, const char *text, gsize length,
                            StoreJournalEvent each, gpointer data, StoreJournalEnd *end,
                            GError **error)
{
    StoreScan scan;
    store_scan_init(&scan, name, each, data);
    gboolean good = store_scan_feed(&scan, text, length, error) && store_scan_finish(&scan, error);
    if (good && end != NULL)
        *end = scan.end;
    store_scan_clear(&scan);
    return good;
}
