/* Calls to LiveKit over libcurl, in two threads, so that the loop never waits. What always holds: only
 * HTTP is spoken, redirects are not followed, an answer is bounded, a call ends within its time; each
 * attempt has a token of its own, so that waiting never makes one too old; link-local addresses, where
 * clouds keep their secrets, are never connected to. */
#include <live/livekit.h>

#include <live/target.h>
#include <outgoing/guard.h>
#include <store/workers.h>

#include <string.h>

enum {
    THREADS = 2,
    CONNECT_MS = 4000,
    CALL_MS = 10000,
    ANSWER_BYTES_MAX = 4 << 20,
    PAUSE_MS = 200,
    PAUSE_MS_MOST = 5000,
    SKEW_S = 60,
};

struct LivekitClient {
    LivekitKeys *keys;
    StoreWorkers *workers;
    GCancellable *cancellable; /* of all calls */
    LivekitHealth health;
    char *why;
};

/* One call. The client stays for as long as one of its calls does. */
typedef struct Call {
    LivekitClient *client;
    const char *method;
    char *room;
    char *text;
    guint attempts;
    GCancellable *cancellable;
    LivekitDone done;
    GDestroyNotify dropped;
    gpointer data;
    /* what came of it */
    json_t *answer;
    GError *error;
} Call;

/* One attempt of it. */
typedef struct Attempt {
    Call *call;
    CURL *curl;
    GString *body;
    char detail[CURL_ERROR_SIZE];
    char *date;
    guint status;
    gboolean is_link_local, is_too_large, may_pass;
} Attempt;

static gboolean is_cancelled(const Call *call)
{
    return g_cancellable_is_cancelled(call->client->cancellable) ||
           g_cancellable_is_cancelled(call->cancellable);
}

/* ---- what libcurl calls ---- */

static size_t take_bytes(char *bytes, size_t size, size_t count, void *data)
{
    Attempt *attempt = data;
    if (size * count > ANSWER_BYTES_MAX - attempt->body->len) {
        attempt->is_too_large = TRUE;
        return CURL_WRITEFUNC_ERROR;
    }
    g_string_append_len(attempt->body, bytes, (gssize)(size * count));
    return size * count;
}

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
    Attempt *attempt = data;
    static const char name[] = "date:";
    gsize length = size * count;
    if (length > strlen(name) && length < 100 &&
        g_ascii_strncasecmp(line, name, strlen(name)) == 0) {
        g_free(attempt->date);
        attempt->date = g_strndup(line + strlen(name), length - strlen(name));
    }
    return length;
}

static int look_up(void *data, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                   curl_off_t up)
{
    const Attempt *attempt = data;
    (void)down_all, (void)down, (void)up_all, (void)up;
    return is_cancelled(attempt->call) ? 1 : 0;
}

/* ---- what an answer says ---- */

static const struct {
    const char *code; /* of Twirp */
    LiveErrorCode error;
} codes[] = {
    {"unavailable", LIVE_ERROR_UNAVAILABLE},
    {"deadline_exceeded", LIVE_ERROR_UNAVAILABLE},
    {"resource_exhausted", LIVE_ERROR_UNAVAILABLE},
    {"aborted", LIVE_ERROR_UNAVAILABLE},
    {"internal", LIVE_ERROR_UNAVAILABLE},
    {"unknown", LIVE_ERROR_UNAVAILABLE},
    {"dataloss", LIVE_ERROR_UNAVAILABLE},
    {"canceled", LIVE_ERROR_UNAVAILABLE},
    {"not_found", LIVE_ERROR_GONE},
    {"already_exists", LIVE_ERROR_EXISTS},
    {"unauthenticated", LIVE_ERROR_DENIED},
    {"permission_denied", LIVE_ERROR_DENIED},
    {"invalid_argument", LIVE_ERROR_INVALID},
    {"malformed", LIVE_ERROR_INVALID},
    {"out_of_range", LIVE_ERROR_INVALID},
    {"failed_precondition", LIVE_ERROR_FAILED},
    {"unimplemented", LIVE_ERROR_FAILED},
    {"bad_route", LIVE_ERROR_FAILED},
};

static LiveErrorCode code_of(const Attempt *attempt, const char *code)
{
    for (gsize i = 0; code != NULL && i < G_N_ELEMENTS(codes); i++)
        if (strcmp(code, codes[i].code) == 0)
            return codes[i].error;
    if (attempt->status == 401 || attempt->status == 403)
        return LIVE_ERROR_DENIED;
    if (attempt->status == 404)
        return LIVE_ERROR_FAILED; /* nobody there knows of the call: it is no LiveKit */
    return attempt->status == 408 || attempt->status == 429 || attempt->status >= 500
               ? LIVE_ERROR_UNAVAILABLE
               : LIVE_ERROR_FAILED;
}

/* Whether a token was refused because the clocks are apart. */
static gboolean fail_clock(const Attempt *attempt, GError **error)
{
    gint64 theirs_s = attempt->date != NULL ? (gint64)curl_getdate(attempt->date, NULL) : -1;
    gint64 ahead_s = g_get_real_time() / G_USEC_PER_SEC - theirs_s;
    if (theirs_s < 0 || ABS(ahead_s) <= SKEW_S)
        return FALSE;
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_CLOCK,
                "%s: LiveKit takes no token: the clock of this machine is %" G_GINT64_FORMAT
                " s %s LiveKit's; set it (NTP)",
                attempt->call->method, ABS(ahead_s), ahead_s > 0 ? "ahead of" : "behind");
    return TRUE;
}

static void fail_answer(Attempt *attempt, GError **error)
{
    json_t *value = json_loadb(attempt->body->str, attempt->body->len, 0, NULL);
    const char *code = json_string_value(json_object_get(value, "code"));
    const char *said = json_string_value(json_object_get(value, "msg"));
    LiveErrorCode kind = code_of(attempt, code);
    g_autofree char *shown = said != NULL ? outgoing_printable(said) : NULL;
    attempt->may_pass = kind == LIVE_ERROR_UNAVAILABLE;
    if (kind != LIVE_ERROR_DENIED || !fail_clock(attempt, error))
        g_set_error(error, LIVE_ERROR, (gint)kind, "%s: LiveKit answers %u%s%s%s%s",
                    attempt->call->method, attempt->status, code != NULL ? " " : "",
                    code != NULL ? code : "", shown != NULL ? ": " : "",
                    shown != NULL ? shown : "");
    json_decref(value);
}

static void fail_transfer(Attempt *attempt, CURLcode result, GError **error)
{
    const char *method = attempt->call->method;
    if (is_cancelled(attempt->call)) {
        g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "given up");
    } else if (attempt->is_link_local) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_PRIVATE,
                    "%s: LiveKit's address is link-local, where no LiveKit is", method);
    } else if (attempt->is_too_large) {
        g_set_error(error, LIVE_ERROR, LIVE_ERROR_FORMAT, "%s: the answer is too long", method);
    } else {
        attempt->may_pass = result != CURLE_PEER_FAILED_VERIFICATION;
        g_set_error(error, LIVE_ERROR,
                    attempt->may_pass ? LIVE_ERROR_UNAVAILABLE : LIVE_ERROR_FAILED,
                    "%s: LiveKit is not reached: %s", method,
                    attempt->detail[0] != '\0' ? attempt->detail : curl_easy_strerror(result));
    }
}

static json_t *take_answer(Attempt *attempt, GError **error)
{
    json_t *value =
        json_loadb(attempt->body->str, attempt->body->len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(value))
        return value;
    json_decref(value);
    g_set_error(error, LIVE_ERROR, LIVE_ERROR_FORMAT,
                "%s: the answer is no JSON object: is this "
                "LiveKit?",
                attempt->call->method);
    return NULL;
}

/* ---- one attempt ---- */

static void set_limits(Attempt *attempt)
{
    CURL *curl = attempt->curl;
    outgoing_guard(curl, &attempt->is_link_local);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)CALL_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, attempt->detail);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, attempt);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, attempt);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static struct curl_slist *headers_of(const Call *call)
{
    gint64 now_s = g_get_real_time() / G_USEC_PER_SEC;
    g_autofree char *token = livekit_call_token(call->client->keys, call->room, now_s);
    g_autofree char *line = g_strconcat("Authorization: Bearer ", token, NULL);
    struct curl_slist *headers = curl_slist_append(NULL, line);
    headers = curl_slist_append(headers, "Content-Type: application/json");
    return curl_slist_append(headers, "Expect:");
}

static json_t *perform(Attempt *attempt, GError **error)
{
    const Call *call = attempt->call;
    g_autofree char *url =
        g_strconcat(call->client->keys->url, "/twirp/livekit.", call->method, NULL);
    struct curl_slist *headers = headers_of(call);
    set_limits(attempt);
    curl_easy_setopt(attempt->curl, CURLOPT_URL, url);
    curl_easy_setopt(attempt->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(attempt->curl, CURLOPT_POSTFIELDSIZE, (long)strlen(call->text));
    curl_easy_setopt(attempt->curl, CURLOPT_POSTFIELDS, call->text);
    CURLcode result = curl_easy_perform(attempt->curl);
    long status = 0;
    curl_easy_getinfo(attempt->curl, CURLINFO_RESPONSE_CODE, &status);
    attempt->status = (guint)status;
    curl_slist_free_all(headers);
    if (result == CURLE_OK && status == 200)
        return take_answer(attempt, error);
    if (result == CURLE_OK)
        fail_answer(attempt, error);
    else
        fail_transfer(attempt, result, error);
    return NULL;
}

static json_t *try_once(Call *call, gboolean *may_pass, GError **error)
{
    Attempt attempt = {.call = call, .curl = curl_easy_init(), .body = g_string_new(NULL)};
    g_assert(attempt.curl != NULL); /* memory */
    json_t *answer = perform(&attempt, error);
    *may_pass = attempt.may_pass;
    curl_easy_cleanup(attempt.curl);
    g_string_free(attempt.body, TRUE);
    g_free(attempt.date);
    return answer;
}

/* ---- attempts, in a worker ---- */

/* Somewhere up to twice as long each time. */
static void wait_before(const Call *call, guint attempt)
{
    gint64 most_ms = MIN((gint64)PAUSE_MS << MIN(attempt, 8), PAUSE_MS_MOST);
    gint64 end_us = g_get_monotonic_time() +
                    1000 * (most_ms / 2 + g_random_int_range(0, (gint32)(most_ms / 2 + 1)));
    while (!is_cancelled(call) && g_get_monotonic_time() < end_us)
        g_usleep(20000);
}

static void work(gpointer data)
{
    Call *call = data;
    for (guint attempt = 0; attempt < call->attempts; attempt++) {
        gboolean may_pass = FALSE;
        if (attempt > 0)
            wait_before(call, attempt);
        g_clear_error(&call->error);
        if (is_cancelled(call))
            return;
        call->answer = try_once(call, &may_pass, &call->error);
        if (call->answer != NULL || !may_pass)
            return;
    }
}

/* ---- on the loop again ---- */

static void dispose(gpointer data)
{
    LivekitClient *client = data;
    livekit_keys_free(client->keys);
    g_object_unref(client->cancellable);
    g_free(client->why);
    curl_global_cleanup();
}

/* Of LiveKit itself, and not of what was asked of it. */
static gboolean is_trouble(const GError *error)
{
    return error != NULL && !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_GONE) &&
           !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_EXISTS) &&
           !g_error_matches(error, LIVE_ERROR, LIVE_ERROR_INVALID);
}

static void note_health(LivekitClient *client, const GError *error)
{
    LivekitHealth *health = &client->health;
    gboolean is_failing = is_trouble(error);
    if (is_failing && (!health->is_known || !health->is_failing))
        g_warning("LiveKit fails error=%s", error->message);
    else if (!is_failing && health->is_failing)
        g_message("LiveKit answers again");
    g_free(client->why);
    client->why = is_failing ? g_strdup(error->message) : NULL;
    health->is_known = TRUE;
    health->is_failing = is_failing;
    health->why = client->why;
    health->calls++;
    health->errors += error != NULL ? 1 : 0;
}

static void finish(gpointer data)
{
    Call *call = data;
    if (!is_cancelled(call)) {
        note_health(call->client, call->error);
        call->done(call->answer, call->error, call->data);
    } else if (call->dropped != NULL) {
        call->dropped(call->data);
    }
    json_decref(call->answer);
    g_clear_error(&call->error);
    live_wipe_free(call->text);
    g_free(call->room);
    g_clear_object(&call->cancellable);
    g_rc_box_release_full(call->client, dispose);
    g_free(call);
}

void livekit_client_call(LivekitClient *client, const LivekitCall *asked, GCancellable *cancellable,
                         LivekitDone done, gpointer data)
{
    Call *call = g_new0(Call, 1);
    char *text = json_dumps(asked->body, JSON_COMPACT);
    g_assert(text != NULL);
    call->client = g_rc_box_acquire(client);
    call->method = asked->method;
    call->room = g_strdup(asked->room);
    call->text = g_strdup(text);
    call->attempts = MAX(asked->attempts, 1);
    call->cancellable = cancellable != NULL ? g_object_ref(cancellable) : NULL;
    call->done = done;
    call->dropped = asked->dropped;
    call->data = data;
    explicit_bzero(text, strlen(text));
    free(text);
    json_decref(asked->body);
    store_workers_push(client->workers, work, finish, call);
}

/* ---- life ---- */

LivekitClient *livekit_client_new(LivekitKeys *keys, GMainContext *context, GError **error)
{
    /* libcurl counts these, under a lock of its own. */
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        livekit_keys_free(keys);
        g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_FAILED, "libcurl cannot be set up");
        return NULL;
    }
    LivekitClient *client = g_rc_box_new0(LivekitClient);
    client->keys = keys;
    client->cancellable = g_cancellable_new();
    client->workers = store_workers_new("livekit", THREADS, context);
    return client;
}

void livekit_client_free(LivekitClient *client)
{
    if (client == NULL)
        return;
    g_cancellable_cancel(client->cancellable);
    g_clear_pointer(&client->workers, store_workers_free);
    g_rc_box_release_full(client, dispose);
}

const LivekitKeys *livekit_client_keys(const LivekitClient *client)
{
    return client->keys;
}

LivekitHealth livekit_client_health(const LivekitClient *client)
{
    return client->health;
}
