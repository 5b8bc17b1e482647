/* Where a stream goes: an RTMP or RTMPS address and its key, checked.
 * Threads: any, no shared state. */
#pragma once
#include <live/error.h>
#include <sys/socket.h>

enum { LIVE_URL_BYTES_MAX = 1024, LIVE_KEY_BYTES_MAX = 512, LIVE_NAME_BYTES_MAX = 64 };

typedef struct LiveTarget {
    char *name; /* what people call it */
    char *url;  /* "rtmp://host:1935/app"; may hold a secret, as keys do */
    char *key;  /* "" when the address has it */
    char *host; /* without brackets */
    guint16 port;
    gboolean is_tls;
} LiveTarget;

/* `key` NULL: none. LIVE_ERROR_INVALID: name, url or key will not do; LIVE_ERROR_PRIVATE: the address
 * is a number, or "localhost", that may not be reached, and `allow_private` is FALSE. A name is looked
 * up where it is connected to (live_address_is_private()). */
LiveTarget *live_target_new(const char *name, const char *url, const char *key,
                            gboolean allow_private, GError **error) G_GNUC_WARN_UNUSED_RESULT;
LiveTarget *live_target_dup(const LiveTarget *target) G_GNUC_WARN_UNUSED_RESULT;
void live_target_free(LiveTarget *target); /* wipes. NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LiveTarget, live_target_free)

/* The same address and key. */
gboolean live_target_is_same_place(const LiveTarget *a, const LiveTarget *b);
/* The same name, or the same place. */
gboolean live_target_is_same(const LiveTarget *a, const LiveTarget *b);

/* What may be shown and logged: "rtmp://host:port/app", of the path its first part alone. Free with
 * g_free(). */
char *live_target_address(const LiveTarget *target);
/* What is connected to: address and key in one. Free with live_wipe_free(). */
char *live_target_full(const LiveTarget *target);
void live_wipe_free(char *text); /* NULL-safe */

/* TRUE of a name for a destination: 1 to LIVE_NAME_BYTES_MAX bytes of text without '/'. */
gboolean live_name_is_valid(const char *name);

/* Whether this address is of this machine or of a private network: loopback, RFC 1918, link-local,
 * unique-local, carrier-grade, multicast, benchmarking, documentation, and their IPv4-mapped and
 * translated forms. Families other than IPv4 and IPv6 are. */
gboolean live_address_is_private(const struct sockaddr *address);

/* What is known of the platform behind a host, or NULL. Static. */
typedef struct LivePlatform {
    const char *name;
    guint kbps_max; /* of picture and sound; what it says it takes */
} LivePlatform;
const LivePlatform *live_platform_of(const char *host);
