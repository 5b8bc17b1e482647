/* LiveKit's Egress, supervised. What always holds: what LiveKit answers when asked counts, webhooks only
 * make us ask; the end comes within its time, and an egress that did not confirm it is given to whoever
 * ends it later. */
#include "egress-state-private.h"

#include <string.h>

enum {
    TICK_MS = 1000,
    MISSING_POLLS = 2, /* so often not in LiveKit's list: it has vanished */
    SILENT_MS = 6000,  /* LiveKit does not answer for so long: nobody knows how the stream is */
    STOP_MS = 6000,
    REMOVE_AGAIN_MS = 2000,
};

static gint64 now_us(void)
{
    return g_get_monotonic_time();
}

/* ---- calls ---- */

void live_egress_ask(LiveEgress *egress, const char *method, json_t *body, LivekitDone done)
{
    LivekitCall call = {method, egress->options->room, body, 1};
    egress->is_asking = TRUE;
    livekit_client_call(egress->options->client, &call, egress->cancellable, done, egress);
}

gboolean live_egress_may_pass(const GError *error)
{
    return g_error_matches(error, LIVE_ERROR, LIVE_ERROR_UNAVAILABLE) ||
           g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE) ||
           g_error_matches(error, LIVE_ERROR, LIVE_ERROR_CLOCK);
}

const char *live_egress_code_of(const GError *error)
{
    return g_error_matches(error, LIVE_ERROR, LIVE_ERROR_CLOCK) ? "clock" : "livekit";
}

/* ---- again ---- */

static void forget(LiveEgress *egress)
{
    g_clear_pointer(&egress->id, g_free);
    g_clear_pointer(&egress->picture, g_free);
    g_clear_pointer(&egress->sound, g_free);
    egress->status = LIVEKIT_EGRESS_UNSET;
    egress->missing = 0;
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        output->is_sent = FALSE;
        if (output->base.is_leaving)
            live_egress_output_set(output, LIVE_STATE_ENDED, NULL, NULL, 0);
    }
}

void live_egress_start_again(LiveEgress *egress, const char *code, const char *why)
{
    egress->failures = egress->was_active ? 0 : egress->failures + 1;
    if (egress->was_active)
        live_backoff_reset(&egress->backoff);
    egress->was_active = FALSE;
    forget(egress);
    if (egress->is_stopping)
        return;
    egress->restarts++;
    g_warning("egress ends: %s room=%s", why, egress->options->room);
    if (egress->failures >= LIVE_EGRESS_FAILURES_MAX) {
        live_egress_set_all(egress, LIVE_STATE_FAILED, code, why, 0);
        return;
    }
    guint wait_ms = live_backoff_next_ms(&egress->backoff, g_random_double());
    egress->next_us = now_us() + (gint64)wait_ms * 1000;
    for (guint i = 0; i < egress->outputs->len; i++)
        ((LiveDestination *)egress->outputs->pdata[i])->restarts++;
    live_egress_set_all(egress, LIVE_STATE_RETRYING, code, why, wait_ms);
}

/* ---- what LiveKit says of it ---- */

static const LivekitStream *stream_of(const LivekitEgress *found, const LiveEgressOutput *output)
{
    char *full = live_target_full(output->base.target);
    const LivekitStream *stream = NULL;
    for (guint i = 0; stream == NULL && i < found->streams->len; i++)
        if (livekit_url_is_of(((const LivekitStream *)found->streams->pdata[i])->url, full))
            stream = found->streams->pdata[i];
    live_wipe_free(full);
    return stream;
}

static void take_stream(LiveEgressOutput *output, const LivekitEgress *found)
{
    const LivekitStream *stream = stream_of(found, output);
    if (stream == NULL && found->streams->len > 0) {
        output->is_sent = FALSE; /* it is not there: it is added */
    } else if (stream == NULL || stream->status == LIVEKIT_STREAM_ACTIVE) {
        output->is_sent = TRUE;
        live_egress_output_set(output, LIVE_STATE_LIVE, NULL, NULL, 0);
    } else if (output->is_sent) {
        live_egress_output_retry(output, stream->error != NULL ? stream->error
                                                               : "LiveKit ended the stream to it");
    }
}

static void take_leaving(LiveEgressOutput *output, const LivekitEgress *found)
{
    const LivekitStream *stream = stream_of(found, output);
    if (stream != NULL ? stream->status != LIVEKIT_STREAM_ACTIVE : found->streams->len > 0)
        live_egress_output_set(output, LIVE_STATE_ENDED, NULL, NULL, 0);
}

static void take_streams(LiveEgress *egress, const LivekitEgress *found)
{
    egress->was_active = TRUE;
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (live_egress_output_is_wanted(output))
            take_stream(output, found);
        else if (output->base.is_leaving)
            take_leaving(output, found);
    }
}

static void take_over(LiveEgress *egress, const LivekitEgress *found)
{
    const char *name = livekit_egress_status_name(found->status);
    g_autofree char *why =
        g_strdup_printf("LiveKit's egress ended with %s%s%s", name,
                        found->error != NULL ? ": " : "", found->error != NULL ? found->error : "");
    if (found->status == LIVEKIT_EGRESS_LIMIT) /* it would be the same again */
        egress->failures = LIVE_EGRESS_FAILURES_MAX, egress->was_active = FALSE;
    live_egress_start_again(egress, found->status == LIVEKIT_EGRESS_ABORTED ? "aborted" : "egress",
                            why);
}

void live_egress_take(LiveEgress *egress, const LivekitEgress *found)
{
    egress->missing = 0;
    egress->status = found->status;
    if (livekit_egress_is_over(found->status))
        take_over(egress, found);
    else if (found->status == LIVEKIT_EGRESS_ACTIVE)
        take_streams(egress, found);
    else if (found->status == LIVEKIT_EGRESS_STARTING)
        live_egress_set_all(egress, LIVE_STATE_CONNECTING, NULL, NULL, 0);
}

static const LivekitEgress *find_own(const LiveEgress *egress, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++)
        if (strcmp(((const LivekitEgress *)list->pdata[i])->id, egress->id) == 0)
            return list->pdata[i];
    return NULL;
}

static void was_polled(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    egress->is_asking = FALSE;
    if (egress->id == NULL)
        return;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE)) {
        if (now_us() - egress->answered_us > (gint64)SILENT_MS * 1000 && !egress->is_stopping)
            live_egress_set_all(egress, LIVE_STATE_RETRYING, live_egress_code_of(error),
                                error->message, LIVE_EGRESS_POLL_MS);
        return;
    }
    egress->answered_us = now_us();
    g_autoptr(GPtrArray) list = livekit_egresses_read(answer);
    const LivekitEgress *found = find_own(egress, list);
    if (found != NULL)
        live_egress_take(egress, found);
    else if (++egress->missing >= MISSING_POLLS)
        live_egress_start_again(egress, "vanished", "LiveKit does not know of the egress any more");
}

/* ---- its addresses ---- */

static void was_added(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    egress->is_asking = FALSE;
    (void)answer;
    for (guint i = 0; error != NULL && i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (live_egress_output_is_wanted(output) && output->is_sent &&
            output->base.state != LIVE_STATE_LIVE)
            live_egress_output_retry(output, error->message);
    }
}

static void was_removed(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    egress->is_asking = FALSE;
    egress->asked_us = 0; /* what it has now says more than an error does */
    (void)answer;
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (!output->is_unsaid)
            continue;
        output->is_unsaid = FALSE;
        if (error == NULL)
            live_egress_output_set(output, LIVE_STATE_ENDED, NULL, NULL, 0);
        output->due_us = now_us() + (gint64)REMOVE_AGAIN_MS * 1000;
    }
}

/* FALSE: there are none. */
static gboolean update(LiveEgress *egress, const char *member, json_t *urls, LivekitDone done)
{
    if (json_array_size(urls) == 0) {
        json_decref(urls);
        return FALSE;
    }
    live_egress_ask(egress, "Egress/UpdateStream",
                    json_pack("{s:s, s:o}", "egress_id", egress->id, member, urls), done);
    return TRUE;
}

/* Addresses that it does not have yet, or has no more. */
static gboolean add_urls(LiveEgress *egress)
{
    json_t *urls = json_array();
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (!live_egress_output_is_wanted(output) || output->is_sent || now_us() < output->due_us)
            continue;
        live_egress_output_tell(output, urls);
        output->is_sent = TRUE;
        live_egress_output_set(output, LIVE_STATE_CONNECTING, NULL, NULL, 0);
    }
    return update(egress, "add_output_urls", urls, was_added);
}

/* Those of destinations that were removed. */
static gboolean remove_urls(LiveEgress *egress)
{
    json_t *urls = json_array();
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (!output->base.is_leaving || output->base.state == LIVE_STATE_ENDED ||
            now_us() < output->due_us)
            continue;
        live_egress_output_tell(output, urls);
        output->is_unsaid = TRUE;
    }
    return update(egress, "remove_output_urls", urls, was_removed);
}

/* ---- while it runs ---- */

static void stop_own(LiveEgress *egress, LivekitDone done)
{
    live_egress_ask(egress, "Egress/StopEgress", json_pack("{s:s}", "egress_id", egress->id), done);
}

static void was_replaced(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    (void)answer;
    egress->is_asking = FALSE;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE) &&
        !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_FAILED))
        return; /* tried again */
    live_egress_start_again(egress, "track", "the console publishes the program anew");
    egress->next_us = 0;
}

static void look_after(LiveEgress *egress)
{
    if (live_egress_has_other_track(egress)) {
        stop_own(egress, was_replaced);
        return;
    }
    if (egress->status == LIVEKIT_EGRESS_ACTIVE && (remove_urls(egress) || add_urls(egress)))
        return;
    if (now_us() - egress->asked_us < (gint64)LIVE_EGRESS_POLL_MS * 1000)
        return;
    egress->asked_us = now_us();
    live_egress_ask(egress, "Egress/ListEgress", json_pack("{s:s}", "egress_id", egress->id),
                    was_polled);
}

/* ---- the end ---- */

static gboolean say_stopped(gpointer data)
{
    LiveEgress *egress = data;
    egress->stopped_idle = 0;
    egress->events.stopped(egress->data);
    return G_SOURCE_REMOVE;
}

static void finish(LiveEgress *egress, gboolean is_confirmed)
{
    if (egress->end_ms >= 0)
        return;
    if (!is_confirmed) {
        const char *text = "LiveKit did not confirm the end in time; it is asked again and again";
        g_warning("%s room=%s", text, egress->options->room);
        json_array_append_new(egress->warnings, json_string(text));
        egress->options->end_later(egress->options->data);
    }
    g_clear_handle_id(&egress->timer, g_source_remove);
    live_egress_set_all(egress, LIVE_STATE_ENDED, NULL, NULL, 0);
    egress->end_ms = egress->events.clock_ms(egress->data);
    egress->stopped_idle = g_idle_add(say_stopped, egress);
}

static void stop_was_said(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    (void)answer;
    egress->is_asking = FALSE;
    egress->is_stop_said = error == NULL;
    egress->asked_us = 0;
    if (error != NULL && !live_egress_may_pass(error))
        finish(egress, g_error_matches(error, LIVE_ERROR, LIVE_ERROR_FAILED));
    else if (error != NULL && g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE))
        finish(egress, TRUE);
}

static void go_on_stopping(LiveEgress *egress)
{
    gboolean is_late = now_us() - egress->stop_us > (gint64)STOP_MS * 1000;
    if (is_late)
        finish(egress, FALSE);
    else if (egress->is_asking)
        return;
    else if (egress->id == NULL)
        finish(egress, TRUE);
    else if (!egress->is_stop_said)
        stop_own(egress, stop_was_said);
    else
        look_after(egress);
}

void live_egress_stop(LiveEgress *egress)
{
    if (egress->is_stopping)
        return;
    egress->is_stopping = TRUE;
    egress->stop_us = now_us();
    go_on_stopping(egress);
}

/* ---- time ---- */

static gboolean tick(gpointer data)
{
    LiveEgress *egress = data;
    if (!egress->is_stopping)
        live_egress_check_names(egress);
    if (egress->is_stopping)
        go_on_stopping(egress);
    else if (egress->is_asking)
        return G_SOURCE_CONTINUE;
    else if (egress->id == NULL)
        live_egress_try_start(egress);
    else
        look_after(egress);
    return egress->end_ms >= 0 ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

void live_egress_look(LiveEgress *egress)
{
    egress->asked_us = 0;
    if (egress->end_ms < 0)
        tick(egress);
}

/* ---- life ---- */

LiveEgress *live_egress_new(const LiveEgressOptions *options, gboolean allow_private,
                            const LiveOnAirEvents *events, gpointer data, gint64 start_ms)
{
    LiveEgress *egress = g_new0(LiveEgress, 1);
    egress->options = options;
    egress->allow_private = allow_private;
    egress->events = *events;
    egress->data = data;
    egress->outputs = g_ptr_array_new_with_free_func(live_egress_output_free);
    egress->cancellable = g_cancellable_new();
    egress->warnings = json_array();
    egress->answered_us = now_us();
    egress->start_ms = start_ms;
    egress->end_ms = -1;
    egress->timer = g_timeout_add(TICK_MS, tick, egress);
    return egress;
}

void live_egress_free(LiveEgress *egress)
{
    if (egress == NULL)
        return;
    g_cancellable_cancel(egress->cancellable);
    g_object_unref(egress->cancellable);
    g_clear_handle_id(&egress->timer, g_source_remove);
    g_clear_handle_id(&egress->stopped_idle, g_source_remove);
    g_ptr_array_unref(egress->outputs);
    json_decref(egress->warnings);
    g_free(egress->id);
    g_free(egress->picture);
    g_free(egress->sound);
    g_free(egress);
}

/* ---- the report ---- */

/* What it sent LiveKit does not say. */
void live_egress_total(const LiveEgress *egress, LiveTotals *totals)
{
    totals->egress_restarts += egress->restarts;
    totals->egresses += egress->is_stopping ? 0 : 1;
    totals->egresses_active +=
        !egress->is_stopping && egress->status == LIVEKIT_EGRESS_ACTIVE ? 1 : 0;
    for (guint i = 0; i < egress->outputs->len; i++)
        totals->states[((const LiveDestination *)egress->outputs->pdata[i])->state]++;
}

static const char *state_name(const LiveEgress *egress, gboolean is_live)
{
    if (egress->end_ms >= 0)
        return "ended";
    if (egress->is_stopping)
        return "ending";
    return is_live ? "live" : "connecting";
}

json_t *live_egress_json(const LiveEgress *egress, gboolean is_brief)
{
    json_t *list = json_array();
    gboolean is_live = FALSE;
    for (guint i = 0; i < egress->outputs->len; i++) {
        const LiveEgressOutput *output = egress->outputs->pdata[i];
        is_live |= output->base.state == LIVE_STATE_LIVE;
        json_array_append_new(list, live_egress_output_json(output, is_brief));
    }
    json_t *value = json_pack(
        "{s:i, s:s, s:s, s:s*, s:I, s:o, s:i, s:{s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:O}, s:o}",
        "version", 1, "state", state_name(egress, is_live), "egress",
        live_egress_kind_name(egress->options->kind), "egressId", egress->id, "start",
        (json_int_t)egress->start_ms, "end",
        egress->end_ms >= 0 ? json_integer(egress->end_ms) : json_null(), "delay", 0, "program",
        "frames", (json_int_t)0, "dropped", (json_int_t)0, "slates", (json_int_t)0, "slateMs",
        (json_int_t)0, "restarts", (json_int_t)egress->restarts, "slate", FALSE, "transcoded",
        FALSE, "warnings", egress->warnings, "destinations", list);
    g_assert(value != NULL);
    return value;
}
