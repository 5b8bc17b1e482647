/* Handlers of the gate's routes, by file. Threads: the server's. */
#pragma once
#include "call-private.h"
#include <server/server.h>

/* login.c */
void server_login(Server *server, ServerCall *call);
void server_logout(Server *server, ServerCall *call);
void server_me(Server *server, ServerCall *call);
/* health.c */
void server_healthz(Server *server, ServerCall *call);
void server_readyz(Server *server, ServerCall *call);
void server_metrics(Server *server, ServerCall *call);
/* sample.c */
void server_sample_list(Server *server, ServerCall *call);
void server_sample_file(Server *server, ServerCall *call);
