/* From a request to a WebSocket. RFC 6455, 4.2.
 *
 * MHD sends the 101 and then gives its socket up: we keep a copy of the descriptor and MHD frees
 * everything it held, so that an idle WebSocket costs only what stands in HttpWebSocket. */
#include "websocket-private.h"
#include <string.h>

gboolean http_websocket_is_asked(const HttpRequest *request)
{
    return http_request_header_has(request, "Upgrade", "websocket");
}

gboolean http_websocket_offers(const HttpRequest *request, const char *protocol)
{
    /* Unlike most lists, its tokens are case-sensitive: 4.2.1. */
    return http_request_header_has_exactly(request, "Sec-WebSocket-Protocol", protocol);
}

static gboolean is_key(const char *key)
{
    gsize length = 0;
    g_autofree guchar *bytes = key && strlen(key) == 24 ? g_base64_decode(key, &length) : NULL;
    return bytes && length == 16;
}

static char *answer_to(const char *key)
{
    guint8 digest[20];
    gsize length = sizeof digest;
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    g_checksum_update(sum, (const guchar *)key, -1);
    g_checksum_update(sum, (const guchar *)"258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
    g_checksum_get_digest(sum, digest, &length);
    return g_base64_encode(digest, length);
}

static const char *what_is_wrong(const HttpRequest *request)
{
    const char *version = http_request_header(request, "Sec-WebSocket-Version");
    if (http_request_is_gone(request))
        return "its client is gone";
    if (!http_websocket_is_asked(request))
        return "it has no \"Upgrade: websocket\"";
    if (!http_request_header_has(request, "Connection", "Upgrade"))
        return "it has no \"Connection: Upgrade\"";
    if (!g_str_equal(http_request_method(request), "GET") || !http_request_is_http_1_1(request) ||
        http_request_body_length(request) != 0)
        return "it is not an HTTP/1.1 GET without a body";
    if (!version || !g_str_equal(version, "13"))
        return "its version is not 13";
    if (!is_key(http_request_header(request, "Sec-WebSocket-Key")))
        return "its key is not 16 bytes in base64";
    return NULL;
}

static void take_options(HttpWebSocket *socket, const HttpWebSocketOptions *options)
{
    static const HttpWebSocketOptions none = {0};
    HttpWebSocketOptions *own = &socket->options;
    *own = options ? *options : none;
    socket->protocol = g_strdup(own->protocol);
    own->max_message_bytes =
        own->max_message_bytes ? MIN(own->max_message_bytes, (gsize)G_MAXINT) : 1 << 20;
    own->max_buffered_bytes = own->max_buffered_bytes ? own->max_buffered_bytes : 4 << 20;
    own->close_ms = own->close_ms ? own->close_ms : 5000;
    own->ping_ms = own->ping_ms ? own->ping_ms : 30000;
}

HttpWebSocket *http_websocket_accept(HttpRequest *request, const HttpWebSocketOptions *options,
                                     const HttpWebSocketEvents *events, gpointer data,
                                     GError **error)
{
    const char *wrong = what_is_wrong(request);
    if (wrong) {
        g_set_error(error, HTTP_ERROR, HTTP_ERROR_NOT_ASKED,
                    "the request for %s is not one for a WebSocket: %s", http_request_path(request),
                    wrong);
        return NULL;
    }
    HttpWebSocket *socket = g_new0(HttpWebSocket, 1);
    socket->server = http_request_server(request);
    socket->watch = (HttpWatch){-1, http_websocket_ready};
    socket->events = events;
    socket->data = data;
    socket->state = SOCKET_OPEN;
    socket->accept_key = answer_to(http_request_header(request, "Sec-WebSocket-Key"));
    g_strlcpy(socket->client, http_request_client_address(request), sizeof socket->client);
    g_strlcpy(socket->peer, http_request_peer_address(request), sizeof socket->peer);
    take_options(socket, options);
    http_request_become(request, socket);
    return socket;
}

static void on_upgraded(void *data, struct MHD_Connection *mhd, void *slot, const char *extra,
                        size_t length, MHD_socket fd, struct MHD_UpgradeResponseHandle *handle)
{
    (void)slot;
    HttpWebSocket *socket = data;
    int own = http_connection_give_up(mhd);
    MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
    socket->server->run_mhd = TRUE;
    (void)fd;
    if (own < 0)
        http_websocket_lost(socket);
    else
        http_websocket_attach(socket, own, extra, length);
}

struct MHD_Response *http_websocket_response(HttpWebSocket *socket)
{
    struct MHD_Response *response = MHD_create_response_for_upgrade(on_upgraded, socket);
    if (!response)
        return NULL;
    MHD_add_response_header(response, "Upgrade", "websocket");
    MHD_add_response_header(response, "Sec-WebSocket-Accept", socket->accept_key);
    if (socket->protocol)
        MHD_add_response_header(response, "Sec-WebSocket-Protocol", socket->protocol);
    return response;
}
