/* A destination of a show on air. What always holds: the first of its states is kept, and says when it
 * began; one that is over has its end. */
#include "destination-private.h"

#include <string.h>

enum { STATES_MAX = 200 }; /* that are kept */

const char *live_state_name(LiveState state)
{
    static const char *const names[] = {
        [LIVE_STATE_UNSET] = "unset",   [LIVE_STATE_CONNECTING] = "connecting",
        [LIVE_STATE_LIVE] = "live",     [LIVE_STATE_RETRYING] = "retrying",
        [LIVE_STATE_FAILED] = "failed", [LIVE_STATE_ENDED] = "ended",
    };
    return names[state];
}

/* ---- life ---- */

const json_t *live_destination_before(const json_t *report, const char *name)
{
    const json_t *list = json_object_get(report, "destinations");
    for (gsize i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        if (g_strcmp0(json_string_value(json_object_get(one, "name")), name) == 0)
            return one;
    }
    return NULL;
}

static char *address_of(const LiveTarget *target, const json_t *before)
{
    const char *address = json_string_value(json_object_get(before, "address"));
    if (target != NULL)
        return live_target_address(target);
    return g_strdup(address != NULL ? address : "");
}

void live_destination_init(LiveDestination *destination, const char *name, LiveTarget *target,
                           const json_t *before, gint64 now_ms)
{
    const json_t *states = json_object_get(before, "states");
    const json_t *start = json_object_get(before, "start");
    gint64 restarts = json_integer_value(json_object_get(before, "restarts"));
    *destination = (LiveDestination){
        .name = g_strdup(name),
        .address = address_of(target, before),
        .target = target,
        .restarts = (guint)CLAMP(restarts, 0, G_MAXINT),
        .start_ms = before != NULL ? MAX(json_integer_value(start), 0) : now_ms,
        .end_ms = -1,
        .states = json_is_array(states) ? json_deep_copy(states) : json_array(),
    };
}

void live_destination_end_as(LiveDestination *destination, const json_t *before)
{
    const json_t *end = json_object_get(before, "end");
    const char *state = json_string_value(json_object_get(before, "state"));
    gboolean has_failed = g_strcmp0(state, live_state_name(LIVE_STATE_FAILED)) == 0;
    destination->state = has_failed ? LIVE_STATE_FAILED : LIVE_STATE_ENDED;
    destination->end_ms = json_is_integer(end) ? json_integer_value(end) : destination->start_ms;
}

void live_destination_clear(LiveDestination *destination)
{
    live_target_free(destination->target);
    json_decref(destination->states);
    g_free(destination->name);
    g_free(destination->address);
}

/* ---- its state ---- */

gboolean live_destination_is_over(const LiveDestination *destination)
{
    return destination->state == LIVE_STATE_FAILED || destination->state == LIVE_STATE_ENDED;
}

void live_destination_change(LiveDestination *destination, const LiveChange *change, gint64 now_ms)
{
    json_t *states = destination->states;
    destination->state = change->state;
    if (live_destination_is_over(destination))
        destination->end_ms = now_ms;
    if (json_array_size(states) >= STATES_MAX)
        json_array_remove(states, 1); /* the first says when it began */
    json_array_append_new(states, json_pack("{s:I, s:s, s:s*, s:s*}", "t", (json_int_t)now_ms,
                                            "state", live_state_name(change->state), "code",
                                            change->code, "why", change->why));
}

json_t *live_destination_json(const LiveDestination *destination, gboolean is_brief)
{
    const json_t *states = destination->states;
    const json_t *last = json_array_get(states, json_array_size(states) - 1);
    const LivePlatform *platform =
        destination->target != NULL ? live_platform_of(destination->target->host) : NULL;
    json_t *value = json_pack(
        "{s:s, s:s, s:s*, s:s, s:s*, s:s*, s:I, s:o, s:I}", "name", destination->name, "address",
        destination->address, "platform", platform != NULL ? platform->name : NULL, "state",
        live_state_name(destination->state), "code",
        json_string_value(json_object_get(last, "code")), "why",
        json_string_value(json_object_get(last, "why")), "start", (json_int_t)destination->start_ms,
        "end", destination->end_ms >= 0 ? json_integer(destination->end_ms) : json_null(),
        "restarts", (json_int_t)destination->restarts);
    if (!is_brief)
        json_object_set(value, "states", destination->states);
    return value;
}

/* ---- of a list ---- */

LiveDestination *live_destinations_find(const GPtrArray *list, const LiveTarget *target)
{
    LiveDestination *found = NULL;
    for (guint i = 0; i < list->len; i++) {
        LiveDestination *one = list->pdata[i];
        if (one->target == NULL || !live_target_is_same(one->target, target))
            continue;
        if (!live_destination_is_over(one))
            return one;
        found = found != NULL ? found : one;
    }
    return found;
}

LiveDestination *live_destinations_find_running(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        LiveDestination *one = list->pdata[i];
        if (strcmp(one->name, name) == 0 && !live_destination_is_over(one))
            return one;
    }
    return NULL;
}

gboolean live_destinations_send_to(const GPtrArray *list, const LiveTarget *target)
{
    for (guint i = 0; i < list->len; i++) {
        const LiveDestination *one = list->pdata[i];
        if (one->target != NULL && !live_destination_is_over(one) &&
            live_target_is_same_place(one->target, target))
            return TRUE;
    }
    return FALSE;
}

guint live_destinations_running(const GPtrArray *list)
{
    guint count = 0;
    for (guint i = 0; i < list->len; i++)
        count += live_destination_is_over(list->pdata[i]) ? 0 : 1;
    return count;
}

gboolean live_destinations_is_last(const GPtrArray *list, const char *name)
{
    for (guint i = 0; i < list->len; i++) {
        const LiveDestination *one = list->pdata[i];
        if (strcmp(one->name, name) != 0 && !one->is_leaving && !live_destination_is_over(one))
            return FALSE;
    }
    return TRUE;
}
