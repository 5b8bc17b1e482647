/* Renders by way of object storage: what a worker without the studio's folder reads and leaves there.
 * Keys are those of the mirror: sessions/<id>/<file>, and of an attempt
 * sessions/<id>/renders/<job>-<take>/<file>. All bytes are verified by s3/s3.h.
 *
 * Threads: any, one at a time for one client. All functions wait for the network. `show`: the path of
 * the show's folder on this machine. */
#pragma once
#include <gio/gio.h>
#include <jobs/queue.h>
#include <s3/s3.h>

/* What a render of this show reads, from the mirror: manifest, log, recordings with their sidecars.
 * What lies in `show` already stays when it is the same. SERVER_ERROR_CONFLICT: the mirror is behind
 * its own manifest. An earlier take of the job that is finished comes along. */
gboolean server_objects_fetch_show(S3Client *client, const char *session, const char *show,
                                   JobsLease lease, GCancellable *cancellable, GError **error);
/* Recordings that only object storage has (store_attempt_missing()), into the attempt's folder. `client`
 * NULL: SERVER_ERROR_CONFLICT when there are any. */
gboolean server_objects_fetch_missing(S3Client *client, const char *session, const char *show,
                                      JobsLease lease, GCancellable *cancellable, GError **error);
/* What lies in the attempt, its mark that it is finished last. */
gboolean server_objects_send_attempt(S3Client *client, const char *session, const char *show,
                                     JobsLease lease, GCancellable *cancellable, GError **error);
/* The other way. SERVER_ERROR_NOT_FOUND: there is none that is finished. */
gboolean server_objects_fetch_attempt(S3Client *client, const char *session, const char *show,
                                      JobsLease lease, GCancellable *cancellable, GError **error);
/* The parts (store/parts.h) that the latest take before this one has there, into this attempt's folder. Where
 * there are none, nothing happens. */
gboolean server_objects_fetch_parts(S3Client *client, const char *session, const char *show,
                                    JobsLease lease, GCancellable *cancellable, GError **error);
/* The other way: those that are not there yet, and then the list. sent: name → key of what is there
 * already, both texts; grows. */
gboolean server_objects_send_parts(S3Client *client, const char *session, const char *show,
                                   JobsLease lease, GHashTable *sent, GCancellable *cancellable,
                                   GError **error);
/* All takes of a job. */
gboolean server_objects_remove_attempts(S3Client *client, const char *session, gint64 job,
                                        GCancellable *cancellable, GError **error);
