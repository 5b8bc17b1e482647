/* A destination. What always holds: its address and key leave this process through a pipe and no
 * other way; every change of its state is reported once, in order. */
#include "output-private.h"

#include <live/backoff.h>
#include <child/child.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    EXIT_FAILED = 3, /* of a sender: trying again would be the same */
    WELL_MS = 30000, /* live for so long: the back-off begins anew */
    STOP_MS = 6000,  /* what has not ended by then is killed */
    WARNINGS_MAX = 8,
};

typedef struct Counters {
    gint64 bytes, frames, dropped, reconnects;
} Counters;

struct LiveOutput {
    LiveDestination base;
    const LiveOutputOwner *owner;
    Child *child;
    int control; /* the sender's standard input; closed: it ends. -1: none */
    guint timer;
    LiveBackoff backoff;
    gint64 live_since_us;
    gint64 again_us; /* of RETRYING: when */
    /* the report */
    Counters before, now; /* of senders that have ended; of the one that runs */
    Counters given;       /* what `before` was at the beginning: not of this process, or known */
    guint given_restarts;
    gint64 kbps, queued_ms;
    json_t *warnings;
};

static LiveState state_of(const char *name)
{
    for (LiveState state = LIVE_STATE_CONNECTING; state <= LIVE_STATE_ENDED; state++)
        if (g_strcmp0(name, live_state_name(state)) == 0)
            return state;
    return LIVE_STATE_UNSET;
}

/* ---- its state ---- */

static gint64 clock_ms(const LiveOutput *output)
{
    return output->owner->events->clock_ms(output->owner->data);
}

static void set_state(LiveOutput *output, LiveState state, const char *code, const char *why,
                      guint wait_ms)
{
    LiveChange change = {output->base.name, state, code, why, wait_ms};
    if (state == output->base.state && state != LIVE_STATE_RETRYING)
        return;
    output->kbps = 0;
    output->again_us = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    if (state == LIVE_STATE_LIVE)
        output->live_since_us = g_get_monotonic_time();
    live_destination_change(&output->base, &change, clock_ms(output));
    output->owner->events->changed(&change, output->owner->data);
}

static void add(Counters *to, const Counters *more)
{
    to->bytes += more->bytes;
    to->frames += more->frames;
    to->dropped += more->dropped;
    to->reconnects += more->reconnects;
}

/* ---- what its sender says ---- */

static gint64 number(const json_t *value, const char *member)
{
    return CLAMP(json_integer_value(json_object_get(value, member)), 0, G_MAXINT64 / 4);
}

static void take_counters(LiveOutput *output, const json_t *value)
{
    output->now = (Counters){number(value, "bytes"), number(value, "frames"),
                             number(value, "dropped"), number(value, "reconnects")};
    output->kbps = number(value, "kbps");
    output->queued_ms = number(value, "queued");
    output->owner->events->counted(output->owner->data);
}

static void take_warning(LiveOutput *output, const char *text)
{
    if (json_array_size(output->warnings) < WARNINGS_MAX)
        json_array_append_new(output->warnings, json_string(text));
    output->owner->events->counted(output->owner->data);
}

static void take_line(const json_t *value, gpointer data)
{
    LiveOutput *output = data;
    LiveState state = state_of(json_string_value(json_object_get(value, "state")));
    const char *warning = json_string_value(json_object_get(value, "warning"));
    if (json_object_get(value, "bytes") != NULL)
        take_counters(output, value);
    if (warning != NULL)
        take_warning(output, warning);
    if (state != LIVE_STATE_UNSET && !output->base.is_leaving)
        set_state(output, state, json_string_value(json_object_get(value, "code")),
                  json_string_value(json_object_get(value, "why")), (guint)number(value, "wait"));
}

/* ---- its sender ---- */

static void let_go(LiveOutput *output)
{
    g_clear_handle_id(&output->timer, g_source_remove);
    g_clear_pointer(&output->child, child_free);
    if (output->control >= 0)
        close(output->control);
    output->control = -1;
    add(&output->before, &output->now);
    output->now = (Counters){0};
}

static gboolean start_again(gpointer data)
{
    LiveOutput *output = data;
    output->timer = 0;
    live_output_start(output);
    return G_SOURCE_REMOVE;
}

static void plan_again(LiveOutput *output, const char *why)
{
    if (output->live_since_us > 0 &&
        g_get_monotonic_time() - output->live_since_us > WELL_MS * 1000)
        live_backoff_reset(&output->backoff);
    guint wait_ms = live_backoff_next_ms(&output->backoff, g_random_double());
    output->base.restarts++;
    output->live_since_us = 0;
    set_state(output, LIVE_STATE_RETRYING, "sender", why, wait_ms);
    output->timer = g_timeout_add(wait_ms, start_again, output);
}

static void was_ended(const ChildEnd *end, gpointer data)
{
    LiveOutput *output = data;
    g_autofree char *reason = g_strdup(end->reason);
    g_autofree char *why = g_strdup_printf("its sender ended: %s", reason);
    gboolean is_for_good = end->status == EXIT_FAILED;
    let_go(output);
    if (is_for_good || live_destination_is_over(&output->base)) {
        set_state(output, LIVE_STATE_FAILED, "sender", reason, 0);
    } else if (output->base.is_leaving) {
        set_state(output, LIVE_STATE_ENDED, NULL, NULL, 0);
    } else {
        g_warning("%s destination=%s", why, output->base.name);
        plan_again(output, why);
    }
    output->owner->ended(output->owner->onair);
}

static gboolean write_settings(const LiveOutput *output)
{
    const LiveOutputOwner *owner = output->owner;
    char *full = live_target_full(output->base.target);
    json_t *value = json_pack("{s:s, s:s, s:i, s:b, s:b}", "url", full, "host",
                              output->base.target->host, "port", (int)output->base.target->port,
                              "tls", output->base.target->is_tls, "private", owner->allow_private);
    char *text = json_dumps(value, JSON_COMPACT);
    g_autofree char *line = g_strconcat(text, "\n", NULL);
    gsize length = strlen(line);
    gboolean is_written = write(output->control, line, length) == (ssize_t)length;
    explicit_bzero(line, length);
    explicit_bzero(text, strlen(text));
    free(text);
    json_decref(value);
    live_wipe_free(full);
    return is_written;
}

static Child *spawn(LiveOutput *output, int input, int media, GError **error)
{
    static const ChildEvents events = {take_line, was_ended};
    g_autofree char *parent = g_strdup_printf("%d", (int)getpid());
    const char *ca_file = output->owner->ca_file;
    const char *const command[] = {output->owner->program,
                                   "live",
                                   "send",
                                   "--parent",
                                   parent,
                                   ca_file != NULL ? "--ca-file" : NULL, /* the end */
                                   ca_file,
                                   NULL};
    ChildOptions options = {.command = command, .input = input, .extra = media};
    return child_new(&options, &events, output, error);
}

static void close_pair(const int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
}

static gboolean open_pairs(int control[2], int media[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0)
        return FALSE;
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, media) == 0;
}

void live_output_start(LiveOutput *output)
{
    g_autoptr(GError) error = NULL;
    int control[2] = {-1, -1}, media[2] = {-1, -1};
    if (output->child != NULL || output->base.is_leaving || live_destination_is_over(&output->base))
        return;
    g_clear_handle_id(&output->timer, g_source_remove);
    if (!open_pairs(control, media)) {
        g_autofree char *why = g_strdup_printf("no sockets: %s", g_strerror(errno));
        close_pair(control);
        plan_again(output, why);
        return;
    }
    if (!output->owner->connect(output->owner->onair, media[0])) {
        close_pair(control);
        close(media[1]);
        return;
    }
    output->control = control[0];
    output->child = spawn(output, control[1], media[1], &error);
    if (output->child == NULL || !write_settings(output)) {
        let_go(output);
        plan_again(output, error != NULL ? error->message : "its sender takes no settings");
        return;
    }
    set_state(output, LIVE_STATE_CONNECTING, NULL, NULL, 0);
}

void live_output_hold(LiveOutput *output, const char *why)
{
    if (live_destination_is_over(&output->base) || output->base.is_leaving)
        return;
    let_go(output);
    set_state(output, LIVE_STATE_RETRYING, "feed", why, 0);
}

static gboolean kill_late(gpointer data)
{
    LiveOutput *output = data;
    output->timer = 0;
    child_kill(output->child);
    return G_SOURCE_REMOVE;
}

void live_output_stop(LiveOutput *output)
{
    if (live_destination_is_over(&output->base) || output->base.is_leaving)
        return;
    output->base.is_leaving = TRUE;
    if (output->child != NULL) {
        shutdown(output->control, SHUT_WR); /* its input ends: it says goodbye and ends */
        output->timer = g_timeout_add(STOP_MS, kill_late, output);
        return;
    }
    let_go(output);
    set_state(output, LIVE_STATE_ENDED, NULL, NULL, 0);
}

/* ---- life ---- */

static void take_before(LiveOutput *output, const json_t *before)
{
    output->before = (Counters){number(before, "bytes"), number(before, "frames"),
                                number(before, "dropped"), number(before, "reconnects")};
    output->given = output->before;
    output->given_restarts = output->base.restarts;
}

static LiveOutput *make(const LiveOutputOwner *owner, const char *name, LiveTarget *target,
                        const json_t *before)
{
    LiveOutput *output = g_new0(LiveOutput, 1);
    output->owner = owner;
    output->control = -1;
    live_destination_init(&output->base, name, target, before, clock_ms(output));
    take_before(output, before);
    output->warnings = json_array();
    return output;
}

LiveOutput *live_output_new(const LiveOutputOwner *owner, LiveTarget *target, const json_t *before)
{
    return make(owner, target->name, target, before);
}

LiveOutput *live_output_new_failed(const LiveOutputOwner *owner, const char *name, const char *code,
                                   const char *why, const json_t *before)
{
    LiveOutput *output = make(owner, name, NULL, before);
    set_state(output, LIVE_STATE_FAILED, code, why, 0);
    return output;
}

LiveOutput *live_output_new_ended(const LiveOutputOwner *owner, const char *name,
                                  const json_t *before)
{
    LiveOutput *output = make(owner, name, NULL, before);
    live_destination_end_as(&output->base, before);
    return output;
}

void live_output_free(LiveOutput *output)
{
    if (output == NULL)
        return;
    let_go(output);
    live_destination_clear(&output->base);
    json_decref(output->warnings);
    g_free(output);
}

gboolean live_output_is_running(const LiveOutput *output)
{
    return output->child != NULL;
}

/* ---- the report ---- */

void live_output_total(const LiveOutput *output, LiveTotals *totals)
{
    const Counters *before = &output->before, *now = &output->now, *given = &output->given;
    totals->states[output->base.state]++;
    totals->bytes += before->bytes + now->bytes - given->bytes;
    totals->frames += before->frames + now->frames - given->frames;
    totals->dropped += before->dropped + now->dropped - given->dropped;
    totals->reconnects += before->reconnects + now->reconnects - given->reconnects;
    totals->restarts += output->base.restarts - output->given_restarts;
    if (output->child != NULL)
        totals->queued_ms = MAX(totals->queued_ms, output->queued_ms);
}

static gint64 wait_ms(const LiveOutput *output)
{
    return MAX(output->again_us - g_get_monotonic_time(), 0) / 1000;
}

json_t *live_output_json(const LiveOutput *output, gboolean is_brief)
{
    json_t *value = live_destination_json(&output->base, is_brief);
    Counters all = output->before;
    add(&all, &output->now);
    json_object_set_new(value, "bytes", json_integer(all.bytes));
    json_object_set_new(value, "frames", json_integer(all.frames));
    json_object_set_new(value, "dropped", json_integer(all.dropped));
    json_object_set_new(value, "reconnects", json_integer(all.reconnects));
    json_object_set(value, "warnings", output->warnings);
    if (!is_brief)
        return value;
    json_object_set_new(value, "kbps", json_integer(output->kbps));
    json_object_set_new(value, "queued", json_integer(output->queued_ms));
    if (output->base.state == LIVE_STATE_RETRYING)
        json_object_set_new(value, "wait", json_integer(wait_ms(output)));
    return value;
}
