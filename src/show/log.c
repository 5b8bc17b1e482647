/* A log in memory: order, numbers, what it says about its sources, and writing. */
#include <show/log.h>

#include <show/json.h>

#include "source-private.h"

#include <string.h>

ShowLog *show_log_new(void)
{
    ShowLog *log = g_new0(ShowLog, 1);
    log->events = g_ptr_array_new_with_free_func((GDestroyNotify)show_event_free);
    return log;
}

void show_log_free(ShowLog *log)
{
    if (log == NULL)
        return;
    g_ptr_array_unref(log->events);
    g_free(log);
}

void show_log_take(ShowLog *log, ShowEvent *event)
{
    g_ptr_array_add(log->events, event);
}

static int compare_numbers(gint64 a, gint64 b)
{
    return (a > b) - (a < b);
}

static int compare_events(gconstpointer a, gconstpointer b)
{
    const ShowEvent *one = *(const ShowEvent *const *)a;
    const ShowEvent *two = *(const ShowEvent *const *)b;
    int order = compare_numbers(show_event_at_ms(one), show_event_at_ms(two));
    return order != 0 ? order : compare_numbers(one->seq, two->seq);
}

void show_log_sort(ShowLog *log)
{
    g_ptr_array_sort(log->events, compare_events); /* GLib's sort is stable */
}

/* "e<seq>", or "e<seq>.2" and so on when a sender used that name. */
static char *free_id(GHashTable *taken, gint64 seq)
{
    char *id = g_strdup_printf("e%" G_GINT64_FORMAT, seq);
    for (guint more = 2; g_hash_table_contains(taken, id); more++) {
        g_free(id);
        id = g_strdup_printf("e%" G_GINT64_FORMAT ".%u", seq, more);
    }
    return id;
}

void show_log_number(ShowLog *log)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < log->events->len; i++) {
        ShowEvent *event = log->events->pdata[i];
        if (event->id != NULL)
            g_hash_table_add(taken, event->id);
    }
    for (guint i = 0; i < log->events->len; i++) {
        ShowEvent *event = log->events->pdata[i];
        event->seq = (gint64)i + 1;
        if (event->id != NULL)
            continue;
        event->id = free_id(taken, event->seq);
        g_hash_table_add(taken, event->id);
    }
}

GPtrArray *show_log_sources(const ShowLog *log, GError **error)
{
    for (guint i = log->events->len; i > 0; i--) {
        const ShowEvent *event = log->events->pdata[i - 1];
        if ((event->type != SHOW_EVENT_SOURCES && event->type != SHOW_EVENT_SESSION_START) ||
            json_object_get(event->fields, "sources") == NULL)
            continue;
        ShowReader reader = {
            .name = event->type_name, .where = "", .object = event->fields, .error = error};
        return show_sources_read(&reader, "sources");
    }
    return g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
}

gint64 show_log_end_ms(const ShowLog *log)
{
    gint64 event_ms = 0, record_ms = SHOW_MS_NONE;
    for (guint i = 0; i < log->events->len; i++) {
        const ShowEvent *event = log->events->pdata[i];
        event_ms = MAX(event_ms, event->t_ms);
        if (event->type == SHOW_EVENT_RECORD_STOP)
            record_ms = MAX(record_ms, event->t_ms);
    }
    return record_ms != SHOW_MS_NONE ? record_ms : event_ms;
}

static char *write_events(const ShowLog *log, const char *head, const char *between,
                          const char *foot)
{
    GString *out = g_string_new(head);
    for (guint i = 0; i < log->events->len; i++) {
        g_autofree char *line = show_event_text(log->events->pdata[i]);
        g_string_append(out, i > 0 ? between : "");
        g_string_append(out, line);
    }
    if (log->events->len > 0)
        g_string_append_c(out, '\n');
    g_string_append(out, foot);
    return g_string_free(out, FALSE);
}

char *show_log_lines(const ShowLog *log)
{
    return write_events(log, "", "\n", "");
}

char *show_log_array(const ShowLog *log)
{
    return write_events(log, "[\n", ",\n", "]\n");
}
