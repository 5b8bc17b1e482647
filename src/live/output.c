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
    STATES_MAX = 200, /* that are kept of one destination */
    EXIT_FAILED = 3,  /* of a sender: trying again would be the same */
    WELL_MS = 30000,  /* live for so long: the back-off begins anew */
    STOP_MS = 6000,   /* what has not ended by then is killed */
    WARNINGS_MAX = 8,
};

typedef struct Counters {
    gint64 bytes, frames, dropped, reconnects;
} Counters;

struct LiveOutput {
    const LiveOutputOwner *owner;
    char *name, *address;
    LiveTarget *target;
    LiveState state;
    Child *child;
    int control; /* the sender's standard input; closed: it ends. -1: none */
    gboolean is_stopping;
    guint timer;
    LiveBackoff backoff;
    gint64 live_since_us;
    gint64 again_us; /* of RETRYING: when */
    /* the report */
    Counters before, now;    /* of senders that have ended; of the one that runs */
    Counters given;          /* what `before` was at the beginning: not of this process, or known */
    gint64 start_ms, end_ms; /* -1: not yet */
    guint restarts, given_restarts;
    gint64 kbps, queued_ms;
    gboolean was_live;
    json_t *states, *warnings;
};

const char *live_state_name(LiveState state)
{
    static const char *const names[] = {
        [LIVE_STATE_UNSET] = "unset",   [LIVE_STATE_CONNECTING] = "connecting",
        [LIVE_STATE_LIVE] = "live",     [LIVE_STATE_RETRYING] = "retrying",
        [LIVE_STATE_FAILED] = "failed", [LIVE_STATE_ENDED] = "ended",
    };
    return names[state];
}

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

static void note_state(LiveOutput *output, const LiveChange *change)
{
    if (json_array_size(output->states) >= STATES_MAX)
        json_array_remove(output->states, 1); /* the first says when it began */
    json_array_append_new(output->states,
                          json_pack("{s:I, s:s, s:s*, s:s*}", "t", (json_int_t)clock_ms(output),
                                    "state", live_state_name(change->state), "code", change->code,
                                    "why", change->why));
}

static void set_state(LiveOutput *output, LiveState state, const char *code, const char *why,
                      guint wait_ms)
{
    LiveChange change = {output->name, state, code, why, wait_ms};
    if (state == output->state && state != LIVE_STATE_RETRYING)
        return;
    output->state = state;
    output->kbps = 0;
    output->again_us = g_get_monotonic_time() + (gint64)wait_ms * 1000;
    if (state == LIVE_STATE_LIVE) {
        output->was_live = TRUE;
        output->live_since_us = g_get_monotonic_time();
    }
    if (state == LIVE_STATE_FAILED || state == LIVE_STATE_ENDED)
        output->end_ms = clock_ms(output);
    note_state(output, &change);
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
    if (state != LIVE_STATE_UNSET && !output->is_stopping)
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
    output->restarts++;
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
    if (is_for_good || live_output_is_over(output)) {
        set_state(output, LIVE_STATE_FAILED, "sender", reason, 0);
    } else if (output->is_stopping) {
        set_state(output, LIVE_STATE_ENDED, NULL, NULL, 0);
    } else {
        g_warning("%s destination=%s", why, output->name);
        plan_again(output, why);
    }
    output->owner->ended(output->owner->onair);
}

static gboolean write_settings(const LiveOutput *output)
{
    const LiveOutputOwner *owner = output->owner;
    char *full = live_target_full(output->target);
    json_t *value = json_pack("{s:s, s:s, s:i, s:b, s:b}", "url", full, "host",
                              output->target->host, "port", (int)output->target->port, "tls",
                              output->target->is_tls, "private", owner->allow_private);
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
    if (output->child != NULL || output->is_stopping || live_output_is_over(output))
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
    if (live_output_is_over(output) || output->is_stopping)
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
    if (live_output_is_over(output) || output->is_stopping)
        return;
    output->is_stopping = TRUE;
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
    const json_t *states = json_object_get(before, "states");
    output->before = (Counters){number(before, "bytes"), number(before, "frames"),
                                number(before, "dropped"), number(before, "reconnects")};
    output->given = output->before;
    output->given_restarts = output->restarts = (guint)number(before, "restarts");
    output->start_ms = number(before, "start");
    if (json_is_array(states))
        output->states = json_deep_copy(states);
    for (gsize i = 0; i < json_array_size(output->states); i++)
        output->was_live |=
            g_strcmp0(
                json_string_value(json_object_get(json_array_get(output->states, i), "state")),
                "live") == 0;
}

static LiveOutput *make(const LiveOutputOwner *owner, const char *name, const json_t *before)
{
    LiveOutput *output = g_new0(LiveOutput, 1);
    output->owner = owner;
    output->name = g_strdup(name);
    output->control = -1;
    output->end_ms = -1;
    output->start_ms = clock_ms(output);
    if (before != NULL)
        take_before(output, before);
    if (output->states == NULL)
        output->states = json_array();
    output->warnings = json_array();
    return output;
}

const json_t *live_output_before(const json_t *report, const char *name)
{
    const json_t *list = json_object_get(report, "destinations");
    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (g_strcmp0(json_string_value(json_object_get(one, "name")), name) == 0)
            return one;
    }
    return NULL;
}

LiveOutput *live_output_new(const LiveOutputOwner *owner, LiveTarget *target, const json_t *before)
{
    LiveOutput *output = make(owner, target->name, before);
    output->address = live_target_address(target);
    output->target = target;
    return output;
}

LiveOutput *live_output_new_failed(const LiveOutputOwner *owner, const char *name, const char *code,
                                   const char *why, const json_t *before)
{
    LiveOutput *output = make(owner, name, before);
    const char *address = json_string_value(json_object_get(before, "address"));
    output->address = g_strdup(address != NULL ? address : "");
    set_state(output, LIVE_STATE_FAILED, code, why, 0);
    return output;
}

LiveOutput *live_output_new_ended(const LiveOutputOwner *owner, const char *name,
                                  const json_t *before)
{
    LiveOutput *output = make(owner, name, before);
    const char *address = json_string_value(json_object_get(before, "address"));
    const json_t *end = json_object_get(before, "end");
    gboolean has_failed =
        state_of(json_string_value(json_object_get(before, "state"))) == LIVE_STATE_FAILED;
    output->address = g_strdup(address != NULL ? address : "");
    output->state = has_failed ? LIVE_STATE_FAILED : LIVE_STATE_ENDED;
    output->end_ms = json_is_integer(end) ? json_integer_value(end) : output->start_ms;
    return output;
}

void live_output_free(LiveOutput *output)
{
    if (output == NULL)
        return;
    let_go(output);
    live_target_free(output->target);
    json_decref(output->states);
    json_decref(output->warnings);
    g_free(output->name);
    g_free(output->address);
    g_free(output);
}

const LiveTarget *live_output_target(const LiveOutput *output)
{
    return output->target;
}

const char *live_output_name(const LiveOutput *output)
{
    return output->name;
}

gboolean live_output_is_over(const LiveOutput *output)
{
    return output->state == LIVE_STATE_FAILED || output->state == LIVE_STATE_ENDED;
}

gboolean live_output_is_running(const LiveOutput *output)
{
    return output->child != NULL;
}

gboolean live_output_is_live(const LiveOutput *output)
{
    return output->state == LIVE_STATE_LIVE;
}

/* ---- the report ---- */

void live_output_total(const LiveOutput *output, LiveTotals *totals)
{
    const Counters *before = &output->before, *now = &output->now, *given = &output->given;
    totals->states[output->state]++;
    totals->bytes += before->bytes + now->bytes - given->bytes;
    totals->frames += before->frames + now->frames - given->frames;
    totals->dropped += before->dropped + now->dropped - given->dropped;
    totals->reconnects += before->reconnects + now->reconnects - given->reconnects;
    totals->restarts += output->restarts - output->given_restarts;
    if (output->child != NULL)
        totals->queued_ms = MAX(totals->queued_ms, output->queued_ms);
}

static gint64 wait_ms(const LiveOutput *output)
{
    return MAX(output->again_us - g_get_monotonic_time(), 0) / 1000;
}

json_t *live_output_json(const LiveOutput *output, gboolean is_brief)
{
    const json_t *last = json_array_get(output->states, json_array_size(output->states) - 1);
    const LivePlatform *platform =
        output->target != NULL ? live_platform_of(output->target->host) : NULL;
    Counters all = output->before;
    add(&all, &output->now);
    json_t *value = json_pack(
        "{s:s, s:s, s:s*, s:s, s:s*, s:s*, s:I, s:I, s:I, s:I, s:I, s:I}", "name", output->name,
        "address", output->address, "platform", platform != NULL ? platform->name : NULL, "state",
        live_state_name(output->state), "code", json_string_value(json_object_get(last, "code")),
        "why", json_string_value(json_object_get(last, "why")), "start",
        (json_int_t)output->start_ms, "bytes", (json_int_t)all.bytes, "frames",
        (json_int_t)all.frames, "dropped", (json_int_t)all.dropped, "reconnects",
        (json_int_t)all.reconnects, "restarts", (json_int_t)output->restarts);
    json_object_set_new(value, "end",
                        output->end_ms >= 0 ? json_integer(output->end_ms) : json_null());
    json_object_set(value, "warnings", output->warnings);
    if (is_brief) {
        json_object_set_new(value, "kbps", json_integer(output->kbps));
        json_object_set_new(value, "queued", json_integer(output->queued_ms));
        if (output->state == LIVE_STATE_RETRYING)
            json_object_set_new(value, "wait", json_integer(wait_ms(output)));
    } else {
        json_object_set(value, "states", output->states);
    }
    return value;
}
