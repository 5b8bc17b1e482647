/* One connection to an RTMP or RTMPS server, to which a stream is published. Everything here waits for
 * the network, within deadlines and until it is told to stop: it wants a thread of its own.
 * Enhanced RTMP is not spoken: H.264 and AAC need none of it.
 * Threads: one at a time, but for media_send_stop(). */
#pragma once
#include <media/live.h>
#include <sys/socket.h>

#define MEDIA_SEND_ERROR (media_send_error_quark())
GQuark media_send_error_quark(void);

/* Why it is not live. The message is a sentence for people, without the key. */
typedef enum {
    MEDIA_SEND_ERROR_UNRESOLVED = 1, /* its name has no address */
    MEDIA_SEND_ERROR_PRIVATE,        /* its address may not be reached from here */
    MEDIA_SEND_ERROR_UNREACHABLE,    /* nobody answers there */
    MEDIA_SEND_ERROR_TIMEOUT,        /* it does not answer, or takes no more, in time */
    MEDIA_SEND_ERROR_TLS,            /* its certificate is not right */
    MEDIA_SEND_ERROR_REFUSED,        /* it answers, and does not take the stream: the key, mostly */
    MEDIA_SEND_ERROR_LOST,           /* the connection ended while it was live */
    MEDIA_SEND_ERROR_STOPPED,        /* by media_send_stop() */
} MediaSendError;
const char *media_send_error_name(const GError *error); /* "refused"; static */

typedef struct MediaSendTarget {
    const char *url; /* with its key */
    const char *host;
    guint16 port;
    gboolean is_tls;
    const char *ca_file; /* NULL: the system's */
    /* Whether this address may be connected to; NULL: all may. No other one is. */
    gboolean (*may)(const struct sockaddr *address);
} MediaSendTarget;

typedef struct MediaSend MediaSend;

/* Nothing is connected yet. libav says nothing any more in this process, not even when debug messages
 * are asked for: they hold keys. What the target points to is borrowed as long as this lives. */
MediaSend *media_send_new(const MediaSendTarget *target) G_GNUC_WARN_UNUSED_RESULT;
void media_send_free(MediaSend *send); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MediaSend, media_send_free)

/* What the packets are: before connecting, both; later, where they change. Copied. */
void media_send_format(MediaSend *send, const MediaLiveFormat *format);
gboolean media_send_has_formats(const MediaSend *send);
/* Looks the name up, connects, and publishes. The stream's times begin at 0 with the next packet. */
gboolean media_send_connect(MediaSend *send, GError **error);
gboolean media_send_packet(MediaSend *send, const MediaLivePacket *packet, GError **error);
/* Says that the stream is over, where it can, and disconnects. */
void media_send_disconnect(MediaSend *send);
/* From any thread: what waits now or later ends within `grace_ms`. */
void media_send_stop(MediaSend *send, guint grace_ms);
