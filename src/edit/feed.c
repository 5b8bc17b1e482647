/* Lines of a log as the director takes them: ids become indexes, a microphone's speech its person's.
 * A person whom two microphones hear speaks while either of them does. */
#include "feed-private.h"

#include "people-private.h"

#include <edit/frames.h>
#include <edit/replay.h>

#include <string.h>

static gboolean is_heard(const EditFeeder *feeder, int person)
{
    for (int i = 0; i < SHOW_SOURCES_MAX; i++)
        if (feeder->speaks[i] && feeder->person[i] == person)
            return TRUE;
    return FALSE;
}

static void add(EditFeeder *feeder, const ShowEvent *line, DirectorEventType type, int source)
{
    FeedEvent feed = {
        .event = {.type = type,
                  .source = source,
                  .at_ms = show_event_at_ms(line),
                  .edge_ms = line->edge_t_ms != SHOW_MS_NONE ? line->edge_t_ms : DIRECTOR_MS_NONE},
        .line = line,
    };
    g_array_append_val(feeder->events, feed);
}

static void add_speech(EditFeeder *feeder, const ShowEvent *line, int source)
{
    int person = feeder->person[source];
    gboolean before = is_heard(feeder, person);
    feeder->speaks[source] = line->type == SHOW_EVENT_SPEAKING_START;
    if (is_heard(feeder, person) == before)
        return;
    add(feeder, line, before ? DIRECTOR_EVENT_SPEAKING_STOP : DIRECTOR_EVENT_SPEAKING_START,
        person);
}

/* With a camera its own microphone is lost, and starts anew; another mic of that person is heard on,
 * and the director, which forgot the voice with the picture, is told when the picture is back. */
static void add_presence(EditFeeder *feeder, const ShowEvent *line, int source)
{
    if (line->type == SHOW_EVENT_SOURCE_LOST) {
        add(feeder, line, DIRECTOR_EVENT_SOURCE_LOST, source);
        feeder->speaks[source] = FALSE;
        return;
    }
    add(feeder, line, DIRECTOR_EVENT_SOURCE_BACK, source);
    if (is_heard(feeder, source)) {
        add(feeder, line, DIRECTOR_EVENT_SPEAKING_START, source);
        g_array_index(feeder->events, FeedEvent, feeder->events->len - 1).event.edge_ms =
            show_event_at_ms(line);
    }
}

gboolean edit_feed_is_slide(const ShowEvent *line)
{
    if (line->type != SHOW_EVENT_MARKER)
        return FALSE;
    const char *kind = json_string_value(json_object_get(line->fields, "kind"));
    return g_strcmp0(kind, "slide") == 0;
}

/* ---- sources that come later ---- */

static gboolean is_list(const ShowEvent *line)
{
    return line->type == SHOW_EVENT_SESSION_START || line->type == SHOW_EVENT_SOURCES;
}

static gboolean list_names(const ShowEvent *line, const char *id)
{
    const json_t *list = json_object_get(line->fields, "sources");
    for (gsize i = 0; i < json_array_size(list); i++)
        if (g_strcmp0(json_string_value(json_object_get(json_array_get(list, i), "id")), id) == 0)
            return TRUE;
    return FALSE;
}

static void note_late_sources(EditFeeder *feeder, const GPtrArray *lines)
{
    const ShowEvent *first = NULL;
    for (guint i = 0; i < lines->len; i++) {
        const ShowEvent *line = lines->pdata[i];
        if (!is_list(line))
            continue;
        first = first != NULL ? first : line;
        for (guint k = 0; k < MIN(feeder->sources->len, SHOW_SOURCES_MAX); k++) {
            const ShowSource *source = feeder->sources->pdata[k];
            if (!list_names(first, source->id) && list_names(line, source->id))
                feeder->comes_later[k] = TRUE;
        }
    }
}

/* A source that comes later is lost from the first list to the first that names it. */
static void add_list(EditFeeder *feeder, const ShowEvent *line)
{
    for (guint i = 0; i < MIN(feeder->sources->len, SHOW_SOURCES_MAX); i++) {
        if (!feeder->comes_later[i])
            continue;
        const ShowSource *source = feeder->sources->pdata[i];
        if (!feeder->had_list) {
            add(feeder, line, DIRECTOR_EVENT_SOURCE_LOST, (int)i);
        } else if (list_names(line, source->id)) {
            feeder->comes_later[i] = FALSE;
            add(feeder, line, DIRECTOR_EVENT_SOURCE_BACK, (int)i);
        }
    }
    feeder->had_list = TRUE;
}

/* ---- lines ---- */

void edit_feeder_line(EditFeeder *feeder, const ShowEvent *line)
{
    int source = edit_people_find(feeder->sources, line->source);
    gboolean by_hand = line->type == SHOW_EVENT_MANUAL_CUT || line->type == SHOW_EVENT_AUTO_RESUME;
    if (by_hand && feeder->ignore_manual)
        return;
    if (is_list(line))
        add_list(feeder, line);
    else if (line->type == SHOW_EVENT_SETTINGS)
        add(feeder, line, DIRECTOR_EVENT_UNSET, DIRECTOR_NONE);
    else if (line->type == SHOW_EVENT_AUTO_RESUME)
        add(feeder, line, DIRECTOR_EVENT_AUTO_RESUME, DIRECTOR_NONE);
    else if (source < 0)
        return;
    else if (line->type == SHOW_EVENT_SPEAKING_START || line->type == SHOW_EVENT_SPEAKING_STOP)
        add_speech(feeder, line, source);
    else if (line->type == SHOW_EVENT_SOURCE_LOST || line->type == SHOW_EVENT_SOURCE_BACK)
        add_presence(feeder, line, source);
    else if (line->type == SHOW_EVENT_MANUAL_CUT)
        add(feeder, line, DIRECTOR_EVENT_MANUAL_CUT, source);
    else if (edit_feed_is_slide(line))
        add(feeder, line, DIRECTOR_EVENT_SLIDE, source);
}

void edit_feeder_init(EditFeeder *feeder, const GPtrArray *sources, const GPtrArray *lines,
                      gboolean ignore_manual)
{
    *feeder = (EditFeeder){.sources = sources, .ignore_manual = ignore_manual};
    edit_people_map(sources, feeder->person);
    note_late_sources(feeder, lines);
    feeder->events = g_array_new(FALSE, FALSE, sizeof(FeedEvent));
}

void edit_feeder_clear(EditFeeder *feeder)
{
    g_clear_pointer(&feeder->events, g_array_unref);
}

GArray *edit_feed_new(const GPtrArray *lines, const GPtrArray *sources, gboolean ignore_manual)
{
    EditFeeder feeder;
    edit_feeder_init(&feeder, sources, lines, ignore_manual);
    for (guint i = 0; i < lines->len; i++)
        edit_feeder_line(&feeder, lines->pdata[i]);
    return feeder.events;
}

static gint64 hold_ms(const ShowEvent *line, const DirectorSettings *settings)
{
    const json_t *hold = json_object_get(line->fields, "hold");
    double seconds = json_is_number(hold) ? json_number_value(hold) : -1;
    if (!(seconds >= 0))
        return settings->manual_hold_ms;
    return edit_round(MIN(seconds * 1000, (double)SHOW_T_MS_MAX));
}

/* An edge that the line does not carry is the sender's time less the detector's usual delay. The
 * director takes `at` for the sender's time; where that is later, it is said here. */
static gint64 usual_edge_ms(const FeedEvent *feed, const DirectorSettings *settings)
{
    if (feed->line->t_ms == feed->event.at_ms)
        return DIRECTOR_MS_NONE;
    if (feed->event.type == DIRECTOR_EVENT_SPEAKING_START)
        return feed->line->t_ms - settings->start_delay_ms;
    if (feed->event.type == DIRECTOR_EVENT_SPEAKING_STOP)
        return feed->line->t_ms - settings->stop_delay_ms;
    return DIRECTOR_MS_NONE;
}

DirectorEvent edit_feed_resolve(const FeedEvent *feed, const DirectorSettings *settings)
{
    DirectorEvent event = feed->event;
    if (event.type == DIRECTOR_EVENT_MANUAL_CUT)
        event.hold_ms = hold_ms(feed->line, settings);
    if (event.edge_ms == DIRECTOR_MS_NONE)
        event.edge_ms = usual_edge_ms(feed, settings);
    return event;
}

GArray *edit_director_events(const ShowLog *log, const GPtrArray *sources, gboolean ignore_manual)
{
    DirectorSettings defaults;
    director_settings_defaults(&defaults);
    g_autoptr(GPtrArray) lines = edit_events_in_order(log);
    g_autoptr(GArray) feed = edit_feed_new(lines, sources, ignore_manual);
    GArray *events = g_array_sized_new(FALSE, FALSE, sizeof(DirectorEvent), feed->len);
    for (guint i = 0; i < feed->len; i++) {
        DirectorEvent event = edit_feed_resolve(&g_array_index(feed, FeedEvent, i), &defaults);
        if (event.type != DIRECTOR_EVENT_UNSET)
            g_array_append_val(events, event);
    }
    return events;
}

DirectorRole edit_feed_role(ShowRole role)
{
    static const DirectorRole roles[] = {
        [SHOW_ROLE_UNSET] = DIRECTOR_ROLE_UNSET, [SHOW_ROLE_PERSON] = DIRECTOR_ROLE_PERSON,
        [SHOW_ROLE_WIDE] = DIRECTOR_ROLE_WIDE,   [SHOW_ROLE_SCREEN] = DIRECTOR_ROLE_SCREEN,
        [SHOW_ROLE_MIC] = DIRECTOR_ROLE_MIC,
    };
    return roles[role];
}

void edit_director_sources(const GPtrArray *sources, DirectorSource *out)
{
    memset(out, 0, SHOW_SOURCES_MAX * sizeof *out);
    for (guint i = 0; i < MIN(sources->len, SHOW_SOURCES_MAX); i++) {
        const ShowSource *source = sources->pdata[i];
        DirectorRole role = edit_feed_role(source->role);
        out[i].role = role != DIRECTOR_ROLE_UNSET ? role : DIRECTOR_ROLE_PERSON;
        out[i].priority = source->priority;
    }
}
