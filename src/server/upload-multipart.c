/* A recording, or events.json, as one multipart/form-data request: fields `sessionId` and `name`,
 * then `file`; `sha256` before or behind it, if the sender wants its sum checked. The file is
 * appended as it comes; the answer says that all of it is on disk. A request that was cut short
 * leaves what it had stored: sent again from the start, it goes on there. */
#include "feed-private.h"
#include "shows-private.h"

#include <http/multipart.h>
#include <show/limits.h>
#include <show/log.h>

#include <string.h>

enum { FIELD_BYTES = 255, EVENTS_BYTES = 16 << 20 };

typedef enum {
    PART_NONE = 0,
    PART_SESSION,
    PART_NAME,
    PART_SUM,
    PART_FILE,
    PART_OTHER, /* read and left alone */
} Part;

typedef struct Upload {
    Server *server;
    ServerCall *call; /* NULL: answered */
    HttpMultipart *parser;
    Part part;
    GString *session, *name, *sum;
    gboolean had_file, is_events;
    ServerRecording *recording;
    ServerFeed *feed;
    GByteArray *events; /* events.json, whole */
    GError *error;      /* why a part was refused */
    guint refs;         /* of callbacks that are due, and of the request */
    guint events_due, events_stored, events_refused;
} Upload;

static void unref(Upload *upload)
{
    if (--upload->refs > 0)
        return;
    http_multipart_free(upload->parser);
    g_string_free(upload->session, TRUE);
    g_string_free(upload->name, TRUE);
    g_string_free(upload->sum, TRUE);
    g_byte_array_unref(upload->events);
    g_clear_error(&upload->error);
    g_free(upload);
}

/* ---- the end ---- */

/* The one answer; `error` is taken. */
static void fail(Upload *upload, GError *error)
{
    ServerCall *call = g_steal_pointer(&upload->call);
    g_clear_pointer(&upload->feed, server_feed_free);
    if (call == NULL) {
        g_error_free(error);
        return;
    }
    server_metrics_add(upload->server->metrics, SERVER_METRIC_UPLOADS_REFUSED, 1);
    server_call_fail(call, error, NULL);
    unref(upload);
}

static void succeed(Upload *upload, json_t *body)
{
    ServerCall *call = g_steal_pointer(&upload->call);
    g_clear_pointer(&upload->feed, server_feed_free);
    if (call != NULL) {
        server_call_json(call, 201, body);
        unref(upload);
    } else {
        json_decref(body);
    }
}

static void gone(ServerCall *call, gpointer data)
{
    (void)call;
    fail(data, g_error_new_literal(SERVER_ERROR, SERVER_ERROR_INVALID,
                                   "file: the connection ended before it did"));
}

static void whole(const GError *error, gpointer data)
{
    Upload *upload = data;
    if (error != NULL) {
        fail(upload, g_error_copy(error));
    } else if (upload->call != NULL) {
        const StoreUpload *stored = server_recording_upload(upload->recording);
        json_t *body = json_pack("{s:s, s:I}", "name", upload->name->str, "bytes",
                                 (json_int_t)store_upload_acknowledged_bytes(stored));
        if (upload->sum->len > 0)
            json_object_set_new(body, "sha256", json_string(upload->sum->str));
        succeed(upload, body);
    }
    unref(upload);
}

static void fed(const GError *error, gpointer data)
{
    Upload *upload = data;
    if (error != NULL) {
        fail(upload, g_error_copy(error));
        return;
    }
    upload->refs++;
    server_recording_finish(upload->recording, upload->sum->len > 0 ? upload->sum->str : NULL,
                            whole, upload);
}

/* ---- events.json ---- */

static void event_answered(gint64 seq, gint64 at_ms, const GError *error, gpointer data)
{
    Upload *upload = data;
    (void)seq, (void)at_ms;
    if (error == NULL)
        upload->events_stored++;
    else
        upload->events_refused++;
    if (--upload->events_due == 0)
        succeed(upload,
                json_pack("{s:s, s:I, s:i, s:i}", "name", upload->name->str, "bytes",
                          (json_int_t)upload->events->len, "events", (int)upload->events_stored,
                          "refused", (int)upload->events_refused));
    unref(upload);
}

/* Lines that a client kept: merged by id. Those that only the server writes are its own already. */
static void take_events(Upload *upload)
{
    GError *error = NULL;
    g_autoptr(ShowLog) log = show_log_parse("events.json", (const char *)upload->events->data,
                                            upload->events->len, &error);
    ServerShow *show =
        log != NULL ? server_shows_need(upload->server->shows, upload->session->str, &error) : NULL;
    if (show == NULL) {
        fail(upload, error);
        return;
    }
    const ServerWho *who = server_call_who(upload->call);
    ServerWho copy = *who;
    upload->events_due = log->events->len + 1;
    for (guint i = 0; i < log->events->len; i++) {
        json_t *value = show_event_to_json(log->events->pdata[i]);
        json_object_del(value, "seq");
        upload->refs++;
        server_show_event(show, &copy, NULL, value, event_answered, upload);
        json_decref(value);
    }
    upload->refs++;
    upload->events_stored--; /* this one is no event */
    event_answered(0, 0, NULL, upload);
}

/* ---- parts ---- */

static gboolean refuse(Upload *upload, ServerError code, const char *message)
{
    if (upload->error == NULL)
        upload->error = g_error_new_literal(SERVER_ERROR, (int)code, message);
    return FALSE;
}

static gboolean begin_file(Upload *upload)
{
    if (upload->had_file)
        return refuse(upload, SERVER_ERROR_INVALID, "file: one file a request");
    upload->had_file = TRUE;
    if (upload->session->len == 0 || upload->name->len == 0)
        return refuse(upload, SERVER_ERROR_INVALID,
                      "file: the fields sessionId and name have to come before it");
    const ServerWho *who = server_call_who(upload->call);
    if (strcmp(upload->name->str, "events.json") == 0) {
        upload->is_events = TRUE;
        return server_who_may_send(who, upload->session->str, NULL) ||
               refuse(upload, SERVER_ERROR_FORBIDDEN, "sessionId: this token may not do that");
    }
    upload->recording = server_uploads_open(upload->server, who, upload->session->str,
                                            upload->name->str, -1, &upload->error);
    if (upload->recording == NULL)
        return FALSE;
    if (server_recording_is_claimed(upload->recording))
        return refuse(upload, SERVER_ERROR_CONFLICT, "name: this recording is being sent already");
    if (store_upload_is_finished(server_recording_upload(upload->recording)))
        return refuse(upload, SERVER_ERROR_CONFLICT, "name: this recording is whole already");
    if (upload->sum->len > 0)
        store_upload_keep_sum(server_recording_upload(upload->recording));
    upload->feed = server_feed_new(upload->server, upload->recording, upload->call, 0, fed, upload);
    return TRUE;
}

static gboolean part_begins(const char *name, const char *file_name, const char *content_type,
                            gpointer data)
{
    Upload *upload = data;
    (void)file_name, (void)content_type;
    upload->part = PART_OTHER;
    if (strcmp(name, "sessionId") == 0)
        upload->part = PART_SESSION;
    else if (strcmp(name, "name") == 0)
        upload->part = PART_NAME;
    else if (strcmp(name, "sha256") == 0)
        upload->part = PART_SUM;
    else if (strcmp(name, "file") == 0)
        upload->part = PART_FILE;
    return upload->part != PART_FILE || begin_file(upload);
}

static gboolean add_field(Upload *upload, GString *field, const char *name, const guint8 *bytes,
                          gsize length)
{
    if (field->len + length > FIELD_BYTES || memchr(bytes, '\0', length) != NULL) {
        g_autofree char *message = g_strdup_printf("%s: is too long, or no text", name);
        return refuse(upload, SERVER_ERROR_INVALID, message);
    }
    g_string_append_len(field, (const char *)bytes, (gssize)length);
    return TRUE;
}

static gboolean add_file(Upload *upload, const guint8 *bytes, gsize length)
{
    if (!upload->is_events)
        return server_feed_bytes(upload->feed, bytes, length);
    if (upload->events->len + length > EVENTS_BYTES)
        return refuse(upload, SERVER_ERROR_TOO_LARGE, "file: too many events in one request");
    g_byte_array_append(upload->events, bytes, (guint)length);
    return TRUE;
}

static gboolean part_bytes(const guint8 *bytes, gsize length, gpointer data)
{
    Upload *upload = data;
    switch (upload->part) {
    case PART_SESSION:
        return add_field(upload, upload->session, "sessionId", bytes, length);
    case PART_NAME:
        return add_field(upload, upload->name, "name", bytes, length);
    case PART_SUM:
        return add_field(upload, upload->sum, "sha256", bytes, length);
    case PART_FILE:
        return add_file(upload, bytes, length);
    default:
        return TRUE;
    }
}

static gboolean part_ends(gpointer data)
{
    Upload *upload = data;
    Part ended = upload->part;
    upload->part = PART_NONE;
    return ended != PART_SUM || server_is_sha256(upload->sum->str) ||
           refuse(upload, SERVER_ERROR_INVALID,
                  "sha256: expected 64 lower-case hexadecimal digits, once");
}

static const HttpMultipartEvents parts = {
    .begin = part_begins, .bytes = part_bytes, .end = part_ends};

/* ---- the body ---- */

static void body_ended(Upload *upload)
{
    if (!http_multipart_finish(upload->parser, &upload->error)) {
        fail(upload, g_steal_pointer(&upload->error));
    } else if (!upload->had_file) {
        refuse(upload, SERVER_ERROR_INVALID, "file: is missing");
        fail(upload, g_steal_pointer(&upload->error));
    } else if (upload->is_events) {
        take_events(upload);
    } else {
        server_feed_finish(upload->feed);
    }
}

/* Where the file's next bytes belong, if it is the file that comes: behind those that the parser holds
 * back, which may be the file's too. */
static guint8 *body_room(gsize *length, gpointer data)
{
    Upload *upload = data;
    gsize held = http_multipart_held(upload->parser), room = 0;
    guint8 *place = NULL;
    if (upload->part == PART_FILE && upload->feed != NULL)
        place = server_feed_room(upload->feed, &room);
    *length = room > held ? room - held : 0;
    return *length > 0 ? place + held : NULL;
}

static void body_bytes(HttpRequest *request, const guint8 *bytes, gsize length, gpointer data)
{
    Upload *upload = data;
    GError *syntax = NULL;
    (void)request;
    if (length == 0) {
        body_ended(upload);
        return;
    }
    upload->refs++;
    gboolean good = http_multipart_feed(upload->parser, bytes, length, &syntax);
    if (!good && upload->call != NULL)
        fail(upload,
             upload->error != NULL ? g_steal_pointer(&upload->error) : g_steal_pointer(&syntax));
    g_clear_error(&syntax);
    unref(upload);
}

void server_upload_multipart(Server *server, ServerCall *call)
{
    const HttpRequest *request = server_call_request(call);
    g_autofree char *boundary =
        http_multipart_boundary(http_request_header(request, "Content-Type"));
    if (boundary == NULL) {
        server_call_refuse(call, SERVER_ERROR_TYPE, "Content-Type",
                           "Content-Type: expected multipart/form-data with a boundary, or the "
                           "headers of tus 1.0.0");
        return;
    }
    HttpMultipartLimits limits = {.parts = 16};
    Upload *upload = g_new0(Upload, 1);
    upload->server = server;
    upload->call = call;
    upload->refs = 1;
    upload->session = g_string_new(NULL);
    upload->name = g_string_new(NULL);
    upload->sum = g_string_new(NULL);
    upload->events = g_byte_array_new();
    upload->parser = http_multipart_new(boundary, &limits, &parts, upload);
    server_call_on_gone(call, gone, upload);
    http_request_stream_into((HttpRequest *)request, body_room, body_bytes, upload);
}
