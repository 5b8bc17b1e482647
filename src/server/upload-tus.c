/* Resumable uploads: tus 1.0.0 (https://tus.io/protocols/resumable-upload) with creation,
 * creation-defer-length, checksum, expiration and termination. One recording is one upload; its
 * address is /upload/{show}/{name}. What a PATCH is answered for is on disk. */
#include "feed-private.h"
#include "shows-private.h"
#include "upload-headers-private.h"

#include <string.h>

#define TUS_VERSION    "1.0.0"
#define TUS_EXTENSIONS "creation,creation-defer-length,checksum,expiration,termination"
#define TUS_CONTENT    "application/offset+octet-stream"

/* A recording that somebody wrote so recently is not begun by somebody else. */
enum { IN_USE_S = 10 };

/* ---- answers ---- */

static void add_number(HttpReply *reply, const char *name, gint64 number)
{
    g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT, number);
    http_reply_header(reply, name, text);
}

static HttpReply *new_answer(guint status)
{
    HttpReply *reply = http_reply_new(status);
    http_reply_header(reply, "Tus-Resumable", TUS_VERSION);
    return reply;
}

/* RFC 9110, 5.6.7. */
static void add_expiry(const Server *server, HttpReply *reply)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) end = g_date_time_add_seconds(now, (double)server->config->upload_idle_s);
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    g_autofree char *text = g_strdup_printf(
        "%s, %02d %s %d %02d:%02d:%02d GMT", days[g_date_time_get_day_of_week(end) - 1],
        g_date_time_get_day_of_month(end), months[g_date_time_get_month(end) - 1],
        g_date_time_get_year(end), g_date_time_get_hour(end), g_date_time_get_minute(end),
        g_date_time_get_second(end));
    http_reply_header(reply, "Upload-Expires", text);
}

/* TRUE: the client speaks this version. Otherwise it was answered. */
static gboolean check_version(ServerCall *call)
{
    const char *version = http_request_header(server_call_request(call), "Tus-Resumable");
    if (g_strcmp0(version, TUS_VERSION) == 0)
        return TRUE;
    HttpReply *reply = new_answer(412);
    http_reply_header(reply, "Tus-Version", TUS_VERSION);
    server_call_reply(call, reply);
    return FALSE;
}

void server_tus_options(Server *server, ServerCall *call)
{
    HttpReply *reply = new_answer(204);
    http_reply_header(reply, "Tus-Version", TUS_VERSION);
    http_reply_header(reply, "Tus-Extension", TUS_EXTENSIONS);
    http_reply_header(reply, "Tus-Checksum-Algorithm", "sha1,sha256");
    if (server->config->quota_bytes > 0)
        add_number(reply, "Tus-Max-Size", server->config->quota_bytes);
    server_call_reply(call, reply);
}

/* ---- headers ---- */

static const char *header(const ServerCall *call, const char *name)
{
    return http_request_header(server_call_request(call), name);
}

/* ---- creation ---- */

static gboolean read_length(const ServerCall *call, gint64 *length, GError **error)
{
    const char *defer = http_request_header(server_call_request(call), "Upload-Defer-Length");
    if (!server_tus_number("Upload-Length", header(call, "Upload-Length"), length, error))
        return FALSE;
    if ((*length >= 0) != (defer == NULL) || (defer != NULL && strcmp(defer, "1") != 0)) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID,
                            "Upload-Length: expected a length, or Upload-Defer-Length: 1");
        return FALSE;
    }
    return TRUE;
}

static gboolean is_in_use(const ServerRecording *recording)
{
    gint64 touched_us = server_recording_touched_us(recording);
    return server_recording_is_claimed(recording) ||
           (touched_us > 0 && store_upload_end(server_recording_upload(recording)) > 0 &&
            g_get_monotonic_time() - touched_us < IN_USE_S * G_USEC_PER_SEC);
}

static ServerRecording *create(Server *server, ServerCall *call, GError **error)
{
    gint64 length;
    g_autofree char *session = server_tus_metadata(header(call, "Upload-Metadata"), "sessionId");
    g_autofree char *name = server_tus_metadata(header(call, "Upload-Metadata"), "name");
    if (!read_length(call, &length, error))
        return NULL;
    ServerRecording *recording =
        server_uploads_open(server, server_call_who(call), session, name, length, error);
    if (recording == NULL)
        return NULL;
    gboolean is_whole = store_upload_is_finished(server_recording_upload(recording));
    if (is_whole || is_in_use(recording)) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT, "name: %s %s", name,
                    is_whole ? "is whole already; name the next part"
                             : "is being recorded elsewhere; close the other tab, or name the "
                               "next part");
        return NULL;
    }
    if (length >= 0 && !server_recording_declare(recording, length, error))
        return NULL;
    return recording;
}

/* ---- when it is known how much is on disk ---- */

typedef void (*Then)(Server *server, ServerCall *call, ServerRecording *recording);

typedef struct Waiting {
    Server *server;
    ServerCall *call;
    Then then;
} Waiting;

static void known(ServerRecording *recording, gpointer data)
{
    g_autofree Waiting *waiting = data;
    if (recording != NULL)
        waiting->then(waiting->server, waiting->call, recording);
    else
        server_call_refuse(waiting->call, SERVER_ERROR_BUSY, NULL, "this server is stopping");
}

static void when_known(Server *server, ServerCall *call, ServerRecording *recording, Then then)
{
    Waiting *waiting = g_new(Waiting, 1);
    waiting->server = server;
    waiting->call = call;
    waiting->then = then;
    server_recording_when_open(recording, known, waiting);
}

/* What was created is in the manifest, with its length, before the client is told. */
typedef struct Created {
    Server *server;
    ServerCall *call;
    char *place;
} Created;

static void created(const GError *error, gpointer data)
{
    g_autofree Created *created = data;
    g_autofree char *place = created->place;
    if (error != NULL) {
        server_call_fail(created->call, g_error_copy(error), NULL);
        return;
    }
    HttpReply *reply = new_answer(201);
    http_reply_header(reply, "Location", place);
    add_expiry(created->server, reply);
    server_call_reply(created->call, reply);
}

static void answer_created(Server *server, ServerCall *call, ServerRecording *recording)
{
    ServerShow *show = server_recording_show(recording);
    Created *made = g_new(Created, 1);
    made->server = server;
    made->call = call;
    made->place =
        g_strdup_printf("/upload/%s/%s", server_show_id(show), server_recording_name(recording));
    server_show_save_then(show, created, made);
}

void server_tus_create(Server *server, ServerCall *call)
{
    GError *error = NULL;
    if (!check_version(call))
        return;
    ServerRecording *recording = create(server, call, &error);
    if (recording == NULL)
        server_call_fail(call, error, NULL);
    else
        when_known(server, call, recording, answer_created);
}

/* ---- an upload that is there ---- */

/* Of the path; answers otherwise. */
static ServerRecording *named(Server *server, ServerCall *call)
{
    GError *error = NULL;
    const char *session = server_call_part(call, 0), *name = server_call_part(call, 1);
    if (!check_version(call))
        return NULL;
    ServerShow *show = server_shows_open(server->shows, session);
    ServerRecording *recording = show != NULL ? server_recording_find(show, name) : NULL;
    if (recording == NULL && server_who_may_see(server_call_who(call), session)) {
        server_call_refuse(call, SERVER_ERROR_NOT_FOUND, "name", "name: there is no such upload");
        return NULL;
    }
    recording = server_uploads_open(server, server_call_who(call), session, name, -1, &error);
    if (recording == NULL)
        server_call_fail(call, error, NULL);
    return recording;
}

static void answer_head(Server *server, ServerCall *call, ServerRecording *recording)
{
    (void)server;
    HttpReply *reply = new_answer(200);
    add_number(reply, "Upload-Offset",
               store_upload_acknowledged_bytes(server_recording_upload(recording)));
    gint64 length = server_recording_length(recording);
    if (length < 0 && store_upload_is_finished(server_recording_upload(recording)))
        length = store_upload_acknowledged_bytes(server_recording_upload(recording));
    if (length >= 0)
        add_number(reply, "Upload-Length", length);
    else
        http_reply_header(reply, "Upload-Defer-Length", "1");
    http_reply_header(reply, "Cache-Control", "no-store");
    server_call_reply(call, reply);
}

void server_tus_head(Server *server, ServerCall *call)
{
    ServerRecording *recording = named(server, call);
    if (recording != NULL)
        when_known(server, call, recording, answer_head);
}

static void deleted(const GError *error, gpointer data)
{
    if (error != NULL)
        server_call_fail(data, g_error_copy(error), NULL);
    else
        server_call_reply(data, new_answer(204));
}

void server_tus_delete(Server *server, ServerCall *call)
{
    ServerRecording *recording = named(server, call);
    if (recording == NULL)
        return;
    if (store_upload_is_finished(server_recording_upload(recording)))
        server_call_refuse(call, SERVER_ERROR_CONFLICT, "name",
                           "name: this recording is whole; delete its show instead");
    else if (server_recording_is_claimed(recording))
        server_call_refuse(call, SERVER_ERROR_CONFLICT, "name",
                           "name: this recording is being sent");
    else
        server_recording_remove(recording, deleted, call);
}

/* ---- PATCH ---- */

typedef struct Patch {
    Server *server;
    ServerCall *call; /* NULL: answered */
    ServerRecording *recording;
    ServerFeed *feed;
    guint refs;
} Patch;

static void unref(Patch *patch)
{
    if (--patch->refs == 0)
        g_free(patch);
}

static void fail(Patch *patch, const GError *error)
{
    ServerCall *call = g_steal_pointer(&patch->call);
    g_clear_pointer(&patch->feed, server_feed_free);
    if (call == NULL)
        return;
    server_metrics_add(patch->server->metrics, SERVER_METRIC_UPLOADS_REFUSED, 1);
    server_call_fail(call, g_error_copy(error), NULL);
    unref(patch);
}

static void succeed(Patch *patch)
{
    ServerCall *call = g_steal_pointer(&patch->call);
    g_clear_pointer(&patch->feed, server_feed_free);
    if (call == NULL)
        return;
    HttpReply *reply = new_answer(204);
    add_number(reply, "Upload-Offset",
               store_upload_acknowledged_bytes(server_recording_upload(patch->recording)));
    add_expiry(patch->server, reply);
    server_call_reply(call, reply);
    unref(patch);
}

static void whole(const GError *error, gpointer data)
{
    Patch *patch = data;
    if (error != NULL)
        fail(patch, error);
    else
        succeed(patch);
    unref(patch);
}

static void fed(const GError *error, gpointer data)
{
    Patch *patch = data;
    if (error != NULL) {
        fail(patch, error);
        return;
    }
    const StoreUpload *upload = server_recording_upload(patch->recording);
    if (store_upload_acknowledged_bytes(upload) != server_recording_length(patch->recording)) {
        succeed(patch);
        return;
    }
    patch->refs++;
    server_recording_finish(patch->recording, server_recording_expected_sum(patch->recording),
                            whole, patch);
}

static void gone(ServerCall *call, gpointer data)
{
    Patch *patch = data;
    (void)call;
    /* What came is stored all the same: the client asks where to go on. */
    g_autoptr(GError) error =
        g_error_new_literal(SERVER_ERROR, SERVER_ERROR_INVALID, "the connection ended");
    fail(patch, error);
}

static guint8 *body_room(gsize *length, gpointer data)
{
    Patch *patch = data;
    return server_feed_room(patch->feed, length);
}

static void body_bytes(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    Patch *patch = data;
    (void)request;
    if (length == 0)
        server_feed_finish(patch->feed);
    else
        server_feed_bytes(patch->feed, bytes, length);
}

static gboolean check_patch(ServerCall *call, ServerRecording *recording, gint64 *offset,
                            StoreSum *sum, GError **error)
{
    gint64 length;
    const char *type = http_request_header(server_call_request(call), "Content-Type");
    StoreUpload *upload = server_recording_upload(recording);
    if (g_strcmp0(type, TUS_CONTENT) != 0) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_TYPE,
                            "Content-Type: expected " TUS_CONTENT);
        return FALSE;
    }
    if (!server_tus_number("Upload-Offset", header(call, "Upload-Offset"), offset, error) ||
        !server_tus_number("Upload-Length", header(call, "Upload-Length"), &length, error) ||
        !server_tus_sum(header(call, "Upload-Checksum"), sum, error))
        return FALSE;
    if (*offset < 0) {
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_INVALID, "Upload-Offset: is missing");
        return FALSE;
    }
    if (*offset > store_upload_acknowledged_bytes(upload)) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFLICT,
                    "Upload-Offset: expected %" G_GINT64_FORMAT ", found %" G_GINT64_FORMAT,
                    store_upload_acknowledged_bytes(upload), *offset);
        return FALSE;
    }
    return length < 0 || server_recording_declare(recording, length, error);
}

static void start_patch(Server *server, ServerCall *call, ServerRecording *recording)
{
    GError *error = NULL;
    gint64 offset;
    StoreSum sum;
    if (!check_patch(call, recording, &offset, &sum, &error)) {
        server_call_fail(call, error, NULL);
        return;
    }
    Patch *patch = g_new0(Patch, 1);
    patch->server = server;
    patch->call = call;
    patch->recording = recording;
    patch->refs = 1;
    patch->feed = server_feed_new(server, recording, call, offset, fed, patch);
    server_feed_set_sum(patch->feed, &sum);
    server_call_on_gone(call, gone, patch);
    http_request_stream_into(server_call_request(call), body_room, body_bytes, patch);
}

void server_tus_patch(Server *server, ServerCall *call)
{
    ServerRecording *recording = named(server, call);
    if (recording != NULL)
        when_known(server, call, recording, start_patch);
}
