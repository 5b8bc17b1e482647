/* Everything that can be set on a server: one struct, one table. Each option has a flag
 * (--keep-iso), a variable (CROSSCUT_KEEP_ISO) and a line in .env; flags win over variables, these
 * over .env. Help, checks, `--print-config` and .env.example come from the table.
 * Threads: any, no shared state. */
#pragma once
#include <server/error.h>
#include <jansson.h>

typedef struct ServerConfig {
    char *listen;           /* "127.0.0.1:8080" */
    char *storage;          /* folder: "storage" */
    char *public_url;       /* "https://studio.example"; NULL: none; must be there when `listen` is
                               not loopback */
    char *admin_token;      /* from CROSSCUT_ADMIN_TOKEN only, or read from the file; NULL: made at
                               start. At least 16 bytes */
    char *admin_token_file; /* NULL: none */
    char **trusted_proxies; /* as http/server.h has it; NULL: none */
    char **origins;         /* allowed besides the server's own; NULL: none */
    char *sample_show;      /* folder of the sample show's recordings; NULL: none */
    gint64 reserve_bytes;   /* kept for logs (64 MiB) */
    gint64 low_bytes;       /* with less than this free, recordings wait (1 GiB) */
    gint64 quota_bytes;     /* of one show's recordings; 0: none (0) */
    gint64 upload_chunk_bytes;  /* of one tus PATCH in flight (1 MiB) */
    gint64 upload_flight_bytes; /* of all chunks that wait for the disk (64 MiB) */
    gint64 upload_idle_s;       /* an unfinished upload of a stopped show is given up after (7 d) */
    gint64 trash_s;             /* grace of deleted shows (7 d) */
    gint64 keep_iso_s, keep_program_s, keep_rendered_s, keep_show_s; /* 0: for ever (0) */
    char *mirror;                  /* "s3://bucket/prefix"; NULL: none */
    gint64 mirror_rate_bytes;      /* sent to it in a second at most; 0: no limit (0) */
    gboolean mirror_tags;          /* files there carry their kind, for rules of the bucket (off) */
    gboolean direct_uploads;       /* recordings may be sent to the bucket (off) */
    gboolean presign_downloads;    /* what the mirror has is fetched there (off) */
    char *s3_endpoint, *s3_region; /* NULL: Amazon's, of us-east-1 */
    char *s3_key_id, *s3_secret, *s3_session_token; /* from AWS_… variables and .env only */
    guint events_per_s;                             /* of each client (60) */
    guint event_burst;                              /* (120) */
    guint clients_per_show;                         /* (64) */
    guint shows;                                    /* running at once (256) */
    guint max_sockets;                              /* connections (4096) */
    guint ping_interval_ms, ping_timeout_ms;        /* Socket.IO heartbeat (25000, 20000) */
    gboolean log_json;                              /* logs as JSON lines; else plain */
    gboolean auto_render;                           /* of shows that were stopped (on) */
    gint64 render_after_s;                          /* then with what is there (10 min) */
    char *redis;                     /* hands renders out; NULL: they are done here */
    guint worker_lease_ms;           /* a worker that is silent for so long is gone (60 s) */
    gboolean render_while_recording; /* else renders wait */
    char *secret_key;      /* from CROSSCUT_SECRET_KEY only; seals stream keys. NULL: none */
    char *secret_key_file; /* NULL: none */
    char *live_ca_file;    /* NULL: the system's certificates */
    gboolean allow_private_targets; /* RTMP to loopback and private networks */
    char *egress;          /* how shows go live: "console", "livekit", "livekit-composite" */
    char *egress_template; /* page for livekit-composite; NULL: this server's own */
    char *livekit_url, *livekit_key; /* "wss://livekit.example", its API key; NULL: no LiveKit */
    char *livekit_secret;            /* from CROSSCUT_LIVEKIT_SECRET only */
    gboolean insecure_http;          /* allows a public URL that is not https */
} ServerConfig;

/* Defaults, then .env in the working folder, then the environment. SERVER_ERROR_CONFIG names the
 * option, where it came from, and what was expected. `environment`: NULL-terminated "K=V". */
ServerConfig *server_config_new(const char *env_file, const char *const *environment,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* One option by its flag name ("keep-iso"), as a user writes it: "30d", "2GiB", "127.0.0.1:0". */
gboolean server_config_set(ServerConfig *config, const char *name, const char *value,
                           GError **error);
/* The text of a .env, on top of what is set; the error names the line. */
gboolean server_config_read(ServerConfig *config, const char *text, gsize length, GError **error);
/* What depends on more than one option: addresses that are not loopback, tokens, folders. Reads the
 * token's file. */
gboolean server_config_check(ServerConfig *config, GError **error);
/* As --print-config shows it; secrets only as "set" or "not set". Free with g_free(). */
char *server_config_print(const ServerConfig *config);

typedef struct ServerOption {
    const char *name;    /* "keep-iso"; the variable is CROSSCUT_KEEP_ISO */
    const char *value;   /* "DURATION": what stands in help; NULL: a flag */
    const char *help;    /* one sentence */
    const char *initial; /* the default, as a user writes it; NULL: none */
    gboolean is_secret;  /* has a variable and no flag: command lines are seen by everybody */
} ServerOption;
const ServerOption *server_config_option(guint index); /* static; NULL: there are no more */

void server_config_free(ServerConfig *config); /* wipes the token. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ServerConfig, server_config_free)
