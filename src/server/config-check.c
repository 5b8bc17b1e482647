/* What depends on more than one option, checked before anything is opened: a server that anybody
 * can reach has an address with TLS and a token that cannot be guessed, or does not start. */
#include "config-private.h"

#include "live-private.h"
#include "livekit-private.h"
#include "mirror-private.h"

#include <gio/gio.h>
#include <live/sealed.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TOKEN_BYTES_MIN = 16, TOKEN_BYTES_MAX = 512, TOKEN_KINDS_MIN = 8 };

static gboolean refuse(GError **error, const char *option, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
static gboolean refuse(GError **error, const char *option, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    g_autofree char *why = g_strdup_vprintf(format, values);
    va_end(values);
    g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "--%s: %s", option, why);
    return FALSE;
}

gboolean server_listen_is_loopback(const char *listen, gboolean *is_loopback, GError **error)
{
    const char *colon = strrchr(listen, ':');
    g_autofree char *host = NULL;
    gint64 port = 0;
    if (colon != NULL && listen[0] == '[' && colon > listen + 1 && colon[-1] == ']')
        host = g_strndup(listen + 1, (gsize)(colon - listen - 2));
    else if (colon != NULL && memchr(listen, ':', (gsize)(colon - listen)) == NULL)
        host = g_strndup(listen, (gsize)(colon - listen));
    g_autoptr(GInetAddress) address = host != NULL ? g_inet_address_new_from_string(host) : NULL;
    if (address == NULL || !server_parse_count(colon + 1, &port) || port > 65535)
        return refuse(error, "listen",
                      "expected an address in numbers and a port, such as 127.0.0.1:8080 or "
                      "[::1]:8080, found \"%s\"",
                      listen);
    *is_loopback = g_inet_address_get_is_loopback(address);
    return TRUE;
}

/* ---- tokens ---- */

const char *server_token_weakness(const char *token)
{
    gsize length = strlen(token);
    gboolean seen[256] = {FALSE};
    guint kinds = 0;
    if (length < TOKEN_BYTES_MIN)
        return "it has less than 16 characters";
    if (length > TOKEN_BYTES_MAX)
        return "it has more than 512 characters";
    for (const char *c = token; *c != '\0'; c++) {
        if (!g_ascii_isgraph(*c))
            return "only ASCII characters without blanks can stand in a header";
        kinds += !seen[(guchar)*c];
        seen[(guchar)*c] = TRUE;
    }
    if (kinds < TOKEN_KINDS_MIN)
        return "it has less than 8 different characters, so it can be guessed";
    /* Whatever begins as ours would be read as ours. */
    if (g_str_has_prefix(token, "g1.") || g_str_has_prefix(token, "u1.") ||
        g_str_has_prefix(token, "c1."))
        return "it begins as tokens do that this server signs";
    return NULL;
}

static gboolean read_token_file(ServerConfig *config, GError **error)
{
    char bytes[TOKEN_BYTES_MAX + 4];
    const char *path = config->admin_token_file;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat found;
    if (fd < 0 || fstat(fd, &found) != 0) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return refuse(error, "admin-token-file", "%s: %s", path, g_strerror(code));
    }
    ssize_t length = S_ISREG(found.st_mode) ? read(fd, bytes, sizeof bytes - 1) : -1;
    close(fd);
    if (length < 0)
        return refuse(error, "admin-token-file", "%s: not a file that can be read", path);
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        g_warning("others may read the file of the admin token; chmod 600 it, file=%s", path);
    bytes[length] = '\0';
    g_strstrip(bytes);
    config->admin_token = g_strdup(bytes);
    explicit_bzero(bytes, sizeof bytes);
    return TRUE;
}

static gboolean check_token(ServerConfig *config, GError **error)
{
    if (config->admin_token != NULL && config->admin_token_file != NULL)
        return refuse(error, "admin-token-file",
                      "CROSSCUT_ADMIN_TOKEN is set too; give one of them");
    if (config->admin_token_file != NULL && !read_token_file(config, error))
        return FALSE;
    const char *weakness =
        config->admin_token != NULL ? server_token_weakness(config->admin_token) : NULL;
    const char *option = config->admin_token_file != NULL ? "admin-token-file" : "admin-token";
    return weakness == NULL || refuse(error, option, "this token will not do: %s", weakness);
}

/* ---- addresses ---- */

/* "https://studio.example:8443", without path, query or user; lower case, no '/' at the end. */
static char *read_origin(const char *text)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
    const char *host = uri != NULL ? g_uri_get_host(uri) : NULL;
    if (host == NULL || *host == '\0' || g_uri_get_userinfo(uri) != NULL ||
        g_uri_get_query(uri) != NULL || g_uri_get_fragment(uri) != NULL ||
        (g_uri_get_path(uri)[0] != '\0' && strcmp(g_uri_get_path(uri), "/") != 0) ||
        (strcmp(g_uri_get_scheme(uri), "https") != 0 && strcmp(g_uri_get_scheme(uri), "http") != 0))
        return NULL;
    for (const char *c = host; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr(".-:", *c) == NULL)
            return NULL;
    g_autofree char *lower = g_ascii_strdown(host, -1);
    gboolean is_v6 = strchr(host, ':') != NULL;
    int port = g_uri_get_port(uri);
    gboolean is_usual = port < 0 || port == (g_uri_get_scheme(uri)[4] == 's' ? 443 : 80);
    g_autofree char *tail = is_usual ? g_strdup("") : g_strdup_printf(":%d", port);
    return g_strdup_printf("%s://%s%s%s%s", g_uri_get_scheme(uri), is_v6 ? "[" : "", lower,
                           is_v6 ? "]" : "", tail);
}

static gboolean names_this_machine(const char *origin)
{
    g_autoptr(GUri) uri = g_uri_parse(origin, G_URI_FLAGS_NONE, NULL);
    const char *host = g_uri_get_host(uri);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);
    return strcmp(host, "localhost") == 0 ||
           (address != NULL && g_inet_address_get_is_loopback(address));
}

static gboolean check_public_url(ServerConfig *config, GError **error)
{
    char *origin = read_origin(config->public_url);
    if (origin == NULL)
        return refuse(error, "public-url",
                      "expected an address without a path, such as https://studio.example, found "
                      "\"%s\"",
                      config->public_url);
    g_free(config->public_url);
    config->public_url = origin;
    if (g_str_has_prefix(origin, "https:") || config->insecure_http || names_this_machine(origin))
        return TRUE;
    return refuse(error, "public-url",
                  "%s has no TLS: tokens would be readable on the way, and browsers give no "
                  "cameras. Put a reverse proxy with https before it, or say --insecure-http",
                  origin);
}

static gboolean check_addresses(ServerConfig *config, GError **error)
{
    gboolean is_loopback = FALSE;
    if (!server_listen_is_loopback(config->listen, &is_loopback, error))
        return FALSE;
    if (config->public_url != NULL)
        return check_public_url(config, error);
    return is_loopback ||
           refuse(error, "listen",
                  "others reach %s, so --public-url has to say by which address (with https)",
                  config->listen);
}

static gboolean check_origins(ServerConfig *config, GError **error)
{
    for (char **origin = config->origins; origin != NULL && *origin != NULL; origin++) {
        char *read = read_origin(*origin);
        if (read == NULL)
            return refuse(error, "origins",
                          "expected addresses such as https://desk.example, found \"%s\"", *origin);
        g_free(*origin);
        *origin = read;
    }
    return TRUE;
}

static gboolean check_proxies(const ServerConfig *config, GError **error)
{
    for (char **proxy = config->trusted_proxies; proxy != NULL && *proxy != NULL; proxy++) {
        g_autoptr(GInetAddressMask) mask = g_inet_address_mask_new_from_string(*proxy, NULL);
        if (mask == NULL)
            return refuse(error, "trusted-proxies",
                          "expected addresses or networks such as 10.0.0.0/8, found \"%s\"",
                          *proxy);
    }
    return TRUE;
}

static gboolean check_sizes(const ServerConfig *config, GError **error)
{
    if (config->upload_chunk_bytes > config->upload_flight_bytes)
        return refuse(error, "upload-chunk", "more than --upload-flight");
    if (config->event_burst < config->events_per_s)
        return refuse(error, "event-burst", "less than --events-per-second");
    return TRUE;
}

static gboolean check_sample_show(const ServerConfig *config, GError **error)
{
    if (config->sample_show == NULL || g_file_test(config->sample_show, G_FILE_TEST_IS_DIR))
        return TRUE;
    return refuse(error, "sample-show", "%s is not a folder", config->sample_show);
}

static gboolean check_mirror(const ServerConfig *config, GError **error)
{
    g_autoptr(GError) why = NULL;
    if (!server_mirror_check(config, &why))
        return refuse(error, "mirror",
                      "%s (credentials come from AWS_ACCESS_KEY_ID and "
                      "AWS_SECRET_ACCESS_KEY)",
                      why->message);
    if (config->direct_uploads && config->mirror == NULL)
        return refuse(error, "direct-uploads", "there is no --mirror to send to");
    if (config->presign_downloads && config->mirror == NULL)
        return refuse(error, "presign-downloads", "there is no --mirror to fetch from");
    return TRUE;
}

static gboolean check_secret_key(const ServerConfig *config, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(LiveSecret) secret = NULL;
    if (config->secret_key != NULL && config->secret_key_file != NULL)
        return refuse(error, "secret-key-file", "CROSSCUT_SECRET_KEY is set too; give one of them");
    if (config->secret_key != NULL)
        secret = live_secret_from_text(config->secret_key, &why);
    else if (config->secret_key_file != NULL)
        secret = live_secret_from_file(config->secret_key_file, FALSE, &why);
    return why == NULL ||
           refuse(error, config->secret_key != NULL ? "secret-key" : "secret-key-file", "%s",
                  why->message);
}

static gboolean check_livekit(const ServerConfig *config, GError **error)
{
    g_autoptr(GError) why = NULL;
    LiveEgressKind egress = live_egress_kind_of(config->egress);
    if (egress == LIVE_EGRESS_UNSET)
        return refuse(error, "egress", "expected console, livekit or livekit-composite");
    if (egress != LIVE_EGRESS_CONSOLE && config->livekit_url == NULL)
        return refuse(error, "egress", "there is no LiveKit (CROSSCUT_LIVEKIT_URL)");
    if (egress == LIVE_EGRESS_COMPOSITE && !server_livekit_page_is_reached(config))
        return refuse(
            error, "egress",
            "livekit-composite: LiveKit's Egress does not reach this machine's own page; give "
            "--public-url or --egress-template");
    return server_livekit_check(config, &why) ||
           refuse(error, "livekit-url",
                  "%s (CROSSCUT_LIVEKIT_URL, CROSSCUT_LIVEKIT_KEY, CROSSCUT_LIVEKIT_SECRET)",
                  why->message);
}

gboolean server_config_check(ServerConfig *config, GError **error)
{
    return check_addresses(config, error) && check_origins(config, error) &&
           check_proxies(config, error) && check_sizes(config, error) &&
           check_sample_show(config, error) && check_mirror(config, error) &&
           check_token(config, error) && check_secret_key(config, error) &&
           check_livekit(config, error);
}
