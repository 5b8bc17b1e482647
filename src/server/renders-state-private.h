/* Inside of the renders, for renders.c, render-*.c alone. */
#pragma once
#include "renders-private.h"

#include <s3/s3.h>

typedef struct ServerLocal ServerLocal;
typedef struct ServerCrew ServerCrew;

struct ServerRenders {
    Server *server;
    Jobs *jobs;
    StoreWorkers *workers; /* one thread: attempts are made, checked and put in place */
    ServerLocal *local;    /* render-local.c */
    ServerCrew *crew;      /* render-crew.c; NULL: there is none, renders are done here */
    guint when_timer;      /* render-when.c */
    S3Client *objects;     /* the mirror, where workers leave what they made; NULL: none */
    GCancellable *ending;  /* ends what waits for it */
    GHashTable *asked;     /* ids of shows whose job is not on disk yet; render-when.c */
    guint refs;            /* the server, and answers that are due */
    gboolean is_freed, is_draining;
};

ServerRenders *server_renders_ref(ServerRenders *renders);
void server_renders_unref(ServerRenders *renders);
/* A job of this show may be done: what it reads is on disk. */
gboolean server_renders_is_ready(const ServerRenders *renders, const char *show_id);
/* How a job went, for metrics: what the queue says of it after a try. */
void server_renders_count(const ServerRenders *renders, const JobsJob *job);
/* A reason for people: without where this machine keeps the show. Free with g_free(). */
char *server_renders_reason(const ServerRenders *renders, const char *show_id, const char *message);
/* Path of the show's folder; free with g_free(). */
char *server_renders_folder(const ServerRenders *renders, const char *show_id);

/* ---- render-when.c: the rule of when a show is rendered by itself ---- */

void server_renders_watch(ServerRenders *renders); /* begins to look */
void server_renders_unwatch(ServerRenders *renders);

/* ---- render-publish.c: what a render left becomes the show's ---- */

typedef struct ServerLeft {
    const char *session, *cut; /* cut: NULL, the show itself */
    JobsLease lease;
    gboolean is_far; /* it lies in object storage */
} ServerLeft;

/* Checks what lies in the attempt, and when the lease still holds puts it in its place and ends the
 * job. `done`, once: NULL: it is the show's; JOBS_ERROR_LOST: the job is somebody else's by now, and
 * nothing was changed; others: it was noted as failed. */
void server_renders_publish(ServerRenders *renders, const ServerLeft *left,
                            void (*done)(const GError *error, gpointer data), gpointer data);
/* Deletes the attempts of a job that has ended; of all jobs that have, when `job` is 0. */
void server_renders_clean(ServerRenders *renders, const char *session, gint64 job);

/* ---- render-local.c: one at a time, here ---- */

ServerLocal *server_local_new(ServerRenders *renders);
void server_local_free(ServerLocal *local);
void server_local_drain(ServerLocal *local);
void server_local_look(ServerLocal *local); /* there may be a job */
/* A job of this session changed. */
void server_local_note(ServerLocal *local, const char *session);
gboolean server_local_is_at(const ServerLocal *local, const char *session);
/* What is known of a job that runs here, which the queue does not know yet. FALSE: it does not. */
gboolean server_local_see(const ServerLocal *local, const JobsJob *job, JobsProgress *progress,
                          gboolean *is_paused);

/* ---- render-crew.c: by workers elsewhere ---- */

ServerCrew *server_crew_new(ServerRenders *renders, const char *redis, GError **error);
void server_crew_free(ServerCrew *crew);
void server_crew_look(ServerCrew *crew);
/* Whether Redis is reached; NULL: there is none. FALSE too while that is not known yet. */
gboolean server_crew_is_reached(const ServerCrew *crew);
guint server_crew_workers(const ServerCrew *crew); /* that there are; NULL: none */
