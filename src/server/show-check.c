/* What a client's event may say, and who may say it. Nothing is changed here. */
#include "show-state-private.h"

#include <string.h>

/* How far an event's t may lie ahead of the clock. */
enum { AHEAD_MS = 2000 };

/* ---- what a client may ---- */

static gboolean refuse(GError **error, ServerError code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean refuse(GError **error, ServerError code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, SERVER_ERROR, (gint)code, message);
    return FALSE;
}

static gboolean is_of_a_source(ShowEventType type)
{
    switch (type) {
    case SHOW_EVENT_SPEAKING_START:
    case SHOW_EVENT_SPEAKING_STOP:
    case SHOW_EVENT_RECORD_START:
    case SHOW_EVENT_RECORD_STOP:
    case SHOW_EVENT_SOURCE_LOST:
    case SHOW_EVENT_SOURCE_BACK:
    case SHOW_EVENT_CLOCK:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean is_the_servers(const ShowEvent *event)
{
    switch (event->type) {
    case SHOW_EVENT_SESSION_START:
    case SHOW_EVENT_LIVE_START:
    case SHOW_EVENT_LIVE_STOP:
    case SHOW_EVENT_LIVE_STATE:
    case SHOW_EVENT_GUEST_REMOVED:
        return TRUE;
    case SHOW_EVENT_SWITCH:
        return event->epoch == 0; /* a console without a link decides under its own epoch */
    default:
        return FALSE;
    }
}

static gboolean may_send(const ServerShow *show, const ServerWho *who, const ShowEvent *event,
                         GError **error)
{
    if (is_the_servers(event))
        return refuse(error, SERVER_ERROR_FORBIDDEN, "type: %s is written by the server alone",
                      event->type_name);
    gboolean own = is_of_a_source(event->type);
    if (server_who_is_source(who) && !own)
        return refuse(error, SERVER_ERROR_FORBIDDEN, "type: a %s may not send %s",
                      server_role_name(who->role), event->type_name);
    if (server_who_is_source(who) && event->epoch != 0)
        return refuse(error, SERVER_ERROR_FORBIDDEN, "epoch: a %s does not decide",
                      server_role_name(who->role));
    const char *file = json_string_value(json_object_get(event->fields, "file"));
    if (server_who_is_source(who) && file != NULL && !server_recording_is_of(file, who->source))
        return refuse(error, SERVER_ERROR_FORBIDDEN, "file: not a recording of this source");
    const char *source =
        own && server_who_is_source(who) && event->source == NULL ? who->source : event->source;
    if (!server_who_may_send(who, server_show_id(show), source))
        return refuse(error, SERVER_ERROR_FORBIDDEN, "source: not yours to speak for");
    return TRUE;
}

/* ---- what an event may say ---- */

static gboolean check_time(const ServerShow *show, const ShowEvent *event, GError **error)
{
    gint64 now_ms = server_show_clock_ms(show);
    if (event->t_ms > now_ms + AHEAD_MS)
        return refuse(error, SERVER_ERROR_INVALID,
                      "t: expected at most %d ms ahead of the session clock (%" G_GINT64_FORMAT
                      "), found %" G_GINT64_FORMAT,
                      AHEAD_MS, now_ms, event->t_ms);
    if (event->epoch > 0 && event->at_ms > now_ms + AHEAD_MS)
        return refuse(error, SERVER_ERROR_INVALID, "at: lies in the future");
    if (event->edge_t_ms != SHOW_MS_NONE && event->edge_t_ms > event->t_ms + AHEAD_MS)
        return refuse(error, SERVER_ERROR_INVALID, "edge_t: lies behind t");
    return TRUE;
}

static gboolean check_source(const ServerShow *show, const ShowEvent *event, GError **error)
{
    const GPtrArray *sources = edit_live_sources(show->live);
    if (event->source == NULL || strcmp(event->source, "program") == 0 ||
        show_sources_find(sources, event->source) >= 0)
        return TRUE;
    return refuse(error, SERVER_ERROR_INVALID, "source: this show has no source %s", event->source);
}

static gboolean check_epoch(const ServerShow *show, const ShowEvent *event, GError **error)
{
    gint64 epoch = edit_live_epoch(show->live);
    if (event->type == SHOW_EVENT_EPOCH) {
        const json_t *last = json_object_get(event->fields, "lastSeq");
        if (event->epoch <= epoch)
            return refuse(error, SERVER_ERROR_CONFLICT,
                          "epoch: expected more than %" G_GINT64_FORMAT, epoch);
        if (!json_is_integer(last) || json_integer_value(last) < 0 ||
            json_integer_value(last) > show->seq)
            return refuse(error, SERVER_ERROR_INVALID, "lastSeq: expected 0 to %" G_GINT64_FORMAT,
                          show->seq);
    } else if (event->epoch > epoch) {
        return refuse(error, SERVER_ERROR_INVALID,
                      "epoch: %" G_GINT64_FORMAT " has not begun; send its line first",
                      event->epoch);
    }
    return TRUE;
}

static gboolean is_type(const char *name)
{
    return g_ascii_islower(name[0]);
}

gboolean server_show_check(const ServerShow *show, const ServerWho *who, const ShowEvent *event,
                           GError **error)
{
    if (show->manifest->state == SHOW_STATE_COMPLETE)
        return refuse(error, SERVER_ERROR_STOPPED, "sessionId: this show has ended");
    if (event->id == NULL)
        return refuse(error, SERVER_ERROR_INVALID,
                      "id: expected the event's own id, so that a resend is stored once");
    if (g_str_has_prefix(event->id, SERVER_OWN_ID))
        return refuse(error, SERVER_ERROR_INVALID, "id: " SERVER_OWN_ID "… are the server's");
    if (!is_type(event->type_name))
        return refuse(error, SERVER_ERROR_INVALID,
                      "type: expected a name that begins with a lower-case letter");
    return may_send(show, who, event, error) && check_source(show, event, error) &&
           check_epoch(show, event, error) && check_time(show, event, error);
}
