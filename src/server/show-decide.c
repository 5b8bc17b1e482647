/* What a running show decides: now, or when the director says it may be due. What always holds: a
 * decision is in the log before it leaves, and one that could not be written is made again. */
#include "show-state-private.h"

#include "socket-private.h"

#include <edit/replay.h>

enum {
    TORN_MS = 250,     /* the log is tried again so often while its disk fails */
    HANDED_BACK_S = 3, /* the console has handed in nothing for so long: the server decides again */
};

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
    if (server_show_write(show, event, NULL, &error) == NULL) {
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
