/* From `cut` and `switch` to shots. What always holds: the first shot begins at 0, times ascend,
 * neighbours differ. */
#include <edit/recorded.h>

static gint compare_times(gconstpointer a, gconstpointer b)
{
    const ShowEvent *first = *(const ShowEvent *const *)a, *second = *(const ShowEvent *const *)b;
    return (first->t_ms > second->t_ms) - (first->t_ms < second->t_ms);
}

/* Events of a type that name a source, borrowed from the log: by time, of one moment as written. */
static GPtrArray *events_of(const ShowLog *log, ShowEventType type)
{
    GPtrArray *found = g_ptr_array_new();
    for (guint i = 0; i < log->events->len; i++) {
        const ShowEvent *event = log->events->pdata[i];
        if (event->type == type && event->source != NULL)
            g_ptr_array_add(found, log->events->pdata[i]);
    }
    g_ptr_array_sort(found, compare_times); /* stable: a merge sort */
    return found;
}

/* ---- reasons ---- */

static const char *reason_of(const ShowEvent *event)
{
    return json_string_value(json_object_get(event->fields, "reason"));
}

/* Borrowed from the log; NULL: the cut answers no decision. */
static const char *why_cut(const ShowEvent *cut, GHashTable *decisions)
{
    const char *id = json_string_value(json_object_get(cut->fields, "decision"));
    const ShowEvent *decision = id != NULL ? g_hash_table_lookup(decisions, id) : NULL;
    return decision != NULL ? reason_of(decision) : NULL;
}

static GHashTable *by_id(const GPtrArray *events)
{
    GHashTable *table = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < events->len; i++) {
        ShowEvent *event = events->pdata[i];
        if (event->id != NULL)
            g_hash_table_insert(table, event->id, event);
    }
    return table;
}

/* ---- shots ---- */

static ShowShot *last_of(const ShowShots *shots)
{
    return shots->shots->len > 0 ? shots->shots->pdata[shots->shots->len - 1] : NULL;
}

static void add_cut(ShowShots *shots, gint64 t_ms, const char *source, const char *reason)
{
    const ShowShot *last = last_of(shots);
    if (last != NULL && last->t_ms == t_ms) /* it was not shown for a millisecond */
        g_ptr_array_remove_index(shots->shots, shots->shots->len - 1);
    last = last_of(shots);
    if (last == NULL || g_strcmp0(last->source, source) != 0)
        show_shots_add(shots, t_ms, source, reason);
}

static void add_opening(ShowShots *shots, const GPtrArray *switches, const char *fallback)
{
    const ShowEvent *first = switches->len > 0 ? switches->pdata[0] : NULL;
    if (first != NULL)
        show_shots_add(shots, 0, first->source, reason_of(first));
    else
        show_shots_add(shots, 0, fallback != NULL ? fallback : "", NULL);
}

ShowShots *edit_recorded_shots(const EditRecorded *recorded, const char *fallback)
{
    g_autoptr(GPtrArray) switches = events_of(recorded->log, SHOW_EVENT_SWITCH);
    g_autoptr(GPtrArray) cuts = events_of(recorded->log, SHOW_EVENT_CUT);
    g_autoptr(GHashTable) decisions = by_id(switches);
    ShowShots *shots = show_shots_new();
    shots->rate = recorded->rate;
    shots->start_ms = recorded->start_ms;
    shots->duration_ms = recorded->duration_ms;
    for (guint i = 0; i < cuts->len; i++) {
        const ShowEvent *cut = cuts->pdata[i];
        gint64 t_ms = MAX(0, cut->t_ms - recorded->start_ms);
        if (t_ms >= recorded->duration_ms)
            break;
        if (t_ms > 0 && shots->shots->len == 0)
            add_opening(shots, switches, fallback);
        add_cut(shots, t_ms, cut->source, why_cut(cut, decisions));
    }
    if (shots->shots->len == 0)
        add_opening(shots, switches, fallback);
    return shots;
}
