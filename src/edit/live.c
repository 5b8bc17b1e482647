/* The director of a running show. What always holds: `run` has been fed every kept line of the
 * reign in force, and is advanced to less than the `at` of the next one. */
#include <edit/live.h>

#include "feed-private.h"
#include "people-private.h"
#include "run-private.h"

#include <edit/error.h>
#include <edit/replay.h>
#include <edit/settings.h>

enum { SHOWN_NOTHING_YET = DIRECTOR_NONE - 1 }; /* so that "nothing can be shown" is said too */

struct EditLive {
    GPtrArray *sources;     /* ShowSource *, owned: as the last list has them */
    DirectorSettings given; /* those of the beginning: a reign starts with them */
    ShowLog *log;           /* lines that can move a decision */
    EditRun run;
    GQueue *decisions; /* DirectorDecision *, owned: to be taken */
    int shown;         /* index of the last decision given, or DIRECTOR_NONE */
    gint64 last_at_ms; /* the latest `at` of all lines */
    gboolean is_paused;
    gint64 epoch, server_epoch;
};

/* ---- a reign ---- */

/* Begins `run` anew over the lines kept so far, with the sources as they are now. */
static gboolean begin_run(EditLive *live, GError **error)
{
    DirectorSource table[SHOW_SOURCES_MAX];
    edit_director_sources(live->sources, table);
    g_autoptr(GPtrArray) lines = edit_events_in_order(live->log);
    EditRunOptions options = {
        .sources = live->sources, .table = table, .lines = lines, .settings = &live->given};
    edit_run_clear(&live->run);
    if (!edit_run_init(&live->run, &options, error))
        return FALSE;
    for (guint i = 0; i < lines->len; i++)
        if (!edit_run_line(&live->run, lines->pdata[i], error))
            return FALSE;
    return TRUE;
}

static void give(EditLive *live, const DirectorDecision *decision)
{
    if (decision->source == live->shown)
        return;
    live->shown = decision->source;
    g_queue_push_tail(live->decisions, g_memdup2(decision, sizeof *decision));
}

static void give_decisions(EditLive *live)
{
    for (guint i = 0; i < live->run.decisions->len && !live->is_paused; i++)
        give(live, &g_array_index(live->run.decisions, DirectorDecision, i));
    g_array_set_size(live->run.decisions, 0);
}

/* Decides anew from the beginning; what comes of it counts from `at_ms` on, less the look-ahead. */
static gboolean begin_reign(EditLive *live, gint64 at_ms, GError **error)
{
    if (!begin_run(live, error))
        return FALSE;
    edit_run_advance(&live->run, at_ms);
    gint64 from_ms = MAX(at_ms - live->given.look_ahead_ms, 0);
    const GArray *all = live->run.decisions;
    guint first = 0;
    while (first + 1 < all->len && g_array_index(all, DirectorDecision, first + 1).t_ms <= from_ms)
        first++;
    if (all->len > 0 && g_array_index(all, DirectorDecision, first).t_ms < from_ms)
        g_array_index(all, DirectorDecision, first).t_ms = from_ms;
    g_array_remove_range(live->run.decisions, 0, first);
    give_decisions(live);
    return TRUE;
}

/* ---- life ---- */

EditLive *edit_live_new(const GPtrArray *sources, const DirectorSettings *settings, GError **error)
{
    if (sources->len < 1 || sources->len > SHOW_SOURCES_MAX) {
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_FAILED,
                    "cannot direct %u sources; expected 1 to %d", sources->len, SHOW_SOURCES_MAX);
        return NULL;
    }
    g_autoptr(EditLive) live = g_new0(EditLive, 1);
    live->sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    for (guint i = 0; i < sources->len; i++)
        g_ptr_array_add(live->sources, show_source_dup(sources->pdata[i]));
    live->given = *settings;
    live->log = show_log_new();
    live->decisions = g_queue_new();
    live->shown = SHOWN_NOTHING_YET;
    return begin_run(live, error) ? g_steal_pointer(&live) : NULL;
}

void edit_live_free(EditLive *live)
{
    if (live == NULL)
        return;
    edit_run_clear(&live->run);
    g_queue_free_full(live->decisions, g_free);
    show_log_free(live->log);
    g_ptr_array_unref(live->sources);
    g_free(live);
}

/* ---- lines ---- */

static ShowEvent *dup_line(const ShowEvent *line)
{
    ShowEvent *copy = g_new(ShowEvent, 1);
    *copy = *line;
    copy->type_name = g_strdup(line->type_name);
    copy->id = NULL; /* moves nothing */
    copy->source = g_strdup(line->source);
    copy->fields = line->fields != NULL ? json_incref(line->fields) : NULL;
    return copy;
}

gboolean edit_live_moves(const ShowEvent *line)
{
    switch (line->type) {
    case SHOW_EVENT_SESSION_START:
    case SHOW_EVENT_SPEAKING_START:
    case SHOW_EVENT_SPEAKING_STOP:
    case SHOW_EVENT_MANUAL_CUT:
    case SHOW_EVENT_AUTO_RESUME:
    case SHOW_EVENT_SOURCE_LOST:
    case SHOW_EVENT_SOURCE_BACK:
    case SHOW_EVENT_SETTINGS:
    case SHOW_EVENT_SOURCES:
    case SHOW_EVENT_EPOCH:
        return TRUE;
    case SHOW_EVENT_MARKER:
        return edit_feed_is_slide(line);
    default:
        return FALSE;
    }
}

/* The list of a line, or NULL: it is none, or it leaves out a source. */
static GPtrArray *read_list(const EditLive *live, const ShowEvent *line, GError **error)
{
    const json_t *list = json_object_get(line->fields, "sources");
    g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func((GDestroyNotify)show_source_free);
    for (gsize i = 0; i < json_array_size(list); i++) {
        g_autofree char *where = g_strdup_printf("sources[%" G_GSIZE_FORMAT "]", i);
        ShowSource *source =
            show_source_from_json("sources", where, json_array_get(list, i), error);
        if (source == NULL)
            return NULL;
        g_ptr_array_add(sources, source);
    }
    for (guint i = 0; i < live->sources->len; i++) {
        const ShowSource *old = live->sources->pdata[i];
        if (show_sources_find(sources, old->id) == (int)i)
            continue;
        g_set_error(error, EDIT_ERROR, EDIT_ERROR_FAILED,
                    "sources: %s is missing or in another place; a list names all sources that the "
                    "show ever had, new ones at its end",
                    old->id);
        return NULL;
    }
    return g_steal_pointer(&sources);
}

static gboolean is_same_cast(const GPtrArray *a, const GPtrArray *b)
{
    if (a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++) {
        const ShowSource *left = a->pdata[i], *right = b->pdata[i];
        if (left->role != right->role || left->priority != right->priority ||
            g_strcmp0(left->camera, right->camera) != 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean take_list(EditLive *live, const ShowEvent *line, GError **error)
{
    g_autoptr(GPtrArray) sources = read_list(live, line, error);
    if (sources == NULL)
        return FALSE;
    gboolean is_same = is_same_cast(live->sources, sources);
    edit_live_advance(live, show_event_at_ms(line) - 1);
    g_ptr_array_unref(live->sources);
    live->sources = g_steal_pointer(&sources);
    live->run.feeder.sources = live->sources;
    show_log_take(live->log, dup_line(line));
    return is_same || live->is_paused || begin_reign(live, show_event_at_ms(line), error);
}

static gboolean take_epoch(EditLive *live, const ShowEvent *line, GError **error)
{
    const char *by = json_string_value(json_object_get(line->fields, "by"));
    edit_live_advance(live, show_event_at_ms(line) - 1);
    live->epoch = MAX(live->epoch, line->epoch);
    live->is_paused = g_strcmp0(by, "console") == 0;
    if (!live->is_paused) {
        live->server_epoch = live->epoch;
        g_queue_clear_full(live->decisions, g_free); /* nobody saw them */
        live->shown = SHOWN_NOTHING_YET;
    }
    show_log_take(live->log, dup_line(line));
    return live->is_paused || begin_reign(live, show_event_at_ms(line), error);
}

static gboolean check_settings(const EditLive *live, const ShowEvent *line, GError **error)
{
    DirectorSettings changed = live->run.settings;
    const json_t *object = json_object_get(line->fields, "settings");
    return object == NULL || edit_settings_apply_json(&changed, "settings", object, error);
}

gint64 edit_live_next_at_ms(const EditLive *live, gint64 now_ms)
{
    return MAX(now_ms, MAX(live->run.now_ms + 1, live->last_at_ms));
}

gint64 edit_live_due_ms(const EditLive *live, gint64 now_ms)
{
    return MAX(now_ms, MAX(live->run.now_ms, live->last_at_ms));
}

gboolean edit_live_check(const EditLive *live, const ShowEvent *line, GError **error)
{
    if (line->type == SHOW_EVENT_SETTINGS)
        return check_settings(live, line, error);
    if (line->type != SHOW_EVENT_SOURCES)
        return TRUE;
    g_autoptr(GPtrArray) sources = read_list(live, line, error);
    return sources != NULL;
}

gboolean edit_live_line(EditLive *live, const ShowEvent *line, GError **error)
{
    live->last_at_ms = MAX(live->last_at_ms, show_event_at_ms(line));
    if (!edit_live_moves(line))
        return TRUE;
    if (line->type == SHOW_EVENT_SETTINGS && !check_settings(live, line, error))
        return FALSE;
    if (line->type == SHOW_EVENT_SOURCES)
        return take_list(live, line, error);
    if (line->type == SHOW_EVENT_EPOCH)
        return take_epoch(live, line, error);
    show_log_take(live->log, dup_line(line));
    if (live->is_paused)
        return TRUE;
    gboolean good = edit_run_line(&live->run, line, error);
    give_decisions(live);
    return good;
}

void edit_live_advance(EditLive *live, gint64 now_ms)
{
    if (live->is_paused)
        return;
    edit_run_advance(&live->run, now_ms);
    give_decisions(live);
}

gboolean edit_live_take(EditLive *live, DirectorDecision *decision)
{
    g_autofree DirectorDecision *first = g_queue_pop_head(live->decisions);
    if (first != NULL)
        *decision = *first;
    return first != NULL;
}

gint64 edit_live_deadline_ms(const EditLive *live)
{
    return live->is_paused ? G_MAXINT64 : director_deadline_ms(live->run.director);
}

int edit_live_next_source(const EditLive *live)
{
    return live->is_paused ? DIRECTOR_NONE : director_next_source(live->run.director);
}

gboolean edit_live_is_deciding(const EditLive *live)
{
    return !live->is_paused;
}

gint64 edit_live_epoch(const EditLive *live)
{
    return live->epoch;
}

gint64 edit_live_server_epoch(const EditLive *live)
{
    return live->server_epoch;
}

const GPtrArray *edit_live_sources(const EditLive *live)
{
    return live->sources;
}

DirectorSettings edit_live_settings(const EditLive *live)
{
    return live->run.settings;
}
