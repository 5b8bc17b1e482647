/* Publishing, over libav's RTMP. What always holds: nothing is said to a peer whose address was not
 * looked up and allowed here; nothing waits beyond its deadline; no message holds the secret. */
#include <media/live-send.h>

#include "open-private.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECT_MS = 12000,
    PACKET_MS = 10000,
    GOODBYE_MS = 2000,
    ADDRESSES_MAX = 32,
    FDS_LOOKED_AT = 128,
    SEND_BUFFER_BYTES = 128 << 10, /* in the system: a peer that takes nothing is noticed soon */
    UNHEARD_MS = 10000, /* a peer that acknowledges nothing, or has no room, for so long is gone */
};

G_DEFINE_QUARK(media - send - error - quark, media_send_error)

typedef struct Format {
    guint8 *description;
    gsize length;
    int width, height;
    gboolean is_news; /* the muxer does not know it yet */
} Format;

struct MediaSend {
    MediaSendTarget target;
    Format formats[2]; /* by is_sound */
    AVFormatContext *muxer;
    AVPacket *packet;
    gint64 zero_us, last_ms[2];
    gboolean has_zero;
    struct sockaddr_storage addresses[ADDRESSES_MAX]; /* that were looked up and may be used */
    guint n_addresses;
    /* while libav waits */
    gint64 deadline_us;
    gboolean looks_at_peers, is_connected, is_stranger;
    gint64 stop_us; /* atomic; 0: not asked to stop */
};

/* ---- why not ---- */

const char *media_send_error_name(const GError *error)
{
    static const char *const names[] = {
        [MEDIA_SEND_ERROR_UNRESOLVED] = "unresolved",
        [MEDIA_SEND_ERROR_PRIVATE] = "private_address",
        [MEDIA_SEND_ERROR_UNREACHABLE] = "unreachable",
        [MEDIA_SEND_ERROR_TIMEOUT] = "timeout",
        [MEDIA_SEND_ERROR_TLS] = "tls",
        [MEDIA_SEND_ERROR_REFUSED] = "refused",
        [MEDIA_SEND_ERROR_LOST] = "lost",
        [MEDIA_SEND_ERROR_STOPPED] = "stopped",
    };
    return error->domain == MEDIA_SEND_ERROR && error->code > 0 &&
                   error->code < (int)G_N_ELEMENTS(names)
               ? names[error->code]
               : "failed";
}

static gboolean fail(GError **error, MediaSendError code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean fail(GError **error, MediaSendError code, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *text = g_strdup_vprintf(format, values);
    va_end(values);
    g_set_error_literal(error, MEDIA_SEND_ERROR, (int)code, text);
    return FALSE;
}

static gint64 stop_us(MediaSend *send)
{
    return __atomic_load_n(&send->stop_us, __ATOMIC_RELAXED);
}

/* What ended a wait, when it was we. */
static gboolean fail_for_us(MediaSend *send, GError **error)
{
    gint64 now_us = g_get_monotonic_time();
    if (send->is_stranger)
        return !fail(error, MEDIA_SEND_ERROR_PRIVATE,
                     "%s led to an address that was not looked up for it", send->target.host);
    if (stop_us(send) != 0 && now_us >= stop_us(send))
        return !fail(error, MEDIA_SEND_ERROR_STOPPED, "it was stopped");
    if (now_us >= send->deadline_us)
        return !fail(error, MEDIA_SEND_ERROR_TIMEOUT,
                     send->muxer == NULL || send->looks_at_peers ? "%s did not answer in time"
                                                                 : "%s took nothing more in time",
                     send->target.host);
    return FALSE;
}

/* ---- addresses ---- */

static void keep_address(MediaSend *send, const struct addrinfo *found)
{
    if (send->n_addresses < ADDRESSES_MAX && found->ai_addrlen <= sizeof send->addresses[0])
        memcpy(&send->addresses[send->n_addresses++], found->ai_addr, found->ai_addrlen);
}

/* All of them have to be allowed: which one is used nobody says beforehand. */
static gboolean look_up(MediaSend *send, GError **error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}; /* as libav asks */
    struct addrinfo *list = NULL;
    g_autofree char *port = g_strdup_printf("%u", send->target.port);
    int code = getaddrinfo(send->target.host, port, &hints, &list);
    gboolean is_good = TRUE;
    send->n_addresses = 0;
    if (code != 0)
        return fail(error, MEDIA_SEND_ERROR_UNRESOLVED, "%s has no address: %s", send->target.host,
                    gai_strerror(code));
    for (const struct addrinfo *one = list; one != NULL && is_good; one = one->ai_next) {
        is_good = send->target.may == NULL || send->target.may(one->ai_addr);
        keep_address(send, one);
    }
    freeaddrinfo(list);
    return is_good || fail(error, MEDIA_SEND_ERROR_PRIVATE,
                           "%s leads to this machine or to a private network", send->target.host);
}

static gboolean is_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return FALSE;
    if (a->ss_family == AF_INET)
        return memcmp(&((const struct sockaddr_in *)a)->sin_addr,
                      &((const struct sockaddr_in *)b)->sin_addr, sizeof(struct in_addr)) == 0;
    return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
                  &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

static gboolean is_known(const MediaSend *send, const struct sockaddr_storage *peer)
{
    for (guint i = 0; i < send->n_addresses; i++)
        if (is_same_host(&send->addresses[i], peer))
            return TRUE;
    return FALSE;
}

/* libav looks the name up once more and connects by itself: before a byte is sent it asks whether to
 * go on, and then the other ends of this process's connections are looked at. */
static void look_at_peers(MediaSend *send)
{
    for (int fd = 0; fd < FDS_LOOKED_AT; fd++) {
        struct sockaddr_storage peer;
        socklen_t length = sizeof peer;
        if (getpeername(fd, (struct sockaddr *)&peer, &length) != 0 ||
            (peer.ss_family != AF_INET && peer.ss_family != AF_INET6))
            continue;
        unsigned unheard_ms = UNHEARD_MS;
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unheard_ms, sizeof unheard_ms);
        send->is_connected = TRUE;
        send->is_stranger |= !is_known(send, &peer);
    }
}

static int is_to_stop(void *data)
{
    MediaSend *send = data;
    gint64 now_us = g_get_monotonic_time();
    if (send->looks_at_peers)
        look_at_peers(send);
    return send->is_stranger || now_us >= send->deadline_us ||
           (stop_us(send) != 0 && now_us >= stop_us(send));
}

static void set_deadline(MediaSend *send, guint ms)
{
    send->deadline_us = g_get_monotonic_time() + (gint64)ms * 1000;
}

/* ---- life ---- */

/* libav would tell addresses, and keys with them, to whoever asks for debug messages. */
static void say_nothing(void *what, int level, const char *format, va_list values)
{
    (void)what, (void)level, (void)format, (void)values;
}

MediaSend *media_send_new(const MediaSendTarget *target)
{
    MediaSend *send = g_new0(MediaSend, 1);
    media_quiet_libav(); /* so that nobody turns it on again */
    av_log_set_callback(say_nothing);
    avformat_network_init();
    send->target = *target;
    send->packet = av_packet_alloc();
    g_assert(send->packet != NULL);
    return send;
}

static void close_muxer(MediaSend *send)
{
    if (send->muxer == NULL)
        return;
    avio_closep(&send->muxer->pb);
    avformat_free_context(send->muxer);
    send->muxer = NULL;
}

void media_send_free(MediaSend *send)
{
    if (send == NULL)
        return;
    close_muxer(send);
    av_packet_free(&send->packet);
    for (int i = 0; i < 2; i++)
        g_free(send->formats[i].description);
    g_free(send);
}

void media_send_stop(MediaSend *send, guint grace_ms)
{
    __atomic_store_n(&send->stop_us, g_get_monotonic_time() + (gint64)grace_ms * 1000,
                     __ATOMIC_RELAXED);
}

/* ---- formats ---- */

void media_send_format(MediaSend *send, const MediaLiveFormat *format)
{
    Format *own = &send->formats[format->is_sound ? 1 : 0];
    g_free(own->description);
    *own = (Format){g_memdup2(format->description, format->length), format->length, format->width,
                    format->height, TRUE};
}

gboolean media_send_has_formats(const MediaSend *send)
{
    return send->formats[0].description != NULL && send->formats[1].description != NULL;
}

static void set_description(AVCodecParameters *codec, Format *format)
{
    codec->extradata = av_mallocz(format->length + AV_INPUT_BUFFER_PADDING_SIZE);
    g_assert(codec->extradata != NULL);
    memcpy(codec->extradata, format->description, format->length);
    codec->extradata_size = (int)format->length;
    format->is_news = FALSE;
}

static void add_streams(MediaSend *send)
{
    AVStream *picture = avformat_new_stream(send->muxer, NULL);
    AVStream *sound = avformat_new_stream(send->muxer, NULL);
    g_assert(picture != NULL && sound != NULL);
    picture->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    picture->codecpar->codec_id = AV_CODEC_ID_H264;
    picture->codecpar->width = send->formats[0].width;
    picture->codecpar->height = send->formats[0].height;
    sound->codecpar->codec_type = AVMEDIA_TYPE_AUDIO;
    sound->codecpar->codec_id = AV_CODEC_ID_AAC;
    sound->codecpar->sample_rate = 48000;
    sound->codecpar->frame_size = 1024;
    av_channel_layout_default(&sound->codecpar->ch_layout, 2);
    for (int i = 0; i < 2; i++) {
        set_description(send->muxer->streams[i]->codecpar, &send->formats[i]);
        send->muxer->streams[i]->time_base = (AVRational){1, 1000};
        send->last_ms[i] = -1;
    }
}

/* ---- connecting ---- */

static AVDictionary *connection_options(const MediaSend *send)
{
    AVDictionary *options = NULL;
    av_dict_set_int(&options, "send_buffer_size", SEND_BUFFER_BYTES, 0);
    if (send->target.is_tls) {
        av_dict_set(&options, "tls_verify", "1", 0);
        av_dict_set(&options, "verifyhost", send->target.host, 0);
        if (send->target.ca_file != NULL)
            av_dict_set(&options, "ca_file", send->target.ca_file, 0);
    }
    return options;
}

static gboolean is_of_the_way(int code)
{
    static const int codes[] = {ECONNREFUSED, EHOSTUNREACH, ENETUNREACH,  ETIMEDOUT,
                                EHOSTDOWN,    ENETDOWN,     EADDRNOTAVAIL};
    for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
        if (AVUNERROR(code) == codes[i])
            return TRUE;
    return FALSE;
}

static gboolean fail_to_connect(MediaSend *send, int code, GError **error)
{
    const char *host = send->target.host;
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, text, sizeof text);
    if (fail_for_us(send, error))
        return FALSE;
    if (is_of_the_way(code) || !send->is_connected)
        return fail(error, MEDIA_SEND_ERROR_UNREACHABLE, "%s cannot be reached: %s", host, text);
    if (send->target.is_tls && send->n_addresses > 0 && code == AVERROR(EIO))
        return fail(error, MEDIA_SEND_ERROR_TLS,
                    "%s answers, but not over TLS with a certificate that is right for it, or it "
                    "ended the connection",
                    host);
    return fail(error, MEDIA_SEND_ERROR_REFUSED,
                "%s does not take the stream: the key may be wrong, or a stream with this key may "
                "still be running",
                host);
}

gboolean media_send_connect(MediaSend *send, GError **error)
{
    close_muxer(send);
    send->has_zero = send->is_connected = send->is_stranger = FALSE;
    if (!look_up(send, error))
        return FALSE;
    int code = avformat_alloc_output_context2(&send->muxer, NULL, "flv", NULL);
    g_assert(code >= 0);
    send->muxer->flags |= AVFMT_FLAG_FLUSH_PACKETS;
    send->muxer->interrupt_callback = (AVIOInterruptCB){is_to_stop, send};
    add_streams(send);
    AVDictionary *options = connection_options(send);
    set_deadline(send, CONNECT_MS);
    send->looks_at_peers = TRUE;
    code = avio_open2(&send->muxer->pb, send->target.url, AVIO_FLAG_WRITE,
                      &send->muxer->interrupt_callback, &options);
    av_dict_free(&options);
    if (code >= 0) {
        AVDictionary *flags = NULL;
        av_dict_set(&flags, "flvflags", "no_duration_filesize", 0);
        code = avformat_write_header(send->muxer, &flags);
        av_dict_free(&flags);
    }
    send->looks_at_peers = FALSE;
    if (code >= 0)
        return TRUE;
    fail_to_connect(send, code, error);
    close_muxer(send);
    return FALSE;
}

/* ---- sending ---- */

static gboolean fill_packet(MediaSend *send, const MediaLivePacket *packet)
{
    int stream = packet->is_sound ? 1 : 0;
    Format *format = &send->formats[stream];
    if (av_new_packet(send->packet, (int)packet->length) < 0)
        return FALSE;
    memcpy(send->packet->data, packet->bytes, packet->length);
    if (!send->has_zero)
        send->zero_us = packet->t_us;
    send->has_zero = TRUE;
    gint64 ms = MAX((packet->t_us - send->zero_us) / 1000, send->last_ms[stream] + 1);
    send->last_ms[stream] = ms;
    send->packet->stream_index = stream;
    send->packet->pts = send->packet->dts = ms;
    send->packet->flags = packet->is_key ? AV_PKT_FLAG_KEY : 0;
    if (format->is_news) {
        guint8 *side =
            av_packet_new_side_data(send->packet, AV_PKT_DATA_NEW_EXTRADATA, format->length);
        g_assert(side != NULL);
        memcpy(side, format->description, format->length);
        format->is_news = FALSE;
    }
    return TRUE;
}

gboolean media_send_packet(MediaSend *send, const MediaLivePacket *packet, GError **error)
{
    if (send->muxer == NULL || !fill_packet(send, packet))
        return fail(error, MEDIA_SEND_ERROR_LOST, "there is no connection");
    set_deadline(send, PACKET_MS);
    int code = av_write_frame(send->muxer, send->packet);
    av_packet_unref(send->packet);
    if (code >= 0 && send->muxer->pb->error < 0)
        code = send->muxer->pb->error;
    if (code >= 0)
        return TRUE;
    char text[AV_ERROR_MAX_STRING_SIZE] = "";
    av_strerror(code, text, sizeof text);
    return fail_for_us(send, error)
               ? FALSE
               : fail(error, MEDIA_SEND_ERROR_LOST, "the connection to %s ended: %s",
                      send->target.host, text);
}

void media_send_disconnect(MediaSend *send)
{
    if (send->muxer == NULL)
        return;
    set_deadline(send, GOODBYE_MS);
    if (send->muxer->pb != NULL && send->muxer->pb->error >= 0)
        av_write_trailer(send->muxer);
    close_muxer(send);
}
