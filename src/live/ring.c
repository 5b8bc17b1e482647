/* A queue that would rather be empty than late. What always holds: configurations are never lost; the
 * first picture behind a loss is a keyframe. */
#include <live/ring.h>

typedef struct Item {
    GBytes *bytes;
    LiveFrameType type;
    LiveStream stream;
    gint64 t_us;
} Item;

struct LiveRing {
    LiveRingLimits limits;
    GQueue items;
    gsize bytes;
    GBytes *configs[LIVE_STREAM_SOUND + 1]; /* by stream: the newest; NULL: none came */
    gboolean needs_key;
    gboolean has_lost; /* so that what has to wait for a keyframe is lost, too */
    guint64 dropped;
};

static void item_free(gpointer data)
{
    Item *item = data;
    g_bytes_unref(item->bytes);
    g_free(item);
}

LiveRing *live_ring_new(const LiveRingLimits *limits)
{
    LiveRing *ring = g_new0(LiveRing, 1);
    ring->limits = *limits;
    ring->needs_key = TRUE;
    g_queue_init(&ring->items);
    return ring;
}

void live_ring_free(LiveRing *ring)
{
    if (ring == NULL)
        return;
    g_queue_clear_full(&ring->items, item_free);
    for (guint i = 0; i < G_N_ELEMENTS(ring->configs); i++)
        g_clear_pointer(&ring->configs[i], g_bytes_unref);
    g_free(ring);
}

static void append(LiveRing *ring, GBytes *bytes, const LiveFrame *frame)
{
    Item *item = g_new(Item, 1);
    *item = (Item){g_bytes_ref(bytes), frame->type, frame->stream, frame->t_us};
    g_queue_push_tail(&ring->items, item);
    ring->bytes += g_bytes_get_size(bytes);
}

static gboolean is_picture(const Item *item)
{
    return item->type == LIVE_FRAME_PACKET && item->stream == LIVE_STREAM_PICTURE;
}

/* What waits is thrown away; the configurations stand in front of what comes. */
static void empty(LiveRing *ring)
{
    Item *item;
    while ((item = g_queue_pop_head(&ring->items)) != NULL)
        item_free(item);
    ring->bytes = 0;
    ring->needs_key = TRUE;
    for (guint stream = 0; stream < G_N_ELEMENTS(ring->configs); stream++)
        if (ring->configs[stream] != NULL) {
            LiveFrame config = {.type = LIVE_FRAME_CONFIG, .stream = (LiveStream)stream};
            append(ring, ring->configs[stream], &config);
        }
}

static void lose(LiveRing *ring)
{
    for (const GList *link = ring->items.head; link != NULL; link = link->next)
        ring->dropped += is_picture(link->data) ? 1 : 0;
    empty(ring);
    ring->has_lost = TRUE;
}

void live_ring_restart(LiveRing *ring)
{
    empty(ring);
    ring->has_lost = FALSE;
}

static gint64 oldest_us(const LiveRing *ring)
{
    for (const GList *link = ring->items.head; link != NULL; link = link->next)
        if (((const Item *)link->data)->type == LIVE_FRAME_PACKET)
            return ((const Item *)link->data)->t_us;
    return G_MAXINT64;
}

static gboolean is_over(const LiveRing *ring, GBytes *bytes, const LiveFrame *frame)
{
    gint64 oldest = oldest_us(ring);
    return ring->bytes + g_bytes_get_size(bytes) > ring->limits.bytes ||
           (oldest != G_MAXINT64 && frame->t_us - oldest > ring->limits.span_us);
}

static void push_packet(LiveRing *ring, GBytes *bytes, const LiveFrame *frame)
{
    gboolean is_of_picture = frame->stream == LIVE_STREAM_PICTURE;
    if (is_over(ring, bytes, frame))
        lose(ring);
    if (is_of_picture && ring->needs_key && !frame->is_key) {
        ring->dropped += ring->has_lost ? 1 : 0;
        return;
    }
    if (ring->bytes + g_bytes_get_size(bytes) > ring->limits.bytes) { /* larger than all of it */
        ring->dropped += is_of_picture ? 1 : 0;
        ring->needs_key |= is_of_picture;
        ring->has_lost |= is_of_picture;
        return;
    }
    ring->needs_key &= !is_of_picture;
    append(ring, bytes, frame);
}

void live_ring_push(LiveRing *ring, GBytes *bytes, const LiveFrame *frame)
{
    if (frame->type == LIVE_FRAME_PACKET) {
        push_packet(ring, bytes, frame);
        return;
    }
    if (frame->type == LIVE_FRAME_CONFIG) {
        g_clear_pointer(&ring->configs[frame->stream], g_bytes_unref);
        ring->configs[frame->stream] = g_bytes_ref(bytes);
    }
    append(ring, bytes, frame);
}

GBytes *live_ring_take(LiveRing *ring)
{
    Item *item = g_queue_pop_head(&ring->items);
    if (item == NULL)
        return NULL;
    GBytes *bytes = item->bytes;
    ring->bytes -= g_bytes_get_size(bytes);
    g_free(item);
    return bytes;
}

gboolean live_ring_is_empty(const LiveRing *ring)
{
    return ring->items.length == 0;
}

gsize live_ring_bytes(const LiveRing *ring)
{
    return ring->bytes;
}

guint64 live_ring_dropped(const LiveRing *ring)
{
    return ring->dropped;
}
