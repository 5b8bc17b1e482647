#include "packet-spool-private.h"

#include "spool-private.h"

#include <media/error.h>

typedef struct Head {
    gint64 pts, dts, duration;
    gint32 bytes, flags;
} Head;

struct MediaPacketSpool {
    MediaSpool *spool;
    gint64 at; /* where the next packet's bytes lie */
    Head next; /* its head; dts G_MAXINT64: there is none */
};

MediaPacketSpool *media_packet_spool_open(const char *path, GError **error)
{
    g_autoptr(MediaSpool) spool = media_spool_open_beside(path, error);
    if (spool == NULL)
        return NULL;
    MediaPacketSpool *self = g_new0(MediaPacketSpool, 1);
    self->spool = g_steal_pointer(&spool);
    self->next.dts = G_MAXINT64;
    return self;
}

void media_packet_spool_close(MediaPacketSpool *self)
{
    if (self == NULL)
        return;
    media_spool_close(self->spool);
    g_free(self);
}

gboolean media_packet_spool_put(MediaPacketSpool *self, const AVPacket *packet, GError **error)
{
    Head head = {
        .pts = packet->pts,
        .dts = packet->dts,
        .duration = packet->duration,
        .bytes = packet->size,
        .flags = packet->flags,
    };
    return media_spool_append(self->spool, &head, sizeof head, error) &&
           media_spool_append(self->spool, packet->data, (gsize)packet->size, error);
}

static gboolean read_head(MediaPacketSpool *self, GError **error)
{
    self->next.dts = G_MAXINT64;
    if (self->at >= media_spool_bytes(self->spool))
        return TRUE;
    if (!media_spool_read(self->spool, self->at, &self->next, sizeof self->next, error))
        return FALSE;
    self->at += (gint64)sizeof self->next;
    return TRUE;
}

gboolean media_packet_spool_finish(MediaPacketSpool *self, GError **error)
{
    return media_spool_finish(self->spool, error) && read_head(self, error);
}

gint64 media_packet_spool_next_dts(const MediaPacketSpool *self)
{
    return self->next.dts;
}

gboolean media_packet_spool_take(MediaPacketSpool *self, AVPacket *packet, GError **error)
{
    g_assert(self->next.dts != G_MAXINT64);
    int code = av_new_packet(packet, self->next.bytes);
    g_assert(code >= 0);
    packet->pts = self->next.pts;
    packet->dts = self->next.dts;
    packet->duration = self->next.duration;
    packet->flags = self->next.flags;
    if (!media_spool_read(self->spool, self->at, packet->data, (gsize)packet->size, error))
        return FALSE;
    self->at += packet->size;
    media_spool_forget(self->spool, self->at);
    return read_head(self, error);
}
