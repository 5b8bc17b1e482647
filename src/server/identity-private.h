/* Who calls, and what they may. Tokens are compared in constant time and stand in no log.
 * Threads: the server's. */
#pragma once
#include <http/request.h>
#include <server/error.h>

typedef enum {
    SERVER_ROLE_NONE = 0,
    SERVER_ROLE_ADMIN,  /* everything */
    SERVER_ROLE_UPLOAD, /* send the recordings and events of one show, see it */
    SERVER_ROLE_CAMERA, /* a phone beside the host: one source of one show, until its link ends */
    SERVER_ROLE_GUEST,  /* somebody elsewhere, by LiveKit: the same rights */
    SERVER_ROLE_VIEWER, /* see one show */
} ServerRole;

typedef struct ServerWho {
    ServerRole role;
    char session[37]; /* "" of an admin: every show */
    char source[72];  /* of a camera or guest: the only one it may speak for; else "" */
    gint64 end_s;     /* Unix time when the link ends; 0: never */
    gboolean by_cookie;
} ServerWho;

typedef struct ServerIdentity ServerIdentity;

/* `admin_token` NULL: one is made. `secret_file`: 32 random bytes of mode 600 that sign links and
 * cookies, made where missing (inside the storage, beside the lock). */
ServerIdentity *server_identity_new(const char *admin_token, const char *secret_file,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;
void server_identity_free(ServerIdentity *identity);                    /* wipes. NULL-safe */
const char *server_identity_made_token(const ServerIdentity *identity); /* NULL: it was given */

/* Who sent this request: Authorization: Bearer, or the cookie. FALSE: SERVER_ERROR_UNAUTHORISED
 * says what is wrong with a token that is not right (unknown, expired); no token at all is
 * unauthorised too. */
gboolean server_identity_who(const ServerIdentity *identity, const HttpRequest *request,
                             gint64 now_s, ServerWho *who, GError **error);
/* The same for a token alone (Socket.IO's handshake). */
gboolean server_identity_token_who(const ServerIdentity *identity, const char *token, gint64 now_s,
                                   ServerWho *who, GError **error);

/* Tokens made for others. Free with g_free(). `minutes` counts from now. */
char *server_identity_upload_token(const ServerIdentity *identity, const char *session);
char *server_identity_guest_token(const ServerIdentity *identity, const ServerWho *guest);
/* The value of the cookie for an admin, ending at `end_s`. */
char *server_identity_cookie(const ServerIdentity *identity, gint64 end_s);
/* The cookie of someone who logged out is not taken any more, by this server, while it runs. */
void server_identity_end_cookie(ServerIdentity *identity, const char *cookie, gint64 now_s);

const char *server_role_name(ServerRole role); /* "admin"; static */
/* It came by a link for one source, and speaks for that alone. */
gboolean server_who_is_source(const ServerWho *who);
/* What somebody may do with a show. `source` NULL: with the show as a whole. */
gboolean server_who_may_see(const ServerWho *who, const char *session);
gboolean server_who_may_send(const ServerWho *who, const char *session, const char *source);
