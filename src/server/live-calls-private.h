/* Calls about live streams, for the files live-*.c that have them; the table is in live-calls.c. */
#pragma once
#include "dispatch-private.h"
#include "live-private.h"
#include "route-private.h"

enum { SERVER_LIVE_BODY_BYTES = 16 << 10 };

/* The address and key of a body; `name` NULL: the address's host stands for it. */
LiveTarget *server_live_read_target(const Server *server, const json_t *body, const char *name,
                                    GError **error);
/* Of an optional text: NULL where there is none. */
const char *server_live_optional_text(const json_t *body, const char *member, gboolean *is_good);
void server_live_answer(ServerCall *call, guint status, const json_t *report, const GError *error);

/* ---- live-destinations.c ---- */

void server_live_handle_list(Server *server, ServerCall *call);
void server_live_handle_save(Server *server, ServerCall *call);
void server_live_handle_remove(Server *server, ServerCall *call);
void server_live_handle_test_saved(Server *server, ServerCall *call);
void server_live_handle_test(Server *server, ServerCall *call);

/* ---- live-program.c ---- */

void server_live_handle_program(Server *server, ServerCall *call);
