/* Speech as intervals, from a log. A span is what one person says; it may come from two microphones
 * (a camera's own and a mic that belongs to it), whose speech is joined. */
#include "speech-private.h"

#include "people-private.h"

#include <director/settings.h>

#include <string.h>

static gint compare_spans(gconstpointer a, gconstpointer b)
{
    const EditSpan *left = a, *right = b;
    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    if (left->source != right->source)
        return left->source < right->source ? -1 : 1;
    return left->end_ms < right->end_ms ? -1 : left->end_ms > right->end_ms;
}

GArray *edit_spans_merged(const GArray *spans, gint64 merge_ms)
{
    g_autoptr(GArray) sorted = g_array_copy((GArray *)spans);
    g_array_sort(sorted, compare_spans);
    GArray *merged = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    GHashTable *last = g_hash_table_new(NULL, NULL); /* source → index of its last span, + 1 */
    for (guint i = 0; i < sorted->len; i++) {
        EditSpan span = g_array_index(sorted, EditSpan, i);
        guint at = GPOINTER_TO_UINT(g_hash_table_lookup(last, GINT_TO_POINTER(span.source)));
        EditSpan *previous = at > 0 ? &g_array_index(merged, EditSpan, at - 1) : NULL;
        if (previous != NULL && span.start_ms - previous->end_ms < MAX(merge_ms, 1)) {
            previous->end_ms = MAX(previous->end_ms, span.end_ms);
            continue;
        }
        g_array_append_val(merged, span);
        g_hash_table_insert(last, GINT_TO_POINTER(span.source), GUINT_TO_POINTER(merged->len));
    }
    g_hash_table_destroy(last);
    return merged;
}

typedef struct Listener {
    DirectorSettings usual; /* delays of a detector, for events without an edge */
    gint64 end_ms;
    gint64 since_ms[SHOW_SOURCES_MAX]; /* SHOW_MS_NONE: silent */
    int person[SHOW_SOURCES_MAX];
    GArray *spans;
} Listener;

static gint64 edge_ms(const ShowEvent *event, gint64 delay_ms)
{
    return event->edge_t_ms != SHOW_MS_NONE ? event->edge_t_ms : MAX(0, event->t_ms - delay_ms);
}

static void stop(Listener *listener, int source, gint64 t_ms)
{
    EditSpan span = {listener->since_ms[source], MIN(t_ms, listener->end_ms),
                     listener->person[source]};
    if (span.end_ms > span.start_ms)
        g_array_append_val(listener->spans, span);
    listener->since_ms[source] = SHOW_MS_NONE;
}

static void hear(Listener *listener, const ShowEvent *event, int source)
{
    gboolean speaks = listener->since_ms[source] != SHOW_MS_NONE;
    if (event->type == SHOW_EVENT_SPEAKING_START && !speaks)
        listener->since_ms[source] = MAX(0, edge_ms(event, listener->usual.start_delay_ms));
    else if (event->type == SHOW_EVENT_SPEAKING_STOP && speaks)
        stop(listener, source, edge_ms(event, listener->usual.stop_delay_ms));
    else if (event->type == SHOW_EVENT_SOURCE_LOST && speaks) /* no stop would come from there */
        stop(listener, source, event->t_ms);
}

GArray *edit_spans(const ShowLog *log, const GPtrArray *sources, gint64 merge_ms, gint64 end_ms)
{
    Listener listener = {.end_ms = end_ms};
    director_settings_defaults(&listener.usual);
    edit_people_map(sources, listener.person);
    listener.spans = g_array_new(FALSE, FALSE, sizeof(EditSpan));
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        listener.since_ms[i] = SHOW_MS_NONE;

    g_autoptr(GPtrArray) events = edit_events_in_order(log);
    for (guint i = 0; i < events->len; i++) {
        const ShowEvent *event = events->pdata[i];
        int source = edit_people_find(sources, event->source);
        if (source >= 0)
            hear(&listener, event, source);
    }
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        if (listener.since_ms[i] != SHOW_MS_NONE)
            stop(&listener, i, end_ms);
    GArray *merged = edit_spans_merged(listener.spans, merge_ms);
    g_array_unref(listener.spans);
    return merged;
}
