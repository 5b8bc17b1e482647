/* The mirror: finished recordings, logs, manifests and rendered files of all shows, sent to object
 * storage behind the shows, one at a time, by a thread of its own. A mirror that cannot be reached
 * only falls behind. Keys are as in the storage: sessions/<id>/cam_1_iso.webm.
 *
 * What is there is written down in storage/mirror/<id>.json, each file once the mirror has verified
 * it. Without that file the mirror is asked, and nothing is sent twice.
 *
 * Threads: functions may be called from any, and wait for nothing but a lock, unless they say so. */
#pragma once
#include <server/mirror.h>
#include <show/manifest.h>

typedef struct ServerMirror ServerMirror;

/* Reads what is written down; waits for the disk. NULL without an error: no mirror is configured. */
ServerMirror *server_mirror_new(const ServerConfig *config, GError **error);
/* Whether the address and the credentials can be. */
gboolean server_mirror_check(const ServerConfig *config, GError **error);
/* Ends what is being sent, which goes on with the next start. NULL-safe, as are all functions here. */
void server_mirror_free(ServerMirror *mirror);
/* Ends the thread and whatever is under way, before what others do with the mirror is waited for. */
void server_mirror_stop(ServerMirror *mirror);
/* For what others do with the same bucket, from threads of their own. Borrowed. */
S3Client *server_mirror_client(ServerMirror *mirror);
GCancellable *server_mirror_cancellable(ServerMirror *mirror);
/* Something may be new. */
void server_mirror_poke(ServerMirror *mirror);

typedef struct ServerMirrorState {
    guint64 bytes, files; /* sent since the start */
    guint64 errors;       /* attempts that failed, since the start */
    gint64 waiting_bytes; /* of what has to be sent, as far as looked at */
    gint64 behind_s;      /* for how long something has waited; 0: nothing does */
    gboolean is_failing;  /* the last attempt */
} ServerMirrorState;
/* FALSE: there is no mirror. */
gboolean server_mirror_look(ServerMirror *mirror, ServerMirrorState *state);

/* Whether the mirror has this file of a show, verified. `sha256` NULL: whatever it was. */
gboolean server_mirror_has(ServerMirror *mirror, const char *show_id, const char *name,
                           const char *sha256);
/* An address at the mirror by which a file that it has can be fetched for a while, without a token.
 * NULL: it has none. `as_download`: browsers save it. Free with g_free(); for its reader only. */
char *server_mirror_address(ServerMirror *mirror, const char *show_id, const char *name,
                            gboolean as_download);
/* Before the trash is emptied: whose time it is, the mirror lets go of too, once they are gone here.
 * Waits for the disk. */
void server_mirror_note_trash(ServerMirror *mirror);
