/* Threads that wait for the disk, so that the owner's main loop never does.
 * Threads: new() and free() on the owner's; push() from any. */
#pragma once
#include <glib.h>

typedef struct StoreWorkers StoreWorkers;

/* Runs in a worker: may block. */
typedef void (*StoreWork)(gpointer data);
/* Runs on the owner's context afterwards, in the order in which the works ended. Must not wait for
 * that of another work. */
typedef void (*StoreWorkDone)(gpointer data);

/* `name`: of the threads, at most 15 bytes. `context` is where done() runs; NULL: the default one
 * of the thread. Takes a reference to it. The log of a show and its uploads want workers of their
 * own: a line must not wait behind a gigabyte. */
StoreWorkers *store_workers_new(const char *name, guint count,
                                GMainContext *context) G_GNUC_WARN_UNUSED_RESULT;
/* The same, whose threads give way to others of the process: for work nobody waits for by the
 * millisecond. */
StoreWorkers *store_workers_new_patient(const char *name, guint count,
                                        GMainContext *context) G_GNUC_WARN_UNUSED_RESULT;
/* Waits for every work that was pushed. Each done() that has not run yet still runs when the
 * context does. NULL-safe. Everything that was given the workers is closed before. */
void store_workers_free(StoreWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(StoreWorkers, store_workers_free)

GMainContext *store_workers_context(const StoreWorkers *workers); /* where done() runs; borrowed */
void store_workers_push(StoreWorkers *workers, StoreWork work, StoreWorkDone done, gpointer data);
