/* LiveKit's address and keys, checked. */
#include <live/livekit.h>

#include <live/target.h>

#include <string.h>

enum { SECRET_BYTES_LEAST = 32, KEY_BYTES_MAX = 256 };

static gboolean invalid(GError **error, const char *text)
{
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_INVALID, text);
    return FALSE;
}

static gboolean is_printable(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if (!g_ascii_isgraph(*c))
            return FALSE;
    return *text != '\0' && strlen(text) <= KEY_BYTES_MAX;
}

static gboolean is_loopback(const char *host)
{
    g_autoptr(GInetAddress) number = g_inet_address_new_from_string(host);
    return number != NULL ? g_inet_address_get_is_loopback(number)
                          : g_ascii_strcasecmp(host, "localhost") == 0;
}

/* "https" of "wss". */
static const char *scheme_for_calls(const char *scheme)
{
    if (strcmp(scheme, "ws") == 0 || strcmp(scheme, "http") == 0)
        return "http";
    return strcmp(scheme, "wss") == 0 || strcmp(scheme, "https") == 0 ? "https" : NULL;
}

static gboolean read_url(LivekitKeys *keys, const char *url, gboolean *is_near, GError **error)
{
    static const char expected[] = "url: expected an address such as wss://livekit.example";
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_ENCODED | G_URI_FLAGS_HAS_PASSWORD, NULL);
    const char *scheme = uri != NULL ? scheme_for_calls(g_uri_get_scheme(uri)) : NULL;
    const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
    if (scheme == NULL || host == NULL || *host == '\0' || !is_printable(url))
        return invalid(error, expected);
    if (g_uri_get_userinfo(uri) != NULL || g_uri_get_query(uri) != NULL ||
        g_uri_get_fragment(uri) != NULL)
        return invalid(error, "url: no user, query or fragment in it");
    *is_near = is_loopback(host);
    keys->url = g_strconcat(scheme, strstr(url, "://"), NULL);
    for (gsize length = strlen(keys->url); keys->url[length - 1] == '/'; length--)
        keys->url[length - 1] = '\0';
    return TRUE;
}

LivekitKeys *livekit_keys_new(const char *url, const char *key, const char *secret, GError **error)
{
    gboolean is_near = FALSE;
    g_autoptr(LivekitKeys) keys = g_new0(LivekitKeys, 1);
    if (url == NULL || key == NULL || secret == NULL) {
        invalid(error, "url, key and secret belong together; one of them is missing");
        return NULL;
    }
    if (!read_url(keys, url, &is_near, error))
        return NULL;
    if (!is_printable(key) || !is_printable(secret)) {
        invalid(error, "key or secret has characters that none has");
        return NULL;
    }
    if (strlen(secret) < SECRET_BYTES_LEAST && !is_near) {
        invalid(error, "the secret is shorter than 32 characters: whoever guesses it opens every "
                       "room; only a server on this machine may have one");
        return NULL;
    }
    keys->key = g_strdup(key);
    keys->secret = g_strdup(secret);
    return g_steal_pointer(&keys);
}

void livekit_keys_free(LivekitKeys *keys)
{
    if (keys == NULL)
        return;
    g_free(keys->url);
    g_free(keys->key);
    live_wipe_free(keys->secret);
    g_free(keys);
}

char *livekit_keys_public_url(const LivekitKeys *keys)
{
    return g_strconcat("ws", keys->url + strlen("http"), NULL);
}
