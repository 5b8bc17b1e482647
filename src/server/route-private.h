/* The table of calls: from it come dispatch, 405, who may, Origin checks and /openapi.json. */
#pragma once
#include "call-private.h"
#include <server/server.h>

typedef enum {
    SERVER_MAY_ANYONE = 0, /* without a token */
    SERVER_MAY_ANY_TOKEN,  /* the handler looks closer: server_who_may_see(), … */
    SERVER_MAY_ADMIN,
} ServerMay;

typedef struct ServerRoute {
    const char *method;  /* "GET" answers HEAD too */
    const char *pattern; /* "/sessions/{id}/{file}" */
    ServerMay may;
    void (*handle)(Server *server, ServerCall *call);
    const char *summary;  /* one sentence, for /openapi.json */
    const char *request;  /* JSON schema of the body as text, or NULL */
    const char *response; /* of the success, likewise */
    guint success;        /* its status: 200, 201, 204 */
} ServerRoute;

/* Each part of the room has a table of its own, ended by a route without method. */
extern const ServerRoute server_gate_routes[];    /* login, health, metrics, openapi, console */
extern const ServerRoute server_archive_routes[]; /* archive.c; before files of a show */
extern const ServerRoute
    server_session_routes[];                     /* start, stop, list, see, delete, guests, files */
extern const ServerRoute server_upload_routes[]; /* multipart and tus */
extern const ServerRoute server_direct_routes[]; /* recording-direct.c */
extern const ServerRoute server_render_routes[]; /* render-calls.c */
extern const ServerRoute server_live_routes[];   /* live-calls.c */
extern const ServerRoute server_livekit_routes[]; /* livekit-calls.c */

void server_route_handle(Server *server, HttpRequest *request);
json_t *server_openapi(const Server *server); /* new reference */
