/* Addresses as text: what to listen on, who is on the other side, which networks are trusted.
 * Everything is compared as IPv6, so that 10.0.0.1 and ::ffff:10.0.0.1 are the same. */
#include "http-private.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static gboolean parse(const char *text, guint8 out[16], gboolean *is_v4)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        memset(out, 0, 10);
        out[10] = out[11] = 0xff;
        memcpy(out + 12, &v4, 4);
        *is_v4 = TRUE;
        return TRUE;
    }
    *is_v4 = FALSE;
    return inet_pton(AF_INET6, text, out) == 1;
}

static gboolean is_mapped(const guint8 bytes[16])
{
    static const guint8 prefix[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(bytes, prefix, sizeof prefix) == 0;
}

static void format(const guint8 bytes[16], char out[HTTP_ADDRESS_CHARS])
{
    if (is_mapped(bytes))
        inet_ntop(AF_INET, bytes + 12, out, HTTP_ADDRESS_CHARS);
    else
        inet_ntop(AF_INET6, bytes, out, HTTP_ADDRESS_CHARS);
}

static gboolean bad_address(GError **error, const char *text, const char *why)
{
    g_set_error(error, HTTP_ERROR, HTTP_ERROR_ADDRESS, "cannot read the address \"%s\": %s", text,
                why);
    return FALSE;
}

gboolean http_address_parse_listen(const char *text, struct sockaddr_storage *address,
                                   socklen_t *length, GError **error)
{
    const char *colon = strrchr(text, ':');
    guint64 port;
    if (!colon || !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL))
        return bad_address(error, text, "it does not end with :PORT");
    gboolean brackets = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
    g_autofree char *host = brackets ? g_strndup(text + 1, (gsize)(colon - text) - 2)
                                     : g_strndup(text, (gsize)(colon - text));
    memset(address, 0, sizeof *address);
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    if (!brackets && inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((guint16)port);
        *length = sizeof *v4;
    } else if (brackets && inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((guint16)port);
        *length = sizeof *v6;
    } else {
        return bad_address(error, text, "it is not a numeric address (IPv6 stands in brackets)");
    }
    return TRUE;
}

gboolean http_network_parse(const char *text, HttpNetwork *network, GError **error)
{
    const char *slash = strchr(text, '/');
    g_autofree char *host = slash ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
    gboolean is_v4;
    guint64 bits;
    if (!parse(host, network->bytes, &is_v4))
        return bad_address(error, text, "it is not a numeric address or network");
    guint width = is_v4 ? 32 : 128;
    if (!slash)
        bits = width;
    else if (!g_ascii_string_to_unsigned(slash + 1, 10, 0, width, &bits, NULL))
        return bad_address(error, text, "the network's length is not a number in range");
    network->bits = (guint)bits + 128 - width;
    return TRUE;
}

gboolean http_address_normalise(const char *text, char out[HTTP_ADDRESS_CHARS])
{
    guint8 bytes[16];
    gboolean is_v4;
    char host[HTTP_ADDRESS_CHARS];
    gsize length = strlen(text);
    const char *end = text + length;
    if (text[0] == '[') {
        text++;
        end = strchr(text, ']');
        if (!end || (end[1] != '\0' && end[1] != ':'))
            return FALSE;
    } else if (strchr(text, ':') && strchr(text, ':') == strrchr(text, ':')) {
        end = strchr(text, ':'); /* IPv4 with a port */
    }
    if ((gsize)(end - text) >= sizeof host)
        return FALSE;
    memcpy(host, text, (gsize)(end - text));
    host[end - text] = '\0';
    if (!parse(host, bytes, &is_v4))
        return FALSE;
    format(bytes, out);
    return TRUE;
}

static gboolean contains(const HttpNetwork *network, const guint8 bytes[16])
{
    guint whole = network->bits / 8;
    guint rest = network->bits % 8;
    if (memcmp(network->bytes, bytes, whole) != 0)
        return FALSE;
    guint8 mask = (guint8)(0xff << (8 - rest));
    return rest == 0 || ((network->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

gboolean http_address_in(const char *address, const HttpNetwork *networks, guint count)
{
    guint8 bytes[16];
    gboolean is_v4;
    if (count == 0 || !parse(address, bytes, &is_v4))
        return FALSE;
    for (guint i = 0; i < count; i++)
        if (contains(&networks[i], bytes))
            return TRUE;
    return FALSE;
}

void http_address_format(const struct sockaddr *address, char out[HTTP_ADDRESS_CHARS])
{
    out[0] = '\0';
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, out,
                  HTTP_ADDRESS_CHARS);
    else if (address->sa_family == AF_INET6)
        format(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr, out);
}
