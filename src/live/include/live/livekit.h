/* A client of LiveKit (self-hosted or cloud): tokens, webhooks, its rooms and its Egress over Twirp.
 * What goes to it is made here, what comes from it is checked here.
 *
 * Threads: calls are made and answered on the thread of the client's context; they wait for the network
 * in two threads of the client ("livekit"). Tokens and answers: any thread, no shared state. The secret
 * stands in no message, and in no answer. Errors: live/error.h. */
#pragma once
#include <gio/gio.h>
#include <jansson.h>
#include <live/error.h>

/* ---- its address and keys ---- */

typedef struct LivekitKeys {
    char *url; /* "https://host", for calls; without a slash at its end */
    char *key, *secret;
} LivekitKeys;

/* `url`: ws, wss, http or https, a host, perhaps a port and a path. LIVE_ERROR_INVALID says which of
 * the three is wrong, never with what was found of the secret. A secret of less than 32 bytes will do
 * for a server on this machine alone. */
LivekitKeys *livekit_keys_new(const char *url, const char *key, const char *secret,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;
void livekit_keys_free(LivekitKeys *keys); /* wipes. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LivekitKeys, livekit_keys_free)
/* Where browsers connect: "wss://host". Free with g_free(). */
char *livekit_keys_public_url(const LivekitKeys *keys);

/* ---- tokens: HS256 JWT ---- */

typedef enum {
    LIVEKIT_ROLE_UNSET = 0,
    LIVEKIT_ROLE_HOST,   /* publishes the program, hears and sees all, sends data */
    LIVEKIT_ROLE_GUEST,  /* publishes its own camera and microphone, sends data */
    LIVEKIT_ROLE_VIEWER, /* hears and sees */
} LivekitRole;

typedef struct LivekitGrant {
    LivekitRole role;
    const char *room, *identity;
    const char *name;   /* that others see; NULL: none */
    const char *source; /* of a guest, goes into its metadata; NULL: none */
    gint64 seconds;     /* how long it counts */
} LivekitGrant;

enum { LIVEKIT_LEEWAY_S = 60 }; /* by so much clocks may differ */

/* Lets one participant into one room. Free with g_free(). */
char *livekit_token(const LivekitKeys *keys, const LivekitGrant *grant, gint64 now_s);
/* For calls; `room` NULL: of no room. */
char *livekit_call_token(const LivekitKeys *keys, const char *room, gint64 now_s);

/* A webhook: `authorization` is a token of the same keys that holds the body's sha256. What it says
 * may be old and told twice: take it as a hint to look. LIVE_ERROR_DENIED says what is wrong with it,
 * LIVE_ERROR_CLOCK: it has ended, or does not count yet. */
gboolean livekit_webhook_verify(const LivekitKeys *keys, const char *authorization,
                                const void *body, gsize length, gint64 now_s, GError **error);

typedef struct LivekitHook {
    char *event, *room, *egress_id; /* the last two may be NULL */
} LivekitHook;
/* LIVE_ERROR_FORMAT. */
gboolean livekit_hook_read(LivekitHook *hook, const void *body, gsize length, GError **error);
void livekit_hook_clear(LivekitHook *hook);

/* ---- what it answers ---- */

typedef struct LivekitTrack {
    char *sid, *name;
    gboolean is_video, is_muted;
} LivekitTrack;

typedef struct LivekitParticipant {
    char *identity, *name;
    gboolean is_active;
    gint64 joined_s;
    GPtrArray *tracks; /* LivekitTrack */
} LivekitParticipant;

/* Of ListParticipants: LivekitParticipant *, with free function. What is none, and who is hidden, as
 * recorders are, is passed over. */
GPtrArray *livekit_participants_read(const json_t *answer) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    LIVEKIT_EGRESS_UNSET = 0,
    LIVEKIT_EGRESS_STARTING,
    LIVEKIT_EGRESS_ACTIVE,
    LIVEKIT_EGRESS_ENDING,
    LIVEKIT_EGRESS_COMPLETE,
    LIVEKIT_EGRESS_FAILED,
    LIVEKIT_EGRESS_ABORTED,
    LIVEKIT_EGRESS_LIMIT,
} LivekitEgressStatus;

typedef enum {
    LIVEKIT_STREAM_ACTIVE = 0,
    LIVEKIT_STREAM_FINISHED,
    LIVEKIT_STREAM_FAILED,
} LivekitStreamStatus;

typedef struct LivekitStream {
    char *url; /* with "…" instead of its key */
    LivekitStreamStatus status;
    char *error; /* or NULL */
} LivekitStream;

typedef struct LivekitEgress {
    char *id, *room;
    LivekitEgressStatus status;
    char *error;        /* or NULL */
    GPtrArray *streams; /* LivekitStream */
} LivekitEgress;

void livekit_egress_free(LivekitEgress *egress); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LivekitEgress, livekit_egress_free)
/* NULL: it is none. */
LivekitEgress *livekit_egress_read(const json_t *value) G_GNUC_WARN_UNUSED_RESULT;
/* Of ListEgress: LivekitEgress *, with free function. */
GPtrArray *livekit_egresses_read(const json_t *answer) G_GNUC_WARN_UNUSED_RESULT;
gboolean livekit_egress_is_over(LivekitEgressStatus status);
const char *livekit_egress_status_name(LivekitEgressStatus status); /* "EGRESS_ACTIVE"; static */
/* Whether an address in an answer, which hides its key, may be that of `full`. */
gboolean livekit_url_is_of(const char *shown, const char *full);

/* ---- calls ---- */

typedef struct LivekitClient LivekitClient;

/* `keys` is taken. Callbacks run on `context` (NULL: the thread's default). */
LivekitClient *livekit_client_new(LivekitKeys *keys, GMainContext *context,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Ends what is under way; its callbacks do not come. Waits for at most a second. NULL-safe. */
void livekit_client_free(LivekitClient *client);
const LivekitKeys *livekit_client_keys(const LivekitClient *client);

/* `answer` (borrowed, an object) or `error`. Once, from the loop; not when it was cancelled. Errors:
 * LIVE_ERROR_UNAVAILABLE: not reached, or it said "later"; _GONE; _EXISTS; _DENIED; _CLOCK; _INVALID;
 * _FAILED: for good. */
typedef void (*LivekitDone)(const json_t *answer, const GError *error, gpointer data);

typedef struct LivekitCall {
    const char *method;     /* "RoomService/CreateRoom", "Egress/ListEgress"; static */
    const char *room;       /* that the token is for; NULL: none */
    json_t *body;           /* taken; what it holds is wiped from the text sent */
    guint attempts;         /* of what may pass by itself; 0: 1 */
    GDestroyNotify dropped; /* of `data`, when done() does not come; may be NULL */
} LivekitCall;
void livekit_client_call(LivekitClient *client, const LivekitCall *call, GCancellable *cancellable,
                         LivekitDone done, gpointer data);

/* How it went lately: of the last call, and errors since the start. */
typedef struct LivekitHealth {
    gboolean is_known, is_failing;
    const char *why; /* while it is failing; borrowed until the next call ends */
    guint64 calls, errors;
} LivekitHealth;
LivekitHealth livekit_client_health(const LivekitClient *client);
