/* The options of a server, each once: name, what stands for its value, default, sentence, kind, the
 * field of ServerConfig, and between what it may lie. SET(…) has a default, UNSET(…) none. From it
 * come the reading of options (config.c), the flags of `crosscut serve`, its help and completions,
 * and .env.example. The admin token is not here: it is no flag. */
#pragma once

#define SERVER_OPTIONS(SET, UNSET)                                                                 \
    SET("listen", "ADDRESS", "127.0.0.1:8080", "Address and port; port 0: the system chooses one", \
        TEXT, listen, 0, 0)                                                                        \
    SET("storage", "DIR", "storage", "Folder of the shows", TEXT, storage, 0, 0)                   \
    UNSET("public-url", "URL",                                                                     \
          "Address by which browsers reach it when that is not this machine, such as "             \
          "https://studio.example",                                                                \
          TEXT, public_url)                                                                        \
    UNSET("admin-token-file", "FILE",                                                              \
          "File that holds the admin token; without it and CROSSCUT_ADMIN_TOKEN one is made",      \
          TEXT, admin_token_file)                                                                  \
    UNSET("trusted-proxies", "LIST",                                                               \
          "Addresses or networks of reverse proxies that are believed who the client is, such as " \
          "10.0.0.0/8,::1",                                                                        \
          LIST, trusted_proxies)                                                                   \
    UNSET("origins", "LIST", "Other sites whose pages may call it, such as https://desk.example",  \
          LIST, origins)                                                                           \
    UNSET("sample-show", "DIR", "Folder with the recordings of the sample show", TEXT,             \
          sample_show)                                                                             \
    SET("reserve", "SIZE", "64MiB", "Room on the disk that is kept for logs", SIZE, reserve_bytes, \
        0, SERVER_TERA)                                                                            \
    SET("low-space", "SIZE", "1GiB", "With less than this free, recordings wait", SIZE, low_bytes, \
        0, 1024 * SERVER_TERA)                                                                     \
    SET("quota", "SIZE", "0", "What the recordings of one show may take; 0: no limit", SIZE,       \
        quota_bytes, 0, 1024 * SERVER_TERA)                                                        \
    SET("upload-chunk", "SIZE", "1MiB", "Largest piece of a recording that is held in memory",     \
        SIZE, upload_chunk_bytes, 4096, 64 << 20)                                                  \
    SET("upload-flight", "SIZE", "64MiB", "All pieces that wait for the disk", SIZE,               \
        upload_flight_bytes, 65536, SERVER_TERA / 64)                                              \
    SET("upload-idle", "DURATION", "7d",                                                           \
        "An unfinished upload of a stopped show is given up after", SECONDS, upload_idle_s, 60,    \
        SERVER_CENTURY_S)                                                                          \
    SET("trash", "DURATION", "7d", "How long deleted shows can be brought back", SECONDS, trash_s, \
        0, SERVER_CENTURY_S)                                                                       \
    SET("keep-iso", "DURATION", "0", "Recordings of cameras are deleted after; 0: never", SECONDS, \
        keep_iso_s, 0, SERVER_CENTURY_S)                                                           \
    SET("keep-program", "DURATION", "0", "Recorded programs are deleted after; 0: never", SECONDS, \
        keep_program_s, 0, SERVER_CENTURY_S)                                                       \
    SET("keep-rendered", "DURATION", "0", "Rendered files are deleted after; 0: never", SECONDS,   \
        keep_rendered_s, 0, SERVER_CENTURY_S)                                                      \
    SET("keep-show", "DURATION", "0", "Whole shows go to the trash after; 0: never", SECONDS,      \
        keep_show_s, 0, SERVER_CENTURY_S)                                                          \
    UNSET("mirror", "URL",                                                                         \
          "Object storage to which finished files are copied, such as s3://bucket/prefix; "        \
          "credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",                     \
          TEXT, mirror)                                                                            \
    SET("mirror-rate", "SIZE", "0", "Sent to the mirror in a second at most; 0: no limit", SIZE,   \
        mirror_rate_bytes, 0, SERVER_TERA)                                                         \
    UNSET("mirror-tags", NULL,                                                                     \
          "Files at the mirror carry their kind as a tag, for the bucket's lifecycle rules", FLAG, \
          mirror_tags)                                                                             \
    UNSET("direct-uploads", NULL,                                                                  \
          "Clients may send recordings to the mirror's bucket, from where they are fetched", FLAG, \
          direct_uploads)                                                                          \
    UNSET("presign-downloads", NULL,                                                               \
          "Downloads of recordings and renders that the mirror has come from there", FLAG,         \
          presign_downloads)                                                                       \
    UNSET("s3-endpoint", "URL", "Where object storage is reached; without it Amazon's", TEXT,      \
          s3_endpoint)                                                                             \
    UNSET("s3-region", "NAME", "Region of the object storage; without it us-east-1", TEXT,         \
          s3_region)                                                                               \
    SET("events-per-second", "COUNT", "60", "Events that one client may send in a second", COUNT,  \
        events_per_s, 1, 10000)                                                                    \
    SET("event-burst", "COUNT", "120", "Events that one client may send at once", COUNT,           \
        event_burst, 1, 100000)                                                                    \
    SET("clients-per-show", "COUNT", "64", "Clients of one show", COUNT, clients_per_show, 1,      \
        10000)                                                                                     \
    UNSET("secret-key-file", "FILE",                                                               \
          "File, mode 600, of the key that seals stream keys; without it and CROSSCUT_SECRET_KEY " \
          "one is made outside of the storage",                                                    \
          TEXT, secret_key_file)                                                                   \
    UNSET("live-ca-file", "FILE",                                                                  \
          "Certificates that RTMPS destinations may have, instead of the system's", TEXT,          \
          live_ca_file)                                                                            \
    UNSET("allow-private-targets", NULL,                                                           \
          "Let shows go live to this machine and to private networks", FLAG,                       \
          allow_private_targets)                                                                   \
    UNSET("livekit-url", "URL",                                                                    \
          "LiveKit, by which guests elsewhere take part, such as wss://livekit.example; its "      \
          "secret comes from CROSSCUT_LIVEKIT_SECRET",                                             \
          TEXT, livekit_url)                                                                       \
    UNSET("livekit-key", "KEY", "Name of the key of LiveKit's API", TEXT, livekit_key)             \
    SET("egress", "WAY", "console",                                                                \
        "Who sends a live show, where its start does not say: console (this server, from what "    \
        "the "                                                                                     \
        "console encoded), livekit or livekit-composite (LiveKit's Egress)",                       \
        TEXT, egress, 0, 0)                                                                        \
    UNSET("egress-template", "URL",                                                                \
          "Page that livekit-composite shows, reachable by LiveKit's Egress; without it this "     \
          "server's own",                                                                          \
          TEXT, egress_template)                                                                   \
    SET("shows", "COUNT", "256", "Shows that may run at once", COUNT, shows, 1, 10000)             \
    SET("max-sockets", "COUNT", "4096", "Connections at once", COUNT, max_sockets, 16, 100000)     \
    SET("ping-interval", "DURATION", "25s", "Heartbeat of the clients", MILLISECONDS,              \
        ping_interval_ms, 100, 600000)                                                             \
    SET("ping-timeout", "DURATION", "20s", "A client that does not answer for so long is gone",    \
        MILLISECONDS, ping_timeout_ms, 100, 600000)                                                \
    SET("log-format", "plain|json", "plain", "How the log is written", FORMAT, log_json, 0, 0)     \
    SET("auto-render", "on|off", "on", "Render a show by itself after it was stopped", FLAG,       \
        auto_render, 0, 0)                                                                         \
    SET("render-after", "DURATION", "10m",                                                         \
        "A stopped show of which recordings are still missing is rendered after, with what is "    \
        "there",                                                                                   \
        SECONDS, render_after_s, 0, SERVER_CENTURY_S)                                              \
    UNSET("redis", "URL",                                                                          \
          "Hand renders to workers on other machines through this Redis, such as "                 \
          "redis://10.0.0.5:6379/0; else they are done here",                                      \
          TEXT, redis)                                                                             \
    SET("worker-lease", "DURATION", "60s",                                                         \
        "A worker that is not heard of for so long has lost its job", MILLISECONDS,                \
        worker_lease_ms, 1000, 3600000)                                                            \
    UNSET("render-while-recording", NULL, "Render also while a show is being recorded", FLAG,      \
          render_while_recording)                                                                  \
    UNSET("insecure-http", NULL,                                                                   \
          "Allow a public address without TLS: tokens and pictures are then readable on the way",  \
          FLAG, insecure_http)

#define SERVER_TERA      (G_GINT64_CONSTANT(1) << 40)
#define SERVER_CENTURY_S (G_GINT64_CONSTANT(36525) * 86400)
