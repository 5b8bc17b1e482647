/* Sources by id, microphones by person, events in order. */
#include "people-private.h"

int edit_people_find(const GPtrArray *sources, const char *id)
{
    int index = id != NULL ? show_sources_find(sources, id) : -1;
    return index < SHOW_SOURCES_MAX ? index : -1;
}

void edit_people_map(const GPtrArray *sources, int person[SHOW_SOURCES_MAX])
{
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        person[i] = i;
    for (guint i = 0; i < MIN(sources->len, SHOW_SOURCES_MAX); i++) {
        const ShowSource *source = sources->pdata[i];
        int camera = edit_people_find(sources, source->camera);
        if (source->role == SHOW_ROLE_MIC && camera >= 0)
            person[i] = camera;
    }
}

static gint compare_events(gconstpointer a, gconstpointer b)
{
    const ShowEvent *left = *(const ShowEvent *const *)a, *right = *(const ShowEvent *const *)b;
    gint64 left_at = show_event_at_ms(left), right_at = show_event_at_ms(right);
    if (left_at != right_at)
        return left_at < right_at ? -1 : 1;
    return left->seq < right->seq ? -1 : left->seq > right->seq;
}

GPtrArray *edit_events_in_order(const ShowLog *log)
{
    GPtrArray *events = g_ptr_array_sized_new(log->events->len);
    for (guint i = 0; i < log->events->len; i++)
        g_ptr_array_add(events, log->events->pdata[i]);
    g_ptr_array_sort(events, compare_events); /* stable: what is equal keeps its place */
    return events;
}

char *edit_people_text(const GPtrArray *people)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < people->len; i++) {
        if (i > 0)
            g_string_append(text, i + 1 == people->len ? " and " : ", ");
        g_string_append(text, people->pdata[i]);
    }
    return g_string_free(text, FALSE);
}
