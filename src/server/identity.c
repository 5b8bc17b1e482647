/* Tokens. One secret of the storage signs what is given to others; each kind of token has a key of
 * its own made from it, so that none passes for another. A signature is compared as the text it has
 * to be, in constant time, so that there is one spelling of a token and no second. */
#include "identity-private.h"

#include "config-private.h"
#include "sign-private.h"
#include <show/limits.h>
#include <store/names.h>

#include <jansson.h>
#include <nettle/memops.h>
#include <string.h>
#include <strings.h>

#define COOKIE_NAME "crosscut"

enum { TOKEN_BYTES_MAX = 1024, NONCE_BYTES = 16, MADE_TOKEN_BYTES = 24 };

typedef enum { KIND_GUEST = 0, KIND_UPLOAD, KIND_COOKIE, KINDS } Kind;

static const char *const prefixes[KINDS] = {"g1.", "u1.", "c1."};
static const char *const labels[KINDS] = {"crosscut guest 1", "crosscut upload 1",
                                          "crosscut cookie 1"};

struct ServerIdentity {
    guint8 keys[KINDS][SERVER_SIGN_BYTES];
    guint8 admin_key[SERVER_SIGN_BYTES];
    guint8 admin[SERVER_SIGN_BYTES]; /* the token's HMAC: what is compared has one length */
    char *made_token;
    GHashTable *ended; /* nonces of cookies that were logged out → their end */
};

/* ---- making it ---- */

static char *make_token(void)
{
    guint8 bytes[MADE_TOKEN_BYTES];
    server_sign_random(bytes, sizeof bytes);
    char *token = server_sign_base64url(bytes, sizeof bytes);
    explicit_bzero(bytes, sizeof bytes);
    return token;
}

static void derive_keys(ServerIdentity *identity, const guint8 *secret, const char *given_token)
{
    for (int kind = 0; kind < KINDS; kind++)
        server_sign(secret, labels[kind], strlen(labels[kind]), identity->keys[kind]);
    server_sign(secret, "crosscut admin 1", strlen("crosscut admin 1"), identity->admin_key);
    /* Another admin token ends the cookies of the one before. One that is made at each start does
     * not: a restart in mid-show leaves the console logged in. */
    if (given_token != NULL)
        server_sign(identity->keys[KIND_COOKIE], given_token, strlen(given_token),
                    identity->keys[KIND_COOKIE]);
}

ServerIdentity *server_identity_new(const char *admin_token, const char *secret_file,
                                    GError **error)
{
    guint8 secret[SERVER_SIGN_BYTES];
    const char *weakness = admin_token != NULL ? server_token_weakness(admin_token) : NULL;
    if (weakness != NULL) {
        g_set_error(error, SERVER_ERROR, SERVER_ERROR_CONFIG, "the admin token will not do: %s",
                    weakness);
        return NULL;
    }
    if (!server_sign_secret(secret_file, secret, error))
        return NULL;
    ServerIdentity *identity = g_new0(ServerIdentity, 1);
    identity->ended = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    identity->made_token = admin_token == NULL ? make_token() : NULL;
    const char *token = admin_token != NULL ? admin_token : identity->made_token;
    derive_keys(identity, secret, admin_token);
    server_sign(identity->admin_key, token, strlen(token), identity->admin);
    explicit_bzero(secret, sizeof secret);
    return identity;
}

void server_identity_free(ServerIdentity *identity)
{
    if (identity == NULL)
        return;
    if (identity->made_token != NULL)
        explicit_bzero(identity->made_token, strlen(identity->made_token));
    g_free(identity->made_token);
    g_hash_table_unref(identity->ended);
    explicit_bzero(identity, sizeof *identity);
    g_free(identity);
}

const char *server_identity_made_token(const ServerIdentity *identity)
{
    return identity->made_token;
}

/* ---- making tokens ---- */

/* Takes `payload`. */
static char *sign_payload(const ServerIdentity *identity, Kind kind, json_t *payload)
{
    char *json = json_dumps(payload, JSON_COMPACT);
    g_assert(json != NULL);
    g_autofree char *text = server_sign_base64url((const guint8 *)json, strlen(json));
    free(json);
    json_decref(payload);
    g_autofree char *body = g_strconcat(prefixes[kind], text, NULL);
    g_autofree char *mac = server_sign_text(identity->keys[kind], body);
    return g_strconcat(body, ".", mac, NULL);
}

char *server_identity_upload_token(const ServerIdentity *identity, const char *session)
{
    return sign_payload(identity, KIND_UPLOAD, json_pack("{s:s}", "s", session));
}

char *server_identity_guest_token(const ServerIdentity *identity, const ServerWho *guest)
{
    gboolean is_source = server_who_is_source(guest);
    g_assert(is_source || guest->role == SERVER_ROLE_VIEWER);
    return sign_payload(identity, KIND_GUEST,
                        json_pack("{s:s,s:s,s:s,s:I}", "s", guest->session, "r",
                                  server_role_name(guest->role), "c",
                                  is_source ? guest->source : "", "e", (json_int_t)guest->end_s));
}

char *server_identity_cookie(const ServerIdentity *identity, gint64 end_s)
{
    guint8 nonce[NONCE_BYTES];
    server_sign_random(nonce, sizeof nonce);
    g_autofree char *text = server_sign_base64url(nonce, sizeof nonce);
    return sign_payload(identity, KIND_COOKIE,
                        json_pack("{s:s,s:I}", "n", text, "e", (json_int_t)end_s));
}

/* ---- reading them ---- */

static gboolean refuse(GError **error, const char *why)
{
    g_set_error_literal(error, SERVER_ERROR, SERVER_ERROR_UNAUTHORISED, why);
    return FALSE;
}

static const char *unknown_token = "this token is not known here";

/* The payload of a token whose signature is right, or NULL. */
static json_t *verified_payload(const ServerIdentity *identity, Kind kind, const char *token)
{
    const char *text = token + strlen(prefixes[kind]);
    const char *dot = strchr(text, '.');
    if (dot == NULL || strlen(token) > TOKEN_BYTES_MAX)
        return NULL;
    g_autofree char *body = g_strndup(token, (gsize)(dot - token));
    g_autofree char *mac = server_sign_text(identity->keys[kind], body);
    gsize length = strlen(mac);
    if (strlen(dot + 1) != length || !memeql_sec(dot + 1, mac, length))
        return NULL;
    gsize bytes = 0;
    g_autofree guint8 *json = server_sign_from_base64url(body + strlen(prefixes[kind]), &bytes);
    return json != NULL ? json_loadb((const char *)json, bytes, JSON_REJECT_DUPLICATES, NULL)
                        : NULL;
}

static gboolean take_session(ServerWho *who, const json_t *payload)
{
    const char *session = json_string_value(json_object_get(payload, "s"));
    if (session == NULL || !store_id_is_valid(session))
        return FALSE;
    g_strlcpy(who->session, session, sizeof who->session);
    return TRUE;
}

/* FALSE: ended, or without an end. */
static gboolean take_end(ServerWho *who, const json_t *payload, gint64 now_s)
{
    who->end_s = json_integer_value(json_object_get(payload, "e"));
    return who->end_s > now_s;
}

/* Roles are named here one by one: what else is signed gives nothing. */
static gboolean take_role(ServerWho *who, const json_t *payload)
{
    const char *role = json_string_value(json_object_get(payload, "r"));
    const char *source = json_string_value(json_object_get(payload, "c"));
    if (g_strcmp0(role, "viewer") == 0) {
        who->role = SERVER_ROLE_VIEWER;
        return TRUE;
    }
    if (g_strcmp0(role, "camera") == 0)
        who->role = SERVER_ROLE_CAMERA;
    else if (g_strcmp0(role, "guest") == 0)
        who->role = SERVER_ROLE_GUEST;
    if (who->role == SERVER_ROLE_NONE || source == NULL || !show_id_is_valid(source))
        return FALSE;
    return g_strlcpy(who->source, source, sizeof who->source) < sizeof who->source;
}

static gboolean read_guest(const json_t *payload, gint64 now_s, ServerWho *who, GError **error)
{
    if (!take_session(who, payload) || !take_role(who, payload))
        return refuse(error, unknown_token);
    return take_end(who, payload, now_s) || refuse(error, "this link has ended");
}

static gboolean read_upload(const json_t *payload, ServerWho *who, GError **error)
{
    who->role = SERVER_ROLE_UPLOAD;
    return take_session(who, payload) || refuse(error, unknown_token);
}

static gboolean read_cookie(const ServerIdentity *identity, const json_t *payload, gint64 now_s,
                            ServerWho *who, GError **error)
{
    const char *nonce = json_string_value(json_object_get(payload, "n"));
    if (nonce == NULL)
        return refuse(error, unknown_token);
    who->role = SERVER_ROLE_ADMIN;
    who->by_cookie = TRUE;
    if (!take_end(who, payload, now_s) || g_hash_table_contains(identity->ended, nonce))
        return refuse(error, "this login has ended");
    return TRUE;
}

static gboolean read_signed(const ServerIdentity *identity, Kind kind, const char *token,
                            gint64 now_s, ServerWho *who, GError **error)
{
    json_t *payload = verified_payload(identity, kind, token);
    if (payload == NULL)
        return refuse(error, unknown_token);
    gboolean is_good = kind == KIND_GUEST    ? read_guest(payload, now_s, who, error)
                       : kind == KIND_UPLOAD ? read_upload(payload, who, error)
                                             : read_cookie(identity, payload, now_s, who, error);
    json_decref(payload);
    return is_good;
}

static gboolean is_admin_token(const ServerIdentity *identity, const char *token)
{
    guint8 digest[SERVER_SIGN_BYTES];
    server_sign(identity->admin_key, token, strlen(token), digest);
    return memeql_sec(digest, identity->admin, sizeof digest);
}

gboolean server_identity_token_who(const ServerIdentity *identity, const char *token, gint64 now_s,
                                   ServerWho *who, GError **error)
{
    ServerWho found = {0};
    memset(who, 0, sizeof *who);
    for (int kind = 0; kind < KINDS; kind++)
        if (g_str_has_prefix(token, prefixes[kind])) {
            if (!read_signed(identity, (Kind)kind, token, now_s, &found, error))
                return FALSE;
            *who = found;
            return TRUE;
        }
    if (strlen(token) > TOKEN_BYTES_MAX || !is_admin_token(identity, token))
        return refuse(error, unknown_token);
    who->role = SERVER_ROLE_ADMIN;
    return TRUE;
}

gboolean server_identity_who(const ServerIdentity *identity, const HttpRequest *request,
                             gint64 now_s, ServerWho *who, GError **error)
{
    const char *header = http_request_header(request, "Authorization");
    memset(who, 0, sizeof *who);
    if (header != NULL) {
        if (strncasecmp(header, "Bearer ", strlen("Bearer ")) != 0)
            return refuse(error, "expected \"Authorization: Bearer\" and a token");
        const char *token = header + strlen("Bearer ");
        token += strspn(token, " ");
        /* A cookie is one only where the checks of cookies are made. */
        if (g_str_has_prefix(token, prefixes[KIND_COOKIE]))
            return refuse(error, unknown_token);
        return server_identity_token_who(identity, token, now_s, who, error);
    }
    const char *cookie = http_request_cookie(request, COOKIE_NAME);
    if (cookie == NULL)
        return refuse(error, "a token is needed");
    if (!g_str_has_prefix(cookie, prefixes[KIND_COOKIE]))
        return refuse(error, unknown_token);
    return server_identity_token_who(identity, cookie, now_s, who, error);
}

/* ---- logging out ---- */

static gboolean has_ended(gpointer nonce, gpointer end_s, gpointer now_s)
{
    (void)nonce;
    return *(gint64 *)end_s <= *(gint64 *)now_s;
}

void server_identity_end_cookie(ServerIdentity *identity, const char *cookie, gint64 now_s)
{
    if (!g_str_has_prefix(cookie, prefixes[KIND_COOKIE]))
        return;
    json_t *payload = verified_payload(identity, KIND_COOKIE, cookie);
    const char *nonce = json_string_value(json_object_get(payload, "n"));
    if (nonce != NULL) {
        gint64 end_s = json_integer_value(json_object_get(payload, "e"));
        g_hash_table_foreach_remove(identity->ended, has_ended, &now_s);
        g_hash_table_replace(identity->ended, g_strdup(nonce), g_memdup2(&end_s, sizeof end_s));
    }
    json_decref(payload);
}

/* ---- what they may ---- */

const char *server_role_name(ServerRole role)
{
    static const char *const names[] = {
        [SERVER_ROLE_NONE] = "none",     [SERVER_ROLE_ADMIN] = "admin",
        [SERVER_ROLE_UPLOAD] = "upload", [SERVER_ROLE_CAMERA] = "camera",
        [SERVER_ROLE_GUEST] = "guest",   [SERVER_ROLE_VIEWER] = "viewer",
    };
    return names[role];
}

gboolean server_who_is_source(const ServerWho *who)
{
    return who->role == SERVER_ROLE_CAMERA || who->role == SERVER_ROLE_GUEST;
}

gboolean server_who_may_see(const ServerWho *who, const char *session)
{
    if (who->role == SERVER_ROLE_ADMIN)
        return TRUE;
    return who->role != SERVER_ROLE_NONE && who->session[0] != '\0' &&
           strcmp(who->session, session) == 0;
}

gboolean server_who_may_send(const ServerWho *who, const char *session, const char *source)
{
    if (!server_who_may_see(who, session) || who->role == SERVER_ROLE_VIEWER)
        return FALSE;
    if (!server_who_is_source(who))
        return TRUE;
    return source != NULL && strcmp(who->source, source) == 0;
}
