/* From what MHD read to a request, or to a refusal. MHD takes requests that leave open where they
 * end: those are refused here, before anything is believed. RFC 9112, 6.3 and 11.2. */
#include "request-private.h"
#include <string.h>

/* The characters of a token, RFC 9110, 5.6.2. */
static gboolean is_token(const char *text)
{
    static const char extra[] = "!#$%&'*+-.^_`|~";
    for (const char *c = text; *c; c++)
        if (!g_ascii_isalnum(*c) && !strchr(extra, *c))
            return FALSE;
    return *text != '\0';
}

static gboolean is_value(const char *text, gsize length)
{
    for (gsize i = 0; i < length; i++)
        if (((guint8)text[i] < 0x20 && text[i] != '\t') || text[i] == 0x7f)
            return FALSE;
    return TRUE;
}

static gboolean is_known_method(const char *method)
{
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"};
    for (guint i = 0; i < G_N_ELEMENTS(known); i++)
        if (strcmp(method, known[i]) == 0)
            return TRUE;
    return FALSE;
}

typedef struct Reading {
    guint count;
    gsize bytes; /* of names and values, with their ends */
    HttpHeader *headers;
    char *text;
    guint hosts;
    guint lengths;
    guint codings;
    const char *host;
    const char *length;
    const char *coding;
    gboolean is_bad;
} Reading;

static void look_at(Reading *reading, const char *name, const char *value, gsize length)
{
    if (!is_token(name) || !is_value(value, length))
        reading->is_bad = TRUE; /* MHD takes "Content-Length : 1" for some other header */
    if (g_ascii_strcasecmp(name, "Host") == 0) {
        reading->hosts++;
        reading->host = value;
    } else if (g_ascii_strcasecmp(name, "Content-Length") == 0) {
        reading->lengths++;
        reading->length = value;
    } else if (g_ascii_strcasecmp(name, "Transfer-Encoding") == 0) {
        reading->codings++;
        reading->coding = value;
    }
}

static enum MHD_Result measure(void *data, enum MHD_ValueKind kind, const char *name,
                               size_t name_length, const char *value, size_t value_length)
{
    (void)kind;
    Reading *reading = data;
    if (!value) {
        value = "";
        value_length = 0;
    }
    if (strlen(name) != name_length || strlen(value) != value_length)
        reading->is_bad = TRUE;
    look_at(reading, name, value, value_length);
    reading->count++;
    reading->bytes += name_length + value_length + 2;
    return MHD_YES;
}

static char *put(Reading *reading, const char *text, gsize length)
{
    char *start = reading->text;
    memcpy(start, text, length);
    start[length] = '\0';
    reading->text += length + 1;
    return start;
}

static enum MHD_Result copy(void *data, enum MHD_ValueKind kind, const char *name,
                            size_t name_length, const char *value, size_t value_length)
{
    (void)kind;
    Reading *reading = data;
    while (value_length > 0 && (*value == ' ' || *value == '\t')) {
        value++;
        value_length--;
    }
    while (value_length > 0 && (value[value_length - 1] == ' ' || value[value_length - 1] == '\t'))
        value_length--;
    HttpHeader *header = &reading->headers[reading->count++];
    header->name = put(reading, name, name_length);
    header->value = put(reading, value ? value : "", value_length);
    return MHD_YES;
}

/* MHD takes lines that end with LF alone, folded lines and NULs, and drops what it does not
 * understand. Its buffer shows what came: it wrote a NUL over the colon behind each name, and two
 * over each CR LF. Anything else between the version and the empty line was none of these. */
static gboolean is_as_written(const char *version, const char *end, guint header_count)
{
    const char *at = version + strlen(version);
    for (guint lines = 0; end - at >= 2 && at[0] == '\0' && at[1] == '\0'; lines++) {
        at += 2;
        if (end - at == 2)
            return at[0] == '\0' && at[1] == '\0' && lines == header_count;
        gsize name_length = strnlen(at, (gsize)(end - at));
        if (at + name_length >= end || !is_token(at))
            return FALSE;
        at += name_length + 1;
        at += strnlen(at, (gsize)(end - at));
    }
    return FALSE;
}

/* 0, or the status that refuses the request. */
static guint refusal(const Reading *reading, const char *method, const char *version)
{
    gboolean is_1_1 = strcmp(version, "HTTP/1.1") == 0;
    if (!is_1_1 && strcmp(version, "HTTP/1.0") != 0)
        return 505;
    if (reading->is_bad || reading->hosts > 1 || reading->lengths > 1 || reading->codings > 1 ||
        (reading->codings && (reading->lengths || !is_1_1)) || (is_1_1 && reading->hosts == 0))
        return 400;
    if (reading->host && strpbrk(reading->host, " \t,/@?#"))
        return 400;
    /* MHD has read it as a number, of up to 64 bits; nothing has an exabyte. */
    if (reading->length && strlen(reading->length) > 18)
        return 413;
    if (reading->codings && g_ascii_strcasecmp(reading->coding, "chunked") != 0)
        return 501;
    return is_known_method(method) ? 0 : 501;
}

/* What trusted proxies say of the client: the rightmost address that is not one of them. */
static void believe_proxies(HttpRequest *request, const HttpServer *server)
{
    const HttpNetwork *trusted = (const HttpNetwork *)(void *)server->trusted->data;
    if (!http_address_in(request->peer, trusted, server->trusted->len))
        return;
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < request->header_count; i++)
        if (g_ascii_strcasecmp(request->headers[i].name, "X-Forwarded-For") == 0)
            g_string_append_printf(all, "%s%s", all->len ? "," : "", request->headers[i].value);
    char **hops = g_strsplit(all->str, ",", -1);
    for (guint i = g_strv_length(hops); i > 0; i--) {
        char address[HTTP_ADDRESS_CHARS];
        if (!http_address_normalise(g_strstrip(hops[i - 1]), address))
            break;
        memcpy(request->client, address, sizeof address);
        if (!http_address_in(address, trusted, server->trusted->len))
            break;
    }
    g_strfreev(hops);
    g_string_free(all, TRUE);
    const char *scheme = http_request_header(request, "X-Forwarded-Proto");
    const char *last = scheme ? strrchr(scheme, ',') : NULL;
    scheme = last ? last + 1 + strspn(last + 1, " ") : scheme;
    request->is_https = scheme && g_ascii_strcasecmp(scheme, "https") == 0;
}

static gint64 declared_length(const Reading *reading)
{
    if (reading->codings)
        return -1;
    return reading->length ? g_ascii_strtoll(reading->length, NULL, 10) : 0;
}

static HttpRequest *build(HttpConnection *connection, const Reading *measured, const char *method)
{
    gsize method_length = strlen(method);
    gsize table = sizeof(HttpRequest) + measured->count * sizeof(HttpHeader);
    HttpRequest *request = g_malloc(table + measured->bytes + method_length + 1);
    memset(request, 0, table);
    Reading reading = {.headers = request->headers, .text = (char *)request + table};
    MHD_get_connection_values_n(connection->mhd, MHD_HEADER_KIND, copy, &reading);
    request->header_count = reading.count;
    request->method = put(&reading, method, method_length);
    request->connection = connection;
    request->target = g_steal_pointer(&connection->target);
    request->body_length = declared_length(measured);
    memcpy(request->peer, connection->peer, sizeof request->peer);
    memcpy(request->client, connection->peer, sizeof request->client);
    return request;
}

HttpRequest *http_request_read(HttpConnection *connection, const char *method, const char *url,
                               const char *version, guint *status)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    Reading reading = {0};
    MHD_get_connection_values_n(connection->mhd, MHD_HEADER_KIND, measure, &reading);
    const char *end = method + info->header_size;
    /* The version stands behind the target, or there was a NUL in it. */
    if (!connection->target || version != url + strlen(connection->target) + 1 ||
        version < method || version >= end || !is_as_written(version, end, reading.count))
        reading.is_bad = TRUE;
    *status = refusal(&reading, method, version);
    if (info->header_size > connection->server->limits.header_bytes)
        *status = 431;
    char *path = *status == 0 ? http_target_path(connection->target) : NULL;
    if (*status == 0 && (!path || (path[0] == '*' && strcmp(method, "OPTIONS") != 0)))
        *status = 400;
    if (*status != 0) {
        g_free(path);
        return NULL;
    }
    HttpRequest *request = build(connection, &reading, method);
    request->path = path;
    request->is_http_1_1 = strcmp(version, "HTTP/1.1") == 0;
    believe_proxies(request, connection->server);
    return request;
}
