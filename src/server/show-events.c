/* Events of a running show: checked, written, fed to the director, sent; decisions leave at once,
 * answers when the disk has it. What always holds: the director is fed what is in the log and
 * nothing else, in its order, so that the log decides the same again. */
#include "show-state-private.h"

#include "livekit-private.h"
#include "shows-private.h"
#include "socket-private.h"

#include <edit/error.h>
#include <edit/live.h>
#include <show/error.h>
#include <show/limits.h>

#include <string.h>

/* Speaking events of one source that are closer are one. */
enum { COALESCE_MS = 20 };

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

/* One append that waits for its sync. Its line stays in the show's table meanwhile: it is taken out
 * here alone, or with the show, which is kept. */
typedef struct Synced {
    ServerShow *show;
    ServerLine *line;
    const char *id; /* the table's */
} Synced;

static void synced(const GError *error, gpointer data)
{
    g_autofree Synced *one = data;
    ServerShow *show = one->show;
    if (error != NULL) {
        g_warning("log not synced show=%s error=%s", server_show_id(show), error->message);
        show->is_torn = TRUE;
    }
    one->line->is_synced = error == NULL;
    answer_all(one->line, error);
    if (error != NULL) /* a resend is written anew */
        g_hash_table_remove(show->lines, one->id);
    server_metrics_add(show->server->metrics, SERVER_METRIC_EVENTS, error == NULL ? 1 : 0);
    server_show_unref(show);
}

/* ---- writing ---- */

static char *own_id(gint64 seq)
{
    return g_strdup_printf(SERVER_OWN_ID "%" G_GINT64_FORMAT, seq);
}

static ServerLine *note_line(ServerShow *show, const ShowEvent *event, Synced *waiting)
{
    ServerLine *line = g_new0(ServerLine, 1);
    char *id = g_strdup(event->id);
    line->seq = event->seq;
    line->at_ms = event->at_ms;
    waiting->line = line;
    waiting->id = id;
    g_hash_table_replace(show->lines, id, line);
    return line;
}

ServerLine *server_show_write(ServerShow *show, ShowEvent *event, SocketioSocket *except,
                              GError **error)
{
    event->seq = show->seq + 1;
    if (event->id == NULL)
        event->id = own_id(event->seq);
    g_autofree char *text = show_event_text(event);
    gint64 offset = store_journal_bytes(show->journal);
    Synced *one = g_new0(Synced, 1);
    one->show = show;
    if (!store_journal_append(show->journal, text, strlen(text), synced, one, error)) {
        g_free(one);
        return NULL;
    }
    server_show_ref(show);
    show->seq = event->seq;
    g_array_append_val(show->offsets, offset);
    server_socket_send_line(show->server, server_show_id(show), except, text);
    if (event->type == SHOW_EVENT_SWITCH)
        server_livekit_switched(show->server->livekit, server_show_id(show), event);
    return note_line(show, event, one);
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
    return server_show_write(show, owned, except, error) != NULL &&
           edit_live_line(show->live, owned, error);
}

void server_show_wait_for_last(ServerShow *show, ServerShowAnswer answer, gpointer data)
{
    g_autofree char *id = own_id(show->seq);
    wait_for(g_hash_table_lookup(show->lines, id), answer, data);
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
    g_autofree char *key = g_strconcat(event->source, " ", event->type_name, NULL);
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
    if (!server_show_check(show, who, event, error) || !edit_live_check(show->live, event, error))
        return NULL;
    ServerLine *line = find_same_speech(show, event);
    if (line != NULL)
        return line;
    stamp(show, event);
    line = server_show_write(show, event, from, error);
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
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_FORBIDDEN, "type: not yours to send");
        return NULL;
    }
    if (edit_live_is_deciding(show->live)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                            "by: the server decides already");
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
    /* To find out when the next decision is due costs as much as a fifth of an event (bench/server). */
    if (edit_live_moves(event) && server_show_decide(show) > 0)
        server_metrics_decided(show->server->metrics, g_get_monotonic_time() - began_us);
}
