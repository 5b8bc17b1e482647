/* JSON Web Tokens (RFC 7519) as LiveKit has them: HS256 and nothing else. What always holds: nothing
 * of a token is believed, and nothing of it parsed as JSON, before its signature is right; signatures
 * are compared in constant time. */
#include <live/livekit.h>

#include <sodium.h>
#include <string.h>

enum { CALL_S = 600, TOKEN_BYTES_MAX = 8192 };

#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

/* ---- base64url ---- */

static char *to_base64url(const void *bytes, gsize length)
{
    char *text = g_base64_encode(bytes, length);
    g_strdelimit(text, "+", '-');
    g_strdelimit(text, "/", '_');
    text[strcspn(text, "=")] = '\0';
    return text;
}

/* NULL: not the one spelling that to_base64url() gives. */
static guint8 *from_base64url(const char *text, gsize *length)
{
    gsize chars = strlen(text);
    if (chars % 4 == 1)
        return NULL;
    g_autofree char *usual = g_strconcat(text, "===", NULL);
    usual[(chars + 3) / 4 * 4] = '\0';
    g_strdelimit(usual, "-", '+');
    g_strdelimit(usual, "_", '/');
    g_autofree guint8 *bytes = g_base64_decode(usual, length);
    g_autofree char *again = to_base64url(bytes, *length);
    return strcmp(again, text) == 0 ? g_steal_pointer(&bytes) : NULL;
}

/* ---- making ---- */

static char *mac_of(const LivekitKeys *keys, const char *text)
{
    guint8 mac[32];
    gsize length = sizeof mac;
    GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA256, (const guchar *)keys->secret, strlen(keys->secret));
    g_hmac_update(hmac, (const guchar *)text, -1);
    g_hmac_get_digest(hmac, mac, &length);
    g_hmac_unref(hmac);
    return to_base64url(mac, sizeof mac);
}

/* Takes `claims`. */
static char *sign(const LivekitKeys *keys, json_t *claims)
{
    g_autofree char *head = to_base64url(HEADER, strlen(HEADER));
    char *json = json_dumps(claims, JSON_COMPACT);
    g_assert(json != NULL);
    g_autofree char *body = to_base64url(json, strlen(json));
    free(json);
    json_decref(claims);
    g_autofree char *text = g_strconcat(head, ".", body, NULL);
    g_autofree char *mac = mac_of(keys, text);
    return g_strconcat(text, ".", mac, NULL);
}

static json_t *claims_of(const LivekitKeys *keys, json_t *video, gint64 now_s, gint64 seconds)
{
    return json_pack("{s:s, s:I, s:I, s:o}", "iss", keys->key, "nbf",
                     (json_int_t)(now_s - LIVEKIT_LEEWAY_S), "exp", (json_int_t)(now_s + seconds),
                     "video", video);
}

char *livekit_token(const LivekitKeys *keys, const LivekitGrant *grant, gint64 now_s)
{
    gboolean publishes = grant->role != LIVEKIT_ROLE_VIEWER;
    static const char *const roles[] = {"", "host", "guest", "viewer"};
    json_t *video = json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "room", grant->room, "roomJoin",
                              TRUE, "canPublish", publishes, "canSubscribe", TRUE, "canPublishData",
                              publishes, "canUpdateOwnMetadata", FALSE);
    json_t *about = json_pack("{s:s, s:s*}", "role", roles[grant->role], "source", grant->source);
    char *metadata = json_dumps(about, JSON_COMPACT);
    json_t *claims = claims_of(keys, video, now_s, grant->seconds);
    json_object_set_new(claims, "sub", json_string(grant->identity));
    json_object_set_new(claims, "metadata", json_string(metadata));
    if (grant->name != NULL)
        json_object_set_new(claims, "name", json_string(grant->name));
    free(metadata);
    json_decref(about);
    return sign(keys, claims);
}

char *livekit_call_token(const LivekitKeys *keys, const char *room, gint64 now_s)
{
    json_t *video =
        json_pack("{s:b, s:b, s:b}", "roomCreate", TRUE, "roomList", TRUE, "roomRecord", TRUE);
    if (room != NULL) {
        json_object_set_new(video, "roomAdmin", json_true());
        json_object_set_new(video, "room", json_string(room));
    }
    return sign(keys, claims_of(keys, video, now_s, CALL_S));
}

/* ---- reading ---- */

static gboolean deny(GError **error, const char *why)
{
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_DENIED, why);
    return FALSE;
}

static json_t *part_json(const char *part)
{
    gsize length = 0;
    g_autofree guint8 *bytes = from_base64url(part, &length);
    return bytes != NULL ? json_loadb((const char *)bytes, length, JSON_REJECT_DUPLICATES, NULL)
                         : NULL;
}

static gboolean mac_is_right(const LivekitKeys *keys, const char *token, const char *last_dot)
{
    g_autofree char *text = g_strndup(token, (gsize)(last_dot - token));
    g_autofree char *mac = mac_of(keys, text);
    gsize length = strlen(mac);
    return strlen(last_dot + 1) == length && sodium_memcmp(mac, last_dot + 1, length) == 0;
}

/* The claims of a token of these keys; NULL: it is none. New reference. */
static json_t *read_claims(const LivekitKeys *keys, const char *token)
{
    const char *last_dot = strrchr(token, '.');
    if (strlen(token) > TOKEN_BYTES_MAX || last_dot == NULL || !mac_is_right(keys, token, last_dot))
        return NULL;
    g_auto(GStrv) parts = g_strsplit(token, ".", 4);
    if (g_strv_length(parts) != 3)
        return NULL;
    json_t *head = part_json(parts[0]);
    gboolean is_ours = g_strcmp0(json_string_value(json_object_get(head, "alg")), "HS256") == 0;
    json_decref(head);
    return is_ours ? part_json(parts[1]) : NULL;
}

static gboolean check_time(const json_t *claims, gint64 now_s, GError **error)
{
    const json_t *end = json_object_get(claims, "exp"), *begin = json_object_get(claims, "nbf");
    if (!json_is_number(end) || (begin != NULL && !json_is_number(begin)))
        return deny(error, "its token has no end");
    double ends = json_number_value(end), begins = json_number_value(begin);
    if (ends + LIVEKIT_LEEWAY_S > (double)now_s && begins - LIVEKIT_LEEWAY_S <= (double)now_s)
        return TRUE;
    g_set_error_literal(error, LIVE_ERROR, LIVE_ERROR_CLOCK,
                        "its token has ended or does not count yet: is it old, or are the clocks "
                        "of this machine and LiveKit's apart?");
    return FALSE;
}

static gboolean check_sum(const json_t *claims, const void *body, gsize length)
{
    guint8 digest[32];
    gsize bytes = sizeof digest;
    const char *sum = json_string_value(json_object_get(claims, "sha256"));
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, body, (gssize)length);
    g_checksum_get_digest(checksum, digest, &bytes);
    g_checksum_free(checksum);
    g_autofree char *own = g_base64_encode(digest, sizeof digest);
    return sum != NULL && strlen(sum) == strlen(own) && sodium_memcmp(sum, own, strlen(own)) == 0;
}

static gboolean check_claims(const LivekitKeys *keys, const json_t *claims, const void *body,
                             gsize length, gint64 now_s, GError **error)
{
    if (g_strcmp0(json_string_value(json_object_get(claims, "iss")), keys->key) != 0)
        return deny(error, "its token is of another key");
    if (!check_time(claims, now_s, error))
        return FALSE;
    return check_sum(claims, body, length) ||
           deny(error, "its body is not the one that its token is for");
}

gboolean livekit_webhook_verify(const LivekitKeys *keys, const char *authorization,
                                const void *body, gsize length, gint64 now_s, GError **error)
{
    if (authorization == NULL)
        return deny(error, "it has no token");
    if (g_ascii_strncasecmp(authorization, "Bearer ", 7) == 0)
        authorization += 7;
    json_t *claims = read_claims(keys, authorization);
    gboolean is_good = claims != NULL ? check_claims(keys, claims, body, length, now_s, error)
                                      : deny(error, "its token is not signed with our secret");
    json_decref(claims);
    return is_good;
}
