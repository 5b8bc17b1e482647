/* One HTTP call on its way through a handler: who calls, the parts of the path, and the answer,
 * which ends the call. Every answer carries X-Request-Id and the security headers, and is counted
 * and logged here. Threads: the server's. */
#pragma once
#include <http/request.h>
#include <http/websocket.h>
#include <jansson.h>
#include <server/error.h>

#include "identity-private.h"

typedef struct ServerCall ServerCall;

HttpRequest *server_call_request(const ServerCall *call);
const ServerWho *server_call_who(const ServerCall *call);
/* The i-th {…} of the route's pattern, from 0; checked for nothing but not being empty. */
const char *server_call_part(const ServerCall *call, guint i);
const char *server_call_id(const ServerCall *call); /* for logs and X-Request-Id */

/* The client went away before the answer: once, and an answer is still owed. For what has to be let
 * go of early (a half-sent upload). */
void server_call_on_gone(ServerCall *call, void (*gone)(ServerCall *call, gpointer data),
                         gpointer data);

/* ---- the body ---- */

/* The body as JSON (an object), at most `max_bytes`. Bad JSON is answered here with 400, an absent
 * or other Content-Type than application/json with 415; `done` is then not called, but `data` is
 * not freed by anybody: give what the call owns, or nothing. `body` is borrowed. */
typedef void (*ServerCallJson)(ServerCall *call, const json_t *body, gpointer data);
void server_call_json_body(ServerCall *call, gsize max_bytes, ServerCallJson done, gpointer data);
/* The body as it is. */
typedef void (*ServerCallBytes)(ServerCall *call, GBytes *body, gpointer data);
void server_call_bytes_body(ServerCall *call, gsize max_bytes, ServerCallBytes done, gpointer data);
/* Members of a body: NULL with SERVER_ERROR_INVALID that names the field. Borrowed. */
const char *server_json_text(const json_t *body, const char *member, gsize max_bytes,
                             GError **error);

/* ---- the answer: each ends the call ---- */

/* A WebSocket instead of an answer; NULL: it was none that was asked for, and that was answered. Origin
 * is the caller's to check, before. */
HttpWebSocket *server_call_websocket(ServerCall *call, const HttpWebSocketOptions *options,
                                     const HttpWebSocketEvents *events, gpointer data);

void server_call_reply(ServerCall *call, HttpReply *reply); /* taken */
/* A file with its conditions and ranges (http/request.h). `headers` as there; the file is marked so
 * that a browser takes it for nothing but its type, and runs nothing of it. */
void server_call_file(ServerCall *call, HttpReply *headers, const HttpFile *file); /* taken */
void server_call_json(ServerCall *call, guint status, json_t *body);               /* taken */
/* The members of `text`, an object written before (borrowed), and behind them those of `body`, which
 * are others. */
void server_call_json_joined(ServerCall *call, guint status, const char *text,
                             json_t *body); /* taken */
void server_call_empty(ServerCall *call, guint status);
/* {"error":{"code","message","field"}}: the status and code of the error; what is a system's own
 * failure (500) is logged with its message and answered without. `error` is taken. `field` NULL:
 * the one that the message begins with, if it does. */
void server_call_fail(ServerCall *call, GError *error, const char *field);
void server_call_refuse(ServerCall *call, ServerError code, const char *field, const char *format,
                        ...) G_GNUC_PRINTF(4, 5);
