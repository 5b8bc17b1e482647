/* Recordings in. Threads: the server's. */
#pragma once
#include "call-private.h"
#include "show-private.h"

/* upload.c */
void server_uploads_room(gpointer server); /* the disk takes more: uploads that wait go on */
/* Waits for room: `again` is called once, from the loop. */
typedef void (*ServerUploadsAgain)(gpointer data);
void server_uploads_wait(Server *server, ServerUploadsAgain again, gpointer data);
void server_uploads_stop_waiting(Server *server, gpointer data);
/* Whether the caller may send a recording of this name. SERVER_ERROR_FORBIDDEN. */
gboolean server_uploads_may_send(const ServerWho *who, const char *session, const char *name,
                                 GError **error);
/* The show and recording that `session` and `name` name, if the caller may send it. NULL and error. */
ServerRecording *server_uploads_open(Server *server, const ServerWho *who, const char *session,
                                     const char *name, gint64 length_bytes, GError **error);

/* upload-multipart.c and upload-tus.c */
void server_upload_multipart(Server *server, ServerCall *call);
void server_tus_create(Server *server, ServerCall *call);
void server_tus_head(Server *server, ServerCall *call);
void server_tus_patch(Server *server, ServerCall *call);
void server_tus_delete(Server *server, ServerCall *call);
void server_tus_options(Server *server, ServerCall *call);
