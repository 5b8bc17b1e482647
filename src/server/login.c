/* The cookie of the console. It holds no token: it is signed, it ends, and what logged out is not
 * taken again while the server runs. */
#include "gate-private.h"

#include "live-private.h"
#include "server-private.h"

#include <string.h>

enum { BODY_BYTES_MAX = 4096, TOKEN_BYTES_MAX = 1024, COOKIE_S = 7 * 24 * 3600 };

static gint64 now_s(void)
{
    return g_get_real_time() / G_USEC_PER_SEC;
}

/* Secure wherever the browser came by TLS: on loopback it would not be sent back by all of them. */
static void set_cookie(const Server *server, ServerCall *call, HttpReply *reply, const char *value,
                       gint64 age_s)
{
    const char *url = server->config->public_url;
    gboolean is_secure =
        strcmp(http_request_scheme(server_call_request(call)), "https") == 0 ||
        (url != NULL && g_str_has_prefix(url, "https:") &&
         http_request_header(server_call_request(call), "Origin") != NULL &&
         strcmp(http_request_header(server_call_request(call), "Origin"), url) == 0);
    g_autofree char *text = g_strdup_printf("crosscut=%s; Path=/; Max-Age=%" G_GINT64_FORMAT
                                            "; HttpOnly; SameSite=Strict%s",
                                            value, age_s, is_secure ? "; Secure" : "");
    http_reply_header(reply, "Set-Cookie", text);
    http_reply_header(reply, "Cache-Control", "no-store");
}

static void take_token(ServerCall *call, const json_t *body, gpointer data)
{
    Server *server = data;
    GError *error = NULL;
    const char *token = server_json_text(body, "token", TOKEN_BYTES_MAX, &error);
    ServerWho who;
    if (token == NULL ||
        !server_identity_token_who(server->identity, token, now_s(), &who, &error)) {
        server_call_fail(call, error, "token");
    } else if (who.role != SERVER_ROLE_ADMIN || who.by_cookie) {
        server_call_refuse(call, SERVER_ERROR_FORBIDDEN, "token",
                           "only the admin's token becomes a cookie; send others as Bearer");
    } else {
        g_autofree char *cookie = server_identity_cookie(server->identity, now_s() + COOKIE_S);
        HttpReply *reply = http_reply_new(204);
        set_cookie(server, call, reply, cookie, COOKIE_S);
        server_call_reply(call, reply);
    }
}

void server_login(Server *server, ServerCall *call)
{
    server_call_json_body(call, BODY_BYTES_MAX, take_token, server);
}

void server_logout(Server *server, ServerCall *call)
{
    const char *cookie = http_request_cookie(server_call_request(call), "crosscut");
    if (cookie != NULL)
        server_identity_end_cookie(server->identity, cookie, now_s());
    HttpReply *reply = http_reply_new(204);
    set_cookie(server, call, reply, "", 0);
    server_call_reply(call, reply);
}

void server_me(Server *server, ServerCall *call)
{
    const ServerWho *who = server_call_who(call);
    json_t *body = json_pack("{s:s}", "role", server_role_name(who->role));
    if (who->session[0] != '\0')
        json_object_set_new(body, "sessionId", json_string(who->session));
    if (who->source[0] != '\0')
        json_object_set_new(body, "source", json_string(who->source));
    if (who->end_s != 0)
        json_object_set_new(body, "end", json_integer(who->end_s));
    json_object_set_new(body, "livekit", json_boolean(server->livekit != NULL));
    if (who->role == SERVER_ROLE_ADMIN)
        json_object_set_new(body, "egress", server_live_ways(server));
    server_call_json(call, 200, body);
}
