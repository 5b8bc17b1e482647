/* What the ways of sending a recording have in common, and the table of their calls. Multipart and
 * tus share an address: a request with Tus-Resumable is tus. */
#include "uploads-private.h"

#include "route-private.h"
#include "shows-private.h"

#include <string.h>

/* ---- waiting for the disk ---- */

typedef struct Waiter {
    ServerUploadsAgain again;
    gpointer data;
} Waiter;

void server_uploads_wait(Server *server, ServerUploadsAgain again, gpointer data)
{
    Waiter *waiter = g_new(Waiter, 1);
    waiter->again = again;
    waiter->data = data;
    g_queue_push_tail(&server->waiting_uploads, waiter);
}

void server_uploads_stop_waiting(Server *server, gpointer data)
{
    for (GList *link = server->waiting_uploads.head; link != NULL; link = link->next) {
        Waiter *waiter = link->data;
        if (waiter->data != data)
            continue;
        g_queue_delete_link(&server->waiting_uploads, link);
        g_free(waiter);
        return;
    }
}

/* From within the store: uploads go on from the loop. */
static gboolean go_on(gpointer data)
{
    Server *server = data;
    server->room_source = 0;
    guint count = g_queue_get_length(&server->waiting_uploads);
    for (guint i = 0; i < count && !g_queue_is_empty(&server->waiting_uploads); i++) {
        g_autofree Waiter *waiter = g_queue_pop_head(&server->waiting_uploads);
        waiter->again(waiter->data);
    }
    return G_SOURCE_REMOVE;
}

void server_uploads_room(gpointer data)
{
    Server *server = data;
    if (server->room_source == 0)
        server->room_source = g_idle_add(go_on, server);
}

/* ---- which recording ---- */

/* A camera or guest sends the recordings of its own source only. */
gboolean server_uploads_may_send(const ServerWho *who, const char *session, const char *name,
                                 GError **error)
{
    gboolean is_own = !server_who_is_source(who) || server_recording_is_of(name, who->source);
    const char *source = server_who_is_source(who) ? who->source : NULL;
    if (is_own && server_who_may_send(who, session, source))
        return TRUE;
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_FORBIDDEN,
                        "name: this token may not send this recording");
    return FALSE;
}

ServerRecording *server_uploads_open(Server *server, const ServerWho *who, const char *session,
                                     const char *name, gint64 length_bytes, GError **error)
{
    if (session == NULL || name == NULL) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_INVALID, "%s: is missing",
                    session == NULL ? "sessionId" : "name");
        return NULL;
    }
    if (!server_uploads_may_send(who, session, name, error))
        return NULL;
    ServerShow *show = server_shows_need(server->shows, session, error);
    return show != NULL ? server_recording_open(show, name, length_bytes, error) : NULL;
}

/* ---- the table ---- */

static void handle_post(Server *server, ServerCall *call)
{
    if (http_request_header(server_call_request(call), "Tus-Resumable") != NULL)
        server_tus_create(server, call);
    else
        server_upload_multipart(server, call);
}

const ServerRoute server_upload_routes[] = {
    {"POST", "/upload", SERVER_MAY_ANY_TOKEN, handle_post,
     "Sends a recording or events.json as multipart/form-data (fields sessionId, name, file), or "
     "creates a tus 1.0.0 upload.",
     NULL, "{\"type\":\"object\",\"required\":[\"name\",\"bytes\"]}", 201},
    {"OPTIONS", "/upload", SERVER_MAY_ANYONE, server_tus_options, "What of tus this server speaks.",
     NULL, NULL, 204},
    {"HEAD", "/upload/{id}/{name}", SERVER_MAY_ANY_TOKEN, server_tus_head,
     "Where a tus upload goes on.", NULL, NULL, 200},
    {"PATCH", "/upload/{id}/{name}", SERVER_MAY_ANY_TOKEN, server_tus_patch,
     "Appends to a tus upload: what it is answered for is on disk.", NULL, NULL, 204},
    {"DELETE", "/upload/{id}/{name}", SERVER_MAY_ANY_TOKEN, server_tus_delete,
     "Gives up a tus upload that is not whole.", NULL, NULL, 204},
    {0},
};
