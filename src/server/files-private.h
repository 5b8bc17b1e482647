/* Files of shows as they are served. Threads: the server's, but for the first two. */
#pragma once
#include "call-private.h"
#include <server/server.h>

/* Whether a file of this name is given out at all: never a temporary or a hidden one. */
gboolean server_file_is_served(const char *name);
/* Documents that every show has, whether or not its manifest names them. */
gboolean server_file_is_document(const char *name);
/* How much of it: what was acknowledged of a recording that grows, else its size. */
gint64 server_file_length(Server *server, const char *show_id, const char *name, gint64 size);

/* The show of the path's first part, which the caller may see; NULL: it was answered. */
const char *server_files_seen(Server *server, ServerCall *call);
/* A file, with Range and ETag; 404 for what is none. */
void server_files_send(Server *server, ServerCall *call, const char *show_id, const char *name);
void server_files_send_of_cut(Server *server, ServerCall *call, const char *show_id,
                              const char *cut, const char *name);
