/* LiveKit's Egress, supervised. What always holds: before one is started LiveKit is asked whether one
 * runs for this room, so that an answer that was lost, or a server that was killed, never makes two; what
 * LiveKit answers when asked counts, webhooks only make us ask; the end comes within its time, and an
 * egress that did not confirm it is given to whoever ends it later. */
#include "egress-private.h"
#include "output-private.h"

#include <live/backoff.h>

#include <netdb.h>
#include <string.h>

enum {
    TICK_MS = 1000,
    POLL_MS = 2000,
    MISSING_POLLS = 2, /* so often not in LiveKit's list: it has vanished */
    SILENT_MS = 6000,  /* LiveKit does not answer for so long: nobody knows how the stream is */
    STOP_MS = 6000,
    FAILURES_MAX = 5, /* in a row, without having been live */
    STATES_MAX = 200,
    NAME_MS = 5000, /* a name that is not known is looked up again */
};

#define PRESET "H264_720P_30"

typedef struct Output {
    LiveEgress *egress;
    LiveTarget *target; /* NULL: it never had one */
    char *name, *address;
    GCancellable *cancellable; /* of the look-up of its name */
    gboolean is_checked;       /* its name may be sent to */
    gboolean is_checking;
    gboolean is_sent; /* the egress has its address */
    LiveState state;
    gint64 start_ms, end_ms;
    guint restarts;
    LiveBackoff backoff;
    gint64 due_us; /* when it is sent again */
    json_t *states;
} Output;

struct LiveEgress {
    const LiveEgressOptions *options;
    gboolean allow_private;
    LiveOnAirEvents events;
    gpointer data;
    json_t *before;
    GPtrArray *outputs;
    GCancellable *cancellable;
    guint timer;
    /* the egress */
    char *id; /* NULL: none is known to run */
    LivekitEgressStatus status;
    char *picture, *sound; /* tracks it was started with */
    gboolean is_asking, was_active;
    guint missing, failures, restarts;
    LiveBackoff backoff;
    gint64 next_us;     /* when one may be started */
    gint64 asked_us;    /* last poll */
    gint64 answered_us; /* last answer */
    /* the end */
    gboolean is_stopping, is_stop_said;
    gint64 stop_us;
    guint stopped_idle;
    gint64 start_ms, end_ms;
    json_t *warnings;
};

static gint64 now_us(void)
{
    return g_get_monotonic_time();
}

static gint64 clock_ms(const LiveEgress *egress)
{
    return egress->events.clock_ms(egress->data);
}

/* ---- states of destinations ---- */

static gboolean is_over(const Output *output)
{
    return output->state == LIVE_STATE_FAILED || output->state == LIVE_STATE_ENDED;
}

static void set_state(Output *output, LiveState state, const char *code, const char *why,
                      guint wait_ms)
{
    LiveEgress *egress = output->egress;
    LiveChange change = {output->name, state, code, why, wait_ms};
    const json_t *last = json_array_get(output->states, json_array_size(output->states) - 1);
    if (is_over(output) || (state == output->state &&
                            g_strcmp0(code, json_string_value(json_object_get(last, "code"))) == 0))
        return;
    output->state = state;
    if (state == LIVE_STATE_FAILED || state == LIVE_STATE_ENDED)
        output->end_ms = clock_ms(egress);
    if (json_array_size(output->states) >= STATES_MAX)
        json_array_remove(output->states, 1); /* the first says when it began */
    json_array_append_new(output->states,
                          json_pack("{s:I, s:s, s:s*, s:s*}", "t", (json_int_t)clock_ms(egress),
                                    "state", live_state_name(state), "code", code, "why", why));
    egress->events.changed(&change, egress->data);
}

static void set_all(LiveEgress *egress, LiveState state, const char *code, const char *why,
                    guint wait_ms)
{
    for (guint i = 0; i < egress->outputs->len; i++)
        set_state(egress->outputs->pdata[i], state, code, why, wait_ms);
}

/* A destination that failed alone: its address is given to the egress again, later. */
static void retry_output(Output *output, const char *why)
{
    guint wait_ms = live_backoff_next_ms(&output->backoff, g_random_double());
    output->is_sent = FALSE;
    output->restarts++;
    output->due_us = now_us() + (gint64)wait_ms * 1000;
    set_state(output, LIVE_STATE_RETRYING, "lost", why, wait_ms);
}

static gboolean is_wanted(const Output *output)
{
    return output->target != NULL && output->is_checked && !is_over(output);
}

static guint count_wanted(const LiveEgress *egress)
{
    guint count = 0;
    for (guint i = 0; i < egress->outputs->len; i++)
        count += is_wanted(egress->outputs->pdata[i]) ? 1 : 0;
    return count;
}

/* ---- calls ---- */

static void ask(LiveEgress *egress, const char *method, json_t *body, LivekitDone done)
{
    LivekitCall call = {method, egress->options->room, body, 1};
    egress->is_asking = TRUE;
    livekit_client_call(egress->options->client, &call, egress->cancellable, done, egress);
}

/* Some errors are of LiveKit and pass; others are ours, and would come again. */
static gboolean may_pass(const GError *error)
{
    return g_error_matches(error, LIVE_ERROR, LIVE_ERROR_UNAVAILABLE) ||
           g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE) ||
           g_error_matches(error, LIVE_ERROR, LIVE_ERROR_CLOCK);
}

/* ---- again ---- */

static void forget(LiveEgress *egress)
{
    g_clear_pointer(&egress->id, g_free);
    g_clear_pointer(&egress->picture, g_free);
    g_clear_pointer(&egress->sound, g_free);
    egress->status = LIVEKIT_EGRESS_UNSET;
    egress->missing = 0;
    for (guint i = 0; i < egress->outputs->len; i++)
        ((Output *)egress->outputs->pdata[i])->is_sent = FALSE;
}

static void start_again(LiveEgress *egress, const char *code, const char *why)
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
    if (egress->failures >= FAILURES_MAX) {
        set_all(egress, LIVE_STATE_FAILED, code, why, 0);
        return;
    }
    guint wait_ms = live_backoff_next_ms(&egress->backoff, g_random_double());
    egress->next_us = now_us() + (gint64)wait_ms * 1000;
    for (guint i = 0; i < egress->outputs->len; i++)
        ((Output *)egress->outputs->pdata[i])->restarts++;
    set_all(egress, LIVE_STATE_RETRYING, code, why, wait_ms);
}

/* ---- what LiveKit says of it ---- */

static const LivekitStream *stream_of(const LivekitEgress *found, const Output *output)
{
    char *full = live_target_full(output->target);
    const LivekitStream *stream = NULL;
    for (guint i = 0; stream == NULL && i < found->streams->len; i++)
        if (livekit_url_is_of(((const LivekitStream *)found->streams->pdata[i])->url, full))
            stream = found->streams->pdata[i];
    live_wipe_free(full);
    return stream;
}

static void take_stream(Output *output, const LivekitEgress *found)
{
    const LivekitStream *stream = stream_of(found, output);
    if (stream == NULL && found->streams->len > 0) {
        output->is_sent = FALSE; /* it is not there: it is added */
    } else if (stream == NULL || stream->status == LIVEKIT_STREAM_ACTIVE) {
        output->is_sent = TRUE;
        set_state(output, LIVE_STATE_LIVE, NULL, NULL, 0);
    } else if (output->is_sent) {
        retry_output(output,
                     stream->error != NULL ? stream->error : "LiveKit ended the stream to it");
    }
}

static void take_streams(LiveEgress *egress, const LivekitEgress *found)
{
    egress->was_active = TRUE;
    for (guint i = 0; i < egress->outputs->len; i++)
        if (is_wanted(egress->outputs->pdata[i]))
            take_stream(egress->outputs->pdata[i], found);
}

static void take_over(LiveEgress *egress, const LivekitEgress *found)
{
    const char *name = livekit_egress_status_name(found->status);
    g_autofree char *why =
        g_strdup_printf("LiveKit's egress ended with %s%s%s", name,
                        found->error != NULL ? ": " : "", found->error != NULL ? found->error : "");
    if (found->status == LIVEKIT_EGRESS_LIMIT) /* it would be the same again */
        egress->failures = FAILURES_MAX, egress->was_active = FALSE;
    start_again(egress, found->status == LIVEKIT_EGRESS_ABORTED ? "aborted" : "egress", why);
}

static void take_found(LiveEgress *egress, const LivekitEgress *found)
{
    egress->missing = 0;
    egress->status = found->status;
    if (livekit_egress_is_over(found->status))
        take_over(egress, found);
    else if (found->status == LIVEKIT_EGRESS_ACTIVE)
        take_streams(egress, found);
    else if (found->status == LIVEKIT_EGRESS_STARTING)
        set_all(egress, LIVE_STATE_CONNECTING, NULL, NULL, 0);
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
            set_all(egress, LIVE_STATE_RETRYING, "livekit", error->message, POLL_MS);
        return;
    }
    egress->answered_us = now_us();
    g_autoptr(GPtrArray) list = livekit_egresses_read(answer);
    const LivekitEgress *found = find_own(egress, list);
    if (found != NULL)
        take_found(egress, found);
    else if (++egress->missing >= MISSING_POLLS)
        start_again(egress, "vanished", "LiveKit does not know of the egress any more");
}

/* ---- starting ---- */

static json_t *urls_json(LiveEgress *egress)
{
    json_t *urls = json_array();
    for (guint i = 0; i < egress->outputs->len; i++) {
        Output *output = egress->outputs->pdata[i];
        if (!is_wanted(output))
            continue;
        char *full = live_target_full(output->target);
        json_array_append_new(urls, json_string(full));
        live_wipe_free(full);
        output->is_sent = TRUE;
    }
    return urls;
}

static void was_started(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    egress->is_asking = FALSE;
    g_autoptr(LivekitEgress) found = answer != NULL ? livekit_egress_read(answer) : NULL;
    if (found != NULL) {
        g_message("egress begins id=%s room=%s", found->id, egress->options->room);
        egress->id = g_strdup(found->id);
        egress->answered_us = now_us();
        take_found(egress, found);
    } else if (error == NULL) {
        start_again(egress, "livekit", "LiveKit answered without an egress");
    } else if (may_pass(error)) {
        egress->was_active = TRUE; /* no failure of the egress */
        start_again(egress, "livekit", error->message);
    } else {
        egress->failures = FAILURES_MAX;
        start_again(egress, "refused", error->message);
    }
}

static void start(LiveEgress *egress)
{
    const LiveEgressOptions *options = egress->options;
    json_t *outputs = json_pack("[{s:s, s:o}]", "protocol", "RTMP", "urls", urls_json(egress));
    json_t *body = json_pack("{s:s, s:o, s:s}", "room_name", options->room, "stream_outputs",
                             outputs, "preset", PRESET);
    set_all(egress, LIVE_STATE_CONNECTING, NULL, NULL, 0);
    if (options->kind == LIVE_EGRESS_COMPOSITE) {
        json_object_set_new(body, "layout", json_string("program"));
        json_object_set_new(body, "custom_base_url", json_string(options->template_url));
        ask(egress, "Egress/StartRoomCompositeEgress", body, was_started);
        return;
    }
    json_object_set_new(body, "video_track_id", json_string(egress->picture));
    if (egress->sound != NULL)
        json_object_set_new(body, "audio_track_id", json_string(egress->sound));
    ask(egress, "Egress/StartTrackCompositeEgress", body, was_started);
}

static void ignore(const json_t *answer, const GError *error, gpointer data)
{
    (void)answer, (void)error, (void)data;
}

/* One that runs is taken up; where there are more, an answer was lost, the others are ended. */
static void adopt(LiveEgress *egress, const GPtrArray *list)
{
    for (guint i = 0; i < list->len; i++) {
        const LivekitEgress *one = list->pdata[i];
        if (one->status != LIVEKIT_EGRESS_STARTING && one->status != LIVEKIT_EGRESS_ACTIVE)
            continue;
        if (egress->id == NULL) {
            g_message("egress is taken up id=%s room=%s", one->id, egress->options->room);
            egress->id = g_strdup(one->id);
            take_found(egress, one);
        } else {
            LivekitCall call = {"Egress/StopEgress", egress->options->room,
                                json_pack("{s:s}", "egress_id", one->id), 3};
            livekit_client_call(egress->options->client, &call, NULL, ignore, NULL);
        }
    }
}

static void was_searched(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    egress->is_asking = FALSE;
    if (egress->is_stopping)
        return;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE)) {
        was_started(NULL, error, egress);
        return;
    }
    egress->answered_us = now_us();
    g_autoptr(GPtrArray) list = livekit_egresses_read(answer);
    adopt(egress, list);
    if (egress->id == NULL)
        start(egress);
}

/* FALSE: the console has not published the program. */
static gboolean find_tracks(LiveEgress *egress)
{
    const LiveEgressOptions *options = egress->options;
    const char *picture = NULL, *sound = NULL;
    if (options->kind == LIVE_EGRESS_COMPOSITE)
        return TRUE;
    if (!options->tracks(&picture, &sound, options->data))
        return FALSE;
    g_free(egress->picture);
    g_free(egress->sound);
    egress->picture = g_strdup(picture);
    egress->sound = g_strdup(sound);
    return TRUE;
}

static void try_start(LiveEgress *egress)
{
    if (now_us() < egress->next_us || count_wanted(egress) == 0)
        return;
    if (!find_tracks(egress)) {
        set_all(egress, LIVE_STATE_CONNECTING, "waiting",
                "the console has not published the program at LiveKit yet", 0);
        return;
    }
    ask(egress, "Egress/ListEgress",
        json_pack("{s:s, s:b}", "room_name", egress->options->room, "active", TRUE), was_searched);
}

/* ---- while it runs ---- */

static void was_updated(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    egress->is_asking = FALSE;
    (void)answer;
    for (guint i = 0; error != NULL && i < egress->outputs->len; i++) {
        Output *output = egress->outputs->pdata[i];
        if (is_wanted(output) && output->is_sent && output->state != LIVE_STATE_LIVE)
            retry_output(output, error->message);
    }
}

/* Addresses that it does not have yet, or has no more. FALSE: there are none. */
static gboolean add_urls(LiveEgress *egress)
{
    json_t *urls = json_array();
    for (guint i = 0; i < egress->outputs->len; i++) {
        Output *output = egress->outputs->pdata[i];
        if (!is_wanted(output) || output->is_sent || now_us() < output->due_us)
            continue;
        char *full = live_target_full(output->target);
        json_array_append_new(urls, json_string(full));
        live_wipe_free(full);
        output->is_sent = TRUE;
        set_state(output, LIVE_STATE_CONNECTING, NULL, NULL, 0);
    }
    if (json_array_size(urls) == 0) {
        json_decref(urls);
        return FALSE;
    }
    ask(egress, "Egress/UpdateStream",
        json_pack("{s:s, s:o}", "egress_id", egress->id, "add_output_urls", urls), was_updated);
    return TRUE;
}

/* A console that was reloaded publishes another track. */
static gboolean has_other_track(LiveEgress *egress)
{
    const LiveEgressOptions *options = egress->options;
    const char *picture = NULL, *sound = NULL;
    return egress->picture != NULL && options->tracks(&picture, &sound, options->data) &&
           strcmp(picture, egress->picture) != 0;
}

static void stop_own(LiveEgress *egress, LivekitDone done)
{
    ask(egress, "Egress/StopEgress", json_pack("{s:s}", "egress_id", egress->id), done);
}

static void was_replaced(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    (void)answer;
    egress->is_asking = FALSE;
    if (error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE) &&
        !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_FAILED))
        return; /* tried again */
    start_again(egress, "track", "the console publishes the program anew");
    egress->next_us = 0;
}

static void look_after(LiveEgress *egress)
{
    if (has_other_track(egress)) {
        stop_own(egress, was_replaced);
        return;
    }
    if (egress->status == LIVEKIT_EGRESS_ACTIVE && add_urls(egress))
        return;
    if (now_us() - egress->asked_us < (gint64)POLL_MS * 1000)
        return;
    egress->asked_us = now_us();
    ask(egress, "Egress/ListEgress", json_pack("{s:s}", "egress_id", egress->id), was_polled);
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
    set_all(egress, LIVE_STATE_ENDED, NULL, NULL, 0);
    egress->end_ms = clock_ms(egress);
    egress->stopped_idle = g_idle_add(say_stopped, egress);
}

static void stop_was_said(const json_t *answer, const GError *error, gpointer data)
{
    LiveEgress *egress = data;
    (void)answer;
    egress->is_asking = FALSE;
    egress->is_stop_said = error == NULL;
    egress->asked_us = 0;
    if (error != NULL && !may_pass(error))
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

/* ---- whether a name may be sent to ---- */

typedef enum { NAME_PUBLIC = 1, NAME_PRIVATE } NameKind;

/* As who connects would look it up, spellings of numbers ("127.1") too. */
static void look_up(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    NameKind kind = NAME_PUBLIC;
    (void)source, (void)cancellable;
    int code = getaddrinfo(data, NULL, &hints, &found);
    if (code != 0) {
        g_task_return_new_error(task, LIVE_ERROR, LIVE_ERROR_UNAVAILABLE,
                                "its name is not known here: %s", gai_strerror(code));
        return;
    }
    for (const struct addrinfo *one = found; one != NULL; one = one->ai_next)
        if (live_address_is_private(one->ai_addr))
            kind = NAME_PRIVATE;
    freeaddrinfo(found);
    g_task_return_int(task, kind);
}

/* LiveKit looks the name up once more: a name that changes in between is its own to refuse. */
static void was_looked_up(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GError) error = NULL;
    gssize kind = g_task_propagate_int(G_TASK(result), &error);
    (void)source;
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return; /* it is gone */
    Output *output = data;
    output->is_checking = FALSE;
    if (error != NULL) {
        output->due_us = now_us() + (gint64)NAME_MS * 1000;
        set_state(output, LIVE_STATE_RETRYING, "unknown", error->message, NAME_MS);
    } else if (kind == NAME_PRIVATE) {
        set_state(output, LIVE_STATE_FAILED, "private",
                  "its name leads to this machine or to a private network", 0);
    } else {
        output->is_checked = TRUE;
    }
}

static void check_name(Output *output)
{
    g_autoptr(GTask) task = g_task_new(NULL, output->cancellable, was_looked_up, output);
    output->is_checking = TRUE;
    g_task_set_task_data(task, g_strdup(output->target->host), g_free);
    g_task_run_in_thread(task, look_up);
}

static void check_names(LiveEgress *egress)
{
    for (guint i = 0; i < egress->outputs->len; i++) {
        Output *output = egress->outputs->pdata[i];
        if (output->target != NULL && !output->is_checked && !output->is_checking &&
            !is_over(output) && now_us() >= output->due_us)
            check_name(output);
    }
}

/* ---- time ---- */

static gboolean tick(gpointer data)
{
    LiveEgress *egress = data;
    if (!egress->is_stopping)
        check_names(egress);
    if (egress->is_stopping)
        go_on_stopping(egress);
    else if (egress->is_asking)
        return G_SOURCE_CONTINUE;
    else if (egress->id == NULL)
        try_start(egress);
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

void live_egress_stop(LiveEgress *egress)
{
    if (egress->is_stopping)
        return;
    egress->is_stopping = TRUE;
    egress->stop_us = now_us();
    go_on_stopping(egress);
}

/* ---- destinations ---- */

static void free_output(gpointer data)
{
    Output *output = data;
    g_cancellable_cancel(output->cancellable);
    g_object_unref(output->cancellable);
    live_target_free(output->target);
    json_decref(output->states);
    g_free(output->name);
    g_free(output->address);
    g_free(output);
}

static Output *add_output(LiveEgress *egress, const char *name)
{
    const json_t *before = live_output_before(egress->before, name);
    const json_t *states = json_object_get(before, "states");
    Output *output = g_new0(Output, 1);
    output->egress = egress;
    output->name = g_strdup(name);
    output->cancellable = g_cancellable_new();
    output->states = json_is_array(states) ? json_deep_copy(states) : json_array();
    output->start_ms =
        before != NULL ? json_integer_value(json_object_get(before, "start")) : clock_ms(egress);
    output->restarts = (guint)json_integer_value(json_object_get(before, "restarts"));
    output->end_ms = -1;
    g_ptr_array_add(egress->outputs, output);
    return output;
}

static Output *find(const LiveEgress *egress, const LiveTarget *target)
{
    for (guint i = 0; i < egress->outputs->len; i++) {
        Output *output = egress->outputs->pdata[i];
        if (output->target != NULL && live_target_is_same(output->target, target))
            return output;
    }
    return NULL;
}

gboolean live_egress_has(const LiveEgress *egress, const LiveTarget *target)
{
    const Output *output = find(egress, target);
    return output != NULL && !is_over(output);
}

guint live_egress_count(const LiveEgress *egress)
{
    return egress->outputs->len;
}

gboolean live_egress_add(LiveEgress *egress, LiveTarget *target, GError **error)
{
    g_autoptr(LiveTarget) owned = target;
    Output *known = find(egress, target);
    if (known != NULL && !is_over(known)) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_EXISTS, "%s: this show is on air there already",
                    target->name);
        return FALSE;
    }
    if (known != NULL)
        g_ptr_array_remove(egress->outputs, known);
    if (egress->outputs->len >= LIVE_DESTINATIONS_MAX) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_INVALID, "destinations: at most %d of one show",
                    LIVE_DESTINATIONS_MAX);
        return FALSE;
    }
    Output *output = add_output(egress, target->name);
    output->address = live_target_address(target);
    output->target = g_steal_pointer(&owned);
    egress->failures = 0;
    output->is_checked = egress->allow_private;
    set_state(output, LIVE_STATE_CONNECTING, NULL, NULL, 0);
    if (!output->is_checked)
        check_name(output);
    return TRUE;
}

void live_egress_add_failed(LiveEgress *egress, const char *name, const char *code, const char *why)
{
    const char *address =
        json_string_value(json_object_get(live_output_before(egress->before, name), "address"));
    Output *output = add_output(egress, name);
    output->address = g_strdup(address != NULL ? address : "");
    set_state(output, LIVE_STATE_FAILED, code, why, 0);
}

/* ---- life ---- */

LiveEgress *live_egress_new(const LiveEgressOptions *options, gboolean allow_private,
                            const LiveOnAirEvents *events, gpointer data, const json_t *before)
{
    LiveEgress *egress = g_new0(LiveEgress, 1);
    const json_t *start_at = json_object_get(before, "start");
    egress->options = options;
    egress->allow_private = allow_private;
    egress->events = *events;
    egress->data = data;
    egress->before = before != NULL ? json_deep_copy(before) : NULL;
    egress->outputs = g_ptr_array_new_with_free_func(free_output);
    egress->cancellable = g_cancellable_new();
    egress->warnings = json_array();
    egress->answered_us = now_us();
    egress->start_ms = start_at != NULL ? json_integer_value(start_at) : clock_ms(egress);
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
    json_decref(egress->before);
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
        totals->states[((const Output *)egress->outputs->pdata[i])->state]++;
}

static json_t *output_json(const Output *output, gboolean is_brief)
{
    const json_t *last = json_array_get(output->states, json_array_size(output->states) - 1);
    const LivePlatform *platform =
        output->target != NULL ? live_platform_of(output->target->host) : NULL;
    json_t *value = json_pack(
        "{s:s, s:s, s:s*, s:s, s:s*, s:s*, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:[]}", "name",
        output->name, "address", output->address, "platform",
        platform != NULL ? platform->name : NULL, "state", live_state_name(output->state), "code",
        json_string_value(json_object_get(last, "code")), "why",
        json_string_value(json_object_get(last, "why")), "start", (json_int_t)output->start_ms,
        "end", output->end_ms >= 0 ? json_integer(output->end_ms) : json_null(), "bytes",
        (json_int_t)0, "frames", (json_int_t)0, "dropped", (json_int_t)0, "reconnects",
        (json_int_t)0, "restarts", (json_int_t)output->restarts, "warnings");
    if (!is_brief)
        json_object_set(value, "states", output->states);
    return value;
}

json_t *live_egress_json(const LiveEgress *egress, gboolean is_brief)
{
    json_t *list = json_array();
    gboolean is_live = FALSE;
    for (guint i = 0; i < egress->outputs->len; i++) {
        const Output *output = egress->outputs->pdata[i];
        is_live |= output->state == LIVE_STATE_LIVE;
        json_array_append_new(list, output_json(output, is_brief));
    }
    const char *state = egress->end_ms >= 0   ? "ended"
                        : egress->is_stopping ? "ending"
                        : is_live             ? "live"
                                              : "connecting";
    json_t *value = json_pack(
        "{s:i, s:s, s:s, s:s*, s:I, s:o, s:i, s:{s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:O}, s:o}",
        "version", 1, "state", state, "egress", live_egress_kind_name(egress->options->kind),
        "egressId", egress->id, "start", (json_int_t)egress->start_ms, "end",
        egress->end_ms >= 0 ? json_integer(egress->end_ms) : json_null(), "delay", 0, "program",
        "frames", (json_int_t)0, "dropped", (json_int_t)0, "slates", (json_int_t)0, "slateMs",
        (json_int_t)0, "restarts", (json_int_t)egress->restarts, "slate", FALSE, "transcoded",
        FALSE, "warnings", egress->warnings, "destinations", list);
    g_assert(value != NULL);
    return value;
}
