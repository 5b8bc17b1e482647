/* One job of a worker, from fetching what it reads to the server's word that it is in its place; and
 * where shows lie for workers. */
#pragma once
#include <gio/gio.h>
#include <jobs/hand.h>

/* ---- storage: work-storage.c ---- */

/* Where the shows are: a folder that the server shares, or object storage. Threads: one at a time.
 * All functions wait for disk or network. */
typedef struct CliStorage CliStorage;

/* "/srv/shows" (the server's --storage, wherever it is mounted), or "s3://bucket/prefix" (its
 * --mirror) with room to work below `scratch` (NULL: $TMPDIR). CLI_ERROR_USAGE: no such place. */
CliStorage *cli_storage_new(const char *where, const char *scratch,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cli_storage_free(CliStorage *storage); /* NULL-safe */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliStorage, cli_storage_free)

/* The server has to look for what is delivered in object storage. */
gboolean cli_storage_is_far(const CliStorage *storage);
/* What a render of this show reads is at hand: the path of the show's folder on this machine. Its
 * attempts are those of that folder. Free with g_free(). */
char *cli_storage_fetch(CliStorage *storage, const char *session, JobsLease lease,
                        GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Parts that an earlier take of the render finished elsewhere come along, if they can; parts that this one
 * has finished go where the next take finds them. Nothing where the server's folder is shared: there
 * they lie already. */
void cli_storage_fetch_parts(CliStorage *storage, const char *session, JobsLease lease,
                             GCancellable *cancellable);
void cli_storage_send_parts(CliStorage *storage, const char *session, JobsLease lease,
                            GCancellable *cancellable);
/* What lies in the attempt is where the server finds it. */
gboolean cli_storage_deliver(CliStorage *storage, const char *session, JobsLease lease,
                             GCancellable *cancellable, GError **error);
/* This machine needs nothing of the show any more. */
void cli_storage_leave(CliStorage *storage, const char *session);

/* ---- a job: work-job.c ---- */

typedef struct CliWork {
    JobsHand *hand;
    CliStorage *storage;
    GCancellable *cancellable; /* somebody asked this worker to end */
    const char *program;       /* path of this program */
} CliWork;

typedef enum {
    CLI_WORK_DONE = 1, /* it is in its place */
    CLI_WORK_FAILED,   /* and the server knows why */
    CLI_WORK_LOST,     /* it is somebody else's by now, or cancelled */
    CLI_WORK_BACK,     /* given back, since this worker has to end */
} CliWorked;

/* `ticket`: kept while it takes; NULL: there is none. */
CliWorked cli_work(const CliWork *work, const JobsWord *job, const char *ticket);
