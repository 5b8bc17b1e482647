/* Others that it works with: LiveKit and its Egress, Redis, object storage. Each is tried with what it is
 * for, on names that nobody else has. */
#include "doctor.h"

#include <jobs/check.h>
#include <live/livekit.h>
#include <live/onair.h>
#include <server/mirror.h>

#include <string.h>

/* ---- LiveKit ---- */

typedef struct Asking {
    gboolean is_over;
    json_t *answer;
    GError *error;
} Asking;

static void answered(const json_t *answer, const GError *error, gpointer data)
{
    Asking *asking = data;
    asking->is_over = TRUE;
    asking->answer = json_deep_copy(answer);
    asking->error = error != NULL ? g_error_copy(error) : NULL;
}

/* One call, waited for. New reference, or NULL and `error`. */
static json_t *ask_livekit(const ServerConfig *config, const char *method, GError **error)
{
    Asking asking = {0};
    LivekitKeys *keys =
        livekit_keys_new(config->livekit_url, config->livekit_key, config->livekit_secret, error);
    if (keys == NULL)
        return NULL;
    g_autoptr(GMainContext) context = g_main_context_new();
    LivekitClient *client = livekit_client_new(keys, context, error);
    if (client == NULL)
        return NULL;
    LivekitCall call = {.method = method, .body = json_object(), .attempts = 1};
    livekit_client_call(client, &call, NULL, answered, &asking);
    while (!asking.is_over)
        g_main_context_iteration(context, TRUE);
    livekit_client_free(client);
    if (asking.error != NULL)
        g_propagate_error(error, asking.error);
    return asking.answer;
}

static const char *livekit_advice(const GError *error)
{
    if (g_error_matches(error, LIVE_ERROR, LIVE_ERROR_DENIED))
        return "CROSSCUT_LIVEKIT_KEY and CROSSCUT_LIVEKIT_SECRET have to be a pair below \"keys\" "
               "in "
               "LiveKit's configuration";
    if (g_error_matches(error, LIVE_ERROR, LIVE_ERROR_CLOCK))
        return "set the clocks of both by NTP (timedatectl set-ntp true)";
    if (g_error_matches(error, LIVE_ERROR, LIVE_ERROR_INVALID))
        return "give CROSSCUT_LIVEKIT_URL, CROSSCUT_LIVEKIT_KEY and CROSSCUT_LIVEKIT_SECRET, all "
               "three";
    return "start LiveKit, and let CROSSCUT_LIVEKIT_URL be where it listens (wss://… behind a "
           "proxy)";
}

/* A page with TLS may not open a connection without. */
static gboolean is_mixed(const ServerConfig *config)
{
    return config->public_url != NULL && g_str_has_prefix(config->public_url, "https:") &&
           (g_str_has_prefix(config->livekit_url, "ws:") ||
            g_str_has_prefix(config->livekit_url, "http:"));
}

void doctor_check_livekit(Doctor *doctor)
{
    const ServerConfig *config = doctor->config;
    g_autoptr(GError) error = NULL;
    if (config->livekit_url == NULL) {
        doctor_say(doctor, "livekit", DOCTOR_OFF, NULL,
                   "not set up: guests come by this studio's own address");
        return;
    }
    gint64 begin_us = g_get_monotonic_time();
    json_t *answer = ask_livekit(config, "RoomService/ListRooms", &error);
    double ms = (double)(g_get_monotonic_time() - begin_us) / 1000;
    if (answer == NULL) {
        doctor_say(doctor, "livekit", DOCTOR_FAILED, livekit_advice(error), "%s", error->message);
        return;
    }
    doctor_measured(doctor, "answerMs", ms);
    if (is_mixed(config))
        doctor_say(doctor, "livekit", DOCTOR_FAILED,
                   "put TLS before LiveKit, and give its address as wss://…",
                   "%s has no TLS: pages of %s may not connect to it", config->livekit_url,
                   config->public_url);
    else
        doctor_say(doctor, "livekit", DOCTOR_OK, NULL, "%s takes key and secret, after %.0f ms",
                   config->livekit_url, ms);
    json_decref(answer);
}

void doctor_check_egress(Doctor *doctor)
{
    const ServerConfig *config = doctor->config;
    g_autoptr(GError) error = NULL;
    gboolean is_needed = live_egress_kind_of(config->egress) != LIVE_EGRESS_CONSOLE;
    if (config->livekit_url == NULL || !is_needed) {
        doctor_say(doctor, "egress", DOCTOR_OFF, NULL, "not needed: live shows are sent from here");
        return;
    }
    json_t *answer = ask_livekit(config, "Egress/ListEgress", &error);
    if (answer == NULL)
        doctor_say(doctor, "egress", DOCTOR_FAILED,
                   "run livekit-egress, and give it and LiveKit the same Redis "
                   "(deploy/compose.live.yaml)",
                   "%s", error->message);
    else
        doctor_say(doctor, "egress", DOCTOR_OK,
                   "LiveKit does not say whether an egress process is free; start a test stream",
                   "LiveKit knows of Egress");
    json_decref(answer);
}

/* ---- Redis ---- */

void doctor_check_redis(Doctor *doctor)
{
    JobsRedisFound found;
    g_autoptr(GError) error = NULL;
    if (doctor->config->redis == NULL) {
        doctor_say(doctor, "redis", DOCTOR_OFF, NULL, "not set up: shows are rendered here");
        return;
    }
    if (jobs_redis_check(doctor->config->redis, &found, &error)) {
        doctor_measured(doctor, "answerMs", found.answer_ms);
        doctor_say(doctor, "redis", DOCTOR_OK, NULL,
                   "Redis %s hands out work, and answers after %.1f ms", found.version,
                   found.answer_ms);
        return;
    }
    const char *advice =
        g_error_matches(error, JOBS_ERROR, JOBS_ERROR_AWAY)
            ? "start Redis, or let CROSSCUT_REDIS be where it listens; the studio runs without it, "
              "but nothing is rendered"
        : strstr(error->message, "NOAUTH") != NULL || strstr(error->message, "WRONGPASS") != NULL
            ? "give the password in CROSSCUT_REDIS (redis://:PASSWORD@host:port/0)"
            : "take Redis 6.2 or newer, with a user that may use streams and lists";
    doctor_say(doctor, "redis", DOCTOR_FAILED, advice, "%s", error->message);
}

/* ---- object storage ---- */

enum { S3_ATTEMPTS = 2, S3_STALL_S = 10 };

static const char *mirror_advice(const GError *error)
{
    if (g_error_matches(error, S3_ERROR, S3_ERROR_DENIED))
        return "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have to be right, and may put, get and "
               "delete objects there (docs/OPERATE.md lists what)";
    if (g_error_matches(error, S3_ERROR, S3_ERROR_CLOCK))
        return "set the clock by NTP (timedatectl set-ntp true)";
    if (g_error_matches(error, S3_ERROR, S3_ERROR_NO_BUCKET))
        return "make the bucket, or let --mirror name one that is there";
    if (g_error_matches(error, S3_ERROR, S3_ERROR_REDIRECTED))
        return "give the bucket's own region with --s3-region";
    if (g_error_matches(error, S3_ERROR, S3_ERROR_INVALID))
        return "--mirror s3://bucket/prefix, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and for "
               "storage that is not Amazon's --s3-endpoint";
    return "look whether --s3-endpoint is reached from here; the studio runs without it, and files "
           "wait";
}

/* A small object is put, read, and deleted. */
static gboolean try_mirror(const Doctor *doctor, S3Client *client, GError **error)
{
    g_autofree char *key = g_strdup_printf("doctor/%08x%08x", g_random_int(), g_random_int());
    g_autoptr(GBytes) sent = g_bytes_new_static("crosscut doctor\n", strlen("crosscut doctor\n"));
    if (!s3_put_bytes(client, key, sent, NULL, doctor->cancellable, error))
        return FALSE;
    g_autoptr(GBytes) got = s3_get_bytes(client, key, 1024, doctor->cancellable, error);
    gboolean is_same = got != NULL && g_bytes_equal(sent, got);
    if (got != NULL && !is_same)
        g_set_error_literal(error, S3_ERROR, S3_ERROR_DIFFERS,
                            "object storage gives back something else than it was sent");
    return s3_delete(client, key, doctor->cancellable, is_same ? error : NULL) && is_same;
}

void doctor_check_mirror(Doctor *doctor)
{
    const ServerConfig *config = doctor->config;
    g_autoptr(GError) error = NULL;
    if (config->mirror == NULL) {
        doctor_say(doctor, "mirror", DOCTOR_OFF, NULL,
                   "not set up: shows lie in the storage of this machine alone");
        return;
    }
    S3Options options = server_mirror_options(config);
    options.attempts = S3_ATTEMPTS;
    options.stall_s = S3_STALL_S;
    g_autoptr(S3Client) client = s3_client_new(&options, &error);
    gint64 begin_us = g_get_monotonic_time();
    if (client == NULL || !try_mirror(doctor, client, &error)) {
        doctor_say(doctor, "mirror", DOCTOR_FAILED, mirror_advice(error), "%s", error->message);
        return;
    }
    double ms = (double)(g_get_monotonic_time() - begin_us) / 1000;
    doctor_measured(doctor, "roundMs", ms);
    doctor_say(doctor, "mirror", DOCTOR_OK, NULL,
               "%s: a small object was put, read and deleted in %.0f ms", s3_client_url(client),
               ms);
}
