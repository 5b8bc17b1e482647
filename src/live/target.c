/* Checking where a stream goes. What always holds: a target that was made has a host, and a path or
 * a key, and neither has a character that could end a line or a word of the protocol. */
#include <live/target.h>

#include <gio/gio.h>
#include <netinet/in.h>
#include <string.h>

enum { RTMP_PORT = 1935, RTMPS_PORT = 443 };

static gboolean invalid(GError **error, const char *text)
{
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_INVALID, text);
    return FALSE;
}

void live_wipe_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    g_free(text);
}

gboolean live_name_is_valid(const char *name)
{
    gsize length = strlen(name);
    if (length == 0 || length > LIVE_NAME_BYTES_MAX || !g_utf8_validate(name, -1, NULL))
        return FALSE;
    for (const char *c = name; *c != '\0'; c = g_utf8_next_char(c))
        if (*c == '/' || g_unichar_iscntrl(g_utf8_get_char(c)))
            return FALSE;
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* ---- addresses ---- */

/* Of a network: its first bytes, and how many bits of them count. */
typedef struct Network {
    guint8 bytes[16];
    guint bits;
} Network;

static gboolean is_within(const guint8 *address, const Network *network)
{
    for (guint bit = 0; bit < network->bits; bit++)
        if (((address[bit / 8] ^ network->bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0)
            return FALSE;
    return TRUE;
}

/* RFC 6890 and what came after it. */
static const Network private_v4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 3}, /* multicast, reserved, broadcast */
};

static const Network private_v6[] = {
    {{0}, 96},                /* unspecified, loopback, IPv4-compatible */
    {{0x01, 0x00}, 64},       /* discard */
    {{0x20, 0x01, 0, 0}, 32}, /* Teredo: an IPv4 address inside */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48}, /* RFC 8215 */
    {{0xfc}, 7},
    {{0xfe, 0x80}, 10},
    {{0xfe, 0xc0}, 10},
    {{0xff}, 8},
};

static gboolean is_private_v4(const guint8 *address)
{
    for (gsize i = 0; i < G_N_ELEMENTS(private_v4); i++)
        if (is_within(address, &private_v4[i]))
            return TRUE;
    return FALSE;
}

static gboolean is_private_v6(const guint8 *address)
{
    static const Network mapped = {{[10] = 0xff, [11] = 0xff}, 96};
    static const Network translated = {{0x00, 0x64, 0xff, 0x9b}, 96}; /* RFC 6052 */
    static const Network six_to_four = {{0x20, 0x02}, 16};
    if (is_within(address, &mapped) || is_within(address, &translated))
        return is_private_v4(address + 12);
    if (is_within(address, &six_to_four))
        return is_private_v4(address + 2);
    for (gsize i = 0; i < G_N_ELEMENTS(private_v6); i++)
        if (is_within(address, &private_v6[i]))
            return TRUE;
    return FALSE;
}

gboolean live_address_is_private(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return is_private_v4((const guint8 *)&v4.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        return is_private_v6((const guint8 *)&v6.sin6_addr);
    }
    return TRUE;
}

static gboolean number_is_private(GInetAddress *number)
{
    struct sockaddr_storage native;
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new(number, RTMP_PORT);
    return !g_socket_address_to_native(address, &native, sizeof native, NULL) ||
           live_address_is_private((const struct sockaddr *)&native);
}

/* Ends in a dot or not; the resolver's own spellings of numbers ("127.1", "0x7f000001") are names
 * here, and are looked up by who connects. */
static gboolean host_is_private(const char *host)
{
    g_autoptr(GInetAddress) number = g_inet_address_new_from_string(host);
    if (number != NULL)
        return number_is_private(number);
    g_autofree char *lower = g_ascii_strdown(host, -1);
    if (g_str_has_suffix(lower, "."))
        lower[strlen(lower) - 1] = '\0';
    return strcmp(lower, "localhost") == 0 || g_str_has_suffix(lower, ".localhost");
}

/* ---- making one ---- */

/* What neither a URL nor a key may have: it would end a word somewhere on the way. */
static gboolean is_clean(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!g_ascii_isgraph(*c) || strchr("\"<>\\^`{|}#", *c) != NULL)
            return FALSE;
    return TRUE;
}

static gboolean read_scheme(LiveTarget *target, GUri *uri, GError **error)
{
    const char *scheme = g_uri_get_scheme(uri);
    target->is_tls = strcmp(scheme, "rtmps") == 0;
    return target->is_tls || strcmp(scheme, "rtmp") == 0 ||
           invalid(error, "url: expected an address that begins with rtmp:// or rtmps://");
}

static gboolean read_host(LiveTarget *target, GUri *uri, GError **error)
{
    const char *host = g_uri_get_host(uri);
    int port = g_uri_get_port(uri);
    if (host == NULL || *host == '\0' || strlen(host) > 255)
        return invalid(error, "url: it names no host; expected rtmp://host/app");
    for (const char *c = host; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr(".-_:", *c) == NULL)
            return invalid(error, "url: its host has characters that no host has");
    if (port == 0)
        return invalid(error, "url: expected a port from 1 to 65535");
    target->host = g_strdup(host);
    target->port = (guint16)(port > 0 ? port : target->is_tls ? RTMPS_PORT : RTMP_PORT);
    return TRUE;
}

static gboolean read_rest(const LiveTarget *target, GUri *uri, GError **error)
{
    const char *path = g_uri_get_path(uri);
    if (g_uri_get_userinfo(uri) != NULL)
        return invalid(error, "url: no user and password in it; a stream key goes into key");
    if (g_uri_get_query(uri) != NULL)
        return invalid(error,
                       "url: no \"?\" in it; put what follows, and the part before, into key");
    if (strlen(path) < 2)
        return invalid(error, "url: it names no application; expected rtmp://host/app");
    if (*target->key == '\0' && strchr(path + 1, '/') == NULL)
        return invalid(error, "key: expected the stream key");
    return TRUE;
}

static gboolean check_texts(const char *name, const char *url, const char *key, GError **error)
{
    if (!live_name_is_valid(name))
        return invalid(error, "name: expected 1 to 64 bytes of text without \"/\"");
    if (*url == '\0' || strlen(url) > LIVE_URL_BYTES_MAX || !is_clean(url) ||
        strchr(url, '%') != NULL)
        return invalid(error, "url: expected an address such as rtmp://host/app");
    if (strlen(key) > LIVE_KEY_BYTES_MAX || !is_clean(key))
        return invalid(error, "key: expected at most 512 characters without blanks");
    return TRUE;
}

LiveTarget *live_target_new(const char *name, const char *url, const char *key,
                            gboolean allow_private, GError **error)
{
    key = key != NULL ? key : "";
    if (!check_texts(name, url, key, error))
        return NULL;
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, NULL);
    if (uri == NULL) {
        invalid(error, "url: expected an address such as rtmp://host/app");
        return NULL;
    }
    g_autoptr(LiveTarget) target = g_new0(LiveTarget, 1);
    target->name = g_strdup(name);
    target->url = g_strdup(url);
    target->key = g_strdup(key);
    if (!read_scheme(target, uri, error) || !read_host(target, uri, error) ||
        !read_rest(target, uri, error))
        return NULL;
    if (!allow_private && host_is_private(target->host)) {
        g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_PRIVATE,
                            "url: it leads to this machine or to a private network, which "
                            "--allow-private-targets would allow");
        return NULL;
    }
    return g_steal_pointer(&target);
}

LiveTarget *live_target_dup(const LiveTarget *target)
{
    LiveTarget *copy = g_new0(LiveTarget, 1);
    *copy = (LiveTarget){.name = g_strdup(target->name),
                         .url = g_strdup(target->url),
                         .key = g_strdup(target->key),
                         .host = g_strdup(target->host),
                         .port = target->port,
                         .is_tls = target->is_tls};
    return copy;
}

void live_target_free(LiveTarget *target)
{
    if (target == NULL)
        return;
    g_free(target->name);
    live_wipe_free(target->url);
    live_wipe_free(target->key);
    g_free(target->host);
    g_free(target);
}

/* ---- what is made of it ---- */

static const char *path_of(const LiveTarget *target)
{
    return strchr(strstr(target->url, "://") + 3, '/') + 1;
}

char *live_target_address(const LiveTarget *target)
{
    const char *path = path_of(target);
    const char *slash = strchr(path, '/');
    gsize length = slash != NULL ? (gsize)(slash - path) : strlen(path);
    gboolean is_usual = target->port == (target->is_tls ? RTMPS_PORT : RTMP_PORT);
    g_autofree char *port = is_usual ? g_strdup("") : g_strdup_printf(":%u", target->port);
    gboolean is_v6 = strchr(target->host, ':') != NULL;
    return g_strdup_printf("%s://%s%s%s%s/%.*s", target->is_tls ? "rtmps" : "rtmp",
                           is_v6 ? "[" : "", target->host, is_v6 ? "]" : "", port, (int)length,
                           path);
}

char *live_target_full(const LiveTarget *target)
{
    gsize length = strlen(target->url);
    while (target->url[length - 1] == '/')
        length--;
    if (*target->key == '\0')
        return g_strdup(target->url);
    return g_strdup_printf("%.*s/%s", (int)length, target->url, target->key);
}

gboolean live_target_is_same_place(const LiveTarget *a, const LiveTarget *b)
{
    char *left = live_target_full(a), *right = live_target_full(b);
    gboolean same = strcmp(left, right) == 0;
    live_wipe_free(left);
    live_wipe_free(right);
    return same;
}

gboolean live_target_is_same(const LiveTarget *a, const LiveTarget *b)
{
    return strcmp(a->name, b->name) == 0 || live_target_is_same_place(a, b);
}

/* ---- platforms ---- */

/* What their help pages said in 2026: suffix of the host, name, most that they take. */
static const struct {
    const char *suffix;
    LivePlatform platform;
} platforms[] = {
    {"youtube.com", {"YouTube", 51000}},
    {"twitch.tv", {"Twitch", 6000}},
    {"live-video.net", {"Twitch", 6000}},
    {"facebook.com", {"Facebook", 8000}},
};

const LivePlatform *live_platform_of(const char *host)
{
    for (gsize i = 0; i < G_N_ELEMENTS(platforms); i++) {
        const char *suffix = platforms[i].suffix;
        gsize own = strlen(host), length = strlen(suffix);
        if (own >= length && g_ascii_strcasecmp(host + own - length, suffix) == 0 &&
            (own == length || host[own - length - 1] == '.'))
            return &platforms[i].platform;
    }
    return NULL;
}
