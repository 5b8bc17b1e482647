/* Two queues in, one out. What always holds: an item leaves when the other queue has gone as far, or
 * has kept it waiting for WAIT_US. */
#include "live-line-private.h"

#define WAIT_US    400000
#define HELD_BYTES ((gsize)96 << 20) /* 30 s of 25 Mbit/s; then it leaves early */

typedef struct Item {
    gboolean is_format;
    MediaLiveFormat format;
    MediaLivePacket packet;
    GBytes *bytes; /* of either */
    gint64 came_us;
} Item;

struct MediaLiveLine {
    gint64 delay_us;
    MediaLiveEvents events;
    GQueue tracks[2]; /* by is_sound */
    GQueue out;
    gsize bytes; /* in all three */
    gint64 frames;
};

static void item_free(gpointer data)
{
    Item *item = data;
    g_bytes_unref(item->bytes);
    g_free(item);
}

MediaLiveLine *media_live_line_new(gint64 delay_us, const MediaLiveEvents *events)
{
    MediaLiveLine *line = g_new0(MediaLiveLine, 1);
    line->delay_us = CLAMP(delay_us, 0, MEDIA_LIVE_DELAY_MAX_US);
    line->events = *events;
    return line;
}

void media_live_line_free(MediaLiveLine *line)
{
    if (line == NULL)
        return;
    for (int i = 0; i < 2; i++)
        g_queue_clear_full(&line->tracks[i], item_free);
    g_queue_clear_full(&line->out, item_free);
    g_free(line);
}

static void put(MediaLiveLine *line, Item *item, gboolean is_sound)
{
    line->bytes += g_bytes_get_size(item->bytes);
    g_queue_push_tail(&line->tracks[is_sound ? 1 : 0], item);
}

void media_live_line_format(MediaLiveLine *line, const MediaLiveFormat *format, gint64 now_us)
{
    Item *item = g_new0(Item, 1);
    item->is_format = TRUE;
    item->format = *format;
    item->bytes = g_bytes_new(format->description, format->length);
    item->format.description = g_bytes_get_data(item->bytes, NULL);
    item->came_us = now_us;
    put(line, item, format->is_sound);
}

void media_live_line_put(MediaLiveLine *line, const MediaLivePacket *packet, gint64 now_us)
{
    Item *item = g_new0(Item, 1);
    item->packet = *packet;
    item->bytes = g_bytes_new(packet->bytes, packet->length);
    item->packet.bytes = g_bytes_get_data(item->bytes, NULL);
    item->came_us = now_us;
    put(line, item, packet->is_sound);
}

/* ---- two into one ---- */

/* A format goes with what comes behind it. */
static gint64 time_of(const GQueue *track)
{
    for (const GList *link = track->head; link != NULL; link = link->next)
        if (!((const Item *)link->data)->is_format)
            return ((const Item *)link->data)->packet.t_us;
    return G_MAXINT64;
}

/* The queue whose head is next, or NULL: it is not known yet. */
static GQueue *next_track(MediaLiveLine *line, gint64 now_us)
{
    GQueue *pictures = &line->tracks[0], *sounds = &line->tracks[1];
    gint64 picture_us = time_of(pictures), sound_us = time_of(sounds);
    if (picture_us == G_MAXINT64 && sound_us == G_MAXINT64)
        return NULL;
    GQueue *first = picture_us <= sound_us ? pictures : sounds;
    gboolean both = picture_us != G_MAXINT64 && sound_us != G_MAXINT64;
    const Item *head = first->head->data;
    return both || now_us - head->came_us >= WAIT_US ? first : NULL;
}

static gint64 waits_until(const MediaLiveLine *line)
{
    gint64 until = G_MAXINT64;
    for (int i = 0; i < 2; i++)
        if (time_of(&line->tracks[i]) != G_MAXINT64)
            until = MIN(until, ((const Item *)line->tracks[i].head->data)->came_us + WAIT_US);
    return until;
}

/* ---- out ---- */

static void give(MediaLiveLine *line, Item *item)
{
    line->bytes -= g_bytes_get_size(item->bytes);
    if (item->is_format) {
        line->events.format(&item->format, line->events.data);
    } else {
        line->frames += item->packet.is_sound ? 0 : 1;
        line->events.packet(&item->packet, line->events.data);
    }
    item_free(item);
}

gint64 media_live_line_advance(MediaLiveLine *line, gint64 now_us)
{
    GQueue *track;
    while ((track = next_track(line, now_us)) != NULL)
        g_queue_push_tail(&line->out, g_queue_pop_head(track));
    while (line->out.head != NULL) {
        const Item *head = line->out.head->data;
        if (head->came_us + line->delay_us > now_us && line->bytes <= HELD_BYTES)
            return MIN(head->came_us + line->delay_us, waits_until(line));
        give(line, g_queue_pop_head(&line->out));
    }
    return waits_until(line);
}

gint64 media_live_line_frames(const MediaLiveLine *line)
{
    return line->frames;
}
