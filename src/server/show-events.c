/* Events of a running show: checked, written, fed to the director, sent; decisions leave at once,
 * answers when the disk has it. What always holds: the director is fed what is in the log and
 * nothing else, in its order, so that the log decides the same again. */
#include "show-state-private.h"

#include "shows-private.h"
#include "socket-private.h"

#include <edit/error.h>
#include <edit/replay.h>
#include <show/error.h>
#include <show/limits.h>
#include <store/error.h>

#include <stdlib.h>
#include <string.h>

enum {
    AHEAD_MS = 2000,   /* how far an event's t may lie ahead of the clock */
    COALESCE_MS = 20,  /* speaking events of one source that are closer are one */
    TORN_MS = 250,     /* the log is tried again so often while its disk fails */
    HANDED_BACK_S = 3, /* the console has handed in nothing for so long: the server decides again */
};

typedef struct Waiting {
    ServerShowAnswer answer;
    gpointer data;
} Waiting;

typedef struct Spoken {
    gint64 t_ms;
    char id[SHOW_ID_BYTES_MAX + 1]; /* of the line */
} Spoken;

/* ---- answers ---- */

static void wait_for(ServerLine *line, ServerShowAnswer answer, gpointer data)
{
    if (line->is_synced) {
        answer(line->seq, line->at_ms, NULL, data);
        return;
    }
    if (line->waiting == NULL)
        line->waiting = g_array_new(FALSE, FALSE, sizeof(Waiting));
    Waiting waiting = {answer, data};
    g_array_append_val(line->waiting, waiting);
}

static void answer_all(ServerLine *line, const GError *error)
{
    g_autoptr(GArray) waiting = g_steal_pointer(&line->waiting);
    for (guint i = 0; waiting != NULL && i < waiting->len; i++) {
        const Waiting *one = &g_array_index(waiting, Waiting, i);
        one->answer(line->seq, line->at_ms, error, one->data);
    }
}

/* One append that waits for its sync. */
typedef struct Synced {
    ServerShow *show;
    char *id;
} Synced;

static void synced(const GError *error, gpointer data)
{
    Synced *one = data;
    ServerShow *show = one->show;
    ServerLine *line = g_hash_table_lookup(show->lines, one->id);
    if (error != NULL) {
        g_warning("log not synced show=%s error=%s", server_show_id(show), error->message);
        show->is_torn = TRUE;
    }
    if (line != NULL) {
        line->is_synced = error == NULL;
        answer_all(line, error);
        if (error != NULL) /* a resend is written anew */
            g_hash_table_remove(show->lines, one->id);
    }
    server_metrics_add(show->server->metrics, SERVER_METRIC_EVENTS, error == NULL ? 1 : 0);
    g_free(one->id);
    g_free(one);
    server_show_unref(show);
}

/* ---- writing ---- */

/* Ids of the server's own lines: no client's event may have one. */
#define OWN_ID "server."

static char *own_id(gint64 seq)
{
    return g_strdup_printf(OWN_ID "%" G_GINT64_FORMAT, seq);
}

static ServerLine *note_line(ServerShow *show, const ShowEvent *event)
{
    ServerLine *line = g_new0(ServerLine, 1);
    line->seq = event->seq;
    line->at_ms = event->at_ms;
    g_hash_table_replace(show->lines, g_strdup(event->id), line);
    return line;
}

/* Gives the event its seq and writes it. NULL: not written. */
static ServerLine *write_event(ServerShow *show, ShowEvent *event, SocketioSocket *except,
                               GError **error)
{
    event->seq = show->seq + 1;
    if (event->id == NULL)
        event->id = own_id(event->seq);
    json_t *value = show_event_to_json(event);
    char *text = json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15));
    json_decref(value);
    gint64 offset = store_journal_bytes(show->journal);
    Synced *one = g_new0(Synced, 1);
    one->show = show;
    one->id = g_strdup(event->id);
    if (!store_journal_append(show->journal, text, strlen(text), synced, one, error)) {
        g_free(one->id);
        g_free(one);
        free(text);
        return NULL;
    }
    server_show_ref(show);
    show->seq = event->seq;
    g_array_append_val(show->offsets, offset);
    server_socket_send_line(show->server, server_show_id(show), except, text);
    free(text); /* jansson's */
    return note_line(show, event);
}

gboolean server_show_append(ServerShow *show, ShowEvent *event, SocketioSocket *except,
                            GError **error)
{
    g_autoptr(ShowEvent) owned = event;
    if (!server_show_mend(show, error))
        return FALSE;
    if (owned->at_ms == SHOW_MS_NONE)
        owned->at_ms = edit_live_next_at_ms(show->live, server_show_clock_ms(show));
    if (owned->epoch == 0)
        owned->epoch = edit_live_server_epoch(show->live);
    return write_event(show, owned, except, error) != NULL &&
           edit_live_line(show->live, owned, error);
}

void server_show_wait_for_last(ServerShow *show, ServerShowAnswer answer, gpointer data)
{
    g_autofree char *id = own_id(show->seq);
    wait_for(g_hash_table_lookup(show->lines, id), answer, data);
}

/* ---- decisions ---- */

static const char *id_of(const ServerShow *show, int index)
{
    const GPtrArray *sources = edit_live_sources(show->live);
    return index >= 0 && index < (int)sources->len ? ((ShowSource *)sources->pdata[index])->id
                                                   : NULL;
}

/* FALSE: what was decided is not in the log; it is decided again when that can be written. */
static gboolean write_decision(ServerShow *show, const DirectorDecision *decision, gint64 now_ms)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ShowEvent) event =
        show_event_new(SHOW_EVENT_SWITCH, id_of(show, decision->source), decision->t_ms);
    g_autofree char *text = edit_reason_sentence(decision, edit_live_sources(show->live));
    event->at_ms = now_ms;
    event->epoch = edit_live_server_epoch(show->live);
    show_event_set(event, "reason", json_string(director_reason_name(decision->reason)));
    show_event_set(event, "text", json_string(text));
    const char *lost = id_of(show, decision->lost);
    if (lost != NULL)
        show_event_set(event, "lost", json_string(lost));
    show_event_set(event, "hold", json_integer(decision->hold_ms));
    if (write_event(show, event, NULL, &error) == NULL) {
        g_warning("decision not written show=%s error=%s", server_show_id(show), error->message);
        show->is_torn = TRUE;
        return FALSE;
    }
    server_metrics_add(show->server->metrics, SERVER_METRIC_SWITCHES, 1);
    return TRUE;
}

guint server_show_decide(ServerShow *show)
{
    guint count = 0;
    if (show->manifest->state != SHOW_STATE_RECORDING || !show->is_attended)
        return 0;
    if (!server_show_mend(show, NULL)) {
        server_show_arm(show);
        return 0;
    }
    gint64 now_ms = edit_live_due_ms(show->live, server_show_clock_ms(show));
    DirectorDecision decision;
    edit_live_advance(show->live, now_ms);
    while (edit_live_take(show->live, &decision)) {
        if (decision.source < 0)
            continue; /* nothing can be shown: the last picture stays */
        if (!write_decision(show, &decision, now_ms))
            break;
        count++;
    }
    int next = edit_live_next_source(show->live);
    if (next != show->next_source) {
        show->next_source = next;
        server_socket_state_changed(show->server, server_show_id(show));
    }
    server_show_arm(show);
    return count;
}

/* ---- the timer ---- */

static gboolean tick(gpointer data)
{
    ServerShow *show = data;
    g_autoptr(GError) error = NULL;
    gint64 now_us = g_get_monotonic_time();
    if (show->adopted_us > 0 && now_us - show->adopted_us > HANDED_BACK_S * G_USEC_PER_SEC &&
        !server_show_take_over(show, &error))
        g_warning("cannot decide again show=%s error=%s", server_show_id(show), error->message);
    server_show_decide(show);
    return G_SOURCE_CONTINUE;
}

static gboolean timer_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    g_source_set_ready_time(source, -1);
    (void)callback;
    return tick(data);
}

static const GSourceFuncs timer_functions = {.dispatch = timer_dispatch};

void server_show_arm(ServerShow *show)
{
    if (show->timer == NULL) {
        show->timer = g_source_new((GSourceFuncs *)&timer_functions, sizeof(GSource));
        g_source_set_callback(show->timer, tick, show, NULL);
        g_source_set_name(show->timer, "director");
        g_source_attach(show->timer, show->server->context);
    }
    gboolean runs = show->manifest->state == SHOW_STATE_RECORDING && show->is_attended;
    if (!runs || show->is_closed) {
        g_source_set_ready_time(show->timer, -1);
        return;
    }
    gint64 now_ms = server_show_clock_ms(show);
    gint64 wait_ms = 1000;
    if (show->is_torn)
        wait_ms = TORN_MS;
    else if (edit_live_is_deciding(show->live))
        wait_ms = CLAMP(edit_live_deadline_ms(show->live) - now_ms, 1, 1000);
    g_source_set_ready_time(show->timer, g_get_monotonic_time() + wait_ms * 1000);
}

void server_show_set_attended(ServerShow *show, gboolean is_attended)
{
    show->is_attended = is_attended;
    server_show_decide(show);
    server_show_arm(show);
}

gboolean server_show_take_over(ServerShow *show, GError **error)
{
    if (!server_show_mend(show, error))
        return FALSE;
    ShowEvent *event = show_event_new(SHOW_EVENT_EPOCH, NULL, server_show_clock_ms(show));
    event->epoch = edit_live_epoch(show->live) + 1;
    show_event_set(event, "by", json_string("server"));
    show_event_set(event, "lastSeq", json_integer(show->seq));
    if (!server_show_append(show, event, NULL, error))
        return FALSE;
    show->adopted_us = 0;
    return TRUE;
}

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
    if (who->role == SERVER_ROLE_CAMERA && !own)
        return refuse(error, SERVER_ERROR_FORBIDDEN, "type: a camera may not send %s",
                      event->type_name);
    if (who->role == SERVER_ROLE_CAMERA && event->epoch != 0)
        return refuse(error, SERVER_ERROR_FORBIDDEN, "epoch: a camera does not decide");
    const char *file = json_string_value(json_object_get(event->fields, "file"));
    if (who->role == SERVER_ROLE_CAMERA && file != NULL &&
        !server_recording_is_of(file, who->source))
        return refuse(error, SERVER_ERROR_FORBIDDEN, "file: not a recording of this camera");
    const char *source = own && who->role == SERVER_ROLE_CAMERA && event->source == NULL
                             ? who->source
                             : event->source;
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

static gboolean check(const ServerShow *show, const ServerWho *who, const ShowEvent *event,
                      GError **error)
{
    if (show->manifest->state == SHOW_STATE_COMPLETE)
        return refuse(error, SERVER_ERROR_STOPPED, "sessionId: this show has ended");
    if (event->id == NULL)
        return refuse(error, SERVER_ERROR_INVALID,
                      "id: expected the event's own id, so that a resend is stored once");
    if (g_str_has_prefix(event->id, OWN_ID))
        return refuse(error, SERVER_ERROR_INVALID, "id: " OWN_ID "… are the server's");
    if (!is_type(event->type_name))
        return refuse(error, SERVER_ERROR_INVALID,
                      "type: expected a name that begins with a lower-case letter");
    return may_send(show, who, event, error) && check_source(show, event, error) &&
           check_epoch(show, event, error) && check_time(show, event, error);
}

/* ---- an event ---- */

/* The show's own errors name the member in quotes; here it stands first. */
static GError *as_invalid(const GError *error)
{
    const char *begin = strchr(error->message, '"');
    const char *end = begin != NULL ? strchr(begin + 1, '"') : NULL;
    GError *invalid = g_error_new_literal(SERVER_ERROR, SERVER_ERROR_INVALID, error->message);
    if (end != NULL) {
        g_autofree char *field = g_strndup(begin + 1, (gsize)(end - begin - 1));
        g_autofree char *said = g_strdup_printf("%s%s", field, end + 1);
        g_free(invalid->message);
        invalid->message = g_steal_pointer(&said);
    }
    return invalid;
}

/* The line that this one only repeats, or NULL. Notes it otherwise. */
static ServerLine *find_same_speech(ServerShow *show, const ShowEvent *event)
{
    if (event->type != SHOW_EVENT_SPEAKING_START && event->type != SHOW_EVENT_SPEAKING_STOP)
        return NULL;
    g_autofree char *key = g_strdup_printf("%s %s", event->source, event->type_name);
    Spoken *last = g_hash_table_lookup(show->speaking, key);
    if (last != NULL && ABS(event->t_ms - last->t_ms) < COALESCE_MS)
        return g_hash_table_lookup(show->lines, last->id);
    Spoken *spoken = g_new0(Spoken, 1);
    spoken->t_ms = event->t_ms;
    g_strlcpy(spoken->id, event->id, sizeof spoken->id);
    g_hash_table_replace(show->speaking, g_steal_pointer(&key), spoken);
    return NULL;
}

/* seq and `at` are the server's, but for lines of a console that decided without a link. */
static void stamp(ServerShow *show, ShowEvent *event)
{
    gint64 now_ms = server_show_clock_ms(show);
    gboolean is_adopted = event->epoch > edit_live_server_epoch(show->live);
    if (is_adopted) {
        event->at_ms = MIN(event->at_ms != SHOW_MS_NONE ? event->at_ms : event->t_ms, now_ms);
        show->adopted_us = g_get_monotonic_time();
        return;
    }
    event->at_ms = edit_live_next_at_ms(show->live, now_ms);
    event->epoch = edit_live_server_epoch(show->live);
}

static void note_effects(ServerShow *show, const ShowEvent *event)
{
    server_show_note_recording(show, event);
    if (server_show_note_sources(show, event))
        server_show_save(show);
}

static ServerLine *take_event(ServerShow *show, const ServerWho *who, SocketioSocket *from,
                              ShowEvent *event, GError **error)
{
    if (!check(show, who, event, error) || !edit_live_check(show->live, event, error))
        return NULL;
    ServerLine *line = find_same_speech(show, event);
    if (line != NULL)
        return line;
    stamp(show, event);
    line = write_event(show, event, from, error);
    if (line == NULL || !edit_live_line(show->live, event, error))
        return NULL;
    note_effects(show, event);
    return line;
}

/* `by` "server": the console has handed in everything. */
static gboolean is_hand_back(const ShowEvent *event)
{
    return event->type == SHOW_EVENT_EPOCH &&
           g_strcmp0(json_string_value(json_object_get(event->fields, "by")), "server") == 0;
}

static ServerLine *hand_back(ServerShow *show, const ServerWho *who, GError **error)
{
    if (who->role != SERVER_ROLE_ADMIN && who->role != SERVER_ROLE_UPLOAD) {
        refuse(error, SERVER_ERROR_FORBIDDEN, "type: not yours to send");
        return NULL;
    }
    if (edit_live_is_deciding(show->live)) {
        refuse(error, SERVER_ERROR_CONFLICT, "by: the server decides already");
        return NULL;
    }
    if (!server_show_take_over(show, error))
        return NULL;
    g_autofree char *id = own_id(show->seq);
    return g_hash_table_lookup(show->lines, id);
}

static void answer_error(ServerShow *show, GError *error, ServerShowAnswer answer, gpointer data)
{
    server_metrics_add(show->server->metrics, SERVER_METRIC_EVENTS_REFUSED, 1);
    if (error->domain == SHOW_ERROR || error->domain == EDIT_ERROR) {
        GError *invalid = as_invalid(error);
        g_error_free(error);
        error = invalid;
    }
    answer(0, 0, error, data);
    g_error_free(error);
}

/* Whether something may be decided, or be due at another time, because of it. To find out when the
 * next decision is due costs as much as a fifth of an event (bench/server). */
static gboolean may_move(const ShowEvent *event)
{
    switch (event->type) {
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
        return json_object_get(event->fields, "kind") != NULL;
    default:
        return FALSE;
    }
}

void server_show_event(ServerShow *show, const ServerWho *who, SocketioSocket *from,
                       const json_t *value, ServerShowAnswer answer, gpointer data)
{
    GError *error = NULL;
    gint64 began_us = g_get_monotonic_time();
    g_autoptr(ShowEvent) event = show_event_from_json("event", 0, value, &error);
    if (event == NULL) {
        answer_error(show, error, answer, data);
        return;
    }
    ServerLine *known = event->id != NULL ? g_hash_table_lookup(show->lines, event->id) : NULL;
    if (known != NULL) {
        wait_for(known, answer, data);
        return;
    }
    if (!server_show_mend(show, &error)) {
        answer_error(show, error, answer, data);
        return;
    }
    ServerLine *line = is_hand_back(event) ? hand_back(show, who, &error)
                                           : take_event(show, who, from, event, &error);
    if (line == NULL) {
        answer_error(show, error, answer, data);
        return;
    }
    wait_for(line, answer, data);
    if (may_move(event) && server_show_decide(show) > 0)
        server_metrics_decided(show->server->metrics, g_get_monotonic_time() - began_us);
}
