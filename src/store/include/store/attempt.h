/* One take of a render: a folder of its own within the show's, renders/<job>-<take>/, so that nothing
 * in the show changes before the render is whole, and two renders never meet. It holds what a render
 * reads (the manifest, the log, links to the recordings) and what it leaves. Who owns the show checks
 * that and puts it in its place; everything here can be done again after a crash.
 *
 * Threads: any, one at a time for one show's attempts. All functions wait for the disk. `show`: the
 * path of the show's folder. `cut`: the name of a cut, or NULL: the show itself. */
#pragma once
#include <gio/gio.h>
#include <show/manifest.h>

#define STORE_ATTEMPTS "renders"

/* "12-3"; free with g_free(). */
char *store_attempt_name(gint64 job, gint64 take);
/* Path of the folder; free with g_free(). */
char *store_attempt_path(const char *show, gint64 job, gint64 take);

/* What of an earlier render the folder is to have too. */
typedef enum {
    STORE_KEEP_NOTHING = 0,
    STORE_KEEP_CAMERAS, /* links to cam_N.mp4: another cut uses those of the show */
    STORE_KEEP_ALL,     /* a part is made anew: the manifest names all that there is, which stays */
} StoreKeep;

/* Makes the folder ready for a render. What an earlier take of the same job finished and nobody put
 * in its place is taken over: then *is_finished, and there is nothing to render. The parts that one
 * finished (parts.h) become this one's. Other takes of the job go. */
gboolean store_attempt_open(const char *show, gint64 job, gint64 take, StoreKeep keep,
                            gboolean *is_finished, GError **error);
/* Recordings that this attempt would read and that lie elsewhere (the mirror has them, this disk has
 * not any more): names, char * with free function. They may be put into the attempt's folder. */
GPtrArray *store_attempt_missing(const char *show, gint64 job, gint64 take,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* The render is whole: what it left may be taken over from here on. */
gboolean store_attempt_finish(const char *show, gint64 job, gint64 take, GError **error);

/* What a render left: its manifest, each file of it checked by size and SHA-256, also those that a
 * publish that was cut short has put in their place already, or that it kept. STORE_ERROR_DIFFERS names
 * the file. */
ShowManifest *store_attempt_check(const char *show, gint64 job, gint64 take, const char *cut,
                                  GCancellable *cancellable,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Renames each of these files into its place. Of a cut the manifest too, last; of a show it is the
 * owner's to write: store_attempt_take(), then store_attempt_sweep(). */
gboolean store_attempt_publish(const char *show, gint64 job, gint64 take, const char *cut,
                               const ShowManifest *left, GError **error);
/* Takes from `left` into the show's manifest all that is the render's: its files, the program's span
 * and rate, the settings. Recordings and log stay as they are. No disk. */
void store_attempt_take(ShowManifest *manifest, const ShowManifest *left);
/* Deletes what only `old` names of an earlier render: names, char *. */
void store_attempt_sweep(const char *show, const GPtrArray *stale);
/* Names of `old` that `left` does not have. char * with free function. No disk. */
GPtrArray *store_attempt_stale(const ShowManifest *old, const ShowManifest *left);

/* Deletes all takes of a job (0: of all jobs). What is not there is no error. */
gboolean store_attempt_remove(const char *show, gint64 job, GError **error);
/* Jobs that have a folder here: gint64, each once. */
GArray *store_attempt_jobs(const char *show);
