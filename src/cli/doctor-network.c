/* Addresses: where it listens, and by which browsers reach it. */
#include "doctor.h"

#include <outgoing/guard.h>

#include <string.h>

enum { CONNECT_MS = 4000, ANSWER_MS = 8000, BODY_BYTES_MAX = 4096, CERTIFICATE_DAYS = 14 };

/* ---- over HTTP ---- */

typedef struct Taking {
    GString *body;
    char date[64];
} Taking;

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    Taking *taking = data;
    gsize room = BODY_BYTES_MAX - taking->body->len;
    g_string_append_len(taking->body, bytes, (gssize)MIN(size * count, room));
    return size * count;
}

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
    static const char name[] = "date:";
    Taking *taking = data;
    gsize length = size * count;
    if (length > strlen(name) && length < sizeof taking->date &&
        g_ascii_strncasecmp(line, name, strlen(name)) == 0)
        g_strlcpy(taking->date, line + strlen(name), length - strlen(name) + 1);
    return length;
}

/* Until the end of the certificate, as libcurl tells it: "Expire date:2027-01-31 12:00:00 GMT". */
static double days_left(CURL *curl)
{
    struct curl_certinfo *chain = NULL;
    static const char name[] = "Expire date:";
    curl_easy_getinfo(curl, CURLINFO_CERTINFO, &chain);
    if (chain == NULL || chain->num_of_certs < 1)
        return -1;
    for (const struct curl_slist *at = chain->certinfo[0]; at != NULL; at = at->next)
        if (g_str_has_prefix(at->data, name)) {
            time_t end = curl_getdate(at->data + strlen(name), NULL);
            return end > 0 ? ((double)end - (double)g_get_real_time() / 1e6) / 86400 : -1;
        }
    return -1;
}

static void set_options(CURL *curl, const char *url, Taking *taking, gboolean *is_link_local,
                        char *detail)
{
    outgoing_guard(curl, is_link_local);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ANSWER_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, taking);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, taking);
}

/* Date has whole seconds, so on average it is half a second old. */
static void take_date(DoctorAnswer *answer, const char *date, gint64 asked_us, gint64 answered_us)
{
    gint64 theirs_s = *date != '\0' ? (gint64)curl_getdate(date, NULL) : -1;
    answer->has_date = theirs_s >= 0;
    if (answer->has_date)
        answer->ahead_s = ((double)asked_us + (double)answered_us) / 2e6 - ((double)theirs_s + 0.5);
}

static void take_failure(DoctorAnswer *answer, CURLcode code, const char *detail,
                         gboolean is_link_local)
{
    answer->is_distrusted =
        code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE;
    answer->is_refused = code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT;
    answer->why = is_link_local       ? g_strdup("the address is link-local")
                  : detail[0] != '\0' ? outgoing_printable(detail)
                                      : g_strdup(curl_easy_strerror(code));
}

DoctorAnswer doctor_get(const char *url)
{
    DoctorAnswer answer = {.certificate_days = -1};
    Taking taking = {.body = g_string_new(NULL)};
    char detail[CURL_ERROR_SIZE] = "";
    gboolean is_link_local = FALSE;
    CURL *curl = curl_easy_init();
    g_assert(curl != NULL);
    set_options(curl, url, &taking, &is_link_local, detail);
    gint64 asked_us = g_get_real_time();
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
        take_date(&answer, taking.date, asked_us, g_get_real_time());
        answer.certificate_days = days_left(curl);
        json_t *body = json_loadb(taking.body->str, taking.body->len, 0, NULL);
        answer.says_ok = answer.status == 200 && json_is_true(json_object_get(body, "ok"));
        json_decref(body);
    } else {
        take_failure(&answer, code, detail, is_link_local);
    }
    curl_easy_cleanup(curl);
    g_string_free(taking.body, TRUE);
    return answer;
}

void doctor_answer_clear(DoctorAnswer *answer)
{
    g_clear_pointer(&answer->why, g_free);
}

/* A WebSocket that is let through is answered with 101, which is all that is waited for. */
static size_t take_status(char *line, size_t size, size_t count, void *data)
{
    static const char switching[] = "HTTP/1.1 101";
    gsize length = size * count;
    gboolean *is_upgraded = data;
    if (length < strlen(switching) || strncmp(line, switching, strlen(switching)) != 0)
        return length;
    *is_upgraded = TRUE;
    return 0; /* enough */
}

static gboolean passes_sockets(const char *origin)
{
    gboolean is_upgraded = FALSE, is_link_local = FALSE;
    char detail[CURL_ERROR_SIZE] = "";
    Taking taking = {.body = g_string_new(NULL)};
    g_autofree char *url = g_strconcat(origin, g_str_has_suffix(origin, "/") ? "" : "/",
                                       "socket.io/?EIO=4&transport=websocket", NULL);
    struct curl_slist *headers = curl_slist_append(NULL, "Connection: Upgrade");
    headers = curl_slist_append(headers, "Upgrade: websocket");
    headers = curl_slist_append(headers, "Sec-WebSocket-Version: 13");
    headers = curl_slist_append(headers, "Sec-WebSocket-Key: Y3Jvc3NjdXQgZG9jdG9yIQ==");
    CURL *curl = curl_easy_init();
    g_assert(curl != NULL);
    set_options(curl, url, &taking, &is_link_local, detail);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_status);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &is_upgraded);
    curl_easy_perform(curl); /* fails when it was enough */
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    g_string_free(taking.body, TRUE);
    return is_upgraded;
}

/* ---- where it listens ---- */

/* NULL: it is no address in numbers with a port, which the settings say. */
static GSocketAddress *address_of(const char *listen)
{
    const char *colon = strrchr(listen, ':');
    guint64 port = 0;
    if (colon == NULL || !g_ascii_string_to_unsigned(colon + 1, 10, 0, 65535, &port, NULL))
        return NULL;
    g_autofree char *host = *listen == '[' && colon > listen + 1
                                ? g_strndup(listen + 1, (gsize)(colon - listen - 2))
                                : g_strndup(listen, (gsize)(colon - listen));
    return g_inet_socket_address_new_from_string(
        strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, (guint)port);
}

static gboolean try_to_listen(GSocketAddress *address, GError **error)
{
    g_autoptr(GSocket) socket = g_socket_new(g_socket_address_get_family(address),
                                             G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);
    return socket != NULL && g_socket_bind(socket, address, TRUE, error) &&
           g_socket_listen(socket, error);
}

/* By this machine itself. Free with g_free(). */
static char *near_address(GSocketAddress *address)
{
    GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS(address);
    GInetAddress *host = g_inet_socket_address_get_address(inet);
    gboolean is_v6 = g_inet_address_get_family(host) == G_SOCKET_FAMILY_IPV6;
    g_autofree char *text = g_inet_address_get_is_any(host) ? g_strdup(is_v6 ? "::1" : "127.0.0.1")
                                                            : g_inet_address_to_string(host);
    return g_strdup_printf("http://%s%s%s:%u", is_v6 ? "[" : "", text, is_v6 ? "]" : "",
                           g_inet_socket_address_get_port(inet));
}

static void say_taken(Doctor *doctor, GSocketAddress *address, const GError *error)
{
    const char *listen = doctor->config->listen;
    g_autofree char *near = near_address(address);
    g_autofree char *url = g_strconcat(near, "/healthz", NULL);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE)) {
        DoctorAnswer answer = doctor_get(url);
        if (answer.says_ok)
            doctor_say(doctor, "listen", DOCTOR_OK, NULL, "a studio answers at %s already", listen);
        else
            doctor_say(doctor, "listen", DOCTOR_FAILED,
                       "end what listens there (ss -ltnp says what it is), or take another port "
                       "with --listen",
                       "%s is taken by something else", listen);
        doctor_answer_clear(&answer);
        return;
    }
    doctor_say(doctor, "listen", DOCTOR_FAILED,
               g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)
                   ? "ports below 1024 are root's: take another with --listen, and a reverse proxy "
                     "before it"
                   : "give an address that this machine has with --listen",
               "%s: %s", listen, error->message);
}

void doctor_check_listen(Doctor *doctor)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketAddress) address = address_of(doctor->config->listen);
    if (address == NULL)
        return;
    if (try_to_listen(address, &error))
        doctor_say(doctor, "listen", DOCTOR_OK, NULL, "%s is free", doctor->config->listen);
    else
        say_taken(doctor, address, error);
}

/* ---- whom this machine believes ---- */

/* Small containers come without: then no address with TLS is reached. */
void doctor_check_certificates(Doctor *doctor)
{
    const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
    const char *file = version->cainfo; /* the library reads no variable */
    gboolean is_there = (file != NULL && g_file_test(file, G_FILE_TEST_IS_REGULAR)) ||
                        (file == NULL && version->capath == NULL); /* another way of finding them */
    if (is_there)
        doctor_say(doctor, "trust", DOCTOR_OK, NULL, "certificates of the authorities are there");
    else
        doctor_say(doctor, "trust", DOCTOR_FAILED, "install ca-certificates",
                   "%s is not there: object storage, LiveKit and RTMPS are not believed",
                   file != NULL ? file : version->capath);
}

/* ---- by which browsers reach it ---- */

static void say_not_reached(Doctor *doctor, const char *url, const DoctorAnswer *answer)
{
    if (answer->is_distrusted)
        doctor_say(doctor, "public", DOCTOR_FAILED,
                   "let the reverse proxy have a certificate that browsers believe; Caddy gets one "
                   "by itself when ports 80 and 443 are reached from outside (deploy/Caddyfile)",
                   "%s: its certificate is not believed: %s", url, answer->why);
    else if (answer->is_refused)
        doctor_say(doctor, "public", DOCTOR_FAILED,
                   "let the name point to the reverse proxy and start that (deploy/Caddyfile); a "
                   "machine that does not see its own public address is asked from another one",
                   "%s is not reached: %s", url, answer->why);
    else
        doctor_say(doctor, "public", DOCTOR_WARNING,
                   "look at it from another machine; firewalls and proxies may be in between",
                   "%s does not answer: %s", url, answer->why);
}

static void say_answer(Doctor *doctor, const char *url, const DoctorAnswer *answer)
{
    gboolean is_https = g_str_has_prefix(url, "https:");
    double days = answer->certificate_days;
    if (days >= 0)
        doctor_measured(doctor, "certificateDays", days);
    if (days >= 0 && days < CERTIFICATE_DAYS)
        doctor_say(doctor, "public", DOCTOR_WARNING, "renew it, and see why that does not happen",
                   "%s: its certificate ends in %.0f days", url, days);
    else if (answer->says_ok && !passes_sockets(url))
        doctor_say(
            doctor, "public", DOCTOR_FAILED,
            "let the reverse proxy pass \"Upgrade\" on (deploy/Caddyfile, deploy/nginx.conf)",
            "%s reaches a studio, but WebSockets do not: nobody could go live", url);
    else if (answer->says_ok)
        doctor_say(doctor, "public", DOCTOR_OK, NULL, "%s reaches a studio, WebSockets too%s", url,
                   is_https ? ", with a certificate that is believed" : "");
    else if (answer->status >= 502 && answer->status <= 504)
        doctor_say(doctor, "public", DOCTOR_WARNING,
                   "start the studio, and let the proxy pass on to its --listen address",
                   "%s: the reverse proxy answers %ld, since it reaches no studio", url,
                   answer->status);
    else
        doctor_say(doctor, "public", DOCTOR_FAILED,
                   "let the reverse proxy pass everything below / on to the studio",
                   "%s: something else answers there (%ld)", url, answer->status);
}

static gboolean is_near(const char *url)
{
    g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);
    const char *host = uri != NULL ? g_uri_get_host(uri) : "";
    g_autoptr(GInetAddress) number = g_inet_address_new_from_string(host);
    return g_ascii_strcasecmp(host, "localhost") == 0 ||
           (number != NULL && g_inet_address_get_is_loopback(number));
}

void doctor_check_public(Doctor *doctor)
{
    const char *url = doctor->config->public_url;
    if (url == NULL) {
        doctor_say(doctor, "public", DOCTOR_OFF,
                   "for others: a reverse proxy with https (deploy/Caddyfile), and --public-url",
                   "browsers on this machine get cameras at %s; others do not reach it",
                   doctor->config->listen);
        return;
    }
    if (!g_str_has_prefix(url, "https:") && !is_near(url)) {
        doctor_say(doctor, "public", DOCTOR_WARNING,
                   "put a reverse proxy with https before it (deploy/Caddyfile)",
                   "%s has no TLS: browsers give no cameras there, and tokens are readable on the "
                   "way",
                   url);
        return;
    }
    g_autofree char *health =
        g_strconcat(url, g_str_has_suffix(url, "/") ? "" : "/", "healthz", NULL);
    DoctorAnswer answer = doctor_get(health);
    if (answer.status == 0)
        say_not_reached(doctor, url, &answer);
    else
        say_answer(doctor, url, &answer);
    doctor_answer_clear(&answer);
}
