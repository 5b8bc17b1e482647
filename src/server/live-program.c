/* The WebSocket by which a console sends the program of a running show. */
#include "live-calls-private.h"

#include "shows-private.h"

enum { CLOSE_TAKEN = 4001 };

typedef struct Program {
    Server *server;
    char *id; /* of the show */
    HttpWebSocket *socket;
} Program;

static void on_message(HttpWebSocket *socket, gboolean is_binary, GBytes *message, gpointer data)
{
    Program *program = data;
    g_autoptr(GError) error = NULL;
    LiveFrame frame;
    gsize length;
    const guint8 *bytes = g_bytes_get_data(message, &length);
    if (!is_binary)
        http_websocket_close(socket, HTTP_WEBSOCKET_UNSUPPORTED, "frames are binary");
    else if (!live_frame_read(&frame, bytes, length, &error))
        http_websocket_close(socket, HTTP_WEBSOCKET_POLICY, error->message);
    else
        server_live_frame(program->server->live, program->id, message, &frame);
}

static void on_closed(HttpWebSocket *socket, guint code, const char *reason, gpointer data)
{
    Program *program = data;
    (void)socket, (void)reason;
    g_info("program ends code=%u show=%s", code, program->id);
    server_live_leave_program(program->server->live, program->id, program);
    g_free(program->id);
    g_free(program);
}

static void was_taken(gpointer data)
{
    const Program *program = data;
    http_websocket_close(program->socket, CLOSE_TAKEN, "another console sends it, or it ended");
}

static const HttpWebSocketEvents program_events = {on_message, NULL, on_closed};

/* A page of another site would come with our cookie: its Origin says so. */
static gboolean origin_may(const Server *server, const HttpRequest *request, const ServerWho *who)
{
    const char *origin = http_request_header(request, "Origin");
    if (server_origin_is_ours(server, request, origin))
        return TRUE;
    if (who->by_cookie)
        return FALSE;
    return origin == NULL || server_origin_is_allowed(server, origin);
}

static gboolean may_send(Server *server, ServerCall *call, const char *id, GError **error)
{
    const ServerWho *who = server_call_who(call);
    const ServerShow *show = server_shows_open(server->shows, id);
    gboolean is_keeper = who->role == SERVER_ROLE_ADMIN || who->role == SERVER_ROLE_UPLOAD;
    if (!is_keeper || !server_who_may_see(who, id) ||
        !origin_may(server, server_call_request(call), who))
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_FORBIDDEN,
                            "id: this token may not send its program");
    else if (!server_shows_has(server->shows, id))
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_NOT_FOUND,
                            "id: there is no such show");
    else if (show == NULL || server_show_state(show) != SHOW_STATE_RECORDING)
        g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_STOPPED, "id: this show has ended");
    else
        return TRUE;
    return FALSE;
}

void server_live_handle_program(Server *server, ServerCall *call)
{
    static const HttpWebSocketOptions options = {.max_message_bytes = LIVE_FRAME_BYTES_MAX};
    GError *error = NULL;
    const char *id = server_call_part(call, 0);
    if (!may_send(server, call, id, &error)) {
        server_call_fail(call, error, NULL);
        return;
    }
    Program *program = g_new0(Program, 1);
    program->server = server;
    program->id = g_strdup(id);
    program->socket = server_call_websocket(call, &options, &program_events, program);
    if (program->socket == NULL) {
        g_free(program->id);
        g_free(program);
        return;
    }
    server_live_take_program(server->live, program->id, program, was_taken);
}
