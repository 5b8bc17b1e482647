/* Requests over libcurl. What always holds: only HTTP is spoken, redirects are not followed, what is
 * signed is what is sent, an answer is bounded, and a connection that stalls is given up. Each
 * attempt is signed anew, so that waiting never makes a signature too old. */
#include "request-private.h"

#include <outgoing/guard.h>

#include <errno.h>
#include <string.h>

enum {
    CONNECT_S = 10,
    STALL_BYTES_PER_S = 1024,
    ANSWER_BYTES_MAX = 8 << 20, /* a page of 1000 keys of 1024 bytes is far smaller */
    PAUSE_MS_MOST = 20000,
    RETRY_AFTER_S_MOST = 60,
};

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* One attempt. */
typedef struct Attempt {
    S3Client *client;
    const S3Request *request;
    S3Answer *answer;
    GCancellable *cancellable;
    CURL *curl;
    struct curl_slist *headers;
    char detail[CURL_ERROR_SIZE];
    gboolean is_link_local;
    gboolean is_too_large;
    int read_errno;
    gboolean read_failed;
    GError *error; /* of the sink */
} Attempt;

/* ---- what libcurl calls ---- */

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
    Attempt *attempt = data;
    s3_answer_take_line(attempt->answer, line, size * count);
    return size * count;
}

/* What a caller limits is the object, not what a server says of a failure. */
static gboolean keep(Attempt *attempt, const char *bytes, gsize length)
{
    gboolean is_object = attempt->request->limit != 0 && attempt->answer->status / 100 == 2;
    gsize limit = is_object ? attempt->request->limit : ANSWER_BYTES_MAX;
    if (length > limit - attempt->answer->body->len) {
        attempt->is_too_large = TRUE;
        return FALSE;
    }
    g_byte_array_append(attempt->answer->body, (const guint8 *)bytes, (guint)length);
    return TRUE;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *data)
{
    Attempt *attempt = data;
    const S3Request *request = attempt->request;
    long status = 0;
    curl_easy_getinfo(attempt->curl, CURLINFO_RESPONSE_CODE, &status);
    attempt->answer->status = (guint)status;
    gboolean is_good = request->sink != NULL && status / 100 == 2
                           ? request->sink(attempt->answer, bytes, size * count, request->sink_data,
                                           &attempt->error)
                           : keep(attempt, bytes, size * count);
    return is_good ? size * count : CURL_WRITEFUNC_ERROR;
}

static size_t give_bytes(char *bytes, size_t size, size_t count, void *data)
{
    Attempt *attempt = data;
    gssize got = s3_body_read(attempt->request->body, bytes, size * count);
    if (got < 0) {
        attempt->read_failed = TRUE;
        attempt->read_errno = errno;
        return CURL_READFUNC_ABORT;
    }
    if (attempt->request->sent != NULL)
        attempt->request->sent(attempt->request->body->sent, attempt->request->sent_data);
    return (size_t)got;
}

static int rewind_body(void *data, curl_off_t offset, int origin)
{
    Attempt *attempt = data;
    if (origin != SEEK_SET || offset < 0 || offset > attempt->request->body->length)
        return CURL_SEEKFUNC_CANTSEEK;
    attempt->request->body->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static int look_up(void *data, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                   curl_off_t up)
{
    Attempt *attempt = data;
    (void)down_all, (void)down, (void)up_all, (void)up;
    return g_cancellable_is_cancelled(attempt->cancellable) ? 1 : 0;
}

/* ---- making a request ---- */

static GArray *all_headers(const Attempt *attempt, gint64 now_s, const char *payload)
{
    const S3Client *client = attempt->client;
    const GArray *more = attempt->request->headers;
    GArray *headers = s3_pairs_new();
    g_autofree char *time = s3_sign_time(now_s);
    s3_pairs_add(headers, "host", client->place.host);
    s3_pairs_add(headers, "x-amz-content-sha256", payload);
    s3_pairs_add(headers, "x-amz-date", time);
    if (client->session_token != NULL)
        s3_pairs_add(headers, "x-amz-security-token", client->session_token);
    for (guint i = 0; more != NULL && i < more->len; i++) {
        const S3Pair *pair = &g_array_index(more, S3Pair, i);
        s3_pairs_add(headers, pair->name, pair->value);
    }
    return headers;
}

static void add_line(Attempt *attempt, const char *name, const char *value)
{
    g_autofree char *line = g_strdup_printf("%s: %s", name, value);
    attempt->headers = curl_slist_append(attempt->headers, line);
}

static char *path_of(const Attempt *attempt)
{
    const char *key = attempt->request->key;
    g_autofree char *encoded = s3_encode(key != NULL ? key : "", "/");
    return g_strconcat(attempt->client->place.path, encoded, NULL);
}

static void sign(Attempt *attempt, const char *path)
{
    const S3Client *client = attempt->client;
    const S3Body *body = attempt->request->body;
    g_autofree char *payload =
        body != NULL ? s3_hex(body->sha256, sizeof body->sha256) : g_strdup(EMPTY_SHA256);
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autoptr(GArray) headers = all_headers(attempt, now_s, payload);
    const S3Signing signing = {
        .key_id = client->key_id,
        .secret = client->secret,
        .region = client->region,
        .service = "s3",
        .time_s = now_s,
        .method = attempt->request->method,
        .path = path,
        .query = attempt->request->query,
        .headers = headers,
        .payload_hash = payload,
    };
    g_autofree char *authorization = s3_sign(&signing);
    for (guint i = 0; i < headers->len; i++) {
        const S3Pair *pair = &g_array_index(headers, S3Pair, i);
        add_line(attempt, pair->name, pair->value);
    }
    add_line(attempt, "authorization", authorization);
}

static void set_address(Attempt *attempt)
{
    const S3Place *place = &attempt->client->place;
    g_autofree char *path = path_of(attempt);
    g_autofree char *query = s3_encode_query(attempt->request->query);
    g_autofree char *url = g_strdup_printf("%s://%s%s%s%s", place->scheme, place->host, path,
                                           *query != '\0' ? "?" : "", query);
    sign(attempt, path);
    curl_easy_setopt(attempt->curl, CURLOPT_URL, url);
    curl_easy_setopt(attempt->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(attempt->curl, CURLOPT_HTTPHEADER, attempt->headers);
}

static void set_method(Attempt *attempt)
{
    CURL *curl = attempt->curl;
    const char *method = attempt->request->method;
    S3Body *body = attempt->request->body;
    if (body != NULL) {
        body->sent = 0;
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)body->length);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_bytes);
        curl_easy_setopt(curl, CURLOPT_READDATA, attempt);
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, attempt);
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

static void set_limits(Attempt *attempt)
{
    CURL *curl = attempt->curl;
    const S3Client *client = attempt->client;
    outgoing_guard(curl, &attempt->is_link_local);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    /* With a limit on sending, less than the limit is no stall. */
    gint64 stall = client->send_bytes_per_s > 0
                       ? MIN(client->send_bytes_per_s / 4, STALL_BYTES_PER_S)
                       : STALL_BYTES_PER_S;
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)MAX(stall, 1));
    guint stall_s = MAX(client->stall_s, attempt->request->stall_s);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)stall_s);
    if (client->send_bytes_per_s > 0)
        curl_easy_setopt(curl, CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)client->send_bytes_per_s);
}

static void set_callbacks(Attempt *attempt)
{
    CURL *curl = attempt->curl;
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, attempt->detail);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, attempt);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

/* ---- what came of it ---- */

static gboolean may_pass(CURLcode result)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_SEND_FAIL_REWIND:
        return TRUE;
    default:
        return FALSE;
    }
}

static void fail_transfer(Attempt *attempt, CURLcode result, gboolean *is_passing, GError **error)
{
    g_autofree char *name = s3_request_name(attempt->client, attempt->request);
    const char *detail = attempt->detail[0] != '\0' ? attempt->detail : curl_easy_strerror(result);
    *is_passing = FALSE;
    if (g_cancellable_set_error_if_cancelled(attempt->cancellable, error))
        return;
    if (attempt->error != NULL) {
        g_propagate_error(error, g_steal_pointer(&attempt->error));
    } else if (attempt->is_too_large) {
        g_set_error(error, S3_ERROR, S3_ERROR_TOO_LARGE, "%s: the answer is longer than it may be",
                    name);
    } else if (attempt->read_failed) {
        g_set_error(error, S3_ERROR, S3_ERROR_LOCAL, "%s: cannot read what is sent: %s", name,
                    attempt->read_errno != 0 ? g_strerror(attempt->read_errno)
                                             : "the file became shorter meanwhile");
    } else if (attempt->is_link_local) {
        g_set_error(error, S3_ERROR, S3_ERROR_DENIED,
                    "%s: %s is a link-local address, where no storage is", name,
                    attempt->client->place.host);
    } else {
        *is_passing = may_pass(result);
        g_set_error(error, S3_ERROR, *is_passing ? S3_ERROR_UNAVAILABLE : S3_ERROR_FAILED, "%s: %s",
                    name, detail);
    }
}

static CURL *take_handle(S3Client *client)
{
    CURL *curl = g_async_queue_try_pop(client->idle);
    if (curl == NULL)
        curl = curl_easy_init();
    g_assert(curl != NULL); /* memory */
    return curl;
}

/* Its connections stay open for the next request. */
static void give_back(Attempt *attempt)
{
    curl_easy_reset(attempt->curl);
    g_async_queue_push(attempt->client->idle, attempt->curl);
    for (struct curl_slist *line = attempt->headers; line != NULL; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(attempt->headers);
    g_clear_error(&attempt->error);
}

gboolean s3_request_try(S3Client *client, const S3Request *request, S3Answer *answer,
                        gboolean *is_passing, GCancellable *cancellable, GError **error)
{
    s3_answer_clear(answer);
    *is_passing = FALSE;
    if (g_cancellable_set_error_if_cancelled(cancellable, error))
        return FALSE;
    answer->body = g_byte_array_new();
    Attempt attempt = {.client = client,
                       .request = request,
                       .answer = answer,
                       .cancellable = cancellable,
                       .curl = take_handle(client)};
    set_callbacks(&attempt);
    set_limits(&attempt);
    set_address(&attempt);
    set_method(&attempt);
    CURLcode result = curl_easy_perform(attempt.curl);
    long status = 0;
    curl_easy_getinfo(attempt.curl, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (guint)status;
    gboolean is_good = result == CURLE_OK && status / 100 == 2;
    if (result != CURLE_OK)
        fail_transfer(&attempt, result, is_passing, error);
    else if (!is_good)
        s3_answer_fail(answer, client, request, is_passing, error);
    give_back(&attempt);
    return is_good;
}

/* ---- attempts ---- */

/* Somewhere up to twice as long each time, so that clients that failed together do not come back
 * together; longer where the server asks for it, within limits. */
static guint pause_ms(const S3Client *client, guint attempt, const S3Answer *answer)
{
    const char *asked = answer != NULL ? answer->headers[S3_HEADER_RETRY_AFTER] : NULL;
    guint64 least_s = 0;
    if (asked == NULL || !g_ascii_string_to_unsigned(asked, 10, 0, G_MAXUINT32, &least_s, NULL))
        least_s = 0;
    guint64 most_ms = MIN((guint64)client->pause_ms << MIN(attempt - 1, 16), PAUSE_MS_MOST);
    guint64 own_ms = most_ms / 2 + (guint64)g_random_int_range(0, (gint32)(most_ms / 2 + 1));
    return (guint)MAX(own_ms, MIN(least_s, RETRY_AFTER_S_MOST) * 1000);
}

gboolean s3_request_pause(const S3Client *client, guint attempt, const S3Answer *answer,
                          GCancellable *cancellable, GError **error)
{
    gint64 end_us = g_get_monotonic_time() + (gint64)pause_ms(client, attempt, answer) * 1000;
    GPollFD poll = {0};
    gboolean is_watched = cancellable != NULL && g_cancellable_make_pollfd(cancellable, &poll);
    for (gint64 left_us; (left_us = end_us - g_get_monotonic_time()) > 0;) {
        if (g_cancellable_is_cancelled(cancellable))
            break;
        g_poll(&poll, is_watched ? 1 : 0, (gint)(left_us / 1000) + 1);
    }
    if (is_watched)
        g_cancellable_release_fd(cancellable);
    return !g_cancellable_set_error_if_cancelled(cancellable, error);
}

gboolean s3_request_do(S3Client *client, const S3Request *request, S3Answer *answer,
                       GCancellable *cancellable, GError **error)
{
    guint attempts = client->attempts;
    for (guint attempt = 1;; attempt++) {
        g_autoptr(GError) why = NULL;
        gboolean is_passing;
        if (s3_request_try(client, request, answer, &is_passing, cancellable, &why))
            return TRUE;
        if (!is_passing || attempt >= attempts) {
            if (is_passing && attempts > 1)
                g_prefix_error(&why, "after %u attempts: ", attempts);
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        g_debug("%s; once more", why->message);
        if (!s3_request_pause(client, attempt, answer, cancellable, error))
            return FALSE;
    }
}

gboolean s3_request_remove(S3Client *client, const S3Request *request, GCancellable *cancellable,
                           GError **error)
{
    S3Answer answer = {0};
    g_autoptr(GError) why = NULL;
    gboolean is_good = s3_request_do(client, request, &answer, cancellable, &why) ||
                       g_error_matches(why, S3_ERROR, S3_ERROR_NOT_FOUND);
    if (!is_good)
        g_propagate_error(error, g_steal_pointer(&why));
    s3_answer_clear(&answer);
    return is_good;
}
