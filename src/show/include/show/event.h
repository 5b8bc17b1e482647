/* An event: one line of a show's log.
 *
 *   {"id":"…","seq":17,"t":12345,"at":12361,"type":"speaking_stop","source":"cam_2","edge_t":11990}
 *
 * t       when the sender knew it, ms on the session clock
 * at      when the server fed it to the director, ms; where missing, t
 * seq     the server's order, from 1
 * id      the sender's, so that a resend is stored once
 * edge_t  the sender's estimate of the moment in the sound itself, ms (optional)
 * epoch   who decided: 0 at start, and left out when 0
 * Everything else an event carries stays in `fields`, known to this version or not. */
#pragma once
#include <glib.h>
#include <jansson.h>

typedef enum {
    SHOW_EVENT_UNKNOWN = 0, /* kept and written back, not interpreted */
    SHOW_EVENT_SESSION_START, /* name, sources, settings, version */
    SHOW_EVENT_SPEAKING_START,
    SHOW_EVENT_SPEAKING_STOP,
    SHOW_EVENT_SWITCH,      /* the director's decision, with its reason */
    SHOW_EVENT_CUT,         /* the producer's answer: which decision, which first frame */
    SHOW_EVENT_MANUAL_CUT,  /* hold: seconds until auto comes back; missing = until auto_resume */
    SHOW_EVENT_AUTO_RESUME,
    SHOW_EVENT_RECORD_START, /* file, start (ms on the session clock) */
    SHOW_EVENT_RECORD_STOP,
    SHOW_EVENT_SOURCE_LOST,
    SHOW_EVENT_SOURCE_BACK,
    SHOW_EVENT_MARKER,      /* kind "slide": the picture of a screen source changed */
    SHOW_EVENT_SETTINGS,
    SHOW_EVENT_GAINS,
    SHOW_EVENT_SOURCES,
    SHOW_EVENT_CLOCK,
    SHOW_EVENT_EPOCH,
    SHOW_EVENT_LIVE_START,
    SHOW_EVENT_LIVE_STOP,
    SHOW_EVENT_LIVE_STATE,
    SHOW_EVENT_GUEST_REMOVED,
    SHOW_EVENT_TYPES
} ShowEventType;

#define SHOW_MS_NONE ((gint64)-1) /* a time that an event does not carry */

typedef struct ShowEvent {
    ShowEventType type;
    char *type_name; /* as written, also of unknown types */
    char *id;        /* or NULL */
    char *source;    /* or NULL */
    gint64 seq;      /* 0 = none */
    gint64 t_ms;
    gint64 at_ms;     /* SHOW_MS_NONE = none */
    gint64 edge_t_ms; /* SHOW_MS_NONE = none */
    gint64 epoch;
    json_t *fields;  /* object of all other members, or NULL; owned */
} ShowEvent;

ShowEvent *show_event_new(ShowEventType type, const char *source, gint64 t_ms);
void show_event_free(ShowEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ShowEvent, show_event_free)

const char *show_event_type_name(ShowEventType type);
ShowEventType show_event_type_from_name(const char *name);
gint64 show_event_at_ms(const ShowEvent *event); /* at, or t where at is missing */

/* Sets one member of `fields`, never one that has a place of its own above; takes the reference to
 * value. NULL removes the member. */
void show_event_set(ShowEvent *event, const char *member, json_t *value);

/* Checks what a type demands (speaking_* and manual_cut name a source …). `name` and `line` stand
 * in errors; line 0 = not said. */
ShowEvent *show_event_from_json(const char *name, gsize line, const json_t *value,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
json_t *show_event_to_json(const ShowEvent *event); /* new reference; members in the order above */
/* The same as one line of text, without its end. For a log that grows: a fifth of the cost. */
char *show_event_text(const ShowEvent *event);
