/* Calls about destinations: those that are saved, and whether one takes a stream. */
#include "live-calls-private.h"

/* ---- saved ---- */

static void listed(const json_t *report, const GError *error, gpointer data)
{
    server_live_answer(data, 200, report, error);
}

void server_live_handle_list(Server *server, ServerCall *call)
{
    server_live_destinations(server->live, SERVER_LIVE_LIST, NULL, NULL, listed, call);
}

static void save_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    LiveTarget *target = server_live_read_target(server, body, server_call_part(call, 0), &error);
    if (target == NULL)
        server_call_fail(call, error, NULL);
    else
        server_live_destinations(server->live, SERVER_LIVE_SAVE, target, NULL, listed, call);
}

void server_live_handle_save(Server *server, ServerCall *call)
{
    server_call_json_body(call, SERVER_LIVE_BODY_BYTES, save_with, server);
}

static void removed(const json_t *report, const GError *error, gpointer data)
{
    (void)report;
    if (error != NULL)
        server_live_answer(data, 0, NULL, error);
    else
        server_call_empty(data, 204);
}

void server_live_handle_remove(Server *server, ServerCall *call)
{
    server_live_destinations(server->live, SERVER_LIVE_REMOVE, NULL, server_call_part(call, 0),
                             removed, call);
}

/* ---- whether it takes a stream ---- */

static void tested(const json_t *report, const GError *error, gpointer data)
{
    server_live_answer(data, 200, report, error);
}

void server_live_handle_test_saved(Server *server, ServerCall *call)
{
    server_live_test(server->live, NULL, server_call_part(call, 0), tested, call);
}

static void test_with(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    LiveTarget *target = server_live_read_target(server, body, NULL, &error);
    if (target == NULL)
        server_call_fail(call, error, NULL);
    else
        server_live_test(server->live, target, NULL, tested, call);
}

void server_live_handle_test(Server *server, ServerCall *call)
{
    server_call_json_body(call, SERVER_LIVE_BODY_BYTES, test_with, server);
}
