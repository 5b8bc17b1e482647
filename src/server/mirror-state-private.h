/* Inside of the mirror: for mirror.c (what others ask), mirror-send.c (a show's files) and mirror-work.c
 * (the thread) alone. */
#pragma once
#include "mirror-private.h"

#include "mirror-plan-private.h"
#include "mirror-record-private.h"

/* Files of storage/mirror/ are named by a show's id and these. */
#define MIRROR_TRASHED ".trashed" /* it was in the trash: once it is gone here, it goes there */
#define MIRROR_RECORD  ".json"

/* A show of which something is not at the mirror. */
typedef struct MirrorWaiting {
    gint64 since_us; /* first seen */
    char *stamp;     /* when it was last looked at */
    gint64 bytes;    /* that were missing then */
    guint pass;      /* when it was last tried */
} MirrorWaiting;

struct ServerMirror {
    S3Client *client;
    gboolean has_tags;
    char *sessions, *trash, *records; /* folders */
    GCancellable *cancellable;
    GThread *thread;
    GHashTable *clean;      /* id → stamp of when all of it was there; the thread's alone */
    GHashTable *dirty;      /* id → MirrorWaiting; the thread's alone */
    guint pass;             /* through those that wait */
    GHashTable *complained; /* what was said of files, so that it is said once; the same */
    gint64 tidied_us;       /* the same */

    GMutex lock; /* of what follows */
    GCond wake;
    gboolean is_poked, is_stopping;
    GHashTable *shows; /* id → record (mirror-record-private.h) */
    ServerMirrorState state;
    gint64 behind_since_us; /* 0: nothing waits */
};

/* Where a file of a show is at the mirror. Free with g_free(). */
char *mirror_key(const char *id, const char *name);
char *mirror_record_path(const ServerMirror *mirror, const char *id, const char *ending);
/* Ids of the files of storage/mirror/ that have this ending. */
GPtrArray *mirror_list_records(const ServerMirror *mirror, const char *ending);
/* Whether it is there, with this sum (NULL: any), last written then (0: whenever). */
gboolean mirror_has(ServerMirror *mirror, const char *id, const char *name, const char *sha256,
                    gint64 changed_us);

/* ---- for the thread alone ---- */

/* It is there and verified: writes that down. */
void mirror_note(ServerMirror *mirror, const char *id, const MirrorItem *item);
void mirror_count_failure(ServerMirror *mirror);
gint64 mirror_missing_bytes(ServerMirror *mirror, const char *id, const GPtrArray *items);
/* Sends what is missing of a show. */
gboolean mirror_do_show(ServerMirror *mirror, const char *id, GError **error);
gpointer mirror_run(gpointer mirror); /* the thread */
