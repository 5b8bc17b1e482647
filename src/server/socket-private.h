/* The shows over Socket.IO: who connects, what they missed, what they send. Threads: the server's. */
#pragma once
#include "shows-private.h"

gboolean server_socket_new(Server *server, GError **error);          /* makes server->socketio */
void server_socket_free(Server *server);                             /* before the shows */
gboolean server_socket_handle(Server *server, HttpRequest *request); /* TRUE: under /socket.io/ */

/* Sends a line of the log, JSON text, to everybody in the show but `except`. */
void server_socket_send_line(Server *server, const char *show_id, SocketioSocket *except,
                             const char *line);
/* What `state` says changed: sent at most once a second. */
void server_socket_state_changed(Server *server, const char *show_id);
/* Guests whose link has ended, or whom the host removed, go. To be called every few seconds. */
void server_socket_end_links(Server *server);
/* The state of every show did. */
void server_socket_states_changed(Server *server);
guint server_socket_watchers(Server *server, const char *show_id); /* clients in the show */
void server_socket_end_show(Server *server, const char *show_id);  /* everybody leaves it */
