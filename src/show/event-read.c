/* Reading an event: the members every event has, then what its type demands. */
#include <show/event.h>

#include <show/error.h>
#include <show/limits.h>
#include <show/manifest.h>

#include "event-private.h"
#include "source-private.h"

#include <string.h>

#define COUNT_MAX  G_GINT64_CONSTANT(9007199254740991) /* 2^53 - 1: exact in every JSON reader */
#define HOLD_S_MAX (366 * 86400.0)

static gboolean is_type_name(const char *name)
{
    return strlen(name) <= SHOW_ID_BYTES_MAX && show_label_is_valid(name);
}

static gboolean demands_source(ShowEventType type)
{
    switch (type) {
    case SHOW_EVENT_SPEAKING_START:
    case SHOW_EVENT_SPEAKING_STOP:
    case SHOW_EVENT_SWITCH:
    case SHOW_EVENT_MANUAL_CUT:
    case SHOW_EVENT_RECORD_START:
    case SHOW_EVENT_RECORD_STOP:
    case SHOW_EVENT_SOURCE_LOST:
    case SHOW_EVENT_SOURCE_BACK:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean check_sources(const ShowReader *reader)
{
    g_autoptr(GPtrArray) sources = show_sources_read(reader, "sources");
    return sources != NULL;
}

static gboolean check_settings(const ShowReader *reader)
{
    const json_t *settings = json_object_get(reader->object, "settings");
    return settings == NULL || json_is_object(settings) ||
           show_read_fail(reader, "settings", "an object", settings);
}

static gboolean check_record_start(const ShowReader *reader)
{
    gint64 start_ms;
    g_autofree char *file = NULL;
    return show_read_ms(reader, "start", SHOW_OPTIONAL, &start_ms) &&
           show_read_text(reader, "file", SHOW_OPTIONAL, show_file_name_is_valid,
                          "the name of a file, without folders", &file);
}

/* Members that a type gives a meaning to; they stay in `fields`. */
static gboolean check_type(const ShowReader *reader, const ShowEvent *event)
{
    double hold_s;
    g_autofree char *kind = NULL;
    switch (event->type) {
    case SHOW_EVENT_SESSION_START:
        return check_sources(reader) && check_settings(reader);
    case SHOW_EVENT_SOURCES:
        return check_sources(reader);
    case SHOW_EVENT_SETTINGS:
        return check_settings(reader);
    case SHOW_EVENT_MANUAL_CUT:
        return show_read_real(reader, "hold", 0, HOLD_S_MAX, "seconds ≥ 0", &hold_s);
    case SHOW_EVENT_RECORD_START:
        return check_record_start(reader);
    case SHOW_EVENT_MARKER:
        return show_read_label(reader, "kind", &kind);
    default:
        return TRUE;
    }
}

static gboolean read_numbers(const ShowReader *reader, ShowEvent *event)
{
    return show_read_ms(reader, "t", SHOW_REQUIRED, &event->t_ms) &&
           show_read_ms(reader, "at", SHOW_OPTIONAL, &event->at_ms) &&
           show_read_ms(reader, "edge_t", SHOW_OPTIONAL, &event->edge_t_ms) &&
           show_read_integer(reader, "seq", 1, COUNT_MAX, "a whole number ≥ 1", &event->seq) &&
           show_read_integer(reader, "epoch", 0, COUNT_MAX, "a whole number ≥ 0", &event->epoch);
}

static gboolean read_names(const ShowReader *reader, ShowEvent *event)
{
    if (!show_read_text(reader, "type", SHOW_REQUIRED, is_type_name, "the name of a type",
                        &event->type_name))
        return FALSE;
    event->type = show_event_type_from_name(event->type_name);
    ShowNeed need = demands_source(event->type) ? SHOW_REQUIRED : SHOW_OPTIONAL;
    return show_read_id(reader, "id", SHOW_OPTIONAL, &event->id) &&
           show_read_id(reader, "source", need, &event->source);
}

ShowEvent *show_event_from_json(const char *name, gsize line, const json_t *value, GError **error)
{
    ShowReader reader = {.name = name, .line = line, .where = "", .object = value, .error = error};
    if (!show_read_is_object(&reader, "an event, an object"))
        return NULL;
    g_autoptr(ShowEvent) event = g_new0(ShowEvent, 1);
    event->at_ms = SHOW_MS_NONE;
    event->edge_t_ms = SHOW_MS_NONE;
    if (!read_numbers(&reader, event) || !read_names(&reader, event) || !check_type(&reader, event))
        return NULL;
    event->fields = show_read_rest(value, show_event_members);
    return g_steal_pointer(&event);
}
