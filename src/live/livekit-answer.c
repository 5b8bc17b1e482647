/* What LiveKit says, read. It writes names in snake_case in answers and in camelCase in webhooks, and
 * long numbers as texts: both are taken. What is not understood is passed over. */
#include <live/livekit.h>

#include <string.h>

enum { TEXT_BYTES_MAX = 400, LIST_MAX = 1000 };

/* ---- members ---- */

static const json_t *member(const json_t *value, const char *snake, const char *camel)
{
    const json_t *found = json_object_get(value, snake);
    return found != NULL || camel == NULL ? found : json_object_get(value, camel);
}

/* Fit for one line; NULL: not there, or empty. */
static char *text_of(const json_t *value)
{
    const char *text = json_string_value(value);
    if (text == NULL || *text == '\0')
        return NULL;
    g_autofree char *start = g_strndup(text, TEXT_BYTES_MAX);
    char *valid = g_utf8_make_valid(start, -1);
    for (char *c = valid; *c != '\0'; c++)
        if ((guchar)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return valid;
}

static gint64 number_of(const json_t *value)
{
    gint64 number = 0;
    if (json_is_integer(value))
        return json_integer_value(value);
    if (json_is_string(value) && !g_ascii_string_to_signed(json_string_value(value), 10, G_MININT64,
                                                           G_MAXINT64, &number, NULL))
        return 0;
    return number;
}

/* Index in `names` of an enum, which may be a text or a number; 0: unknown. */
static guint enum_of(const json_t *value, const char *const *names, guint count)
{
    const char *text = json_string_value(value);
    for (guint i = 0; text != NULL && i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return i;
    gint64 number = json_is_integer(value) ? json_integer_value(value) : 0;
    return number > 0 && number < (gint64)count ? (guint)number : 0;
}

/* ---- participants ---- */

static void free_track(gpointer data)
{
    LivekitTrack *track = data;
    g_free(track->sid);
    g_free(track->name);
    g_free(track);
}

static void free_participant(gpointer data)
{
    LivekitParticipant *one = data;
    g_free(one->identity);
    g_free(one->name);
    g_ptr_array_unref(one->tracks);
    g_free(one);
}

static void read_track(GPtrArray *tracks, const json_t *value)
{
    static const char *const types[] = {"AUDIO", "VIDEO", "DATA"};
    char *sid = text_of(json_object_get(value, "sid"));
    if (sid == NULL)
        return;
    LivekitTrack *track = g_new0(LivekitTrack, 1);
    track->sid = sid;
    track->name = text_of(json_object_get(value, "name"));
    track->is_video = enum_of(json_object_get(value, "type"), types, G_N_ELEMENTS(types)) == 1;
    track->is_muted = json_is_true(json_object_get(value, "muted"));
    g_ptr_array_add(tracks, track);
}

/* LiveKit's own recorders are in the room too, and nobody there sees them. */
static gboolean is_hidden(const json_t *value)
{
    return json_is_true(json_object_get(json_object_get(value, "permission"), "hidden")) ||
           g_strcmp0(json_string_value(json_object_get(value, "kind")), "EGRESS") == 0;
}

static void read_participant(GPtrArray *list, const json_t *value)
{
    static const char *const states[] = {"JOINING", "JOINED", "ACTIVE", "DISCONNECTED"};
    const json_t *tracks = json_object_get(value, "tracks");
    char *identity = is_hidden(value) ? NULL : text_of(json_object_get(value, "identity"));
    if (identity == NULL)
        return;
    LivekitParticipant *one = g_new0(LivekitParticipant, 1);
    one->identity = identity;
    one->name = text_of(json_object_get(value, "name"));
    one->is_active = enum_of(json_object_get(value, "state"), states, G_N_ELEMENTS(states)) == 2;
    one->joined_s = number_of(member(value, "joined_at", "joinedAt"));
    one->tracks = g_ptr_array_new_with_free_func(free_track);
    for (gsize i = 0; i < MIN(json_array_size(tracks), LIST_MAX); i++)
        read_track(one->tracks, json_array_get(tracks, i));
    g_ptr_array_add(list, one);
}

GPtrArray *livekit_participants_read(const json_t *answer)
{
    const json_t *values = json_object_get(answer, "participants");
    GPtrArray *list = g_ptr_array_new_with_free_func(free_participant);
    for (gsize i = 0; i < MIN(json_array_size(values), LIST_MAX); i++)
        read_participant(list, json_array_get(values, i));
    return list;
}

/* ---- egress ---- */

static const char *const egress_names[] = {"EGRESS_STARTING",     "EGRESS_ACTIVE", "EGRESS_ENDING",
                                           "EGRESS_COMPLETE",     "EGRESS_FAILED", "EGRESS_ABORTED",
                                           "EGRESS_LIMIT_REACHED"};

const char *livekit_egress_status_name(LivekitEgressStatus status)
{
    return status == LIVEKIT_EGRESS_UNSET ? "unknown" : egress_names[status - 1];
}

gboolean livekit_egress_is_over(LivekitEgressStatus status)
{
    return status >= LIVEKIT_EGRESS_COMPLETE;
}

static void free_stream(gpointer data)
{
    LivekitStream *stream = data;
    g_free(stream->url);
    g_free(stream->error);
    g_free(stream);
}

void livekit_egress_free(LivekitEgress *egress)
{
    if (egress == NULL)
        return;
    g_free(egress->id);
    g_free(egress->room);
    g_free(egress->error);
    g_ptr_array_unref(egress->streams);
    g_free(egress);
}

static void read_stream(GPtrArray *streams, const json_t *value)
{
    static const char *const states[] = {"ACTIVE", "FINISHED", "FAILED"};
    char *url = text_of(json_object_get(value, "url"));
    if (url == NULL)
        return;
    LivekitStream *stream = g_new0(LivekitStream, 1);
    stream->url = url;
    stream->status = (LivekitStreamStatus)enum_of(json_object_get(value, "status"), states,
                                                  G_N_ELEMENTS(states));
    stream->error = text_of(json_object_get(value, "error"));
    g_ptr_array_add(streams, stream);
}

LivekitEgress *livekit_egress_read(const json_t *value)
{
    const json_t *streams = member(value, "stream_results", "streamResults");
    const json_t *status = json_object_get(value, "status");
    char *id = text_of(member(value, "egress_id", "egressId"));
    if (id == NULL)
        return NULL;
    LivekitEgress *egress = g_new0(LivekitEgress, 1);
    egress->id = id;
    egress->room = text_of(member(value, "room_name", "roomName"));
    egress->status =
        LIVEKIT_EGRESS_STARTING + enum_of(status, egress_names, G_N_ELEMENTS(egress_names));
    egress->error = text_of(json_object_get(value, "error"));
    egress->streams = g_ptr_array_new_with_free_func(free_stream);
    for (gsize i = 0; i < MIN(json_array_size(streams), LIST_MAX); i++)
        read_stream(egress->streams, json_array_get(streams, i));
    return egress;
}

static void free_egress(gpointer egress)
{
    livekit_egress_free(egress);
}

GPtrArray *livekit_egresses_read(const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");
    GPtrArray *list = g_ptr_array_new_with_free_func(free_egress);
    for (gsize i = 0; i < MIN(json_array_size(items), LIST_MAX); i++) {
        LivekitEgress *egress = livekit_egress_read(json_array_get(items, i));
        if (egress != NULL)
            g_ptr_array_add(list, egress);
    }
    return list;
}

/* "rtmp://host/app/{abc...xyz}" of "rtmp://host/app/abcdefxyz": up to the last slash they are the same,
 * and what is shown of the key is what it begins and ends with. */
gboolean livekit_url_is_of(const char *shown, const char *full)
{
    if (strcmp(shown, full) == 0)
        return TRUE;
    const char *slash = strrchr(full, '/');
    const char *brace = strchr(shown, '{');
    const char *dots = brace != NULL ? strstr(brace, "...") : NULL;
    gsize length = (gsize)(slash != NULL ? slash + 1 - full : 0);
    if (dots == NULL || length == 0 || (gsize)(brace - shown) != length ||
        strncmp(shown, full, length) != 0)
        return FALSE;
    gsize head = (gsize)(dots - brace - 1), tail = strcspn(dots + 3, "}");
    gsize key = strlen(slash + 1);
    return head + tail <= key && strncmp(slash + 1, brace + 1, head) == 0 &&
           strncmp(slash + 1 + key - tail, dots + 3, tail) == 0;
}

/* ---- webhooks ---- */

gboolean livekit_hook_read(LivekitHook *hook, const void *body, gsize length, GError **error)
{
    json_t *value = json_loadb(body, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *egress = member(value, "egress_info", "egressInfo");
    *hook = (LivekitHook){
        .event = text_of(json_object_get(value, "event")),
        .room = text_of(json_object_get(json_object_get(value, "room"), "name")),
        .egress_id = text_of(member(egress, "egress_id", "egressId")),
    };
    if (hook->room == NULL)
        hook->room = text_of(member(egress, "room_name", "roomName"));
    json_decref(value);
    if (hook->event != NULL)
        return TRUE;
    livekit_hook_clear(hook);
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_FORMAT, "event: expected a webhook's event");
    return FALSE;
}

void livekit_hook_clear(LivekitHook *hook)
{
    g_free(hook->event);
    g_free(hook->room);
    g_free(hook->egress_id);
    *hook = (LivekitHook){0};
}
