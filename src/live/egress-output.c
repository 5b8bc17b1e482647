/* The destinations of a show that LiveKit's Egress sends. What always holds: every change of a state is
 * reported once; an address that leads to a private network is given to nobody; one that was removed is
 * over when the egress has it no more, or has ended. */
#include "egress-state-private.h"
#include "output-private.h"

#include <netdb.h>
#include <string.h>

enum {
    STATES_MAX = 200,
    NAME_MS = 5000, /* a name that is not known is looked up again */
};

static gint64 now_us(void)
{
    return g_get_monotonic_time();
}

static gint64 clock_ms(const LiveEgress *egress)
{
    return egress->events.clock_ms(egress->data);
}

/* ---- states ---- */

static gboolean is_over(const LiveEgressOutput *output)
{
    return output->state == LIVE_STATE_FAILED || output->state == LIVE_STATE_ENDED;
}

static void note_state(LiveEgressOutput *output, const LiveChange *change)
{
    if (json_array_size(output->states) >= STATES_MAX)
        json_array_remove(output->states, 1); /* the first says when it began */
    json_array_append_new(output->states, json_pack("{s:I, s:s, s:s*, s:s*}", "t",
                                                    (json_int_t)clock_ms(output->egress), "state",
                                                    live_state_name(change->state), "code",
                                                    change->code, "why", change->why));
}

void live_egress_output_set(LiveEgressOutput *output, LiveState state, const char *code,
                            const char *why, guint wait_ms)
{
    LiveEgress *egress = output->egress;
    gboolean is_end = state == LIVE_STATE_FAILED || state == LIVE_STATE_ENDED;
    LiveChange change = {output->name, state, code, why, wait_ms};
    if (output->is_leaving && !is_end)
        return;
    if (output->is_leaving) /* what happens to it now is the end that was asked for */
        change = (LiveChange){.destination = output->name, .state = LIVE_STATE_ENDED};
    const json_t *last = json_array_get(output->states, json_array_size(output->states) - 1);
    if (is_over(output) || (state == output->state &&
                            g_strcmp0(code, json_string_value(json_object_get(last, "code"))) == 0))
        return;
    output->state = change.state;
    if (is_end)
        output->end_ms = clock_ms(egress);
    note_state(output, &change);
    egress->events.changed(&change, egress->data);
}

void live_egress_set_all(LiveEgress *egress, LiveState state, const char *code, const char *why,
                         guint wait_ms)
{
    for (guint i = 0; i < egress->outputs->len; i++)
        live_egress_output_set(egress->outputs->pdata[i], state, code, why, wait_ms);
}

void live_egress_output_retry(LiveEgressOutput *output, const char *why)
{
    guint wait_ms = live_backoff_next_ms(&output->backoff, g_random_double());
    output->is_sent = FALSE;
    output->restarts++;
    output->due_us = now_us() + (gint64)wait_ms * 1000;
    live_egress_output_set(output, LIVE_STATE_RETRYING, "lost", why, wait_ms);
}

gboolean live_egress_output_is_wanted(const LiveEgressOutput *output)
{
    return output->target != NULL && output->is_checked && !output->is_leaving && !is_over(output);
}

guint live_egress_count_wanted(const LiveEgress *egress)
{
    guint count = 0;
    for (guint i = 0; i < egress->outputs->len; i++)
        count += live_egress_output_is_wanted(egress->outputs->pdata[i]) ? 1 : 0;
    return count;
}

void live_egress_output_tell(const LiveEgressOutput *output, json_t *urls)
{
    char *full = live_target_full(output->target);
    json_array_append_new(urls, json_string(full));
    live_wipe_free(full);
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
    LiveEgressOutput *output = data;
    output->is_checking = FALSE;
    if (error != NULL) {
        output->due_us = now_us() + (gint64)NAME_MS * 1000;
        live_egress_output_set(output, LIVE_STATE_RETRYING, "unknown", error->message, NAME_MS);
    } else if (kind == NAME_PRIVATE) {
        live_egress_output_set(output, LIVE_STATE_FAILED, "private",
                               "its name leads to this machine or to a private network", 0);
    } else {
        output->is_checked = TRUE;
    }
}

static void check_name(LiveEgressOutput *output)
{
    g_autoptr(GTask) task = g_task_new(NULL, output->cancellable, was_looked_up, output);
    output->is_checking = TRUE;
    g_task_set_task_data(task, g_strdup(output->target->host), g_free);
    g_task_run_in_thread(task, look_up);
}

void live_egress_check_names(LiveEgress *egress)
{
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (output->target != NULL && !output->is_checked && !output->is_checking &&
            !is_over(output) && now_us() >= output->due_us)
            check_name(output);
    }
}

/* ---- which there are ---- */

void live_egress_output_free(gpointer data)
{
    LiveEgressOutput *output = data;
    g_cancellable_cancel(output->cancellable);
    g_object_unref(output->cancellable);
    live_target_free(output->target);
    json_decref(output->states);
    g_free(output->name);
    g_free(output->address);
    g_free(output);
}

static LiveEgressOutput *add_output(LiveEgress *egress, const char *name)
{
    const json_t *before = live_output_before(egress->before, name);
    const json_t *states = json_object_get(before, "states");
    LiveEgressOutput *output = g_new0(LiveEgressOutput, 1);
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

static LiveEgressOutput *find(const LiveEgress *egress, const LiveTarget *target)
{
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (output->target != NULL && live_target_is_same(output->target, target))
            return output;
    }
    return NULL;
}

static LiveEgressOutput *find_running(const LiveEgress *egress, const char *name)
{
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (strcmp(output->name, name) == 0 && !is_over(output))
            return output;
    }
    return NULL;
}

gboolean live_egress_has(const LiveEgress *egress, const LiveTarget *target)
{
    const LiveEgressOutput *output = find(egress, target);
    return output != NULL && !is_over(output);
}

gboolean live_egress_sends_to(const LiveEgress *egress, const LiveTarget *target)
{
    for (guint i = 0; i < egress->outputs->len; i++) {
        const LiveEgressOutput *output = egress->outputs->pdata[i];
        if (output->target != NULL && !is_over(output) &&
            live_target_is_same_place(output->target, target))
            return TRUE;
    }
    return FALSE;
}

gboolean live_egress_runs(const LiveEgress *egress, const char *name)
{
    return find_running(egress, name) != NULL;
}

guint live_egress_running(const LiveEgress *egress)
{
    guint count = 0;
    for (guint i = 0; i < egress->outputs->len; i++)
        count += is_over(egress->outputs->pdata[i]) ? 0 : 1;
    return count;
}

gboolean live_egress_add(LiveEgress *egress, LiveTarget *target, GError **error)
{
    g_autoptr(LiveTarget) owned = target;
    LiveEgressOutput *known = find(egress, target);
    if (known != NULL && !is_over(known)) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_EXISTS, "%s: this show is on air there already",
                    target->name);
        return FALSE;
    }
    if (live_egress_running(egress) >= LIVE_DESTINATIONS_MAX) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_INVALID, "destinations: at most %d of one show",
                    LIVE_DESTINATIONS_MAX);
        return FALSE;
    }
    if (known != NULL)
        g_ptr_array_remove(egress->outputs, known);
    LiveEgressOutput *output = add_output(egress, target->name);
    output->address = live_target_address(target);
    output->target = g_steal_pointer(&owned);
    egress->failures = 0;
    output->is_checked = egress->allow_private;
    live_egress_output_set(output, LIVE_STATE_CONNECTING, NULL, NULL, 0);
    if (!output->is_checked)
        check_name(output);
    return TRUE;
}

static LiveEgressOutput *add_without_target(LiveEgress *egress, const char *name)
{
    const char *address =
        json_string_value(json_object_get(live_output_before(egress->before, name), "address"));
    LiveEgressOutput *output = add_output(egress, name);
    output->address = g_strdup(address != NULL ? address : "");
    return output;
}

void live_egress_add_failed(LiveEgress *egress, const char *name, const char *code, const char *why)
{
    LiveEgressOutput *output = add_without_target(egress, name);
    live_egress_output_set(output, LIVE_STATE_FAILED, code, why, 0);
}

void live_egress_add_ended(LiveEgress *egress, const char *name)
{
    const json_t *before = live_output_before(egress->before, name);
    const json_t *end = json_object_get(before, "end");
    if (before == NULL)
        return;
    LiveEgressOutput *output = add_without_target(egress, name);
    gboolean has_failed =
        g_strcmp0(json_string_value(json_object_get(before, "state")), "failed") == 0;
    output->state = has_failed ? LIVE_STATE_FAILED : LIVE_STATE_ENDED;
    output->end_ms = json_is_integer(end) ? json_integer_value(end) : output->start_ms;
}

/* What the egress does not have is over at once. */
gboolean live_egress_remove(LiveEgress *egress, const char *name)
{
    LiveEgressOutput *output = find_running(egress, name);
    if (output == NULL)
        return FALSE;
    output->is_leaving = TRUE;
    output->due_us = 0;
    if (output->is_sent)
        live_egress_look(egress);
    else
        live_egress_output_set(output, LIVE_STATE_ENDED, NULL, NULL, 0);
    return TRUE;
}

/* ---- the report ---- */

json_t *live_egress_output_json(const LiveEgressOutput *output, gboolean is_brief)
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
