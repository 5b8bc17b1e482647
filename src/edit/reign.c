/* Who decided when. A new epoch begins with a line that says up to which seq its decider had seen
 * the log: it is fed those lines, then its own. A line that changes a role begins a reign too: the
 * director then decides as if the roles had been so from the start. */
#include "reign-private.h"

#include "feed-private.h"
#include "people-private.h"

#include <edit/error.h>
#include <edit/replay.h>

#include <string.h>

/* ---- epochs ---- */

static void reign_free(gpointer data)
{
    Reign *reign = data;
    g_ptr_array_unref(reign->lines);
    g_free(reign);
}

static gint compare_epochs(gconstpointer a, gconstpointer b)
{
    const ShowEvent *left = *(const ShowEvent *const *)a, *right = *(const ShowEvent *const *)b;
    return left->epoch < right->epoch ? -1 : left->epoch > right->epoch;
}

/* The first line of each epoch after 0, ascending. */
static GPtrArray *epoch_lines(const GPtrArray *events)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (guint i = 0; i < events->len; i++) {
        const ShowEvent *event = events->pdata[i];
        if (event->type == SHOW_EVENT_EPOCH && event->epoch > 0)
            g_ptr_array_add(all, (gpointer)event);
    }
    g_ptr_array_sort(all, compare_epochs);
    GPtrArray *first = g_ptr_array_new();
    for (guint i = 0; i < all->len; i++) {
        const ShowEvent *last = first->len > 0 ? first->pdata[first->len - 1] : NULL;
        if (last == NULL || last->epoch != ((const ShowEvent *)all->pdata[i])->epoch)
            g_ptr_array_add(first, all->pdata[i]);
    }
    return first;
}

/* Had the decider of the epoch that `begin` begins seen an earlier epoch's line? */
static gboolean was_seen(const ShowEvent *begin, const ShowEvent *event)
{
    const json_t *last_seq = json_object_get(begin->fields, "lastSeq");
    if (json_is_integer(last_seq))
        return event->seq <= json_integer_value(last_seq);
    return show_event_at_ms(event) <= show_event_at_ms(begin);
}

/* begin: NULL for epoch 0. end: the next epoch's first line, or NULL. */
static GPtrArray *lines_of_epoch(const GPtrArray *events, const ShowEvent *begin,
                                 const ShowEvent *end)
{
    gint64 first = begin != NULL ? begin->epoch : G_MININT64;
    gint64 after = end != NULL ? end->epoch : G_MAXINT64;
    GPtrArray *lines = g_ptr_array_new();
    for (guint i = 0; i < events->len; i++) {
        const ShowEvent *event = events->pdata[i];
        if (event->epoch < first && was_seen(begin, event))
            g_ptr_array_add(lines, (gpointer)event);
    }
    for (guint i = 0; i < events->len; i++) {
        const ShowEvent *event = events->pdata[i];
        if (event->epoch >= first && event->epoch < after)
            g_ptr_array_add(lines, (gpointer)event);
    }
    return lines;
}

/* ---- roles ---- */

typedef struct Roles {
    DirectorSource given[SHOW_SOURCES_MAX]; /* what the log said first; role UNSET: nothing */
    DirectorSource now[SHOW_SOURCES_MAX];   /* what it said last */
    gboolean changes[SHOW_SOURCES_MAX];
} Roles;

static gboolean is_same(DirectorSource a, DirectorSource b)
{
    return a.role == b.role && a.priority == b.priority;
}

static void note_role(Roles *roles, const GPtrArray *sources, const json_t *entry)
{
    int index = edit_people_find(sources, json_string_value(json_object_get(entry, "id")));
    const char *name = json_string_value(json_object_get(entry, "role"));
    ShowRole role = name != NULL ? show_role_from_name(name) : SHOW_ROLE_UNSET;
    if (index < 0 || role == SHOW_ROLE_UNSET)
        return;
    json_int_t priority = json_integer_value(json_object_get(entry, "priority"));
    DirectorSource said = {edit_feed_role(role), (int)CLAMP(priority, -10, 10)};
    if (roles->given[index].role == DIRECTOR_ROLE_UNSET)
        roles->given[index] = said;
    else if (!is_same(roles->now[index], said))
        roles->changes[index] = TRUE;
    roles->now[index] = said;
}

static void note_roles(Roles *roles, const GPtrArray *sources, const ShowEvent *event)
{
    if (event->type != SHOW_EVENT_SESSION_START && event->type != SHOW_EVENT_SOURCES)
        return;
    const json_t *list = json_object_get(event->fields, "sources");
    for (gsize i = 0; i < json_array_size(list); i++)
        note_role(roles, sources, json_array_get(list, i));
}

/* The caller's roles count, but for sources whose role the log changes: there the log's. */
static void roles_now(const Roles *roles, const Roles *all, DirectorSource *out)
{
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        if (all->changes[i])
            out[i] = roles->now[i].role != DIRECTOR_ROLE_UNSET ? roles->now[i] : all->given[i];
}

static void add_reign(GPtrArray *reigns, GPtrArray *lines, gint64 from_ms,
                      const DirectorSource *sources)
{
    Reign *reign = g_new0(Reign, 1);
    reign->from_ms = from_ms;
    reign->lines = g_ptr_array_ref(lines);
    memcpy(reign->sources, sources, sizeof reign->sources);
    g_ptr_array_add(reigns, reign);
}

/* One reign for an epoch, and one more for each change of roles while it lasts. all: what the whole
 * log says, also where this decider had not seen it. */
static void add_epoch(GPtrArray *reigns, GPtrArray *lines, gint64 from_ms, const GPtrArray *sources,
                      const Roles *all)
{
    Roles roles = {0};
    DirectorSource table[SHOW_SOURCES_MAX], changed[SHOW_SOURCES_MAX];
    edit_director_sources(sources, table);
    roles_now(&roles, all, table);
    guint first = reigns->len;
    add_reign(reigns, lines, from_ms, table);
    for (guint i = 0; i < lines->len && reigns->len <= EDIT_REIGNS_MAX; i++) {
        note_roles(&roles, sources, lines->pdata[i]);
        memcpy(changed, table, sizeof changed);
        roles_now(&roles, all, changed);
        if (memcmp(changed, table, sizeof changed) == 0)
            continue;
        memcpy(table, changed, sizeof table);
        gint64 at_ms = show_event_at_ms(lines->pdata[i]);
        if (at_ms <= from_ms) /* before this decider took over: it began with these roles */
            memcpy(((Reign *)reigns->pdata[first])->sources, table, sizeof table);
        else
            add_reign(reigns, lines, at_ms, table);
    }
}

GPtrArray *edit_reigns_new(const ShowLog *log, const GPtrArray *sources, GError **error)
{
    g_autoptr(GPtrArray) events = edit_events_in_order(log);
    g_autoptr(GPtrArray) epochs = epoch_lines(events);
    g_autoptr(GPtrArray) reigns = g_ptr_array_new_with_free_func(reign_free);
    Roles all = {0};
    for (guint i = 0; i < events->len; i++)
        note_roles(&all, sources, events->pdata[i]);
    for (guint i = 0; i <= epochs->len && reigns->len <= EDIT_REIGNS_MAX; i++) {
        const ShowEvent *begin = i > 0 ? epochs->pdata[i - 1] : NULL;
        const ShowEvent *end = i < epochs->len ? epochs->pdata[i] : NULL;
        g_autoptr(GPtrArray) lines = lines_of_epoch(events, begin, end);
        add_epoch(reigns, lines, begin != NULL ? show_event_at_ms(begin) : G_MININT64, sources,
                  &all);
    }
    if (reigns->len <= EDIT_REIGNS_MAX)
        return g_steal_pointer(&reigns);
    g_set_error(error, EDIT_ERROR, EDIT_ERROR_FAILED,
                "the log changes decider or roles more than %d times; use --mode full",
                EDIT_REIGNS_MAX);
    return NULL;
}
