/* How an egress begins. What always holds: before one is started LiveKit is asked whether one runs for
 * this room, so that an answer that was lost, or a server that was killed, never makes two. */
#include "egress-state-private.h"

#include <string.h>

#define PRESET "H264_720P_30"

static json_t *urls_json(const LiveEgress *egress)
{
    json_t *urls = json_array();
    for (guint i = 0; i < egress->outputs->len; i++) {
        LiveEgressOutput *output = egress->outputs->pdata[i];
        if (!live_egress_output_is_wanted(output))
            continue;
        live_egress_output_tell(output, urls);
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
        egress->answered_us = g_get_monotonic_time();
        live_egress_take(egress, found);
    } else if (error == NULL) {
        live_egress_start_again(egress, "livekit", "LiveKit answered without an egress");
    } else if (live_egress_may_pass(error)) {
        egress->was_active = TRUE; /* no failure of the egress */
        live_egress_start_again(egress, live_egress_code_of(error), error->message);
    } else {
        egress->failures = LIVE_EGRESS_FAILURES_MAX;
        live_egress_start_again(egress, "refused", error->message);
    }
}

static void start(LiveEgress *egress)
{
    const LiveEgressOptions *options = egress->options;
    json_t *outputs = json_pack("[{s:s, s:o}]", "protocol", "RTMP", "urls", urls_json(egress));
    json_t *body = json_pack("{s:s, s:o, s:s}", "room_name", options->room, "stream_outputs",
                             outputs, "preset", PRESET);
    live_egress_set_all(egress, LIVE_STATE_CONNECTING, NULL, NULL, 0);
    if (options->kind == LIVE_EGRESS_COMPOSITE) {
        json_object_set_new(body, "layout", json_string("program"));
        json_object_set_new(body, "custom_base_url", json_string(options->page(options->data)));
        live_egress_ask(egress, "Egress/StartRoomCompositeEgress", body, was_started);
        return;
    }
    json_object_set_new(body, "video_track_id", json_string(egress->picture));
    if (egress->sound != NULL)
        json_object_set_new(body, "audio_track_id", json_string(egress->sound));
    live_egress_ask(egress, "Egress/StartTrackCompositeEgress", body, was_started);
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
            live_egress_take(egress, one);
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
    egress->answered_us = g_get_monotonic_time();
    g_autoptr(GPtrArray) list = livekit_egresses_read(answer);
    adopt(egress, list);
    if (egress->id == NULL && live_egress_count_wanted(egress) > 0)
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

/* A console that was reloaded publishes another track. */
gboolean live_egress_has_other_track(const LiveEgress *egress)
{
    const LiveEgressOptions *options = egress->options;
    const char *picture = NULL, *sound = NULL;
    return egress->picture != NULL && options->tracks(&picture, &sound, options->data) &&
           strcmp(picture, egress->picture) != 0;
}

/* Nobody knows what a console publishes while LiveKit does not answer. */
static void say_what_is_waited_for(LiveEgress *egress)
{
    LivekitHealth health = livekit_client_health(egress->options->client);
    if (health.is_failing)
        live_egress_set_all(egress, LIVE_STATE_RETRYING, "livekit", health.why,
                            LIVE_EGRESS_POLL_MS);
    else
        live_egress_set_all(egress, LIVE_STATE_CONNECTING, "waiting",
                            "the console has not published the program at LiveKit yet", 0);
}

void live_egress_try_start(LiveEgress *egress)
{
    if (g_get_monotonic_time() < egress->next_us || live_egress_count_wanted(egress) == 0)
        return;
    if (!find_tracks(egress)) {
        say_what_is_waited_for(egress);
        return;
    }
    live_egress_ask(egress, "Egress/ListEgress",
                    json_pack("{s:s, s:b}", "room_name", egress->options->room, "active", TRUE),
                    was_searched);
}
