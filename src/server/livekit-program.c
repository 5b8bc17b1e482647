/* What a room is told of the program. What always holds: metadata is written at most once a second, a
 * message sent at most ten times a second, and the last change always gets through. */
#include "livekit-state-private.h"

#include <string.h>

enum { METADATA_MS = 1000, MESSAGE_MS = 100 };

#define TOPIC "crosscut"

static gboolean publish_later(gpointer data)
{
    ServerRoom *room = data;
    room->publish_timer = 0;
    server_room_publish(room);
    return G_SOURCE_REMOVE;
}

/* The first picture that this source shows in the room, or NULL. */
static const char *picture_of(const ServerRoom *room, const char *identity)
{
    for (guint i = 0; room->people != NULL && i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        for (guint j = 0; strcmp(one->identity, identity) == 0 && j < one->tracks->len; j++) {
            const LivekitTrack *track = one->tracks->pdata[j];
            if (track->is_video && !track->is_muted)
                return track->sid;
        }
    }
    return NULL;
}

char *server_room_program_text(const ServerRoom *room)
{
    const char *source = json_string_value(json_object_get(room->program, "source"));
    const char *track = source != NULL ? picture_of(room, source) : NULL;
    json_object_set_new(room->program, "track", track != NULL ? json_string(track) : json_null());
    json_t *value = json_pack("{s:O}", "program", room->program);
    char *text = json_dumps(value, JSON_COMPACT);
    json_decref(value);
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

static void was_written(const json_t *answer, const GError *error, gpointer data)
{
    ServerRoom *room = data;
    (void)answer;
    room->is_writing = FALSE;
    if (error != NULL)
        room->metadata_is_due = TRUE; /* it is what a late guest reads: again */
    server_room_publish(room);
}

static void was_sent(const json_t *answer, const GError *error, gpointer data)
{
    ServerRoom *room = data;
    (void)answer, (void)error; /* a message that is late says nothing: metadata does */
    room->is_sending = FALSE;
    server_room_publish(room);
}

static void write_metadata(ServerRoom *room)
{
    g_autofree char *text = server_room_program_text(room);
    room->metadata_is_due = FALSE;
    room->is_writing = TRUE;
    room->written_us = g_get_monotonic_time();
    server_room_call(room, "RoomService/UpdateRoomMetadata",
                     json_pack("{s:s, s:s}", "room", room->id, "metadata", text), 1, was_written);
}

static void send_message(ServerRoom *room)
{
    g_autofree char *text = server_room_program_text(room);
    g_autofree char *base64 = g_base64_encode((const guchar *)text, strlen(text));
    room->message_is_due = FALSE;
    room->is_sending = TRUE;
    room->sent_us = g_get_monotonic_time();
    server_room_call(room, "RoomService/SendData",
                     json_pack("{s:s, s:s, s:s, s:s}", "room", room->id, "data", base64, "kind",
                               "RELIABLE", "topic", TOPIC),
                     1, was_sent);
}

/* Milliseconds until it may go; 0: now. */
static gint64 wait_ms(gint64 last_us, gint64 least_ms)
{
    gint64 since_ms = (g_get_monotonic_time() - last_us) / 1000;
    return last_us == 0 ? 0 : MAX(least_ms - since_ms, 0);
}

void server_room_publish(ServerRoom *room)
{
    gint64 next_ms = G_MAXINT64;
    if (room->state != SERVER_ROOM_OPEN || room->program == NULL)
        return;
    if (room->message_is_due && !room->is_sending) {
        gint64 wait = wait_ms(room->sent_us, MESSAGE_MS);
        if (wait == 0)
            send_message(room);
        else
            next_ms = wait;
    }
    if (room->metadata_is_due && !room->is_writing) {
        gint64 wait = wait_ms(room->written_us, METADATA_MS);
        if (wait == 0)
            write_metadata(room);
        else
            next_ms = MIN(next_ms, wait);
    }
    if (next_ms != G_MAXINT64 && room->publish_timer == 0)
        room->publish_timer = g_timeout_add((guint)next_ms, publish_later, room);
}

void server_room_take_switch(ServerRoom *room, const ShowEvent *event)
{
    const json_t *reason = json_object_get(event->fields, "reason");
    json_decref(room->program);
    room->program =
        json_pack("{s:s, s:I, s:s*, s:I}", "source", event->source, "t", (json_int_t)event->t_ms,
                  "reason", json_string_value(reason), "seq", (json_int_t)event->seq);
    room->metadata_is_due = room->message_is_due = TRUE;
}

void server_livekit_switched(ServerLivekit *livekit, const char *show_id, const ShowEvent *event)
{
    ServerRoom *room = server_room_find(livekit, show_id);
    if (room == NULL || event->source == NULL)
        return;
    server_room_take_switch(room, event);
    server_room_publish(room);
}

/* ---- what a console publishes of it ---- */

static const LivekitTrack *host_track(const ServerRoom *room, const char *name)
{
    for (guint i = 0; room->people != NULL && i < room->people->len; i++) {
        const LivekitParticipant *one = room->people->pdata[i];
        for (guint j = 0;
             g_str_has_prefix(one->identity, SERVER_LIVEKIT_HOST) && j < one->tracks->len; j++) {
            const LivekitTrack *track = one->tracks->pdata[j];
            if (g_strcmp0(track->name, name) == 0)
                return track;
        }
    }
    return NULL;
}

gboolean server_livekit_program(const ServerLivekit *livekit, const char *show_id,
                                ServerLivekitProgram *program)
{
    const ServerRoom *room = server_room_find(livekit, show_id);
    const LivekitTrack *picture = room != NULL ? host_track(room, "program") : NULL;
    const LivekitTrack *sound = room != NULL ? host_track(room, "program-sound") : NULL;
    *program = (ServerLivekitProgram){picture != NULL ? picture->sid : NULL,
                                      sound != NULL ? sound->sid : NULL};
    return picture != NULL && picture->is_video;
}
