/* The destinations of a show that LiveKit's Egress sends. What always holds: every change of a state is
 * reported once; an address that leads to a private network is given to nobody; one that was removed is
 * over when the egress has it no more, or has ended. */
#include "egress-state-private.h"

#include <netdb.h>
#include <string.h>

enum { NAME_MS = 5000 }; /* a name that is not known is looked up again */

static gint64 now_us(void)
{
    return g_get_monotonic_time();
}

static gint64 clock_ms(const LiveEgress *egress)
{
    return egress->events.clock_ms(egress->data);
}

/* ---- states ---- */

void live_egress_output_set(LiveEgressOutput *output, LiveState state, const char *code,
                            const char *why, guint wait_ms)
{
    LiveEgress *egress = output->egress;
    LiveDestination *base = &output->base;
    gboolean is_end = state == LIVE_STATE_FAILED || state == LIVE_STATE_ENDED;
    LiveChange change = {base->name, state, code, why, wait_ms};
    if (base->is_leaving && !is_end)
        return;
    if (base->is_leaving) /* what happens to it now is the end that was asked for */
        change = (LiveChange){.destination = base->name, .state = LIVE_STATE_ENDED};
    const json_t *last = json_array_get(base->states, json_array_size(base->states) - 1);
    if (live_destination_is_over(base) ||
        (state == base->state &&
         g_strcmp0(code, json_string_value(json_object_get(last, "code"))) == 0))
        return;
    live_destination_change(base, &change, clock_ms(egress));
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
    output->base.restarts++;
    output->due_us = now_us() + (gint64)wait_ms * 1000;
    live_egress_output_set(output, LIVE_STATE_RETRYING, "lost", why, wait_ms);
}

gboolean live_egress_output_is_wanted(const LiveEgressOutput *output)
{
    return output->base.target != NULL && output->is_checked && !output->base.is_leaving &&
           !live_destination_is_over(&output->base);
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
    char *full = live_target_full(output->base.target);
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
    g_task_set_task_data(task, g_strdup(output->base.target->host), g_free);
    g_task_run_in_thread(task, look_up);
}

void live_egress_check_names(LiveEgress *egress)
{
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (output->base.target != NULL && !output->is_checked && !output->is_checking &&
            !live_destination_is_over(&output->base) && now_us() >= output->due_us)
            check_name(output);
    }
}

/* ---- which there are ---- */

void live_egress_output_free(gpointer data)
{
    LiveEgressOutput *output = data;
    g_cancellable_cancel(output->cancellable);
    g_object_unref(output->cancellable);
    live_destination_clear(&output->base);
    g_free(output);
}

const GPtrArray *live_egress_destinations(const LiveEgress *egress)
{
    return egress->outputs;
}

static LiveEgressOutput *add_output(LiveEgress *egress, const char *name, LiveTarget *target,
                                    const json_t *before)
{
    LiveEgressOutput *output = g_new0(LiveEgressOutput, 1);
    live_destination_init(&output->base, name, target, before, clock_ms(egress));
    output->egress = egress;
    output->cancellable = g_cancellable_new();
    g_ptr_array_add(egress->outputs, output);
    return output;
}

void live_egress_add(LiveEgress *egress, LiveTarget *target, LiveDestination *known,
                     const json_t *before)
{
    if (known != NULL)
        g_ptr_array_remove(egress->outputs, known);
    LiveEgressOutput *output = add_output(egress, target->name, target, before);
    egress->failures = 0;
    output->is_checked = egress->allow_private;
    live_egress_output_set(output, LIVE_STATE_CONNECTING, NULL, NULL, 0);
    if (!output->is_checked)
        check_name(output);
}

void live_egress_add_failed(LiveEgress *egress, const char *name, const char *code, const char *why,
                            const json_t *before)
{
    LiveEgressOutput *output = add_output(egress, name, NULL, before);
    live_egress_output_set(output, LIVE_STATE_FAILED, code, why, 0);
}

void live_egress_add_ended(LiveEgress *egress, const char *name, const json_t *before)
{
    live_destination_end_as(&add_output(egress, name, NULL, before)->base, before);
}

/* What the egress does not have is over at once. */
gboolean live_egress_remove(LiveEgress *egress, const char *name)
{
    /* each of the list begins with one */
    LiveEgressOutput *output =
        (LiveEgressOutput *)live_destinations_find_running(egress->outputs, name);
    if (output == NULL)
        return FALSE;
    output->base.is_leaving = TRUE;
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
    json_t *value = live_destination_json(&output->base, is_brief);
    json_object_set_new(value, "bytes", json_integer(0));
    json_object_set_new(value, "frames", json_integer(0));
    json_object_set_new(value, "dropped", json_integer(0));
    json_object_set_new(value, "reconnects", json_integer(0));
    json_object_set_new(value, "warnings", json_array());
    return value;
}
