/* Events in memory: types, making and freeing, and writing. Reading is in event-read.c. */
#include <show/event.h>

#include "event-private.h"
#include "read-private.h"
#include "text-private.h"

#include <string.h>

static const char *const type_names[SHOW_EVENT_TYPES] = {
    [SHOW_EVENT_UNKNOWN] = "unknown",
    [SHOW_EVENT_SESSION_START] = "session_start",
    [SHOW_EVENT_SPEAKING_START] = "speaking_start",
    [SHOW_EVENT_SPEAKING_STOP] = "speaking_stop",
    [SHOW_EVENT_SWITCH] = "switch",
    [SHOW_EVENT_CUT] = "cut",
    [SHOW_EVENT_MANUAL_CUT] = "manual_cut",
    [SHOW_EVENT_AUTO_RESUME] = "auto_resume",
    [SHOW_EVENT_RECORD_START] = "record_start",
    [SHOW_EVENT_RECORD_STOP] = "record_stop",
    [SHOW_EVENT_SOURCE_LOST] = "source_lost",
    [SHOW_EVENT_SOURCE_BACK] = "source_back",
    [SHOW_EVENT_MARKER] = "marker",
    [SHOW_EVENT_SETTINGS] = "settings",
    [SHOW_EVENT_GAINS] = "gains",
    [SHOW_EVENT_SOURCES] = "sources",
    [SHOW_EVENT_CLOCK] = "clock",
    [SHOW_EVENT_EPOCH] = "epoch",
    [SHOW_EVENT_LIVE_START] = "live_start",
    [SHOW_EVENT_LIVE_STOP] = "live_stop",
    [SHOW_EVENT_LIVE_STATE] = "live_state",
    [SHOW_EVENT_GUEST_REMOVED] = "guest_removed",
};

const char *const show_event_members[] = {"id",   "seq",    "t",      "at", "epoch",
                                          "type", "source", "edge_t", NULL};

const char *show_event_type_name(ShowEventType type)
{
    return type_names[(guint)type < SHOW_EVENT_TYPES ? type : SHOW_EVENT_UNKNOWN];
}

ShowEventType show_event_type_from_name(const char *name)
{
    for (guint type = SHOW_EVENT_UNKNOWN + 1; name != NULL && type < SHOW_EVENT_TYPES; type++)
        if (name[0] == type_names[type][0] && strcmp(name, type_names[type]) == 0)
            return (ShowEventType)type;
    return SHOW_EVENT_UNKNOWN;
}

ShowEvent *show_event_new(ShowEventType type, const char *source, gint64 t_ms)
{
    ShowEvent *event = g_new0(ShowEvent, 1);
    event->type = type;
    event->type_name = g_strdup(show_event_type_name(type));
    event->source = g_strdup(source);
    event->t_ms = t_ms;
    event->at_ms = SHOW_MS_NONE;
    event->edge_t_ms = SHOW_MS_NONE;
    return event;
}

void show_event_free(ShowEvent *event)
{
    if (event == NULL)
        return;
    g_free(event->type_name);
    g_free(event->id);
    g_free(event->source);
    json_decref(event->fields);
    g_free(event);
}

gint64 show_event_at_ms(const ShowEvent *event)
{
    return event->at_ms != SHOW_MS_NONE ? event->at_ms : event->t_ms;
}

void show_event_set(ShowEvent *event, const char *member, json_t *value)
{
    g_assert(!g_strv_contains(show_event_members, member));
    if (event->fields == NULL)
        event->fields = json_object();
    if (value != NULL)
        json_object_set_new(event->fields, member, value);
    else
        json_object_del(event->fields, member);
}

json_t *show_event_to_json(const ShowEvent *event)
{
    json_t *object = json_object();
    show_write_text(object, "id", event->id);
    if (event->seq > 0)
        show_write_integer(object, "seq", event->seq);
    show_write_integer(object, "t", event->t_ms);
    if (event->at_ms != SHOW_MS_NONE)
        show_write_integer(object, "at", event->at_ms);
    if (event->epoch != 0)
        show_write_integer(object, "epoch", event->epoch);
    show_write_text(object, "type", event->type_name);
    show_write_text(object, "source", event->source);
    if (event->edge_t_ms != SHOW_MS_NONE)
        show_write_integer(object, "edge_t", event->edge_t_ms);
    show_write_rest(object, event->fields);
    return object;
}

enum { TEXT_BYTES = 256 }; /* most are shorter */

static void begin_member(GString *out, const char *name)
{
    g_string_append(out, out->len > 1 ? ",\"" : "\"");
    g_string_append(out, name);
    g_string_append(out, "\":");
}

static void text_member(GString *out, const char *name, const char *text)
{
    if (text == NULL)
        return;
    begin_member(out, name);
    show_text_string(out, text);
}

static void integer_member(GString *out, const char *name, gint64 integer)
{
    begin_member(out, name);
    show_text_integer(out, integer);
}

char *show_event_text(const ShowEvent *event)
{
    GString *out = g_string_sized_new(TEXT_BYTES);
    g_string_append_c(out, '{');
    text_member(out, "id", event->id);
    if (event->seq > 0)
        integer_member(out, "seq", event->seq);
    integer_member(out, "t", event->t_ms);
    if (event->at_ms != SHOW_MS_NONE)
        integer_member(out, "at", event->at_ms);
    if (event->epoch != 0)
        integer_member(out, "epoch", event->epoch);
    text_member(out, "type", event->type_name);
    text_member(out, "source", event->source);
    if (event->edge_t_ms != SHOW_MS_NONE)
        integer_member(out, "edge_t", event->edge_t_ms);
    const char *name;
    json_t *value;
    json_object_foreach(event->fields, name, value)
    {
        g_string_append_c(out, ',');
        show_text_string(out, name);
        g_string_append_c(out, ':');
        show_text_value(out, value);
    }
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}
