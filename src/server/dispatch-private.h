/* How a call begins: made by route.c, ended by the answers in call.c. And which addresses are the
 * server's own. Threads: the server's. */
#pragma once
#include "call-private.h"
#include <server/server.h>

/* A call of this request; it is freed when the request ends. */
ServerCall *server_call_new(Server *server, HttpRequest *request);
void server_call_set_parts(ServerCall *call, GPtrArray *parts);    /* of strings; taken */
ServerWho *server_call_identify(ServerCall *call);                 /* to be filled */
void server_call_set_allow(ServerCall *call, const char *methods); /* header Allow of the answer */
/* The answer is a page or a part of one: its own Content-Security-Policy, and no more isolation
 * from its neighbours than it needs. */
void server_call_page(ServerCall *call, HttpReply *reply); /* taken */
/* Files of the console: 404 where there is none of this path. */
void server_console_handle(Server *server, ServerCall *call);

/* Whether the Host is one of this server: an address in numbers, localhost, or that of the public
 * URL. A name that was made to point here (DNS rebinding) is none. */
gboolean server_origin_host_is_ours(const Server *server, const HttpRequest *request);
/* Whether a page of this Origin may change something with the cookie. */
gboolean server_origin_is_ours(const Server *server, const HttpRequest *request,
                               const char *origin);
/* Whether the Origin is one of --origins. */
gboolean server_origin_is_allowed(const Server *server, const char *origin);
/* Answers OPTIONS: to a page of another site that asks before it calls, or with the methods. */
void server_origin_options(Server *server, ServerCall *call, const char *methods);
/* What an answer to a page of another site carries. */
void server_origin_headers(const Server *server, const HttpRequest *request, HttpReply *reply);
